/*
 * staff_record_test.c - names of staff accounts.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "staff_record.h"


static int
canonical(const char *name, char *out)
{
    return civic_staff_canonical(name, strlen(name), out);
}


static void
test_names(void **state)
{
    char         out[CIVIC_STAFF_CANONICAL];
    size_t       i;
    const char  *wrong[] = {
        "", "a", ".ab", "-ab", "_ab", "a b", " ab", "ab ", "a/b", "王芳",
        "a\xff", "abcdefghijklmnopqrstuvwxyz0123456", "ab:cd", "ab\n",
    };

    (void) state;

    assert_int_equal(canonical("Wang.Fang-2_x", out), 19);
    assert_string_equal(out, "staff:wang.fang-2_x");
    assert_int_equal(canonical("ＷＡＮＧ００７", out), 13);
    assert_string_equal(out, "staff:wang007");
    assert_int_equal(canonical("abcdefghijklmnopqrstuvwxyz012345", out), 38);
    assert_int_equal(canonical("63", out), 8);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(canonical(wrong[i], out), -1);
    }

    assert_int_equal(civic_staff_canonical("ab\0cd", 5, out), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
