/*
 * age_test.c - every age of t/vectors/id-numbers.json by all three rules.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "age.h"
#include "vectors.h"


static civic_date_t
date_of(json_t *object, const char *name)
{
    json_t       *value = json_object_get(object, name);
    civic_date_t  date;

    assert_int_equal(civic_date_parse(json_string_value(value),
                                      json_string_length(value), &date), 0);

    return date;
}


static int
number(json_t *object, const char *name)
{
    return (int) json_integer_value(json_object_get(object, name));
}


static void
vectors(void **state)
{
    size_t        i, j, count = 0;
    json_t       *root, *vector, *age;
    civic_date_t  birth, on;

    (void) state;
    root = test_vectors("id-numbers.json");

    json_array_foreach(json_object_get(root, "vectors"), i, vector) {
        json_array_foreach(json_object_get(vector, "ages"), j, age) {
            birth = date_of(vector, "birth");
            on = date_of(age, "on");

            assert_int_equal(civic_age(birth, on, CIVIC_AGE_BIRTHDAY),
                             number(age, "age"));
            assert_int_equal(civic_age(birth, on, CIVIC_AGE_FEBRUARY_28),
                             number(age, "age_if_feb28_rule"));
            assert_int_equal(civic_age(birth, on, CIVIC_AGE_NEXT_DAY),
                             number(age, "age_day_after_rule"));
            count++;
        }
    }

    assert_int_equal(count, 38);
    json_decref(root);
}


static void
first_year(void **state)
{
    civic_date_t  birth = { 2020, 5, 1 };

    (void) state;

    assert_int_equal(civic_age(birth, (civic_date_t) { 2020, 4, 30 },
                               CIVIC_AGE_BIRTHDAY), -1);
    assert_int_equal(civic_age(birth, birth, CIVIC_AGE_BIRTHDAY), 0);
    assert_int_equal(civic_age(birth, birth, CIVIC_AGE_NEXT_DAY), 0);
}


static void
names(void **state)
{
    civic_age_rule_t  rule;

    (void) state;

    assert_int_equal(civic_age_rule("birthday", &rule), 0);
    assert_int_equal(rule, CIVIC_AGE_BIRTHDAY);
    assert_int_equal(civic_age_rule("next_day", &rule), 0);
    assert_int_equal(rule, CIVIC_AGE_NEXT_DAY);
    assert_int_equal(civic_age_rule("lunar", &rule), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(first_year),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
