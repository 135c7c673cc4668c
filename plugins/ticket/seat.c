/*
 * seat.c - the job that carries out what "civicctl exam seat" asked for, in
 * parts: a run looks at so many people, or lasts so long, and the next goes
 * on where it has come to.
 */

#include "ticket.h"

#define EXAMS    256                    /* that are looked after */
#define BUDGET   4000                   /* ms of a run */
#define PEOPLE   1000                   /* of a run, for its memory */
#define IDLE     4                      /* people that a step counts for at
                                           least */


/* One exam, as far as this run comes.  *open: something was asked for. */
static civic_result_t
seat_exam(civic_request_t *r, civic_str_t id, civic_msec_t ends,
    size_t *people, int *open)
{
    int             over = 0;
    int64_t         step = -1;
    ticket_exam_t   exam;
    ticket_order_t  order;
    civic_result_t  rc;

    rc = ticket_order_read(r, id, &order);

    if (rc != CIVIC_OK || !ticket_order_is_open(&order)) {
        return rc;
    }

    *open = 1;
    rc = ticket_exam_read(r, id, &exam);

    /* this worker has not seen yet what the office has loaded */
    if (rc == CIVIC_OK && exam.revision < order.revision) {
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        rc = ticket_kept_enough(r, exam.facts, &over);
    }

    while (rc == CIVIC_OK && ticket_order_is_open(&order)
           && order.step != step && *people < PEOPLE && civic_now(r) < ends)
    {
        step = order.step;
        *people += IDLE;
        rc = over ? ticket_round_skip(r, &order)
                  : ticket_round_step(r, &exam, &order, people);

        if (rc == CIVIC_OK) {
            rc = ticket_order_read(r, id, &order);
        }
    }

    if (rc == CIVIC_OK && step >= 0 && !ticket_order_is_open(&order)) {
        civic_log(r, CIVIC_LOG_INFO, over
                  ? "nobody is seated for exam \"%s\": seats were kept long "
                    "enough (round %lld)"
                  : "the people of exam \"%s\" are seated (round %lld)",
                  id.data, (long long) order.done);
    }

    /* the exam was taken away: nothing to do for it */
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


/* One exam whose facts are damaged is not to keep others waiting. */
civic_result_t
ticket_seat_run(civic_request_t *r, const civic_job_t *job)
{
    int             open = 0;
    size_t          i, count, people = 0;
    civic_str_t    *ids;
    civic_msec_t    ends = civic_now(r) + BUDGET;
    civic_result_t  rc, first = CIVIC_OK;

    (void) job;
    ids = civic_alloc(r, EXAMS * sizeof(civic_str_t));
    rc = ticket_exams(r, ids, EXAMS, &count);

    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < count; i++) {
        rc = seat_exam(r, ids[i], ends, &people, &open);

        if (rc == CIVIC_ABORTED) {
            return rc;
        }

        if (rc != CIVIC_OK && first == CIVIC_OK) {
            first = rc;
        }
    }

    if (!open) {
        civic_job_rest(r);
    }

    return first;
}
