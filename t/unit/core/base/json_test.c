/*
 * json_test.c - JSON from strangers: what is taken, and why the rest is not.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "json.h"

#define FLOOD  (1024 * 1024)


/* From memory that ends where the text does, so that ASan sees over-reads. */
static civic_json_status_t
load(const char *text, size_t len, json_t **value)
{
    char                 *copy;
    civic_json_status_t   status;

    copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    status = civic_json_load(copy, len, value);
    free(copy);

    if (status == CIVIC_JSON_OK) {
        assert_non_null(*value);

    } else {
        assert_null(*value);
    }

    return status;
}


static void
assert_status(const char *text, civic_json_status_t expected)
{
    json_t               *value;
    civic_json_status_t   status;

    status = load(text, strlen(text), &value);
    if (status != expected) {
        fail_msg("%s: %d, expected %d", text, (int) status, (int) expected);
    }

    json_decref(value);
}


static void
test_taken(void **state)
{
    (void) state;

    assert_status("{}", CIVIC_JSON_OK);
    assert_status(" {\"a\" : [1, 2.5e3, true, null, \"x\"]}\r\n",
                  CIVIC_JSON_OK);
    assert_status("[]", CIVIC_JSON_OK);
    assert_status("\"text\"", CIVIC_JSON_OK);
    assert_status("1", CIVIC_JSON_OK);
    assert_status("null", CIVIC_JSON_OK);
    assert_status("{\"name\":\"𠮷\\ud842\\udfb7\"}", CIVIC_JSON_OK);
    assert_status("{\"a\":{\"b\":1},\"b\":{\"a\":1}}", CIVIC_JSON_OK);
}


static void
test_malformed(void **state)
{
    size_t  i;

    static const char *const  texts[] = {
        "", " ", "{", "}", "{]", "[}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
        "[1,]", "[1 2]", "{} {}", "{}x", "nul", "'a'", "{a:1}", "// x\n{}",
        "\"abc", "\"\\x\"", "\"\\u12\"", "\"\n\"", "+1", "01", ".5", "1.",
        "NaN", "Infinity", "-", "0x10", "\xef\xbb\xbf{}", "\"\\", "[\"\\\"]"
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_status(texts[i], CIVIC_JSON_MALFORMED);
    }
}


static void
test_not_utf8(void **state)
{
    (void) state;

    assert_status("\"\xff\"", CIVIC_JSON_MALFORMED);
    assert_status("\"\xc0\xaf\"", CIVIC_JSON_MALFORMED);
    assert_status("\"\xed\xa0\x80\"", CIVIC_JSON_MALFORMED);
    assert_status("\"\xf4\x90\x80\x80\"", CIVIC_JSON_MALFORMED);
    assert_status("\"\xe5\xbc\"", CIVIC_JSON_MALFORMED);
    assert_status("{\"\xff\":1}", CIVIC_JSON_MALFORMED);
    assert_status("\"\\ud800\"", CIVIC_JSON_MALFORMED);
    assert_status("\"\\udc00\"", CIVIC_JSON_MALFORMED);
    assert_status("\"\\ud800\\u0041\"", CIVIC_JSON_MALFORMED);
}


static void
test_nul(void **state)
{
    json_t  *value;

    (void) state;

    assert_status("\"a\\u0000b\"", CIVIC_JSON_MALFORMED);
    assert_status("{\"a\\u0000\":1}", CIVIC_JSON_MALFORMED);
    assert_int_equal(load("\"a\0b\"", 5, &value), CIVIC_JSON_MALFORMED);
    assert_int_equal(load("{}\0", 3, &value), CIVIC_JSON_MALFORMED);
}


static void
test_numbers(void **state)
{
    json_t  *value;

    (void) state;

    assert_status("1e400", CIVIC_JSON_MALFORMED);
    assert_status("-1e400", CIVIC_JSON_MALFORMED);
    assert_status("9223372036854775808", CIVIC_JSON_MALFORMED);
    assert_status("-9223372036854775809", CIVIC_JSON_MALFORMED);
    assert_status("1e-400", CIVIC_JSON_OK);

    assert_int_equal(load("9223372036854775807", 19, &value), CIVIC_JSON_OK);
    assert_int_equal(json_integer_value(value), INT64_MAX);
    json_decref(value);

    assert_int_equal(load("-0", 2, &value), CIVIC_JSON_OK);
    assert_true(json_is_integer(value));
    assert_int_equal(json_integer_value(value), 0);
    json_decref(value);
}


static void
test_duplicate_keys(void **state)
{
    (void) state;

    assert_status("{\"a\":1,\"a\":1}", CIVIC_JSON_DUPLICATE_KEY);
    assert_status("{\"a\":1,\"b\":2,\"\\u0061\":3}", CIVIC_JSON_DUPLICATE_KEY);
    assert_status("{\"张\":1,\"\\u5f20\":2}", CIVIC_JSON_DUPLICATE_KEY);
    assert_status("[{\"x\":{\"\":1,\"\":2}}]", CIVIC_JSON_DUPLICATE_KEY);
}


static char *
nested(size_t depth, size_t *len)
{
    char  *text;

    text = malloc(2 * depth);
    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    *len = 2 * depth;

    return text;
}


static void
test_depth_32_and_33(void **state)
{
    char    *text;
    size_t   len;
    json_t  *value;

    (void) state;

    text = nested(32, &len);
    assert_int_equal(load(text, len, &value), CIVIC_JSON_OK);
    json_decref(value);
    free(text);

    text = nested(33, &len);
    assert_int_equal(load(text, len, &value), CIVIC_JSON_TOO_DEEP);
    free(text);
}


static void
test_floods(void **state)
{
    char    *text;
    size_t   i;
    json_t  *value;

    (void) state;

    text = malloc(FLOOD);
    assert_non_null(text);

    memset(text, '[', FLOOD);
    assert_int_equal(load(text, FLOOD, &value), CIVIC_JSON_TOO_DEEP);

    for (i = 0; i + 5 <= FLOOD; i += 5) {
        memcpy(text + i, "{\"a\":", 5);
    }

    assert_int_equal(load(text, i, &value), CIVIC_JSON_TOO_DEEP);

    /* wide, not deep */

    for (i = 0; i < FLOOD - 2; i += 3) {
        memcpy(text + i, "[],", 3);
    }

    text[0] = '[';
    text[1] = ' ';
    text[2] = ' ';
    text[i - 1] = ']';
    assert_int_equal(load(text, i, &value), CIVIC_JSON_TOO_MANY_VALUES);

    /* brackets and commas in a string are neither deep nor many */

    text[0] = '"';
    text[i - 1] = '"';
    assert_int_equal(load(text, i, &value), CIVIC_JSON_OK);
    json_decref(value);

    free(text);
}


static void
assert_repeated(const char *part, size_t times, civic_json_status_t expected)
{
    char    *text;
    size_t   i, len, part_len;
    json_t  *value;

    part_len = strlen(part);
    text = malloc(times * (part_len + 1) + 1);
    assert_non_null(text);
    len = 0;

    for (i = 0; i < times; i++) {
        text[len++] = i == 0 ? '[' : ',';
        memcpy(text + len, part, part_len);
        len += part_len;
    }

    text[len++] = ']';
    assert_int_equal(load(text, len, &value), expected);
    json_decref(value);
    free(text);
}


static void
test_how_many_values(void **state)
{
    (void) state;

    /* the outer array weighs 3, each comma 1, each inner array 3 more */

    assert_repeated("1", CIVIC_JSON_MAX_WEIGHT - 2, CIVIC_JSON_OK);
    assert_repeated("1", CIVIC_JSON_MAX_WEIGHT - 1,
                    CIVIC_JSON_TOO_MANY_VALUES);
    assert_repeated("[]", (CIVIC_JSON_MAX_WEIGHT - 2) / 4, CIVIC_JSON_OK);
    assert_repeated("{}", (CIVIC_JSON_MAX_WEIGHT - 2) / 4 + 1,
                    CIVIC_JSON_TOO_MANY_VALUES);
    assert_repeated("\"a,b,[c\"", CIVIC_JSON_MAX_WEIGHT - 2, CIVIC_JSON_OK);
}


static void
assert_depth(const char *text, size_t expected)
{
    assert_int_equal(civic_json_depth(text, strlen(text), 32), expected);
}


static void
test_depth_looks_outside_strings_only(void **state)
{
    (void) state;

    assert_depth("", 0);
    assert_depth("1", 0);
    assert_depth("[]", 1);
    assert_depth("[][][]", 1);
    assert_depth("{\"a\":[{}]}", 3);
    assert_depth("\"[[[[\"", 0);
    assert_depth("[\"\\\"[[[[\"]", 1);
    assert_depth("[\"\\\\\",[]]", 2);
    assert_depth("[\"\\\\\\\"[\"]", 1);
    assert_depth("\"[[[", 0);
    assert_depth("\"\\", 0);
    assert_depth("]]]][[", 2);
    assert_depth("\\[", 1);

    /* a quote behind a stray backslash must not hide what follows */

    assert_depth("\\\"[[\"[[", 2);

    assert_int_equal(civic_json_depth("[[[[", 4, 2), 3);
    assert_int_equal(civic_json_depth("[[[[", 4, 0), 1);
}


static void
test_problems_have_names(void **state)
{
    (void) state;

    assert_string_equal(civic_json_problem(CIVIC_JSON_TOO_DEEP),
                        "json_too_deep");
    assert_string_equal(civic_json_problem(CIVIC_JSON_DUPLICATE_KEY),
                        "json_duplicate_key");
    assert_string_equal(civic_json_problem(CIVIC_JSON_MALFORMED),
                        "json_malformed");
    assert_string_equal(civic_json_problem(CIVIC_JSON_TOO_MANY_VALUES),
                        "json_too_many_values");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_not_utf8),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_duplicate_keys),
        cmocka_unit_test(test_depth_32_and_33),
        cmocka_unit_test(test_floods),
        cmocka_unit_test(test_how_many_values),
        cmocka_unit_test(test_depth_looks_outside_strings_only),
        cmocka_unit_test(test_problems_have_names)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
