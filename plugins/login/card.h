/*
 * card.h - logging in with the electronic social-security card.
 *
 *   card_setup.c      options, and what is read at the start
 *   card_issuer.c     the issuer's metadata and keys, as this worker has them
 *   card_begin.c      POST /login/card: sends the browser to the issuer
 *   card_finish.c     POST /login/card/finish: it came back
 *   card_exchange.c   server to server: the code for who it is
 *
 * The card's own interface is not public; an OpenID Connect issuer stands for
 * it (docs/adr/0014-oidc.md), so all that differs is configuration.
 */

#ifndef CIVIC_LOGIN_CARD_H
#define CIVIC_LOGIN_CARD_H

#include "civic_plugin.h"
#include "oidc.h"

#define LOGIN_CARD_PURPOSE  "card"
#define LOGIN_CARD_COOKIE   "__Host-civic_card"
#define LOGIN_CARD_SEALED   512         /* characters of it, at most */


/* ---- card_issuer.c ----------------------------------------------------- */

/* What was fetched, counted: a newer one may replace it while a request
   still reads. */
typedef struct {
    unsigned                users;
    civic_oidc_provider_t   metadata;
    civic_oidc_keys_t      *keys;
    civic_msec_t            fetched_at;
} login_issuer_t;

/* Of a worker. */
typedef struct {
    civic_oidc_client_t   client;           /* issuer NULL: there is none */
    civic_oidc_map_t      map;
    const char           *upstream;
    char                 *secret;
    login_issuer_t       *issuer;           /* NULL: none was fetched yet */
    civic_msec_t          fetched_at;       /* the last try */
} login_card_t;

/*
 * The issuer, to be given back with login_issuer_leave().  fresh: ask it
 * again, unless that was done a moment ago.  CIVIC_NOT_SENT (logged): it
 * cannot be asked, or says what we cannot work with.
 */
civic_result_t login_issuer_use(civic_request_t *r, login_card_t *card,
    int fresh, login_issuer_t **issuer);

void login_issuer_leave(login_issuer_t *issuer);


/* ---- card_setup.c ------------------------------------------------------ */

int login_card_check(json_t *options, civic_failure_t *failure);
int login_card_start(civic_worker_t *w, login_card_t *card,
    civic_failure_t *failure);
void login_card_stop(login_card_t *card);

/* The client as this environment has it. */
civic_oidc_client_t login_card_client(civic_request_t *r,
    const login_card_t *card);


/* ---- card_begin.c ------------------------------------------------------ */

/* What a browser keeps while it is at the issuer, sealed. */
typedef struct {
    char          state[CIVIC_OIDC_PKCE];
    char          nonce[CIVIC_OIDC_PKCE];
    char          verifier[CIVIC_OIDC_PKCE];
    civic_msec_t  expires_at;
} login_card_trip_t;

/* 0 if it is none of ours. */
int login_card_open(civic_request_t *r, civic_str_t sealed,
    login_card_trip_t *trip);

civic_result_t login_card_begin(civic_request_t *r);


/* ---- card_exchange.c --------------------------------------------------- */

typedef struct {
    civic_person_identity_t  identity;
    const char              *level;         /* of assurance; "" if untold */
} login_holder_t;

/* Who it is.  *code: the problem to answer with instead, or NULL. */
civic_result_t login_card_exchange(civic_request_t *r, login_card_t *card,
    const login_card_trip_t *trip, const char *authorization_code,
    login_holder_t *holder, const char **code);


/* ---- card_finish.c ----------------------------------------------------- */

civic_result_t login_card_finish(civic_request_t *r);

/* Answers that the issuer cannot be asked now. */
civic_result_t login_card_unavailable(civic_request_t *r);

/* Tables of the routes. */
extern const civic_field_t  login_card_begin_reply[];
extern const civic_field_t  login_card_finish_body[];

#endif
