/*
 * rules_sandbox.c - the environment of a rule file: what it can name.
 *
 * An allow-list: LuaJIT's libraries are opened, what is safe is taken over
 * into tables of our own, and the libraries are forgotten.  Not there, and
 * why: getmetatable, setmetatable, rawget, rawset, getfenv, setfenv, debug
 * (ways around what is read-only); newproxy (its finaliser runs without
 * hooks); xpcall (its handler runs without a budget); load, loadstring,
 * dofile, string.dump (code from elsewhere; require is our own, and reads
 * parts of the file alone); coroutine (hooks are per thread of control);
 * collectgarbage; math.random, os, io (rules are pure); ffi and jit.
 * Functions that work through a list are written in Lua, so that each step
 * costs of the budget.  Runs while loading, protected.
 */

#include <math.h>

#include "rules_vm.h"

/* China has had one offset and no summer time since 1992. */
#define CHINA_OFFSET  (8 * 3600)
#define DAY           86400

/* Instants between the years 0001 and 9999, in s. */
#define FIRST_SECOND  (-62135596800.0)
#define LAST_SECOND   253402300799.0

/* Given next, type, error and floor of LuaJIT; gives what follows "return".
   Errors are told at the caller's line (level 2). */
static const char  prelude[] =
"local next, type, error, floor, select = ...\n"
"\n"
"local function check(t, name)\n"
"    if type(t) ~= 'table' then\n"
"        error('bad argument to ' .. name .. ' (a table expected, got '\n"
"              .. type(t) .. ')', 3)\n"
"    end\n"
"end\n"
"\n"
"local function step(t, i)\n"
"    i = i + 1\n"
"    local v = t[i]\n"
"    if v ~= nil then return i, v end\n"
"end\n"
"\n"
"local function ipairs(t)\n"
"    check(t, 'ipairs')\n"
"    return step, t, 0\n"
"end\n"
"\n"
"local function pairs(t)\n"
"    check(t, 'pairs')\n"
"    return next, t, nil\n"
"end\n"
"\n"
"local function insert(t, ...)\n"
"    check(t, 'insert')\n"
"    local at, value = ...\n"
"    local n = #t\n"
"    if select('#', ...) == 1 then\n"
"        t[n + 1] = at\n"
"        return\n"
"    end\n"
"    if type(at) ~= 'number' or at < 1 or at > n + 1 or at ~= floor(at)\n"
"    then\n"
"        error('bad argument to insert (a place in the list expected)', 2)\n"
"    end\n"
"    for i = n, at, -1 do t[i + 1] = t[i] end\n"
"    t[at] = value\n"
"end\n"
"\n"
"local function remove(t, at)\n"
"    check(t, 'remove')\n"
"    local n = #t\n"
"    if n == 0 then return nil end\n"
"    at = at or n\n"
"    if type(at) ~= 'number' or at < 1 or at > n or at ~= floor(at) then\n"
"        error('bad argument to remove (a place in the list expected)', 2)\n"
"    end\n"
"    local value = t[at]\n"
"    for i = at, n do t[i] = t[i + 1] end\n"
"    return value\n"
"end\n"
"\n"
"local function less(a, b) return a < b end\n"
"\n"
"local function merge(from, to, low, middle, high, before)\n"
"    local i, j = low, middle\n"
"    for k = low, high - 1 do\n"
"        if i < middle and (j >= high or not before(from[j], from[i])) then\n"
"            to[k] = from[i]\n"
"            i = i + 1\n"
"        else\n"
"            to[k] = from[j]\n"
"            j = j + 1\n"
"        end\n"
"    end\n"
"end\n"
"\n"
"local function sort(t, before)\n"
"    check(t, 'sort')\n"
"    before = before or less\n"
"    local n, width, from, to = #t, 1, {}, {}\n"
"    for i = 1, n do from[i] = t[i] end\n"
"    while width < n do\n"
"        for low = 1, n, 2 * width do\n"
"            local middle, high = low + width, low + 2 * width\n"
"            if middle > n + 1 then middle = n + 1 end\n"
"            if high > n + 1 then high = n + 1 end\n"
"            merge(from, to, low, middle, high, before)\n"
"        end\n"
"        from, to = to, from\n"
"        width = 2 * width\n"
"    end\n"
"    for i = 1, n do t[i] = from[i] end\n"
"end\n"
"\n"
"return ipairs, pairs, insert, remove, sort\n";


/* ---- functions in place of LuaJIT's ------------------------------------ */

static const char *
type_name(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TUSERDATA ? "table"
                                               : luaL_typename(L, index);
}

/* type(value): what stands for a table is one. */
static int
safe_type(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushstring(L, type_name(L, 1));

    return 1;
}

/* tostring(value): no addresses, which change from worker to worker. */
static int
safe_tostring(lua_State *L)
{
    luaL_checkany(L, 1);

    switch (lua_type(L, 1)) {

    case LUA_TSTRING:
        lua_settop(L, 1);
        break;

    case LUA_TNUMBER:
        lua_settop(L, 1);
        lua_tostring(L, 1);
        break;

    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, 1) ? "true" : "false");
        break;

    default:
        lua_pushstring(L, type_name(L, 1));
    }

    return 1;
}

/* next(table [, key]) */
static int
safe_next(lua_State *L)
{
    lua_settop(L, 2);
    rules_push_table(L, 1);
    lua_replace(L, 1);

    if (lua_next(L, 1) != 0) {
        return 2;
    }

    lua_pushnil(L);

    return 1;
}

/* unpack(list [, first [, last]]): at most so many as arguments are. */
static int
safe_unpack(lua_State *L)
{
    int64_t  i, first, last;

    rules_push_table(L, 1);
    lua_replace(L, 1);
    first = luaL_optint(L, 2, 1);
    last = luaL_optint(L, 3, (int) lua_objlen(L, 1));

    if (last - first >= 64) {
        return luaL_error(L, "unpack gives at most 64 values");
    }

    luaL_checkstack(L, 66, "unpack");
    for (i = first; i <= last; i++) {
        lua_rawgeti(L, 1, (int) i);
    }

    return last < first ? 0 : (int) (last - first + 1);
}


/* ---- civic ------------------------------------------------------------- */

/*
 * Days since 1970-01-01 and the date of the proleptic Gregorian calendar.
 * Years are counted from March, so that the leap day is the last; 146,097
 * days are 400 years.
 */
static int64_t
days_of_date(int64_t year, int month, int day)
{
    int64_t  era, year_of_era, day_of_year;

    year -= month <= 2;
    era = year / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4
           - year_of_era / 100 + day_of_year - 719468;
}

static void
date_of_days(int64_t days, int *year, int *month, int *day)
{
    int64_t  era, day_of_era, year_of_era, day_of_year, shifted;

    days += 719468;
    era = days / 146097;
    day_of_era = days - era * 146097;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524
                   - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4
                                - year_of_era / 100);
    shifted = (5 * day_of_year + 2) / 153;

    *day = (int) (day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int) (shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int) (year_of_era + era * 400 + (*month <= 2));
}

static void
set_int(lua_State *L, const char *name, int64_t value)
{
    lua_pushnumber(L, (lua_Number) value);
    lua_setfield(L, -2, name);
}

/* date(epoch ms): China's calendar and clock; weekday 1 is Monday. */
static int
civic_date(lua_State *L)
{
    int         year, month, day;
    int64_t     seconds, days, rest;
    lua_Number  ms = luaL_checknumber(L, 1);

    if (!(ms / 1000 >= FIRST_SECOND + DAY && ms / 1000 <= LAST_SECOND - DAY))
    {
        return luaL_error(L, "date takes milliseconds since 1970, in the "
                          "years 1 to 9999");
    }

    seconds = (int64_t) ms / 1000 - ((int64_t) ms % 1000 < 0) + CHINA_OFFSET;
    days = seconds / DAY - (seconds % DAY < 0);
    rest = seconds - days * DAY;
    date_of_days(days, &year, &month, &day);

    lua_createtable(L, 0, 7);
    set_int(L, "year", year);
    set_int(L, "month", month);
    set_int(L, "day", day);
    set_int(L, "hour", rest / 3600);
    set_int(L, "minute", rest / 60 % 60);
    set_int(L, "second", rest % 60);
    set_int(L, "weekday", ((days + 3) % 7 + 7) % 7 + 1);

    return 1;
}

static int
check_range(lua_State *L, int arg, int low, int high)
{
    lua_Number  value = lua_isnoneornil(L, arg) && low == 0
                        ? 0 : luaL_checknumber(L, arg);

    if (!(value >= low && value <= high) || value != (int) value) {
        luaL_argerror(L, arg, lua_pushfstring(L, "a whole number from %d to "
                                              "%d expected", low, high));
    }

    return (int) value;
}

/* instant(year, month, day [, hour [, minute [, second]]]): epoch ms. */
static int
civic_instant(lua_State *L)
{
    int      year, month, day, hour, minute, second, y, m, d;
    int64_t  days;

    year = check_range(L, 1, 1, 9999);
    month = check_range(L, 2, 1, 12);
    day = check_range(L, 3, 1, 31);
    hour = check_range(L, 4, 0, 23);
    minute = check_range(L, 5, 0, 59);
    second = check_range(L, 6, 0, 59);

    days = days_of_date(year, month, day);
    date_of_days(days, &y, &m, &d);
    luaL_argcheck(L, d == day, 3, "the month has no such day");

    lua_pushnumber(L, (lua_Number) ((days * DAY + hour * 3600 + minute * 60
                                     + second - CHINA_OFFSET) * 1000));

    return 1;
}

/* What stands in the file, as the text on the top: a number in quotation
   marks is none. */
static void
push_found(lua_State *L, int index)
{
    switch (lua_type(L, index)) {

    case LUA_TNIL:
        lua_pushliteral(L, "nothing");
        break;

    case LUA_TNUMBER:
        lua_pushvalue(L, index);
        lua_tostring(L, -1);
        break;

    case LUA_TSTRING:
        lua_pushfstring(L, "\"%s\"", lua_tostring(L, index));
        break;

    default:
        lua_pushstring(L, type_name(L, index));
    }
}

/* Refuses the file, at the line of the check, unless table[name] is a number
   from least to most; where stands before the name in what is told. */
static void
check_setting(lua_State *L, int whole)
{
    lua_Number   value, least, most;
    const char  *name, *where, *found;

    least = luaL_checknumber(L, 3);
    most = luaL_checknumber(L, 4);
    lua_settop(L, 5);
    rules_push_table(L, 1);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    value = lua_tonumber(L, -1);

    if (lua_type(L, -1) == LUA_TNUMBER && value >= least && value <= most
        && (!whole || value == floor(value)))
    {
        return;
    }

    push_found(L, lua_gettop(L));
    where = luaL_optstring(L, 5, "");
    name = lua_tostring(L, 2);
    found = lua_tostring(L, -1);
    luaL_error(L, "%s%s: expected a %s from %f to %f, found %s", where, name,
               whole ? "whole number" : "number", least, most, found);
}

/* whole(table, name, least, most [, where]) */
static int
civic_whole(lua_State *L)
{
    check_setting(L, 1);

    return 0;
}

/* number(table, name, least, most [, where]) */
static int
civic_number(lua_State *L)
{
    check_setting(L, 0);

    return 0;
}


/* ---- the environment --------------------------------------------------- */

/* Copies fields of the table at from into the table on the top. */
static void
take(lua_State *L, int from, const char *const *names)
{
    for (; *names != NULL; names++) {
        lua_getfield(L, from, *names);
        lua_setfield(L, -2, *names);
    }
}

static void
set_function(lua_State *L, const char *name, lua_CFunction function)
{
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, name);
}

static void
open_library(lua_State *L, lua_CFunction open, const char *name)
{
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 0);
}

/* Pushes ipairs, pairs, insert, remove and sort. */
static void
push_prelude(lua_State *L)
{
    if (luaL_loadbuffer(L, prelude, sizeof(prelude) - 1, "=civic") != 0) {
        lua_error(L);
    }

    lua_pushcfunction(L, safe_next);
    lua_pushcfunction(L, safe_type);
    lua_getglobal(L, "error");
    lua_getglobal(L, "math");
    lua_getfield(L, -1, "floor");
    lua_remove(L, -2);
    lua_getglobal(L, "select");
    lua_call(L, 5, 5);
}

/* The table on the top becomes the field name of globals, read-only. */
static void
set_library(lua_State *L, int globals, const char *name)
{
    lua_newtable(L);
    lua_insert(L, -2);
    rules_freeze(L, lua_gettop(L) - 1);
    lua_setfield(L, globals, name);
    lua_pop(L, 1);
}

/* ("x"):len() must find the safe functions, not LuaJIT's. */
static void
set_string_methods(lua_State *L)
{
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}

static void
set_strings(lua_State *L, int globals)
{
    static const char *const  names[] = {
        "len", "sub", "byte", "char", "lower", "upper", "reverse", NULL
    };

    lua_getglobal(L, "string");
    lua_newtable(L);
    take(L, lua_gettop(L) - 1, names);
    rules_set_text_functions(L);
    set_string_methods(L);
    set_library(L, globals, "string");
    lua_pop(L, 1);
}

static void
set_maths(lua_State *L, int globals)
{
    static const char *const  names[] = {
        "abs", "ceil", "floor", "max", "min", "fmod", "modf", "sqrt", "pow",
        "exp", "log", "huge", "pi", NULL
    };

    lua_getglobal(L, "math");
    lua_newtable(L);
    take(L, lua_gettop(L) - 1, names);
    set_library(L, globals, "math");
    lua_pop(L, 1);
}

static void
set_tables(lua_State *L, int globals)
{
    lua_newtable(L);
    push_prelude(L);
    lua_setfield(L, globals + 1, "sort");
    lua_setfield(L, globals + 1, "remove");
    lua_setfield(L, globals + 1, "insert");
    lua_setfield(L, globals, "pairs");
    lua_setfield(L, globals, "ipairs");

    set_function(L, "concat", rules_concat);
    set_library(L, globals, "table");
}

static int
refuse_global(lua_State *L)
{
    lua_pushvalue(L, 2);

    return luaL_error(L, "assignment to the global \"%s\": write \"local\"",
                      lua_tostring(L, -1));
}

/* Nobody can make a global, so one that is not there is a slip.  LuaJIT takes
   every byte above ASCII for a letter: a number in full-width quotation marks
   is a name to it, and would be nil. */
static int
refuse_unknown(lua_State *L)
{
    const char  *name = lua_tostring(L, 2), *c;

    for (c = name; *c > 0; c++) { /* void */ }

    return luaL_error(L, "there is nothing called \"%s\"%s", name, *c == 0
                      ? "" : ": digits and quotation marks must be plain "
                             "ones, 0 to 9 and \"");
}

/* The environment is an empty table in front of globals, which cannot be
   reached itself. */
static void
push_front(lua_State *L, int globals)
{
    lua_newtable(L);
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, globals);
    lua_setfield(L, -2, "__index");
    set_function(L, "__newindex", refuse_global);
    lua_setmetatable(L, -2);
}

void
rules_push_environment(lua_State *L)
{
    int  globals;

    static const char *const  names[] = {
        "assert", "error", "pcall", "select", "tonumber", NULL
    };

    open_library(L, luaopen_base, "");
    open_library(L, luaopen_string, LUA_STRLIBNAME);
    open_library(L, luaopen_math, LUA_MATHLIBNAME);

    lua_newtable(L);
    globals = lua_gettop(L);
    take(L, LUA_GLOBALSINDEX, names);
    set_function(L, "type", safe_type);
    set_function(L, "tostring", safe_tostring);
    set_function(L, "next", safe_next);
    set_function(L, "unpack", safe_unpack);
    set_function(L, "require", rules_require);

    set_tables(L, globals);
    set_strings(L, globals);
    set_maths(L, globals);

    lua_newtable(L);
    set_function(L, "date", civic_date);
    set_function(L, "instant", civic_instant);
    set_function(L, "number", civic_number);
    set_function(L, "whole", civic_whole);
    set_library(L, globals, "civic");

    lua_createtable(L, 0, 1);
    set_function(L, "__index", refuse_unknown);
    lua_setmetatable(L, globals);

    push_front(L, globals);
    lua_remove(L, globals);

    /* The libraries go: emptied, since functions still refer to it. */
    lua_pushnil(L);
    while (lua_next(L, LUA_GLOBALSINDEX) != 0) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, LUA_GLOBALSINDEX);
    }

    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "_LOADED");
}
