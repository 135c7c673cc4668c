/*
 * cmd_keyring_test.c - no key seals before every live worker can open it.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "scripted.h"

static char        dir[] = "/tmp/civic-ctl-XXXXXX";
static char        conf[64], file[64];
static char       *said;
static scripted_t  server;


/* The command's exit code; what it printed, both streams, is in said. */
static int
keyring(const char *verb)
{
    int      rc;
    char    *argv[] = { "keyring", (char *) verb, NULL };
    ctl_t    ctl;
    FILE    *out;
    size_t   len;

    free(said);
    said = NULL;
    out = open_memstream(&said, &len);
    ctl_init(&ctl);
    ctl.conf_path = conf;
    ctl.language = CIVIC_EN;
    ctl.out = ctl.err = out;
    rc = ctl_cmd_keyring(&ctl, 2, argv);
    ctl_done(&ctl);
    (void) fclose(out);

    return rc;
}


/* What HGETALL civic:workers answers: two workers, seen ms ago. */
static void
workers_are(const char *keys_a, long ago_a, const char *keys_b, long ago_b)
{
    FILE              *out = fopen(conf, "w");
    char               a[128], b[128];
    long long          now = (long long) time(NULL) * 1000;
    static char        answer[512];
    static const char *script[] = { answer, answer, answer, answer, NULL };

    scripted_stop(&server);
    assert_int_equal(scripted_listen(&server), 0);
    (void) fprintf(out, "civic_keyring keyring.json;\ncivic_redis %s;\n",
                   server.address);
    assert_int_equal(fclose(out), 0);

    (void) snprintf(a, sizeof(a), "{\"at\":%lld,\"keys\":%s}", now - ago_a,
                    keys_a);
    (void) snprintf(b, sizeof(b), "{\"at\":%lld,\"keys\":%s}", now - ago_b,
                    keys_b);
    (void) snprintf(answer, sizeof(answer),
                    "*4\r\n$6\r\nhost/1\r\n$%zu\r\n%s\r\n"
                    "$6\r\nhost/2\r\n$%zu\r\n%s\r\n", strlen(a), a,
                    strlen(b), b);
    assert_int_equal(scripted_start(&server, script), 0);
}


/* "1 retired, 2 active" */
static void
keys_are(const char *expected)
{
    size_t   i, len = 0;
    char     text[256] = "";
    json_t  *keys, *key, *json = json_load_file(file, 0, NULL);

    assert_non_null(json);
    keys = json_object_get(json, "keys");

    json_array_foreach(keys, i, key) {
        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%lld %s",
            i == 0 ? "" : ", ",
            (long long) json_integer_value(json_object_get(key, "id")),
            json_string_value(json_object_get(key, "state")));
    }

    assert_string_equal(text, expected);
    json_decref(json);
}


static int
set_up(void **state)
{
    (void) state;
    server.pid = -1;

    if (mkdtemp(dir) == NULL) {
        return -1;
    }

    (void) snprintf(conf, sizeof(conf), "%s/nginx.conf", dir);
    (void) snprintf(file, sizeof(file), "%s/keyring.json", dir);

    return 0;
}


static int
tear_down(void **state)
{
    (void) state;
    scripted_stop(&server);
    free(said);
    (void) unlink(conf);
    (void) unlink(file);

    return rmdir(dir);
}


static void
test_init_never_overwrites(void **state)
{
    struct stat  before, after;

    (void) state;

    workers_are("[]", 0, "[]", 0);
    assert_int_equal(keyring("init"), CTL_FINE);
    assert_int_equal(stat(file, &before), 0);
    assert_int_equal(before.st_mode & 0777, 0600);
    keys_are("1 active");

    assert_int_equal(keyring("init"), CTL_PROBLEM);
    assert_non_null(strstr(said, "exists"));
    assert_int_equal(stat(file, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
}


static void
test_activate_needs_an_added_key(void **state)
{
    (void) state;

    workers_are("[1]", 0, "[1]", 0);
    assert_int_equal(keyring("activate"), CTL_PROBLEM);
    assert_non_null(strstr(said, "no key is added"));
    keys_are("1 active");
}


static void
test_rotate_adds_once(void **state)
{
    struct stat  st;

    (void) state;

    assert_int_equal(keyring("rotate"), CTL_FINE);
    keys_are("1 active, 2 added");
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    assert_int_equal(keyring("rotate"), CTL_PROBLEM);
    keys_are("1 active, 2 added");
}


static void
test_activate_waits_for_every_live_worker(void **state)
{
    (void) state;

    workers_are("[1,2]", 0, "[1]", 2000);
    assert_int_equal(keyring("activate"), CTL_PROBLEM);
    assert_non_null(strstr(said, "worker host/2 does not have key 2"));
    assert_null(strstr(said, "host/1"));
    keys_are("1 active, 2 added");

    /* Redis cannot be asked: nobody knows, so no. */
    scripted_stop(&server);
    assert_int_equal(keyring("activate"), CTL_PROBLEM);
    keys_are("1 active, 2 added");
}


static void
test_status_counts(void **state)
{
    (void) state;

    workers_are("[1,2]", 0, "[1]", 2000);
    assert_int_equal(keyring("status"), CTL_FINE);
    assert_non_null(strstr(said, "key 1: active"));
    assert_non_null(strstr(said, "that have it: 2, that lack it: 0"));
    assert_non_null(strstr(said, "key 2: added"));
    assert_non_null(strstr(said, "that have it: 1, that lack it: 1"));
}


/* One that was silent for three beats is gone, and keeps nobody waiting. */
static void
test_activate_retires_the_old_key(void **state)
{
    (void) state;

    workers_are("[1,2]", 0, "[1]", 60000);
    assert_int_equal(keyring("activate"), CTL_FINE);
    keys_are("1 retired, 2 active");
}


static void
test_usage(void **state)
{
    (void) state;

    assert_int_equal(keyring("explode"), CTL_USAGE);
    assert_non_null(strstr(said, "usage: civicctl keyring init"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_init_never_overwrites),
        cmocka_unit_test(test_activate_needs_an_added_key),
        cmocka_unit_test(test_rotate_adds_once),
        cmocka_unit_test(test_activate_waits_for_every_live_worker),
        cmocka_unit_test(test_status_counts),
        cmocka_unit_test(test_activate_retires_the_old_key),
        cmocka_unit_test(test_usage),
    };

    (void) signal(SIGPIPE, SIG_IGN);

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
