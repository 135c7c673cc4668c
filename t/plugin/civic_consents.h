/*
 * civic_consents.h - what the tests of consents and of erasing share: a
 * citizen's requests, and what is kept of them.
 */

#ifndef CIVIC_CONSENTS_H
#define CIVIC_CONSENTS_H

#include "civic_world.h"

static char  digest[2][80];             /* of the text "face": zh, en */


UNUSED
static int
setup(void **state)
{
    (void) state;

    return start(NULL, NULL);
}


/* ---- requests ---------------------------------------------------------- */

UNUSED
static const char *
digest_of(int english)
{
    fake_reply_t  *rep;

    if (digest[english][0] == '\0') {
        rep = (english ? get_english : get)("/civic/consents/texts/face",
                                            NULL);
        assert_int_equal(rep->status, 200);
        snprintf(digest[english], sizeof(digest[0]), "%s",
                 fake_text(rep, "digest"));
    }

    return digest[english];
}


UNUSED
static const char *
body_of(int version, int english, const char *flags)
{
    static char      bodies[4][512];
    static unsigned  turn;

    char  *body = bodies[turn++ % 4];

    snprintf(body, sizeof(bodies[0]), "{\"purpose\":\"face\",\"version\":%d,"
             "\"digest\":\"%s\",\"language\":\"%s\",\"flags\":%s,"
             "\"method\":\"tick_and_button\",\"channel\":\"alipay\","
             "\"app_version\":\"1.2.3\"}", version, digest_of(english),
             english ? "en" : "zh", flags);

    return body;
}


UNUSED
static fake_reply_t *
consent_as(const char *token, const char *body)
{
    return send_to(CIVIC_POST, "/civic/consents", token, body);
}


/* The id of the consent. */
UNUSED
static const char *
consent(void)
{
    fake_reply_t  *rep = consent_as(citizen, body_of(1, 0, "{\"face\":true}"));

    if (rep->status != 201) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    return fake_text(rep, "consent_id");
}


UNUSED
static fake_reply_t *
withdraw(void)
{
    return send_to(CIVIC_DELETE, "/civic/consents/face", citizen, NULL);
}


UNUSED
static fake_reply_t *
keep(void)
{
    return checked(fake_request(h, CIVIC_POST, "/neighbour/things",
                                &(fake_request_t) {
        .token = citizen, .body = "{\"thing\":\"x\"}" }));
}


UNUSED
static json_t *
nth(size_t n)
{
    json_t  *all = json_object_get(get("/civic/consents", citizen)->json,
                                   "consents");

    assert_true(n < json_array_size(all));

    return json_array_get(all, n);
}


UNUSED
static size_t
count_of(void)
{
    return json_array_size(json_object_get(get("/civic/consents",
                                               citizen)->json, "consents"));
}


UNUSED
static int
field_is(const char *person, const char *family, const char *field,
    const char *expected)
{
    const redisReply  *value;

    value = fake_redis(h, "HGET %s %s", key_of(person, family), field);

    return expected == NULL ? value->type == REDIS_REPLY_NIL
                            : value->type == REDIS_REPLY_STRING
                              && strcmp(value->str, expected) == 0;
}


UNUSED
static int
waits(void)
{
    return fake_waiting(h, "civic.erasures", 0) != NULL;
}


/* All shards once. */
UNUSED
static civic_result_t
erase(const fake_request_t *request)
{
    unsigned          shard;
    static uint64_t   fence;
    civic_result_t    rc = CIVIC_OK;
    fake_reply_t     *rep;

    fence++;

    for (shard = 0; shard < 16; shard++) {
        rep = fake_job(h, "civic.erasures", shard, fence, request);

        if (rep->result != CIVIC_OK) {
            rc = rep->result;
        }
    }

    return rc;
}

#endif
