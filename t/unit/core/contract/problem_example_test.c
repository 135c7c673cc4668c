/*
 * problem_example_test.c - the example that the error of a field shows: of the
 * field's table, or with the error.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "problem.h"

#define NUMBER  "630105199003079996"

static civic_arena_t            *arena;
static civic_problem_context_t   context;

static const civic_problem_def_t  problems[] = {
    { "bad_check_digit", 0, "请输入正确的身份证。", "Check the number.",
      .example = 1 },
    { "too_old", 0, "年龄不符。", "Too old." }
};

static const civic_field_t  body[] = {
    { .name = "id_number", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_SECRET, .example = NUMBER },
    { .name = "password", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_SECRET },
    CIVIC_END
};

static const civic_field_t  query[] = {
    { .name = "id_number", .type = CIVIC_TYPE_STRING, .example = "x" },
    CIVIC_END
};

static const civic_table_t  own = CIVIC_TABLE(problems);


static int
setup(void **state)
{
    (void) state;
    arena = civic_arena_create(4096, 1024 * 1024);
    assert_non_null(arena);
    memset(&context, 0, sizeof(context));

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    civic_arena_destroy(arena);

    return 0;
}


/* "": it has none. */
static void
assert_shows(const civic_field_error_t *error, const char *expected)
{
    json_t           *json;
    const char       *example = NULL;
    civic_writer_t    w;
    civic_problem_t   problem = { .code = "invalid_fields", .errors = error,
                                  .nerrors = 1 };

    civic_writer_init(&w, arena, 0);
    assert_int_equal(civic_problem_write(&w, &problem, &context), 422);
    assert_int_equal(civic_writer_finish(&w), 0);
    json = json_loadb(w.data, w.len, JSON_REJECT_DUPLICATES, NULL);
    (void) json_unpack(json, "{s:[{s?s}]}", "errors", "example", &example);
    assert_string_equal(example == NULL ? "" : example, expected);
    json_decref(json);
}


static void
assert_example(const char *pointer, const char *code, const char *expected)
{
    assert_shows(&(civic_field_error_t) { .pointer = pointer, .code = code },
                 expected);
}


/* Of the table, where the form is wrong, and for no other error. */
static void
of_tables(void **state)
{
    (void) state;

    assert_example("/id_number", "bad_format", "");

    context.plugin = &own;
    context.body = body;
    context.query = query;

    assert_example("/id_number", "bad_format", NUMBER);
    assert_example("/id_number", "required", NUMBER);
    assert_example("/id_number", "wrong_type", NUMBER);
    assert_example("/id_number", "too_long", NUMBER);
    assert_example("/id_number", "bad_check_digit", NUMBER);
    assert_example("?id_number", "bad_format", "x");

    assert_example("/id_number", "too_old", "");
    assert_example("/id_number", "unknown_field", "");
    assert_example("/id_number", "nobody_knows", "");
    assert_example("/password", "too_short", "");
    assert_example("/other", "bad_format", "");
    assert_example("", "wrong_type", "");
    assert_example(NULL, "wrong_type", "");
}


/* Of a field that no table has; a table's own comes first. */
static void
of_errors(void **state)
{
    json_t               *params = json_pack("{s:s}", "example", "C1");
    civic_field_error_t   error = { .pointer = "/answers/class",
                                    .code = "bad_format", .params = params };

    (void) state;
    context.plugin = &own;
    context.body = body;

    assert_shows(&error, "C1");
    error.code = "not_a_choice";
    assert_shows(&error, "");
    error.code = "bad_format";
    error.pointer = "/id_number";
    assert_shows(&error, NUMBER);
    json_decref(params);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(of_tables, setup, teardown),
        cmocka_unit_test_setup_teardown(of_errors, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
