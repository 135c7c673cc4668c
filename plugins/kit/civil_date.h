/*
 * civil_date.h - days of the Gregorian calendar, without a time of day.
 *
 * China has one zone, UTC+8, and no summer time since 1991; the ages and
 * days of our rules are its days.  Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_CIVIL_DATE_H
#define CIVIC_KIT_CIVIL_DATE_H

#include <stddef.h>
#include <stdint.h>

/* "2026-03-09" and a NUL. */
#define CIVIC_DATE_TEXT  11

typedef struct {
    int  year;                          /* 1 to 9999 */
    int  month;                         /* 1 to 12 */
    int  day;                           /* 1 to 31 */
} civic_date_t;

int civic_date_is_leap(int year);

/* 28 to 31; 0 for a month that does not exist. */
int civic_date_month_days(int year, int month);

/* Whether it is a day of the calendar in the years 1 to 9999. */
int civic_date_valid(civic_date_t date);

/* Below 0, 0, above 0: a is before b, the same day, after it. */
int civic_date_compare(civic_date_t a, civic_date_t b);

/* Days since 1970-01-01, and back.  The date must be valid. */
int64_t civic_date_to_days(civic_date_t date);
civic_date_t civic_date_from_days(int64_t days);

/* 0 Sunday to 6 Saturday. */
int civic_date_weekday(civic_date_t date);

/* The day in China at an instant: ms since 1970-01-01T00:00:00Z. */
civic_date_t civic_date_in_china(int64_t msec);

/* Exactly "YYYY-MM-DD" of a valid day.  0, or -1. */
int civic_date_parse(const char *s, size_t len, civic_date_t *date);

/* Writes it, with a NUL; the date must be valid. */
void civic_date_format(civic_date_t date, char out[CIVIC_DATE_TEXT]);

#endif
