/*
 * fake_host_test.c - the fake host itself: what it refuses, and what happens
 * before a handler starts.  It also shows how a plugin's tests are written.
 */

#include "probe.h"


/* ---- starting ---------------------------------------------------------- */

static void
test_refuses_to_start(void **state)
{
    civic_failure_t  failure;

    (void) state;

    assert_null(start("shape=round", &failure));
    assert_non_null(strstr(failure.text, "shape"));

    assert_null(start("colour=red", &failure));
    assert_non_null(strstr(failure.text, "colour"));

    assert_null(start("colour=ultraviolet", &failure));
    assert_non_null(strstr(failure.text, "nobody sees"));

    assert_null(fake_host_start(&(fake_host_config_t) {
        .plugin = built("t/plugin/fixtures/probe.so"),
        .rules_dir = "t/plugin/fixtures/redis",
        .scripts_dir = "t/plugin/fixtures/redis",
        .failure = &failure,
    }));
    assert_non_null(strstr(failure.text, "probe.lua"));

    assert_null(fake_host_start(&(fake_host_config_t) {
        .plugin = built("t/plugin/fixtures/probe.so"),
        .rules_dir = "t/plugin/fixtures/rules",
        .scripts_dir = "t/plugin/fixtures/rules",
        .failure = &failure,
    }));
    assert_non_null(strstr(failure.text, "probe_set"));
}


static void
test_same_routes_twice_are_refused(void **state)
{
    civic_failure_t  failure;

    (void) state;

    assert_null(fake_host_start(&(fake_host_config_t) {
        .plugin = built("t/plugin/fixtures/good.so"),
        .others = { built("t/plugin/fixtures/good.so") },
        .failure = &failure,
    }));
    assert_non_null(strstr(failure.text, "/good/x"));
}


static void
test_failing_init_worker_is_503(void **state)
{
    fake_host_t   *other;
    fake_reply_t  *rep;

    (void) state;

    other = fake_host_start(&(fake_host_config_t) {
        .plugin = built("t/plugin/fixtures/init_fails.so"),
    });
    assert_non_null(other);
    assert_true(fake_logged(other, "the fixture never starts"));

    rep = fake_request(other, CIVIC_GET, "/init-fails/x", NULL);
    assert_problem(rep, 503, "plugin_unavailable");
    assert_false(rep->started);

    fake_host_stop(other);
}


static void
test_options_and_worker_log(void **state)
{
    fake_host_t   *other;
    fake_reply_t  *rep;

    (void) state;

    other = start("colour=blue", NULL);
    assert_non_null(other);
    assert_true(fake_logged(other, "[info] probe: starts with colour "
                            "\"blue\""));

    rep = fake_request(other, CIVIC_GET, "/probe/request/a", NULL);
    assert_string_equal(fake_text(rep, "option"), "blue");

    fake_host_stop(other);
}


/* ---- request ----------------------------------------------------------- */

static void
test_request_services(void **state)
{
    json_t        *query;
    fake_reply_t  *rep;

    (void) state;

    fake_set_clock(h, NOON);
    fake_set_business_clock(h, NOON + 3600000);

    rep = fake_request(h, CIVIC_GET, "/probe/request/%E5%BC%A0?age=7",
        &(fake_request_t) {
            .headers = { "X-Other: no", "X-Probe:  yes" },
            .remote_addr = "198.51.100.7",
            .request_id = "0123456789abcdef0123456789abcdef",
        });

    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->content_type, "application/json");
    assert_string_equal(fake_text(rep, "name"), "\345\274\240");
    assert_string_equal(fake_text(rep, "header"), "yes");
    assert_string_equal(fake_text(rep, "remote_addr"), "198.51.100.7");
    assert_string_equal(fake_text(rep, "request_id"),
                        "0123456789abcdef0123456789abcdef");
    assert_string_equal(fake_text(rep, "option"), "green");
    assert_string_equal(fake_text(rep, "business_now"),
                        "2026-03-09T13:00:00+08:00");

    query = json_object_get(rep->json, "query");
    assert_int_equal(json_integer_value(json_object_get(query, "age")), 7);
    assert_int_equal(json_integer_value(json_object_get(rep->json, "now")),
                     NOON);
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "starts")), 1);
    assert_true(json_is_true(json_object_get(rep->json, "sandbox")));
    assert_true(json_is_null(json_object_get(rep->json, "nothing")));

    assert_int_equal(rep->suspensions, 0);
    assert_true(rep->stack_used > 0 && rep->stack_used < 32 * 1024);
}


static void
test_civic_now_is_for_get(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    fake_set_clock(h, NOON);
    rep = fake_request(h, CIVIC_GET, "/probe/request/a",
        &(fake_request_t) {
            .headers = { "Civic-Now: 2027-01-01T00:00:00+08:00" },
        });

    assert_string_equal(fake_text(rep, "business_now"),
                        "2027-01-01T00:00:00+08:00");
    assert_int_equal(json_integer_value(json_object_get(rep->json, "now")),
                     NOON);
}


static void
test_routing(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    assert_problem(get("/probe/nowhere"), 404, "not_found");
    assert_problem(get("/nobody/x"), 404, "not_found");

    rep = post("/probe/bytes", NULL);
    assert_problem(rep, 405, "method_not_allowed");
    assert_string_equal(fake_header(rep, "allow"), "GET, HEAD");

    /* what is not UTF-8 is empty */

    assert_string_equal(fake_text(get("/probe/request/%ff"), "name"), "");
}


static void
test_bodies(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = post("/probe/body", "{\"name\":\"ab\",\"flag\":true}");
    assert_int_equal(rep->status, 201);
    assert_string_equal(rep->body, "{\"name\":\"ab\",\"flag\":true,"
                        "\"inner\":{\"list\":[\"ab\"]}}");

    assert_problem(post("/probe/body", "{"), 400, "json_malformed");
    assert_problem(post("/probe/body", "{\"name\":\"ab\",\"name\":\"cd\"}"),
                   400, "json_duplicate_key");
    assert_problem(post("/probe/body",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"), 400, "json_too_deep");
    assert_problem(post("/probe/body",
        "{\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "a\"}"), 413, "body_too_large");

    rep = fake_request(h, CIVIC_POST, "/probe/body",
        &(fake_request_t) { .body = "a=b", .content_type = "text/plain" });
    assert_problem(rep, 415, "unsupported_media_type");
    assert_problem(post("/probe/body", NULL), 422, "invalid_fields");
    assert_problem(post("/probe/body", ""), 422, "invalid_fields");
    assert_problem(post("/probe/racy", "{}"), 400, "unexpected_body");
}


static void
test_all_errors_at_once(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = post("/probe/body?age=x&colour=1",
               "{\"name\":\"a\",\"flag\":1,\"other\":2}");

    assert_problem(rep, 422, "invalid_fields");
    assert_false(rep->started);
    assert_int_equal(json_array_size(json_object_get(rep->json, "errors")),
                     5);
    assert_string_equal(fake_field_error(rep, "/name"), "too_short");
    assert_string_equal(fake_field_error(rep, "/flag"), "wrong_type");
    assert_string_equal(fake_field_error(rep, "/other"), "unknown_field");
    assert_string_equal(fake_field_error(rep, "?age"), "wrong_type");
    assert_string_equal(fake_field_error(rep, "?colour"), "unknown_field");
    assert_string_equal(fake_field_error(rep, "/nowhere"), "");
}


/* ---- sessions ---------------------------------------------------------- */

static void
test_roles(void **state)
{
    const char  *citizen, *reviewer;

    (void) state;

    citizen = fake_session(h, PERSON, CIVIC_CITIZEN);
    reviewer = fake_session(h, PERSON, CIVIC_REVIEWER);

    assert_problem(get("/probe/staff"), 401, "unauthorized");
    assert_problem(with_token(CIVIC_GET, "/probe/staff", "garbage"), 401,
                   "session_expired");
    assert_problem(with_token(CIVIC_GET, "/probe/staff", citizen), 403,
                   "forbidden");
    assert_int_equal(with_token(CIVIC_GET, "/probe/staff",
                                reviewer)->status, 200);
    assert_problem(put_record(&(fake_request_t) {
                       .token = reviewer, .body = "{\"name\":\"ab\"}" }),
                   403, "forbidden");
}


static void
test_principal(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = with_token(CIVIC_GET, "/probe/session",
                     fake_session(h, PERSON, CIVIC_CITIZEN));

    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "pid"), fake_person_id(h, PERSON));
    assert_string_equal(fake_text(rep, "method"), "password");
    assert_int_equal(json_integer_value(json_object_get(rep->json, "lasts")),
                     3600000);
    assert_int_equal(rep->suspensions, 1);
}


static void
test_session_life(void **state)
{
    fake_reply_t  *rep;
    const char    *first, *second;

    (void) state;

    fake_set_clock(h, NOON);

    rep = post("/probe/session", "{\"name\":\"" PERSON "\"}");
    assert_int_equal(rep->status, 201);
    first = fake_text(rep, "token");
    second = fake_text(post("/probe/session", "{\"name\":\"" PERSON "\"}"),
                       "token");
    assert_string_not_equal(first, second);

    /* use keeps it alive, silence ends it */

    fake_advance(h, 50000);
    assert_int_equal(with_token(CIVIC_GET, "/probe/session",
                                first)->status, 200);
    fake_advance(h, 50000);
    assert_int_equal(with_token(CIVIC_GET, "/probe/session",
                                first)->status, 200);
    rep = with_token(CIVIC_GET, "/probe/session", second);
    assert_problem(rep, 401, "session_expired");
    assert_true(rep->started);

    /* where something changes the handler does not even start */

    rep = with_token(CIVIC_DELETE, "/probe/session", second);
    assert_problem(rep, 401, "session_expired");
    assert_false(rep->started);

    assert_int_equal(with_token(CIVIC_DELETE, "/probe/session",
                                first)->status, 204);
    assert_problem(with_token(CIVIC_GET, "/probe/session", first), 401,
                   "session_expired");
}


static void
test_session_scopes_and_keep(void **state)
{
    int          i;
    const char  *tokens[3];

    (void) state;

    for (i = 0; i < 3; i++) {
        fake_set_clock(h, NOON + i * 1000);
        tokens[i] = fake_text(post("/probe/session",
                                   "{\"name\":\"" PERSON "\"}"), "token");
    }

    /* the probe keeps two: the oldest is gone */

    assert_int_equal(with_token(CIVIC_GET, "/probe/session",
                                tokens[0])->status, 401);
    assert_int_equal(with_token(CIVIC_GET, "/probe/session",
                                tokens[1])->status, 200);

    assert_int_equal(with_token(CIVIC_DELETE, "/probe/session?scope=1",
                                tokens[1])->status, 204);
    assert_int_equal(with_token(CIVIC_GET, "/probe/session",
                                tokens[2])->status, 401);
    assert_int_equal(with_token(CIVIC_DELETE, "/probe/session?scope=2",
                                tokens[1])->status, 204);
    assert_int_equal(with_token(CIVIC_GET, "/probe/session",
                                tokens[1])->status, 401);
}


static void
test_password_required(void **state)
{
    const char  *token;

    (void) state;

    token = fake_text(post("/probe/session",
                           "{\"name\":\"" PERSON "\",\"flag\":true}"),
                      "token");

    assert_problem(with_token(CIVIC_GET, "/probe/session", token), 403,
                   "password_required");
    assert_int_equal(with_token(CIVIC_DELETE, "/probe/session",
                                token)->status, 204);
}


static void
test_cookies(void **state)
{
    const char      *token;
    fake_reply_t    *rep;
    fake_request_t   request = {
        .body = "{\"name\":\"" PERSON "\"}",
        .headers = { "Civic-Session: cookie", "Origin: https://example.org" }
    };

    (void) state;

    rep = fake_request(h, CIVIC_POST, "/probe/session", &request);
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "token"), "");
    assert_non_null(fake_header(rep, "Set-Cookie"));
    assert_non_null(strstr(fake_header(rep, "Set-Cookie"), "HttpOnly"));

    token = fake_session(h, PERSON, CIVIC_CITIZEN);

    rep = fake_request(h, CIVIC_DELETE, "/probe/session",
        &(fake_request_t) { .cookie = token,
                            .headers = { "Origin: https://evil.example" } });
    assert_problem(rep, 403, "origin_refused");

    rep = fake_request(h, CIVIC_DELETE, "/probe/session",
        &(fake_request_t) { .cookie = token,
                            .headers = { "Origin: https://example.org" } });
    assert_int_equal(rep->status, 204);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_to_start),
        cmocka_unit_test(test_same_routes_twice_are_refused),
        cmocka_unit_test(test_failing_init_worker_is_503),
        cmocka_unit_test(test_options_and_worker_log),
        cmocka_unit_test_setup(test_request_services, reset),
        cmocka_unit_test_setup(test_civic_now_is_for_get, reset),
        cmocka_unit_test_setup(test_routing, reset),
        cmocka_unit_test_setup(test_bodies, reset),
        cmocka_unit_test_setup(test_all_errors_at_once, reset),
        cmocka_unit_test_setup(test_roles, reset),
        cmocka_unit_test_setup(test_principal, reset),
        cmocka_unit_test_setup(test_session_life, reset),
        cmocka_unit_test_setup(test_session_scopes_and_keep, reset),
        cmocka_unit_test_setup(test_password_required, reset),
        cmocka_unit_test_setup(test_cookies, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
