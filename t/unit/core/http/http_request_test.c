/*
 * http_request_test.c - the head of an outbound request, and everything that
 * must not get into one.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "http_client.h"

#define ID  "0123456789abcdef0123456789abcdef"

static civic_arena_t    *arena;
static civic_failure_t   failure;


static int
set_up(void **state)
{
    (void) state;
    arena = civic_arena_create(4096, 4 * 1024 * 1024);

    return arena == NULL ? -1 : 0;
}


static int
tear_down(void **state)
{
    (void) state;
    civic_arena_destroy(arena);

    return 0;
}


static void
writes(const civic_http_request_t *request, const char *id,
    const char *expected)
{
    civic_str_t  head;

    if (civic_http_write(arena, request, civic_cstr(id), &head, &failure)
        != 0)
    {
        fail_msg("%s", failure.text);
    }

    assert_int_equal(head.len, strlen(expected));
    assert_memory_equal(head.data, expected, head.len);
}


/* What the failure says. */
static const char *
refuses(const civic_http_request_t *request)
{
    civic_str_t  head = { NULL, 0 };

    memset(&failure, 0, sizeof(failure));
    assert_int_equal(civic_http_write(arena, request, CIVIC_STR(ID), &head,
                                      &failure), -1);
    assert_null(head.data);
    assert_true(failure.text[0] != '\0');
    civic_arena_reset(arena);

    return failure.text;
}


static void
test_writes(void **state)
{
    civic_http_header_t  headers[] = {
        { "Content-Type", CIVIC_STR("application/json") },
        { "X-Empty", CIVIC_STR("") }
    };

    (void) state;

    writes(&(civic_http_request_t) {
               .upstream = "alipay", .method = CIVIC_GET,
               .path = CIVIC_STR("/gateway.do?charset=utf-8&a=%2F.."),
               .flags = CIVIC_HTTP_SAFE }, ID,
           "GET /alipay/gateway.do?charset=utf-8&a=%2F.. HTTP/1.1\r\n"
           "Host: civic\r\nCivic-Method: GET\r\nX-Request-Id: " ID
           "\r\n\r\n");

    writes(&(civic_http_request_t) {
               .upstream = "a-1_b", .method = CIVIC_PUT,
               .path = CIVIC_STR("/"), .headers = headers, .nheaders = 2,
               .body = CIVIC_STR("{}") }, "",
           "POST /a-1_b/ HTTP/1.1\r\nHost: civic\r\nCivic-Method: PUT\r\n"
           "Content-Type: application/json\r\nX-Empty: \r\n"
           "Content-Length: 2\r\n\r\n");

    /* a query may have a body, a change may have none */
    writes(&(civic_http_request_t) {
               .upstream = "a", .method = CIVIC_POST,
               .path = CIVIC_STR("/q"), .body = CIVIC_STR("x=1"),
               .flags = CIVIC_HTTP_SAFE }, "",
           "GET /a/q HTTP/1.1\r\nHost: civic\r\nCivic-Method: POST\r\n"
           "Content-Length: 3\r\n\r\n");
    writes(&(civic_http_request_t) {
               .upstream = "a", .method = CIVIC_DELETE,
               .path = CIVIC_STR("/...;/.x/x./%2e%2e%2e") }, "",
           "POST /a/...;/.x/x./%2e%2e%2e HTTP/1.1\r\nHost: civic\r\n"
           "Civic-Method: DELETE\r\nContent-Length: 0\r\n\r\n");
}


/* Only the length is the head's; the bytes follow it as they are. */
static void
test_parts(void **state)
{
    size_t                i;
    civic_str_t           parts[CIVIC_HTTP_MAX_PARTS + 1] = {
        CIVIC_STR("{\"photo\":\""), { NULL, 0 }, CIVIC_STR("AAAA"),
        CIVIC_STR("\"}")
    };
    civic_http_request_t  request = {
        .upstream = "a", .method = CIVIC_POST, .path = CIVIC_STR("/"),
        .parts = parts, .nparts = 4
    };

    (void) state;

    assert_int_equal(civic_http_length(&request), 16);
    writes(&request, "", "POST /a/ HTTP/1.1\r\nHost: civic\r\n"
           "Civic-Method: POST\r\nContent-Length: 16\r\n\r\n");

    request.nparts = CIVIC_HTTP_MAX_PARTS;
    writes(&request, "", "POST /a/ HTTP/1.1\r\nHost: civic\r\n"
           "Civic-Method: POST\r\nContent-Length: 16\r\n\r\n");

    request.nparts++;
    assert_non_null(strstr(refuses(&request), "over 64 parts"));

    request.nparts = 1;
    request.body = CIVIC_STR("x");
    assert_non_null(strstr(refuses(&request), "a body and parts"));

    /* no sum may start again at zero */
    request.body = CIVIC_STR("");
    request.nparts = 3;

    for (i = 0; i < 3; i++) {
        parts[i] = (civic_str_t) { "x", SIZE_MAX / 2 };
    }

    assert_non_null(strstr(refuses(&request), "longer than memory"));
}


static const char *
refuses_path(const char *path)
{
    return refuses(&(civic_http_request_t) {
                       .upstream = "a", .method = CIVIC_GET,
                       .path = civic_cstr(path) });
}


static void
test_paths(void **state)
{
    size_t                i;
    char                  text[CIVIC_HTTP_MAX_PATH + 2];
    static const char *const  bad[] = {
        "", "x", "?a", "http://x/", "/a b", "/a\tb", "/a\r\nHost: b", "/a\n",
        "/\x01", "/\x7f", "/\xe4\xb8\xad", "/a#b", "/a\\b", "/..", "/../b",
        "/a/../b", "/a/..", "/.", "/./b", "/a/.", "/%2e%2e/b", "/.%2E/b",
        "/%2e", "/a/%2E./", "/../?a", "/..?a", "/%", "/%2", "/%zz", "/%00",
        "/%2"
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_non_null(strstr(refuses_path(bad[i]), "path"));
    }

    memset(text, 'a', sizeof(text));
    text[0] = '/';
    text[sizeof(text) - 1] = '\0';
    assert_non_null(strstr(refuses_path(text), "over 8000 bytes"));

    /* the failure never shows the path */
    assert_null(strstr(refuses_path("/630105199001011234 x"), "6301"));
}


static void
test_names(void **state)
{
    size_t                    i;
    static const char *const  bad[] = {
        NULL, "", "Alipay", "a/b", "a.b", "a b", "a\r\n", "\xe4\xb8\xad",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_non_null(strstr(refuses(&(civic_http_request_t) {
            .upstream = bad[i], .method = CIVIC_GET,
            .path = CIVIC_STR("/") }), "upstream"));
    }
}


static const char *
refuses_header(const char *name, civic_str_t value)
{
    civic_http_header_t  header = { name, value };

    return refuses(&(civic_http_request_t) {
                       .upstream = "a", .method = CIVIC_GET,
                       .path = CIVIC_STR("/"),
                       .headers = &header, .nheaders = 1 });
}


static void
test_headers(void **state)
{
    size_t                    i;
    static const char *const  reserved[] = {
        "Host", "content-length", "Transfer-Encoding", "CONNECTION",
        "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect", "X-Request-Id",
        "Civic-Method", "civic-anything", "Proxy-Authorization"
    };
    static const char *const  bad[] = {
        NULL, "", "a b", "a:", "a\r\nb", "\xc3\xa4", "a\t", "a.b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };

    (void) state;

    for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        assert_non_null(strstr(refuses_header(reserved[i], CIVIC_STR("x")),
                               "is the host's"));
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_non_null(strstr(refuses_header(bad[i], CIVIC_STR("x")),
                               "name"));
    }

    assert_non_null(strstr(refuses_header("X-A", CIVIC_STR("a\r\nX-B: c")),
                           "control character"));
    assert_non_null(strstr(refuses_header("X-A", CIVIC_STR("a\nb")),
                           "control character"));
    assert_non_null(strstr(refuses_header("X-A", CIVIC_STR("a\0b")),
                           "control character"));
    assert_non_null(strstr(refuses_header("X-A", CIVIC_STR("a\x7f")),
                           "control character"));
}


static void
test_too_much(void **state)
{
    size_t                i;
    static char           value[600];
    civic_http_header_t   headers[33];
    civic_http_request_t  request = {
        .upstream = "a", .method = CIVIC_GET, .path = CIVIC_STR("/"),
        .headers = headers, .nheaders = 33
    };

    (void) state;

    memset(value, 'v', sizeof(value));

    for (i = 0; i < 33; i++) {
        headers[i].name = "X-A";
        headers[i].value = (civic_str_t) { value, sizeof(value) };
    }

    assert_non_null(strstr(refuses(&request), "over 32 headers"));
    request.nheaders = 32;
    assert_non_null(strstr(refuses(&request), "over 16384 bytes"));

    request.method = 0;
    assert_non_null(strstr(refuses(&request), "no method"));
}


static void
test_ids(void **state)
{
    civic_str_t           head;
    civic_http_request_t  request = {
        .upstream = "a", .method = CIVIC_GET, .path = CIVIC_STR("/")
    };

    (void) state;

    assert_int_equal(civic_http_write(arena, &request,
                                      CIVIC_STR("a\r\nX-B: c"), &head,
                                      &failure), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_ids),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
