/*
 * civic/clocks.h - the two clocks: the real time, and the time of business.
 */

#ifndef CIVIC_CONTRACT_CLOCKS_H
#define CIVIC_CONTRACT_CLOCKS_H

#include "civic/host.h"

/* Real time: sessions, limits, leases, signatures. */
static inline civic_msec_t
civic_now(civic_request_t *r)
{
    return r->host->now(r);
}

/* Business time: ages, windows, deadlines.  Equal to the real time, unless
   an operator of a sandbox set it. */
static inline civic_msec_t
civic_business_now(civic_request_t *r)
{
    return r->host->business_now(r);
}

#endif /* CIVIC_CONTRACT_CLOCKS_H */
