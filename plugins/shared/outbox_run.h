/*
 * outbox_run.h - a job's way through an outbox, on which no entry keeps those
 * behind it waiting.
 *
 * An entry whose step fails (CIVIC_ERROR: a rule that stumbles over it, a
 * call that does not take it) is left where it is while it is young, and the
 * others are done.  When it has failed for two minutes it is set aside, into
 * an outbox of the plugin's of its own, named in the error log and counted;
 * a job of its own tries those again, and civicctl job run does so now.
 * What fails for everybody (Redis is away, a plugin is switched off) ends the
 * run as ever, and nothing is set aside for it.
 */

#ifndef CIVIC_SHARED_OUTBOX_RUN_H
#define CIVIC_SHARED_OUTBOX_RUN_H

#include "civic_plugin.h"

/* The outbox of what is set aside, for the plugin's table; its job has the
   same name, and as many shards as the other jobs. */
#define SHARED_ASIDE           "aside"
#define SHARED_ASIDE_INTERVAL  300      /* s */

/* Lines of the plugin's tables of outboxes and scripts. */
#define SHARED_ASIDE_OUTBOX  \
    { .name = SHARED_ASIDE, .en = "what fails again and again" }
#define SHARED_ASIDE_SCRIPT  \
    { "outbox_aside", "sets an entry of an outbox aside" }

typedef struct {
    unsigned  metric;                   /* counts what is set aside, and each
                                           time that it fails again */

    /* Bears being done twice.  CIVIC_INVALID: it means nothing or is damaged,
       which is logged: it is dropped. */
    civic_result_t  (*step)(civic_request_t *r, const char *outbox,
        civic_str_t value);
} shared_outbox_t;

/* CIVIC_ERROR: some have failed, the others are done. */
civic_result_t shared_outbox_run(civic_request_t *r, const civic_job_t *job,
    const shared_outbox_t *outbox, const char *name);

/* Tries what is set aside again. */
civic_result_t shared_outbox_again(civic_request_t *r,
    const civic_job_t *job, const shared_outbox_t *outbox);

#endif
