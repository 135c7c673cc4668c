/*
 * work_clock_slow_test.c - a clock that counts minute by minute beside ours,
 * over 10,000 instants, and how long ours takes at most.
 *
 * The slow clock shares nothing with ours: libc tells it days and weekdays,
 * and dates are compared as text.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "work_clock_fixture.h"

#define CASES     1000                  /* clocks, of so many instants: */
#define INSTANTS  10
#define SLOWEST   1000                  /* us that anything may take */


/* ---- a clock that counts minute by minute ------------------------------- */

#define DATES  64

typedef struct {
    civic_work_clock_t  clock;          /* what ours is asked with */
    char                first[CIVIC_DATE_TEXT];
    char                last[CIVIC_DATE_TEXT];
    char                off[DATES][CIVIC_DATE_TEXT];
    char                worked[DATES][CIVIC_DATE_TEXT];
    size_t              offs;
    size_t              workeds;
    int64_t             day;            /* that the next two are about */
    int                 known;
    int                 works;
} slow_t;

static uint64_t  seed = 20260309;
static int       computed;              /* instants that had a due date, */
static int       refused;               /* and that the calendar left none */


/* xorshift64* (Vigna, 2016) */
static int64_t
draw(int64_t below)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;

    return (int64_t) ((seed * UINT64_C(0x2545f4914f6cdd1d) >> 11)
                      % (uint64_t) below);
}


static int
listed(char dates[][CIVIC_DATE_TEXT], size_t count, const char *date)
{
    while (count > 0) {
        if (strcmp(dates[--count], date) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
look_up_day(slow_t *slow, time_t seconds)
{
    char       date[CIVIC_DATE_TEXT];
    struct tm  tm;

    gmtime_r(&seconds, &tm);
    strftime(date, sizeof(date), "%Y-%m-%d", &tm);
    slow->known = 1;
    slow->works = 1;

    if (slow->clock.mode == CIVIC_WORK_EVERY_DAY) {
        return;
    }

    slow->known = strcmp(date, slow->first) >= 0
                  && strcmp(date, slow->last) <= 0;

    if (listed(slow->worked, slow->workeds, date)) {
        slow->works = 1;

    } else if (listed(slow->off, slow->offs, date)) {
        slow->works = 0;

    } else {
        slow->works = tm.tm_wday != 0 && tm.tm_wday != 6;
    }
}


/* 1 when time runs in the minute of this instant, 0, or -1: unknown. */
static int
runs(slow_t *slow, int64_t instant)
{
    int      minute;
    size_t   i;
    int64_t  local = instant + CHINA;

    if (slow->day != local / DAY) {
        slow->day = local / DAY;
        look_up_day(slow, (time_t) (local / 1000));
    }

    if (!slow->known) {
        return -1;
    }

    minute = (int) (local / MINUTE % 1440);

    for (i = 0; i < slow->clock.count; i++) {
        if (minute >= slow->clock.windows[i].open
            && minute < slow->clock.windows[i].close)
        {
            return slow->works;
        }
    }

    return 0;
}


/* From an instant until so much time has run, or another instant is there. */
static civic_work_status_t
count(slow_t *slow, int64_t from, int64_t to, int64_t most, int64_t *end,
    int64_t *sum)
{
    int      running;
    int64_t  step;

    for (*sum = 0; from < to && *sum < most; from += step) {
        running = runs(slow, from);

        if (running == -1) {
            return CIVIC_WORK_BEYOND_CALENDAR;
        }

        step = MINUTE - from % MINUTE;
        step = step < to - from ? step : to - from;

        if (running) {
            step = step < most - *sum ? step : most - *sum;
            *sum += step;
        }
    }

    *end = from;

    return CIVIC_WORK_OK;
}


static void
compare(slow_t *slow, int64_t from, int64_t to)
{
    int                  open, running;
    int64_t              end, sum, ours;
    civic_work_status_t  status;

    status = count(slow, from, INT64_MAX, slow->clock.need * MINUTE, &end,
                   &sum);
    assert_int_equal(civic_work_due_at(&slow->clock, from, &ours), status);

    if (status == CIVIC_WORK_OK) {
        assert_int_equal(ours, end);
        computed++;

    } else {
        refused++;
    }

    status = count(slow, from, INT64_MAX, 1, &end, &sum);
    assert_int_equal(civic_work_starts_at(&slow->clock, from, &ours), status);

    if (status == CIVIC_WORK_OK) {
        assert_int_equal(ours, end - 1);
    }

    status = count(slow, from, to, INT64_MAX, &end, &sum);
    assert_int_equal(civic_work_minutes(&slow->clock, from, to, &ours),
                     status);

    if (status == CIVIC_WORK_OK) {
        assert_int_equal(ours, sum / MINUTE);
    }

    running = runs(slow, from);
    status = running == -1 ? CIVIC_WORK_BEYOND_CALENDAR : CIVIC_WORK_OK;
    assert_int_equal(civic_work_is_open(&slow->clock, from, &open), status);

    if (status == CIVIC_WORK_OK) {
        assert_int_equal(open, running);
    }
}


/* Windows of 20 minutes and more, some of which touch. */
static void
draw_windows(civic_work_clock_t *clock)
{
    int  at_minute = (int) draw(600), left;

    clock->count = 0;

    do {
        left = 1440 - at_minute;
        clock->windows[clock->count].open = at_minute;
        at_minute += 20 + (int) draw(left - 19);
        clock->windows[clock->count++].close = at_minute;
        at_minute += draw(3) == 0 ? 0 : (int) draw(240);

    } while (at_minute <= 1420 && clock->count < CIVIC_WORK_WINDOWS
             && draw(4) != 0);
}


/* Forty days or so around the new year or a leap day; days off and worked. */
static void
draw_calendar(slow_t *slow, int64_t first)
{
    char          text[CIVIC_DATE_TEXT];
    size_t        i, days = 20 + (size_t) draw(40);
    civic_date_t  date;

    civic_date_format(civic_date_from_days(first), slow->first);
    civic_date_format(civic_date_from_days(first + (int64_t) days - 1),
                      slow->last);
    assert_int_equal(civic_work_calendar_init(&slow->clock.calendar,
                         date_of(slow->first), date_of(slow->last)), 0);

    for (i = 0; i < days; i++) {
        date = civic_date_from_days(first + (int64_t) i);
        civic_date_format(date, text);

        if (draw(4) == 0) {
            assert_int_equal(civic_work_calendar_off(&slow->clock.calendar,
                                                     date), 0);
            strcpy(slow->off[slow->offs++], text);

        } else if (draw(5) == 0) {
            assert_int_equal(civic_work_calendar_worked(
                                 &slow->clock.calendar, date), 0);
            strcpy(slow->worked[slow->workeds++], text);
        }
    }
}


static void
minute_by_minute(void **state)
{
    int       i, j;
    int64_t   first, from;
    slow_t   *slow;

    (void) state;
    slow = malloc(sizeof(slow_t));
    assert_non_null(slow);

    for (i = 0; i < CASES; i++) {
        memset(slow, 0, sizeof(slow_t));
        first = civic_date_to_days((civic_date_t) { 1971 + i % 100, 1, 1 })
                - 30 + draw(90);
        slow->clock.mode = i % 3 == 0 ? CIVIC_WORK_EVERY_DAY
                                      : CIVIC_WORK_WORKDAYS;
        slow->clock.need = 1 + (int) draw(900);
        draw_windows(&slow->clock);
        draw_calendar(slow, first);

        for (j = 0; j < INSTANTS; j++) {
            from = first * DAY - CHINA - DAY + draw(40 * DAY);
            /* edges of windows are likelier than chance has them */
            from -= draw(3) == 0 ? from % (10 * MINUTE) : 0;
            compare(slow, from, from + draw(6 * DAY));
        }
    }

    free(slow);
    assert_true(computed > CASES * INSTANTS / 4);
    assert_true(refused > CASES * INSTANTS / 20);
}


/* ---- how long it takes -------------------------------------------------- */

static double
microseconds(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);

    return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}


/* A due date, of a few goes: others use the machine too. */
static double
quickest(const civic_work_clock_t *clock, civic_work_status_t status)
{
    int      i, j;
    double   start, took, best = 1e9;
    int64_t  due;

    for (i = 0; i < 20; i++) {
        start = microseconds();

        for (j = 0; j < 10; j++) {
            assert_int_equal(civic_work_due_at(clock, at("2026-01-01 18:00"),
                                               &due), status);
        }

        took = (microseconds() - start) / 10;
        best = took < best ? took : best;
    }

    return best;
}


/* Ten years of windows of a minute each, all days worked. */
static void
longest(void **state)
{
    int                 i;
    double              took;
    int64_t             minutes, start = at("2026-01-01 00:00");
    civic_work_clock_t  clock = { .mode = CIVIC_WORK_WORKDAYS,
                                  .need = CIVIC_WORK_NEED,
                                  .count = CIVIC_WORK_WINDOWS };

    (void) state;

    for (i = 0; i < CIVIC_WORK_WINDOWS; i++) {
        clock.windows[i] = (civic_work_window_t) { 2 * i, 2 * i + 1 };
    }

    i = (int) civic_date_to_days(date_of("2026-01-01"));
    assert_int_equal(civic_work_calendar_init(&clock.calendar,
                         civic_date_from_days(i),
                         civic_date_from_days(i + CIVIC_WORK_DAYS - 1)), 0);

    for (i = 0; i < CIVIC_WORK_DAYS; i++) {
        assert_int_equal(civic_work_calendar_worked(&clock.calendar,
                             civic_date_from_days(clock.calendar.first + i)),
                         0);
    }

    took = quickest(&clock, CIVIC_WORK_TOO_FAR);
    print_message("the longest walk: %.1f us\n", took);
    assert_true(took < SLOWEST);

    assert_int_equal(civic_work_minutes(&clock, start,
                                        start + CIVIC_WORK_DAYS * DAY,
                                        &minutes), CIVIC_WORK_OK);
    assert_int_equal(minutes, CIVIC_WORK_DAYS * CIVIC_WORK_WINDOWS);
    assert_int_equal(civic_work_minutes(&clock, start,
                                        start + CIVIC_WORK_DAYS * DAY + 1,
                                        &minutes), CIVIC_WORK_TOO_FAR);
}


static void
usual(void **state)
{
    double              took;
    civic_work_clock_t  clock = { .need = 720, .count = 2,
                                  .windows = { { 510, 720 },
                                               { 870, 1080 } } };

    (void) state;
    took = quickest(&clock, CIVIC_WORK_OK);
    print_message("the notice's 12 hours: %.2f us\n", took);
    assert_true(took < SLOWEST);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(minute_by_minute),
        cmocka_unit_test(longest),
        cmocka_unit_test(usual),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
