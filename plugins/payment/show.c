/*
 * show.c - a citizen's orders: all, one, one asked about at Alipay now, and
 * the long poll of a page that waits for 已付款.
 */

#include "caller.h"
#include "payment.h"
#include "values.h"

#define LONGEST  10000                  /* ms of one poll */


/* ---- what is shown ----------------------------------------------------- */

static void
write_refunds(civic_request_t *r, civic_writer_t *w,
    const payment_book_t *book, const payment_order_t *order)
{
    size_t             i;
    payment_trade_t   *trade;
    payment_refund_t  *refund;

    civic_write_array(r, w, "refunds");

    for (i = 0; i < book->nrefunds; i++) {
        refund = &book->refunds[i];
        trade = payment_trade_of(book, refund->trade);

        if (trade == NULL || !civic_str_eq(trade->order, order->id)) {
            continue;
        }

        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "refund_no", refund->no);
        civic_write_str(r, w, "kind", refund->kind);
        civic_write_str(r, w, "state", refund->state);
        civic_write_int(r, w, "fen", refund->fen);
        civic_write_instant(r, w, "since", refund->since);
        civic_write_end(r, w);
    }

    civic_write_end(r, w);
}


civic_result_t
payment_order_write(civic_request_t *r, civic_writer_t *w,
    const payment_book_t *book, payment_order_t *order)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = payment_order_open(r, book->pid, order);

    if (rc == CIVIC_OK) {
        rc = civic_rule(r, "label",
                        json_pack("{s:s%, s:s}", "state", order->state.data,
                                  order->state.len, "language",
                                  shared_language(r)), &answer);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_str(r, w, "order_id", order->id);
    civic_write_str(r, w, "item", order->item);
    civic_write_str(r, w, "title", order->title);
    civic_write_str(r, w, "state", order->state);
    civic_write_str(r, w, "label", shared_json_str(answer, "label"));
    civic_write_str(r, w, "hint", shared_json_str(answer, "hint"));
    civic_write_int(r, w, "version", order->version);
    civic_write_int(r, w, "fen", order->fen);
    civic_write_int(r, w, "returned_fen", order->back);
    civic_write_instant(r, w, "since", order->since);
    civic_write_instant(r, w, "from", order->from);
    civic_write_instant(r, w, "until", order->until);
    write_refunds(r, w, book, order);

    return CIVIC_OK;
}


static civic_result_t
reply_order(civic_request_t *r, const payment_book_t *book,
    payment_order_t *order)
{
    return payment_order_write(r, civic_reply(r, 200), book, order);
}


civic_result_t
payment_order_find(civic_request_t *r, payment_book_t *book,
    payment_order_t **order, int *answered)
{
    civic_result_t  rc;

    rc = payment_book_read(r, shared_copy(r, civic_pid(r)), book);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *order = payment_order_of(book, civic_path(r, "order_id"));

    if (*order == NULL) {
        *answered = 1;
        return civic_problem(r, "not_found");
    }

    return payment_order_open(r, book->pid, *order);
}


/* ---- all, and one ------------------------------------------------------ */

civic_result_t
payment_orders_list(civic_request_t *r)
{
    size_t           i;
    civic_result_t   rc;
    civic_writer_t  *w;
    payment_book_t   book;

    rc = payment_book_read(r, shared_copy(r, civic_pid(r)), &book);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_array(r, w, "orders");

    for (i = 0; i < book.norders && rc == CIVIC_OK; i++) {
        civic_write_object(r, w, NULL);
        rc = payment_order_write(r, w, &book, &book.orders[i]);
        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return rc;
}


civic_result_t
payment_order_show(civic_request_t *r)
{
    int               answered = 0;
    civic_result_t    rc;
    payment_book_t    book;
    payment_order_t  *order;

    rc = payment_order_find(r, &book, &order, &answered);

    return rc != CIVIC_OK || answered ? rc : reply_order(r, &book, order);
}


/* ---- asking now -------------------------------------------------------- */

civic_result_t
payment_order_check(civic_request_t *r)
{
    int               turn, answered = 0;
    unsigned          open;
    civic_result_t    rc;
    payment_book_t    book;
    payment_order_t  *order;

    rc = payment_order_find(r, &book, &order, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = payment_turn(r, book.pid, order->id, &turn);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    /* what it was asked a moment ago it would say again */
    if (turn) {
        rc = payment_look_all(r, &book, order->id, 0, &open);

        if (rc == CIVIC_OK) {
            rc = payment_order_find(r, &book, &order, &answered);
        }
    }

    return rc != CIVIC_OK || answered ? rc : reply_order(r, &book, order);
}


/* ---- the long poll ----------------------------------------------------- */

civic_result_t
payment_order_wait(civic_request_t *r)
{
    int               answered = 0;
    int64_t           known;
    civic_result_t    rc, waited = CIVIC_OK;
    payment_book_t    book;
    payment_order_t  *order;

    known = json_integer_value(json_object_get(civic_query(r), "version"));

    rc = civic_watch(r, payment_topic(r, civic_path(r, "order_id")));

    while (rc == CIVIC_OK) {
        rc = payment_order_find(r, &book, &order, &answered);

        if (rc != CIVIC_OK || answered) {
            return rc;
        }

        if (order->version != known || waited == CIVIC_TIMEOUT) {
            return reply_order(r, &book, order);
        }

        waited = civic_wait(r, LONGEST);
        rc = waited == CIVIC_TIMEOUT ? CIVIC_OK : waited;
    }

    return rc;
}
