/*
 * The keys of outboxes: every slot has one, and it is of that slot.
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_shards)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
