/*
 * civic/memory.h - memory that lives as long as the request, and is never
 * released by hand.
 */

#ifndef CIVIC_CONTRACT_MEMORY_H
#define CIVIC_CONTRACT_MEMORY_H

#include <stdarg.h>

#include "civic/host.h"

/*
 * Memory for the request, aligned for any type, not zeroed.  Never returns
 * NULL: a request that asks for more than its bound (8 MB) is answered with
 * 500 internal_error and unwound from the next host call; until then the
 * pointer is usable.
 */
static inline void *
civic_alloc(civic_request_t *r, size_t size)
{
    return r->host->alloc(r, size);
}

/* printf into memory of the request; NUL-terminated. */
__attribute__((format(printf, 2, 3)))
static inline civic_str_t
civic_print(civic_request_t *r, const char *fmt, ...)
{
    va_list      args;
    civic_str_t  str;

    va_start(args, fmt);
    str = r->host->vprint(r, fmt, args);
    va_end(args);

    return str;
}

/*
 * fn(data) once the request's memory is given back: when its reply has left,
 * or nobody waits for one any more.  On the event loop, where the host cannot
 * be called.  For what belongs to the worker and must not go while a reply is
 * sent of it.  CIVIC_ERROR: no memory, and it will not be called.
 */
static inline civic_result_t
civic_defer(civic_request_t *r, void (*fn)(void *data), void *data)
{
    return r->host->defer(r, fn, data);
}

#endif /* CIVIC_CONTRACT_MEMORY_H */
