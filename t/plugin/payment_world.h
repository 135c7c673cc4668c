/*
 * payment_world.h - what the tests of the plugin "payment" stand on: it, two
 * citizens, the office, and answers of Alipay as a test wants them.
 */

#ifndef PAYMENT_WORLD_H
#define PAYMENT_WORLD_H

#include "world.h"

#define NOON      1773028800000LL       /* 2026-03-09T12:00:00+08:00 */
#define HOUR      3600000LL
#define NUMBER    "630105199003079996"
#define OTHER     "63280119850601000X"
#define SELLER    "2088000000009999"
#define UNTIL     (NOON + 48 * HOUR)

static const char   *citizen;           /* tokens */
static const char   *office;
static const char   *administrator;


/* ---- the world --------------------------------------------------------- */

UNUSED static int
setup(void **state)
{
    (void) state;

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/payment.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis",
        .options = { "seller_id=" SELLER,
                     "notify_url=https://a.example/payment/alipay/"
                     "notifications",
                     "return_url=https://a.example/payment/alipay/return",
                     "landing=/web/payment.html" },
        .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


UNUSED static void
later(int64_t ms)
{
    fake_advance(h, ms);
    citizen = fake_session(h, NUMBER, CIVIC_CITIZEN);
    office = fake_session(h, "staff:office", CIVIC_OFFICE);
    administrator = fake_session(h, "staff:admin", CIVIC_ADMINISTRATOR);
}


/* What Alipay says to the next calls. */
UNUSED static void
alipay_says(const char *outcome, const char *code, const char *sub_code,
    json_t *node)
{
    json_t  *out = json_pack("{s:s, s:s, s:s, s:s}", "outcome", outcome,
                             "code", code, "sub_code", sub_code, "advice",
                             "none");

    if (node != NULL) {
        json_object_set_new(out, "node", node);
    }

    fake_answer_call(h, "alipay.call", CIVIC_OK, out);
}


UNUSED static void
alipay_makes(void)
{
    alipay_says("done", "10000", "",
                json_pack("{s:s, s:s, s:s, s:s}", "trade_no", "2026030922001",
                          "qr_code", "https://qr.alipay.com/bax1",
                          "open_id", "open-zhang", "access_token", "t"));
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON);
    later(0);

    alipay_makes();
    fake_answer_call(h, "alipay.app", CIVIC_OK,
                     json_pack("{s:s, s:s}", "app_id", "2021000000000001",
                               "mini_app_id", "2021000000000001"));
    fake_answer_call(h, "alipay.page", CIVIC_OK,
                     json_pack("{s:s}", "url", "https://a.example/gateway.do"
                               "?method=alipay.trade.page.pay"));
    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    fake_answer_call(h, "review.payment", CIVIC_OK, NULL);
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s, s:s}", "state", "person", "person",
                               fake_person_id(h, NUMBER)));

    return 0;
}


/* ---- requests ---------------------------------------------------------- */

UNUSED static fake_reply_t *
post_with(const char *path, const char *token, fake_request_t request)
{
    static char      key[64];
    static unsigned  n;

    snprintf(key, sizeof(key), "Idempotency-Key: k%u", n++);
    request.token = token;

    if (request.headers[0] == NULL) {
        request.headers[0] = key;
    }

    return checked(fake_request(h, CIVIC_POST, path, &request));
}


UNUSED static fake_reply_t *
post(const char *path, const char *token, const char *body)
{
    return post_with(path, token, (fake_request_t) { .body = body });
}


UNUSED static fake_reply_t *
get(const char *path, const char *token)
{
    return checked(fake_request(h, CIVIC_GET, path,
                                &(fake_request_t) { .token = token }));
}


/* The result of a call of this plugin's own; a new text of JSON for in. */
UNUSED static json_t *
call(const char *name, json_t *in)
{
    return json_object_get(asked(h, "payment", name, in), "out");
}


UNUSED static const char *
text_of(json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}


UNUSED static int64_t
number_of(json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}


/* ---- orders ------------------------------------------------------------ */

UNUSED static json_t *
opening(void)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:I, s:s}",
                     "pid", fake_person_id(h, NUMBER), "item", "exam:2026",
                     "title", "公务员考试/报名费", "fen", 12000, "until",
                     (json_int_t) UNTIL, "opener", "review");
}


/* A new order's id. */
UNUSED static const char *
opened(void)
{
    static char      ids[8][40];
    static unsigned  turn;

    char    *id = ids[turn++ % 8];
    json_t  *out = call("open", opening());

    snprintf(id, sizeof(ids[0]), "%s", text_of(out, "order_id"));
    assert_int_equal(strlen(id), 32);

    return id;
}


UNUSED static const char *
path_of(const char *order, const char *what)
{
    static char      paths[8][96];
    static unsigned  turn;

    char  *path = paths[turn++ % 8];

    snprintf(path, sizeof(paths[0]), "/payment/orders/%s%s", order, what);

    return path;
}


UNUSED static fake_reply_t *
pay(const char *order, const char *channel)
{
    char  body[128];

    snprintf(body, sizeof(body), "{\"channel\":\"%s\"%s}", channel,
             strcmp(channel, "mini_program") == 0
             ? ",\"auth_code\":\"c1\"" : "");

    return post(path_of(order, "/pay"), citizen, body);
}


UNUSED static const char *
key_of(const char *family)
{
    static char  key[96];

    snprintf(key, sizeof(key), "civic:{p:%s}:%s", fake_person_id(h, NUMBER),
             family);

    return key;
}


/* The n-th trade of an order, from 0. */
UNUSED static const char *
trade_of(const char *order, unsigned n)
{
    static char        nos[8][40];
    static unsigned    turn;
    const redisReply  *reply;

    char  *no = nos[turn++ % 8];

    reply = fake_redis(h, "HGET %s trades:%s", key_of("payment"), order);
    assert_true(reply->type == REDIS_REPLY_STRING
                && reply->len >= 33 * (n + 1) - 1);
    snprintf(no, sizeof(nos[0]), "%.32s", reply->str + 33 * n);

    return no;
}


UNUSED static const char *
state_of(const char *order)
{
    static char  state[16];

    snprintf(state, sizeof(state), "%s",
             fake_text(get(path_of(order, ""), citizen), "state"));

    return state;
}


UNUSED static char *
trade_state(const char *no)
{
    static char        state[16];
    const redisReply  *reply;

    reply = fake_redis(h, "HGET %s trade:%s", key_of("payment"), no);
    assert_int_equal(reply->type, REDIS_REPLY_STRING);
    snprintf(state, sizeof(state), "%.*s", (int) strcspn(reply->str, " "),
             reply->str);

    return state;
}


UNUSED static unsigned
receipts(void)
{
    size_t             i;
    unsigned           n = 0;
    const redisReply  *reply;

    reply = fake_redis(h, "HKEYS %s", key_of("payment"));

    for (i = 0; i < reply->elements; i++) {
        n += strncmp(reply->element[i]->str, "receipt:", 8) == 0;
    }

    return n;
}


/* ---- what Alipay tells ------------------------------------------------- */

/* "WAIT_BUYER_PAY", "TRADE_SUCCESS" ... to questions about a trade. */
UNUSED static void
alipay_knows(const char *no, const char *status, const char *trade_no)
{
    alipay_says("done", "10000", "",
                json_pack("{s:s, s:s, s:s, s:s, s:s}", "out_trade_no", no,
                          "trade_status", status, "trade_no", trade_no,
                          "total_amount", "120.00", "send_pay_date",
                          "2026-03-09 12:00:00"));
}


UNUSED static json_t *
notice(const char *no, const char *status, const char *trade_no)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                     "app_id", "2021000000000001", "seller_id", SELLER,
                     "out_trade_no", no, "trade_no", trade_no,
                     "trade_status", status, "total_amount", "120.00",
                     "gmt_payment", "2026-03-09 12:00:00");
}


/* Takes over the reference to parameters; NULL: it is forged. */
UNUSED static fake_reply_t *
notify_with(json_t *parameters, fake_request_t request)
{
    json_t  *out = parameters == NULL
                   ? json_pack("{s:b, s:s, s:{}}", "valid", 0, "why",
                               "signature", "parameters")
                   : json_pack("{s:b, s:s, s:o}", "valid", 1, "why", "",
                               "parameters", parameters);

    fake_answer_call(h, "alipay.notification", CIVIC_OK, out);
    request.body = "a=b";
    request.content_type = "application/x-www-form-urlencoded";

    return fake_request(h, CIVIC_POST, "/payment/alipay/notifications",
                        &request);
}


UNUSED static fake_reply_t *
notify(json_t *parameters)
{
    return notify_with(parameters, (fake_request_t) { .body = NULL });
}


UNUSED static int
is_success(const fake_reply_t *rep)
{
    return rep->status == 200 && rep->len == 7
           && strcmp(rep->body, "success") == 0;
}


/* ---- jobs -------------------------------------------------------------- */

UNUSED static void
run_job(const char *name)
{
    char           full[64];
    unsigned       shard;
    fake_reply_t  *rep;

    snprintf(full, sizeof(full), "payment.%s", name);

    for (shard = 0; shard < (strcmp(name, "bills") == 0 ? 1 : 16); shard++) {
        rep = fake_job(h, full, shard, 1, NULL);

        if (rep->result != CIVIC_OK) {
            fail_msg("%s, shard %u: %d %s", name, shard, rep->result,
                     rep->code);
        }
    }
}


UNUSED static size_t
times_called(const char *name)
{
    size_t  n = 0;

    while (fake_called(h, name, n) != NULL) {
        n++;
    }

    return n;
}


/* How many messages of that kind were sent. */
UNUSED static unsigned
told(const char *kind)
{
    size_t    i;
    json_t   *in;
    unsigned  n = 0;

    for (i = 0; (in = fake_called(h, "civic.message", i)) != NULL; i++) {
        n += strcmp(text_of(in, "kind"), kind) == 0;
    }

    return n;
}

#endif
