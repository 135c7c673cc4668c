/*
 * instant.c - RFC 3339 texts and epoch milliseconds.
 *
 * Computed with the proleptic Gregorian calendar, without libc's time zone
 * code: no file is read, no global is touched, so any thread may call it.
 * Makes nothing that has to be released.
 */

#include "instant.h"

#define CIVIC_MSEC_PER_DAY   86400000LL
#define CIVIC_CHINA_OFFSET   (8 * 3600000LL)

/* 0000-01-01 and 9999-12-31T23:59:59.999, as milliseconds from 1970. */
#define CIVIC_LOCAL_MIN      (-62167219200000LL)
#define CIVIC_LOCAL_MAX      253402300799999LL

/* Days from 0000-03-01 to 1970-01-01. */
#define CIVIC_DAYS_TO_1970   719468

#define CIVIC_DAYS_PER_ERA   146097     /* 400 years */

typedef struct {
    int  year;
    int  month;
    int  day;
} civic_date_t;


static const int  civic_month_days[] = {
    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
};


static int
civic_is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}


/*
 * Years begin in March here, so that the leap day is the last of its year
 * and months follow one linear formula.
 */
static int64_t
civic_date_to_days(civic_date_t date)
{
    int64_t  year, era, year_of_era, day_of_year;

    year = date.month <= 2 ? date.year - 1 : date.year;
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5
                  + date.day - 1;

    return era * CIVIC_DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4
           - year_of_era / 100 + day_of_year - CIVIC_DAYS_TO_1970;
}


static civic_date_t
civic_date_from_days(int64_t days)
{
    unsigned      era, day_of_era, year_of_era, day_of_year, month;
    civic_date_t  date;

    /* one era more, so that the first two months of year 0 are positive */

    days += CIVIC_DAYS_TO_1970 + CIVIC_DAYS_PER_ERA;
    era = (unsigned) days / CIVIC_DAYS_PER_ERA;
    day_of_era = (unsigned) days % CIVIC_DAYS_PER_ERA;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524
                   - day_of_era / 146096) / 365;
    day_of_year = day_of_era
                  - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    month = (5 * day_of_year + 2) / 153;

    date.day = (int) (day_of_year - (153 * month + 2) / 5 + 1);
    date.month = (int) (month < 10 ? month + 3 : month - 9);
    date.year = (int) (year_of_era + era * 400) - 400 + (date.month <= 2);

    return date;
}


static inline char *
civic_put_two(char *p, unsigned value, char after)
{
    p[0] = (char) ('0' + value / 10);
    p[1] = (char) ('0' + value % 10);
    p[2] = after;

    return p + 3;
}


size_t
civic_instant_format(civic_msec_t instant, char *out)
{
    char         *p;
    int64_t       local, days;
    unsigned      seconds;
    civic_date_t  date;

    if (instant < CIVIC_LOCAL_MIN - CIVIC_CHINA_OFFSET) {
        local = CIVIC_LOCAL_MIN;

    } else if (instant > CIVIC_LOCAL_MAX - CIVIC_CHINA_OFFSET) {
        local = CIVIC_LOCAL_MAX;

    } else {
        local = instant + CIVIC_CHINA_OFFSET;
    }

    days = local / CIVIC_MSEC_PER_DAY;
    if (local % CIVIC_MSEC_PER_DAY < 0) {
        days--;
    }

    seconds = (unsigned) ((local - days * CIVIC_MSEC_PER_DAY) / 1000);
    date = civic_date_from_days(days);

    p = civic_put_two(out, (unsigned) date.year / 100, ' ') - 1;
    p = civic_put_two(p, (unsigned) date.year % 100, '-');
    p = civic_put_two(p, (unsigned) date.month, '-');
    p = civic_put_two(p, (unsigned) date.day, 'T');
    p = civic_put_two(p, seconds / 3600, ':');
    p = civic_put_two(p, seconds / 60 % 60, ':');
    p = civic_put_two(p, seconds % 60, '+');
    memcpy(p, "08:00", sizeof("08:00"));

    return CIVIC_INSTANT_LEN;
}


/* Exactly so many digits at text[*at]; moves on.  -1 if there are fewer. */
static int
civic_take_digits(civic_str_t text, size_t *at, int width)
{
    int   i, value;
    char  c;

    if (text.len - *at < (size_t) width) {
        return -1;
    }

    value = 0;

    for (i = 0; i < width; i++) {
        c = text.data[*at + (size_t) i];
        if (c < '0' || c > '9') {
            return -1;
        }

        value = value * 10 + (c - '0');
    }

    *at += (size_t) width;

    return value;
}


/* One of two characters (upper and lower case); moves on. */
static int
civic_take_char(civic_str_t text, size_t *at, char upper, char lower)
{
    if (*at >= text.len
        || (text.data[*at] != upper && text.data[*at] != lower))
    {
        return -1;
    }

    (*at)++;

    return 0;
}


static int
civic_take_date(civic_str_t text, size_t *at, int64_t *days)
{
    int           limit;
    civic_date_t  date;

    date.year = civic_take_digits(text, at, 4);
    if (date.year < 0 || civic_take_char(text, at, '-', '-') != 0) {
        return -1;
    }

    date.month = civic_take_digits(text, at, 2);
    if (date.month < 1 || date.month > 12
        || civic_take_char(text, at, '-', '-') != 0)
    {
        return -1;
    }

    limit = civic_month_days[date.month - 1];
    if (date.month == 2 && civic_is_leap(date.year)) {
        limit = 29;
    }

    date.day = civic_take_digits(text, at, 2);
    if (date.day < 1 || date.day > limit) {
        return -1;
    }

    *days = civic_date_to_days(date);

    return 0;
}


/*
 * RFC 3339 lets a leap second be written as ":60"; epoch time has no place
 * for it, so it is refused like any other second that does not exist.
 */
static int
civic_take_time(civic_str_t text, size_t *at, int64_t *msec)
{
    int  hour, minute, second;

    hour = civic_take_digits(text, at, 2);
    if (hour < 0 || hour > 23 || civic_take_char(text, at, ':', ':') != 0) {
        return -1;
    }

    minute = civic_take_digits(text, at, 2);
    if (minute < 0 || minute > 59
        || civic_take_char(text, at, ':', ':') != 0)
    {
        return -1;
    }

    second = civic_take_digits(text, at, 2);
    if (second < 0 || second > 59) {
        return -1;
    }

    *msec = ((hour * 60LL + minute) * 60 + second) * 1000;

    return 0;
}


/* Digits beyond the millisecond are read and dropped. */
static int
civic_take_fraction(civic_str_t text, size_t *at, int64_t *msec)
{
    int     digit, weight;
    size_t  begin;

    if (civic_take_char(text, at, '.', '.') != 0) {
        return 0;
    }

    begin = *at;
    weight = 100;

    for ( ;; ) {
        digit = civic_take_digits(text, at, 1);
        if (digit < 0) {
            break;
        }

        *msec += digit * weight;
        weight /= 10;
    }

    return *at == begin ? -1 : 0;
}


static int
civic_take_offset(civic_str_t text, size_t *at, int64_t *msec)
{
    int  sign, hour, minute;

    if (civic_take_char(text, at, 'Z', 'z') == 0) {
        *msec = 0;
        return 0;
    }

    if (civic_take_char(text, at, '+', '+') == 0) {
        sign = 1;

    } else if (civic_take_char(text, at, '-', '-') == 0) {
        sign = -1;

    } else {
        return -1;
    }

    hour = civic_take_digits(text, at, 2);
    if (hour < 0 || hour > 23 || civic_take_char(text, at, ':', ':') != 0) {
        return -1;
    }

    minute = civic_take_digits(text, at, 2);
    if (minute < 0 || minute > 59) {
        return -1;
    }

    *msec = sign * (hour * 60LL + minute) * 60000;

    return 0;
}


int
civic_instant_parse(civic_str_t text, civic_msec_t *instant)
{
    size_t   at;
    int64_t  days, msec, offset;

    at = 0;
    msec = 0;

    if (civic_take_date(text, &at, &days) != 0
        || civic_take_char(text, &at, 'T', 't') != 0
        || civic_take_time(text, &at, &msec) != 0
        || civic_take_fraction(text, &at, &msec) != 0
        || civic_take_offset(text, &at, &offset) != 0
        || at != text.len)
    {
        return -1;
    }

    *instant = days * CIVIC_MSEC_PER_DAY + msec - offset;

    return 0;
}
