/*
 * review_retention_test.c - what somebody applied with goes when it was kept
 * long enough, with a proof, and does not come back; what money is on its way
 * for stays.
 */

#include <unistd.h>

#include "review_citizen_world.h"

#define KEPT    (730 * DAY)             /* by lua/rules/review.lua */
#define DRAFTS  (180 * DAY)


/* ---- the world --------------------------------------------------------- */

static civic_result_t
walk_in(unsigned shard)
{
    static uint64_t  fence = 100000;

    return fake_job(h, "review.rebuild", shard, fence++, NULL)->result;
}


/* A whole walk at an instant. */
static void
walk_at(int64_t when)
{
    unsigned  shard;

    fake_set_clock(h, when);
    later(0);

    for (shard = 0; shard < 16; shard++) {
        fake_redis(h, "DEL civic:{review:rebuild:%u}", shard);
        assert_int_equal(walk_in(shard), CIVIC_OK);
    }
}


static int64_t
exists(const char *exam)
{
    return fake_redis(h, "HEXISTS civic:{p:%s}:review application:%s", pid(),
                      exam)->integer;
}


/* In how many keys of the exam the person or the application still is. */
static long long
traces(const char *id)
{
    size_t     i;
    long long  found = 0;

    static const char *const  queues[] = { "", ":opened", ":reversals" };

    found += fake_redis(h, "HEXISTS civic:{review:" EXAM "}:applications %s",
                        pid())->integer;
    found += fake_redis(h, "SISMEMBER civic:{review:" EXAM "}:paid %s",
                        pid())->integer;
    found += fake_redis(h, "HEXISTS civic:{review:" EXAM "}:ids %s", id)
             ->integer;

    for (i = 0; i < 3; i++) {
        found += fake_redis(h, "HEXISTS civic:{reviews:" EXAM "}%s:owners %s",
                            queues[i], id)->integer;
    }

    return found;
}


static const char *
id_now(void)
{
    static char  id[32];

    assert_int_equal(sscanf(words(), "%*s %*d %*d %31s", id), 1);

    return id;
}


/* The proof; NULL: there is none. */
static json_t *
proof(void)
{
    size_t   i;
    json_t  *entry;

    for (i = 0; (entry = fake_audit(h, i)) != NULL; i++) {
        if (strcmp(fake_audit_action(h, i), "review.erased") == 0) {
            return entry;
        }
    }

    return NULL;
}


/* Approved, paid, and all of it followed. */
static void
paid(void)
{
    submitted();
    staff_decide("approved");
    run_jobs();
    payment_tells("paid", 2);
    run_jobs();
}


/* ---- its time ---------------------------------------------------------- */

static void
test_erased(void **state)
{
    char           id[32];
    json_t        *details;
    fake_reply_t  *rep;

    (void) state;

    paid();
    snprintf(id, sizeof(id), "%s", id_now());
    assert_int_equal(traces(id), 3);
    assert_int_equal(count_of("P1"), 1);

    walk_at(PAY_END + KEPT - 1);
    assert_int_equal(exists(EXAM), 1);
    assert_null(proof());

    walk_at(PAY_END + KEPT);
    assert_int_equal(fake_redis(h, "EXISTS civic:{p:%s}:review", pid())
                     ->integer, 0);
    assert_int_equal(fake_counter(h, "erased"), 1);

    /* the proof says no more than it must */
    assert_non_null(proof());
    assert_string_equal(json_string_value(json_object_get(proof(),
                                                          "subject")), pid());
    details = json_object_get(proof(), "details");
    assert_int_equal(json_object_size(details), 4);
    assert_string_equal(json_string_value(json_object_get(details, "exam")),
                        EXAM);
    assert_string_equal(json_string_value(json_object_get(details, "state")),
                        "approved");
    assert_string_equal(json_string_value(json_object_get(details, "rule")),
                        "review.retention");
    assert_true(json_string_length(json_object_get(details, "revision")) > 7);

    run_jobs();
    assert_int_equal(traces(id), 0);
    assert_int_equal(count_of("P1"), 1);

    rep = get(PATH, citizen);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "none");
    assert_null(strstr(rep->body, "青海大学"));
    rep = get("/review/applications", citizen);
    assert_int_equal(json_array_size(json_object_get(rep->json,
                                                     "applications")), 0);
}


/* A draft that nobody handed in has a shorter time. */
static void
test_draft(void **state)
{
    (void) state;

    filled();
    walk_at(PAY_END + DRAFTS - 1);
    assert_int_equal(exists(EXAM), 1);
    walk_at(PAY_END + DRAFTS);
    assert_int_equal(exists(EXAM), 0);
}


/* The office moves a window: what was over is not. */
static void
test_moved(void **state)
{
    (void) state;

    filled();
    exam_is(12000, 2, PAY_END + 10 * DAY);
    walk_at(PAY_END + DRAFTS + 10 * DAY - 1);
    assert_int_equal(exists(EXAM), 1);
    walk_at(PAY_END + DRAFTS + 10 * DAY);
    assert_int_equal(exists(EXAM), 0);
}


/* An exam that is not there any more: since its last change. */
static void
test_no_exam(void **state)
{
    (void) state;

    filled();
    fake_answer_call(h, "exam.facts", CIVIC_OK, json_object());
    walk_at(NOON + DRAFTS - 1);
    assert_int_equal(exists(EXAM), 1);
    walk_at(NOON + DRAFTS);
    assert_int_equal(exists(EXAM), 0);
}


/* An exam that does not say when it is over. */
static void
test_no_instant(void **state)
{
    (void) state;

    filled();
    fake_answer_call(h, "exam.facts", CIVIC_OK,
                     json_pack("{s:s, s:i}", "exam_id", EXAM, "revision", 3));
    walk_at(NOON + 4 * KEPT);
    assert_int_equal(exists(EXAM), 1);
}


/* ---- money ------------------------------------------------------------- */

static void
test_money(void **state)
{
    json_t  *paying;

    (void) state;

    submitted();
    staff_decide("approved");
    run_jobs();
    order_is("refunding", 3);
    walk_at(PAY_END + KEPT);
    assert_int_equal(exists(EXAM), 1);
    order_is("unpaid", 3);
    walk_at(PAY_END + KEPT + DAY);
    assert_int_equal(exists(EXAM), 1);

    paying = order_json("closed", 4, PAY_END);
    json_object_set_new(paying, "paying", json_true());
    fake_answer_call(h, "payment.state", CIVIC_OK, paying);
    walk_at(PAY_END + KEPT + 2 * DAY);
    assert_int_equal(exists(EXAM), 1);

    order_is("refunded", 5);
    walk_at(PAY_END + KEPT + 3 * DAY);
    assert_int_equal(exists(EXAM), 0);
}


/* Paid, and not approved any more: the money should go back first. */
static void
test_owed(void **state)
{
    (void) state;

    paid();
    staff_decide("refused");
    order_is("paid", 2);
    walk_at(PAY_END + KEPT);
    assert_int_equal(exists(EXAM), 1);
}


/* ---- bad days ---------------------------------------------------------- */

/* A worker dies after the script: index and queue go all the same. */
static void
test_killed(void **state)
{
    char  id[32], key[96], entry[128];

    (void) state;

    submitted();
    run_jobs();
    snprintf(id, sizeof(id), "%s", id_now());
    assert_int_equal(traces(id), 3);

    walk_at(PAY_END + KEPT);
    assert_int_equal(exists(EXAM), 0);
    assert_int_equal(traces(id), 3);
    snprintf(entry, sizeof(entry), "%s", fake_waiting(h, "review.work", 0));
    assert_non_null(strstr(entry, " erased "));

    run_jobs();
    assert_int_equal(traces(id), 0);

    /* and once more, as after a death before it was taken out */
    snprintf(key, sizeof(key), "%s",
             fake_redis(h, "KEYS civic:outbox:review.work:*")
                 ->element[0]->str);
    fake_redis(h, "XADD %s * entry %s", key, entry);
    run_jobs();
    assert_int_equal(traces(id), 0);
}


/* Lost at each place in turn: erased once, with one proof. */
static void
test_interrupted(void **state)
{
    size_t    i, proofs;
    char      id[32];
    unsigned  at, shard;

    (void) state;

    for (at = 1; at <= 8; at++) {
        fake_host_reset(h);
        reset(NULL);
        paid();
        snprintf(id, sizeof(id), "%s", id_now());
        fake_set_clock(h, PAY_END + KEPT);
        later(0);

        for (shard = 0; shard < 16; shard++) {
            fake_redis(h, "DEL civic:{review:rebuild:%u}", shard);
            (void) fake_job(h, "review.rebuild", shard, 90000,
                            &(fake_request_t) {
                                .redis_fault_at = at,
                                .redis_fault = FAKE_REDIS_LOST_AFTER });
        }

        walk_at(PAY_END + KEPT);
        run_jobs();
        assert_int_equal(exists(EXAM), 0);
        assert_int_equal(traces(id), 0);

        for (i = 0, proofs = 0; fake_audit(h, i) != NULL; i++) {
            proofs += strcmp(fake_audit_action(h, i), "review.erased") == 0;
        }

        assert_int_equal(proofs, 1);
    }
}


/* What was told, or set aside, before: it revives nothing, gives no money
   back and takes no seat away. */
static void
test_late_news(void **state)
{
    char      id[32], key[96], entry[128];
    unsigned  shard, told_before;

    (void) state;

    paid();
    snprintf(id, sizeof(id), "%s", id_now());
    walk_at(PAY_END + KEPT);
    run_jobs();
    told_before = times_called("ticket.entitlement");

    payment_tells("paid", 3);
    snprintf(key, sizeof(key), "%s",
             fake_redis(h, "KEYS civic:outbox:review.work:*")
                 ->element[0]->str);
    snprintf(entry, sizeof(entry), "work %s " EXAM " approved 3", pid());
    fake_redis(h, "XADD civic:outbox:review.aside:%s * entry %s",
               strchr(key, '{'), entry);
    run_jobs();

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, "review.aside", shard, 1, NULL)->result,
                         CIVIC_OK);
    }

    assert_null(fake_waiting(h, "review.aside", 0));
    assert_int_equal(exists(EXAM), 0);
    assert_int_equal(traces(id), 0);
    assert_int_equal(count_of("P1"), 1);
    assert_int_equal(times_called("payment.refund"), 0);
    assert_int_equal(times_called("payment.close"), 0);
    assert_int_equal(times_called("ticket.entitlement"), told_before);
}


/* ---- a rule that is none ----------------------------------------------- */

static char  rules[] = "/tmp/civic-retention-XXXXXX";

/* The rules as they are, but for what one of them answers. */
static int
setup_wrong(void **state)
{
    char   path[64], line[512];
    FILE  *in, *out;

    (void) state;
    assert_non_null(mkdtemp(rules));
    snprintf(line, sizeof(line), "cp -r lua/rules/* %s", rules);
    assert_int_equal(system(line), 0);
    snprintf(path, sizeof(path), "%s/review.lua", rules);
    in = fopen("lua/rules/review.lua", "re");
    out = fopen(path, "we");
    assert_true(in != NULL && out != NULL);

    while (fgets(line, sizeof(line), in) != NULL) {
        (void) fputs(strstr(line, "days = rules.keep_applications") != NULL
                     ? "return { days = -1 }\n"
                     : strstr(line, "{ days = 730 }") != NULL
                     ? "output = { days = -1 } },\n" : line, out);
    }

    (void) fclose(in);
    (void) fclose(out);

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/review.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = rules, .scripts_dir = "lua/redis", .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


static int
teardown_wrong(void **state)
{
    char  line[64];

    snprintf(line, sizeof(line), "rm -r %s", rules);
    assert_int_equal(system(line), 0);

    return teardown(state);
}


/* Days that are none erase nothing. */
static void
test_wrong_rule(void **state)
{
    unsigned  shard, failed = 0;

    (void) state;

    submitted();
    fake_set_clock(h, PAY_END + 4 * KEPT);
    later(0);

    for (shard = 0; shard < 16; shard++) {
        failed += walk_in(shard) != CIVIC_OK;
    }

    assert_int_equal(failed, 1);
    assert_int_equal(exists(EXAM), 1);
    assert_true(fake_logged(h, "nothing is erased"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_erased, reset),
        cmocka_unit_test_setup(test_draft, reset),
        cmocka_unit_test_setup(test_moved, reset),
        cmocka_unit_test_setup(test_no_exam, reset),
        cmocka_unit_test_setup(test_no_instant, reset),
        cmocka_unit_test_setup(test_money, reset),
        cmocka_unit_test_setup(test_owed, reset),
        cmocka_unit_test_setup(test_killed, reset),
        cmocka_unit_test_setup(test_interrupted, reset),
        cmocka_unit_test_setup(test_late_news, reset),
    };
    const struct CMUnitTest  wrong[] = {
        cmocka_unit_test_setup(test_wrong_rule, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown)
           + cmocka_run_group_tests(wrong, setup_wrong, teardown_wrong);
}
