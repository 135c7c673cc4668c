/*
 * query.h - the words of a query: each known to the route, once, and what it
 * is said to be.
 */

#ifndef MEDIA_QUERY_H
#define MEDIA_QUERY_H

#include "request.h"

/*
 * Whether all words are among the names, each once and with a value.  names
 * ends with NULL.  If not, wrong is what to name: one of names, or "query".
 */
int query_is(const request_t *request, const char *const *names,
    const char **wrong);

/* The word's value, or NULL if it is not there. */
const char *query_value(const request_t *request, const char *name);

/* A whole number within the two, into *number; what is not there changes
   nothing.  0, or -1. */
int query_number(const request_t *request, const char *name, long least,
    long most, long *number);

/* count numbers with the sign between them: 1 if they are there, 0 if the
   word is not, or -1. */
int query_numbers(const request_t *request, const char *name, char sign,
    long least, long most, long *numbers, unsigned count);

/* As query_number(): digits, at most one point. */
int query_share(const request_t *request, const char *name, double least,
    double most, double *share);

#endif
