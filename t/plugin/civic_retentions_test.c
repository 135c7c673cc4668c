/*
 * civic_retentions_test.c - consents whose time is over: they do not hold from
 * that moment on, and the job ends and erases what they covered, whatever
 * comes in between.
 */

#include "civic_consents.h"

#define DAY    86400000LL
#define UNTIL  (NOON + 180 * DAY)               /* of "face" */


/* The job, all shards once. */
static civic_result_t
end(const fake_request_t *request)
{
    unsigned          shard;
    static uint64_t   fence;
    civic_result_t    rc = CIVIC_OK;
    fake_reply_t     *rep;

    fence++;

    for (shard = 0; shard < 16; shard++) {
        rep = fake_job(h, "civic.retentions", shard, fence, request);

        if (rep->result != CIVIC_OK) {
            rc = rep->result;
        }
    }

    return rc;
}


static int
is_noted(void)
{
    return fake_redis(h, "KEYS civic:retention:*")->elements == 1
           && fake_waiting(h, "civic.retentions", 0) != NULL;
}


static int
is_forgotten(void)
{
    return fake_redis(h, "KEYS civic:retention:*")->elements == 0
           && fake_waiting(h, "civic.retentions", 0) == NULL;
}


/* How many messages tell of it. */
static size_t
told(void)
{
    json_t  *all = json_object_get(get("/civic/messages", citizen)->json,
                                   "messages");

    if (json_array_size(all) > 0) {
        assert_string_equal(text_of(json_array_get(all, 0), "kind"),
                            "civic.consent_over");
        assert_non_null(strstr(text_of(json_array_get(all, 0), "text"),
                               "人脸信息处理同意书"));
    }

    return json_array_size(all);
}


/* Business time alone: sessions go by the real one. */
static void
pass(int64_t at)
{
    fake_set_business_clock(h, at);
}


static void
must_be_over(void)
{
    assert_string_equal(text_of(nth(0), "status"), "retention_over");
    assert_string_equal(text_of(nth(0), "ended_at"),
                        "2026-09-05T12:00:00+08:00");
    assert_string_equal(text_of(nth(0), "retention_until"),
                        "2026-09-05T12:00:00+08:00");
}


/* ---- in time ----------------------------------------------------------- */

static void
test_over(void **state)
{
    const char  *id;

    (void) state;

    id = consent();
    keep();
    assert_true(is_noted());

    pass(UNTIL - 1);
    assert_int_equal(keep()->status, 200);
    assert_int_equal(end(NULL), CIVIC_OK);
    assert_string_equal(text_of(nth(0), "status"), "active");
    assert_true(is_noted());
    assert_int_equal(told(), 0);

    /* from here on it does not hold, before the job has come */
    pass(UNTIL);
    assert_string_equal(keep()->code, "consent_required");
    must_be_over();
    assert_true(json_is_null(json_object_get(nth(0), "erased_at")));

    assert_int_equal(end(NULL), CIVIC_OK);
    must_be_over();
    assert_int_equal(json_integer_value(json_object_get(nth(0),
                                                        "erased_items")), 2);
    assert_true(field_is(CITIZEN, "neighbour", "things", "0"));
    assert_true(field_is(CITIZEN, "consents", "face", NULL));
    assert_true(field_is(CITIZEN, "consents", "erasing:face", NULL));
    assert_false(waits());
    assert_true(is_forgotten());
    assert_int_equal(told(), 1);
    assert_int_equal(fake_counter(h, "consents_over"), 1);
    assert_int_equal(fake_counter(h, "erasures"), 1);

    assert_string_equal(fake_audit_action(h, 1), "civic.consent_over");
    assert_string_equal(text_of(json_object_get(fake_audit(h, 1), "details"),
                                "reason"), "retention_over");
    assert_string_equal(fake_audit_action(h, 2), "civic.consent_erased");
    assert_string_equal(text_of(json_object_get(fake_audit(h, 2), "details"),
                                "reason"), "retention_over");
    assert_null(fake_audit(h, 3));

    /* once */
    assert_int_equal(end(NULL), CIVIC_OK);
    assert_int_equal(told(), 1);
    assert_null(fake_audit(h, 3));
    assert_string_not_equal(consent(), id);
    assert_int_equal(keep()->status, 200);
}


/* The next is due by its own time, however long others wait. */
static void
test_order(void **state)
{
    char  body[512];

    (void) state;

    snprintf(body, sizeof(body), "{\"purpose\":\"photo\",\"version\":1,"
             "\"digest\":\"%s\",\"language\":\"zh\","
             "\"flags\":{\"face\":true},\"method\":\"tick_and_button\"}",
             fake_text(get("/civic/consents/texts/photo", NULL), "digest"));
    assert_int_equal(consent_as(citizen, body)->status, 201);
    consent();

    pass(UNTIL);
    assert_int_equal(end(NULL), CIVIC_OK);
    must_be_over();
    assert_string_equal(text_of(nth(1), "purpose"), "photo");
    assert_string_equal(text_of(nth(1), "status"), "active");
    assert_true(is_noted());

    pass(NOON + 730 * DAY);
    assert_int_equal(end(NULL), CIVIC_OK);
    assert_string_equal(text_of(nth(1), "status"), "retention_over");
    assert_true(is_forgotten());
}


/* Who consents before the job has come gives a new one: the old is ended. */
static void
test_given_anew(void **state)
{
    (void) state;

    consent();
    keep();
    pass(UNTIL + DAY);
    consent();
    assert_string_equal(text_of(nth(0), "status"), "active");
    assert_string_equal(text_of(nth(1), "status"), "retention_over");
    assert_true(field_is(CITIZEN, "neighbour", "things", "0"));
    assert_int_equal(told(), 1);

    /* the job finds nothing to do for the old one */
    assert_int_equal(keep()->status, 200);
    assert_int_equal(end(NULL), CIVIC_OK);
    assert_true(field_is(CITIZEN, "neighbour", "things", "1"));
    assert_int_equal(told(), 1);
    assert_true(is_noted());
}


/* What ended otherwise is only forgotten. */
static void
test_ended_before(void **state)
{
    (void) state;

    consent();
    withdraw();
    assert_true(is_noted());
    pass(UNTIL);
    assert_int_equal(end(NULL), CIVIC_OK);
    assert_true(is_forgotten());
    assert_string_equal(text_of(nth(0), "status"), "withdrawn");
    assert_int_equal(told(), 0);
    assert_int_equal(fake_counter(h, "consents_over"), 0);
}


/* ---- on bad days ------------------------------------------------------- */

/* What keeps the data refuses: the consent has ended, the erasure waits. */
static void
test_erase_later(void **state)
{
    (void) state;

    consent();
    keep();
    fake_redis(h, "HSET %s refuses 1", key_of(CITIZEN, "neighbour"));
    pass(UNTIL);
    assert_int_equal(end(NULL), CIVIC_OK);
    must_be_over();
    assert_true(is_forgotten());
    assert_true(waits());
    assert_int_equal(told(), 1);
    assert_string_equal(consent_as(citizen, body_of(1, 0,
                                       "{\"face\":true}"))->code,
                        "consent_erasing");

    assert_int_equal(erase(NULL), CIVIC_OK);
    assert_false(waits());
    assert_int_equal(json_integer_value(json_object_get(nth(0),
                                                        "erased_items")), 1);
    assert_string_equal(text_of(json_object_get(fake_audit(h, 2), "details"),
                                "reason"), "retention_over");
    consent();
}


/* Redis is lost at every step: the next run goes on, and nobody is told
   twice. */
static void
test_interrupted(void **state)
{
    int        ended = 0;
    unsigned   call;

    (void) state;

    for (call = 1; call <= 14; call++) {
        reset(NULL);
        consent();
        keep();
        pass(UNTIL);

        (void) end(&(fake_request_t) {
            .redis_fault_at = call, .redis_fault_count = 20,
            .redis_fault = FAKE_REDIS_NOT_SENT });
        ended += field_is(CITIZEN, "consents", "face", NULL);

        fake_set_clock(h, NOON + 31000);        /* it is nobody's by then */
        pass(UNTIL);
        assert_int_equal(end(NULL), CIVIC_OK);
        assert_int_equal(erase(NULL), CIVIC_OK);
        must_be_over();
        assert_false(waits());
        assert_true(is_forgotten());
        assert_int_equal(told(), 1);
        assert_true(field_is(CITIZEN, "neighbour", "things", "0"));
    }

    /* it came as far as ending it, and not always so far */
    assert_true(ended > 0 && ended < 14);
}


/* Entries that nobody can read stay, and the others are ended, however many
   stand before them. */
static void
test_unreadable(void **state)
{
    int  i;

    (void) state;

    consent();

    for (i = 0; i < 20; i++) {
        fake_redis(h, "ZADD %s 1 nonsense-%d",
                   fake_redis(h, "KEYS civic:retention:*")->element[0]->str,
                   i);
    }

    pass(UNTIL);
    assert_int_equal(end(NULL), CIVIC_NOT_SENT);
    must_be_over();
    assert_int_equal(told(), 1);
    assert_true(is_noted());
    assert_true(fake_log_count(h, "cannot be read") > 0);
}


/* Of many that fall due together all are ended in one run. */
static void
test_many(void **state)
{
    int          i;
    char         number[24];
    const char  *token;

    (void) state;

    for (i = 0; i < 40; i++) {
        snprintf(number, sizeof(number), "many-%d", i);
        token = fake_session(h, number, CIVIC_CITIZEN);
        assert_int_equal(consent_as(token, body_of(1, 0,
                                        "{\"face\":true}"))->status, 201);
    }

    /* as if they were neighbours: one set has them all */
    fake_redis(h, "EVAL %s 0", "local keys = redis.call('KEYS', "
               "'civic:retention:*') for i = 2, #keys do redis.call("
               "'ZUNIONSTORE', keys[1], 2, keys[1], keys[i]) "
               "redis.call('DEL', keys[i]) end");
    pass(UNTIL);
    assert_int_equal(end(NULL), CIVIC_OK);
    assert_int_equal(fake_redis(h, "KEYS civic:retention:*")->elements, 0);
    assert_int_equal(fake_counter(h, "consents_over"), 40);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_over, reset),
        cmocka_unit_test_setup(test_order, reset),
        cmocka_unit_test_setup(test_given_anew, reset),
        cmocka_unit_test_setup(test_ended_before, reset),
        cmocka_unit_test_setup(test_erase_later, reset),
        cmocka_unit_test_setup(test_interrupted, reset),
        cmocka_unit_test_setup(test_unreadable, reset),
        cmocka_unit_test_setup(test_many, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
