/*
 * seat.c - the job that carries out what "civicctl exam seat" asked for, in
 * parts: a run looks at so many people, or lasts so long, and the next goes
 * on where it has come to.
 *
 * It asks each exam whether a round is open, however many there are and
 * however long ago they were.
 */

#include "ticket.h"

#define PARTS    64                     /* of the exams, about 32, of a run */
#define BUDGET   4000                   /* ms of a run */
#define PEOPLE   1000                   /* of a run, for its memory */
#define IDLE     4                      /* people that a step counts for at
                                           least */

/* A run. */
typedef struct {
    civic_msec_t  ends;
    size_t        people;               /* that were looked at */
    int           open;                 /* a round that was asked for */
} seating_t;


static int
goes_on(civic_request_t *r, const seating_t *seating)
{
    return seating->people < PEOPLE && civic_now(r) < seating->ends;
}


/* One exam, as far as this run comes; a round is open as order was read. */
static civic_result_t
seat_exam(civic_request_t *r, seating_t *seating, ticket_order_t *order)
{
    int             over = 0;
    int64_t         step = -1;
    ticket_exam_t   exam;
    civic_result_t  rc;

    rc = ticket_exam_read(r, order->exam, &exam);

    /* this worker has not seen yet what the office has loaded */
    if (rc == CIVIC_OK && exam.revision < order->revision) {
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        rc = ticket_kept_enough(r, exam.facts, &over);
    }

    while (rc == CIVIC_OK && ticket_order_is_open(order)
           && order->step != step && goes_on(r, seating))
    {
        step = order->step;
        seating->people += IDLE;
        rc = over ? ticket_round_skip(r, order)
                  : ticket_round_step(r, &exam, order, &seating->people);

        if (rc == CIVIC_OK) {
            rc = ticket_order_read(r, order->exam, order);
        }
    }

    if (rc == CIVIC_OK && step >= 0 && !ticket_order_is_open(order)) {
        civic_log(r, CIVIC_LOG_INFO, over
                  ? "nobody is seated for exam \"%s\": seats were kept long "
                    "enough (round %lld)"
                  : "the people of exam \"%s\" are seated (round %lld)",
                  order->exam.data, (long long) order->done);
    }

    /* the exam was taken away: nothing to do for it */
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


static civic_result_t
seat_part(civic_request_t *r, ticket_walk_t *walk,
    const ticket_listed_t *exams, size_t count, int *left)
{
    size_t           i;
    seating_t       *seating = walk->data;
    civic_result_t   rc;
    ticket_order_t  *orders;

    orders = civic_alloc(r, count * sizeof(ticket_order_t));
    rc = ticket_orders_read(r, exams, count, orders);

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        if (ticket_order_is_open(&orders[i])) {
            seating->open = 1;
            rc = ticket_go_on(seat_exam(r, seating, &orders[i]),
                              &walk->failed);
        }
    }

    *left = !goes_on(r, seating);

    return rc;
}


civic_result_t
ticket_seat_run(civic_request_t *r, const civic_job_t *job)
{
    seating_t       seating = { .ends = civic_now(r) + BUDGET };
    ticket_walk_t   walk = { .key = "civic:{ticket:seating}", .parts = PARTS,
                             .part = seat_part, .data = &seating };
    civic_result_t  rc;

    (void) job;
    rc = ticket_walk(r, &walk);

    if (walk.whole && !seating.open) {
        civic_job_rest(r);
    }

    return rc;
}
