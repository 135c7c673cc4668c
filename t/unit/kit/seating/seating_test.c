/*
 * seating_test.c - seats are given once, to everybody whom there is a place
 * for, in an order that does not depend on how they were asked for.
 *
 * What is right says a slow twin: it knows a list of names of places and looks
 * for the smallest again and again.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seating.h"

#define PEOPLE  240
#define ROOMS   12
#define PLACES  (ROOMS * CIVIC_SEATING_SEATS)
#define ROUNDS  60

static uint64_t  seed;


/* splitmix64: the same in each run */
static uint64_t
random_number(uint64_t below)
{
    uint64_t  z = seed += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;

    return (z ^ (z >> 31)) % below;
}


/* ---- what is looked at --------------------------------------------------- */

typedef struct {
    civic_seating_plan_t    plan;
    civic_seating_room_t    rooms[ROOMS];
    civic_seating_person_t  people[PEOPLE];
    size_t                  npeople;
    unsigned char           taken[PLACES];      /* by others */
} world_t;


static void
make_rooms(world_t *world)
{
    size_t  i, j, n = random_number(ROOMS + 1);

    for (i = 0; i < n; i++) {
        world->rooms[i].site = (unsigned) random_number(3) + 1;
        world->rooms[i].room = (unsigned) random_number(1000);
        world->rooms[i].seats = (unsigned) random_number(30) + 1;

        for (j = 0; j < i; j++) {
            if (world->rooms[j].site == world->rooms[i].site
                && world->rooms[j].room == world->rooms[i].room)
            {
                i--;
                break;
            }
        }
    }

    assert_int_equal(civic_seating_plan(&world->plan, "63", 2, world->rooms,
                                        n), 0);
}


static void
make_people(world_t *world)
{
    char    pid[32];
    size_t  i;

    world->npeople = random_number(PEOPLE + 1);

    for (i = 0; i < world->npeople; i++) {
        snprintf(pid, sizeof(pid), "pid-%zu", i);
        assert_int_equal(civic_seating_digest("exam", 4, "seed", 4, pid,
                                              strlen(pid),
                                              world->people[i].digest), 0);
        world->people[i].who = i;
        world->people[i].place = CIVIC_SEATING_NONE;
    }
}


static void
make_taken(world_t *world)
{
    size_t    i;
    uint32_t  place;

    for (place = 0; place < world->plan.places; place++) {
        world->taken[place] = random_number(4) == 0;
    }

    /* some have one already */
    for (i = 0; i < world->npeople && world->plan.places > 0; i++) {
        place = (uint32_t) random_number(world->plan.places);

        if (random_number(3) == 0 && !world->taken[place]) {
            world->taken[place] = 1;
            world->people[i].place = place;
        }
    }
}


static void
make_world(world_t *world)
{
    memset(world, 0, sizeof(world_t));
    make_rooms(world);
    make_people(world);
    make_taken(world);
}


/* ---- the slow twin ------------------------------------------------------- */

/* The smallest number of a seat that nobody has, or "". */
static void
twin_smallest(const world_t *world, char used[][CIVIC_SEATING_NUMBER],
    size_t nused, char *best)
{
    char      name[CIVIC_SEATING_NUMBER];
    size_t    i, j;
    unsigned  seat;

    best[0] = '\0';

    for (i = 0; i < world->plan.nrooms; i++) {
        for (seat = 1; seat <= world->rooms[i].seats; seat++) {
            snprintf(name, sizeof(name), "63%02u%03u%02u",
                     world->rooms[i].site % 100, world->rooms[i].room % 1000,
                     seat);

            for (j = 0; j < nused && strcmp(used[j], name) != 0; j++) {
                /* void */
            }

            if (j == nused && (!best[0] || strcmp(name, best) < 0)) {
                strcpy(best, name);
            }
        }
    }
}


/* who -> number, "" without one */
static void
twin(const world_t *world, char seats[][CIVIC_SEATING_NUMBER])
{
    size_t                         i, nused = 0;
    uint32_t                       place;
    static char                    used[PLACES + 1][CIVIC_SEATING_NUMBER];
    const civic_seating_person_t  *one, *next;

    for (place = 0; place < world->plan.places; place++) {
        if (world->taken[place]) {
            civic_seating_number(&world->plan, place, used[nused++]);
        }
    }

    for (i = 0; i < world->npeople; i++) {
        one = &world->people[i];
        strcpy(seats[one->who], "-");

        if (one->place >= 0) {
            civic_seating_number(&world->plan, (uint32_t) one->place,
                                 seats[one->who]);
        }
    }

    for ( ;; ) {
        next = NULL;

        for (i = 0; i < world->npeople; i++) {
            one = &world->people[i];

            if (seats[one->who][0] == '-'
                && (next == NULL || memcmp(one->digest, next->digest,
                                           CIVIC_SEATING_DIGEST) < 0))
            {
                next = one;
            }
        }

        if (next == NULL) {
            return;
        }

        twin_smallest(world, used, nused, seats[next->who]);

        if (seats[next->who][0] != '\0') {
            strcpy(used[nused++], seats[next->who]);
        }
    }
}


static void
is_as(const world_t *world, char seats[][CIVIC_SEATING_NUMBER])
{
    char                           number[CIVIC_SEATING_NUMBER];
    size_t                         i;
    const civic_seating_person_t  *one;

    for (i = 0; i < world->npeople; i++) {
        one = &world->people[i];
        number[0] = '\0';

        if (one->place >= 0) {
            civic_seating_number(&world->plan, (uint32_t) one->place,
                                 number);
        }

        assert_string_equal(number, seats[one->who]);
    }
}


/* ---- tests --------------------------------------------------------------- */

static void
test_all_at_once(void **state)
{
    int             round;
    size_t          i, missing;
    static char     seats[PEOPLE][CIVIC_SEATING_NUMBER];
    static world_t  world;

    (void) state;
    seed = 7;

    for (round = 0; round < ROUNDS; round++) {
        make_world(&world);
        twin(&world, seats);
        missing = 0;

        for (i = 0; i < world.npeople; i++) {
            missing += seats[i][0] == '\0';
        }

        assert_int_equal(civic_seating_assign(world.people, world.npeople, 0,
                                              world.taken,
                                              world.plan.places), missing);
        is_as(&world, seats);
    }
}


/* People in another order, places in windows, people in parts: the same. */
static void
test_in_parts(void **state)
{
    int                      round;
    size_t                   i, j, part, npart;
    uint32_t                 first, count;
    static char              seats[PEOPLE][CIVIC_SEATING_NUMBER];
    static world_t           world;
    civic_seating_person_t   swap;

    (void) state;
    seed = 11;

    for (round = 0; round < ROUNDS; round++) {
        make_world(&world);
        twin(&world, seats);

        for (i = world.npeople; i > 1; i--) {
            j = random_number(i);
            swap = world.people[i - 1];
            world.people[i - 1] = world.people[j];
            world.people[j] = swap;
        }

        /* as the job does it: sorted people, some at a time */
        (void) civic_seating_assign(world.people, world.npeople, 0,
                                    world.taken, 0);

        for (first = 0, part = 0; first < world.plan.places; first += count) {
            count = (uint32_t) random_number(40) + 1;

            if (count > world.plan.places - first) {
                count = world.plan.places - first;
            }

            while (part < world.npeople) {
                npart = random_number(20) + 1;
                npart = npart < world.npeople - part ? npart
                                                     : world.npeople - part;

                if (civic_seating_assign(world.people + part, npart, first,
                                         world.taken + first, count) > 0)
                {
                    break;
                }

                part += npart;
            }
        }

        is_as(&world, seats);
    }
}


/* Once more, with people who came later: nobody is moved. */
static void
test_again(void **state)
{
    int             round;
    size_t          i;
    int64_t         before[PEOPLE];
    static world_t  world;

    (void) state;
    seed = 13;

    for (round = 0; round < ROUNDS; round++) {
        make_world(&world);
        (void) civic_seating_assign(world.people, world.npeople / 2, 0,
                                    world.taken, world.plan.places);

        for (i = 0; i < world.npeople; i++) {
            before[world.people[i].who] = world.people[i].place;
        }

        (void) civic_seating_assign(world.people, world.npeople, 0,
                                    world.taken, world.plan.places);

        for (i = 0; i < world.npeople; i++) {
            if (before[world.people[i].who] >= 0) {
                assert_int_equal(world.people[i].place,
                                 before[world.people[i].who]);
            }
        }
    }
}


static void
test_numbers(void **state)
{
    char                   number[CIVIC_SEATING_NUMBER];
    uint32_t               place;
    civic_seating_seat_t   seat;
    civic_seating_plan_t   plan;
    civic_seating_room_t   rooms[] = {
        { 2, 1, 3, 0 }, { 1, 12, 30, 0 }, { 1, 2, 99, 0 }
    };

    (void) state;
    assert_int_equal(civic_seating_plan(&plan, "632026", 6, rooms, 3), 0);
    assert_int_equal(plan.places, 132);

    civic_seating_number(&plan, 0, number);
    assert_string_equal(number, "6320260100201");
    civic_seating_number(&plan, 99, number);
    assert_string_equal(number, "6320260101201");
    civic_seating_number(&plan, 131, number);
    assert_string_equal(number, "6320260200103");
    civic_seating_number(&plan, 132, number);
    assert_string_equal(number, "");

    for (place = 0; place < plan.places; place++) {
        civic_seating_number(&plan, place, number);
        assert_int_equal(civic_seating_find(&plan, number, strlen(number),
                                            &seat), 0);
        assert_int_equal(seat.place, place);
    }
}


static void
test_no_numbers(void **state)
{
    size_t                 i;
    civic_seating_seat_t   seat;
    civic_seating_plan_t   plan;
    civic_seating_room_t   rooms[] = { { 1, 2, 30, 0 } };

    static const char *const  wrong[] = {
        "", "63", "630100200", "630100231", "630100301", "630200201",
        "640100201", "6301002011", "63010020a", "63-100201"
    };

    (void) state;
    assert_int_equal(civic_seating_plan(&plan, "63", 2, rooms, 1), 0);
    assert_int_equal(civic_seating_find(&plan, "630100230", 9, &seat), 0);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_seating_find(&plan, wrong[i],
                                            strlen(wrong[i]), &seat), -1);
    }

    assert_int_equal(civic_seating_plan(&plan, "63", 2, NULL, 0), 0);
    assert_int_equal(plan.places, 0);
    assert_int_equal(civic_seating_find(&plan, "630100201", 9, &seat), -1);
}


static void
test_no_plans(void **state)
{
    size_t                i;
    civic_seating_plan_t  plan;

    static const struct {
        const char            *prefix;
        civic_seating_room_t   rooms[2];
    } wrong[] = {
        { "63", { { 1, 2, 3, 0 }, { 1, 2, 30, 0 } } },
        { "63", { { 100, 2, 3, 0 }, { 1, 2, 30, 0 } } },
        { "63", { { 1, 1000, 3, 0 }, { 1, 2, 30, 0 } } },
        { "63", { { 1, 1, 0, 0 }, { 1, 2, 30, 0 } } },
        { "63", { { 1, 1, 100, 0 }, { 1, 2, 30, 0 } } },
        { "6a", { { 1, 1, 9, 0 }, { 1, 2, 30, 0 } } },
        { "1234567890123", { { 1, 1, 9, 0 }, { 1, 2, 30, 0 } } },
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        civic_seating_room_t  rooms[2] = { wrong[i].rooms[0],
                                           wrong[i].rooms[1] };

        assert_int_equal(civic_seating_plan(&plan, wrong[i].prefix,
                                            strlen(wrong[i].prefix), rooms,
                                            2), -1);
    }
}


static void
test_digest(void **state)
{
    unsigned char  a[CIVIC_SEATING_DIGEST], b[CIVIC_SEATING_DIGEST];

    (void) state;
    assert_int_equal(civic_seating_digest("e", 1, "seed", 4, "pid", 3, a), 0);
    assert_int_equal(civic_seating_digest("e", 1, "seed", 4, "pid", 3, b), 0);
    assert_memory_equal(a, b, sizeof(a));

    /* another exam, another seed, another cut of the same characters */
    assert_int_equal(civic_seating_digest("f", 1, "seed", 4, "pid", 3, b), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_int_equal(civic_seating_digest("e", 1, "deed", 4, "pid", 3, b), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_int_equal(civic_seating_digest("es", 2, "eed", 3, "pid", 3, b), 0);
    assert_memory_not_equal(a, b, sizeof(a));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_in_parts),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_no_numbers),
        cmocka_unit_test(test_no_plans),
        cmocka_unit_test(test_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
