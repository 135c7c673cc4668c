/*
 * turns_test.c - few at a time: the order, the bounds, who leaves when, and
 * limits that change.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "turns.h"

#define MANY  1000

static const char       one[] = "one", two[] = "two";     /* owners */
static civic_turns_t   *turns;
static civic_turn_t     turn[MANY];


static int
set_up(void **state)
{
    (void) state;
    turns = civic_turns_create();
    memset(turn, 0, sizeof(turn));

    return turns == NULL ? -1 : 0;
}


/* Everybody goes: nothing is left. */
static int
tear_down(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < MANY; i++) {
        civic_turns_leave(turns, &turn[i]);
    }

    assert_null(civic_turns_next(turns));
    assert_int_equal(civic_turns_held(turns), 0);
    assert_int_equal(civic_turns_waiting(turns), 0);
    civic_turns_destroy(turns);

    return 0;
}


static civic_turn_state_t
ask(size_t i, unsigned limit, unsigned line)
{
    return civic_turns_ask(turns, &turn[i], one, "media", limit, line);
}


static void
assert_next(size_t i)
{
    assert_ptr_equal(civic_turns_next(turns), &turn[i]);
    assert_true(turn[i].holds);
}


static void
test_order(void **state)
{
    (void) state;

    assert_int_equal(ask(0, 2, 3), CIVIC_TURN_HELD);
    assert_int_equal(ask(1, 2, 3), CIVIC_TURN_HELD);
    assert_int_equal(ask(2, 2, 3), CIVIC_TURN_WAITS);
    assert_int_equal(ask(3, 2, 3), CIVIC_TURN_WAITS);
    assert_int_equal(ask(4, 2, 3), CIVIC_TURN_WAITS);
    assert_int_equal(ask(5, 2, 3), CIVIC_TURN_FULL);
    assert_int_equal(civic_turns_held(turns), 2);
    assert_int_equal(civic_turns_waiting(turns), 3);
    assert_null(civic_turns_next(turns));

    civic_turns_leave(turns, &turn[1]);
    assert_true(civic_turns_have_next(turns));
    assert_next(2);
    assert_null(civic_turns_next(turns));
    assert_false(civic_turns_have_next(turns));

    /* the place in the line is free again, at its end */
    assert_int_equal(ask(1, 2, 3), CIVIC_TURN_WAITS);

    civic_turns_leave(turns, &turn[0]);
    civic_turns_leave(turns, &turn[2]);
    assert_next(3);
    assert_next(4);
    assert_null(civic_turns_next(turns));

    civic_turns_leave(turns, &turn[3]);
    assert_next(1);
}


/* A turn that was given up and not taken up yet is nobody else's. */
static void
test_nobody_gets_between(void **state)
{
    (void) state;

    assert_int_equal(ask(0, 1, 9), CIVIC_TURN_HELD);
    assert_int_equal(ask(1, 1, 9), CIVIC_TURN_WAITS);
    civic_turns_leave(turns, &turn[0]);

    assert_int_equal(ask(2, 1, 9), CIVIC_TURN_WAITS);
    assert_int_equal(ask(0, 1, 9), CIVIC_TURN_WAITS);
    assert_next(1);
    civic_turns_leave(turns, &turn[1]);
    assert_next(2);
    civic_turns_leave(turns, &turn[2]);
    assert_next(0);
}


static void
test_leaving_the_line(void **state)
{
    (void) state;

    assert_int_equal(ask(0, 1, 3), CIVIC_TURN_HELD);
    assert_int_equal(ask(1, 1, 3), CIVIC_TURN_WAITS);
    assert_int_equal(ask(2, 1, 3), CIVIC_TURN_WAITS);
    assert_int_equal(ask(3, 1, 3), CIVIC_TURN_WAITS);

    civic_turns_leave(turns, &turn[2]);
    civic_turns_leave(turns, &turn[2]);
    assert_int_equal(civic_turns_waiting(turns), 2);

    /* one that is called and goes: the next one is called */
    civic_turns_leave(turns, &turn[0]);
    civic_turns_leave(turns, &turn[1]);
    assert_int_equal(civic_turns_held(turns), 1);
    assert_next(3);
    assert_null(civic_turns_next(turns));
    assert_int_equal(civic_turns_waiting(turns), 0);
}


static void
test_no_line(void **state)
{
    (void) state;

    assert_int_equal(ask(0, 1, 0), CIVIC_TURN_HELD);
    assert_int_equal(ask(1, 1, 0), CIVIC_TURN_FULL);
    assert_false(civic_turn_is(&turn[1], one, "media"));
    civic_turns_leave(turns, &turn[0]);
    assert_int_equal(ask(1, 1, 0), CIVIC_TURN_HELD);
}


static void
test_limits_change(void **state)
{
    (void) state;

    assert_int_equal(ask(0, 1, 9), CIVIC_TURN_HELD);
    assert_int_equal(ask(1, 1, 9), CIVIC_TURN_WAITS);
    assert_int_equal(ask(2, 1, 9), CIVIC_TURN_WAITS);
    assert_int_equal(ask(3, 1, 9), CIVIC_TURN_WAITS);

    /* more: who waited comes first, and the line is shorter then */
    assert_int_equal(ask(4, 3, 1), CIVIC_TURN_FULL);
    assert_next(1);
    assert_next(2);
    assert_null(civic_turns_next(turns));
    assert_int_equal(ask(4, 5, 0), CIVIC_TURN_HELD);
    assert_next(3);

    /* fewer: as many as may be go on once enough have left */
    assert_int_equal(ask(5, 2, 9), CIVIC_TURN_WAITS);
    assert_int_equal(ask(6, 2, 9), CIVIC_TURN_WAITS);
    assert_int_equal(civic_turns_held(turns), 5);
    civic_turns_leave(turns, &turn[0]);
    civic_turns_leave(turns, &turn[1]);
    civic_turns_leave(turns, &turn[2]);
    assert_null(civic_turns_next(turns));
    civic_turns_leave(turns, &turn[3]);
    assert_next(5);
    assert_null(civic_turns_next(turns));
}


static void
test_names_and_owners(void **state)
{
    char  name[CIVIC_TURN_NAME + 1];

    (void) state;

    memset(name, 'n', CIVIC_TURN_NAME);
    name[CIVIC_TURN_NAME] = '\0';

    assert_int_equal(ask(0, 1, 9), CIVIC_TURN_HELD);
    assert_int_equal(civic_turns_ask(turns, &turn[1], two, "media", 1, 9),
                     CIVIC_TURN_HELD);
    assert_int_equal(civic_turns_ask(turns, &turn[2], one, "other", 1, 9),
                     CIVIC_TURN_HELD);
    assert_int_equal(civic_turns_ask(turns, &turn[3], one, name, 1, 9),
                     CIVIC_TURN_HELD);
    name[CIVIC_TURN_NAME - 1] = 'm';
    assert_int_equal(civic_turns_ask(turns, &turn[4], one, name, 1, 9),
                     CIVIC_TURN_HELD);

    assert_true(civic_turn_is(&turn[1], two, "media"));
    assert_false(civic_turn_is(&turn[1], one, "media"));
    assert_false(civic_turn_is(&turn[1], two, "medi"));
    assert_true(civic_turn_is(&turn[4], one, name));

    /* the name was copied, and a turn may be used for another */
    assert_int_equal(ask(5, 1, 9), CIVIC_TURN_WAITS);
    assert_true(civic_turn_is(&turn[5], one, "media"));
    civic_turns_leave(turns, &turn[5]);
    assert_int_equal(civic_turns_ask(turns, &turn[5], two, "media", 1, 9),
                     CIVIC_TURN_WAITS);
    assert_true(civic_turn_is(&turn[5], two, "media"));
    civic_turns_leave(turns, &turn[0]);
    assert_null(civic_turns_next(turns));
}


/* Any order of everything: never over the limit, never one too few, first
   come, first served. */
static void
test_at_random(void **state)
{
    size_t         i, step, last = 0, order[MANY], came = 0;
    const unsigned  limit = 7;
    civic_turn_t  *next;

    (void) state;
    srand(20260309);
    memset(order, 0, sizeof(order));

    for (step = 0; step < 100000; step++) {
        i = (size_t) rand() % 40;

        if (turn[i].line != NULL) {
            civic_turns_leave(turns, &turn[i]);

        } else if (ask(i, limit, 20) == CIVIC_TURN_WAITS) {
            order[i] = ++came;
        }

        while (rand() % 2 && (next = civic_turns_next(turns)) != NULL) {
            assert_true(order[next - turn] > last);
            last = order[next - turn];
        }

        assert_true(civic_turns_held(turns) <= limit);
        assert_true(civic_turns_waiting(turns) <= 20);
        assert_true(civic_turns_waiting(turns) == 0
                    || civic_turns_held(turns) == limit);
    }

    assert_true(came > 1000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nobody_gets_between, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_leaving_the_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_no_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits_change, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_names_and_owners, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_at_random, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
