/*
 * card_begin.c - POST /login/card: sends the browser to the card's issuer.
 *
 * What the way back must fit to (state, nonce, the verifier of PKCE) is kept
 * by the browser itself, sealed: nobody else can bring a code of this trip,
 * and a server remembers nothing until one is brought.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base64.h"
#include "cookie.h"
#include "login.h"
#include "values.h"
#include "words.h"

#define URL_ROOM       4096
#define RANDOM_BYTES   32
#define LIFE_FALLBACK  600              /* s: from begin to finish */
#define LIFE_MIN       60
#define LIFE_MAX       3600

const civic_field_t  login_card_begin_reply[] = {
    { .name = "authorization_url", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .max = URL_ROOM,
      .zh = "电子社保卡的授权地址，浏览器应前往该地址",
      .en = "where the browser goes now: the issuer's page" },
    { .name = "login", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .max = LOGIN_CARD_SEALED,
      .zh = "本次登录的凭证，返回后一并提交；用 Cookie 时不返回",
      .en = "goes back with the code; absent when a cookie carries it" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "须在此之前返回", .en = "until when the browser may be back" },
    CIVIC_END
};


/* ---- the trip ---------------------------------------------------------- */

static civic_result_t
seal_trip(civic_request_t *r, const login_card_trip_t *trip,
    civic_str_t *sealed)
{
    char           *text;
    civic_str_t     plain, bytes;
    civic_result_t  rc;

    plain = civic_print(r, "%s %s %s %lld", trip->state, trip->nonce,
                        trip->verifier, (long long) trip->expires_at);

    rc = civic_seal(r, LOGIN_CARD_PURPOSE, CIVIC_STR(""), plain, &bytes);
    if (rc != CIVIC_OK) {
        return rc;
    }

    text = civic_alloc(r, CIVIC_BASE64_ROOM(bytes.len));
    sealed->len = civic_base64_encode_url(bytes.data, bytes.len, text);
    sealed->data = text;

    return CIVIC_OK;
}


int
login_card_open(civic_request_t *r, civic_str_t sealed,
    login_card_trip_t *trip)
{
    char         bytes[LOGIN_CARD_SEALED];
    int64_t      len;
    long long    expires_at;
    civic_str_t  plain;

    if (sealed.len == 0 || sealed.len > LOGIN_CARD_SEALED) {
        return 0;
    }

    len = civic_base64_decode_url(sealed.data, sealed.len, bytes);

    if (len <= 0
        || civic_open(r, LOGIN_CARD_PURPOSE, CIVIC_STR(""),
                      (civic_str_t) { bytes, (size_t) len }, &plain)
           != CIVIC_OK)
    {
        return 0;
    }

    plain = shared_copy(r, plain);

    if (sscanf(plain.data, "%43s %43s %43s %lld", trip->state, trip->nonce,
               trip->verifier, &expires_at) != 4)
    {
        return 0;
    }

    trip->expires_at = expires_at;

    return 1;
}


/* *challenge: of the verifier. */
static civic_result_t
make_trip(civic_request_t *r, login_card_trip_t *trip,
    char challenge[CIVIC_OIDC_PKCE])
{
    json_t          *rule;
    civic_result_t   rc;
    unsigned char    random[3 * RANDOM_BYTES];

    rc = civic_rule(r, "card_trip", NULL, &rule);

    if (rc == CIVIC_OK) {
        rc = civic_random(r, random, sizeof(random));
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_base64_encode_url(random, RANDOM_BYTES, trip->state);
    civic_base64_encode_url(random + RANDOM_BYTES, RANDOM_BYTES, trip->nonce);
    civic_oidc_pkce(random + 2 * RANDOM_BYTES, trip->verifier, challenge);
    trip->expires_at = civic_now(r)
                       + 1000 * shared_rule_number(rule, "life",
                                                   LIFE_FALLBACK, LIFE_MIN,
                                                   LIFE_MAX);
    explicit_bzero(random, sizeof(random));

    return CIVIC_OK;
}


/* ---- POST /login/card -------------------------------------------------- */

static civic_result_t
write_begin(civic_request_t *r, const char *url, civic_str_t sealed,
    civic_msec_t expires_at)
{
    int              cookie = shared_cookie_wanted(r);
    civic_msec_t     life = expires_at - civic_now(r);
    civic_writer_t  *w = civic_reply(r, 201);

    civic_write_str(r, w, "authorization_url", civic_cstr(url));

    if (!cookie) {
        civic_write_str(r, w, "login", sealed);
    }

    civic_write_instant(r, w, "expires_at", expires_at);

    return !cookie ? CIVIC_OK
           : shared_cookie_set(r, LOGIN_CARD_COOKIE, sealed,
                               life > 1000 ? life / 1000 : 1);
}


civic_result_t
login_card_begin(civic_request_t *r)
{
    int                   answered = 0;
    char                  challenge[CIVIC_OIDC_PKCE], *url;
    int64_t               len;
    civic_str_t           sealed;
    login_card_t         *card = &((login_state_t *) civic_state(r))->card;
    civic_result_t        rc;
    login_issuer_t       *issuer;
    login_card_trip_t     trip;
    civic_oidc_client_t   client = login_card_client(r, card);

    if (client.issuer == NULL) {
        return civic_problem(r, "login_method_off");
    }

    rc = login_channel_check(r, "card", &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = make_trip(r, &trip, challenge);

    if (rc == CIVIC_OK) {
        rc = seal_trip(r, &trip, &sealed);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = login_issuer_use(r, card, 0, &issuer);

    if (rc != CIVIC_OK) {
        return rc == CIVIC_NOT_SENT ? login_card_unavailable(r) : rc;
    }

    url = civic_alloc(r, URL_ROOM);
    len = civic_oidc_authorization_url(&client, &issuer->metadata,
                                       &(civic_oidc_login_t) {
                                           .state = trip.state,
                                           .nonce = trip.nonce,
                                           .challenge = challenge,
                                       }, url, URL_ROOM);
    login_issuer_leave(issuer);

    if (len < 0) {
        civic_log(r, CIVIC_LOG_ERROR, "the card's issuer: its authorization "
                  "address is too long");
        return CIVIC_ERROR;
    }

    return write_begin(r, url, sealed, trip.expires_at);
}
