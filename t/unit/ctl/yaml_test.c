/*
 * yaml_test.c - YAML that no reader can misunderstand.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "yaml.h"


static void
becomes(const char *json, const char *expected)
{
    char    *text = NULL;
    FILE    *out;
    size_t   len = 0;
    json_t  *value = json_loads(json, JSON_DECODE_ANY, NULL);

    assert_non_null(value);
    out = open_memstream(&text, &len);
    assert_int_equal(ctl_yaml_write(out, value), 0);
    (void) fclose(out);
    assert_string_equal(text, expected);
    free(text);
    json_decref(value);
}


static void
test_scalars(void **state)
{
    (void) state;

    becomes("\"a\"", "\"a\"\n");
    becomes("-12", "-12\n");
    becomes("true", "true\n");
    becomes("null", "null\n");
    becomes("{}", "{}\n");
    becomes("[]", "[]\n");
    becomes("0.5", "0.5\n");
}


static void
test_strings_are_quoted(void **state)
{
    (void) state;

    becomes("{\"a\":\"yes\"}", "a: \"yes\"\n");
    becomes("{\"a\":\"1e3\"}", "a: \"1e3\"\n");
    becomes("{\"a\":\"x: # y\"}", "a: \"x: # y\"\n");
    becomes("{\"a\":\"\\\"\\\\\\n\\t\\u0001\"}",
            "a: \"\\\"\\\\\\n\\t\\x01\"\n");
    becomes("{\"a\":\"张三\"}", "a: \"张三\"\n");
}


static void
test_keys(void **state)
{
    (void) state;

    becomes("{\"on\":1}", "\"on\": 1\n");
    becomes("{\"No\":1}", "\"No\": 1\n");
    becomes("{\"200\":1}", "\"200\": 1\n");
    becomes("{\"\":1}", "\"\": 1\n");
    becomes("{\"/a/{b}\":1}", "\"/a/{b}\": 1\n");
    becomes("{\"$ref\":1}", "\"$ref\": 1\n");
    becomes("{\"x-civic\":1}", "x-civic: 1\n");
    becomes("{\"-x\":1}", "\"-x\": 1\n");
}


static void
test_nesting_keeps_the_order(void **state)
{
    (void) state;

    becomes("{\"z\":{\"b\":[1,{\"c\":[]}],\"a\":{}},\"x\":[[2]]}",
            "z:\n"
            "  b:\n"
            "    - 1\n"
            "    -\n"
            "      c: []\n"
            "  a: {}\n"
            "x:\n"
            "  -\n"
            "    - 2\n");
}


static void
test_a_full_disk_is_told(void **state)
{
    FILE    *full = fopen("/dev/full", "w");
    json_t  *value = json_pack("{s:s}", "a", "b");

    (void) state;

    assert_non_null(full);
    assert_int_equal(ctl_yaml_write(full, value), -1);
    (void) fclose(full);
    json_decref(value);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_strings_are_quoted),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_nesting_keeps_the_order),
        cmocka_unit_test(test_a_full_disk_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
