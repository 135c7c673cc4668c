/*
 * civic/turns.h - taking turns: how many requests of a worker do at once what
 * is scarce.
 */

#ifndef CIVIC_CONTRACT_TURNS_H
#define CIVIC_CONTRACT_TURNS_H

#include "civic/host.h"

/*
 * Waits until fewer than limit (at least 1) requests of this worker hold a
 * turn of that name (of this plugin's, at most 64 bytes), then holds one: for
 * work that takes much memory or a server that takes few at a time.  Requests
 * come in the order in which they asked; those whose client left leave the
 * line, unless they have written.  CIVIC_BUSY: line others wait already.
 * CIVIC_TIMEOUT: the route's deadline came first; a reply may still be made.
 * A request holds a name once: asking again is CIVIC_ERROR.  limit and line
 * may change from call to call: the newest count.
 */
static inline civic_result_t
civic_turn(civic_request_t *r, const char *name, unsigned limit,
    unsigned line)
{
    return r->host->turn(r, name, limit, line);
}

/* Gives it to the next.  The handler's end does so too. */
static inline void
civic_turn_end(civic_request_t *r, const char *name)
{
    r->host->turn_end(r, name);
}

#endif /* CIVIC_CONTRACT_TURNS_H */
