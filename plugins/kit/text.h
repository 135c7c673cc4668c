/*
 * text.h - UTF-8 as people type it: code points, edges, full-width digits.
 *
 * Pure functions over bytes with a length, for any thread.  Nothing here
 * takes NUL for an end: a NUL inside is a character like another, so that
 * a text cannot be cut short behind a check's back.
 */

#ifndef CIVIC_KIT_TEXT_H
#define CIVIC_KIT_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The code point at s, and in *size how many bytes it takes.  -1 (and *size
 * 1) for bytes that are not UTF-8: overlong, surrogate, above U+10FFFF, cut
 * off.  len must not be 0.
 */
int32_t civic_text_code(const char *s, size_t len, size_t *size);

/* Writes a code point; out has room for 4.  The number of bytes. */
size_t civic_text_put(int32_t code, char *out);

/* The number of code points, or -1 if it is not UTF-8. */
int64_t civic_text_length(const char *s, size_t len);

/* Whether a code point is space at a text's edge: ASCII space, tab, CR, LF,
   no-break space U+00A0, ideographic space U+3000. */
int civic_text_is_space(int32_t code);

/* Moves *s and *len inwards past spaces at both edges. */
void civic_text_trim(const char **s, size_t *len);

/* U+FF01 to U+FF5E as the ASCII character that it widens; others stay. */
int32_t civic_text_narrow(int32_t code);

#endif
