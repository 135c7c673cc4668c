/*
 * refund.c - money that goes back: begun by the office, by whoever opened the
 * order, or by a payment that came too late; carried out by the job that
 * chases, until Alipay says that it is back.
 *
 * A refund's number is made of what it is for (the trade, and the version of
 * the order that was seen, or that it was late): a repeat is the same refund,
 * here and at Alipay.
 */

#include "payment.h"
#include "values.h"
#include "yuan.h"

#define METHOD   "alipay.trade."
#define TIMEOUT  8000                       /* ms */


/* ---- beginning --------------------------------------------------------- */

civic_result_t
payment_refund_allowed(civic_request_t *r, const payment_order_t *order,
    const char *who, int64_t fen, json_t **refused)
{
    json_t          *answer;
    civic_result_t   rc;

    *refused = NULL;

    rc = civic_rule(r, "refund",
                    json_pack("{s:s, s:I, s:I, s:I, s:s%, s:I}", "who", who,
                              "fen", (json_int_t) fen,
                              "paid", (json_int_t) order->fen,
                              "returned", (json_int_t) order->back,
                              "state", order->state.data, order->state.len,
                              "since", (json_int_t)
                                  ((civic_now(r) - order->since) / 1000)),
                    &answer);

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        *refused = answer;
    }

    return rc;
}


static civic_result_t
entry_of(civic_request_t *r, civic_str_t pid, const payment_order_t *order,
    int64_t fen, civic_str_t no, civic_str_t near, civic_str_t *outbox,
    civic_str_t *entry)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s%, s:s%, s:I}", "order_id", order->id.data,
                        order->id.len, "refund_no", no.data, no.len,
                        "fen", (json_int_t) fen);

    rc = civic_audit(r, &(civic_audit_entry_t) {
                             .action = "payment.refund_begun",
                             .subject = pid, .details = details },
                     near, outbox, entry);
    json_decref(details);

    return rc;
}


/* What the script has answered with. */
static civic_result_t
take_begun(civic_request_t *r, const civic_value_t *value,
    payment_order_t *order, payment_refund_t *refund, int *begun)
{
    if (value->type != CIVIC_VALUE_ARRAY || value->count != 3
        || payment_order_take(r, shared_item(value, 1), order) != 0)
    {
        return CIVIC_INVALID;
    }

    *begun = value->items[0].integer != 0;

    if (!*begun) {
        return CIVIC_OK;
    }

    if (value->items[0].integer == 1) {
        civic_count(r, PAYMENT_REFUNDS, 1);
    }

    return payment_refund_take(r, shared_item(value, 2), refund) == 0
           ? CIVIC_OK : CIVIC_INVALID;
}


civic_result_t
payment_refund_begin(civic_request_t *r, civic_str_t pid,
    payment_order_t *order, int64_t version, int64_t fen, const char *kind,
    civic_str_t reason, payment_refund_t *refund, int *begun)
{
    civic_str_t           keys[4], args[9];
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(refund, 0, sizeof(payment_refund_t));
    refund->no = civic_print(r, "%s_%lld", order->paid_by.data,
                             (long long) version);

    keys[0] = civic_person_key(r, pid, PAYMENT_FAMILY);
    keys[1] = civic_outbox(r, PAYMENT_FOLLOW, keys[0]);
    keys[2] = civic_outbox(r, PAYMENT_TELL, keys[0]);

    args[0] = order->id;
    args[1] = shared_decimal(r, version);
    args[2] = shared_decimal(r, fen);
    args[3] = refund->no;
    args[4] = civic_cstr(kind);
    args[6] = shared_decimal(r, civic_now(r));
    args[7] = pid;

    rc = payment_seal(r, pid, refund->no,
                      json_pack("{s:s%}", "reason",
                                civic_text_or_empty(reason), reason.len),
                      &args[5]);

    if (rc == CIVIC_OK) {
        rc = entry_of(r, pid, order, fen, refund->no, keys[0], &keys[3],
                      &args[8]);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "payment_refund", .keys = keys,
                                 .nkeys = 4, .args = args, .nargs = 9,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc == CIVIC_OK) {
        rc = take_begun(r, value, order, refund, begun);
    }

    return rc == CIVIC_OK && *begun
           ? civic_notify(r, payment_topic(r, order->id)) : rc;
}


/* ---- carrying it out --------------------------------------------------- */

static json_t *
numbers(const payment_refund_t *refund)
{
    return json_pack("{s:s%, s:s%}", "out_trade_no", refund->trade.data,
                     refund->trade.len, "out_request_no", refund->no.data,
                     refund->no.len);
}


/* The same number again is the same refund: it may be sent at any time. */
static civic_result_t
send(civic_request_t *r, const payment_refund_t *refund, int *back,
    civic_str_t *refused)
{
    json_t                  *business = numbers(refund);
    civic_result_t           rc;
    shared_alipay_answer_t   answer;

    json_object_set_new(business, "refund_amount",
                        json_string(payment_yuan(r, refund->fen).data));

    rc = shared_alipay_call(r, json_pack("{s:s, s:o, s:i}", "method",
                                         METHOD "refund", "business",
                                         business, "timeout", TIMEOUT),
                            &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *back = answer.outcome == SHARED_ALIPAY_DONE
            && strcmp(shared_alipay_text(&answer, "fund_change"), "Y") == 0;

    if (answer.outcome == SHARED_ALIPAY_REFUSED) {
        *refused = shared_copy(r, civic_cstr(answer.sub_code));
        civic_count(r, PAYMENT_REFUNDS_REFUSED, 1);
        civic_log(r, CIVIC_LOG_WARN, "alipay does not carry out refund "
                  "\"%.*s\": \"%s\"", (int) refund->no.len, refund->no.data,
                  answer.sub_code);
    }

    return CIVIC_OK;
}


/* Any doubt is for the query to clear. */
static civic_result_t
query(civic_request_t *r, const payment_refund_t *refund, int *back)
{
    int64_t                  fen;
    const char              *amount;
    civic_result_t           rc;
    shared_alipay_answer_t   answer;

    rc = shared_alipay_call(r, json_pack("{s:s, s:o, s:b}", "method",
                                         METHOD "fastpay.refund.query",
                                         "business", numbers(refund),
                                         "safe", 1), &answer);

    if (rc != CIVIC_OK || answer.outcome != SHARED_ALIPAY_DONE
        || strcmp(shared_alipay_text(&answer, "refund_status"),
                  "REFUND_SUCCESS") != 0)
    {
        return rc;
    }

    amount = shared_alipay_text(&answer, "refund_amount");

    if (civic_yuan_parse(amount, strlen(amount), &fen) != 0
        || fen != refund->fen)
    {
        civic_count(r, PAYMENT_MISFIT, 1);
        civic_log(r, CIVIC_LOG_ERROR, "alipay has given back another amount "
                  "than refund \"%.*s\" has", (int) refund->no.len,
                  refund->no.data);
        return CIVIC_OK;
    }

    *back = 1;

    return CIVIC_OK;
}


static civic_result_t
note(civic_request_t *r, civic_str_t pid, payment_refund_t *refund)
{
    civic_str_t           keys[3], args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, pid, PAYMENT_FAMILY);
    keys[1] = civic_outbox(r, PAYMENT_FOLLOW, keys[0]);
    keys[2] = civic_outbox(r, PAYMENT_TELL, keys[0]);

    args[0] = refund->no;
    args[1] = shared_decimal(r, civic_now(r));
    args[2] = pid;
    args[3] = shared_decimal(r, civic_business_now(r));

    rc = civic_script(r, &(civic_script_t) {
                             .name = "payment_returned", .keys = keys,
                             .nkeys = 3, .args = args, .nargs = 4,
                             .flags = CIVIC_SCRIPT_DURABLE }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2) {
        return CIVIC_ERROR;
    }

    if (value->items[0].integer == 1) {
        civic_count(r, PAYMENT_REFUNDED, 1);
    }

    return payment_refund_take(r, shared_item(value, 1), refund) == 0
           ? CIVIC_OK : CIVIC_INVALID;
}


civic_result_t
payment_refund_try(civic_request_t *r, civic_str_t pid,
    payment_refund_t *refund, civic_str_t *refused)
{
    int             back = 0;
    civic_result_t  rc;

    *refused = CIVIC_STR("");
    rc = send(r, refund, &back, refused);

    if (rc == CIVIC_OK && !back) {
        rc = query(r, refund, &back);
    }

    return rc == CIVIC_OK && back ? note(r, pid, refund) : rc;
}
