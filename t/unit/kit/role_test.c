/*
 * role_test.c - names of roles, and sets of them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "role.h"

#define REVIEWER  0x0004u
#define OFFICE    0x0080u


static void
test_names(void **state)
{
    size_t       i;
    unsigned     role, all = 0;
    const char  *name;

    (void) state;

    for (i = 0; (name = civic_role_at(i, &role)) != NULL; i++) {
        assert_int_equal(civic_role_parse(name, strlen(name)), role);
        assert_int_equal(civic_role_parse(name, strlen(name) - 1), 0);
        all |= role;
    }

    assert_int_equal(i, 9);
    assert_int_equal(all, CIVIC_ROLE_CITIZEN | CIVIC_ROLE_STAFF
                          | CIVIC_ROLE_VISITOR);
    assert_int_equal(civic_role_parse("office", 6), OFFICE);
    assert_int_equal(civic_role_parse("", 0), 0);
    assert_int_equal(civic_role_parse("Office", 6), 0);
}


static void
test_sets(void **state)
{
    char         text[CIVIC_ROLES_TEXT];
    size_t       i, len;
    const char  *wrong[] = { "", ",", "office,", ",office", "office,office",
                             "office, reviewer", "citizen", "office,citizen",
                             "boss" };

    (void) state;

    assert_int_equal(civic_roles_parse("office,reviewer", 15),
                     OFFICE | REVIEWER);
    assert_int_equal(civic_roles_format(OFFICE | REVIEWER, text), 15);
    assert_string_equal(text, "reviewer,office");

    len = civic_roles_format(~0u, text);
    assert_int_equal(len, strlen(text));
    assert_true(strlen(text) < CIVIC_ROLES_TEXT);
    assert_int_equal(civic_roles_parse(text, strlen(text)),
                     CIVIC_ROLE_STAFF);
    assert_int_equal(civic_roles_format(CIVIC_ROLE_CITIZEN, text), 0);
    assert_string_equal(text, "");

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_roles_parse(wrong[i], strlen(wrong[i])), 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
