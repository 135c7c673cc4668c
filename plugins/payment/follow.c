/*
 * follow.c - what follows from a change: messages, indexes, other trades that
 * nobody should pay any more; and, in an outbox of its own, what the plugin
 * that opened the order is told, for that one may be switched off.
 *
 * Each step bears being done twice.
 */

#include "outbox_run.h"
#include "payment.h"
#include "values.h"

#define WORDS  5

typedef struct {
    civic_str_t     words[WORDS];       /* pid, kind, id, state, version */
    size_t          count;
    payment_book_t  book;
} following_t;


static civic_result_t
read_entry(civic_request_t *r, const shared_entry_t *entry,
    following_t *following)
{
    size_t  i;

    memset(following, 0, sizeof(following_t));

    for (i = 0; i < WORDS; i++) {
        following->words[i] = shared_copy(r, shared_word(entry->value, i));

        if (following->words[i].len == 0) {
            break;
        }
    }

    following->count = i;

    return i >= 3 && following->words[0].len == SHARED_PID
           ? payment_book_read(r, following->words[0], &following->book)
           : CIVIC_INVALID;
}


/* ---- an order came to a state ------------------------------------------ */

/* Whatever is open of it is asked about and closed at once. */
static civic_result_t
finish_trades(civic_request_t *r, const payment_book_t *book,
    const payment_order_t *order)
{
    size_t           i;
    civic_result_t   rc = CIVIC_OK;

    for (i = 0; i < book->ntrades && rc == CIVIC_OK; i++) {
        if (civic_str_eq(book->trades[i].order, order->id)
            && payment_is(book->trades[i].state, "open"))
        {
            rc = payment_due(r, book->pid, 't', book->trades[i].no,
                             civic_now(r), "soon");
        }
    }

    return rc;
}


static civic_result_t
note_receipt(civic_request_t *r, const payment_book_t *book, civic_str_t of,
    int in)
{
    size_t           i;
    civic_result_t   rc = CIVIC_OK;

    for (i = 0; i < book->nreceipts && rc == CIVIC_OK; i++) {
        if (book->receipts[i].in == in
            && civic_str_eq(in ? book->receipts[i].trade
                               : book->receipts[i].name, of))
        {
            rc = payment_day_note(r, &book->receipts[i]);
        }
    }

    return rc;
}


/* It stands in the indexes, for the office and, as long as it is to be paid,
   for the deadline. */
static civic_result_t
index_order(civic_request_t *r, const payment_book_t *book,
    payment_order_t *order)
{
    civic_str_t      member;
    civic_result_t   rc;
    payment_terms_t  terms;

    member = civic_print(r, "%s %s", book->pid.data, order->id.data);

    rc = payment_index(r, payment_item_key(r, order->item), "new", member,
                       order->since);

    if (rc != CIVIC_OK || !payment_is(order->state, "unpaid")) {
        return rc;
    }

    rc = payment_terms(r, &terms);

    return rc != CIVIC_OK ? rc
           : payment_deadline(r, book->pid, member,
                              payment_attention(&terms, order,
                                                civic_business_now(r)),
                              "soon");
}


/* What a citizen is told of a state that was reached. */
static const char *
told(const following_t *following)
{
    if (!payment_is(following->words[3], "unpaid")) {
        return following->words[3].data;
    }

    return shared_number(following->words[4], 1) > 1 ? "moved" : "opened";
}


static civic_result_t
follow_order(civic_request_t *r, following_t *following)
{
    int64_t           fen;
    const char       *what = told(following);
    civic_result_t    rc;
    payment_book_t   *book = &following->book;
    payment_order_t  *order = payment_order_of(book, following->words[2]);

    if (order == NULL || following->count < WORDS) {
        return CIVIC_OK;
    }

    rc = payment_order_open(r, book->pid, order);

    if (rc == CIVIC_OK && payment_is(following->words[3], "unpaid")) {
        rc = index_order(r, book, order);
    }

    if (rc == CIVIC_OK && !payment_is(order->state, "unpaid")) {
        rc = finish_trades(r, book, order);
    }

    if (rc == CIVIC_OK && order->paid_by.len > 1) {
        rc = note_receipt(r, book, order->paid_by, 1);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    fen = strncmp(what, "refund", 6) == 0 || strcmp(what, "part") == 0
          ? order->back : order->fen;

    return payment_tell(r, book->pid, order, what, fen,
                        civic_print(r, "%s:%s:%s", order->id.data,
                                    following->words[3].data,
                                    following->words[4].data));
}


/* ---- trades and refunds ------------------------------------------------ */

static civic_result_t
follow_trade(civic_request_t *r, following_t *following)
{
    int               waits;
    int64_t           pause;
    civic_result_t    rc;
    payment_trade_t  *trade = payment_trade_of(&following->book,
                                               following->words[2]);

    if (trade == NULL || !payment_is(trade->state, "open")) {
        return CIVIC_OK;
    }

    rc = payment_pause(r, "trade", civic_now(r), &pause, &waits);

    return rc != CIVIC_OK ? rc
           : payment_due(r, following->book.pid, 't', trade->no,
                         trade->since + pause, "new");
}


static civic_result_t
tell_trade(civic_request_t *r, following_t *following, civic_str_t no,
    const char *what)
{
    payment_trade_t  *trade = payment_trade_of(&following->book, no);
    payment_order_t  *order;

    order = trade == NULL ? NULL : payment_order_of(&following->book,
                                                    trade->order);

    return order == NULL ? CIVIC_OK
           : payment_tell(r, following->book.pid, order, what, trade->fen,
                          civic_print(r, "%s:%s", no.data, what));
}


/* Paid when it was not wanted: it goes back at once, and that is said. */
static civic_result_t
follow_late(civic_request_t *r, following_t *following)
{
    civic_str_t     no = following->words[2];
    civic_result_t  rc;

    rc = payment_due(r, following->book.pid, 'r',
                     civic_print(r, "%s_late", no.data), civic_now(r),
                     "soon");

    if (rc == CIVIC_OK) {
        rc = note_receipt(r, &following->book, no, 1);
    }

    return rc == CIVIC_OK ? tell_trade(r, following, no, "late") : rc;
}


static civic_result_t
follow_returned(civic_request_t *r, following_t *following)
{
    civic_result_t     rc;
    payment_refund_t  *refund = payment_refund_of(&following->book,
                                                  following->words[2]);

    if (refund == NULL) {
        return CIVIC_OK;
    }

    rc = note_receipt(r, &following->book, refund->no, 0);

    if (rc == CIVIC_OK && payment_is(refund->kind, "late")) {
        rc = tell_trade(r, following, refund->trade, "returned");
    }

    return rc;
}


/* ---- all of them ------------------------------------------------------- */

static civic_result_t
follow(civic_request_t *r, shared_entry_t *entry)
{
    civic_str_t     kind;
    following_t     following;
    civic_result_t  rc;

    if (payment_is(shared_word(entry->value, 1), "erased")) {
        return payment_follow_erased(r, entry->value);
    }

    rc = read_entry(r, entry, &following);
    if (rc != CIVIC_OK) {
        return rc;
    }

    kind = following.words[1];

    if (payment_is(kind, "order")) {
        return follow_order(r, &following);
    }

    if (payment_is(kind, "trade")) {
        return follow_trade(r, &following);
    }

    if (payment_is(kind, "late")) {
        return follow_late(r, &following);
    }

    if (payment_is(kind, "returned")) {
        return follow_returned(r, &following);
    }

    return payment_due(r, following.book.pid, 'r', following.words[2],
                       civic_now(r), "soon");
}


/* ---- the opener -------------------------------------------------------- */

static civic_result_t
tell_opener(civic_request_t *r, shared_entry_t *entry)
{
    json_t           *in, *out;
    following_t       following;
    civic_result_t    rc;
    payment_order_t  *order;

    rc = read_entry(r, entry, &following);
    if (rc != CIVIC_OK) {
        return rc;
    }

    order = payment_order_of(&following.book, following.words[2]);

    if (order == NULL || following.count < WORDS || order->opener.len < 2) {
        return CIVIC_OK;
    }

    rc = payment_order_open(r, following.book.pid, order);
    if (rc != CIVIC_OK) {
        return rc;
    }

    in = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}",
                   "pid", following.book.pid.data,
                   "order_id", order->id.data, "item", order->item.data,
                   "state", following.words[3].data,
                   "version",
                   (json_int_t) shared_number(following.words[4], 1),
                   "fen", (json_int_t) order->fen,
                   "returned", (json_int_t) order->back);

    rc = civic_call(r, civic_print(r, "%s.payment", order->opener.data).data,
                    in, &out);

    /* it is not loaded any more, or asks when it wants to know */
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


/* ---- the jobs ---------------------------------------------------------- */

static const shared_outbox_t  outboxes[] = {
    { .name = PAYMENT_FOLLOW, .step = follow },
    { .name = PAYMENT_TELL, .step = tell_opener },
    { .name = NULL }
};


civic_result_t
payment_follow_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_outbox_run(r, job, outboxes, PAYMENT_SET_ASIDE, NULL);
}
