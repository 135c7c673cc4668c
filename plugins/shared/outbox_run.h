/*
 * outbox_run.h - the jobs that empty a plugin's outboxes.  Each has the name
 * of its outbox and is run by one handler; no entry keeps those behind it
 * waiting.
 *
 * An entry whose step fails (a rule that stumbles over it, a call that does
 * not take it) is left where it is while it is young, and the others are
 * done.  One that is older than two minutes is set aside when it fails: it
 * moves into an outbox of the plugin's of its own, is named in the error log
 * and counted.  The job of that outbox tries it again and again, by the same
 * step, and counts each failure, so an alert on the metric stands as long as
 * something is undone.  It is never given up: only people know whether what
 * is owed may be forgotten (docs/operations.md, "What is set aside").
 *
 * What fails for everybody (Redis is away, a plugin is switched off) ends the
 * run, and nothing is set aside for it.
 *
 *     static const shared_outbox_t  outboxes[] = {
 *         { .name = "follow", .step = follow },
 *         { .name = "tell", .step = tell },
 *         { .name = NULL }
 *     };
 *
 *     civic_result_t
 *     umbrella_outbox_run(civic_request_t *r, const civic_job_t *job)
 *     {
 *         return shared_outbox_run(r, job, outboxes, UMBRELLA_SET_ASIDE, NULL);
 *     }
 */

#ifndef CIVIC_SHARED_OUTBOX_RUN_H
#define CIVIC_SHARED_OUTBOX_RUN_H

#include "civic_plugin.h"

/* The outbox of what is set aside, and its job, which has as many shards as
   the others. */
#define SHARED_ASIDE           "aside"
#define SHARED_ASIDE_INTERVAL  300      /* s */

/* Lines of the plugin's tables of outboxes and scripts. */
#define SHARED_ASIDE_OUTBOX  \
    { .name = SHARED_ASIDE, .en = "what fails again and again" }
#define SHARED_ASIDE_SCRIPT  \
    { "outbox_aside", "sets an entry of an outbox aside" }

/* An entry, as a step is given it: from its outbox or from what was set
   aside. */
typedef struct {
    civic_str_t    value;
    civic_str_t    outbox;              /* the key in which it stands by now */
    civic_str_t    id;                  /* its id there */
    civic_msec_t   at;                  /* since when */
    void          *data;                /* the run's */
    int            wait;                /* for the step to set: not yet */
} shared_entry_t;

/*
 * Bears being done twice.  CIVIC_OK: done, or with wait set to be looked at
 * later, which is no failure.  CIVIC_INVALID: it means nothing or is damaged,
 * and is dropped.  CIVIC_ERROR: it failed, the others go on.  Anything else
 * ends the run.
 */
typedef civic_result_t (*shared_step_pt)(civic_request_t *r,
    shared_entry_t *entry);

typedef struct {
    const char      *name;              /* NULL: the table ends */
    shared_step_pt   step;
    unsigned         most;              /* entries of a run, at most 256;
                                           0: 64.  More where most of them
                                           wait */
} shared_outbox_t;

/*
 * One run of the job of any of the outboxes, or of SHARED_ASIDE; it takes
 * half of the job's deadline.  metric counts what is set aside, and each time
 * that it fails again.  data is what steps of one run share, or NULL.
 *
 * CIVIC_ERROR: some have failed and are left, the others are done.
 */
civic_result_t shared_outbox_run(civic_request_t *r, const civic_job_t *job,
    const shared_outbox_t *outboxes, unsigned metric, void *data);

#endif
