/*
 * fake_audit_test.c - outboxes, the audit trail and calls of every plugin do
 * in the fake host what the contract says.
 */

#define _GNU_SOURCE

#include "archive.h"


static fake_reply_t *
post_text(const char *path, const char *text)
{
    char  body[128];

    snprintf(body, sizeof(body), "{\"text\":\"%s\"}", text);

    return as_citizen(CIVIC_POST, path, (fake_request_t) { .body = body });
}


/* ---- outboxes ---------------------------------------------------------- */

/* The job's shard that finds an entry of the citizen; 4 if none does. */
static unsigned
pushed_by(void)
{
    unsigned  shard;

    for (shard = 0; shard < 4; shard++) {
        assert_int_equal(fake_job(h, "archive.push", shard, 1, NULL)->result,
                         CIVIC_OK);

        if (fake_waiting(h, "archive.pushes", 0) == NULL) {
            return shard;
        }
    }

    return 4;
}


static void
test_outbox(void **state)
{
    (void) state;

    assert_null(fake_waiting(h, "archive.pushes", 0));
    assert_int_equal(post_text("/archive/pushes", "one")->status, 204);
    assert_int_equal(post_text("/archive/pushes", "two")->status, 204);
    assert_string_equal(fake_waiting(h, "archive.pushes", 0), "one");
    assert_string_equal(fake_waiting(h, "archive.pushes", 1), "two");
    assert_null(fake_waiting(h, "archive.pushes", 2));

    assert_true(pushed_by() < 4);
    assert_int_equal(fake_log_count(h, "pushes \"one\""), 1);
    assert_int_equal(fake_log_count(h, "pushes \"two\""), 1);
}


/* What was not done is taken again. */
static void
test_outbox_twice(void **state)
{
    unsigned       shard;
    fake_reply_t  *rep;

    (void) state;

    assert_int_equal(post_text("/archive/pushes", "one")->status, 204);

    for (shard = 0; shard < 4; shard++) {
        rep = fake_job(h, "archive.push", shard, 1, &(fake_request_t) {
                           .redis_fault_at = 2,
                           .redis_fault = FAKE_REDIS_LOST_BEFORE });

        if (rep->redis_calls == 2) {
            assert_int_equal(rep->result, CIVIC_UNKNOWN);
        }
    }

    assert_string_equal(fake_waiting(h, "archive.pushes", 0), "one");
    assert_true(pushed_by() < 4);
    assert_int_equal(fake_log_count(h, "pushes \"one\""), 2);
}


static void
test_outbox_misuse(void **state)
{
    (void) state;

    assert_int_equal(fake_job(h, "archive.push_wrongly", 0, 1, NULL)->result,
                     CIVIC_ERROR);
    assert_true(fake_logged(h, "a power of two, not 3"));
}


/* ---- the audit trail --------------------------------------------------- */

static fake_reply_t *
decide(const char *tell)
{
    char  path[64];

    snprintf(path, sizeof(path), "/archive/decision?tell=%s", tell);

    return fake_request(h, CIVIC_PUT, path, &(fake_request_t) {
                            .token = fake_session(h, REVIEWER,
                                                  CIVIC_REVIEWER) });
}


static const char *
text_of(json_t *entry, const char *name)
{
    return json_string_value(json_object_get(entry, name));
}


static void
test_audit(void **state)
{
    json_t  *entry;

    (void) state;

    assert_int_equal(decide("1")->status, 204);
    entry = fake_audit(h, 0);
    assert_non_null(entry);
    assert_string_equal(text_of(entry, "action"), "archive.decided");
    assert_string_equal(text_of(entry, "subject"),
                        fake_person_id(h, REVIEWER));
    assert_string_equal(text_of(json_object_get(entry, "details"), "to"),
                        "approved");
    assert_string_equal(text_of(entry, "actor"), fake_person_id(h, REVIEWER));
    assert_string_equal(text_of(entry, "route"), "PUT /archive/decision");
    assert_int_equal(strlen(text_of(entry, "request_id")), 32);
    assert_null(fake_audit(h, 1));

    assert_int_equal(decide("2")->status, 204);
    assert_string_equal(fake_audit_action(h, 1), "archive.decided");
    assert_string_equal(fake_audit_action(h, 2), "");
    assert_false(fake_logged(h, "[error]"));
}


static void
test_audit_is_sealed(void **state)
{
    const redisReply  *keys, *range, *fields;

    (void) state;

    assert_int_equal(decide("1")->status, 204);
    keys = fake_redis(h, "KEYS civic:outbox:audit:*");
    assert_int_equal(keys->elements, 1);
    range = fake_redis(h, "XRANGE %s - +", keys->element[0]->str);
    fields = range->element[0]->element[1];
    assert_null(memmem(fields->element[1]->str, fields->element[1]->len,
                       "decided", 7));
}


/* Nobody is told, or the script forgets what was prepared. */
static void
test_audit_missing(void **state)
{
    (void) state;

    assert_int_equal(decide("0")->status, 204);
    assert_int_equal(fake_log_count(h, "without an entry in the audit trail"),
                     1);
    assert_null(fake_audit(h, 0));

    assert_int_equal(decide("4")->status, 204);
    assert_null(fake_audit(h, 0));

    assert_int_equal(decide("3")->result, CIVIC_ERROR);
    assert_true(fake_logged(h, "an audit entry needs an action"));
}


static void
test_audit_collect(void **state)
{
    (void) state;

    assert_int_equal(decide("1")->status, 204);
    assert_int_equal(fake_job(h, "archive.collect", 0, 1, NULL)->result,
                     CIVIC_OK);
    assert_true(fake_logged(h, "moved 1"));
    assert_int_equal(decide("1")->status, 204);
    assert_string_equal(fake_audit_action(h, 0), "archive.decided");
    assert_string_equal(fake_audit_action(h, 1), "archive.decided");
    assert_null(fake_audit(h, 2));

    assert_int_equal(fake_job(h, "archive.collect_wrongly", 0, 1,
                              NULL)->result, CIVIC_ERROR);
}


/* ---- calls ------------------------------------------------------------- */

static fake_reply_t *
erase(void)
{
    return as_citizen(CIVIC_POST, "/archive/erase",
                      (fake_request_t) { .body = NULL });
}


static int
erased(fake_reply_t *rep, const char *plugin)
{
    json_t  *answer;

    answer = json_object_get(json_object_get(rep->json, "out"), plugin);

    return answer == NULL
           ? -1 : (int) json_integer_value(json_object_get(answer, "erased"));
}


static void
test_call_all(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = erase();
    assert_int_equal(erased(rep, "archive"), 1);
    assert_int_equal(json_object_size(json_object_get(rep->json, "out")), 1);

    fake_answer_call(h, "face_auth.erase", CIVIC_OK,
                     json_pack("{s:i}", "erased", 6));
    fake_answer_call(h, "face_auth.erase", CIVIC_OK,
                     json_pack("{s:i}", "erased", 7));
    fake_answer_call(h, "photo_check.erase", CIVIC_NOT_SENT, NULL);
    fake_answer_call(h, "review.erase", CIVIC_ERROR, NULL);
    fake_answer_call(h, "review.other", CIVIC_OK, NULL);

    rep = erase();
    assert_int_equal(erased(rep, "archive"), 1);
    assert_int_equal(erased(rep, "face_auth"), 7);
    assert_int_equal(json_object_size(json_object_get(rep->json, "out")), 2);
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "result")),
                     CIVIC_NOT_SENT);

    assert_string_equal(text_of(fake_called(h, "face_auth.erase", 0),
                                "purpose"), "face");
    assert_null(fake_called(h, "face_auth.erase", 1));
    assert_null(fake_called(h, "review.other", 0));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_outbox, reset),
        cmocka_unit_test_setup(test_outbox_twice, reset),
        cmocka_unit_test_setup(test_outbox_misuse, reset),
        cmocka_unit_test_setup(test_audit, reset),
        cmocka_unit_test_setup(test_audit_is_sealed, reset),
        cmocka_unit_test_setup(test_audit_missing, reset),
        cmocka_unit_test_setup(test_audit_collect, reset),
        cmocka_unit_test_setup(test_call_all, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
