/*
 * doctor_upstreams_test.c - "civicctl doctor" on the internal server of
 * outbound HTTP: the shipped files are fine, and each way to weaken them is
 * told.
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

#include "doctor.h"

#define SERVER  "conf/civic-upstreams-server.conf"

static char   dir[] = "/tmp/civic-upstreams-XXXXXX";
static char  *said;


static int
set_up(void **state)
{
    (void) state;

    return mkdtemp(dir) == NULL ? -1 : chmod(dir, 0710);
}


static int
tear_down(void **state)
{
    char  path[64];

    (void) state;
    free(said);
    (void) snprintf(path, sizeof(path), "%s/nginx.conf", dir);
    (void) unlink(path);

    return rmdir(dir);
}


/* The shipped server in a configuration; before and after it in its server
   stand these texts.  How many problems; said has the lines. */
static unsigned
examine_with(const char *http, const char *own, const char *locations)
{
    char              path[64], root[512];
    ctl_t             ctl;
    FILE             *file;
    size_t            len;
    doctor_t          doctor = { .ctl = &ctl };
    civic_failure_t   failure;

    assert_non_null(getcwd(root, sizeof(root)));
    (void) snprintf(path, sizeof(path), "%s/nginx.conf", dir);
    file = fopen(path, "w");
    assert_non_null(file);
    (void) fprintf(file, "http {\n%s\nserver { listen 80; location / {\n"
                   "proxy_pass https://elsewhere; } }\n"
                   "upstream civic-bank { server b:443; }\n"
                   "server { listen unix:%s/up.sock; include %s/%s;\n%s\n"
                   "%s } }\n", http, dir, root,
                   own[0] == '!' ? own + 1 : SERVER,
                   own[0] == '!' ? "" : own, locations);
    assert_int_equal(fclose(file), 0);

    free(said);
    said = NULL;
    ctl_init(&ctl);
    ctl.language = CIVIC_EN;
    ctl.out = open_memstream(&said, &len);
    ctl.conf = ctl_conf_read(path, &failure);
    if (ctl.conf == NULL) {
        fail_msg("%s", failure.text);
    }

    doctor_upstreams(&doctor, ctl.conf);
    (void) fclose(ctl.out);
    ctl.out = stdout;
    ctl_done(&ctl);

    return doctor.problems;
}


static unsigned
examine(const char *own, const char *locations)
{
    char  http[128];

    (void) snprintf(http, sizeof(http), "civic_upstreams unix:%s/up.sock;",
                    dir);

    return examine_with(http, own, locations);
}


static void
tells(const char *text)
{
    if (strstr(said, text) == NULL) {
        fail_msg("not told: \"%s\" in:\n%s", text, said);
    }
}


#define HOST      "set $civic_upstream_host b.example;\n"
#define PASS      "proxy_pass https://civic-bank$civic_upstream_uri;\n"
#define BANK(own) "location /bank/ {\n" HOST PASS own "}\n"


static void
test_shipped(void **state)
{
    (void) state;

    assert_int_equal(examine("", BANK("")), 0);
    tells("[ ok ] upstream \"/bank/\"");
    tells("keeps others out");

    /* nothing to look at */
    assert_int_equal(examine_with("", "", ""), 0);
    assert_string_equal(said, "");
}


static void
test_tls(void **state)
{
    (void) state;

    assert_int_equal(examine("", BANK("proxy_ssl_verify off;")), 1);
    tells("upstream \"/bank/\"");
    tells("TLS without verification");

    assert_int_equal(examine("", BANK("proxy_ssl_server_name off;")), 1);
    tells("TLS without SNI");

    assert_int_equal(examine("", "location /bank/ {\n" PASS "}\n"), 1);
    tells("no name for the certificate");
    assert_int_equal(examine("", "location /bank/ {\n"
                             "set $civic_upstream_host \"\";" PASS "}\n"), 1);
    assert_int_equal(examine("", "location /bank/ { proxy_ssl_name b;\n"
                             PASS "}\n"), 0);

    /* a server that says nothing inherits nothing good */
    assert_int_equal(examine("!conf/examples/upstream.conf", BANK("")), 5);
    tells("include civic-upstreams-server.conf");
    tells("no proxy_ssl_trusted_certificate");

    /* plain HTTP on this machine needs none of it */
    assert_int_equal(examine("", "location /bank/ {\nproxy_pass "
                             "http://civic-bank$civic_upstream_uri; }"), 0);
}


static void
test_places(void **state)
{
    (void) state;

    assert_int_equal(examine("", BANK("add_header X-A b;")), 1);
    tells("hides Civic-Upstream");
    assert_int_equal(examine("", BANK("proxy_set_header X-A b;")), 1);
    tells("replaces all of the server's");
    assert_int_equal(examine("", "location /bank/ {" HOST
                             "proxy_pass https://civic-x$civic_upstream_uri;"
                             "}"), 1);
    tells("no upstream { }");
    assert_int_equal(examine("", "location /bank/ {" HOST
                             "proxy_pass https://civic-bank/; }"), 1);
    tells("must end with $civic_upstream_uri");
    assert_int_equal(examine("", "location /bank/ { proxy_pass $x; }"), 1);

    /* both locations are looked at */
    assert_int_equal(examine("", BANK("proxy_ssl_verify off;")
                             "location /two/ {" HOST PASS
                             "proxy_ssl_verify off; }"), 2);
}


static void
test_socket(void **state)
{
    (void) state;

    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(examine("", BANK("")), 1);
    tells("everybody on this machine can enter");

    assert_int_equal(examine_with("civic_upstreams unix:/none/x.sock;", "",
                                  ""), 1);
    tells("no server listens on civic_upstreams unix:/none/x.sock");
    assert_int_equal(chmod(dir, 0710), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_shipped),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_socket),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
