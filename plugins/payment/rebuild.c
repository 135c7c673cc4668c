/*
 * rebuild.c - the job that makes the indexes anew, by a walk over all persons
 * who have something to do with money: a part of it in each run, begun again
 * when the last walk ended long enough ago.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "payment.h"
#include "values.h"

#define CURSOR   "civic:{payment:rebuild:%u}"
#define PERSONS  64                         /* of a run */
#define RECENT   INT64_C(864000000)         /* ms: receipts for bills */


/* ---- how far it has come ----------------------------------------------- */

static civic_result_t
read_cursor(civic_request_t *r, civic_str_t key, uint64_t *cursor,
    civic_msec_t *ended)
{
    char                  end;
    civic_result_t        rc;
    long long             at = 0;
    const civic_value_t  *value;

    *cursor = 0;
    *ended = 0;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("GET"), key), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING
        && sscanf(value->str.data, "%" SCNu64 " %lld%c", cursor, &at, &end)
           == 2)
    {
        *ended = at;
    }

    return rc;
}


static civic_result_t
keep_cursor(civic_request_t *r, civic_str_t key, uint64_t cursor,
    civic_msec_t ended)
{
    civic_str_t           args[2];
    const civic_value_t  *value;

    args[0] = civic_print(r, "%" PRIu64, cursor);
    args[1] = shared_decimal(r, ended);

    return civic_script(r, &(civic_script_t) {
                            .name = "payment_cursor", .keys = &key,
                            .nkeys = 1, .args = args, .nargs = 2,
                            .flags = CIVIC_SCRIPT_BULK }, &value);
}


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
            rc = payment_index(r, payment_deadline_key(r, book->pid), "new",
                               member,
                               payment_attention(terms, order,
                                                 civic_business_now(r)));
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
rebuild(civic_request_t *r, civic_str_t pid, const payment_terms_t *terms)
{
    civic_result_t  rc;
    payment_book_t  book;

    rc = payment_book_read(r, shared_copy(r, pid), &book);

    if (rc == CIVIC_OK) {
        rc = rebuild_orders(r, &book, terms);
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

static civic_result_t
walk(civic_request_t *r, const civic_job_t *job, civic_str_t key,
    uint64_t cursor, civic_msec_t ended)
{
    size_t            i, count = 0;
    civic_str_t      *pids;
    civic_result_t    rc;
    payment_terms_t   terms;

    pids = civic_alloc(r, PERSONS * sizeof(civic_str_t));

    rc = payment_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = civic_persons(r, job, PAYMENT_FAMILY, &cursor, pids, PERSONS,
                           &count);
    }

    /* the topology changed */
    if (rc == CIVIC_NOT_SENT) {
        return keep_cursor(r, key, 0, 0);
    }

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        rc = rebuild(r, pids[i], &terms);
    }

    return rc != CIVIC_OK ? rc
           : keep_cursor(r, key, cursor, cursor == 0 ? civic_now(r) : ended);
}


civic_result_t
payment_rebuild_run(civic_request_t *r, const civic_job_t *job)
{
    json_t          *answer;
    int64_t          every;
    uint64_t         cursor;
    civic_str_t      key = civic_print(r, CURSOR, job->shard);
    civic_msec_t     ended;
    civic_result_t   rc;

    rc = civic_rule(r, "rebuild", NULL, &answer);

    if (rc == CIVIC_OK) {
        rc = read_cursor(r, key, &cursor, &ended);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    every = 1000 * shared_rule_number(answer, "every", 21600, 60, 604800);

    return cursor == 0 && civic_now(r) < ended + every
           ? CIVIC_OK : walk(r, job, key, cursor, ended);
}
