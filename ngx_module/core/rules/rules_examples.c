/*
 * rules_examples.c - the examples that a rule file and its parts carry: taken
 * while it is loaded, and tried before it is.
 *
 * An example in Lua is a table; what it says is checked as JSON.  One of the
 * rule file goes the way of the host's calls.  A part's functions are asked by
 * other Lua: their input may be a list of arguments, and their answer may be
 * anything.
 */

#include <stdio.h>
#include <stdlib.h>

#include "rules_vm.h"

#define MAX_EXAMPLES    1000
#define MAX_EXAMPLE     100000          /* values in all of them */

/* How much of an example is told. */
#define TOLD_JSON       90


void
rules_take_examples(lua_State *L, rules_file_t *file, int table)
{
    char  error[128];

    lua_getfield(L, table, "examples");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return;
    }

    luaL_checkstack(L, RULES_JSON_SLOTS, "examples");
    file->example_list = rules_read_json(L, MAX_EXAMPLE, error,
                                         sizeof(error));
    if (file->example_list == NULL) {
        rules_raise(L, "%s: \"examples\" %s", file->stamp.name, error);
    }

    lua_pushnil(L);
    lua_setfield(L, table, "examples");
}

static void
told_json(const json_t *json, char *out)
{
    char  *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS
                                  | JSON_ENCODE_ANY);

    snprintf(out, TOLD_JSON, "%s", text == NULL ? "?" : text);
    free(text);
}

/* Without what the other has, too: a long answer is told by what is wrong. */
static json_t *
without_equal(json_t *one, json_t *other)
{
    json_t      *rest, *value;
    const char  *key;

    if (!json_is_object(one) || !json_is_object(other)) {
        return json_incref(one);
    }

    rest = json_object();
    json_object_foreach(one, key, value) {
        if (!json_equal(value, json_object_get(other, key))) {
            json_object_set(rest, key, value);
        }
    }

    return rest;
}

static void
told_difference(json_t *one, json_t *other, char *out)
{
    json_t  *rest = without_equal(one, other);

    told_json(rest, out);
    json_decref(rest);
}

static int
is_input(const json_t *input, int of_part)
{
    return input == NULL || json_is_object(input)
           || (of_part && json_is_array(input));
}

static int
is_example(const json_t *example, int of_part)
{
    json_t  *input = json_object_get(example, "input");
    json_t  *output = json_object_get(example, "output");

    return json_is_string(json_object_get(example, "call"))
           && output != NULL && (of_part || json_is_object(output))
           && is_input(input, of_part)
           && json_object_size(example) == 2 + (size_t) (input != NULL);
}

/* What the function that it calls answers, or NULL with failure. */
static json_t *
ask(civic_rules_t *rules, const rules_file_t *file, const json_t *example,
    const rules_function_t *function, civic_failure_t *failure)
{
    json_t  *out, *input = json_object_get(example, "input");

    if (file == &rules->files[0]) {
        return civic_rules_call(rules, function->name, input, &out, failure)
               == 0 ? out : NULL;
    }

    return rules_call(rules, file, function, input, &out, failure) == 0
           ? out : NULL;
}

static int
run_example(civic_rules_t *rules, const rules_file_t *file, size_t i,
    const json_t *example, civic_failure_t *failure)
{
    int                      equal;
    char                     wanted[TOLD_JSON], got[TOLD_JSON];
    json_t                  *out, *output;
    const char              *call, *name = file->stamp.name;
    civic_failure_t          reason;
    const rules_function_t  *function;

    if (!is_example(example, file != &rules->files[0])) {
        return rules_fail(failure, "%s:1: example %zu: must have \"call\", a "
                          "text, \"output\", a table, perhaps \"input\", a "
                          "table, and nothing else", name, i);
    }

    call = json_string_value(json_object_get(example, "call"));
    function = rules_find(file, call);
    if (function == NULL) {
        return rules_fail(failure, "%s:1: example %zu: there is no function "
                          "\"%s\"", name, i, call);
    }

    out = ask(rules, file, example, function, &reason);
    if (out == NULL) {
        return rules_fail(failure, "%.180s (in example %zu)", reason.text, i);
    }

    output = json_object_get(example, "output");
    equal = json_equal(out, output);
    told_difference(output, out, wanted);
    told_difference(out, output, got);
    json_decref(out);

    if (!equal) {
        return rules_fail(failure, "%s:%d: example %zu of %zu, for \"%s\": "
                          "expected %s, got %s", name, function->line, i,
                          file->examples, call, wanted, got);
    }

    return 0;
}

/* An empty list is an empty object. */
static int
is_list(const json_t *examples)
{
    return json_is_array(examples)
           || (json_is_object(examples) && json_object_size(examples) == 0);
}

static int
run_file_examples(civic_rules_t *rules, rules_file_t *file,
    civic_failure_t *failure)
{
    size_t  i;

    if (file->example_list == NULL) {
        return 0;
    }

    file->examples = json_array_size(file->example_list);

    if (!is_list(file->example_list) || file->examples > MAX_EXAMPLES) {
        return rules_fail(failure, "%s:1: \"examples\" must be a list of at "
                          "most %d", file->stamp.name, MAX_EXAMPLES);
    }

    for (i = 0; i < file->examples; i++) {
        if (run_example(rules, file, i + 1,
                        json_array_get(file->example_list, i), failure) != 0)
        {
            return -1;
        }
    }

    json_decref(file->example_list);
    file->example_list = NULL;

    return 0;
}

/* Parts first: the file's own may fail because of them. */
int
rules_run_examples(civic_rules_t *rules, civic_failure_t *failure)
{
    size_t  i;

    for (i = rules->count; i > 0; i--) {
        if (run_file_examples(rules, &rules->files[i - 1], failure) != 0) {
            return -1;
        }
    }

    return 0;
}
