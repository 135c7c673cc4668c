/*
 * photo_check_world.h - what the tests of the plugin "photo_check" stand on:
 * it, a citizen, a photo that was drawn, and an engine that says what a test
 * wants.
 */

#ifndef PHOTO_CHECK_WORLD_H
#define PHOTO_CHECK_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "built.h"
#include "checked.h"
#include "fake_host.h"

#define NUMBER    "630105199003079996"
#define OTHER     "63280119850601000X"
#define UNUSED    __attribute__((unused))
#define HOUR      3600000LL
#define DAY       (24 * HOUR)

/* What the engine says of a good photo: see docs/media-engine.md. */
#define GOOD_MEASURES                                                         \
    "{\"width\":600,\"height\":840,\"stored_width\":600,"                     \
    "\"stored_height\":840,\"orientation\":1,\"bytes\":81234,"                \
    "\"progressive\":false,\"components\":3,"                                 \
    "\"grey\":{\"is_grey\":false,\"chroma\":31.2},"                           \
    "\"background\":{\"colour\":\"blue\",\"share\":0.985,"                    \
    "\"uniformity\":2.1,\"regions\":[]},\"sharpness\":184.2,"                 \
    "\"brightness\":{\"mean\":128.4,\"dark_share\":0.02,"                     \
    "\"bright_share\":0.11}}"

#define ONE_FACE                                                              \
    "{\"faces\":[{\"left\":150,\"top\":210,\"width\":300,\"height\":320,"     \
    "\"score\":1.31,\"roll\":-2.4,\"left_eye\":[255,290],"                    \
    "\"right_eye\":[345,292],\"nose\":[300,350]}]}"

#define NO_FACE  "{\"faces\":[]}"

#define MADE  "\xff\xd8\xff\xe0 what the engine made \xff\xd9"

#define CHANGES                                                               \
    "{\"changes\":[{\"name\":\"cropped\",\"left\":40,\"top\":0,"              \
    "\"width\":500,\"height\":700},{\"name\":\"encoded\",\"quality\":92,"     \
    "\"bytes\":61234}],\"measures\":{}}"

static fake_host_t  *h;
static const char   *citizen;           /* a token */
static char         *photo;             /* good.jpg */
static size_t        photo_len;


/* ---- the world --------------------------------------------------------- */

UNUSED static char *
file_of(const char *name, size_t *len)
{
    FILE  *file;
    char   path[64], *bytes;

    snprintf(path, sizeof(path), "photos/%s", name);
    file = fopen(built(path), "r");
    assert_non_null(file);
    bytes = malloc(8 * 1024 * 1024);
    assert_non_null(bytes);
    *len = fread(bytes, 1, 8 * 1024 * 1024, file);
    assert_true(*len > 0);
    (void) fclose(file);

    return bytes;
}


UNUSED static int
setup(void **state)
{
    (void) state;

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/photo_check.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis", .sandbox = 1,
    });

    if (h == NULL) {
        return -1;
    }

    photo = file_of("good.jpg", &photo_len);

    return 0;
}


UNUSED static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);
    free(photo);

    return 0;
}


UNUSED static const char *
pid_of(const char *canonical)
{
    return fake_person_id(h, canonical);
}


UNUSED static const char *
key_of(const char *family)
{
    static char  key[96];

    snprintf(key, sizeof(key), "civic:{p:%s}:%s", pid_of(NUMBER), family);

    return key;
}


/* Sessions last an hour: after a longer time who is in has logged in again. */
UNUSED static void
later(int64_t ms)
{
    fake_advance(h, ms);
    citizen = fake_session(h, NUMBER, CIVIC_CITIZEN);
}


/* ---- the engine -------------------------------------------------------- */

UNUSED static void
engine_says(const char *path, int status, const char *body)
{
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "media", .path = path, .status = status, .body = body,
        .content_type = status == 200 ? "application/json"
                                      : "application/problem+json" });
}


UNUSED static void
engine_makes(const char *picture, const char *changes)
{
    static char  header[2048];

    snprintf(header, sizeof(header), "Civic-Media: %s", changes);
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "media", .path = "/v1/photos/process", .body = picture,
        .content_type = "image/jpeg", .headers = { header } });
}


UNUSED static void
engine_is_down(fake_http_fault_t fault)
{
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "media", .fault = fault });
}


UNUSED static void
engine_is_well(void)
{
    engine_says("/v1/photos/measure", 200, GOOD_MEASURES);
    engine_says("/v1/faces/find", 200, ONE_FACE);
    engine_makes(MADE, CHANGES);
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, time(NULL) * 1000LL);
    later(0);
    engine_is_well();
    fake_answer_call(h, "civic.consent", CIVIC_OK, json_pack("{}"));
    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);

    return 0;
}


/* ---- requests ---------------------------------------------------------- */

UNUSED static const char *
new_key(void)
{
    static char      keys[16][64];
    static unsigned  n;

    char  *key = keys[n % 16];

    snprintf(key, sizeof(keys[0]), "Idempotency-Key: k%u", n++);

    return key;
}


UNUSED static fake_reply_t *
send_with(const char *path, const char *bytes, size_t len,
    fake_request_t request)
{
    request.token = citizen;
    request.upload = bytes;
    request.upload_len = len;
    request.upload_type = request.upload_type == NULL ? "image/jpeg"
                                                      : request.upload_type;

    if (request.headers[0] == NULL) {
        request.headers[0] = new_key();
    }

    return checked(fake_request(h, CIVIC_POST, path, &request));
}


UNUSED static fake_reply_t *
send_bytes(const char *path, const char *bytes, size_t len)
{
    return send_with(path, bytes, len, (fake_request_t) { .token = NULL });
}


UNUSED static fake_reply_t *
upload(void)
{
    return send_bytes("/photo-check/photos", photo, photo_len);
}


UNUSED static fake_reply_t *
get(const char *path)
{
    return checked(fake_request(h, CIVIC_GET, path,
                                &(fake_request_t) { .token = citizen }));
}


UNUSED static const char *
path_of(const char *id, const char *what)
{
    static char      paths[8][96];
    static unsigned  turn;

    char  *path = paths[turn++ % 8];

    snprintf(path, sizeof(paths[0]), "/photo-check/photos/%s%s", id, what);

    return path;
}


UNUSED static fake_reply_t *
post(const char *path)
{
    return checked(fake_request(h, CIVIC_POST, path, &(fake_request_t) {
                                    .token = citizen }));
}


/* The photo that counts, or what was refused last. */
UNUSED static fake_reply_t *
current(void)
{
    return get("/photo-check/photos/current");
}


/* The result of a criterion in a reply's report; "" if it is not there. */
UNUSED static const char *
result_of(const fake_reply_t *rep, const char *name)
{
    size_t   i;
    json_t  *one, *list;

    list = json_object_get(json_object_get(rep->json, "report"), "criteria");

    json_array_foreach(list, i, one) {
        if (strcmp(json_string_value(json_object_get(one, "name")), name)
            == 0)
        {
            return json_string_value(json_object_get(one, "result"));
        }
    }

    return "";
}


UNUSED static const char *
verdict_of(const fake_reply_t *rep)
{
    const char  *verdict;

    verdict = json_string_value(json_object_get(
                  json_object_get(rep->json, "report"), "verdict"));

    return verdict == NULL ? "" : verdict;
}


UNUSED static void
run_job(const char *name)
{
    unsigned  shard;

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, name, shard, 1, NULL)->result, CIVIC_OK);
    }
}


/* The result of a call of this plugin's own. */
UNUSED static json_t *
call(const char *name, const char *in)
{
    return json_object_get(asked_by_text(h, name, in), "out");
}

#endif
