/*
 * civic/basics.h - what every call of the contract speaks of: results, bytes,
 * instants, and the names of what only the host sees inside.
 */

#ifndef CIVIC_CONTRACT_BASICS_H
#define CIVIC_CONTRACT_BASICS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <jansson.h>

/*
 * What host calls and handlers return.  A handler that cannot go on passes
 * on what it got ("if (rc != CIVIC_OK) { return rc; }"); the host then
 * answers for it, as said beside each name, unless a reply was already made.
 */
typedef enum {
    CIVIC_OK = 0,

    /*
     * The request is over: the client left, or the host has already decided
     * its answer (an expired session, say).  Every further call returns it
     * too.  Release what is not the host's and return.  No answer is made.
     */
    CIVIC_ABORTED = -1,

    /* Failed, and the log says why.  Answer: 500 internal_error. */
    CIVIC_ERROR = -2,

    /* Nothing was done, nothing was changed.  503 store_unavailable. */
    CIVIC_NOT_SENT = -3,

    /* It may or may not have been done.  503 outcome_unknown. */
    CIVIC_UNKNOWN = -4,

    /* A bound was reached, nothing was done.  503 overloaded. */
    CIVIC_BUSY = -5,

    /* The input is forged or damaged (civic_open()).  500 internal_error. */
    CIVIC_INVALID = -6,

    /* No such thing (civic_call()).  500 internal_error. */
    CIVIC_NOT_FOUND = -7,

    /* Time passed and nothing came (civic_wait()).  504 gateway_timeout. */
    CIVIC_TIMEOUT = -8
} civic_result_t;

/* Bytes with a length; not NUL-terminated unless said so. */
typedef struct {
    const char  *data;
    size_t       len;
} civic_str_t;

/* A literal, and a C string, as civic_str_t. */
#define CIVIC_STR(literal)  ((civic_str_t) { (literal), sizeof(literal) - 1 })

static inline civic_str_t
civic_cstr(const char *s)
{
    civic_str_t  str = { s, s == NULL ? 0 : strlen(s) };

    return str;
}

static inline int
civic_str_eq(civic_str_t a, civic_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline const char *
civic_text_or_empty(civic_str_t text)
{
    return text.data == NULL ? "" : text.data;
}

/* Milliseconds since 1970-01-01T00:00:00Z. */
typedef int64_t  civic_msec_t;

/* A request, a worker, the writer of a reply: handed on, never looked into. */
typedef struct civic_request_s  civic_request_t;
typedef struct civic_worker_s   civic_worker_t;
typedef struct civic_writer_s   civic_writer_t;

/* The methods of HTTP, of routes and of requests to others. */
typedef enum {
    CIVIC_GET = 1,
    CIVIC_POST,
    CIVIC_PUT,
    CIVIC_PATCH,
    CIVIC_DELETE
} civic_method_t;

#endif /* CIVIC_CONTRACT_BASICS_H */
