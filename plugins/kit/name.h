/*
 * name.h - people's names, as documents and forms have them.
 *
 * State Ethnic Affairs Commission 2016 no. 33: names of minorities are
 * written with one separator, U+00B7, and fields hold 50 characters.  People
 * type the separator in many ways, so names are kept and sent as documents
 * write them, and compared in a folded form.  Names of one character exist;
 * nothing demands a surname of two.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_NAME_H
#define CIVIC_KIT_NAME_H

#include <stddef.h>

#define CIVIC_NAME_MAX    50            /* code points */
#define CIVIC_NAME_BYTES  (CIVIC_NAME_MAX * 4 + 1)

typedef enum {
    CIVIC_NAME_OK = 0,
    CIVIC_NAME_EMPTY,
    CIVIC_NAME_LENGTH,                  /* over 50 code points */
    CIVIC_NAME_CHARSET,                 /* the stars of a mask among them */
    CIVIC_NAME_SEPARATOR                /* leading, trailing, doubled */
} civic_name_reason_t;

/* Judges a name.  Spaces at the edges are not trimmed, they are refused. */
civic_name_reason_t civic_name_check(const char *s, size_t len);

/* "ok", "empty", "length", "charset", "separator". */
const char *civic_name_reason_name(civic_name_reason_t reason);

/*
 * As documents write a valid name: a separator beside a Han character as
 * U+00B7.  Between Latin letters it stays, an initial's dot say.  Returns its
 * length; out is NUL-terminated.
 */
size_t civic_name_write(const char *s, size_t len,
    char out[CIVIC_NAME_BYTES]);

/*
 * The form for comparison, of a valid name: every separator as U+00B7,
 * full-width Latin letters narrow, Latin letters a-z upper case.  Returns
 * its length; out is NUL-terminated.
 */
size_t civic_name_fold(const char *s, size_t len,
    char out[CIVIC_NAME_BYTES]);

/* Whether two valid names are the same name. */
int civic_name_same(const char *a, size_t alen, const char *b, size_t blen);

/*
 * "*" for one character, first + "*" for two, first + stars + last for more.
 * Returns the length; out is NUL-terminated.
 */
size_t civic_name_mask(const char *s, size_t len,
    char out[CIVIC_NAME_BYTES]);

#endif
