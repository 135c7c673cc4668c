/*
 * kinship_bind_test.c - binding a relative: what is asked, the proof, places
 * and consents.
 */

#include "kinship_bind_world.h"


/* ---- the whole way ------------------------------------------------------ */

static void
by_a_pledge(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    relative_consents(CHILD5, "health_child");

    rep = ask(CHILD5);
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "proof"), "pledge");
    assert_string_equal(fake_text(rep, "health_consent"), "health_child");
    assert_string_equal(fake_text(rep, "name"), "王*明");
    id = text("%s", fake_text(rep, "binding_id"));

    /* nothing without the agreement */
    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_agree_first");
    rep = post(citizen(NUMBER), path_of(id, "/agree"),
               "{\"version\":1,\"health_version\":1,\"agreed\":false}");
    assert_string_equal(fake_field_error(rep, "/agreed"),
                        "kinship_not_agreed");
    assert_string_equal(fake_field_error(rep, "/pledged"),
                        "kinship_not_pledged");

    assert_int_equal(agree_by(NUMBER, id)->status, 200);
    assert_int_equal(rows(CHILD5, "guardians"), 0);

    rep = finish_by(NUMBER, id);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "binding_id"), id);
    assert_string_equal(fake_text(rep, "proof"), "pledge");
    assert_true(json_is_true(json_object_get(rep->json, "provisional")));
    assert_string_equal(fake_text(rep, "name"), "王*明");
    assert_string_equal(fake_text(rep, "unbind_possible_at"),
                        "2026-03-10T12:00:00+08:00");

    assert_string_equal(place(NUMBER, CHILD5), "bound");
    assert_string_equal(holder(NUMBER, CHILD5), "pledge");
    assert_string_equal(field(CHILD5, "health", "opened"),
                        text("%lld kin", NOON));
    assert_string_equal(field(CHILD5, "health", "consent"), "health_child c1");

    /* what was asked for is not kept, and a repeat is answered alike */
    assert_string_equal(field(NUMBER, "kin", "asked"), "");
    rep = finish_by(NUMBER, id);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "binding_id"), id);
    assert_int_equal(rows(CHILD5, "guardians"), 1);
}


static void
what_the_consent_says(void **state)
{
    json_t  *in;

    (void) state;
    (void) pledged(NUMBER, CHILD5);

    in = fake_called(h, "civic.consent_give", 0);
    assert_string_equal(json_string_value(json_object_get(in, "purpose")),
                        "kinship");
    assert_string_equal(json_string_value(json_object_get(in, "pid")),
                        pid_of(NUMBER));

    in = fake_called(h, "civic.consent_give", 1);
    assert_string_equal(json_string_value(json_object_get(in, "purpose")),
                        "health_child");
    assert_string_equal(json_string_value(json_object_get(in, "pid")),
                        pid_of(CHILD5));
    assert_string_equal(json_string_value(json_object_get(in, "actor")),
                        pid_of(NUMBER));
    assert_string_equal(json_string_value(json_object_get(in, "relation")),
                        "child");
    assert_string_equal(json_string_value(json_object_get(in, "evidence")),
                        "pledge 1");
    assert_true(json_is_true(json_object_get(json_object_get(in, "flags"),
                                             "minor")));
}


static void
by_the_face(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    relative_consents(ELDER, "health");
    rep = ask_by(NUMBER, form("王秀英", ELDER, "parent"));
    assert_string_equal(fake_text(rep, "proof"), "face");
    assert_string_equal(fake_text(rep, "health_consent"), "health");
    id = text("%s", fake_text(rep, "binding_id"));
    assert_int_equal(agree_by(NUMBER, id)->status, 200);

    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_face_needed");
    face_says("none", NOON);
    assert_string_equal(face_by(NUMBER, id)->code, "kinship_face_needed");
    face_says("failed", NOON);
    assert_string_equal(face_by(NUMBER, id)->code, "kinship_face_not_passed");
    assert_int_equal(rows(ELDER, "guardians"), 0);

    /* one that was fetched for something else before counts for nothing */
    fake_advance(h, 1000);
    face_says("done", NOON - 1);
    assert_string_equal(face_by(NUMBER, id)->code, "kinship_face_needed");

    face_says("passed", NOON + 1);
    rep = face_by(NUMBER, id);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "proof"), "face");
    assert_true(json_is_false(json_object_get(rep->json, "provisional")));
    assert_string_equal(holder(NUMBER, ELDER), "face");
    assert_string_equal(json_string_value(json_object_get(
                            fake_called(h, "civic.consent_give", 1),
                            "evidence")), "face attemptattemptattempt1");
}


/* ---- what is wrong ------------------------------------------------------ */

static void
all_at_once(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    rep = ask_by(NUMBER, form("张*", "610104201812010013", "cousin"));
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/name"), "name_charset");
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "id_number_checksum");
    assert_string_equal(fake_field_error(rep, "/relation"),
                        "kinship_relation_unknown");
    assert_non_null(strstr(rep->body, "请输入正确的身份证"));
    assert_null(fake_http_seen(h, 0));
}



static void
ages(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    /* 16 until the day before the 17th birthday */
    assert_int_equal(ask(birth_number(2009, 3, 10, 1))->status, 201);
    rep = ask(birth_number(2009, 3, 9, 1));
    assert_string_equal(fake_field_error(rep, "/id_number"), "kinship_age");
    assert_non_null(strstr(rep->body,
                           "暂时只支持绑定16岁以下及60岁以上的亲属"));

    /* 59 until the day before the 60th */
    rep = ask(birth_number(1966, 3, 10, 1));
    assert_string_equal(fake_field_error(rep, "/id_number"), "kinship_age");
    assert_int_equal(ask(birth_number(1966, 3, 9, 1))->status, 201);

    /* a pledge until the day before the 7th */
    assert_string_equal(fake_text(ask(birth_number(2019, 3, 10, 1)), "proof"),
                        "pledge");
    assert_string_equal(fake_text(ask(birth_number(2019, 3, 9, 1)), "proof"),
                        "face");

    /* a guardian consents until the day before the 14th */
    assert_string_equal(fake_text(ask(birth_number(2012, 3, 10, 1)),
                                  "health_consent"), "health_child");
    assert_string_equal(fake_text(ask(birth_number(2012, 3, 9, 1)),
                                  "health_consent"), "health");
}


/* The day is China's: at 16:00 UTC another one begins. */
static void
midnight_in_shanghai(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    fake_set_clock(h, NOON + 12 * HOUR - 1);
    assert_int_equal(ask(birth_number(2009, 3, 10, 1))->status, 201);
    fake_set_clock(h, NOON + 12 * HOUR);
    rep = ask(birth_number(2009, 3, 10, 1));
    assert_string_equal(fake_field_error(rep, "/id_number"), "kinship_age");
}


/* Born on 29 February 2008: 17 on 1 March 2025, by the rule's reading. */
static void
leap_day(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    fake_set_clock(h, 1740758399999LL);         /* 2025-02-28T23:59:59.999 */
    assert_int_equal(ask(birth_number(2008, 2, 29, 1))->status, 201);
    fake_set_clock(h, 1740758400000LL);         /* 2025-03-01T00:00:00 */
    rep = ask(birth_number(2008, 2, 29, 1));
    assert_string_equal(fake_field_error(rep, "/id_number"), "kinship_age");
}


static void
oneself_and_twice(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    guardian_is(ELDER);
    rep = ask_by(ELDER, form("王秀英", ELDER, "parent"));
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "kinship_oneself");

    (void) pledged(NUMBER, CHILD5);
    rep = ask(CHILD5);
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "kinship_duplicate");
}


static void
no_own_code(void **state)
{
    (void) state;
    fake_redis(h, "HDEL civic:{p:%s}:health opened", pid_of(NUMBER));
    assert_string_equal(ask(CHILD5)->code, "kinship_own_code_first");

    /* one that a guardian asked for is not an own one */
    fake_redis(h, "HSET civic:{p:%s}:health opened %b", pid_of(NUMBER),
               "1 kin", (size_t) 5);
    assert_string_equal(ask(CHILD5)->code, "kinship_own_code_first");
}


static void
other_channel(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    rep = checked(fake_request(h, CIVIC_POST, ASK, &(fake_request_t) {
        .token = citizen(NUMBER), .body = form(HIS, CHILD5, "child"),
        .headers = { "Idempotency-Key: w", "Civic-Channel: wechat" } }));
    assert_string_equal(rep->code, "kinship_channel");
    assert_non_null(strstr(rep->body, "因个人信息认证问题，目前亲属码功能仅在"
                                      "支付宝端进行开放"));
}


static void
nine_relatives(void **state)
{
    unsigned       i;
    const char    *id;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 7; i++) {
        (void) bound(i, NUMBER, birth_number(2021, 1, 1, i), "child",
                     "pledge", NOON);
    }

    relative_consents(birth_number(2021, 1, 1, 7), "health_child");
    id = agreed_by(NUMBER, birth_number(2021, 1, 1, 7));

    /* asked for while there was a place, and taken by another meanwhile */
    (void) bound(9, NUMBER, birth_number(2021, 1, 1, 9), "child", "pledge",
                 NOON);
    rep = finish_by(NUMBER, id);
    assert_string_equal(rep->code, "kinship_relatives_full");
    assert_non_null(strstr(rep->body, "每个用户最多可为8名家人申领亲属码"));
    assert_int_equal(rows(NUMBER, "kin"), 8);
    assert_int_equal(rows(birth_number(2021, 1, 1, 7), "guardians"), 0);

    rep = ask(birth_number(2021, 1, 1, 8));
    assert_string_equal(rep->code, "kinship_relatives_full");
}


/* ---- name and number ---------------------------------------------------- */

static void
no_match(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    register_says("{\"match\":false,\"wrong\":\"name\"}");
    rep = ask(CHILD5);
    assert_int_equal(rep->status, 422);
    assert_string_equal(rep->code, "kinship_no_match");
    assert_null(strstr(rep->body, "\"wrong\""));
    assert_string_equal(fake_http_seen(h, 0)->path, "/v1/match");
    assert_string_equal(fake_http_seen(h, 0)->body,
                        text("{\"id_kind\":\"resident\",\"id_number\":\"%s\","
                             "\"name\":\"" HIS "\"}", CHILD5));
    assert_string_equal(field(NUMBER, "kin", "asked"), "");
    assert_string_equal(field(NUMBER, "kin", "tries"),
                        text("1 %lld %lld", NOON, NOON));
}


static void
register_is_down(void **state)
{
    size_t              i;
    fake_reply_t       *rep;
    const char *const   answers[] = {
        "", "[]", "{}", "{\"match\":1}", "{\"match\":\"true\"}", "match",
        "{\"match\":false,\"match\":true}", "{\"match\":true}{"
    };

    (void) state;
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "register", .fault = FAKE_HTTP_NOT_SENT });
    rep = ask(CHILD5);
    assert_int_equal(rep->status, 503);
    assert_string_equal(rep->code, "kinship_match_unavailable");
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "retry_after")), 10);

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        register_says(answers[i]);
        assert_string_equal(ask(CHILD5)->code, "kinship_match_unavailable");
    }

    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "register", .status = 500, .body = "{\"match\":true}" });
    fake_advance(h, 60000);
    assert_string_equal(ask(CHILD5)->code, "kinship_match_unavailable");
    assert_int_equal(fake_counter(h, "match_down"), 10);
}


/* Counted before it is asked, and whatever comes of it. */
static void
how_often(void **state)
{
    unsigned       i;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 10; i++) {
        assert_int_equal(ask(birth_number(2021, 1, 1, i))->status, 201);
    }

    rep = ask(CHILD5);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "kinship_match_wait");
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "retry_after")), 30);
    assert_null(fake_http_seen(h, 10));

    fake_advance(h, 30000);
    assert_int_equal(ask(CHILD5)->status, 201);
    fake_advance(h, 30000);
    assert_string_equal(ask(CHILD5)->code, "kinship_match_wait");

    for (i = 11; i < 24; i++) {
        fake_advance(h, 3600000);
        assert_int_equal(ask(CHILD5)->status, 201);
    }

    fake_advance(h, 3600000);
    assert_string_equal(ask(CHILD5)->code, "kinship_match_limit");
    fake_advance(h, DAY);
    assert_int_equal(ask(CHILD5)->status, 201);
}


/* Two windows ask at once: each is counted. */
static void
counted_at_once(void **state)
{
    fake_run_t     *one;
    fake_request_t  first = { .token = citizen(NUMBER),
                              .body = form(HIS, CHILD5, "child"),
                              .headers = { "Idempotency-Key: x1" } };

    (void) state;
    one = fake_begin(h, CIVIC_POST, ASK, &first);
    (void) fake_run_to(one, 4);
    assert_int_equal(ask(CHILD9)->status, 201);
    (void) fake_end(one);
    assert_memory_equal(field(NUMBER, "kin", "tries"), "2 ", 2);
}


/* ---- nobody is told of others ------------------------------------------- */

static void
no_oracle(void **state)
{
    char           here[2048];
    unsigned       i;
    const char    *id, *body;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 3; i++) {
        (void) pledged(parent(i), CHILD5);
    }

    rep = ask(CHILD5);
    assert_int_equal(rep->status, 201);
    id = fake_text(rep, "binding_id");
    body = strstr(rep->body, id);
    snprintf(here, sizeof(here), "%s", body + 22);
    rep = ask(birth_number(2020, 12, 1, 77));
    body = strstr(rep->body, fake_text(rep, "binding_id"));
    assert_string_equal(body + 22, here);
}


/* ---- three guardians ---------------------------------------------------- */

static void
four_guardians(void **state)
{
    unsigned       i;
    const char    *id;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 3; i++) {
        (void) pledged(parent(i), CHILD5);
    }

    id = agreed_by(NUMBER, CHILD5);
    rep = finish_by(NUMBER, id);
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "kinship_guardians_full");
    assert_int_equal(rows(CHILD5, "guardians"), 3);
    assert_int_equal(rows(NUMBER, "kin"), 0);
    assert_string_equal(field(NUMBER, "kin", "asked"), "");

    /* and that one never comes to be, also when a place is free */
    fake_redis(h, "HDEL civic:{p:%s}:guardians %s", pid_of(CHILD5),
               pid_of(parent(0)));
    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_asked_over");
    (void) pledged(NUMBER, CHILD5);
    assert_int_equal(rows(CHILD5, "guardians"), 3);
}


/* Two come for the last place, at every point where one may stand while the
   other goes through. */
static void
last_place(void **state)
{
    unsigned        i, n, won;
    const char     *number, *one, *two;
    fake_run_t     *run;
    fake_reply_t   *first, *second;

    for (n = 1; n < 24; n++) {
        reset_bind(state);
        number = birth_number(2020, 12, 1, 300);

        for (i = 0; i < 2; i++) {
            (void) pledged(parent(i), number);
        }

        guardian_is(parent(2));
        guardian_is(parent(3));
        one = agreed_by(parent(2), number);
        two = agreed_by(parent(3), number);

        fake_request_t  request = { .token = citizen(parent(2)),
                                    .body = "{}" };

        run = fake_begin(h, CIVIC_POST, path_of(one, "/finish"), &request);
        (void) fake_run_to(run, n);
        second = finish_by(parent(3), two);
        first = checked(fake_end(run));
        won = (first->status == 200) + (second->status == 200);

        assert_int_equal(won, 1);
        assert_string_equal((first->status == 200 ? second : first)->code,
                            "kinship_guardians_full");
        assert_int_equal(rows(number, "guardians"), 3);
        assert_int_equal(rows(parent(2), "kin") + rows(parent(3), "kin"), 1);
    }
}


/* Who is proven takes the place of the oldest who is not. */
static void
displaced(void **state)
{
    unsigned       i;
    const char    *id, *number = CHILD9;
    fake_reply_t  *rep;

    (void) state;
    relative_consents(number, "health_child");

    for (i = 0; i < 3; i++) {
        (void) bound(i, parent(i), number, "child",
                     i == 1 ? "face" : "pledge", NOON + (2 - i) * HOUR);
    }

    /* the oldest pledge is that of parent 2, who has printed two codes */
    fake_redis(h, "HSET civic:{p:%s}:kincodes text:aa s text:bb s",
               pid_of(number));
    fake_redis(h, "HSET civic:{p:%s}:kincodes aa %b bb %b cc %b",
               pid_of(number),
               text("valid %s 1 2", pid_of(parent(2))), (size_t) 32,
               text("valid %s 1 2", pid_of(parent(0))), (size_t) 32,
               text("valid %s 3 4", pid_of(parent(2))), (size_t) 32);
    fake_set_clock(h, NOON + DAY);
    face_says("passed", NOON + DAY);
    id = agreed_by(NUMBER, number);
    rep = face_by(NUMBER, id);
    assert_int_equal(rep->status, 200);

    assert_int_equal(rows(number, "guardians"), 3);
    assert_string_equal(holder(NUMBER, number), "face");
    assert_string_equal(holder(parent(2), number), "");
    assert_string_equal(place(parent(2), number), "");
    assert_string_equal(field(number, "kincodes", "aa"),
                        text("revoked %s 1 2", pid_of(parent(2))));
    assert_string_equal(field(number, "kincodes", "bb"),
                        text("valid %s 1 2", pid_of(parent(0))));
    assert_string_equal(field(number, "kincodes", "text:aa"), "");
    assert_string_equal(field(number, "kincodes", "text:bb"), "s");
    assert_string_equal(fake_waiting(h, "kinship.revoked", 0), "aa 2");
    assert_string_equal(fake_waiting(h, "kinship.revoked", 1), "cc 4");
    assert_null(fake_waiting(h, "kinship.revoked", 2));

    /* nobody is left without one by a pledge */
    assert_int_equal(fake_counter(h, "bindings_displaced"), 1);
    guardian_is(parent(5));
    id = agreed_by(parent(5), number);
    assert_int_equal(face_by(parent(5), id)->status, 200);
    assert_string_equal(holder(parent(0), number), "");
    guardian_is(parent(6));
    id = agreed_by(parent(6), number);
    assert_string_equal(face_by(parent(6), id)->code,
                        "kinship_guardians_full");

    /* and the displaced one's id is void */
    assert_string_not_equal(field(number, "guardians",
                                  text("void:%s", binding_id(2))), "");
}


/* ---- consents ----------------------------------------------------------- */

static void
consent_ends_meanwhile(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    id = agreed_by(NUMBER, CHILD5);

    /* civic.consent_give said so, and it was withdrawn at once */
    rep = finish_by(NUMBER, id);
    assert_string_equal(rep->code, "kinship_asked_over");
    assert_int_equal(rows(CHILD5, "guardians"), 0);
    assert_int_equal(rows(NUMBER, "kin"), 0);

    /* the guardian's own */
    relative_consents(CHILD5, "health_child");
    id = agreed_by(NUMBER, CHILD5);
    fake_redis(h, "HDEL civic:{p:%s}:consents kinship", pid_of(NUMBER));
    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_agree_first");
    assert_int_equal(rows(NUMBER, "kin"), 0);

    guardian_is(NUMBER);
    given("flags", "");
    assert_string_equal(finish_by(NUMBER, id)->code,
                        "kinship_health_agreement");
    given("erasing", "");
    assert_string_equal(finish_by(NUMBER, id)->code, "in_progress");
    given("outdated", "");
    assert_string_equal(agree_by(NUMBER, id)->code,
                        "kinship_agreement_changed");
    given("given", "c1");
    assert_int_equal(finish_by(NUMBER, id)->status, 200);
}


/* Whoever consents for oneself is not held to what a guardian once said. */
static void
own_consent_counts(void **state)
{
    (void) state;
    (void) pledged(NUMBER, CHILD5);
    assert_string_equal(field(CHILD5, "health", "consent"),
                        "health_child c1");

    fake_redis(h, "HSET civic:{p:%s}:consents health c7", pid_of(CHILD5));
    (void) pledged(parent(1), CHILD5);
    assert_string_equal(field(CHILD5, "health", "consent"), "health c7");

    /* which was withdrawn */
    fake_redis(h, "HDEL civic:{p:%s}:consents health", pid_of(CHILD5));
    (void) pledged(parent(2), CHILD5);
    assert_string_equal(field(CHILD5, "health", "consent"),
                        "health_child c1");
}


/* Nobody pledges for strangers' children without end; a face is no pledge. */
static void
pledges_of_a_day(void **state)
{
    unsigned       i;
    const char    *id;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 5; i++) {
        id = agreed_by(NUMBER, birth_number(2020, 12, 1, 20 + i));
        assert_int_equal(agree_by(NUMBER, id)->status, 200);
    }

    rep = ask(CHILD5);
    assert_int_equal(rep->status, 201);
    id = text("%s", fake_text(rep, "binding_id"));
    rep = agree_by(NUMBER, id);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "kinship_pledge_limit");
    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_agree_first");
    (void) agreed_by(NUMBER, CHILD9);

    /* another's count, and the next day */
    guardian_is(OTHER);
    (void) agreed_by(OTHER, CHILD5);
    fake_advance(h, DAY);
    (void) agreed_by(NUMBER, CHILD5);
}


static void
time_is_over(void **state)
{
    const char  *id;

    (void) state;
    relative_consents(CHILD5, "health_child");
    id = agreed_by(NUMBER, CHILD5);
    fake_advance(h, 900000);
    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_asked_over");
    assert_string_equal(agree_by(NUMBER, id)->code, "kinship_asked_over");
    assert_string_not_equal(field(NUMBER, "kin", "asked"), "");
    run_jobs("mend");
    assert_string_equal(field(NUMBER, "kin", "asked"), "");
}


static fake_reply_t *
taken_back(const char *id)
{
    return checked(fake_request(h, CIVIC_DELETE, path_of(id, "/request"),
                                &(fake_request_t) {
                                    .token = citizen(NUMBER) }));
}


/* Before the proof, and behind it: nothing comes of it any more. */
static void
asked_and_taken_back(void **state)
{
    const char  *id;

    (void) state;
    relative_consents(CHILD5, "health_child");
    id = text("%s", fake_text(ask(CHILD5), "binding_id"));
    assert_int_equal(taken_back(binding_id(1))->status, 409);
    assert_int_equal(taken_back(id)->status, 200);
    assert_string_equal(field(NUMBER, "kin", "asked"), "");
    assert_int_equal(fake_redis(h, "EXISTS civic:{p:%s}:guardians",
                                pid_of(CHILD5))->integer, 0);
    assert_string_equal(taken_back(id)->code, "kinship_asked_over");
    assert_string_equal(agree_by(NUMBER, id)->code, "kinship_asked_over");

    id = agreed_by(NUMBER, CHILD5);
    assert_int_equal(taken_back(id)->status, 200);
    assert_string_equal(field(NUMBER, "kin", "asked"), "");
    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_asked_over");
    assert_int_equal(rows(NUMBER, "kin"), 0);
    assert_int_equal(rows(CHILD5, "guardians"), 0);

    /* what is bound is no request any more, and a new one goes on */
    id = pledged(NUMBER, CHILD5);
    assert_string_equal(taken_back(id)->code, "kinship_asked_over");
    is_whole(NUMBER, CHILD5);
}


/* The last step was interrupted, wherever: it is bound, or never will be. */
static void
interrupted_and_taken_back(void **state)
{
    unsigned       n, bound_before = 0, gone = 0;
    const char    *id;
    fake_reply_t  *rep;

    for (n = 1; n < 12; n++) {
        reset_bind(state);
        relative_consents(CHILD5, "health_child");
        id = agreed_by(NUMBER, CHILD5);
        (void) fake_request(h, CIVIC_POST, path_of(id, "/finish"),
                            &(fake_request_t) {
                                .token = citizen(NUMBER), .body = "{}",
                                .redis_fault_at = n,
                                .redis_fault_count = 100,
                                .redis_fault = FAKE_REDIS_LOST_AFTER });
        rep = taken_back(id);

        if (rep->status == 200) {
            gone++;
            assert_string_equal(holder(NUMBER, CHILD5), "");
            assert_int_equal(rows(NUMBER, "kin"), 0);
            continue;
        }

        /* where the answer alone was lost there is no request any more */
        bound_before += strcmp(rep->code, "kinship_bound_before") == 0;
        assert_string_equal(holder(NUMBER, CHILD5), "pledge");
        assert_int_equal(finish_by(NUMBER, id)->status, 200);
        is_whole(NUMBER, CHILD5);
    }

    assert_true(gone > 0);
    assert_true(bound_before > 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        BIND(by_a_pledge),
        BIND(what_the_consent_says),
        BIND(by_the_face),
        BIND(all_at_once),
        BIND(ages),
        BIND(midnight_in_shanghai),
        BIND(leap_day),
        BIND(oneself_and_twice),
        BIND(no_own_code),
        BIND(other_channel),
        BIND(nine_relatives),
        BIND(no_match),
        BIND(register_is_down),
        BIND(how_often),
        BIND(counted_at_once),
        BIND(no_oracle),
        BIND(four_guardians),
        BIND(last_place),
        BIND(displaced),
        BIND(consent_ends_meanwhile),
        BIND(own_consent_counts),
        BIND(pledges_of_a_day),
        BIND(time_is_over),
        BIND(asked_and_taken_back),
        BIND(interrupted_and_taken_back),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
