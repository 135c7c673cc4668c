/*
 * errors_test.c - no error is lost, and none is told that does not fit.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "errors.h"


static void
test_copies_the_pointer_and_takes_the_params(void **state)
{
    char             pointer[] = "/a";
    json_t          *params;
    civic_arena_t   *arena;
    civic_errors_t   errors;

    (void) state;

    arena = civic_arena_create(4096, 65536);
    assert_non_null(arena);
    civic_errors_init(&errors, arena);

    params = json_object();
    json_incref(params);
    civic_errors_add(&errors, pointer, "too_short", params);
    pointer[1] = 'b';

    assert_int_equal(errors.count, 1);
    assert_int_equal(errors.dropped, 0);
    assert_string_equal(errors.items[0].pointer, "/a");
    assert_string_equal(errors.items[0].code, "too_short");
    assert_ptr_equal(errors.items[0].params, params);
    assert_int_equal(params->refcount, 2);

    civic_arena_reset(arena);
    assert_int_equal(params->refcount, 1);

    json_decref(params);
    civic_arena_destroy(arena);
}


static void
test_too_many_are_counted(void **state)
{
    int              i;
    json_t          *params;
    civic_arena_t   *arena;
    civic_errors_t   errors;

    (void) state;

    arena = civic_arena_create(4096, 65536);
    assert_non_null(arena);
    civic_errors_init(&errors, arena);
    params = json_object();

    for (i = 0; i < CIVIC_ERRORS_MAX + 5; i++) {
        civic_errors_add(&errors, "/a", "required", json_incref(params));
    }

    assert_int_equal(errors.count, CIVIC_ERRORS_MAX);
    assert_int_equal(errors.dropped, 5);
    assert_int_equal(params->refcount, CIVIC_ERRORS_MAX + 1);

    civic_arena_destroy(arena);
    assert_int_equal(params->refcount, 1);
    json_decref(params);
}


static void
test_an_error_survives_lack_of_memory(void **state)
{
    char             pointer[5000];
    civic_arena_t   *arena;
    civic_errors_t   errors;

    (void) state;

    arena = civic_arena_create(1024, 2048);
    assert_non_null(arena);
    civic_errors_init(&errors, arena);

    memset(pointer, 'x', sizeof(pointer));
    pointer[sizeof(pointer) - 1] = '\0';

    civic_errors_add(&errors, pointer, "required", NULL);

    assert_int_equal(errors.count, 1);
    assert_string_equal(errors.items[0].pointer, "");
    assert_string_equal(errors.items[0].code, "required");

    civic_arena_destroy(arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_copies_the_pointer_and_takes_the_params),
        cmocka_unit_test(test_too_many_are_counted),
        cmocka_unit_test(test_an_error_survives_lack_of_memory)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
