/*
 * base64_test.c - RFC 4648 section 10, every length, one spelling.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base64.h"


static void
standard_examples(void **state)
{
    size_t       i;
    char         out[CIVIC_BASE64_ROOM(6)];
    const char  *pairs[][2] = {
        { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
    };

    (void) state;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(civic_base64_encode(pairs[i][0], i, out),
                         strlen(pairs[i][1]));
        assert_string_equal(out, pairs[i][1]);
    }

    civic_base64_encode("\xfb\xff", 2, out);
    assert_string_equal(out, "+/8=");
    civic_base64_encode_url("\xfb\xff", 2, out);
    assert_string_equal(out, "-_8");
}


static void
round_trip(void **state)
{
    char           text[CIVIC_BASE64_ROOM(64)];
    size_t         len, i;
    unsigned char  in[64], out[64];

    (void) state;

    for (i = 0; i < sizeof(in); i++) {
        in[i] = (unsigned char) (i * 73 + 200);
    }

    for (len = 0; len <= sizeof(in); len++) {
        i = civic_base64_encode_url(in, len, text);
        assert_int_equal(civic_base64_decode_url(text, i, out), len);
        assert_memory_equal(in, out, len);
    }
}


static void
refused(void **state)
{
    char    out[16];
    size_t  i;
    const char  *wrong[] = { "Z", "Zh", "Zg=", "Zg==", "Zm9=", "Z+", "Z/",
                             "Zm9v Zg", "Zm8\n", "Zm9vZ" };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_base64_decode_url(wrong[i], strlen(wrong[i]),
                                                 out), -1);
    }

    assert_int_equal(civic_base64_decode_url("Zg\0A", 4, out), -1);
}


static void
standard_decoded(void **state)
{
    char    text[CIVIC_BASE64_ROOM(300)];
    size_t  i, len;
    unsigned char  in[300], out[300];
    const char  *wrong[] = { "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==",
                             "Z===", "====", "Zm9v Zg=", "Zm8\n", "Zm9-",
                             "Zm9_" };

    (void) state;

    for (i = 0; i < sizeof(in); i++) {
        in[i] = (unsigned char) (i * 73 + 200);
    }

    for (len = 0; len <= sizeof(in); len++) {
        i = civic_base64_encode(in, len, text);
        assert_int_equal(civic_base64_decode(text, i, out, len), len);
        assert_memory_equal(in, out, len);

        if (len > 0) {
            assert_int_equal(civic_base64_decode(text, i, out, len - 1), -1);
        }
    }

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_base64_decode(wrong[i], strlen(wrong[i]), out,
                                             sizeof(out)), -1);
    }
}


static void
letters_of_the_url_alphabet(void **state)
{
    int   c;
    char  text[23] = "AZaz09-_AZaz09-_AZaz09";

    (void) state;

    assert_true(civic_base64_is_url(text, 22));
    assert_true(civic_base64_is_url("", 0));

    for (c = 0; c < 256; c++) {
        text[21] = (char) c;
        assert_int_equal(civic_base64_is_url(text, 22),
                         c != 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"
                                          "ijklmnopqrstuvwxyz0123456789-_", c)
                                   != NULL);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(letters_of_the_url_alphabet),
        cmocka_unit_test(standard_examples),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(refused),
        cmocka_unit_test(standard_decoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
