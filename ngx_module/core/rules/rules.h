/*
 * rules.h - a rule file in a narrow LuaJIT of its own.
 *
 * A rule file returns a table of values and pure functions.  The host calls
 * a function with JSON and takes JSON back.  LuaJIT is no sandbox, so each
 * file gets a state without JIT, with an allow-list of globals that cannot
 * be written, an instruction budget that pcall cannot swallow, a memory
 * budget, and string functions that are bounded or gone (STYLE of the
 * project: one pattern on 600 bytes ran 32 s).
 *
 * A file carries its own examples:
 *
 *     rules.examples = {
 *         { call = "password", input = { length = 3 },
 *           output = { allow = false, reason = "password_too_short" } },
 *     }
 *
 * all of which must hold before it is taken.  Loading parses Lua, which
 * needs a deep stack and over 1 ms: on a thread or at start, never on a
 * fiber.  A civic_rules_t may move between threads, one at a time.
 */

#ifndef CIVIC_RULES_H
#define CIVIC_RULES_H

#include "civic_plugin.h"

#define CIVIC_RULES_MEMORY        (8 * 1024 * 1024)
#define CIVIC_RULES_INSTRUCTIONS  100000        /* a call; loading: 20 x */
#define CIVIC_RULES_MAX_FILE      (256 * 1024)
#define CIVIC_REVISION_LEN        12

typedef struct civic_rules_s  civic_rules_t;

/*
 * Reads, compiles, checks that every function in names exists (NULL: none
 * asked), runs the examples.  NULL with failure: "login.lua:12: ...".
 */
civic_rules_t *civic_rules_load(const char *path, const char *const *names,
    size_t count, civic_failure_t *failure);
void civic_rules_free(civic_rules_t *rules);

/* The first hexadecimal digits of the file's SHA-256. */
const char *civic_rules_revision(const civic_rules_t *rules);

/* How many examples the file has. */
size_t civic_rules_examples(const civic_rules_t *rules);

/*
 * in may be NULL (an empty table).  *out is a new reference to an object.
 * 0; or -1 with failure: an error in Lua, a budget, an answer that is no
 * object or cannot be JSON.  JSON null is absent in Lua; an empty Lua table
 * is an object, one with 1..n an array; a number without fraction an
 * integer.
 */
int civic_rules_call(civic_rules_t *rules, const char *name, const json_t *in,
    json_t **out, civic_failure_t *failure);

#endif
