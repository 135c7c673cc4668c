/*
 * civic/threads.h - heavy work, which would hold up everybody on the event
 * loop: threads do it.
 */

#ifndef CIVIC_CONTRACT_THREADS_H
#define CIVIC_CONTRACT_THREADS_H

#include "civic/host.h"

/*
 * Runs work(data) on a thread and suspends until it is done, even when the
 * client leaves meanwhile: data may stand on the fiber's stack.  work() may
 * call nothing of the host and touch no json_t.  CIVIC_BUSY: the queue is
 * full, work() was not and will not be called.  CIVIC_ABORTED: it is done,
 * and the client is gone.
 */
static inline civic_result_t
civic_offload(civic_request_t *r, civic_threads_t threads,
    void (*work)(void *data), void *data)
{
    return r->host->offload(r, threads, work, data);
}

#endif /* CIVIC_CONTRACT_THREADS_H */
