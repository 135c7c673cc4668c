/*
 * civic_erasures_test.c - erasing after a withdrawn consent: at once if it can
 * be, by the job otherwise, and done in the end.
 */

#include "civic_consents.h"
#include "aside.h"


/* ---- erasing ----------------------------------------------------------- */

static void
test_erase_later(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    consent();
    keep();
    fake_redis(h, "HSET %s refuses 2", key_of(CITIZEN, "neighbour"));

    rep = withdraw();
    assert_int_equal(rep->status, 200);
    assert_false(is_true(rep->json, "erased"));
    assert_true(waits());
    assert_null(strstr(fake_waiting(h, "civic.erasures", 0),
                       fake_person_id(h, CITIZEN)));
    assert_true(json_is_null(json_object_get(nth(0), "erased_at")));

    /* the withdrawal stands; a new one would mix its data with the old */
    assert_string_equal(keep()->code, "consent_required");
    rep = consent_as(citizen, body_of(1, 0, "{\"face\":true}"));
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "consent_erasing");
    assert_int_equal(number(rep, "retry_after"), 5);

    assert_int_equal(erase(NULL), CIVIC_ERROR);
    assert_true(waits());
    assert_int_equal(fake_counter(h, "erasures_failed"), 2);

    fake_advance(h, 5000);
    assert_int_equal(erase(NULL), CIVIC_OK);
    assert_false(waits());
    assert_int_equal(json_integer_value(json_object_get(nth(0),
                                                        "erased_items")), 1);
    assert_string_equal(text_of(nth(0), "erased_at"),
                        "2026-03-09T12:00:05+08:00");
    assert_string_equal(text_of(nth(0), "ended_at"),
                        "2026-03-09T12:00:00+08:00");
    assert_string_equal(fake_audit_action(h, 2), "civic.consent_erased");
    assert_null(fake_audit(h, 3));
    consent();
}


/* Who does not say how much it erased has proven nothing. */
static void
test_no_proof(void **state)
{
    (void) state;

    consent();
    fake_redis(h, "HSET %s refuses mute", key_of(CITIZEN, "neighbour"));
    assert_false(is_true(withdraw()->json, "erased"));
    assert_true(fake_logged(h, "plugin \"neighbour\" does not say how much"));
    assert_true(waits());
    fake_redis(h, "HDEL %s refuses", key_of(CITIZEN, "neighbour"));
    assert_int_equal(erase(NULL), CIVIC_OK);
    assert_false(waits());
}


/* The worker dies, or Redis is lost, at every step after the withdrawal: the
   job ends it, once the dead one's time is over. */
static void
test_erase_interrupted(void **state)
{
    unsigned       call;
    fake_reply_t  *rep;

    (void) state;

    /* the handler's calls: look, withdraw, the neighbour's two, end */
    for (call = 3; call <= 5; call++) {
        reset(NULL);
        consent();
        keep();

        rep = checked(fake_request(h, CIVIC_DELETE, "/civic/consents/face",
                                   &(fake_request_t) {
            .token = citizen, .redis_fault_at = call,
            .redis_fault_count = 20, .redis_fault = FAKE_REDIS_NOT_SENT }));
        assert_int_equal(rep->status, 200);
        assert_false(is_true(rep->json, "erased"));
        assert_true(waits());

        /* whoever began it might still be at it */
        assert_int_equal(erase(NULL), CIVIC_OK);
        assert_true(waits());
        fake_advance(h, 6001);
        assert_int_equal(erase(NULL), CIVIC_OK);
        assert_false(waits());
        assert_int_equal(json_integer_value(json_object_get(nth(0),
                             "erased_items")), call <= 4 ? 1 : 0);
        assert_true(field_is(CITIZEN, "neighbour", "things", "0"));
    }

    /* the answer to the last step was lost: it is done */
    reset(NULL);
    consent();
    rep = fake_request(h, CIVIC_DELETE, "/civic/consents/face",
                       &(fake_request_t) {
        .token = citizen, .redis_fault_at = 5,
        .redis_fault = FAKE_REDIS_LOST_AFTER });
    assert_int_equal(rep->status, 200);
    assert_false(is_true(rep->json, "erased"));
    assert_false(waits());
    assert_int_equal(json_integer_value(json_object_get(nth(0),
                                                        "erased_items")), 0);
}


/* The withdrawal's own answer is lost: the state tells. */
static void
test_withdraw_unknown(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    consent();
    rep = fake_request(h, CIVIC_DELETE, "/civic/consents/face",
                       &(fake_request_t) {
        .token = citizen, .redis_fault_at = 2,
        .redis_fault = FAKE_REDIS_LOST_AFTER });
    assert_string_equal(rep->code, "outcome_unknown");
    assert_string_equal(text_of(nth(0), "status"), "withdrawn");
    fake_advance(h, 6001);
    assert_int_equal(erase(NULL), CIVIC_OK);
    assert_false(waits());
}


/* Who refuses for minutes keeps nobody waiting, and erases in the end. */
static void
test_erase_aside(void **state)
{
    (void) state;

    consent();
    keep();
    fake_redis(h, "HSET %s refuses 4", key_of(CITIZEN, "neighbour"));
    withdraw();
    aside_later(1);
    assert_int_equal(aside_run("civic.erasures"), 1);
    assert_true(waits());

    aside_later(3);
    assert_int_equal(aside_run("civic.erasures"), 0);
    assert_false(waits());
    assert_int_equal(fake_counter(h, "set_aside"), 1);

    assert_int_equal(aside_run("civic.aside"), 0);
    assert_non_null(fake_waiting(h, "civic.aside", 0));
    assert_int_equal(fake_counter(h, "set_aside"), 2);

    assert_int_equal(aside_run("civic.aside"), 0);
    assert_null(fake_waiting(h, "civic.aside", 0));
    assert_true(field_is(CITIZEN, "consents", "erasing:face", NULL));
    assert_int_equal(fake_counter(h, "erasures"), 1);
}


/* An entry that nobody can read stays, and the others are erased. */
static void
test_erase_unreadable(void **state)
{
    (void) state;

    consent();
    fake_redis(h, "HSET %s refuses 1", key_of(CITIZEN, "neighbour"));
    withdraw();
    fake_redis(h, "EVAL %s 0", "for _, k in ipairs(redis.call('KEYS', "
               "'civic:outbox:civic.erasures:*')) do "
               "redis.call('XADD', k, '*', 'entry', 'nonsense') end");
    assert_int_equal(erase(NULL), CIVIC_ERROR);
    assert_true(field_is(CITIZEN, "consents", "erasing:face", NULL));
    assert_true(fake_log_count(h, "cannot be read") > 0);

    aside_later(3);
    assert_int_equal(erase(NULL), CIVIC_OK);
    assert_false(waits());
    assert_string_equal(fake_waiting(h, "civic.aside", 0),
                        "erasures nonsense");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_erase_later, reset),
        cmocka_unit_test_setup(test_no_proof, reset),
        cmocka_unit_test_setup(test_erase_interrupted, reset),
        cmocka_unit_test_setup(test_withdraw_unknown, reset),
        cmocka_unit_test_setup(test_erase_aside, reset),
        cmocka_unit_test_setup(test_erase_unreadable, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
