/*
 * age.h - completed years of life, by three readings of the law.
 *
 * Sources: Civil Code art. 201 and 202 (the first day is not counted; a
 * month without the day ends with its last), Supreme People's Court 2006 on
 * juveniles art. 2 (from the day after the birthday).  The readings differ
 * on a few days of a life; which one holds is an administrator's setting.
 */

#ifndef CIVIC_KIT_AGE_H
#define CIVIC_KIT_AGE_H

#include "civil_date.h"

typedef enum {
    /* Rises on the birthday; for who was born on February 29, on March 1 in
       common years.  The default. */
    CIVIC_AGE_BIRTHDAY = 0,

    /* The same, but on February 28 in common years. */
    CIVIC_AGE_FEBRUARY_28,

    /* Rises the day after the birthday. */
    CIVIC_AGE_NEXT_DAY
} civic_age_rule_t;

/* "birthday", "february_28", "next_day".  0, or -1. */
int civic_age_rule(const char *name, civic_age_rule_t *rule);

/* Years of age on a day; -1 before the birth. */
int civic_age(civic_date_t birth, civic_date_t on, civic_age_rule_t rule);

#endif
