/*
 * rules_vm.h - what the files of the rules VM share; nobody else's.
 *
 * rules.c calls, within budgets, rules_load.c takes a file and tries its
 * examples, rules_memory.c bounds memory, rules_sandbox.c makes the narrow
 * environment, rules_text.c the strings' part of it, rules_freeze.c makes
 * what a rule file returns read-only, rules_json.c goes between JSON and
 * Lua.
 */

#ifndef CIVIC_RULES_VM_H
#define CIVIC_RULES_VM_H

#include "lua_api.h"
#include "rules.h"

/* What JSON may nest, either way. */
#define RULES_DEPTH       32

/* Processor time, in ns.  100,000 instructions take about 1 ms; the rest is
   for a machine that others use, too. */
#define RULES_CALL_CPU    (50 * 1000000LL)

/* What a call may take beside what the file holds; small, since it is
   collected on the event loop. */
#define RULES_CALL_MEMORY  (1024 * 1024)

/* Small blocks are kept in lists, one for each 16 bytes up to 512. */
#define RULES_CLASS_STEP  16
#define RULES_CLASSES     32

/* The longest string that a function of the environment makes. */
#define RULES_MAX_STRING  (64 * 1024)

typedef struct {
    char *name;
    int   ref;                          /* in the registry */
    int   line;                         /* where it is defined */
} rules_function_t;

typedef struct rules_spare_s {
    struct rules_spare_s  *next;
} rules_spare_t;

struct civic_rules_s {
    lua_State         *L;

    /* Memory, in bytes. */
    size_t             used;
    size_t             limit;
    size_t             block_limit;
    size_t             base;            /* used, when nothing is going on */
    rules_spare_t     *spare[RULES_CLASSES];
    size_t             spare_size;

    /* The budget of the call that runs. */
    unsigned           fired;           /* times that the hook fired */
    unsigned           firings;         /* of which so many are allowed */
    int64_t            cpu_limit;       /* ns */
    int64_t            cpu_start;
    const char        *spent;           /* what ran out */

    /* The call that runs. */
    int                entry;           /* rules_run_call, in the registry */
    int                ref;
    const json_t      *in;
    json_t            *out;
    char               error[128];

    /* While loading. */
    const char        *text;
    size_t             text_len;
    json_t            *example_list;

    char               file[64];
    char               revision[CIVIC_REVISION_LEN + 1];
    rules_function_t  *functions;       /* by name */
    size_t             count;
    size_t             examples;
};

/* Sets failure's text; -1. */
int rules_fail(civic_failure_t *failure, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Turns what was raised, on the top, into failure: with a place in the
   file. */
void rules_tell(civic_rules_t *rules, int status, const char *name, int line,
    civic_failure_t *failure);

const rules_function_t *rules_find(const civic_rules_t *rules,
    const char *name);

/* What a call runs, protected. */
int rules_run_call(lua_State *L);

/* Arms the hook for what comes. */
void rules_hook(lua_State *L, lua_Debug *ar);
void rules_budget(civic_rules_t *rules, unsigned instructions, int64_t cpu);

/* Collects all garbage, and empties the stack. */
void rules_collect(civic_rules_t *rules);

/* lua_Alloc; data is the rules. */
void *rules_alloc(void *data, void *block, size_t old_size, size_t size);
void rules_free_spare(civic_rules_t *rules);

/* The rules that a state belongs to. */
civic_rules_t *rules_of(lua_State *L);

/* Pushes the environment of a rule file; forgets all that is not in it. */
void rules_push_environment(lua_State *L);

/* Sets the functions on strings in the table on the top. */
void rules_set_text_functions(lua_State *L);

/* concat(list [, separator [, first [, last]]]) */
int rules_concat(lua_State *L);

/* At index: a table, or what stands read-only for one; pushes the table.
   Errors of argument otherwise. */
void rules_push_table(lua_State *L, int index);

/* Replaces the table on the top by what stands read-only for it, and so all
   that can be reached from it, through tables and through the upvalues of
   functions.  seen is the index of a table that remembers. */
void rules_freeze(lua_State *L, int seen);

/* Whether the value on the top is read-only; if so, pushes its table.
   Allocates nothing, raises nothing. */
int rules_push_frozen(lua_State *L);

/* Remembers the upvalues of all functions in seen; later, the name of one
   that is not the same any more, or NULL.  Pushes something, either way. */
void rules_push_upvalues(lua_State *L, int seen);
const char *rules_changed_upvalue(lua_State *L, int upvalues);

/* Pushes value; null as nil.  Raises what it cannot.  Needs
   RULES_JSON_SLOTS free on the stack. */
#define RULES_JSON_SLOTS  (4 * RULES_DEPTH + 8)
void rules_push_json(lua_State *L, const json_t *value, int depth);

/*
 * The value on the top, popped, as JSON: a new reference.  Raises nothing:
 * NULL, and error (of size bytes) says why.  At most max values.  Needs
 * RULES_JSON_SLOTS free on the stack.
 */
json_t *rules_read_json(lua_State *L, size_t max, char *error, size_t size);

#endif
