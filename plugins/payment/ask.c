/*
 * ask.c - what Alipay says of a trade when it is asked, and how it is closed.
 *
 * A trade of the channels page and qr exists at Alipay only once somebody has
 * opened it: until its end "not there" is no answer, after it it is one.
 *
 * Alipay's instants are held against the business clock: it is the real one,
 * but in a sandbox, whose Alipay goes by it, too.
 */

#include <stdlib.h>

#include "china_time.h"
#include "payment.h"
#include "values.h"
#include "yuan.h"

#define METHOD   "alipay.trade."
#define TIMEOUT  5000                       /* ms */
#define MARGIN   120000                     /* ms: clocks differ, and a phone
                                               may be paying at the end */


payment_says_t
payment_status(const char *status)
{
    if (strcmp(status, "TRADE_SUCCESS") == 0
        || strcmp(status, "TRADE_FINISHED") == 0)
    {
        return PAYMENT_SAYS_PAID;
    }

    if (strcmp(status, "TRADE_CLOSED") == 0) {
        return PAYMENT_SAYS_CLOSED;
    }

    return strcmp(status, "WAIT_BUYER_PAY") == 0 ? PAYMENT_SAYS_WAITING
                                                 : PAYMENT_SAYS_NOTHING;
}


static json_t *
call_of(const char *method, const payment_trade_t *trade, int safe)
{
    return json_pack("{s:s, s:{s:s%}, s:b, s:i}", "method", method,
                     "business", "out_trade_no", trade->no.data,
                     trade->no.len, "safe", safe, "timeout", TIMEOUT);
}


static int
is_absent(const shared_alipay_answer_t *answer)
{
    return answer->outcome == SHARED_ALIPAY_REFUSED
           && strcmp(answer->sub_code, "ACQ.TRADE_NOT_EXIST") == 0;
}


/* A name of Alipay's: nothing else is let into a field's name. */
static int
is_name(const char *text)
{
    size_t  len = strlen(text);

    return len > 0 && len <= PAYMENT_NAME
           && strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}


/* Money that moved, as it is written; says stays NOTHING if it cannot be
   read. */
static void
read_paid(civic_request_t *r, const shared_alipay_answer_t *answer,
    payment_fact_t *fact)
{
    const char  *amount = shared_alipay_text(answer, "total_amount");
    const char  *date = shared_alipay_text(answer, "send_pay_date");
    const char  *name = shared_alipay_text(answer, "trade_no");

    if (!is_name(name) || civic_yuan_parse(amount, strlen(amount), &fact->fen)
                          != 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "alipay tells a paid trade without its "
                  "number or amount");
        return;
    }

    if (civic_china_time_parse(date, strlen(date), &fact->at) != 0) {
        fact->at = civic_business_now(r);
    }

    fact->trade_no = civic_print(r, "%s", name);
    fact->says = PAYMENT_SAYS_PAID;
}


static void
read_answer(civic_request_t *r, const payment_trade_t *trade,
    const shared_alipay_answer_t *answer, payment_fact_t *fact)
{
    payment_says_t   says;
    const char      *no = shared_alipay_text(answer, "out_trade_no");

    /* a signed answer, but to another question */
    if (*no != '\0' && !civic_str_eq(civic_cstr(no), trade->no)) {
        civic_log(r, CIVIC_LOG_ERROR, "alipay answers for another trade than "
                  "it was asked about");
        return;
    }

    says = payment_status(shared_alipay_text(answer, "trade_status"));

    if (says == PAYMENT_SAYS_PAID) {
        read_paid(r, answer, fact);

    } else {
        fact->says = says;
        fact->at = civic_business_now(r);
    }
}


civic_result_t
payment_ask(civic_request_t *r, const payment_trade_t *trade,
    payment_fact_t *fact)
{
    civic_result_t          rc;
    shared_alipay_answer_t  answer;

    memset(fact, 0, sizeof(payment_fact_t));
    fact->trade_no = CIVIC_STR("");

    rc = shared_alipay_call(r, call_of(METHOD "query", trade, 1), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_count(r, PAYMENT_ASKED, 1);

    if (answer.outcome == SHARED_ALIPAY_DONE) {
        read_answer(r, trade, &answer, fact);

    } else if (is_absent(&answer)) {
        fact->says = PAYMENT_SAYS_ABSENT;
        fact->at = civic_business_now(r);
    }

    if (fact->says == PAYMENT_SAYS_NOTHING) {
        civic_count(r, PAYMENT_UNAVAILABLE, 1);
    }

    return CIVIC_OK;
}


/* ---- closing ----------------------------------------------------------- */

/* fact is CLOSED if it is; NOTHING if it was paid at this moment, or nobody
   knows: it is asked about again. */
static civic_result_t
close_trade(civic_request_t *r, const payment_trade_t *trade,
    payment_fact_t *fact)
{
    civic_result_t          rc;
    shared_alipay_answer_t  answer;

    rc = shared_alipay_call(r, call_of(METHOD "close", trade, 0), &answer);

    if (rc == CIVIC_OK) {
        fact->says = answer.outcome == SHARED_ALIPAY_DONE
                     ? PAYMENT_SAYS_CLOSED : PAYMENT_SAYS_NOTHING;
        fact->at = civic_business_now(r);
    }

    return rc;
}


/* Nobody can pay it any more, whatever Alipay knows of it. */
static int
is_over(civic_request_t *r, const payment_trade_t *trade)
{
    return civic_business_now(r) >= trade->ends + MARGIN;
}


civic_result_t
payment_look(civic_request_t *r, civic_str_t pid, payment_trade_t *trade,
    int finish)
{
    civic_result_t    rc;
    payment_fact_t    fact;
    payment_change_t  change;

    rc = payment_ask(r, trade, &fact);

    if (rc == CIVIC_OK && fact.says == PAYMENT_SAYS_WAITING
        && (finish || civic_business_now(r) >= trade->ends))
    {
        rc = close_trade(r, trade, &fact);

        /* paid between the two questions? */
        if (rc == CIVIC_OK && fact.says == PAYMENT_SAYS_NOTHING) {
            rc = payment_ask(r, trade, &fact);
        }
    }

    if (rc == CIVIC_OK && fact.says == PAYMENT_SAYS_ABSENT
        && is_over(r, trade))
    {
        fact.says = PAYMENT_SAYS_CLOSED;
    }

    if (rc != CIVIC_OK || (fact.says != PAYMENT_SAYS_PAID
                           && fact.says != PAYMENT_SAYS_CLOSED))
    {
        return rc;
    }

    return payment_news(r, pid, trade, &fact, &change);
}


civic_result_t
payment_look_all(civic_request_t *r, payment_book_t *book, civic_str_t order,
    int finish, unsigned *open)
{
    size_t            i;
    civic_result_t    rc = CIVIC_OK;
    payment_trade_t  *trade;

    *open = 0;

    for (i = 0; i < book->ntrades && rc == CIVIC_OK; i++) {
        trade = &book->trades[i];

        if (!civic_str_eq(trade->order, order)
            || !payment_is(trade->state, "open"))
        {
            continue;
        }

        rc = payment_look(r, book->pid, trade, finish);
        *open += payment_is(trade->state, "open");
    }

    return rc;
}


/* ---- taking turns ------------------------------------------------------ */

civic_result_t
payment_turn(civic_request_t *r, civic_str_t pid, civic_str_t order,
    int *turn)
{
    json_t               *answer;
    civic_str_t           args[3], key;
    civic_result_t        rc;
    const civic_value_t  *value;

    *turn = 0;

    rc = civic_rule(r, "ask", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    key = civic_person_key(r, pid, PAYMENT_FAMILY);
    args[0] = order;
    args[1] = shared_decimal(r, civic_now(r));
    args[2] = shared_decimal(r, civic_now(r) + 1000
                             * shared_rule_number(answer, "every", 3, 1, 60));

    rc = civic_script(r, &(civic_script_t) {
                             .name = "payment_turn", .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 3 }, &value);

    *turn = rc == CIVIC_OK && value->type == CIVIC_VALUE_INTEGER
            && value->integer == 1;

    return rc;
}
