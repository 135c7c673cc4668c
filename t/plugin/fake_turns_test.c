/*
 * fake_turns_test.c - the fake host's turns: who waits for whom, in the
 * order of asking, and what ends it.
 */

#include "world.h"

#define NOON  1773028800000LL           /* 2026-03-09T12:00:00+08:00 */


static int
setup(void **state)
{
    (void) state;
    h = start_fixture("turns");

    return h != NULL ? 0 : -1;
}


static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_answer_http(h, &(fake_http_answer_t) { .upstream = "server" });

    return 0;
}


/* Whatever a test did, nobody holds or waits afterwards. */
static int
none_left(void **state)
{
    (void) state;
    assert_int_equal(fake_turns_held(h), 0);
    assert_int_equal(fake_turns_waiting(h), 0);

    return 0;
}


static fake_run_t *
begin(const char *path, const fake_request_t *request)
{
    fake_run_t  *run = fake_begin(h, CIVIC_GET, path, request);

    assert_int_equal(fake_run_to(run, 1), 1);

    return run;
}


/* The result that the handler saw, of a reply that tells it. */
static int
taken(fake_reply_t *rep)
{
    assert_int_equal(rep->status, 200);

    return (int) json_integer_value(json_object_get(rep->json, "taken"));
}


static void
test_order(void **state)
{
    fake_run_t  *a, *b, *c;

    (void) state;

    a = begin("/turns/take/x", NULL);
    b = begin("/turns/take/x", NULL);
    c = begin("/turns/take/x", NULL);
    assert_int_equal(fake_turns_held(h), 1);
    assert_int_equal(fake_turns_waiting(h), 2);

    /* another name is another line */
    assert_int_equal(taken(fake_request(h, CIVIC_GET, "/turns/take/y", NULL)),
                     CIVIC_OK);

    assert_int_equal(taken(fake_end(a)), CIVIC_OK);
    assert_int_equal(fake_turns_waiting(h), 1);
    assert_int_equal(taken(fake_end(b)), CIVIC_OK);
    assert_int_equal(taken(fake_end(c)), CIVIC_OK);
}


static void
test_bounds(void **state)
{
    fake_run_t    *a, *b;
    fake_reply_t  *rep;

    (void) state;

    a = begin("/turns/take/x?limit=2&line=0", NULL);
    b = begin("/turns/take/x?limit=2&line=0", NULL);

    rep = fake_request(h, CIVIC_GET, "/turns/take/x?limit=2&line=0", NULL);
    assert_int_equal(taken(rep), CIVIC_BUSY);
    assert_int_equal(rep->suspensions, 0);

    rep = fake_request(h, CIVIC_GET, "/turns/take/x?limit=2&line=0&pass=1",
                       NULL);
    assert_int_equal(rep->status, 503);
    assert_string_equal(rep->code, "overloaded");

    /* the newest limit counts */
    rep = fake_request(h, CIVIC_GET, "/turns/take/x?limit=3", NULL);
    assert_int_equal(taken(rep), CIVIC_OK);

    (void) fake_end(a);
    (void) fake_end(b);

    rep = fake_request(h, CIVIC_GET, "/turns/take/x",
                       &(fake_request_t) { .no_turn = 1 });
    assert_int_equal(taken(rep), CIVIC_BUSY);
}


static void
test_time(void **state)
{
    fake_run_t    *a, *b;
    fake_reply_t  *rep;

    (void) state;

    fake_set_clock(h, NOON);
    a = begin("/turns/take/x", NULL);
    b = begin("/turns/take/x", NULL);

    /* a holds it for ever */
    rep = fake_end(b);
    assert_int_equal(taken(rep), CIVIC_TIMEOUT);
    assert_int_equal(fake_now(h) - NOON, 5000);
    assert_int_equal(fake_turns_waiting(h), 0);

    rep = fake_request(h, CIVIC_GET, "/turns/take/x?pass=1",
                       &(fake_request_t) { .delay_at = 1,
                                           .delay_ms = 9000 });
    assert_int_equal(rep->status, 504);
    assert_string_equal(rep->code, "gateway_timeout");

    (void) fake_end(a);
}


static void
test_client_leaves(void **state)
{
    fake_run_t    *a, *b, *c;
    fake_reply_t  *rep;

    (void) state;

    a = begin("/turns/take/x", NULL);
    b = begin("/turns/take/x", NULL);
    c = begin("/turns/take/x", NULL);

    fake_leave(b);
    rep = fake_end(b);
    assert_int_equal(rep->result, CIVIC_ABORTED);
    assert_int_equal(fake_turns_waiting(h), 1);

    /* so does one that holds */
    fake_leave(a);
    (void) fake_end(a);
    assert_int_equal(fake_turns_waiting(h), 0);
    assert_int_equal(taken(fake_end(c)), CIVIC_OK);
}


static void
test_given_up_early(void **state)
{
    fake_run_t  *a;

    (void) state;

    a = begin("/turns/short/x", NULL);
    assert_int_equal(fake_turns_held(h), 0);
    assert_int_equal(taken(fake_request(h, CIVIC_GET, "/turns/take/x?line=0",
                                        NULL)), CIVIC_OK);
    (void) fake_end(a);

    assert_int_equal(fake_request(h, CIVIC_GET, "/turns/often?count=500",
                                  NULL)->status, 200);
}


/* However the handler ends. */
static void
test_ends(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = fake_request(h, CIVIC_GET, "/turns/take/x?wrong=1", NULL);
    assert_int_equal(rep->status, 500);
    assert_int_equal(fake_turns_held(h), 0);

    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "server", .fault = FAKE_HTTP_NOT_SENT });
    rep = fake_request(h, CIVIC_GET, "/turns/take/x", NULL);
    assert_int_equal(rep->status, 503);
    assert_int_equal(fake_turns_held(h), 0);

    rep = fake_job(h, "turns.shared", 0, 1, NULL);
    assert_int_equal(rep->result, CIVIC_NOT_SENT);
}


static void
test_misuse(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = fake_request(h, CIVIC_GET, "/turns/misuse", NULL);
    assert_int_equal(json_integer_value(json_object_get(rep->json, "twice")),
                     CIVIC_ERROR);
    assert_int_equal(json_integer_value(json_object_get(rep->json, "none")),
                     CIVIC_ERROR);
    assert_int_equal(json_integer_value(json_object_get(rep->json, "empty")),
                     CIVIC_ERROR);
    assert_int_equal(json_integer_value(json_object_get(rep->json, "other")),
                     CIVIC_OK);
    assert_true(fake_logged(h, "holds \"one\" already"));
    assert_true(fake_logged(h, "nobody may have \"two\""));
    assert_true(fake_logged(h, "the name has 0 bytes"));
    assert_true(fake_logged(h, "does not hold \"three\""));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_order, reset, none_left),
        cmocka_unit_test_setup_teardown(test_bounds, reset, none_left),
        cmocka_unit_test_setup_teardown(test_time, reset, none_left),
        cmocka_unit_test_setup_teardown(test_client_leaves, reset, none_left),
        cmocka_unit_test_setup_teardown(test_given_up_early, reset,
                                        none_left),
        cmocka_unit_test_setup_teardown(test_ends, reset, none_left),
        cmocka_unit_test_setup_teardown(test_misuse, reset, none_left),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
