/*
 * notification.c - POST /payment/alipay/notifications: what Alipay tells by
 * itself, up to eight times, in any order, to an address that anybody may
 * post to.
 *
 * "success" is said when its effect is stored, or was before.  All else makes
 * Alipay repeat it, or is not from Alipay: nothing of it is kept.
 */

#include "china_time.h"
#include "payment.h"
#include "values.h"
#include "yuan.h"

#define SUCCESS  "success"
#define FAILURE  "failure"
#define NAME     "0123456789abcdefghijklmnopqrstuvwxyz"                       \
                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


static civic_result_t
say(civic_request_t *r, int status, const char *text)
{
    return civic_reply_bytes(r, status, "text/plain", civic_cstr(text));
}


/* ---- from whom it is --------------------------------------------------- */

static civic_result_t
forged(civic_request_t *r, civic_str_t why)
{
    civic_count(r, PAYMENT_FORGED, 1);
    civic_log(r, CIVIC_LOG_WARN, "a notification is not from alipay: %.*s",
              (int) why.len, why.data);

    return say(r, 400, FAILURE);
}


/* It is from Alipay, and about something that is not ours or not as it is
   kept here. */
static civic_result_t
misfit(civic_request_t *r, const char *what)
{
    civic_count(r, PAYMENT_MISFIT, 1);
    civic_log(r, CIVIC_LOG_ERROR, "a notification of alipay does not fit: %s",
              what);

    return say(r, 400, FAILURE);
}


/* The parameters that Alipay has signed; NULL, answered, if it has not. */
static civic_result_t
verified(civic_request_t *r, json_t **parameters, int *answered)
{
    json_t          *out;
    civic_str_t      body = civic_raw_body(r);
    civic_result_t   rc;

    rc = civic_call(r, "alipay.notification",
                    json_pack("{s:s%}", "form", body.data, body.len), &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!json_is_true(json_object_get(out, "valid"))) {
        *answered = 1;
        return forged(r, shared_json_str(out, "why"));
    }

    *parameters = json_object_get(out, "parameters");

    return CIVIC_OK;
}


/* What is wrong with whom it is for, or NULL. */
static civic_result_t
addressed(civic_request_t *r, json_t *parameters, const char **wrong)
{
    civic_str_t     seller, expected;
    payment_app_t   app;
    civic_result_t  rc;

    rc = payment_app(r, &app);
    if (rc != CIVIC_OK) {
        return rc;
    }

    seller = shared_json_str(parameters, "seller_id");
    expected = civic_cstr(json_string_value(civic_option(r, "seller_id")));

    if (!civic_str_eq(shared_json_str(parameters, "app_id"), app.app_id)) {
        *wrong = "app_id";

    } else if (!civic_str_eq(seller, expected)) {
        *wrong = "seller_id";

    } else if (!shared_is_hex_id(shared_json_str(parameters, "out_trade_no"))) {
        *wrong = "out_trade_no";
    }

    return CIVIC_OK;
}


/* ---- what it says ------------------------------------------------------ */

static const char *
read_fact(civic_request_t *r, json_t *parameters, payment_fact_t *fact)
{
    civic_str_t  amount = shared_json_str(parameters, "total_amount");
    civic_str_t  name = shared_json_str(parameters, "trade_no");
    civic_str_t  at = shared_json_str(parameters, "gmt_payment");

    memset(fact, 0, sizeof(payment_fact_t));

    fact->says = payment_status(shared_json_str(parameters,
                                                "trade_status").data);
    fact->trade_no = name;

    if (fact->says == PAYMENT_SAYS_NOTHING) {
        return "trade_status";
    }

    if (name.len == 0 || name.len > PAYMENT_NAME
        || strspn(name.data, NAME) != name.len)
    {
        return "trade_no";
    }

    if (civic_yuan_parse(amount.data, amount.len, &fact->fen) != 0) {
        return "total_amount";
    }

    if (civic_china_time_parse(at.data, at.len, &fact->at) != 0) {
        fact->at = civic_business_now(r);
    }

    return NULL;
}


/* Money that went in and back in full is told as closed: what is paid here
   stays so, and the refund's own record says the rest. */
static civic_result_t
apply(civic_request_t *r, civic_str_t pid, payment_trade_t *trade,
    const payment_fact_t *fact)
{
    civic_result_t    rc;
    payment_change_t  change;

    if (fact->fen != trade->fen) {
        return misfit(r, "total_amount");
    }

    if (fact->says == PAYMENT_SAYS_WAITING) {
        return say(r, 200, SUCCESS);
    }

    rc = payment_news(r, pid, trade, fact, &change);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (change == PAYMENT_DOES_NOT_FIT) {
        return say(r, 400, FAILURE);
    }

    civic_count(r, change == PAYMENT_KNOWN ? PAYMENT_NOTIFIED_AGAIN
                                           : PAYMENT_NOTIFIED, 1);

    return say(r, 200, SUCCESS);
}


static civic_result_t
take(civic_request_t *r, json_t *parameters)
{
    civic_str_t       no, pid;
    const char       *wrong;
    civic_result_t    rc;
    payment_book_t    book;
    payment_fact_t    fact;
    payment_trade_t  *trade;

    no = shared_json_str(parameters, "out_trade_no");
    wrong = read_fact(r, parameters, &fact);

    if (wrong != NULL) {
        return misfit(r, wrong);
    }

    rc = payment_lead_read(r, no, &pid);

    if (rc == CIVIC_OK) {
        rc = payment_book_read(r, pid, &book);
    }

    if (rc == CIVIC_NOT_FOUND) {
        return misfit(r, "out_trade_no");
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    trade = payment_trade_of(&book, no);

    return trade == NULL ? misfit(r, "out_trade_no")
                         : apply(r, pid, trade, &fact);
}


civic_result_t
payment_notification(civic_request_t *r)
{
    int              answered = 0;
    json_t          *parameters = NULL;
    const char      *wrong = NULL;
    civic_result_t   rc;

    rc = verified(r, &parameters, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = addressed(r, parameters, &wrong);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    return wrong != NULL ? misfit(r, wrong) : take(r, parameters);
}
