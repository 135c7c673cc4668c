/*
 * cashier.c - whoever pays: the page behind a QR code, behind page.pay and
 * behind my.tradePay(), and the same as a route for tests.
 *
 * A trade begins when a person comes ("enter"), and money moves when that
 * person pays; both once, whatever is pressed how often and where.
 */

#include <stdlib.h>

#include "trade.h"
#include "words.h"

#define TAKEN      "9000"               /* codes of my.tradePay() */
#define FAILED     "4000"
#define CANCELLED  "6001"

/* What somebody does at the cashier, and what comes of it. */
typedef struct {
    const char  *user;
    const char  *action;                /* "enter", "pay", "give_up" */
    const char  *code;                  /* of my.tradePay() */
    int          status;                /* of the page that refuses; 0: none */
    const char  *zh;                    /* why */
    const char  *en;
    json_t      *trade;                 /* as it is then, or NULL */
} visit_t;

static const char *const  actions[] = { "enter", "pay", "give_up", NULL };

const civic_field_t  sandbox_cashier_query[] = {
    SANDBOX_TEXT("user", 64, "沙箱用户", "whose phone it is"),
    CIVIC_END
};

const civic_field_t  sandbox_payment_body[] = {
    { .name = "number", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 256, .zh = "支付宝交易号，或二维码内容",
      .en = "a trade_no, as my.tradePay() takes it, or a QR code's content" },
    { .name = "user", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 64, .zh = "沙箱用户", .en = "who pays" },
    { .name = "action", .type = CIVIC_TYPE_STRING, .choices = actions,
      .fallback = "\"pay\"", .zh = "动作", .en = "what they do" },
    CIVIC_END
};

const civic_field_t  sandbox_payment_reply[] = {
    { .name = "result_code", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .zh = "my.tradePay的结果码",
      .en = "what my.tradePay() is told: 9000, 6001 or 4000" },
    { .name = "reason", .type = CIVIC_TYPE_STRING, .zh = "未能付款的原因",
      .en = "why it failed" },
    { .name = "out_trade_no", .type = CIVIC_TYPE_STRING,
      .zh = "商户订单号", .en = "the app's number" },
    { .name = "trade_no", .type = CIVIC_TYPE_STRING, .zh = "支付宝交易号",
      .en = "Alipay's number, once the trade has begun" },
    { .name = "trade_status", .type = CIVIC_TYPE_STRING, .zh = "交易状态",
      .en = "how it stands" },
    { .name = "subject", .type = CIVIC_TYPE_STRING, .zh = "订单标题",
      .en = "what is paid for" },
    { .name = "total_amount", .type = CIVIC_TYPE_STRING, .zh = "金额（元）",
      .en = "how much, in yuan" },
    { .name = "return_url", .type = CIVIC_TYPE_STRING, .max = 4096,
      .zh = "返回地址", .en = "where the browser goes back to, signed" },
    CIVIC_END
};


/* ---- deciding ---------------------------------------------------------- */

static civic_result_t
refuse(visit_t *visit, int status, const char *zh, const char *en)
{
    visit->code = FAILED;
    visit->status = status;
    visit->zh = zh;
    visit->en = en;

    return CIVIC_OK;
}


static civic_result_t
refuse_state(visit_t *visit, const json_t *trade)
{
    if (sandbox_trade_is(trade, SANDBOX_CLOSED)) {
        return refuse(visit, 409, "交易已关闭。", "The trade is closed.");
    }

    return refuse(visit, 409, "交易已付款。", "The trade is paid already.");
}


static void
pay(sandbox_step_t *step)
{
    sandbox_trade_set(step->trade, "state", SANDBOX_SUCCESS);
    sandbox_trade_set_int(step->trade, "paid_at", step->now);
    sandbox_trade_move(step, SANDBOX_PAYMENT,
                       sandbox_trade_int(step->trade, "fen"), "", "");
}


static civic_result_t
enter(sandbox_step_t *step, visit_t *visit)
{
    if (step->now >= sandbox_trade_int(step->trade, "code_until")) {
        return refuse(visit, 404, "二维码或链接已失效。",
                      "The code or link is no longer valid.");
    }

    sandbox_trade_set(step->trade, "buyer", visit->user);

    return sandbox_trade_begin(step);
}


static civic_result_t
decide(sandbox_step_t *step, void *data)
{
    visit_t         *visit = data;
    civic_result_t   rc;

    visit->code = TAKEN;
    visit->status = 0;

    if (step->trade == NULL) {
        return refuse(visit, 404, "没有这笔交易。", "There is no such trade.");
    }

    if (strcmp(visit->action, "give_up") == 0) {
        visit->code = CANCELLED;
        return CIVIC_OK;
    }

    if (sandbox_trade_is(step->trade, SANDBOX_ORDERED)) {
        rc = enter(step, visit);

        if (rc != CIVIC_OK || visit->status != 0) {
            return rc;
        }
    }

    if (!sandbox_trade_is(step->trade, SANDBOX_WAITING)) {
        return refuse_state(visit, step->trade);
    }

    if (strcmp(sandbox_text(step->trade, "buyer"), visit->user) != 0) {
        return refuse(visit, 409, "付款账号与下单账号不一致。",
                      "The trade is another account's.");
    }

    if (strcmp(visit->action, "pay") == 0) {
        pay(step);
    }

    return CIVIC_OK;
}


static int
is_action(const char *text)
{
    size_t  i;

    for (i = 0; actions[i] != NULL; i++) {
        if (strcmp(actions[i], text) == 0) {
            return 1;
        }
    }

    return 0;
}


static civic_result_t
visit_cashier(civic_request_t *r, const char *number, visit_t *visit)
{
    civic_result_t  rc;
    sandbox_step_t  step = { .r = r, .number = number };

    if (!is_action(visit->action)) {
        return refuse(visit, 400, "请选择付款或放弃。",
                      "Please choose to pay or to give up.");
    }

    if (sandbox_person(r, visit->user) == NULL) {
        return refuse(visit, 400, "沙箱没有这个用户。",
                      "The sandbox has no such user.");
    }

    rc = sandbox_trade_step(&step, decide, visit);
    visit->trade = json_incref(step.trade);
    sandbox_step_free(&step);

    return rc;
}


/* ---- back to the app --------------------------------------------------- */

typedef struct {
    const alipay_keys_t  *keys;
    alipay_parameters_t   parameters;
    alipay_text_t         form;
    int                   rc;
} signing_t;


static void
sign_work(void *data)
{
    signing_t  *s = data;

    s->rc = alipay_gateway_notify(s->keys, &s->parameters, &s->form);
}


static void
fill_return(civic_request_t *r, const json_t *trade,
    alipay_parameters_t *parameters)
{
    size_t            i;
    sandbox_state_t  *state = civic_state(r);
    const char       *app = alipay_keys_app_id(state->keys);

    const char *const  all[][2] = {
        { "charset", "utf-8" },
        { "out_trade_no", sandbox_text(trade, "out_trade_no") },
        { "method", "alipay.trade.page.pay.return" },
        { "total_amount", sandbox_yuan(r, sandbox_trade_int(trade, "fen")) },
        { "trade_no", sandbox_text(trade, "trade_no") },
        { "auth_app_id", app }, { "app_id", app }, { "version", "1.0" },
        { "seller_id", sandbox_seller(r) },
        { "timestamp", sandbox_clock(r, civic_business_now(r)) }
    };

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        (void) alipay_parameters_add(parameters, all[i][0], all[i][1],
                                     strlen(all[i][1]));
    }
}


/* return_url with what Alipay adds; "" if there is none to go to. */
static civic_result_t
return_url(civic_request_t *r, const json_t *trade, civic_str_t *url)
{
    const char       *base = sandbox_text(trade, "return_url");
    civic_result_t    rc;
    sandbox_state_t  *state = civic_state(r);
    signing_t         s = { .keys = state->keys, .rc = -1 };

    *url = CIVIC_STR("");

    if ((strncmp(base, "http://", 7) != 0 && strncmp(base, "https://", 8) != 0)
        || sandbox_trade_int(trade, "paid_at") == 0)
    {
        return CIVIC_OK;
    }

    fill_return(r, trade, &s.parameters);
    rc = civic_offload(r, CIVIC_THREADS_WORK, sign_work, &s);

    if (rc == CIVIC_OK && s.rc == 0) {
        *url = civic_print(r, "%s%c%s", base, strchr(base, '?') ? '&' : '?',
                           s.form.data);
    }

    alipay_parameters_free(&s.parameters);
    alipay_text_free(&s.form);

    return rc;
}


/* ---- the page ---------------------------------------------------------- */

static const char *
people_of(civic_request_t *r, const char *chosen)
{
    size_t            i;
    json_t           *person;
    const char       *all = "", *user;
    sandbox_state_t  *state = civic_state(r);

    json_array_foreach(state->people, i, person) {
        user = sandbox_text(person, SANDBOX_USER);
        all = civic_print(r, "%s<option value=\"%s\"%s>%s</option>", all,
                          sandbox_escape(r, user),
                          strcmp(user, chosen) == 0 ? " selected" : "",
                          sandbox_escape(r, sandbox_text(person, "name")))
                  .data;
    }

    return all;
}


/* Nobody has come yet: who is it? */
static const char *
form_of_order(civic_request_t *r, const char *user)
{
    return civic_print(r,
        "<form method=\"post\">\n"
        "<label>登录支付宝账号 · Log in as<br>"
        "<select name=\"user\">%s</select></label>\n"
        "<p><button name=\"action\" value=\"enter\">"
        "继续 · Continue</button></p>\n</form>\n", people_of(r, user)).data;
}


static const char *
form_of_trade(civic_request_t *r, const json_t *trade)
{
    const char  *user = sandbox_text(trade, "buyer");

    return civic_print(r,
        "<p>付款账号 · Account: <b>%s</b></p>\n"
        "<form method=\"post\">\n"
        "<input type=\"hidden\" name=\"user\" value=\"%s\">\n"
        "<p><button name=\"action\" value=\"pay\">"
        "确认付款 · Pay</button></p>\n"
        "<p><button name=\"action\" value=\"give_up\">"
        "放弃 · Give up</button></p>\n</form>\n",
        sandbox_escape(r, sandbox_text(sandbox_person(r, user), "name")),
        sandbox_escape(r, user)).data;
}


static civic_result_t
show(civic_request_t *r, const json_t *trade, const char *user)
{
    const char  *form = "<p>交易已结束 · This trade is over.</p>\n";

    if (sandbox_trade_is(trade, SANDBOX_ORDERED)) {
        form = form_of_order(r, user);

    } else if (sandbox_trade_is(trade, SANDBOX_WAITING)) {
        form = form_of_trade(r, trade);
    }

    return sandbox_page(r, 200, "支付宝收银台", "Alipay's cashier",
        civic_print(r,
            "<p>商品 · For: <b>%s</b><br>金额 · Amount: <b>%s 元</b></p>\n%s",
            sandbox_escape(r, sandbox_text(trade, "subject")),
            sandbox_yuan(r, sandbox_trade_int(trade, "fen")), form));
}


/* A look changes nothing. */
static civic_result_t
look(sandbox_step_t *step, void *data)
{
    json_t  **trade = data;

    *trade = step->trade;

    return CIVIC_OK;
}


static const char *
number_of(civic_request_t *r)
{
    return shared_copy(r, civic_path(r, "number")).data;
}


civic_result_t
sandbox_cashier_show(civic_request_t *r)
{
    json_t          *trade = NULL;
    civic_result_t   rc;
    sandbox_step_t   step = { .r = r, .number = number_of(r) };

    rc = sandbox_trade_step(&step, look, &trade);

    if (rc == CIVIC_OK) {
        rc = trade == NULL
             ? sandbox_page_refuse(r, 404, "没有这笔交易。",
                                   "There is no such trade.")
             : show(r, trade, sandbox_text(civic_query(r), "user"));
    }

    sandbox_step_free(&step);

    return rc;
}


static civic_result_t
show_paid(civic_request_t *r, const json_t *trade)
{
    civic_str_t     url;
    civic_result_t  rc = return_url(r, trade, &url);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (url.len != 0) {
        return sandbox_page_away(r, 303, url);
    }

    return sandbox_page(r, 200, "付款成功", "Paid",
        civic_print(r, "<p>%s 元</p>\n",
                    sandbox_yuan(r, sandbox_trade_int(trade, "fen"))));
}


static civic_result_t
show_visit(civic_request_t *r, const visit_t *visit)
{
    if (visit->status != 0) {
        return sandbox_page_refuse(r, visit->status, visit->zh, visit->en);
    }

    if (strcmp(visit->action, "pay") == 0) {
        return show_paid(r, visit->trade);
    }

    if (strcmp(visit->action, "give_up") == 0) {
        return sandbox_page_refuse(r, 200, "未付款。", "Nothing was paid.");
    }

    return show(r, visit->trade, visit->user);
}


civic_result_t
sandbox_cashier_decide(civic_request_t *r)
{
    visit_t               visit = { .user = "", .action = "" };
    civic_str_t           body = civic_raw_body(r);
    const char           *value;
    civic_result_t        rc;
    alipay_failure_t      failure;
    alipay_parameters_t   form = { .items = NULL };

    /* one that cannot be read has no action */
    (void) alipay_form_parse(body.data, body.len, &form, &failure);

    value = alipay_parameters_get(&form, "user");
    visit.user = value == NULL ? "" : value;
    value = alipay_parameters_get(&form, "action");
    visit.action = value == NULL ? "" : value;

    rc = visit_cashier(r, number_of(r), &visit);

    if (rc == CIVIC_OK) {
        rc = show_visit(r, &visit);
    }

    json_decref(visit.trade);
    alipay_parameters_free(&form);

    return rc;
}


/* ---- without a browser ------------------------------------------------- */

static civic_result_t
tell_visit(civic_request_t *r, const visit_t *visit)
{
    civic_str_t      url = CIVIC_STR("");
    civic_result_t   rc = CIVIC_OK;
    civic_writer_t  *w;

    if (visit->trade != NULL) {
        rc = return_url(r, visit->trade, &url);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "result_code", civic_cstr(visit->code));

    if (visit->status != 0) {
        civic_write_str(r, w, "reason", civic_cstr(visit->zh));
    }

    if (visit->trade != NULL) {
        civic_write_str(r, w, "out_trade_no",
                        civic_cstr(sandbox_text(visit->trade,
                                                "out_trade_no")));
        civic_write_str(r, w, "trade_no",
                        civic_cstr(sandbox_text(visit->trade, "trade_no")));
        civic_write_str(r, w, "trade_status",
                        civic_cstr(sandbox_text(visit->trade, "state")));
        civic_write_str(r, w, "subject",
                        civic_cstr(sandbox_text(visit->trade, "subject")));
        civic_write_str(r, w, "total_amount",
                        civic_cstr(sandbox_yuan(r,
                            sandbox_trade_int(visit->trade, "fen"))));
    }

    if (url.len != 0) {
        civic_write_str(r, w, "return_url", url);
    }

    return CIVIC_OK;
}


civic_result_t
sandbox_payment(civic_request_t *r)
{
    json_t          *body = civic_body(r);
    visit_t          visit = { .user = sandbox_text(body, "user"),
                               .action = sandbox_text(body, "action") };
    const char      *number = sandbox_text(body, "number");
    const char      *last = strrchr(number, '/');
    civic_result_t   rc;

    if (*visit.action == '\0') {
        visit.action = "pay";
    }

    /* a QR code's content is an address that ends with the number */
    rc = visit_cashier(r, last == NULL ? number : last + 1, &visit);

    if (rc == CIVIC_OK) {
        rc = tell_visit(r, &visit);
    }

    json_decref(visit.trade);

    return rc;
}
