/*
 * work_clock.c - see work_clock.h.
 *
 * All goes day by day, window by window: a day is a number, a bit says
 * whether it is off.
 */

#include <string.h>

#include "work_clock.h"

#define MSEC_PER_MINUTE     60000LL
#define MINUTES_PER_DAY     1440
#define MSEC_PER_DAY        (MINUTES_PER_DAY * MSEC_PER_MINUTE)
#define CHINA_AHEAD_OF_UTC  (8 * 60 * MSEC_PER_MINUTE)

/* 9990-01-01 in China: what is due still has a year of four digits. */
#define END_OF_TIME         253086739200000LL

#define SUNDAY    0
#define THURSDAY  4                     /* 1970-01-01 */
#define SATURDAY  6


/* ---- windows ------------------------------------------------------------ */

/* "08:30" as minutes since midnight, or -1. */
static int
parse_minute(const char *s)
{
    int     minute;
    size_t  i;

    for (i = 0; i < 5; i++) {
        if (i == 2 ? s[i] != ':' : s[i] < '0' || s[i] > '9') {
            return -1;
        }
    }

    minute = (s[3] - '0') * 10 + (s[4] - '0');

    if (minute > 59) {
        return -1;
    }

    return ((s[0] - '0') * 10 + (s[1] - '0')) * 60 + minute;
}


static int
window_valid(const civic_work_window_t *window)
{
    return window->open >= 0 && window->open < window->close
           && window->close <= MINUTES_PER_DAY;
}


int
civic_work_window_parse(const char *s, size_t len, civic_work_window_t *window)
{
    civic_work_window_t  found;

    if (len != sizeof("08:30-12:00") - 1 || s[5] != '-') {
        return -1;
    }

    found.open = parse_minute(s);
    found.close = parse_minute(s + 6);

    if (!window_valid(&found)) {
        return -1;
    }

    *window = found;

    return 0;
}


static int
windows_valid(const civic_work_clock_t *clock)
{
    int     end = 0;
    size_t  i;

    if (clock->count == 0 || clock->count > CIVIC_WORK_WINDOWS) {
        return 0;
    }

    for (i = 0; i < clock->count; i++) {
        if (!window_valid(&clock->windows[i])
            || clock->windows[i].open < end)
        {
            return 0;
        }

        end = clock->windows[i].close;
    }

    return 1;
}


/* ---- days --------------------------------------------------------------- */

int
civic_work_calendar_init(civic_work_calendar_t *calendar, civic_date_t first,
    civic_date_t last)
{
    int64_t  days;

    memset(calendar, 0, sizeof(civic_work_calendar_t));

    if (!civic_date_valid(first) || !civic_date_valid(last)) {
        return -1;
    }

    days = civic_date_to_days(last) - civic_date_to_days(first) + 1;

    if (first.year < 1970 || days < 1 || days > CIVIC_WORK_DAYS) {
        return -1;
    }

    calendar->first = civic_date_to_days(first);
    calendar->days = (int) days;

    return 0;
}


/* Its place among the days that the calendar knows of, or -1. */
static int
calendar_index(const civic_work_calendar_t *calendar, int64_t day)
{
    if (day < calendar->first || day - calendar->first >= calendar->days) {
        return -1;
    }

    return (int) (day - calendar->first);
}


static int
is_set(const uint8_t *bits, int i)
{
    return bits[i / 8] >> (i % 8) & 1;
}


static int
tell(const civic_work_calendar_t *calendar, civic_date_t date, uint8_t *bits,
    const uint8_t *others)
{
    int  i;

    if (!civic_date_valid(date)) {
        return -1;
    }

    i = calendar_index(calendar, civic_date_to_days(date));

    if (i == -1 || is_set(others, i)) {
        return -1;
    }

    bits[i / 8] |= (uint8_t) (1 << (i % 8));

    return 0;
}


int
civic_work_calendar_off(civic_work_calendar_t *calendar, civic_date_t date)
{
    return tell(calendar, date, calendar->off, calendar->worked);
}


int
civic_work_calendar_worked(civic_work_calendar_t *calendar, civic_date_t date)
{
    return tell(calendar, date, calendar->worked, calendar->off);
}


static civic_work_status_t
day_is_worked(const civic_work_clock_t *clock, int64_t day, int *worked)
{
    int                           i, weekday;
    const civic_work_calendar_t  *calendar = &clock->calendar;

    if (clock->mode == CIVIC_WORK_EVERY_DAY) {
        *worked = 1;
        return CIVIC_WORK_OK;
    }

    i = calendar_index(calendar, day);

    if (i == -1) {
        return CIVIC_WORK_BEYOND_CALENDAR;
    }

    weekday = (int) ((day + THURSDAY) % 7);
    *worked = is_set(calendar->worked, i)
              || (weekday != SUNDAY && weekday != SATURDAY
                  && !is_set(calendar->off, i));

    return CIVIC_WORK_OK;
}


static int64_t
day_of(int64_t instant)
{
    return (instant + CHINA_AHEAD_OF_UTC) / MSEC_PER_DAY;
}


static int64_t
instant_of(int64_t day, int minute)
{
    return day * MSEC_PER_DAY + minute * MSEC_PER_MINUTE - CHINA_AHEAD_OF_UTC;
}


/* ---- the clock ---------------------------------------------------------- */

civic_work_status_t
civic_work_check(const civic_work_clock_t *clock)
{
    if (clock->mode != CIVIC_WORK_EVERY_DAY
        && clock->mode != CIVIC_WORK_WORKDAYS
        && clock->mode != CIVIC_WORK_ELAPSED)
    {
        return CIVIC_WORK_BAD_MODE;
    }

    if (clock->need < 1 || clock->need > CIVIC_WORK_NEED) {
        return CIVIC_WORK_BAD_NEED;
    }

    if (clock->mode == CIVIC_WORK_ELAPSED) {
        return CIVIC_WORK_OK;
    }

    if (!windows_valid(clock)) {
        return CIVIC_WORK_BAD_WINDOWS;
    }

    if (clock->mode == CIVIC_WORK_WORKDAYS
        && (clock->calendar.first < 0 || clock->calendar.days < 1
            || clock->calendar.days > CIVIC_WORK_DAYS))
    {
        return CIVIC_WORK_BAD_CALENDAR;
    }

    return CIVIC_WORK_OK;
}


static civic_work_status_t
check(const civic_work_clock_t *clock, int64_t instant)
{
    civic_work_status_t  status;

    status = civic_work_check(clock);

    if (status != CIVIC_WORK_OK) {
        return status;
    }

    return instant < 0 || instant >= END_OF_TIME ? CIVIC_WORK_TOO_FAR
                                                 : CIVIC_WORK_OK;
}


/*
 * Spends what is left (ms) in a day's windows, from an instant on.  1 when
 * it was spent, with the instant at which it was.
 */
static int
spend(const civic_work_clock_t *clock, int64_t day, int64_t from,
    int64_t *left, int64_t *end)
{
    size_t   i;
    int64_t  open, close;

    for (i = 0; i < clock->count; i++) {
        open = instant_of(day, clock->windows[i].open);
        close = instant_of(day, clock->windows[i].close);
        open = open < from ? from : open;

        if (close <= open) {
            continue;
        }

        if (close - open >= *left) {
            *end = open + *left;
            return 1;
        }

        *left -= close - open;
    }

    return 0;
}


/* The first instant at which so many ms of working time have passed. */
static civic_work_status_t
after(const civic_work_clock_t *clock, int64_t from, int64_t msec,
    int64_t *end)
{
    int                  worked;
    int64_t              day, first = day_of(from);
    civic_work_status_t  status;

    if (clock->mode == CIVIC_WORK_ELAPSED) {
        *end = from + msec;
        return CIVIC_WORK_OK;
    }

    for (day = first; day < first + CIVIC_WORK_DAYS; day++) {
        status = day_is_worked(clock, day, &worked);

        if (status != CIVIC_WORK_OK) {
            return status;
        }

        if (worked && spend(clock, day, from, &msec, end)) {
            return CIVIC_WORK_OK;
        }
    }

    return CIVIC_WORK_TOO_FAR;
}


civic_work_status_t
civic_work_due_at(const civic_work_clock_t *clock, int64_t submitted,
    int64_t *due)
{
    civic_work_status_t  status;

    status = check(clock, submitted);

    if (status != CIVIC_WORK_OK) {
        return status;
    }

    return after(clock, submitted, clock->need * MSEC_PER_MINUTE, due);
}


civic_work_status_t
civic_work_starts_at(const civic_work_clock_t *clock, int64_t submitted,
    int64_t *start)
{
    int64_t              end;
    civic_work_status_t  status;

    status = check(clock, submitted);

    if (status == CIVIC_WORK_OK) {
        status = after(clock, submitted, 1, &end);
    }

    if (status == CIVIC_WORK_OK) {
        *start = end - 1;
    }

    return status;
}


civic_work_status_t
civic_work_is_open(const civic_work_clock_t *clock, int64_t now, int *open)
{
    int                  worked;
    int64_t              end, left = 1;
    civic_work_status_t  status;

    status = check(clock, now);

    if (status != CIVIC_WORK_OK) {
        return status;
    }

    if (clock->mode == CIVIC_WORK_ELAPSED) {
        *open = 1;
        return CIVIC_WORK_OK;
    }

    status = day_is_worked(clock, day_of(now), &worked);

    if (status == CIVIC_WORK_OK) {
        *open = worked && spend(clock, day_of(now), now, &left, &end)
                && end == now + 1;
    }

    return status;
}


/* Working time (ms) of a day, between two instants. */
static int64_t
overlap(const civic_work_clock_t *clock, int64_t day, int64_t from, int64_t to)
{
    size_t   i;
    int64_t  open, close, sum = 0;

    for (i = 0; i < clock->count; i++) {
        open = instant_of(day, clock->windows[i].open);
        close = instant_of(day, clock->windows[i].close);
        open = open < from ? from : open;
        close = close > to ? to : close;
        sum += close > open ? close - open : 0;
    }

    return sum;
}


static civic_work_status_t
sum_days(const civic_work_clock_t *clock, int64_t from, int64_t to,
    int64_t *sum)
{
    int                  worked;
    int64_t              day, last = day_of(to - 1);
    civic_work_status_t  status;

    *sum = 0;

    if (last - day_of(from) >= CIVIC_WORK_DAYS) {
        return CIVIC_WORK_TOO_FAR;
    }

    for (day = day_of(from); day <= last; day++) {
        status = day_is_worked(clock, day, &worked);

        if (status != CIVIC_WORK_OK) {
            return status;
        }

        *sum += worked ? overlap(clock, day, from, to) : 0;
    }

    return CIVIC_WORK_OK;
}


civic_work_status_t
civic_work_minutes(const civic_work_clock_t *clock, int64_t from, int64_t to,
    int64_t *minutes)
{
    int64_t              sum = 0;
    civic_work_status_t  status;

    status = check(clock, from);

    if (status == CIVIC_WORK_OK) {
        status = check(clock, to);
    }

    if (status != CIVIC_WORK_OK) {
        return status;
    }

    if (to > from) {
        if (clock->mode == CIVIC_WORK_ELAPSED) {
            sum = to - from;

        } else {
            status = sum_days(clock, from, to, &sum);
        }
    }

    if (status == CIVIC_WORK_OK) {
        *minutes = sum / MSEC_PER_MINUTE;
    }

    return status;
}


const char *
civic_work_status_name(civic_work_status_t status)
{
    static const char *const  names[] = {
        "ok", "bad_mode", "bad_need", "bad_windows", "bad_calendar",
        "beyond_calendar", "too_far"
    };

    return (size_t) status < sizeof(names) / sizeof(names[0]) ? names[status]
                                                              : "unknown";
}
