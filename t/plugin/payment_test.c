/*
 * payment_test.c - orders: opened, paid in each channel, news by whoever
 * brings them, and each step that stops in the middle.
 */

#include "payment_world.h"


/* ---- opening ----------------------------------------------------------- */

static void
test_open(void **state)
{
    char           id[40];
    json_t        *out, *again;
    int64_t        version;
    fake_reply_t  *rep;

    (void) state;

    snprintf(id, sizeof(id), "%s", opened());
    rep = get(path_of(id, ""), citizen);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "unpaid");
    assert_string_equal(fake_text(rep, "label"), "未缴费");
    assert_non_null(strstr(fake_text(rep, "hint"), "付款成功后，考生须查看个人"
                           "付款状态，确认显示“已付款”"));
    assert_int_equal(number_of(rep->json, "fen"), 12000);
    assert_string_equal(fake_text(rep, "until"),
                        "2026-03-11T12:00:00+08:00");

    /* one of an item */
    out = call("open", opening());
    assert_string_equal(text_of(out, "order_id"), id);
    assert_false(json_is_true(json_object_get(out, "created")));
    assert_int_equal(fake_counter(h, "orders"), 1);

    /* given up, then begun anew if it is asked for */
    out = call("close", json_pack("{s:s, s:s}", "pid",
                                  fake_person_id(h, NUMBER), "order_id", id));
    assert_string_equal(text_of(out, "state"), "closed");
    assert_string_equal(fake_audit_action(h, 0), "payment.closed");
    version = number_of(out, "version");
    assert_int_equal(version, 2);
    out = call("open", opening());
    assert_string_equal(text_of(out, "state"), "closed");
    again = opening();
    json_object_set_new(again, "again", json_true());
    out = call("open", again);
    assert_string_not_equal(text_of(out, "order_id"), id);
    assert_string_equal(text_of(out, "state"), "unpaid");

    /* what is told of it is newer than what was told of the one before */
    assert_int_equal(number_of(out, "version"), version + 1);

    /* the newest of the item */
    out = call("state", json_pack("{s:s, s:s}", "pid",
                                  fake_person_id(h, NUMBER), "item",
                                  "exam:2026"));
    assert_string_equal(text_of(out, "state"), "unpaid");
    assert_true(json_is_false(json_object_get(out, "paying")));

    /* nobody else's */
    rep = get(path_of(id, ""), fake_session(h, OTHER, CIVIC_CITIZEN));
    assert_int_equal(rep->status, 404);
}


static void
test_open_wrong(void **state)
{
    size_t   i;
    json_t  *in;

    static const char *const  members[] = { "pid", "item", "title", "fen",
                                            "until" };

    (void) state;

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        in = opening();
        json_object_del(in, members[i]);
        assert_null(call("open", in));
        assert_true(fake_logged(h, members[i]));
    }
}


static void
test_follow_open(void **state)
{
    (void) state;

    (void) opened();
    run_job("follow");
    assert_int_equal(told("payment.opened"), 1);
    assert_null(fake_waiting(h, "payment.follow", 0));
    assert_int_equal(fake_redis(h, "ZCARD civic:{payment:item:exam:2026}")
                     ->integer, 1);
}


/* ---- paying ------------------------------------------------------------ */

static void
test_pay_mini_program(void **state)
{
    json_t        *in, *business;
    const char    *id = opened();
    fake_reply_t  *rep;

    (void) state;

    rep = pay(id, "mini_program");
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "trade_no"), "2026030922001");
    assert_string_equal(fake_text(rep, "expires_at"),
                        "2026-03-09T12:30:00+08:00");

    in = fake_called(h, "alipay.call", 1);
    assert_string_equal(text_of(in, "method"), "alipay.trade.create");
    business = json_object_get(in, "business");
    assert_string_equal(text_of(business, "out_trade_no"), trade_of(id, 0));
    assert_string_equal(text_of(business, "total_amount"), "120.00");
    assert_string_equal(text_of(business, "subject"), "公务员考试 报名费");
    assert_string_equal(text_of(business, "product_code"), "JSAPI_PAY");
    assert_string_equal(text_of(business, "buyer_open_id"), "open-zhang");
    assert_string_equal(text_of(business, "time_expire"),
                        "2026-03-09 12:30:00");

    in = call("state", json_pack("{s:s, s:s}", "pid",
                                 fake_person_id(h, NUMBER), "order_id", id));
    assert_true(json_is_true(json_object_get(in, "paying")));

    /* again: the same trade, and Alipay is not asked to make it */
    rep = pay(id, "mini_program");
    assert_int_equal(rep->status, 201);
    assert_int_equal(times_called("alipay.call"), 3);
    assert_int_equal(fake_counter(h, "trades"), 1);
    assert_int_equal(fake_counter(h, "trades_resumed"), 1);

    /* another phone: another trade */
    alipay_says("done", "10000", "",
                json_pack("{s:s, s:s, s:s}", "trade_no", "2026030922002",
                          "open_id", "open-li", "access_token", "t"));
    rep = pay(id, "mini_program");
    assert_string_equal(fake_text(rep, "trade_no"), "2026030922002");
    assert_int_equal(fake_counter(h, "trades"), 2);
}


static void
test_pay_page_and_qr(void **state)
{
    json_t        *in;
    const char    *id = opened();
    fake_reply_t  *rep;

    (void) state;

    rep = pay(id, "page");
    assert_int_equal(rep->status, 201);
    assert_non_null(strstr(fake_text(rep, "url"), "alipay.trade.page.pay"));
    in = fake_called(h, "alipay.page", 0);
    assert_string_equal(text_of(in, "return_url"),
                        "https://a.example/payment/alipay/return");
    assert_int_equal(times_called("alipay.call"), 0);

    rep = pay(id, "qr");
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "url"), "https://qr.alipay.com/bax1");
    assert_memory_equal(fake_text(rep, "qr_png"), "data:image/png;base64,",
                        22);
    assert_memory_equal(fake_text(rep, "qr_svg"),
                        "data:image/svg+xml;base64,", 26);
    assert_int_equal(fake_counter(h, "trades"), 2);
}


static void
test_pay_refused(void **state)
{
    char           id[40];
    fake_reply_t  *rep;

    (void) state;

    snprintf(id, sizeof(id), "%s", opened());

    rep = post(path_of(id, "/pay"), citizen, "{\"channel\":\"cash\"}");
    assert_int_equal(rep->status, 422);
    rep = post(path_of(id, "/pay"), citizen,
               "{\"channel\":\"mini_program\"}");
    assert_string_equal(fake_field_error(rep, "/auth_code"), "required");
    rep = post(path_of(id, "/pay"), citizen,
               "{\"channel\":\"qr\",\"auth_code\":\"c\"}");
    assert_string_equal(fake_field_error(rep, "/auth_code"),
                        "unknown_field");
    rep = post(path_of("0123456789abcdef0123456789abcdef", "/pay"), citizen,
               "{\"channel\":\"qr\"}");
    assert_int_equal(rep->status, 404);

    alipay_says("refused", "40002", "isv.code-invalid", NULL);
    assert_string_equal(pay(id, "mini_program")->code,
                        "payment_code_invalid");
    alipay_says("refused", "40004", "ACQ.BUYER_ENABLE_STATUS_FORBID", NULL);
    assert_string_equal(pay(id, "qr")->code, "payment_refused");
    alipay_says("refused", "40004", "ACQ.TRADE_HAS_SUCCESS", NULL);
    assert_string_equal(pay(id, "qr")->code, "payment_check");

    /* the last second, and the deadline's */
    alipay_makes();
    fake_set_business_clock(h, UNTIL - 60000);
    assert_int_equal(pay(id, "qr")->status, 201);
    assert_string_equal(fake_text(pay(id, "qr"), "expires_at"),
                        "2026-03-11T12:00:00+08:00");
    fake_set_business_clock(h, UNTIL - 59000);
    assert_string_equal(pay(id, "page")->code, "payment_over");
    fake_set_business_clock(h, UNTIL);
    assert_string_equal(pay(id, "page")->code, "payment_over");
}


/* Nobody knows whether it was made: the same number is asked for again. */
static void
test_unknown_outcome_of_create(void **state)
{
    char           no[40];
    json_t        *business;
    const char    *id = opened();
    fake_reply_t  *rep;

    (void) state;

    alipay_says("unknown", "20000", "isp.unknow-error", NULL);
    rep = pay(id, "qr");
    assert_int_equal(rep->status, 503);
    assert_string_equal(rep->code, "provider_unavailable");
    snprintf(no, sizeof(no), "%s", trade_of(id, 0));

    alipay_makes();
    assert_int_equal(pay(id, "qr")->status, 201);
    business = json_object_get(fake_called(h, "alipay.call", 1), "business");
    assert_string_equal(text_of(business, "out_trade_no"), no);
    assert_int_equal(fake_counter(h, "trades"), 1);
}


/* ---- notifications ----------------------------------------------------- */

static void
test_notification(void **state)
{
    char           no[40];
    unsigned       i;
    const char    *id = opened();
    fake_reply_t  *rep;

    (void) state;

    pay(id, "qr");
    snprintf(no, sizeof(no), "%s", trade_of(id, 0));

    rep = notify(NULL);
    assert_int_equal(rep->status, 400);
    assert_string_equal(rep->body, "failure");
    assert_int_equal(fake_counter(h, "notifications_forged"), 1);
    assert_string_equal(state_of(id), "unpaid");

    for (i = 0; i < 8; i++) {
        assert_true(is_success(notify(notice(no, i % 3 == 2 ? "TRADE_FINISHED"
                                             : "TRADE_SUCCESS", "2026A"))));
    }

    rep = get(path_of(id, ""), citizen);
    assert_string_equal(fake_text(rep, "state"), "paid");
    assert_string_equal(fake_text(rep, "label"), "已付款");
    assert_int_equal(number_of(rep->json, "version"), 2);
    assert_int_equal(receipts(), 1);
    assert_int_equal(fake_counter(h, "notifications"), 1);
    assert_int_equal(fake_counter(h, "notifications_known"), 7);
    assert_string_equal(pay(id, "qr")->code, "payment_paid");

    run_job("follow");
    run_job("tell");
    assert_int_equal(told("payment.paid"), 1);
    assert_string_equal(text_of(fake_called(h, "review.payment", 0),
                                "state"), "paid");
    assert_int_equal(times_called("review.payment"), 1);
    assert_int_equal(fake_redis(h, "ZCARD civic:{payment:day:2026-03-09}")
                     ->integer, 1);

    /* all of it went back, says Alipay: the refund's own record counts */
    assert_true(is_success(notify(notice(no, "TRADE_CLOSED", "2026A"))));
    assert_string_equal(state_of(id), "paid");
}


static void
test_notification_that_does_not_fit(void **state)
{
    size_t       i;
    json_t      *parameters;
    const char  *id = opened();

    static const struct {
        const char  *name, *value;
    } wrong[] = {
        { "app_id", "2021000000000002" },
        { "seller_id", "2088000000000001" },
        { "out_trade_no", "0123456789abcdef0123456789abcdef" },
        { "out_trade_no", "../../etc" },
        { "total_amount", "119.99" },
        { "total_amount", "1.2e2" },
        { "trade_status", "TRADE_PAID" },
        { "trade_no", "" },
        { "trade_no", "x y" },
    };

    (void) state;

    pay(id, "qr");

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        parameters = notice(trade_of(id, 0), "TRADE_SUCCESS", "2026A");
        json_object_set_new(parameters, wrong[i].name,
                            json_string(wrong[i].value));
        assert_int_equal(notify(parameters)->status, 400);
        assert_int_equal(fake_counter(h, "misfits"), i + 1);
    }

    assert_string_equal(state_of(id), "unpaid");
    assert_int_equal(receipts(), 0);

    /* the same trade under another name of Alipay's */
    assert_true(is_success(notify(notice(trade_of(id, 0), "TRADE_SUCCESS",
                                         "2026A"))));
    assert_int_equal(notify(notice(trade_of(id, 0), "TRADE_SUCCESS",
                                   "2026B"))->status, 400);
    assert_int_equal(receipts(), 1);
}


/* "success" is said of what is stored, and of nothing else. */
static void
test_notification_and_redis(void **state)
{
    unsigned       at;
    const char    *id = opened();
    fake_reply_t  *rep;

    (void) state;

    pay(id, "qr");

    for (at = 1; at <= 3; at++) {
        rep = notify_with(notice(trade_of(id, 0), "TRADE_SUCCESS", "2026A"),
                          (fake_request_t) {
                              .redis_fault_at = at,
                              .redis_fault = FAKE_REDIS_LOST_BEFORE });
        assert_int_equal(rep->status, 503);
        assert_string_equal(state_of(id), "unpaid");
    }

    rep = notify_with(notice(trade_of(id, 0), "TRADE_SUCCESS", "2026A"),
                      (fake_request_t) {
                          .redis_fault_at = 3,
                          .redis_fault = FAKE_REDIS_LOST_AFTER });
    assert_int_equal(rep->status, 503);
    assert_string_equal(state_of(id), "paid");
    assert_true(is_success(notify(notice(trade_of(id, 0), "TRADE_SUCCESS",
                                         "2026A"))));
    assert_int_equal(receipts(), 1);
}


/* Alipay's notification is quicker than its own answer. */
static void
test_notification_before_our_answer(void **state)
{
    unsigned       n = 0;
    fake_run_t    *run;
    const char    *id = opened();
    fake_reply_t  *rep;

    (void) state;

    run = fake_begin(h, CIVIC_POST, path_of(id, "/pay"), &(fake_request_t) {
                         .token = citizen, .body = "{\"channel\":\"qr\"}",
                         .headers = { "Idempotency-Key: early" } });

    /* up to the lead, which stands before Alipay hears of it */
    while (fake_redis(h, "KEYS civic:{pay:*")->elements == 0) {
        assert_int_equal(fake_run_to(run, ++n), 1);
    }

    assert_true(is_success(notify(notice(trade_of(id, 0), "TRADE_SUCCESS",
                                         "2026A"))));
    rep = fake_end(run);
    assert_int_equal(rep->status, 201);
    assert_string_equal(state_of(id), "paid");
    assert_int_equal(receipts(), 1);
}


/* A worker dies, or Redis goes, after each step: a repeat brings it to its
   end, with the same number. */
static void
test_pay_interrupted(void **state)
{
    char           id[40], no[40];
    unsigned       at;
    fake_reply_t  *rep;

    (void) state;

    for (at = 2; at <= 5; at++) {
        reset(NULL);
        snprintf(id, sizeof(id), "%s", opened());
        rep = post_with(path_of(id, "/pay"), citizen, (fake_request_t) {
                            .body = "{\"channel\":\"qr\"}",
                            .redis_fault_at = at,
                            .redis_fault = FAKE_REDIS_LOST_AFTER });

        if (rep->status == 201) {
            break;
        }

        assert_int_equal(rep->status, 503);
        snprintf(no, sizeof(no), "%s", trade_of(id, 0));
        assert_int_equal(pay(id, "qr")->status, 201);
        assert_int_equal(fake_redis(h, "EXISTS civic:{pay:%s}", no)->integer,
                         1);
        assert_true(is_success(notify(notice(no, "TRADE_SUCCESS",
                                             "2026A"))));
        assert_string_equal(state_of(id), "paid");
        assert_int_equal(receipts(), 1);
        assert_int_equal(strlen(fake_redis(h, "HGET %s trades:%s",
                                           key_of("payment"), id)->str), 32);
    }

    assert_int_equal(at, 5);
}


/* ---- asking ------------------------------------------------------------ */

static void
test_check_and_wait(void **state)
{
    char           path[128];
    const char    *id = opened();
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    pay(id, "qr");
    snprintf(path, sizeof(path), "%s?version=1", path_of(id, "/wait"));
    run = fake_begin(h, CIVIC_GET, path,
                     &(fake_request_t) { .token = citizen });
    assert_int_equal(fake_run_to(run, 2), 1);

    alipay_says("refused", "40004", "ACQ.TRADE_NOT_EXIST", NULL);
    rep = post(path_of(id, "/check"), citizen, NULL);
    assert_string_equal(fake_text(rep, "state"), "unpaid");

    /* whoever asks too soon is told what is known */
    alipay_knows(trade_of(id, 0), "TRADE_SUCCESS", "2026A");
    rep = post(path_of(id, "/check"), citizen, NULL);
    assert_string_equal(fake_text(rep, "state"), "unpaid");

    fake_advance(h, 3000);
    rep = post(path_of(id, "/check"), citizen, NULL);
    assert_string_equal(fake_text(rep, "state"), "paid");

    rep = checked(fake_end(run));
    assert_string_equal(fake_text(rep, "state"), "paid");

    /* nothing new */
    snprintf(path, sizeof(path), "%s?version=2", path_of(id, "/wait"));
    rep = get(path, citizen);
    assert_int_equal(rep->status, 200);
}


static void
test_answers_that_lie(void **state)
{
    const char    *id = opened();
    fake_reply_t  *rep;

    (void) state;

    pay(id, "qr");

    /* of another trade; of another amount; without a number */
    alipay_knows("0123456789abcdef0123456789abcdef", "TRADE_SUCCESS", "2026A");
    rep = post(path_of(id, "/check"), citizen, NULL);
    assert_string_equal(fake_text(rep, "state"), "unpaid");
    assert_true(fake_logged(h, "for another trade"));

    fake_advance(h, 3000);
    alipay_says("done", "10000", "",
                json_pack("{s:s, s:s, s:s}", "trade_status", "TRADE_SUCCESS",
                          "trade_no", "2026A", "total_amount", "0.01"));
    rep = post(path_of(id, "/check"), citizen, NULL);
    assert_string_equal(fake_text(rep, "state"), "unpaid");
    assert_int_equal(fake_counter(h, "misfits"), 1);

    fake_advance(h, 3000);
    alipay_knows(trade_of(id, 0), "TRADE_SUCCESS", "");
    rep = post(path_of(id, "/check"), citizen, NULL);
    assert_string_equal(fake_text(rep, "state"), "unpaid");
    assert_int_equal(receipts(), 0);
}


static void
test_landing(void **state)
{
    char           path[160];
    const char    *id = opened();
    fake_reply_t  *rep;

    (void) state;

    pay(id, "page");
    alipay_knows(trade_of(id, 0), "TRADE_SUCCESS", "2026A");
    snprintf(path, sizeof(path), "/payment/alipay/return?out_trade_no=%s"
             "&total_amount=120.00&sign=x", trade_of(id, 0));
    rep = fake_request(h, CIVIC_GET, path, NULL);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_header(rep, "Refresh"),
                        "0; url=/web/payment.html");
    assert_null(strstr(rep->body, "out_trade_no"));
    assert_string_equal(state_of(id), "paid");

    rep = fake_request(h, CIVIC_GET, "/payment/alipay/return", NULL);
    assert_int_equal(rep->status, 200);
    rep = fake_request(h, CIVIC_GET, "/payment/alipay/return?out_trade_no="
                       "0123456789abcdef0123456789abcdef", NULL);
    assert_int_equal(rep->status, 200);
}


static void
test_chase(void **state)
{
    const char  *id = opened();

    (void) state;

    pay(id, "page");
    run_job("follow");
    alipay_says("refused", "40004", "ACQ.TRADE_NOT_EXIST", NULL);
    run_job("due");
    assert_int_equal(fake_counter(h, "asked"), 0);

    later(10000);
    run_job("due");
    assert_int_equal(fake_counter(h, "asked"), 1);
    run_job("due");
    assert_int_equal(fake_counter(h, "asked"), 1);

    /* nobody answers: it stays open, also after its end */
    alipay_says("unknown", "20000", "", NULL);
    later(HOUR);
    run_job("due");
    assert_string_equal(trade_state(trade_of(id, 0)), "open");
    assert_int_equal(fake_counter(h, "unavailable"), 1);
    later(HOUR);
    run_job("due");
    assert_true(fake_logged(h, "money waits: nobody knows yet what became of "
                            "trade"));

    /* Alipay has never heard of it, and its end is over: closed */
    alipay_says("refused", "40004", "ACQ.TRADE_NOT_EXIST", NULL);
    later(HOUR);
    run_job("due");
    assert_string_equal(trade_state(trade_of(id, 0)), "closed");
    assert_int_equal(fake_redis(h, "KEYS civic:{payment:due:*")->elements, 0);
    assert_string_equal(state_of(id), "unpaid");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_open, reset),
        cmocka_unit_test_setup(test_open_wrong, reset),
        cmocka_unit_test_setup(test_follow_open, reset),
        cmocka_unit_test_setup(test_pay_mini_program, reset),
        cmocka_unit_test_setup(test_pay_page_and_qr, reset),
        cmocka_unit_test_setup(test_pay_refused, reset),
        cmocka_unit_test_setup(test_unknown_outcome_of_create, reset),
        cmocka_unit_test_setup(test_notification, reset),
        cmocka_unit_test_setup(test_notification_that_does_not_fit, reset),
        cmocka_unit_test_setup(test_notification_and_redis, reset),
        cmocka_unit_test_setup(test_notification_before_our_answer, reset),
        cmocka_unit_test_setup(test_pay_interrupted, reset),
        cmocka_unit_test_setup(test_check_and_wait, reset),
        cmocka_unit_test_setup(test_answers_that_lie, reset),
        cmocka_unit_test_setup(test_landing, reset),
        cmocka_unit_test_setup(test_chase, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
