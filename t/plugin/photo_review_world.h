/*
 * photo_review_world.h - what the tests of comparing and reviewing photos
 * stand on: photos in any state, the engine and Alipay as a test wants them,
 * and two reviewers.
 */

#ifndef PHOTO_REVIEW_WORLD_H
#define PHOTO_REVIEW_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "built.h"
#include "fake_host.h"

#define UNUSED  __attribute__((unused))
#define NOON    1773028800000LL         /* 2026-03-09T12:00:00+08:00 */
#define NUMBER  "630105199003079996"
#define OTHER   "63280119850601000X"
#define ONE     "AAAAAAAAAAAAAAAAAAAAAA"
#define TWO     "BBBBBBBBBBBBBBBBBBBBBA"
#define UNSEEN  "UUUUUUUUUUUUUUUUUUUUUA"    /* without a report: snapper */
#define PHOTO   "\xff\xd8\xff\xe0 the photo"
#define FACE    "\xff\xd8\xff\xe0 the face"

static fake_host_t   *h;
static const char    *ann, *bob;        /* reviewers' tokens */
static fake_reply_t  *rep;
static char           folder[64];


/* ---- the world --------------------------------------------------------- */

UNUSED static void
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
    strcpy(folder, "/tmp/civic-photo.XXXXXX");
    assert_non_null(mkdtemp(folder));
    run("cp -r lua/redis/*.lua t/plugin/fixtures/redis/snapper*.lua "
        "lua/rules/*", "");

    /* Alipay may be asked */
    run("sed -i 's/^rules.source = false/rules.source = true/;"
        "/source = false, most/s/false/true/'", "/photo_check.lua");

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/photo_check.so"),
        .others = { built("t/plugin/fixtures/snapper.so") },
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
key_of(const char *number, const char *family)
{
    static char      keys[8][96];
    static unsigned  turn;

    char  *key = keys[turn++ % 8];

    snprintf(key, sizeof(keys[0]), "civic:{p:%s}:%s",
             fake_person_id(h, number), family);

    return key;
}


UNUSED static void
consents(const char *number)
{
    fake_answer_call(h, "civic.consent", CIVIC_OK,
                     json_pack("{s:s}", "id", "c1"));
    fake_redis(h, "HSET %s face c1", key_of(number, "consents"));
}


/* The text of the consent's plugin, and what stands in Redis. */
UNUSED static void
withdraws(const char *number, int known)
{
    if (known) {
        fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
    }

    fake_redis(h, "DEL %s", key_of(number, "consents"));
}


UNUSED static void
engine_says(int status, const char *body)
{
    fake_answer_http(h, &(fake_http_answer_t) {
                            .upstream = "media", .status = status,
                            .body = body });
}


UNUSED static void
alipay_says(const char *outcome, const char *code, json_t *node)
{
    fake_answer_call(h, "alipay.call", CIVIC_OK,
                     json_pack("{s:s, s:s, s:s, s:s, s:o}", "outcome",
                               outcome, "code", code, "sub_code", "",
                               "advice", "none", "node",
                               node == NULL ? json_object() : node));
}


UNUSED static void
as_usual(void)
{
    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    fake_answer_call(h, "face_auth.reference", CIVIC_OK, json_object());
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s, s:s, s:s, s:s}", "state", "person",
                               "name", "张小伟", "id_number", NUMBER, "kind",
                               "resident"));
    alipay_says("done", "10000", json_pack("{s:s, s:s, s:s}", "passed", "T",
                                           "score", "96", "certify_no",
                                           "1"));
    engine_says(200, "{\"photo_faces\":1,\"reference_faces\":1,"
                "\"similarity\":0.7,\"method\":\"dlib-resnet-1\"}");
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON);
    ann = fake_session(h, "staff:ann", CIVIC_REVIEWER);
    bob = fake_session(h, "staff:bob", CIVIC_REVIEWER);
    as_usual();
    consents(NUMBER);

    return 0;
}


/* Reviewers have logged in again. */
UNUSED static void
later(int64_t ms)
{
    fake_advance(h, ms);
    ann = fake_session(h, "staff:ann", CIVIC_REVIEWER);
    bob = fake_session(h, "staff:bob", CIVIC_REVIEWER);
}


/* ---- photos ------------------------------------------------------------ */

UNUSED static void
photo(const char *number, const char *id, const char *state)
{
    char  path[256];

    snprintf(path, sizeof(path), "/snapper/photos?name=%s&id=%s&state=%s",
             number, id, state);
    rep = fake_request(h, CIVIC_POST, path, &(fake_request_t) {
                           .body = PHOTO, .content_type = "image/jpeg" });
    assert_int_equal(rep->status, 201);
}


UNUSED static void
face(const char *number)
{
    char  path[256];

    snprintf(path, sizeof(path), "/snapper/faces?name=%s", number);
    rep = fake_request(h, CIVIC_POST, path, &(fake_request_t) {
                           .body = FACE, .content_type = "image/jpeg" });
    assert_int_equal(rep->status, 201);
    fake_answer_call(h, "face_auth.reference", CIVIC_OK,
                     json_pack("{s:s}", "blob_id", fake_text(rep,
                                                             "blob_id")));
}


UNUSED static void
works_with(const fake_request_t *bad)
{
    static unsigned  fence;

    unsigned  shard;

    for (shard = 0; shard < 16; shard++) {
        rep = fake_job(h, "photo_check.work", shard, ++fence, bad);

        if (bad == NULL && rep->result != CIVIC_OK) {
            fail_msg("the job: %d %s", rep->result, rep->code);
        }
    }
}


UNUSED static void
works(void)
{
    works_with(NULL);
    works_with(NULL);
}


UNUSED static void
mends(void)
{
    static unsigned  fence;

    unsigned  shard;

    for (shard = 0; shard < 16; shard++) {
        rep = fake_job(h, "photo_check.reviews", shard, ++fence, NULL);
        assert_int_equal(rep->result, CIVIC_OK);
    }
}


/* The first word of its state. */
UNUSED static const char *
state_of(const char *number, const char *id)
{
    static char  word[16];

    const redisReply  *value;

    value = fake_redis(h, "HGET %s s:%s", key_of(number, "photo_check"), id);

    if (value->type != REDIS_REPLY_STRING) {
        return "none";
    }

    snprintf(word, sizeof(word), "%.*s", (int) strcspn(value->str, " "),
             value->str);

    return word;
}


#define is_now(number, id, word)                                              \
    assert_string_equal(state_of(number, id), word)


UNUSED static fake_reply_t *
staff(const char *token, civic_method_t method, const char *path,
    const char *body)
{
    char  whole[256];

    snprintf(whole, sizeof(whole), "/photo-check/reviews%s", path);
    rep = fake_request(h, method, whole, &(fake_request_t) {
                           .token = token, .body = body });

    if (rep->undocumented != NULL) {
        fail_msg("%s: %s", whole, rep->undocumented);
    }

    return rep;
}


UNUSED static const char *
next(const char *token)
{
    rep = staff(token, CIVIC_POST, "/next", NULL);

    return rep->status == 200 ? fake_text(rep, "review_id") : rep->code;
}


UNUSED static fake_reply_t *
decide(const char *token, const char *id, const char *body)
{
    char  path[64];

    snprintf(path, sizeof(path), "/%s/decision", id);

    return staff(token, CIVIC_POST, path, body);
}


#define APPROVE  "{\"decision\":\"approve\",\"recent\":true,"                 \
                 "\"bareheaded\":true}"
#define REFUSE   "{\"decision\":\"refuse\",\"reasons\":[\"not_recent\","      \
                 "\"not_bareheaded\"],\"note\":\"a hat\"}"

/* The kind of the n-th message. */
UNUSED static const char *
told(size_t n)
{
    json_t  *in = fake_called(h, "civic.message", n);

    return in == NULL ? "none"
                      : json_string_value(json_object_get(in, "kind"));
}


UNUSED static int64_t
waiting(void)
{
    rep = staff(ann, CIVIC_GET, "", NULL);
    assert_int_equal(rep->status, 200);

    return json_integer_value(json_object_get(rep->json, "waiting"));
}


UNUSED static const char *
why(void)
{
    assert_string_equal(next(ann), ONE);

    return fake_text(rep, "why");
}

#endif
