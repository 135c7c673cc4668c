/*
 * payment_retention_test.c - orders and bills go when they were kept long
 * enough, with a proof; nothing goes that money, a difference or an
 * application may still need.
 */

#include "payment_world.h"

#define DAY       (24 * HOUR)
#define NEW_YEAR  1798732800000LL       /* 2027-01-01T00:00:00+08:00 */
#define KEPT      (10958 * DAY)         /* by lua/rules/payment.lua */
#define UNPAID    (730 * DAY)
#define BILLS     (3653 * DAY)


/* ---- the world --------------------------------------------------------- */

static void
clock_at(int64_t when)
{
    fake_set_clock(h, when);
    later(0);
}


static void
review_needs(int needed)
{
    fake_answer_call(h, "review.payment_needed", CIVIC_OK,
                     json_pack("{s:b}", "needed", needed));
}


static int
reset_all(void **state)
{
    reset(state);
    review_needs(0);

    return 0;
}


static void
walk_with(const fake_request_t *bad)
{
    static uint64_t  fence = 100000;

    unsigned       shard;
    fake_reply_t  *rep;

    for (shard = 0; shard < 16; shard++) {
        fake_redis(h, "DEL civic:{payment:rebuild:%u}", shard);
        rep = fake_job(h, "payment.rebuild", shard, fence++, bad);
        assert_true(bad != NULL || rep->result == CIVIC_OK);
    }
}


/* A whole walk at an instant. */
static void
walk_at(int64_t when)
{
    clock_at(when);
    walk_with(NULL);
}


static const char *
paid(void)
{
    const char  *id = opened();

    pay(id, "qr");
    assert_true(is_success(notify(notice(trade_of(id, 0), "TRADE_SUCCESS",
                                         "2026A"))));
    run_job("follow");
    run_job("tell");

    return id;
}


static int64_t
exists(const char *id)
{
    return fake_redis(h, "HEXISTS %s order:%s", key_of("payment"), id)
           ->integer;
}


/* How many keys lead to that order or its trade. */
static int64_t
leads(const char *id, const char *no)
{
    char     member[80];
    int64_t  found;

    snprintf(member, sizeof(member), "%s %s", fake_person_id(h, NUMBER), id);
    found = fake_redis(h, "EXISTS civic:{pay:%s}", no)->integer;

    return found + (fake_redis(h, "ZSCORE civic:{payment:item:exam:2026} %s",
                               member)->type != REDIS_REPLY_NIL);
}


static size_t
proofs(const char *action)
{
    size_t  i, found = 0;

    for (i = 0; fake_audit(h, i) != NULL; i++) {
        found += strcmp(fake_audit_action(h, i), action) == 0;
    }

    return found;
}


static json_t *
proof(const char *action)
{
    size_t  i;

    for (i = 0; strcmp(fake_audit_action(h, i), action) != 0; i++) {
        assert_non_null(fake_audit(h, i));
    }

    return fake_audit(h, i);
}


/* ---- its time ---------------------------------------------------------- */

static void
test_erased(void **state)
{
    char         no[40];
    json_t      *details;
    const char  *id = paid();

    (void) state;
    snprintf(no, sizeof(no), "%s", trade_of(id, 0));
    assert_int_equal(leads(id, no), 2);

    walk_at(NEW_YEAR + KEPT - 1);
    assert_int_equal(exists(id), 1);
    assert_int_equal(proofs("payment.erased"), 0);

    walk_at(NEW_YEAR + KEPT);
    assert_int_equal(fake_redis(h, "EXISTS %s", key_of("payment"))->integer,
                     0);
    assert_int_equal(fake_counter(h, "erased"), 1);
    run_job("follow");
    assert_int_equal(leads(id, no), 0);

    /* the proof says no more than it must */
    assert_int_equal(proofs("payment.erased"), 1);
    assert_string_equal(text_of(proof("payment.erased"), "subject"),
                        fake_person_id(h, NUMBER));
    details = json_object_get(proof("payment.erased"), "details");
    assert_int_equal(json_object_size(details), 4);
    assert_string_equal(text_of(details, "order_id"), id);
    assert_string_equal(text_of(details, "state"), "paid");
    assert_string_equal(text_of(details, "rule"), "payment.retention");
    assert_true(strlen(text_of(details, "revision")) > 7);

    assert_int_equal(get(path_of(id, ""), citizen)->status, 404);
    assert_int_equal(json_array_size(json_object_get(
        get("/payment/orders", citizen)->json, "orders")), 0);
    assert_int_equal(number_of(get("/payment/items/exam:2026/orders",
                                   office)->json, "total"), 0);

    walk_with(NULL);
    assert_int_equal(proofs("payment.erased"), 1);
}


/* An order for which nothing ever came has a shorter time. */
static void
test_without_money(void **state)
{
    const char  *id = opened();

    (void) state;
    call("close", json_pack("{s:s, s:s}", "pid", fake_person_id(h, NUMBER),
                            "order_id", id));
    run_job("follow");
    walk_at(NEW_YEAR + UNPAID - 1);
    assert_int_equal(exists(id), 1);
    walk_at(NEW_YEAR + UNPAID);
    assert_int_equal(exists(id), 0);
}


/* One of two: the other is as it was, and is found. */
static void
test_other_stays(void **state)
{
    char         id[40];
    const char  *other;
    json_t      *in;

    (void) state;
    snprintf(id, sizeof(id), "%s", paid());
    clock_at(NEW_YEAR + DAY);
    in = opening();
    json_object_set_new(in, "item", json_string("exam:2027"));
    json_object_set_new(in, "until", json_integer(NEW_YEAR + KEPT * 3));
    other = text_of(call("open", in), "order_id");
    assert_int_equal(strlen(other), 32);

    walk_at(NEW_YEAR + KEPT);
    run_job("follow");
    assert_int_equal(exists(id), 0);
    assert_string_equal(state_of(other), "unpaid");
    assert_int_equal(number_of(get("/payment/items/exam:2027/orders",
                                   office)->json, "total"), 1);
}


/* ---- what stays -------------------------------------------------------- */

static void
test_open(void **state)
{
    const char  *id = opened();

    (void) state;
    walk_at(NEW_YEAR + 2 * KEPT);
    assert_string_equal(state_of(id), "unpaid");
}


/* Money goes back: as long as it is not back, the order stays. */
static void
test_refund(void **state)
{
    const char  *id = paid();

    (void) state;
    call("refund", json_pack("{s:s, s:s}", "pid", fake_person_id(h, NUMBER),
                             "order_id", id));
    assert_string_equal(state_of(id), "refunding");
    walk_at(NEW_YEAR + KEPT);
    assert_int_equal(exists(id), 1);
}


/* It was paid twice: what came too late goes back first. */
static void
test_late(void **state)
{
    char         no[40];
    const char  *id = opened();

    (void) state;
    pay(id, "qr");
    pay(id, "page");
    notify(notice(trade_of(id, 0), "TRADE_SUCCESS", "2026A"));
    snprintf(no, sizeof(no), "%s", trade_of(id, 1));
    notify(notice(no, "TRADE_SUCCESS", "2026B"));
    assert_string_equal(trade_state(no), "late");
    assert_string_equal(state_of(id), "paid");
    walk_at(NEW_YEAR + KEPT);
    assert_int_equal(exists(id), 1);
}


/* The office sees it as money that should go back. */
static void
test_stuck(void **state)
{
    const char  *id = paid();

    (void) state;
    clock_at(NEW_YEAR + 400 * DAY);
    call("refund", json_pack("{s:s, s:s}", "pid", fake_person_id(h, NUMBER),
                             "order_id", id));
    walk_at(NEW_YEAR + KEPT);
    assert_int_equal(exists(id), 1);
    fake_redis(h, "DEL civic:{payment:stuck}");
    walk_with(NULL);
    assert_int_equal(exists(id), 0);
}


static void
test_difference(void **state)
{
    const char  *id = paid();

    (void) state;
    fake_redis(h, "HSET %s difference:2026-03-09:amount:in:2026A %s",
               key_of("payment"), trade_of(id, 0));
    fake_redis(h, "HSET civic:{payment:bill:2026-03-09} %s %s",
               "d:amount:in:2026A", "{\"settled\":false}");
    walk_at(NEW_YEAR + KEPT);
    assert_int_equal(exists(id), 1);
    fake_redis(h, "HSET civic:{payment:bill:2026-03-09} %s %s",
               "d:amount:in:2026A", "{\"settled\":true}");
    walk_with(NULL);
    assert_int_equal(fake_redis(h, "EXISTS %s", key_of("payment"))->integer,
                     0);
}


/* Whoever has opened it needs it, fails, or is not there. */
static void
test_needed(void **state)
{
    size_t       i;
    const char  *id = paid();

    static const civic_result_t  results[] = { CIVIC_ERROR, CIVIC_NOT_SENT,
                                               CIVIC_NOT_FOUND };

    (void) state;
    review_needs(1);
    walk_at(NEW_YEAR + KEPT);
    assert_int_equal(exists(id), 1);
    assert_string_equal(text_of(fake_called(h, "review.payment_needed", 0),
                                "item"), "exam:2026");

    for (i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        fake_answer_call(h, "review.payment_needed", results[i], NULL);
        walk_with(NULL);
        assert_int_equal(exists(id), 1);
    }

    review_needs(0);
    walk_with(NULL);
    assert_int_equal(exists(id), 0);
}


/* ---- bad days ---------------------------------------------------------- */

/* Lost at each place in turn: erased once, with one proof, and nothing that
   leads to it is left. */
static void
test_interrupted(void **state)
{
    char      id[40], no[40];
    size_t    kind;
    unsigned  at;

    static const fake_redis_fault_t  faults[] = {
        FAKE_REDIS_NOT_SENT, FAKE_REDIS_LOST_BEFORE, FAKE_REDIS_LOST_AFTER
    };

    (void) state;

    for (kind = 0; kind < 3; kind++) {
        for (at = 1; at < 20; at++) {
            reset_all(NULL);
            snprintf(id, sizeof(id), "%s", paid());
            snprintf(no, sizeof(no), "%s", trade_of(id, 0));
            clock_at(NEW_YEAR + KEPT);
            walk_with(&(fake_request_t) { .redis_fault_at = at,
                                          .redis_fault = faults[kind] });
            walk_with(NULL);
            run_job("follow");
            assert_int_equal(exists(id), 0);
            assert_int_equal(leads(id, no), 0);
            assert_int_equal(proofs("payment.erased"), 1);
        }
    }
}


/* What was told late, or set aside, finds nothing and does nothing. */
static void
test_late_news(void **state)
{
    char         key[96], entry[128];
    unsigned     before;
    const char  *id = paid();

    (void) state;
    walk_at(NEW_YEAR + KEPT);
    run_job("follow");
    before = told("payment.paid");

    snprintf(key, sizeof(key), "%s",
             fake_redis(h, "KEYS civic:outbox:payment.follow:*")
                 ->element[0]->str);
    snprintf(entry, sizeof(entry), "%s order %s paid 2",
             fake_person_id(h, NUMBER), id);
    fake_redis(h, "XADD %s * entry %s", key, entry);
    run_job("follow");
    assert_null(fake_waiting(h, "payment.follow", 0));
    assert_int_equal(told("payment.paid"), before);
    assert_int_equal(exists(id), 0);
}


/* ---- bills ------------------------------------------------------------- */

static int64_t
bill(const char *date)
{
    return fake_redis(h, "EXISTS civic:{payment:bill:%s}", date)->integer;
}


static void
run_retention(int64_t when)
{
    clock_at(when);
    assert_int_equal(fake_job(h, "payment.retention", 0, 1, NULL)->result,
                     CIVIC_OK);
}


static void
test_bills(void **state)
{
    (void) state;
    fake_redis(h, "HSET civic:{payment:bill:2026-01-01} state %s", "1 0");
    fake_redis(h, "HSET civic:{payment:bill:2026-12-31} state %s %s %s",
               "1 2", "d:amount:in:2026A", "{\"settled\":true}");
    fake_redis(h, "HSET civic:{payment:bill:2026-06-30} state %s %s %s",
               "1 2", "d:amount:in:2026A", "{\"settled\":false}");
    fake_redis(h, "HSET civic:{payment:bill:2027-01-01} state %s", "1 0");

    run_retention(NEW_YEAR + BILLS - 1);
    assert_int_equal(bill("2026-01-01"), 1);

    run_retention(NEW_YEAR + BILLS);
    assert_int_equal(bill("2026-01-01"), 0);
    assert_int_equal(bill("2026-12-31"), 0);
    assert_int_equal(bill("2026-06-30"), 1);
    assert_int_equal(bill("2027-01-01"), 1);
    assert_int_equal(proofs("payment.bill_erased"), 2);
    assert_int_equal(fake_counter(h, "erased"), 2);
    assert_string_equal(text_of(json_object_get(proof("payment.bill_erased"),
                                                "details"), "date"),
                        "2026-01-01");
    assert_string_equal(text_of(json_object_get(proof("payment.bill_erased"),
                                                "details"), "rule"),
                        "payment.retention");

    run_retention(NEW_YEAR + BILLS + DAY);
    assert_int_equal(proofs("payment.bill_erased"), 2);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_erased, reset_all),
        cmocka_unit_test_setup(test_without_money, reset_all),
        cmocka_unit_test_setup(test_other_stays, reset_all),
        cmocka_unit_test_setup(test_open, reset_all),
        cmocka_unit_test_setup(test_refund, reset_all),
        cmocka_unit_test_setup(test_late, reset_all),
        cmocka_unit_test_setup(test_stuck, reset_all),
        cmocka_unit_test_setup(test_difference, reset_all),
        cmocka_unit_test_setup(test_needed, reset_all),
        cmocka_unit_test_setup(test_interrupted, reset_all),
        cmocka_unit_test_setup(test_late_news, reset_all),
        cmocka_unit_test_setup(test_bills, reset_all),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
