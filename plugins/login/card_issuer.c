/*
 * card_issuer.c - what the card's issuer publishes: where its endpoints are
 * and which keys it signs with, fetched when needed and kept for a while.
 *
 * All endpoints that we call must have the issuer's own origin: everything
 * is sent to the one upstream, and a secret must not go where a document
 * says.
 */

#include <stdlib.h>

#include "card.h"

#define FRESH_FOR  (3600 * 1000LL)      /* ms until metadata is fetched anew */
#define PAUSE      (10 * 1000LL)        /* ms between tries for newer ones */


static void
release(login_issuer_t *issuer)
{
    civic_oidc_provider_release(&issuer->metadata);
    civic_oidc_keys_free(issuer->keys);
    free(issuer);
}


void
login_issuer_leave(login_issuer_t *issuer)
{
    if (--issuer->users == 0) {
        release(issuer);
    }
}


static civic_result_t
refuse(civic_request_t *r, const char *what, const char *why)
{
    civic_log(r, CIVIC_LOG_ERROR, "the card's issuer: %s: %s", what, why);

    return CIVIC_NOT_SENT;
}


/* A document; CIVIC_NOT_SENT (logged) if it does not come. */
static civic_result_t
get(civic_request_t *r, const login_card_t *card, const char *what,
    const char *path, const civic_http_reply_t **reply)
{
    civic_result_t  rc;

    rc = civic_http(r, &(civic_http_request_t) {
                        .upstream = card->upstream,
                        .method = CIVIC_GET,
                        .path = civic_cstr(path),
                        .max_reply = CIVIC_OIDC_DOCUMENT,
                        .flags = CIVIC_HTTP_SAFE,
                    }, reply);

    if (rc == CIVIC_NOT_SENT || rc == CIVIC_UNKNOWN) {
        return refuse(r, what, "no answer");
    }

    if (rc == CIVIC_OK && (*reply)->status != 200) {
        return refuse(r, what, "not answered with 200");
    }

    return rc;
}


static civic_result_t
fetch_metadata(civic_request_t *r, const login_card_t *card,
    login_issuer_t *issuer)
{
    char                       path[CIVIC_OIDC_URL];
    civic_result_t             rc;
    civic_oidc_client_t        client = login_card_client(r, card);
    civic_oidc_status_t        status;
    const civic_http_reply_t  *reply;

    if (civic_oidc_discovery_path(client.issuer, path, sizeof(path)) < 0) {
        return refuse(r, "discovery", "card_issuer is too long");
    }

    rc = get(r, card, "discovery", path, &reply);
    if (rc != CIVIC_OK) {
        return rc;
    }

    status = civic_oidc_discovery(&client, reply->body.data, reply->body.len,
                                  &issuer->metadata);

    if (status != CIVIC_OIDC_OK) {
        return refuse(r, "discovery", civic_oidc_text(status));
    }

    if (!civic_oidc_same_origin(client.issuer, issuer->metadata.jwks_uri)
        || !civic_oidc_same_origin(client.issuer,
                                   issuer->metadata.token_endpoint)
        || (issuer->metadata.userinfo_endpoint != NULL
            && !civic_oidc_same_origin(client.issuer,
                                   issuer->metadata.userinfo_endpoint)))
    {
        return refuse(r, "discovery", "an endpoint is on another origin");
    }

    return CIVIC_OK;
}


static civic_result_t
fetch_keys(civic_request_t *r, const login_card_t *card,
    login_issuer_t *issuer)
{
    civic_result_t             rc;
    civic_oidc_status_t        status;
    civic_oidc_address_t       address;
    const civic_http_reply_t  *reply;

    if (civic_oidc_address(issuer->metadata.jwks_uri, &address) != 0) {
        return refuse(r, "keys", "jwks_uri is no address");
    }

    rc = get(r, card, "keys", address.path, &reply);
    if (rc != CIVIC_OK) {
        return rc;
    }

    status = civic_oidc_keys_read(reply->body.data, reply->body.len,
                                  &issuer->keys);

    return status == CIVIC_OIDC_OK ? CIVIC_OK
           : refuse(r, "keys", civic_oidc_text(status));
}


/* A new one in the place of the old, which goes with its last user. */
static civic_result_t
fetch(civic_request_t *r, login_card_t *card)
{
    civic_result_t   rc;
    login_issuer_t  *issuer = calloc(1, sizeof(login_issuer_t));

    if (issuer == NULL) {
        return CIVIC_ERROR;
    }

    issuer->users = 1;
    card->fetched_at = civic_now(r);

    rc = fetch_metadata(r, card, issuer);

    if (rc == CIVIC_OK) {
        rc = fetch_keys(r, card, issuer);
    }

    if (rc != CIVIC_OK) {
        release(issuer);
        return rc;
    }

    issuer->fetched_at = civic_now(r);

    if (card->issuer != NULL) {
        login_issuer_leave(card->issuer);
    }

    card->issuer = issuer;

    return CIVIC_OK;
}


civic_result_t
login_issuer_use(civic_request_t *r, login_card_t *card, int fresh,
    login_issuer_t **issuer)
{
    civic_msec_t    now = civic_now(r);
    civic_result_t  rc = CIVIC_OK;

    if (card->issuer == NULL
        || ((fresh || now >= card->issuer->fetched_at + FRESH_FOR)
            && now >= card->fetched_at + PAUSE))
    {
        rc = fetch(r, card);
    }

    /* what is old serves on while the issuer says nothing new */
    if (rc == CIVIC_NOT_SENT && card->issuer != NULL) {
        rc = CIVIC_OK;
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    card->issuer->users++;
    *issuer = card->issuer;

    return CIVIC_OK;
}
