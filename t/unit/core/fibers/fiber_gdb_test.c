/*
 * fiber_gdb_test.c - the debugger sees into suspended fibers.
 *
 * The test starts itself again under gdb, in a mode that suspends fibers and
 * stops, and reads what tools/gdb/civic_fibers.py shows.  To be run from the
 * top of the tree; skipped where gdb is not installed.
 */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fiber.h"

#define SCRIPT  "tools/gdb/civic_fibers.py"

static volatile int  sink;


__attribute__((noinline))
static void
waits_for_an_answer(int depth)
{
    if (depth > 0) {
        waits_for_an_answer(depth - 1);

    } else {
        civic_fiber_suspend();
    }

    sink++;
}


__attribute__((noinline))
static void
stops_on_main(void *data)
{
    (void) data;

    raise(SIGTRAP);
    sink++;
}


static void
first_handler(void *data)
{
    (void) data;

    waits_for_an_answer(3);
}


static void
second_handler(void *data)
{
    civic_fiber_on_main(stops_on_main, data);
    sink++;
}


static void
has_not_run(void *data)
{
    (void) data;
}


static int
be_debugged(void)
{
    civic_fiber_t       *fibers[3];
    civic_fiber_pool_t  *pool;

    pool = civic_fiber_pool_create(4);
    fibers[0] = civic_fiber_create(pool, first_handler, NULL);
    fibers[1] = civic_fiber_create(pool, second_handler, NULL);
    fibers[2] = civic_fiber_create(pool, has_not_run, NULL);

    civic_fiber_resume(fibers[0]);
    civic_fiber_resume(fibers[1]);
    civic_fiber_resume(fibers[0]);
    civic_fiber_resume(fibers[2]);
    civic_fiber_pool_destroy(pool);

    return 0;
}


static size_t
count(const char *text, const char *word)
{
    size_t  n = 0;

    while ((text = strstr(text, word)) != NULL) {
        text++;
        n++;
    }

    return n;
}


static void
run_gdb(const char *commands, char *out, size_t size)
{
    char      self[512], command[2048];
    FILE     *gdb;
    size_t    len;
    ssize_t   n;

    n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    assert_true(n > 0);
    self[n] = '\0';

    snprintf(command, sizeof(command),
             "ASAN_OPTIONS=detect_leaks=0 gdb -nx -batch -ex run -x %s %s "
             "--args '%s' be-debugged 2>&1 </dev/null", SCRIPT, commands,
             self);

    gdb = popen(command, "r");
    assert_non_null(gdb);
    len = fread(out, 1, size - 1, gdb);
    out[len] = '\0';
    pclose(gdb);
}


static void
fibers_are_listed_and_traced(void **state)
{
    char  out[65536];

    (void) state;

    if (system("command -v gdb >/dev/null 2>&1") != 0) {
        skip();
    }

    run_gdb("-ex 'civic-fibers bt' -ex 'echo ----' -ex bt", out, sizeof(out));

    if (strstr(out, "3 live fibers") == NULL) {
        print_error("%s\n", out);
    }

    assert_non_null(strstr(out, "3 live fibers"));
    assert_non_null(strstr(out, "suspended  first_handler("));
    assert_non_null(strstr(out, "on main    second_handler("));
    assert_non_null(strstr(out, "new        has_not_run("));

    assert_int_equal(count(out, "waits_for_an_answer ("), 4);
    assert_true(count(out, "civic_fiber_main (") >= 2);

    /* afterwards the thread's own stack is what it was */
    assert_non_null(strstr(strstr(out, "----"), "stops_on_main"));
    assert_non_null(strstr(strstr(out, "----"), "be_debugged"));
    assert_null(strstr(strstr(out, "----"), "waits_for_an_answer"));
}


static void
mistakes_are_named(void **state)
{
    char  out[65536];

    (void) state;

    if (system("command -v gdb >/dev/null 2>&1") != 0) {
        skip();
    }

    run_gdb("-ex 'civic-fibers bt 0x10'", out, sizeof(out));
    assert_non_null(strstr(out, "no live fiber at 0x10"));

    run_gdb("-ex 'civic-fibers nonsense'", out, sizeof(out));
    assert_non_null(strstr(out, "usage: civic-fibers"));
}


int
main(int argc, char **argv)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(fibers_are_listed_and_traced),
        cmocka_unit_test(mistakes_are_named),
    };

    if (argc == 2 && strcmp(argv[1], "be-debugged") == 0) {
        return be_debugged();
    }

    return cmocka_run_group_tests(tests, NULL, NULL);
}
