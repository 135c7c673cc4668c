/*
 * fake_persons_test.c - the fake host's walk through all persons.
 */

#include "world.h"

#define PERSONS  500

static uint64_t      fence;


static int
setup(void **state)
{
    (void) state;
    h = start_fixture("persons");

    return h != NULL ? 0 : -1;
}


/* So many persons, and some who have no umbrella. */
static int
reset(void **state)
{
    int          i;
    char         text[32];
    const char  *pid;

    (void) state;
    fake_host_reset(h);

    for (i = 0; i < PERSONS; i++) {
        (void) snprintf(text, sizeof(text), "63010519900101%04d", i);
        pid = fake_person_id(h, text);
        (void) fake_redis(h, "SET civic:{p:%s}:%s 1", pid,
                          i % 10 == 9 ? "login" : "umbrella");
    }

    (void) fake_redis(h, "SET civic:{p:short}:umbrella 1");

    return 0;
}


static fake_reply_t *
run(const char *job, unsigned shard, const fake_request_t *request)
{
    return fake_job(h, job, shard, ++fence, request);
}


static long long
noted(const char *job, unsigned shard, const char *field)
{
    const redisReply  *reply = fake_redis(h, "HGET civic:persons:{%s:%u} %s",
                                          job, shard, field);

    return reply->type == REDIS_REPLY_NIL ? 0 : strtoll(reply->str, NULL, 10);
}


/* Who was seen by the shards, all together; each once. */
static unsigned
seen(const char *job, unsigned shards)
{
    size_t             i;
    unsigned           shard, count = 0;
    const redisReply  *reply;

    for (shard = 0; shard < shards; shard++) {
        reply = fake_redis(h, "HGETALL civic:persons:{%s:%u}", job, shard);

        for (i = 0; i < reply->elements; i += 2) {
            if (reply->element[i]->len == 22) {
                assert_string_equal(reply->element[i + 1]->str, "1");
                count++;
            }
        }
    }

    return count;
}


static void
test_whole(void **state)
{
    unsigned  shard;

    (void) state;

    for (shard = 0; shard < 3; shard++) {
        assert_int_equal(run("persons.whole", shard, NULL)->result, CIVIC_OK);
        assert_int_equal(noted("whole", shard, "cursor"), 0);
    }

    assert_int_equal(seen("whole", 3), PERSONS * 9 / 10);
}


static void
test_pieces(void **state)
{
    unsigned  shard, runs = 0;

    (void) state;

    for (shard = 0; shard < 2; shard++) {
        while (noted("walk", shard, "walks") == 0) {
            assert_int_equal(run("persons.walk", shard, NULL)->result,
                             CIVIC_OK);
            runs++;
        }
    }

    assert_true(runs >= 4);
    assert_int_equal(seen("walk", 2), PERSONS * 9 / 10);
}


static void
test_bad_days(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = run("persons.whole", 0, &(fake_request_t) {
                  .redis_fault_at = 2, .redis_fault = FAKE_REDIS_NOT_SENT });
    assert_int_equal(rep->result, CIVIC_NOT_SENT);

    rep = run("persons.whole", 0, &(fake_request_t) {
                  .delay_at = 2, .delay_ms = 60000 });
    assert_int_equal(rep->result, CIVIC_ABORTED);
    assert_int_equal(seen("whole", 3), 0);

    (void) fake_redis(h, "HSET civic:persons:{walk:0} cursor 12345");
    assert_int_equal(run("persons.walk", 0, NULL)->result, CIVIC_NOT_SENT);
    assert_int_equal(noted("walk", 0, "cursor"), 0);
}


static void
test_misuse(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    assert_int_equal(run("persons.misuse", 0, NULL)->result, CIVIC_OK);
    assert_int_equal(noted("misuse", 0, "few=-2"), 1);
    assert_int_equal(noted("misuse", 0, "many=-2"), 1);
    assert_int_equal(noted("misuse", 0, "family=-2"), 1);
    assert_int_equal(noted("misuse", 0, "empty=-2"), 1);
    assert_int_equal(noted("misuse", 0, "shard=-2"), 1);
    assert_int_equal(noted("misuse", 0, "forged0=-3"), 1);
    assert_int_equal(noted("misuse", 0, "forged3=-3"), 1);
    assert_true(fake_logged(h, "gives 64 to 1024 pids, not 63"));
    assert_true(fake_logged(h, "\"*\" is no family"));

    rep = fake_request(h, CIVIC_GET, "/persons/elsewhere", NULL);
    assert_int_equal(json_integer_value(json_object_get(rep->json, "result")),
                     CIVIC_ERROR);
    assert_int_equal(fake_log_count(h, "civic_persons() is for jobs"), 2);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_whole, reset),
        cmocka_unit_test_setup(test_pieces, reset),
        cmocka_unit_test_setup(test_bad_days, reset),
        cmocka_unit_test_setup(test_misuse, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
