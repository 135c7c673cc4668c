/*
 * fake_http_test.c - the fake host's outbound HTTP: canned answers, faults,
 * time that passes, and what a plugin may not send.
 */

#include "probe.h"


static fake_reply_t *
send_name(const char *path, int safe, const fake_request_t *request)
{
    static char     body[200];
    fake_request_t  copy = { 0 };

    if (request != NULL) {
        copy = *request;
    }

    (void) snprintf(body, sizeof(body), "{\"name\":\"%s\",\"flag\":%s}",
                    path, safe ? "true" : "false");
    copy.body = body;

    return fake_request(h, CIVIC_POST, "/probe/outbound", &copy);
}


static void
test_answers(void **state)
{
    fake_reply_t            *rep;
    const fake_http_seen_t  *seen;

    (void) state;

    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .body = "{\"a\":1}",
        .headers = { "X-Trace: 7" } });
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .method = CIVIC_POST, .path = "/refund",
        .status = 402, .content_type = "text/plain", .body = "no" });
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .method = CIVIC_GET, .status = 500 });

    rep = send_name("/pay", 0, NULL);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "body"), "{\"a\":1}");
    assert_string_equal(fake_text(rep, "type"), "application/json");
    assert_string_equal(fake_text(rep, "x-trace"), "7");
    assert_int_equal(rep->suspensions, 1);

    rep = send_name("/refund/1", 1, NULL);
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "status")), 402);
    assert_string_equal(fake_text(rep, "type"), "text/plain");

    seen = fake_http_seen(h, 0);
    assert_string_equal(seen->upstream, "bank");
    assert_string_equal(seen->path, "/pay");
    assert_string_equal(seen->body, "{}");
    assert_int_equal(seen->method, CIVIC_POST);
    assert_false(seen->safe);
    assert_non_null(strstr(seen->head, "X-Probe: 1\r\n"));
    assert_non_null(strstr(seen->head, "X-Request-Id: "));
    assert_true(fake_http_seen(h, 1)->safe);
    assert_null(fake_http_seen(h, 2));
}


static void
test_parts(void **state)
{
    const fake_http_seen_t  *seen;

    (void) state;

    fake_answer_http(h, &(fake_http_answer_t) { .upstream = "bank" });

    assert_int_equal(send_name("/parts", 0, NULL)->status, 200);

    seen = fake_http_seen(h, 0);
    assert_string_equal(seen->body, "{\"a\":\"b\"}");
    assert_int_equal(seen->len, 9);
    assert_non_null(strstr(seen->head, "Content-Length: 9\r\n"));

    /* both are too many */
    assert_problem(send_name("/parts/and-body", 0, NULL), 500,
                   "internal_error");
    assert_true(fake_logged(h, "a body and parts of one"));
    assert_null(fake_http_seen(h, 1));
}


static void
test_faults(void **state)
{
    (void) state;

    fake_answer_http(h, &(fake_http_answer_t) { .upstream = "bank" });
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .fault = FAKE_HTTP_UNKNOWN, .once = 1 });
    assert_problem(send_name("/pay", 0, NULL), 503, "outcome_unknown");
    assert_null(fake_http_seen(h, 1));
    assert_int_equal(send_name("/pay", 0, NULL)->status, 200);

    /* a query is tried once more, and not three times */

    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .fault = FAKE_HTTP_UNKNOWN, .once = 1 });
    assert_int_equal(send_name("/pay", 1, NULL)->status, 200);
    assert_non_null(fake_http_seen(h, 3));
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .fault = FAKE_HTTP_UNKNOWN });
    assert_problem(send_name("/pay", 1, NULL), 503, "outcome_unknown");
    assert_non_null(fake_http_seen(h, 5));
    assert_null(fake_http_seen(h, 6));

    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .fault = FAKE_HTTP_NOT_SENT });
    assert_problem(send_name("/pay", 0, NULL), 503, "store_unavailable");
    assert_null(fake_http_seen(h, 6));
}


static void
test_too_much_and_too_late(void **state)
{
    char          body[102];
    civic_msec_t  began;

    (void) state;

    memset(body, 'x', sizeof(body));
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .body = body, .len = 101 });
    assert_problem(send_name("/pay", 1, NULL), 503, "outcome_unknown");
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .body = body, .len = 100 });
    assert_int_equal(send_name("/pay", 1, NULL)->status, 200);

    fake_set_clock(h, NOON);
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .delay_ms = 4999 });
    assert_int_equal(send_name("/pay", 0, NULL)->status, 200);
    assert_int_equal(fake_now(h) - NOON, 4999);

    began = fake_now(h);
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .delay_ms = 60000 });
    assert_problem(send_name("/pay", 0, NULL), 503, "outcome_unknown");
    assert_int_equal(fake_now(h) - began, 5000);
}


static void
test_refused(void **state)
{
    (void) state;

    /* no answer was given: there is no such upstream */
    assert_problem(send_name("/pay", 0, NULL), 500, "internal_error");
    assert_true(fake_logged(h, "there is no upstream \"bank\""));

    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "bank", .path = "/pay" });
    assert_problem(send_name("/other", 0, NULL), 500, "internal_error");
    assert_true(fake_logged(h, "no answer is given for \"/other\""));

    assert_problem(send_name("/../pay", 0, NULL), 500, "internal_error");
    assert_problem(send_name("/a b", 0, NULL), 500, "internal_error");
    assert_int_equal(fake_log_count(h, "an outbound request cannot be sent"),
                     2);
    assert_null(fake_http_seen(h, 0));
}


static void
test_client_leaves(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    fake_answer_http(h, &(fake_http_answer_t) { .upstream = "bank" });

    rep = send_name("/pay", 1, &(fake_request_t) { .leave_at = 1 });
    assert_int_equal(rep->result, CIVIC_ABORTED);

    rep = send_name("/pay", 0, &(fake_request_t) { .leave_at = 1 });
    assert_int_equal(rep->result, CIVIC_OK);
    assert_int_equal(rep->status, 0);

    /* and a deadline: it may have been done */
    rep = send_name("/pay", 0, &(fake_request_t) { .delay_at = 1,
                                                   .delay_ms = 20000 });
    assert_problem(rep, 503, "outcome_unknown");
    rep = send_name("/pay", 1, &(fake_request_t) { .delay_at = 1,
                                                   .delay_ms = 20000 });
    assert_problem(rep, 504, "gateway_timeout");
}


static void
test_reset(void **state)
{
    (void) state;

    fake_answer_http(h, &(fake_http_answer_t) { .upstream = "bank" });
    assert_int_equal(send_name("/pay", 0, NULL)->status, 200);
    fake_host_reset(h);
    assert_null(fake_http_seen(h, 0));
    assert_problem(send_name("/pay", 0, NULL), 500, "internal_error");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_answers, reset),
        cmocka_unit_test_setup(test_parts, reset),
        cmocka_unit_test_setup(test_faults, reset),
        cmocka_unit_test_setup(test_too_much_and_too_late, reset),
        cmocka_unit_test_setup(test_refused, reset),
        cmocka_unit_test_setup(test_client_leaves, reset),
        cmocka_unit_test_setup(test_reset, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
