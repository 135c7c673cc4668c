/*
 * work_clock.h - working time: when a review that was handed in is due.
 *
 * The notice of Xi'an's health code says when reviewers work,
 * "审核员的工作时间为每天上午8:30-12:00、下午14:30-18:00", and that they
 * are done, as a rule, "工作时间内12小时内".  Qinghai's guide for its civil
 * service exam of 2013 has the same sentence.  It can be read in three ways;
 * each is a mode:
 *
 *   every day  12 hours of working time, each day of the year is worked: what
 *              the words say ("每天"), and the default
 *   workdays   the same, on working days alone
 *   elapsed    12 hours by the clock on the wall: implausible (who hands in
 *              at 17:59 would be answered at 05:59), kept to be chosen
 *
 * Windows of a day are half-open: 12:00 is no longer in 08:30-12:00.  Time
 * runs from the instant of handing in, or from the next opening.  What is
 * used up exactly at a closing is due then, not at the opening after it.
 * Overdue is "now > due".  "一般" makes it a target: nothing is approved
 * because time has run out, and what is handed in again starts anew.
 *
 * Which days are worked changes each autumn by a notice of the State Council
 * (放假安排: days off, and 调休 weekends that are worked), so that no rule
 * gives next year's.  A calendar says which dates it knows of, by date and
 * not by year of a holiday: 2022-12-31 belongs to the New Year of 2023.
 * Beyond them nothing is computed and nothing guessed: BEYOND_CALENDAR.
 *
 * Instants are ms since 1970-01-01T00:00:00Z, days are China's (UTC+8).
 * Pure functions, for any thread; nothing is allocated.  The longest walk,
 * CIVIC_WORK_DAYS days of CIVIC_WORK_WINDOWS windows, takes about 55 us of one
 * core of a small server, the notice's 12 hours 0.2 us (the unit tests print
 * it).
 */

#ifndef CIVIC_KIT_WORK_CLOCK_H
#define CIVIC_KIT_WORK_CLOCK_H

#include "civil_date.h"

/* Windows of a day. */
#define CIVIC_WORK_WINDOWS  8

/* Days that a calendar knows of at most, and that are walked: ten years. */
#define CIVIC_WORK_DAYS     3660

/* Minutes that a review may need: 500 days and nights. */
#define CIVIC_WORK_NEED     (500 * 1440)

typedef enum {
    CIVIC_WORK_EVERY_DAY = 0,
    CIVIC_WORK_WORKDAYS,
    CIVIC_WORK_ELAPSED
} civic_work_mode_t;

typedef enum {
    CIVIC_WORK_OK = 0,
    CIVIC_WORK_BAD_MODE,
    CIVIC_WORK_BAD_NEED,                /* not 1 to CIVIC_WORK_NEED */
    CIVIC_WORK_BAD_WINDOWS,             /* none, too many, not within a day,
                                           backwards, or one before the end of
                                           the one before it */
    CIVIC_WORK_BAD_CALENDAR,            /* not from civic_work_calendar_init,
                                           and working days are asked for */
    CIVIC_WORK_BEYOND_CALENDAR,         /* a day that it does not know of */
    CIVIC_WORK_TOO_FAR                  /* more than CIVIC_WORK_DAYS days, or
                                           an instant before 1970 or after
                                           9989 */
} civic_work_status_t;

/* Minutes since midnight, 0 to 1440: open <= t < close. */
typedef struct {
    int  open;
    int  close;
} civic_work_window_t;

/* Filled by the functions below.  Zeroed, it knows of no day. */
typedef struct {
    int64_t  first;                     /* days since 1970-01-01 */
    int      days;
    uint8_t  off[CIVIC_WORK_DAYS / 8 + 1];      /* a bit a day */
    uint8_t  worked[CIVIC_WORK_DAYS / 8 + 1];
} civic_work_calendar_t;

typedef struct {
    civic_work_mode_t      mode;
    int                    need;        /* minutes: 720 in the notice */
    size_t                 count;       /* of windows; elapsed needs none */
    civic_work_window_t    windows[CIVIC_WORK_WINDOWS];     /* in order */
    civic_work_calendar_t  calendar;    /* for working days alone */
} civic_work_clock_t;

/* Exactly "08:30-12:00"; a day ends at "24:00".  0, or -1. */
int civic_work_window_parse(const char *s, size_t len,
    civic_work_window_t *window);

/*
 * A calendar of Mondays to Fridays that knows of first to last, both
 * included.  0, or -1: not days of the calendar, the last before the first,
 * before 1970, or more than CIVIC_WORK_DAYS.
 */
int civic_work_calendar_init(civic_work_calendar_t *calendar,
    civic_date_t first, civic_date_t last);

/*
 * A day off (a holiday, or a weekend inside of one), and a weekend that is
 * worked.  A day told twice is the same as once.  0, or -1: a day that the
 * calendar does not know of, or that was told to be the other.
 */
int civic_work_calendar_off(civic_work_calendar_t *calendar,
    civic_date_t date);
int civic_work_calendar_worked(civic_work_calendar_t *calendar,
    civic_date_t date);

/*
 * The functions below ask this first; a caller does when it reads a rule, so
 * that a wrong one is told before anybody hands something in.
 */
civic_work_status_t civic_work_check(const civic_work_clock_t *clock);

/* When what was handed in at this instant is due. */
civic_work_status_t civic_work_due_at(const civic_work_clock_t *clock,
    int64_t submitted, int64_t *due);

/* When its time starts to run: this instant, or the next opening. */
civic_work_status_t civic_work_starts_at(const civic_work_clock_t *clock,
    int64_t submitted, int64_t *start);

/* Whether time runs at this instant; always, when it is elapsed time. */
civic_work_status_t civic_work_is_open(const civic_work_clock_t *clock,
    int64_t now, int *open);

/*
 * Whole minutes of working time from one instant to another; 0 when the
 * second one is not later.  The time of all windows is added up before it is
 * rounded down.
 */
civic_work_status_t civic_work_minutes(const civic_work_clock_t *clock,
    int64_t from, int64_t to, int64_t *minutes);

/* "ok", "bad_mode", "bad_need", "bad_windows", "bad_calendar",
   "beyond_calendar", "too_far". */
const char *civic_work_status_name(civic_work_status_t status);

#endif
