/*
 * instant_test.c - RFC 3339 texts against libc's calendar and known cases.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "instant.h"

#define CHINA  (8 * 3600)


static void
assert_format(civic_msec_t instant, const char *expected)
{
    char  text[CIVIC_INSTANT_LEN + 1];

    assert_int_equal(civic_instant_format(instant, text), CIVIC_INSTANT_LEN);
    assert_string_equal(text, expected);
}


static void
assert_parse(const char *text, civic_msec_t expected)
{
    civic_msec_t  instant;

    if (civic_instant_parse(civic_cstr(text), &instant) != 0) {
        fail_msg("\"%s\" was refused", text);
    }

    assert_int_equal(instant, expected);
}


static void
assert_refused(const char *text)
{
    civic_msec_t  instant;

    if (civic_instant_parse(civic_cstr(text), &instant) == 0) {
        fail_msg("\"%s\" was taken", text);
    }
}


static void
test_format(void **state)
{
    (void) state;

    assert_format(0, "1970-01-01T08:00:00+08:00");
    assert_format(-1, "1970-01-01T07:59:59+08:00");
    assert_format(999, "1970-01-01T08:00:00+08:00");
    assert_format(1773016200000LL, "2026-03-09T08:30:00+08:00");
    assert_format(1709135999999LL, "2024-02-28T23:59:59+08:00");
    assert_format(1709136000000LL, "2024-02-29T00:00:00+08:00");
    assert_format(1709222400000LL, "2024-03-01T00:00:00+08:00");
    assert_format(951753600000LL, "2000-02-29T00:00:00+08:00");
    assert_format(-2203920001000LL, "1900-02-28T23:59:59+08:00");
    assert_format(-2203920000000LL, "1900-03-01T00:00:00+08:00");
}


static void
test_format_is_clamped(void **state)
{
    (void) state;

    assert_format(INT64_MIN, "0000-01-01T00:00:00+08:00");
    assert_format(-62167248000001LL, "0000-01-01T00:00:00+08:00");
    assert_format(-62167248000000LL, "0000-01-01T00:00:00+08:00");
    assert_format(-62167247999000LL, "0000-01-01T00:00:01+08:00");
    assert_format(253402271999999LL, "9999-12-31T23:59:59+08:00");
    assert_format(253402272000000LL, "9999-12-31T23:59:59+08:00");
    assert_format(INT64_MAX, "9999-12-31T23:59:59+08:00");
}


/* Every day of 3,000 years or so, at a time that wanders through the day. */
static void
test_every_day_against_libc(void **state)
{
    char          text[CIVIC_INSTANT_LEN + 1], expected[64];
    time_t        seconds, local;
    struct tm     tm;
    civic_msec_t  back;

    (void) state;

    for (seconds = -62000000000; seconds < 33000000000; seconds += 86437) {
        civic_instant_format((civic_msec_t) seconds * 1000, text);

        local = seconds + CHINA;
        assert_non_null(gmtime_r(&local, &tm));
        snprintf(expected, sizeof(expected),
                 "%04d-%02d-%02dT%02d:%02d:%02d+08:00", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_string_equal(text, expected);

        assert_int_equal(civic_instant_parse(civic_cstr(text), &back), 0);
        assert_int_equal(back, (civic_msec_t) seconds * 1000);
    }
}


static void
test_parse(void **state)
{
    (void) state;

    assert_parse("1970-01-01T00:00:00Z", 0);
    assert_parse("1970-01-01t00:00:00z", 0);
    assert_parse("1970-01-01T08:00:00+08:00", 0);
    assert_parse("1969-12-31T18:30:00-05:30", 0);
    assert_parse("1970-01-01T00:00:00-00:00", 0);
    assert_parse("1970-01-01T23:59:00+23:59", 0);
    assert_parse("2024-02-29T00:00:00+08:00", 1709136000000LL);
    assert_parse("2000-02-29T00:00:00+08:00", 951753600000LL);
    assert_parse("0000-01-01T00:00:00+08:00", -62167248000000LL);
    assert_parse("9999-12-31T23:59:59.999Z", 253402300799999LL);
}


static void
test_fractions(void **state)
{
    (void) state;

    assert_parse("1970-01-01T00:00:00.1Z", 100);
    assert_parse("1970-01-01T00:00:00.12Z", 120);
    assert_parse("1970-01-01T00:00:00.123Z", 123);
    assert_parse("1970-01-01T00:00:00.1239999999Z", 123);
    assert_parse("1969-12-31T23:59:59.999Z", -1);
    assert_refused("1970-01-01T00:00:00.Z");
    assert_refused("1970-01-01T00:00:00,5Z");
    assert_refused("1970-01-01T00:00:00.5");
}


static void
test_refused(void **state)
{
    (void) state;

    assert_refused("");
    assert_refused("2026");
    assert_refused("2026-03-09");
    assert_refused("2026-03-09T08:30:00");              /* no offset */
    assert_refused("2026-03-09 08:30:00+08:00");
    assert_refused("2026-03-09T08:30+08:00");
    assert_refused("2026-03-09T08:30:00+0800");
    assert_refused("2026-03-09T08:30:00+08");
    assert_refused("2026-03-09T08:30:00 08:00");        /* "+" in a query */
    assert_refused("2026-03-09T08:30:00+24:00");
    assert_refused("2026-03-09T08:30:00+08:60");
    assert_refused("2026-03-09T08:30:00+08:00 ");
    assert_refused(" 2026-03-09T08:30:00+08:00");
    assert_refused("2026-00-09T08:30:00Z");
    assert_refused("2026-13-09T08:30:00Z");
    assert_refused("2026-03-00T08:30:00Z");
    assert_refused("2026-03-32T08:30:00Z");
    assert_refused("2026-04-31T08:30:00Z");
    assert_refused("2026-02-29T08:30:00Z");
    assert_refused("2024-02-30T08:30:00Z");
    assert_refused("1900-02-29T08:30:00Z");
    assert_refused("2026-03-09T24:00:00Z");
    assert_refused("2026-03-09T08:60:00Z");
    assert_refused("2026-06-30T23:59:60Z");
    assert_refused("2026-3-9T8:30:00Z");
    assert_refused("-026-03-09T08:30:00Z");
    assert_refused("+2026-03-09T08:30:00Z");
    assert_refused("2026-03-09T08:30:00ZZ");
    assert_refused("２026-03-09T08:30:00Z");
}


/* Every start of a valid text, as long as it says and no longer. */
static void
test_cut_short(void **state)
{
    char          *cut;
    size_t         len;
    const char    *text = "2026-03-09T08:30:00.250+08:00";
    civic_msec_t   instant;

    (void) state;

    for (len = 0; len < strlen(text); len++) {
        cut = malloc(len > 0 ? len : 1);
        assert_non_null(cut);
        memcpy(cut, text, len);
        assert_int_equal(civic_instant_parse((civic_str_t) { cut, len },
                                             &instant), -1);
        free(cut);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_is_clamped),
        cmocka_unit_test(test_every_day_against_libc),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_fractions),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut_short)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
