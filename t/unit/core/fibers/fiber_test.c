/*
 * fiber_test.c - how fibers run, wait, call home and end, one and thousands.
 *
 * fiber_guard_test.c tests their stacks; fiber_ucontext_test.c runs the same
 * tests as here over the other switch.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <execinfo.h>
#include <fenv.h>
#include <float.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND  0
#endif

#include "fiber.h"

/* Figures mean nothing where a checker does the work. */
#ifdef __SANITIZE_ADDRESS__
#define MEASURED  0
#else
#define MEASURED  (!RUNNING_ON_VALGRIND)
#endif

#define MANY  5000

#ifdef CIVIC_FIBER_UCONTEXT
#define MEMORY_LIMIT  9000
#define TIME_LIMIT    20000
#else
#define MEMORY_LIMIT  4400
#define TIME_LIMIT    1000
#endif

typedef struct {
    civic_fiber_t  *self;
    civic_fiber_t  *other;
    int             steps;
    int             seen;
    int             aborted;
    uintptr_t       stack;
} work_t;

static civic_fiber_pool_t  *pool;


static int
setup(void **state)
{
    (void) state;

    pool = civic_fiber_pool_create(16);

    return pool == NULL ? -1 : 0;
}


static int
teardown(void **state)
{
    (void) state;

    civic_fiber_pool_destroy(pool);

    return 0;
}


static int
on_main_stack(void)
{
    void            *low;
    size_t           size;
    uintptr_t        here;
    pthread_attr_t   attr;

    here = (uintptr_t) __builtin_frame_address(0);
    pthread_getattr_np(pthread_self(), &attr);
    pthread_attr_getstack(&attr, &low, &size);
    pthread_attr_destroy(&attr);

    return here >= (uintptr_t) low && here < (uintptr_t) low + size;
}


/* ---- life -------------------------------------------------------------- */

static void
three_steps(void *data)
{
    work_t  *work = data;

    assert_ptr_equal(civic_fiber_current(), work->self);
    assert_false(on_main_stack());

    for (work->steps = 1; work->steps < 4; work->steps++) {
        civic_fiber_suspend();
        assert_ptr_equal(civic_fiber_current(), work->self);
    }
}


static void
runs_suspends_ends(void **state)
{
    int     i;
    work_t  work = { .steps = 0 };

    (void) state;

    work.self = civic_fiber_create(pool, three_steps, &work);
    assert_non_null(work.self);
    assert_int_equal(work.steps, 0);
    assert_null(civic_fiber_current());

    for (i = 1; i < 4; i++) {
        assert_int_equal(civic_fiber_resume(work.self), 1);
        assert_int_equal(work.steps, i);
        assert_null(civic_fiber_current());
    }

    assert_int_equal(civic_fiber_resume(work.self), 0);
    assert_int_equal(work.steps, 4);
}


static void
suspending_the_main_stack_does_nothing(void **state)
{
    (void) state;

    civic_fiber_suspend();
    assert_null(civic_fiber_current());
}


static void
note_place(void *data)
{
    work_t  *work = data;

    work->stack = (uintptr_t) __builtin_frame_address(0);
    civic_fiber_suspend();
}


static void
run_to_end(civic_fiber_pt fn, work_t *work)
{
    work->self = civic_fiber_create(pool, fn, work);
    assert_non_null(work->self);

    while (civic_fiber_resume(work->self)) {
        /* it has more to do */
    }
}


static size_t
count_mappings(void)
{
    int      c;
    size_t   lines = 0;
    FILE    *maps;

    maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);

    while ((c = fgetc(maps)) != EOF) {
        lines += c == '\n';
    }

    fclose(maps);

    return lines;
}


static void
stacks_are_used_again(void **state)
{
    int     i;
    work_t  first = { .steps = 0 }, next = { .steps = 0 };

    (void) state;

    run_to_end(note_place, &first);

    for (i = 0; i < 100; i++) {
        run_to_end(note_place, &next);
        assert_int_equal(next.stack, first.stack);
    }
}


static void
no_more_stacks_are_kept_than_asked(void **state)
{
    size_t               i, before, during;
    work_t               work[40] = { { .steps = 0 } };
    civic_fiber_pool_t  *small;

    (void) state;

    small = civic_fiber_pool_create(2);
    before = count_mappings();

    for (i = 0; i < 40; i++) {
        work[i].self = civic_fiber_create(small, note_place, &work[i]);
        assert_int_equal(civic_fiber_resume(work[i].self), 1);
    }

    during = count_mappings();
    assert_true(during >= before + 70);

    for (i = 0; i < 40; i++) {
        assert_int_equal(civic_fiber_resume(work[i].self), 0);
    }

    /* two kept, and what the sanitizer or the library mapped meanwhile */
    assert_true(!MEASURED || count_mappings() <= before + 4 + 20);
    civic_fiber_pool_destroy(small);
}


static void
a_pool_outlives_its_destruction_while_fibers_live(void **state)
{
    work_t               work[2] = { { .steps = 0 } };
    civic_fiber_pool_t  *short_lived;

    (void) state;

    short_lived = civic_fiber_pool_create(4);
    work[0].self = civic_fiber_create(short_lived, three_steps, &work[0]);
    work[1].self = civic_fiber_create(short_lived, three_steps, &work[1]);
    civic_fiber_resume(work[0].self);
    civic_fiber_pool_destroy(short_lived);

    while (civic_fiber_resume(work[0].self)) {
        /* it has more to do */
    }

    while (civic_fiber_resume(work[1].self)) {
        /* it has more to do */
    }

    assert_int_equal(work[0].steps, 4);
    assert_int_equal(work[1].steps, 4);
    civic_fiber_pool_destroy(NULL);
}


/* ---- the main stack ---------------------------------------------------- */

static void
check_main(void *data)
{
    work_t  *work = data;

    assert_null(civic_fiber_current());
    assert_true(on_main_stack());
    work->seen++;
}


static void
visits_main(void *data)
{
    int      i;
    work_t  *work = data;

    for (i = 1; i <= 100; i++) {
        civic_fiber_on_main(check_main, work);
        assert_int_equal(work->seen, i);
        assert_ptr_equal(civic_fiber_current(), work->self);
        assert_false(on_main_stack());
    }
}


static void
on_main_runs_there_and_comes_back(void **state)
{
    work_t  work = { .steps = 0 };

    (void) state;

    run_to_end(visits_main, &work);
    assert_int_equal(work.seen, 100);

    civic_fiber_on_main(check_main, &work);
    assert_int_equal(work.seen, 101);
}


static void nested(void *data);


static void
nest_on_main(void *data)
{
    work_t  *work = data, child = { .steps = work->steps - 1 };

    assert_true(on_main_stack());
    assert_null(civic_fiber_current());

    /* a plain call: this is the main stack already */
    civic_fiber_on_main(check_main, work);

    if (work->steps > 0) {
        child.self = civic_fiber_create(pool, nested, &child);
        assert_int_equal(civic_fiber_resume(child.self), 1);
        assert_null(civic_fiber_current());
        assert_int_equal(civic_fiber_resume(child.self), 0);
        work->seen += child.seen;
    }
}


static void
nested(void *data)
{
    work_t  *work = data;

    civic_fiber_on_main(nest_on_main, work);
    assert_ptr_equal(civic_fiber_current(), work->self);
    civic_fiber_suspend();
    civic_fiber_on_main(check_main, work);
}


static void
on_main_nests(void **state)
{
    work_t  work = { .steps = 50 };

    (void) state;

    run_to_end(nested, &work);
    assert_int_equal(work.seen, 51 * 2);
}


static void
resume_itself(void *data)
{
    work_t  *work = data;

    assert_int_equal(civic_fiber_resume(work->self), 1);
    work->seen++;
}


static void
wakes_itself(void *data)
{
    work_t  *work = data;

    civic_fiber_on_main(resume_itself, work);
    assert_int_equal(work->seen, 1);
    assert_int_equal(civic_fiber_resume(work->self), 1);
    assert_ptr_equal(civic_fiber_current(), work->self);
    work->seen++;
}


static void
a_fiber_inside_on_main_is_not_resumed(void **state)
{
    work_t  work = { .steps = 0 };

    (void) state;

    run_to_end(wakes_itself, &work);
    assert_int_equal(work.seen, 2);
}


static void
wakes_another(void *data)
{
    work_t  *work = data;

    assert_int_equal(civic_fiber_resume(work->other), 1);
    assert_int_equal(civic_fiber_resume(work->other), 1);
    assert_int_equal(civic_fiber_resume(work->other), 1);
    assert_int_equal(civic_fiber_resume(work->other), 0);
    assert_ptr_equal(civic_fiber_current(), work->self);
}


static void
a_fiber_may_resume_another(void **state)
{
    work_t  work = { .steps = 0 }, other = { .steps = 0 };

    (void) state;

    other.self = civic_fiber_create(pool, three_steps, &other);
    work.other = other.self;
    run_to_end(wakes_another, &work);
    assert_int_equal(other.steps, 4);
}


/* ---- what a switch must keep ------------------------------------------- */

/* fegetround() may look at one of the two units only: so calculate. */
static int
rounding(void)
{
    volatile double       sum = 1;
    volatile long double  long_sum = 1;

    sum = sum + DBL_EPSILON / 4;
    long_sum = long_sum + LDBL_EPSILON / 4;

    if ((sum > 1) != (long_sum > 1)) {
        return -1;
    }

    return sum > 1 ? FE_UPWARD : FE_TONEAREST;
}


static void
rounds_upward(void *data)
{
    work_t  *work = data;

    assert_int_equal(rounding(), FE_TONEAREST);
    fesetround(FE_UPWARD);
    civic_fiber_suspend();
    work->seen = rounding();
    civic_fiber_on_main(check_main, work);
    assert_int_equal(rounding(), FE_UPWARD);
}


static void
floating_point_modes_stay_with_their_stack(void **state)
{
    work_t  work = { .steps = 0 }, fresh = { .steps = 0 };

    (void) state;

    /* it has no 80-bit unit and rounds its own way */
    if (RUNNING_ON_VALGRIND) {
        skip();
    }

    work.self = civic_fiber_create(pool, rounds_upward, &work);
    assert_int_equal(civic_fiber_resume(work.self), 1);
    assert_int_equal(rounding(), FE_TONEAREST);

    fresh.self = civic_fiber_create(pool, rounds_upward, &fresh);
    assert_int_equal(civic_fiber_resume(fresh.self), 1);
    assert_int_equal(rounding(), FE_TONEAREST);

    assert_int_equal(civic_fiber_resume(work.self), 0);
    assert_int_equal(work.seen, FE_UPWARD + 1);
    assert_int_equal(civic_fiber_resume(fresh.self), 0);
    assert_int_equal(rounding(), FE_TONEAREST);
}


/* Enough values at once to fill every register that a call must keep. */
static uint64_t
mix(uint64_t seed, int suspend)
{
    int       i;
    uint64_t  a = seed, b = seed * 3, c = seed * 5, d = seed * 7;
    uint64_t  e = seed * 11, f = seed * 13, g = seed * 17, h = seed * 19;

    for (i = 0; i < 50; i++) {
        a += b ^ h;
        b = (b << 7 | b >> 57) + c;
        c ^= d + a;
        d = (d << 13 | d >> 51) ^ e;
        e += f * 31;
        f ^= g + b;
        g = (g << 17 | g >> 47) + h;
        h ^= a + (uint64_t) i;

        if (suspend) {
            civic_fiber_suspend();
        }
    }

    return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}


typedef struct {
    uint64_t  seed;
    uint64_t  sum;
} mix_t;


static void
mixes(void *data)
{
    mix_t  *work = data;

    work->sum = mix(work->seed, 1);
}


static void
registers_stay_with_their_stack(void **state)
{
    int             i, more;
    mix_t           work[10];
    civic_fiber_t  *fibers[10];

    (void) state;

    for (i = 0; i < 10; i++) {
        work[i].seed = (uint64_t) i * 0x9e3779b97f4a7c15u + 1;
        fibers[i] = civic_fiber_create(pool, mixes, &work[i]);
    }

    for (more = 1; more; /* void */ ) {
        for (i = 0; i < 10; i++) {
            more = civic_fiber_resume(fibers[i]);
        }
    }

    for (i = 0; i < 10; i++) {
        assert_int_equal(work[i].sum, mix(work[i].seed, 0));
    }
}


static void
traces_back(void *data)
{
    void    *frames[64];
    work_t  *work = data;

    work->seen = backtrace(frames, 64);
    civic_fiber_suspend();
    work->steps = backtrace(frames, 64);
}


static void
a_backtrace_ends(void **state)
{
    work_t  work = { .steps = 0 };

    (void) state;

    run_to_end(traces_back, &work);

    /* the function, the fiber's first frame, and where it began; a checker
       puts some of its own before them */
    assert_in_range(work.seen, 2, MEASURED ? 3 : 6);
    assert_int_equal(work.steps, work.seen);
}


/* ---- many -------------------------------------------------------------- */

static size_t
resident_bytes(void)
{
    long   total, resident;
    FILE  *statm;

    statm = fopen("/proc/self/statm", "r");
    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%ld %ld", &total, &resident), 2);
    fclose(statm);

    return (size_t) resident * (size_t) sysconf(_SC_PAGESIZE);
}


/* A handler with two waits, that unwinds when its request is gone. */
static void
waits_twice(void *data)
{
    int      i;
    work_t  *work = data;

    for (i = 0; i < 2; i++) {
        civic_fiber_suspend();

        if (work->aborted) {
            work->seen = -1;
            return;
        }

        work->steps += work->seen;
    }
}


static void
five_thousand_at_once(void **state)
{
    int      i, at;
    size_t   before, each;
    work_t  *work;

    (void) state;

    work = calloc(MANY, sizeof(work_t));
    assert_non_null(work);
    before = resident_bytes();

    for (i = 0; i < MANY; i++) {
        work[i].seen = i;
        work[i].self = civic_fiber_create(pool, waits_twice, &work[i]);
        assert_non_null(work[i].self);
        assert_int_equal(civic_fiber_resume(work[i].self), 1);
    }

    each = (resident_bytes() - before) / MANY;
    print_message("fiber: %zu bytes for each suspended one\n", each);
    assert_true(!MEASURED || each <= MEMORY_LIMIT);

    for (i = 0; i < MANY; i++) {
        at = (int) ((unsigned) i * 2731u % MANY);
        assert_int_equal(civic_fiber_resume(work[at].self), 1);
    }

    for (i = 0; i < MANY; i++) {
        at = (int) ((unsigned) i * 1237u % MANY);
        work[at].aborted = at % 2;
        assert_int_equal(civic_fiber_resume(work[at].self), 0);
    }

    for (i = 0; i < MANY; i++) {
        assert_int_equal(work[i].seen, i % 2 ? -1 : i);
        assert_int_equal(work[i].steps, i % 2 ? i : 2 * i);
    }

    free(work);
}


static void
all_unwind_when_all_clients_leave(void **state)
{
    int      i, unwound = 0;
    work_t  *work;

    (void) state;

    work = calloc(MANY, sizeof(work_t));
    assert_non_null(work);

    for (i = 0; i < MANY; i++) {
        work[i].self = civic_fiber_create(pool, waits_twice, &work[i]);
        assert_int_equal(civic_fiber_resume(work[i].self), 1);
    }

    for (i = 0; i < MANY; i++) {
        work[i].aborted = 1;
        unwound += civic_fiber_resume(work[i].self) == 0;
    }

    assert_int_equal(unwound, MANY);
    free(work);
}


static void
suspends_for_ever(void *data)
{
    work_t  *work = data;

    while (!work->aborted) {
        civic_fiber_suspend();
    }
}


static void
a_switch_is_quick(void **state)
{
    int              i;
    double           ns;
    work_t           work = { .steps = 0 };
    struct timespec  t0, t1;

    (void) state;

    work.self = civic_fiber_create(pool, suspends_for_ever, &work);
    clock_gettime(CLOCK_MONOTONIC, &t0);

    for (i = 0; i < 200000; i++) {
        civic_fiber_resume(work.self);
    }

    clock_gettime(CLOCK_MONOTONIC, &t1);
    ns = ((double) (t1.tv_sec - t0.tv_sec) * 1e9
          + (double) (t1.tv_nsec - t0.tv_nsec)) / 200000;
    print_message("fiber: %.0f ns a pair of switches\n", ns);
    assert_true(!MEASURED || ns < TIME_LIMIT);

    work.aborted = 1;
    assert_int_equal(civic_fiber_resume(work.self), 0);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(runs_suspends_ends),
        TEST(suspending_the_main_stack_does_nothing),
        TEST(stacks_are_used_again),
        TEST(no_more_stacks_are_kept_than_asked),
        TEST(a_pool_outlives_its_destruction_while_fibers_live),
        TEST(on_main_runs_there_and_comes_back),
        TEST(on_main_nests),
        TEST(a_fiber_inside_on_main_is_not_resumed),
        TEST(a_fiber_may_resume_another),
        TEST(floating_point_modes_stay_with_their_stack),
        TEST(registers_stay_with_their_stack),
        TEST(a_backtrace_ends),
        TEST(five_thousand_at_once),
        TEST(all_unwind_when_all_clients_leave),
        TEST(a_switch_is_quick),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
