/*
 * oidc_exchange.c - the code for tokens, from server to server; see oidc.h.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "base64.h"
#include "oidc_private.h"

#define ASSERTION_TYPE  "urn:ietf:params:oauth:client-assertion-type:"        \
                        "jwt-bearer"
#define ASSERTION_LIFE  60              /* s */
#define CREDENTIALS     2048            /* bytes of id:secret, encoded */
#define ERROR_CODE      64
#define LIFE_MAX        (366 * 86400)   /* s: more is no number of theirs */


int64_t
civic_oidc_token_form(const civic_oidc_client_t *client, const char *code,
    const char *verifier, const char *assertion, char *out, size_t size)
{
    civic_oidc_out_t  form = { out, size, 0 };

    civic_oidc_put_field(&form, "grant_type", "authorization_code");
    civic_oidc_put_field(&form, "code", code);
    civic_oidc_put_field(&form, "redirect_uri", client->redirect_uri);
    civic_oidc_put_field(&form, "code_verifier", verifier);

    switch (client->auth) {

    case CIVIC_OIDC_BASIC:
        break;

    case CIVIC_OIDC_POST:
        civic_oidc_put_field(&form, "client_id", client->client_id);
        civic_oidc_put_field(&form, "client_secret", client->client_secret);
        break;

    case CIVIC_OIDC_PRIVATE_KEY:
        if (assertion == NULL) {
            return -1;
        }

        civic_oidc_put_field(&form, "client_id", client->client_id);
        civic_oidc_put_field(&form, "client_assertion_type", ASSERTION_TYPE);
        civic_oidc_put_field(&form, "client_assertion", assertion);
        break;
    }

    return civic_oidc_out_end(&form);
}


int64_t
civic_oidc_basic(const civic_oidc_client_t *client, char *out, size_t size)
{
    char              pair[CREDENTIALS];
    int64_t           len, used = -1;
    civic_oidc_out_t  plain = { pair, sizeof(pair), 0 };

    civic_oidc_put_encoded(&plain, client->client_id);
    civic_oidc_put(&plain, ":", 1);
    civic_oidc_put_encoded(&plain, client->client_secret);

    len = civic_oidc_out_end(&plain);

    if (len >= 0 && size >= 6 + CIVIC_BASE64_ROOM((size_t) len)) {
        memcpy(out, "Basic ", 6);
        used = 6 + (int64_t) civic_base64_encode(pair, (size_t) len, out + 6);
    }

    OPENSSL_cleanse(pair, sizeof(pair));

    return used;
}


int64_t
civic_oidc_assertion(const civic_oidc_client_t *client,
    const civic_oidc_provider_t *provider, const char *jti, int64_t now,
    char *out, size_t size)
{
    char              *claims, *jwt = NULL;
    json_t            *json;
    civic_oidc_out_t   text = { out, size, 0 };

    json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}",
                     "iss", client->client_id, "sub", client->client_id,
                     "aud", provider->token_endpoint, "jti", jti,
                     "iat", (json_int_t) now,
                     "exp", (json_int_t) now + ASSERTION_LIFE);
    claims = json_dumps(json, JSON_COMPACT);
    json_decref(json);

    if (claims != NULL) {
        jwt = civic_oidc_sign(client->key, claims, strlen(claims));
    }

    free(claims);

    if (jwt == NULL) {
        return -1;
    }

    civic_oidc_put(&text, jwt, strlen(jwt));
    free(jwt);

    return civic_oidc_out_end(&text);
}


/* ---- the answer --------------------------------------------------------- */

/* A number, or some providers' number in a string; 0 if it says nothing. */
static int64_t
read_life(const json_t *document)
{
    int64_t        life = 0;
    const json_t  *value = json_object_get(document, "expires_in");

    if (json_is_integer(value)) {
        life = json_integer_value(value);

    } else if (json_is_string(value)) {
        life = strtoll(json_string_value(value), NULL, 10);
    }

    return life > 0 && life <= LIFE_MAX ? life : 0;
}


static civic_oidc_status_t
read_tokens(int http_status, civic_oidc_tokens_t *tokens)
{
    const char  *type;
    json_t      *document = tokens->document;

    if (http_status != 200 || json_object_get(document, "error") != NULL) {
        tokens->error = civic_oidc_string(document, "error", ERROR_CODE);
        return CIVIC_OIDC_REFUSED;
    }

    type = civic_oidc_string(document, "token_type", ERROR_CODE);
    tokens->access_token = civic_oidc_string(document, "access_token",
                                             CIVIC_OIDC_TOKEN);
    tokens->id_token = civic_oidc_string(document, "id_token",
                                         CIVIC_OIDC_TOKEN);

    if (type == NULL || tokens->access_token == NULL
        || tokens->id_token == NULL)
    {
        return CIVIC_OIDC_MEMBER;
    }

    if (strcasecmp(type, "Bearer") != 0) {
        return CIVIC_OIDC_UNSUPPORTED;
    }

    tokens->refresh_token = civic_oidc_string(document, "refresh_token",
                                              CIVIC_OIDC_TOKEN);
    tokens->expires_in = read_life(document);

    return CIVIC_OIDC_OK;
}


civic_oidc_status_t
civic_oidc_token_answer(int http_status, const char *text, size_t len,
    civic_oidc_tokens_t *tokens)
{
    civic_oidc_status_t  status;

    memset(tokens, 0, sizeof(civic_oidc_tokens_t));

    status = civic_oidc_object(text, len, CIVIC_OIDC_DOCUMENT,
                               &tokens->document);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    status = read_tokens(http_status, tokens);

    /* a refusal's error code stays readable */
    if (status != CIVIC_OIDC_OK && status != CIVIC_OIDC_REFUSED) {
        civic_oidc_tokens_release(tokens);
    }

    return status;
}


void
civic_oidc_tokens_release(civic_oidc_tokens_t *tokens)
{
    json_decref(tokens->document);
    memset(tokens, 0, sizeof(civic_oidc_tokens_t));
}
