/*
 * follow.c - the jobs that do what was left behind: pictures whose time is
 * over, decisions that were interrupted.  Each has an outbox of its name.
 */

#include "face_auth.h"

#define PICTURES  256                   /* entries of a run: most of them
                                           wait */


static const shared_outbox_t  outboxes[] = {
    { .name = FACE_PICTURES, .step = face_picture_step, .most = PICTURES },
    { .name = FACE_DECISIONS, .step = face_decision_step },
    { .name = NULL }
};


civic_result_t
face_follow_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_outbox_run(r, job, outboxes, FACE_SET_ASIDE, NULL);
}
