/*
 * writer_test.c - what the writer writes, read back by jansson.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "writer.h"

#define MEBIBYTE  (1024 * 1024)


static civic_arena_t   *arena;
static civic_writer_t   w;


static int
setup(void **state)
{
    (void) state;

    arena = civic_arena_create(4096, 64 * MEBIBYTE);
    assert_non_null(arena);
    civic_writer_init(&w, arena, 0);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    civic_arena_destroy(arena);

    return 0;
}


static void
assert_text(const char *expected)
{
    assert_int_equal(civic_writer_finish(&w), 0);
    assert_int_equal(w.len, strlen(expected));
    assert_memory_equal(w.data, expected, w.len);
}


/* The outermost value as jansson reads it. */
static json_t *
read_back(void)
{
    json_t        *json;
    json_error_t   error;

    assert_int_equal(civic_writer_finish(&w), 0);

    json = json_loadb(w.data, w.len, JSON_DECODE_ANY | JSON_ALLOW_NUL
                                     | JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        fail_msg("%s: %.*s", error.text, (int) w.len, w.data);
    }

    return json;
}


/* One string as the outermost value; what came out must be expected. */
static void
assert_string(civic_str_t in, civic_str_t expected)
{
    json_t  *json;

    civic_writer_init(&w, arena, 0);
    civic_writer_str(&w, NULL, in);

    json = read_back();
    assert_true(json_is_string(json));
    assert_int_equal(json_string_length(json), expected.len);
    assert_memory_equal(json_string_value(json), expected.data, expected.len);
    json_decref(json);
}


static void
assert_failed(void)
{
    assert_int_equal(civic_writer_finish(&w), -1);
}


static void
test_every_kind_of_value(void **state)
{
    (void) state;

    civic_writer_object(&w, NULL);
    civic_writer_str(&w, "name", CIVIC_STR("张*"));
    civic_writer_int(&w, "n", -7);
    civic_writer_bool(&w, "yes", 2);
    civic_writer_bool(&w, "no", 0);
    civic_writer_null(&w, "nothing");
    civic_writer_instant(&w, "at", 1772987400123LL);
    civic_writer_raw(&w, "raw", CIVIC_STR("{\"a\":[1]}"));
    civic_writer_array(&w, "list");
    civic_writer_int(&w, NULL, 1);
    civic_writer_object(&w, NULL);
    civic_writer_end(&w);
    civic_writer_array(&w, NULL);
    civic_writer_end(&w);
    civic_writer_str(&w, NULL, CIVIC_STR(""));
    civic_writer_end(&w);
    civic_writer_object(&w, "empty");
    civic_writer_end(&w);
    civic_writer_end(&w);

    assert_text("{\"name\":\"张*\",\"n\":-7,\"yes\":true,\"no\":false,"
                "\"nothing\":null,\"at\":\"2026-03-09T00:30:00+08:00\","
                "\"raw\":{\"a\":[1]},\"list\":[1,{},[],\"\"],\"empty\":{}}");
}


static void
test_finish_closes_what_is_open(void **state)
{
    (void) state;

    civic_writer_object(&w, NULL);
    civic_writer_array(&w, "a");
    civic_writer_object(&w, NULL);
    civic_writer_null(&w, "b");

    assert_text("{\"a\":[{\"b\":null}]}");
}


static void
test_integers(void **state)
{
    int      i, sign;
    char     expected[64];
    int64_t  value;

    (void) state;

    value = 1;

    for (i = 0; i < 19; i++) {
        for (sign = -1; sign <= 1; sign += 2) {
            snprintf(expected, sizeof(expected), "[%lld,%lld]",
                     (long long) (sign * value),
                     (long long) (sign * (value - 1)));

            civic_writer_init(&w, arena, 0);
            civic_writer_array(&w, NULL);
            civic_writer_int(&w, NULL, sign * value);
            civic_writer_int(&w, NULL, sign * (value - 1));
            assert_text(expected);
        }

        value *= i < 18 ? 10 : 1;
    }

    civic_writer_init(&w, arena, 0);
    civic_writer_array(&w, NULL);
    civic_writer_int(&w, NULL, INT64_MIN);
    civic_writer_int(&w, NULL, INT64_MAX);
    assert_text("[-9223372036854775808,9223372036854775807]");
}


/* Each byte below 0x80 at each place of strings of many lengths. */
static void
test_every_ascii_byte_everywhere(void **state)
{
    int     c;
    char    text[40];
    size_t  len, at;

    (void) state;

    for (len = 1; len < sizeof(text); len++) {
        for (at = 0; at < len; at++) {
            for (c = 0; c < 0x80; c++) {
                memset(text, 'x', sizeof(text));
                text[at] = (char) c;
                text[len - 1 - at] = (char) (c ^ 1);
                assert_string((civic_str_t) { text, len },
                              (civic_str_t) { text, len });
            }
        }

        civic_arena_reset(arena);
    }
}


static void
test_escapes_are_the_short_ones(void **state)
{
    (void) state;

    civic_writer_str(&w, NULL,
                     CIVIC_STR("\"\\/\b\f\n\r\t\x01\x1f\x7f\0."));
    assert_text("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000.\"");
}


static void
test_unicode_is_left_alone(void **state)
{
    static const char *const  texts[] = {
        "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf", "\xe2\x80\xa8\xe2\x80\xa9", "𠮷野家",
        "a张b三c", "青海省公务员考试报名系统，请继续。", "\xef\xbb\xbf"
    };

    size_t  i, len;

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_string(civic_cstr(texts[i]), civic_cstr(texts[i]));

        len = strlen(texts[i]);
        assert_int_equal(w.len, len + 2);
        assert_memory_equal(w.data + 1, texts[i], len);
    }
}


#define FFFD  "\xef\xbf\xbd"

static void
test_broken_utf8_becomes_u_fffd(void **state)
{
    static const struct {
        civic_str_t  in;
        const char  *out;
    } cases[] = {
        { { "\x80", 1 }, FFFD },
        { { "a\xff" "b", 3 }, "a" FFFD "b" },
        { { "\xc0\xaf", 2 }, FFFD FFFD },
        { { "\xc3", 1 }, FFFD },
        { { "\xc3(", 2 }, FFFD "(" },
        { { "\xe5\xbc", 2 }, FFFD },
        { { "\xe5\xbc\"", 3 }, FFFD "\"" },
        { { "\xe5\xbc\xa0\xe5", 4 }, "张" FFFD },
        { { "\xe0\x80\xaf", 3 }, FFFD FFFD FFFD },
        { { "\xed\xa0\x80", 3 }, FFFD FFFD FFFD },
        { { "\xf0\x9f\x98", 3 }, FFFD },
        { { "\xf0\x80\x80\x80", 4 }, FFFD FFFD FFFD FFFD },
        { { "\xf4\x90\x80\x80", 4 }, FFFD FFFD FFFD FFFD },
        { { "\xf5\x80", 2 }, FFFD FFFD },
        { { "12345678\xe4\xb8\n\xc3\xa9", 13 }, "12345678" FFFD "\n\xc3\xa9" }
    };

    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string(cases[i].in, civic_cstr(cases[i].out));
    }
}


static void
test_growing_worst_cases(void **state)
{
    static const unsigned char  fill[] = { 0x01, 0xff, '"', 'x' };

    char    *text;
    size_t   i, j, len;

    (void) state;

    for (i = 0; i < sizeof(fill); i++) {
        for (len = 200; len < 70000; len = len * 3 + 1) {
            text = malloc(len);
            assert_non_null(text);
            memset(text, fill[i], len);

            civic_writer_init(&w, arena, 0);
            civic_writer_array(&w, NULL);

            for (j = 0; j < 4; j++) {
                civic_writer_str(&w, NULL, (civic_str_t) { text, len });
            }

            json_decref(read_back());
            free(text);
            civic_arena_reset(arena);
        }
    }
}


/* The buffer must be left exactly full by everything that is written. */
static void
test_every_fill_of_the_first_buffer(void **state)
{
    size_t        fill, i;
    json_t       *json;
    static char   text[300];

    (void) state;

    memset(text, 'x', sizeof(text));

    for (fill = 0; fill < sizeof(text); fill++) {
        civic_writer_init(&w, arena, 0);
        civic_writer_object(&w, NULL);
        civic_writer_str(&w, "fill", (civic_str_t) { text, fill });
        civic_writer_int(&w, "\n\n\n\n", INT64_MIN);
        civic_writer_instant(&w, "\"", 0);
        civic_writer_array(&w, "\xff\xff\xff");

        for (i = 0; i < 20; i++) {
            civic_writer_array(&w, NULL);
        }

        json = read_back();
        assert_int_equal(json_object_size(json), 4);
        assert_int_equal(json_integer_value(json_object_get(json, "\n\n\n\n")),
                         INT64_MIN);
        json_decref(json);
        civic_arena_reset(arena);
    }
}


static void
test_json_values(void **state)
{
    static const char  text[] =
        "{\"a\":[1,-2,true,false,null,\"x\\u0000y\",0.1,1e300,5.0,-0.0],"
        "\"张\\\"\":{\"deep\":[[[{}]]]},\"\":\"\"}";

    json_t  *value, *back;

    (void) state;

    value = json_loads(text, JSON_ALLOW_NUL, NULL);
    assert_non_null(value);

    civic_writer_object(&w, NULL);
    civic_writer_json(&w, "value", value);
    civic_writer_json(&w, "none", NULL);

    back = read_back();
    assert_true(json_equal(json_object_get(back, "value"), value));
    assert_true(json_is_null(json_object_get(back, "none")));

    json_decref(back);
    json_decref(value);
}


static void
test_real_numbers(void **state)
{
    json_t  *value;

    (void) state;

    value = json_pack("[f,f,f,f]", 0.1, 5.0, 1e22, 1.0 / 3);
    civic_writer_json(&w, NULL, value);
    assert_text("[0.1,5.0,1e+22,0.33333333333333331]");
    json_decref(value);
}


static void
test_depth_has_an_end(void **state)
{
    int  i;

    (void) state;

    for (i = 0; i < CIVIC_WRITER_DEPTH; i++) {
        civic_writer_array(&w, NULL);
    }

    json_decref(read_back());

    civic_writer_init(&w, arena, 0);

    for (i = 0; i < CIVIC_WRITER_DEPTH + 1; i++) {
        civic_writer_array(&w, NULL);
    }

    assert_failed();
}


static void
test_deep_json_fails_without_recursing(void **state)
{
    int      i;
    json_t  *value, *outer;

    (void) state;

    value = json_array();

    for (i = 0; i < 1000; i++) {
        outer = json_array();
        json_array_append_new(outer, value);
        value = outer;
    }

    civic_writer_json(&w, NULL, value);
    assert_failed();
    json_decref(value);
}


static void
test_misuse_fails(void **state)
{
    (void) state;

    assert_failed();                                /* nothing written */

    civic_writer_init(&w, arena, 0);
    civic_writer_object(&w, NULL);
    civic_writer_int(&w, NULL, 1);                  /* no key */
    assert_failed();

    civic_writer_init(&w, arena, 0);
    civic_writer_array(&w, NULL);
    civic_writer_int(&w, "key", 1);                 /* a key in an array */
    assert_failed();

    civic_writer_init(&w, arena, 0);
    civic_writer_int(&w, "key", 1);                 /* a key outside */
    assert_failed();

    civic_writer_init(&w, arena, 0);
    civic_writer_int(&w, NULL, 1);
    civic_writer_int(&w, NULL, 2);                  /* two outermost values */
    assert_failed();

    civic_writer_init(&w, arena, 0);
    civic_writer_object(&w, NULL);
    civic_writer_end(&w);
    civic_writer_end(&w);                           /* one too many */
    assert_failed();

    civic_writer_init(&w, arena, 0);
    civic_writer_object(&w, NULL);
    civic_writer_raw(&w, "key", CIVIC_STR(""));     /* no value at all */
    assert_failed();
}


static void
test_lack_of_memory_is_remembered(void **state)
{
    char            *text;
    civic_arena_t   *small;

    (void) state;

    small = civic_arena_create(1024, 4096);
    assert_non_null(small);

    text = malloc(8192);
    assert_non_null(text);
    memset(text, 'x', 8192);

    civic_writer_init(&w, small, 0);
    civic_writer_array(&w, NULL);
    civic_writer_str(&w, NULL, (civic_str_t) { text, 8192 });
    civic_writer_int(&w, NULL, 1);
    civic_writer_end(&w);
    assert_failed();

    memset(text, 1, 8192);
    civic_writer_init(&w, small, 0);
    civic_writer_str(&w, NULL, (civic_str_t) { text, 300 });
    civic_writer_str(&w, NULL, (civic_str_t) { text, 8192 });
    assert_failed();

    civic_writer_init(&w, small, MEBIBYTE);
    civic_writer_object(&w, NULL);
    assert_failed();

    free(text);
    civic_arena_destroy(small);
}


int
main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest  tests[] = {
        TEST(test_every_kind_of_value),
        TEST(test_finish_closes_what_is_open),
        TEST(test_integers),
        TEST(test_every_ascii_byte_everywhere),
        TEST(test_escapes_are_the_short_ones),
        TEST(test_unicode_is_left_alone),
        TEST(test_broken_utf8_becomes_u_fffd),
        TEST(test_growing_worst_cases),
        TEST(test_every_fill_of_the_first_buffer),
        TEST(test_json_values),
        TEST(test_real_numbers),
        TEST(test_depth_has_an_end),
        TEST(test_deep_json_fails_without_recursing),
        TEST(test_misuse_fails),
        TEST(test_lack_of_memory_is_remembered)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
