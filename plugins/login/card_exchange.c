/*
 * card_exchange.c - server to server: the code for tokens, the tokens for
 * who the card's holder is.
 *
 * A code works once, so it is sent once: whatever happens to it, the browser
 * begins anew.  Nothing is granted before every check of kit/oidc held.
 */

#include <stdlib.h>

#include "card.h"
#include "login.h"

#define FORM_ROOM     4096
#define HEADER_ROOM   2048

/* One login's way through the endpoints. */
typedef struct {
    civic_request_t      *r;
    login_card_t         *card;
    civic_oidc_client_t   client;
    login_issuer_t       *issuer;
    civic_oidc_tokens_t   tokens;
    json_t               *claims;
    json_t               *userinfo;
    const char           *code;         /* the problem, once there is one */
} exchange_t;


static civic_result_t
fail(exchange_t *x, const char *code, const char *what, const char *why)
{
    civic_log(x->r, CIVIC_LOG_ERROR, "the card's issuer: %s: %s", what, why);
    x->code = code;

    return CIVIC_OK;
}


/* ---- the token endpoint ------------------------------------------------ */

static civic_result_t
send_form(exchange_t *x, const char *path, const char *form, size_t len,
    const civic_http_reply_t **reply)
{
    char                *basic = civic_alloc(x->r, HEADER_ROOM);
    size_t               nheaders = 1;
    civic_http_header_t  headers[2] = {
        { "Content-Type", CIVIC_STR("application/x-www-form-urlencoded") },
    };

    if (x->client.auth == CIVIC_OIDC_BASIC) {
        if (civic_oidc_basic(&x->client, basic, HEADER_ROOM) < 0) {
            return CIVIC_ERROR;
        }

        headers[nheaders].name = "Authorization";
        headers[nheaders++].value = civic_cstr(basic);
    }

    return civic_http(x->r, &(civic_http_request_t) {
                          .upstream = x->card->upstream,
                          .method = CIVIC_POST,
                          .path = civic_cstr(path),
                          .headers = headers, .nheaders = nheaders,
                          .body = { form, len },
                      }, reply);
}


static civic_result_t
get_tokens(exchange_t *x, const char *authorization_code,
    const char *verifier)
{
    char                      *form = civic_alloc(x->r, FORM_ROOM);
    int64_t                    len;
    civic_result_t             rc;
    civic_oidc_status_t        status;
    civic_oidc_address_t       address;
    const civic_http_reply_t  *reply;

    len = civic_oidc_token_form(&x->client, authorization_code, verifier,
                                NULL, form, FORM_ROOM);

    if (len < 0
        || civic_oidc_address(x->issuer->metadata.token_endpoint, &address)
           != 0)
    {
        return fail(x, "card_failed", "token", "the request does not fit");
    }

    rc = send_form(x, address.path, form, (size_t) len, &reply);

    if (rc == CIVIC_NOT_SENT || rc == CIVIC_UNKNOWN) {
        return fail(x, "card_unavailable", "token", "no answer");
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    status = civic_oidc_token_answer(reply->status, reply->body.data,
                                     reply->body.len, &x->tokens);

    if (status == CIVIC_OIDC_OK) {
        return CIVIC_OK;
    }

    return fail(x, reply->status >= 500 ? "card_unavailable" : "card_failed",
                "token", civic_oidc_text(status));
}


/* ---- the id_token ------------------------------------------------------ */

static civic_oidc_status_t
check_id_token(exchange_t *x, const char *nonce)
{
    return civic_oidc_id_token(&x->client, x->issuer->keys,
                               x->tokens.id_token,
                               strlen(x->tokens.id_token),
                               &(civic_oidc_expected_t) {
                                   .nonce = nonce,
                                   .access_token = x->tokens.access_token,
                                   .now = civic_now(x->r) / 1000,
                               }, &x->claims);
}


/* Keys rotate: one that is not known may be newer than ours. */
static civic_result_t
get_claims(exchange_t *x, const char *nonce)
{
    civic_result_t        rc;
    login_issuer_t       *newer;
    civic_oidc_status_t   status = check_id_token(x, nonce);

    if (status == CIVIC_OIDC_KEY_UNKNOWN) {
        rc = login_issuer_use(x->r, x->card, 1, &newer);

        if (rc == CIVIC_NOT_SENT) {
            x->code = "card_unavailable";
            return CIVIC_OK;
        }

        if (rc != CIVIC_OK) {
            return rc;
        }

        login_issuer_leave(x->issuer);
        x->issuer = newer;
        status = check_id_token(x, nonce);
    }

    return status == CIVIC_OIDC_OK ? CIVIC_OK
           : fail(x, "card_failed", "id_token", civic_oidc_text(status));
}


/* ---- userinfo ---------------------------------------------------------- */

/* Only where the id_token does not tell who it is. */
static civic_result_t
get_userinfo(exchange_t *x)
{
    civic_result_t             rc;
    civic_http_header_t        header;
    civic_oidc_status_t        status;
    civic_oidc_address_t       address;
    const civic_http_reply_t  *reply;

    if (x->issuer->metadata.userinfo_endpoint == NULL
        || (civic_oidc_claim(x->claims, x->card->map.id_number) != NULL
            && civic_oidc_claim(x->claims, x->card->map.name) != NULL))
    {
        return CIVIC_OK;
    }

    if (civic_oidc_address(x->issuer->metadata.userinfo_endpoint, &address)
        != 0)
    {
        return fail(x, "card_failed", "userinfo", "is no address");
    }

    header.name = "Authorization";
    header.value = civic_print(x->r, "Bearer %s", x->tokens.access_token);

    rc = civic_http(x->r, &(civic_http_request_t) {
                        .upstream = x->card->upstream,
                        .method = CIVIC_GET,
                        .path = civic_cstr(address.path),
                        .headers = &header, .nheaders = 1,
                        .max_reply = CIVIC_OIDC_DOCUMENT,
                        .flags = CIVIC_HTTP_SAFE,
                    }, &reply);

    if (rc == CIVIC_NOT_SENT || rc == CIVIC_UNKNOWN) {
        return fail(x, "card_unavailable", "userinfo", "no answer");
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (reply->status != 200) {
        return fail(x, "card_unavailable", "userinfo",
                    "not answered with 200");
    }

    status = civic_oidc_userinfo(reply->body.data, reply->body.len,
                                 x->claims, &x->userinfo);

    return status == CIVIC_OIDC_OK ? CIVIC_OK
           : fail(x, "card_failed", "userinfo", civic_oidc_text(status));
}


static civic_result_t
get_holder(exchange_t *x, login_holder_t *holder)
{
    const char           *level = NULL;
    civic_id_rules_t      rules;
    civic_oidc_status_t   status;

    memset(&rules, 0, sizeof(rules));
    rules.today = civic_date_in_china(civic_business_now(x->r));
    rules.minimum_year = 1;

    status = civic_oidc_identity(&x->card->map, x->claims, x->userinfo,
                                 &rules, &holder->identity, &level);

    if (status != CIVIC_OIDC_OK) {
        return fail(x, "card_no_identity", "identity",
                    civic_oidc_text(status));
    }

    holder->level = level == NULL ? "" : civic_print(x->r, "%s", level).data;

    return CIVIC_OK;
}


civic_result_t
login_card_exchange(civic_request_t *r, login_card_t *card,
    const login_card_trip_t *trip, const char *authorization_code,
    login_holder_t *holder, const char **code)
{
    exchange_t      x;
    civic_result_t  rc;

    memset(&x, 0, sizeof(x));
    x.r = r;
    x.card = card;
    x.client = login_card_client(r, card);

    rc = login_issuer_use(r, card, 0, &x.issuer);

    if (rc != CIVIC_OK) {
        *code = "card_unavailable";
        return rc == CIVIC_NOT_SENT ? CIVIC_OK : rc;
    }

    rc = get_tokens(&x, authorization_code, trip->verifier);

    if (rc == CIVIC_OK && x.code == NULL) {
        rc = get_claims(&x, trip->nonce);
    }

    if (rc == CIVIC_OK && x.code == NULL) {
        rc = get_userinfo(&x);
    }

    if (rc == CIVIC_OK && x.code == NULL) {
        rc = get_holder(&x, holder);
    }

    json_decref(x.userinfo);
    json_decref(x.claims);
    civic_oidc_tokens_release(&x.tokens);
    login_issuer_leave(x.issuer);

    *code = x.code;

    return rc;
}
