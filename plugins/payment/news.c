/*
 * news.c - the one function that takes news of a trade, whoever brought it,
 * and the index that leads from a trade to its person.
 *
 * The script decides: it moves trade and order together, and writes the one
 * receipt of that movement.  All that follows stands in an outbox by then.
 */

#include "payment.h"
#include "values.h"

#define PREFIX  "civic:{pay:"
#define YEAR    INT64_C(31622400000)        /* ms */


/* ---- to whom a trade leads --------------------------------------------- */

static civic_str_t
lead_key(civic_request_t *r, civic_str_t no)
{
    return civic_print(r, PREFIX "%.*s}", (int) no.len, no.data);
}


static civic_result_t
change_lead(civic_request_t *r, civic_str_t key, const civic_str_t *args)
{
    const civic_value_t  *value;

    return civic_script(r, &(civic_script_t) {
                            .name = "payment_lead", .keys = &key, .nkeys = 1,
                            .args = args, .nargs = 2,
                            .flags = CIVIC_SCRIPT_DURABLE }, &value);
}


civic_result_t
payment_lead_keep(civic_request_t *r, civic_str_t no, civic_str_t pid)
{
    civic_str_t     args[2], key = lead_key(r, no);
    civic_result_t  rc;

    rc = civic_seal(r, PAYMENT_RECORD, key, pid, &args[0]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    args[1] = shared_decimal(r, PAYMENT_LONG_AGO_YEARS * YEAR);

    return change_lead(r, key, args);
}


civic_result_t
payment_lead_end(civic_request_t *r, civic_str_t no)
{
    civic_str_t  args[2] = { CIVIC_STR(""), CIVIC_STR("0") };

    return change_lead(r, lead_key(r, no), args);
}


civic_result_t
payment_lead_read(civic_request_t *r, civic_str_t no, civic_str_t *pid)
{
    civic_str_t           key = lead_key(r, no), plain;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("GET"), key), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_STRING) {
        return CIVIC_NOT_FOUND;
    }

    rc = civic_open(r, PAYMENT_RECORD, key, value->str, &plain);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *pid = shared_copy(r, plain);

    return plain.len == SHARED_PID ? CIVIC_OK : CIVIC_INVALID;
}


/* ---- news -------------------------------------------------------------- */

/* Told to the operator: money that does not fit is nobody's by itself. */
static void
misfit(civic_request_t *r, const payment_trade_t *trade, civic_str_t why)
{
    civic_count(r, PAYMENT_MISFIT, 1);
    civic_log(r, CIVIC_LOG_ERROR, "news of trade \"%.*s\" does not fit what "
              "is kept of it: %.*s", (int) trade->no.len, trade->no.data,
              (int) why.len, why.data);
}


static civic_result_t
run(civic_request_t *r, civic_str_t pid, const payment_trade_t *trade,
    const payment_fact_t *fact, int64_t tolerance,
    const civic_value_t **value)
{
    int             paid = fact->says == PAYMENT_SAYS_PAID;
    civic_str_t     keys[3], args[9], refund;
    civic_result_t  rc;

    keys[0] = civic_person_key(r, pid, PAYMENT_FAMILY);
    keys[1] = civic_outbox(r, PAYMENT_FOLLOW, keys[0]);
    keys[2] = civic_outbox(r, PAYMENT_TELL, keys[0]);

    args[0] = trade->no;
    args[1] = paid ? CIVIC_STR("paid") : CIVIC_STR("closed");
    args[2] = shared_decimal(r, paid ? fact->fen : 0);
    args[3] = paid ? fact->trade_no : CIVIC_STR("");
    args[4] = shared_decimal(r, fact->at);
    args[5] = shared_decimal(r, civic_now(r));
    args[6] = shared_decimal(r, tolerance);
    args[7] = pid;
    args[8] = CIVIC_STR("");

    if (paid) {
        refund = civic_print(r, "%.*s_late", (int) trade->no.len,
                             trade->no.data);
        rc = payment_seal(r, pid, refund,
                          json_pack("{s:s}", "reason", "late"), &args[8]);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    return civic_script(r, &(civic_script_t) {
                            .name = "payment_news", .keys = keys, .nkeys = 3,
                            .args = args, .nargs = 9,
                            .flags = CIVIC_SCRIPT_DURABLE }, value);
}


static void
count_change(civic_request_t *r, const payment_trade_t *trade)
{
    if (payment_is(trade->state, "paid")) {
        civic_count(r, PAYMENT_PAID, 1);

    } else if (payment_is(trade->state, "late")) {
        civic_count(r, PAYMENT_LATE, 1);
        civic_log(r, CIVIC_LOG_WARN, "trade \"%.*s\" was paid when its order "
                  "did not want it: the money goes back",
                  (int) trade->no.len, trade->no.data);
    }
}


civic_result_t
payment_news(civic_request_t *r, civic_str_t pid, payment_trade_t *trade,
    const payment_fact_t *fact, payment_change_t *change)
{
    civic_str_t           word;
    civic_result_t        rc;
    payment_terms_t       terms;
    const civic_value_t  *value;

    *change = PAYMENT_DOES_NOT_FIT;

    rc = payment_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = run(r, pid, trade, fact, terms.tolerance, &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    word = shared_item(value, 0);

    if (civic_str_eq(word, CIVIC_STR("misfit"))) {
        misfit(r, trade, shared_item(value, 1));
        return CIVIC_OK;
    }

    if (payment_trade_take(r, shared_item(value, 1), trade) != 0) {
        return CIVIC_INVALID;
    }

    if (civic_str_eq(word, CIVIC_STR("known"))) {
        *change = PAYMENT_KNOWN;
        return CIVIC_OK;
    }

    *change = PAYMENT_CHANGED;
    count_change(r, trade);

    return civic_notify(r, payment_topic(r, trade->order));
}
