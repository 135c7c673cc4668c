/*
 * rules_test.c - rules.c, rules_load.c, rules_json.c, rules_memory.c:
 * loading, examples, JSON in and out, budgets, and that a state goes on
 * after an error.  The narrow environment is rules_sandbox_test.c's.
 */

#include <pthread.h>

#include "rules_fixture.h"


static void
calls_functions(void **state)
{
    json_t         *in, *out;
    civic_rules_t  *rules;

    (void) state;

    rules = loaded("local rules = { min = 8 }\n"
                   "function rules.password(input)\n"
                   "  if input.length < rules.min then\n"
                   "    return { allow = false, reason = 'too_short',\n"
                   "             min = rules.min }\n"
                   "  end\n"
                   "  return { allow = true }\n"
                   "end\n"
                   "return rules\n");

    in = json_pack("{s:i}", "length", 3);
    assert_int_equal(civic_rules_call(rules, "password", in, &out, &failure),
                     0);
    assert_true(json_is_false(json_object_get(out, "allow")));
    assert_string_equal(json_string_value(json_object_get(out, "reason")),
                        "too_short");
    assert_int_equal(json_integer_value(json_object_get(out, "min")), 8);
    json_decref(out);
    json_decref(in);

    assert_int_equal(civic_rules_call(rules, "nothing", NULL, &out, &failure),
                     -1);
    says("no function \"nothing\"");
    assert_int_equal(civic_rules_call(rules, "min", NULL, &out, &failure),
                     -1);

    in = json_array();
    assert_int_equal(civic_rules_call(rules, "password", in, &out, &failure),
                     -1);
    says("input is no object");
    json_decref(in);

    civic_rules_free(rules);
    civic_rules_free(NULL);
}

static void
carries_json(void **state)
{
    (void) state;

    answers("return input",
            "{\"a\":[1,2.5,\"x\",true,false],\"b\":{\"c\":{}},"
            "\"z\":\"\xe5\xbc\xa0\\u0000\"}",
            "{\"a\":[1,2.5,\"x\",true,false],\"b\":{\"c\":{}},"
            "\"z\":\"\xe5\xbc\xa0\\u0000\"}");
    answers("return { is_nil = input.a == nil, same = input }",
            "{\"a\":null}", "{\"is_nil\":true,\"same\":{}}");
    answers("return { n = #input.list }", "{\"list\":[]}", "{\"n\":0}");
    answers("return input", NULL, "{}");
    answers("return { whole = 4 / 2, part = 1 / 2, minus = -0.0,"
            " big = 2 ^ 53, instant = input.at + 1 }",
            "{\"at\":1757000000123}",
            "{\"big\":9007199254740992,\"instant\":1757000000124,"
            "\"minus\":0,\"part\":0.5,\"whole\":2}");
    answers("return { a = { { }, { 1 } }, [\"\xe5\x90\x8d\"] = 1 }", NULL,
            "{\"a\":[{},[1]],\"\xe5\x90\x8d\":1}");
    answers("input.x = 1 input.list[1] = 5 return input",
            "{\"list\":[1]}", "{\"list\":[5],\"x\":1}");

    fails_with("return input", "{\"a\":9007199254740993}", "2^53");
    fails_with("return nil", NULL, "is a nil, not a table");
    fails_with("", NULL, "is a nil");
    fails_with("return true", NULL, "is a boolean");
    fails_with("return 'x'", NULL, "is a string");
    fails_with("return { 1, 2 }", NULL, "list, not an object");
    fails_with("return { x = 0 / 0 }", NULL, "not finite");
    fails_with("return { x = math.huge }", NULL, "not finite");
    fails_with("return { x = '\\255' }", NULL, "not UTF-8");
    fails_with("return { ['\\255'] = 1 }", NULL, "not UTF-8");
    fails_with("return { ['a\\0'] = 1 }", NULL, "NUL");
    fails_with("return { x = tostring }", NULL, "has a function");
    fails_with("return { x = { 1, 2, y = 3 } }", NULL, "neither all strings");
    fails_with("return { x = { [2] = 1 } }", NULL, "neither all strings");
    fails_with("return { x = { [1.5] = 1 } }", NULL, "neither all strings");
    fails_with("return { x = { [true] = 1 } }", NULL, "neither all strings");
    fails_with("return { x = { 1, nil, 3 } }", NULL, "neither all strings");
    fails_with("local t = {} t.t = t return t", NULL, "deeper than 32");
    /* A table in itself many times: 2^30 values, if they were all read. */
    fails_with("local t = { x = 1 } for i = 1, 30 do t = { a = t, b = t } end"
               " return t", NULL, "too many values");
    fails_with("local t = {} for i = 1, 5000 do t[i] = i end"
               " return { t = t }", NULL, "too many values");
}

static void
refuses_input_too_deep(void **state)
{
    int             i;
    json_t         *in = json_object(), *outer, *out;
    civic_rules_t  *rules = loaded_body("return {}");

    (void) state;

    for (i = 0; i < 40; i++) {
        outer = json_object();
        json_object_set_new(outer, "in", in);
        in = outer;
    }

    assert_int_equal(civic_rules_call(rules, "f", in, &out, &failure), -1);
    says("nested deeper");
    json_decref(in);
    still_works(rules);
    civic_rules_free(rules);
}

static void
names_file_and_line(void **state)
{
    (void) state;

    load_fails("local rules = {}\n\nrules.x = = 1\n", "t.lua:3: ");
    load_fails("local rules = {}\nerror('no')\n", "t.lua:2: no");
    load_fails("local x = nil\nreturn x.y\n", "t.lua:2: ");
    load_fails("return 5", "t.lua:1: must return a table");
    load_fails("local rules = {}\n", "t.lua:1: must return a table");
    load_fails("error({})", "t.lua:1: the file: raised a table");
    load_fails("error()", "t.lua:1: ");

    fails_with("\nerror('no')", NULL, "t.lua:4: no");
    fails_with("\n\nreturn input.a.b", NULL, "t.lua:5: ");
    fails_with("error({})", NULL, "t.lua:2: f: raised a table");
    fails_with("error(nil)", NULL, "t.lua:2: f: raised a nil");
    fails_with("error('no', 0)", NULL, "t.lua:2: f: no");
    fails_with("\n\nlocal t = {} table.sort({ 1, {} })", NULL, "t.lua:2: f:");
    fails_with("\nipairs(5)", NULL, "t.lua:4: bad argument to ipairs");
    fails_with("error('a\\nb', 0)", NULL, "f: a b");
}

static void
asks_for_functions(void **state)
{
    const char *const  names[] = { "f", "g" };
    civic_rules_t     *rules;

    (void) state;

    civic_rules_free(loaded("return { f = function() return {} end }"));
    assert_null(civic_rules_load(path, names, 2, &failure));
    says("t.lua:1: has no function \"g\"");

    rules = civic_rules_load(path, names, 1, &failure);
    assert_non_null(rules);
    assert_int_equal(civic_rules_examples(rules), 0);
    civic_rules_free(rules);

    civic_rules_free(loaded("return { f = function() return {} end,"
                            " g = 7 }"));
    assert_null(civic_rules_load(path, names, 2, &failure));
}

static void
reads_files(void **state)
{
    char           *big = malloc(CIVIC_RULES_MAX_FILE + 1);
    civic_rules_t  *rules;

    (void) state;

    assert_null(civic_rules_load("/nonexistent/x.lua", NULL, 0, &failure));
    says("cannot open");
    assert_null(civic_rules_load("/tmp", NULL, 0, &failure));
    says("regular");

    memset(big, ' ', CIVIC_RULES_MAX_FILE + 1);
    memcpy(big, "return {}", 9);
    rules = load_bytes(big, CIVIC_RULES_MAX_FILE);
    assert_non_null(rules);
    civic_rules_free(rules);
    assert_null(load_bytes(big, CIVIC_RULES_MAX_FILE + 1));
    says("more than 262144 bytes");
    free(big);

    /* sha256sum of the text. */
    rules = loaded("return {}\n");
    assert_string_equal(civic_rules_revision(rules), "1232d8379de7");
    civic_rules_free(rules);
}

#define TWICE                                                                 \
    "local rules = { two = 2 }\n"                                             \
    "function rules.twice(input)\n"                                           \
    "  return { n = input.n * rules.two, list = { 1, { a = 'x' } } }\n"       \
    "end\n"                                                                   \
    "function rules.sad() error('sad') end\n"                                 \
    "rules.examples = "

static void
example_fails(const char *examples, const char *why)
{
    char  text[2048];

    snprintf(text, sizeof(text), TWICE "%s\nreturn rules\n", examples);
    load_fails(text, why);
    says("t.lua:");
}

static void
tries_examples(void **state)
{
    civic_rules_t  *rules;

    (void) state;

    rules = loaded(TWICE "{ { call = 'twice', input = { n = 4 },\n"
                   "output = { n = 8.0, list = { 1, { a = 'x' } } } },\n"
                   "{ call = 'twice', input = { n = 0.25 },\n"
                   "output = { list = { 1, { a = 'x' } }, n = 0.5 } } }\n"
                   "return rules\n");
    assert_int_equal(civic_rules_examples(rules), 2);
    civic_rules_free(rules);

    civic_rules_free(loaded(TWICE "{}\nreturn rules\n"));

    example_fails("{ { call = 'twice', input = { n = 4 },"
                  " output = { n = 9, list = { 1, { a = 'x' } } } } }",
                  "example 1 of 1, for \"twice\": expected {\"n\":9}, "
                  "got {\"n\":8}");
    /* Not a part of it, neither way, however deep. */
    example_fails("{ { call = 'twice', input = { n = 4 },"
                  " output = { n = 8 } } }", "got {\"list\"");
    example_fails("{ { call = 'twice', input = { n = 4 },"
                  " output = { n = 8, list = { 1, {} } } } }", "expected");
    example_fails("{ { call = 'twice', input = { n = 4 },"
                  " output = { n = 8, list = { 1, { a = 'x' } }, m = 1 } } }",
                  "expected");
    example_fails("{ { call = 'twice', input = { n = 4 },"
                  " output = { n = '8', list = { 1, { a = 'x' } } } } }",
                  "expected");
    example_fails("{ { call = 'nobody', output = {} } }",
                  "no function \"nobody\"");
    example_fails("{ { call = 'sad', output = {} } }",
                  "t.lua:5: sad (in example 1)");
    example_fails("{ { call = 'twice', input = {} } }", "must have");
    example_fails("{ { call = 'twice', output = {}, ouput = {} } }",
                  "must have");
    example_fails("{ { call = 'twice', input = 5, output = {} } }",
                  "must have");
    example_fails("{ { output = {} } }", "must have");
    example_fails("{ 5 }", "must have");
    example_fails("5", "must be a list");
    example_fails("{ call = 'twice', output = {} }", "must be a list");
    example_fails("{ { call = tostring, output = {} } }", "has a function");
}

static void
keeps_nothing_between_calls(void **state)
{
    (void) state;

    load_fails("local n = 0\nlocal rules = {}\n"
               "function rules.f() n = n + 1 return {} end\n"
               "rules.examples = { { call = 'f', output = {} } }\n"
               "return rules\n", "the local \"n\" changed");
    /* Tables cannot, whether examples run or not. */
    load_fails("local seen = {}\nlocal rules = {}\n"
               "function rules.f() seen.x = 1 return {} end\n"
               "rules.examples = { { call = 'f', output = {} } }\n"
               "return rules\n", "t.lua:3: this table is read-only");
}

static void
memory_comes_back(void **state)
{
    int             i;
    json_t         *out;
    civic_rules_t  *rules;

    (void) state;

    rules = loaded_body("local t = {} for i = 1, 2000 do t[i] = { i } end"
                        " return { n = #t }");

    for (i = 0; i < 2000; i++) {
        if (civic_rules_call(rules, "f", NULL, &out, &failure) != 0) {
            fail_msg("call %d: %s", i, failure.text);
        }

        json_decref(out);
    }

    civic_rules_free(rules);
}

static void *
use_rules(void *data)
{
    still_works(data);

    return NULL;
}

/* As a watcher thread does: loads there, calls here. */
static void *
load_there(void *data)
{
    *(civic_rules_t **) data = loaded_body("return {}");

    return NULL;
}

static void
moves_between_threads(void **state)
{
    int             i;
    pthread_t       thread;
    civic_rules_t  *rules = NULL;

    (void) state;

    pthread_create(&thread, NULL, load_there, &rules);
    pthread_join(thread, NULL);

    for (i = 0; i < 10; i++) {
        still_works(rules);
        pthread_create(&thread, NULL, use_rules, rules);
        pthread_join(thread, NULL);
    }

    civic_rules_free(rules);
}

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(calls_functions),
        cmocka_unit_test(carries_json),
        cmocka_unit_test(refuses_input_too_deep),
        cmocka_unit_test(names_file_and_line),
        cmocka_unit_test(asks_for_functions),
        cmocka_unit_test(reads_files),
        cmocka_unit_test(tries_examples),
        cmocka_unit_test(keeps_nothing_between_calls),
        cmocka_unit_test(memory_comes_back),
        cmocka_unit_test(moves_between_threads)
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
