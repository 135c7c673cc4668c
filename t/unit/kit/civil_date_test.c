/*
 * civil_date_test.c - day numbers against a day-by-day walk, and the edges.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "civil_date.h"


static void
next_day(civic_date_t *date)
{
    if (date->day < civic_date_month_days(date->year, date->month)) {
        date->day++;
        return;
    }

    date->day = 1;

    if (++date->month > 12) {
        date->month = 1;
        date->year++;
    }
}


/* From 1600 to 2400, with weekdays, against counting. */
static void
walk(void **state)
{
    int64_t       days;
    civic_date_t  date = { 1600, 1, 1 }, back;

    (void) state;

    assert_int_equal(civic_date_weekday(date), 6);

    for (days = civic_date_to_days(date); date.year < 2400; days++) {
        assert_int_equal(civic_date_to_days(date), days);
        back = civic_date_from_days(days);
        assert_int_equal(civic_date_compare(back, date), 0);
        next_day(&date);
    }

    assert_int_equal(civic_date_to_days((civic_date_t) { 1970, 1, 1 }), 0);
    assert_int_equal(civic_date_weekday((civic_date_t) { 2026, 3, 9 }), 1);
    assert_int_equal(civic_date_weekday((civic_date_t) { 1969, 12, 28 }), 0);
}


static void
china(void **state)
{
    civic_date_t  date;

    (void) state;

    /* 2026-03-09T15:59:59.999Z and one ms later */
    date = civic_date_in_china(1773071999999LL);
    assert_int_equal(civic_date_compare(date, (civic_date_t) { 2026, 3, 9 }),
                     0);
    date = civic_date_in_china(1773072000000LL);
    assert_int_equal(civic_date_compare(date, (civic_date_t) { 2026, 3, 10 }),
                     0);
    date = civic_date_in_china(-1);
    assert_int_equal(civic_date_compare(date, (civic_date_t) { 1970, 1, 1 }),
                     0);
}


static void
text(void **state)
{
    char          out[CIVIC_DATE_TEXT];
    size_t        i;
    civic_date_t  date;
    const char   *wrong[] = { "2023-02-29", "1900-02-29", "2023-13-01",
                              "2023-00-01", "2023-04-31", "2023-1-01",
                              "2023-01-1 ", "20230101", "0000-01-01",
                              "2023/01/01", "+023-01-01" };

    (void) state;

    assert_int_equal(civic_date_parse("2024-02-29", 10, &date), 0);
    civic_date_format(date, out);
    assert_string_equal(out, "2024-02-29");
    assert_int_equal(civic_date_parse("2000-02-29", 10, &date), 0);
    assert_int_equal(civic_date_parse("2024-02-290", 11, &date), -1);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_date_parse(wrong[i], strlen(wrong[i]), &date),
                         -1);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(walk),
        cmocka_unit_test(china),
        cmocka_unit_test(text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
