/*
 * fiber_guard_test.c - a stack that overflows must crash, not corrupt.
 *
 * Each overflow runs in a child, whose signal tells how it ended.
 * fiber_guard_ucontext_test.c runs the same over the other switch.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "fiber.h"

typedef struct {
    civic_fiber_t  *self;
    uintptr_t       stack;
} work_t;

static civic_fiber_pool_t  *pool;
static volatile char        sink;


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


static void
note_place(void *data)
{
    work_t  *work = data;

    work->stack = (uintptr_t) __builtin_frame_address(0);
    civic_fiber_suspend();
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
    work_t     work = { .stack = 0 };
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

    sink = (char) recurse(start);
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
    sink = frame[at];
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
    work_t               work = { .stack = 0 };
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


static void
what_was_used_is_given_back(void **state)
{
    size_t               before, pages;
    work_t               work = { .stack = 0 };
    civic_fiber_pool_t  *fresh;

    (void) state;

    fresh = civic_fiber_pool_create(0);
    work.self = civic_fiber_create(fresh, goes_deep, &work);
    civic_fiber_trim(work.self);            /* not begun: nothing */
    civic_fiber_resume(work.self);
    before = resident_pages(work.stack);
    civic_fiber_resume(work.self);
    assert_true(resident_pages(work.stack) >= before + 7);

    civic_fiber_trim(work.self);
    pages = resident_pages(work.stack);
#ifndef CIVIC_FIBER_UCONTEXT
    assert_true(pages <= before);
#else
    assert_true(pages >= before);
#endif

    /* its frames stand as they were */
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
        TEST(every_stack_has_a_guard),
        TEST(deep_recursion_is_a_segfault),
        TEST(one_big_frame_cannot_jump_the_guard),
        TEST(a_child_that_overflows_nothing_lives),
        TEST(the_depth_is_told_without_touching_pages),
        TEST(what_was_used_is_given_back),
#ifndef __SANITIZE_ADDRESS__
        TEST(running_out_is_told_and_passes),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
