/*
 * work_clock_fixture.h - instants as people write them, for the tests of the
 * working time.
 */

#ifndef CIVIC_TEST_WORK_CLOCK_FIXTURE_H
#define CIVIC_TEST_WORK_CLOCK_FIXTURE_H

#include <stdio.h>

#include "work_clock.h"

#define MINUTE  60000LL                 /* ms */
#define DAY     (1440 * MINUTE)
#define CHINA   (480 * MINUTE)


static inline civic_date_t
date_of(const char *text)
{
    civic_date_t  date;

    assert_int_equal(civic_date_parse(text, 10, &date), 0);

    return date;
}


/* "2026-03-09T08:30" or "2026-03-09 08:30", in China */
static inline int64_t
at(const char *text)
{
    int  hour, minute;

    assert_int_equal(sscanf(text + 11, "%2d:%2d", &hour, &minute), 2);

    return civic_date_to_days(date_of(text)) * DAY
           + (hour * 60 + minute) * MINUTE - CHINA;
}

#endif
