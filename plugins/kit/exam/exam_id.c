/*
 * exam_id.c - which texts may be an exam's id or a position's code; apart, so
 * that who knows exams by name alone is not linked with their files' checks.
 */

#include <string.h>

#include "exam_private.h"

#define SMALL    "abcdefghijklmnopqrstuvwxyz"
#define CAPITAL  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS   "0123456789"


int
exam_letters(const char *s, size_t len, const char *set, size_t max)
{
    size_t  i;

    if (len == 0 || len > max) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (s[i] == '\0' || strchr(set, s[i]) == NULL) {
            return 0;
        }
    }

    return 1;
}


int
civic_exam_id_valid(const char *s, size_t len)
{
    return exam_letters(s, len, SMALL DIGITS "-", CIVIC_EXAM_ID)
           && s[0] != '-';
}


int
civic_exam_code_valid(const char *s, size_t len)
{
    return exam_letters(s, len, CAPITAL SMALL DIGITS "-", CIVIC_EXAM_CODE);
}
