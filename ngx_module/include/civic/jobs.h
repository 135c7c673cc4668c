/*
 * civic/jobs.h - jobs: work that is due again and again, whoever calls or not;
 * and walking over all persons, which only jobs do.
 */

#ifndef CIVIC_CONTRACT_JOBS_H
#define CIVIC_CONTRACT_JOBS_H

#include "civic/host.h"

/*
 * A job: work that is due again and again, done by one worker of the whole
 * fleet at a time.  Each shard has a lease of its own in Redis, with a
 * fencing number that rises with every holder.  By address.
 */
struct civic_job_s {
    unsigned      shard;                /* 0 .. shards - 1 */
    unsigned      shards;
    civic_str_t   lease;                /* its key, for KEYS of scripts */
    uint64_t      fence;                /* scripts compare it with the lease's
                                           field "fence" and refuse a smaller */
    const char   *name;                 /* as the plugin's table has it: one
                                           handler may serve several */
    unsigned      deadline;             /* ms that this run has */
};

typedef struct {
    const char       *name;
    unsigned          interval;         /* s, from one end to the next start */
    unsigned          shards;           /* 0: 1; at most 256 */
    unsigned          deadline;         /* ms for one run; 0: 30,000 */
    civic_result_t  (*run)(civic_request_t *r, const civic_job_t *job);
    const char       *en;
    const char       *outbox;           /* which of the plugin's it empties, or
                                           NULL.  While a run finds nothing
                                           there the next comes when something
                                           is written, or 40 to 50 s later */
} civic_job_def_t;

/*
 * In a job: there was nothing to do, nor will there be for a minute.  After
 * this run, if it succeeds, the shard rests: the next run comes when it is
 * called, when an operator asks for it, or 40 to 50 s later, whichever is
 * first.
 */
static inline void
civic_job_rest(civic_request_t *r)
{
    r->host->job_rest(r);
}

/*
 * A shard of a job of this plugin, as it stands in its table, has something to
 * do: it does not rest.  Told to Redis behind the caller's back, and lost if a
 * worker dies in that moment; then it comes when its rest is over.
 */
static inline void
civic_job_call(civic_request_t *r, const char *job, unsigned shard)
{
    r->host->job_call(r, job, shard);
}

/*
 * In a job: the pids of persons who have a key of the family, at most max (64
 * to 1024) in one answer and perhaps none, for rebuilding an index.  Begin
 * with *cursor 0; it is 0 again after the last, and may be kept in between
 * for a later run of the shard.  Each person of before and after the walk
 * comes at least once; some twice, some who are gone meanwhile too.  With
 * shards a walk sees the persons of the job's shard alone.  Runs on the bulk
 * lane.  CIVIC_NOT_SENT: Redis cannot be reached, or is another one than the
 * cursor's: begin anew.
 */
static inline civic_result_t
civic_persons(civic_request_t *r, const civic_job_t *job, const char *family,
    uint64_t *cursor, civic_str_t *pids, size_t max, size_t *count)
{
    return r->host->persons(r, job, family, cursor, pids, max, count);
}

#endif /* CIVIC_CONTRACT_JOBS_H */
