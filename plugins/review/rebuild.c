/*
 * rebuild.c - the job that makes the index, the queue and missing orders
 * anew, by a walk over all applicants.  What was kept long enough it erases
 * instead: one walk does both, so that none of them makes an index of what the
 * other erases.
 */

#include "persons_walk.h"
#include "review.h"

#define CURSOR  "civic:{review:rebuild:%u}"


/* ---- a person ---------------------------------------------------------- */

static civic_result_t
rebuild_one(civic_request_t *r, const review_application_t *listed)
{
    int                    erased = 0;
    civic_result_t         rc;
    review_exam_t          exam;
    review_order_t         order = { .state = CIVIC_STR("none") };
    review_application_t   application;

    rc = review_exam(r, listed->exam, &exam);

    if (rc == CIVIC_OK) {
        rc = review_erase_over(r, listed, &exam, &erased);
    }

    if (rc != CIVIC_OK || erased) {
        return rc;
    }

    rc = review_read(r, listed->pid, listed->exam, &application);

    if (rc != CIVIC_OK || application.id.len == 0) {
        return rc;
    }

    if (review_is(&application, "approved") && exam.fen > 0) {
        rc = review_settle(r, &application, &exam);

        if (rc == CIVIC_OK) {
            rc = review_order(r, listed->pid, listed->exam, &order);
        }
    }

    if (rc == CIVIC_OK) {
        rc = review_index(r, &application, &exam, &order);
    }

    return rc != CIVIC_OK ? rc : review_follow_queue(r, &application);
}


static civic_result_t
rebuild(civic_request_t *r, civic_str_t pid, void *data)
{
    size_t                 i, count = 0;
    civic_result_t         rc;
    review_application_t  *listed = data;

    rc = review_list(r, pid, listed, REVIEW_MOST, &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        rc = rebuild_one(r, &listed[i]);

        /* damaged (logged): the others are not to wait for it */
        rc = rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    if (rc == CIVIC_OK) {
        civic_count(r, REVIEW_REBUILT, 1);
    }

    return rc;
}


/* ---- the job ----------------------------------------------------------- */

civic_result_t
review_rebuild_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_persons_walk(r, job, &(shared_persons_walk_t) {
                                   .family = REVIEW_FAMILY,
                                   .cursor = civic_print(r, CURSOR,
                                                         job->shard),
                                   .step = rebuild,
                                   .data = civic_alloc(
                                       r, REVIEW_MOST
                                          * sizeof(review_application_t)) });
}
