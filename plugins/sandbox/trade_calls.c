/*
 * trade_calls.c - what an app asks of a trade that has begun: how it stands,
 * its end without money, and money that goes back.
 */

#include <stdlib.h>

#include "trade.h"

#define REASON  256                     /* characters of refund_reason */

#define NOT_EXIST      "ACQ.TRADE_NOT_EXIST"
#define STATUS_ERROR   "ACQ.TRADE_STATUS_ERROR"

/* A call that looks at one trade. */
typedef struct {
    sandbox_call_t  *call;
    int64_t          fen;               /* to refund; -1: not said */
    const char      *request;           /* out_request_no */
    const char      *reason;
} ask_t;


static civic_result_t
refuse(sandbox_call_t *call, const char *sub_code, const char *sub_msg)
{
    return sandbox_refuse(call, "40004", sub_code, sub_msg);
}


/* trade_no goes before out_trade_no. */
static civic_result_t
step_of(ask_t *ask, sandbox_decide_pt decide)
{
    civic_result_t   rc;
    sandbox_call_t  *call = ask->call;
    sandbox_step_t   step = { .r = call->r };

    step.number = sandbox_business(call, "trade_no");
    step.out_trade_no = sandbox_business(call, "out_trade_no");

    if (step.number == NULL && step.out_trade_no == NULL) {
        return refuse(call, "ACQ.INVALID_PARAMETER",
                      "参数无效：out_trade_no与trade_no不能同时为空");
    }

    rc = sandbox_trade_step(&step, decide, ask);
    sandbox_step_free(&step);

    return rc;
}


static json_t *
numbers_of(const json_t *trade)
{
    return json_pack("{s:s, s:s}", "trade_no",
                     sandbox_text(trade, "trade_no"), "out_trade_no",
                     sandbox_text(trade, "out_trade_no"));
}


/* ---- query ------------------------------------------------------------- */

static void
add_money(civic_request_t *r, json_t *node, const json_t *trade)
{
    int          paid = sandbox_trade_int(trade, "paid_at") != 0;
    const char  *total = sandbox_yuan(r, sandbox_trade_int(trade, "fen"));
    const char  *got = paid ? total : "0.00";

    sandbox_trade_set(node, "total_amount", total);
    sandbox_trade_set(node, "receipt_amount", got);
    sandbox_trade_set(node, "buyer_pay_amount", got);
    sandbox_trade_set(node, "invoice_amount", got);
    sandbox_trade_set(node, "point_amount", "0.00");

    if (paid) {
        sandbox_trade_set(node, "send_pay_date",
                          sandbox_clock(r, sandbox_trade_int(trade,
                                                             "paid_at")));
        json_object_set_new(node, "fund_bill_list",
                            json_pack("[{s:s, s:s}]", "fund_channel",
                                      "ALIPAYACCOUNT", "amount", total));
    }
}


static civic_result_t
decide_query(sandbox_step_t *step, void *data)
{
    ask_t   *ask = data;
    json_t  *node;

    if (!sandbox_trade_exists(step->trade)) {
        return refuse(ask->call, NOT_EXIST, "交易不存在");
    }

    node = numbers_of(step->trade);
    sandbox_trade_set(node, "trade_status",
                      sandbox_text(step->trade, "state"));
    add_money(step->r, node, step->trade);
    sandbox_add_buyer(step->r, node, step->trade, "buyer_user_id");

    return sandbox_done(ask->call, node);
}


civic_result_t
sandbox_trade_query(sandbox_call_t *call)
{
    return step_of(&(ask_t) { .call = call }, decide_query);
}


/* ---- close, cancel ----------------------------------------------------- */

static void
close_now(sandbox_step_t *step)
{
    sandbox_trade_set(step->trade, "state", SANDBOX_CLOSED);
    sandbox_trade_set_int(step->trade, "closed_at", step->now);
    step->changed = 1;
    step->notify = 1;
}


static civic_result_t
decide_close(sandbox_step_t *step, void *data)
{
    ask_t  *ask = data;

    if (!sandbox_trade_exists(step->trade)) {
        return refuse(ask->call, NOT_EXIST, "交易不存在");
    }

    if (!sandbox_trade_is(step->trade, SANDBOX_WAITING)) {
        return refuse(ask->call, STATUS_ERROR, "交易状态不合法");
    }

    close_now(step);

    return sandbox_done(ask->call, numbers_of(step->trade));
}


civic_result_t
sandbox_trade_close(sandbox_call_t *call)
{
    return step_of(&(ask_t) { .call = call }, decide_close);
}


/* All that is left of it goes back. */
static void
refund_rest(sandbox_step_t *step, const char *request, const char *reason)
{
    int64_t  rest = sandbox_trade_int(step->trade, "fen")
                    - sandbox_trade_refunded(step->trade);

    sandbox_trade_move(step, SANDBOX_REFUND, rest, request, reason);
    sandbox_trade_set(step->trade, "state", SANDBOX_CLOSED);
    sandbox_trade_set_int(step->trade, "closed_at", step->now);
}


/* One that nobody knows by its out_trade_no is cancelled, too: then neither
   action nor trade_no is told. */
static civic_result_t
decide_cancel(sandbox_step_t *step, void *data)
{
    ask_t       *ask = data;
    json_t      *node;
    const char  *action = "close";

    if (!sandbox_trade_exists(step->trade)) {
        if (step->number != NULL) {
            return refuse(ask->call, NOT_EXIST, "交易不存在");
        }

        return sandbox_done(ask->call,
                            json_pack("{s:s, s:s}", "out_trade_no",
                                      step->out_trade_no, "retry_flag", "N"));
    }

    if (sandbox_trade_is(step->trade, SANDBOX_FINISHED)) {
        return refuse(ask->call, "ACQ.TRADE_HAS_FINISHED", "交易已经完结");
    }

    if (sandbox_trade_is(step->trade, SANDBOX_SUCCESS)) {
        if (sandbox_trade_refunded(step->trade) != 0) {
            return refuse(ask->call, "ACQ.REASON_TRADE_REFUND_FEE_ERR",
                          "退款金额无效");
        }

        refund_rest(step, sandbox_text(step->trade, "out_trade_no"), "撤销");
        action = "refund";

    } else if (sandbox_trade_is(step->trade, SANDBOX_WAITING)) {
        close_now(step);

    } else if (sandbox_trade_int(step->trade, "paid_at") != 0) {
        action = "refund";
    }

    node = numbers_of(step->trade);
    sandbox_trade_set(node, "retry_flag", "N");
    sandbox_trade_set(node, "action", action);

    return sandbox_done(ask->call, node);
}


civic_result_t
sandbox_trade_cancel(sandbox_call_t *call)
{
    return step_of(&(ask_t) { .call = call }, decide_cancel);
}


/* ---- refund ------------------------------------------------------------ */

/* changed: whether this call moved money. */
static civic_result_t
tell_refund(sandbox_step_t *step, ask_t *ask, int changed)
{
    json_t  *node = numbers_of(step->trade);

    sandbox_trade_set(node, "fund_change", changed ? "Y" : "N");
    sandbox_trade_set(node, "refund_fee",
                      sandbox_yuan(step->r,
                                   sandbox_trade_refunded(step->trade)));
    sandbox_trade_set(node, "send_back_fee",
                      sandbox_yuan(step->r, changed ? ask->fen : 0));
    sandbox_trade_set(node, "gmt_refund_pay",
                      sandbox_clock(step->r, step->now));
    sandbox_add_buyer(step->r, node, step->trade, "buyer_user_id");

    return sandbox_done(ask->call, node);
}


/* Of a request that is not known yet.  1: it is refused. */
static int
is_refund_refused(sandbox_step_t *step, ask_t *ask)
{
    int64_t  rest = sandbox_trade_int(step->trade, "fen")
                    - sandbox_trade_refunded(step->trade);

    if (sandbox_trade_is(step->trade, SANDBOX_FINISHED)) {
        (void) refuse(ask->call, "ACQ.TRADE_HAS_FINISHED", "交易已完结");
        return 1;
    }

    if (sandbox_trade_int(step->trade, "paid_at") == 0) {
        (void) refuse(ask->call, STATUS_ERROR, "交易状态非法");
        return 1;
    }

    if (ask->fen > rest) {
        (void) refuse(ask->call, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
                      "退款金额超限");
        return 1;
    }

    return 0;
}


static civic_result_t
decide_refund(sandbox_step_t *step, void *data)
{
    ask_t       *ask = data;
    int64_t      known, total;
    const char  *request = ask->request;

    if (!sandbox_trade_exists(step->trade)) {
        return refuse(ask->call, NOT_EXIST, "交易不存在");
    }

    total = sandbox_trade_int(step->trade, "fen");

    if (request == NULL) {
        if (ask->fen != total) {
            return refuse(ask->call, "ACQ.INVALID_PARAMETER",
                          "参数无效：部分退款必须传入out_request_no");
        }

        request = sandbox_text(step->trade, "out_trade_no");
    }

    known = sandbox_trade_refund_of(step->trade, request);

    if (known >= 0) {
        return known == ask->fen ? tell_refund(step, ask, 0)
               : refuse(ask->call, "ACQ.DISCORDANT_REPEAT_REQUEST",
                        "不一致的请求");
    }

    if (is_refund_refused(step, ask)) {
        return CIVIC_OK;
    }

    sandbox_trade_move(step, SANDBOX_REFUND, ask->fen, request, ask->reason);

    if (sandbox_trade_refunded(step->trade) == total) {
        sandbox_trade_set(step->trade, "state", SANDBOX_CLOSED);
        sandbox_trade_set_int(step->trade, "closed_at", step->now);
    }

    return tell_refund(step, ask, 1);
}


static int
is_request(const char *text)
{
    return text == NULL
           || (strlen(text) <= SANDBOX_NUMBER
               && text[strspn(text, "0123456789_-abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0');
}


civic_result_t
sandbox_trade_refund(sandbox_call_t *call)
{
    ask_t        ask = { .call = call };
    const char  *amount = sandbox_business(call, "refund_amount");

    ask.fen = amount == NULL ? -1 : sandbox_fen(amount);
    ask.request = sandbox_business(call, "out_request_no");
    ask.reason = sandbox_business(call, "refund_reason");

    if (ask.reason == NULL) {
        ask.reason = "";
    }

    if (ask.fen < 0 || !is_request(ask.request)
        || strlen(ask.reason) > REASON * 4)
    {
        return refuse(call, "ACQ.INVALID_PARAMETER",
                      ask.fen < 0 ? "参数无效：refund_amount"
                                  : "参数无效：out_request_no或refund_reason");
    }

    return step_of(&ask, decide_refund);
}


/* ---- refund query ------------------------------------------------------ */

/* A request that is not known is answered with numbers alone. */
static civic_result_t
decide_refund_query(sandbox_step_t *step, void *data)
{
    ask_t    *ask = data;
    json_t   *node;
    int64_t   fen;

    if (!sandbox_trade_exists(step->trade)) {
        return refuse(ask->call, NOT_EXIST, "查询退款的交易不存在");
    }

    if (ask->request == NULL) {
        ask->request = sandbox_text(step->trade, "out_trade_no");
    }

    node = numbers_of(step->trade);
    fen = sandbox_trade_refund_of(step->trade, ask->request);
    sandbox_trade_set(node, "out_request_no", ask->request);

    if (fen >= 0) {
        sandbox_trade_set(node, "total_amount",
                          sandbox_yuan(step->r,
                                       sandbox_trade_int(step->trade,
                                                         "fen")));
        sandbox_trade_set(node, "refund_amount", sandbox_yuan(step->r, fen));
        sandbox_trade_set(node, "refund_status", "REFUND_SUCCESS");
    }

    return sandbox_done(ask->call, node);
}


civic_result_t
sandbox_trade_refund_query(sandbox_call_t *call)
{
    ask_t  ask = { .call = call };

    ask.request = sandbox_business(call, "out_request_no");

    return step_of(&ask, decide_refund_query);
}
