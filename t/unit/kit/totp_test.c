/*
 * totp_test.c - the vectors of RFC 4226, RFC 6238 and RFC 4648, windows,
 * what is no code, and otpauth texts.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "totp.h"

#define SEED20  "12345678901234567890"
#define SEED32  "12345678901234567890123456789012"
#define SEED64  "1234567890123456789012345678901234567890"                    \
                "123456789012345678901234"


/* RFC 4226, appendix D. */
static void
test_hotp(void **state)
{
    unsigned        i;
    const int64_t   codes[] = { 755224, 287082, 359152, 969429, 338314,
                                254676, 287922, 162583, 399871, 520489 };

    (void) state;

    for (i = 0; i < 10; i++) {
        assert_int_equal(civic_hotp(CIVIC_TOTP_SHA1, SEED20, 20, i, 6),
                         codes[i]);
    }
}


/* RFC 6238, appendix B: time, and the codes of three hashes. */
static void
test_totp(void **state)
{
    size_t  i;
    struct {
        int64_t  time;
        int64_t  sha1;
        int64_t  sha256;
        int64_t  sha512;
    } rows[] = {
        { 59, 94287082, 46119246, 90693936 },
        { 1111111109, 7081804, 68084774, 25091201 },
        { 1111111111, 14050471, 67062674, 99943326 },
        { 1234567890, 89005924, 91819424, 93441116 },
        { 2000000000, 69279037, 90698825, 38618901 },
        { 20000000000, 65353130, 77737706, 47863826 },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(civic_hotp(CIVIC_TOTP_SHA1, SEED20, 20,
                                    (uint64_t) rows[i].time / 30, 8),
                         rows[i].sha1);
        assert_int_equal(civic_hotp(CIVIC_TOTP_SHA256, SEED32, 32,
                                    (uint64_t) rows[i].time / 30, 8),
                         rows[i].sha256);
        assert_int_equal(civic_hotp(CIVIC_TOTP_SHA512, SEED64, 64,
                                    (uint64_t) rows[i].time / 30, 8),
                         rows[i].sha512);
    }
}


static void
test_code_has_its_zeros(void **state)
{
    char  code[CIVIC_TOTP_DIGITS + 1];

    (void) state;

    assert_int_equal(civic_totp_code(SEED20, 20, 1111111109, code), 0);
    assert_string_equal(code, "081804");
    assert_int_equal(civic_totp_code(SEED20, 20, 59, code), 0);
    assert_string_equal(code, "287082");
    assert_int_equal(civic_totp_code(SEED20, 0, 59, code), -1);
    assert_int_equal(civic_totp_code(SEED20, 20, -1, code), -1);
    assert_int_equal(civic_hotp(CIVIC_TOTP_SHA1, SEED20, 20, 1, 9), -1);
    assert_int_equal(civic_hotp(CIVIC_TOTP_SHA1, SEED64 SEED64, 65, 1, 6),
                     -1);
}


static int64_t
match(const char *code, int64_t now, unsigned before, unsigned after)
{
    return civic_totp_match(SEED20, 20, code, strlen(code), now, before,
                            after);
}


static void
test_window(void **state)
{
    (void) state;

    /* step 1 is from 30 s to 59 s */
    assert_int_equal(match("287082", 30, 0, 0), 1);
    assert_int_equal(match("287082", 59, 0, 0), 1);
    assert_int_equal(match("287082", 60, 0, 0), -1);
    assert_int_equal(match("287082", 29, 0, 0), -1);
    assert_int_equal(match("287082", 60, 1, 0), 1);
    assert_int_equal(match("287082", 89, 1, 0), 1);
    assert_int_equal(match("287082", 90, 1, 0), -1);
    assert_int_equal(match("287082", 0, 0, 1), 1);
    assert_int_equal(match("287082", 0, 1, 0), -1);

    /* near the beginning of time there is no step before */
    assert_int_equal(match("755224", 0, 10, 0), 0);
    assert_int_equal(match("755224", 0, 11, 0), -1);
}


static void
test_what_is_no_code(void **state)
{
    size_t       i;
    const char  *wrong[] = { "", "28708", "2870820", "287083", "28708a",
                             " 87082", "２８７０８２" };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(match(wrong[i], 30, 1, 1), -1);
    }

    /* a NUL within does not cut it short */
    assert_int_equal(civic_totp_match(SEED20, 20, "28708\0", 6, 30, 1, 1),
                     -1);
    assert_int_equal(civic_totp_match(SEED20, 0, "287082", 6, 30, 1, 1), -1);
}


/* RFC 4648, section 10. */
static void
test_base32(void **state)
{
    char        text[32], bytes[32];
    size_t      i;
    struct {
        const char  *plain;
        const char  *padded;
        const char  *bare;
    } rows[] = {
        { "", "", "" },
        { "f", "MY======", "MY" },
        { "fo", "MZXQ====", "MZXQ" },
        { "foo", "MZXW6===", "MZXW6" },
        { "foob", "MZXW6YQ=", "MZXW6YQ" },
        { "fooba", "MZXW6YTB", "MZXW6YTB" },
        { "foobar", "MZXW6YTBOI======", "MZXW6YTBOI" },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(civic_base32_encode(rows[i].plain,
                                             strlen(rows[i].plain), text),
                         strlen(rows[i].bare));
        assert_string_equal(text, rows[i].bare);
        assert_int_equal(CIVIC_BASE32_ROOM(strlen(rows[i].plain)),
                         strlen(rows[i].bare) + 1);

        assert_int_equal(civic_base32_decode(rows[i].padded,
                                             strlen(rows[i].padded), bytes),
                         strlen(rows[i].plain));
        assert_memory_equal(bytes, rows[i].plain, strlen(rows[i].plain));
        assert_int_equal(civic_base32_decode(rows[i].bare,
                                             strlen(rows[i].bare), bytes),
                         strlen(rows[i].plain));
        assert_memory_equal(bytes, rows[i].plain, strlen(rows[i].plain));
    }

    assert_int_equal(civic_base32_decode("mzxw 6ytb oi", 12, bytes), 6);
    assert_memory_equal(bytes, "foobar", 6);
}


static void
test_what_is_no_base32(void **state)
{
    char         bytes[64];
    size_t       i;
    const char  *wrong[] = {
        "M", "MZX", "MZXW6Y",           /* no whole bytes */
        "MZ",                           /* bits left over */
        "MY=", "MY=======",             /* padding of another length */
        "MY======MY", "M1", "M0", "M8", "M-", "MY\t", "蛋糕",
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_base32_decode(wrong[i], strlen(wrong[i]),
                                             bytes), -1);
    }
}


static void
test_uri(void **state)
{
    int     len;
    char    text[512];
    size_t  i;

    (void) state;

    len = civic_totp_uri("省 Civic", "wang.fang", SEED20, 20, text,
                         sizeof(text));
    assert_string_equal(text,
        "otpauth://totp/%E7%9C%81%20Civic:wang.fang"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "&issuer=%E7%9C%81%20Civic&algorithm=SHA1&digits=6&period=30");
    assert_int_equal(len, strlen(text));

    /* whatever the room, never over it */
    for (i = 0; i <= (size_t) len; i++) {
        memset(text, '#', sizeof(text));
        assert_int_equal(civic_totp_uri("省 Civic", "wang.fang", SEED20, 20,
                                        text, i), -1);
        assert_int_equal(text[i], '#');
    }

    assert_int_equal(civic_totp_uri("x", "y", SEED64 SEED64, 65, text,
                                    sizeof(text)), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hotp),
        cmocka_unit_test(test_totp),
        cmocka_unit_test(test_code_has_its_zeros),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_what_is_no_code),
        cmocka_unit_test(test_base32),
        cmocka_unit_test(test_what_is_no_base32),
        cmocka_unit_test(test_uri),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
