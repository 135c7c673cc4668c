/*
 * china_time_test.c - instants as Alipay writes them, there and back.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "china_time.h"

#define NOON  INT64_C(1773028800000)        /* 2026-03-09T12:00:00+08:00 */


static void
there_and_back(void **state)
{
    char     text[CIVIC_CHINA_TIME_TEXT];
    int64_t  at, back;

    (void) state;

    civic_china_time_format(NOON, text);
    assert_string_equal(text, "2026-03-09 12:00:00");
    civic_china_time_format(NOON + 999, text);
    assert_string_equal(text, "2026-03-09 12:00:00");
    civic_china_time_format(0, text);
    assert_string_equal(text, "1970-01-01 08:00:00");

    /* a step that is no whole part of a day */
    for (at = 0; at < NOON; at += INT64_C(86399000) * 7) {
        civic_china_time_format(at, text);
        assert_int_equal(civic_china_time_parse(text, strlen(text), &back),
                         0);
        assert_int_equal(back, at);
    }
}


static void
forms(void **state)
{
    size_t   i;
    int64_t  at = 7;

    static const char *const  wrong[] = {
        "", "2026-03-09", "2026-03-09T12:00:00", "2026-03-09 24:00:00",
        "2026-03-09 12:60:00", "2026-03-09 12:00:60", "2026-02-29 12:00:00",
        "2026-03-09 12:00", "2026-03-09 1:00:000", "2026-03-09 12:00:00.",
        "2026-03-09 12:00:00 ", "2026-03-09 12:00:00x",
        "2026-03-09 12:00:00.1234567890", "2026-03-09 -1:00:00"
    };

    (void) state;

    assert_int_equal(civic_china_time_parse("2026-03-09 12:00:00.123", 23,
                                            &at), 0);
    assert_int_equal(at, NOON);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_china_time_parse(wrong[i], strlen(wrong[i]),
                                                &at), -1);
    }
}


static void
instants(void **state)
{
    size_t   i;
    int64_t  at;

    static const char *const  right[] = {
        "2026-03-09T12:00:00+08:00", "2026-03-09T04:00:00Z",
        "2026-03-09T12:00:00.25+08:00", "2026-03-08T23:00:00-05:00"
    };
    static const char *const  wrong[] = {
        "2026-03-09T12:00:00", "2026-03-09 12:00:00Z",
        "2026-03-09T12:00:00.Z", "2026-03-09T12:00:00+0800",
        "2026-03-09T12:00:00+24:00", "2026-02-30T12:00:00Z",
        "2026-03-09T12:00:00ZZ", "Z", ""
    };

    (void) state;

    for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_int_equal(civic_instant_read(right[i], strlen(right[i]), &at),
                         0);
        assert_int_equal(at, NOON);
    }

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_instant_read(wrong[i], strlen(wrong[i]), &at),
                         -1);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(forms),
        cmocka_unit_test(instants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
