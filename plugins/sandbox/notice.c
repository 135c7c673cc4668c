/*
 * notice.c - what notifications say, and sending one: see notice.h.
 */

#include <stdlib.h>

#include "notice.h"

#define TIMEOUT  5000                   /* ms for the app's answer */
#define ANSWER   200                    /* bytes of it that are kept */
#define SPOILT   100                    /* this letter of a forged signature */


/* ---- what it says ------------------------------------------------------ */

static void
put_amounts(civic_request_t *r, json_t *all, const json_t *trade)
{
    int          paid = sandbox_trade_int(trade, "paid_at") != 0;
    int64_t      back = sandbox_trade_refunded(trade);
    const char  *total = sandbox_yuan(r, sandbox_trade_int(trade, "fen"));
    const char  *got = paid ? total : "0.00";

    sandbox_trade_set(all, "total_amount", total);
    sandbox_trade_set(all, "receipt_amount", got);
    sandbox_trade_set(all, "buyer_pay_amount", got);
    sandbox_trade_set(all, "invoice_amount", got);
    sandbox_trade_set(all, "point_amount", "0.00");

    if (paid) {
        sandbox_trade_set(all, "fund_bill_list",
                          civic_print(r, "[{\"amount\":\"%s\","
                                      "\"fundChannel\":\"ALIPAYACCOUNT\"}]",
                                      total).data);
    }

    if (back != 0) {
        sandbox_trade_set(all, "refund_fee", sandbox_yuan(r, back));
    }
}


static void
put_times(civic_request_t *r, json_t *all, const json_t *trade)
{
    size_t   i;
    int64_t  at;

    static const char *const  times[][2] = {
        { "gmt_create", "created_at" }, { "gmt_payment", "paid_at" },
        { "gmt_close", "closed_at" }
    };

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        at = sandbox_trade_int(trade, times[i][1]);

        if (at != 0) {
            sandbox_trade_set(all, times[i][0], sandbox_clock(r, at));
        }
    }
}


static void
put_refund(civic_request_t *r, json_t *all, const json_t *trade)
{
    json_t  *movements = json_object_get(trade, "movements"), *last;

    last = json_array_get(movements, json_array_size(movements) - 1);

    if (strcmp(sandbox_text(last, "kind"), SANDBOX_REFUND) == 0) {
        sandbox_trade_set(all, "out_biz_no", sandbox_text(last, "request"));
        sandbox_trade_set(all, "gmt_refund",
                          sandbox_clock(r, sandbox_trade_int(last, "at")));
    }
}


/* All but notify_time and what signs it. */
static json_t *
parameters_of(civic_request_t *r, const json_t *trade, const char *id)
{
    size_t            i;
    json_t           *all;
    const char       *app, *text;
    sandbox_state_t  *state = civic_state(r);

    static const char *const  copied[][2] = {
        { "subject", "subject" }, { "body", "body" },
        { "passback_params", "passback" }
    };

    app = alipay_keys_app_id(state->keys);
    all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                    "notify_type", "trade_status_sync", "notify_id", id,
                    "app_id", app, "auth_app_id", app, "charset", "utf-8",
                    "version", "1.0",
                    "trade_no", sandbox_text(trade, "trade_no"),
                    "out_trade_no", sandbox_text(trade, "out_trade_no"),
                    "seller_id", sandbox_seller(r),
                    "trade_status", sandbox_text(trade, "state"));

    for (i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
        text = sandbox_text(trade, copied[i][1]);

        if (*text != '\0') {
            sandbox_trade_set(all, copied[i][0], text);
        }
    }

    put_amounts(r, all, trade);
    put_times(r, all, trade);
    put_refund(r, all, trade);
    sandbox_add_buyer(r, all, trade, "buyer_id");

    return all;
}


civic_result_t
sandbox_notice_make(const sandbox_step_t *step, civic_str_t *id,
    civic_str_t *text, civic_str_t *due)
{
    int               way;
    char             *json;
    json_t           *notice;
    const char       *url = sandbox_text(step->trade, "notify_url");
    civic_msec_t      now;
    civic_result_t    rc;
    civic_request_t  *r = step->r;

    *id = *text = CIVIC_STR("");
    *due = CIVIC_STR("0");

    if (!step->notify || *url == '\0') {
        return CIVIC_OK;
    }

    rc = sandbox_new_id(r, id);

    if (rc != CIVIC_OK) {
        return rc;
    }

    way = *json_string_value(civic_option(r, "notify_upstream")) != '\0';
    now = civic_now(r);
    notice = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o,"
                       " s:[]}", "id", id->data, "out_trade_no",
                       sandbox_text(step->trade, "out_trade_no"), "url", url,
                       "state", way ? SANDBOX_N_WAITING : SANDBOX_N_NO_WAY,
                       "plan", "", "made_at", (json_int_t) now,
                       "due_at", (json_int_t) now, "again", (json_int_t) 0,
                       "failed", (json_int_t) 0,
                       "parameters", parameters_of(r, step->trade, id->data),
                       "attempts");

    json = json_dumps(notice, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(notice);

    if (json == NULL) {
        return CIVIC_ERROR;
    }

    *text = civic_print(r, "%s", json);
    *due = civic_print(r, "%lld", (long long) (way ? now
                                                   : now + SANDBOX_NEVER));
    free(json);

    return CIVIC_OK;
}


/* ---- signing it -------------------------------------------------------- */

static const struct {
    const char  *as;
    const char  *name;                  /* the parameter that is another */
    const char  *value;
} kinds[] = {
    { "", NULL, NULL },
    { "forged", NULL, NULL },
    { "wrong_amount", "total_amount", "0.02" },
    { "wrong_seller", "seller_id", "2088000000000000" },
    { "wrong_app", "app_id", "2021000000009999" },
    { "wrong_trade", "out_trade_no", "nobodys" }
};

#define KINDS  (sizeof(kinds) / sizeof(kinds[0]))


static size_t
kind_of(const char *as)
{
    size_t  i = 0;

    while (i < KINDS && strcmp(kinds[i].as, as) != 0) {
        i++;
    }

    return i;
}


int
sandbox_notice_is_kind(const char *as)
{
    return kind_of(as) < KINDS;
}


typedef struct {
    const alipay_keys_t  *keys;
    alipay_parameters_t   parameters;
    alipay_text_t         form;
    int                   forge;
    int                   rc;
} signing_t;


/* Another letter in the signature, which is the last parameter. */
static int
forge(signing_t *s)
{
    char  *c = s->parameters.items[s->parameters.count - 1].value + SPOILT;

    *c = *c == 'A' ? 'B' : 'A';
    alipay_text_free(&s->form);

    return alipay_parameters_form(&s->parameters, &s->form);
}


static void
sign_work(void *data)
{
    signing_t  *s = data;

    s->rc = alipay_gateway_notify(s->keys, &s->parameters, &s->form);

    if (s->rc == 0 && s->forge) {
        s->rc = forge(s);
    }
}


static int
fill(civic_request_t *r, signing_t *s, const json_t *parameters, size_t kind)
{
    int          rc = 0;
    json_t      *value;
    const char  *name, *text, *now;

    json_object_foreach((json_t *) parameters, name, value) {
        text = json_string_value(value);

        if (kinds[kind].name != NULL && strcmp(kinds[kind].name, name) == 0) {
            text = kinds[kind].value;
        }

        rc |= alipay_parameters_add(&s->parameters, name, text, strlen(text));
    }

    now = sandbox_clock(r, civic_business_now(r));

    return rc | alipay_parameters_add(&s->parameters, "notify_time", now,
                                      strlen(now));
}


/* ---- sending it -------------------------------------------------------- */

/* What stands behind the host. */
static const char *
path_of(const char *url)
{
    const char  *host = strstr(url, "://"), *path;

    path = host == NULL ? NULL : strchr(host + 3, '/');

    return path == NULL ? "/" : path;
}


static json_t *
attempt_of(civic_request_t *r, const char *as, civic_result_t rc,
    const civic_http_reply_t *reply)
{
    json_t       *attempt;
    civic_str_t   answer = CIVIC_STR("");

    if (rc == CIVIC_OK) {
        answer = reply->body;
        answer.len = answer.len > ANSWER ? ANSWER : answer.len;

    } else {
        answer = rc == CIVIC_NOT_SENT ? CIVIC_STR("(not sent)")
                                      : CIVIC_STR("(no answer)");
    }

    attempt = json_pack("{s:I, s:s, s:i, s:s%}",
                        "at", (json_int_t) civic_now(r), "as", as,
                        "status", rc == CIVIC_OK ? reply->status : 0,
                        "answer", answer.data, answer.len);

    return attempt != NULL ? attempt
           : json_pack("{s:I, s:s, s:i, s:s}",
                       "at", (json_int_t) civic_now(r), "as", as,
                       "status", reply->status, "answer", "(no text)");
}


int
sandbox_attempt_taken(const json_t *attempt)
{
    return sandbox_trade_int(attempt, "status") == 200
           && strcmp(sandbox_text(attempt, "answer"), ALIPAY_NOTIFY_TAKEN)
              == 0;
}


static civic_result_t
post(civic_request_t *r, const json_t *notice, civic_str_t body,
    const char *as, json_t **attempt)
{
    civic_result_t             rc;
    const civic_http_reply_t  *reply = NULL;

    static const civic_http_header_t  header = {
        "Content-Type", { ALIPAY_FORM, sizeof(ALIPAY_FORM) - 1 }
    };

    rc = civic_http(r, &(civic_http_request_t) {
            .upstream = json_string_value(civic_option(r, "notify_upstream")),
            .method = CIVIC_POST,
            .path = civic_cstr(path_of(sandbox_text(notice, "url"))),
            .headers = &header, .nheaders = 1, .body = body,
            .timeout = TIMEOUT }, &reply);

    if (rc == CIVIC_ABORTED) {
        return rc;
    }

    *attempt = attempt_of(r, as, rc, reply);

    return CIVIC_OK;
}


civic_result_t
sandbox_notice_send(civic_request_t *r, const json_t *notice, const char *as,
    json_t **attempt)
{
    size_t            kind = kind_of(as);
    civic_str_t       body;
    civic_result_t    rc = CIVIC_ERROR;
    sandbox_state_t  *state = civic_state(r);
    signing_t         s = { .keys = state->keys, .rc = -1,
                            .forge = strcmp(as, "forged") == 0 };

    *attempt = NULL;

    if (fill(r, &s, json_object_get(notice, "parameters"), kind) == 0) {
        rc = civic_offload(r, CIVIC_THREADS_WORK, sign_work, &s);
    }

    if (rc == CIVIC_OK && s.rc == 0) {
        body.data = s.form.data;
        body.len = s.form.len;
        rc = post(r, notice, body, as, attempt);

    } else if (rc == CIVIC_OK) {
        rc = CIVIC_ERROR;
    }

    alipay_parameters_free(&s.parameters);
    alipay_text_free(&s.form);

    return rc;
}
