/*
 * review_photo_test.c - when an application relies on the photo that reviewers
 * see: photo_check asks before it takes another one.
 */

#include "review_citizen_world.h"


static int
photo_locked(const char *profile)
{
    return json_is_true(json_object_get(
        call("photo_locked", json_pack("{s:s, s:s}", "pid", pid(), "profile",
                                       profile)), "locked"));
}


/* From the submission on, until there is nobody any more who relies on it. */
static void
test_photo_locked(void **state)
{
    int64_t  version;

    (void) state;

    assert_false(photo_locked("default"));
    version = version_of(filled());
    assert_false(photo_locked("default"));

    assert_int_equal(submit(version)->status, 200);
    assert_true(photo_locked("default"));
    assert_false(photo_locked("white_small"));

    version = staff_decide("refused");
    assert_false(photo_locked("default"));
    assert_int_equal(submit(version)->status, 200);
    assert_true(photo_locked("default"));

    staff_decide("approved");
    assert_true(photo_locked("default"));
    payment_tells("paid", 2);
    assert_true(photo_locked("default"));

    staff_decide("removed");
    assert_false(photo_locked("default"));
}


static void
test_photo_unlocked(void **state)
{
    json_t   *facts;
    int64_t   version = submitted();

    (void) state;

    assert_int_equal(withdraw(version)->status, 200);
    assert_false(photo_locked("default"));

    /* the exam is over with its last subject */
    staff_decide("approved");
    assert_true(photo_locked("default"));
    facts = load("{\"exam_id\":\"" EXAM "\",\"photo_profile\":\"default\"}");
    json_object_set_new(facts, "subjects", json_pack("[{s:I}, {s:I}]",
        "until_ms", (json_int_t) (NOON + 9 * DAY),
        "until_ms", (json_int_t) (NOON + 8 * DAY)));
    fake_answer_call(h, "exam.facts", CIVIC_OK, facts);
    fake_set_clock(h, NOON + 9 * DAY - 1);
    assert_true(photo_locked("default"));
    fake_set_clock(h, NOON + 9 * DAY);
    assert_false(photo_locked("default"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_photo_locked, reset),
        cmocka_unit_test_setup(test_photo_unlocked, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
