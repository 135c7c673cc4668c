/*
 * fiber_test.c - stacks of their own, and every trap that they are known for.
 *
 * fiber_ucontext_test.c runs the same tests over the other switch.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <execinfo.h>
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "fiber.h"

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
static char                 main_low[1];


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
    assert_true(count_mappings() <= before + 4 + 20);
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

static void
rounds_upward(void *data)
{
    work_t  *work = data;

    assert_int_equal(fegetround(), FE_TONEAREST);
    fesetround(FE_UPWARD);
    civic_fiber_suspend();
    work->seen = fegetround();
    civic_fiber_on_main(check_main, work);
    assert_int_equal(fegetround(), FE_UPWARD);
}


static void
floating_point_modes_stay_with_their_stack(void **state)
{
    work_t  work = { .steps = 0 }, fresh = { .steps = 0 };

    (void) state;

    work.self = civic_fiber_create(pool, rounds_upward, &work);
    assert_int_equal(civic_fiber_resume(work.self), 1);
    assert_int_equal(fegetround(), FE_TONEAREST);

    fresh.self = civic_fiber_create(pool, rounds_upward, &fresh);
    assert_int_equal(civic_fiber_resume(fresh.self), 1);
    assert_int_equal(fegetround(), FE_TONEAREST);

    assert_int_equal(civic_fiber_resume(work.self), 0);
    assert_int_equal(work.seen, FE_UPWARD + 1);
    assert_int_equal(civic_fiber_resume(fresh.self), 0);
    assert_int_equal(fegetround(), FE_TONEAREST);
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

    /* the function, the fiber's first frame, and where it began */
    assert_in_range(work.seen, 2, 6);
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
    memset(work, 0, MANY * sizeof(work_t));
    before = resident_bytes();

    for (i = 0; i < MANY; i++) {
        work[i].seen = i;
        work[i].self = civic_fiber_create(pool, waits_twice, &work[i]);
        assert_non_null(work[i].self);
        assert_int_equal(civic_fiber_resume(work[i].self), 1);
    }

    each = (resident_bytes() - before) / MANY;
    print_message("fiber: %zu bytes for each suspended one\n", each);
#ifndef __SANITIZE_ADDRESS__
    assert_true(each <= MEMORY_LIMIT);
#endif

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
#ifndef __SANITIZE_ADDRESS__
    assert_true(ns < TIME_LIMIT);
#endif

    work.aborted = 1;
    assert_int_equal(civic_fiber_resume(work.self), 0);
}


/* ---- the guard --------------------------------------------------------- */

typedef struct {
    uintptr_t  low;
    uintptr_t  high;
    char       access[5];
} mapping_t;


/* The mapping that holds an address, and the one just below it. */
static int
find_mappings(uintptr_t address, mapping_t *here, mapping_t *below)
{
    char        line[512];
    FILE       *maps;
    mapping_t   now;

    maps = fopen("/proc/self/maps", "r");
    memset(below, 0, sizeof(*below));

    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx %4s", &now.low, &now.high, now.access)
            != 3)
        {
            continue;
        }

        if (address >= now.low && address < now.high) {
            fclose(maps);
            *here = now;
            return 1;
        }

        *below = now;
    }

    if (maps != NULL) {
        fclose(maps);
    }

    return 0;
}


static void
every_stack_has_a_guard(void **state)
{
    work_t     work = { .steps = 0 };
    mapping_t  here, below;

    (void) state;

    work.self = civic_fiber_create(pool, note_place, &work);
    civic_fiber_resume(work.self);

    assert_true(find_mappings(work.stack, &here, &below));
    assert_string_equal(here.access, "rw-p");
    assert_int_equal(here.high - here.low, CIVIC_FIBER_STACK);
    assert_string_equal(below.access, "---p");
    assert_int_equal(below.high, here.low);
    assert_true(below.high - below.low >= CIVIC_FIBER_GUARD);

    civic_fiber_resume(work.self);
}


/* Runs fn on a fiber in a child; the signal that ended it, or 0. */
static int
signal_of_child(civic_fiber_pt fn)
{
    int            status;
    pid_t          pid;
    struct rlimit  none = { 0, 0 };

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        civic_fiber_resume(civic_fiber_create(pool, fn, NULL));
        _exit(0);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    if (WIFEXITED(status)) {
        assert_int_equal(WEXITSTATUS(status), 0);
    }

    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}


#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"

__attribute__((noinline))
static int
recurse(volatile char *above)
{
    volatile char  frame[1000];

    frame[0] = (char) (above[0] + 1);

    return recurse(frame) + frame[0];
}

#pragma GCC diagnostic pop


static void
recurses(void *data)
{
    volatile char  start[1] = { 1 };

    (void) data;

    main_low[0] = (char) recurse(start);
}


static void
deep_recursion_is_a_segfault(void **state)
{
    (void) state;

    assert_int_equal(signal_of_child(recurses), SIGSEGV);
}


#define BIG_FRAME  (CIVIC_FIBER_STACK + CIVIC_FIBER_GUARD + 64 * 1024)

/* Touches nothing but its far end, which lies beyond the guard. */
__attribute__((noinline))
static void
one_big_frame(int at)
{
    volatile char  frame[BIG_FRAME];

    frame[at] = 1;
    main_low[0] = frame[at];
}


/* Puts memory that may be written below the guard, where a neighbour's stack
   often lies: only then does a jump over the guard go unnoticed. */
static void
jumps_the_guard(void *data)
{
    void       *under;
    size_t      size = 256 * 1024;
    mapping_t   here, guard;

    (void) data;

    if (!find_mappings((uintptr_t) __builtin_frame_address(0), &here, &guard))
    {
        _exit(2);
    }

    under = mmap((void *) (here.low - CIVIC_FIBER_GUARD - size), size,
                 PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (under == MAP_FAILED) {
        _exit(3);
    }

    one_big_frame(100);
}


static void
one_big_frame_cannot_jump_the_guard(void **state)
{
    (void) state;

    assert_int_equal(signal_of_child(jumps_the_guard), SIGSEGV);
}


static void
does_nothing(void *data)
{
    (void) data;
}


static void
a_child_that_overflows_nothing_lives(void **state)
{
    (void) state;

    assert_int_equal(signal_of_child(does_nothing), 0);
}


/* ---- how deep ---------------------------------------------------------- */

__attribute__((noinline))
static void
use_bytes(size_t bytes)
{
    char           frame[3000];
    volatile char *touch = frame;

    memset(frame, 0x5a, sizeof(frame));

    if (bytes > sizeof(frame)) {
        use_bytes(bytes - sizeof(frame));
    }

    touch[0] = touch[1];
}


static void
goes_deep(void *data)
{
    work_t  *work = data;

    work->stack = (uintptr_t) __builtin_frame_address(0);
    civic_fiber_suspend();
    use_bytes(30000);
    civic_fiber_suspend();
}


static size_t
resident_pages(uintptr_t address)
{
    size_t         i, page, pages = 0;
    mapping_t      here, below;
    unsigned char  resident[CIVIC_FIBER_STACK / 4096];

    page = (size_t) sysconf(_SC_PAGESIZE);
    assert_true(find_mappings(address, &here, &below));
    assert_int_equal(mincore((void *) here.low, here.high - here.low,
                             resident), 0);

    for (i = 0; i < (here.high - here.low) / page; i++) {
        pages += resident[i] & 1;
    }

    return pages;
}


static void
the_depth_is_told_without_touching_pages(void **state)
{
    size_t               used, pages;
    work_t               work = { .steps = 0 };
    civic_fiber_pool_t  *fresh;

    (void) state;

    fresh = civic_fiber_pool_create(0);
    work.self = civic_fiber_create(fresh, goes_deep, &work);
    civic_fiber_resume(work.self);

    pages = resident_pages(work.stack);
    used = civic_fiber_stack_used(work.self);
    assert_in_range(used, 16, 6000);
    assert_int_equal(resident_pages(work.stack), pages);

    civic_fiber_resume(work.self);
    pages = resident_pages(work.stack);
    used = civic_fiber_stack_used(work.self);
    print_message("fiber: %zu bytes after 30,000 in frames\n", used);
    assert_in_range(used, 30000, 60000);
    assert_int_equal(resident_pages(work.stack), pages);

    assert_int_equal(civic_fiber_resume(work.self), 0);
    civic_fiber_pool_destroy(fresh);
}


/* ---- without memory ---------------------------------------------------- */

#ifndef __SANITIZE_ADDRESS__

static void
take_until_none(void)
{
    int                  i;
    struct rlimit        limit = { 256 * 1024 * 1024, 256 * 1024 * 1024 };
    civic_fiber_t       *fibers[4000];
    civic_fiber_pool_t  *small;

    small = civic_fiber_pool_create(0);
    setrlimit(RLIMIT_AS, &limit);

    for (i = 0; i < 4000; i++) {
        fibers[i] = civic_fiber_create(small, does_nothing, NULL);

        if (fibers[i] == NULL) {
            break;
        }
    }

    if (i < 100 || i == 4000) {
        _exit(2);
    }

    while (i-- > 0) {
        if (civic_fiber_resume(fibers[i]) != 0) {
            _exit(3);
        }
    }

    _exit(civic_fiber_create(small, does_nothing, NULL) == NULL ? 4 : 0);
}


static void
running_out_is_told_and_passes(void **state)
{
    int    status;
    pid_t  pid;

    (void) state;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        take_until_none();
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

#endif


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
        TEST(every_stack_has_a_guard),
        TEST(deep_recursion_is_a_segfault),
        TEST(one_big_frame_cannot_jump_the_guard),
        TEST(a_child_that_overflows_nothing_lives),
        TEST(the_depth_is_told_without_touching_pages),
#ifndef __SANITIZE_ADDRESS__
        TEST(running_out_is_told_and_passes),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
