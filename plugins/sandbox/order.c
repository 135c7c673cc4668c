/*
 * order.c - how trades begin: create makes one for a buyer it knows;
 * precreate and page.pay only take an order, and the trade begins when
 * somebody scans the code or comes to the cashier.
 */

#include <stdio.h>
#include <stdlib.h>

#include "civil_date.h"
#include "trade.h"

#define MINUTE        (60 * 1000LL)
#define TIMEOUT_MOST  (15 * SANDBOX_DAY)
#define FACE_TIMEOUT  (3 * SANDBOX_HOUR)    /* of precreate, unless told */
#define CODE_LIFE     (2 * SANDBOX_HOUR)    /* of its QR code, at most */
#define SUBJECT       256                   /* characters */

#define PARAMETER_WRONG  "ACQ.INVALID_PARAMETER"

/* What a call orders. */
typedef struct {
    sandbox_call_t  *call;
    const char      *product;
    const char      *out_trade_no;
    const char      *subject;
    const char      *buyer;             /* a user, or "" */
    int64_t          fen;
    int64_t          express;           /* ms from the trade's beginning */
    civic_msec_t     expires_at;        /* 0: express counts */
    civic_msec_t     code_until;
    json_t          *answer;            /* the trade, as it is then */
} order_t;


/* ---- reading ----------------------------------------------------------- */

static civic_result_t
refuse_parameter(sandbox_call_t *call, const char *name)
{
    return sandbox_refuse(call, "40004", PARAMETER_WRONG,
                          civic_print(call->r, "参数无效：%s", name).data);
}


/* "5m", "2h", "1d", "1c" as ms from now; -1 if it is none of them. */
static int64_t
express_of(const char *text, civic_msec_t now)
{
    char       *unit;
    int64_t     count = strtoll(text, &unit, 10), ms;

    if (*text < '1' || *text > '9' || unit - text > 6 || strlen(unit) != 1) {
        return -1;
    }

    switch (*unit) {
    case 'm':
        ms = count * MINUTE;
        break;
    case 'h':
        ms = count * SANDBOX_HOUR;
        break;
    case 'd':
        ms = count * SANDBOX_DAY;
        break;
    case 'c':
        /* closes at midnight in China */
        return count != 1 ? -1
               : SANDBOX_DAY - (now + SANDBOX_CHINA) % SANDBOX_DAY;
    default:
        return -1;
    }

    return ms <= TIMEOUT_MOST ? ms : -1;
}


/* time_expire wins over timeout_express.  NULL, or what is wrong. */
static const char *
read_times(order_t *order, civic_msec_t now)
{
    const char  *expire = sandbox_business(order->call, "time_expire");
    const char  *express = sandbox_business(order->call, "timeout_express");
    const char  *code = sandbox_business(order->call,
                                         "qr_code_timeout_express");
    int64_t      life = CODE_LIFE;

    order->express = strcmp(order->product, SANDBOX_FACE) == 0
                     ? FACE_TIMEOUT : TIMEOUT_MOST;

    if (express != NULL) {
        order->express = express_of(express, now);

        if (order->express < 0) {
            return "timeout_express";
        }
    }

    if (expire != NULL) {
        order->expires_at = sandbox_instant(expire);

        if (order->expires_at <= now) {
            return "time_expire";
        }
    }

    if (code != NULL) {
        life = express_of(code, now);

        if (life < 0) {
            return "qr_code_timeout_express";
        }
    }

    if (life > CODE_LIFE) {
        life = CODE_LIFE;
    }

    order->code_until = strcmp(order->product, SANDBOX_PAGE) == 0
                        ? now + TIMEOUT_MOST : now + life;

    if (order->expires_at != 0 && order->code_until > order->expires_at) {
        order->code_until = order->expires_at;
    }

    return NULL;
}


static int
is_number(const char *text)
{
    return text != NULL && strlen(text) <= SANDBOX_NUMBER
           && text[strspn(text, "0123456789_abcdefghijklmnopqrstuvwxyz"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}


static size_t
characters(const char *utf8)
{
    size_t  count = 0;

    for ( ; *utf8 != '\0'; utf8++) {
        count += ((unsigned char) *utf8 & 0xc0) != 0x80;
    }

    return count;
}


static const char *
read_order(order_t *order)
{
    const char      *amount = sandbox_business(order->call, "total_amount");
    const char      *product = sandbox_business(order->call, "product_code");
    sandbox_call_t  *call = order->call;

    order->out_trade_no = sandbox_business(call, "out_trade_no");
    order->subject = sandbox_business(call, "subject");
    order->fen = amount == NULL ? -1 : sandbox_fen(amount);

    if (!is_number(order->out_trade_no)) {
        return "out_trade_no";
    }

    if (order->fen < 0) {
        return "total_amount";
    }

    if (order->subject == NULL || characters(order->subject) > SUBJECT
        || strpbrk(order->subject, "/=&") != NULL)
    {
        return "subject";
    }

    /* precreate has a default, the others have to say it */
    if (product == NULL ? strcmp(order->product, SANDBOX_FACE) != 0
                        : strcmp(product, order->product) != 0)
    {
        return "product_code";
    }

    return read_times(order, civic_business_now(call->r));
}


/* ---- ordering ---------------------------------------------------------- */

static civic_result_t
new_order(sandbox_step_t *step, const order_t *order)
{
    civic_str_t      id;
    civic_result_t   rc;
    sandbox_call_t  *call = order->call;

    static const char *const  copied[][2] = {
        { "body", "body" }, { "passback", "passback_params" }
    };

    rc = sandbox_new_id(step->r, &id);

    if (rc != CIVIC_OK) {
        return rc;
    }

    json_decref(step->trade);
    step->trade = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:I,"
                            " s:I, s:I, s:I, s:[], s:[]}",
                            "out_trade_no", order->out_trade_no,
                            "product", order->product,
                            "state", SANDBOX_ORDERED, "order", id.data,
                            "trade_no", "", "fen", (json_int_t) order->fen,
                            "subject", order->subject, "buyer", order->buyer,
                            "ordered_at", (json_int_t) step->now,
                            "code_until", (json_int_t) order->code_until,
                            "express", (json_int_t) order->express,
                            "expires_at", (json_int_t) order->expires_at,
                            "movements", "notices");

    if (step->trade == NULL) {
        return CIVIC_ERROR;
    }

    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
        const char  *text = sandbox_business(call, copied[i][1]);

        sandbox_trade_set(step->trade, copied[i][0],
                          text == NULL ? "" : text);
    }

    for (size_t i = 0; i < 2; i++) {
        const char  *name = i == 0 ? "notify_url" : "return_url";
        const char  *url = sandbox_parameter(call, name);

        sandbox_trade_set(step->trade, name, url == NULL ? "" : url);
    }

    step->index = id.data;
    step->changed = 1;

    return CIVIC_OK;
}


/* Whether this is the order of before, once more. */
static int
is_same(const json_t *trade, const order_t *order)
{
    return sandbox_trade_int(trade, "fen") == order->fen
           && strcmp(sandbox_text(trade, "product"), order->product) == 0
           && strcmp(sandbox_text(trade, "subject"), order->subject) == 0
           && (*order->buyer == '\0'
               || strcmp(sandbox_text(trade, "buyer"), order->buyer) == 0);
}


/* The number is in use.  The refusal stands, or the order goes on. */
static int
is_refused(sandbox_step_t *step, const order_t *order)
{
    if (sandbox_trade_is(step->trade, SANDBOX_SUCCESS)
        || sandbox_trade_is(step->trade, SANDBOX_FINISHED))
    {
        (void) sandbox_refuse(order->call, "40004", "ACQ.TRADE_HAS_SUCCESS",
                              "交易已被支付");
        return 1;
    }

    if (sandbox_trade_is(step->trade, SANDBOX_CLOSED)) {
        (void) sandbox_refuse(order->call, "40004", "ACQ.TRADE_HAS_CLOSE",
                              "交易已经关闭");
        return 1;
    }

    if (!is_same(step->trade, order)) {
        (void) sandbox_refuse(order->call, "40004",
                              "ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改");
        return 1;
    }

    return 0;
}


static civic_result_t
decide_order(sandbox_step_t *step, void *data)
{
    order_t         *order = data;
    civic_result_t   rc = CIVIC_OK;

    json_decref(order->call->node);
    order->call->node = NULL;

    if (step->trade != NULL) {
        if (is_refused(step, order)) {
            return CIVIC_OK;
        }

        if (sandbox_trade_exists(step->trade)
            || step->now < sandbox_trade_int(step->trade, "code_until"))
        {
            return CIVIC_OK;
        }
    }

    rc = new_order(step, order);

    /* create knows its buyer: the trade begins at once */
    if (rc == CIVIC_OK && *order->buyer != '\0') {
        rc = sandbox_trade_begin(step);
    }

    return rc;
}


/* order->answer is the trade; NULL if call->node refuses. */
static civic_result_t
place(order_t *order)
{
    const char      *wrong = read_order(order);
    civic_result_t   rc;
    sandbox_step_t   step = { .r = order->call->r };

    if (wrong != NULL) {
        return refuse_parameter(order->call, wrong);
    }

    step.out_trade_no = order->out_trade_no;
    rc = sandbox_trade_step(&step, decide_order, order);

    if (rc == CIVIC_OK && order->call->node == NULL) {
        order->answer = json_incref(step.trade);
    }

    sandbox_step_free(&step);

    return rc;
}


/* ---- alipay.trade.create ----------------------------------------------- */

/* The user whose buyer_open_id or buyer_id this is; NULL if nobody's.  An
   app that orders for another one's mini-program names its open_id. */
static const char *
buyer_of(sandbox_call_t *call)
{
    size_t            i;
    json_t           *person;
    const char       *open_id, *user_id;
    sandbox_state_t  *state = civic_state(call->r);

    open_id = sandbox_business(call, "buyer_open_id");
    user_id = sandbox_business(call, "buyer_id");

    if (open_id == NULL) {
        open_id = sandbox_business(call, "op_buyer_open_id");
    }

    json_array_foreach(state->people, i, person) {
        if ((open_id != NULL
             && strcmp(sandbox_text(person, "open_id"), open_id) == 0)
            || (open_id == NULL && user_id != NULL
                && strcmp(sandbox_text(person, "user_id"), user_id) == 0))
        {
            return sandbox_text(person, SANDBOX_USER);
        }
    }

    return NULL;
}


static int
names_buyer(sandbox_call_t *call)
{
    return sandbox_business(call, "buyer_open_id") != NULL
           || sandbox_business(call, "op_buyer_open_id") != NULL
           || sandbox_business(call, "buyer_id") != NULL;
}


civic_result_t
sandbox_trade_create(sandbox_call_t *call)
{
    order_t          order = { .call = call, .product = SANDBOX_JSAPI };
    civic_result_t   rc;

    if (sandbox_business(call, "op_app_id") == NULL) {
        return refuse_parameter(call, "op_app_id");
    }

    if (!names_buyer(call)) {
        return refuse_parameter(call, "buyer_open_id");
    }

    order.buyer = buyer_of(call);

    if (order.buyer == NULL) {
        return sandbox_refuse(call, "40004", "ACQ.BUYER_NOT_EXIST",
                              "买家不存在");
    }

    rc = place(&order);

    if (rc == CIVIC_OK && order.answer != NULL) {
        rc = sandbox_done(call,
                          json_pack("{s:s, s:s}", "trade_no",
                                    sandbox_text(order.answer, "trade_no"),
                                    "out_trade_no", order.out_trade_no));
    }

    json_decref(order.answer);

    return rc;
}


/* ---- alipay.trade.precreate -------------------------------------------- */

civic_str_t
sandbox_cashier_url(civic_request_t *r, const char *number)
{
    const char   *base = json_string_value(civic_option(r, "base_url"));
    civic_str_t   host = civic_header(r, "host");

    if (*base != '\0') {
        return civic_print(r, "%s/phone/pay/%s", base, number);
    }

    return civic_print(r, "http://%.*s/sandbox/phone/pay/%s",
                       (int) host.len, host.data, number);
}


civic_result_t
sandbox_trade_precreate(sandbox_call_t *call)
{
    order_t          order = { .call = call, .product = SANDBOX_FACE,
                               .buyer = "" };
    civic_str_t      url;
    civic_result_t   rc = place(&order);

    if (rc == CIVIC_OK && order.answer != NULL) {
        url = sandbox_cashier_url(call->r,
                                  sandbox_text(order.answer, "order"));
        rc = sandbox_done(call, json_pack("{s:s, s:s}", "qr_code", url.data,
                                          "out_trade_no",
                                          order.out_trade_no));
    }

    json_decref(order.answer);

    return rc;
}


/* ---- alipay.trade.page.pay --------------------------------------------- */

civic_result_t
sandbox_trade_page(sandbox_call_t *call, civic_str_t *location)
{
    order_t          order = { .call = call, .product = SANDBOX_PAGE,
                               .buyer = "" };
    civic_result_t   rc = place(&order);

    *location = CIVIC_STR("");

    if (order.answer != NULL) {
        *location = civic_print(call->r, "../phone/pay/%s",
                                sandbox_text(order.answer, "order"));
        json_decref(order.answer);
    }

    return rc;
}
