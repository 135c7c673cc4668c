/*
 * face_auth_world.h - what the tests of the plugin "face_auth" stand on: it,
 * a visitor who has typed name and number, consents, and answers of Alipay
 * and login as a test wants them.
 */

#ifndef FACE_AUTH_WORLD_H
#define FACE_AUTH_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "built.h"
#include "checked.h"
#include "fake_host.h"

#define NOON      1773028800000LL       /* 2026-03-09T12:00:00+08:00 */
#define NUMBER    "630105199003079996"
#define OTHER     "63280119850601000X"
#define ACCOUNT   "alipay:2021000000000001:open-zhang"
#define STAFF     "staff:desk"
#define UNUSED    __attribute__((unused))

static fake_host_t  *h;
static const char   *visitor;           /* tokens */
static const char   *desk;
static char          folder[64];


/* ---- the world --------------------------------------------------------- */

static void
run(const char *command, const char *more)
{
    char  line[256];

    snprintf(line, sizeof(line), "%s %s%s", command, folder, more);
    assert_int_equal(system(line), 0);
}


UNUSED static int
setup(void **state)
{
    (void) state;
    strcpy(folder, "/tmp/civic-face.XXXXXX");
    assert_non_null(mkdtemp(folder));
    run("cp -r lua/redis/*.lua lua/rules/*", "");

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/face_auth.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = folder, .scripts_dir = folder, .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


UNUSED static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);
    run("rm -r", "");

    return 0;
}


UNUSED static const char *
pid_of(const char *canonical)
{
    return fake_person_id(h, canonical);
}


UNUSED static const char *
key_of(const char *canonical, const char *family)
{
    static char      keys[8][96];
    static unsigned  turn;

    char  *key = keys[turn++ % 8];

    snprintf(key, sizeof(keys[0]), "civic:{p:%s}:%s", pid_of(canonical),
             family);

    return key;
}


/* ---- who else there is ------------------------------------------------- */

UNUSED static void
claims_as(const char *number, const char *name)
{
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s, s:s, s:s, s:s, s:s}", "state",
                               "claimed", "person", pid_of(number), "name",
                               name, "id_number", number, "kind",
                               "resident"));
}


UNUSED static void
claims(const char *number)
{
    claims_as(number, "张伟");
}


UNUSED static void
consents(const char *canonical)
{
    fake_answer_call(h, "civic.consent", CIVIC_OK,
                     json_pack("{s:s}", "id", "c1"));
    fake_redis(h, "HSET %s face c1", key_of(canonical, "consents"));
}


/* What Alipay says to the next calls. */
UNUSED static void
alipay_says(const char *outcome, const char *code, const char *sub_code,
    json_t *node)
{
    json_t  *out = json_pack("{s:s, s:s, s:s, s:s}", "outcome", outcome,
                             "code", code, "sub_code", sub_code, "advice",
                             "none");

    if (node != NULL) {
        json_object_set_new(out, "node", node);
    }

    fake_answer_call(h, "alipay.call", CIVIC_OK, out);
}


UNUSED static void
alipay_begins(void)
{
    alipay_says("done", "10000", "", json_pack("{s:s}", "certify_id",
                                               "cert1"));
}


UNUSED static void
alipay_passed(const char *passed)
{
    alipay_says("done", "10000", "", json_pack("{s:s}", "passed", passed));
}


UNUSED static void
login_takes(void)
{
    fake_answer_call(h, "login.proven", CIVIC_OK,
                     json_pack("{s:s, s:b, s:b}", "person", pid_of(NUMBER),
                               "linked", 1, "recovered", 0));
}


/* Sessions last an hour: after a longer time both have logged in again. */
UNUSED static void
later(int64_t ms)
{
    fake_advance(h, ms);
    visitor = fake_session(h, ACCOUNT, CIVIC_VISITOR);
    desk = fake_session(h, STAFF, CIVIC_COUNTER);
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON);
    later(0);

    claims(NUMBER);
    consents(ACCOUNT);
    alipay_begins();
    login_takes();
    fake_answer_call(h, "alipay.app", CIVIC_OK,
                     json_pack("{s:s, s:b}", "app_id", "1", "face_picture",
                               0));
    fake_answer_call(h, "alipay.page", CIVIC_OK,
                     json_pack("{s:s}", "url", "https://a.example/gateway.do"
                               "?method=alipay.user.certify.open.certify"));
    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);

    return 0;
}


/* ---- requests ---------------------------------------------------------- */

UNUSED static fake_reply_t *
post_with(const char *path, const char *token, fake_request_t request)
{
    static char      key[64];
    static unsigned  n;

    snprintf(key, sizeof(key), "Idempotency-Key: k%u", n++);
    request.token = token;
    request.headers[0] = key;

    return checked(fake_request(h, CIVIC_POST, path, &request));
}


UNUSED static fake_reply_t *
post(const char *path, const char *token, const char *body)
{
    return post_with(path, token, (fake_request_t) { .body = body });
}


UNUSED static fake_reply_t *
get(const char *path, const char *token)
{
    return checked(fake_request(h, CIVIC_GET, path,
                                &(fake_request_t) { .token = token }));
}


UNUSED static fake_reply_t *
begin_as(const char *token)
{
    return post("/face-auth/attempts", token, "{\"purpose\":\"identity\"}");
}


UNUSED static const char *
path_of(const char *id, const char *what)
{
    static char      paths[8][96];
    static unsigned  turn;

    char  *path = paths[turn++ % 8];

    snprintf(path, sizeof(paths[0]), "/face-auth/attempts/%s%s", id, what);

    return path;
}


/* A new attempt's id. */
UNUSED static const char *
begun(void)
{
    static char      ids[8][32];
    static unsigned  turn;

    char          *id = ids[turn++ % 8];
    fake_reply_t  *rep = begin_as(visitor);

    if (rep->status != 201) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    snprintf(id, sizeof(ids[0]), "%s", fake_text(rep, "attempt_id"));

    return id;
}


UNUSED static fake_reply_t *
result_of(const char *id, const char *token)
{
    return post(path_of(id, "/result"), token, NULL);
}


UNUSED static const char *
state_of(const char *id)
{
    static char  state[16];

    snprintf(state, sizeof(state), "%s",
             fake_text(get(path_of(id, ""), visitor), "state"));

    return state;
}


UNUSED static size_t
times_called(const char *name)
{
    size_t  n = 0;

    while (fake_called(h, name, n) != NULL) {
        n++;
    }

    return n;
}


/* The result of a call of this plugin's own. */
UNUSED static json_t *
call(const char *name, const char *in)
{
    return json_object_get(asked_by_text(h, name, in), "out");
}

#endif
