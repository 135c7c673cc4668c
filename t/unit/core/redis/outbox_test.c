/*
 * The keys of outboxes: every slot has one, and it is of that slot.  Notes:
 * what was added comes out once, by group.  Slices: every outbox has its turn
 * within a minute, whatever the job's interval and shards.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "outbox.h"
#include "slots.h"


static void
test_tags(void **state)
{
    unsigned     slot;
    const char  *tag;

    (void) state;

    for (slot = 0; slot < CIVIC_SLOTS; slot++) {
        tag = civic_outbox_tag(slot);

        assert_in_range(strlen(tag), 1, CIVIC_OUTBOX_TAG);
        assert_int_equal(strspn(tag, "0123456789abcdefghijklmnopqrstuvwxyz"),
                         strlen(tag));
        assert_int_equal(civic_slot(civic_cstr(tag)), slot);
    }
}


static void
test_keys(void **state)
{
    char         key[CIVIC_OUTBOX_KEY];
    char         name[CIVIC_OUTBOX_NAME + 2];
    size_t       len;
    civic_str_t  near = CIVIC_STR("civic:{p:someone}:profile");

    (void) state;

    len = civic_outbox_key("civic.pushes", civic_outbox_number(near, 1), key);
    assert_int_equal(len, strlen(key));
    assert_memory_equal(key, "civic:outbox:civic.pushes:{", 27);
    assert_int_equal(civic_slot(civic_cstr(key)), civic_slot(near));

    assert_int_equal(civic_outbox_number(near, 0),
                     civic_slot(near) % CIVIC_OUTBOXES);
    (void) civic_outbox_key("a.b", civic_outbox_number(near, 0), key);
    assert_int_equal(civic_slot(civic_cstr(key)),
                     civic_slot(near) % CIVIC_OUTBOXES);

    memset(name, 'n', sizeof(name));
    name[CIVIC_OUTBOX_NAME] = '\0';
    len = civic_outbox_key(name, 16383, key);
    assert_int_equal(len, strlen(key));
    assert_int_equal(key[len - 1], '}');

    name[CIVIC_OUTBOX_NAME] = 'n';
    name[CIVIC_OUTBOX_NAME + 1] = '\0';
    assert_int_equal(civic_outbox_key(name, 0, key), 0);
}


/* The shards of a job share all outboxes out, each to one. */
static void
share_out(unsigned shards, int cluster)
{
    unsigned        i, shard, number, mine;
    unsigned        count = civic_outbox_count(cluster);
    unsigned char  *seen = calloc(count, 1);

    assert_non_null(seen);
    mine = count / shards;

    for (shard = 0; shard < shards; shard++) {
        for (i = 0; i < mine; i++) {
            number = civic_outbox_at(i + 7ull * mine, shard, shards, cluster);
            assert_in_range(number, 0, count - 1);
            assert_int_equal(number % shards, shard);
            assert_int_equal(seen[number]++, 0);
        }
    }

    for (i = 0; i < count; i++) {
        assert_int_equal(seen[i], 1);
    }

    free(seen);
}


static void
test_shards(void **state)
{
    unsigned  shards;

    (void) state;

    for (shards = 1; shards <= 256; shards *= 2) {
        assert_true(civic_outbox_shards_valid(shards));
        share_out(shards, 0);
        share_out(shards, 1);
    }

    assert_false(civic_outbox_shards_valid(0));
    assert_false(civic_outbox_shards_valid(3));
    assert_false(civic_outbox_shards_valid(96));
    assert_false(civic_outbox_shards_valid(512));
}


static void
test_parse(void **state)
{
    char         key[CIVIC_OUTBOX_KEY];
    unsigned     number, parsed;
    civic_str_t  name;

    (void) state;

    for (number = 0; number < CIVIC_SLOTS; number += 7) {
        (void) civic_outbox_key("civic.pushes", number, key);

        assert_int_equal(civic_outbox_parse(civic_cstr(key), 1, &name,
                                            &parsed), 0);
        assert_int_equal(name.len, 12);
        assert_memory_equal(name.data, "civic.pushes", 12);
        assert_int_equal(parsed, number);

        assert_int_equal(civic_outbox_parse(civic_cstr(key), 0, &name,
                                            &parsed), 0);
        assert_int_equal(parsed, number % CIVIC_OUTBOXES);
    }

    assert_int_equal(civic_outbox_parse(CIVIC_STR("civic:{p:x}:profile"), 1,
                                        &name, &parsed), -1);
    assert_int_equal(civic_outbox_parse(CIVIC_STR("civic:outbox:"), 1, &name,
                                        &parsed), -1);
    assert_int_equal(civic_outbox_parse(CIVIC_STR("civic:outbox-notes:a:{b}"),
                                        1, &name, &parsed), -1);
    assert_int_equal(civic_outbox_parse(CIVIC_STR(""), 1, &name, &parsed), -1);
}


static void
test_notes_key(void **state)
{
    char    key[CIVIC_OUTBOX_NOTES];
    char    name[CIVIC_OUTBOX_NAME + 2];
    size_t  len;

    (void) state;

    len = civic_outbox_notes_key("civic.pushes", 31, key);
    assert_string_equal(key, "civic:outbox-notes:civic.pushes:15");
    assert_int_equal(len, strlen(key));

    memset(name, 'n', sizeof(name));
    name[CIVIC_OUTBOX_NAME] = '\0';
    len = civic_outbox_notes_key(name, 15, key);
    assert_int_equal(len, strlen(key));
    assert_int_equal(key[len - 1], '5');

    name[CIVIC_OUTBOX_NAME] = 'n';
    name[CIVIC_OUTBOX_NAME + 1] = '\0';
    assert_int_equal(civic_outbox_notes_key(name, 0, key), 0);
}


/* Takes them all out, max at once; each is there once, in its group. */
static size_t
take_all(civic_outbox_notes_t *notes, size_t max, unsigned char *seen)
{
    size_t    i, n, calls = 0;
    unsigned  group, numbers[1024];

    while ((n = civic_outbox_notes_take(notes, numbers, max, &group)) > 0) {
        assert_in_range(n, 1, max);
        calls++;

        for (i = 0; i < n; i++) {
            assert_in_range(numbers[i], 0, CIVIC_SLOTS - 1);
            assert_int_equal(numbers[i] % CIVIC_OUTBOX_GROUPS, group);
            assert_int_equal(seen[numbers[i]]++, 0);
        }
    }

    return calls;
}


static void
test_notes(void **state)
{
    size_t                i;
    unsigned              number, group, numbers[4];
    unsigned char         seen[CIVIC_SLOTS];
    civic_outbox_notes_t  notes, others;

    (void) state;

    memset(&notes, 0, sizeof(notes));
    memset(&others, 0, sizeof(others));

    assert_int_equal(civic_outbox_notes_take(&notes, numbers, 4, &group), 0);

    for (i = 0; i < 3; i++) {
        civic_outbox_notes_add(&notes, 16383);
        civic_outbox_notes_add(&notes, 0);
    }

    assert_true(civic_outbox_notes_has(&notes, 0));
    assert_true(civic_outbox_notes_has(&notes, 16383));
    assert_false(civic_outbox_notes_has(&notes, 16));
    assert_false(civic_outbox_notes_has(&notes, 16382));

    memset(seen, 0, sizeof(seen));
    assert_int_equal(take_all(&notes, 4, seen), 2);
    assert_int_equal(seen[0] + seen[16383], 2);

    for (number = 0; number < CIVIC_SLOTS; number++) {
        civic_outbox_notes_add(number % 3 == 0 ? &notes : &others, number);
    }

    civic_outbox_notes_move(&notes, &others);
    assert_int_equal(civic_outbox_notes_take(&others, numbers, 4, &group), 0);

    memset(seen, 0, sizeof(seen));
    assert_int_equal(take_all(&notes, 500, seen), 3 * CIVIC_OUTBOX_GROUPS);

    for (number = 0; number < CIVIC_SLOTS; number++) {
        assert_int_equal(seen[number], 1);
    }
}


/* Whatever the moments at which a job runs, each outbox has its turn once in
   a round: no two runs look at the same, and none is left out. */
static void
whole_round(unsigned pause, unsigned shards, int cluster)
{
    unsigned        i, first, slice;
    unsigned        mine = civic_outbox_count(cluster) / shards, covered = 0;
    uint64_t        since, passed = 0, now = UINT64_C(1771400000123);
    const uint64_t  round = CIVIC_OUTBOX_ROUND * 1000;
    unsigned char  *seen = calloc(mine, 1);

    assert_non_null(seen);

    while (passed < round) {
        since = pause / 2 + (unsigned) (passed * 2654435761u) % (pause + 1);
        since = since == 0 ? 1 : since;
        since = passed + since > round ? round - passed : since;
        passed += since;
        now += since;

        slice = civic_outbox_slice(now, since, shards, cluster, &first);
        assert_in_range(first, 0, mine - 1);

        for (i = 0; i < slice; i++) {
            assert_int_equal(seen[(first + i) % mine], 0);
            seen[(first + i) % mine] = 1;
            covered++;
        }
    }

    assert_int_equal(covered, mine);
    free(seen);
}


static void
test_slices(void **state)
{
    unsigned         shards, first;
    size_t           i;
    static unsigned  pauses[] = { 1, 7, 200, 1000, 2300, 5000, 7700, 29000,
                                  49999, 50000 };

    (void) state;

    for (shards = 1; shards <= 256; shards *= 4) {
        for (i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
            whole_round(pauses[i], shards, 0);
            whole_round(pauses[i], shards, 1);
        }
    }

    /* who is seldom run looks at all, also at the very first run */
    assert_int_equal(civic_outbox_slice(1000000, 50000, 16, 0, &first), 16);
    assert_int_equal(civic_outbox_slice(1000000, 3600000, 16, 1, &first),
                     1024);
    assert_int_equal(civic_outbox_slice(1000000, 1000000, 16, 1, &first),
                     1024);
    assert_int_equal(civic_outbox_slice(1000000, 0, 16, 1, &first), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_notes_key),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_slices)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
