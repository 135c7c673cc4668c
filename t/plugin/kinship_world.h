/*
 * kinship_world.h - what the tests of the plugin "kinship" stand on: it,
 * people whom login knows, consents, codes and bindings as Redis has them.
 *
 * Who login knows is one person at a time (person_is()): what a test needs
 * of several it does one after the other.
 */

#ifndef KINSHIP_WORLD_H
#define KINSHIP_WORLD_H

#include "world.h"

#define NOON     1773028800000LL        /* 2026-03-09T12:00:00+08:00 */
#define HOUR     3600000LL
#define DAY      (24 * HOUR)
#define NUMBER   "630105199003079996"   /* 36 years old */
#define OTHER    "63280119850601000X"   /* 40 */
#define ELDER    "610104195203071229"   /* 74 */
#define CHILD    "610104201803093817"   /* 8, today */


/* ---- the world --------------------------------------------------------- */

#ifndef KINSHIP_RULES
#define KINSHIP_RULES  "lua/rules"
#endif

#ifndef KINSHIP_OPTIONS
#define KINSHIP_OPTIONS  NULL           /* paper's tests give keys */
#endif

UNUSED static int
setup(void **state)
{
    (void) state;

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/kinship.so"),
        .others = { built("t/plugin/fixtures/asker.so"),
                    built("t/plugin/fixtures/prying.so") },
        .options = { KINSHIP_OPTIONS },
        .rules_dir = KINSHIP_RULES, .scripts_dir = "lua/redis",
        .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON);
    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    fake_answer_call(h, "face_auth.state", CIVIC_OK,
                     json_pack("{s:b}", "valid", 1));

    return 0;
}


#define TEST(name)  cmocka_unit_test_setup(name, reset)


/* A text of printf, in one of a few buffers that take turns. */
__attribute__((format(printf, 1, 2)))
UNUSED static const char *
text(const char *fmt, ...)
{
    va_list          args;
    static char      texts[32][1024];
    static unsigned  turn;

    char  *out = texts[turn++ % 32];

    va_start(args, fmt);
    vsnprintf(out, sizeof(texts[0]), fmt, args);
    va_end(args);

    return out;
}


/* ---- people ------------------------------------------------------------ */

UNUSED static const char *
pid_of(const char *number)
{
    return fake_person_id(h, number);
}


UNUSED static const char *
citizen(const char *number)
{
    return fake_session(h, number, CIVIC_CITIZEN);
}


/* A session of staff; roles as in the contract. */
UNUSED static const char *
staff(unsigned roles)
{
    return fake_session(h, "110101198001010010", roles);
}


/* Login knows this person, and no other. */
UNUSED static void
person_is(const char *number, const char *name)
{
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s}",
                               "state", "person", "person", pid_of(number),
                               "name", name, "id_number", number,
                               "kind", "resident",
                               "proven_at", (json_int_t) NOON,
                               "proven_by", "face"));
}


/* Login knows nobody. */
UNUSED static void
nobody_is(void)
{
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s}", "state", "none"));
}


/* What somebody consents to; id NULL: not any more. */
UNUSED static void
consent_is(const char *number, const char *purpose, const char *id)
{
    const char  *key = text("civic:{p:%s}:consents", pid_of(number));

    if (id == NULL) {
        fake_redis(h, "HDEL %s %s", key, purpose);
        fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
        return;
    }

    fake_redis(h, "HSET %s %s %s", key, purpose, id);
    fake_answer_call(h, "civic.consent", CIVIC_OK,
                     json_pack("{s:s}", "id", id));
}


/* ---- requests ---------------------------------------------------------- */

UNUSED static fake_reply_t *
get(const char *token, const char *path)
{
    return checked(fake_request(h, CIVIC_GET, path, &(fake_request_t) {
                                    .token = token }));
}


UNUSED static fake_reply_t *
post(const char *token, const char *path, const char *body)
{
    return checked(fake_request(h, CIVIC_POST, path, &(fake_request_t) {
                                    .token = token, .body = body }));
}


/* ---- codes and bindings ------------------------------------------------ */

/* Somebody's own code, with the consent "c-<number>"; login knows this
   person from here on. */
UNUSED static void
has_code(const char *number, const char *name)
{
    fake_reply_t  *rep;

    person_is(number, name);
    consent_is(number, "health", text("c-%s", number));
    rep = post(citizen(number), "/kinship/code", NULL);

    if (rep->status != 200) {
        fail_msg("%d %s", rep->status, rep->body);
    }
}


/* The code of somebody without an account, as a guardian's binding opens it:
   under the consent of that purpose. */
UNUSED static void
has_kin_code(const char *number, const char *name, const char *purpose)
{
    civic_msec_t  now = fake_now(h);

    fake_set_clock(h, now + 20 * 366 * DAY);    /* old enough for it */
    has_code(number, name);
    fake_set_clock(h, now);
    fake_redis(h, "HSET civic:{p:%s}:health opened %b consent %b",
               pid_of(number), "1773028800000 kin", (size_t) 17,
               text("%s k-%s", purpose, number),
               strlen(purpose) + 3 + strlen(number));
    consent_is(number, "health", NULL);
    consent_is(number, purpose, text("k-%s", number));
    nobody_is();
}


/* The n-th binding's id. */
UNUSED static const char *
binding_id(unsigned n)
{
    return text("binding%014uA", n);
}


/* A binding as both records have it; how: face, counter, pledge. */
UNUSED static const char *
bound(unsigned n, const char *guardian, const char *relative,
    const char *relation, const char *how, int64_t since)
{
    const char  *id = binding_id(n), *own, *theirs;

    own = text("bound %s %lld %s", id, (long long) since, relation);
    theirs = text("%s %lld %s %s", id, (long long) since, how, relation);

    fake_redis(h, "HSET civic:{p:%s}:kin %s %b", pid_of(guardian),
               pid_of(relative), own, strlen(own));
    fake_redis(h, "HSET civic:{p:%s}:guardians %s %b", pid_of(relative),
               pid_of(guardian), theirs, strlen(theirs));

    return id;
}

#endif
