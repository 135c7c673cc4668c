/*
 * trade.h - what the files of the sandbox that play Alipay's payments know
 * of each other.
 *
 * A trade is one JSON object, kept under the app's out_trade_no, and this is
 * all there is: what was ordered, how it stands, and each movement of money.
 * It is changed by comparing and replacing (sandbox_trade_write.lua), which
 * in the same step notes the money, the notification and the deadline; so
 * whoever asks, in whichever nginx, sees all of a change or nothing.
 *
 *   {"out_trade_no", "product", "state", "order", "trade_no", "fen",
 *    "subject", "body", "passback", "buyer", "notify_url", "return_url",
 *    "ordered_at", "code_until", "express", "created_at", "expires_at",
 *    "paid_at", "closed_at", "movements": [{"kind", "fen", "at", "from",
 *    "to", "request", "reason"}], "notices": [notify_id ...]}
 *
 * Amounts are fen, times ms of business time, 0 for none.  "buyer" is a user
 * of the sandbox, or "" until somebody comes to the cashier.
 */

#ifndef SANDBOX_TRADE_H
#define SANDBOX_TRADE_H

#include "sandbox.h"

#define SANDBOX_ORDERED   "ORDERED"     /* a QR code or a link, no trade yet */
#define SANDBOX_WAITING   "WAIT_BUYER_PAY"
#define SANDBOX_SUCCESS   "TRADE_SUCCESS"
#define SANDBOX_FINISHED  "TRADE_FINISHED"
#define SANDBOX_CLOSED    "TRADE_CLOSED"

#define SANDBOX_JSAPI     "JSAPI_PAY"
#define SANDBOX_FACE      "FACE_TO_FACE_PAYMENT"
#define SANDBOX_PAGE      "FAST_INSTANT_TRADE_PAY"

#define SANDBOX_PAYMENT   "payment"     /* kinds of movements */
#define SANDBOX_REFUND    "refund"

#define SANDBOX_NUMBER    64            /* characters of out_trade_no */
#define SANDBOX_HOUR      (3600 * 1000LL)
#define SANDBOX_CHINA     (8 * SANDBOX_HOUR)        /* ahead of UTC */


/* ---- trade.c: keeping trades ------------------------------------------- */

/* "civic:sandbox:{money}:<family>": all of it stands in one slot. */
civic_str_t sandbox_money_key(civic_request_t *r, const char *family);

/* One look at a trade and one change of it. */
typedef struct sandbox_step_s  sandbox_step_t;

/* Decides by step->trade, changes it, and says so in step->changed.  Is
   called again when somebody else was quicker. */
typedef civic_result_t (*sandbox_decide_pt)(sandbox_step_t *step,
    void *data);

struct sandbox_step_s {
    civic_request_t  *r;
    const char       *out_trade_no;     /* NULL: number leads to it */
    const char       *number;           /* a trade_no, or an order's id */
    json_t           *before;           /* as it is kept, or NULL */
    json_t           *trade;            /* as it is now, or NULL */
    civic_msec_t      now;              /* business time */

    /* what the decision says */
    int               changed;
    const char       *index;            /* leads to the trade from now on */
    int               moved;            /* the last movement is new */
    int               notify;
};

civic_result_t sandbox_trade_step(sandbox_step_t *step,
    sandbox_decide_pt decide, void *data);
void sandbox_step_free(sandbox_step_t *step);

/* What time has made of it: an unpaid one closes, a paid one ends. */
void sandbox_trade_age(civic_request_t *r, json_t *trade, civic_msec_t now);

int64_t sandbox_trade_int(const json_t *trade, const char *name);
void sandbox_trade_set_int(json_t *trade, const char *name, int64_t value);
void sandbox_trade_set(json_t *trade, const char *name, const char *value);
int sandbox_trade_is(const json_t *trade, const char *state);

/* Whether Alipay has such a trade: an order is none. */
int sandbox_trade_exists(const json_t *trade);

/* Makes a trade of an order: somebody has come to pay. */
civic_result_t sandbox_trade_begin(sandbox_step_t *step);

/* Fen that went back so far, or of one request; -1: no such request. */
int64_t sandbox_trade_refunded(const json_t *trade);
int64_t sandbox_trade_refund_of(const json_t *trade, const char *request);

/* Adds a movement; what it means for the state is the caller's. */
void sandbox_trade_move(sandbox_step_t *step, const char *kind, int64_t fen,
    const char *request, const char *reason);

/* "88.00"; -1 unless it is an amount of 0.01 to 100000000. */
const char *sandbox_yuan(civic_request_t *r, int64_t fen);
int64_t sandbox_fen(const char *yuan);

/* "2026-03-09 12:00:00" in China, and back; -1 if it is none. */
const char *sandbox_clock(civic_request_t *r, civic_msec_t at);
civic_msec_t sandbox_instant(const char *clock);

/* The option seller_id. */
const char *sandbox_seller(civic_request_t *r);

/* Adds the buyer as apps see one: open_id, user_id if they may. */
void sandbox_add_buyer(civic_request_t *r, json_t *node, const json_t *trade,
    const char *user_id_name);


/* ---- order.c: trades that begin ---------------------------------------- */

/* alipay.trade.create, .precreate */
civic_result_t sandbox_trade_create(sandbox_call_t *call);
civic_result_t sandbox_trade_precreate(sandbox_call_t *call);

/* What alipay.trade.page.pay, a page, leads to: a reference relative to
   gateway.do; or call->node says why it leads nowhere. */
civic_result_t sandbox_trade_page(sandbox_call_t *call,
    civic_str_t *location);

/* Where a phone pays it: of a QR code, hence absolute. */
civic_str_t sandbox_cashier_url(civic_request_t *r, const char *number);


/* ---- trade_calls.c: trades that go on ---------------------------------- */

/* alipay.trade.query, .close, .cancel, .refund, .fastpay.refund.query */
civic_result_t sandbox_trade_query(sandbox_call_t *call);
civic_result_t sandbox_trade_close(sandbox_call_t *call);
civic_result_t sandbox_trade_cancel(sandbox_call_t *call);
civic_result_t sandbox_trade_refund(sandbox_call_t *call);
civic_result_t sandbox_trade_refund_query(sandbox_call_t *call);


/* ---- cashier.c: whoever pays ------------------------------------------- */

extern const civic_field_t  sandbox_cashier_query[];
extern const civic_field_t  sandbox_payment_body[];
extern const civic_field_t  sandbox_payment_reply[];

/* GET and POST /phone/pay/{number} */
civic_result_t sandbox_cashier_show(civic_request_t *r);
civic_result_t sandbox_cashier_decide(civic_request_t *r);

/* POST /alipay/payments: stands for my.tradePay() and for a scan. */
civic_result_t sandbox_payment(civic_request_t *r);


/* ---- trades.c: what happened, for tests -------------------------------- */

extern const civic_field_t  sandbox_trades_query[];
extern const civic_field_t  sandbox_trades_reply[];

/* GET /alipay/trades */
civic_result_t sandbox_trades(civic_request_t *r);

#endif
