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
 * all of which must hold before it is taken.  What files share, and what
 * would make one long, stands in parts, beside it:
 *
 *     local guesses = require "lib/guesses"       -- lib/guesses.lua: anybody's
 *     local colours = require "kinship/colours"   -- kinship.lua's own
 *
 * A file and its parts are one: loaded into one state, within one budget, of
 * one revision, and kept together.  Loading parses Lua, which needs a deep
 * stack and over 1 ms: on a thread or at start, never on a fiber.  A
 * civic_rules_t may move between threads, one at a time.
 */

#ifndef CIVIC_RULES_H
#define CIVIC_RULES_H

#include <sys/types.h>
#include <time.h>

#include "civic_plugin.h"

#define CIVIC_RULES_MEMORY        (8 * 1024 * 1024)
#define CIVIC_RULES_INSTRUCTIONS  100000        /* a call; loading: 20 x */
#define CIVIC_RULES_MAX_FILE      (256 * 1024)
#define CIVIC_RULES_MAX_FILES     16            /* itself and its parts */
#define CIVIC_RULES_NAME          52
#define CIVIC_REVISION_LEN        12

typedef struct civic_rules_s  civic_rules_t;

/* A file as it was when it was read; zero: it was not there. */
typedef struct {
    char             name[CIVIC_RULES_NAME];    /* "lib/guesses.lua" */
    ino_t            inode;
    struct timespec  changed;
    off_t            size;
} civic_rules_stamp_t;

/* What a load looked at, whether the file was taken or not. */
typedef struct {
    civic_rules_stamp_t  files[CIVIC_RULES_MAX_FILES];
    size_t               count;
} civic_rules_seen_t;

/*
 * Reads, compiles, checks that every function in names exists (NULL: none
 * asked), runs the examples.  NULL with failure: "login.lua:12: ...".
 */
civic_rules_t *civic_rules_load(const char *path, const char *const *names,
    size_t count, civic_failure_t *failure);
void civic_rules_free(civic_rules_t *rules);

/* The same, and what it looked at; and whether any of that is another file
   now, or was written to, which costs one stat() each. */
civic_rules_t *civic_rules_load_seen(const char *path,
    const char *const *names, size_t count, civic_rules_seen_t *seen,
    civic_failure_t *failure);
int civic_rules_changed(const char *path, const civic_rules_seen_t *seen);

/*
 * Keeps what was loaded, its parts included, as one file: written as part
 * and renamed, so that it is there whole or not at all.  What stands at
 * part goes.  0, or -1 with failure.
 *
 * And loads it again: nothing is read but that file, which must not be a
 * link, and what is not exactly what was kept is refused.
 */
int civic_rules_keep(const civic_rules_t *rules, const char *path,
    const char *part, civic_failure_t *failure);
civic_rules_t *civic_rules_load_kept(const char *path,
    const char *const *names, size_t count, civic_failure_t *failure);

/* The first hexadecimal digits of the SHA-256 of the file and its parts. */
const char *civic_rules_revision(const civic_rules_t *rules);

/* How many examples the file and its parts have. */
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
