/*
 * password_text.h - passwords as text: what a rule may know of one, and ones
 * that are handed over on paper.
 *
 * A code point counts as one character, whatever its script (NIST
 * 800-63B).  Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_PASSWORD_TEXT_H
#define CIVIC_KIT_PASSWORD_TEXT_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t  length;                        /* -1: not UTF-8 */
    int64_t  distinct;
    int64_t  lower;                         /* a-z */
    int64_t  upper;                         /* A-Z */
    int64_t  digits;
    int64_t  others;
} civic_password_shape_t;

void civic_password_shape(const char *s, size_t len,
    civic_password_shape_t *shape);

/* Whether part, which must not be empty, stands anywhere in s. */
int civic_password_has(const char *s, size_t len, const char *part,
    size_t part_len);

#define CIVIC_PASSWORD_MADE    16           /* characters: 92 bits */
#define CIVIC_PASSWORD_CHANCE  64           /* bytes that one is made from */

/*
 * Makes one of letters and digits that nobody mistakes for others; out is
 * NUL-terminated.  0, or -1 when the chance was not enough (once in 10^25):
 * draw again.
 */
int civic_password_make(const unsigned char chance[CIVIC_PASSWORD_CHANCE],
    char out[CIVIC_PASSWORD_MADE + 1]);

#endif
