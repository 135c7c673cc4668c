/*
 * schema_text_test.c - queries and options, typed and checked by a table.
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

static const civic_field_t  number_item = {
    .name = "number", .type = CIVIC_TYPE_INTEGER, .max = 9
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


/* ---- queries ----------------------------------------------------------- */

static const civic_field_t  query_fields[] = {
    { .name = "page", .type = CIVIC_TYPE_INTEGER, .min = 1, .max = 50 },
    { .name = "q", .type = CIVIC_TYPE_STRING, .max = 4,
      .flags = CIVIC_REQUIRED },
    { .name = "open", .type = CIVIC_TYPE_BOOLEAN },
    { .name = "since", .type = CIVIC_TYPE_INSTANT },
    { .name = "states", .type = CIVIC_TYPE_ARRAY, .max = 3,
      .fields = &(const civic_field_t) { .type = CIVIC_TYPE_STRING,
                                         .choices = colours } },
    { .name = "numbers", .type = CIVIC_TYPE_ARRAY, .fields = &number_item },
    { .name = "o", .type = CIVIC_TYPE_OBJECT },
    { .name = "n", .type = CIVIC_TYPE_INTEGER, .min = INT64_MIN },
    CIVIC_END
};


static void
query(const char *text, const char *expected_json, const char *expected)
{
    char            *copy;
    json_t          *value, *wanted;
    civic_schema_t  *schema;

    schema = civic_schema_compile(query_fields, &failure);
    assert_non_null(schema);

    copy = malloc(strlen(text) + 1);
    assert_non_null(copy);
    memcpy(copy, text, strlen(text));
    copy = realloc(copy, strlen(text) > 0 ? strlen(text) : 1);

    civic_errors_init(&errors, arena);
    value = civic_schema_query(schema, (civic_str_t) { copy, strlen(text) },
                               &errors);
    assert_non_null(value);
    assert_string_equal(errors_text(), expected);

    if (expected_json != NULL) {
        wanted = json_loads(expected_json, 0, NULL);
        assert_true(json_equal(value, wanted));
        json_decref(wanted);
    }

    free(copy);
    json_decref(value);
    civic_schema_free(schema);
}


static void
test_query(void **state)
{
    (void) state;

    query("q=a", "{\"q\":\"a\"}", "");
    query("page=2&q=%E5%BC%A0+x&open=true&since=2026-03-09T08:30:00%2b08:00",
          "{\"page\":2,\"q\":\"张 x\",\"open\":true,"
          "\"since\":\"2026-03-09T08:30:00+08:00\"}", "");
    query("&&q=&&open=false&", "{\"q\":\"\",\"open\":false}", "");
    query("q", "{\"q\":\"\"}", "");
    query("q=a=b", "{\"q\":\"a=b\"}", "");
    query("%71=a", "{\"q\":\"a\"}", "");
    query("q=a&states=blue,%E7%BA%A2%E5%BA%95&numbers=1,2",
          "{\"q\":\"a\",\"states\":[\"blue\",\"红底\"],\"numbers\":[1,2]}",
          "");
    query("q=a&numbers=", "{\"q\":\"a\",\"numbers\":[]}", "");
    query("q=a&n=-9223372036854775808",
          "{\"q\":\"a\",\"n\":-9223372036854775808}", "");
    query("q=a&n=9223372036854775807",
          "{\"q\":\"a\",\"n\":9223372036854775807}", "");
    query("q=a&n=-0", "{\"q\":\"a\",\"n\":0}", "");
}


static void
test_query_errors(void **state)
{
    (void) state;

    query("", "{}", "?q required");
    query("page=1", NULL, "?q required");
    query("q=a&x=1", NULL, "?x unknown_field");
    query("q=a&=1", NULL, "? unknown_field");
    query("q=a&x%2Fy=1", NULL, "?x~1y unknown_field");
    query("q=a&page=0", NULL, "?page too_small {\"min\":1}");
    query("q=a&page=51", NULL, "?page too_large {\"max\":50}");
    query("q=a&page=", NULL, "?page wrong_type {\"type\":\"integer\"}");
    query("q=a&page=-", NULL, "?page wrong_type {\"type\":\"integer\"}");
    query("q=a&page=1x", NULL, "?page wrong_type {\"type\":\"integer\"}");
    query("q=a&page=+1", NULL, "?page wrong_type {\"type\":\"integer\"}");
    query("q=a&page=1.0", NULL, "?page wrong_type {\"type\":\"integer\"}");
    query("q=a&page=9223372036854775808", NULL,
          "?page too_large {\"max\":50}");
    query("q=a&page=-9223372036854775809", NULL,
          "?page too_small {\"min\":1}");
    query("q=a&n=9223372036854775808", NULL,
          "?n too_large {\"max\":9223372036854775807}");
    query("q=a&open=on", NULL, "?open wrong_type {\"type\":\"boolean\"}");
    query("q=a&since=2026-03-09T08:30:00+08:00", NULL, "?since bad_format");
    query("q=12345", NULL, "?q too_long {\"max\":4}");
    query("q=a&o=1", NULL, "?o wrong_type {\"type\":\"object\"}");
    query("q=a&states=blue,green", NULL,
          "?states/1 not_a_choice {\"choices\":[\"红底\",\"blue\"]}");
    query("q=a&states=a,b,c,d,e,f,g", NULL, "?states too_many {\"max\":3}");
    query("q=a&numbers=1,,2", NULL,
          "?numbers wrong_type {\"type\":\"array\"}");
}


static void
test_query_arguments_twice(void **state)
{
    (void) state;

    query("q=a&q=a", NULL, "?q duplicate_argument");
    query("q=a&q=b&q=c&%71=d", NULL, "?q duplicate_argument");
    query("page=x&q=a&page=1", NULL,
          "?page wrong_type {\"type\":\"integer\"}; "
          "?page duplicate_argument");
}


static void
test_query_broken_bytes(void **state)
{
    (void) state;

    query("q=%", NULL, "?q bad_format");
    query("q=%4", NULL, "?q bad_format");
    query("q=%4g", NULL, "?q bad_format");
    query("q=%g4", NULL, "?q bad_format");
    query("q=a%00", NULL, "?q bad_format");
    query("q=%ff", NULL, "?q bad_format");
    query("q=%E5%BC", NULL, "?q bad_format");
    query("q=%C0%AF", NULL, "?q bad_format");
    query("q=\xff", NULL, "?q bad_format");
    query("q=a&%zz=1", NULL, "?%zz bad_format");
    query("q=a&x%00=1", NULL, "?x%00 bad_format");
}


static void
test_query_flood(void **state)
{
    int   i;
    char  text[4096] = "q=a";

    (void) state;

    for (i = 0; i < 100; i++) {
        strcat(text, "&x=1&%=2");
    }

    query(text, NULL, "?x unknown_field; ?% bad_format; ?x unknown_field; "
          "?% bad_format; ?x unknown_field; ?% bad_format; ?x unknown_field; "
          "?% bad_format; ?x unknown_field; ?% bad_format; ?x unknown_field; "
          "?% bad_format; ?x unknown_field; ?% bad_format; ?x unknown_field; "
          "?% bad_format; ?x unknown_field; ?% bad_format; ?x unknown_field; "
          "?% bad_format; ?x unknown_field; ?% bad_format; ?x unknown_field; "
          "?% bad_format; ?x unknown_field; ?% bad_format; ?x unknown_field; "
          "?% bad_format; ?x unknown_field; ?% bad_format; ?x unknown_field; "
          "?% bad_format");
    assert_int_equal(errors.dropped, 200 - CIVIC_ERRORS_MAX);
}


static void
test_query_without_memory(void **state)
{
    civic_arena_t   *small;
    civic_schema_t  *schema;
    static char      text[8192];

    (void) state;

    schema = civic_schema_compile(NULL, &failure);
    small = civic_arena_create(256, 1024);
    memset(text, 'x', sizeof(text));

    civic_errors_init(&errors, small);
    assert_null(civic_schema_query(schema, (civic_str_t) { text,
                                                           sizeof(text) },
                                   &errors));
    civic_arena_destroy(small);
    civic_schema_free(schema);
}


/* ---- options ----------------------------------------------------------- */

static const civic_field_t  option_fields[] = {
    { .name = "upstream", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 8 },
    { .name = "workers", .type = CIVIC_TYPE_INTEGER, .min = 1, .max = 9,
      .fallback = "4" },
    { .name = "strict", .type = CIVIC_TYPE_BOOLEAN, .fallback = "true" },
    { .name = "scopes", .type = CIVIC_TYPE_ARRAY, .fallback = "[\"openid\"]",
      .fields = &(const civic_field_t) { .type = CIVIC_TYPE_STRING } },
    { .name = "secret", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .max = 3 },
    CIVIC_END
};


static const civic_field_t  pattern_fields[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .pattern = "[a-z0-9_-]+" },
    { .name = "app", .type = CIVIC_TYPE_STRING, .pattern = "[0-9]{4}",
      .example = "2021" },
    CIVIC_END
};


static void
options(const civic_field_t *table, size_t count, const char *const *words,
    const char *expected_json, const char *expected_failure)
{
    size_t           i;
    json_t          *value, *wanted;
    civic_str_t      strs[8];
    civic_schema_t  *schema;

    schema = civic_schema_compile(table, &failure);
    assert_non_null(schema);

    for (i = 0; i < count; i++) {
        strs[i] = civic_cstr(words[i]);
    }

    failure.text[0] = '\0';
    value = civic_schema_options(schema, strs, count, &failure);

    if (expected_json != NULL) {
        if (value == NULL) {
            fail_msg("%s", failure.text);
        }

        wanted = json_loads(expected_json, 0, NULL);
        assert_true(json_equal(value, wanted));
        json_decref(wanted);
        json_decref(value);

    } else {
        assert_null(value);
        assert_string_equal(failure.text, expected_failure);
    }

    civic_schema_free(schema);
}


#define OPTIONS(json, text, ...)                                              \
    options(option_fields, sizeof((const char *[]) { __VA_ARGS__ })           \
            / sizeof(char *), (const char *[]) { __VA_ARGS__ }, json, text)

static void
test_options(void **state)
{
    (void) state;

    OPTIONS("{\"upstream\":\"u\",\"workers\":4,\"strict\":true,"
            "\"scopes\":[\"openid\"]}", NULL, "upstream=u");
    OPTIONS("{\"upstream\":\"a=b%+\",\"workers\":9,\"strict\":false,"
            "\"scopes\":[\"a\",\"b\"],\"secret\":\"\"}", NULL,
            "upstream=a=b%+", "workers=9", "strict=off", "scopes=a,b",
            "secret=");
    OPTIONS("{\"upstream\":\"\",\"workers\":4,\"strict\":true,\"scopes\":[]}",
            NULL, "strict=on", "upstream=", "scopes=");

    options(NULL, 0, NULL, "{}", NULL);
}


static void
test_wrong_options(void **state)
{
    (void) state;

    OPTIONS(NULL, "option \"upstream\" is missing", "workers=1");
    OPTIONS(NULL, "unknown option \"upstreams\"", "upstreams=u");
    OPTIONS(NULL, "unknown option \"\"", "=u");
    OPTIONS(NULL, "option \"upstream\" has no value: write name=value",
            "upstream");
    OPTIONS(NULL, "option \"upstream\" is given twice", "upstream=a",
            "upstream=a");
    OPTIONS(NULL, "option \"workers=0\": too_small {\"min\": 1}",
            "upstream=a", "workers=0");
    OPTIONS(NULL, "option \"workers=many\": wrong_type {\"type\": "
            "\"integer\", \"type_zh\": \"整数\"}", "upstream=a", "workers=many");
    OPTIONS(NULL, "option \"strict=yes\": wrong_type {\"type\": "
            "\"boolean\", \"type_zh\": \"是/否\"}", "upstream=a", "strict=yes");
    OPTIONS(NULL, "option \"upstream=\xff\": bad_format", "upstream=\xff");

    /* what has a pattern shows it */

    options(pattern_fields, 1, (const char *[]) { "name=A b" }, NULL,
            "option \"name=A b\": bad_format, expected [a-z0-9_-]+");
    options(pattern_fields, 1, (const char *[]) { "app=x" }, NULL,
            "option \"app=x\": bad_format, expected [0-9]{4}, such as 2021");

    /* a secret is not repeated */

    OPTIONS(NULL, "option \"secret\": too_long {\"max\": 3}", "upstream=a",
            "secret=hunter2");
}


static void
test_wrong_fallbacks(void **state)
{
    civic_field_t  table[2];

    (void) state;

    memset(table, 0, sizeof(table));
    table[0].name = "a";
    table[0].type = CIVIC_TYPE_INTEGER;
    table[0].max = 3;

    table[0].fallback = "4";
    options(table, 0, NULL, NULL,
            "fallback of option \"a=4\": too_large {\"max\": 3}");

    table[0].fallback = "on";
    options(table, 0, NULL, NULL, "fallback of option \"a\" is no JSON");

    table[0].fallback = "\"3\"";
    options(table, 0, NULL, NULL,
            "fallback of option \"a=\"3\"\": wrong_type {\"type\": "
            "\"integer\", \"type_zh\": \"整数\"}");
}


/* ---- texts ------------------------------------------------------------- */

static void
test_utf8_length(void **state)
{
    (void) state;

    assert_int_equal(civic_utf8_length("", 0), 0);
    assert_int_equal(civic_utf8_length("12345678", 8), 8);
    assert_int_equal(civic_utf8_length("1234567张", 10), 8);
    assert_int_equal(civic_utf8_length("张123456789", 12), 10);
    assert_int_equal(civic_utf8_length("𠮷", 4), 1);
    assert_int_equal(civic_utf8_length("a\0b", 3), 3);
    assert_int_equal(civic_utf8_length("\xf4\x8f\xbf\xbf", 4), 1);

    assert_int_equal(civic_utf8_length("\x80", 1), -1);
    assert_int_equal(civic_utf8_length("\xc1\xbf", 2), -1);
    assert_int_equal(civic_utf8_length("\xe0\x9f\xbf", 3), -1);
    assert_int_equal(civic_utf8_length("\xed\xa0\x80", 3), -1);
    assert_int_equal(civic_utf8_length("\xf0\x8f\xbf\xbf", 4), -1);
    assert_int_equal(civic_utf8_length("\xf4\x90\x80\x80", 4), -1);
    assert_int_equal(civic_utf8_length("\xf8\x88\x80\x80\x80", 5), -1);
    assert_int_equal(civic_utf8_length("𠮷", 3), -1);
    assert_int_equal(civic_utf8_length("12345678\xe5", 9), -1);
}


static void
decode(const char *in, int plus, const char *expected)
{
    char     out[64];
    int64_t  len;

    len = civic_percent_decode(civic_cstr(in), out, plus);

    if (expected == NULL) {
        assert_int_equal(len, -1);
        return;
    }

    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, (size_t) len);
}


static void
test_percent_decode(void **state)
{
    char  out[4];

    (void) state;

    decode("", 0, "");
    decode("a+b", 0, "a+b");
    decode("a+b", 1, "a b");
    decode("%2B%2b%25", 1, "++%");
    decode("%E5%bc%A0", 0, "张");
    decode("%ff", 0, "\xff");
    decode("%", 0, NULL);
    decode("%1", 0, NULL);
    decode("a%", 0, NULL);
    decode("%zz", 0, NULL);
    decode("%1z", 0, NULL);
    decode("%%41", 0, NULL);
    decode("% 41", 0, NULL);
    decode("%00", 0, NULL);
    decode("%@1", 0, NULL);

    assert_int_equal(civic_percent_decode((civic_str_t) { "a\0b", 3 }, out, 0),
                     -1);
}


int
main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest  tests[] = {
        TEST(test_query),
        TEST(test_query_errors),
        TEST(test_query_arguments_twice),
        TEST(test_query_broken_bytes),
        TEST(test_query_flood),
        TEST(test_query_without_memory),
        TEST(test_options),
        TEST(test_wrong_options),
        TEST(test_wrong_fallbacks),
        TEST(test_utf8_length),
        TEST(test_percent_decode)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
