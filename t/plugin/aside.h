/*
 * aside.h - what every plugin's outboxes promise: an entry that fails keeps
 * nobody waiting, is set aside when it is two minutes old, is tried again,
 * and goes when it succeeds (plugins/shared/outbox_run.h).  It is included
 * after a plugin's world, whose host h it uses.
 */

#ifndef CIVIC_T_ASIDE_H
#define CIVIC_T_ASIDE_H

#include <stdio.h>
#include <time.h>

#ifndef ASIDE_SHARDS
#define ASIDE_SHARDS  16
#endif


/* In how many shards the job fails. */
UNUSED static unsigned
aside_run(const char *job)
{
    unsigned  shard, failed = 0;

    for (shard = 0; shard < ASIDE_SHARDS; shard++) {
        failed += fake_job(h, job, shard, 1, NULL)->result != CIVIC_OK;
    }

    return failed;
}


/* Minutes after now by Redis' clock, which is the outboxes'. */
UNUSED static void
aside_later(int minutes)
{
    fake_set_clock(h, ((civic_msec_t) time(NULL) + 60 * minutes) * 1000);
}


/* With one entry waiting in the outbox of the job, of which the test has made
   sure that it fails. */
UNUSED static void
aside_fails(const char *job, const char *aside)
{
    char  key[96], entry[1024];

    snprintf(entry, sizeof(entry), "%s", fake_waiting(h, job, 0));
    assert_null(fake_waiting(h, job, 1));

    /* behind it, one that is done at once: it means nothing */
    snprintf(key, sizeof(key), "%s",
             fake_redis(h, "KEYS civic:outbox:%s:*", job)->element[0]->str);
    fake_redis(h, "XADD %s * entry x", key);

    aside_later(1);
    assert_int_equal(aside_run(job), 1);
    assert_string_equal(fake_waiting(h, job, 0), entry);
    assert_null(fake_waiting(h, job, 1));
    assert_null(fake_waiting(h, aside, 0));

    aside_later(3);
    assert_int_equal(aside_run(job), 0);
    assert_null(fake_waiting(h, job, 0));
    assert_non_null(strstr(fake_waiting(h, aside, 0), entry));
    assert_int_equal(fake_counter(h, "set_aside"), 1);
    assert_true(fake_logged(h, "fails again and again, and is set aside"));

    assert_int_equal(aside_run(aside), 0);
    assert_non_null(strstr(fake_waiting(h, aside, 0), entry));
    assert_int_equal(fake_counter(h, "set_aside"), 2);
}


/* What kept it from succeeding is mended. */
UNUSED static void
aside_succeeds(const char *aside)
{
    assert_int_equal(aside_run(aside), 0);
    assert_null(fake_waiting(h, aside, 0));
    assert_int_equal(fake_counter(h, "set_aside"), 2);
}

#endif
