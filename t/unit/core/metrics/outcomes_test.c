/*
 * outcomes_test.c - calls to providers, counted over the last minute.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "outcomes.h"

#define BEGAN  1790000000LL


/* Of the name; 0 of 0 if it has no row. */
static void
assert_told(const civic_outcomes_t *outcomes, const char *name, int64_t now,
    uint32_t calls, uint32_t failed)
{
    unsigned                     i;
    uint32_t                     all = 0, bad = 0;
    const civic_outcomes_row_t  *row;

    for (i = 0; (row = civic_outcomes_row(outcomes, i)) != NULL; i++) {
        if (strcmp(row->name, name) == 0) {
            civic_outcomes_sum(row, now, &all, &bad);
            break;
        }
    }

    assert_int_equal(all, calls);
    assert_int_equal(bad, failed);
}


static void
test_each_name_is_counted(void **state)
{
    civic_outcomes_t  outcomes = { 0 };

    (void) state;

    civic_outcomes_add(&outcomes, "bank", BEGAN, 0);
    civic_outcomes_add(&outcomes, "face", BEGAN, 1);
    civic_outcomes_add(&outcomes, "bank", BEGAN + 1, 1);
    civic_outcomes_add(&outcomes, "bank", BEGAN + 30, 1);

    assert_told(&outcomes, "bank", BEGAN + 30, 3, 2);
    assert_told(&outcomes, "face", BEGAN + 30, 1, 1);
    assert_told(&outcomes, "post", BEGAN + 30, 0, 0);
}


/* The window ends with the slice that "now" is in. */
static void
test_a_minute_is_forgotten(void **state)
{
    int               i;
    civic_outcomes_t  outcomes = { 0 };

    (void) state;

    for (i = 0; i < 120; i++) {
        civic_outcomes_add(&outcomes, "bank", BEGAN + i, i < 60);
    }

    assert_told(&outcomes, "bank", BEGAN + 119, 60, 0);

    memset(&outcomes, 0, sizeof(outcomes));
    civic_outcomes_add(&outcomes, "bank", BEGAN, 1);

    assert_told(&outcomes, "bank", BEGAN + 59, 1, 1);
    assert_told(&outcomes, "bank", BEGAN + 60, 0, 0);
    assert_told(&outcomes, "bank", BEGAN + 86400, 0, 0);
}


/* A clock that is set back by a little loses nothing and adds nothing. */
static void
test_a_clock_set_back(void **state)
{
    civic_outcomes_t  outcomes = { 0 };

    (void) state;

    civic_outcomes_add(&outcomes, "bank", BEGAN + 7, 1);
    civic_outcomes_add(&outcomes, "bank", BEGAN, 0);

    assert_told(&outcomes, "bank", BEGAN, 2, 1);
}


static void
test_names_give_way(void **state)
{
    int               i;
    char              name[80];
    civic_outcomes_t  outcomes = { 0 };

    (void) state;

    for (i = 0; i < CIVIC_OUTCOMES_NAMES + 2; i++) {
        (void) snprintf(name, sizeof(name), "bank-%d", i);
        civic_outcomes_add(&outcomes, name, BEGAN, 1);
    }

    assert_told(&outcomes, "bank-0", BEGAN, 1, 1);
    assert_told(&outcomes, "bank-16", BEGAN, 0, 0);
    assert_told(&outcomes, "others", BEGAN, 2, 2);

    civic_outcomes_add(&outcomes, "bank-3", BEGAN + 59, 0);
    civic_outcomes_add(&outcomes, "late", BEGAN + 60, 0);

    assert_told(&outcomes, "late", BEGAN + 60, 1, 0);
    assert_told(&outcomes, "bank-3", BEGAN + 60, 1, 0);
}


static void
test_a_long_name_is_cut(void **state)
{
    char              name[80];
    civic_outcomes_t  outcomes = { 0 };

    (void) state;

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';

    civic_outcomes_add(&outcomes, name, BEGAN, 1);
    civic_outcomes_add(&outcomes, name, BEGAN, 1);

    name[CIVIC_OUTCOMES_NAME] = '\0';
    assert_told(&outcomes, name, BEGAN, 2, 2);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_name_is_counted),
        cmocka_unit_test(test_a_minute_is_forgotten),
        cmocka_unit_test(test_a_clock_set_back),
        cmocka_unit_test(test_names_give_way),
        cmocka_unit_test(test_a_long_name_is_cut)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
