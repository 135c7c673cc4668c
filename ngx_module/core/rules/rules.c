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

/* The line of the file that runs, for it may have called into the
   environment's own Lua. */
static int
running_line(lua_State *L)
{
    int             level;
    lua_Debug       ar;
    civic_rules_t  *rules = rules_of(L);

    for (level = 0; lua_getstack(L, level, &ar) == 1; level++) {
        if (lua_getinfo(L, "Sl", &ar) != 0 && ar.currentline > 0
            && strcmp(ar.short_src, rules->file) == 0)
        {
            return ar.currentline;
        }
    }

    return 0;
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

    lua_pushfstring(L, "%s:%d: %s", rules->file, running_line(L),
                    rules->spent);
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

int
rules_run_call(lua_State *L)
{
    civic_rules_t  *rules = rules_of(L);

    luaL_checkstack(L, RULES_JSON_SLOTS, "answer");
    lua_rawgeti(L, LUA_REGISTRYINDEX, rules->ref);

    if (rules->in == NULL) {
        lua_newtable(L);

    } else {
        rules_push_json(L, rules->in, 1);
    }

    lua_call(L, 1, 1);

    if (lua_type(L, -1) != LUA_TTABLE && lua_type(L, -1) != LUA_TUSERDATA) {
        snprintf(rules->error, sizeof(rules->error), "is a %s, not a table",
                 luaL_typename(L, -1));
        return 0;
    }

    rules->out = rules_read_json(L, MAX_ANSWER, rules->error,
                                 sizeof(rules->error));

    return 0;
}

/* What was raised, with a place in the file. */
void
rules_tell(civic_rules_t *rules, int status, const char *name, int line,
    civic_failure_t *failure)
{
    size_t       len = strlen(rules->file);
    const char  *text = lua_tostring(rules->L, -1);

    if (status == LUA_ERRMEM) {
        rules_fail(failure, "%s:%d: %s: took too much memory", rules->file,
                   line, name);
        return;
    }

    if (text == NULL) {
        rules_fail(failure, "%s:%d: %s: raised a %s", rules->file, line, name,
                   luaL_typename(rules->L, -1));
        return;
    }

    if (strncmp(text, rules->file, len) == 0 && text[len] == ':') {
        rules_fail(failure, "%s", text);
        return;
    }

    rules_fail(failure, "%s:%d: %s: %s", rules->file, line, name, text);
}

const rules_function_t *
rules_find(const civic_rules_t *rules, const char *name)
{
    int     order;
    size_t  low = 0, high = rules->count, middle;

    while (low < high) {
        middle = (low + high) / 2;
        order = strcmp(name, rules->functions[middle].name);
        if (order == 0) {
            return &rules->functions[middle];
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
check_answer(civic_rules_t *rules, const rules_function_t *function,
    json_t **out, civic_failure_t *failure)
{
    if (rules->error[0] != '\0') {
        return rules_fail(failure, "%s:%d: %s: the answer %s", rules->file,
                          function->line, function->name, rules->error);
    }

    if (!json_is_object(rules->out)) {
        json_decref(rules->out);
        return rules_fail(failure, "%s:%d: %s: the answer is a list, not an "
                          "object", rules->file, function->line,
                          function->name);
    }

    *out = rules->out;

    return 0;
}

int
civic_rules_call(civic_rules_t *rules, const char *name, const json_t *in,
    json_t **out, civic_failure_t *failure)
{
    int                      rc, status;
    lua_State               *L = rules->L;
    const rules_function_t  *function;

    *out = NULL;

    function = rules_find(rules, name);
    if (function == NULL) {
        return rules_fail(failure, "%s: has no function \"%s\"", rules->file,
                          name);
    }

    if (in != NULL && !json_is_object(in)) {
        return rules_fail(failure, "%s:%d: %s: the input is no object",
                          rules->file, function->line, name);
    }

    rules->ref = function->ref;
    rules->in = in;
    rules->out = NULL;
    rules->error[0] = '\0';

    rules_budget(rules, CIVIC_RULES_INSTRUCTIONS, RULES_CALL_CPU);
    lua_rawgeti(L, LUA_REGISTRYINDEX, rules->entry);
    status = lua_pcall(L, 0, 0, 0);

    if (status != 0) {
        rules_tell(rules, status, name, function->line, failure);
        lua_settop(L, 0);
        rc = -1;

    } else {
        rc = check_answer(rules, function, out, failure);
    }

    if (rules->used > rules->base + RULES_CALL_MEMORY / 2) {
        rules_collect(rules);
    }

    return rc;
}

const char *
civic_rules_revision(const civic_rules_t *rules)
{
    return rules->revision;
}

size_t
civic_rules_examples(const civic_rules_t *rules)
{
    return rules->examples;
}
