/*
 * ctl_options_test.c - options stand anywhere among the words, and what is
 * not meant is refused.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctl_options.h"

static char  said[256];


/* What is taken of "--all", "--why TEXT" and two words, as
   "<all> <why> <first> <second>"; or "refused". */
static const char *
taken(const char *line)
{
    int          argc = 0, all = 0;
    char         copy[256], *argv[16], *word, *rest = copy;
    const char  *why = NULL, *first = NULL, *second = NULL;

    const ctl_option_t  options[] = {
        { "--all", NULL, &all },
        { NULL, &first, NULL },
        { "--why", &why, NULL },
        { NULL, &second, NULL },
    };

    (void) snprintf(copy, sizeof(copy), "%s", line);

    while ((word = strtok_r(rest, " ", &rest)) != NULL) {
        argv[argc++] = word;
    }

    if (CTL_OPTIONS(argc, argv, options) != 0) {
        return "refused";
    }

    (void) snprintf(said, sizeof(said), "%d %s %s %s", all,
                    why == NULL ? "." : why, first == NULL ? "." : first,
                    second == NULL ? "." : second);

    return said;
}


static void
test_any_order(void **state)
{
    (void) state;

    assert_string_equal(taken(""), "0 . . .");
    assert_string_equal(taken("a"), "0 . a .");
    assert_string_equal(taken("a b"), "0 . a b");
    assert_string_equal(taken("a --why c b --all"), "1 c a b");
    assert_string_equal(taken("--all --why c"), "1 c . .");
}


/* What follows a name is its value, whatever it looks like; "-" is a word. */
static void
test_values(void **state)
{
    (void) state;

    assert_string_equal(taken("--why --all"), "0 --all . .");
    assert_string_equal(taken("- --why -"), "0 - - .");
    assert_string_equal(taken("--all --all"), "1 . . .");
}


static void
test_refused(void **state)
{
    (void) state;

    assert_string_equal(taken("a b c"), "refused");
    assert_string_equal(taken("--other"), "refused");
    assert_string_equal(taken("-a"), "refused");
    assert_string_equal(taken("a --why"), "refused");
    assert_string_equal(taken("--why c --why d"), "refused");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
