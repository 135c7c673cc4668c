/*
 * kinship_bind_world.h - what the tests of bindings stand on: a register that
 * compares name and number, consents that are given, faces, and what both
 * records say.
 */

#ifndef KINSHIP_BIND_WORLD_H
#define KINSHIP_BIND_WORLD_H

#ifndef KINSHIP_OPTIONS
#define KINSHIP_OPTIONS  "match_upstream=register"
#endif

#include "kinship_world.h"

#define ASK    "/kinship/bindings"
#define CHILD5 birth_number(2020, 12, 1, 1)     /* 5 years old at NOON */
#define CHILD9 birth_number(2016, 5, 6, 2)      /* 9 */
#define HIS    "王小明"

#define AGREED  "{\"version\":1,\"health_version\":1,\"agreed\":true,"        \
                "\"pledged\":true,\"flags\":{\"health\":true,"                \
                "\"minor\":true}}"

static unsigned  keys;                          /* Idempotency-Keys */


/* ---- numbers ----------------------------------------------------------- */

/* A valid one of somebody born then; good for the next 512 of them. */
UNUSED static const char *
birth_number(int year, int month, int day, unsigned sequence)
{
    int              i, sum = 0;
    const char      *body;
    static char      numbers[512][20];
    static unsigned  turn;
    const int        weights[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5,
                                   8, 4, 2 };

    body = text("610104%04d%02d%02d%03u", year, month, day, sequence);

    for (i = 0; i < 17; i++) {
        sum += (body[i] - '0') * weights[i];
    }

    turn = (turn + 1) % 512;
    snprintf(numbers[turn], sizeof(numbers[0]), "%s%c", body,
             "10X98765432"[sum % 11]);

    return numbers[turn];
}


/* The n-th guardian of a test. */
UNUSED static const char *
parent(unsigned n)
{
    return birth_number(1990, 1, 1, 100 + n);
}


/* ---- what others answer ------------------------------------------------- */

UNUSED static void
register_says(const char *body)
{
    fake_answer_http(h, &(fake_http_answer_t) { .upstream = "register",
                                                .body = body });
}


UNUSED static void
given(const char *state, const char *id)
{
    fake_answer_call(h, "civic.consent_give", CIVIC_OK,
                     json_pack("{s:s, s:s}", "state", state, "id", id));
}


UNUSED static void
face_says(const char *state, int64_t at)
{
    fake_answer_call(h, "face_auth.result", CIVIC_OK,
                     json_pack("{s:s, s:I}", "state", state, "at",
                               (json_int_t) at));
}


/* The relative's consent stands where civic.consent_give would put it. */
UNUSED static void
relative_consents(const char *number, const char *purpose)
{
    fake_redis(h, "HSET civic:{p:%s}:consents %s c1", pid_of(number),
               purpose);
}


/* Somebody who may bind: an own code, and the agreement. */
UNUSED static void
guardian_is(const char *number)
{
    fake_redis(h, "HSET civic:{p:%s}:health opened %b", pid_of(number),
               "1 own", (size_t) 5);
    fake_redis(h, "HSET civic:{p:%s}:consents kinship c1", pid_of(number));
    fake_answer_call(h, "civic.consent", CIVIC_OK,
                     json_pack("{s:s}", "id", "c1"));
}


UNUSED static int
reset_bind(void **state)
{
    reset(state);
    nobody_is();
    register_says("{\"match\":true}");
    given("given", "c1");
    guardian_is(NUMBER);

    return 0;
}


#define BIND(name)  cmocka_unit_test_setup(name, reset_bind)


/* ---- steps --------------------------------------------------------------- */

UNUSED static const char *
form(const char *name, const char *number, const char *relation)
{
    return text("{\"name\":\"%s\",\"id_number\":\"%s\",\"relation\":\"%s\"}",
                name, number, relation);
}


UNUSED static fake_reply_t *
ask_by(const char *guardian, const char *body)
{
    return checked(fake_request(h, CIVIC_POST, ASK, &(fake_request_t) {
        .token = citizen(guardian), .body = body,
        .headers = { text("Idempotency-Key: k%u", ++keys) } }));
}


UNUSED static fake_reply_t *
ask(const char *number)
{
    return ask_by(NUMBER, form(HIS, number, "child"));
}


UNUSED static const char *
path_of(const char *id, const char *what)
{
    return text(ASK "/%s%s", id, what);
}


UNUSED static fake_reply_t *
agree_by(const char *guardian, const char *id)
{
    return post(citizen(guardian), path_of(id, "/agree"), AGREED);
}


/* Asked and agreed to: the binding's id, good for the next 64 of them. */
UNUSED static const char *
agreed_by(const char *guardian, const char *number)
{
    char             *id;
    fake_reply_t     *rep;
    static char       ids[64][24];
    static unsigned   turn;

    rep = ask_by(guardian, form(HIS, number, "child"));

    if (rep->status != 201) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    id = ids[turn++ % 64];
    snprintf(id, sizeof(ids[0]), "%s", fake_text(rep, "binding_id"));
    rep = agree_by(guardian, id);

    if (rep->status != 200) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    return id;
}


UNUSED static fake_reply_t *
finish_by(const char *guardian, const char *id)
{
    return post(citizen(guardian), path_of(id, "/finish"), "{}");
}


#define ATTEMPT  "{\"attempt_id\":\"attemptattemptattempt1\"}"

UNUSED static fake_reply_t *
face_by(const char *guardian, const char *id)
{
    return post(citizen(guardian), path_of(id, "/finish"), ATTEMPT);
}


/* All of it by a pledge: the binding's id. */
UNUSED static const char *
pledged(const char *guardian, const char *number)
{
    const char    *id;
    fake_reply_t  *rep;

    guardian_is(guardian);
    relative_consents(number, "health_child");
    id = agreed_by(guardian, number);
    rep = finish_by(guardian, id);

    if (rep->status != 200) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    return id;
}


/* ---- what the records say ------------------------------------------------ */

/* A field of a person's hash; "" if it is not there. */
UNUSED static const char *
field(const char *number, const char *family, const char *name)
{
    const redisReply  *rep;

    rep = fake_redis(h, "HGET civic:{p:%s}:%s %s", pid_of(number), family,
                     name);

    return rep->type == REDIS_REPLY_STRING ? text("%s", rep->str) : "";
}


/* Fields of 22 characters: places, or guardians. */
UNUSED static unsigned
rows(const char *number, const char *family)
{
    size_t             i;
    unsigned           n = 0;
    const redisReply  *rep;

    rep = fake_redis(h, "HKEYS civic:{p:%s}:%s", pid_of(number), family);

    for (i = 0; i < rep->elements; i++) {
        n += rep->element[i]->len == 22;
    }

    return n;
}


/* "bound", "reserved" or "", of a guardian's own list. */
UNUSED static const char *
place(const char *guardian, const char *relative)
{
    char  state[16] = "";

    (void) sscanf(field(guardian, "kin", pid_of(relative)), "%15s", state);

    return text("%s", state);
}


/* How: "pledge", "face", "counter"; "" if the relative's record does not have
   it. */
UNUSED static const char *
holder(const char *guardian, const char *relative)
{
    char         how[16] = "";
    const char  *row = field(relative, "guardians", pid_of(guardian));

    (void) sscanf(row, "%*s %*s %15s", how);

    return text("%s", how);
}


UNUSED static void
run_jobs(const char *name)
{
    unsigned       shard;
    fake_reply_t  *rep;

    for (shard = 0; shard < 16; shard++) {
        rep = fake_job(h, text("kinship.%s", name), shard, 1, NULL);

        if (rep->result != CIVIC_OK) {
            fail_msg("%s %u: %d %s", name, shard, rep->result, rep->code);
        }
    }
}


/* Both records say the same, and nothing waits. */
UNUSED static void
is_whole(const char *guardian, const char *relative)
{
    assert_int_equal(strcmp(place(guardian, relative), "bound") == 0,
                     holder(guardian, relative)[0] != '\0');
    assert_string_not_equal(place(guardian, relative), "reserved");
}


/* ---- what people are told ------------------------------------------------ */

/* The n-th message: "<kind> <text>"; "" if there were fewer. */
UNUSED static const char *
message(size_t n)
{
    json_t  *in = fake_called(h, "civic.message", n);

    return in == NULL ? ""
           : text("%s %s", json_string_value(json_object_get(in, "kind")),
                  json_string_value(json_object_get(in, "text_zh")));
}


UNUSED static const char *
message_to(size_t n)
{
    return json_string_value(json_object_get(
               fake_called(h, "civic.message", n), "pid"));
}

#endif
