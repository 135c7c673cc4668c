/*
 * age.c - see age.h.
 */

#include <string.h>

#include "age.h"


int
civic_age_rule(const char *name, civic_age_rule_t *rule)
{
    static const char *const  names[] = { "birthday", "february_28",
                                          "next_day" };

    size_t  i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *rule = (civic_age_rule_t) i;
            return 0;
        }
    }

    return -1;
}


/* The birthday in a year. */
static civic_date_t
birthday_in(civic_date_t birth, int year, civic_age_rule_t rule)
{
    civic_date_t  day = { year, birth.month, birth.day };

    if (civic_date_valid(day)) {
        return day;
    }

    if (rule == CIVIC_AGE_BIRTHDAY) {
        day.month = 3;
        day.day = 1;

    } else {
        day.day = 28;
    }

    return day;
}


int
civic_age(civic_date_t birth, civic_date_t on, civic_age_rule_t rule)
{
    int  reached;

    if (civic_date_compare(on, birth) < 0) {
        return -1;
    }

    reached = civic_date_compare(on, birthday_in(birth, on.year, rule));

    if (on.year == birth.year) {
        return 0;
    }

    if (rule == CIVIC_AGE_NEXT_DAY) {
        reached--;
    }

    return on.year - birth.year - (reached < 0);
}
