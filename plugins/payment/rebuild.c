/*
 * rebuild.c - the job that makes the indexes anew, by a walk over all persons
 * who have something to do with money.  What was kept long enough it erases
 * instead: one walk does both, so that none of them makes an index of what the
 * other erases.
 */

#include "payment.h"
#include "persons_walk.h"

#define CURSOR   "civic:{payment:rebuild:%u}"
#define RECENT   INT64_C(864000000)         /* ms: receipts for bills */


/* ---- a person ---------------------------------------------------------- */

static civic_result_t
rebuild_orders(civic_request_t *r, payment_book_t *book,
    const payment_terms_t *terms)
{
    size_t            i;
    civic_str_t       member;
    civic_result_t    rc = CIVIC_OK;
    payment_order_t  *order;

    for (i = 0; i < book->norders && rc == CIVIC_OK; i++) {
        order = &book->orders[i];
        member = civic_print(r, "%s %s", book->pid.data, order->id.data);

        rc = payment_order_open(r, book->pid, order);

        if (rc == CIVIC_OK) {
            rc = payment_index(r, payment_item_key(r, order->item), "new",
                               member, order->since);
        }

        if (rc == CIVIC_OK && payment_is(order->state, "unpaid")) {
            rc = payment_deadline(r, book->pid, member,
                                  payment_attention(terms, order,
                                                    civic_business_now(r)),
                                  "new");
        }
    }

    return rc;
}


static civic_result_t
rebuild_trades(civic_request_t *r, const payment_book_t *book)
{
    size_t           i;
    civic_result_t   rc = CIVIC_OK;

    for (i = 0; i < book->ntrades && rc == CIVIC_OK; i++) {
        rc = payment_lead_keep(r, book->trades[i].no, book->pid);

        if (rc == CIVIC_OK && payment_is(book->trades[i].state, "open")) {
            rc = payment_due(r, book->pid, 't', book->trades[i].no,
                             civic_now(r), "new");
        }
    }

    for (i = 0; i < book->nrefunds && rc == CIVIC_OK; i++) {
        if (payment_is(book->refunds[i].state, "open")) {
            rc = payment_due(r, book->pid, 'r', book->refunds[i].no,
                             civic_now(r), "new");
        }
    }

    return rc;
}


static civic_result_t
rebuild_receipts(civic_request_t *r, const payment_book_t *book)
{
    size_t           i;
    civic_result_t   rc = CIVIC_OK;

    for (i = 0; i < book->nreceipts && rc == CIVIC_OK; i++) {
        if (book->receipts[i].at
            > civic_business_now(r) - RECENT) {
            rc = payment_day_note(r, &book->receipts[i]);
        }
    }

    return rc;
}


static civic_result_t
rebuild(civic_request_t *r, civic_str_t pid, void *data)
{
    int             erased = 0;
    civic_result_t  rc;
    payment_book_t  book;

    rc = payment_book_read(r, pid, &book);

    if (rc == CIVIC_OK) {
        rc = payment_erase_over(r, &book, &erased);
    }

    if (rc == CIVIC_OK && erased) {
        rc = payment_book_read(r, pid, &book);
    }

    if (rc == CIVIC_OK) {
        rc = rebuild_orders(r, &book, data);
    }

    if (rc == CIVIC_OK) {
        rc = rebuild_trades(r, &book);
    }

    if (rc == CIVIC_OK) {
        rc = rebuild_receipts(r, &book);
    }

    if (rc == CIVIC_OK) {
        civic_count(r, PAYMENT_REBUILT, 1);
    }

    /* damaged (logged): the others are not to wait for it */
    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


/* ---- the job ----------------------------------------------------------- */

civic_result_t
payment_rebuild_run(civic_request_t *r, const civic_job_t *job)
{
    civic_result_t   rc;
    payment_terms_t  terms;

    rc = payment_terms(r, &terms);

    return rc != CIVIC_OK ? rc
           : shared_persons_walk(r, job, &(shared_persons_walk_t) {
                                     .family = PAYMENT_FAMILY,
                                     .cursor = civic_print(r, CURSOR,
                                                           job->shard),
                                     .step = rebuild, .data = &terms });
}
