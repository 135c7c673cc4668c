/*
 * rules_json.c - JSON to Lua and back.
 *
 * Pushing may raise (memory) and holds no reference meanwhile.  Reading
 * holds what it has built and therefore calls only what neither allocates
 * in Lua nor raises.  Runs wherever the rules run, a fiber's stack included:
 * both recurse no deeper than RULES_DEPTH, on slots that the caller has
 * made sure of.
 */

#include <math.h>
#include <stdio.h>

#include "rules_vm.h"

/* Doubles hold every integer up to here. */
#define EXACT_MAX    9007199254740992
/* 2^63: the first double that no int64_t holds. */
#define INTEGER_END  9223372036854775808.0

typedef struct {
    size_t  left;                       /* values that may still come */
    char   *error;
    size_t  size;
} reader_t;

static json_t *read_value(lua_State *L, reader_t *reader, int depth);


/* ---- JSON to Lua ------------------------------------------------------- */

static void
push_object(lua_State *L, const json_t *object, int depth)
{
    void    *iter;
    json_t  *value, *self = (json_t *) (uintptr_t) object;

    lua_createtable(L, 0, (int) json_object_size(object));

    for (iter = json_object_iter(self); iter != NULL;
         iter = json_object_iter_next(self, iter))
    {
        value = json_object_iter_value(iter);
        if (json_is_null(value)) {
            continue;
        }

        lua_pushlstring(L, json_object_iter_key(iter),
                        json_object_iter_key_len(iter));
        rules_push_json(L, value, depth + 1);
        lua_rawset(L, -3);
    }
}

static void
push_array(lua_State *L, const json_t *array, int depth)
{
    int     i, n = (int) json_array_size(array);

    lua_createtable(L, n, 0);

    for (i = 0; i < n; i++) {
        rules_push_json(L, json_array_get(array, (size_t) i), depth + 1);
        lua_rawseti(L, -2, i + 1);
    }
}

static void
push_integer(lua_State *L, json_int_t value)
{
    /* Better none than another number. */
    if (value > EXACT_MAX || value < -EXACT_MAX) {
        luaL_error(L, "the input has an integer over 2^53");
    }

    lua_pushnumber(L, (lua_Number) value);
}

void
rules_push_json(lua_State *L, const json_t *value, int depth)
{
    if (depth > RULES_DEPTH) {
        luaL_error(L, "the input is nested deeper than %d", RULES_DEPTH);
    }

    switch (json_typeof(value)) {

    case JSON_OBJECT:
        push_object(L, value, depth);
        break;

    case JSON_ARRAY:
        push_array(L, value, depth);
        break;

    case JSON_STRING:
        lua_pushlstring(L, json_string_value(value),
                        json_string_length(value));
        break;

    case JSON_INTEGER:
        push_integer(L, json_integer_value(value));
        break;

    case JSON_REAL:
        lua_pushnumber(L, json_real_value(value));
        break;

    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(L, json_is_true(value));
        break;

    case JSON_NULL:
        lua_pushnil(L);
        break;
    }
}


/* ---- Lua to JSON ------------------------------------------------------- */

__attribute__((format(printf, 2, 3)))
static json_t *
read_fail(reader_t *reader, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    vsnprintf(reader->error, reader->size, fmt, args);
    va_end(args);

    return NULL;
}

static int
is_ascii(const char *s, size_t len)
{
    size_t         i;
    unsigned char  all = 0;

    for (i = 0; i < len; i++) {
        all |= (unsigned char) s[i];
    }

    return all < 0x80;
}

static json_t *
read_string(lua_State *L, reader_t *reader)
{
    size_t       len;
    json_t      *value;
    const char  *s = lua_tolstring(L, -1, &len);

    value = is_ascii(s, len) ? json_stringn_nocheck(s, len)
                             : json_stringn(s, len);
    if (value == NULL) {
        return read_fail(reader, "has a string that is not UTF-8");
    }

    return value;
}

static json_t *
read_number(lua_State *L, reader_t *reader)
{
    double  number = lua_tonumber(L, -1);

    if (!isfinite(number)) {
        return read_fail(reader, "has a number that is not finite");
    }

    if (number >= -INTEGER_END && number < INTEGER_END
        && number == (double) (json_int_t) number)
    {
        return json_integer((json_int_t) number);
    }

    return json_real(number);
}

/* The key is below the value; 0 when the member is set. */
static int
read_member(lua_State *L, reader_t *reader, json_t *object, int depth)
{
    int          rc;
    size_t       len;
    json_t      *value;
    const char  *key;

    if (lua_type(L, -2) != LUA_TSTRING) {
        read_fail(reader, "has a table whose keys are neither all strings "
                  "nor 1 to n");
        return -1;
    }

    key = lua_tolstring(L, -2, &len);
    if (memchr(key, '\0', len) != NULL) {
        read_fail(reader, "has a key with a NUL");
        return -1;
    }

    value = read_value(L, reader, depth + 1);
    if (value == NULL) {
        return -1;
    }

    rc = is_ascii(key, len)
         ? json_object_setn_new_nocheck(object, key, len, value)
         : json_object_setn_new(object, key, len, value);
    if (rc != 0) {
        read_fail(reader, "has a key that is not UTF-8");
    }

    return rc;
}

static json_t *
read_object(lua_State *L, reader_t *reader, int depth)
{
    json_t  *object = json_object();

    if (object == NULL) {
        return read_fail(reader, "needs more memory than there is");
    }

    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        if (read_member(L, reader, object, depth) != 0) {
            json_decref(object);
            return NULL;
        }

        lua_pop(L, 1);
    }

    return object;
}

/* How many members a table has; not counted beyond max. */
static size_t
count_members(lua_State *L, size_t max)
{
    size_t  n = 0;

    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        if (++n > max) {
            lua_pop(L, 1);
            break;
        }
    }

    return n;
}

static json_t *
read_array(lua_State *L, reader_t *reader, size_t n, int depth)
{
    size_t   i;
    json_t  *array, *value;

    if (n > reader->left) {
        return read_fail(reader, "has too many values");
    }

    if (count_members(L, n) != n) {
        return read_fail(reader, "has a table whose keys are neither all "
                         "strings nor 1 to n");
    }

    array = json_array();
    if (array == NULL) {
        return read_fail(reader, "needs more memory than there is");
    }

    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, (int) i);
        value = read_value(L, reader, depth + 1);
        if (value == NULL || json_array_append_new(array, value) != 0) {
            json_decref(array);
            return NULL;
        }

        lua_pop(L, 1);
    }

    return array;
}

/* With the table on the top.  An empty one is an object. */
static json_t *
read_table(lua_State *L, reader_t *reader, int depth)
{
    size_t  n;

    if (depth > RULES_DEPTH) {
        return read_fail(reader, "is nested deeper than %d", RULES_DEPTH);
    }

    n = lua_objlen(L, -1);

    return n == 0 ? read_object(L, reader, depth)
                  : read_array(L, reader, n, depth);
}

/* The value stays on the top when it was read; the stack is the caller's to
   clear when not. */
static json_t *
read_value(lua_State *L, reader_t *reader, int depth)
{
    json_t  *value;

    if (reader->left == 0) {
        return read_fail(reader, "has too many values");
    }

    reader->left--;

    switch (lua_type(L, -1)) {

    case LUA_TSTRING:
        return read_string(L, reader);

    case LUA_TNUMBER:
        return read_number(L, reader);

    case LUA_TBOOLEAN:
        return lua_toboolean(L, -1) ? json_true() : json_false();

    case LUA_TTABLE:
        return read_table(L, reader, depth);

    case LUA_TUSERDATA:
        if (rules_push_frozen(L)) {
            value = read_table(L, reader, depth);
            if (value != NULL) {
                lua_pop(L, 1);
            }

            return value;
        }
    }

    return read_fail(reader, "has a %s, which JSON does not know",
                     luaL_typename(L, -1));
}

json_t *
rules_read_json(lua_State *L, size_t max, char *error, size_t size)
{
    int       top = lua_gettop(L);
    json_t   *value;
    reader_t  reader = { .left = max, .error = error, .size = size };

    error[0] = '\0';
    value = read_value(L, &reader, 1);
    if (value == NULL && error[0] == '\0') {
        read_fail(&reader, "needs more memory than there is");
    }

    lua_settop(L, top - 1);

    return value;
}
