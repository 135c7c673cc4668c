/*
 * review_reversal_test.c - a decision is turned round by two of the staff, and
 * people are looked up for it; and when reviewers may decide at all.
 */

#include "review_desk_world.h"

#define WHY      "\"why\":\"学历核实有误\""
#define PROPOSE  "{\"version\":3," WHY ",\"reasons\":[\"education\"]," \
                 "\"note\":\"学历不符\"}"


static void
proposed(const char *state, const char *body)
{
    application(NUMBER, ONE, state, HOUR);
    assert_int_equal(decide(ann, ONE, "take", NULL), 200);
    assert_int_equal(decide(ann, ONE, "reversal", body), 200);
    assert_string_equal(fake_text(rep, "state"), state);
    assert_int_equal(member("version"), 4);
    assert_true(audited("review.reversal_proposed"));

    /* the answer was lost */
    assert_int_equal(decide(ann, ONE, "reversal", body), 200);
    assert_string_equal(fake_text(rep, "state"), state);
    assert_int_equal(member("version"), 4);
    assert_int_equal(decide(ann, ONE, "reversal", "{\"version\":3,"
                            "\"why\":\"另一个理由\"}"), 409);
    assert_string_equal(rep->code, "review_decided_otherwise");
}


/* ---- by two ------------------------------------------------------------ */

static void
to_refused(void **state)
{
    (void) state;
    proposed("approved", PROPOSE);
    assert_int_equal(strncmp(record(NUMBER), "approved 4 ", 11), 0);
    assert_null(fake_waiting(h, "review.work", 0));

    assert_int_equal(ask(bob, CIVIC_GET, "/reversals", NULL), 200);
    assert_string_equal(in_list("reversals", 0, "application_id"), ONE);
    assert_string_equal(in_list("reversals", 0, "becomes"), "refused");
    assert_string_equal(in_list("reversals", 0, "name"), "张*伟");
    assert_int_equal(json_array_size(json_object_get(rep->json,
                                                     "reversals")), 1);

    /* nobody confirms unseen, and nobody confirms their own */
    assert_int_equal(decide(bob, ONE, "reversal/confirm",
                            "{\"version\":4}"), 409);
    assert_string_equal(rep->code, "review_not_held");
    assert_int_equal(decide(ann, ONE, "take", NULL), 200);
    assert_int_equal(decide(bob, ONE, "take", NULL), 409);
    assert_string_equal(rep->code, "review_held");
    assert_int_equal(decide(ann, ONE, "reversal/confirm",
                            "{\"version\":4}"), 403);
    assert_string_equal(rep->code, "review_reversal_own");
    assert_int_equal(decide(ann, ONE, "reversal", "{\"version\":4," WHY
                            ",\"reasons\":[\"age\"]}"), 409);
    assert_string_equal(rep->code, "review_reversal_proposed");
    assert_int_equal(decide(ann, ONE, "release", NULL), 204);

    assert_int_equal(decide(bob, ONE, "take", NULL), 200);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(rep->json, "reversal"),
                            "becomes")), "refused");
    assert_int_equal(decide(bob, ONE, "reversal/confirm",
                            "{\"version\":3}"), 409);
    assert_string_equal(rep->code, "conflict");
    assert_int_equal(decide(bob, ONE, "reversal/confirm",
                            "{\"version\":4}"), 200);
    assert_string_equal(fake_text(rep, "state"), "refused");
    assert_int_equal(strncmp(record(NUMBER), "refused 5 ", 10), 0);
    assert_non_null(strstr(fake_waiting(h, "review.money", 0),
                           " " EXAM " refused 5"));
    assert_true(audited("review.reversed"));
    assert_int_equal(fake_counter(h, "reversed"), 1);

    /* the answer was lost */
    assert_int_equal(decide(bob, ONE, "reversal/confirm",
                            "{\"version\":4}"), 200);
    assert_string_equal(fake_text(rep, "state"), "refused");
    assert_int_equal(member("version"), 5);
    assert_true(audited("review.decided_again"));
    assert_int_equal(decide(bob, ONE, "reversal/reject",
                            "{\"version\":4,\"why\":\"材料属实\"}"), 409);
    assert_string_equal(rep->code, "review_decided_otherwise");
    assert_int_equal(decide(ann, ONE, "reversal/confirm",
                            "{\"version\":4}"), 409);
    assert_string_equal(rep->code, "review_not_held");
    assert_int_equal(strncmp(record(NUMBER), "refused 5 ", 10), 0);
    assert_int_equal(fake_counter(h, "reversed"), 1);
    assert_int_equal(waiting(":reversals"), 0);
    assert_int_equal(waiting(":opened"), 0);

    assert_int_equal(decide(bob, ONE, "take", NULL), 200);
    assert_string_equal(in_list("past", 0, "what"), "reversed_to_refused");
    assert_string_equal(in_list("past", 0, "note"), "学历不符");
    assert_non_null(strstr(rep->body, "学历或学位不符合"));
}


/* No reasons are needed for what is good news. */
static void
to_approved(void **state)
{
    (void) state;
    proposed("refused", "{\"version\":3," WHY "}");
    assert_int_equal(decide(bob, ONE, "take", NULL), 200);
    assert_int_equal(decide(bob, ONE, "reversal/confirm",
                            "{\"version\":4}"), 200);
    assert_string_equal(fake_text(rep, "state"), "approved");
    assert_non_null(strstr(fake_waiting(h, "review.money", 0),
                           " " EXAM " approved 5"));
}


static void
rejected(void **state)
{
    (void) state;
    proposed("approved", PROPOSE);
    assert_int_equal(decide(bob, ONE, "take", NULL), 200);
    assert_int_equal(decide(bob, ONE, "reversal/reject",
                            "{\"version\":4}"), 422);
    assert_int_equal(decide(bob, ONE, "reversal/reject", "{\"version\":4,"
                            "\"why\":\"材料属实\"}"), 200);
    assert_string_equal(fake_text(rep, "state"), "approved");
    assert_true(audited("review.reversal_rejected"));
    assert_int_equal(waiting(":reversals"), 0);
    assert_int_equal(decide(bob, ONE, "reversal/reject", "{\"version\":4,"
                            "\"why\":\"材料属实\"}"), 200);
    assert_string_equal(fake_text(rep, "state"), "approved");
    assert_int_equal(member("version"), 5);
    assert_int_equal(decide(bob, ONE, "reversal/confirm",
                            "{\"version\":4}"), 409);
    assert_string_equal(rep->code, "review_decided_otherwise");
    assert_int_equal(decide(bob, ONE, "take", NULL), 200);
    assert_null(json_object_get(rep->json, "reversal"));
    assert_string_equal(in_list("past", 0, "what"), "reversal_rejected");
    assert_int_equal(decide(bob, ONE, "reversal/reject", "{\"version\":5,"
                            "\"why\":\"材料属实\"}"), 409);
    assert_string_equal(rep->code, "review_no_reversal");
}


static void
not_so(void **state)
{
    (void) state;
    application(NUMBER, ONE, "approved", HOUR);
    assert_int_equal(decide(ann, ONE, "take", NULL), 200);

    /* what an approval is turned into needs reasons, and all needs words */
    assert_int_equal(decide(ann, ONE, "reversal", "{\"version\":3," WHY "}"),
                     422);
    assert_string_equal(fake_field_error(rep, "/reasons"),
                        "review_reason_needed");
    assert_int_equal(decide(ann, ONE, "reversal", "{\"version\":3,"
                            "\"reasons\":[\"age\"]}"), 422);
    assert_string_equal(fake_field_error(rep, "/why"), "required");
    assert_int_equal(decide(ann, ONE, "approve", "{\"version\":3}"), 409);
    assert_string_equal(rep->code, "review_decided");

    /* after the rule's time: it was decided an hour ago */
    fake_set_business_clock(h, TEN - HOUR + 61 * 24 * HOUR);
    assert_int_equal(decide(ann, ONE, "reversal", PROPOSE), 403);
    assert_string_equal(rep->code, "review_reversal_late");

    /* only what is decided is opened */
    application(OTHER, TWO, "submitted", HOUR);
    assert_int_equal(decide(ann, TWO, "take", NULL), 409);
    assert_string_equal(rep->code, "review_undecided");
    assert_int_equal(decide(ann, THREE, "take", NULL), 404);
    assert_string_equal(rep->code, "review_unknown");
    assert_string_equal(next(ann), TWO);
    assert_int_equal(decide(ann, TWO, "reversal", PROPOSE), 409);
    assert_string_equal(rep->code, "review_undecided");
}


/* The applicant does something meanwhile: the proposal is over. */
static void
overtaken(void **state)
{
    (void) state;
    proposed("refused", "{\"version\":3," WHY "}");
    assert_int_equal(decide(bob, ONE, "take", NULL), 200);
    application(NUMBER, ONE, "submitted", HOUR);
    assert_int_equal(decide(bob, ONE, "reversal/confirm",
                            "{\"version\":4}"), 409);
    assert_string_equal(rep->code, "review_changed");
    assert_int_equal(ask(bob, CIVIC_GET, "/reversals", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(rep->json,
                                                     "reversals")), 0);
    assert_int_equal(waiting(":reversals"), 0);
}


/* The deadline removes who was approved, with the word still there: nobody is
   offered what cannot be confirmed. */
static void
removed(void **state)
{
    char  text[200];

    (void) state;
    proposed("approved", PROPOSE);
    assert_int_equal(waiting(":reversals"), 1);
    snprintf(text, sizeof(text), "removed 5%s", record(NUMBER) + 10);
    fake_redis(h, "HSET civic:{p:%s}:review application:" EXAM " %s",
               fake_person_id(h, NUMBER), text);
    assert_int_equal(ask(bob, CIVIC_GET, "/reversals", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(rep->json,
                                                     "reversals")), 0);
    assert_int_equal(waiting(":reversals"), 0);
}


/* All indexes are lost: the records say what waits, and what is proposed. */
static void
mended(void **state)
{
    unsigned  shard;

    (void) state;
    proposed("approved", PROPOSE);
    application(OTHER, TWO, "submitted", HOUR);
    application(THIRD, THREE, "submitted", 0);
    fake_redis(h, "DEL " QUEUE ":waiting " QUEUE ":undated");
    fake_redis(h, "DEL " QUEUE ":reversals:waiting");
    fake_redis(h, "DEL " QUEUE ":owners " QUEUE ":reversals:owners");

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, "review.rebuild", shard, 1,
                                  NULL)->result, CIVIC_OK);
    }

    assert_int_equal(waiting(""), 2);
    assert_int_equal(fake_redis(h, "SCARD " QUEUE ":undated")->integer, 1);
    assert_int_equal(fake_redis(h, "SISMEMBER " QUEUE ":undated %s",
                                THREE)->integer, 1);
    assert_int_equal(waiting(":reversals"), 1);
    assert_int_equal(ask(bob, CIVIC_GET, "/reversals", NULL), 200);
    assert_string_equal(in_list("reversals", 0, "application_id"), ONE);
}


/* Whoever opened one and never came back leaves nothing for ever. */
static void
forgotten(void **state)
{
    (void) state;
    application(NUMBER, ONE, "approved", HOUR);
    application(OTHER, TWO, "approved", HOUR);
    assert_int_equal(decide(ann, ONE, "take", NULL), 200);
    later(49 * HOUR);
    assert_int_equal(decide(bob, TWO, "take", NULL), 200);
    assert_int_equal(waiting(":opened"), 1);
}


/* ---- looking up -------------------------------------------------------- */

static int
look_up(const char *number)
{
    char  body[128];

    snprintf(body, sizeof(body), "{\"id_number\":\"%s\"}", number);
    rep = fake_request(h, CIVIC_POST, "/review/look-up", &(fake_request_t) {
                           .token = ann, .body = body });
    assert_null(rep->undocumented);

    return rep->status;
}


static void
looks_up(void **state)
{
    (void) state;
    application(NUMBER, ONE, "approved", HOUR);
    assert_int_equal(look_up(" " NUMBER), 200);
    assert_string_equal(fake_text(rep, "name"), "张*伟");
    assert_string_equal(in_list("applications", 0, "application_id"), ONE);
    assert_string_equal(in_list("applications", 0, "state"), "approved");
    assert_null(strstr(rep->body, NUMBER));
    assert_true(audited("review.looked_up"));

    assert_int_equal(look_up(OTHER), 200);
    assert_int_equal(json_array_size(json_object_get(rep->json,
                                                     "applications")), 0);
    assert_string_equal(fake_text(rep, "name"), "");
    assert_int_equal(look_up("630105199003079997"), 422);
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "id_number_checksum");
}


/* ---- working hours ----------------------------------------------------- */

static int
closed_setup(void **state)
{
    (void) state;
    start("s/^rules.only_in_hours = .*/rules.only_in_hours = true/");

    return 0;
}


static int
unknown_setup(void **state)
{
    (void) state;
    start("s/^rules.only_in_hours = .*/rules.only_in_hours = true/;"
          "s/^rules.mode = .*/rules.mode = \"workdays\"/");

    return 0;
}


static void
closed(const char *possible_at)
{
    assert_int_equal(rep->status, 403);
    assert_string_equal(rep->code, "review_closed");
    assert_string_equal(fake_text(rep, "possible_at"), possible_at);
}


static void
only_in_hours(void **state)
{
    (void) state;
    application(NUMBER, ONE, "submitted", HOUR);
    application(OTHER, TWO, "approved", HOUR);
    assert_string_equal(next(ann), ONE);

    /* lunch: what is held may be looked at and let go */
    fake_set_business_clock(h, TEN + 2 * HOUR);
    assert_int_equal(look(ann, ONE), 200);
    decide(ann, ONE, "approve", "{\"version\":3}");
    closed("2026-03-09T14:30:00+08:00");
    decide(ann, ONE, "refuse", "{\"version\":3,\"reasons\":[\"age\"]}");
    closed("2026-03-09T14:30:00+08:00");
    assert_int_equal(decide(bob, TWO, "take", NULL), 200);
    decide(bob, TWO, "reversal", PROPOSE);
    closed("2026-03-09T14:30:00+08:00");
    assert_int_equal(decide(ann, ONE, "release", NULL), 204);
    assert_string_equal(next(ann), "review_closed");
    assert_int_equal(strncmp(record(NUMBER), "submitted 3 ", 12), 0);

    /* the last ms, and the first */
    fake_set_business_clock(h, TEN + 4 * HOUR + 30 * MINUTE - 1);
    assert_string_equal(next(ann), "review_closed");
    fake_set_business_clock(h, TEN + 4 * HOUR + 30 * MINUTE);
    assert_string_equal(next(ann), ONE);
    assert_int_equal(decide(ann, ONE, "approve", "{\"version\":3}"), 200);
}


/* A year without a calendar keeps nobody from working. */
static void
hours_unknown(void **state)
{
    (void) state;
    fake_set_business_clock(h, 1704038400000LL - 24 * HOUR);    /* 2023 */
    application(NUMBER, ONE, "submitted", 0);
    assert_string_equal(next(ann), ONE);
    assert_int_equal(decide(ann, ONE, "approve", "{\"version\":3}"), 200);

    /* Sunday is none */
    fake_set_business_clock(h, TEN - 24 * HOUR);
    application(OTHER, TWO, "submitted", HOUR);
    next(ann);
    closed("2026-03-09T08:30:00+08:00");
}


int
main(void)
{
    int  failed;

    const struct CMUnitTest  shipped[] = {
        cmocka_unit_test_setup(to_refused, reset),
        cmocka_unit_test_setup(to_approved, reset),
        cmocka_unit_test_setup(rejected, reset),
        cmocka_unit_test_setup(not_so, reset),
        cmocka_unit_test_setup(overtaken, reset),
        cmocka_unit_test_setup(removed, reset),
        cmocka_unit_test_setup(mended, reset),
        cmocka_unit_test_setup(forgotten, reset),
        cmocka_unit_test_setup(looks_up, reset),
    };
    const struct CMUnitTest  hours[] = {
        cmocka_unit_test_setup(only_in_hours, reset),
    };
    const struct CMUnitTest  workdays[] = {
        cmocka_unit_test_setup(hours_unknown, reset),
    };

    failed = cmocka_run_group_tests(shipped, setup, stop);
    failed += cmocka_run_group_tests(hours, closed_setup, stop);
    failed += cmocka_run_group_tests(workdays, unknown_setup, stop);

    return failed;
}
