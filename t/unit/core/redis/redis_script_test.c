/*
 * redis_script_test.c - script files, good and bad, and commands that read.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "redis_script.h"

static char  dir[64];


static int
setup(void **state)
{
    (void) state;
    snprintf(dir, sizeof(dir), "/tmp/civic-script-test-XXXXXX");

    return mkdtemp(dir) == NULL;
}


static void
put(const char *name, const char *text, size_t len)
{
    char   path[128];
    FILE  *file;

    snprintf(path, sizeof(path), "%s/%s.lua", dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}


static int
teardown(void **state)
{
    size_t             i;
    char               path[128];
    static const char *const  names[] = { "good", "bad", "pipe", "folder" };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s.lua", dir, names[i]);
        (void) remove(path);
    }

    return rmdir(dir);
}


static void
test_good(void **state)
{
    civic_failure_t        failure;
    civic_redis_script_t  *script;
    const char             text[] = "#!lua\n-- KEYS[1] a\nreturn 1\n";

    (void) state;
    put("good", text, sizeof(text) - 1);
    script = civic_redis_script_load(dir, "good", &failure);
    assert_non_null(script);
    assert_string_equal(script->name, "good");
    assert_string_equal(script->text, text);
    assert_int_equal(script->len, sizeof(text) - 1);
    assert_string_equal(script->sha1,
                        "efc9b5a087d937819157b09a96d7574ef0fdcb7f");
    civic_redis_script_free(script);
    civic_redis_script_free(NULL);
}


static void
refused(const char *name, const char *why)
{
    char             path[128];
    civic_failure_t  failure;

    failure.text[0] = '\0';
    snprintf(path, sizeof(path), "%s/%s.lua: ", dir, name);
    assert_null(civic_redis_script_load(dir, name, &failure));
    assert_memory_equal(failure.text, path, strlen(path));
    assert_non_null(strstr(failure.text, why));
}


static void
test_bad(void **state)
{
    char             path[128];
    char            *big = malloc(CIVIC_SCRIPT_MAX_FILE + 1);
    civic_failure_t  failure;

    (void) state;
    refused("bad", "No such file");

    put("bad", "", 0);
    refused("bad", "does not begin with \"#!lua\"");
    put("bad", "return 1\n", 9);
    refused("bad", "does not begin with \"#!lua\"");
    put("bad", "#!luajit\n-- KEYS\n", 17);
    refused("bad", "does not begin with \"#!lua\"");
    put("bad", "#!lua\nreturn 1\n", 15);
    refused("bad", "no comment in its second line");
    put("bad", "#!lua", 5);
    refused("bad", "does not begin with \"#!lua\"");
    put("bad", "#!lua\n-- KEYS\n\0\n", 16);
    refused("bad", "NUL");

    memset(big, '-', CIVIC_SCRIPT_MAX_FILE + 1);
    memcpy(big, "#!lua\n", 6);
    put("bad", big, CIVIC_SCRIPT_MAX_FILE + 1);
    refused("bad", "larger than 64 KB");
    put("good", big, CIVIC_SCRIPT_MAX_FILE);
    civic_redis_script_free(civic_redis_script_load(dir, "good", &failure));
    free(big);

    snprintf(path, sizeof(path), "%s/pipe.lua", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    refused("pipe", "not a regular file");
    snprintf(path, sizeof(path), "%s/folder.lua", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    refused("folder", "not a regular file");

    assert_null(civic_redis_script_load(dir, "../good", &failure));
    assert_non_null(strstr(failure.text, "\"../good\" is no name"));
    assert_null(civic_redis_script_load(dir, "", &failure));
}


static void
test_reading_commands(void **state)
{
    size_t  i;
    static const char *const  reading[] = {
        "GET", "get", "hGetAll", "BITCOUNT", "ZSCORE", "ZREVRANGEBYSCORE",
        "MGET", "TTL", "EXISTS", "SMEMBERS", "LRANGE", "HMGET", "XLEN"
    };
    static const char *const  others[] = {
        "", "G", "GETT", "GETDEL", "GETSET", "GETEX", "SET", "EVALSHA", "EVAL",
        "EVALSHA_RO", "FCALL", "DEL", "SORT", "KEYS", "SCAN", "SUBSCRIBE",
        "WAIT", "TOUCH", "PFCOUNT", "GEORADIUS", "BLPOP", "XREAD", "CONFIG",
        "MULTI", "GET ", "ZREVRANGEBYSCOREX"
    };

    (void) state;

    for (i = 0; i < sizeof(reading) / sizeof(reading[0]); i++) {
        assert_int_equal(civic_redis_reads_only(civic_cstr(reading[i])), 1);
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(civic_redis_reads_only(civic_cstr(others[i])), 0);
    }

    assert_int_equal(civic_redis_reads_only(CIVIC_STR("GET\0")), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_good, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad, setup, teardown),
        cmocka_unit_test(test_reading_commands)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
