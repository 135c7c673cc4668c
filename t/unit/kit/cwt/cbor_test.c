/*
 * cbor_test.c - items in the spelling of RFC 8949's appendix A, and none in
 * another one.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cbor.h"

static size_t
bytes_of(const char *hex, unsigned char *out)
{
    size_t    i, len = strlen(hex) / 2;
    unsigned  byte;

    for (i = 0; i < len; i++) {
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (unsigned char) byte;
    }

    return len;
}


static void
test_integers(void **state)
{
    size_t                i, len;
    unsigned char         expected[16], out[16];
    civic_cbor_reader_t   r;
    civic_cbor_writer_t   w;
    static const struct {
        int64_t      value;
        const char  *hex;
    } cases[] = {
        { 0, "00" }, { 1, "01" }, { 23, "17" }, { 24, "1818" },
        { 100, "1864" }, { 255, "18ff" }, { 256, "190100" },
        { 1000, "1903e8" }, { 65535, "19ffff" }, { 1000000, "1a000f4240" },
        { 4294967295, "1affffffff" }, { 4294967296, "1b0000000100000000" },
        { 1000000000000, "1b000000e8d4a51000" },
        { INT64_MAX, "1b7fffffffffffffff" }, { -1, "20" }, { -24, "37" },
        { -25, "3818" }, { -100, "3863" }, { -1000, "3903e7" },
        { -65537, "3a00010000" }, { INT64_MIN, "3b7fffffffffffffff" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        len = bytes_of(cases[i].hex, expected);

        civic_cbor_write(&w, out, sizeof(out));
        civic_cbor_put_integer(&w, cases[i].value);
        assert_int_equal(civic_cbor_written(&w), len);
        assert_memory_equal(out, expected, len);

        civic_cbor_read(&r, expected, len);
        assert_true(civic_cbor_take_integer(&r) == cases[i].value);
        assert_true(civic_cbor_ended(&r));

        civic_cbor_read(&r, expected, len - 1);
        (void) civic_cbor_take_integer(&r);
        assert_false(civic_cbor_ended(&r));
    }
}


/* Longer than need be, of no known length, reserved, cut, too large. */
static void
test_other_spellings(void **state)
{
    size_t               i, len;
    unsigned char        bytes[16];
    civic_cbor_reader_t  r;
    static const char *const  wrong[] = {
        "1800", "1817", "190000", "1900ff", "1a0000ffff", "1b00000000ffffffff",
        "1b8000000000000000", "3b8000000000000000", "1c", "1f", "40", "f6",
        "fb3ff199999999999a", "19", "1901", ""
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        len = bytes_of(wrong[i], bytes);
        civic_cbor_read(&r, bytes, len);
        assert_int_equal(civic_cbor_take_integer(&r), 0);
        assert_false(civic_cbor_ended(&r));
    }
}


static void
test_strings(void **state)
{
    size_t                len;
    unsigned char         bytes[32];
    civic_cbor_reader_t   r;
    const unsigned char  *text;

    (void) state;

    /* ["IETF", h'01020304'] */
    len = bytes_of("826449455446" "4401020304", bytes);
    civic_cbor_read(&r, bytes, len);
    assert_int_equal(civic_cbor_take_head(&r, CIVIC_CBOR_ARRAY), 2);
    text = civic_cbor_take_string(&r, CIVIC_CBOR_TEXT, &len);
    assert_int_equal(len, 4);
    assert_memory_equal(text, "IETF", 4);
    text = civic_cbor_take_string(&r, CIVIC_CBOR_BYTES, &len);
    assert_int_equal(len, 4);
    assert_memory_equal(text, "\1\2\3\4", 4);
    assert_true(civic_cbor_ended(&r));

    /* bytes are no text; a length beyond the end, or of a whole memory */
    len = bytes_of("4401020304", bytes);
    civic_cbor_read(&r, bytes, len);
    assert_null(civic_cbor_take_string(&r, CIVIC_CBOR_TEXT, &len));
    assert_int_equal(len, 0);

    len = bytes_of("4501020304", bytes);
    civic_cbor_read(&r, bytes, len);
    assert_null(civic_cbor_take_string(&r, CIVIC_CBOR_BYTES, &len));

    len = bytes_of("5bffffffffffffffff00", bytes);
    civic_cbor_read(&r, bytes, len);
    assert_null(civic_cbor_take_string(&r, CIVIC_CBOR_BYTES, &len));

    /* once wrong, always wrong */
    assert_int_equal(civic_cbor_take_integer(&r), 0);
    assert_false(civic_cbor_ended(&r));
}


static void
test_no_room(void **state)
{
    size_t               size;
    unsigned char        out[16];
    civic_cbor_writer_t  w;

    (void) state;

    for (size = 0; size < 7; size++) {
        civic_cbor_write(&w, out, size);
        civic_cbor_put_head(&w, CIVIC_CBOR_MAP, 1);
        civic_cbor_put_integer(&w, 1);
        civic_cbor_put_string(&w, CIVIC_CBOR_TEXT, "abc", 3);
        assert_int_equal(civic_cbor_written(&w), size < 6 ? 0 : 6);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_other_spellings),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
