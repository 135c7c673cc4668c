/*
 * ctl_test.c - nginx.conf is where this nginx looks for it.
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

#include "ctl.h"

static char  dir[] = "/tmp/civic-ctl-XXXXXX";
static char  nginx[64];


/* An nginx that was configured so. */
static void
nginx_says(const char *arguments)
{
    FILE  *file = fopen(nginx, "w");

    assert_non_null(file);
    (void) fprintf(file, "#!/bin/sh\necho 'nginx version: nginx/1.22.1' >&2\n"
                   "echo 'configure arguments:%s' >&2\n", arguments);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(nginx, 0755), 0);
}


static void
finds(const char *given, const char *prefix, const char *expected)
{
    char   path[256];
    ctl_t  ctl;

    ctl_init(&ctl);
    ctl.nginx = nginx;
    ctl.conf_path = given;
    ctl.prefix = prefix;
    assert_int_equal(ctl_conf_path(&ctl, path, sizeof(path)), 0);
    assert_string_equal(path, expected);
    ctl_done(&ctl);
}


static int
set_up(void **state)
{
    (void) state;

    if (mkdtemp(dir) == NULL) {
        return -1;
    }

    (void) snprintf(nginx, sizeof(nginx), "%s/nginx", dir);

    return 0;
}


static int
tear_down(void **state)
{
    (void) state;
    (void) unlink(nginx);

    return rmdir(dir);
}


static void
test_conf_path(void **state)
{
    (void) state;

    nginx_says(" --prefix=/opt/nginx --with-threads");
    finds(NULL, NULL, "/opt/nginx/conf/nginx.conf");
    finds(NULL, "/srv/other", "/srv/other/conf/nginx.conf");
    finds("/a/b.conf", "/srv/other", "/a/b.conf");

    nginx_says("");
    finds(NULL, NULL, "/usr/local/nginx/conf/nginx.conf");

    nginx_says(" --prefix=/usr/share/nginx --conf-path=/etc/nginx/nginx.conf");
    finds(NULL, NULL, "/etc/nginx/nginx.conf");
    finds(NULL, "/srv/other", "/etc/nginx/nginx.conf");

    nginx_says(" --prefix=/opt/nginx --conf-path=etc/my.conf");
    finds(NULL, NULL, "/opt/nginx/etc/my.conf");

    /* No nginx to ask: Debian's. */
    (void) unlink(nginx);
    finds(NULL, NULL, "/etc/nginx/nginx.conf");
}


static void
test_conf_path_too_long(void **state)
{
    char   path[8];
    ctl_t  ctl;

    (void) state;

    ctl_init(&ctl);
    ctl.conf_path = "/somewhere";
    assert_int_equal(ctl_conf_path(&ctl, path, sizeof(path)), -1);
    ctl_done(&ctl);
}


/* What is loaded by a relative name stands below the same prefix. */
static void
test_prefix(void **state)
{
    char   *path;
    ctl_t   ctl;

    (void) state;

    nginx_says("");
    ctl_init(&ctl);
    ctl.nginx = nginx;
    path = ctl_path(&ctl, "modules/x.so", 1);
    assert_string_equal(path, "/usr/local/nginx/modules/x.so");
    free(path);
    ctl_done(&ctl);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_conf_path),
        cmocka_unit_test(test_conf_path_too_long),
        cmocka_unit_test(test_prefix),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
