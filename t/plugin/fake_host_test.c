/*
 * fake_host_test.c - the fake host itself, with the fixture "probe", which
 * touches every service.  It also shows how tests of a plugin are written.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "built.h"
#include "fake_host.h"

#define PERSON  "630102199001011234"
#define NOON    1773028800000LL         /* 2026-03-09T12:00:00+08:00 */

static fake_host_t  *h;


static fake_host_t *
start(const char *option, civic_failure_t *failure)
{
    return fake_host_start(&(fake_host_config_t) {
        .plugin = built("t/plugin/fixtures/probe.so"),
        .options = { option },
        .rules_dir = "t/plugin/fixtures/rules",
        .scripts_dir = "t/plugin/fixtures/redis",
        .origins = { "https://example.org" },
        .sandbox = 1,
        .failure = failure,
    });
}


static int
setup(void **state)
{
    (void) state;
    h = start(NULL, NULL);

    return h != NULL ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);

    return 0;
}


static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);

    return 0;
}


static fake_reply_t *
get(const char *path)
{
    return fake_request(h, CIVIC_GET, path, NULL);
}


static fake_reply_t *
post(const char *path, const char *body)
{
    return fake_request(h, CIVIC_POST, path,
                        &(fake_request_t) { .body = body });
}


static fake_reply_t *
put_record(const fake_request_t *request)
{
    return fake_request(h, CIVIC_PUT, "/probe/record", request);
}


static void
assert_problem(fake_reply_t *rep, int status, const char *code)
{
    assert_int_equal(rep->status, status);
    assert_string_equal(rep->content_type, "application/problem+json");
    assert_string_equal(rep->code, code);
    assert_string_equal(fake_text(rep, "code"), code);
}


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
    assert_problem(post("/probe/body", NULL), 415, "unsupported_media_type");
    assert_problem(post("/probe/body", ""), 400, "json_malformed");
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

static fake_reply_t *
with_token(civic_method_t method, const char *path, const char *token)
{
    return fake_request(h, method, path,
                        &(fake_request_t) { .token = token });
}


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


/* ---- Redis ------------------------------------------------------------- */

static void
test_seal_script_read_open(void **state)
{
    char               key[80];
    const char        *token;
    fake_reply_t      *rep;
    const redisReply  *stored;

    (void) state;

    token = fake_session(h, PERSON, CIVIC_CITIZEN);
    assert_problem(with_token(CIVIC_GET, "/probe/record", token), 404,
                   "probe_absent");

    rep = put_record(&(fake_request_t) { .token = token,
                                         .body = "{\"name\":\"abc\"}" });
    assert_int_equal(rep->status, 204);
    assert_int_equal(rep->len, 0);
    assert_int_equal(rep->redis_calls, 1);
    assert_int_equal(fake_counter(h, "writes"), 1);
    assert_true(fake_logged(h, "[info] probe: wrote 36 bytes"));

    rep = with_token(CIVIC_GET, "/probe/record", token);
    assert_string_equal(fake_text(rep, "name"), "abc");
    assert_null(rep->undocumented);

    snprintf(key, sizeof(key), "civic:{p:%s}:probe",
             fake_person_id(h, PERSON));
    stored = fake_redis(h, "GET %s", key);
    assert_int_equal(stored->len, 36);

    /* damaged: CIVIC_INVALID, which the host answers with 500 */

    fake_redis(h, "SETRANGE %s 20 xxx", key);
    rep = with_token(CIVIC_GET, "/probe/record", token);
    assert_problem(rep, 500, "internal_error");
    assert_int_equal(rep->result, CIVIC_INVALID);

    /* of the wrong kind: Redis' error is CIVIC_ERROR, and logged */

    fake_redis(h, "DEL %s", key);
    fake_redis(h, "LPUSH %s a", key);
    rep = with_token(CIVIC_GET, "/probe/record", token);
    assert_problem(rep, 500, "internal_error");
    assert_true(fake_logged(h, "WRONGTYPE"));
}


static void
test_pipeline(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    fake_redis(h, "HSET probe:h a 1 b 2");
    rep = get("/probe/pipeline");
    assert_int_equal(rep->status, 200);
    assert_int_equal(rep->redis_calls, 1);
    assert_int_equal(json_integer_value(json_object_get(rep->json, "first")),
                     CIVIC_VALUE_NIL);
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "second")), 4);
}


static fake_reply_t *
racy_with(unsigned at, fake_redis_fault_t fault)
{
    return fake_request(h, CIVIC_POST, "/probe/racy",
        &(fake_request_t) { .redis_fault_at = at, .redis_fault = fault });
}


static void
assert_count(const char *expected)
{
    const redisReply  *stored;

    stored = fake_redis(h, "GET probe:racy");

    if (expected == NULL) {
        assert_int_equal(stored->type, REDIS_REPLY_NIL);
    } else {
        assert_string_equal(stored->str, expected);
    }
}


static void
test_redis_faults(void **state)
{
    (void) state;

    assert_problem(racy_with(1, FAKE_REDIS_NOT_SENT), 503,
                   "store_unavailable");
    assert_string_equal(fake_header(racy_with(1, FAKE_REDIS_NOT_SENT),
                                    "Retry-After"), "2");
    assert_problem(racy_with(1, FAKE_REDIS_LOST_AFTER), 503,
                   "store_unavailable");
    assert_problem(racy_with(1, FAKE_REDIS_ANSWERS_ERROR), 500,
                   "internal_error");
    assert_problem(racy_with(2, FAKE_REDIS_NOT_SENT), 503,
                   "store_unavailable");
    assert_problem(racy_with(2, FAKE_REDIS_LOST_BEFORE), 503,
                   "outcome_unknown");
    assert_count(NULL);

    assert_problem(racy_with(2, FAKE_REDIS_LOST_AFTER), 503,
                   "outcome_unknown");
    assert_count("1");
}


static void
test_redis_down(void **state)
{
    (void) state;

    fake_redis_kill(h);
    assert_problem(post("/probe/racy", NULL), 503, "store_unavailable");
    fake_redis_restart(h);
    assert_int_equal(post("/probe/racy", NULL)->status, 200);
    assert_count("1");

    fake_redis_pause(h);
    assert_problem(post("/probe/racy", NULL), 503, "store_unavailable");
    fake_redis_continue(h);
    assert_int_equal(post("/probe/racy", NULL)->status, 200);
}


/* ---- two at once, clients that leave, time that passes ----------------- */

static void
test_race(void **state)
{
    fake_run_t  *a;

    (void) state;

    a = fake_begin(h, CIVIC_POST, "/probe/racy", NULL);
    assert_true(fake_run_to(a, 1));         /* it has read: nothing */

    assert_string_equal(fake_text(post("/probe/racy", NULL), "count"), "1");
    assert_string_equal(fake_text(fake_end(a), "count"), "1");
    assert_count("1");                      /* an update was lost */

    a = fake_begin(h, CIVIC_POST, "/probe/racy", NULL);
    assert_false(fake_run_to(a, 9));        /* it ended before */
    assert_string_equal(fake_text(fake_end(a), "count"), "2");
}


static void
test_client_leaves(void **state)
{
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    /* before the write: nothing is done */

    rep = fake_request(h, CIVIC_POST, "/probe/racy",
                       &(fake_request_t) { .leave_at = 1 });
    assert_int_equal(rep->status, 0);
    assert_int_equal(rep->result, CIVIC_ABORTED);
    assert_int_equal(rep->redis_calls, 1);
    assert_count(NULL);

    /* after it: the handler runs to its end */

    rep = fake_request(h, CIVIC_POST, "/probe/racy",
                       &(fake_request_t) { .leave_at = 2 });
    assert_int_equal(rep->status, 0);
    assert_int_equal(rep->result, CIVIC_OK);
    assert_count("1");

    run = fake_begin(h, CIVIC_POST, "/probe/racy", NULL);
    fake_run_to(run, 1);
    fake_leave(run);
    assert_int_equal(fake_end(run)->result, CIVIC_ABORTED);
    assert_count("1");
}


static void
test_deadline(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = fake_request(h, CIVIC_POST, "/probe/racy",
        &(fake_request_t) { .delay_at = 1, .delay_ms = 4000 });
    assert_int_equal(rep->status, 200);

    rep = fake_request(h, CIVIC_POST, "/probe/racy",
        &(fake_request_t) { .delay_at = 1, .delay_ms = 5000 });
    assert_problem(rep, 504, "gateway_timeout");
    assert_int_equal(rep->result, CIVIC_ABORTED);
    assert_count("1");

    rep = fake_request(h, CIVIC_POST, "/probe/racy",
        &(fake_request_t) { .delay_at = 2, .delay_ms = 5000 });
    assert_problem(rep, 503, "outcome_unknown");
}


/* ---- rules, calls, threads, replies ------------------------------------ */

static void
test_rules(void **state)
{
    json_t        *rule;
    fake_reply_t  *rep;

    (void) state;

    assert_int_equal(get("/probe/rule?age=18")->status, 204);

    rep = get("/probe/rule?age=17");
    assert_problem(rep, 403, "probe_too_young");
    assert_string_equal(fake_header(rep, "Retry-After"), "60");
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "retry_after")), 60);

    rule = json_object_get(rep->json, "rule");
    assert_string_equal(json_string_value(json_object_get(rule, "name")),
                        "probe.age");
    assert_int_equal(json_string_length(json_object_get(rule, "revision")),
                     12);
}


static int64_t
out_age(fake_reply_t *rep)
{
    json_t  *out = json_object_get(rep->json, "out");

    return json_integer_value(json_object_get(out, "age"));
}


static void
test_calls(void **state)
{
    (void) state;

    assert_int_equal(out_age(get("/probe/call?call=probe.double")), 42);
    assert_true(fake_logged(h, "[debug] probe: asked to double"));

    assert_int_equal(get("/probe/call?call=review.application")->result,
                     CIVIC_NOT_FOUND);
    fake_answer_call(h, "review.application", CIVIC_OK,
                     json_pack("{s:i}", "age", 7));
    assert_int_equal(out_age(get("/probe/call?call=review.application")), 7);

    fake_answer_call(h, "review.application", CIVIC_NOT_SENT, NULL);
    assert_problem(get("/probe/call?call=review.application"), 503,
                   "store_unavailable");
}


static void
test_offload(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = get("/probe/offload");
    assert_int_equal(rep->status, 200);
    assert_true(json_is_true(json_object_get(rep->json, "summed")));
    assert_int_equal(rep->offloads, 1);

    rep = fake_request(h, CIVIC_GET, "/probe/offload",
                       &(fake_request_t) { .busy_at = 1 });
    assert_problem(rep, 503, "overloaded");

    rep = fake_request(h, CIVIC_GET, "/probe/offload",
                       &(fake_request_t) { .leave_at = 1 });
    assert_int_equal(rep->result, CIVIC_ABORTED);
}


static void
test_bytes(void **state)
{
    char           match[80];
    fake_reply_t  *rep;

    (void) state;

    rep = get("/probe/bytes");
    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->content_type, "text/plain");
    assert_string_equal(rep->body, "plain text");
    assert_string_equal(fake_header(rep, "x-probe"), "bytes");
    assert_null(rep->json);

    snprintf(match, sizeof(match), "If-None-Match: %s",
             fake_header(rep, "ETag"));
    rep = fake_request(h, CIVIC_GET, "/probe/bytes",
                       &(fake_request_t) { .headers = { match } });
    assert_int_equal(rep->status, 304);
    assert_int_equal(rep->len, 0);
}


static void
test_problems(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = get("/probe/problem");
    assert_problem(rep, 409, "probe_full");
    assert_string_equal(fake_field_error(rep, "/name"), "too_short");
    assert_non_null(strstr(fake_text(rep, "detail"), "3"));
    assert_string_equal(fake_header(rep, "Retry-After"), "30");
    assert_string_equal(rep->undocumented,
                        "the route does not name problem \"probe_full\"");

    rep = fake_request(h, CIVIC_GET, "/probe/problem",
        &(fake_request_t) { .headers = { "Accept-Language: en" } });
    assert_string_equal(fake_text(rep, "title"), "Full");
}


static void
test_undocumented(void **state)
{
    (void) state;

    assert_string_equal(get("/probe/undocumented")->undocumented,
                        "reply \"/name\": wrong_type");
    assert_string_equal(get("/probe/pipeline")->undocumented,
                        "a JSON body, and the route has no reply schema");
}


static void
test_reset_forgets(void **state)
{
    (void) state;

    assert_int_equal(post("/probe/racy", NULL)->status, 200);
    fake_host_reset(h);
    assert_count(NULL);
    assert_null(fake_log(h)[0]);
    assert_int_equal(fake_counter(h, "writes"), 0);
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
        cmocka_unit_test_setup(test_seal_script_read_open, reset),
        cmocka_unit_test_setup(test_pipeline, reset),
        cmocka_unit_test_setup(test_redis_faults, reset),
        cmocka_unit_test_setup(test_redis_down, reset),
        cmocka_unit_test_setup(test_race, reset),
        cmocka_unit_test_setup(test_client_leaves, reset),
        cmocka_unit_test_setup(test_deadline, reset),
        cmocka_unit_test_setup(test_rules, reset),
        cmocka_unit_test_setup(test_calls, reset),
        cmocka_unit_test_setup(test_offload, reset),
        cmocka_unit_test_setup(test_bytes, reset),
        cmocka_unit_test_setup(test_problems, reset),
        cmocka_unit_test_setup(test_undocumented, reset),
        cmocka_unit_test_setup(test_reset_forgets, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
