/*
 * persons_test.c - a walk through all persons: which keys are theirs, places
 * that are kept as numbers, and answers that are none.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "persons.h"
#include "slots.h"

#define PID  "abcdefghijklmnopqrstuv"


static void
test_keys(void **state)
{
    size_t                    i;
    char                      pattern[CIVIC_PERSONS_PATTERN];
    civic_str_t               pid;
    static const char *const  none[] = {
        "", "civic:{p:", "civic:{p:" PID "}", "civic:{p:" PID "}:",
        "civic:{p:" PID "}:umbrell", "civic:{p:" PID "}:umbrellas",
        "civic:{p:" PID "}:umbrelly", "civic:{q:" PID "}:umbrella",
        "civic:{p:" PID "x}:umbrella", "civic:{p:short}:umbrella",
        "civic:{p:abcdefghij*lmnopqrstuv}:umbrella",
        "civic:{p:abcdefghij\xc3\xa4mnopqrstuv}:umbrella",
        "civic:{p:" PID "}.umbrella", "civic:{p:" PID "]:umbrella"
    };

    (void) state;

    pid = civic_persons_pid(CIVIC_STR("civic:{p:" PID "}:umbrella"),
                            "umbrella");
    assert_int_equal(pid.len, CIVIC_PERSONS_PID);
    assert_memory_equal(pid.data, PID, CIVIC_PERSONS_PID);

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(civic_persons_pid(civic_cstr(none[i]), "umbrella")
                         .len, 0);
    }

    assert_int_equal(civic_persons_slot(CIVIC_STR(PID)),
                     civic_slot(CIVIC_STR("civic:{p:" PID "}:umbrella")));

    assert_string_equal(civic_persons_pattern("umbrella", pattern).data,
                        "civic:{p:??????????????????????}:umbrella");
}


static void
test_families(void **state)
{
    char  family[CIVIC_PERSONS_FAMILY + 2];

    (void) state;

    assert_true(civic_persons_family_valid("photo_check"));
    assert_true(civic_persons_family_valid("once:a-B.9"));
    assert_false(civic_persons_family_valid(""));
    assert_false(civic_persons_family_valid("*"));
    assert_false(civic_persons_family_valid("a?"));
    assert_false(civic_persons_family_valid("a[b]"));
    assert_false(civic_persons_family_valid("a\\"));
    assert_false(civic_persons_family_valid("a b"));

    memset(family, 'f', sizeof(family));
    family[CIVIC_PERSONS_FAMILY + 1] = '\0';
    assert_false(civic_persons_family_valid(family));
    family[CIVIC_PERSONS_FAMILY] = '\0';
    assert_true(civic_persons_family_valid(family));
}


static void
assert_keeps(const civic_persons_place_t *place)
{
    uint64_t               cursor = civic_persons_cursor(place);
    civic_persons_place_t  again;

    assert_true(cursor != 0);
    assert_true(cursor < UINT64_C(1) << 63);
    assert_int_equal(civic_persons_place(cursor, place->cluster, 7, &again),
                     0);
    assert_int_equal(again.slot, place->slot);
    assert_true(again.mark == place->mark);
    assert_true(again.scan == place->scan);
    assert_int_equal(again.server, place->server);

    /* it is none in the other kind of store */
    assert_int_equal(civic_persons_place(cursor, !place->cluster, 7, &again),
                     -1);
}


static void
test_places(void **state)
{
    civic_persons_place_t  place;

    (void) state;

    assert_int_equal(civic_persons_place(0, 1, 5, &place), 0);
    assert_int_equal(place.slot, 5);
    assert_true(place.mark == 0);
    assert_int_equal(civic_persons_place(0, 0, 5, &place), 0);
    assert_int_equal(place.server, 0);
    assert_true(place.scan == 0);

    assert_keeps(&(civic_persons_place_t) { .cluster = 1 });
    assert_keeps(&(civic_persons_place_t) { .cluster = 1, .slot = 16383,
                                            .mark = (UINT64_C(1) << 47) - 1 });
    assert_keeps(&(civic_persons_place_t) { .cluster = 1, .slot = 1,
                                            .mark = 1 });
    assert_keeps(&(civic_persons_place_t) { .scan = 1, .server = 1 });
    assert_keeps(&(civic_persons_place_t) { .server = (1 << 22) - 1,
                                            .scan = (UINT64_C(1) << 40) - 1 });

    place = (civic_persons_place_t) { .scan = UINT64_C(1) << 40 };
    assert_true(civic_persons_cursor(&place) == 0);

    assert_int_equal(civic_persons_place(1, 1, 0, &place), -1);
    assert_int_equal(civic_persons_place(1, 0, 0, &place), -1);
    assert_int_equal(civic_persons_place(UINT64_MAX, 1, 0, &place), -1);
    assert_int_equal(civic_persons_place(UINT64_MAX, 0, 0, &place), -1);
    assert_int_equal(civic_persons_place(UINT64_C(1) << 62, 0, 0, &place),
                     -1);
}


static void
test_servers(void **state)
{
    unsigned  one, two;

    (void) state;

    one = civic_persons_server(CIVIC_STR("# Server\r\nrun_id:"
              "0123456789abcdef0123456789abcdef01234567\r\n"));
    two = civic_persons_server(CIVIC_STR("# Server\r\nrun_id:"
              "0123456789abcdef0123456789abcdef01234568\r\n"));

    assert_true(one != 0 && two != 0 && one != two);
    assert_true(one < 1 << 22);
    assert_int_equal(civic_persons_server(CIVIC_STR("# Server\r\n")), 0);
    assert_int_equal(civic_persons_server(CIVIC_STR("run_id:\r\n")), 0);
}


/* Keys of one slot: that of the pid with this tail. */
static civic_value_t
key(const char *pid, char *text)
{
    (void) snprintf(text, 64, "civic:{p:%s}:umbrella", pid);

    return (civic_value_t) { .type = CIVIC_VALUE_STRING,
                             .str = civic_cstr(text) };
}


static void
test_adding(void **state)
{
    char            texts[4][64];
    unsigned        slot = civic_persons_slot(CIVIC_STR(PID));
    civic_value_t   items[3], list = { .type = CIVIC_VALUE_ARRAY,
                                       .items = items, .count = 3 };
    civic_person_t  persons[4];

    (void) state;

    items[0] = key(PID, texts[0]);
    items[1] = items[0];
    items[2] = (civic_value_t) { .type = CIVIC_VALUE_STRING,
                                 .str = CIVIC_STR("civic:another") };

    assert_int_equal(civic_persons_add(persons, 1, &list, "umbrella", slot),
                     3);
    assert_memory_equal(persons[1].pid.data, PID, CIVIC_PERSONS_PID);
    assert_int_equal(civic_persons_add(persons, 0, &list, "umbrell", slot),
                     0);

    /* a person of another slot, no text, no list */
    assert_int_equal(civic_persons_add(persons, 0, &list, "umbrella",
                                       slot + 1), -1);
    items[2].type = CIVIC_VALUE_INTEGER;
    assert_int_equal(civic_persons_add(persons, 0, &list, "umbrella", slot),
                     -1);
    list.type = CIVIC_VALUE_STRING;
    assert_int_equal(civic_persons_add(persons, 0, &list, "umbrella", slot),
                     -1);
    list.type = CIVIC_VALUE_NIL;
    assert_int_equal(civic_persons_add(persons, 0, &list, "umbrella", slot),
                     -1);
}


/* Every page of every size, from wherever it ends: all, in order, once. */
static void
test_choosing(void **state)
{
    char            pids[300][CIVIC_PERSONS_PID + 1];
    size_t          i, n, first, room, seen;
    uint64_t        from, next;
    civic_person_t  persons[600], copy[600];

    (void) state;
    srand(20260309);

    for (i = 0; i < 600; i++) {
        (void) snprintf(pids[i % 300], sizeof(pids[0]), "%022zu", i % 300);
        persons[i].pid = (civic_str_t) { pids[i % 300], CIVIC_PERSONS_PID };
        persons[i].mark = i % 300 / 3;          /* three of each mark */
    }

    for (i = 0; i < 600; i++) {
        n = (size_t) rand() % 600;
        copy[0] = persons[i];
        persons[i] = persons[n];
        persons[n] = copy[0];
    }

    for (room = 3; room < 310; room += 7) {
        from = seen = 0;

        do {
            memcpy(copy, persons, sizeof(persons));
            n = civic_persons_choose(copy, 600, from, room, &first, &next);

            assert_true(n > 0 && n <= room);

            for (i = 0; i < n; i++) {
                assert_int_equal(atoi(copy[first + i].pid.data), seen + i);
            }

            assert_true(next == 0 || next > from);
            seen += n;
            from = next;
        } while (next != 0);

        assert_int_equal(seen, 300);
    }

    /* no room for those of one mark: none of them */
    memcpy(copy, persons, sizeof(persons));
    assert_int_equal(civic_persons_choose(copy, 600, 5, 2, &first, &next), 0);
    assert_true(next == 5);

    assert_int_equal(civic_persons_choose(copy, 0, 0, 64, &first, &next), 0);
    assert_true(next == 0);
}


static void
test_scans(void **state)
{
    size_t                    i;
    uint64_t                  cursor;
    civic_value_t             key_of = { .type = CIVIC_VALUE_STRING,
                                         .str = CIVIC_STR("k") };
    civic_value_t             items[2] = {
        { .type = CIVIC_VALUE_STRING, .str = CIVIC_STR("17") },
        { .type = CIVIC_VALUE_ARRAY, .items = &key_of, .count = 1 }
    };
    civic_value_t             answer = { .type = CIVIC_VALUE_ARRAY,
                                         .items = items, .count = 2 };
    const civic_value_t      *keys;
    static const char *const  bad[] = {
        "", "-1", "0x1", "1 ", " 1", "1a", "18446744073709551616",
        "99999999999999999999"
    };

    (void) state;

    assert_int_equal(civic_persons_scanned(&answer, &cursor, &keys), 0);
    assert_true(cursor == 17);
    assert_ptr_equal(keys, &items[1]);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        items[0].str = civic_cstr(bad[i]);
        assert_int_equal(civic_persons_scanned(&answer, &cursor, &keys), -1);
    }

    items[0].str = CIVIC_STR("0");
    assert_int_equal(civic_persons_scanned(&answer, &cursor, &keys), 0);

    key_of.type = CIVIC_VALUE_ARRAY;
    assert_int_equal(civic_persons_scanned(&answer, &cursor, &keys), -1);
    key_of.type = CIVIC_VALUE_STRING;
    items[1].type = CIVIC_VALUE_STRING;
    assert_int_equal(civic_persons_scanned(&answer, &cursor, &keys), -1);
    items[1].type = CIVIC_VALUE_ARRAY;
    items[0].type = CIVIC_VALUE_INTEGER;
    assert_int_equal(civic_persons_scanned(&answer, &cursor, &keys), -1);
    items[0].type = CIVIC_VALUE_STRING;
    answer.count = 1;
    assert_int_equal(civic_persons_scanned(&answer, &cursor, &keys), -1);
    answer.type = CIVIC_VALUE_STATUS;
    assert_int_equal(civic_persons_scanned(&answer, &cursor, &keys), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_adding),
        cmocka_unit_test(test_choosing),
        cmocka_unit_test(test_scans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
