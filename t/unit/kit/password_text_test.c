/*
 * password_text_test.c - shapes of passwords, and passwords that are made.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "password_text.h"


static void
test_shape(void **state)
{
    civic_password_shape_t  shape;
    const char             *text = "aaB9-湖湖é";

    (void) state;

    civic_password_shape(text, strlen(text), &shape);
    assert_int_equal(shape.length, 8);
    assert_int_equal(shape.distinct, 6);
    assert_int_equal(shape.lower, 2);
    assert_int_equal(shape.upper, 1);
    assert_int_equal(shape.digits, 1);
    assert_int_equal(shape.others, 4);

    civic_password_shape("", 0, &shape);
    assert_int_equal(shape.length, 0);
    assert_int_equal(shape.distinct, 0);

    civic_password_shape("a\0b", 3, &shape);
    assert_int_equal(shape.length, 3);
    civic_password_shape("\xff", 1, &shape);
    assert_int_equal(shape.length, -1);
}


static void
test_has(void **state)
{
    (void) state;

    assert_true(civic_password_has("x-wang.fang-1", 13, "wang.fang", 9));
    assert_true(civic_password_has("wang", 4, "wang", 4));
    assert_true(civic_password_has("a\0wang", 6, "wang", 4));
    assert_false(civic_password_has("wan", 3, "wang", 4));
    assert_false(civic_password_has("wang", 4, "", 0));
    assert_false(civic_password_has("", 0, "a", 1));
}


static void
test_made(void **state)
{
    char           made[CIVIC_PASSWORD_MADE + 1];
    size_t         i;
    unsigned char  chance[CIVIC_PASSWORD_CHANCE];

    (void) state;

    for (i = 0; i < sizeof(chance); i++) {
        chance[i] = (unsigned char) (i * 37);
    }

    assert_int_equal(civic_password_make(chance, made), 0);
    assert_int_equal(strlen(made), CIVIC_PASSWORD_MADE);
    assert_int_equal(strcspn(made, "ilIO01"), CIVIC_PASSWORD_MADE);

    /* bytes beyond the last whole multiple are not used */
    memset(chance, 0xff, sizeof(chance));
    assert_int_equal(civic_password_make(chance, made), -1);
    memset(chance, 0, CIVIC_PASSWORD_MADE);
    assert_int_equal(civic_password_make(chance, made), 0);
    assert_string_equal(made, "aaaaaaaaaaaaaaaa");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_has),
        cmocka_unit_test(test_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
