/*
 * waiters_test.c - who waits for which topic: bounds, hints that come before,
 * during and between sleeps, order, and a long random life held against a
 * plain model.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "waiters.h"

#define MANY   64
#define STEPS  200000


static void
test_hashes(void **state)
{
    char      text[CIVIC_TOPIC_TEXT + 1];
    uint64_t  hash = civic_topic_hash(CIVIC_STR("abc")), back;

    (void) state;

    /* FIPS 180-2, the example "abc" */
    civic_topic_print(hash, text);
    assert_string_equal(text, "ba7816bf8f01cfea");
    assert_int_equal(civic_topic_parse(civic_cstr(text), &back), 0);
    assert_true(back == hash);
    assert_int_equal(civic_topic_shard(hash), 0xa);

    civic_topic_print(1, text);
    assert_string_equal(text, "0000000000000001");
}


static void
test_no_hashes(void **state)
{
    uint64_t  hash;

    (void) state;
    assert_int_equal(civic_topic_parse(CIVIC_STR(""), &hash), -1);
    assert_int_equal(civic_topic_parse(CIVIC_STR("ba7816bf8f01cfe"), &hash),
                     -1);
    assert_int_equal(civic_topic_parse(CIVIC_STR("ba7816bf8f01cfeaa"), &hash),
                     -1);
    assert_int_equal(civic_topic_parse(CIVIC_STR("ba7816bf8f01cfeA"), &hash),
                     -1);
    assert_int_equal(civic_topic_parse(CIVIC_STR("ba7816bf8f01cfe\0"), &hash),
                     -1);
    assert_int_equal(civic_topic_parse(CIVIC_STR("0x7816bf8f01cfea"), &hash),
                     -1);
}


/* The next one's data; whether there was a hint. */
static int  hinted;

static void *
take(civic_waiters_t *table)
{
    return civic_waiters_next(table, &hinted);
}


static void
test_hints(void **state)
{
    civic_waiter_t    a, b;
    civic_waiters_t  *table = civic_waiters_create(4, 4);

    (void) state;
    assert_non_null(table);
    assert_int_equal(civic_waiters_join(table, &a, 1, &a), CIVIC_OK);
    assert_int_equal(civic_waiters_join(table, &b, 1, &b), CIVIC_OK);
    assert_int_equal(civic_waiters_watch(table, &a, 7), CIVIC_OK);
    assert_int_equal(civic_waiters_watch(table, &b, 7), CIVIC_OK);
    assert_int_equal(civic_waiters_watch(table, &b, 7 + 4), CIVIC_OK);

    /* watched, read, then hinted before it sleeps: it does not sleep */
    assert_int_equal(civic_waiters_hint(table, 7), 0);
    assert_null(take(table));
    assert_int_equal(civic_waiters_sleep(table, &a), 1);
    assert_int_equal(civic_waiters_sleep(table, &a), 0);
    assert_int_equal(civic_waiters_sleep(table, &b), 1);
    assert_int_equal(civic_waiters_sleep(table, &b), 0);

    /* topics of one chain are told apart; hints in the line are one */
    assert_int_equal(civic_waiters_hint(table, 3), 0);
    assert_int_equal(civic_waiters_hint(table, 11), 1);
    assert_int_equal(civic_waiters_hint(table, 7), 1);
    assert_int_equal(civic_waiters_hint(table, 7), 0);
    assert_ptr_equal(take(table), &b);
    assert_ptr_equal(take(table), &a);
    assert_null(take(table));

    /* the hint was used up */
    assert_int_equal(civic_waiters_sleep(table, &a), 0);
    assert_int_equal(civic_waiters_hint_all(table), 1);

    /* woken by its timer instead */
    civic_waiters_wake(table, &a);
    assert_null(take(table));
    assert_int_equal(civic_waiters_sleep(table, &a), 1);

    /* gone from the line */
    assert_int_equal(civic_waiters_sleep(table, &a), 0);
    assert_int_equal(civic_waiters_hint(table, 7), 1);
    civic_waiters_leave(table, &a);
    assert_null(take(table));
    assert_int_equal(civic_waiters_hint(table, 7), 0);
    civic_waiters_leave(table, &b);
    assert_int_equal(civic_waiters_count(table), 0);
    civic_waiters_destroy(table);
}


static void
test_time_is_over(void **state)
{
    int               i;
    civic_waiter_t    a, b, c, *all[] = { &a, &b, &c };
    civic_waiters_t  *table = civic_waiters_create(4, 4);

    (void) state;

    for (i = 0; i < 3; i++) {
        assert_int_equal(civic_waiters_join(table, all[i], 1, all[i]),
                         CIVIC_OK);
        assert_int_equal(civic_waiters_watch(table, all[i], 10 + i),
                         CIVIC_OK);
        assert_int_equal(civic_waiters_sleep(table, all[i]), 0);
    }

    /* who has something to look at goes before whose time is over */
    assert_int_equal(civic_waiters_expire(table, &a), 1);
    assert_int_equal(civic_waiters_expire(table, &a), 0);
    assert_int_equal(civic_waiters_expire(table, &b), 1);
    assert_int_equal(civic_waiters_hint(table, 12), 1);
    assert_int_equal(civic_waiters_expire(table, &c), 0);

    /* also if the hint comes while it stands in line */
    assert_int_equal(civic_waiters_hint(table, 11), 1);

    assert_ptr_equal(take(table), &c);
    assert_true(hinted);
    assert_ptr_equal(take(table), &b);
    assert_true(hinted);
    assert_ptr_equal(take(table), &a);
    assert_false(hinted);
    assert_null(take(table));

    /* awake, it is in no line; gone, neither */
    assert_int_equal(civic_waiters_expire(table, &a), 0);
    assert_int_equal(civic_waiters_sleep(table, &a), 0);
    assert_int_equal(civic_waiters_expire(table, &a), 1);

    for (i = 0; i < 3; i++) {
        civic_waiters_leave(table, all[i]);
    }

    assert_null(take(table));
    civic_waiters_destroy(table);
}


static void
test_topics_of_one(void **state)
{
    uint64_t          hash;
    civic_waiter_t    a;
    civic_waiters_t  *table = civic_waiters_create(1, 1);

    (void) state;
    assert_int_equal(civic_waiters_join(table, &a, 1, &a), CIVIC_OK);

    for (hash = 1; hash <= CIVIC_WATCHES; hash++) {
        assert_int_equal(civic_waiters_watch(table, &a, hash), CIVIC_OK);
        assert_int_equal(civic_waiters_watch(table, &a, hash), CIVIC_OK);
    }

    assert_int_equal(civic_waiters_watch(table, &a, hash), CIVIC_ERROR);

    for (hash = 1; hash <= CIVIC_WATCHES; hash++) {
        assert_int_equal(civic_waiters_sleep(table, &a), 0);
        assert_int_equal(civic_waiters_hint(table, hash), 1);
        assert_ptr_equal(take(table), &a);
    }

    civic_waiters_leave(table, &a);
    civic_waiters_destroy(table);
}


static void
test_bounds(void **state)
{
    int               i;
    civic_waiter_t    w[8];
    civic_waiters_t  *table = civic_waiters_create(5, 3);

    (void) state;

    for (i = 0; i < 3; i++) {
        assert_int_equal(civic_waiters_join(table, &w[i], 1, NULL), CIVIC_OK);
    }

    assert_int_equal(civic_waiters_join(table, &w[3], 1, NULL), CIVIC_BUSY);
    assert_int_equal(civic_waiters_join(table, &w[3], 9, NULL), CIVIC_OK);
    assert_int_equal(civic_waiters_join(table, &w[4], 17, NULL), CIVIC_OK);
    assert_int_equal(civic_waiters_join(table, &w[5], 25, NULL), CIVIC_BUSY);
    assert_int_equal(civic_waiters_count(table), 5);

    /* a refusal has taken nothing */
    civic_waiters_leave(table, &w[1]);
    assert_int_equal(civic_waiters_join(table, &w[1], 1, NULL), CIVIC_OK);
    assert_int_equal(civic_waiters_join(table, &w[5], 1, NULL), CIVIC_BUSY);

    for (i = 0; i < 5; i++) {
        civic_waiters_leave(table, &w[i]);
    }

    /* as many sources as waiters, again */
    for (i = 0; i < 5; i++) {
        assert_int_equal(civic_waiters_join(table, &w[i], 100 + 8 * i, NULL),
                         CIVIC_OK);
    }

    for (i = 0; i < 5; i++) {
        civic_waiters_leave(table, &w[i]);
    }

    assert_int_equal(civic_waiters_count(table), 0);
    civic_waiters_destroy(table);
}


/* ---- a random life, beside a model of flags ------------------------------ */

typedef struct {
    civic_waiter_t  waiter;
    int             joined;
    uint64_t        source;
    uint64_t        topics[CIVIC_WATCHES];
    unsigned        count;
    int             hinted;
    int             sleeping;
    int             late;
} model_t;

static model_t  models[MANY];


static void
model_hint(uint64_t hash)
{
    int       i;
    unsigned  k;

    for (i = 0; i < MANY; i++) {
        for (k = 0; models[i].joined && k < models[i].count; k++) {
            if (models[i].topics[k] == hash) {
                models[i].hinted = 1;
            }
        }
    }
}


static void
model_join(civic_waiters_t *table, model_t *m)
{
    int       i;
    unsigned  k, same = 0, all = 0;
    uint64_t  source = (uint64_t) rand() % 7 * 64;

    for (i = 0; i < MANY; i++) {
        all += (unsigned) models[i].joined;
        same += models[i].joined && models[i].source == source;
    }

    assert_int_equal(civic_waiters_join(table, &m->waiter, source, m),
                     all < 40 && same < 9 ? CIVIC_OK : CIVIC_BUSY);

    if (all >= 40 || same >= 9) {
        return;
    }

    m->joined = 1;
    m->source = source;
    m->hinted = m->sleeping = m->late = 0;
    m->count = 1 + (unsigned) rand() % CIVIC_WATCHES;

    for (k = 0; k < m->count; k++) {
        m->topics[k] = (uint64_t) (rand() % 5 + 5 * (int) k) * 64;
        assert_int_equal(civic_waiters_watch(table, &m->waiter, m->topics[k]),
                         CIVIC_OK);
    }
}


static void
model_drain(civic_waiters_t *table)
{
    int       i, late_seen = 0;
    model_t  *m;

    while ((m = take(table)) != NULL) {
        assert_true(m->joined && m->sleeping && (m->hinted || m->late));
        assert_int_equal(hinted, m->hinted);
        assert_false(hinted && late_seen);
        late_seen = late_seen || !hinted;
        m->sleeping = m->hinted = m->late = 0;
    }

    for (i = 0; i < MANY; i++) {
        assert_false(models[i].joined && models[i].sleeping
                     && (models[i].hinted || models[i].late));
    }
}


static void
model_step(civic_waiters_t *table, model_t *m)
{
    uint64_t  hash;

    switch (rand() % 7) {
    case 0:
        if (m->joined) {
            civic_waiters_leave(table, &m->waiter);
            memset(&m->waiter, 0xa5, sizeof(m->waiter));
            m->joined = 0;
        }
        break;
    case 1:
        hash = (uint64_t) (rand() % 20) * 64;
        model_hint(hash);
        (void) civic_waiters_hint(table, hash);
        break;
    case 2:
        model_drain(table);
        break;
    case 3:
        if (m->joined && m->sleeping) {
            civic_waiters_wake(table, &m->waiter);
            m->sleeping = m->late = 0;
        }
        break;
    case 4:
        if (m->joined && m->sleeping) {
            assert_int_equal(civic_waiters_expire(table, &m->waiter),
                             !m->hinted && !m->late);
            m->late = 1;
        }
        break;
    default:
        if (!m->joined) {
            model_join(table, m);

        } else if (!m->sleeping) {
            assert_int_equal(civic_waiters_sleep(table, &m->waiter),
                             m->hinted);
            m->sleeping = !m->hinted;
            m->hinted = 0;
        }
    }
}


static void
test_random_life(void **state)
{
    int               i;
    civic_waiters_t  *table = civic_waiters_create(40, 9);

    (void) state;
    srand(7);

    for (i = 0; i < STEPS; i++) {
        model_step(table, &models[rand() % MANY]);
    }

    for (i = 0; i < MANY; i++) {
        if (models[i].joined) {
            civic_waiters_leave(table, &models[i].waiter);
        }
    }

    assert_int_equal(civic_waiters_count(table), 0);
    assert_null(take(table));
    civic_waiters_destroy(table);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_no_hashes),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_time_is_over),
        cmocka_unit_test(test_topics_of_one),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_random_life),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
