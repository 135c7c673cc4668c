/*
 * review_money_test.c - what follows from a decision: orders that are opened,
 * closed, given back; who is removed, who may sit the exam and who is told;
 * deadlines that move; indexes that are lost.
 */

#include <time.h>

#include "review_citizen_world.h"


static void
approved(void)
{
    submitted();
    staff_decide("approved");
    run_jobs();
}


/* The input of the n-th opened order. */
static json_t *
opening(unsigned n)
{
    return fake_called(h, "payment.open", n);
}


/* ---- approved ---------------------------------------------------------- */

static void
test_approved(void **state)
{
    json_t        *in;
    fake_reply_t  *rep;

    (void) state;

    approved();
    assert_int_equal(times_called("payment.open"), 1);
    in = opening(0);
    assert_string_equal(json_string_value(json_object_get(in, "item")),
                        "exam:" EXAM);
    assert_string_equal(json_string_value(json_object_get(in, "title")),
                        "公务员考试报名费");
    assert_string_equal(json_string_value(json_object_get(in, "opener")),
                        "review");
    assert_int_equal(json_integer_value(json_object_get(in, "fen")), 12000);
    assert_int_equal(json_integer_value(json_object_get(in, "until")),
                     PAY_END);
    assert_int_equal(entitlement_told(), 0);

    order_is("unpaid", 1);
    rep = get(PATH, citizen);
    assert_string_equal(fake_text(rep, "label"), "未缴费");
    assert_true(offers(rep, "pay"));
    assert_true(offers(rep, "withdraw"));
    assert_non_null(strstr(rep->body, "\"order_id\":\"" ORDER "\""));
    assert_string_equal(patch("{\"version\":3}")->code, "review_approved");

    /* once more, whatever became of the order: not another one */
    payment_tells("unpaid", 1);
    run_jobs();
    payment_tells("refunded", 5);
    run_jobs();
    assert_int_equal(times_called("payment.open"), 1);
}


/* Interrupted between the two steps: the order that is there is taken. */
static void
test_approved_again(void **state)
{
    unsigned  shard, failed = 0;

    (void) state;

    submitted();
    staff_decide("approved");
    fake_answer_call(h, "payment.open", CIVIC_ERROR, NULL);

    for (shard = 0; shard < 16; shard++) {
        failed += fake_job(h, "review.money", shard, 90, NULL)->result
                  != CIVIC_OK;
    }

    assert_int_equal(failed, 1);

    order_is("unpaid", 1);
    fake_answer_call(h, "payment.open", CIVIC_OK,
                     order_json("unpaid", 1, PAY_END));
    run_jobs();
    assert_string_equal(state_now(), "approved");
    assert_int_equal(fake_redis(h, "HEXISTS civic:{p:%s}:review order:%s",
                                pid(), EXAM)->integer, 1);
    assert_int_equal(fake_counter(h, "orders"), 0);
}


static unsigned
run_one(const char *name)
{
    unsigned  shard, failed = 0;

    for (shard = 0; shard < 16; shard++) {
        failed += fake_job(h, name, shard, 95, NULL)->result != CIVIC_OK;
    }

    return failed;
}


static const char *
entry_of(const char *exam, const char *what)
{
    static char  entry[128];

    snprintf(entry, sizeof(entry), "%s %s %s", pid(), exam, what);

    return entry;
}


/* Minutes after now by Redis' clock, which is the outboxes'. */
static void
minutes_later(int minutes)
{
    fake_set_clock(h, ((civic_msec_t) time(NULL) + 60 * minutes) * 1000);
}


/* What fails for good keeps nobody waiting, and is not lost. */
static void
test_set_aside(void **state)
{
    char  key[64];

    (void) state;

    submitted();
    staff_decide("approved");
    fake_answer_call(h, "payment.open", CIVIC_ERROR, NULL);
    snprintf(key, sizeof(key), "%s",
             fake_redis(h, "KEYS civic:outbox:review.money:*")
                 ->element[0]->str);
    fake_redis(h, "DEL %s", key);
    fake_redis(h, "XADD %s * entry %s", key,
               entry_of(EXAM, "approved 4"));
    fake_redis(h, "XADD %s * entry %s", key,
               entry_of("another-2026", "draft 1"));

    /* young: it stays, and the one behind it is done */
    assert_int_equal(run_one("review.money"), 1);
    assert_non_null(strstr(fake_waiting(h, "review.money", 0), EXAM));
    assert_null(fake_waiting(h, "review.money", 1));

    minutes_later(3);
    assert_int_equal(run_one("review.money"), 0);
    assert_null(fake_waiting(h, "review.money", 0));
    assert_non_null(strstr(fake_waiting(h, "review.aside", 0), EXAM));
    assert_int_equal(fake_counter(h, "set_aside"), 1);
    assert_true(fake_logged(h, "of the outbox \"money\" fails again and "
                            "again, and is set aside"));

    assert_int_equal(run_one("review.aside"), 0);
    assert_non_null(fake_waiting(h, "review.aside", 0));
    assert_int_equal(fake_counter(h, "set_aside"), 2);

    fake_answer_call(h, "payment.open", CIVIC_OK,
                     order_json("unpaid", 1, PAY_END));
    assert_int_equal(run_one("review.aside"), 0);
    assert_null(fake_waiting(h, "review.aside", 0));
    assert_int_equal(fake_redis(h, "HEXISTS civic:{p:%s}:review order:%s",
                                pid(), EXAM)->integer, 1);

    /* it is not given up, however long that takes */
    fake_answer_call(h, "payment.state", CIVIC_ERROR, NULL);
    fake_redis(h, "XADD %s * entry %s", key,
               entry_of(EXAM, "approved 4"));
    minutes_later(3);
    assert_int_equal(run_one("review.money"), 0);
    minutes_later(400 * 24 * 60);
    assert_int_equal(run_one("review.aside"), 0);
    assert_non_null(strstr(fake_waiting(h, "review.aside", 0), EXAM));
}


/* Those behind it are tried as often as it is; what this version does not
   know is kept, and is told. */
static void
test_aside_turns(void **state)
{
    char  key[64];

    (void) state;

    submitted();
    staff_decide("approved");
    fake_answer_call(h, "payment.open", CIVIC_ERROR, NULL);
    minutes_later(3);
    assert_int_equal(run_one("review.money"), 0);
    assert_non_null(strstr(fake_waiting(h, "review.aside", 0), EXAM));

    snprintf(key, sizeof(key), "%s",
             fake_redis(h, "KEYS civic:outbox:review.aside:*")
                 ->element[0]->str);
    fake_redis(h, "XADD %s * entry %s", key, "later x");
    assert_int_equal(run_one("review.aside"), 0);
    assert_string_equal(fake_waiting(h, "review.aside", 0), "later x");
    assert_non_null(strstr(fake_waiting(h, "review.aside", 1), EXAM));
    assert_true(fake_logged(h, "names no outbox of this version's"));
}


/* Of how many ever exams. */
static void
test_approved_exams(void **state)
{
    json_t  *out;

    (void) state;

    out = call("approved", json_pack("{s:s}", "pid", pid()));
    assert_int_equal(json_array_size(json_object_get(out, "exam_ids")), 0);
    approved();
    out = call("approved", json_pack("{s:s}", "pid", pid()));
    assert_int_equal(json_array_size(json_object_get(out, "exam_ids")), 1);
    assert_string_equal(json_string_value(json_array_get(
        json_object_get(out, "exam_ids"), 0)), EXAM);

    (void) fake_redis(h, "EVAL %s 1 civic:{p:%s}:review",
                      "local words = redis.call('HGET', KEYS[1], "
                      "'application:" EXAM "') "
                      "for n = 1, 150 do "
                      "  redis.call('HSET', KEYS[1], 'form:old-' .. n, 'x',"
                      "    'past:old-' .. n, 'x', 'application:old-' .. n,"
                      "    words) "
                      "end", pid());
    out = call("approved", json_pack("{s:s}", "pid", pid()));
    assert_int_equal(json_array_size(json_object_get(out, "exam_ids")), 151);
}


static void
test_paid(void **state)
{
    json_t        *out, *part;
    fake_reply_t  *rep;

    (void) state;

    approved();
    assert_false(is_entitled());
    payment_tells("paid", 2);
    run_jobs();
    assert_true(is_entitled());
    assert_int_equal(entitlement_told(), 1);
    out = call("entitled", json_pack("{s:s, s:s}", "pid", pid(), "exam_id",
                                     EXAM));
    assert_string_equal(json_string_value(json_object_get(out, "name")),
                        "张三");
    assert_string_equal(json_string_value(json_object_get(out, "position")),
                        "P1");

    out = call("paid", json_pack("{s:s, s:s, s:i}", "exam_id", EXAM, "after",
                                 "0", "max", 10));
    assert_int_equal(json_array_size(json_object_get(out, "pids")), 1);
    assert_string_equal(json_string_value(json_object_get(out, "after")),
                        "0");

    rep = get(PATH, citizen);
    assert_string_equal(fake_text(rep, "label"), "已付款");
    assert_true(offers(rep, "ticket"));
    assert_false(offers(rep, "pay"));
    assert_string_equal(withdraw(version_of(rep))->code, "review_paid");

    /* an older word changes nothing in the index */
    payment_tells("unpaid", 1);
    run_jobs();
    out = call("paid", json_pack("{s:s}", "exam_id", EXAM));
    assert_int_equal(json_array_size(json_object_get(out, "pids")), 1);

    /* a part of it goes back: it is paid all the same */
    part = order_json("refunding", 3, PAY_END);
    json_object_set_new(part, "returned", json_integer(5000));
    fake_answer_call(h, "payment.state", CIVIC_OK, part);
    assert_true(is_entitled());
    part = order_json("refunding", 3, PAY_END);
    json_object_set_new(part, "returned", json_integer(12000));
    fake_answer_call(h, "payment.state", CIVIC_OK, part);
    assert_false(is_entitled());

    /* given back by the office */
    payment_tells("refunded", 4);
    run_jobs();
    assert_false(is_entitled());
    assert_int_equal(entitlement_told(), 0);
    out = call("paid", json_pack("{s:s}", "exam_id", EXAM));
    assert_int_equal(json_array_size(json_object_get(out, "pids")), 0);
    assert_string_equal(state_now(), "approved");
}


static void
test_nothing_to_pay(void **state)
{
    (void) state;

    exam_is(0, 1, PAY_END);
    approved();
    assert_int_equal(times_called("payment.open"), 0);
    assert_true(is_entitled());
    assert_int_equal(entitlement_told(), 1);
    assert_true(offers(get(PATH, citizen), "ticket"));
    assert_string_equal(fake_text(get(PATH, citizen), "label"), "审核通过");

    assert_int_equal(withdraw(3)->status, 200);
    run_jobs();
    assert_int_equal(entitlement_told(), 0);
    assert_false(is_entitled());
}


/* ---- removed ----------------------------------------------------------- */

static void
test_removed(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    approved();
    payment_tells("removed", 2);
    run_jobs();
    rep = get(PATH, citizen);
    assert_string_equal(fake_text(rep, "state"), "removed");
    assert_string_equal(fake_text(rep, "label"), "已删除");
    assert_int_equal(json_array_size(json_object_get(rep->json, "next")), 0);
    assert_int_equal(told("review.removed"), 1);
    assert_int_equal(count_of("P1"), 0);
    assert_int_equal(entitlement_told(), 0);
    assert_string_equal(patch("{\"version\":4}")->code, "review_removed");
    assert_string_equal(submit(4)->code, "review_removed");
    assert_string_equal(withdraw(4)->code, "review_nothing_to_withdraw");
    assert_int_equal(times_called("payment.refund"), 0);

    /* told twice */
    payment_tells("removed", 2);
    run_jobs();
    assert_int_equal(told("review.removed"), 1);
}


/* What payment tells late, of the order before this approval, removes
   nobody. */
static void
test_removed_before(void **state)
{
    (void) state;

    submitted();
    order_is("removed", 7);
    staff_decide("approved");
    run_jobs();
    assert_string_equal(state_now(), "approved");
    assert_int_equal(times_called("payment.open"), 1);
    assert_true(json_is_true(json_object_get(opening(0), "again")));
}


/* Payment and removal at once: whatever is told in whatever order, who is
   removed has not paid, and who has paid is not removed. */
static void
test_paid_and_removed(void **state)
{
    unsigned  turn;

    (void) state;

    for (turn = 0; turn < 4; turn++) {
        fake_host_reset(h);
        reset(NULL);
        approved();

        /* payment's own script lets one of them happen; its words about the
           deadline and about the money may come in any order, twice */
        payment_tells(turn & 1 ? "removed" : "unpaid", 2);
        payment_tells(turn & 2 ? "paid" : "removed", 3);
        run_jobs();
        run_jobs();

        assert_string_equal(state_now(), turn & 2 ? "approved" : "removed");
        assert_int_equal(is_entitled(), (turn & 2) != 0);
        assert_int_equal(entitlement_told(), (turn & 2) != 0);
        assert_int_equal(times_called("payment.refund"), 0);
    }
}


/* ---- no longer approved ------------------------------------------------ */

static void
test_withdrawn_unpaid(void **state)
{
    (void) state;

    approved();
    order_is("unpaid", 1);
    assert_int_equal(withdraw(3)->status, 200);
    run_jobs();
    assert_int_equal(times_called("payment.close"), 1);
    assert_int_equal(times_called("payment.refund"), 0);
    assert_int_equal(entitlement_told(), 0);

    /* approved once more: another order */
    order_is("closed", 2);
    fake_advance(h, 1000);
    assert_int_equal(patch("{\"version\":4}")->status, 200);
    assert_int_equal(submit(5)->status, 200);
    fake_advance(h, 1000);
    staff_decide("approved");
    run_jobs();
    assert_int_equal(times_called("payment.open"), 2);
    assert_true(json_is_true(json_object_get(opening(1), "again")));
}


/* Paid in the moment of withdrawing: it goes back. */
static void
test_withdrawn_and_paid(void **state)
{
    json_t  *in;

    (void) state;

    approved();
    order_is("unpaid", 1);
    assert_int_equal(withdraw(3)->status, 200);
    payment_tells("paid", 2);
    run_jobs();
    assert_int_equal(times_called("payment.refund"), 2);
    in = fake_called(h, "payment.refund", 0);
    assert_int_equal(json_integer_value(json_object_get(in, "version")), 2);
    assert_false(is_entitled());
    assert_int_equal(entitlement_told(), 0);

    /* with the same version the second one was the same refund */
    in = fake_called(h, "payment.refund", 1);
    assert_int_equal(json_integer_value(json_object_get(in, "version")), 2);
}


static void
test_turned_round(void **state)
{
    json_t  *refused = order_json("paid", 2, PAY_END);

    (void) state;

    approved();
    payment_tells("paid", 2);
    run_jobs();
    staff_decide("refused");
    order_is("paid", 2);
    run_jobs();
    assert_int_equal(times_called("payment.refund"), 1);
    assert_int_equal(entitlement_told(), 0);

    /* approved again while the money is still on its way back: it waits */
    order_is("refunding", 3);
    fake_advance(h, 1000);
    staff_decide("approved");
    order_is("refunding", 3);
    run_jobs();
    assert_int_equal(times_called("payment.open"), 1);
    payment_tells("refunded", 4);
    run_jobs();
    assert_int_equal(times_called("payment.open"), 2);

    /* one that cannot go back is for a human, and holds nobody up */
    json_object_set_new(refused, "refused",
                        json_string("payment_refund_old"));
    fake_answer_call(h, "payment.refund", CIVIC_OK, refused);
    staff_decide("refused");
    order_is("paid", 9);
    run_jobs();
    assert_true(fake_logged(h, "payment_refund_old"));
}


static void
test_being_paid(void **state)
{
    json_t  *paying;

    (void) state;

    approved();
    paying = order_json("unpaid", 1, PAY_END);
    json_object_set_new(paying, "paying", json_true());
    fake_answer_call(h, "payment.state", CIVIC_OK, paying);
    assert_string_equal(fake_text(get(PATH, citizen), "label"), "支付中");
    assert_string_equal(withdraw(3)->code, "review_paying");
}


/* ---- deadlines that move ----------------------------------------------- */

static void
test_exam_changed(void **state)
{
    json_t         *in;
    const uint64_t  fence = 1000;

    (void) state;

    approved();
    payment_tells("unpaid", 1);
    run_jobs();
    assert_int_equal(times_called("payment.extend"), 0);

    /* the index is behind: it still says submitted */
    fake_redis(h, "HSET civic:{review:" EXAM "}:applications %s %s", pid(),
               "2 submitted P1 0 0");

    call("exam_changed", json_pack("{s:s, s:i}", "exam_id", EXAM, "revision",
                                   2));

    /* while somebody may open an order by the facts before: not yet */
    exam_is(12000, 2, PAY_END + DAY);
    assert_int_equal(fake_job(h, "review.deadlines", 0, fence, NULL)->result,
                     CIVIC_OK);
    assert_int_equal(times_called("payment.extend"), 0);
    fake_advance(h, 3000);

    /* a worker that still has them: the next run */
    exam_is(12000, 1, PAY_END);
    assert_int_equal(fake_job(h, "review.deadlines", 0, fence, NULL)->result,
                     CIVIC_OK);
    assert_int_equal(times_called("payment.extend"), 0);
    assert_int_equal(fake_redis(h, "HLEN civic:{review:moving}")->integer, 1);

    exam_is(12000, 2, PAY_END + DAY);
    assert_int_equal(fake_job(h, "review.deadlines", 0, fence + 1, NULL)
                     ->result, CIVIC_OK);
    assert_int_equal(times_called("payment.extend"), 1);
    in = fake_called(h, "payment.extend", 0);
    assert_int_equal(json_integer_value(json_object_get(in, "until")),
                     PAY_END + DAY);
    assert_int_equal(fake_redis(h, "HLEN civic:{review:moving}")->integer, 0);
}


/* ---- indexes ----------------------------------------------------------- */

/* What comes late takes nothing from what is newer. */
static void
test_late_index(void **state)
{
    (void) state;

    submitted();
    run_jobs();
    fake_redis(h, "HSET civic:{review:" EXAM "}:applications %s %s", pid(),
               "99 withdrawn P1 0 0");
    fake_redis(h, "HSET civic:{review:" EXAM "}:counts P1 0");
    payment_tells("none", 0);
    run_jobs();
    assert_int_equal(count_of("P1"), 0);
}


static void
test_rebuild(void **state)
{
    unsigned  shard;

    (void) state;

    submitted();
    run_jobs();
    fake_redis(h, "DEL civic:{review:" EXAM "}:applications "
               "civic:{review:" EXAM "}:counts");
    fake_redis(h, "DEL civic:{reviews:" EXAM "}:waiting");
    assert_int_equal(count_of("P1"), 0);

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, "review.rebuild", shard, 2000, NULL)
                         ->result, CIVIC_OK);
    }

    assert_int_equal(count_of("P1"), 1);
    assert_int_equal(fake_redis(h, "ZCARD civic:{reviews:" EXAM "}:waiting")
                     ->integer, 1);
    assert_true(fake_counter(h, "rebuilt") == 1);
}


/* Each job stops at each of its steps, and is done again: nothing is done
   twice that matters, nothing is left out. */
static void
test_interrupted(void **state)
{
    unsigned  at, shard;
    size_t    i;

    static uint64_t           fence = 5000;
    static const char *const  jobs[] = {
        "review.work", "review.money", "review.tell"
    };

    (void) state;

    for (at = 1; at <= 10; at++) {
        fake_host_reset(h);
        reset(NULL);
        submitted();
        staff_decide("approved");

        for (i = 0; i < 3; i++) {
            for (shard = 0; shard < 16; shard++) {
                (void) fake_job(h, jobs[i], shard, fence++, &(fake_request_t) {
                                    .redis_fault_at = at,
                                    .redis_fault = FAKE_REDIS_LOST_AFTER });
            }
        }

        run_jobs();
        assert_string_equal(state_now(), "approved");
        assert_true(times_called("payment.open") >= 1);
        assert_int_equal(fake_redis(h, "HEXISTS civic:{p:%s}:review order:%s",
                                    pid(), EXAM)->integer, 1);
        assert_int_equal(count_of("P1"), 1);
        assert_int_equal(entitlement_told(), 0);
    }
}


/* Others that are switched off hold up what concerns them, and no more. */
static void
test_switched_off(void **state)
{
    unsigned  shard;

    (void) state;

    submitted();
    staff_decide("approved");
    fake_answer_call(h, "payment.open", CIVIC_ABORTED, NULL);
    fake_answer_call(h, "ticket.entitlement", CIVIC_ABORTED, NULL);

    for (shard = 0; shard < 16; shard++) {
        (void) fake_job(h, "review.money", shard, 9000, NULL);
        (void) fake_job(h, "review.tell", shard, 9000, NULL);
        assert_int_equal(fake_job(h, "review.work", shard, 9000, NULL)
                         ->result, CIVIC_OK);
    }

    assert_int_equal(count_of("P1"), 1);
    assert_non_null(fake_waiting(h, "review.money", 0));
    assert_non_null(fake_waiting(h, "review.tell", 0));
    assert_null(fake_waiting(h, "review.work", 0));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_approved, reset),
        cmocka_unit_test_setup(test_approved_again, reset),
        cmocka_unit_test_setup(test_set_aside, reset),
        cmocka_unit_test_setup(test_aside_turns, reset),
        cmocka_unit_test_setup(test_approved_exams, reset),
        cmocka_unit_test_setup(test_paid, reset),
        cmocka_unit_test_setup(test_nothing_to_pay, reset),
        cmocka_unit_test_setup(test_removed, reset),
        cmocka_unit_test_setup(test_removed_before, reset),
        cmocka_unit_test_setup(test_paid_and_removed, reset),
        cmocka_unit_test_setup(test_withdrawn_unpaid, reset),
        cmocka_unit_test_setup(test_withdrawn_and_paid, reset),
        cmocka_unit_test_setup(test_turned_round, reset),
        cmocka_unit_test_setup(test_being_paid, reset),
        cmocka_unit_test_setup(test_exam_changed, reset),
        cmocka_unit_test_setup(test_late_index, reset),
        cmocka_unit_test_setup(test_rebuild, reset),
        cmocka_unit_test_setup(test_interrupted, reset),
        cmocka_unit_test_setup(test_switched_off, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
