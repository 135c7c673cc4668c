/*
 * fake_job_test.c - the fake host runs jobs as the real one does: as nobody,
 * by their deadline, under a fencing number that scripts can compare.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "built.h"
#include "fake_host.h"

static fake_host_t  *h;


static int
set_up(void **state)
{
    (void) state;

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("t/plugin/fixtures/jobs.so"),
        .options = { "dir=/nonexistent" },
        .scripts_dir = "t/plugin/fixtures/redis",
        .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


static int
tear_down(void **state)
{
    (void) state;
    fake_host_stop(h);

    return 0;
}


static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);

    return 0;
}


static long long
counted(const char *key, const char *field)
{
    const redisReply  *reply = fake_redis(h, "HGET %s %s", key, field);

    return reply->type == REDIS_REPLY_STRING ? atoll(reply->str) : 0;
}


static void
test_a_run(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = fake_job(h, "jobs.tick", 2, 7, NULL);
    assert_int_equal(rep->result, CIVIC_OK);
    assert_int_equal(rep->status, 0);
    assert_string_equal(rep->code, "");
    assert_int_equal(rep->redis_calls, 1);
    assert_true(rep->stack_used > 0);
    assert_int_equal(counted("civic:jobs:{tick:2}", "done"), 1);
    assert_int_equal(counted("civic:jobs:{tick:2}", "fence"), 7);
    assert_int_equal(counted("civic:{job:jobs.tick:2}", "fence"), 7);
}


/* The data is in another slot than the lease: it remembers the fence. */
static void
test_a_late_holder(void **state)
{
    (void) state;

    assert_int_equal(fake_job(h, "jobs.slow", 0, 8, NULL)->result, CIVIC_OK);
    assert_int_equal(fake_job(h, "jobs.slow", 0, 7, NULL)->result,
                     CIVIC_ERROR);
    assert_int_equal(counted("civic:jobs:{slow:0}", "refused"), 1);
    assert_int_equal(counted("civic:jobs:{slow:0}", "done"), 1);
    assert_int_equal(fake_job(h, "jobs.slow", 0, 8, NULL)->result, CIVIC_OK);
    assert_true(fake_logged(h, "fenced off"));
}


/* The data is in the lease's slot: the script looks at the lease. */
static void
test_a_lost_lease(void **state)
{
    (void) state;

    assert_int_equal(fake_job(h, "jobs.daily", 1, 3, NULL)->result, CIVIC_OK);
    assert_int_equal(fake_job(h, "jobs.daily", 1, 2, NULL)->result,
                     CIVIC_ERROR);
    assert_string_equal(fake_redis(h, "GET civic:{job:jobs.daily:1}:cursor")
                            ->str, "1");
    assert_true(fake_logged(h, "of \"\" and 0 roles"));
}


static void
test_bad_days(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = fake_job(h, "jobs.tick", 0, 1,
                   &(fake_request_t) { .redis_fault_at = 1,
                                       .redis_fault = FAKE_REDIS_NOT_SENT });
    assert_int_equal(rep->result, CIVIC_NOT_SENT);
    assert_string_equal(rep->code, "");

    /* its deadline is 2 s */
    rep = fake_job(h, "jobs.slow", 0, 1,
                   &(fake_request_t) { .delay_at = 1, .delay_ms = 2001 });
    assert_int_equal(rep->result, CIVIC_ABORTED);
    assert_string_equal(rep->code, "outcome_unknown");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_a_run, reset),
        cmocka_unit_test_setup(test_a_late_holder, reset),
        cmocka_unit_test_setup(test_a_lost_lease, reset),
        cmocka_unit_test_setup(test_bad_days, reset),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
