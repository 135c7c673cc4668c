/*
 * rules_vm.h - what the files of the rules VM share; nobody else's.
 *
 * rules.c calls, within budgets, rules_load.c takes a file with its parts,
 * rules_source.c reads them, rules_require.c is what a file asks for a part
 * by, rules_examples.c tries the examples, rules_keep.c keeps it all in one
 * file, rules_memory.c bounds memory, rules_sandbox.c makes the narrow
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

typedef enum {
    RULES_READ = 0,                     /* or not even that */
    RULES_RUNNING,
    RULES_TAKEN
} rules_stage_t;

/* The rule file itself, or a part of it. */
typedef struct rules_file_s  rules_file_t;

struct rules_file_s {
    civic_rules_stamp_t  stamp;         /* with its name, as it is told */
    char                *text;
    size_t               len;
    rules_stage_t        stage;
    rules_file_t        *above;         /* which asked for it, while it runs */
    rules_function_t    *functions;     /* by name */
    size_t               count;
    json_t              *example_list;  /* until they are tried */
    size_t               examples;
};

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
    unsigned           of_part:1;       /* an example's */
    const json_t      *in;
    json_t            *out;
    char               error[128];

    /* While loading. */
    const char        *path;
    rules_file_t      *running;         /* NULL: none, it is loaded */
    unsigned           kept:1;          /* all texts are there already */

    char               revision[CIVIC_REVISION_LEN + 1];
    rules_file_t       files[CIVIC_RULES_MAX_FILES];
    size_t             count;           /* the first is the rule file itself */
};

/* As errors name the rule file. */
#define rules_name(rules)  ((rules)->files[0].stamp.name)

/* Raises a text that says where by itself. */
#define rules_raise(L, ...)                                                   \
    (lua_pushfstring((L), __VA_ARGS__), lua_error(L))

/* Sets failure's text; -1. */
int rules_fail(civic_failure_t *failure, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Turns what was raised, on the top, into failure: with a place in a file;
   without one of its own it is told as that function's. */
void rules_tell(civic_rules_t *rules, int status, const char *file,
    const rules_function_t *function, civic_failure_t *failure);

const rules_function_t *rules_find(const rules_file_t *file,
    const char *name);

/* What a call runs, protected. */
int rules_run_call(lua_State *L);

/* Calls a function of the file.  in: NULL, its one argument, or, of a part's,
   a list of them.  The answer may be anything if it is a part's. */
int rules_call(civic_rules_t *rules, const rules_file_t *file,
    const rules_function_t *function, const json_t *in, json_t **out,
    civic_failure_t *failure);

/* ---- rules_source.c: texts ---- */

/* The file at path becomes the first; or a part, of that name, the next: it
   is added even if it cannot be read.  0, or -1 with failure. */
int rules_read(civic_rules_t *rules, const char *path,
    civic_failure_t *failure);
int rules_read_part(civic_rules_t *rules, const char *name,
    civic_failure_t *failure);

/* The part of that name ("lib/guesses.lua"), or NULL. */
rules_file_t *rules_find_part(civic_rules_t *rules, const char *name);

/* All bytes of what is open, at most max, in a new buffer; closes it. */
int rules_read_open(int fd, const char *name, size_t max, char **text,
    size_t *len, civic_failure_t *failure);

/* Whether it may be: "<folder>/<name>.lua" of small letters, digits, "_". */
int rules_is_part_name(const char *name);

int rules_set_revision(civic_rules_t *rules);

/* ---- rules_load.c ---- */

/* The state is opened, the files are run, and examples tried: the first
   file's text is there. */
int rules_load_texts(civic_rules_t *rules, const char *const *names,
    size_t count, civic_failure_t *failure);

/* Runs a file whose text is there; pushes what stands read-only for the table
   that it returned. */
void rules_run_file(lua_State *L, rules_file_t *file);

/* ---- rules_require.c ---- */

/* require(name): the table of a part; raises when it cannot be had. */
int rules_require(lua_State *L);

/* ---- rules_examples.c ---- */

/* Takes "examples" out of the table at that index. */
void rules_take_examples(lua_State *L, rules_file_t *file, int table);

/* Tries them all.  0, or -1 with failure. */
int rules_run_examples(civic_rules_t *rules, civic_failure_t *failure);

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
   that is not the same any more, with its function's place, or NULL.  Pushes
   something, either way. */
void rules_push_upvalues(lua_State *L, int seen);
const char *rules_changed_upvalue(lua_State *L, int upvalues, lua_Debug *ar);

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
