/*
 * rules_freeze.c - what a rule file returns cannot be written to.
 *
 * LuaJIT knows no read-only table, and a metatable cannot stop writing to a
 * key that is there.  So in place of each table that the file's functions
 * can reach stands a userdata whose metatable reads from the table and
 * refuses to write; nested values and upvalues are replaced by the same.
 * Locals of the file that hold no table can still be assigned by a function;
 * that is noticed while the examples run.  Runs while loading, protected.
 */

#include "rules_vm.h"

/* Where a metatable keeps the table, beside __index: an integer key is read
   without making a string. */
#define INNER  1

/* Tables in tables, functions used by functions. */
#define MAX_NESTING  100

static void freeze_table(lua_State *L, int seen, int depth);


int
rules_push_frozen(lua_State *L)
{
    if (lua_type(L, -1) != LUA_TUSERDATA || !lua_getmetatable(L, -1)) {
        return 0;
    }

    lua_rawgeti(L, -1, INNER);
    lua_remove(L, -2);

    return 1;
}

void
rules_push_table(lua_State *L, int index)
{
    lua_pushvalue(L, index);
    if (lua_istable(L, -1)) {
        return;
    }

    if (rules_push_frozen(L)) {
        lua_remove(L, -2);
        return;
    }

    luaL_typerror(L, index, "table");
}

static int
refuse_write(lua_State *L)
{
    return luaL_error(L, "this table is read-only: rules keep nothing from "
                      "one call to the next");
}

static int
frozen_length(lua_State *L)
{
    lua_settop(L, 1);
    rules_push_frozen(L);
    lua_pushinteger(L, (lua_Integer) lua_objlen(L, -1));

    return 1;
}

/* Replaces the table on the top by a userdata that stands for it. */
static void
push_stand_in(lua_State *L)
{
    lua_newuserdata(L, 1);
    lua_createtable(L, 1, 4);

    lua_pushvalue(L, -3);
    lua_rawseti(L, -2, INNER);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, frozen_length);
    lua_setfield(L, -2, "__len");
    lua_setmetatable(L, -2);

    lua_remove(L, -2);
}

/* Whether the value on the top was met before; marks it if not. */
static int
met_before(lua_State *L, int seen)
{
    int  met;

    lua_pushvalue(L, -1);
    lua_rawget(L, seen);
    met = !lua_isnil(L, -1);
    lua_pop(L, 1);

    if (!met) {
        lua_pushvalue(L, -1);
        lua_pushboolean(L, 1);
        lua_rawset(L, seen);
    }

    return met;
}

/* The function on the top stays there; its upvalues are frozen. */
static void
freeze_function(lua_State *L, int seen, int depth)
{
    int  i;

    if (depth > MAX_NESTING) {
        luaL_error(L, "tables and functions are nested deeper than %d",
                   MAX_NESTING);
    }

    luaL_checkstack(L, 8, "freeze");

    if (lua_iscfunction(L, -1) || met_before(L, seen)) {
        return;
    }

    for (i = 1; lua_getupvalue(L, -1, i) != NULL; i++) {
        if (lua_istable(L, -1)) {
            freeze_table(L, seen, depth + 1);
            lua_setupvalue(L, -2, i);
            continue;
        }

        if (lua_isfunction(L, -1)) {
            freeze_function(L, seen, depth + 1);
        }

        lua_pop(L, 1);
    }
}

/* With the table below; replaces its values. */
static void
freeze_values(lua_State *L, int seen, int depth)
{
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING && lua_type(L, -2) != LUA_TNUMBER)
        {
            luaL_error(L, "a table has a %s as a key: only strings and "
                       "numbers may be", luaL_typename(L, -2));
        }

        if (lua_istable(L, -1)) {
            freeze_table(L, seen, depth + 1);
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, -4);
            continue;
        }

        if (lua_isfunction(L, -1)) {
            freeze_function(L, seen, depth + 1);
        }

        lua_pop(L, 1);
    }
}

static void
freeze_table(lua_State *L, int seen, int depth)
{
    if (depth > MAX_NESTING) {
        luaL_error(L, "tables and functions are nested deeper than %d",
                   MAX_NESTING);
    }

    luaL_checkstack(L, 8, "freeze");

    lua_pushvalue(L, -1);
    lua_rawget(L, seen);
    if (!lua_isnil(L, -1)) {
        lua_remove(L, -2);
        return;
    }

    lua_pop(L, 1);

    /* Remembered first: a table may hold itself. */
    lua_pushvalue(L, -1);
    push_stand_in(L);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, seen);

    lua_insert(L, -2);
    freeze_values(L, seen, depth);
    lua_pop(L, 1);
}

void
rules_freeze(lua_State *L, int seen)
{
    freeze_table(L, seen, 1);
}


/* ---- locals that change ------------------------------------------------ */

/* A list of function, number, value, function, number, value ... */
void
rules_push_upvalues(lua_State *L, int seen)
{
    int  i, n = 0;

    lua_newtable(L);

    lua_pushnil(L);
    while (lua_next(L, seen) != 0) {
        lua_pop(L, 1);

        for (i = 1; lua_isfunction(L, -1)
                    && lua_getupvalue(L, -1, i) != NULL; i++)
        {
            lua_pushvalue(L, -2);
            lua_rawseti(L, -4, n + 1);
            lua_pushinteger(L, i);
            lua_rawseti(L, -4, n + 2);
            lua_rawseti(L, -3, n + 3);
            n += 3;
        }
    }

    /* Values may be nil: the list's length is kept apart. */
    lua_pushinteger(L, n);
    lua_rawseti(L, -2, 0);
}

const char *
rules_changed_upvalue(lua_State *L, int upvalues, lua_Debug *ar)
{
    int          i, n, same;
    const char  *name;

    lua_rawgeti(L, upvalues, 0);
    n = (int) lua_tointeger(L, -1);
    lua_pop(L, 1);

    for (i = 0; i < n; i += 3) {
        lua_rawgeti(L, upvalues, i + 1);
        lua_rawgeti(L, upvalues, i + 2);
        name = lua_getupvalue(L, -2, (int) lua_tointeger(L, -1));
        lua_rawgeti(L, upvalues, i + 3);
        same = lua_rawequal(L, -1, -2);
        lua_pop(L, 3);

        if (!same) {
            lua_getinfo(L, ">S", ar);
            return name;
        }

        lua_pop(L, 1);
    }

    return NULL;
}
