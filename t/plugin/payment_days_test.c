/*
 * payment_days_test.c - bad days: the deadline and a payment in one moment,
 * both channels paid, money that comes too late, refunds whose answers are
 * lost, indexes that are gone.
 */

#include <time.h>

#include "payment_world.h"


/* ---- the deadline ------------------------------------------------------ */

static void
move_clock(civic_msec_t to)
{
    fake_set_clock(h, to);
    later(0);
}


static void
test_warnings(void **state)
{
    (void) state;

    (void) opened();
    run_job("follow");
    run_job("deadlines");
    assert_int_equal(told("payment.warning"), 0);

    move_clock(UNTIL - 24 * HOUR - 1);
    run_job("deadlines");
    assert_int_equal(told("payment.warning"), 0);
    move_clock(UNTIL - 24 * HOUR);
    run_job("deadlines");
    run_job("deadlines");
    assert_int_equal(told("payment.warning"), 1);
    assert_non_null(strstr(text_of(fake_called(h, "civic.message", 1),
                                   "text_zh"),
                           "逾期未缴费或未缴费的考生将被删除"));
    assert_non_null(strstr(text_of(fake_called(h, "civic.message", 1),
                                   "text_zh"), "2026-03-11 12:00"));
    move_clock(UNTIL - 2 * HOUR);
    run_job("deadlines");
    assert_int_equal(told("payment.warning"), 2);
}


static void
test_removal(void **state)
{
    const char  *id = opened();

    (void) state;

    pay(id, "qr");
    run_job("follow");
    move_clock(UNTIL + 179999);
    alipay_says("refused", "40004", "ACQ.TRADE_NOT_EXIST", NULL);
    run_job("deadlines");
    assert_string_equal(state_of(id), "unpaid");

    /* while nobody knows, nobody is removed */
    alipay_says("unknown", "20000", "", NULL);
    move_clock(UNTIL + 180000);
    run_job("deadlines");
    assert_string_equal(state_of(id), "unpaid");

    alipay_says("refused", "40004", "ACQ.TRADE_NOT_EXIST", NULL);
    move_clock(UNTIL + 2 * HOUR);
    run_job("deadlines");
    assert_string_equal(state_of(id), "removed");
    assert_string_equal(trade_state(trade_of(id, 0)), "closed");
    assert_string_equal(fake_audit_action(h, 0), "payment.removed");
    assert_int_equal(fake_counter(h, "removed"), 1);
    assert_string_equal(pay(id, "qr")->code, "payment_removed");

    run_job("follow");
    run_job("tell");
    assert_int_equal(told("payment.removed"), 1);
    assert_string_equal(text_of(fake_called(h, "review.payment", 0),
                                "state"), "removed");
    assert_int_equal(fake_redis(h, "KEYS civic:{payment:deadlines:*")
                     ->elements, 0);
}


/* The last question finds the payment that nobody told of. */
static void
test_last_question(void **state)
{
    const char  *id = opened();

    (void) state;

    pay(id, "qr");
    run_job("follow");
    alipay_knows(trade_of(id, 0), "TRADE_SUCCESS", "2026A");
    move_clock(UNTIL + 180000);
    run_job("deadlines");
    assert_string_equal(state_of(id), "paid");
    assert_int_equal(fake_counter(h, "removed"), 0);
    assert_int_equal(receipts(), 1);
}


/* Payment and removal in the same millisecond, at each step of the removal:
   one of the two states, and money only where it belongs. */
static void
test_payment_meets_removal(void **state)
{
    char           id[40], no[40];
    unsigned       at, shard;
    const char    *now;
    fake_reply_t  *rep;

    (void) state;

    for (at = 1; at < 12; at++) {
        reset(NULL);
        snprintf(id, sizeof(id), "%s", opened());
        pay(id, "qr");
        run_job("follow");
        snprintf(no, sizeof(no), "%s", trade_of(id, 0));
        move_clock(UNTIL + HOUR);
        alipay_says("refused", "40004", "ACQ.TRADE_NOT_EXIST", NULL);

        /* a job stops when Redis fails it at that step; then the payment
           comes, then the job again */
        for (shard = 0; shard < 16; shard++) {
            (void) fake_job(h, "payment.deadlines", shard, 1,
                            &(fake_request_t) {
                                .redis_fault_at = at,
                                .redis_fault = at % 2 == 0
                                    ? FAKE_REDIS_LOST_AFTER
                                    : FAKE_REDIS_LOST_BEFORE });
        }

        rep = notify(notice(no, "TRADE_SUCCESS", "2026A"));
        assert_true(is_success(rep));
        run_job("deadlines");

        now = state_of(id);
        assert_int_equal(receipts(), 1);

        if (strcmp(now, "paid") == 0) {
            assert_string_equal(trade_state(no), "paid");
            assert_int_equal(fake_counter(h, "late"), 0);
        } else {
            assert_string_equal(now, "removed");
            assert_string_equal(trade_state(no), "late");
        }
    }
}


/* The script itself: whoever comes second sees who was first. */
static void
test_removal_between_reads(void **state)
{
    json_t      *out;
    const char  *id = opened();

    (void) state;

    pay(id, "qr");

    /* it was read as unpaid, then it is paid, then it would be closed */
    assert_true(is_success(notify(notice(trade_of(id, 0), "TRADE_SUCCESS",
                                         "2026A"))));
    out = call("close", json_pack("{s:s, s:s}", "pid",
                                  fake_person_id(h, NUMBER), "order_id", id));
    assert_string_equal(text_of(out, "state"), "paid");
}


/* ---- too much money ---------------------------------------------------- */

static void
test_both_channels_paid(void **state)
{
    char         first[40], second[40];
    const char  *id = opened();

    (void) state;

    pay(id, "page");
    pay(id, "qr");
    snprintf(first, sizeof(first), "%s", trade_of(id, 0));
    snprintf(second, sizeof(second), "%s", trade_of(id, 1));

    assert_true(is_success(notify(notice(second, "TRADE_SUCCESS", "2026B"))));
    assert_true(is_success(notify(notice(first, "TRADE_SUCCESS", "2026A"))));
    assert_true(is_success(notify(notice(first, "TRADE_SUCCESS", "2026A"))));
    assert_string_equal(state_of(id), "paid");
    assert_string_equal(trade_state(first), "late");
    assert_string_equal(trade_state(second), "paid");
    assert_int_equal(receipts(), 2);
    assert_int_equal(fake_counter(h, "late"), 1);

    /* it goes back by itself, once, also when the answer is lost */
    run_job("follow");
    assert_int_equal(told("payment.late"), 1);
    alipay_says("unknown", "20000", "", NULL);
    run_job("due");
    assert_string_equal(trade_state(first), "late");

    alipay_says("done", "10000", "",
                json_pack("{s:s, s:s, s:s}", "fund_change", "N",
                          "refund_status", "REFUND_SUCCESS", "refund_amount",
                          "120.00"));
    later(10000);
    run_job("due");
    assert_string_equal(trade_state(first), "returned");
    assert_int_equal(receipts(), 3);
    assert_int_equal(fake_counter(h, "refunded"), 1);
    run_job("follow");
    assert_int_equal(told("payment.returned"), 1);
    assert_string_equal(state_of(id), "paid");

    later(HOUR);
    run_job("due");
    assert_int_equal(fake_counter(h, "refunded"), 1);
    assert_int_equal(fake_redis(h, "KEYS civic:{payment:due:*")->elements, 0);
}


/* The other trade is closed when one is paid. */
static void
test_other_trade_is_closed(void **state)
{
    size_t       i;
    json_t      *in;
    unsigned     closes = 0;
    const char  *id = opened();

    (void) state;

    pay(id, "page");
    pay(id, "qr");
    assert_true(is_success(notify(notice(trade_of(id, 1), "TRADE_SUCCESS",
                                         "2026B"))));
    run_job("follow");
    alipay_knows(trade_of(id, 0), "WAIT_BUYER_PAY", "2026A");
    run_job("due");

    for (i = 0; (in = fake_called(h, "alipay.call", i)) != NULL; i++) {
        closes += strcmp(text_of(in, "method"), "alipay.trade.close") == 0;
    }

    assert_int_equal(closes, 1);
    assert_string_equal(trade_state(trade_of(id, 0)), "closed");
}


static void
test_money_after_closing(void **state)
{
    const char  *id = opened();

    (void) state;

    pay(id, "page");
    (void) call("close", json_pack("{s:s, s:s}", "pid",
                                   fake_person_id(h, NUMBER), "order_id",
                                   id));
    assert_true(is_success(notify(notice(trade_of(id, 0), "TRADE_SUCCESS",
                                         "2026A"))));
    assert_string_equal(state_of(id), "closed");
    assert_string_equal(trade_state(trade_of(id, 0)), "late");

    run_job("follow");
    alipay_says("done", "10000", "",
                json_pack("{s:s, s:s}", "fund_change", "Y", "refund_fee",
                          "120.00"));
    run_job("due");
    assert_string_equal(trade_state(trade_of(id, 0)), "returned");
    assert_string_equal(state_of(id), "closed");
}


/* ---- refunds ----------------------------------------------------------- */

static fake_reply_t *
refund(const char *order, int version, int fen, const char *token)
{
    char  body[160];

    snprintf(body, sizeof(body), "{\"id_number\":\"" NUMBER "\","
             "\"version\":%d,\"fen\":%d,\"reason\":\"取消考试\"}", version,
             fen);

    return post(path_of(order, "/refunds"), token, body);
}


static void
test_refund(void **state)
{
    char           no[80];
    const char    *id = opened();
    fake_reply_t  *rep;

    (void) state;

    assert_string_equal(refund(id, 1, 12000, office)->code,
                        "payment_refund_state");
    pay(id, "qr");
    notify(notice(trade_of(id, 0), "TRADE_SUCCESS", "2026A"));
    assert_string_equal(refund(id, 2, 12001, office)->code,
                        "payment_refund_amount");
    assert_string_equal(refund(id, 1, 12000, office)->code, "conflict");
    assert_int_equal(refund(id, 2, 12000, citizen)->status, 403);

    rep = refund(id, 2, 2000, office);
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "order_state"), "refunding");
    snprintf(no, sizeof(no), "%s_2", trade_of(id, 0));
    assert_string_equal(fake_text(rep, "refund_no"), no);
    assert_string_equal(fake_audit_action(h, 0), "payment.refund_begun");

    /* twice is once; another amount is none */
    rep = refund(id, 2, 2000, office);
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "refund_no"), no);
    assert_string_equal(refund(id, 2, 3000, office)->code, "conflict");
    assert_string_equal(refund(id, 3, 1000, office)->code,
                        "payment_refund_state");

    run_job("follow");
    alipay_says("done", "10000", "",
                json_pack("{s:s}", "fund_change", "Y"));
    run_job("due");
    rep = get(path_of(id, ""), citizen);
    assert_string_equal(fake_text(rep, "state"), "paid");
    assert_int_equal(number_of(rep->json, "returned_fen"), 2000);

    rep = refund(id, 4, 10000, office);
    assert_int_equal(rep->status, 201);
    run_job("follow");
    run_job("due");
    assert_string_equal(state_of(id), "refunded");
    assert_int_equal(receipts(), 3);
    run_job("follow");
    run_job("tell");
    assert_int_equal(told("payment.part"), 1);
    assert_int_equal(told("payment.refunded"), 1);
    assert_int_equal(told("payment.refunding"), 2);
    assert_string_equal(text_of(fake_called(h, "review.payment", 4),
                                "state"), "refunded");
}


static size_t
stuck(void)
{
    fake_reply_t  *rep = get("/payment/stuck", office);

    assert_int_equal(rep->status, 200);
    assert_int_equal(number_of(rep->json, "total"),
                     json_array_size(json_object_get(rep->json, "stuck")));

    return json_array_size(json_object_get(rep->json, "stuck"));
}


static const char *
stuck_text(const char *name)
{
    return text_of(json_array_get(json_object_get(
                       get("/payment/stuck", office)->json, "stuck"), 0),
                   name);
}


/* Alipay refuses, or says nothing: it is asked again, and somebody is told. */
static void
test_refund_waits(void **state)
{
    const char  *id = opened();

    (void) state;

    pay(id, "qr");
    notify(notice(trade_of(id, 0), "TRADE_SUCCESS", "2026A"));
    assert_int_equal(refund(id, 2, 12000, office)->status, 201);
    run_job("follow");
    alipay_says("refused", "40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH", NULL);
    run_job("due");
    assert_int_equal(fake_counter(h, "refunds_refused"), 1);
    assert_string_equal(state_of(id), "refunding");

    /* at once, to the office and to the operator */
    assert_int_equal(stuck(), 1);
    assert_string_equal(stuck_text("why"), "ACQ.SELLER_BALANCE_NOT_ENOUGH");
    assert_string_equal(stuck_text("out_trade_no"), trade_of(id, 0));
    assert_int_equal(strncmp(stuck_text("refund_no"), trade_of(id, 0), 20),
                     0);
    assert_int_equal(fake_counter(h, "stuck"), 1);
    assert_int_equal(get("/payment/stuck", citizen)->status, 403);

    alipay_says("refused", "40004", "a line\nof words", NULL);
    later(HOUR);
    run_job("due");
    assert_int_equal(stuck(), 1);
    assert_string_equal(stuck_text("why"), "unknown");
    assert_int_equal(fake_counter(h, "stuck"), 2);
    assert_true(fake_logged(h, "money waits: nobody knows yet what became of "
                            "refund"));
    assert_int_equal(fake_counter(h, "waits"), 1);

    alipay_says("done", "10000", "", json_pack("{s:s}", "fund_change", "Y"));
    later(HOUR);
    run_job("due");
    assert_string_equal(state_of(id), "refunded");
    assert_int_equal(stuck(), 0);
}


/* The rule does not let it go: the office is to know. */
static void
test_refund_not_allowed(void **state)
{
    json_t      *out;
    const char  *id = opened();

    (void) state;

    pay(id, "qr");
    notify(notice(trade_of(id, 0), "TRADE_SUCCESS", "2026A"));
    later(HOUR * 24 * 366);
    out = call("refund", json_pack("{s:s, s:s}", "pid",
                                   fake_person_id(h, NUMBER), "order_id",
                                   id));
    assert_string_equal(text_of(out, "refused"), "payment_refund_old");
    assert_int_equal(stuck(), 1);
    assert_string_equal(stuck_text("why"), "payment_refund_old");
    assert_string_equal(stuck_text("order_id"), id);
    assert_string_equal(stuck_text("out_trade_no"), trade_of(id, 0));

    /* its opener wants it by now */
    out = opening();
    json_object_set_new(out, "until", json_integer(UNTIL + HOUR * 24 * 400));
    assert_string_equal(text_of(call("open", out), "order_id"), id);
    assert_int_equal(stuck(), 0);

    /* what is settled in the record stands in no list */
    call("refund", json_pack("{s:s, s:s}", "pid", fake_person_id(h, NUMBER),
                             "order_id", id));
    assert_int_equal(stuck(), 1);
    fake_redis(h, "DEL %s", key_of("payment"));
    assert_int_equal(stuck(), 0);
}


/* ---- what fails -------------------------------------------------------- */

/* An opener that does not take what it is told, for good: nobody waits for
   it, and it is told when it does. */
static void
test_set_aside(void **state)
{
    unsigned     shard;
    const char  *id = opened();

    (void) state;

    pay(id, "qr");
    notify(notice(trade_of(id, 0), "TRADE_SUCCESS", "2026A"));
    fake_answer_call(h, "review.payment", CIVIC_ERROR, NULL);
    fake_set_clock(h, ((civic_msec_t) time(NULL) + 180) * 1000);
    run_job("tell");
    assert_null(fake_waiting(h, "payment.tell", 0));
    assert_non_null(fake_waiting(h, "payment.aside", 0));
    assert_true(fake_counter(h, "set_aside") > 0);
    run_job("aside");
    assert_non_null(fake_waiting(h, "payment.aside", 0));

    fake_answer_call(h, "review.payment", CIVIC_OK, NULL);
    run_job("aside");
    assert_null(fake_waiting(h, "payment.aside", 0));

    /* a switched off one is no failure: it is waited for */
    fake_answer_call(h, "review.payment", CIVIC_ABORTED, NULL);
    call("open", json_pack("{s:s, s:s, s:s, s:i, s:I, s:s}", "pid",
                           fake_person_id(h, NUMBER), "item", "other",
                           "title", "a", "fen", 1, "until",
                           (json_int_t) (fake_now(h) + HOUR), "opener",
                           "review"));

    for (shard = 0; shard < 16; shard++) {
        fake_job(h, "payment.tell", shard, 1, NULL);
    }

    assert_null(fake_waiting(h, "payment.aside", 0));
}


/* So it is with what is due. */
static void
test_put_off(void **state)
{
    const char  *id = opened();

    (void) state;

    pay(id, "qr");
    run_job("follow");
    later(HOUR);
    fake_answer_call(h, "alipay.call", CIVIC_ERROR, NULL);
    run_job("due");
    assert_int_equal(fake_counter(h, "set_aside"), 1);
    run_job("due");
    assert_int_equal(fake_counter(h, "set_aside"), 1);
    later(61000);
    run_job("due");
    assert_int_equal(fake_counter(h, "set_aside"), 2);
}


/* ---- the office -------------------------------------------------------- */

static void
test_desk(void **state)
{
    char           body[256];
    const char    *id;
    fake_reply_t  *rep;

    (void) state;

    rep = post("/payment/orders", office,
               "{\"id_number\":\"" NUMBER "\",\"item\":\"exam:7\","
               "\"title\":\"体检费\",\"fen\":5000,"
               "\"until\":\"2026-03-12T18:00:00+08:00\"}");
    assert_int_equal(rep->status, 201);
    assert_true(json_is_true(json_object_get(rep->json, "created")));
    id = fake_text(rep, "order_id");
    assert_string_equal(state_of(id), "unpaid");
    assert_string_equal(fake_audit_action(h, 0), "payment.opened_by_hand");

    rep = post("/payment/orders", office,
               "{\"id_number\":\"630105199003079990\",\"item\":\"exam:7\","
               "\"title\":\"体检费\",\"fen\":5000,"
               "\"until\":\"2026-03-01T18:00:00+08:00\"}");
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "id_number_checksum");
    assert_string_equal(fake_field_error(rep, "/until"), "payment_instant");

    pay(id, "qr");
    rep = post("/payment/look-up", office,
               "{\"id_number\":\"" NUMBER "\"}");
    assert_int_equal(rep->status, 200);
    assert_non_null(strstr(rep->body, trade_of(id, 0)));
    snprintf(body, sizeof(body), "{\"out_trade_no\":\"%s\"}",
             trade_of(id, 0));
    rep = post("/payment/look-up", office, body);
    assert_int_equal(rep->status, 200);
    assert_non_null(strstr(rep->body, "体检费"));
    rep = post("/payment/look-up", office, "{}");
    assert_string_equal(fake_field_error(rep, "/id_number"), "required");

    run_job("follow");
    rep = get("/payment/items/exam:7/orders", office);
    assert_int_equal(number_of(rep->json, "total"), 1);
    assert_non_null(strstr(rep->body, "\"unpaid\""));

    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s}", "state", "none"));
    rep = post("/payment/orders", office,
               "{\"id_number\":\"" OTHER "\",\"item\":\"exam:7\","
               "\"title\":\"体检费\",\"fen\":5000,"
               "\"until\":\"2026-03-12T18:00:00+08:00\"}");
    assert_string_equal(rep->code, "payment_person_unknown");
}


static void
test_deadline_moves(void **state)
{
    json_t      *out;
    const char  *id = opened();

    (void) state;

    run_job("follow");
    out = call("extend", json_pack("{s:s, s:s, s:I}", "pid",
                                   fake_person_id(h, NUMBER), "order_id", id,
                                   "until", (json_int_t) (UNTIL + 24 * HOUR)));
    assert_string_equal(text_of(out, "state"), "unpaid");
    assert_int_equal(number_of(out, "version"), 2);
    run_job("follow");
    assert_int_equal(told("payment.moved"), 1);

    move_clock(UNTIL + HOUR);
    run_job("deadlines");
    assert_string_equal(state_of(id), "unpaid");
    pay(id, "qr");
    notify(notice(trade_of(id, 0), "TRADE_SUCCESS", "2026A"));
    run_job("follow");
    assert_int_equal(told("payment.paid"), 1);
}


/* ---- what is lost ------------------------------------------------------ */

/* The opener's plugin is away: it is told when it is back, and all else goes
   on meanwhile. */
static void
test_opener_fails(void **state)
{
    unsigned     shard, failed = 0;
    const char  *id = opened();

    (void) state;

    pay(id, "qr");
    notify(notice(trade_of(id, 0), "TRADE_SUCCESS", "2026A"));
    fake_answer_call(h, "review.payment", CIVIC_ERROR, NULL);
    run_job("follow");
    assert_int_equal(told("payment.paid"), 1);

    for (shard = 0; shard < 16; shard++) {
        failed += fake_job(h, "payment.tell", shard, 1, NULL)->result
                  != CIVIC_OK;
    }

    assert_int_equal(failed, 1);
    assert_non_null(fake_waiting(h, "payment.tell", 0));
    fake_answer_call(h, "review.payment", CIVIC_OK, NULL);
    run_job("tell");
    assert_null(fake_waiting(h, "payment.tell", 0));
}


static void
test_rebuild(void **state)
{
    size_t             i;
    const char        *id = opened();
    const redisReply  *keys;

    (void) state;

    pay(id, "qr");
    run_job("follow");

    /* Redis came back without what is no person's own */
    keys = fake_redis(h, "KEYS civic:{pay*");
    assert_true(keys->elements >= 4);

    for (i = 0; i < keys->elements; i++) {
        fake_redis(h, "DEL %s", keys->element[i]->str);
    }

    run_job("rebuild");
    assert_int_equal(fake_counter(h, "rebuilt"), 1);
    assert_int_equal(fake_redis(h, "EXISTS civic:{pay:%s}", trade_of(id, 0))
                     ->integer, 1);
    assert_int_equal(fake_redis(h, "ZCARD civic:{payment:item:exam:2026}")
                     ->integer, 1);
    alipay_knows(trade_of(id, 0), "TRADE_SUCCESS", "2026A");
    run_job("due");
    assert_string_equal(state_of(id), "paid");

    /* not again so soon */
    run_job("rebuild");
    assert_int_equal(fake_counter(h, "rebuilt"), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_warnings, reset),
        cmocka_unit_test_setup(test_removal, reset),
        cmocka_unit_test_setup(test_last_question, reset),
        cmocka_unit_test_setup(test_payment_meets_removal, reset),
        cmocka_unit_test_setup(test_removal_between_reads, reset),
        cmocka_unit_test_setup(test_both_channels_paid, reset),
        cmocka_unit_test_setup(test_other_trade_is_closed, reset),
        cmocka_unit_test_setup(test_money_after_closing, reset),
        cmocka_unit_test_setup(test_refund, reset),
        cmocka_unit_test_setup(test_refund_waits, reset),
        cmocka_unit_test_setup(test_refund_not_allowed, reset),
        cmocka_unit_test_setup(test_set_aside, reset),
        cmocka_unit_test_setup(test_put_off, reset),
        cmocka_unit_test_setup(test_desk, reset),
        cmocka_unit_test_setup(test_deadline_moves, reset),
        cmocka_unit_test_setup(test_opener_fails, reset),
        cmocka_unit_test_setup(test_rebuild, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
