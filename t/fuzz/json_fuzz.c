/*
 * json_fuzz.c - what strangers send, from the bytes to the reply.
 *
 * The first byte of an input chooses: a body (guard, parser, table, and the
 * writer's answer read back), or a query.  Found errors go through the
 * problem writer, whose output must be JSON as well.
 */

#include <stdlib.h>

#include "instant.h"
#include "json.h"
#include "problem.h"
#include "schema.h"

#define ARENA_BLOCK  4096
#define ARENA_LIMIT  (8 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const  choices[] = { "red", "blue", "白底", NULL };

static const civic_field_t  inner[] = {
    { .name = "city", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 1, .max = 8, .pattern = "[A-Za-z]+( [a-z]{2,5})*" },
    { .name = "a/b~c", .type = CIVIC_TYPE_INTEGER, .min = -5, .max = 5 },
    CIVIC_END
};

static const civic_field_t  item = {
    .type = CIVIC_TYPE_OBJECT, .fields = inner
};

static const civic_field_t  number = {
    .type = CIVIC_TYPE_INTEGER, .min = INT64_MIN
};

static const civic_field_t  fields[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 2, .max = 4 },
    { .name = "colour", .type = CIVIC_TYPE_STRING, .choices = choices },
    { .name = "age", .type = CIVIC_TYPE_INTEGER, .max = 150 },
    { .name = "agree", .type = CIVIC_TYPE_BOOLEAN },
    { .name = "at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_NULLABLE },
    { .name = "list", .type = CIVIC_TYPE_ARRAY, .max = 5, .fields = &item },
    { .name = "numbers", .type = CIVIC_TYPE_ARRAY, .fields = &number },
    { .name = "inner", .type = CIVIC_TYPE_OBJECT, .fields = inner },
    CIVIC_END
};

static civic_schema_t  *schema;
static civic_arena_t   *arena;


static void
must(int held)
{
    if (!held) {
        abort();
    }
}


static void
prepare(void)
{
    civic_failure_t  failure;

    if (schema != NULL) {
        return;
    }

    schema = civic_schema_compile(fields, &failure);
    must(schema != NULL);

    arena = civic_arena_create(ARENA_BLOCK, ARENA_LIMIT);
    must(arena != NULL);
}


/* Whatever was written must be one JSON value, with the same content. */
static void
read_back(civic_writer_t *w, const json_t *value)
{
    json_t  *back;

    must(civic_writer_finish(w) == 0);

    back = json_loadb(w->data, w->len, JSON_DECODE_ANY
                      | JSON_REJECT_DUPLICATES, NULL);
    must(back != NULL);
    must(value == NULL || json_equal(back, value));
    json_decref(back);
}


static void
tell_errors(const civic_errors_t *errors)
{
    int                       language;
    civic_writer_t            w;
    civic_problem_t           problem = { .code = "invalid_fields" };
    civic_problem_context_t   context = { .plugin = NULL };

    problem.errors = errors->items;
    problem.nerrors = errors->count;

    for (language = CIVIC_ZH; language <= CIVIC_EN; language++) {
        context.language = (civic_language_t) language;
        civic_writer_init(&w, arena, 0);
        must(civic_problem_write(&w, &problem, &context) == 422);
        read_back(&w, NULL);
    }
}


static void
try_body(const char *text, size_t len)
{
    json_t               *value;
    civic_errors_t        errors;
    civic_writer_t        w;
    civic_json_status_t   status;

    status = civic_json_load(text, len, &value);
    must((status == CIVIC_JSON_OK) == (value != NULL));

    if (value == NULL) {
        must(civic_json_problem(status) != NULL);
        return;
    }

    civic_errors_init(&errors, arena);
    civic_schema_check(schema, value, &errors);
    must(json_is_object(value) || errors.count == 1);
    tell_errors(&errors);

    civic_writer_init(&w, arena, 0);
    civic_writer_json(&w, NULL, value);
    read_back(&w, value);

    json_decref(value);
}


static void
try_query(const char *text, size_t len)
{
    json_t          *value;
    civic_errors_t   errors, again;

    civic_errors_init(&errors, arena);
    value = civic_schema_query(schema, (civic_str_t) { text, len }, &errors);
    must(value != NULL);
    tell_errors(&errors);

    /* a query without errors is a valid object too */

    if (errors.count == 0) {
        civic_errors_init(&again, arena);
        civic_schema_check(schema, value, &again);
        must(again.count == 0);
    }

    json_decref(value);
}


/* Any bytes as a string: valid UTF-8 comes back as it was. */
static void
try_string(const char *text, size_t len)
{
    json_t          *back;
    civic_writer_t   w;

    civic_writer_init(&w, arena, 0);
    civic_writer_str(&w, NULL, (civic_str_t) { text, len });
    must(civic_writer_finish(&w) == 0);

    back = json_loadb(w.data, w.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    must(back != NULL);

    if (civic_utf8_length(text, len) >= 0) {
        must(json_string_length(back) == len);
        must(memcmp(json_string_value(back), text, len) == 0);
    }

    json_decref(back);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char    *text;
    civic_msec_t   instant;

    if (size == 0) {
        return 0;
    }

    prepare();

    text = (const char *) data + 1;
    size--;

    if (data[0] == '?') {
        try_query(text, size);

    } else {
        try_body(text, size);
    }

    try_string(text, size);
    (void) civic_language((civic_str_t) { text, size });
    (void) civic_instant_parse((civic_str_t) { text, size }, &instant);

    civic_arena_reset(arena);

    return 0;
}
