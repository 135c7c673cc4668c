/*
 * module_fit_test.c - the part of nginx's signature that differs is named.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "module_fit.h"

#define NGINX      "/usr/sbin/nginx"
#define SIGNATURE  "8,4,8,0011111111010111001111111111111111"


static void
test_differences(void **state)
{
    int          i;
    char         other[] = SIGNATURE;
    const char  *name;

    (void) state;

    assert_int_equal(ctl_module_difference(SIGNATURE, other, 0, &name), -1);

    other[0] = '4';
    i = ctl_module_difference(SIGNATURE, other, 0, &name);
    assert_int_equal(i, 0);
    assert_string_equal(name, "size of a pointer");
    assert_int_equal(ctl_module_difference(SIGNATURE, other, i + 1, &name),
                     -1);

    /* Part 22 is threads, part 24 SSL, part 34 compat. */
    other[0] = '8';
    other[5 + 22] = '0';
    other[5 + 34] = '0';
    i = ctl_module_difference(SIGNATURE, other, 0, &name);
    assert_string_equal(name, "threads (--with-threads)");
    i = ctl_module_difference(SIGNATURE, other, i + 1, &name);
    assert_string_equal(name, "compatibility (--with-compat)");
    assert_int_equal(ctl_module_difference(SIGNATURE, other, i + 1, &name),
                     -1);

    assert_int_equal(ctl_module_difference("", SIGNATURE, 0, &name), -1);
}


static void
test_version(void **state)
{
    (void) state;

    assert_int_equal(ctl_module_version("nginx version: nginx/1.22.1\nx"),
                     1022001);
    assert_int_equal(ctl_module_version("nginx version: openresty"), 0);
    assert_int_equal(ctl_module_version("nginx/1.22"), 0);
}


static void
test_read_nginx(void **state)
{
    ctl_module_t     module;
    civic_failure_t  failure;

    (void) state;

    if (access(NGINX, R_OK) != 0) {
        skip();
    }

    assert_int_equal(ctl_module_read(NGINX, &module, &failure), 0);
    assert_int_equal(strlen(module.signature), CTL_SIGNATURE_LEN);
    assert_true(module.version > 1000000);
}


static void
test_no_module(void **state)
{
    ctl_module_t     module;
    civic_failure_t  failure;

    (void) state;

    assert_int_equal(ctl_module_read("/bin/sh", &module, &failure), -1);
    assert_non_null(strstr(failure.text, "/bin/sh: has no signature"));
    assert_int_equal(ctl_module_read("/nowhere", &module, &failure), -1);
    assert_non_null(strstr(failure.text, "/nowhere: cannot be read"));
    assert_int_equal(ctl_module_read("/tmp", &module, &failure), -1);
    assert_int_equal(ctl_module_read("/dev/null", &module, &failure), -1);
}


/* By what is in the file. */
static void
test_names(void **state)
{
    char              path[256];
    const char       *build = getenv("CIVIC_BUILD");
    civic_failure_t   failure;

    (void) state;

    (void) snprintf(path, sizeof(path),
                    "%s/t/plugin/fixtures/renamed_module.so",
                    build == NULL ? "build" : build);

    assert_int_equal(ctl_module_has(path, "_http_civic_module", &failure), 1);
    assert_int_equal(ctl_module_has(path, "_http_first_module", &failure), 1);
    assert_int_equal(ctl_module_has(path, "_http_other_module", &failure), 0);
    assert_int_equal(ctl_module_has(path, "_http_civic", &failure), 0);
    assert_int_equal(ctl_module_has("/bin/sh", "_http_civic_module",
                                    &failure), 0);
    assert_int_equal(ctl_module_has("/etc/passwd", "_http_civic_module",
                                    &failure), 0);
    assert_int_equal(ctl_module_has("/nowhere", "_http_civic_module",
                                    &failure), -1);
    assert_non_null(strstr(failure.text, "/nowhere: cannot be read"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_read_nginx),
        cmocka_unit_test(test_no_module),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
