/*
 * retention.c - an order with its trades, refunds and receipts goes when it
 * was kept long enough (PIPL 19, 47), by the rule "retention".
 *
 * Accounts are kept by years: the days count from the first one after the
 * calendar year (会计档案管理办法, order 79 of 2015, article 14) in which
 * something changed last.
 *
 * One script erases an order in the person's hash, writes the audit trail's
 * entry, which is the proof, and leads the job "follow" to its indexes.  It
 * stays while anybody may need it: money is to come or to go, a difference is
 * not settled, or whoever opened it says so.
 */

#include "civil_date.h"
#include "payment.h"
#include "retention.h"
#include "values.h"

#define DAY    INT64_C(86400000)            /* ms */
#define CHINA  INT64_C(28800000)            /* ms ahead of UTC */


static civic_msec_t
begin_of(int year)
{
    return civic_date_to_days((civic_date_t) { year, 1, 1 }) * DAY - CHINA;
}


civic_result_t
payment_kept_enough(civic_request_t *r, const char *what, int year, int *over)
{
    return shared_retention_over(r, json_pack("{s:s}", "what", what),
                                 begin_of(year + 1), over);
}


/* ---- an order ---------------------------------------------------------- */

/* Whether it is the order's, by the trade that it names. */
static int
is_of(const payment_book_t *book, const payment_order_t *order,
    civic_str_t no)
{
    const payment_trade_t  *trade = payment_trade_of(book, no);

    return trade != NULL && civic_str_eq(trade->order, order->id);
}


/* Nothing of its trades is to come or to go; *last: at least as late as the
   last change of one. */
static int
trades_are_settled(const payment_book_t *book, const payment_order_t *order,
    civic_msec_t *last)
{
    size_t                  i;
    const payment_trade_t  *trade;

    for (i = 0; i < book->ntrades; i++) {
        trade = &book->trades[i];

        if (!civic_str_eq(trade->order, order->id)) {
            continue;
        }

        if (payment_is(trade->state, "open")
            || payment_is(trade->state, "late"))
        {
            return 0;
        }

        *last = trade->since > *last ? trade->since : *last;
    }

    return 1;
}


/* The same of its refunds. */
static int
refunds_are_settled(const payment_book_t *book, const payment_order_t *order,
    civic_msec_t *last)
{
    size_t                   i;
    const payment_refund_t  *refund;

    for (i = 0; i < book->nrefunds; i++) {
        refund = &book->refunds[i];

        if (!is_of(book, order, refund->trade)) {
            continue;
        }

        if (payment_is(refund->state, "open")) {
            return 0;
        }

        *last = refund->since > *last ? refund->since : *last;
    }

    return 1;
}


/* No money of it is to come or to go; *last: when it changed last. */
static int
is_settled(const payment_book_t *book, const payment_order_t *order,
    civic_msec_t *last)
{
    *last = order->since;

    return !payment_is(order->state, "unpaid")
           && !payment_is(order->state, "refunding")
           && trades_are_settled(book, order, last)
           && refunds_are_settled(book, order, last);
}


/* Whether money ever moved: then it is in the accounts. */
static int
has_moved(const payment_book_t *book, const payment_order_t *order)
{
    size_t  i;

    for (i = 0; i < book->nreceipts; i++) {
        if (is_of(book, order, book->receipts[i].trade)) {
            return 1;
        }
    }

    return 0;
}


/* A difference that is gone was settled before. */
static civic_result_t
is_open_difference(civic_request_t *r, const payment_difference_t *difference,
    int *open)
{
    json_t               *record;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   payment_bill_key(r, difference->date),
                                   civic_print(r, "d:%s",
                                               difference->id.data)), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        record = json_loadb(value->str.data, value->str.len, 0, NULL);
        *open = !json_is_true(json_object_get(record, "settled"));
        json_decref(record);
    }

    return rc;
}


/* *count: how many differences it ever had. */
static civic_result_t
is_disputed(civic_request_t *r, const payment_book_t *book,
    const payment_order_t *order, size_t *count, int *disputed)
{
    size_t          i;
    civic_result_t  rc = CIVIC_OK;

    *count = 0;

    for (i = 0; i < book->ndifferences && rc == CIVIC_OK && !*disputed; i++) {
        if (is_of(book, order, book->differences[i].trade)) {
            (*count)++;
            rc = is_open_difference(r, &book->differences[i], disputed);
        }
    }

    return rc;
}


/* Whoever opened it still has what it is for.  Who cannot be asked, or does
   not say, may have it. */
static civic_result_t
is_needed(civic_request_t *r, civic_str_t pid, const payment_order_t *order,
    int *needed)
{
    json_t          *answer = NULL;
    civic_result_t   rc;

    if (civic_str_eq(order->opener, CIVIC_STR("-"))) {
        return CIVIC_OK;
    }

    rc = civic_call(r, civic_print(r, "%s.payment_needed",
                                   order->opener.data).data,
                    json_pack("{s:s%, s:s%, s:s%}", "pid", pid.data, pid.len,
                              "order_id", order->id.data, order->id.len,
                              "item", order->item.data, order->item.len),
                    &answer);

    *needed = rc != CIVIC_OK
              || !json_is_false(json_object_get(answer, "needed"));

    return rc == CIVIC_ABORTED ? rc : CIVIC_OK;
}


/* ---- erasing an order -------------------------------------------------- */

/* The proof says of which order and by which rule, and nothing of what it was
   for. */
static civic_result_t
prove(civic_request_t *r, civic_str_t pid, const payment_order_t *order,
    civic_str_t near, civic_str_t *outbox, civic_str_t *entry)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s%, s:s%}", "order_id", order->id.data,
                        order->id.len, "state", order->state.data,
                        order->state.len);
    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "payment.erased", .subject = pid,
                            .details = details, .with_rule = 1 },
                     near, outbox, entry);
    json_decref(details);

    return rc;
}


/* "<pid> erased <order> <item> <trade> ..." */
static civic_str_t
following(civic_request_t *r, const payment_book_t *book,
    const payment_order_t *order)
{
    size_t       i;
    civic_str_t  text = civic_print(r, "%s erased %s %s", book->pid.data,
                                    order->id.data, order->item.data);

    for (i = 0; i < book->ntrades; i++) {
        if (civic_str_eq(book->trades[i].order, order->id)) {
            text = civic_print(r, "%s %s", text.data,
                               book->trades[i].no.data);
        }
    }

    return text;
}


/* *erased: 0, it is another one by now; the next walk looks at it again. */
static civic_result_t
erase(civic_request_t *r, const payment_book_t *book,
    const payment_order_t *order, size_t differences, int *erased)
{
    civic_str_t           keys[3], args[5];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, book->pid, PAYMENT_FAMILY);
    keys[1] = civic_outbox(r, PAYMENT_FOLLOW, keys[0]);
    args[0] = order->id;
    args[1] = order->text;
    args[2] = shared_decimal(r, (int64_t) differences);
    args[3] = following(r, book, order);

    rc = prove(r, book->pid, order, keys[0], &keys[2], &args[4]);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "payment_erase", .keys = keys,
                                 .nkeys = 3, .args = args, .nargs = 5,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc == CIVIC_OK && value->integer == 1) {
        civic_count(r, PAYMENT_ERASED, 1);
        *erased = 1;
    }

    return rc;
}


static civic_result_t
erase_over(civic_request_t *r, const payment_book_t *book,
    payment_order_t *order, int *erased)
{
    int              over, keep = 0, year;
    size_t           differences;
    const char      *what = has_moved(book, order) ? "paid" : "unpaid";
    civic_msec_t     last;
    civic_result_t   rc;

    if (!is_settled(book, order, &last)) {
        return CIVIC_OK;
    }

    year = civic_date_in_china(last).year;
    rc = payment_kept_enough(r, what, year, &over);

    if (rc != CIVIC_OK || !over) {
        return rc;
    }

    rc = payment_order_open(r, book->pid, order);

    if (rc == CIVIC_OK) {
        rc = is_disputed(r, book, order, &differences, &keep);
    }

    if (rc == CIVIC_OK && !keep) {
        rc = payment_is_stuck(r, book->pid, 'o', order->id, &keep);
    }

    if (rc == CIVIC_OK && !keep) {
        rc = is_needed(r, book->pid, order, &keep);
    }

    /* once more: the proof names the rule that was asked last, and the opener
       may have asked one of its own */
    if (rc == CIVIC_OK && !keep) {
        rc = payment_kept_enough(r, what, year, &over);
    }

    return rc != CIVIC_OK || keep || !over
           ? rc : erase(r, book, order, differences, erased);
}


civic_result_t
payment_erase_over(civic_request_t *r, payment_book_t *book, int *erased)
{
    size_t          i;
    civic_result_t  rc = CIVIC_OK;

    *erased = 0;

    for (i = 0; i < book->norders && rc == CIVIC_OK; i++) {
        rc = erase_over(r, book, &book->orders[i], erased);
    }

    return rc;
}


civic_result_t
payment_follow_erased(civic_request_t *r, civic_str_t value)
{
    size_t          i;
    civic_str_t     pid, order, item, no;
    civic_result_t  rc;

    pid = shared_word(value, 0);
    order = shared_word(value, 2);
    item = shared_word(value, 3);

    if (item.len == 0) {
        return CIVIC_INVALID;
    }

    rc = payment_index(r, payment_item_key(r, item), "gone",
                       civic_print(r, "%.*s %.*s", (int) pid.len, pid.data,
                                   (int) order.len, order.data), 0);

    for (i = 4; rc == CIVIC_OK; i++) {
        no = shared_word(value, i);

        if (no.len == 0) {
            break;
        }

        rc = payment_lead_end(r, no);
    }

    return rc;
}
