/*
 * schema_test.c - every error that a table can find, where, and all at once.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schema.h"


static civic_arena_t    *arena;
static civic_errors_t    errors;
static civic_failure_t   failure;

static const char *const  colours[] = { "红底", "blue", NULL };

static const civic_field_t  address_fields[] = {
    { .name = "city", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED },
    { .name = "a/b~c", .type = CIVIC_TYPE_INTEGER },
    CIVIC_END
};

static const civic_field_t  address_item = {
    .type = CIVIC_TYPE_OBJECT, .fields = address_fields
};

static const civic_field_t  number_item = {
    .name = "number", .type = CIVIC_TYPE_INTEGER, .max = 9
};

static const civic_field_t  row_item = {
    .type = CIVIC_TYPE_ARRAY, .max = 2, .fields = &number_item
};

static const civic_field_t  fields[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 2, .max = 4 },
    { .name = "id", .type = CIVIC_TYPE_STRING, .pattern = "[0-9]{3}|x+" },
    { .name = "colour", .type = CIVIC_TYPE_STRING, .choices = colours },
    { .name = "age", .type = CIVIC_TYPE_INTEGER, .min = 3, .max = 150 },
    { .name = "balance", .type = CIVIC_TYPE_INTEGER, .min = INT64_MIN },
    { .name = "agree", .type = CIVIC_TYPE_BOOLEAN },
    { .name = "at", .type = CIVIC_TYPE_INSTANT },
    { .name = "note", .type = CIVIC_TYPE_STRING, .flags = CIVIC_NULLABLE },
    { .name = "must", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_NULLABLE | CIVIC_REQUIRED },
    { .name = "address", .type = CIVIC_TYPE_OBJECT,
      .fields = address_fields },
    { .name = "addresses", .type = CIVIC_TYPE_ARRAY, .min = 1, .max = 3,
      .fields = &address_item },
    { .name = "grid", .type = CIVIC_TYPE_ARRAY, .fields = &row_item },
    { .name = "nothing", .type = CIVIC_TYPE_OBJECT },
    CIVIC_END
};


static int
setup(void **state)
{
    (void) state;

    arena = civic_arena_create(4096, 1024 * 1024);
    assert_non_null(arena);
    civic_errors_init(&errors, arena);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    civic_arena_destroy(arena);

    return 0;
}


/* The errors as one text: "/name too_short {"min":2}; ...". */
static const char *
errors_text(void)
{
    char         *params;
    size_t        i;
    static char   text[8192];

    text[0] = '\0';

    for (i = 0; i < errors.count; i++) {
        if (strcmp(errors.items[i].code, "wrong_type") == 0) {
            /* the same once more, for citizens */
            assert_int_equal(json_object_del(errors.items[i].params,
                                             "type_zh"), 0);
        }

        params = errors.items[i].params == NULL
                 ? NULL : json_dumps(errors.items[i].params, JSON_COMPACT);

        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "%s%s %s%s%s", i > 0 ? "; " : "", errors.items[i].pointer,
                 errors.items[i].code, params == NULL ? "" : " ",
                 params == NULL ? "" : params);
        free(params);
    }

    return text;
}


static void
check_with(const civic_field_t *table, const char *body, const char *expected)
{
    json_t          *value;
    civic_schema_t  *schema;

    schema = civic_schema_compile(table, &failure);
    if (schema == NULL) {
        fail_msg("%s", failure.text);
    }

    value = json_loads(body, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(value);

    civic_errors_init(&errors, arena);
    civic_schema_check(schema, value, &errors);
    assert_string_equal(errors_text(), expected);

    json_decref(value);
    civic_schema_free(schema);
}


/* One member beside those that are required. */
static void
check(const char *member, const char *expected)
{
    char  body[4096];

    snprintf(body, sizeof(body), "{\"name\":\"张三\",\"must\":\"x\"%s%s}",
             member[0] == '\0' ? "" : ",", member);
    check_with(fields, body, expected);
}


static void
name(const char *value, const char *expected)
{
    char  body[4096];

    snprintf(body, sizeof(body), "{\"name\":%s,\"must\":\"x\"}", value);
    check_with(fields, body, expected);
}


/* As Chinese keyboards type it; and no other field is touched. */
static void
test_typed(void **state)
{
    json_t          *body;
    civic_schema_t  *schema;

    static const civic_field_t  typed[] = {
        { .name = "code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_TYPED,
          .max = 6, .pattern = "[0-9A-Z~-]*" },
        { .name = "name", .type = CIVIC_TYPE_STRING },
        CIVIC_END
    };

    (void) state;

    schema = civic_schema_compile(typed, &failure);
    assert_non_null(schema);
    body = json_loads("{\"code\":\"０1９-Ｘ～\",\"name\":\"０Ｘ\"}", 0, NULL);
    civic_errors_init(&errors, arena);
    civic_schema_check(schema, body, &errors);

    assert_string_equal(json_string_value(json_object_get(body, "code")),
                        "019-X~");
    assert_string_equal(json_string_value(json_object_get(body, "name")),
                        "０Ｘ");
    assert_int_equal(errors.count, 0);
    json_decref(body);
    civic_schema_free(schema);

    check_with(typed, "{\"code\":\"００００００７\"}", "/code too_long {\"max\":6}");
    check_with(typed, "{\"code\":\"零\"}", "/code bad_format");
}


static void
test_valid(void **state)
{
    (void) state;

    check("", "");
    check("\"id\":\"123\",\"colour\":\"红底\",\"age\":150,\"agree\":false,"
          "\"balance\":-9223372036854775808,"
          "\"at\":\"2026-03-09T08:30:00+08:00\",\"note\":null,"
          "\"address\":{\"city\":\"\",\"a/b~c\":0},"
          "\"addresses\":[{\"city\":\"x\"}],\"grid\":[[1,2],[]],"
          "\"nothing\":{}", "");
}


static void
test_outermost_value(void **state)
{
    (void) state;

    check_with(fields, "[]", " wrong_type {\"type\":\"object\"}");
    check_with(fields, "null", " wrong_type {\"type\":\"object\"}");
    check_with(fields, "1", " wrong_type {\"type\":\"object\"}");
    check_with(NULL, "{}", "");
    check_with(NULL, "{\"a\":1}", "/a unknown_field");
    check_with(fields, "{}", "/name required; /must required");
}


static void
test_string_lengths_are_code_points(void **state)
{
    char  text[1024];

    (void) state;

    name("\"𠮷野\"", "");
    name("\"𠮷𠮷𠮷𠮷\"", "");
    name("\"\\ud842\\udfb7\"", "/name too_short {\"min\":2}");
    name("\"𠮷𠮷𠮷𠮷𠮷\"", "/name too_long {\"max\":4}");
    name("\"\"", "/name too_short {\"min\":2}");

    memcpy(text, "\"note\":\"", 8);
    memset(text + 8, 'x', 257);
    memcpy(text + 8 + 256, "\"", 2);
    check(text, "");
    memcpy(text + 8 + 256, "x\"", 3);
    check(text, "/note too_long {\"max\":256}");
}


static void
test_nul_in_a_string(void **state)
{
    (void) state;

    check("\"id\":\"123\\u0000\"", "/id bad_format");
    check("\"note\":\"a\\u0000b\"", "/note bad_format");
    check("\"colour\":\"blue\\u0000\"", "/colour bad_format");
    check("\"at\":\"2026-03-09T08:30:00Z\\u0000\"", "/at bad_format");
}


static void
test_string_that_is_not_utf8(void **state)
{
    json_t          *value;
    civic_schema_t  *schema;

    (void) state;

    schema = civic_schema_compile(fields, &failure);
    value = json_pack("{s:s,s:o}", "must", "x", "name",
                      json_stringn_nocheck("ab\xff", 3));
    civic_schema_check(schema, value, &errors);
    assert_string_equal(errors_text(), "/name bad_format");

    json_decref(value);
    civic_schema_free(schema);
}


static void
test_patterns_match_the_whole(void **state)
{
    (void) state;

    check("\"id\":\"xxxx\"", "");
    check("\"id\":\"1234\"", "/id bad_format");
    check("\"id\":\"0123\"", "/id bad_format");
    check("\"id\":\"12\"", "/id bad_format");
    check("\"id\":\"123x\"", "/id bad_format");
    check("\"id\":\"123\\n\"", "/id bad_format");
    check("\"id\":\"a\\n123\"", "/id bad_format");
    check("\"id\":\"\"", "/id bad_format");
}


static void
test_length_comes_before_the_pattern(void **state)
{
    static const civic_field_t  table[] = {
        { .name = "a", .type = CIVIC_TYPE_STRING, .min = 2, .max = 3,
          .pattern = "[0-9]+" },
        CIVIC_END
    };

    (void) state;

    check_with(table, "{\"a\":\"x\"}", "/a too_short {\"min\":2}");
    check_with(table, "{\"a\":\"xxxx\"}", "/a too_long {\"max\":3}");
    check_with(table, "{\"a\":\"xxx\"}", "/a bad_format");
    check_with(table, "{\"a\":\"123\"}", "");
}


static void
test_choices(void **state)
{
    (void) state;

    check("\"colour\":\"blue\"", "");
    check("\"colour\":\"blu\"",
          "/colour not_a_choice {\"choices\":[\"红底\",\"blue\"]}");
    check("\"colour\":\"\"",
          "/colour not_a_choice {\"choices\":[\"红底\",\"blue\"]}");
}


static void
test_integers(void **state)
{
    (void) state;

    check("\"age\":3", "");
    check("\"age\":2", "/age too_small {\"min\":3}");
    check("\"age\":151", "/age too_large {\"max\":150}");
    check("\"age\":-0", "/age too_small {\"min\":3}");
    check("\"age\":9223372036854775807", "/age too_large {\"max\":150}");
    check("\"age\":4.0", "/age wrong_type {\"type\":\"integer\"}");
    check("\"age\":\"4\"", "/age wrong_type {\"type\":\"integer\"}");
    check("\"balance\":9223372036854775807", "");
}


static void
test_wrong_types(void **state)
{
    (void) state;

    check("\"note\":1", "/note wrong_type {\"type\":\"string\"}");
    check("\"agree\":0", "/agree wrong_type {\"type\":\"boolean\"}");
    check("\"agree\":null", "/agree wrong_type {\"type\":\"boolean\"}");
    check("\"at\":5", "/at wrong_type {\"type\":\"string (RFC 3339)\"}");
    check("\"address\":[]", "/address wrong_type {\"type\":\"object\"}");
    check("\"grid\":{}", "/grid wrong_type {\"type\":\"array\"}");
}


static void
test_null(void **state)
{
    (void) state;

    check("\"note\":null", "");
    check("\"id\":null", "/id wrong_type {\"type\":\"string\"}");
    check_with(fields, "{\"name\":\"张三\",\"must\":null}", "/must required");
    check_with(fields, "{\"name\":null,\"must\":\"x\"}",
               "/name wrong_type {\"type\":\"string\"}");
}


static void
test_instants(void **state)
{
    (void) state;

    check("\"at\":\"2024-02-29T08:30:00.5Z\"", "");
    check("\"at\":\"2026-02-29T08:30:00Z\"", "/at bad_format");
    check("\"at\":\"2026-03-09\"", "/at bad_format");
}


static void
test_pointers_into_arrays_of_objects(void **state)
{
    (void) state;

    check("\"addresses\":[{\"city\":\"x\"},{\"city\":1,\"a/b~c\":-1,"
          "\"x/~y\":0},{}]",
          "/addresses/1/city wrong_type {\"type\":\"string\"}; "
          "/addresses/1/a~1b~0c too_small {\"min\":0}; "
          "/addresses/1/x~1~0y unknown_field; "
          "/addresses/2/city required");
    check("\"grid\":[[1],[2,10]]", "/grid/1/1 too_large {\"max\":9}");
    check("\"grid\":[[1,2,3],7]", "/grid/0 too_many {\"max\":2}; "
          "/grid/1 wrong_type {\"type\":\"array\"}");
    check("\"address\":{\"city\":\"x\",\"\":1}", "/address/ unknown_field");
}


static void
test_array_sizes(void **state)
{
    int   i;
    char  text[4096];

    (void) state;

    check("\"addresses\":[]", "/addresses too_few {\"min\":1}");

    /* too many are not looked at */

    check("\"addresses\":[1,2,3,4]", "/addresses too_many {\"max\":3}");

    strcpy(text, "\"grid\":[[]");

    for (i = 1; i < 100; i++) {
        strcat(text, ",[]");
    }

    strcat(text, "]");
    check(text, "");

    strcpy(text + strlen(text) - 1, ",[]]");
    check(text, "/grid too_many {\"max\":100}");
}


static void
test_unknown_fields(void **state)
{
    (void) state;

    check("\"nam\":1,\"names\":2,\"~/张\":3",
          "/nam unknown_field; /names unknown_field; "
          "/~0~1张 unknown_field");
    check("\"nothing\":{\"a\":1}", "/nothing/a unknown_field");
}


static void
test_all_errors_at_once(void **state)
{
    (void) state;

    check_with(fields,
               "{\"name\":\"x\",\"id\":\"?\",\"colour\":\"\",\"age\":0,"
               "\"balance\":true,\"agree\":\"\",\"at\":\"\",\"note\":[],"
               "\"address\":{},\"addresses\":[],\"grid\":[[\"\"]],\"x\":1}",
               "/name too_short {\"min\":2}; /id bad_format; "
               "/colour not_a_choice {\"choices\":[\"红底\",\"blue\"]}; "
               "/age too_small {\"min\":3}; "
               "/balance wrong_type {\"type\":\"integer\"}; "
               "/agree wrong_type {\"type\":\"boolean\"}; /at bad_format; "
               "/note wrong_type {\"type\":\"string\"}; /must required; "
               "/address/city required; /addresses too_few {\"min\":1}; "
               "/grid/0/0 wrong_type {\"type\":\"integer\"}; "
               "/x unknown_field");
}


static void
test_a_flood_of_errors_is_counted(void **state)
{
    int              i;
    char             key[16];
    json_t          *value;
    civic_schema_t  *schema;

    (void) state;

    schema = civic_schema_compile(fields, &failure);
    value = json_object();

    for (i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        json_object_set_new(value, key, json_true());
    }

    civic_schema_check(schema, value, &errors);
    assert_int_equal(errors.count, CIVIC_ERRORS_MAX);
    assert_int_equal(errors.count + errors.dropped, 1002);

    json_decref(value);
    civic_schema_free(schema);
}


/* ---- tables that are wrong --------------------------------------------- */

static void
refused(const civic_field_t *table, const char *expected)
{
    civic_schema_t  *schema;

    failure.text[0] = '\0';
    schema = civic_schema_compile(table, &failure);
    assert_null(schema);

    if (strstr(failure.text, expected) == NULL) {
        fail_msg("\"%s\" has no \"%s\"", failure.text, expected);
    }
}


#define REFUSED(expected, ...)                                                \
    refused((const civic_field_t[]) { { __VA_ARGS__ }, CIVIC_END }, expected)

static void
test_wrong_tables(void **state)
{
    size_t         i;
    char           names[300][8];
    civic_field_t  loop[2], many[301], deep[3];

    (void) state;

    REFUSED("unknown type", .name = "a");
    REFUSED("unknown type 99", .name = "a", .type = 99);
    REFUSED("unknown flags 0x100", .name = "a", .type = CIVIC_TYPE_STRING,
            .flags = 0x100);
    REFUSED("empty name", .name = "", .type = CIVIC_TYPE_STRING);
    REFUSED("field \"a\": pattern does not compile", .name = "a",
            .type = CIVIC_TYPE_STRING, .pattern = "[0-9");
    REFUSED("pattern does not compile", .name = "a",
            .type = CIVIC_TYPE_STRING, .pattern = "a)(b");
    REFUSED("pattern does not compile", .name = "a",
            .type = CIVIC_TYPE_STRING, .pattern = "a)|(b");
    REFUSED("pattern has a back-reference", .name = "a",
            .type = CIVIC_TYPE_STRING, .pattern = "(a)\\1");
    REFUSED("not ASCII", .name = "a", .type = CIVIC_TYPE_STRING,
            .pattern = "[一-龥]+");
    REFUSED("only strings", .name = "a", .type = CIVIC_TYPE_INTEGER,
            .pattern = "a");
    REFUSED("only strings", .name = "a", .type = CIVIC_TYPE_BOOLEAN,
            .choices = colours);
    REFUSED("only objects", .name = "a", .type = CIVIC_TYPE_STRING,
            .fields = fields);
    REFUSED("without its item", .name = "a", .type = CIVIC_TYPE_ARRAY);
    REFUSED("without min and max", .name = "a", .type = CIVIC_TYPE_BOOLEAN,
            .max = 1);
    REFUSED("min 5 and max 4", .name = "a", .type = CIVIC_TYPE_INTEGER,
            .min = 5, .max = 4);
    REFUSED("min -1", .name = "a", .type = CIVIC_TYPE_STRING, .min = -1);
    REFUSED("max -1", .name = "a", .type = CIVIC_TYPE_ARRAY, .max = -1,
            .fields = &number_item);

    memset(deep, 0, sizeof(deep));
    deep[0].name = "twice";
    deep[0].type = CIVIC_TYPE_STRING;
    deep[0].pattern = "a";
    deep[1] = deep[0];
    refused(deep, "field \"twice\": is there twice");

    memset(loop, 0, sizeof(loop));
    loop[0].name = "loop";
    loop[0].type = CIVIC_TYPE_OBJECT;
    loop[0].fields = loop;
    refused(loop, "nested over 32 levels");

    memset(many, 0, sizeof(many));

    for (i = 0; i < 300; i++) {
        snprintf(names[i], sizeof(names[i]), "f%zu", i);
        many[i].name = names[i];
        many[i].type = CIVIC_TYPE_STRING;
    }

    refused(many, "over 256 fields");
    many[256].name = NULL;
    civic_schema_free(civic_schema_compile(many, &failure));

    civic_schema_free(NULL);
}


/* An example is right by its own field, or the table is refused. */
static void
test_examples(void **state)
{
    static const civic_field_t  table[] = {
        { .name = "id", .type = CIVIC_TYPE_STRING, .pattern = "[0-9]{3}|x+",
          .example = "123" },
        { .name = "at", .type = CIVIC_TYPE_INSTANT,
          .example = "2026-03-09T08:30:00+08:00" },
        { .name = "name", .type = CIVIC_TYPE_STRING, .max = 2,
          .example = "张伟" },
        CIVIC_END
    };

    (void) state;

    civic_schema_free(civic_schema_compile(table, &failure));
    check_with(table, "{\"id\":\"xx\"}", "");

    REFUSED("field \"a\": its example \"12\" is wrong: bad_format", .name = "a",
            .type = CIVIC_TYPE_STRING, .pattern = "[0-9]{3}",
            .example = "12");
    REFUSED("its example \"\" is wrong: bad_format", .name = "a",
            .type = CIVIC_TYPE_STRING, .pattern = "[0-9]{3}", .example = "");
    REFUSED("is wrong: too_long", .name = "a", .type = CIVIC_TYPE_STRING,
            .max = 1, .example = "张伟");
    REFUSED("is wrong: too_short", .name = "a", .type = CIVIC_TYPE_STRING,
            .min = 3, .example = "张伟");
    REFUSED("is wrong: not_a_choice", .name = "a",
            .type = CIVIC_TYPE_STRING, .choices = colours,
            .example = "green");
    REFUSED("is wrong: bad_format", .name = "a", .type = CIVIC_TYPE_INSTANT,
            .example = "2026-03-09 08:30");
    REFUSED("is wrong: bad_format", .name = "a", .type = CIVIC_TYPE_STRING,
            .example = "\xff");
    REFUSED("only strings and instants have an example", .name = "a",
            .type = CIVIC_TYPE_INTEGER, .example = "7");
}


static void
field_is(const char *pointer, const char *name)
{
    const civic_field_t  *field = civic_field_of(fields, pointer);

    if (name == NULL) {
        assert_null(field);
    } else {
        assert_non_null(field);
        assert_string_equal(field->name, name);
    }
}


static void
test_which_field_a_pointer_names(void **state)
{
    (void) state;

    field_is("/name", "name");
    field_is("?name", "name");
    field_is("/address", "address");
    field_is("/address/city", "city");
    field_is("/addresses/0/city", "city");
    field_is("/addresses/17/city", "city");
    field_is("/grid/2/0", "number");
    assert_ptr_equal(civic_field_of(fields, "/grid/2"), &row_item);

    field_is("", NULL);
    field_is("/", NULL);
    field_is("/nam", NULL);
    field_is("/names", NULL);
    field_is("/name/0", NULL);
    field_is("/address/street", NULL);
    field_is("/grid/2/0/1", NULL);
    field_is("/nothing/x", NULL);
    assert_null(civic_field_of(NULL, "/name"));
}


static void
test_escaped_digits_are_no_back_reference(void **state)
{
    static const civic_field_t  table[] = {
        { .name = "a", .type = CIVIC_TYPE_STRING, .pattern = "\\\\1|\\.2" },
        CIVIC_END
    };

    (void) state;

    check_with(table, "{\"a\":\"\\\\1\"}", "");
    check_with(table, "{\"a\":\".2\"}", "");
    check_with(table, "{\"a\":\"x2\"}", "/a bad_format");
}


int
main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest  tests[] = {
        TEST(test_typed),
        TEST(test_valid),
        TEST(test_outermost_value),
        TEST(test_string_lengths_are_code_points),
        TEST(test_nul_in_a_string),
        TEST(test_string_that_is_not_utf8),
        TEST(test_patterns_match_the_whole),
        TEST(test_length_comes_before_the_pattern),
        TEST(test_choices),
        TEST(test_integers),
        TEST(test_wrong_types),
        TEST(test_null),
        TEST(test_instants),
        TEST(test_pointers_into_arrays_of_objects),
        TEST(test_array_sizes),
        TEST(test_unknown_fields),
        TEST(test_all_errors_at_once),
        TEST(test_a_flood_of_errors_is_counted),
        TEST(test_wrong_tables),
        TEST(test_examples),
        TEST(test_which_field_a_pointer_names),
        TEST(test_escaped_digits_are_no_back_reference)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
