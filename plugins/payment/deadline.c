/*
 * deadline.c - before the deadline it warns; after it, and a grace, it asks
 * once more and removes who has not paid.
 *
 * Removing is one script that looks at the order once more: a payment that
 * was noted in the same moment has changed it, and stays.
 */

#include "payment.h"
#include "values.h"

#define DEADLINES  "civic:{payment:deadlines:%u}"
#define BUDGET     15000                    /* ms of a run */
#define RETRY      30000                    /* ms */


/* ---- terms ------------------------------------------------------------- */

civic_result_t
payment_terms(civic_request_t *r, payment_terms_t *terms)
{
    size_t           i;
    json_t          *answer, *one, *warnings;
    civic_result_t   rc;

    memset(terms, 0, sizeof(payment_terms_t));

    rc = civic_rule(r, "deadline", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    terms->grace = 1000 * shared_rule_number(answer, "grace", 180, 0, 86400);
    terms->tolerance = 1000 * shared_rule_number(answer, "tolerance", 180, 0,
                                                 86400);
    warnings = json_object_get(answer, "warnings");

    json_array_foreach(warnings, i, one) {
        if (terms->nwarnings < sizeof(terms->warnings)
                               / sizeof(terms->warnings[0])
            && json_integer_value(one) > 0)
        {
            terms->warnings[terms->nwarnings++] =
                1000 * json_integer_value(one);
        }
    }

    return CIVIC_OK;
}


civic_msec_t
payment_attention(const payment_terms_t *terms, const payment_order_t *order,
    civic_msec_t after)
{
    size_t        i;
    civic_msec_t  at, next = order->until + terms->grace;

    for (i = 0; i < terms->nwarnings; i++) {
        at = order->until - terms->warnings[i];

        if (at > after && at < next) {
            next = at;
        }
    }

    return next;
}


/* ---- warning ----------------------------------------------------------- */

/* The nearest one that is due; 0: none. */
static int64_t
warning_now(const payment_terms_t *terms, const payment_order_t *order,
    civic_msec_t now)
{
    size_t   i;
    int64_t  least = 0;

    for (i = 0; i < terms->nwarnings; i++) {
        if (order->until - terms->warnings[i] <= now
            && (least == 0 || terms->warnings[i] < least))
        {
            least = terms->warnings[i];
        }
    }

    return least;
}


static civic_result_t
warn(civic_request_t *r, const payment_book_t *book, payment_order_t *order,
    const payment_terms_t *terms)
{
    int64_t         before;
    civic_result_t  rc;

    before = warning_now(terms, order, civic_business_now(r));

    /* who has just got the order was told the deadline with it */
    if (before == 0 || order->until - before
                       < order->since + payment_ahead(r))
    {
        return CIVIC_OK;
    }

    rc = payment_tell(r, book->pid, order, "warning", order->fen,
                      civic_print(r, "%s:%lld:%lld", order->id.data,
                                  (long long) order->until,
                                  (long long) before));

    if (rc == CIVIC_OK) {
        civic_count(r, PAYMENT_WARNED, 1);
    }

    return rc;
}


/* ---- removing ---------------------------------------------------------- */

static civic_result_t
remove_order(civic_request_t *r, payment_book_t *book, payment_order_t *order,
    civic_msec_t *next)
{
    int             moved, waits;
    int64_t         pause;
    unsigned        open;
    civic_result_t  rc;

    rc = payment_look_all(r, book, order->id, 1, &open);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (open == 0) {
        rc = payment_move(r, book->pid, order, "removed", order->until, 1,
                          "payment.removed", &moved);

        if (rc == CIVIC_OK && moved == 1) {
            civic_count(r, PAYMENT_REMOVED, 1);
            *next = 0;
        }

        return rc;
    }

    /* nobody is removed while money may be on its way */
    rc = payment_pause(r, "removal", order->until - payment_ahead(r), &pause,
                       &waits);

    if (rc == CIVIC_OK) {
        *next = civic_business_now(r) + pause;
    }

    if (rc == CIVIC_OK && waits) {
        civic_count(r, PAYMENT_WAITS, 1);
        civic_log(r, CIVIC_LOG_ERROR, "money waits: order \"%s\" is past its "
                  "deadline, and alipay does not say what became of its "
                  "trades", order->id.data);
    }

    return rc;
}


/* "<pid> <order>" -> when it needs attention next; 0: no more. */
static civic_result_t
attend(civic_request_t *r, civic_str_t member, const payment_terms_t *terms,
    civic_msec_t *next)
{
    civic_str_t       pid;
    civic_msec_t      now = civic_business_now(r);
    civic_result_t    rc;
    payment_book_t    book;
    payment_order_t  *order;

    *next = 0;

    if (member.len != SHARED_PID + 1 + SHARED_HEX_ID) {
        return CIVIC_OK;
    }

    pid = shared_copy(r, (civic_str_t) { member.data, SHARED_PID });

    rc = payment_book_read(r, pid, &book);
    if (rc != CIVIC_OK) {
        return rc;
    }

    order = payment_order_of(&book, (civic_str_t) {
                                 member.data + SHARED_PID + 1,
                                 SHARED_HEX_ID });

    if (order == NULL || !payment_is(order->state, "unpaid")) {
        return CIVIC_OK;
    }

    if (now >= order->until + terms->grace) {
        *next = now + RETRY;
        return remove_order(r, &book, order, next);
    }

    *next = payment_attention(terms, order, now);

    return now < order->until ? warn(r, &book, order, terms) : CIVIC_OK;
}


civic_result_t
payment_deadline_run(civic_request_t *r, const civic_job_t *job)
{
    size_t                i, count = 0;
    civic_str_t           key = civic_print(r, DEADLINES, job->shard);
    civic_msec_t          next, began = civic_now(r);
    civic_result_t        rc;
    payment_terms_t       terms;
    const civic_value_t  *due;

    rc = payment_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = payment_due_read(r, key, civic_business_now(r), &due, &count);
    }

    for (i = 0; rc == CIVIC_OK && i < count && civic_now(r) < began + BUDGET;
         i += 2)
    {
        rc = attend(r, shared_item(due, i), &terms, &next);

        rc = payment_postpone(r, rc, civic_business_now(r), &next);

        if (rc == CIVIC_OK) {
            rc = payment_index_moved(r, key, shared_item(due, i),
                                     shared_item(due, i + 1), next);
        }
    }

    return rc;
}
