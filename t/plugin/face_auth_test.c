/*
 * face_auth_test.c - attempts: begun, resumed, asked about, passed once, and
 * what becomes of them on bad days.  The counter and the picture have files
 * of their own.
 */

#define _GNU_SOURCE                     /* memmem() */

#include "face_auth_world.h"

#define LIGHT  "光线良好，尽量保持人脸与手机平行，屏幕中央的头像占据识别框的三分之二左右"
#define POSE   "请勿低头、抬头、歪头、侧脸、打电话、使用多个面孔、夸张表情、遮住脸部"


/* ---- beginning --------------------------------------------------------- */

static void
test_begin(void **state)
{
    json_t        *in, *who;
    fake_reply_t  *rep;

    (void) state;

    rep = begin_as(visitor);
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "state"), "open");
    assert_string_equal(fake_text(rep, "certify_id"), "cert1");
    assert_string_equal(fake_text(rep, "expires_at"),
                        "2026-03-09T12:05:00+08:00");
    assert_memory_equal(fake_text(rep, "qr_png"), "data:image/png;base64,",
                        22);
    assert_memory_equal(fake_text(rep, "qr_svg"),
                        "data:image/svg+xml;base64,", 26);
    assert_string_equal(json_string_value(json_array_get(
        json_object_get(rep->json, "advice"), 0)), LIGHT);
    assert_string_equal(json_string_value(json_array_get(
        json_object_get(rep->json, "advice"), 1)), POSE);
    assert_string_equal(json_string_value(json_object_get(
        json_object_get(rep->json, "buttons"), "agree")), "同意协议并认证");

    in = fake_called(h, "alipay.call", 0);
    assert_string_equal(json_string_value(json_object_get(in, "method")),
                        "alipay.user.certify.open.initialize");
    in = json_object_get(in, "business");
    assert_int_equal(json_string_length(json_object_get(in,
                                                        "outer_order_no")),
                     32);
    who = json_object_get(in, "identity_param");
    assert_string_equal(json_string_value(json_object_get(who,
                                                          "identity_type")),
                        "CERT_INFO");
    assert_string_equal(json_string_value(json_object_get(who, "cert_type")),
                        "IDENTITY_CARD");
    assert_string_equal(json_string_value(json_object_get(who, "cert_no")),
                        NUMBER);
    assert_null(json_object_get(json_object_get(in, "merchant_config"),
                                "out_put_facial_picture"));
}


static void
test_first_things_first(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    /* who it is */
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s}", "state", "none"));
    assert_string_equal(begin_as(visitor)->code, "identity_required");
    claims(NUMBER);

    /* the consent */
    fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
    assert_string_equal(begin_as(visitor)->code, "consent_required");
    assert_string_equal(fake_text(begin_as(visitor), "purpose"), "face");
    consents(ACCOUNT);

    /* what for */
    rep = post("/face-auth/attempts", visitor, "{\"purpose\":\"dance\"}");
    assert_string_equal(fake_field_error(rep, "/purpose"), "face_purpose");
    rep = post("/face-auth/attempts", visitor, "{\"purpose\":\"kinship\","
               "\"name\":\"李\",\"id_number\":\"" OTHER "\"}");
    assert_string_equal(fake_field_error(rep, "/purpose"), "face_purpose");

    /* not another's number for one's own face */
    rep = post("/face-auth/attempts", visitor, "{\"purpose\":\"identity\","
               "\"name\":\"李\",\"id_number\":\"" OTHER "\"}");
    assert_string_equal(fake_field_error(rep, "/name"), "unknown_field");
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "unknown_field");

    assert_int_equal(times_called("alipay.call"), 0);
    assert_int_equal(fake_counter(h, "attempts"), 0);
}


static void
test_resume(void **state)
{
    char           id[32];
    const char    *elsewhere;
    fake_reply_t  *rep;

    (void) state;

    snprintf(id, sizeof(id), "%s", begun());
    rep = begin_as(visitor);
    assert_string_equal(fake_text(rep, "attempt_id"), id);
    assert_int_equal(times_called("alipay.call"), 1);
    assert_int_equal(fake_counter(h, "attempts_resumed"), 1);

    /* told that it had not passed: the provider's attempt is used up */
    alipay_passed("F");
    assert_string_equal(result_of(id, visitor)->code, "face_not_passed");
    alipay_begins();
    rep = begin_as(visitor);
    assert_string_not_equal(fake_text(rep, "attempt_id"), id);
    assert_string_equal(state_of(id), "expired");

    /* from another session it begins anew */
    snprintf(id, sizeof(id), "%s", fake_text(rep, "attempt_id"));
    fake_advance(h, 1000);
    elsewhere = fake_session(h, ACCOUNT, CIVIC_VISITOR);
    rep = begin_as(elsewhere);
    assert_string_not_equal(fake_text(rep, "attempt_id"), id);
    assert_int_equal(fake_counter(h, "attempts"), 3);
}


static void
test_provider_down_at_begin(void **state)
{
    char           order[40];
    json_t        *in;
    fake_reply_t  *rep;

    (void) state;

    alipay_says("unknown", "20000", "isp.unknow-error", NULL);
    rep = begin_as(visitor);
    assert_int_equal(rep->status, 503);
    assert_string_equal(rep->code, "provider_unavailable");
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "retry_after")), 5);
    in = json_object_get(fake_called(h, "alipay.call", 0), "business");
    snprintf(order, sizeof(order), "%s",
             json_string_value(json_object_get(in, "outer_order_no")));

    /* the repeat sends the same number, and counts no second attempt */
    alipay_begins();
    rep = begin_as(visitor);
    assert_int_equal(rep->status, 201);
    in = json_object_get(fake_called(h, "alipay.call", 1), "business");
    assert_string_equal(json_string_value(json_object_get(in,
                            "outer_order_no")), order);
    assert_int_equal(fake_counter(h, "attempts"), 1);
}


static void
test_provider_refuses(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    alipay_says("refused", "40004", "UNKNOWN_ERROR", NULL);
    assert_string_equal(begin_as(visitor)->code, "face_refused");

    /* an operator's affair: the attempt waits */
    alipay_says("refused", "40006", "isv.insufficient-isv-permissions", NULL);
    assert_string_equal(begin_as(visitor)->code, "provider_unavailable");

    /* a success without what it is about */
    alipay_says("done", "10000", "", json_object());
    assert_string_equal(begin_as(visitor)->code, "provider_unavailable");
    alipay_says("done", "10000", "", json_pack("{s:s}", "certify_id",
                                               "a\" b"));
    assert_string_equal(begin_as(visitor)->code, "provider_unavailable");

    alipay_begins();
    rep = begin_as(visitor);
    assert_int_equal(rep->status, 201);
    assert_int_equal(fake_counter(h, "attempts"), 2);
}


/* ---- what came of it --------------------------------------------------- */

static void
test_passed(void **state)
{
    const char    *id = begun();
    json_t        *in;
    fake_reply_t  *rep;

    (void) state;

    fake_advance(h, 60000);
    alipay_passed("T");
    rep = result_of(id, visitor);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "passed");
    assert_true(json_is_true(json_object_get(rep->json, "exchange")));
    assert_string_equal(state_of(id), "done");

    in = fake_called(h, "login.proven", 0);
    assert_string_equal(json_string_value(json_object_get(in, "pid")),
                        pid_of(ACCOUNT));
    assert_string_equal(json_string_value(json_object_get(in, "person")),
                        pid_of(NUMBER));
    assert_string_equal(json_string_value(json_object_get(in, "how")),
                        "face");
    assert_true(json_is_false(json_object_get(in, "recover")));
    assert_int_equal(json_integer_value(json_object_get(in, "at")),
                     NOON + 60000);

    /* once more: the same answer, and nothing more is done */
    rep = result_of(id, visitor);
    assert_int_equal(rep->status, 200);
    assert_int_equal(times_called("login.proven"), 1);
    assert_int_equal(times_called("alipay.call"), 2);
    assert_int_equal(fake_counter(h, "passed"), 1);
}


static void
test_recover(void **state)
{
    char           id[32];
    fake_reply_t  *rep;

    (void) state;

    rep = post("/face-auth/attempts", visitor, "{\"purpose\":\"recover\"}");
    snprintf(id, sizeof(id), "%s", fake_text(rep, "attempt_id"));
    alipay_passed("T");
    assert_int_equal(result_of(id, visitor)->status, 200);
    assert_true(json_is_true(json_object_get(fake_called(h, "login.proven",
                                                         0), "recover")));
}


/* Everything else than "T" has not passed. */
static void
test_not_passed(void **state)
{
    size_t         i;
    const char    *id = begun();
    fake_reply_t  *rep;
    const char    *nodes[] = {
        "{\"passed\":\"F\"}", "{\"passed\":\"true\"}", "{\"passed\":true}",
        "{}", "{\"passed\":[\"F\"]}", "{\"passed\":[\"T\",\"F\"]}",
        "{\"passed\":[]}", "{\"passed\":{\"T\":\"T\"}}",
        "{\"passed\":\"t\"}", "{\"passed\":\"F\",\"fail_reason\":\"\"}",
    };

    (void) state;

    for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        alipay_says("done", "10000", "", json_loads(nodes[i], 0, NULL));
        rep = result_of(id, visitor);
        assert_int_equal(rep->status, 422);
        assert_string_equal(rep->code, "face_not_passed");
        assert_non_null(strstr(fake_text(rep, "detail"), LIGHT));
        assert_non_null(strstr(fake_text(rep, "detail"), POSE));
        assert_string_equal(state_of(id), "open");
    }

    assert_int_equal(times_called("login.proven"), 0);

    /* it stays usable: finished later */
    alipay_says("done", "10000", "", json_loads("{\"passed\":[\"T\"]}", 0,
                                                NULL));
    assert_int_equal(result_of(id, visitor)->status, 200);
}


static void
test_reason(void **state)
{
    const char    *id = begun();
    fake_reply_t  *rep;

    (void) state;

    alipay_says("done", "10000", "", json_pack("{s:s, s:s}", "passed", "F",
                                               "fail_reason", "Z1147"));
    rep = result_of(id, visitor);
    assert_string_equal(rep->code, "face_not_passed");
    assert_null(strstr(fake_text(rep, "detail"), "请核对姓名"));
    assert_string_equal(state_of(id), "failed");

    /* it has ended: nobody asks any more, and a pass comes too late */
    alipay_passed("T");
    assert_string_equal(result_of(id, visitor)->code, "face_not_passed");
    assert_int_equal(times_called("login.proven"), 0);

    /* a reason that nobody knows shows all */
    alipay_begins();
    id = begun();
    alipay_says("done", "10000", "", json_pack("{s:s, s:s}", "passed", "F",
                                               "fail_reason", "NEW_ONE"));
    rep = result_of(id, visitor);
    assert_non_null(strstr(fake_text(rep, "detail"), "请核对姓名"));
    assert_int_equal(fake_counter(h, "failed"), 2);
}


static void
test_provider_down(void **state)
{
    size_t         i;
    const char    *id = begun();
    fake_reply_t  *rep;
    const char    *outcomes[] = {
        "unknown", "not_sent", "not_ours", "refused", "done", "?"
    };

    (void) state;

    for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        alipay_says(outcomes[i], "20000", "", NULL);
        rep = result_of(id, visitor);
        assert_int_equal(rep->status, 503);
        assert_string_equal(rep->code, "provider_unavailable");
        assert_string_equal(state_of(id), "open");
    }

    assert_int_equal(times_called("login.proven"), 0);
    assert_int_equal(fake_counter(h, "unavailable"), 6);
    alipay_passed("T");
    assert_int_equal(result_of(id, visitor)->status, 200);
}


static void
test_gone(void **state)
{
    const char  *id = begun();

    (void) state;

    alipay_says("refused", "40004", "OPEN_CERTIFY_BILL_NOT_EXIST", NULL);
    assert_string_equal(result_of(id, visitor)->code, "face_expired");
    assert_string_equal(state_of(id), "expired");
    alipay_passed("T");
    assert_string_equal(result_of(id, visitor)->code, "face_expired");
}


static void
test_expired(void **state)
{
    const char  *id = begun();

    (void) state;

    alipay_passed("T");
    fake_advance(h, 300000);
    assert_string_equal(state_of(id), "expired");
    assert_string_equal(result_of(id, visitor)->code, "face_expired");
    assert_int_equal(times_called("login.proven"), 0);
}


/* ---- whose result it is ------------------------------------------------ */

static void
test_strangers(void **state)
{
    const char    *id = begun(), *stranger, *elsewhere;
    fake_reply_t  *rep;

    (void) state;

    alipay_passed("T");

    /* another account, another session of the same one */
    stranger = fake_session(h, "alipay:1:open-li", CIVIC_VISITOR);
    assert_string_equal(result_of(id, stranger)->code, "not_found");
    assert_string_equal(get(path_of(id, ""), stranger)->code, "not_found");
    fake_advance(h, 1000);
    elsewhere = fake_session(h, ACCOUNT, CIVIC_VISITOR);
    assert_string_equal(result_of(id, elsewhere)->code,
                        "face_other_session");
    assert_string_equal(get(path_of(id, ""), elsewhere)->code,
                        "face_other_session");

    /* ids that are none; a body that says it has passed */
    assert_string_equal(result_of("open:identity:x", visitor)->code,
                        "not_found");
    rep = fake_request(h, CIVIC_POST, path_of(id, "/result"),
                       &(fake_request_t) {
                           .token = visitor,
                           .body = "{\"passed\":\"T\"}" });
    assert_int_equal(rep->started, 0);
    assert_int_equal(rep->status >= 400, 1);

    assert_int_equal(times_called("alipay.call"), 1);
    assert_int_equal(times_called("login.proven"), 0);
}


/* A record that is moved to somebody else's hash cannot be opened. */
static void
test_moved_record(void **state)
{
    char               field[64];
    const char        *id = begun(), *stranger;
    const redisReply  *found;

    (void) state;

    stranger = fake_session(h, "alipay:1:open-li", CIVIC_VISITOR);
    snprintf(field, sizeof(field), "a:%s", id);
    found = fake_redis(h, "HGET %s %s", key_of(ACCOUNT, "face_auth"), field);
    fake_redis(h, "HSET %s %s %b s:%s %s",
               key_of("alipay:1:open-li", "face_auth"), field, found->str,
               found->len, id, "open 9999999999999 1 open:identity:x");

    alipay_passed("T");
    assert_int_equal(result_of(id, stranger)->status, 500);
    assert_true(fake_logged(h, "cannot be read"));
    assert_int_equal(times_called("login.proven"), 0);
}


static void
test_claim_changed(void **state)
{
    const char  *id = begun();

    (void) state;

    alipay_passed("T");
    fake_answer_call(h, "login.proven", CIVIC_OK,
                     json_pack("{s:s}", "refused", "claim_changed"));
    assert_string_equal(result_of(id, visitor)->code, "face_claim_changed");
    assert_string_equal(state_of(id), "failed");

    login_takes();
    assert_string_equal(result_of(id, visitor)->code, "face_not_passed");
    assert_int_equal(times_called("login.proven"), 1);
}


/* Proven before with another name: only the counter can tell. */
static void
test_name_differs(void **state)
{
    const char  *id = begun();

    (void) state;

    alipay_passed("T");
    fake_answer_call(h, "login.proven", CIVIC_OK,
                     json_pack("{s:s}", "refused", "name_differs"));
    assert_string_equal(result_of(id, visitor)->code, "face_name_differs");
    assert_string_equal(state_of(id), "failed");
    assert_string_equal(json_string_value(json_object_get(
        fake_called(h, "login.proven", 0), "name")), "张伟");
}


/* Alipay compares the name that it was told: another one begins anew. */
static void
test_name_typed_anew(void **state)
{
    char  first[32];

    (void) state;

    snprintf(first, sizeof(first), "%s", begun());
    assert_string_equal(begun(), first);
    claims_as(NUMBER, "张炜");
    assert_string_not_equal(begun(), first);
}


/* Another person than the one that was proven. */
static void
test_login_says_another(void **state)
{
    const char  *id = begun();

    (void) state;

    alipay_passed("T");
    fake_answer_call(h, "login.proven", CIVIC_OK,
                     json_pack("{s:s}", "person", pid_of(OTHER)));
    assert_int_equal(result_of(id, visitor)->status, 500);
}


static void
test_interrupted(void **state)
{
    const char    *id = begun();
    fake_reply_t  *rep;

    (void) state;

    /* it has passed, and login cannot be asked */
    alipay_passed("T");
    fake_answer_call(h, "login.proven", CIVIC_NOT_SENT, NULL);
    assert_string_equal(result_of(id, visitor)->code, "store_unavailable");
    assert_string_equal(state_of(id), "passed");

    /* the repeat finishes, without the provider, past the attempt's end */
    fake_advance(h, 400000);
    alipay_says("unknown", "", "", NULL);
    login_takes();
    rep = result_of(id, visitor);
    assert_int_equal(rep->status, 200);
    assert_int_equal(json_integer_value(json_object_get(
                         fake_called(h, "login.proven", 1), "at")), NOON);
    assert_string_equal(state_of(id), "done");
}


/* Whatever Redis call is lost, a repeat ends well and proves once more at
   most. */
static void
test_every_loss(void **state)
{
    unsigned       at;
    const char    *id;
    fake_reply_t  *rep;

    for (at = 1; at < 8; at++) {
        (void) reset(state);
        id = begun();
        alipay_passed("T");

        rep = post_with(path_of(id, "/result"), visitor, (fake_request_t) {
                            .redis_fault_at = at,
                            .redis_fault = FAKE_REDIS_LOST_AFTER });

        if (rep->status != 200) {
            assert_int_equal(rep->status, 503);
        }

        rep = result_of(id, visitor);
        assert_int_equal(rep->status, 200);
        assert_string_equal(state_of(id), "done");
        assert_in_range(times_called("login.proven"), 1, 2);
    }
}


static void
test_consent_withdrawn(void **state)
{
    char         in[128];
    json_t      *out;
    const char  *id = begun();

    (void) state;

    alipay_passed("T");
    fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
    assert_string_equal(result_of(id, visitor)->code, "consent_required");
    assert_int_equal(times_called("alipay.call"), 1);
    assert_int_equal(times_called("login.proven"), 0);

    snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"purpose\":\"face\"}",
             pid_of(ACCOUNT));
    out = call("face_auth.erase", in);
    assert_int_equal(json_integer_value(json_object_get(out, "erased")), 1);
    assert_string_equal(result_of(id, visitor)->code, "not_found");
    out = call("face_auth.erase", in);
    assert_int_equal(json_integer_value(json_object_get(out, "erased")), 0);
}


/* And everything is erased while a request is on its way. */
static void
test_erased_meanwhile(void **state)
{
    char           in[128];
    unsigned       at, over = 0;
    const char    *id;
    fake_run_t    *one;
    fake_reply_t  *rep;

    for (at = 1; at < 8; at++) {
        (void) reset(state);
        id = begun();
        alipay_passed("T");
        one = fake_begin(h, CIVIC_POST, path_of(id, "/result"),
                         &(fake_request_t) { .token = visitor });
        (void) fake_run_to(one, at);
        snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"purpose\":\"face\"}",
                 pid_of(ACCOUNT));
        (void) call("face_auth.erase", in);
        rep = checked(fake_end(one));

        if (rep->status == 200) {
            assert_int_equal(times_called("login.proven"), 1);
            continue;
        }

        over++;
        assert_true(strcmp(rep->code, "face_expired") == 0
                    || strcmp(rep->code, "not_found") == 0);
        assert_int_equal(times_called("login.proven"), 0);
    }

    assert_in_range(over, 1, 6);

    /* the same while one begins */
    for (at = 1; at < 9; at++) {
        (void) reset(state);
        one = fake_begin(h, CIVIC_POST, "/face-auth/attempts",
                         &(fake_request_t) {
                             .token = visitor,
                             .body = "{\"purpose\":\"identity\"}",
                             .headers = { "Idempotency-Key: e" } });
        (void) fake_run_to(one, at);
        (void) call("face_auth.erase", in);
        rep = checked(fake_end(one));
        assert_true(rep->status == 201
                    || strcmp(rep->code, "face_expired") == 0);
    }
}


/* ---- what is left behind ------------------------------------------------ */

/* No name or number stands anywhere in Redis, nor in the log. */
static void
test_nothing_in_clear(void **state)
{
    size_t              i;
    const char *const  *lines;
    const redisReply   *all;

    (void) state;

    (void) begun();
    all = fake_redis(h, "HGETALL %s", key_of(ACCOUNT, "face_auth"));
    assert_true(all->elements > 8);

    for (i = 0; i < all->elements; i++) {
        assert_null(memmem(all->element[i]->str, all->element[i]->len,
                           NUMBER, strlen(NUMBER)));
        assert_null(memmem(all->element[i]->str, all->element[i]->len,
                           "cert1", 5));
    }

    lines = fake_log(h);

    for (i = 0; lines[i] != NULL; i++) {
        assert_null(strstr(lines[i], NUMBER));
    }
}


int
main(void)
{
#define T(name)  cmocka_unit_test_setup(name, reset)
    const struct CMUnitTest  tests[] = {
        T(test_begin), T(test_first_things_first), T(test_resume),
        T(test_provider_down_at_begin), T(test_provider_refuses),
        T(test_passed), T(test_recover), T(test_not_passed), T(test_reason),
        T(test_provider_down), T(test_gone), T(test_expired),
        T(test_strangers), T(test_moved_record), T(test_claim_changed),
        T(test_name_differs),
        T(test_name_typed_anew), T(test_login_says_another),
        T(test_interrupted), T(test_every_loss),
        T(test_consent_withdrawn), T(test_erased_meanwhile),
        T(test_nothing_in_clear),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
