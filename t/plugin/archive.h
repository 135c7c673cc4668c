/*
 * archive.h - what the tests of the fake host's files, outboxes and audit
 * trail share: a host with the fixture "archive", and a citizen.
 */

#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "built.h"
#include "fake_host.h"

#define PERSON    "630102199001011234"
#define REVIEWER  "630102198001011234"
#define NOON      1773028800000LL       /* 2026-03-09T12:00:00+08:00 */

static fake_host_t  *h;
static const char   *token;
static const char   *pid;


static inline int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    pid = fake_person_id(h, PERSON);
    token = fake_session(h, PERSON, CIVIC_CITIZEN);

    return 0;
}


static inline int
setup(void **state)
{
    (void) state;
    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("t/plugin/fixtures/archive.so"),
        .scripts_dir = "t/plugin/fixtures/redis",
    });

    return h != NULL ? 0 : -1;
}


static inline int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);

    return 0;
}


static inline fake_reply_t *
as_citizen(civic_method_t method, const char *path, fake_request_t request)
{
    request.token = token;

    return fake_request(h, method, path, &request);
}


static inline fake_reply_t *
get(const char *path)
{
    return as_citizen(CIVIC_GET, path, (fake_request_t) { .body = NULL });
}


static inline void
assert_problem(fake_reply_t *rep, int status, const char *code)
{
    assert_int_equal(rep->status, status);
    assert_string_equal(rep->code, code);
}

#endif
