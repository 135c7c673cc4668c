/*
 * router_test.c - which route answers which path.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "router.h"

#define MASK(method)  (1u << (method))

static civic_router_t   *router;
static civic_failure_t   failure;
static civic_match_t     match;
static char              routes[64];    /* their addresses are the routes */


static int
setup(void **state)
{
    (void) state;

    router = civic_router_create();
    memset(&failure, 0, sizeof(failure));

    return router == NULL ? -1 : 0;
}


static int
teardown(void **state)
{
    (void) state;

    civic_router_free(router);

    return 0;
}


static int
add(civic_method_t method, const char *path, int n)
{
    return civic_router_add(router, method, path, &routes[n], &failure);
}


/* The number of the route; -1 for 405, -2 for 404. */
static int
find(civic_method_t method, const char *path)
{
    memset(&match, 0x55, sizeof(match));

    if (!civic_router_match(router, method, civic_cstr(path), &match)) {
        return -2;
    }

    return match.route == NULL ? -1 : (int) ((char *) match.route - routes);
}


static void
check_param(size_t n, const char *name, const char *value)
{
    assert_true(n < match.count);
    assert_string_equal(match.names[n], name);
    assert_int_equal(match.values[n].len, strlen(value));
    assert_memory_equal(match.values[n].data, value, strlen(value));
}


static void
literals(void **state)
{
    (void) state;

    assert_int_equal(add(CIVIC_GET, "/login/session", 1), 0);
    assert_int_equal(add(CIVIC_DELETE, "/login/session", 2), 0);
    assert_int_equal(add(CIVIC_POST, "/login/captchas", 3), 0);
    assert_int_equal(add(CIVIC_GET, "/", 4), 0);

    assert_int_equal(find(CIVIC_GET, "/login/session"), 1);
    assert_int_equal(match.count, 0);
    assert_int_equal(match.allow, MASK(CIVIC_GET) | MASK(CIVIC_DELETE));
    assert_int_equal(find(CIVIC_DELETE, "/login/session"), 2);
    assert_int_equal(find(CIVIC_POST, "/login/captchas"), 3);
    assert_int_equal(find(CIVIC_GET, "/"), 4);

    assert_int_equal(find(CIVIC_GET, "/login"), -2);
    assert_int_equal(find(CIVIC_GET, "/login/"), -2);
    assert_int_equal(find(CIVIC_GET, "/login/session/"), -2);
    assert_int_equal(find(CIVIC_GET, "//login/session"), -2);
    assert_int_equal(find(CIVIC_GET, "/login//session"), -2);
    assert_int_equal(find(CIVIC_GET, "/Login/session"), -2);
    assert_int_equal(find(CIVIC_GET, "/login/sessio"), -2);
    assert_int_equal(find(CIVIC_GET, "/login/sessions"), -2);
    assert_int_equal(find(CIVIC_GET, "login/session"), -2);
    assert_int_equal(find(CIVIC_GET, "//"), -2);
    assert_int_equal(find(CIVIC_GET, ""), -2);
}


static void
wrong_method_names_the_right_ones(void **state)
{
    (void) state;

    assert_int_equal(add(CIVIC_PUT, "/a/{x}", 1), 0);
    assert_int_equal(add(CIVIC_PATCH, "/a/{y}", 2), 0);

    assert_int_equal(find(CIVIC_GET, "/a/1"), -1);
    assert_int_equal(match.allow, MASK(CIVIC_PUT) | MASK(CIVIC_PATCH));
    assert_int_equal(match.count, 0);

    assert_int_equal(find(0, "/a/1"), -1);
    assert_int_equal(match.allow, MASK(CIVIC_PUT) | MASK(CIVIC_PATCH));
    assert_int_equal(find((civic_method_t) 77, "/a/1"), -1);
    assert_int_equal(find(0, "/b"), -2);
    assert_int_equal(match.allow, 0);
}


static void
parameters_have_the_names_of_their_route(void **state)
{
    (void) state;

    assert_int_equal(add(CIVIC_GET, "/p/{first}/q/{second}", 1), 0);
    assert_int_equal(add(CIVIC_POST, "/p/{other_1}/q/{b}", 2), 0);
    assert_int_equal(add(CIVIC_GET, "/p/{third}", 3), 0);

    assert_int_equal(find(CIVIC_GET, "/p/12/q/34"), 1);
    assert_int_equal(match.count, 2);
    check_param(0, "first", "12");
    check_param(1, "second", "34");

    assert_int_equal(find(CIVIC_POST, "/p/12/q/34"), 2);
    check_param(0, "other_1", "12");
    check_param(1, "b", "34");

    assert_int_equal(find(CIVIC_GET, "/p/x"), 3);
    assert_int_equal(match.count, 1);
    check_param(0, "third", "x");
}


static void
a_literal_beats_a_parameter(void **state)
{
    (void) state;

    assert_int_equal(add(CIVIC_GET, "/a/{x}", 1), 0);
    assert_int_equal(add(CIVIC_GET, "/a/mine", 2), 0);
    assert_int_equal(add(CIVIC_POST, "/a/{x}", 3), 0);

    assert_int_equal(find(CIVIC_GET, "/a/mine"), 2);
    assert_int_equal(find(CIVIC_GET, "/a/minf"), 1);

    /* for every method: the literal's own */
    assert_int_equal(find(CIVIC_POST, "/a/mine"), -1);
    assert_int_equal(match.allow, MASK(CIVIC_GET));
}


static void
a_literal_that_leads_nowhere_is_given_up(void **state)
{
    (void) state;

    assert_int_equal(add(CIVIC_GET, "/a/b/c", 1), 0);
    assert_int_equal(add(CIVIC_GET, "/a/{x}/d", 2), 0);
    assert_int_equal(add(CIVIC_GET, "/{w}/{x}/{y}", 3), 0);
    assert_int_equal(add(CIVIC_GET, "/a/{x}/{y}/z", 4), 0);

    assert_int_equal(find(CIVIC_GET, "/a/b/c"), 1);

    assert_int_equal(find(CIVIC_GET, "/a/b/d"), 2);
    assert_int_equal(match.count, 1);
    check_param(0, "x", "b");

    assert_int_equal(find(CIVIC_GET, "/a/b/e"), 3);
    assert_int_equal(match.count, 3);
    check_param(0, "w", "a");
    check_param(2, "y", "e");

    assert_int_equal(find(CIVIC_GET, "/a/b/c/z"), 4);
    check_param(0, "x", "b");
    check_param(1, "y", "c");

    assert_int_equal(find(CIVIC_GET, "/a/b/c/y"), -2);
}


static void
values_stay_encoded(void **state)
{
    (void) state;

    assert_int_equal(add(CIVIC_GET, "/a/{x}", 1), 0);
    assert_int_equal(add(CIVIC_GET, "/a/b", 2), 0);

    assert_int_equal(find(CIVIC_GET, "/a/x%2Fy"), 1);
    check_param(0, "x", "x%2Fy");
    assert_int_equal(find(CIVIC_GET, "/a/%62"), 1);
    check_param(0, "x", "%62");
    assert_int_equal(find(CIVIC_GET, "/%61/b"), -2);
    assert_int_equal(find(CIVIC_GET, "/a/\xe4\xb8\xad"), 1);
    check_param(0, "x", "\xe4\xb8\xad");
}


static void
a_nul_byte_does_not_end_a_path(void **state)
{
    (void) state;

    assert_int_equal(add(CIVIC_GET, "/a", 1), 0);
    assert_int_equal(civic_router_match(router, CIVIC_GET,
                                        CIVIC_STR("/a\0/b"), &match), 0);
}


static void
the_path_ends_where_its_length_says(void **state)
{
    civic_str_t  path = { "/a/12345", 5 };

    (void) state;

    assert_int_equal(add(CIVIC_GET, "/a/{x}", 1), 0);
    assert_int_equal(civic_router_match(router, CIVIC_GET, path, &match), 1);
    check_param(0, "x", "12");
}


static void
dots_and_nothing_match_no_parameter(void **state)
{
    size_t              i;
    static const char  *paths[] = {
        "/a/", "/a/.", "/a/..", "/a/%2e", "/a/%2E%2e", "/a/.%2E", "/a/%2e."
    };
    static const char  *good[] = {
        "/a/...", "/a/.b", "/a/..b", "/a/%2f", "/a/%2e%2e%2e", "/a/%2", "/a/%"
    };

    (void) state;

    assert_int_equal(add(CIVIC_GET, "/a/{x}", 1), 0);

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_int_equal(find(CIVIC_GET, paths[i]), -2);
    }

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(find(CIVIC_GET, good[i]), 1);
    }
}


static void
the_same_route_twice_is_refused(void **state)
{
    (void) state;

    assert_int_equal(add(CIVIC_GET, "/a/{x}/b", 1), 0);
    assert_int_equal(add(CIVIC_GET, "/a/{other}/b", 2), -1);
    assert_non_null(strstr(failure.text, "GET /a/{other}/b"));
    assert_non_null(strstr(failure.text, "/a/{x}/b"));

    assert_int_equal(add(CIVIC_PUT, "/a/{other}/b", 3), 0);
    assert_int_equal(find(CIVIC_GET, "/a/7/b"), 1);
    check_param(0, "x", "7");
}


static void
broken_paths_are_refused(void **state)
{
    size_t              i;
    static const char  *paths[] = {
        "", "a", "/a/", "//", "/a//b", "/a b", "/a?b", "/a#b", "/a%20",
        "/{", "/{}", "/{x", "/x{y}", "/{x}y", "/{X}", "/{1x}", "/{_x}",
        "/{x-y}", "/{x}/{x}", "/.", "/a/..", "/\xe4\xb8\xad", "/}",
        "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}",
        "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"
    };

    (void) state;

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        failure.text[0] = '\0';
        assert_int_equal(add(CIVIC_GET, paths[i], 1), -1);
        assert_true(failure.text[0] != '\0');
    }

    assert_int_equal(add(CIVIC_GET, NULL, 1), -1);
    assert_int_equal(add(0, "/ok", 1), -1);
    assert_int_equal(add((civic_method_t) (CIVIC_DELETE + 1), "/ok", 1), -1);
    assert_int_equal(civic_router_add(router, CIVIC_GET, "/ok", NULL,
                                      &failure), -1);
    assert_int_equal(find(CIVIC_GET, "/ok"), -2);
}


static void
long_paths_are_quoted_in_part(void **state)
{
    char  path[2000];

    (void) state;

    memset(path, 'a', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';

    assert_int_equal(add(CIVIC_GET, path, 1), 0);
    assert_int_equal(find(CIVIC_GET, path), 1);
    assert_int_equal(add(CIVIC_GET, path, 1), -1);
    assert_true(strlen(failure.text) < sizeof(failure.text));
    assert_non_null(strstr(failure.text, "is there already"));

    path[sizeof(path) - 2] = ' ';
    assert_int_equal(add(CIVIC_GET, path, 1), -1);
    assert_non_null(strstr(failure.text, "0x20"));
}


static void
eight_parameters_fit(void **state)
{
    (void) state;

    assert_int_equal(add(CIVIC_GET, "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}", 1),
                     0);
    assert_int_equal(find(CIVIC_GET, "/1/2/3/4/5/6/7/8"), 1);
    assert_int_equal(match.count, 8);
    check_param(7, "h", "8");
    assert_int_equal(find(CIVIC_GET, "/1/2/3/4/5/6/7/8/9"), -2);
}


static void
many_siblings_in_any_order(void **state)
{
    int   i;
    char  path[64];

    (void) state;

    for (i = 0; i < 60; i++) {
        snprintf(path, sizeof(path), "/r/%d", i * 37 % 60 * 13);
        assert_int_equal(add(CIVIC_GET, path, i * 37 % 60), 0);
    }

    for (i = 0; i < 60 * 13; i++) {
        snprintf(path, sizeof(path), "/r/%d", i);
        assert_int_equal(find(CIVIC_GET, path), i % 13 == 0 ? i / 13 : -2);
    }
}


/* Every level offers a literal and a parameter, and the end is missing. */
static void
a_hostile_path_costs_no_more_than_the_trie_has(void **state)
{
    int              i, j;
    char             path[64];
    struct timespec  t0, t1;

    (void) state;

    for (i = 0; i < 256; i++) {
        for (j = 0; j < 8; j++) {
            snprintf(path + j * 4, 5, i & 1 << j ? "/{%c}" : "/aaa",
                     'a' + j);
        }

        assert_int_equal(add(CIVIC_GET, path, 1), 0);
    }

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);

    for (i = 0; i < 1000; i++) {
        assert_int_equal(find(CIVIC_GET, "/aaa/aaa/aaa/aaa/aaa/aaa/aaa/aaa/x"),
                         -2);
    }

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);

    /* 511 nodes: 100 us for each look is far more than they need */
    assert_true((t1.tv_sec - t0.tv_sec) * 1000000000L
                + t1.tv_nsec - t0.tv_nsec < 1000 * 100000L);
}


static void
a_match_is_quick(void **state)
{
    int              i;
    char             path[64];
    double           ns;
    civic_str_t      want = CIVIC_STR("/login/captchas/0123456789/audio");
    struct timespec  t0, t1;

    (void) state;

    for (i = 0; i < 40; i++) {
        snprintf(path, sizeof(path), "/plugin%d/things/{id}/part", i);
        assert_int_equal(add(CIVIC_GET, path, 2), 0);
    }

    assert_int_equal(add(CIVIC_GET, "/login/captchas/{captcha_id}/audio", 1),
                     0);

    clock_gettime(CLOCK_MONOTONIC, &t0);

    for (i = 0; i < 100000; i++) {
        civic_router_match(router, CIVIC_GET, want, &match);
    }

    clock_gettime(CLOCK_MONOTONIC, &t1);
    ns = ((double) (t1.tv_sec - t0.tv_sec) * 1e9
          + (double) (t1.tv_nsec - t0.tv_nsec)) / 100000;
    print_message("router: %.0f ns a match\n", ns);

    assert_ptr_equal(match.route, &routes[1]);
    assert_true(ns < 10000);
}


static void
the_allow_header(void **state)
{
    char  out[64];

    (void) state;

    assert_int_equal(civic_router_allow(0, out), 0);
    assert_string_equal(out, "");

    civic_router_allow(MASK(CIVIC_GET), out);
    assert_string_equal(out, "GET, HEAD");

    assert_int_equal(civic_router_allow(MASK(CIVIC_POST) | MASK(CIVIC_DELETE),
                                        out), 12);
    assert_string_equal(out, "POST, DELETE");

    civic_router_allow(~0u, out);
    assert_string_equal(out, "GET, HEAD, POST, PUT, PATCH, DELETE");
}


static void
method_names(void **state)
{
    unsigned     method;
    const char  *name;

    (void) state;

    for (method = CIVIC_GET; method <= CIVIC_DELETE; method++) {
        name = civic_method_name(method);
        assert_int_equal(civic_method_parse(civic_cstr(name)), method);
    }

    assert_int_equal(civic_method_parse(CIVIC_STR("HEAD")), CIVIC_GET);
    assert_int_equal(civic_method_parse(CIVIC_STR("get")), 0);
    assert_int_equal(civic_method_parse(CIVIC_STR("GETS")), 0);
    assert_int_equal(civic_method_parse(CIVIC_STR("OPTIONS")), 0);
    assert_int_equal(civic_method_parse(CIVIC_STR("")), 0);
    assert_string_equal(civic_method_name(0), "?");
    assert_string_equal(civic_method_name((civic_method_t) 99), "?");
}


static void
freeing_nothing_is_fine(void **state)
{
    (void) state;

    civic_router_free(NULL);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(literals),
        TEST(wrong_method_names_the_right_ones),
        TEST(parameters_have_the_names_of_their_route),
        TEST(a_literal_beats_a_parameter),
        TEST(a_literal_that_leads_nowhere_is_given_up),
        TEST(values_stay_encoded),
        TEST(a_nul_byte_does_not_end_a_path),
        TEST(the_path_ends_where_its_length_says),
        TEST(dots_and_nothing_match_no_parameter),
        TEST(the_same_route_twice_is_refused),
        TEST(broken_paths_are_refused),
        TEST(long_paths_are_quoted_in_part),
        TEST(eight_parameters_fit),
        TEST(many_siblings_in_any_order),
        TEST(a_hostile_path_costs_no_more_than_the_trie_has),
        TEST(a_match_is_quick),
        cmocka_unit_test(the_allow_header),
        cmocka_unit_test(method_names),
        cmocka_unit_test(freeing_nothing_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
