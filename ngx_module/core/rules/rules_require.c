/*
 * rules_require.c - require "lib/guesses": a part of a rule file.
 *
 * What is in lib/ is anybody's; a file has a folder of its own name besides
 * ("kinship/colours" is kinship.lua's), and what is in lib/ asks for lib/
 * alone: so a part never knows whose it is.  Each part runs once, in the
 * file's own state and budget, and what it returned cannot be written to.
 * Runs while loading, protected; afterwards nothing is read any more.
 */

#include <stdio.h>

#include "rules_vm.h"

#define LIBRARY  "lib"


/* The folder of a file's own parts, or the part's own folder. */
static int
own_folder(const rules_file_t *file)
{
    return (int) strcspn(file->stamp.name, "/.");
}

static int
may_ask(const rules_file_t *file, const char *part)
{
    int  len = own_folder(file);

    return strncmp(part, LIBRARY "/", sizeof(LIBRARY)) == 0
           || (strncmp(part, file->stamp.name, (size_t) len) == 0
               && part[len] == '/');
}

static void
check_name(lua_State *L, const rules_file_t *file, const char *name,
    const char *part)
{
    if (rules_is_part_name(part) && may_ask(file, part)) {
        return;
    }

    lua_pushlstring(L, file->stamp.name, (size_t) own_folder(file));
    luaL_error(L, "require takes \"" LIBRARY "/...\" or \"%s/...\", of small "
               "letters, digits and _, found \"%s\"", lua_tostring(L, -1),
               name);
}

/* "login.lua, lib/a.lua, lib/b.lua", from part on; pushes it. */
static const char *
push_chain(lua_State *L, const rules_file_t *file, const rules_file_t *part)
{
    if (file == part) {
        return lua_pushfstring(L, "%s", file->stamp.name);
    }

    return lua_pushfstring(L, "%s -> %s", push_chain(L, file->above, part),
                           file->stamp.name);
}

static void
check_not_running(lua_State *L, const rules_file_t *file,
    const rules_file_t *part)
{
    if (part->stage == RULES_RUNNING) {
        luaL_error(L, "require goes in a circle: %s -> %s",
                   push_chain(L, file, part), part->stamp.name);
    }
}

static rules_file_t *
read_part(lua_State *L, civic_rules_t *rules, const char *part)
{
    civic_failure_t  failure;

    if (rules->kept) {
        luaL_error(L, "\"%s\" was not kept", part);
    }

    if (rules_read_part(rules, part, &failure) != 0) {
        luaL_error(L, "%s", failure.text);
    }

    return rules_find_part(rules, part);
}

int
rules_require(lua_State *L)
{
    char            part[CIVIC_RULES_NAME + 8];
    size_t          len;
    const char     *name = luaL_checklstring(L, 1, &len);
    rules_file_t   *file;
    civic_rules_t  *rules = rules_of(L);

    if (rules->running == NULL) {
        return luaL_error(L, "require stands at the top of a file, not in a "
                          "function: nothing is read while rules are asked");
    }

    snprintf(part, sizeof(part), "%s.lua", strlen(name) == len ? name : "");
    check_name(L, rules->running, name, part);

    lua_getfield(L, LUA_REGISTRYINDEX, "parts");
    lua_getfield(L, -1, part);
    if (!lua_isnil(L, -1)) {
        return 1;
    }

    lua_pop(L, 1);

    file = rules_find_part(rules, part);
    if (file == NULL) {
        file = read_part(L, rules, part);
    }

    check_not_running(L, rules->running, file);
    luaL_checkstack(L, 8, "require");
    rules_run_file(L, file);

    lua_pushvalue(L, -1);
    lua_setfield(L, -3, part);

    return 1;
}
