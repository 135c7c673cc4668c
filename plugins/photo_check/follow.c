/*
 * follow.c - the jobs that do what was left behind: photos to go on with,
 * files that are to go, photos whose time is over.  Each has an outbox of its
 * name.
 */

#include "compare.h"

#define MOST  256                       /* entries of a run: many wait */


static const shared_outbox_t  outboxes[] = {
    { .name = PHOTO_WORK, .step = photo_work_step, .most = MOST },
    { .name = PHOTO_GONE, .step = photo_gone_step, .most = MOST },
    { .name = PHOTO_DRAFTS, .step = photo_draft_step, .most = MOST },
    { .name = PHOTO_KEPT, .step = photo_kept_step, .most = MOST },
    { .name = NULL }
};


/* The rule is asked once in a run, by the first that needs it. */
civic_result_t
photo_run(civic_request_t *r, const shared_entry_t *entry, photo_run_t **run)
{
    civic_result_t  rc;

    *run = entry->data;

    if ((*run)->asked) {
        return CIVIC_OK;
    }

    rc = photo_terms(r, &(*run)->terms);
    (*run)->asked = rc == CIVIC_OK;

    return rc;
}


civic_result_t
photo_follow_run(civic_request_t *r, const civic_job_t *job)
{
    photo_run_t  run = { .asked = 0 };

    return shared_outbox_run(r, job, outboxes, PHOTO_SET_ASIDE, &run);
}
