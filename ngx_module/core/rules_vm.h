/*
 * rules_vm.h - what the files of the rules VM share; nobody else's.
 *
 * rules.c owns the state and its budgets, rules_sandbox.c makes the narrow
 * environment, rules_text.c the strings' part of it, rules_freeze.c makes
 * what a rule file returns read-only, rules_json.c goes between JSON and
 * Lua.
 */

#ifndef CIVIC_RULES_VM_H
#define CIVIC_RULES_VM_H

#include <luajit-2.1/lauxlib.h>
#include <luajit-2.1/lua.h>
#include <luajit-2.1/luajit.h>
#include <luajit-2.1/lualib.h>

#include "rules.h"

/* What JSON may nest, either way. */
#define RULES_DEPTH       32

/* The longest string that a function of the environment makes. */
#define RULES_MAX_STRING  (64 * 1024)

typedef struct {
    char *name;
    int   ref;                          /* in the registry */
    int   line;                         /* where it is defined */
} rules_function_t;

struct civic_rules_s {
    lua_State         *L;

    /* Memory, in bytes. */
    size_t             used;
    size_t             limit;
    size_t             block_limit;
    size_t             base;            /* used, when nothing is going on */

    /* The budget of the call that runs. */
    unsigned           fired;           /* times that the hook fired */
    unsigned           firings;         /* of which so many are allowed */
    int64_t            cpu_limit;       /* ns */
    int64_t            cpu_start;
    const char        *spent;           /* what ran out */

    /* The call that runs. */
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

/* Pushes value; null as nil.  Raises what it cannot. */
void rules_push_json(lua_State *L, const json_t *value, int depth);

/*
 * The value on the top, popped, as JSON: a new reference.  Raises nothing:
 * NULL, and error (of size bytes) says why.  At most max values.  Needs
 * RULES_READ_SLOTS free on the stack.
 */
#define RULES_READ_SLOTS  (4 * RULES_DEPTH + 8)
json_t *rules_read_json(lua_State *L, size_t max, char *error, size_t size);

#endif
