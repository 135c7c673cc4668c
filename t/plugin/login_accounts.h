/*
 * login_accounts.h - a gateway that says what the test wants, visitors, and
 * what a face would have proven.
 */

#ifndef LOGIN_ACCOUNTS_H
#define LOGIN_ACCOUNTS_H

#include "login_world.h"

#define APP   "2021000000000001"
#define CODE  "a-code-of-the-phone"
#define BODY  "{\"auth_code\":\"" CODE "\"}"


/* ---- the gateway ------------------------------------------------------- */

/* user_id may be NULL. */
UNUSED static void
answer_token(const char *open_id, const char *user_id)
{
    json_t  *node = json_pack("{s:s, s:s}", "access_token", "at", "open_id",
                              open_id);

    if (user_id != NULL) {
        json_object_set_new(node, "user_id", json_string(user_id));
    }

    fake_answer_call(h, "alipay.call", CIVIC_OK,
                     json_pack("{s:s, s:s, s:s, s:o}", "outcome", "done",
                               "code", "10000", "sub_code", "", "node",
                               node));
}


UNUSED static int
arrive(void **state)
{
    reset(state);
    fake_answer_call(h, "alipay.app", CIVIC_OK,
                     json_pack("{s:s, s:b}", "app_id", APP, "user_info", 0));
    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    fake_answer_call(h, "civic.consents_carry", CIVIC_OK,
                     json_pack("{s:i}", "carried", 0));

    return 0;
}


UNUSED static fake_reply_t *
enter_again(void)
{
    return fake_request(h, CIVIC_POST, "/login/alipay",
                        &(fake_request_t) { .body = BODY });
}


UNUSED static fake_reply_t *
enter(const char *open_id)
{
    answer_token(open_id, NULL);

    return enter_again();
}


/* A session's token. */
UNUSED static const char *
visitor(const char *open_id)
{
    fake_reply_t  *rep = enter(open_id);

    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "visitor");

    return fake_text(rep, "token");
}


UNUSED static const char *
aid_of(const char *open_id)
{
    char  text[128];

    snprintf(text, sizeof(text), "alipay:" APP ":%s", open_id);

    return fake_person_id(h, text);
}


/* Of a PC: the password comes first. */
UNUSED static const char *
must_set(const char *open_id)
{
    return fake_session_with(h, &(civic_session_spec_t) {
        .pid = civic_cstr(aid_of(open_id)), .roles = CIVIC_VISITOR,
        .method = "alipay_qr", .lifetime = 3600, .refresh = 60,
        .must_set_password = 1,
    });
}


UNUSED static fake_reply_t *
claim(const char *token, const char *number, const char *name)
{
    char  body[256];

    snprintf(body, sizeof(body), "{\"name\":\"%s\",\"id_number\":\"%s\"}",
             name, number);

    return fake_request(h, CIVIC_PUT, "/login/identity",
                        &(fake_request_t) { .token = token, .body = body });
}


UNUSED static void
say_who(const char *token, const char *number, const char *name)
{
    fake_reply_t  *rep = claim(token, number, name);

    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
}


/* ---- the calls --------------------------------------------------------- */

#define PROVEN  "/asker/calls/login.proven"

/* pid: an account's, or the person's. */
UNUSED static const char *
proof_body(const char *pid, const char *number, int recover, long long at)
{
    static char      bodies[8][256];
    static unsigned  turn;

    char  *body = bodies[turn++ % 8];

    snprintf(body, sizeof(bodies[0]), "{\"pid\":\"%s\",\"person\":\"%s\","
             "\"how\":\"face\",\"recover\":%s,\"at\":%lld}", pid,
             fake_person_id(h, number), recover ? "true" : "false", at);

    return body;
}


UNUSED static fake_reply_t *
prove(const char *open_id, const char *number, int recover, long long at)
{
    return fake_request(h, CIVIC_POST, PROVEN, &(fake_request_t) {
        .body = proof_body(aid_of(open_id), number, recover, at) });
}


/* A member of what the call gave. */
UNUSED static json_t *
told(const fake_reply_t *rep, const char *name)
{
    return json_object_get(json_object_get(rep->json, "out"), name);
}


/* (json_is_true() is a macro that asks twice.) */
UNUSED static int
is(const fake_reply_t *rep, const char *name)
{
    json_t  *value = told(rep, name);

    return json_is_true(value);
}


UNUSED static const char *
refused(const fake_reply_t *rep)
{
    const char  *text = json_string_value(told(rep, "refused"));

    return text == NULL ? "" : text;
}


/* ---- what Redis holds -------------------------------------------------- */

UNUSED static size_t
count_keys(const char *pattern)
{
    return fake_redis(h, "KEYS %s", pattern)->elements;
}


/* A field of a person's record, or ""; until the next but seven. */
UNUSED static const char *
field(const char *number, const char *name)
{
    const redisReply  *reply = fake_redis(h, "HGET %s %s",
                                          key_of(number, "person"), name);

    return reply->type == REDIS_REPLY_STRING ? reply->str : "";
}


UNUSED static int
has_link(const char *number, const char *open_id)
{
    char  name[64];

    snprintf(name, sizeof(name), "account:%s", aid_of(open_id));

    return *field(number, name) != '\0';
}


/* ---- staff ------------------------------------------------------------- */

/* what: "" or "/lift". */
UNUSED static fake_reply_t *
lock(const char *what, const char *number)
{
    char  path[64], body[128];

    snprintf(path, sizeof(path), "/login/locks%s", what);
    snprintf(body, sizeof(body), *what == '\0'
             ? "{\"id_number\":\"%s\",\"reason\":\"other\"}"
             : "{\"id_number\":\"%s\"}", number);

    return fake_request(h, CIVIC_POST, path, &(fake_request_t) {
        .token = fake_session(h, "somebody at the desk", CIVIC_COUNTER),
        .body = body });
}

#endif
