/*
 * oidc_client.c - the settings of oidc.h's client.
 */

#include <string.h>

#include "oidc_private.h"

static const char *const  auth_names[] = {
    "client_secret_basic", "client_secret_post", "private_key_jwt"
};


static int
has_word(const char *words, const char *word)
{
    size_t       len = strlen(word);
    const char  *at = words;

    while ((at = strstr(at, word)) != NULL) {
        if ((at == words || at[-1] == ' ')
            && (at[len] == '\0' || at[len] == ' '))
        {
            return 1;
        }

        at += len;
    }

    return 0;
}


static int
is_set(const char *text)
{
    return text != NULL && *text != '\0';
}


static int
is_secure(const char *url, const civic_oidc_client_t *client)
{
    civic_oidc_address_t  address;

    return url != NULL && civic_oidc_address(url, &address) == 0
           && (client->sandbox || strncmp(url, "https:", 6) == 0);
}


/* The member that is wrong, or NULL. */
static const char *
wrong_member(const civic_oidc_client_t *client)
{
    /* Discovery section 2: an issuer has no query */
    if (!is_secure(client->issuer, client)
        || strchr(client->issuer, '?') != NULL)
    {
        return "issuer";
    }

    if (!is_set(client->client_id)) {
        return "client_id";
    }

    if (!is_secure(client->redirect_uri, client)) {
        return "redirect_uri";
    }

    if (client->scope == NULL || !has_word(client->scope, "openid")) {
        return "scope";
    }

    if (client->auth == CIVIC_OIDC_PRIVATE_KEY) {
        if (client->key == NULL) {
            return "key";
        }

    } else if (!is_set(client->client_secret)) {
        return "client_secret";
    }

    if (client->algorithms & ~CIVIC_OIDC_ALL) {
        return "algorithms";
    }

    return client->leeway > CIVIC_OIDC_LEEWAY ? "leeway" : NULL;
}


civic_oidc_status_t
civic_oidc_client_check(const civic_oidc_client_t *client, const char **what)
{
    *what = wrong_member(client);

    return *what == NULL ? CIVIC_OIDC_OK : CIVIC_OIDC_SETTING;
}


const char *
civic_oidc_auth_name(civic_oidc_auth_t auth)
{
    return auth_names[auth];
}


int
civic_oidc_auth_parse(const char *name, civic_oidc_auth_t *auth)
{
    size_t  i;

    for (i = 0; i < sizeof(auth_names) / sizeof(auth_names[0]); i++) {
        if (strcmp(name, auth_names[i]) == 0) {
            *auth = (civic_oidc_auth_t) i;
            return 0;
        }
    }

    return -1;
}
