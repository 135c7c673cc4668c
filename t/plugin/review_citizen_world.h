/*
 * review_citizen_world.h - what the tests of the citizen's side of the plugin
 * "review" stand on: it, an exam, a citizen with a photo and a proven face,
 * and money as a test wants it.
 */

#ifndef REVIEW_CITIZEN_WORLD_H
#define REVIEW_CITIZEN_WORLD_H

#include "world.h"

#define NOON      1773028800000LL       /* 2026-03-09T12:00:00+08:00 */
#define HOUR      3600000LL
#define DAY       (24 * HOUR)
#define NUMBER    "630105199003079996"
#define OTHER     "63280119850601000X"
#define EXAM      "gwy-2026"
#define PATH      "/review/applications/" EXAM
#define REG_END   (NOON + 2 * DAY)
#define REV_END   (NOON + 3 * DAY)
#define PAY_FROM  NOON
#define PAY_END   (NOON + 5 * DAY)
#define ORDER     "0123456789abcdef0123456789abcdef"

static const char   *citizen;           /* tokens */
static const char   *other;


/* ---- the world --------------------------------------------------------- */

UNUSED static int
setup(void **state)
{
    (void) state;

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/review.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis",
        .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


UNUSED static void
later(int64_t ms)
{
    fake_advance(h, ms);
    citizen = fake_session(h, NUMBER, CIVIC_CITIZEN);
    other = fake_session(h, OTHER, CIVIC_CITIZEN);
}


UNUSED static json_t *
load(const char *text)
{
    json_t  *json = json_loads(text, 0, NULL);

    assert_non_null(json);

    return json;
}


UNUSED static json_t *
window(int64_t from, int64_t until)
{
    return json_pack("{s:I, s:I}", "from_ms", (json_int_t) from, "until_ms",
                     (json_int_t) until);
}


static const char  form_text[] = "["
    "{\"name\":\"education\",\"type\":\"choice\",\"options\":["
    "{\"value\":\"bachelor\"},{\"value\":\"master\"},{\"value\":\"none\"}]},"
    "{\"name\":\"school\",\"type\":\"text\",\"max\":10,"
    "\"when\":{\"field\":\"education\",\"in\":[\"bachelor\",\"master\"]}},"
    "{\"name\":\"languages\",\"type\":\"choices\",\"required\":false,"
    "\"options\":[{\"value\":\"en\"},{\"value\":\"bo\"}]},"
    "{\"name\":\"phone\",\"type\":\"phone\"}]";

/* The exam, with a fee, from a revision on. */
UNUSED static void
exam_is(int64_t fen, int64_t revision, int64_t pay_end)
{
    fake_answer_call(h, "exam.facts", CIVIC_OK, json_pack(
        "{s:s, s:I, s:{s:s, s:s}, s:{s:o, s:o, s:o}, s:{s:I, s:{s:s}}, s:s, "
        "s:o}", "exam_id", EXAM, "revision", (json_int_t) revision, "title",
        "zh", "公务员考试", "en", "Civil service exam", "windows",
        "registration", window(NOON - DAY, REG_END),
        "review", window(NOON - DAY, REV_END),
        "payment", window(PAY_FROM, pay_end),
        "fee", "fen", (json_int_t) fen, "title", "zh", "公务员考试报名费",
        "photo_profile", "default", "form", load(form_text)));
}


UNUSED static void
position_is(const char *conditions)
{
    fake_answer_call(h, "exam.position", CIVIC_OK, json_pack(
        "{s:s, s:{s:s}, s:{s:s}, s:i, s:o}", "code", "P1", "name", "zh",
        "科员", "unit", "zh", "省人社厅", "places", 2, "conditions",
        load(conditions)));
}


UNUSED static void
photo_is(const char *progress)
{
    fake_answer_call(h, "photo_check.state", CIVIC_OK,
                     json_pack("{s:s, s:s}", "state", "x", "progress",
                               progress));
}


/* How the order of the exam stands; "none" without it. */
UNUSED static json_t *
order_json(const char *state, int64_t version, int64_t until)
{
    return strcmp(state, "none") == 0 ? json_pack("{s:s}", "state", state)
           : json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:i}",
                       "order_id", ORDER, "state", state,
                       "version", (json_int_t) version,
                       "since", (json_int_t) fake_now(h),
                       "until", (json_int_t) until,
                       "fen", (json_int_t) 12000, "returned", 0);
}


UNUSED static void
order_is(const char *state, int64_t version)
{
    fake_answer_call(h, "payment.state", CIVIC_OK,
                     order_json(state, version, PAY_END));
}


UNUSED static void
proven(int valid)
{
    fake_answer_call(h, "face_auth.state", CIVIC_OK,
                     json_pack("{s:b}", "valid", valid));
}


UNUSED static int
reset(void **state)
{
    json_t  *opened;

    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON);
    later(0);

    exam_is(12000, 1, PAY_END);
    position_is("[]");
    photo_is("passed");
    proven(1);
    order_is("none", 0);
    opened = order_json("unpaid", 1, PAY_END);
    json_object_set_new(opened, "created", json_true());
    fake_answer_call(h, "payment.open", CIVIC_OK, opened);
    fake_answer_call(h, "payment.close", CIVIC_OK,
                     order_json("closed", 2, PAY_END));
    fake_answer_call(h, "payment.extend", CIVIC_OK,
                     order_json("unpaid", 2, PAY_END));
    fake_answer_call(h, "payment.refund", CIVIC_OK,
                     order_json("refunding", 3, PAY_END));
    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    fake_answer_call(h, "ticket.entitlement", CIVIC_OK, NULL);
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}",
                               "state", "person", "name", "张三",
                               "id_number", NUMBER, "kind", "resident",
                               "proven_at", (json_int_t) (NOON - HOUR),
                               "proven_by", "face"));

    return 0;
}


/* ---- requests ---------------------------------------------------------- */

UNUSED static fake_reply_t *
get(const char *path, const char *token)
{
    return checked(fake_request(h, CIVIC_GET, path,
                                &(fake_request_t) { .token = token }));
}


UNUSED static fake_reply_t *
patch(const char *body)
{
    return checked(fake_request(h, CIVIC_PATCH, PATH, &(fake_request_t) {
                                    .token = citizen, .body = body }));
}


UNUSED static const char *
fresh_key(void)
{
    static char      key[64];
    static unsigned  n;

    snprintf(key, sizeof(key), "Idempotency-Key: k%u", n++);

    return key;
}


UNUSED static const char *
sending(int64_t version, int declared)
{
    static char  body[96];

    snprintf(body, sizeof(body), "{\"version\":%lld,\"declaration\":%s}",
             (long long) version, declared ? "true" : "false");

    return body;
}


UNUSED static fake_reply_t *
submit_with(int64_t version, fake_request_t request)
{
    request.token = citizen;
    request.body = sending(version, 1);
    request.headers[0] = request.headers[0] != NULL ? request.headers[0]
                                                    : fresh_key();

    return checked(fake_request(h, CIVIC_POST, PATH "/submit", &request));
}


UNUSED static fake_reply_t *
submit(int64_t version)
{
    return submit_with(version, (fake_request_t) { 0 });
}


UNUSED static fake_reply_t *
withdraw(int64_t version)
{
    char  body[64];

    snprintf(body, sizeof(body), "{\"version\":%lld}", (long long) version);

    return checked(fake_request(h, CIVIC_POST, PATH "/withdraw",
                                &(fake_request_t) { .token = citizen,
                                                    .body = body }));
}


UNUSED static int64_t
version_of(const fake_reply_t *rep)
{
    return json_integer_value(json_object_get(rep->json, "version"));
}


/* All that is asked. */
#define FILLED  "[{\"field\":\"education\",\"value\":\"master\"},"            \
                "{\"field\":\"school\",\"value\":\"青海大学\"},"              \
                "{\"field\":\"phone\",\"value\":\"13897460001\"}]"

UNUSED static fake_reply_t *
filled(void)
{
    fake_reply_t  *rep;

    rep = patch("{\"version\":0,\"position\":\"P1\",\"answers\":" FILLED "}");
    assert_int_equal(rep->status, 200);

    return rep;
}


/* The version of a submitted one. */
UNUSED static int64_t
submitted(void)
{
    fake_reply_t  *rep = submit(version_of(filled()));

    if (rep->status != 200) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    assert_string_equal(fake_text(rep, "state"), "submitted");

    return version_of(rep);
}


/* ---- what others do ---------------------------------------------------- */

UNUSED static const char *
pid(void)
{
    return fake_person_id(h, NUMBER);
}


UNUSED static json_t *
call(const char *name, json_t *in)
{
    json_t  *answer = asked(h, "review", name, in);

    assert_int_equal(json_integer_value(json_object_get(answer, "result")),
                     0);

    return json_object_get(answer, "out");
}


/* Something became of the order. */
UNUSED static void
payment_tells(const char *state, int64_t version)
{
    order_is(state, version);
    call("payment", json_pack("{s:s, s:s, s:s, s:s, s:I}", "pid", pid(),
                              "order_id", ORDER, "item", "exam:" EXAM,
                              "state", state, "version",
                              (json_int_t) version));
}


UNUSED static void
run_jobs(void)
{
    size_t                    i;
    unsigned                  shard;
    char                      name[32];

    static const char *const  jobs[] = { "work", "money", "work", "tell" };
    static uint64_t           fence = 1;

    for (i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        for (shard = 0; shard < 16; shard++) {
            snprintf(name, sizeof(name), "review.%s", jobs[i]);
            assert_int_equal(fake_job(h, name, shard, fence++, NULL)->result,
                             CIVIC_OK);
        }
    }
}


UNUSED static const char *
words(void)
{
    static char  text[200];

    snprintf(text, sizeof(text), "%s",
             fake_redis(h, "HGET civic:{p:%s}:review application:" EXAM,
                        pid())->str);

    return text;
}


/* What staff decide, written as their side does; the version. */
UNUSED static int64_t
staff_decide(const char *state)
{
    int        n = 0;
    char       text[300];
    long long  version;

    assert_int_equal(sscanf(words(), "%*s %lld %*s%n", &version, &n), 1);
    snprintf(text, sizeof(text), "%s %lld %lld%s", state, version + 1,
             (long long) fake_now(h), words() + n);
    fake_redis(h, "HSET civic:{p:%s}:review application:%s %s", pid(), EXAM,
               text);
    call("payment", json_pack("{s:s, s:s, s:s}", "pid", pid(), "item",
                              "exam:" EXAM, "state", "x"));

    return version + 1;
}


UNUSED static unsigned
times_called(const char *name)
{
    unsigned  n = 0;

    while (fake_called(h, name, n) != NULL) {
        n++;
    }

    return n;
}


/* How many messages of a kind there were. */
UNUSED static unsigned
told(const char *kind)
{
    size_t    i;
    json_t   *in;
    unsigned  n = 0;

    for (i = 0; (in = fake_called(h, "civic.message", i)) != NULL; i++) {
        n += strcmp(json_string_value(json_object_get(in, "kind")), kind)
             == 0;
    }

    return n;
}


UNUSED static const char *
state_now(void)
{
    static char  state[16];

    snprintf(state, sizeof(state), "%s",
             fake_text(get(PATH, citizen), "state"));

    return state;
}


/* The last word that was told of "entitlement": 1, 0, -1 none. */
UNUSED static int
entitlement_told(void)
{
    unsigned  n = times_called("ticket.entitlement");

    return n == 0 ? -1
           : json_is_true(json_object_get(
                 fake_called(h, "ticket.entitlement", n - 1), "entitled"));
}


UNUSED static int
is_entitled(void)
{
    return json_is_true(json_object_get(
        call("entitled", json_pack("{s:s, s:s}", "pid", pid(), "exam_id",
                                   EXAM)), "entitled"));
}


UNUSED static int64_t
count_of(const char *code)
{
    return json_integer_value(json_array_get(json_object_get(
        call("counts", json_pack("{s:s, s:[s, s]}", "exam_id", EXAM, "codes",
                                 "P0", code)), "counts"), 1));
}


/* Whether the next step is offered. */
UNUSED static int
offers(fake_reply_t *rep, const char *step)
{
    size_t   i;
    json_t  *one;

    json_array_foreach(json_object_get(rep->json, "next"), i, one) {
        if (strcmp(json_string_value(one), step) == 0) {
            return 1;
        }
    }

    return 0;
}

#endif
