/*
 * lua_api.c - opens LuaJIT in a scope of its own.
 *
 * RTLD_DEEPBIND: LuaJIT's calls of itself find itself, whoever else exports
 * lua_* in this process.  RTLD_LOCAL: nobody else finds it by our doing.  The
 * library is never closed, for states and their code live until the end.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* here the names are names, not yet pointers */
#define LUA_API_NAMES_ONLY
#include "lua_api.h"

#define LUA_API_LIBRARY  "libluajit-5.1.so.2"

/* AddressSanitizer refuses RTLD_DEEPBIND: it lives by replacing names. */
#ifdef __SANITIZE_ADDRESS__
#define LUA_API_FLAGS  (RTLD_NOW | RTLD_LOCAL)
#else
#define LUA_API_FLAGS  (RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)
#endif

lua_api_t  lua_api;

static pthread_mutex_t  lock = PTHREAD_MUTEX_INITIALIZER;
static int              opened;


static int
lua_api_fail(civic_failure_t *failure, const char *what, const char *why)
{
    (void) snprintf(failure->text, sizeof(failure->text),
                    "rules: %.60s: %.130s (Debian: libluajit2-5.1-2)", what,
                    why);

    return -1;
}


int
lua_api_open_file(const char *file, lua_api_t *api, civic_failure_t *failure)
{
    void  *library;

    library = dlopen(file, LUA_API_FLAGS);
    if (library == NULL) {
        return lua_api_fail(failure, "LuaJIT cannot be loaded", dlerror());
    }

#define LUA_API_FIND(name)                                                    \
    *(void **) &api->p_##name = dlsym(library, #name);                        \
    if (api->p_##name == NULL) {                                              \
        (void) dlclose(library);                                              \
        return lua_api_fail(failure, file, "has no function " #name);         \
    }

    LUA_API_FUNCTIONS(LUA_API_FIND)

#undef LUA_API_FIND

    return 0;
}


int
lua_api_open(civic_failure_t *failure)
{
    int  rc = 0;

    (void) pthread_mutex_lock(&lock);

    if (!opened) {
        rc = lua_api_open_file(LUA_API_LIBRARY, &lua_api, failure);
        opened = rc == 0;
    }

    (void) pthread_mutex_unlock(&lock);

    return rc;
}
