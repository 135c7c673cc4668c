/*
 * work_clock_test.c - t/vectors/review-clock.json, more rows of its kind,
 * edges, and what is refused.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "vectors.h"
#include "work_clock_fixture.h"


/* ---- the vectors -------------------------------------------------------- */

static void
calendar_of(json_t *root, const char *first, const char *last,
    civic_work_calendar_t *calendar)
{
    size_t       i;
    json_t      *year, *day;
    const char  *name;

    assert_int_equal(civic_work_calendar_init(calendar, date_of(first),
                                              date_of(last)), 0);

    json_object_foreach(json_object_get(root, "calendar"), name, year) {
        if (strncmp(name, first, 4) < 0 || strncmp(name, last, 4) > 0) {
            continue;
        }

        json_array_foreach(json_object_get(year, "holidays"), i, day) {
            assert_int_equal(civic_work_calendar_off(calendar,
                                 date_of(json_string_value(day))), 0);
        }

        json_array_foreach(json_object_get(year, "makeup_workdays"), i, day) {
            assert_int_equal(civic_work_calendar_worked(calendar,
                                 date_of(json_string_value(day))), 0);
        }
    }
}


/* The file's rule, as of a year; it leaves out 2023. */
static void
clock_of(json_t *root, const char *when, civic_work_mode_t mode,
    civic_work_clock_t *clock)
{
    size_t       i;
    json_t      *window;
    const char  *text;

    memset(clock, 0, sizeof(civic_work_clock_t));
    clock->mode = mode;
    clock->need = (int) json_integer_value(json_object_get(root,
                                               "need_seconds")) / 60;

    json_array_foreach(json_object_get(root, "windows"), i, window) {
        text = json_string_value(window);
        assert_int_equal(civic_work_window_parse(text, strlen(text),
                             &clock->windows[clock->count++]), 0);
    }

    if (strncmp(when, "2022", 4) == 0) {
        calendar_of(root, "2022-01-01", "2022-12-31", &clock->calendar);

    } else {
        calendar_of(root, "2024-01-01", "2026-12-31", &clock->calendar);
    }
}


static void
expect_due(json_t *root, civic_work_mode_t mode, const char *submitted,
    const char *expected)
{
    int64_t             due;
    civic_work_clock_t  clock;

    clock_of(root, submitted, mode, &clock);
    assert_int_equal(civic_work_due_at(&clock, at(submitted), &due),
                     CIVIC_WORK_OK);
    assert_int_equal(due, at(expected));
}


static const char *
text_in(json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    assert_non_null(text);

    return text;
}


/* What the vectors add up in segments is what we call working time. */
static void
expect_segments(json_t *root, json_t *reading, civic_work_mode_t mode,
    const char *submitted)
{
    char                text[32];
    json_t             *segment;
    size_t              i;
    int64_t             open, close, sum = 0, minutes;
    const char         *day;
    civic_work_clock_t  clock;

    clock_of(root, submitted, mode, &clock);

    json_array_foreach(json_object_get(reading, "segments"), i, segment) {
        day = json_string_value(json_array_get(segment, 0));
        snprintf(text, sizeof(text), "%.4s-%s",
                 strncmp(day, "01-", 3) == 0 ? text_in(reading, "due_at")
                                             : submitted, day);
        open = at(text);
        snprintf(text + 11, sizeof(text) - 11, "%s",
                 json_string_value(json_array_get(segment, 1)));
        close = at(text);

        if (i == 0) {
            assert_int_equal(civic_work_starts_at(&clock, at(submitted),
                                                  &minutes), CIVIC_WORK_OK);
            assert_int_equal(minutes, open);
        }

        assert_int_equal(civic_work_minutes(&clock, open, close, &minutes),
                         CIVIC_WORK_OK);
        assert_int_equal(minutes, (close - open) / MINUTE);
        sum += minutes;
    }

    assert_int_equal(sum, clock.need);
    assert_int_equal(civic_work_minutes(&clock, at(submitted),
                                        at(text_in(reading, "due_at")),
                                        &minutes), CIVIC_WORK_OK);
    assert_int_equal(minutes, clock.need);
}


static void
vectors(void **state)
{
    size_t       i, seen = 0;
    json_t      *root = test_vectors("review-clock.json"), *vector, *reading;
    const char  *submitted;

    (void) state;

    json_array_foreach(json_object_get(root, "vectors"), i, vector) {
        submitted = text_in(vector, "submitted_at");

        reading = json_object_get(vector, "every_day");
        assert_int_equal(at(text_in(reading, "due_at")) / 1000,
                         json_integer_value(json_object_get(reading,
                                                            "due_epoch")));
        expect_due(root, CIVIC_WORK_EVERY_DAY, submitted,
                   text_in(reading, "due_at"));
        expect_segments(root, reading, CIVIC_WORK_EVERY_DAY, submitted);

        reading = json_object_get(vector, "workday_only");
        expect_due(root, CIVIC_WORK_WORKDAYS, submitted,
                   text_in(reading, "due_at"));
        expect_segments(root, reading, CIVIC_WORK_WORKDAYS, submitted);

        expect_due(root, CIVIC_WORK_ELAPSED, submitted,
                   text_in(vector, "elapsed_12h_reading"));
        seen++;
    }

    assert_int_equal(seen, 6);
    json_decref(root);
}


/* Worked out by hand, the year's edges and make-up days among them. */
static void
rows(void **state)
{
    size_t   i;
    json_t  *root = test_vectors("review-clock.json");

    static const char *const  table[][3] = {
        { "2026-03-09 10:30", "2026-03-10 18:00", "2026-03-10 18:00" },
        { "2026-03-11 13:17", "2026-03-13 10:00", "2026-03-13 10:00" },
        { "2026-03-14 09:00", "2026-03-15 16:30", "2026-03-17 16:00" },
        { "2024-02-29 18:00", "2024-03-02 16:00", "2024-03-04 16:00" },
        { "2025-09-28 09:30", "2025-09-29 17:00", "2025-09-29 17:00" },
        { "2026-04-30 23:45", "2026-05-02 16:00", "2026-05-07 16:00" }
    };

    (void) state;

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        expect_due(root, CIVIC_WORK_EVERY_DAY, table[i][0], table[i][1]);
        expect_due(root, CIVIC_WORK_WORKDAYS, table[i][0], table[i][2]);
    }

    json_decref(root);
}


/* ---- edges -------------------------------------------------------------- */

/* The notice's windows, days of 2026 without a holiday. */
static civic_work_clock_t
notice(civic_work_mode_t mode)
{
    civic_work_clock_t  clock = {
        .mode = mode, .need = 720, .count = 2,
        .windows = { { 510, 720 }, { 870, 1080 } }
    };

    assert_int_equal(civic_work_calendar_init(&clock.calendar,
                         (civic_date_t) { 2026, 1, 1 },
                         (civic_date_t) { 2026, 12, 31 }), 0);

    return clock;
}


static void
edges(void **state)
{
    int                 open;
    int64_t             instant, minutes;
    civic_work_clock_t  clock = notice(CIVIC_WORK_EVERY_DAY);

    (void) state;

    /* ms count; a closing is outside, an opening inside */
    assert_int_equal(civic_work_due_at(&clock, at("2026-03-09 08:30") + 1,
                                       &instant), CIVIC_WORK_OK);
    assert_int_equal(instant, at("2026-03-10 16:00") + 1);
    assert_int_equal(civic_work_is_open(&clock, at("2026-03-09 08:30"),
                                        &open), CIVIC_WORK_OK);
    assert_int_equal(open, 1);
    assert_int_equal(civic_work_is_open(&clock, at("2026-03-09 08:30") - 1,
                                        &open), CIVIC_WORK_OK);
    assert_int_equal(open, 0);
    assert_int_equal(civic_work_is_open(&clock, at("2026-03-09 12:00") - 1,
                                        &open), CIVIC_WORK_OK);
    assert_int_equal(open, 1);
    assert_int_equal(civic_work_is_open(&clock, at("2026-03-09 12:00"),
                                        &open), CIVIC_WORK_OK);
    assert_int_equal(open, 0);

    assert_int_equal(civic_work_starts_at(&clock, at("2026-03-09 12:00"),
                                          &instant), CIVIC_WORK_OK);
    assert_int_equal(instant, at("2026-03-09 14:30"));
    assert_int_equal(civic_work_starts_at(&clock, at("2026-03-09 12:00") - 1,
                                          &instant), CIVIC_WORK_OK);
    assert_int_equal(instant, at("2026-03-09 12:00") - 1);

    /* halves of a minute on both sides of lunch are one minute */
    assert_int_equal(civic_work_minutes(&clock,
                         at("2026-03-09 12:00") - MINUTE / 2,
                         at("2026-03-09 14:30") + MINUTE / 2, &minutes),
                     CIVIC_WORK_OK);
    assert_int_equal(minutes, 1);
    assert_int_equal(civic_work_minutes(&clock, at("2026-03-10 12:00"),
                                        at("2026-03-09 12:00"), &minutes),
                     CIVIC_WORK_OK);
    assert_int_equal(minutes, 0);

    /* whole days and nights, in two windows that touch at midnight */
    clock.windows[0] = (civic_work_window_t) { 0, 720 };
    clock.windows[1] = (civic_work_window_t) { 720, 1440 };
    assert_int_equal(civic_work_due_at(&clock, at("2026-03-09 23:59"),
                                       &instant), CIVIC_WORK_OK);
    assert_int_equal(instant, at("2026-03-10 11:59"));
}


static void
elapsed(void **state)
{
    int                 open;
    int64_t             instant, minutes;
    civic_work_clock_t  clock = { .mode = CIVIC_WORK_ELAPSED, .need = 720 };

    (void) state;

    assert_int_equal(civic_work_due_at(&clock, at("2027-03-13 17:59"),
                                       &instant), CIVIC_WORK_OK);
    assert_int_equal(instant, at("2027-03-14 05:59"));
    assert_int_equal(civic_work_starts_at(&clock, at("2027-03-13 23:59"),
                                          &instant), CIVIC_WORK_OK);
    assert_int_equal(instant, at("2027-03-13 23:59"));
    assert_int_equal(civic_work_is_open(&clock, 0, &open), CIVIC_WORK_OK);
    assert_int_equal(open, 1);
    assert_int_equal(civic_work_minutes(&clock, 0, 90 * MINUTE - 1, &minutes),
                     CIVIC_WORK_OK);
    assert_int_equal(minutes, 89);
}


/* Nothing is computed with a day that the calendar does not know of. */
static void
beyond(void **state)
{
    int                 open;
    int64_t             instant = 7;
    civic_work_clock_t  clock = notice(CIVIC_WORK_WORKDAYS);

    (void) state;

    /* 2026-12-31 is a Thursday: 7 hours of it are left, not 12 */
    assert_int_equal(civic_work_due_at(&clock, at("2026-12-31 08:30"),
                                       &instant), CIVIC_WORK_BEYOND_CALENDAR);
    assert_int_equal(civic_work_starts_at(&clock, at("2026-12-31 18:00"),
                                          &instant),
                     CIVIC_WORK_BEYOND_CALENDAR);
    assert_int_equal(civic_work_is_open(&clock, at("2027-01-01 00:00"),
                                        &open), CIVIC_WORK_BEYOND_CALENDAR);
    assert_int_equal(civic_work_is_open(&clock, at("2025-12-31 23:59"),
                                        &open), CIVIC_WORK_BEYOND_CALENDAR);
    assert_int_equal(civic_work_minutes(&clock, at("2026-12-31 09:00"),
                                        at("2027-01-01 00:00") + 1, &instant),
                     CIVIC_WORK_BEYOND_CALENDAR);
    assert_int_equal(instant, 7);

    /* up to the last closing it does */
    assert_int_equal(civic_work_due_at(&clock, at("2026-12-30 10:30"),
                                       &instant), CIVIC_WORK_OK);
    assert_int_equal(instant, at("2026-12-31 18:00"));
    assert_int_equal(civic_work_minutes(&clock, at("2026-12-31 09:00"),
                                        at("2027-01-01 00:00"), &instant),
                     CIVIC_WORK_OK);
    assert_int_equal(instant, 390);
}


static void
calendars(void **state)
{
    civic_work_calendar_t  calendar;
    civic_date_t           first = { 2026, 1, 1 }, last = { 2026, 12, 31 };

    (void) state;

    assert_int_equal(civic_work_calendar_init(&calendar, last, first), -1);
    assert_int_equal(civic_work_calendar_init(&calendar, first,
                         (civic_date_t) { 2026, 2, 29 }), -1);
    assert_int_equal(civic_work_calendar_init(&calendar,
                         (civic_date_t) { 1969, 12, 31 },
                         (civic_date_t) { 1970, 1, 2 }), -1);
    assert_int_equal(civic_work_calendar_init(&calendar, first,
                         civic_date_from_days(civic_date_to_days(first)
                                              + CIVIC_WORK_DAYS)), -1);
    assert_int_equal(civic_work_calendar_off(&calendar, first), -1);
    assert_int_equal(civic_work_calendar_init(&calendar, first,
                         civic_date_from_days(civic_date_to_days(first)
                                              + CIVIC_WORK_DAYS - 1)), 0);
    assert_int_equal(civic_work_calendar_off(&calendar,
                         civic_date_from_days(civic_date_to_days(first)
                                              + CIVIC_WORK_DAYS - 1)), 0);

    assert_int_equal(civic_work_calendar_init(&calendar, first, last), 0);
    assert_int_equal(civic_work_calendar_off(&calendar, first), 0);
    assert_int_equal(civic_work_calendar_off(&calendar, first), 0);
    assert_int_equal(civic_work_calendar_worked(&calendar, first), -1);
    assert_int_equal(civic_work_calendar_worked(&calendar, last), 0);
    assert_int_equal(civic_work_calendar_off(&calendar, last), -1);
    assert_int_equal(civic_work_calendar_off(&calendar,
                         (civic_date_t) { 2027, 1, 1 }), -1);
    assert_int_equal(civic_work_calendar_off(&calendar,
                         (civic_date_t) { 2025, 12, 31 }), -1);
    assert_int_equal(civic_work_calendar_off(&calendar,
                         (civic_date_t) { 2026, 2, 30 }), -1);
}


static void
windows(void **state)
{
    size_t               i;
    civic_work_window_t  window = { 1, 2 };
    const char          *wrong[] = { "", "08:30-12:0", "08:30-12:000",
                                     "12:00-08:30", "08:30-08:30",
                                     "08:30-24:01", "08:60-12:00",
                                     "8:30--12:00", "08:30 12:00",
                                     "08.30-12:00", "0a:30-12:00",
                                     "-1:30-12:00", "25:00-26:00" };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_work_window_parse(wrong[i], strlen(wrong[i]),
                                                 &window), -1);
        assert_int_equal(window.open, 1);
    }

    assert_int_equal(civic_work_window_parse("00:00-24:00", 11, &window), 0);
    assert_int_equal(window.open, 0);
    assert_int_equal(window.close, 1440);
    assert_int_equal(civic_work_window_parse("08:30-12:00", 11, &window), 0);
    assert_int_equal(window.open, 510);
    assert_int_equal(window.close, 720);
}


/* Every function refuses it, and sets nothing. */
static void
refused(const civic_work_clock_t *clock, int64_t instant,
    civic_work_status_t status)
{
    int      open = 7;
    int64_t  out = 7;

    assert_int_equal(civic_work_due_at(clock, instant, &out), status);
    assert_int_equal(civic_work_starts_at(clock, instant, &out), status);
    assert_int_equal(civic_work_is_open(clock, instant, &open), status);
    assert_int_equal(civic_work_minutes(clock, instant, instant + 1, &out),
                     status);
    assert_int_equal(civic_work_minutes(clock, instant - 1, instant, &out),
                     status);
    assert_int_equal(out, 7);
    assert_int_equal(open, 7);
}


static void
wrong_windows(int64_t now, size_t count, civic_work_window_t first,
    civic_work_window_t second)
{
    civic_work_clock_t  clock = notice(CIVIC_WORK_EVERY_DAY);

    clock.count = count;
    clock.windows[0] = first;
    clock.windows[1] = second;
    assert_int_equal(civic_work_check(&clock), CIVIC_WORK_BAD_WINDOWS);
    refused(&clock, now, CIVIC_WORK_BAD_WINDOWS);
}


static void
wrong_clocks(void **state)
{
    int64_t              now = at("2026-03-09 10:00");
    civic_work_clock_t   clock = notice(CIVIC_WORK_WORKDAYS);
    civic_work_window_t  early = { 510, 720 }, late = { 870, 1080 };

    (void) state;

    assert_int_equal(civic_work_check(&clock), CIVIC_WORK_OK);

    wrong_windows(now, 0, early, late);
    wrong_windows(now, CIVIC_WORK_WINDOWS + 1, early, late);
    wrong_windows(now, 2, late, early);
    wrong_windows(now, 2, early, (civic_work_window_t) { 719, 800 });
    wrong_windows(now, 2, (civic_work_window_t) { -1, 720 }, late);
    wrong_windows(now, 2, early, (civic_work_window_t) { 870, 1441 });
    wrong_windows(now, 2, early, (civic_work_window_t) { 870, 870 });

    clock.need = 0;
    refused(&clock, now, CIVIC_WORK_BAD_NEED);
    clock.need = CIVIC_WORK_NEED + 1;
    refused(&clock, now, CIVIC_WORK_BAD_NEED);
    clock.need = 720;
    clock.mode = (civic_work_mode_t) 3;
    refused(&clock, now, CIVIC_WORK_BAD_MODE);
    clock.mode = CIVIC_WORK_WORKDAYS;

    clock.calendar.days = CIVIC_WORK_DAYS + 1;
    refused(&clock, now, CIVIC_WORK_BAD_CALENDAR);
    memset(&clock.calendar, 0, sizeof(civic_work_calendar_t));
    refused(&clock, now, CIVIC_WORK_BAD_CALENDAR);

    /* instants that are none of ours */
    clock.mode = CIVIC_WORK_EVERY_DAY;
    refused(&clock, INT64_MAX - 1, CIVIC_WORK_TOO_FAR);
    refused(&clock, INT64_MIN + 1, CIVIC_WORK_TOO_FAR);
    refused(&clock, -1, CIVIC_WORK_TOO_FAR);
    refused(&clock, at("9990-01-01 00:00"), CIVIC_WORK_TOO_FAR);
    assert_int_equal(civic_work_starts_at(&clock, at("9990-01-01 00:00") - 1,
                                          &now), CIVIC_WORK_OK);
    assert_int_equal(now, at("9990-01-01 08:30"));

    assert_string_equal(civic_work_status_name(CIVIC_WORK_OK), "ok");
    assert_string_equal(civic_work_status_name(CIVIC_WORK_TOO_FAR),
                        "too_far");
    assert_string_equal(civic_work_status_name((civic_work_status_t) 7),
                        "unknown");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(rows),
        cmocka_unit_test(edges),
        cmocka_unit_test(elapsed),
        cmocka_unit_test(beyond),
        cmocka_unit_test(calendars),
        cmocka_unit_test(windows),
        cmocka_unit_test(wrong_clocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
