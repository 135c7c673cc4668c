/*
 * lua_api_test.c - LuaJIT is its own, whoever else has its names; and
 * what is missing is told.
 */

#include <dlfcn.h>

#include "lua_api.h"
#include "rules_fixture.h"


/* First in this program: later ones find LuaJIT opened. */
static void
rules_run_beside_another_lua(void **state)
{
#ifdef __SANITIZE_ADDRESS__
    (void) state;
    skip();
#else
    char            other[256];
    json_t         *in, *out;
    const char     *build = getenv("CIVIC_BUILD");
    civic_rules_t  *rules;

    (void) state;

    snprintf(other, sizeof(other), "%s/t/plugin/fixtures/other_lua.so",
             build == NULL ? "build" : build);
    if (dlopen(other, RTLD_NOW | RTLD_GLOBAL) == NULL) {
        fail_msg("%s", dlerror());
    }

    rules = loaded("local rules = {}\n"
                   "function rules.sum(input)\n"
                   "    return { sum = input.a + input.b }\n"
                   "end\n"
                   "function rules.wrong(input)\n"
                   "    return { sum = string.rep('x', {}) }\n"
                   "end\n"
                   "return rules\n");

    in = json_pack("{s:i,s:i}", "a", 2, "b", 3);
    assert_int_equal(civic_rules_call(rules, "sum", in, &out, &failure), 0);
    assert_int_equal(json_integer_value(json_object_get(out, "sum")), 5);
    json_decref(in);
    json_decref(out);

    /* luaL_error and luaL_typerror call LuaJIT's functions by name. */
    assert_int_equal(civic_rules_call(rules, "wrong", NULL, &out, &failure),
                     -1);
    assert_non_null(strstr(failure.text, "t.lua:6"));

    civic_rules_free(rules);
#endif
}


static void
tells_what_is_missing(void **state)
{
    lua_api_t  api;

    (void) state;

    assert_int_equal(lua_api_open_file("libnobody.so.9", &api, &failure), -1);
    assert_non_null(strstr(failure.text, "LuaJIT cannot be loaded"));
    assert_non_null(strstr(failure.text, "libnobody.so.9"));
    assert_non_null(strstr(failure.text, "libluajit2-5.1-2"));

    assert_int_equal(lua_api_open_file("libm.so.6", &api, &failure), -1);
    assert_non_null(strstr(failure.text, "libm.so.6: has no function lua"));
}


static void
opens_once(void **state)
{
    lua_api_t  before;

    (void) state;

    assert_int_equal(lua_api_open(&failure), 0);
    before = lua_api;
    assert_int_equal(lua_api_open(&failure), 0);
    assert_memory_equal(&before, &lua_api, sizeof(before));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(rules_run_beside_another_lua),
        cmocka_unit_test(tells_what_is_missing),
        cmocka_unit_test(opens_once)
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
