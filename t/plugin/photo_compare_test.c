/*
 * photo_compare_test.c - photos that are compared: what each answer of engine
 * and provider leads to, when the consent ends, and when nobody answers.
 */

#include "photo_review_world.h"


/* ---- by the engine ----------------------------------------------------- */

static void
by_face_in_order(void **state)
{
    size_t                   n;
    const fake_http_seen_t  *seen;

    (void) state;
    photo(NUMBER, ONE, "comparing");
    face(NUMBER);
    works();
    is_now(NUMBER, ONE, "passed");
    assert_string_equal(told(0), "photo_check.passed");
    assert_string_equal(told(1), "none");

    seen = fake_http_seen(h, 0);
    assert_string_equal(seen->path, "/v1/faces/compare");
    assert_non_null(strstr(seen->head, "multipart/form-data; boundary="));
    assert_non_null(strstr(seen->body, "name=\"photo\""));
    assert_non_null(strstr(strstr(seen->body, "the photo"),
                           "name=\"reference\""));
    assert_non_null(strstr(seen->body, "the face\r\n--"));
    assert_null(fake_called(h, "alipay.call", 0));

    for (n = 0; fake_log(h)[n] != NULL; n++) {
        assert_null(strstr(fake_log(h)[n], NUMBER));
    }
}


static void
by_face_as_the_rule_says(void **state)
{
    size_t  i;
    char    id[] = ONE, body[128];

    static const struct {
        const char  *similarity;
        const char  *state;
    } cases[] = {
        { "0.6", "passed" }, { "0.59", "review" }, { "0.34", "refused" },
        { "0.0", "refused" }, { "1.0", "passed" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        id[0] = (char) ('C' + i);
        photo(NUMBER, id, "comparing");
        face(NUMBER);
        snprintf(body, sizeof(body), "{\"photo_faces\":1,"
                 "\"reference_faces\":1,\"similarity\":%s,"
                 "\"method\":\"dlib-resnet-1\"}", cases[i].similarity);
        engine_says(200, body);
        works();
        is_now(NUMBER, id, cases[i].state);
    }
}


/* Nobody knows what another engine's numbers mean. */
static void
other_methods(void **state)
{
    (void) state;
    photo(NUMBER, ONE, "comparing");
    face(NUMBER);
    engine_says(200, "{\"photo_faces\":1,\"reference_faces\":1,"
                "\"similarity\":1,\"method\":\"better-2\"}");
    works();
    is_now(NUMBER, ONE, "review");
    assert_string_equal(why(), "unsure");
    assert_string_equal(fake_text(rep, "similarity"), "1");
}


static void
a_refused_one_is_gone(void **state)
{
    (void) state;
    photo(NUMBER, ONE, "comparing");
    face(NUMBER);
    engine_says(200, "{\"photo_faces\":1,\"reference_faces\":1,"
                "\"similarity\":0.1,\"method\":\"dlib-resnet-1\"}");
    assert_int_equal(fake_blob_files(h), 2);
    works();
    is_now(NUMBER, ONE, "refused");
    assert_int_equal(fake_blob_files(h), 1);
    assert_string_equal(told(0), "photo_check.refused");
    assert_non_null(strstr(json_string_value(json_object_get(
        fake_called(h, "civic.message", 0), "text_zh")), "不一致"));
}


/* An answer that cannot be is no answer. */
static void
engine_talks_nonsense(void **state)
{
    size_t  i;

    static const struct {
        int          status;
        const char  *body;
    } cases[] = {
        { 200, "{\"similarity\":7,\"method\":\"dlib-resnet-1\"}" },
        { 200, "{\"similarity\":-1,\"method\":\"dlib-resnet-1\"}" },
        { 200, "{\"similarity\":0.9,\"method\":\"DROP TABLE\"}" },
        { 200, "{\"similarity\":0.9}" },
        { 200, "[]" }, { 200, "not json" }, { 500, "" }, { 503, "" },
        { 302, "" },
    };

    (void) state;
    photo(NUMBER, ONE, "comparing");
    face(NUMBER);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        engine_says(cases[i].status, cases[i].body);
        works();
        is_now(NUMBER, ONE, "comparing");
        later(1800 * 1000);
    }
}


/* It never passes unseen: with pauses, and then staff. */
static void
engine_is_down(void **state)
{
    unsigned  n;

    (void) state;
    photo(NUMBER, ONE, "comparing");
    face(NUMBER);
    fake_answer_http(h, &(fake_http_answer_t) {
                            .upstream = "media",
                            .fault = FAKE_HTTP_UNKNOWN });
    works();
    works();
    works();
    assert_int_equal(fake_counter(h, "compared_later"), 1);
    later(14999);
    works();
    assert_int_equal(fake_counter(h, "compared_later"), 1);
    later(1);
    works();
    assert_int_equal(fake_counter(h, "compared_later"), 2);

    for (n = 0; n < 9; n++) {
        later(1800 * 1000);
        works();
        is_now(NUMBER, ONE, "comparing");
    }

    later(1800 * 1000);
    works();
    is_now(NUMBER, ONE, "review");
    assert_string_equal(why(), "tries");
    assert_string_equal(told(0), "photo_check.review");
}


static void
engine_comes_back(void **state)
{
    (void) state;
    photo(NUMBER, ONE, "comparing");
    face(NUMBER);
    engine_says(503, "");
    works();
    is_now(NUMBER, ONE, "comparing");
    as_usual();
    face(NUMBER);
    later(15000);
    works();
    is_now(NUMBER, ONE, "passed");
}


/* ---- by the provider --------------------------------------------------- */

static void
by_source(void **state)
{
    json_t  *in, *file;

    (void) state;
    photo(NUMBER, ONE, "comparing");
    works();
    is_now(NUMBER, ONE, "passed");
    assert_null(fake_http_seen(h, 0));

    in = fake_called(h, "alipay.call", 0);
    assert_string_equal(json_string_value(json_object_get(in, "method")),
                        "datadigital.fincloud.generalsaas.face.source"
                        ".certify");
    file = json_object_get(in, "file");
    assert_string_equal(json_string_value(json_object_get(file, "pid")),
                        fake_person_id(h, NUMBER));
    assert_string_equal(json_string_value(json_object_get(file, "purpose")),
                        "photo");
    in = json_object_get(in, "extras");
    assert_string_equal(json_string_value(json_object_get(in, "cert_no")),
                        NUMBER);
    assert_string_equal(json_string_value(json_object_get(in,
                                                          "outer_biz_no")),
                        "00000000000000000000000000000000");
}


static void
source_says(void **state)
{
    size_t  i;
    char    id[] = ONE;

    const struct {
        const char  *outcome;
        const char  *code;
        json_t      *node;
        const char  *state;
    } cases[] = {
        { "done", "10000", json_pack("{s:s}", "passed", "F"), "refused" },
        { "done", "10000", json_pack("{s:[s]}", "passed", "T"), "passed" },
        { "done", "10000", json_pack("{s:s}", "passed", "Y"), "review" },
        { "done", "10000", json_pack("{s:b}", "passed", 1), "review" },
        { "done", "10000", json_object(), "review" },
        { "refused", "40004", NULL, "review" },
        { "refused", "40006", NULL, "review" },
        { "refused", "40005", NULL, "comparing" },
        { "unknown", "", NULL, "comparing" },
        { "not_ours", "", NULL, "comparing" },
        { "not_sent", "", NULL, "comparing" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        id[0] = (char) ('C' + i);
        photo(NUMBER, id, "comparing");
        alipay_says(cases[i].outcome, cases[i].code, cases[i].node);
        works();

        if (strcmp(state_of(NUMBER, id), cases[i].state) != 0) {
            fail_msg("case %zu: %s", i, state_of(NUMBER, id));
        }
    }
}


/* The engine cannot: the next way. */
static void
engine_without_models(void **state)
{
    (void) state;
    photo(NUMBER, ONE, "comparing");
    face(NUMBER);
    engine_says(501, "{\"code\":\"no_face_models\"}");
    works();
    is_now(NUMBER, ONE, "passed");
    assert_non_null(fake_called(h, "alipay.call", 0));
}


static void
nothing_is_there(void **state)
{
    (void) state;
    fake_answer_call(h, "face_auth.reference", CIVIC_NOT_FOUND, NULL);
    fake_answer_call(h, "alipay.call", CIVIC_NOT_FOUND, NULL);
    photo(NUMBER, ONE, "comparing");
    works();
    is_now(NUMBER, ONE, "review");
    assert_string_equal(why(), "no_reference");
}


/* ---- the consent ------------------------------------------------------- */

static void
without_consent(void **state)
{
    (void) state;
    withdraws(NUMBER, 1);
    photo(NUMBER, ONE, "comparing");
    face(NUMBER);
    works();
    is_now(NUMBER, ONE, "review");
    assert_null(fake_http_seen(h, 0));
    assert_null(fake_called(h, "alipay.call", 0));
    assert_string_equal(why(), "no_consent");
}


/* The answer came of a consent that is over: it is thrown away. */
static void
withdrawn_meanwhile(void **state)
{
    int  similar;

    (void) state;

    for (similar = 0; similar < 2; similar++) {
        reset(NULL);
        photo(NUMBER, ONE, "comparing");
        face(NUMBER);
        engine_says(200, similar ? "{\"photo_faces\":1,\"reference_faces\":1,"
                    "\"similarity\":0.9,\"method\":\"dlib-resnet-1\"}"
                    : "{\"photo_faces\":1,\"reference_faces\":1,"
                    "\"similarity\":0.1,\"method\":\"dlib-resnet-1\"}");
        withdraws(NUMBER, 0);
        works();
        is_now(NUMBER, ONE, "review");
        assert_string_equal(why(), "no_consent");
        assert_string_equal(fake_text(rep, "similarity"), "");
        assert_int_equal(fake_blob_files(h), 2);
    }
}


/* ---- bad days ---------------------------------------------------------- */

/* A worker that dies anywhere leaves work that the next run ends, once. */
static void
work_is_interrupted(void **state)
{
    unsigned             at, kind;
    const fake_redis_fault_t  faults[] = {
        FAKE_REDIS_NOT_SENT, FAKE_REDIS_LOST_BEFORE, FAKE_REDIS_LOST_AFTER
    };

    (void) state;

    for (kind = 0; kind < 3; kind++) {
        for (at = 1; at < 12; at++) {
            reset(NULL);
            photo(NUMBER, ONE, "comparing");
            face(NUMBER);
            works_with(&(fake_request_t) { .redis_fault_at = at,
                                           .redis_fault = faults[kind] });
            later(15000);
            works();
            is_now(NUMBER, ONE, "passed");
            assert_null(fake_waiting(h, "photo_check.work", 0));
        }
    }
}


static void
left_to_staff(void)
{
    reset(NULL);
    photo(NUMBER, ONE, "comparing");
    face(NUMBER);
    engine_says(200, "{\"photo_faces\":1,\"reference_faces\":1,"
                "\"similarity\":0.5,\"method\":\"dlib-resnet-1\"}");
}


/* What is left to staff is in their queue by the same run, and wherever that
   one dies, by the next. */
static void
staff_have_it_at_once(void **state)
{
    unsigned  at;

    (void) state;
    left_to_staff();
    works_with(NULL);
    is_now(NUMBER, ONE, "review");
    assert_int_equal(waiting(), 1);

    for (at = 1; at < 14; at++) {
        left_to_staff();
        works_with(&(fake_request_t) { .redis_fault_at = at,
                                       .redis_fault =
                                           FAKE_REDIS_LOST_AFTER });
        later(15000);
        works();
        is_now(NUMBER, ONE, "review");
        assert_int_equal(waiting(), 1);
        assert_null(fake_waiting(h, "photo_check.work", 0));
    }
}


static void
no_turn(void **state)
{
    (void) state;
    photo(NUMBER, ONE, "comparing");
    face(NUMBER);
    works_with(&(fake_request_t) { .no_turn = 1 });
    is_now(NUMBER, ONE, "comparing");
    works();
    is_now(NUMBER, ONE, "passed");
    assert_int_equal(fake_turns_held(h), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(by_face_in_order, reset),
        cmocka_unit_test_setup(by_face_as_the_rule_says, reset),
        cmocka_unit_test_setup(other_methods, reset),
        cmocka_unit_test_setup(a_refused_one_is_gone, reset),
        cmocka_unit_test_setup(engine_talks_nonsense, reset),
        cmocka_unit_test_setup(engine_is_down, reset),
        cmocka_unit_test_setup(engine_comes_back, reset),
        cmocka_unit_test_setup(by_source, reset),
        cmocka_unit_test_setup(source_says, reset),
        cmocka_unit_test_setup(engine_without_models, reset),
        cmocka_unit_test_setup(nothing_is_there, reset),
        cmocka_unit_test_setup(without_consent, reset),
        cmocka_unit_test_setup(withdrawn_meanwhile, reset),
        cmocka_unit_test_setup(work_is_interrupted, reset),
        cmocka_unit_test_setup(staff_have_it_at_once, reset),
        cmocka_unit_test_setup(no_turn, reset),
    };

    return cmocka_run_group_tests_name("photo_check: compare", tests, setup,
                                       teardown);
}
