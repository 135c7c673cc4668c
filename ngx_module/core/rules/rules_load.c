/*
 * rules_load.c - takes a rule file: compiles it in a new state, freezes what
 * it returns, finds its functions, and tries its examples.
 *
 * Compiling recurses with the text, up to 48 KB of stack, and examples may
 * take a second: this runs at start or on a thread, never on a fiber.  What
 * fails leaves nothing behind.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "rules_vm.h"

#define LOAD_FACTOR     20
#define LOAD_CPU        (500 * 1000000LL)
#define LOAD_MEMORY     (CIVIC_RULES_MEMORY - RULES_CALL_MEMORY)

/* One string, one part of a table, once the file is compiled. */
#define MAX_BLOCK       (128 * 1024)

#define MAX_EXAMPLES    1000
#define MAX_EXAMPLE     100000          /* values in all of them */
#define MAX_FUNCTIONS   256

/* How much of an example is told. */
#define TOLD_JSON       90

/* Garbage that may gather before a collection begins. */
#define MAX_GARBAGE     (256 * 1024)


/* ---- what runs protected -------------------------------------- */

/* An example in Lua is a table; what it says is checked as JSON. */
static void
take_examples(lua_State *L, int table)
{
    char            error[128];
    civic_rules_t  *rules = rules_of(L);

    lua_getfield(L, table, "examples");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return;
    }

    luaL_checkstack(L, RULES_JSON_SLOTS, "examples");
    rules->example_list = rules_read_json(L, MAX_EXAMPLE, error,
                                          sizeof(error));
    if (rules->example_list == NULL) {
        luaL_error(L, "%s: \"examples\" %s", rules->file, error);
    }

    lua_pushnil(L);
    lua_setfield(L, table, "examples");
}

static int
compare_functions(const void *a, const void *b)
{
    return strcmp(((const rules_function_t *) a)->name,
                  ((const rules_function_t *) b)->name);
}

/* The value on the top is a function, below it its name; pops it. */
static void
take_function(lua_State *L, civic_rules_t *rules)
{
    lua_Debug          ar;
    rules_function_t  *function = &rules->functions[rules->count];

    if (rules->count == MAX_FUNCTIONS) {
        luaL_error(L, "%s: more than %d functions", rules->file,
                   MAX_FUNCTIONS);
    }

    lua_pushvalue(L, -1);
    lua_getinfo(L, ">S", &ar);

    function->line = ar.linedefined > 0 ? ar.linedefined : 1;
    function->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    function->name = strdup(lua_tostring(L, -1));
    if (function->name == NULL) {
        luaL_error(L, "out of memory");
    }

    rules->count++;
}

static void
take_functions(lua_State *L, int table)
{
    civic_rules_t  *rules = rules_of(L);

    rules->functions = calloc(MAX_FUNCTIONS, sizeof(rules_function_t));
    if (rules->functions == NULL) {
        luaL_error(L, "out of memory");
    }

    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        if (lua_isfunction(L, -1) && lua_type(L, -2) == LUA_TSTRING) {
            take_function(L, rules);

        } else {
            lua_pop(L, 1);
        }
    }

    qsort(rules->functions, rules->count, sizeof(rules_function_t),
          compare_functions);
}

/* Text only: byte code can do anything.  A literal such as 1LL makes LuaJIT
   open its ffi library, which then is noted in _LOADED. */
static void
push_chunk(lua_State *L, civic_rules_t *rules)
{
    char  name[sizeof(rules->file) + 1];

    snprintf(name, sizeof(name), "@%s", rules->file);

    if (luaL_loadbufferx(L, rules->text, rules->text_len, name, "t") != 0) {
        lua_error(L);
    }

    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "ffi");
    if (!lua_isnil(L, -1)) {
        luaL_error(L, "%s:1: has a number such as 1LL or 1i somewhere: only "
                   "plain numbers are known", rules->file);
    }

    lua_pop(L, 2);
}

static int
run_load(lua_State *L)
{
    int             table;
    civic_rules_t  *rules = rules_of(L);

    lua_pushcfunction(L, rules_run_call);
    rules->entry = luaL_ref(L, LUA_REGISTRYINDEX);

    rules_push_environment(L);
    push_chunk(L, rules);
    lua_insert(L, -2);
    lua_setfenv(L, -2);

    rules->block_limit = MAX_BLOCK;
    rules_budget(rules, LOAD_FACTOR * CIVIC_RULES_INSTRUCTIONS, LOAD_CPU);
    lua_call(L, 0, 1);

    if (!lua_istable(L, -1)) {
        luaL_error(L, "%s:1: must return a table of rules, returned a %s",
                   rules->file, luaL_typename(L, -1));
    }

    table = lua_gettop(L);
    take_examples(L, table);

    lua_newtable(L);
    lua_pushvalue(L, table);
    rules_freeze(L, table + 1);
    take_functions(L, table);

    rules_push_upvalues(L, table + 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "upvalues");

    return 0;
}

/* After the examples. */
static int
run_check(lua_State *L)
{
    const char     *name;
    civic_rules_t  *rules = rules_of(L);

    lua_getfield(L, LUA_REGISTRYINDEX, "upvalues");
    name = rules_changed_upvalue(L, lua_gettop(L));
    if (name != NULL) {
        luaL_error(L, "%s:1: the local \"%s\" changed while the examples ran: "
                   "rules keep nothing from one call to the next",
                   rules->file, name);
    }

    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "upvalues");

    return 0;
}


/* ---- examples ------------------------------------------------- */

static int
is_example(const json_t *example)
{
    json_t  *input = json_object_get(example, "input");
    size_t   known = 2 + (input != NULL);

    return json_is_string(json_object_get(example, "call"))
           && json_is_object(json_object_get(example, "output"))
           && (input == NULL || json_is_object(input))
           && json_object_size(example) == known;
}

static void
told_json(const json_t *json, char *out)
{
    char  *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

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
run_example(civic_rules_t *rules, size_t i, const json_t *example,
    civic_failure_t *failure)
{
    int                      equal;
    char                     wanted[TOLD_JSON], got[TOLD_JSON];
    json_t                  *out, *output;
    const char              *call;
    civic_failure_t          reason;
    const rules_function_t  *function;

    if (!is_example(example)) {
        return rules_fail(failure, "%s:1: example %zu: must have \"call\", a "
                          "text, \"output\", a table, perhaps \"input\", a "
                          "table, and nothing else", rules->file, i);
    }

    call = json_string_value(json_object_get(example, "call"));
    function = rules_find(rules, call);
    if (function == NULL) {
        return rules_fail(failure, "%s:1: example %zu: there is no function "
                          "\"%s\"", rules->file, i, call);
    }

    if (civic_rules_call(rules, call, json_object_get(example, "input"), &out,
                         &reason) != 0)
    {
        return rules_fail(failure, "%.180s (in example %zu)", reason.text, i);
    }

    output = json_object_get(example, "output");
    equal = json_equal(out, output);
    told_difference(output, out, wanted);
    told_difference(out, output, got);
    json_decref(out);

    if (!equal) {
        return rules_fail(failure, "%s:%d: example %zu of %zu, for \"%s\": "
                          "expected %s, got %s", rules->file, function->line,
                          i, rules->examples, call, wanted, got);
    }

    return 0;
}

static int
run_examples(civic_rules_t *rules, civic_failure_t *failure)
{
    size_t  i;

    if (rules->example_list == NULL) {
        return 0;
    }

    rules->examples = json_array_size(rules->example_list);

    /* An empty list is an empty object. */
    if ((!json_is_array(rules->example_list)
         && (!json_is_object(rules->example_list)
             || json_object_size(rules->example_list) > 0))
        || rules->examples > MAX_EXAMPLES)
    {
        return rules_fail(failure, "%s:1: \"examples\" must be a list of at "
                          "most %d", rules->file, MAX_EXAMPLES);
    }

    for (i = 0; i < rules->examples; i++) {
        if (run_example(rules, i + 1,
                        json_array_get(rules->example_list, i), failure) != 0)
        {
            return -1;
        }
    }

    json_decref(rules->example_list);
    rules->example_list = NULL;

    return 0;
}


/* ---- the file ------------------------------------------------- */

/* A new buffer in *text.  0, or -1 with failure. */
static int
read_file(const char *path, char **text, size_t *len, civic_failure_t *failure)
{
    int          fd;
    ssize_t      n;
    struct stat  st;

    *len = 0;
    *text = NULL;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1) {
        return rules_fail(failure, "rules: cannot open \"%s\": %s", path,
                          strerror(errno));
    }

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return rules_fail(failure, "rules: \"%s\" is not a regular file",
                          path);
    }

    *text = malloc(CIVIC_RULES_MAX_FILE + 1);
    n = *text == NULL ? -1 : 1;

    while (n > 0 && *len <= CIVIC_RULES_MAX_FILE) {
        n = read(fd, *text + *len, CIVIC_RULES_MAX_FILE + 1 - *len);
        *len += n > 0 ? (size_t) n : 0;
    }

    close(fd);

    if (n < 0) {
        return rules_fail(failure, "rules: cannot read \"%s\": %s", path,
                          strerror(errno));
    }

    if (*len > CIVIC_RULES_MAX_FILE) {
        return rules_fail(failure, "rules: \"%s\" has more than %d bytes",
                          path, CIVIC_RULES_MAX_FILE);
    }

    return 0;
}

static int
set_revision(civic_rules_t *rules)
{
    size_t         i;
    unsigned       len;
    unsigned char  digest[EVP_MAX_MD_SIZE];

    if (EVP_Digest(rules->text, rules->text_len, digest, &len, EVP_sha256(),
                   NULL) != 1)
    {
        return -1;
    }

    for (i = 0; i < CIVIC_REVISION_LEN / 2; i++) {
        snprintf(rules->revision + 2 * i, 3, "%02x", digest[i]);
    }

    return 0;
}

static int
check_names(const civic_rules_t *rules, const char *const *names,
    size_t count, civic_failure_t *failure)
{
    size_t  i;

    for (i = 0; names != NULL && i < count; i++) {
        if (rules_find(rules, names[i]) == NULL) {
            return rules_fail(failure, "%s:1: has no function \"%s\", which "
                              "the plugin asks", rules->file, names[i]);
        }
    }

    return 0;
}

/* A state with the interpreter alone. */
static int
open_state(civic_rules_t *rules)
{
    rules->limit = LOAD_MEMORY;
    rules->block_limit = LOAD_MEMORY;

    rules->L = lua_newstate(rules_alloc, rules);

    return rules->L != NULL
           && luaJIT_setmode(rules->L, 0, LUAJIT_MODE_ENGINE
                                          | LUAJIT_MODE_OFF) == 1
           ? 0 : -1;
}

/* From here on the state serves calls: its own part of memory is known. */
static void
settle(civic_rules_t *rules)
{
    rules_collect(rules);
    rules->base = rules->used;
    rules->limit = rules->base + RULES_CALL_MEMORY;

    /* Marking costs what the file holds, not what is garbage: rarely. */
    lua_gc(rules->L, LUA_GCSETPAUSE,
           (int) (100 + MAX_GARBAGE / (rules->base / 100)));
}

static int
run_protected(civic_rules_t *rules, lua_CFunction function,
    civic_failure_t *failure)
{
    int  status;

    lua_settop(rules->L, 0);
    status = lua_cpcall(rules->L, function, NULL);
    if (status != 0) {
        rules_tell(rules, status, "the file", 1, failure);
        return -1;
    }

    return 0;
}

static int
load_text(civic_rules_t *rules, const char *const *names, size_t count,
    civic_failure_t *failure)
{
    if (lua_api_open(failure) != 0) {
        return -1;
    }

    if (open_state(rules) != 0 || set_revision(rules) != 0) {
        return rules_fail(failure, "%s: cannot make a Lua state", rules->file);
    }

    if (run_protected(rules, run_load, failure) != 0
        || check_names(rules, names, count, failure) != 0)
    {
        return -1;
    }

    settle(rules);

    if (run_examples(rules, failure) != 0
        || run_protected(rules, run_check, failure) != 0)
    {
        return -1;
    }

    settle(rules);

    return 0;
}

civic_rules_t *
civic_rules_load(const char *path, const char *const *names, size_t count,
    civic_failure_t *failure)
{
    int             rc;
    char           *text;
    const char     *slash = strrchr(path, '/');
    civic_rules_t  *rules;

    rules = calloc(1, sizeof(*rules));
    if (rules == NULL) {
        rules_fail(failure, "rules: out of memory");
        return NULL;
    }

    snprintf(rules->file, sizeof(rules->file), "%.50s",
             slash == NULL ? path : slash + 1);

    rc = read_file(path, &text, &rules->text_len, failure);
    if (rc == 0) {
        rules->text = text;
        rc = load_text(rules, names, count, failure);
        rules->text = NULL;
    }

    free(text);

    if (rc != 0) {
        civic_rules_free(rules);
        return NULL;
    }

    return rules;
}

void
civic_rules_free(civic_rules_t *rules)
{
    size_t  i;

    if (rules == NULL) {
        return;
    }

    if (rules->L != NULL) {
        lua_close(rules->L);
    }

    rules_free_spare(rules);

    for (i = 0; i < rules->count; i++) {
        free(rules->functions[i].name);
    }

    free(rules->functions);
    json_decref(rules->example_list);
    free(rules);
}
