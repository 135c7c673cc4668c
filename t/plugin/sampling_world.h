/*
 * sampling_world.h - what the tests of the plugin "sampling" stand on: it,
 * samplers and a laboratory, people with codes as the plugin kinship would
 * tell them, and their consents.
 */

#ifndef SAMPLING_WORLD_H
#define SAMPLING_WORLD_H

#include "world.h"

#define NOON      1773028800000LL       /* 2026-03-09T12:00:00+08:00 */
#define MINUTE    60000LL
#define HOUR      3600000LL
#define DAY       (24 * HOUR)
#define TUBE      "XA20260001"
#define OTHER     "XA20260002"
#define SINGLE    "XA20260003"

static const char   *ann;               /* tokens: samplers */
static const char   *bob;
static const char   *lab;               /* and of the laboratory */
static const char   *lab2;


/* ---- the world --------------------------------------------------------- */

UNUSED static int
setup(void **state)
{
    (void) state;

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/sampling.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis", .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


UNUSED static void
at(int64_t when)
{
    fake_set_clock(h, when);
    ann = fake_session(h, "staff:ann", CIVIC_SAMPLER);
    bob = fake_session(h, "staff:bob", CIVIC_SAMPLER);
    lab = fake_session(h, "staff:lab", CIVIC_LABORATORY);
    lab2 = fake_session(h, "staff:lab2", CIVIC_LABORATORY);
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    at(NOON);
    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    fake_answer_call(h, "civic.consent", CIVIC_OK,
                     json_pack("{s:s}", "id", "c1"));
    fake_answer_call(h, "kinship.tested", CIVIC_OK, json_object());
    fake_answer_call(h, "kinship.look", CIVIC_OK, json_object());
    fake_answer_call(h, "kinship.tell_guardians", CIVIC_OK, NULL);

    return 0;
}


/* ---- people ------------------------------------------------------------ */

UNUSED static const char *
pid_of(unsigned n)
{
    char  number[24];

    snprintf(number, sizeof(number), "6101031990%08u", n);

    return fake_person_id(h, number);
}


UNUSED static void
consents(unsigned n, const char *purpose)
{
    (void) fake_redis(h, "HSET civic:{p:%s}:consents %s c1", pid_of(n),
                      purpose);
}


/* The next scans are of that. */
UNUSED static void
shows(unsigned n, const char *verdict)
{
    fake_answer_call(h, "kinship.scan", CIVIC_OK,
                     json_pack("{s:s, s:s, s:s, s:s}", "verdict", verdict,
                               "pid", pid_of(n), "kind",
                               n % 2 == 0 ? "own" : "kin", "name", "张*"));
    consents(n, "health");
}


/* ---- requests ---------------------------------------------------------- */

/* With an Idempotency-Key of its own each. */
UNUSED static fake_request_t
body_of(const char *token, const char *body)
{
    static char      keys[16][48];
    static unsigned  n;

    char  *key = keys[n % 16];

    snprintf(key, sizeof(keys[0]), "Idempotency-Key: k%u", n++);

    return (fake_request_t) { .token = token, .body = body,
                              .headers = { key } };
}


UNUSED static fake_reply_t *
send_to(civic_method_t method, const char *path, const char *token,
    const char *body)
{
    fake_request_t  request = body_of(token, body);

    return checked(fake_request(h, method, path, &request));
}


UNUSED static fake_reply_t *
post(const char *path, const char *token, const char *body)
{
    return send_to(CIVIC_POST, path, token, body);
}


UNUSED static fake_reply_t *
get(const char *path, const char *token)
{
    return checked(fake_request(h, CIVIC_GET, path, &(fake_request_t) {
                                    .token = token }));
}


UNUSED static void
is_problem(const fake_reply_t *rep, int status, const char *code)
{
    if (rep->status != status || strcmp(rep->code, code) != 0) {
        fail_msg("not %d %s: %d %s", status, code, rep->status, rep->body);
    }
}


UNUSED static void
is_status(const fake_reply_t *rep, int status)
{
    if (rep->status != status) {
        fail_msg("not %d: %d %s", status, rep->status, rep->body);
    }
}


UNUSED static int64_t
number_in(const fake_reply_t *rep, const char *name)
{
    return json_integer_value(json_object_get(rep->json, name));
}


/* ---- tubes ------------------------------------------------------------- */

UNUSED static fake_reply_t *
opens(const char *token, const char *barcode, int capacity)
{
    char  body[160];

    snprintf(body, sizeof(body), "{\"barcode\":\"%s\",\"capacity\":%d,"
             "\"place\":\"莲湖区一号点\"}", barcode, capacity);

    return post("/sampling/tubes", token, body);
}


UNUSED static const char *
path_of(const char *barcode, const char *rest)
{
    static char      paths[8][128];
    static unsigned  n;

    char  *path = paths[n++ % 8];

    snprintf(path, sizeof(paths[0]), "/sampling/tubes/%s%s", barcode, rest);

    return path;
}


UNUSED static fake_reply_t *
scans(const char *token, const char *barcode)
{
    return post(path_of(barcode, "/people"), token, "{\"code\":\"HK1:x\"}");
}


/* A person's code, in ann's tube. */
UNUSED static fake_reply_t *
comes(unsigned n, const char *barcode)
{
    fake_reply_t  *rep;

    shows(n, "genuine");
    rep = scans(ann, barcode);
    is_status(rep, 201);

    return rep;
}


UNUSED static fake_reply_t *
seals(const char *token, const char *barcode)
{
    return post(path_of(barcode, "/seal"), token, NULL);
}


/* A sealed tube of ann's with people from first on. */
UNUSED static void
filled(const char *barcode, int capacity, unsigned first, unsigned people)
{
    unsigned  i;

    is_status(opens(ann, barcode, capacity), 201);

    for (i = 0; i < people; i++) {
        (void) comes(first + i, barcode);
    }

    is_status(seals(ann, barcode), 200);
}


/* ---- results ----------------------------------------------------------- */

UNUSED static fake_reply_t *
sends(const char *token, const char *barcode, const char *result)
{
    char  body[160];

    snprintf(body, sizeof(body), "{\"results\":[{\"barcode\":\"%s\","
             "\"result\":\"%s\"}]}", barcode, result);

    return post("/sampling/results", token, body);
}


/* What came of the n-th, or "". */
UNUSED static const char *
outcome(const fake_reply_t *rep, size_t n)
{
    const char  *text;

    text = json_string_value(json_object_get(
               json_array_get(json_object_get(rep->json, "results"), n),
               "outcome"));

    if (text == NULL) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    return text;
}


UNUSED static void
spread_with(const fake_request_t *bad)
{
    unsigned       shard;
    fake_reply_t  *rep;

    for (shard = 0; shard < 16; shard++) {
        rep = fake_job(h, "sampling.spread", shard, 1, bad);
        assert_true(bad != NULL || rep->result == CIVIC_OK);
        assert_true(rep->stack_used < 64 * 1024);
    }
}


UNUSED static void
spreads(void)
{
    spread_with(NULL);
}


/* How often that was told to a person by a call; the last one's member. */
UNUSED static unsigned
calls_of(const char *call, unsigned n, const char *member, const char **last)
{
    size_t     i;
    json_t    *in;
    unsigned   count = 0;

    for (i = 0; (in = fake_called(h, call, i)) != NULL; i++) {
        if (strcmp(json_string_value(json_object_get(in, "pid")), pid_of(n))
            == 0)
        {
            count++;

            if (last != NULL) {
                *last = json_string_value(json_object_get(in, member));
            }
        }
    }

    return count;
}


/* Messages of different names: a second of the same is none. */
UNUSED static unsigned
messages(unsigned n)
{
    char       seen[16][128];
    size_t     i;
    json_t    *in;
    unsigned   j, count = 0;
    const char  *once;

    for (i = 0; (in = fake_called(h, "civic.message", i)) != NULL; i++) {
        if (strcmp(json_string_value(json_object_get(in, "pid")), pid_of(n))
            != 0)
        {
            continue;
        }

        once = json_string_value(json_object_get(in, "once"));

        for (j = 0; j < count && strcmp(seen[j], once) != 0; j++) { }

        if (j == count && count < 16) {
            snprintf(seen[count++], sizeof(seen[0]), "%s", once);
        }
    }

    return count;
}


/* "negative" or another, of the newest; "" if there is none. */
UNUSED static const char *
newest(unsigned n, int *recheck)
{
    char           number[24];
    json_t        *own;
    fake_reply_t  *rep;
    const char    *text;

    snprintf(number, sizeof(number), "6101031990%08u", n);
    fake_answer_call(h, "kinship.relatives", CIVIC_OK,
                     json_pack("{s:b, s:[]}", "own", 1, "relatives"));
    rep = get("/sampling/tests", fake_session(h, number, CIVIC_CITIZEN));
    is_status(rep, 200);
    own = json_object_get(rep->json, "own");

    if (recheck != NULL) {
        *recheck = json_is_true(json_object_get(own, "recheck"));
    }

    text = json_string_value(json_object_get(
               json_array_get(json_object_get(own, "tests"), 0), "result"));

    return text == NULL ? "" : text;
}


/* How often an action stands in the trail. */
UNUSED static unsigned
audited(const char *action)
{
    size_t    i;
    unsigned  count = 0;

    for (i = 0; *fake_audit_action(h, i) != '\0'; i++) {
        count += strcmp(fake_audit_action(h, i), action) == 0;
    }

    return count;
}

#endif
