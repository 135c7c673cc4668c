/*
 * photo_review_test.c - photos that staff look at: two reviewers never the
 * same one, what a decision needs, and what is decided once.
 */

#include "photo_review_world.h"
#include "aside.h"


/* ---- staff ------------------------------------------------------------- */

static void
in_review(const char *number, const char *id)
{
    photo(number, id, "review");
    works();
    later(1000);
}


static void
the_oldest_first(void **state)
{
    (void) state;
    assert_int_equal(waiting(), 0);
    assert_null(json_object_get(rep->json, "oldest_since"));
    assert_string_equal(next(ann), "photo_none_waits");

    in_review(NUMBER, ONE);
    in_review(OTHER, TWO);
    assert_int_equal(waiting(), 2);
    assert_string_equal(fake_text(rep, "oldest_since"),
                        "2026-03-09T12:00:00+08:00");

    assert_string_equal(next(ann), ONE);
    assert_string_equal(fake_text(rep, "name"), "张*伟");
    assert_string_equal(fake_text(rep, "id_number"), "6301**********9996");
    assert_string_equal(next(ann), ONE);
    assert_string_equal(next(bob), TWO);
    assert_string_equal(next(bob), TWO);
    assert_string_equal(fake_audit_action(h, 0), "photo_check.review_taken");

    /* each sees the own one alone */
    assert_int_equal(staff(ann, CIVIC_GET, "/" ONE, NULL)->status, 200);
    assert_int_equal(staff(bob, CIVIC_GET, "/" ONE, NULL)->status, 404);
    assert_string_equal(rep->code, "photo_review_unknown");
    assert_int_equal(decide(bob, ONE, APPROVE)->status, 404);
    assert_int_equal(staff(bob, CIVIC_GET, "/" ONE "/picture", NULL)->status,
                     404);
    assert_int_equal(staff(bob, CIVIC_POST, "/" ONE "/release", NULL)
                     ->status, 404);
}


/* Both have read the same; one is quicker. */
static void
two_at_once(void **state)
{
    int           at;
    char          bobs[32];
    fake_run_t   *slow;

    (void) state;

    for (at = 1; at < 12; at++) {
        reset(NULL);
        in_review(NUMBER, ONE);
        in_review(OTHER, TWO);
        slow = fake_begin(h, CIVIC_POST, "/photo-check/reviews/next",
                          &(fake_request_t) { .token = ann });
        fake_run_to(slow, (unsigned) at);
        snprintf(bobs, sizeof(bobs), "%s", next(bob));
        rep = fake_end(slow);
        assert_int_equal(strlen(bobs), 22);
        assert_int_equal(rep->status, 200);
        assert_string_not_equal(fake_text(rep, "review_id"), bobs);
    }
}


/* The index is lost while somebody holds a photo: what the records say
   counts. */
static void
index_is_lost(void **state)
{
    (void) state;
    in_review(NUMBER, ONE);
    in_review(OTHER, TWO);
    assert_string_equal(next(ann), ONE);

    fake_redis(h, "DEL civic:{photo_reviews}:waiting");
    fake_redis(h, "DEL civic:{photo_reviews}:owners");
    fake_redis(h, "DEL civic:{photo_reviews}:leases");
    fake_redis(h, "DEL civic:{photo_reviews}:held");
    assert_int_equal(waiting(), 0);
    mends();
    assert_int_equal(waiting(), 2);
    assert_string_equal(next(bob), TWO);
    assert_string_equal(next(ann), ONE);

    /* without what it knew of leases */
    fake_redis(h, "DEL civic:{photo_reviews}:leases");
    fake_redis(h, "DEL civic:{photo_reviews}:held");
    assert_string_equal(next(bob), TWO);
    assert_string_equal(next(ann), ONE);
}


static void
index_has_too_much(void **state)
{
    (void) state;
    in_review(NUMBER, ONE);
    in_review(OTHER, TWO);

    /* replaced by the owner: nobody told the index */
    photo(NUMBER, "CCCCCCCCCCCCCCCCCCCCCA", "passed");
    fake_redis(h, "ZADD civic:{photo_reviews}:waiting 1 %s",
               "DDDDDDDDDDDDDDDDDDDDDA");
    assert_int_equal(waiting(), 3);
    assert_string_equal(next(ann), TWO);
    assert_int_equal(waiting(), 1);

    fake_redis(h, "ZADD civic:{photo_reviews}:waiting 1 %s",
               "DDDDDDDDDDDDDDDDDDDDDA");
    mends();
    assert_int_equal(waiting(), 1);
}


static void
pictures(void **state)
{
    (void) state;
    in_review(NUMBER, ONE);
    assert_string_equal(next(ann), ONE);
    assert_false(json_is_true(json_object_get(rep->json, "has_reference")));

    rep = staff(ann, CIVIC_GET, "/" ONE "/picture", NULL);
    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->body, PHOTO);
    assert_string_equal(fake_header(rep, "cache-control"), "no-store");
    assert_string_equal(fake_audit_action(h, 1), "photo_check.photo_seen");

    rep = staff(ann, CIVIC_GET, "/" ONE "/reference", NULL);
    assert_string_equal(rep->code, "photo_no_reference");

    face(NUMBER);
    assert_int_equal(staff(ann, CIVIC_GET, "/" ONE "/reference", NULL)
                     ->status, 200);
    assert_string_equal(rep->body, FACE);
    assert_string_equal(fake_audit_action(h, 2), "photo_check.face_seen");
}


static void
approves(void **state)
{
    json_t  *details;

    (void) state;
    in_review(NUMBER, ONE);
    assert_string_equal(next(ann), ONE);
    assert_int_equal(decide(ann, ONE, APPROVE)->status, 200);
    assert_string_equal(fake_text(rep, "state"), "passed");
    is_now(NUMBER, ONE, "passed");
    assert_int_equal(waiting(), 0);

    assert_string_equal(fake_audit_action(h, 1), "photo_check.decided");
    details = json_object_get(fake_audit(h, 1), "details");
    assert_true(json_is_true(json_object_get(details, "recent")));

    works();
    assert_string_equal(told(1), "photo_check.passed");

    /* twice: by then it is nobody's */
    assert_int_equal(decide(ann, ONE, REFUSE)->status, 404);
    is_now(NUMBER, ONE, "passed");
    assert_int_equal(fake_blob_files(h), 1);
}


/* Who cannot be told keeps nobody else's photo waiting. */
static void
told_later(void **state)
{
    (void) state;
    in_review(NUMBER, ONE);
    assert_string_equal(next(ann), ONE);
    assert_int_equal(decide(ann, ONE, APPROVE)->status, 200);

    fake_answer_call(h, "civic.message", CIVIC_ERROR, NULL);
    aside_fails("photo_check.work", "photo_check.aside");

    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    aside_succeeds("photo_check.aside");
}


static void
refuses(void **state)
{
    const char  *text;

    (void) state;
    in_review(NUMBER, ONE);
    assert_string_equal(next(ann), ONE);
    assert_int_equal(decide(ann, ONE, REFUSE)->status, 200);
    is_now(NUMBER, ONE, "refused");
    assert_int_equal(fake_blob_files(h), 0);

    works();
    assert_string_equal(told(1), "photo_check.refused");
    text = json_string_value(json_object_get(
        fake_called(h, "civic.message", 1), "text_zh"));
    assert_non_null(strstr(text, "不是近期照片"));
    assert_non_null(strstr(text, "未免冠"));
    assert_null(strstr(text, "a hat"));
}


static void
forms(void **state)
{
    (void) state;
    in_review(NUMBER, ONE);
    assert_string_equal(next(ann), ONE);

    decide(ann, ONE, "{\"decision\":\"approve\",\"reasons\":[\"x\"]}");
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/recent"),
                        "photo_tick_needed");
    assert_string_equal(fake_field_error(rep, "/bareheaded"),
                        "photo_tick_needed");
    assert_string_equal(fake_field_error(rep, "/reasons"),
                        "photo_no_reasons");

    decide(ann, ONE, "{\"decision\":\"approve\",\"recent\":true}");
    assert_string_equal(fake_field_error(rep, "/bareheaded"),
                        "photo_tick_needed");
    decide(ann, ONE, "{\"decision\":\"refuse\"}");
    assert_string_equal(fake_field_error(rep, "/reasons"),
                        "photo_reason_needed");
    decide(ann, ONE, "{\"decision\":\"refuse\",\"reasons\":[\"not_recent\","
           "\"face_differs\",\"ugly\"]}");
    assert_string_equal(fake_field_error(rep, "/reasons/0"), "");
    assert_string_equal(fake_field_error(rep, "/reasons/1"),
                        "photo_reason_unknown");
    assert_string_equal(fake_field_error(rep, "/reasons/2"),
                        "photo_reason_unknown");
    is_now(NUMBER, ONE, "review");
}


static void
lets_go(void **state)
{
    (void) state;
    in_review(NUMBER, ONE);
    assert_string_equal(next(ann), ONE);
    assert_string_equal(next(bob), "photo_none_waits");
    assert_int_equal(staff(ann, CIVIC_POST, "/" ONE "/release", NULL)
                     ->status, 204);
    assert_int_equal(decide(ann, ONE, APPROVE)->status, 404);
    assert_string_equal(next(bob), ONE);
}


static void
time_is_over(void **state)
{
    (void) state;
    in_review(NUMBER, ONE);
    assert_string_equal(next(ann), ONE);
    later(600 * 1000);
    assert_int_equal(decide(ann, ONE, APPROVE)->status, 409);
    assert_string_equal(rep->code, "photo_review_lease_over");
    assert_string_equal(next(bob), ONE);
    assert_int_equal(decide(ann, ONE, APPROVE)->status, 404);
    is_now(NUMBER, ONE, "review");
    assert_int_equal(decide(bob, ONE, APPROVE)->status, 200);
}


static void
replaced_meanwhile(void **state)
{
    (void) state;
    in_review(NUMBER, ONE);
    assert_string_equal(next(ann), ONE);
    photo(NUMBER, TWO, "comparing");
    assert_int_equal(decide(ann, ONE, APPROVE)->status, 409);
    assert_string_equal(rep->code, "photo_review_replaced");
    is_now(NUMBER, TWO, "comparing");
    assert_int_equal(waiting(), 0);
}


/* Two windows of one reviewer: one decision counts, wherever the other is
   by then. */
static void
decided_at_once(void **state)
{
    int          approved, refused;
    unsigned     at;
    fake_run_t  *slow;

    (void) state;

    for (at = 1; at < 8; at++) {
        reset(NULL);
        in_review(NUMBER, ONE);
        assert_string_equal(next(ann), ONE);
        slow = fake_begin(h, CIVIC_POST,
                          "/photo-check/reviews/" ONE "/decision",
                          &(fake_request_t) { .token = ann,
                                              .body = APPROVE });
        fake_run_to(slow, at);
        refused = decide(ann, ONE, REFUSE)->status;
        approved = fake_end(slow)->status;
        assert_true((approved == 200) + (refused == 200) == 1);
        is_now(NUMBER, ONE, approved == 200 ? "passed" : "refused");
    }
}


/* The engine never saw it: nobody looks at such bytes, and nobody passes
   them. */
static void
never_checked(void **state)
{
    (void) state;
    in_review(NUMBER, UNSEEN);
    assert_string_equal(next(ann), UNSEEN);
    assert_string_equal(fake_text(rep, "why"), "unchecked");
    assert_string_equal(staff(ann, CIVIC_GET, "/" UNSEEN "/picture", NULL)
                        ->code, "photo_no_picture");
    assert_string_equal(decide(ann, UNSEEN, APPROVE)->code,
                        "photo_unchecked");
    decide(ann, UNSEEN, "{\"decision\":\"refuse\","
           "\"reasons\":[\"unreadable\"]}");
    is_now(NUMBER, UNSEEN, "refused");
}


static void
not_for_others(void **state)
{
    const char  *citizen = fake_session(h, NUMBER, CIVIC_CITIZEN);
    const char  *clerk = fake_session(h, "staff:c", CIVIC_COUNTER);

    (void) state;
    in_review(NUMBER, ONE);
    assert_int_equal(staff(citizen, CIVIC_GET, "", NULL)->status, 403);
    assert_int_equal(staff(clerk, CIVIC_POST, "/next", NULL)->status, 403);
    assert_int_equal(staff(NULL, CIVIC_GET, "/" ONE "/picture", NULL)
                     ->status, 401);
}


static void
decision_is_interrupted(void **state)
{
    unsigned                  at, kind;
    const fake_redis_fault_t  faults[] = {
        FAKE_REDIS_NOT_SENT, FAKE_REDIS_LOST_BEFORE, FAKE_REDIS_LOST_AFTER
    };

    (void) state;

    for (kind = 0; kind < 3; kind++) {
        for (at = 1; at < 6; at++) {
            reset(NULL);
            in_review(NUMBER, ONE);
            assert_string_equal(next(ann), ONE);
            rep = fake_request(h, CIVIC_POST,
                               "/photo-check/reviews/" ONE "/decision",
                               &(fake_request_t) {
                                   .token = ann, .body = REFUSE,
                                   .redis_fault_at = at,
                                   .redis_fault = faults[kind] });

            if (strcmp(state_of(NUMBER, ONE), "review") == 0) {
                assert_int_equal(decide(ann, ONE, REFUSE)->status, 200);
            }

            works();
            mends();
            is_now(NUMBER, ONE, "refused");
            assert_int_equal(waiting(), 0);
            assert_string_equal(told(1), "photo_check.refused");
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(the_oldest_first, reset),
        cmocka_unit_test_setup(two_at_once, reset),
        cmocka_unit_test_setup(index_is_lost, reset),
        cmocka_unit_test_setup(index_has_too_much, reset),
        cmocka_unit_test_setup(pictures, reset),
        cmocka_unit_test_setup(approves, reset),
        cmocka_unit_test_setup(told_later, reset),
        cmocka_unit_test_setup(refuses, reset),
        cmocka_unit_test_setup(forms, reset),
        cmocka_unit_test_setup(lets_go, reset),
        cmocka_unit_test_setup(time_is_over, reset),
        cmocka_unit_test_setup(replaced_meanwhile, reset),
        cmocka_unit_test_setup(decided_at_once, reset),
        cmocka_unit_test_setup(never_checked, reset),
        cmocka_unit_test_setup(not_for_others, reset),
        cmocka_unit_test_setup(decision_is_interrupted, reset),
    };

    return cmocka_run_group_tests_name("photo_check: review", tests, setup,
                                       teardown);
}
