/*
 * rules.c - loads a rule file and calls its functions, within budgets.
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

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "rules_vm.h"

/* How often the hook fires, in instructions. */
#define HOOK_INTERVAL   250
#define LOAD_FACTOR     20

/* Processor time: 100,000 instructions take about 1 ms. */
#define CALL_CPU        (10 * 1000000LL)
#define LOAD_CPU        (500 * 1000000LL)

/* What a call may take beside what the file holds; small, since it is
   collected on the event loop. */
#define CALL_MEMORY     (1024 * 1024)
#define LOAD_MEMORY     (CIVIC_RULES_MEMORY - CALL_MEMORY)

/* One string, one part of a table, once the file is compiled. */
#define MAX_BLOCK       (128 * 1024)

/* Values in an answer: they are turned to JSON on the event loop. */
#define MAX_ANSWER      4096
#define MAX_EXAMPLES    1000
#define MAX_EXAMPLE     100000
#define MAX_FUNCTIONS   256

/* How much of an example is told. */
#define TOLD_JSON       90


__attribute__((format(printf, 2, 3)))
static int
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

/* LuaJIT's allocator.  Shrinking never fails. */
static void *
rules_alloc(void *data, void *block, size_t old_size, size_t new_size)
{
    void           *p;
    civic_rules_t  *rules = data;

    if (new_size == 0) {
        rules->used -= old_size;
        free(block);
        return NULL;
    }

    if (new_size > old_size
        && (new_size > rules->block_limit
            || new_size - old_size > rules->limit
            || rules->used > rules->limit - (new_size - old_size)))
    {
        return NULL;
    }

    p = realloc(block, new_size);
    if (p != NULL) {
        rules->used = rules->used - old_size + new_size;
    }

    return p;
}

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

static void
budget_hook(lua_State *L, lua_Debug *ar)
{
    civic_rules_t  *rules = rules_of(L);

    (void) ar;

    if (rules->spent == NULL) {
        rules->fired++;
        rules->spent = budget_check(rules);
        if (rules->spent == NULL) {
            return;
        }

        lua_sethook(L, budget_hook, LUA_MASKCOUNT, 1);
    }

    lua_pushfstring(L, "%s:%d: %s", rules->file, running_line(L),
                    rules->spent);
    lua_error(L);
}

static void
budget_start(civic_rules_t *rules, unsigned instructions, int64_t cpu)
{
    rules->fired = 0;
    rules->firings = instructions / HOOK_INTERVAL;
    rules->cpu_limit = cpu;
    rules->spent = NULL;
    lua_sethook(rules->L, budget_hook, LUA_MASKCOUNT, HOOK_INTERVAL);
}

static int
collect(lua_State *L)
{
    lua_gc(L, LUA_GCCOLLECT, 0);

    return 0;
}

/* Collecting may itself allocate a little: without a limit, and protected. */
static void
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

static int
run_call(lua_State *L)
{
    civic_rules_t  *rules = rules_of(L);

    luaL_checkstack(L, RULES_READ_SLOTS, "answer");
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
static void
tell_error(civic_rules_t *rules, int status, const char *name, int line,
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

static const rules_function_t *
find_function(const civic_rules_t *rules, const char *name)
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

    function = find_function(rules, name);
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

    budget_start(rules, CIVIC_RULES_INSTRUCTIONS, CALL_CPU);
    lua_pushvalue(L, 1);
    status = lua_pcall(L, 0, 0, 0);

    if (status != 0) {
        tell_error(rules, status, name, function->line, failure);
        lua_settop(L, 1);
        rc = -1;

    } else {
        rc = check_answer(rules, function, out, failure);
    }

    if (rules->used > rules->base + CALL_MEMORY / 2) {
        rules_collect(rules);
        lua_pushcfunction(L, run_call);
    }

    return rc;
}


/* ---- loading: what runs protected -------------------------------------- */

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

    luaL_checkstack(L, RULES_READ_SLOTS, "examples");
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

    rules_push_environment(L);
    push_chunk(L, rules);
    lua_insert(L, -2);
    lua_setfenv(L, -2);

    rules->block_limit = MAX_BLOCK;
    budget_start(rules, LOAD_FACTOR * CIVIC_RULES_INSTRUCTIONS, LOAD_CPU);
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


/* ---- loading: examples ------------------------------------------------- */

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
    function = find_function(rules, call);
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
    told_json(output, wanted);
    told_json(out, got);
    json_decref(out);

    if (!equal) {
        return rules_fail(failure, "%s:%d: example %zu of \"%s\": expected "
                          "%s, got %s", rules->file, function->line, i, call,
                          wanted, got);
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

    if ((!json_is_array(rules->example_list)
         && json_object_size(rules->example_list) > 0)
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


/* ---- loading: the file ------------------------------------------------- */

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
        if (find_function(rules, names[i]) == NULL) {
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
    rules->limit = rules->base + CALL_MEMORY;
    lua_pushcfunction(rules->L, run_call);
}

static int
run_protected(civic_rules_t *rules, lua_CFunction function,
    civic_failure_t *failure)
{
    int  status;

    lua_settop(rules->L, 0);
    status = lua_cpcall(rules->L, function, NULL);
    if (status != 0) {
        tell_error(rules, status, "the file", 1, failure);
        return -1;
    }

    return 0;
}

static int
load_text(civic_rules_t *rules, const char *const *names, size_t count,
    civic_failure_t *failure)
{
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

    for (i = 0; i < rules->count; i++) {
        free(rules->functions[i].name);
    }

    free(rules->functions);
    json_decref(rules->example_list);
    free(rules);
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
