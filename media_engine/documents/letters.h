/*
 * letters.h - a text as it may be printed: what is no letter is left out, and
 * what no font has is told.
 *
 * Names come from many hands, and what they carry unseen is not to be seen in
 * print either: controls, marks and overrides of direction, joiners.  A
 * character without a glyph is replaced before pango sees it: its own way is
 * a box that nobody is told of.
 */

#ifndef MEDIA_LETTERS_H
#define MEDIA_LETTERS_H

#include <stddef.h>
#include <stdint.h>

/* Different characters that are told. */
#define LETTERS_MISSING  64

/* Marks that stand on one letter. */
#define LETTERS_MARKS    4

typedef struct {
    uint32_t  missing[LETTERS_MISSING];
    unsigned  count;
} letters_t;

/*
 * UTF-8 that was checked (jansson does) into a new text; len is its length.
 * NULL without memory.  Adds to letters what is missing.
 */
char *letters_print(const char *text, size_t *len, letters_t *letters);

/* Of the Han script: what "·" stands between in names. */
int letters_han(uint32_t c);

#endif
