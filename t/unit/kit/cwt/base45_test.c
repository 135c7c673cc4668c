/*
 * base45_test.c - RFC 9285: its examples, and that nothing has two spellings.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base45.h"

static void
is_both(const char *bytes, const char *text)
{
    char    out[64], back[64];
    size_t  len = strlen(bytes);

    assert_int_equal(civic_base45_encode(bytes, len, out), strlen(text));
    assert_string_equal(out, text);
    assert_int_equal(civic_base45_decode(text, strlen(text), back,
                                         sizeof(back)), len);
    assert_memory_equal(back, bytes, len);
}


static void
test_examples(void **state)
{
    (void) state;

    /* RFC 9285, sections 4.3 and 4.4 */
    is_both("AB", "BB8");
    is_both("Hello!!", "%69 VD92EX0");
    is_both("base-45", "UJCLQE7W581");
    is_both("ietf!", "QED8WEX0");
    is_both("", "");
}


static void
test_no_base45(void **state)
{
    size_t             i;
    char               out[64];
    static const char  *const  wrong[] = {
        "A", "BB8A",                    /* a digit alone */
        "GGW",                          /* 65536; section 6 */
        "::", ":::",                    /* over a byte, over two */
        "bb8", "BB_", "B\nB", "BB\xc3"
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_base45_decode(wrong[i], strlen(wrong[i]), out,
                                             sizeof(out)), -1);
    }

    assert_int_equal(civic_base45_decode("B\0B", 3, out, sizeof(out)), -1);
    assert_int_equal(civic_base45_decode("FGW", 3, out, 2), 2);
    assert_int_equal(civic_base45_decode("FGW", 3, out, 1), -1);
}


static void
test_all_there_and_back(void **state)
{
    char           text[CIVIC_BASE45_ROOM(64)];
    size_t         i, len;
    int64_t        used;
    unsigned       round;
    unsigned char  bytes[64], back[64];

    (void) state;
    srand(45);

    for (round = 0; round < 2000; round++) {
        len = (size_t) rand() % sizeof(bytes);

        for (i = 0; i < len; i++) {
            bytes[i] = (unsigned char) rand();
        }

        used = (int64_t) civic_base45_encode(bytes, len, text);
        assert_in_range(used, 0, CIVIC_BASE45_ROOM(len) - 1);
        assert_int_equal(civic_base45_decode(text, (size_t) used, back,
                                             sizeof(back)), len);
        assert_memory_equal(bytes, back, len);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_no_base45),
        cmocka_unit_test(test_all_there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
