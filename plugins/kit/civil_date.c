/*
 * civil_date.c - see civil_date.h.
 *
 * The day number counts years from March, so that the leap day is the last
 * of its year and month lengths follow one straight line.
 */

#include "civil_date.h"

#define DAYS_PER_400_YEARS     146097
#define DAYS_FROM_0000_03_01   719468   /* to 1970-01-01 */
#define MSEC_PER_DAY           86400000LL
#define CHINA_AHEAD_OF_UTC     (8 * 3600 * 1000LL)
#define THURSDAY               4        /* 1970-01-01 */


int
civic_date_is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}


int
civic_date_month_days(int year, int month)
{
    static const int  days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
                                 31 };

    if (month < 1 || month > 12) {
        return 0;
    }

    return days[month - 1] + (month == 2 && civic_date_is_leap(year));
}


int
civic_date_valid(civic_date_t date)
{
    return date.year >= 1 && date.year <= 9999 && date.day >= 1
           && date.day <= civic_date_month_days(date.year, date.month);
}


int
civic_date_compare(civic_date_t a, civic_date_t b)
{
    if (a.year != b.year) {
        return a.year < b.year ? -1 : 1;
    }

    if (a.month != b.month) {
        return a.month < b.month ? -1 : 1;
    }

    return (a.day > b.day) - (a.day < b.day);
}


/* Division that rounds down, also below zero. */
static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}


int64_t
civic_date_to_days(civic_date_t date)
{
    int64_t  year, era, year_of_era, day_of_year;

    year = date.year - (date.month <= 2);
    era = floor_div(year, 400);
    year_of_era = year - era * 400;
    day_of_year = (153 * ((date.month + 9) % 12) + 2) / 5 + date.day - 1;

    return era * DAYS_PER_400_YEARS + year_of_era * 365 + year_of_era / 4
           - year_of_era / 100 + day_of_year - DAYS_FROM_0000_03_01;
}


civic_date_t
civic_date_from_days(int64_t days)
{
    int64_t       era, day_of_era, year_of_era, day_of_year, month;
    civic_date_t  date;

    days += DAYS_FROM_0000_03_01;
    era = floor_div(days, DAYS_PER_400_YEARS);
    day_of_era = days - era * DAYS_PER_400_YEARS;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524
                   - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4
                                - year_of_era / 100);
    month = (5 * day_of_year + 2) / 153;

    date.day = (int) (day_of_year - (153 * month + 2) / 5 + 1);
    date.month = (int) (month < 10 ? month + 3 : month - 9);
    date.year = (int) (year_of_era + era * 400 + (date.month <= 2));

    return date;
}


int
civic_date_weekday(civic_date_t date)
{
    int64_t  days = civic_date_to_days(date) + THURSDAY;

    return (int) (days - floor_div(days, 7) * 7);
}


civic_date_t
civic_date_in_china(int64_t msec)
{
    return civic_date_from_days(floor_div(msec + CHINA_AHEAD_OF_UTC,
                                          MSEC_PER_DAY));
}


/* The number that count digits make, or -1. */
static int
digits(const char *s, size_t count)
{
    int     value = 0;
    size_t  i;

    for (i = 0; i < count; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return -1;
        }

        value = value * 10 + (s[i] - '0');
    }

    return value;
}


int
civic_date_parse(const char *s, size_t len, civic_date_t *date)
{
    civic_date_t  found;

    if (len != CIVIC_DATE_TEXT - 1 || s[4] != '-' || s[7] != '-') {
        return -1;
    }

    found.year = digits(s, 4);
    found.month = digits(s + 5, 2);
    found.day = digits(s + 8, 2);

    if (!civic_date_valid(found)) {
        return -1;
    }

    *date = found;

    return 0;
}


/* count digits of value, no NUL. */
static void
put_digits(int value, size_t count, char *out)
{
    while (count > 0) {
        out[--count] = (char) ('0' + value % 10);
        value /= 10;
    }
}


void
civic_date_format(civic_date_t date, char out[CIVIC_DATE_TEXT])
{
    put_digits(date.year, 4, out);
    out[4] = '-';
    put_digits(date.month, 2, out + 5);
    out[7] = '-';
    put_digits(date.day, 2, out + 8);
    out[10] = '\0';
}
