/*
 * rules_text.c - functions on strings for rules, none of which can burn
 * time or memory.
 *
 * LuaJIT's own rep, find and format have no bounds, and its patterns can
 * run for minutes in C, where no hook stops them.  Here a result has at
 * most RULES_MAX_STRING bytes, and find looks for plain text.  Buffers are
 * Lua's, so that an error on the way loses nothing.
 */

#define _GNU_SOURCE                     /* memmem */

#include <stdio.h>

#include "rules_vm.h"

#define MAX_PARTS    1000
#define MAX_SPEC     16                 /* "%-10.10f" and its like */
#define MAX_NUMBER   400                /* "%99.99f" of 1e308 */


static void
add_bounded(lua_State *L, luaL_Buffer *buffer, size_t *total, const char *s,
    size_t len)
{
    if (len > RULES_MAX_STRING - *total) {
        luaL_error(L, "a string may have at most %d bytes", RULES_MAX_STRING);
    }

    *total += len;
    luaL_addlstring(buffer, s, len);
}

/* rep(s, n) */
static int
text_rep(lua_State *L)
{
    size_t       len, total = 0;
    lua_Number   n = luaL_checknumber(L, 2);
    const char  *s = luaL_checklstring(L, 1, &len);
    luaL_Buffer  buffer;

    if (len == 0 || !(n >= 1)) {
        lua_pushliteral(L, "");
        return 1;
    }

    luaL_buffinit(L, &buffer);
    for (; n >= 1; n--) {
        add_bounded(L, &buffer, &total, s, len);
    }

    luaL_pushresult(&buffer);

    return 1;
}

/* find(s, text [, from]): first and last place, or nil.  No patterns. */
static int
text_find(lua_State *L)
{
    size_t       len, sub_len;
    lua_Integer  from = luaL_optinteger(L, 3, 1);
    const char  *found, *s = luaL_checklstring(L, 1, &len);
    const char  *sub = luaL_checklstring(L, 2, &sub_len);

    if (from < 0) {
        from += (lua_Integer) len + 1;
    }

    if (from < 1) {
        from = 1;
    }

    if ((size_t) from > len + 1) {
        lua_pushnil(L);
        return 1;
    }

    found = sub_len == 0 ? s + from - 1
                         : memmem(s + from - 1, len - (size_t) from + 1, sub,
                                  sub_len);
    if (found == NULL) {
        lua_pushnil(L);
        return 1;
    }

    lua_pushinteger(L, found - s + 1);
    lua_pushinteger(L, found - s + (lua_Integer) sub_len);

    return 2;
}

/* split(s, separator): a list of the parts between; no patterns. */
static int
text_split(lua_State *L)
{
    int          n;
    size_t       len, sep_len;
    const char  *found, *s = luaL_checklstring(L, 1, &len);
    const char  *sep = luaL_checklstring(L, 2, &sep_len);

    luaL_argcheck(L, sep_len > 0, 2, "an empty separator");
    lua_newtable(L);

    for (n = 1; n < MAX_PARTS; n++) {
        found = memmem(s, len, sep, sep_len);
        if (found == NULL) {
            lua_pushlstring(L, s, len);
            lua_rawseti(L, -2, n);
            return 1;
        }

        lua_pushlstring(L, s, (size_t) (found - s));
        lua_rawseti(L, -2, n);
        len -= (size_t) (found - s) + sep_len;
        s = found + sep_len;
    }

    return luaL_error(L, "split makes at most %d parts", MAX_PARTS);
}


/* ---- fill -------------------------------------------------------------- */

/* "day|days", behind a number: " day" of 1, else " days". */
static void
add_noun(lua_State *L, luaL_Buffer *buffer, size_t *total, int is_one,
    const char *nouns, size_t len)
{
    const char  *bar = memchr(nouns, '|', len), *many;

    many = bar == NULL ? nouns : bar + 1;
    add_bounded(L, buffer, total, " ", 1);

    if (is_one) {
        add_bounded(L, buffer, total, nouns,
                    bar == NULL ? len : (size_t) (bar - nouns));
    } else {
        add_bounded(L, buffer, total, many, (size_t) (nouns + len - many));
    }
}

/* Adds values[name], of which the table stands at 2, for "name" and for
   "name|day|days"; nothing where it has no such name. */
static void
add_value(lua_State *L, luaL_Buffer *buffer, size_t *total, const char *name,
    size_t len)
{
    int          is_one;
    size_t       value_len;
    const char  *bar = memchr(name, '|', len), *end = name + len;

    lua_pushlstring(L, name, bar == NULL ? len : (size_t) (bar - name));
    lua_rawget(L, 2);

    if (lua_type(L, -1) == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }

    is_one = lua_type(L, -1) == LUA_TNUMBER && lua_tonumber(L, -1) == 1;

    if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER) {
        luaL_error(L, "fill: a %s where a string or a number is expected",
                   luaL_typename(L, -1));
    }

    lua_tolstring(L, -1, &value_len);

    if (value_len > RULES_MAX_STRING - *total) {
        luaL_error(L, "a string may have at most %d bytes", RULES_MAX_STRING);
    }

    *total += value_len;
    luaL_addvalue(buffer);

    if (bar != NULL) {
        add_noun(L, buffer, total, is_one, bar + 1, (size_t) (end - bar - 1));
    }
}

/* fill(s, values): "{name}" becomes values.name, and "{n|day|days}" values.n
   with the noun that fits it, in one go: braces in a value stay, and so does
   one of s that no other closes. */
static int
text_fill(lua_State *L)
{
    size_t       len, total = 0;
    const char  *p = luaL_checklstring(L, 1, &len), *end = p + len;
    const char  *open, *close;
    luaL_Buffer  buffer;

    rules_push_table(L, 2);
    lua_replace(L, 2);
    luaL_buffinit(L, &buffer);

    while ((open = memchr(p, '{', (size_t) (end - p))) != NULL
           && (close = memchr(open, '}', (size_t) (end - open))) != NULL)
    {
        add_bounded(L, &buffer, &total, p, (size_t) (open - p));
        add_value(L, &buffer, &total, open + 1, (size_t) (close - open - 1));
        p = close + 1;
    }

    add_bounded(L, &buffer, &total, p, (size_t) (end - p));
    luaL_pushresult(&buffer);

    return 1;
}


/* ---- format ------------------------------------------------------------ */

/* Copies a verb such as "%-5.2f", at p after the "%", without its letter.
   The letter, or 0: not one of ours. */
static char
take_verb(const char *p, const char *end, char *spec, size_t *taken)
{
    size_t  n = 0, digits = 0;

    spec[n++] = '%';

    for (; p < end && n < 4 && memchr("-+ 0", *p, 4) != NULL; p++) {
        spec[n++] = *p;
    }

    for (; p < end && digits < 2 && *p >= '0' && *p <= '9'; p++, digits++) {
        spec[n++] = *p;
    }

    if (p < end && *p == '.') {
        spec[n++] = *p++;
        for (digits = 0; p < end && digits < 2 && *p >= '0' && *p <= '9';
             p++, digits++)
        {
            spec[n++] = *p;
        }
    }

    spec[n] = '\0';
    *taken = n;

    return p < end && memchr("dxfs", *p, 4) != NULL ? *p : 0;
}

/* spec has been read by take_verb: it is a format of one number. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static int
format_number(lua_State *L, char *spec, size_t len, char verb, int arg,
    char *out)
{
    lua_Number  number = luaL_checknumber(L, arg);

    if (verb == 'f') {
        memcpy(spec + len, "f", 2);
        return snprintf(out, MAX_NUMBER + 1, spec, number);
    }

    if (!(number >= -9007199254740992.0 && number <= 9007199254740992.0)) {
        return luaL_error(L, "'%%%c' takes whole numbers up to 2^53", verb);
    }

    memcpy(spec + len, verb == 'd' ? "lld" : "llx", 4);

    return snprintf(out, MAX_NUMBER + 1, spec, (long long) number);
}

#pragma GCC diagnostic pop

/* Adds one verb's text; returns where the format goes on. */
static const char *
format_verb(lua_State *L, luaL_Buffer *buffer, size_t *total, const char *p,
    const char *end, int arg)
{
    int          n;
    char         verb, spec[MAX_SPEC], number[MAX_NUMBER + 1];
    size_t       taken, len;
    const char  *s;

    verb = take_verb(p, end, spec, &taken);

    if (verb == 0 || (verb == 's' && taken > 1)) {
        luaL_error(L, "format knows %%d, %%x and %%f with a width, %%s and "
                   "%%%%");
    }

    if (verb == 's') {
        s = luaL_checklstring(L, arg, &len);
        add_bounded(L, buffer, total, s, len);

    } else {
        n = format_number(L, spec, taken, verb, arg, number);
        len = n < 0 ? 0 : n > MAX_NUMBER ? MAX_NUMBER : (size_t) n;
        add_bounded(L, buffer, total, number, len);
    }

    return p + taken;
}

/* format(text, ...): %d %x %f with flags, width and precision, %s, %% */
static int
text_format(lua_State *L)
{
    int          arg = 1, args = lua_gettop(L);
    size_t       len, total = 0;
    const char  *p = luaL_checklstring(L, 1, &len), *end = p + len, *percent;
    luaL_Buffer  buffer;

    luaL_buffinit(L, &buffer);

    while ((percent = memchr(p, '%', (size_t) (end - p))) != NULL) {
        add_bounded(L, &buffer, &total, p, (size_t) (percent - p));
        p = percent + 1;

        if (p < end && *p == '%') {
            add_bounded(L, &buffer, &total, "%", 1);
            p++;
            continue;
        }

        /* Above the arguments lies what the buffer keeps. */
        if (++arg > args) {
            return luaL_error(L, "format: \"%%\" number %d has no value",
                              arg - 1);
        }

        p = format_verb(L, &buffer, &total, p, end, arg);
    }

    add_bounded(L, &buffer, &total, p, (size_t) (end - p));
    luaL_pushresult(&buffer);

    return 1;
}


/* ---- lists to strings -------------------------------------------------- */

int
rules_concat(lua_State *L)
{
    int64_t      i, first, last;
    size_t       len, sep_len, total = 0;
    const char  *sep = luaL_optlstring(L, 2, "", &sep_len);
    luaL_Buffer  buffer;

    rules_push_table(L, 1);
    lua_replace(L, 1);
    first = luaL_optint(L, 3, 1);
    last = luaL_optint(L, 4, (int) lua_objlen(L, 1));

    luaL_buffinit(L, &buffer);

    for (i = first; i <= last; i++) {
        lua_rawgeti(L, 1, (int) i);
        if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER)
        {
            return luaL_error(L, "concat: item %d is a %s", (int) i,
                              luaL_typename(L, -1));
        }

        lua_tolstring(L, -1, &len);
        if (len > RULES_MAX_STRING - total) {
            return luaL_error(L, "a string may have at most %d bytes",
                              RULES_MAX_STRING);
        }

        total += len;
        luaL_addvalue(&buffer);

        if (i < last) {
            add_bounded(L, &buffer, &total, sep, sep_len);
        }
    }

    luaL_pushresult(&buffer);

    return 1;
}

void
rules_set_text_functions(lua_State *L)
{
    size_t  i;

    static const luaL_Reg  functions[] = {
        { "rep", text_rep },
        { "find", text_find },
        { "split", text_split },
        { "fill", text_fill },
        { "format", text_format }
    };

    for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        lua_pushcfunction(L, functions[i].func);
        lua_setfield(L, -2, functions[i].name);
    }
}
