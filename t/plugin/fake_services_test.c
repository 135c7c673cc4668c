/*
 * fake_services_test.c - the fake host itself: every service, on good and on
 * bad days, and two requests at once.
 */

#include "probe.h"


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
form(const char *body, const char *type)
{
    return fake_request(h, CIVIC_POST, "/probe/raw",
        &(fake_request_t) { .body = body, .content_type = type });
}


static void
test_raw_body(void **state)
{
    static const char  type[] = "application/x-www-form-urlencoded";

    fake_reply_t  *rep;

    (void) state;

    rep = form("a=%01", type);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "bytes"), "613d253031");

    rep = form("", type);
    assert_string_equal(fake_text(rep, "bytes"), "");

    assert_problem(form("a", "text/plain"), 415, "unsupported_media_type");
    assert_problem(form("0123456789012345678901234567890123456789"
                        "0123456789012345678901234", type),
                   413, "body_too_large");
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
        cmocka_unit_test_setup(test_seal_script_read_open, reset),
        cmocka_unit_test_setup(test_raw_body, reset),
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
