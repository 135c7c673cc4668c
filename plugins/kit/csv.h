/*
 * csv.h - lines of comma-separated values (RFC 4180), read strictly and one
 * after the other: what a file of some office's system has.
 *
 * Pure functions over the caller's own bytes, which they change (quotes are
 * taken away in place), for any thread.  A line ends with LF or CRLF; a field
 * may stand in double quotes, with a quote inside doubled.  Unlike the RFC's,
 * a field has no line break in it: a quote that is not closed spoils its own
 * line and none after it, so each line that is wrong can be told by its
 * number.  Lines without anything are passed over, and counted.
 */

#ifndef CIVIC_KIT_CSV_H
#define CIVIC_KIT_CSV_H

#include <stddef.h>

typedef struct {
    char      *at;
    char      *end;
    unsigned   line;            /* of the last that was read, from 1 */
} civic_csv_t;

typedef struct {
    char    *s;                 /* no NUL behind it */
    size_t   len;
} civic_csv_field_t;

typedef enum {
    CIVIC_CSV_ROW = 0,
    CIVIC_CSV_END,              /* there are no more */
    CIVIC_CSV_QUOTES,           /* a quote where none may be, or not closed */
    CIVIC_CSV_MANY,             /* more fields than there is room for */
    CIVIC_CSV_BYTES             /* not UTF-8, or control characters */
} civic_csv_status_t;

/* A byte order mark at the beginning is passed over. */
void civic_csv_begin(civic_csv_t *csv, char *text, size_t len);

/* The next line.  After one that is wrong the next call reads the next. */
civic_csv_status_t civic_csv_next(civic_csv_t *csv, civic_csv_field_t *fields,
    size_t max, size_t *count);

#endif
