/*
 * civic/outboxes.h - outboxes: what must be done after a change, and must not
 * be lost.
 */

#ifndef CIVIC_CONTRACT_OUTBOXES_H
#define CIVIC_CONTRACT_OUTBOXES_H

#include "civic/host.h"

/*
 * A queue of work that must not be lost: see civic_outbox().  Seen as
 * "<plugin>.<name>".  By address.
 */
typedef struct {
    const char  *name;
    const char  *en;
} civic_outbox_def_t;

/* Something that waits in an outbox. */
struct civic_outbox_entry_s {
    civic_str_t   outbox;               /* the key it stands in */
    civic_str_t   id;
    civic_str_t   value;
    civic_msec_t  at;                   /* when it was put there: Redis' time */
};

/*
 * What must be done after a change, and must not be lost, is put into an
 * outbox by the script that makes the change.  Each slot of a Cluster has
 * its own, so the script can reach it; a job empties them all.
 *
 *     keys[1] = civic_outbox(r, "pushes", keys[0]);
 *
 *     redis.call("XADD", KEYS[2], "*", "entry", ARGV[1])  -- in the script
 *
 * near is a key of that script.  name is one of the plugin's table.
 */
static inline civic_str_t
civic_outbox(civic_request_t *r, const char *name, civic_str_t near)
{
    return r->host->outbox(r, name, near);
}

/*
 * In a job: up to max entries (at most 256) of this shard's outboxes, the
 * oldest of each first.  The job's shards must be a power of two, at most
 * 256, and may not change while entries wait.  A run looks where scripts have
 * written, at a slice of the others, so that all have their turn within a
 * minute, and at all when an operator asks for it or the worker of the run
 * before has died.  They stay where they are until civic_outbox_done(), and
 * are taken again if that does not come: what is done with them must bear
 * being done twice.
 */
static inline civic_result_t
civic_outbox_take(civic_request_t *r, const char *name,
    const civic_job_t *job, civic_outbox_entry_t *entries, size_t max,
    size_t *count)
{
    return r->host->outbox_take(r, name, job, entries, max, count);
}

static inline civic_result_t
civic_outbox_done(civic_request_t *r, const civic_outbox_entry_t *entries,
    size_t count)
{
    return r->host->outbox_done(r, entries, count);
}

#endif /* CIVIC_CONTRACT_OUTBOXES_H */
