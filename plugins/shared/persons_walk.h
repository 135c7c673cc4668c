/*
 * persons_walk.h - a job's walk over all persons of a family, a part of it in
 * each run, begun again when the last walk ended long enough ago: for indexes
 * that are made anew from what the persons' own records say.
 *
 * How far a shard's walk has come stands in Redis, so that it goes on
 * wherever the job runs next.
 */

#ifndef CIVIC_SHARED_PERSONS_WALK_H
#define CIVIC_SHARED_PERSONS_WALK_H

#include "civic_plugin.h"

/* A line of the plugin's table of scripts. */
#define SHARED_PERSONS_WALK_SCRIPT  \
    { "persons_cursor", "notes how far a walk has come" }

typedef struct {
    const char   *family;               /* of civic_person_key() */
    civic_str_t   cursor;               /* the key of this shard's cursor */
    void         *data;                 /* for step */

    /* A person; pid is the request's.  What fails ends the run, and the part
       comes again: a record that is damaged for good must not fail. */
    civic_result_t  (*step)(civic_request_t *r, civic_str_t pid, void *data);
} shared_persons_walk_t;

/*
 * The next part of it, if there is one.  Asks the rule "rebuild" of the
 * plugin for "every", the seconds from a walk's end to the next one's
 * beginning.
 */
civic_result_t shared_persons_walk(civic_request_t *r, const civic_job_t *job,
    const shared_persons_walk_t *walk);

#endif
