/*
 * cmd_code_test.c - "civicctl code verify": each code of
 * t/vectors/paper-codes.json gets its verdict and its exit code, with files
 * alone.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl.h"
#include "ctl_code.h"
#include "instant.h"

#define VECTORS  "t/vectors/paper-codes.json"

static char     dir[] = "/tmp/civic-ctl-XXXXXX";
static char     code[64], keys[64], list[64];
static char    *said;
static json_t  *vectors;


/* ---- tools -------------------------------------------------------------- */

static void
put(const char *path, const char *text, size_t len)
{
    FILE  *out = fopen(path, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}


static void
put_json(const char *path, const json_t *tree)
{
    char  *text = json_dumps(tree, 0);

    assert_non_null(text);
    put(path, text, strlen(text));
    free(text);
}


/* The exit code; what was printed, both streams, is in said. */
static int
run_in(civic_language_t language, char **argv)
{
    int      rc, argc = 0;
    ctl_t    ctl;
    FILE    *out;
    size_t   len;

    while (argv[argc] != NULL) {
        argc++;
    }

    free(said);
    said = NULL;
    out = open_memstream(&said, &len);
    ctl_init(&ctl);
    ctl.language = language;
    ctl.out = ctl.err = out;
    rc = ctl_cmd_code(&ctl, argc, argv);
    ctl_done(&ctl);
    (void) fclose(out);

    return rc;
}


static int
run(char **argv)
{
    return run_in(CIVIC_EN, argv);
}


static const json_t *
first_case(void)
{
    return json_array_get(json_object_get(vectors, "cases"), 0);
}


static const char *
text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}


static void
put_case(const json_t *one)
{
    const json_t  *text = json_object_get(one, "text");

    put(code, json_string_value(text), json_string_length(text));
    put_json(keys, json_object_get(vectors, "keys"));
    put_json(list, json_object_get(json_object_get(vectors, "lists"),
                                   "fresh"));
}


static int
expected_exit(const char *verdict)
{
    if (strcmp(verdict, "ok") == 0) {
        return 0;
    }

    return strncmp(verdict, "list_", 5) == 0
           || strcmp(verdict, "key_unknown") == 0 ? 3 : 1;
}


static int
setup(void **state)
{
    (void) state;
    vectors = json_load_file(VECTORS, 0, NULL);
    assert_non_null(vectors);
    assert_non_null(mkdtemp(dir));
    (void) snprintf(code, sizeof(code), "%s/code", dir);
    (void) snprintf(keys, sizeof(keys), "%s/keys.json", dir);
    (void) snprintf(list, sizeof(list), "%s/list.json", dir);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    (void) unlink(code);
    (void) unlink(keys);
    (void) unlink(list);
    (void) rmdir(dir);
    free(said);
    json_decref(vectors);

    return 0;
}


/* ---- tests -------------------------------------------------------------- */

static void
check_case(const json_t *one)
{
    int          rc;
    char         at[CIVIC_INSTANT_LEN + 1], wanted[64];
    const char  *use = text_of(one, "list");
    char        *argv[] = { "code", "verify", code, "--keys", keys, "--at",
                            at, use == NULL ? NULL : "--revocations", list,
                            NULL };

    put_case(one);

    if (use != NULL) {
        put_json(list, json_object_get(json_object_get(vectors, "lists"),
                                       use));
    }

    (void) civic_instant_format(
        json_integer_value(json_object_get(one, "at")) * 1000, at);
    rc = run(argv);
    (void) snprintf(wanted, sizeof(wanted), "(%s)\n",
                    text_of(one, "verdict"));

    if (strstr(said, wanted) == NULL
        || rc != expected_exit(text_of(one, "verdict")))
    {
        fail_msg("%s: exit %d, wanted %s; said:\n%s", text_of(one, "name"),
                 rc, wanted, said);
    }
}


static void
test_vectors(void **state)
{
    size_t   i;
    json_t  *one;

    (void) state;

    json_array_foreach(json_object_get(vectors, "cases"), i, one) {
        check_case(one);
    }

    assert_true(i > 50);
}


static void
test_what_is_printed_beside(void **state)
{
    char  *argv[] = { "code", "verify", code, "--revocations", list,
                      "--keys", keys, "--at", "2026-09-23T00:00:00+08:00",
                      NULL };

    (void) state;
    put_case(first_case());

    assert_int_equal(run(argv), 0);
    assert_non_null(strstr(said, "kind: a relative's code\n"));
    assert_non_null(strstr(said, "name: 张*\n"));
    assert_non_null(strstr(said, "issued by: civic.example\n"));
    assert_non_null(strstr(said, "valid until: 2026-09-28T22:13:20+08:00\n"));
    assert_non_null(strstr(said, "41 entries\n"));
    assert_non_null(strstr(said, "older than 24 hours"));

    assert_int_equal(run_in(CIVIC_ZH, argv), 0);
    assert_non_null(strstr(said, "种类：亲属码\n"));
    assert_non_null(strstr(said, "结论：真实有效（ok）\n"));
    assert_non_null(strstr(said, "名单已超过 24 小时"));
}


/* A scanner sends an Enter behind what it read; a space is of the code. */
static void
test_end_of_line(void **state)
{
    char         more[1024];
    char        *argv[] = { "code", "verify", code, "--revocations", list,
                            "--keys", keys, "--at",
                            "2026-09-22T00:00:00+08:00", NULL };
    const char  *text = text_of(first_case(), "text");

    (void) state;
    put_case(first_case());
    (void) snprintf(more, sizeof(more), "%s\r\n", text);
    put(code, more, strlen(more));
    assert_int_equal(run(argv), 0);

    (void) snprintf(more, sizeof(more), "%s ", text);
    put(code, more, strlen(more));
    assert_int_equal(run(argv), 1);
}


static void
keys_are_wrong(json_t *wrong, const char *complaint)
{
    char  *argv[] = { "code", "verify", code, "--keys", keys, NULL };

    put_json(keys, wrong);
    assert_int_equal(run(argv), 3);

    if (strstr(said, complaint) == NULL) {
        fail_msg("no \"%s\" in: %s", complaint, said);
    }

    json_decref(wrong);
}


static void
test_wrong_keys(void **state)
{
    json_t  *all, *one;

    (void) state;
    put_case(first_case());

    keys_are_wrong(json_object(), "has none");
    keys_are_wrong(json_array(), "has none");
    keys_are_wrong(json_pack("{s:[{s:s, s:s}]}", "keys", "key_id", "00",
                             "public_key", "x"), "key 1 of the file");

    all = json_deep_copy(json_object_get(vectors, "keys"));
    one = json_array_get(json_object_get(all, "keys"), 1);
    (void) json_object_set_new(one, "key_id", json_string("0011223344556677"));
    keys_are_wrong(all, "key 2 of the file of keys has another id");
}


/* Who keeps the newest list from us is found out. */
static void
test_older_list(void **state)
{
    char     seen[80], newest[32];
    FILE    *file;
    char    *argv[] = { "code", "verify", code, "--revocations", list,
                        "--keys", keys, "--seen", seen, "--at",
                        "2026-09-22T00:00:00+08:00", NULL };
    json_int_t  made;

    (void) state;
    put_case(first_case());
    made = json_integer_value(json_object_get(json_object_get(
        json_object_get(vectors, "lists"), "fresh"), "made_at"));
    (void) snprintf(seen, sizeof(seen), "%s/seen", dir);

    assert_int_equal(run(argv), 0);
    assert_int_equal(run(argv), 0);
    file = fopen(seen, "r");
    assert_non_null(file);
    assert_non_null(fgets(newest, sizeof(newest), file));
    (void) fclose(file);
    assert_int_equal(strtoll(newest, NULL, 10), made);

    (void) snprintf(newest, sizeof(newest), "%lld\n", (long long) made + 1);
    put(seen, newest, strlen(newest));
    assert_int_equal(run(argv), 3);
    assert_non_null(strstr(said, "(list_older)\n"));

    put(seen, "what", 4);
    assert_int_equal(run(argv), 3);
    assert_non_null(strstr(said, "has no time"));
    (void) unlink(seen);

    /* what cannot be noted is told, and changes no verdict */
    (void) snprintf(seen, sizeof(seen), "%s/none/seen", dir);
    assert_int_equal(run(argv), 0);
    assert_non_null(strstr(said, "cannot be written"));
}


/* A list of as many as there may be is read. */
static void
test_full_list(void **state)
{
    size_t   len;
    char    *entries, *argv[] = { "code", "verify", code, "--revocations",
                                  list, "--keys", keys, "--at",
                                  "2026-09-22T00:00:00+08:00", NULL };
    json_t  *full;

    (void) state;
    put_case(first_case());
    len = CIVIC_REVOKED_MOST / 3 * CIVIC_REVOKED * 4;
    entries = malloc(len);
    assert_non_null(entries);
    memset(entries, 'A', len);
    full = json_deep_copy(json_object_get(json_object_get(vectors, "lists"),
                                          "fresh"));
    (void) json_object_set_new(full, "entries", json_stringn(entries, len));
    put_json(list, full);
    assert_int_equal(run(argv), 3);
    assert_null(strstr(said, "is longer than"));
    json_decref(full);
    free(entries);
}


static void
test_called_wrongly(void **state)
{
    size_t  i;
    char   *none[] = { "code", NULL };
    char   *keyless[] = { "code", "verify", code, NULL };
    char   *twice[] = { "code", "verify", code, code, "--keys", keys, NULL };
    char   *unknown[] = { "code", "verify", "--key", keys, NULL };
    char   *open[] = { "code", "verify", "--keys", NULL };
    char   *other[] = { "code", "sign", "--keys", keys, NULL };
    char   *when[] = { "code", "verify", code, "--keys", keys, "--at", "now",
                       NULL };
    char  **calls[] = { none, keyless, twice, unknown, open, other, when };

    (void) state;

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        assert_int_equal(run(calls[i]), 2);
    }
}


static void
test_no_files(void **state)
{
    char  *nokeys[] = { "code", "verify", code, "--keys", "/nowhere", NULL };
    char  *nolist[] = { "code", "verify", code, "--keys", keys,
                        "--revocations", "/nowhere", NULL };
    char  *nocode[] = { "code", "verify", "/nowhere", "--keys", keys, NULL };

    (void) state;
    put_case(first_case());

    assert_int_equal(run(nokeys), 3);
    assert_int_equal(run(nolist), 3);
    assert_int_equal(run(nocode), 3);
    assert_non_null(strstr(said, "/nowhere cannot be read"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_what_is_printed_beside),
        cmocka_unit_test(test_end_of_line),
        cmocka_unit_test(test_wrong_keys),
        cmocka_unit_test(test_older_list),
        cmocka_unit_test(test_full_list),
        cmocka_unit_test(test_called_wrongly),
        cmocka_unit_test(test_no_files),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
