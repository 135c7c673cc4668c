/*
 * civic/reply.h - the answer: JSON by a writer, bytes of any kind, headers.  A
 * file is answered by civic_reply_blob(), an error by civic_problem().
 */

#ifndef CIVIC_CONTRACT_REPLY_H
#define CIVIC_CONTRACT_REPLY_H

#include "civic/host.h"

/*
 * Begins the JSON reply: the writer stands inside its outermost object,
 * which the host closes.  The reply leaves when the handler returns
 * CIVIC_OK.  A second call, or a problem, replaces the first.
 */
static inline civic_writer_t *
civic_reply(civic_request_t *r, int status)
{
    return r->host->reply(r, status);
}

/* A reply that is not JSON, or JSON that is text already.  bytes must live for
   the request: large ones leave in pieces and are not copied; see
   civic_defer() for those of the worker.  An ETag is made for it, and
   If-None-Match answered, when the method is GET; not if the handler has set
   one itself, which is for large ones that it knows. */
static inline civic_result_t
civic_reply_bytes(civic_request_t *r, int status, const char *content_type,
    civic_str_t bytes)
{
    return r->host->reply_bytes(r, status, content_type, bytes);
}

/* 204, no body. */
static inline civic_result_t
civic_reply_empty(civic_request_t *r)
{
    return r->host->reply_bytes(r, 204, NULL, CIVIC_STR(""));
}

/* A header of the reply.  Control characters are refused: CIVIC_ERROR. */
static inline civic_result_t
civic_reply_header(civic_request_t *r, const char *name, civic_str_t value)
{
    return r->host->reply_header(r, name, value);
}

/* The writer.  key is NULL inside arrays.  Text that is not UTF-8 becomes
   U+FFFD where it is broken. */
static inline void
civic_write_object(civic_request_t *r, civic_writer_t *w, const char *key)
{
    r->host->write_object(w, key);
}

static inline void
civic_write_array(civic_request_t *r, civic_writer_t *w, const char *key)
{
    r->host->write_array(w, key);
}

/* Closes the innermost object or array. */
static inline void
civic_write_end(civic_request_t *r, civic_writer_t *w)
{
    r->host->write_end(w);
}

static inline void
civic_write_str(civic_request_t *r, civic_writer_t *w, const char *key,
    civic_str_t value)
{
    r->host->write_str(w, key, value);
}

static inline void
civic_write_int(civic_request_t *r, civic_writer_t *w, const char *key,
    int64_t value)
{
    r->host->write_int(w, key, value);
}

static inline void
civic_write_bool(civic_request_t *r, civic_writer_t *w, const char *key,
    int value)
{
    r->host->write_bool(w, key, value);
}

static inline void
civic_write_null(civic_request_t *r, civic_writer_t *w, const char *key)
{
    r->host->write_null(w, key);
}

/* RFC 3339 in China's time: "2026-03-09T08:30:00+08:00". */
static inline void
civic_write_instant(civic_request_t *r, civic_writer_t *w, const char *key,
    civic_msec_t value)
{
    r->host->write_instant(w, key, value);
}

static inline void
civic_write_json(civic_request_t *r, civic_writer_t *w, const char *key,
    const json_t *value)
{
    r->host->write_json(w, key, value);
}

#endif /* CIVIC_CONTRACT_REPLY_H */
