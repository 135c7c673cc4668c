/*
 * plugin_file_test.c - plugins are loaded, refused before they run, replaced.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin_file.h"

static char  dir[] = "/tmp/civic-plugin-file-XXXXXX";
static char  installed[64], incoming[64], trace[64];


static const char *
fixture(const char *name)
{
    static char  path[512];
    const char  *build = getenv("CIVIC_BUILD");

    (void) snprintf(path, sizeof(path), "%s/t/plugin/fixtures/%s.so",
                    build == NULL ? "build" : build, name);

    return path;
}


/* As a package does: a new file, then rename. */
static void
install(const char *name)
{
    int    c;
    FILE  *in = fopen(fixture(name), "r"), *out = fopen(incoming, "w");

    assert_non_null(in);
    assert_non_null(out);

    while ((c = getc(in)) != EOF) {
        assert_int_not_equal(putc(c, out), EOF);
    }

    (void) fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(rename(incoming, installed), 0);
}


static int
set_up(void **state)
{
    (void) state;

    if (mkdtemp(dir) == NULL) {
        return -1;
    }

    (void) snprintf(installed, sizeof(installed), "%s/p.so", dir);
    (void) snprintf(incoming, sizeof(incoming), "%s/p.so.new", dir);
    (void) snprintf(trace, sizeof(trace), "%s/trace", dir);

    return setenv("CIVIC_FIXTURE_TRACE", trace, 1);
}


static int
tear_down(void **state)
{
    (void) state;
    (void) unlink(installed);
    (void) unlink(incoming);
    (void) unlink(trace);

    return rmdir(dir);
}


static void
test_good_is_loaded(void **state)
{
    civic_failure_t       failure;
    civic_plugin_file_t  *file;

    (void) state;
    (void) unlink(trace);

    file = civic_plugin_file_open(fixture("good"), &failure);
    assert_non_null(file);
    assert_string_equal(file->plugin->name, "good");
    assert_int_equal(file->abi.major, CIVIC_ABI_MAJOR);
    assert_string_equal(file->path, fixture("good"));
    assert_int_equal(access(trace, F_OK), 0);

    civic_plugin_file_close(file);
    civic_plugin_file_close(NULL);
}


/* The constructor that "good" shows to work did not run in these. */
static void
test_refused_before_any_code_runs(void **state)
{
    size_t           i;
    civic_failure_t  failure;
    static const char *const  cases[][2] = {
        { "wrong_major", "wrong_major.so: plugin contract: found 2.0, "
                         "expected 1.0 to 1.0" },
        { "newer_minor", "newer_minor.so: plugin contract: found 1.1, "
                         "expected 1.0 to 1.0" },
        { "wrong_pointer", "wrong_pointer.so: pointer size: found 2" },
        { "wrong_jansson", "wrong_jansson.so: jansson: found major 3" },
        { "no_stamp", "no_stamp.so: has no stamp" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void) unlink(trace);
        assert_null(civic_plugin_file_open(fixture(cases[i][0]), &failure));

        if (strstr(failure.text, cases[i][1]) == NULL) {
            fail_msg("\"%s\" lacks \"%s\"", failure.text, cases[i][1]);
        }

        assert_int_equal(access(trace, F_OK), -1);
    }
}


static void
test_refused_with_file_and_reason(void **state)
{
    size_t           i;
    civic_failure_t  failure;
    static const char *const  cases[][2] = {
        { "missing", "missing.so: cannot be opened" },
        { "no_symbol", "no_symbol.so: has a stamp, but exports no symbol" },
        { "undefined_symbol", "undefined_symbol.so: cannot be loaded: "
                              "undefined symbol: fixture_nobody_has_this" },
        { "duplicate_route", "duplicate_route.so: GET /duplicate-route/things/"
                             "{name}: " },
        { "no_roles", "no_roles.so: GET /no-roles/x: roles" },
        { "no_handler", "no_handler.so: GET /no-handler/x: has no handler" },
        { "no_summary", "no_summary.so: GET /no-summary/x: lacks what" },
        { "get_changes", "get_changes.so: GET /get-changes/x: a GET" },
        { "bad_pattern", "bad_pattern.so: POST /bad-pattern/x: " },
        { "bad_fallback", "bad_fallback.so: options: the fallback of "
                          "\"limit\"" },
        { "undefined_problem", "the problem \"no_such_code\", which nobody" },
        { "bad_name", "named \"Bad Name\"" },
        { "uploads_of_anyone", "POST /uploads-of-anyone/x: uploads are for" },
        { "session_purpose", "\"session\" is the host's own" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(civic_plugin_file_open(fixture(cases[i][0]), &failure));

        if (strstr(failure.text, cases[i][1]) == NULL) {
            fail_msg("\"%s\" lacks \"%s\"", failure.text, cases[i][1]);
        }
    }
}


/* What a reload sees: the old one is still held while the new one loads. */
static void
test_replaced_by_rename_gives_the_new_code(void **state)
{
    civic_failure_t       failure;
    civic_plugin_file_t  *old, *again, *new;

    (void) state;

    install("replaced_one");
    old = civic_plugin_file_open(installed, &failure);
    assert_non_null(old);
    assert_string_equal(old->plugin->version, "1");

    again = civic_plugin_file_open(installed, &failure);
    assert_non_null(again);
    assert_ptr_equal(again->plugin, old->plugin);

    install("replaced_two");
    new = civic_plugin_file_open(installed, &failure);
    assert_non_null(new);
    assert_string_equal(new->plugin->version, "2");

    /* The old code stays what it was, for the requests that still run. */
    assert_string_equal(old->plugin->version, "1");

    civic_plugin_file_close(old);
    civic_plugin_file_close(again);
    assert_string_equal(new->plugin->version, "2");
    civic_plugin_file_close(new);
}


/* There and back, many times: every load is the file that stands there. */
static void
test_replaced_often(void **state)
{
    int                   i;
    civic_failure_t       failure;
    civic_plugin_file_t  *files[20];

    (void) state;

    for (i = 0; i < 20; i++) {
        install(i % 2 == 0 ? "replaced_one" : "replaced_two");
        files[i] = civic_plugin_file_open(installed, &failure);
        assert_non_null(files[i]);
        assert_string_equal(files[i]->plugin->version, i % 2 == 0 ? "1" : "2");

        if (i % 3 == 2) {
            civic_plugin_file_close(files[i - 1]);
            files[i - 1] = NULL;
        }
    }

    for (i = 0; i < 20; i++) {
        civic_plugin_file_close(files[i]);
    }
}


static void
test_name_without_slash(void **state)
{
    char                  cwd[512];
    civic_failure_t       failure;
    civic_plugin_file_t  *file;

    (void) state;

    install("replaced_one");
    assert_non_null(getcwd(cwd, sizeof(cwd)));
    assert_int_equal(chdir(dir), 0);
    file = civic_plugin_file_open("p.so", &failure);
    assert_int_equal(chdir(cwd), 0);
    assert_non_null(file);
    civic_plugin_file_close(file);
}


static void
test_spelling(void **state)
{
    char         *a, *b;
    struct stat   st, seen;

    (void) state;

    install("replaced_one");
    assert_int_equal(stat(installed, &st), 0);

    a = civic_plugin_file_spelling(installed, &st);
    assert_non_null(a);
    assert_int_equal(stat(a, &seen), 0);
    assert_int_equal(seen.st_ino, st.st_ino);

    b = civic_plugin_file_spelling(installed, &st);
    assert_string_equal(a, b);
    free(b);

    st.st_ino ^= (ino_t) 1 << 40;
    b = civic_plugin_file_spelling(installed, &st);
    assert_string_not_equal(a, b);
    free(b);

    st.st_ino ^= (ino_t) 1 << 40;
    st.st_dev ^= 1;
    b = civic_plugin_file_spelling(installed, &st);
    assert_string_not_equal(a, b);
    free(b);
    free(a);

    /* In the root folder, and without one. */
    a = civic_plugin_file_spelling("/p.so", &st);
    assert_int_equal(a[0], '/');
    assert_string_equal(a + strlen(a) - 5, "/p.so");
    free(a);
    a = civic_plugin_file_spelling("p.so", &st);
    assert_int_equal(strncmp(a, "./", 2), 0);
    free(a);
}


static void
test_table_get(void **state)
{
    struct { int a, b; }           out;
    struct { int a; }              shorter[] = { { 1 }, { 2 } };
    struct { int a, b, c; }        longer[] = { { 1, 2, 3 }, { 4, 5, 6 } };
    civic_table_t  from_older = CIVIC_TABLE(shorter);
    civic_table_t  from_newer = CIVIC_TABLE(longer);

    (void) state;

    out.a = out.b = -1;
    civic_table_get(&from_older, 1, &out, sizeof(out));
    assert_int_equal(out.a, 2);
    assert_int_equal(out.b, 0);

    civic_table_get(&from_newer, 1, &out, sizeof(out));
    assert_int_equal(out.a, 4);
    assert_int_equal(out.b, 5);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_good_is_loaded),
        cmocka_unit_test(test_refused_before_any_code_runs),
        cmocka_unit_test(test_refused_with_file_and_reason),
        cmocka_unit_test(test_replaced_by_rename_gives_the_new_code),
        cmocka_unit_test(test_replaced_often),
        cmocka_unit_test(test_name_without_slash),
        cmocka_unit_test(test_spelling),
        cmocka_unit_test(test_table_get),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
