/*
 * oidc_login.c - the browser's way to the provider and back; see oidc.h.
 */

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base64.h"
#include "oidc_private.h"


void
civic_oidc_pkce(const unsigned char random[32],
    char verifier[CIVIC_OIDC_PKCE], char challenge[CIVIC_OIDC_PKCE])
{
    size_t         len;
    unsigned char  digest[SHA256_DIGEST_LENGTH];

    len = civic_base64_encode_url(random, 32, verifier);
    SHA256((const unsigned char *) verifier, len, digest);
    civic_base64_encode_url(digest, sizeof(digest), challenge);
}


static int
is_own_parameter(const char *name)
{
    size_t  i;

    static const char *const  own[] = {
        "response_type", "response_mode", "client_id", "redirect_uri",
        "scope", "state", "nonce", "code_challenge", "code_challenge_method",
        "request", "request_uri"
    };

    for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (strcmp(name, own[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


int64_t
civic_oidc_authorization_url(const civic_oidc_client_t *client,
    const civic_oidc_provider_t *provider, const civic_oidc_login_t *login,
    char *out, size_t size)
{
    size_t            i;
    const char       *endpoint = provider->authorization_endpoint;
    civic_oidc_out_t  url = { out, size, 0 };

    civic_oidc_put(&url, endpoint, strlen(endpoint));

    /* RFC 6749 section 3.1: a query that is there stays */
    civic_oidc_put(&url, strchr(endpoint, '?') ? "&" : "?", 1);
    civic_oidc_put(&url, "response_type=code", 18);

    civic_oidc_put_field(&url, "client_id", client->client_id);
    civic_oidc_put_field(&url, "redirect_uri", client->redirect_uri);
    civic_oidc_put_field(&url, "scope", client->scope);
    civic_oidc_put_field(&url, "state", login->state);
    civic_oidc_put_field(&url, "nonce", login->nonce);
    civic_oidc_put_field(&url, "code_challenge", login->challenge);
    civic_oidc_put_field(&url, "code_challenge_method", "S256");

    for (i = 0; i < login->nmore; i++) {
        if (is_own_parameter(login->more[i].name)) {
            return -1;
        }

        civic_oidc_put(&url, "&", 1);
        civic_oidc_put_encoded(&url, login->more[i].name);
        civic_oidc_put(&url, "=", 1);
        civic_oidc_put_encoded(&url, login->more[i].value);
    }

    return civic_oidc_out_end(&url);
}


static int
is_same_secret(const char *a, const char *b)
{
    size_t  len = strlen(a);

    return strlen(b) == len && CRYPTO_memcmp(a, b, len) == 0;
}


civic_oidc_status_t
civic_oidc_callback(const civic_oidc_client_t *client,
    const civic_oidc_provider_t *provider,
    const civic_oidc_callback_t *callback, const char *state)
{
    /* before all else: without it nothing of the query is the provider's */
    if (state == NULL || *state == '\0' || callback->state == NULL
        || !is_same_secret(callback->state, state))
    {
        return CIVIC_OIDC_STATE;
    }

    /* RFC 9207 section 2.4: a code must not be given to another issuer */
    if (callback->iss == NULL ? provider->names_itself
                              : strcmp(callback->iss, client->issuer) != 0)
    {
        return CIVIC_OIDC_ISSUER;
    }

    if (callback->error != NULL) {
        return CIVIC_OIDC_REFUSED;
    }

    if (callback->code == NULL || *callback->code == '\0') {
        return CIVIC_OIDC_MEMBER;
    }

    return CIVIC_OIDC_OK;
}
