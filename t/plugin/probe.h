/*
 * probe.h - what the tests of the fake host share: a host with the fixture
 * "probe", and short forms of its requests.
 */

#ifndef PROBE_H
#define PROBE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "built.h"
#include "fake_host.h"

#define PERSON  "630102199001011234"
#define NOON    1773028800000LL         /* 2026-03-09T12:00:00+08:00 */

static fake_host_t  *h;


static inline fake_host_t *
start(const char *option, civic_failure_t *failure)
{
    return fake_host_start(&(fake_host_config_t) {
        .plugin = built("t/plugin/fixtures/probe.so"),
        .options = { option },
        .rules_dir = "t/plugin/fixtures/rules",
        .scripts_dir = "t/plugin/fixtures/redis",
        .origins = { "https://example.org" },
        .sandbox = 1,
        .failure = failure,
    });
}


static inline int
setup(void **state)
{
    (void) state;
    h = start(NULL, NULL);

    return h != NULL ? 0 : -1;
}


static inline int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);

    return 0;
}


static inline int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);

    return 0;
}


static inline fake_reply_t *
get(const char *path)
{
    return fake_request(h, CIVIC_GET, path, NULL);
}


static inline fake_reply_t *
post(const char *path, const char *body)
{
    return fake_request(h, CIVIC_POST, path,
                        &(fake_request_t) { .body = body });
}


static inline fake_reply_t *
put_record(const fake_request_t *request)
{
    return fake_request(h, CIVIC_PUT, "/probe/record", request);
}


static inline void
assert_problem(fake_reply_t *rep, int status, const char *code)
{
    assert_int_equal(rep->status, status);
    assert_string_equal(rep->content_type, "application/problem+json");
    assert_string_equal(rep->code, code);
    assert_string_equal(fake_text(rep, "code"), code);
}


static inline fake_reply_t *
with_token(civic_method_t method, const char *path, const char *token)
{
    return fake_request(h, method, path,
                        &(fake_request_t) { .token = token });
}

#endif
