/*
 * oidc_fuzz.c - libFuzzer target: what an OpenID provider, or somebody in
 * its place, sends.
 *
 * The first byte of an input chooses what the rest is: a discovery document,
 * a set of keys, a token answer, userinfo with claims, or an id_token.
 * Besides not crashing: nothing unsigned is ever taken for signed, and an
 * address that was let through has no control character.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "oidc.h"

#define KEYS                                                                  \
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"1\","             \
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","                  \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}]}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const civic_oidc_client_t  client = {
    .issuer = "https://a.cn", .client_id = "c",
    .redirect_uri = "https://b.cn/", .scope = "openid", .client_secret = "s",
};


static void
must(int held)
{
    if (!held) {
        abort();
    }
}


static void
must_be_clean(const char *address)
{
    for ( ; address != NULL && *address != '\0'; address++) {
        must(*address > ' ' && *address <= '~' && *address != '#');
    }
}


static void
try_discovery(const char *text, size_t len)
{
    char                    out[2048];
    civic_oidc_login_t      login = { .state = "s", .nonce = "n",
                                      .challenge = "c" };
    civic_oidc_provider_t   provider;

    if (civic_oidc_discovery(&client, text, len, &provider)
        != CIVIC_OIDC_OK)
    {
        must(provider.document == NULL);
        return;
    }

    must(strcmp(provider.issuer, client.issuer) == 0);
    must_be_clean(provider.authorization_endpoint);
    must_be_clean(provider.token_endpoint);
    must_be_clean(provider.jwks_uri);
    must_be_clean(provider.userinfo_endpoint);

    if (civic_oidc_authorization_url(&client, &provider, &login, out,
                                     sizeof(out)) > 0)
    {
        must_be_clean(out);
    }

    civic_oidc_provider_release(&provider);
}


static void
try_keys(const char *text, size_t len)
{
    civic_oidc_keys_t  *keys;

    if (civic_oidc_keys_read(text, len, &keys) == CIVIC_OIDC_OK) {
        must(civic_oidc_keys_count(keys) > 0);
        must(civic_oidc_keys_count(keys) <= CIVIC_OIDC_KEYS);
    }

    civic_oidc_keys_free(keys);
    civic_oidc_key_free(civic_oidc_key_read(text, len));
}


static void
try_answer(const char *text, size_t len)
{
    civic_oidc_tokens_t  tokens;

    if (civic_oidc_token_answer(200, text, len, &tokens) == CIVIC_OIDC_OK) {
        must(*tokens.access_token != '\0' && *tokens.id_token != '\0');
    }

    civic_oidc_tokens_release(&tokens);
}


/* A pointer, a line's end, and the userinfo that it points into. */
static void
try_userinfo(const char *text, size_t len)
{
    char                     *where;
    json_t                   *claims, *userinfo;
    const char               *end = memchr(text, '\n', len), *level;
    civic_oidc_map_t          map = { NULL, "name", NULL };
    civic_id_rules_t          rules = { .today = { 2026, 11, 22 },
                                        .minimum_year = 1900 };
    civic_person_identity_t   identity;

    if (end == NULL) {
        return;
    }

    claims = json_pack("{s:s}", "sub", "s");
    where = strndup(text, (size_t) (end - text));
    len -= (size_t) (end + 1 - text);

    if (civic_oidc_userinfo(end + 1, len, claims, &userinfo)
        == CIVIC_OIDC_OK)
    {
        map.id_number = map.level = where;

        if (civic_oidc_identity(&map, claims, userinfo, &rules, &identity,
                                &level) == CIVIC_OIDC_OK)
        {
            must(strlen(identity.name) == identity.name_len);
        }
    }

    json_decref(userinfo);
    json_decref(claims);
    free(where);
}


static void
try_token(const char *text, size_t len)
{
    json_t                    *claims;
    civic_oidc_expected_t      expected = { .nonce = "n", .now = 1800000000 };
    static civic_oidc_keys_t  *keys;

    if (keys == NULL) {
        must(civic_oidc_keys_read(KEYS, sizeof(KEYS) - 1, &keys)
             == CIVIC_OIDC_OK);
    }

    /* The corpus has no token of this key. */
    must(civic_oidc_id_token(&client, keys, text, len, &expected, &claims)
         != CIVIC_OIDC_OK);
    must(claims == NULL);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char    *text;
    size_t   len = size - 1;

    if (size == 0) {
        return 0;
    }

    /* of its own, so that a step over the end is seen */
    text = malloc(len == 0 ? 1 : len);
    must(text != NULL);
    memcpy(text, data + 1, len);

    switch (data[0] % 5) {

    case 0:
        try_discovery(text, len);
        break;

    case 1:
        try_keys(text, len);
        break;

    case 2:
        try_answer(text, len);
        break;

    case 3:
        try_userinfo(text, len);
        break;

    default:
        try_token(text, len);
    }

    free(text);

    return 0;
}
