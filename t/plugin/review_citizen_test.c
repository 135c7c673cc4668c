/*
 * review_citizen_test.c - an application by its applicant: filled in field by
 * field, submitted with all that is wrong told at once, locked, refused,
 * amended, withdrawn; and what is lost when a step stops in the middle.
 */

#include "review_citizen_world.h"


/* ---- a draft ----------------------------------------------------------- */

static void
test_nothing_yet(void **state)
{
    fake_reply_t  *rep = get(PATH, citizen);

    (void) state;

    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "none");
    assert_string_equal(fake_text(rep, "label"), "未提交");
    assert_string_equal(fake_text(rep, "title"), "公务员考试");
    assert_int_equal(version_of(rep), 0);
    assert_true(offers(rep, "fill"));
    assert_false(offers(rep, "submit"));
    assert_false(offers(rep, "withdraw"));
    assert_string_equal(fake_text(rep, "open_until"),
                        "2026-03-11T12:00:00+08:00");

    rep = get("/review/applications", citizen);
    assert_string_equal(rep->body, "{\"applications\":[]}");

    fake_answer_call(h, "exam.facts", CIVIC_OK, json_object());
    assert_int_equal(get(PATH, citizen)->status, 404);
    assert_int_equal(patch("{\"version\":0}")->status, 404);
}


static void
test_field_by_field(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = patch("{\"version\":0,\"answers\":[{\"field\":\"education\","
                "\"value\":\"master\"}]}");
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "draft");
    assert_int_equal(version_of(rep), 1);
    assert_int_equal(strlen(fake_text(rep, "application_id")), 22);

    rep = patch("{\"version\":1,\"position\":\"P1\",\"answers\":[{\"field\":"
                "\"languages\",\"values\":[\"bo\",\"en\"]}]}");
    assert_int_equal(rep->status, 200);
    assert_non_null(strstr(rep->body, "\"field\":\"education\",\"value\":"
                           "\"master\""));
    assert_non_null(strstr(rep->body, "\"values\":[\"bo\",\"en\"]"));
    assert_non_null(strstr(rep->body, "\"name\":\"科员\""));

    /* taken away again */
    rep = patch("{\"version\":2,\"position\":\"\",\"answers\":[{\"field\":"
                "\"languages\"}]}");
    assert_null(strstr(rep->body, "languages"));
    assert_null(strstr(rep->body, "科员"));

    /* somebody who saw another version changes nothing */
    rep = patch("{\"version\":2,\"position\":\"P1\"}");
    assert_string_equal(rep->code, "conflict");
    assert_int_equal(rep->status, 409);

    rep = get("/review/applications", citizen);
    assert_non_null(strstr(rep->body, "\"state\":\"draft\""));
    assert_null(strstr(rep->body, "master"));

    /* nobody else's */
    assert_string_equal(fake_text(get(PATH, other), "state"), "none");

    /* and nothing of it can be read in Redis */
    assert_int_equal(fake_redis(h, "HLEN civic:{p:%s}:review", pid())
                     ->integer, 2);
    assert_null(strstr(words(), "master"));
}


/* That the error of a field shows; "" if it shows none. */
static const char *
example_at(fake_reply_t *rep, const char *pointer)
{
    size_t       i;
    json_t      *error;
    const char  *example;

    json_array_foreach(json_object_get(rep->json, "errors"), i, error) {
        if (strcmp(json_string_value(json_object_get(error, "pointer")),
                   pointer) == 0)
        {
            example = json_string_value(json_object_get(error, "example"));
            return example == NULL ? "" : example;
        }
    }

    return "no error";
}


static void
test_all_wrong_fields(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = patch("{\"version\":0,\"answers\":["
                "{\"field\":\"education\",\"value\":\"doctor\"},"
                "{\"field\":\"phone\",\"value\":\"123\"},"
                "{\"field\":\"shoe\",\"value\":\"43\"},"
                "{\"field\":\"school\",\"value\":\"a\"},"
                "{\"field\":\"school\",\"value\":\"b\"}]}");
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/answers/education"),
                        "not_a_choice");
    assert_string_equal(fake_field_error(rep, "/answers/phone"),
                        "bad_format");
    assert_string_equal(example_at(rep, "/answers/phone"), "13897000000");
    assert_string_equal(example_at(rep, "/answers/education"), "");
    assert_string_equal(fake_field_error(rep, "/answers/shoe"),
                        "unknown_field");
    assert_string_equal(example_at(rep, "/answers/shoe"), "");
    assert_string_equal(fake_field_error(rep, "/answers/school"),
                        "duplicate_argument");
    assert_string_equal(state_now(), "none");

    fake_answer_call(h, "exam.position", CIVIC_OK, json_object());
    rep = patch("{\"version\":0,\"position\":\"P9\"}");
    assert_string_equal(fake_field_error(rep, "/position"),
                        "review_position_unknown");
}


static void
test_windows(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    fake_set_clock(h, NOON - DAY - 1);
    later(0);
    rep = patch("{\"version\":0,\"position\":\"P1\"}");
    assert_string_equal(rep->code, "review_not_yet");
    assert_string_equal(fake_text(rep, "possible_at"),
                        "2026-03-08T12:00:00+08:00");
    assert_string_equal(fake_text(get(PATH, citizen), "hint"),
                        "2026-03-08 12:00起可以填写。");

    fake_set_clock(h, REG_END);
    later(0);
    rep = patch("{\"version\":0,\"position\":\"P1\"}");
    assert_string_equal(rep->code, "review_over");
    assert_string_equal(fake_text(get(PATH, citizen), "hint"),
                        "报名已截止。");
    assert_false(offers(get(PATH, citizen), "fill"));
}


/* Since when it is in its state: saving it again changes nothing of that. */
static void
test_since(void **state)
{
    (void) state;

    assert_string_equal(fake_text(filled(), "since"),
                        "2026-03-09T12:00:00+08:00");
    later(1000);
    assert_string_equal(fake_text(patch("{\"version\":1}"), "since"),
                        "2026-03-09T12:00:00+08:00");
    later(1000);
    assert_string_equal(fake_text(submit(2), "since"),
                        "2026-03-09T12:00:02+08:00");
}


/* ---- submitting -------------------------------------------------------- */

static void
test_submit(void **state)
{
    int64_t        version = version_of(filled());
    fake_reply_t  *rep;

    (void) state;

    rep = submit(version);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "submitted");
    assert_string_equal(fake_text(rep, "label"), "待审核");
    assert_string_equal(fake_text(rep, "submitted_at"),
                        "2026-03-09T12:00:00+08:00");

    /* 12 working hours from 14:30 on */
    assert_string_equal(fake_text(rep, "due_at"),
                        "2026-03-11T10:00:00+08:00");
    assert_non_null(strstr(fake_text(rep, "hint"), "2026-03-11 10:00"));
    assert_true(offers(rep, "wait"));
    assert_null(strstr(rep->body, "open_until"));
    assert_string_equal(fake_audit_action(h, 0), "review.submitted");

    /* locked */
    assert_string_equal(patch("{\"version\":2,\"position\":\"P2\"}")->code,
                        "review_waiting");
    assert_string_equal(submit(version + 1)->code, "review_waiting");

    /* the same again is the same */
    rep = submit(version);
    assert_int_equal(rep->status, 200);
    assert_int_equal(version_of(rep), version + 1);
    assert_int_equal(fake_counter(h, "submitted"), 1);

    run_jobs();
    assert_int_equal(told("review.submitted"), 1);
    assert_int_equal(count_of("P1"), 1);
    assert_int_equal(fake_redis(h, "ZCARD civic:{reviews:" EXAM "}:waiting")
                     ->integer, 1);
    assert_int_equal(times_called("payment.open"), 0);
    assert_int_equal(entitlement_told(), -1);
}


static void
test_all_that_is_wrong(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = patch("{\"version\":0,\"position\":\"P1\",\"answers\":["
                "{\"field\":\"education\",\"value\":\"bachelor\"}]}");
    position_is("[{\"text\":{\"zh\":\"硕士以上\",\"en\":\"a master\"},"
                "\"field\":\"education\",\"in\":[\"master\"]},"
                "{\"text\":{\"zh\":\"1995年以后出生\"},"
                "\"born_from\":\"1995-01-01\"},"
                "{\"text\":{\"zh\":\"身体健康\"}}]");
    photo_is("waiting");
    proven(0);

    rep = checked(fake_request(h, CIVIC_POST, PATH "/submit",
        &(fake_request_t) { .token = citizen, .body = sending(1, 0),
                            .headers = { fresh_key() } }));
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/declaration"),
                        "review_declaration");
    assert_string_equal(fake_field_error(rep, "/identity"),
                        "review_identity");
    assert_string_equal(fake_field_error(rep, "/answers/school"), "required");
    assert_string_equal(fake_field_error(rep, "/answers/phone"), "required");
    assert_string_equal(fake_field_error(rep, "/photo"),
                        "review_photo_waiting");
    assert_string_equal(fake_field_error(rep, "/position"),
                        "review_condition");
    assert_non_null(strstr(rep->body, "硕士以上"));
    assert_non_null(strstr(rep->body, "1995年以后出生"));
    assert_null(strstr(rep->body, "身体健康"));
    assert_int_equal(json_array_size(json_object_get(rep->json, "errors")),
                     7);
    assert_string_equal(state_now(), "draft");
    assert_int_equal(fake_counter(h, "not_submitted"), 1);

    /* one that has nothing at all */
    photo_is("none");
    rep = submit_with(0, (fake_request_t) { 0 });
    assert_string_equal(rep->code, "conflict");
}


/* What an earlier choice had asked for is not sent. */
static void
test_asked_alone(void **state)
{
    fake_reply_t  *rep = filled();

    (void) state;

    rep = patch("{\"version\":1,\"answers\":[{\"field\":\"education\","
                "\"value\":\"none\"}]}");
    assert_non_null(strstr(rep->body, "青海大学"));

    /* it is not handed in, so no condition takes it for an answer */
    position_is("[{\"text\":{\"zh\":\"青海大学\"},\"field\":\"school\","
                "\"in\":[\"青海大学\"]}]");
    assert_string_equal(fake_field_error(submit(2), "/position"),
                        "review_condition");

    position_is("[]");
    rep = submit(2);
    assert_int_equal(rep->status, 200);
    assert_null(strstr(rep->body, "青海大学"));
}


static void
test_not_proven(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    /* no number of a person who is not proven: the birthday is unknown */
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s}", "state", "claim"));
    rep = submit(version_of(filled()));
    assert_string_equal(fake_field_error(rep, "/identity"),
                        "review_identity");
}


/* The last millisecond is in, the deadline is out; and what was sent before it
   counts, however long the store took. */
static void
test_deadline(void **state)
{
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    filled();
    fake_set_clock(h, REG_END - 1);
    later(0);

    run = fake_begin(h, CIVIC_POST, PATH "/submit", &(fake_request_t) {
                         .token = citizen, .body = sending(1, 1),
                         .headers = { fresh_key() } });
    fake_run_to(run, 2);
    fake_advance(h, 5000);
    rep = checked(fake_end(run));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "submitted_at"),
                        "2026-03-11T11:59:59+08:00");

    fake_host_reset(h);
    reset(NULL);
    filled();
    fake_set_clock(h, REG_END);
    later(0);
    assert_string_equal(submit(1)->code, "review_over");
    assert_string_equal(state_now(), "draft");
}


/* Two at once: one submission. */
static void
test_two_at_once(void **state)
{
    unsigned       at;
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    for (at = 1; at <= 8; at++) {
        fake_host_reset(h);
        reset(NULL);
        filled();

        run = fake_begin(h, CIVIC_POST, PATH "/submit", &(fake_request_t) {
                             .token = citizen, .body = sending(1, 1),
                             .headers = { fresh_key() } });

        if (!fake_run_to(run, at)) {
            fake_end(run);
            break;
        }

        rep = submit(1);
        assert_int_equal(rep->status, 200);
        rep = checked(fake_end(run));
        assert_int_equal(rep->status, 200);
        assert_int_equal(version_of(rep), 2);
        run_jobs();
        assert_int_equal(told("review.submitted"), 1);
        assert_int_equal(count_of("P1"), 1);
    }

    assert_true(at > 3);
}


/* A save and a submission at once: what is submitted is what was seen. */
static void
test_saved_meanwhile(void **state)
{
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    filled();
    run = fake_begin(h, CIVIC_POST, PATH "/submit", &(fake_request_t) {
                         .token = citizen, .body = sending(1, 1),
                         .headers = { fresh_key() } });
    fake_run_to(run, 1);
    assert_int_equal(patch("{\"version\":1,\"position\":\"P2\"}")->status,
                     200);
    rep = checked(fake_end(run));
    assert_string_equal(rep->code, "conflict");
    assert_string_equal(state_now(), "draft");
}


/* Nobody knows whether it arrived: the same again is answered, even after the
   window has closed. */
static void
test_lost_answer(void **state)
{
    int                  stored, tried = 0;
    unsigned             at;
    const char          *key;
    fake_reply_t        *rep;
    fake_redis_fault_t   fault;

    (void) state;

    for (at = 1; at <= 6; at++) {
        for (stored = 0; stored < 2; stored++) {
            fake_host_reset(h);
            reset(NULL);
            filled();
            fake_set_clock(h, REG_END - 1);
            later(0);
            key = fresh_key();
            fault = stored ? FAKE_REDIS_LOST_AFTER : FAKE_REDIS_LOST_BEFORE;

            rep = submit_with(1, (fake_request_t) {
                .headers = { key }, .redis_fault_at = at,
                .redis_fault = fault });

            if (rep->status == 200) {
                continue;
            }

            assert_int_equal(rep->status, 503);
            tried++;

            if (strncmp(words(), "submitted", 9) == 0) {
                fake_set_clock(h, REG_END + HOUR);
                later(0);
                rep = submit_with(1, (fake_request_t) { .headers = { key } });
                assert_int_equal(rep->status, 200);
                assert_int_equal(version_of(rep), 2);

            } else {
                assert_int_equal(submit(1)->status, 200);
            }

            run_jobs();
            assert_int_equal(told("review.submitted"), 1);
        }
    }

    assert_true(tried > 3);
}


static void
test_too_often(void **state)
{
    int            i;
    int64_t        version = version_of(filled());
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 20; i++) {
        rep = submit(version);
        assert_int_equal(rep->status, 200);
        version = staff_decide("refused");
    }

    assert_string_equal(submit(version)->code, "review_too_often");
}


/* ---- refused, amended, withdrawn --------------------------------------- */

static void
test_refused(void **state)
{
    int64_t        version;
    fake_reply_t  *rep;

    (void) state;

    submitted();
    version = staff_decide("refused");
    run_jobs();
    assert_int_equal(fake_redis(h, "ZCARD civic:{reviews:" EXAM "}:waiting")
                     ->integer, 0);
    assert_int_equal(count_of("P1"), 1);

    /* registration is over, reviewing is not */
    fake_set_clock(h, REG_END + HOUR);
    later(0);
    rep = get(PATH, citizen);
    assert_string_equal(fake_text(rep, "label"), "审核不通过");
    assert_string_equal(fake_text(rep, "hint"), "修改提交信息或申请其他职位，"
                        "保存提交，等待再次审核。");
    assert_true(offers(rep, "amend"));
    assert_true(offers(rep, "submit"));
    assert_string_equal(fake_text(rep, "open_until"),
                        "2026-03-12T12:00:00+08:00");

    rep = patch("{\"version\":3,\"position\":\"P2\"}");
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "refused");
    assert_int_equal(version_of(rep), version + 1);

    rep = submit(version + 1);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "submitted");
    run_jobs();
    assert_int_equal(told("review.submitted"), 2);
    assert_int_equal(count_of("P1"), 0);
    assert_int_equal(count_of("P2"), 1);

    /* and that is over, too */
    staff_decide("refused");
    fake_set_clock(h, REV_END);
    later(0);
    assert_string_equal(submit(6)->code, "review_over");
    rep = get(PATH, citizen);
    assert_string_equal(fake_text(rep, "hint"), "修改和再次提交已截止。");
    assert_null(strstr(rep->body, "open_until"));
}


/* What a reviewer does with the application, or with what comes next. */
static fake_reply_t *
desk(const char *staff, const char *what, const char *body)
{
    char  id[32], path[128];

    assert_int_equal(sscanf(words(), "%*s %*s %*s %31s", id), 1);
    snprintf(path, sizeof(path), "/review/items/%s%s%s?exam_id=" EXAM,
             strcmp(what, "next") == 0 ? "" : id,
             strcmp(what, "next") == 0 ? "" : "/", what);

    return checked(fake_request(h, CIVIC_POST, path, &(fake_request_t) {
                                    .token = fake_session(h, staff,
                                                          CIVIC_REVIEWER),
                                    .body = body }));
}


/* Refused, then amended and not handed in: nobody turns that into an approval
   of what was never checked. */
static void
test_amended(void **state)
{
    (void) state;

    submitted();
    run_jobs();
    assert_int_equal(desk("staff:ann", "next", NULL)->status, 200);
    assert_int_equal(desk("staff:ann", "refuse", "{\"version\":2,\"reasons\":"
                          "[\"education\"]}")->status, 200);

    /* a proposal is over with the first change */
    assert_int_equal(desk("staff:ann", "take", NULL)->status, 200);
    assert_int_equal(desk("staff:ann", "reversal", "{\"version\":3,\"why\":"
                          "\"材料属实\"}")->status, 200);
    assert_int_equal(fake_redis(h, "ZCARD civic:{reviews:" EXAM "}:reversals"
                                ":waiting")->integer, 1);
    assert_int_equal(patch("{\"version\":4,\"position\":\"P2\"}")->status, 200);
    assert_int_equal(fake_redis(h, "ZCARD civic:{reviews:" EXAM "}:reversals"
                                ":waiting")->integer, 0);
    assert_int_equal(desk("staff:bob", "take", NULL)->status, 200);
    assert_string_equal(desk("staff:bob", "reversal/confirm",
                             "{\"version\":5}")->code, "review_no_reversal");

    /* and none begins */
    assert_string_equal(desk("staff:bob", "reversal", "{\"version\":5,\"why\":"
                             "\"材料属实\"}")->code, "review_amended");
    assert_string_equal(state_now(), "refused");

    /* as it was handed in, it may be turned round */
    assert_int_equal(patch("{\"version\":5,\"position\":\"P1\"}")->status, 200);
    assert_int_equal(desk("staff:bob", "reversal", "{\"version\":6,\"why\":"
                          "\"材料属实\"}")->status, 200);
    assert_int_equal(desk("staff:ann", "take", NULL)->status, 200);
    assert_int_equal(desk("staff:ann", "reversal/confirm",
                          "{\"version\":7}")->status, 200);
    assert_string_equal(state_now(), "approved");
}


/* The message of a kind; which: how many of the kind were before. */
static const char *
told_text(const char *kind, unsigned which, const char *name)
{
    size_t   i;
    json_t  *in;

    for (i = 0; (in = fake_called(h, "civic.message", i)) != NULL; i++) {
        if (strcmp(json_string_value(json_object_get(in, "kind")), kind) == 0
            && which-- == 0)
        {
            return json_string_value(json_object_get(in, name));
        }
    }

    return "";
}


/* The queue, without what else follows from changes. */
static void
rebuild(void)
{
    unsigned         shard;
    static uint64_t  fence = 1;

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, "review.rebuild", shard, fence++, NULL)
                         ->result, CIVIC_OK);
    }
}


/* The job comes when the applicant has handed in again, and was refused for
   something else: each message says what was said then. */
static void
test_told_late(void **state)
{
    (void) state;

    submitted();
    run_jobs();
    assert_int_equal(desk("staff:ann", "next", NULL)->status, 200);
    assert_int_equal(desk("staff:ann", "refuse", "{\"version\":2,\"reasons\":"
                          "[\"education\"],\"note\":\"学历证书看不清\"}")
                     ->status, 200);
    assert_int_equal(submit(3)->status, 200);
    rebuild();
    assert_int_equal(desk("staff:ann", "next", NULL)->status, 200);
    assert_int_equal(desk("staff:ann", "refuse", "{\"version\":4,\"reasons\":"
                          "[\"major\"]}")->status, 200);
    assert_int_equal(submit(5)->status, 200);
    assert_int_equal(told("review.refused"), 0);
    run_jobs();

    assert_int_equal(told("review.refused"), 2);
    assert_non_null(strstr(told_text("review.refused", 0, "text_zh"),
                           "学历证书看不清"));
    assert_non_null(strstr(told_text("review.refused", 0, "text_zh"),
                           "原因："));
    assert_non_null(strstr(told_text("review.refused", 0, "text_en"),
                           "Because: "));
    assert_non_null(strstr(told_text("review.refused", 1, "text_zh"),
                           "原因："));
    assert_null(strstr(told_text("review.refused", 1, "text_zh"),
                       "审核意见："));
    assert_string_not_equal(told_text("review.refused", 0, "text_zh"),
                            told_text("review.refused", 1, "text_zh"));
}


/* Nothing was handed in: nothing is kept of it, however often. */
static void
test_withdraw_draft(void **state)
{
    (void) state;

    filled();
    assert_int_equal(withdraw(1)->status, 200);
    assert_int_equal(patch("{\"version\":2,\"position\":\"P1\"}")->status, 200);
    assert_int_equal(withdraw(3)->status, 200);
    assert_int_equal(fake_redis(h, "HEXISTS civic:{p:%s}:review past:" EXAM,
                                pid())->integer, 0);
    assert_string_equal(state_now(), "withdrawn");
}


static void
test_withdraw(void **state)
{
    int64_t        version = submitted();
    fake_reply_t  *rep;

    (void) state;

    assert_string_equal(withdraw(version - 1)->code, "conflict");
    rep = withdraw(version);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "label"), "已撤回");
    assert_int_equal(withdraw(version)->status, 200);
    assert_string_equal(withdraw(version + 1)->code,
                        "review_nothing_to_withdraw");
    assert_string_equal(submit(version + 1)->code, "review_withdrawn");
    run_jobs();
    assert_int_equal(count_of("P1"), 0);
    assert_int_equal(told("review.withdrawn"), 1);
    assert_int_equal(fake_redis(h, "ZCARD civic:{reviews:" EXAM "}:waiting")
                     ->integer, 0);

    /* begun anew, with what was filled in */
    rep = patch("{\"version\":3,\"position\":\"P1\"}");
    assert_string_equal(fake_text(rep, "state"), "draft");
    assert_non_null(strstr(rep->body, "青海大学"));
    assert_int_equal(submit(4)->status, 200);
    run_jobs();
    assert_int_equal(count_of("P1"), 1);

    assert_string_equal(checked(fake_request(h, CIVIC_POST, PATH "/withdraw",
        &(fake_request_t) { .token = other, .body = "{\"version\":5}" }))
        ->code, "conflict");
}


/* ---- waiting ----------------------------------------------------------- */

static void
test_wait(void **state)
{
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    filled();
    run = fake_begin(h, CIVIC_GET, PATH "/wait?version=1", &(fake_request_t) {
                         .token = citizen });
    fake_run_to(run, 3);
    assert_int_equal(submit(1)->status, 200);
    rep = checked(fake_end(run));
    assert_string_equal(fake_text(rep, "state"), "submitted");

    /* nothing new */
    rep = get(PATH "/wait?version=2", citizen);
    assert_int_equal(version_of(rep), 2);
}


static void
test_damaged(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    submitted();
    fake_redis(h, "HSET civic:{p:%s}:review form:%s x", pid(), EXAM);
    rep = fake_request(h, CIVIC_GET, PATH, &(fake_request_t) {
                           .token = citizen });
    assert_int_equal(rep->status, 500);
    assert_true(fake_logged(h, "an application to exam \"" EXAM "\""));

    /* the jobs go on without it */
    run_jobs();
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_nothing_yet, reset),
        cmocka_unit_test_setup(test_field_by_field, reset),
        cmocka_unit_test_setup(test_all_wrong_fields, reset),
        cmocka_unit_test_setup(test_windows, reset),
        cmocka_unit_test_setup(test_since, reset),
        cmocka_unit_test_setup(test_submit, reset),
        cmocka_unit_test_setup(test_all_that_is_wrong, reset),
        cmocka_unit_test_setup(test_asked_alone, reset),
        cmocka_unit_test_setup(test_not_proven, reset),
        cmocka_unit_test_setup(test_deadline, reset),
        cmocka_unit_test_setup(test_two_at_once, reset),
        cmocka_unit_test_setup(test_saved_meanwhile, reset),
        cmocka_unit_test_setup(test_lost_answer, reset),
        cmocka_unit_test_setup(test_too_often, reset),
        cmocka_unit_test_setup(test_refused, reset),
        cmocka_unit_test_setup(test_amended, reset),
        cmocka_unit_test_setup(test_told_late, reset),
        cmocka_unit_test_setup(test_withdraw, reset),
        cmocka_unit_test_setup(test_withdraw_draft, reset),
        cmocka_unit_test_setup(test_wait, reset),
        cmocka_unit_test_setup(test_damaged, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
