/*
 * pay.c - POST /payment/orders/{order_id}/pay.
 *
 * The order of things: the order and the rules, whose phone it is, the trade
 * in the person's own record, where its number leads to, and only then
 * Alipay.  Whatever stops on the way, news of that number finds its person,
 * and a repeat asks for the same number.
 */

#include "payment.h"
#include "qr_code.h"
#include "values.h"

#define SCALE  6                            /* pixels of a module */

typedef struct {
    payment_book_t    book;
    payment_order_t  *order;
    payment_trade_t   trade;
    civic_str_t       channel;
    civic_str_t       buyer;
    int64_t           life;                 /* s */
    int64_t           least;                /* s */
    int64_t           most;
} paying_t;


/* ---- whether it can be paid -------------------------------------------- */

static civic_result_t
not_payable(civic_request_t *r, civic_str_t state)
{
    if (payment_is(state, "paid")) {
        return civic_problem(r, "payment_paid");
    }

    if (payment_is(state, "removed")) {
        return civic_problem(r, "payment_removed");
    }

    return civic_problem(r, payment_is(state, "unpaid") ? "payment_over"
                                                        : "payment_closed");
}


static civic_result_t
check_order(civic_request_t *r, const payment_order_t *order, int *answered)
{
    civic_msec_t  now = civic_business_now(r);

    *answered = 1;

    if (!payment_is(order->state, "unpaid") || now >= order->until) {
        return not_payable(r, order->state);
    }

    if (now < order->from) {
        return civic_problem_with(r, &(civic_problem_t) {
                                      .code = "payment_not_yet",
                                      .possible_at = order->from });
    }

    *answered = 0;

    return CIVIC_OK;
}


static civic_result_t
check_channel(civic_request_t *r, paying_t *paying, int *answered)
{
    json_t          *answer;
    int64_t          left;
    civic_result_t   rc;

    left = (paying->order->until - civic_business_now(r)) / 1000;

    rc = civic_rule(r, "channel",
                    json_pack("{s:s%, s:I, s:I}", "channel",
                              paying->channel.data, paying->channel.len,
                              "left", (json_int_t) left, "fen",
                              (json_int_t) paying->order->fen), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!json_is_true(json_object_get(answer, "allow"))) {
        *answered = 1;
        return civic_refuse(r, answer);
    }

    paying->life = shared_rule_number(answer, "life", 900, 60, 86400);
    paying->least = shared_rule_number(answer, "least", 60, 0, 3600);
    paying->most = shared_rule_number(answer, "most", 30, 1, 100);

    if (paying->life > left) {
        paying->life = left;
    }

    return CIVIC_OK;
}


static civic_result_t
check_buyer(civic_request_t *r, paying_t *paying, int *answered)
{
    int                    mini, given;
    const char            *code;
    civic_str_t            auth_code = civic_body_str(r, "auth_code");
    civic_field_error_t    error;

    mini = payment_is(paying->channel, "mini_program");
    given = auth_code.len > 0;

    if (mini && given) {
        return payment_buyer(r, auth_code, &paying->buyer, answered);
    }

    if (!mini && !given) {
        return CIVIC_OK;
    }

    code = mini ? "required" : "unknown_field";
    error = (civic_field_error_t) { "/auth_code", code, NULL };
    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = "invalid_fields",
                                  .errors = &error, .nerrors = 1 });
}


/* ---- the trade --------------------------------------------------------- */

static civic_result_t
fill_in(civic_request_t *r, const paying_t *paying, payment_trade_t *trade)
{
    civic_result_t  rc;

    memset(trade, 0, sizeof(payment_trade_t));

    trade->state = CIVIC_STR("open");
    trade->version = 1;
    trade->since = civic_now(r);
    trade->begun = trade->since;
    trade->fen = paying->order->fen;
    trade->order = paying->order->id;
    trade->channel = paying->channel;
    trade->buyer = paying->buyer;
    trade->title = paying->order->title;

    /* Alipay knows whole seconds */
    trade->ends = (civic_business_now(r) / 1000 + paying->life) * 1000;

    rc = shared_hex_id_new(r, &trade->no);

    return rc != CIVIC_OK ? rc : payment_lane(r, trade);
}


static civic_result_t
run_begin(civic_request_t *r, const paying_t *paying,
    const payment_trade_t *trade, const civic_value_t **value)
{
    civic_str_t     keys[2], args[8];
    civic_result_t  rc;

    rc = payment_trade_seal(r, paying->book.pid, trade, &args[3]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    keys[0] = civic_person_key(r, paying->book.pid, PAYMENT_FAMILY);
    keys[1] = civic_outbox(r, PAYMENT_FOLLOW, keys[0]);

    args[0] = paying->order->id;
    args[1] = trade->no;
    args[2] = payment_trade_text(r, trade);
    args[4] = shared_decimal(r, civic_business_now(r));
    args[5] = shared_decimal(r, paying->most);
    args[6] = shared_decimal(r, civic_business_now(r) + paying->least * 1000);
    args[7] = paying->book.pid;

    return civic_script(r, &(civic_script_t) {
                            .name = "payment_begin", .keys = keys, .nkeys = 2,
                            .args = args, .nargs = 8,
                            .flags = CIVIC_SCRIPT_DURABLE
                                     | CIVIC_SCRIPT_ONCE }, value);
}


/* What was answered: a new trade, one that is open, or that it is too late. */
static civic_result_t
take_begun(civic_request_t *r, paying_t *paying, civic_str_t wanted,
    const civic_value_t *value, int *answered)
{
    civic_str_t       word = shared_item(value, 0);
    payment_trade_t  *trade = &paying->trade;

    if (civic_str_eq(word, CIVIC_STR("order"))) {
        *answered = 1;
        return not_payable(r, shared_copy(r, shared_item(value, 1)));
    }

    if (!civic_str_eq(word, CIVIC_STR("trade"))) {
        *answered = 1;
        return civic_problem(r, "payment_too_many");
    }

    trade->no = shared_copy(r, shared_item(value, 1));
    trade->sealed = shared_item(value, 3);

    if (payment_trade_take(r, shared_item(value, 2), trade) != 0) {
        return CIVIC_INVALID;
    }

    civic_count(r, civic_str_eq(trade->no, wanted) ? PAYMENT_TRADES
                                                   : PAYMENT_RESUMED, 1);

    return payment_trade_open(r, paying->book.pid, trade);
}


static civic_result_t
begin(civic_request_t *r, paying_t *paying, int *answered)
{
    civic_result_t        rc;
    payment_trade_t       trade;
    const civic_value_t  *value;

    rc = fill_in(r, paying, &trade);

    if (rc == CIVIC_OK) {
        rc = run_begin(r, paying, &trade, &value);
    }

    if (rc == CIVIC_OK) {
        rc = take_begun(r, paying, trade.no, value, answered);
    }

    return rc != CIVIC_OK || *answered ? rc
           : payment_lead_keep(r, paying->trade.no, paying->book.pid);
}


/* Keeps what Alipay has told; if somebody else was quicker, that counts. */
static civic_result_t
keep_made(civic_request_t *r, paying_t *paying)
{
    civic_str_t           key, args[3];
    civic_result_t        rc;
    payment_trade_t      *trade = &paying->trade;
    const civic_value_t  *value;

    key = civic_person_key(r, paying->book.pid, PAYMENT_FAMILY);
    args[0] = trade->no;
    args[1] = trade->sealed;

    rc = payment_trade_seal(r, paying->book.pid, trade, &args[2]);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "payment_made",
                                 .keys = &key, .nkeys = 1, .args = args,
                                 .nargs = 3, .flags = CIVIC_SCRIPT_DURABLE },
                          &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    trade->sealed = shared_item(value, 1);

    if (payment_trade_take(r, shared_item(value, 0), trade) != 0) {
        return CIVIC_INVALID;
    }

    return payment_trade_open(r, paying->book.pid, trade);
}


/* ---- the answer -------------------------------------------------------- */

static void
write_trade(civic_request_t *r, const paying_t *paying, civic_str_t url,
    const shared_qr_code_t *code)
{
    civic_writer_t         *w = civic_reply(r, 201);
    const payment_trade_t  *trade = &paying->trade;

    civic_write_str(r, w, "order_id", paying->order->id);
    civic_write_str(r, w, "channel", trade->channel);
    civic_write_int(r, w, "fen", trade->fen);
    civic_write_instant(r, w, "expires_at", trade->ends);

    if (payment_is(trade->channel, "mini_program")) {
        civic_write_str(r, w, "trade_no", trade->trade_no);
        return;
    }

    civic_write_str(r, w, "url", url);

    if (code->png.len > 0) {
        civic_write_str(r, w, "qr_png", code->png);
        civic_write_str(r, w, "qr_svg", code->svg);
    }
}


static civic_result_t
reply(civic_request_t *r, const paying_t *paying)
{
    civic_str_t             url = CIVIC_STR("");
    civic_result_t          rc = CIVIC_OK;
    shared_qr_code_t        code = { .png = { "", 0 } };
    const payment_trade_t  *trade = &paying->trade;

    if (payment_is(trade->channel, "page")) {
        rc = payment_channel_page(r, trade, &url);

    } else if (payment_is(trade->channel, "qr")) {
        url = trade->qr_code;
        rc = shared_qr_code(r, url, SCALE, &code);
    }

    if (rc == CIVIC_OK) {
        write_trade(r, paying, url, &code);
    }

    return rc;
}


/* ---- the route --------------------------------------------------------- */

static civic_result_t
prepare(civic_request_t *r, paying_t *paying, int *answered)
{
    civic_result_t  rc;

    memset(paying, 0, sizeof(paying_t));
    paying->channel = shared_copy(r, civic_body_str(r, "channel"));

    rc = payment_order_find(r, &paying->book, &paying->order, answered);

    if (rc == CIVIC_OK && !*answered) {
        rc = check_order(r, paying->order, answered);
    }

    if (rc == CIVIC_OK && !*answered) {
        rc = check_channel(r, paying, answered);
    }

    return rc != CIVIC_OK || *answered ? rc
           : check_buyer(r, paying, answered);
}


civic_result_t
payment_order_pay(civic_request_t *r)
{
    int              changed = 0, answered = 0;
    paying_t        *paying = civic_alloc(r, sizeof(paying_t));
    civic_result_t   rc;

    rc = prepare(r, paying, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = begin(r, paying, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = payment_channel_make(r, &paying->trade, &changed, &answered);
    }

    if (rc == CIVIC_OK && changed) {
        rc = keep_made(r, paying);
    }

    return rc != CIVIC_OK || answered ? rc : reply(r, paying);
}
