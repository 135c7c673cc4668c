/*
 * follow.c - the jobs that do what changes of bindings and of printed codes
 * leave behind: each has an outbox of its name.
 */

#include "paper.h"

#define SETTLE  256                     /* entries of a run: some wait */


static const shared_outbox_t  outboxes[] = {
    { .name = KINSHIP_SETTLE, .step = kinship_settle_step, .most = SETTLE },
    { .name = KINSHIP_TELL, .step = kinship_tell_step },
    { .name = KINSHIP_REVOKED, .step = kinship_revoked_step },
    { .name = NULL }
};


civic_result_t
kinship_follow_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_outbox_run(r, job, outboxes, KINSHIP_SET_ASIDE, NULL);
}
