/*
 * text_test.c - every code point there and back, and what is not UTF-8.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"


static void
round_trip(void **state)
{
    char     out[4];
    size_t   len, size;
    int32_t  code;

    (void) state;

    for (code = 0; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code <= 0xdfff) {
            continue;
        }

        len = civic_text_put(code, out);
        assert_int_equal(civic_text_code(out, len, &size), code);
        assert_int_equal(size, len);

        if (len > 1) {
            assert_int_equal(civic_text_code(out, len - 1, &size), -1);
        }
    }
}


static void
broken(void **state)
{
    size_t       i, size;
    const char  *wrong[] = { "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80",
                             "\xed\xa0\x80", "\xf0\x80\x80\x80",
                             "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
                             "\xe4\xbd\x41" };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_text_code(wrong[i], strlen(wrong[i]), &size),
                         -1);
        assert_int_equal(size, 1);
        assert_int_equal(civic_text_length(wrong[i], strlen(wrong[i])), -1);
    }

    assert_int_equal(civic_text_length("a中𠮷\0b", 10), 5);
}


static void
trim(void **state)
{
    size_t       len;
    const char  *s = "\xe3\x80\x80 \t中 文\xc2\xa0\r\n";

    (void) state;

    len = strlen(s);
    civic_text_trim(&s, &len);
    assert_int_equal(len, 7);
    assert_memory_equal(s, "中 文", 7);

    s = " \xe3\x80\x80";
    len = strlen(s);
    civic_text_trim(&s, &len);
    assert_int_equal(len, 0);

    /* bytes that only look like the end of a space */
    s = "a\x80\x80";
    len = strlen(s);
    civic_text_trim(&s, &len);
    assert_int_equal(len, 3);
}


static void
narrow(void **state)
{
    (void) state;

    assert_int_equal(civic_text_narrow(0xff10), '0');
    assert_int_equal(civic_text_narrow(0xff38), 'X');
    assert_int_equal(civic_text_narrow(0xff5e), '~');
    assert_int_equal(civic_text_narrow(0xff5f), 0xff5f);
    assert_int_equal(civic_text_narrow('0'), '0');
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(broken),
        cmocka_unit_test(trim),
        cmocka_unit_test(narrow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
