/*
 * fake_wait_test.c - the fake host's watch, wait and notify, between two
 * requests that take turns.
 */

#include "world.h"


static int
setup(void **state)
{
    (void) state;
    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("t/plugin/fixtures/poll.so"),
        .rules_dir = "t/plugin/fixtures/rules",
        .scripts_dir = "t/plugin/fixtures/redis", .sandbox = 1 });

    return h != NULL ? 0 : -1;
}


static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);

    return 0;
}


static fake_reply_t *
set(const char *body, const fake_request_t *bad)
{
    fake_request_t  request = bad != NULL ? *bad : (fake_request_t) {
                                                       .body = NULL };

    request.body = body;

    return fake_request(h, CIVIC_PUT, "/poll/state/a", &request);
}


/* One that has read the state and waits. */
static fake_run_t *
waits(const char *path, const fake_request_t *request)
{
    fake_run_t  *run = fake_begin(h, CIVIC_GET, path, request);

    assert_int_equal(fake_run_to(run, 2), 1);

    return run;
}


static void
assert_told(fake_reply_t *rep, const char *value, int changed)
{
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "value"), value);
    assert_int_equal(json_is_true(json_object_get(rep->json, "changed")),
                     changed);
}


static int
rounds(fake_reply_t *rep)
{
    return (int) json_integer_value(json_object_get(rep->json, "rounds"));
}


static void
test_notified(void **state)
{
    fake_run_t    *a = waits("/poll/state/a", NULL);
    fake_run_t    *b = waits("/poll/state/a", NULL);
    fake_run_t    *other = waits("/poll/state/b", NULL);
    fake_reply_t  *rep;

    (void) state;
    assert_int_equal(set("{\"value\":\"new\"}", NULL)->status, 204);
    assert_int_equal(fake_notifications(h, "poll/a"), 1);

    rep = fake_end(a);
    assert_told(rep, "new", 1);
    assert_int_equal(rounds(rep), 2);
    assert_told(fake_end(b), "new", 1);
    assert_told(fake_end(other), "", 0);
}


/* Between the watch and the wait: the hint is not lost. */
static void
test_notified_before_it_waits(void **state)
{
    fake_run_t  *run = fake_begin(h, CIVIC_GET, "/poll/state/a", NULL);

    (void) state;
    assert_int_equal(fake_run_to(run, 1), 1);   /* has read */
    (void) set("{\"value\":\"new\"}", NULL);
    assert_told(fake_end(run), "new", 1);
}


static void
test_lost(void **state)
{
    fake_run_t  *run = waits("/poll/state/a", NULL);

    (void) state;
    fake_lose_notifications(h, 1);
    assert_int_equal(set("{\"value\":\"lost\"}", NULL)->status, 204);
    assert_told(fake_end(run), "", 0);

    run = waits("/poll/state/a?seen=lost", NULL);
    (void) set("{\"value\":\"next\"}", NULL);
    assert_int_equal(fake_notifications(h, "poll/a"), 2);
    assert_told(fake_end(run), "next", 1);
}


static void
test_spurious(void **state)
{
    int            i;
    fake_run_t    *run = waits("/poll/state/a", NULL);
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 3; i++) {
        fake_wake_waiters(h);
        assert_int_equal(fake_run_to(run, 4 + 2 * (unsigned) i), 1);
    }

    (void) fake_request(h, CIVIC_POST, "/poll/hint/a", NULL);
    rep = fake_end(run);
    assert_told(rep, "", 0);
    assert_int_equal(rounds(rep), 5);
}


/* The time counts from the first wait, and not against the deadline. */
static void
test_time(void **state)
{
    civic_msec_t  began;
    fake_run_t   *run;

    (void) state;
    fake_set_clock(h, 1773018000000);
    began = fake_now(h);
    assert_told(fake_request(h, CIVIC_GET, "/poll/brief/a?timeout=9000",
                             NULL), "", 0);
    assert_int_equal(fake_now(h) - began, 9000);

    run = waits("/poll/state/a?timeout=9000", NULL);
    began = fake_now(h);
    fake_advance(h, 4000);
    fake_wake_waiters(h);
    assert_int_equal(fake_run_to(run, 4), 1);
    assert_told(fake_end(run), "", 0);
    assert_int_equal(fake_now(h) - began, 9000);

    run = waits("/poll/state/a?timeout=500", NULL);
    fake_advance(h, 600);
    fake_wake_waiters(h);
    assert_told(fake_end(run), "", 0);
}


static void
test_leaving(void **state)
{
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;
    rep = fake_request(h, CIVIC_GET, "/poll/state/a",
                       &(fake_request_t) { .leave_at = 2 });
    assert_int_equal(rep->status, 0);
    assert_int_equal(rep->result, CIVIC_ABORTED);

    /* who has written runs to its end, at once */
    run = fake_begin(h, CIVIC_POST, "/poll/both/a",
                     &(fake_request_t) { .body = "{\"value\":\"w\"}" });
    assert_int_equal(fake_run_to(run, 2), 1);
    fake_leave(run);
    rep = fake_end(run);
    assert_int_equal(rep->status, 0);
    assert_int_equal(rep->result, CIVIC_OK);
}


static void
test_quitting(void **state)
{
    civic_msec_t  began;
    fake_run_t   *run;

    (void) state;
    fake_set_clock(h, 1773018000000);
    began = fake_now(h);
    run = waits("/poll/state/a", NULL);
    fake_quit(h);
    assert_told(fake_end(run), "", 0);
    assert_told(fake_request(h, CIVIC_GET, "/poll/state/a", NULL), "", 0);
    assert_int_equal(fake_now(h), began);
}


static void
test_no_place(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    rep = fake_request(h, CIVIC_GET, "/poll/state/a",
                       &(fake_request_t) { .no_place = 1 });
    assert_int_equal(rep->status, 503);
    assert_string_equal(rep->code, "overloaded");
}


static void
test_store_gone(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    rep = set("{\"value\":\"v\"}",
              &(fake_request_t) { .redis_fault_at = 2,
                                  .redis_fault = FAKE_REDIS_NOT_SENT });
    assert_string_equal(rep->code, "store_unavailable");
    assert_int_equal(fake_notifications(h, "poll/a"), 0);
}


static void
test_misuse(void **state)
{
    size_t              i;
    char                path[64];
    static const char  *what[] = { "elsewhere", "nothing", "many", "long" };
    static const char  *line[] = { "COST_WAIT", "without civic_watch",
                                   "over 4", "129 bytes" };

    (void) state;

    for (i = 0; i < 4; i++) {
        (void) snprintf(path, sizeof(path), "/poll/misuse/%s", what[i]);
        assert_int_equal(json_integer_value(json_object_get(
                             fake_request(h, CIVIC_GET, path, NULL)->json,
                             "result")), CIVIC_ERROR);
        assert_true(fake_logged(h, line[i]));
    }
}


static void
test_several(void **state)
{
    fake_run_t  *run = fake_begin(h, CIVIC_GET, "/poll/several/s", NULL);

    (void) state;
    assert_int_equal(fake_run_to(run, 1), 1);
    (void) fake_request(h, CIVIC_POST, "/poll/hint/s-3", NULL);
    assert_told(fake_end(run), "", 1);
}


#define TEST(fn)  cmocka_unit_test_setup(fn, reset)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_notified),
        TEST(test_notified_before_it_waits),
        TEST(test_lost),
        TEST(test_spurious),
        TEST(test_time),
        TEST(test_leaving),
        TEST(test_quitting),
        TEST(test_no_place),
        TEST(test_store_gone),
        TEST(test_misuse),
        TEST(test_several),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
