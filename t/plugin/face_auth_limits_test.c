/*
 * face_auth_limits_test.c - how often an attempt may begin, two requests at
 * once, the long poll, and what other plugins are told.
 */

#include "face_auth_world.h"


/* ---- how often --------------------------------------------------------- */

/* An attempt that is told not to have passed. */
static const char *
try_one(void)
{
    char           id[32];
    fake_reply_t  *rep;

    alipay_begins();
    rep = begin_as(visitor);

    if (rep->status != 201) {
        return rep->code;
    }

    snprintf(id, sizeof(id), "%s", fake_text(rep, "attempt_id"));
    alipay_passed("F");
    (void) result_of(id, visitor);

    return "";
}


static void
test_limits(void **state)
{
    int            i;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 5; i++) {
        assert_string_equal(try_one(), "");
    }

    alipay_begins();
    rep = begin_as(visitor);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "face_wait");
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "retry_after")), 30);

    /* another session does not help, nor another number */
    claims(OTHER);
    assert_string_equal(begin_as(fake_session(h, ACCOUNT, CIVIC_VISITOR))
                        ->code, "face_wait");
    claims(NUMBER);

    fake_advance(h, 30000);
    assert_string_equal(try_one(), "");
    assert_string_equal(try_one(), "face_wait");
    fake_advance(h, 60000);

    /* who passes begins anew; others were never held up */
    alipay_begins();
    rep = begin_as(visitor);
    assert_int_equal(rep->status, 201);
    assert_true(json_is_true(json_object_get(rep->json, "counter")));
    alipay_passed("T");
    assert_int_equal(result_of(fake_text(rep, "attempt_id"), visitor)
                     ->status, 200);
    assert_string_equal(try_one(), "");
    assert_string_equal(try_one(), "");
    assert_int_equal(fake_counter(h, "limited"), 3);
}


/* Not asking for results does not escape the limits. */
static void
test_silent_tries(void **state)
{
    int  i;

    (void) state;

    for (i = 0; i < 6; i++) {
        assert_int_equal(begin_as(visitor)->status, 201);
        later(250000);
    }

    assert_int_equal(begin_as(visitor)->status, 201);
    later(1000);
    assert_string_equal(begin_as(visitor)->code, "face_wait");
}


static void
test_asked_too_often(void **state)
{
    int          i;
    const char  *id = begun();

    (void) state;

    alipay_passed("F");

    for (i = 0; i < 21; i++) {
        assert_string_equal(result_of(id, visitor)->code, "face_not_passed");
    }

    assert_int_equal(times_called("alipay.call"), 21);
    assert_string_equal(state_of(id), "failed");
}


/* Two requests at once: one attempt, one order. */
static void
test_two_at_once(void **state)
{
    unsigned        at;
    fake_run_t     *one;
    fake_reply_t   *first, *second;
    fake_request_t  request = {
        .body = "{\"purpose\":\"identity\"}",
        .headers = { "Idempotency-Key: one" }
    };

    for (at = 1; at < 9; at++) {
        (void) reset(state);
        request.token = visitor;

        one = fake_begin(h, CIVIC_POST, "/face-auth/attempts", &request);
        (void) fake_run_to(one, at);
        second = begin_as(visitor);
        first = fake_end(one);

        assert_int_equal(second->status, 201);
        assert_int_equal(first->status, 201);
        assert_string_equal(fake_text(first, "attempt_id"),
                            fake_text(second, "attempt_id"));
    }
}


/* For two purposes: none is lost of the count. */
static void
test_two_are_counted(void **state)
{
    int                tries, begun_now;
    long long          last;
    unsigned           at;
    fake_run_t        *one;
    fake_request_t     request = {
        .body = "{\"purpose\":\"recover\"}",
        .headers = { "Idempotency-Key: two" }
    };
    const redisReply  *row;

    for (at = 1; at < 9; at++) {
        (void) reset(state);
        request.token = visitor;

        one = fake_begin(h, CIVIC_POST, "/face-auth/attempts", &request);
        (void) fake_run_to(one, at);
        assert_int_equal(begin_as(visitor)->status, 201);
        assert_int_equal(fake_end(one)->status, 201);

        row = fake_redis(h, "HGET %s tries", key_of(ACCOUNT, "face_auth"));
        assert_int_equal(sscanf(row->str, "%d %lld %d", &tries, &last,
                                &begun_now), 3);
        assert_int_equal(tries, 2);
        assert_int_equal(begun_now, 2);
    }
}


static void
test_two_results_at_once(void **state)
{
    unsigned       at;
    const char    *id;
    fake_run_t    *one;
    fake_reply_t  *first, *second;

    for (at = 1; at < 7; at++) {
        (void) reset(state);
        id = begun();
        alipay_passed("T");

        one = fake_begin(h, CIVIC_POST, path_of(id, "/result"),
                         &(fake_request_t) { .token = visitor });
        (void) fake_run_to(one, at);
        second = result_of(id, visitor);
        first = fake_end(one);

        assert_int_equal(second->status, 200);
        assert_int_equal(first->status, 200);
        assert_int_equal(fake_counter(h, "passed"), 1);
    }
}


/* ---- the long poll ----------------------------------------------------- */

static void
test_wait(void **state)
{
    const char    *id = begun();
    fake_run_t    *one, *two;
    fake_reply_t  *rep;

    (void) state;

    alipay_passed("F");
    rep = post(path_of(id, "/wait"), visitor, "{\"state\":\"starting\"}");
    assert_string_equal(fake_text(rep, "state"), "open");

    /* nothing new until the end of the poll */
    fake_advance(h, 5000);
    rep = post(path_of(id, "/wait"), visitor, "{}");
    assert_string_equal(fake_text(rep, "state"), "open");
    assert_in_range(times_called("alipay.call"), 3, 6);

    /* two pages wait: one asks */
    fake_advance(h, 5000);
    one = fake_begin(h, CIVIC_POST, path_of(id, "/wait"),
                     &(fake_request_t) { .token = visitor, .body = "{}" });
    (void) fake_run_to(one, 6);
    alipay_passed("T");
    fake_advance(h, 4000);
    two = fake_begin(h, CIVIC_POST, path_of(id, "/wait"),
                     &(fake_request_t) { .token = visitor, .body = "{}" });
    rep = fake_end(two);
    assert_string_equal(fake_text(rep, "state"), "passed");
    rep = fake_end(one);
    assert_string_equal(fake_text(rep, "state"), "passed");

    /* it grants nothing; the result does */
    assert_int_equal(times_called("login.proven"), 0);
    assert_int_equal(result_of(id, visitor)->status, 200);
    assert_int_equal(times_called("login.proven"), 1);
}


static void
test_wait_ends(void **state)
{
    const char    *id = begun(), *stranger;
    fake_reply_t  *rep;

    (void) state;

    alipay_passed("F");
    stranger = fake_session(h, "alipay:1:open-li", CIVIC_VISITOR);
    assert_string_equal(post(path_of(id, "/wait"), stranger, "{}")->code,
                        "not_found");

    fake_quit(h);
    rep = post(path_of(id, "/wait"), visitor, "{}");
    assert_string_equal(fake_text(rep, "state"), "open");

    (void) reset(state);
    id = begun();
    fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
    assert_string_equal(post(path_of(id, "/wait"), visitor, "{}")->code,
                        "consent_required");
    assert_int_equal(times_called("alipay.call"), 1);
}


/* ---- relatives --------------------------------------------------------- */

#define RELATIVE(name, number)                                                \
    "{\"purpose\":\"kinship\",\"name\":\"" name "\",\"id_number\":\""         \
    number "\"}"

static void
test_relative(void **state)
{
    char           in[256], id[32];
    json_t        *out, *who;
    const char    *citizen = fake_session(h, NUMBER, CIVIC_CITIZEN);
    fake_reply_t  *rep;

    (void) state;

    rep = post("/face-auth/attempts", citizen,
               RELATIVE("*", "63280119850601000"));
    assert_string_equal(fake_field_error(rep, "/name"), "name_charset");
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "id_number_length");
    rep = post("/face-auth/attempts", citizen, "{\"purpose\":\"kinship\"}");
    assert_string_equal(fake_field_error(rep, "/name"), "required");
    assert_string_equal(fake_field_error(rep, "/id_number"), "required");

    rep = post("/face-auth/attempts", citizen, RELATIVE("李晓红", OTHER));
    assert_int_equal(rep->status, 201);
    snprintf(id, sizeof(id), "%s", fake_text(rep, "attempt_id"));
    who = json_object_get(json_object_get(fake_called(h, "alipay.call", 0),
                                          "business"), "identity_param");
    assert_string_equal(json_string_value(json_object_get(who,
                            "identity_type")), "AGENT_CERT_INFO");
    assert_string_equal(json_string_value(json_object_get(who, "cert_no")),
                        OTHER);

    alipay_passed("T");
    rep = result_of(id, citizen);
    assert_int_equal(rep->status, 200);
    assert_true(json_is_false(json_object_get(rep->json, "exchange")));
    assert_int_equal(times_called("login.proven"), 0);

    /* for whom and what it was, and once */
    snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"attempt_id\":\"%s\","
             "\"purpose\":\"kinship\",\"person\":\"%s\"}", pid_of(NUMBER), id,
             pid_of(NUMBER));
    out = call("face_auth.result", in);
    assert_string_equal(json_string_value(json_object_get(out, "state")),
                        "none");
    snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"attempt_id\":\"%s\","
             "\"purpose\":\"kinship\",\"person\":\"%s\"}", pid_of(NUMBER), id,
             pid_of(OTHER));
    out = call("face_auth.result", in);
    assert_string_equal(json_string_value(json_object_get(out, "state")),
                        "passed");
    assert_int_equal(json_integer_value(json_object_get(out, "at")), NOON);
    out = call("face_auth.result", in);
    assert_string_equal(json_string_value(json_object_get(out, "state")),
                        "done");
}


static void
test_relative_too_late(void **state)
{
    char           in[256], id[32];
    const char    *citizen = fake_session(h, NUMBER, CIVIC_CITIZEN);
    fake_reply_t  *rep;

    (void) state;

    rep = post("/face-auth/attempts", citizen, RELATIVE("李晓红", OTHER));
    snprintf(id, sizeof(id), "%s", fake_text(rep, "attempt_id"));
    alipay_passed("T");
    assert_int_equal(result_of(id, citizen)->status, 200);
    fake_advance(h, 901000);
    snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"attempt_id\":\"%s\","
             "\"purpose\":\"kinship\",\"person\":\"%s\"}", pid_of(NUMBER), id,
             pid_of(OTHER));
    assert_string_equal(json_string_value(json_object_get(
        call("face_auth.result", in), "state")), "expired");
}


/* A relative's stands under the consent of who binds, and no picture of it
   is asked for. */
static void
test_relative_consent(void **state)
{
    json_t        *config;
    const char    *citizen = fake_session(h, NUMBER, CIVIC_CITIZEN);
    fake_reply_t  *rep;

    (void) state;

    fake_answer_call(h, "alipay.app", CIVIC_OK,
                     json_pack("{s:s, s:b}", "app_id", "1", "face_picture",
                               1));
    rep = post("/face-auth/attempts", citizen, RELATIVE("李晓红", OTHER));
    assert_int_equal(rep->status, 201);
    assert_string_equal(json_string_value(json_object_get(
        fake_called(h, "civic.consent", 0), "purpose")), "kinship");
    config = json_object_get(json_object_get(fake_called(h, "alipay.call", 0),
                                             "business"), "merchant_config");
    assert_non_null(json_object_get(config, "return_url"));
    assert_null(json_object_get(config, "out_put_facial_picture"));

    rep = begin_as(citizen);
    assert_int_equal(rep->status, 201);
    assert_string_equal(json_string_value(json_object_get(
        fake_called(h, "civic.consent", 1), "purpose")), "face");
    config = json_object_get(json_object_get(fake_called(h, "alipay.call", 1),
                                             "business"), "merchant_config");
    assert_non_null(json_object_get(config, "out_put_facial_picture"));
}


static int64_t
erased(const char *consent)
{
    char  in[128];

    snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"purpose\":\"%s\"}",
             pid_of(NUMBER), consent);

    return json_integer_value(json_object_get(call("face_auth.erase", in),
                                              "erased"));
}


/* Each consent takes its own attempts with it. */
static void
test_relative_erased(void **state)
{
    char         own[32], other[32];
    const char  *citizen = fake_session(h, NUMBER, CIVIC_CITIZEN);

    (void) state;

    snprintf(own, sizeof(own), "%s", fake_text(begin_as(citizen),
                                               "attempt_id"));
    snprintf(other, sizeof(other), "%s",
             fake_text(post("/face-auth/attempts", citizen,
                            RELATIVE("李晓红", OTHER)), "attempt_id"));

    assert_int_equal(erased("health"), 0);
    assert_int_equal(erased("kinship"), 1);
    assert_int_equal(get(path_of(other, ""), citizen)->status, 404);
    assert_int_equal(get(path_of(own, ""), citizen)->status, 200);
    assert_int_equal(erased("kinship"), 0);

    snprintf(other, sizeof(other), "%s",
             fake_text(post("/face-auth/attempts", citizen,
                            RELATIVE("李晓红", OTHER)), "attempt_id"));
    assert_int_equal(erased("face"), 1);
    assert_int_equal(get(path_of(own, ""), citizen)->status, 404);
    assert_int_equal(get(path_of(other, ""), citizen)->status, 200);
}


/* ---- how long a proof is good ------------------------------------------ */

static void
test_validity(void **state)
{
    json_t  *out;

    (void) state;

    out = call("face_auth.state",
               "{\"proven_at\":1700000000000,\"proven_by\":\"face\"}");
    assert_true(json_is_true(json_object_get(out, "valid")));
    assert_true(json_is_true(json_object_get(out, "counter")));
    out = call("face_auth.state", "{}");
    assert_true(json_is_false(json_object_get(out, "valid")));
    out = call("face_auth.state",
               "{\"proven_at\":0,\"proven_by\":\"face\"}");
    assert_true(json_is_false(json_object_get(out, "valid")));
}


int
main(void)
{
#define T(name)  cmocka_unit_test_setup(name, reset)
    const struct CMUnitTest  tests[] = {
        T(test_limits), T(test_silent_tries), T(test_asked_too_often),
        T(test_two_at_once), T(test_two_are_counted),
        T(test_two_results_at_once), T(test_wait),
        T(test_wait_ends), T(test_relative), T(test_relative_too_late),
        T(test_relative_consent), T(test_relative_erased),
        T(test_validity),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
