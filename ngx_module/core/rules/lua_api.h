/*
 * lua_api.h - LuaJIT's functions, called through a table of pointers.
 *
 * nginx loads its modules into one space of names.  Beside a module that
 * brings another Lua (ModSecurity brings 5.3) the plain name lua_pcall means
 * whichever library came first, in LuaJIT's own calls of itself, too.
 * Therefore no file links LuaJIT: it is opened at the first rule file, in a
 * scope of its own, and what the rules' files call by the usual name is a
 * pointer out of that one library.
 *
 * A function that is used and not listed here stays an undefined name in the
 * module; "make lint" finds it.
 */

#ifndef CIVIC_LUA_API_H
#define CIVIC_LUA_API_H

#include <luajit-2.1/lauxlib.h>
#include <luajit-2.1/lua.h>
#include <luajit-2.1/luajit.h>
#include <luajit-2.1/lualib.h>

#include "civic_plugin.h"

/* Each function that is used, once. */
#define LUA_API_FUNCTIONS(F)                                                  \
    F(luaJIT_setmode) F(luaL_addlstring) F(luaL_addvalue) F(luaL_argerror)    \
    F(luaL_buffinit) F(luaL_checkany) F(luaL_checklstring)                    \
    F(luaL_checknumber) F(luaL_checkstack) F(luaL_error) F(luaL_loadbuffer)   \
    F(luaL_loadbufferx) F(luaL_optinteger) F(luaL_optlstring)                 \
    F(luaL_pushresult) F(luaL_ref) F(luaL_typerror) F(lua_call) F(lua_close)  \
    F(lua_cpcall) F(lua_createtable) F(lua_error) F(lua_gc) F(lua_getallocf)  \
    F(lua_getfield) F(lua_getinfo) F(lua_getmetatable) F(lua_getstack)        \
    F(lua_gettop) F(lua_getupvalue) F(lua_insert) F(lua_iscfunction)          \
    F(lua_newstate) F(lua_newuserdata) F(lua_next) F(lua_objlen)              \
    F(lua_pcall) F(lua_pushboolean) F(lua_pushcclosure) F(lua_pushfstring)    \
    F(lua_pushinteger) F(lua_pushlstring) F(lua_pushnil) F(lua_pushnumber)    \
    F(lua_pushstring) F(lua_pushvalue) F(lua_rawequal) F(lua_rawget)          \
    F(lua_rawgeti) F(lua_rawset) F(lua_rawseti) F(lua_remove) F(lua_replace)  \
    F(lua_setfenv) F(lua_setfield) F(lua_sethook) F(lua_setmetatable)         \
    F(lua_settop) F(lua_setupvalue) F(lua_toboolean) F(lua_tointeger)         \
    F(lua_tolstring) F(lua_tonumber) F(lua_type) F(lua_typename)              \
    F(luaopen_base) F(luaopen_math) F(luaopen_string)

typedef struct {
#define LUA_API_MEMBER(name)  __typeof__(name) *p_##name;
    LUA_API_FUNCTIONS(LUA_API_MEMBER)
#undef LUA_API_MEMBER
} lua_api_t;

/* Complete from the first success of lua_api_open() on, and constant. */
extern lua_api_t  lua_api __attribute__((visibility("hidden")));

/*
 * Before the first state is made; from any thread, and cheap once it has
 * succeeded.  0, or -1 with failure: what is missing; a later call tries
 * again.
 */
int lua_api_open(civic_failure_t *failure);

/* The library of that name, all or nothing; what lua_api_open() does, and
   what a test tries on others. */
int lua_api_open_file(const char *file, lua_api_t *api,
    civic_failure_t *failure);

#ifndef LUA_API_NAMES_ONLY

#define luaJIT_setmode     (*lua_api.p_luaJIT_setmode)
#define luaL_addlstring    (*lua_api.p_luaL_addlstring)
#define luaL_addvalue      (*lua_api.p_luaL_addvalue)
#define luaL_argerror      (*lua_api.p_luaL_argerror)
#define luaL_buffinit      (*lua_api.p_luaL_buffinit)
#define luaL_checkany      (*lua_api.p_luaL_checkany)
#define luaL_checklstring  (*lua_api.p_luaL_checklstring)
#define luaL_checknumber   (*lua_api.p_luaL_checknumber)
#define luaL_checkstack    (*lua_api.p_luaL_checkstack)
#define luaL_error         (*lua_api.p_luaL_error)
#define luaL_loadbuffer    (*lua_api.p_luaL_loadbuffer)
#define luaL_loadbufferx   (*lua_api.p_luaL_loadbufferx)
#define luaL_optinteger    (*lua_api.p_luaL_optinteger)
#define luaL_optlstring    (*lua_api.p_luaL_optlstring)
#define luaL_pushresult    (*lua_api.p_luaL_pushresult)
#define luaL_ref           (*lua_api.p_luaL_ref)
#define luaL_typerror      (*lua_api.p_luaL_typerror)
#define lua_call           (*lua_api.p_lua_call)
#define lua_close          (*lua_api.p_lua_close)
#define lua_cpcall         (*lua_api.p_lua_cpcall)
#define lua_createtable    (*lua_api.p_lua_createtable)
#define lua_error          (*lua_api.p_lua_error)
#define lua_gc             (*lua_api.p_lua_gc)
#define lua_getallocf      (*lua_api.p_lua_getallocf)
#define lua_getfield       (*lua_api.p_lua_getfield)
#define lua_getinfo        (*lua_api.p_lua_getinfo)
#define lua_getmetatable   (*lua_api.p_lua_getmetatable)
#define lua_getstack       (*lua_api.p_lua_getstack)
#define lua_gettop         (*lua_api.p_lua_gettop)
#define lua_getupvalue     (*lua_api.p_lua_getupvalue)
#define lua_insert         (*lua_api.p_lua_insert)
#define lua_iscfunction    (*lua_api.p_lua_iscfunction)
#define lua_newstate       (*lua_api.p_lua_newstate)
#define lua_newuserdata    (*lua_api.p_lua_newuserdata)
#define lua_next           (*lua_api.p_lua_next)
#define lua_objlen         (*lua_api.p_lua_objlen)
#define lua_pcall          (*lua_api.p_lua_pcall)
#define lua_pushboolean    (*lua_api.p_lua_pushboolean)
#define lua_pushcclosure   (*lua_api.p_lua_pushcclosure)
#define lua_pushfstring    (*lua_api.p_lua_pushfstring)
#define lua_pushinteger    (*lua_api.p_lua_pushinteger)
#define lua_pushlstring    (*lua_api.p_lua_pushlstring)
#define lua_pushnil        (*lua_api.p_lua_pushnil)
#define lua_pushnumber     (*lua_api.p_lua_pushnumber)
#define lua_pushstring     (*lua_api.p_lua_pushstring)
#define lua_pushvalue      (*lua_api.p_lua_pushvalue)
#define lua_rawequal       (*lua_api.p_lua_rawequal)
#define lua_rawget         (*lua_api.p_lua_rawget)
#define lua_rawgeti        (*lua_api.p_lua_rawgeti)
#define lua_rawset         (*lua_api.p_lua_rawset)
#define lua_rawseti        (*lua_api.p_lua_rawseti)
#define lua_remove         (*lua_api.p_lua_remove)
#define lua_replace        (*lua_api.p_lua_replace)
#define lua_setfenv        (*lua_api.p_lua_setfenv)
#define lua_setfield       (*lua_api.p_lua_setfield)
#define lua_sethook        (*lua_api.p_lua_sethook)
#define lua_setmetatable   (*lua_api.p_lua_setmetatable)
#define lua_settop         (*lua_api.p_lua_settop)
#define lua_setupvalue     (*lua_api.p_lua_setupvalue)
#define lua_toboolean      (*lua_api.p_lua_toboolean)
#define lua_tointeger      (*lua_api.p_lua_tointeger)
#define lua_tolstring      (*lua_api.p_lua_tolstring)
#define lua_tonumber       (*lua_api.p_lua_tonumber)
#define lua_type           (*lua_api.p_lua_type)
#define lua_typename       (*lua_api.p_lua_typename)
#define luaopen_base       (*lua_api.p_luaopen_base)
#define luaopen_math       (*lua_api.p_luaopen_math)
#define luaopen_string     (*lua_api.p_luaopen_string)

#endif

#endif
