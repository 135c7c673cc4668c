/*
 * rules.c - calls the functions of a rule file, within budgets.
 *
 * A civic_rules_t owns its state and every byte in it.  Instructions are
 * counted by a hook: when they run out the hook raises an error, and fires
 * again at each further instruction, so that a pcall in the rule cannot go
 * on.  Some single instructions (joining long strings) cost far more than
 * others: therefore one block of memory has a bound of its own, and from the
 * first firing on, the thread's processor time is looked at, too.  An
 * ordinary call ends before that and pays for neither.
 *
 * Everything that may raise runs protected; an error outside of that would
 * end the process.
 */

#include <stdio.h>
#include <time.h>

#include "rules_vm.h"

/* How often the hook fires, in instructions. */
#define HOOK_INTERVAL  250

/* Values in an answer: they are turned to JSON on the event loop. */
#define MAX_ANSWER     4096


int
rules_fail(civic_failure_t *failure, const char *fmt, ...)
{
    char    *p;
    va_list  args;

    va_start(args, fmt);
    vsnprintf(failure->text, sizeof(failure->text), fmt, args);
    va_end(args);

    /* It goes into one line of a log. */
    for (p = failure->text; *p != '\0'; p++) {
        if ((unsigned char) *p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }

    return -1;
}

civic_rules_t *
rules_of(lua_State *L)
{
    void  *rules;

    lua_getallocf(L, &rules);

    return rules;
}


/* ---- budgets ----------------------------------------------------------- */

static int64_t
thread_time(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);

    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* The file of ours that a text begins with, before a colon, or NULL. */
static const rules_file_t *
file_told(const civic_rules_t *rules, const char *text, size_t len)
{
    size_t       i;
    const char  *name;

    for (i = 0; i < rules->count; i++) {
        name = rules->files[i].stamp.name;
        if (strlen(name) == len && strncmp(name, text, len) == 0) {
            return &rules->files[i];
        }
    }

    return NULL;
}

/* Pushes the place that runs, "login.lua:12", in a file of ours: for it may
   have called into the environment's own Lua. */
static void
push_place(lua_State *L)
{
    int             level;
    lua_Debug       ar;
    civic_rules_t  *rules = rules_of(L);

    for (level = 0; lua_getstack(L, level, &ar) == 1; level++) {
        if (lua_getinfo(L, "Sl", &ar) != 0 && ar.currentline > 0
            && file_told(rules, ar.short_src, strlen(ar.short_src)) != NULL)
        {
            lua_pushfstring(L, "%s:%d", ar.short_src, ar.currentline);
            return;
        }
    }

    lua_pushfstring(L, "%s:0", rules_name(rules));
}

static const char *
budget_check(civic_rules_t *rules)
{
    if (rules->fired >= rules->firings) {
        return "took too many instructions";
    }

    if (rules->fired == 1) {
        rules->cpu_start = thread_time();
        return NULL;
    }

    return thread_time() - rules->cpu_start > rules->cpu_limit
           ? "took too much processor time" : NULL;
}

void
rules_hook(lua_State *L, lua_Debug *ar)
{
    civic_rules_t  *rules = rules_of(L);

    (void) ar;

    if (rules->spent == NULL) {
        rules->fired++;
        rules->spent = budget_check(rules);
        if (rules->spent == NULL) {
            return;
        }

        lua_sethook(L, rules_hook, LUA_MASKCOUNT, 1);
    }

    push_place(L);
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -1), rules->spent);
    lua_error(L);
}

void
rules_budget(civic_rules_t *rules, unsigned instructions, int64_t cpu)
{
    rules->fired = 0;
    rules->firings = instructions / HOOK_INTERVAL;
    rules->cpu_limit = cpu;
    rules->spent = NULL;
    lua_sethook(rules->L, rules_hook, LUA_MASKCOUNT, HOOK_INTERVAL);
}

static int
collect(lua_State *L)
{
    lua_gc(L, LUA_GCCOLLECT, 0);

    return 0;
}

/* Collecting may itself allocate a little: without a limit, and protected. */
void
rules_collect(civic_rules_t *rules)
{
    size_t  limit = rules->limit, block_limit = rules->block_limit;

    rules->limit = rules->block_limit = SIZE_MAX / 2;
    lua_settop(rules->L, 0);
    lua_cpcall(rules->L, collect, NULL);
    lua_settop(rules->L, 0);
    rules->limit = limit;
    rules->block_limit = block_limit;
}


/* ---- calling ----------------------------------------------------------- */

/* Of a part's example: a list is its arguments, one by one. */
static int
push_arguments(lua_State *L, const civic_rules_t *rules)
{
    size_t  i, count;

    if (rules->in == NULL) {
        lua_newtable(L);
        return 1;
    }

    if (!rules->of_part || !json_is_array(rules->in)) {
        rules_push_json(L, rules->in, 1);
        return 1;
    }

    count = json_array_size(rules->in);
    luaL_checkstack(L, (int) count + RULES_JSON_SLOTS, "arguments");
    for (i = 0; i < count; i++) {
        rules_push_json(L, json_array_get(rules->in, i), 1);
    }

    return (int) count;
}

int
rules_run_call(lua_State *L)
{
    civic_rules_t  *rules = rules_of(L);

    luaL_checkstack(L, RULES_JSON_SLOTS, "answer");
    lua_rawgeti(L, LUA_REGISTRYINDEX, rules->ref);
    lua_call(L, push_arguments(L, rules), 1);

    if (!rules->of_part && lua_type(L, -1) != LUA_TTABLE
        && lua_type(L, -1) != LUA_TUSERDATA)
    {
        snprintf(rules->error, sizeof(rules->error), "is a %s, not a table",
                 luaL_typename(L, -1));
        return 0;
    }

    rules->out = rules_read_json(L, MAX_ANSWER, rules->error,
                                 sizeof(rules->error));

    return 0;
}

void
rules_tell(civic_rules_t *rules, int status, const char *file,
    const rules_function_t *function, civic_failure_t *failure)
{
    const char  *text = lua_tostring(rules->L, -1);

    if (status == LUA_ERRMEM) {
        rules_fail(failure, "%s:%d: %s: took too much memory", file,
                   function->line, function->name);
        return;
    }

    if (text == NULL) {
        rules_fail(failure, "%s:%d: %s: raised a %s", file, function->line,
                   function->name, luaL_typename(rules->L, -1));
        return;
    }

    if (file_told(rules, text, strcspn(text, ":")) != NULL) {
        rules_fail(failure, "%s", text);
        return;
    }

    rules_fail(failure, "%s:%d: %s: %s", file, function->line,
               function->name, text);
}

const rules_function_t *
rules_find(const rules_file_t *file, const char *name)
{
    int     order;
    size_t  low = 0, high = file->count, middle;

    while (low < high) {
        middle = (low + high) / 2;
        order = strcmp(name, file->functions[middle].name);
        if (order == 0) {
            return &file->functions[middle];
        }

        if (order < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return NULL;
}

static int
run_function(civic_rules_t *rules, const rules_file_t *file,
    const rules_function_t *function, civic_failure_t *failure)
{
    int         status;
    lua_State  *L = rules->L;

    rules_budget(rules, CIVIC_RULES_INSTRUCTIONS, RULES_CALL_CPU);
    lua_rawgeti(L, LUA_REGISTRYINDEX, rules->entry);
    status = lua_pcall(L, 0, 0, 0);

    if (status != 0) {
        rules_tell(rules, status, file->stamp.name, function, failure);
        lua_settop(L, 0);
        return -1;
    }

    if (rules->error[0] != '\0') {
        return rules_fail(failure, "%s:%d: %s: the answer %s",
                          file->stamp.name, function->line, function->name,
                          rules->error);
    }

    return 0;
}

int
rules_call(civic_rules_t *rules, const rules_file_t *file,
    const rules_function_t *function, const json_t *in, json_t **out,
    civic_failure_t *failure)
{
    int  rc;

    rules->ref = function->ref;
    rules->of_part = file != &rules->files[0];
    rules->in = in;
    rules->out = NULL;
    rules->error[0] = '\0';

    rc = run_function(rules, file, function, failure);
    *out = rc == 0 ? rules->out : NULL;

    if (rules->used > rules->base + RULES_CALL_MEMORY / 2) {
        rules_collect(rules);
    }

    return rc;
}

int
civic_rules_call(civic_rules_t *rules, const char *name, const json_t *in,
    json_t **out, civic_failure_t *failure)
{
    const rules_file_t      *file = &rules->files[0];
    const rules_function_t  *function = rules_find(file, name);

    *out = NULL;

    if (function == NULL) {
        return rules_fail(failure, "%s: has no function \"%s\"",
                          file->stamp.name, name);
    }

    if (in != NULL && !json_is_object(in)) {
        return rules_fail(failure, "%s:%d: %s: the input is no object",
                          file->stamp.name, function->line, name);
    }

    if (rules_call(rules, file, function, in, out, failure) != 0) {
        return -1;
    }

    if (!json_is_object(*out)) {
        json_decref(*out);
        *out = NULL;
        return rules_fail(failure, "%s:%d: %s: the answer is a list, not an "
                          "object", file->stamp.name, function->line, name);
    }

    return 0;
}

const char *
civic_rules_revision(const civic_rules_t *rules)
{
    return rules->revision;
}

size_t
civic_rules_examples(const civic_rules_t *rules)
{
    size_t  i, count = 0;

    for (i = 0; i < rules->count; i++) {
        count += rules->files[i].examples;
    }

    return count;
}
