/*
 * civic/waiting.h - waiting for what somebody else does: long polls.
 */

#ifndef CIVIC_CONTRACT_WAITING_H
#define CIVIC_CONTRACT_WAITING_H

#include "civic/host.h"

/*
 * A long poll: watch a topic, read the state, and if it is not what the
 * client waits for, wait and read again.  Notifications are hints: they may
 * be lost, doubled or meant for another topic, so only the state counts.
 *
 *     rc = civic_watch(r, topic);
 *     while (rc == CIVIC_OK) {
 *         ... read; if it changed, reply and return ...
 *         rc = civic_wait(r, 10000);
 *     }
 *     ... CIVIC_TIMEOUT: reply "nothing new" ...
 *
 * Only routes of the cost class CIVIC_COST_WAIT may watch (else
 * CIVIC_ERROR), up to 4 topics of at most 128 bytes.  CIVIC_BUSY: this
 * worker, or this source address, has as many waiters as it may have.
 */
static inline civic_result_t
civic_watch(civic_request_t *r, civic_str_t topic)
{
    return r->host->watch(r, topic);
}

/*
 * Suspends until a watched topic was notified since it was watched or last
 * waited for (CIVIC_OK), or until timeout ms after the request's first wait
 * (CIVIC_TIMEOUT; of 5,000 or more up to an eighth earlier, so that polls
 * which begin together end apart); ends early, with CIVIC_TIMEOUT, when the
 * worker is told to quit, and with CIVIC_OK after a lost connection to Redis
 * came back.
 */
static inline civic_result_t
civic_wait(civic_request_t *r, unsigned timeout)
{
    return r->host->wait(r, timeout);
}

/* Wakes who waits for the topic, in every worker of every machine.  Suspends.
   Call it after the script that changed the state. */
static inline civic_result_t
civic_notify(civic_request_t *r, civic_str_t topic)
{
    return r->host->notify(r, topic);
}

#endif /* CIVIC_CONTRACT_WAITING_H */
