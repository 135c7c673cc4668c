/*
 * rules_load.c - takes a rule file: compiles it and its parts in a new state,
 * freezes what they return, finds their functions, and has their examples
 * tried.
 *
 * Compiling recurses with the text, up to 48 KB of stack, and examples may
 * take a second: this runs at start or on a thread, never on a fiber.  What
 * fails leaves nothing behind.
 */

#include <stdio.h>
#include <stdlib.h>

#include "rules_vm.h"

#define LOAD_FACTOR     20
#define LOAD_CPU        (500 * 1000000LL)
#define LOAD_MEMORY     (CIVIC_RULES_MEMORY - RULES_CALL_MEMORY)

/* One string, one part of a table, once a file is compiled. */
#define MAX_BLOCK       (128 * 1024)

#define MAX_FUNCTIONS   256

/* Garbage that may gather before a collection begins. */
#define MAX_GARBAGE     (256 * 1024)


/* ---- what runs protected -------------------------------------- */

static int
compare_functions(const void *a, const void *b)
{
    return strcmp(((const rules_function_t *) a)->name,
                  ((const rules_function_t *) b)->name);
}

/* The value on the top is a function, below it its name; pops it. */
static void
take_function(lua_State *L, rules_file_t *file)
{
    lua_Debug          ar;
    rules_function_t  *function = &file->functions[file->count];

    if (file->count == MAX_FUNCTIONS) {
        rules_raise(L, "%s: more than %d functions", file->stamp.name,
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

    file->count++;
}

static void
take_functions(lua_State *L, rules_file_t *file, int table)
{
    file->functions = calloc(MAX_FUNCTIONS, sizeof(rules_function_t));
    if (file->functions == NULL) {
        luaL_error(L, "out of memory");
    }

    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        if (lua_isfunction(L, -1) && lua_type(L, -2) == LUA_TSTRING) {
            take_function(L, file);

        } else {
            lua_pop(L, 1);
        }
    }

    qsort(file->functions, file->count, sizeof(rules_function_t),
          compare_functions);
}

/* Text only: byte code can do anything.  A literal such as 1LL makes LuaJIT
   open its ffi library, which then is noted in _LOADED. */
static void
push_chunk(lua_State *L, civic_rules_t *rules, const rules_file_t *file)
{
    char  name[CIVIC_RULES_NAME + 1];

    snprintf(name, sizeof(name), "@%s", file->stamp.name);

    rules->block_limit = LOAD_MEMORY;
    if (luaL_loadbufferx(L, file->text, file->len, name, "t") != 0) {
        lua_error(L);
    }

    rules->block_limit = MAX_BLOCK;

    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "ffi");
    if (!lua_isnil(L, -1)) {
        rules_raise(L, "%s:1: has a number such as 1LL or 1i somewhere: "
                    "only plain numbers are known", file->stamp.name);
    }

    lua_pop(L, 2);
    lua_getfield(L, LUA_REGISTRYINDEX, "environment");
    lua_setfenv(L, -2);
}

/* With the table on the top, which what stands for it replaces. */
static void
take(lua_State *L, rules_file_t *file)
{
    int  table = lua_gettop(L);

    rules_take_examples(L, file, table);

    lua_getfield(L, LUA_REGISTRYINDEX, "seen");
    lua_pushvalue(L, table);
    rules_freeze(L, table + 1);
    take_functions(L, file, table);

    lua_replace(L, table);
    lua_settop(L, table);
}

void
rules_run_file(lua_State *L, rules_file_t *file)
{
    civic_rules_t  *rules = rules_of(L);

    file->stage = RULES_RUNNING;
    file->above = rules->running;
    rules->running = file;

    push_chunk(L, rules, file);
    lua_call(L, 0, 1);

    if (!lua_istable(L, -1)) {
        rules_raise(L, "%s:1: must return a table of rules, returned a %s",
                    file->stamp.name, luaL_typename(L, -1));
    }

    take(L, file);

    rules->running = file->above;
    file->stage = RULES_TAKEN;
}

/* Whoever catches the error of a part goes no further. */
static void
check_parts(lua_State *L, const civic_rules_t *rules)
{
    size_t  i;

    for (i = 0; i < rules->count; i++) {
        if (rules->files[i].stage != RULES_TAKEN) {
            rules_raise(L, "%s:1: was not taken, or not asked for",
                        rules->files[i].stamp.name);
        }
    }
}

static int
run_load(lua_State *L)
{
    civic_rules_t  *rules = rules_of(L);

    lua_pushcfunction(L, rules_run_call);
    rules->entry = luaL_ref(L, LUA_REGISTRYINDEX);

    rules_push_environment(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "environment");
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "parts");
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "seen");

    rules_budget(rules, LOAD_FACTOR * CIVIC_RULES_INSTRUCTIONS, LOAD_CPU);
    rules_run_file(L, &rules->files[0]);
    check_parts(L, rules);

    rules_push_upvalues(L, lua_gettop(L) - 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "upvalues");

    return 0;
}

static void
forget(lua_State *L, const char *name)
{
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, name);
}

/* After the examples. */
static int
run_check(lua_State *L)
{
    lua_Debug    ar;
    const char  *name;

    lua_getfield(L, LUA_REGISTRYINDEX, "upvalues");
    name = rules_changed_upvalue(L, lua_gettop(L), &ar);
    if (name != NULL) {
        rules_raise(L, "%s:%d: the local \"%s\" changed while the examples "
                    "ran: rules keep nothing from one call to the next",
                    ar.short_src, ar.linedefined, name);
    }

    forget(L, "upvalues");
    forget(L, "seen");
    forget(L, "parts");
    forget(L, "environment");

    return 0;
}


/* ---- the state ------------------------------------------------- */

static int
check_names(const civic_rules_t *rules, const char *const *names,
    size_t count, civic_failure_t *failure)
{
    size_t  i;

    for (i = 0; names != NULL && i < count; i++) {
        if (rules_find(&rules->files[0], names[i]) == NULL) {
            return rules_fail(failure, "%s:1: has no function \"%s\", which "
                              "the plugin asks", rules_name(rules), names[i]);
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

    static const rules_function_t  whole = { .name = "the file", .line = 1 };

    lua_settop(rules->L, 0);
    status = lua_cpcall(rules->L, function, NULL);
    if (status != 0) {
        rules_tell(rules, status, rules_name(rules), &whole, failure);
        return -1;
    }

    return 0;
}

int
rules_load_texts(civic_rules_t *rules, const char *const *names,
    size_t count, civic_failure_t *failure)
{
    if (lua_api_open(failure) != 0) {
        return -1;
    }

    if (open_state(rules) != 0) {
        return rules_fail(failure, "%s: cannot make a Lua state",
                          rules_name(rules));
    }

    if (run_protected(rules, run_load, failure) != 0
        || check_names(rules, names, count, failure) != 0)
    {
        return -1;
    }

    settle(rules);

    if (rules_run_examples(rules, failure) != 0
        || run_protected(rules, run_check, failure) != 0)
    {
        return -1;
    }

    settle(rules);

    if (rules_set_revision(rules) != 0) {
        return rules_fail(failure, "%s: cannot make its digest",
                          rules_name(rules));
    }

    return 0;
}


/* ---- the file ------------------------------------------------- */

static void
tell_seen(const civic_rules_t *rules, civic_rules_seen_t *seen)
{
    for (seen->count = 0; seen->count < rules->count; seen->count++) {
        seen->files[seen->count] = rules->files[seen->count].stamp;
    }
}

civic_rules_t *
civic_rules_load_seen(const char *path, const char *const *names,
    size_t count, civic_rules_seen_t *seen, civic_failure_t *failure)
{
    civic_rules_t  *rules = calloc(1, sizeof(*rules));

    seen->count = 0;

    if (rules == NULL) {
        rules_fail(failure, "rules: out of memory");
        return NULL;
    }

    if (rules_read(rules, path, failure) != 0
        || rules_load_texts(rules, names, count, failure) != 0)
    {
        tell_seen(rules, seen);
        civic_rules_free(rules);
        return NULL;
    }

    rules->path = NULL;
    tell_seen(rules, seen);

    return rules;
}

civic_rules_t *
civic_rules_load(const char *path, const char *const *names, size_t count,
    civic_failure_t *failure)
{
    civic_rules_seen_t  seen;

    return civic_rules_load_seen(path, names, count, &seen, failure);
}

static void
free_file(rules_file_t *file)
{
    size_t  i;

    for (i = 0; i < file->count; i++) {
        free(file->functions[i].name);
    }

    free(file->functions);
    free(file->text);
    json_decref(file->example_list);
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
        free_file(&rules->files[i]);
    }

    free(rules);
}
