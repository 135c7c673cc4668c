/*
 * card_finish.c - POST /login/card/finish: the browser came back from the
 * card's issuer with a code, or with the news that the holder refused.
 *
 * A trip ends with the first code that is brought for it, whatever comes of
 * it: the mark is set before the code is used.
 */

#include <stdlib.h>

#include "card.h"
#include "cookie.h"
#include "login.h"
#include "values.h"

const civic_field_t  login_card_finish_body[] = {
    { .name = "login", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .max = LOGIN_CARD_SEALED,
      .zh = "开始登录时取得的凭证；用 Cookie 时省略",
      .en = "what the beginning gave; absent when a cookie carries it" },
    { .name = "code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .max = 2048,
      .zh = "回调地址中的 code", .en = "the code of the address" },
    { .name = "state", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .max = 512,
      .zh = "回调地址中的 state", .en = "the state of the address" },
    { .name = "iss", .type = CIVIC_TYPE_STRING, .max = 512,
      .zh = "回调地址中的 iss", .en = "the iss of the address" },
    { .name = "error", .type = CIVIC_TYPE_STRING, .max = 64,
      .pattern = "[a-zA-Z0-9_.-]*", .example = "access_denied",
      .zh = "回调地址中的 error", .en = "the error of the address" },
    CIVIC_END
};

typedef struct {
    login_card_t       *card;
    login_card_trip_t   trip;
    const char         *code;
    login_holder_t      holder;
} finish_t;


civic_result_t
login_card_unavailable(civic_request_t *r)
{
    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = "card_unavailable",
                                  .retry_after = 5,
                              });
}


/* A member of the body; NULL if absent. */
static const char *
member(civic_request_t *r, const char *name)
{
    const char  *text = json_string_value(json_object_get(civic_body(r),
                                                          name));

    return text == NULL || *text == '\0' ? NULL : text;
}


/* ---- what came back ---------------------------------------------------- */

/* *problem: its code, or NULL. */
static civic_result_t
judge(civic_request_t *r, finish_t *f, const char **problem)
{
    civic_result_t          rc;
    login_issuer_t         *issuer;
    civic_oidc_client_t     client = login_card_client(r, f->card);
    civic_oidc_status_t     status;
    civic_oidc_callback_t   callback;

    rc = login_issuer_use(r, f->card, 0, &issuer);

    if (rc != CIVIC_OK) {
        *problem = "card_unavailable";
        return rc == CIVIC_NOT_SENT ? CIVIC_OK : rc;
    }

    callback.code = member(r, "code");
    callback.state = member(r, "state");
    callback.error = member(r, "error");
    callback.iss = member(r, "iss");

    status = civic_oidc_callback(&client, &issuer->metadata, &callback,
                                 f->trip.state);
    login_issuer_leave(issuer);

    f->code = callback.code;

    switch (status) {
    case CIVIC_OIDC_OK:
        break;

    case CIVIC_OIDC_STATE:
        *problem = "card_login_expired";
        break;

    case CIVIC_OIDC_REFUSED:
        *problem = strcmp(callback.error, "access_denied") == 0
                   ? "card_refused" : "card_failed";
        break;

    default:
        *problem = "card_failed";
    }

    return CIVIC_OK;
}


/* The first code that is brought ends the trip. */
static civic_result_t
end_trip(civic_request_t *r, const finish_t *f, int *first)
{
    civic_str_t           key, life;
    civic_msec_t          now = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_print(r, "civic:login:card:%s", f->trip.state);
    life = shared_decimal(r, f->trip.expires_at > now
                             ? f->trip.expires_at - now : 1);

    rc = civic_script(r, &(civic_script_t) {
                          .name = "login_once",
                          .keys = &key, .nkeys = 1,
                          .args = &life, .nargs = 1,
                      }, &value);

    *first = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


/* ---- the person -------------------------------------------------------- */

/* A card shows who somebody is: whoever comes the first time is registered
   by it. */
static civic_result_t
enrol(civic_request_t *r, const finish_t *f, civic_str_t pid)
{
    char                  text[CIVIC_IDENTITY_TEXT];
    int64_t               len;
    civic_str_t           key, args[2];
    civic_result_t        rc;
    const civic_value_t  *value;

    len = civic_person_identity_encode(&f->holder.identity, text);
    if (len < 0) {
        return CIVIC_ERROR;
    }

    rc = civic_seal(r, CIVIC_IDENTITY, pid,
                    (civic_str_t) { text, (size_t) len }, &args[0]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    key = civic_person_key(r, pid, CIVIC_PERSON_FAMILY);
    args[1] = shared_decimal(r, civic_now(r));

    return civic_script(r, &(civic_script_t) {
                            .name = "login_card_enrol",
                            .keys = &key, .nkeys = 1,
                            .args = args, .nargs = 2,
                            .flags = CIVIC_SCRIPT_DURABLE,
                        }, &value);
}


static civic_result_t
find_person(civic_request_t *r, const finish_t *f, login_entry_t *entry,
    int *answered)
{
    civic_str_t     pid, canonical;
    civic_result_t  rc;

    canonical.data = f->holder.identity.id.text;
    canonical.len = f->holder.identity.id.len;

    rc = civic_person_id(r, canonical, &pid);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = login_entry_person(r, pid, "card", entry, answered);
    if (rc != CIVIC_NOT_FOUND) {
        return rc;
    }

    rc = enrol(r, f, pid);

    return rc != CIVIC_OK ? rc
           : login_entry_person(r, pid, "card", entry, answered);
}


static civic_result_t
enter(civic_request_t *r, const finish_t *f)
{
    int              answered = 0;
    login_entry_t    entry;
    civic_result_t   rc;

    rc = find_person(r, f, &entry, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    /* one of the two is wrong, and a machine cannot tell which */
    if (!civic_name_same(f->holder.identity.name,
                         f->holder.identity.name_len,
                         entry.identity.name, entry.identity.name_len))
    {
        return civic_problem(r, "name_differs");
    }

    rc = login_entry_begin(r, &entry);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = login_entry_reply(r, &entry);

    return rc != CIVIC_OK || entry.token.len > 0 ? rc
           : shared_cookie_set(r, LOGIN_CARD_COOKIE, CIVIC_STR(""), 0);
}


/* ---- POST /login/card/finish ------------------------------------------- */

static civic_result_t
answer(civic_request_t *r, const char *problem)
{
    civic_count(r, LOGIN_FAILED, 1);

    return strcmp(problem, "card_unavailable") == 0
           ? login_card_unavailable(r) : civic_problem(r, problem);
}


/* Whether this browser is on a trip that is not over. */
static int
is_under_way(civic_request_t *r, finish_t *f)
{
    civic_str_t  sealed = civic_body_str(r, "login");

    if (sealed.len == 0) {
        sealed = shared_cookie_read(r, LOGIN_CARD_COOKIE);
    }

    return login_card_open(r, sealed, &f->trip)
           && civic_now(r) < f->trip.expires_at;
}


/* The rule's answer to how sure the issuer is; *refused: it was answered. */
static civic_result_t
judge_level(civic_request_t *r, const finish_t *f, int *refused)
{
    json_t          *decision;
    civic_result_t   rc;

    rc = civic_rule(r, "card", json_pack("{s:s}", "level", f->holder.level),
                    &decision);

    if (rc == CIVIC_OK
        && !json_is_true(json_object_get(decision, "allow")))
    {
        *refused = 1;
        return civic_refuse(r, decision);
    }

    return rc;
}


civic_result_t
login_card_finish(civic_request_t *r)
{
    int              first, refused = 0;
    finish_t         f;
    const char      *problem = NULL;
    civic_result_t   rc;

    memset(&f, 0, sizeof(f));
    f.card = &((login_state_t *) civic_state(r))->card;

    if (f.card->client.issuer == NULL) {
        return civic_problem(r, "login_method_off");
    }

    if (!is_under_way(r, &f)) {
        return answer(r, "card_login_expired");
    }

    rc = judge(r, &f, &problem);
    if (rc != CIVIC_OK || problem != NULL) {
        return rc != CIVIC_OK ? rc : answer(r, problem);
    }

    rc = end_trip(r, &f, &first);
    if (rc != CIVIC_OK || !first) {
        return rc != CIVIC_OK ? rc : answer(r, "card_login_expired");
    }

    rc = login_card_exchange(r, f.card, &f.trip, f.code, &f.holder, &problem);
    if (rc != CIVIC_OK || problem != NULL) {
        return rc != CIVIC_OK ? rc : answer(r, problem);
    }

    rc = judge_level(r, &f, &refused);

    return rc != CIVIC_OK || refused ? rc : enter(r, &f);
}
