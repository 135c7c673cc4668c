/*
 * china_time.c - see china_time.h.
 */

#include <stdio.h>
#include <string.h>

#include "china_time.h"
#include "civil_date.h"

#define SECOND     1000                     /* ms */
#define DAY        INT64_C(86400000)
#define EAST       INT64_C(28800000)        /* UTC+8 */
#define DATE       10                       /* characters */
#define TIME       19
#define FRACTION   9                        /* digits, at most */


void
civic_china_time_format(int64_t msec, char out[CIVIC_CHINA_TIME_TEXT])
{
    unsigned  seconds;

    civic_date_format(civic_date_in_china(msec), out);

    seconds = (unsigned) ((msec + EAST) % DAY / SECOND);
    snprintf(out + DATE, CIVIC_CHINA_TIME_TEXT - DATE, " %02u:%02u:%02u",
             seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}


/* Two digits below limit; -1 if they are not. */
static int
two_digits(const char *s, int limit)
{
    int  number;

    if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9') {
        return -1;
    }

    number = (s[0] - '0') * 10 + (s[1] - '0');

    return number < limit ? number : -1;
}


/* Nothing, or a point with digits behind it. */
static int
is_fraction(const char *s, size_t len)
{
    size_t  i;

    if (len == 0) {
        return 1;
    }

    if (len < 2 || len > FRACTION + 1 || s[0] != '.') {
        return 0;
    }

    for (i = 1; i < len; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return 0;
        }
    }

    return 1;
}


int
civic_china_time_parse(const char *s, size_t len, int64_t *msec)
{
    int           hour, minute, second;
    civic_date_t  date;

    if (len < TIME || len > TIME + FRACTION + 1 || s[DATE] != ' '
        || s[DATE + 3] != ':' || s[DATE + 6] != ':'
        || civic_date_parse(s, DATE, &date) != 0)
    {
        return -1;
    }

    hour = two_digits(s + DATE + 1, 24);
    minute = two_digits(s + DATE + 4, 60);
    second = two_digits(s + DATE + 7, 60);

    if (hour < 0 || minute < 0 || second < 0
        || !is_fraction(s + TIME, len - TIME))
    {
        return -1;
    }

    *msec = civic_date_to_days(date) * DAY - EAST
            + ((int64_t) hour * 3600 + minute * 60 + second) * SECOND;

    return 0;
}


/* "Z", "+08:00": minutes east of Greenwich. */
static int
take_offset(const char *s, size_t len, int *minutes)
{
    int  hour, minute;

    *minutes = 0;

    if (len == 1 && (s[0] == 'Z' || s[0] == 'z')) {
        return 0;
    }

    if (len != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':') {
        return -1;
    }

    hour = two_digits(s + 1, 24);
    minute = two_digits(s + 4, 60);
    *minutes = (s[0] == '-' ? -1 : 1) * (hour * 60 + minute);

    return hour < 0 || minute < 0 ? -1 : 0;
}


int
civic_instant_read(const char *s, size_t len, int64_t *msec)
{
    int      minutes;
    char     text[CIVIC_CHINA_TIME_TEXT];
    size_t   rest = TIME;
    int64_t  at;

    if (len <= TIME || (s[DATE] != 'T' && s[DATE] != 't')) {
        return -1;
    }

    memcpy(text, s, TIME);
    text[DATE] = ' ';

    while (rest < len && (s[rest] == '.' || (s[rest] >= '0'
                                             && s[rest] <= '9')))
    {
        rest++;
    }

    if (!is_fraction(s + TIME, rest - TIME)
        || take_offset(s + rest, len - rest, &minutes) != 0
        || civic_china_time_parse(text, TIME, &at) != 0)
    {
        return -1;
    }

    *msec = at + EAST - (int64_t) minutes * 60 * SECOND;

    return 0;
}
