/*
 * oidc_discovery.c - the provider's own description (OpenID Connect
 * Discovery 1.0, sections 3 and 4); see oidc.h.
 */

#include <string.h>

#include "oidc_private.h"

#define WELL_KNOWN  "/.well-known/openid-configuration"
#define LIST_OF_ALGORITHMS  "id_token_signing_alg_values_supported"


/* ---- addresses ---------------------------------------------------------- */

/* A host and a port.  No user: "https://issuer@elsewhere" is a trick. */
static int
is_authority(const char *s, size_t len)
{
    size_t  i;

    if (len == 0 || s[0] == ':') {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789.-_:[]", s[i]) == NULL)
        {
            return 0;
        }
    }

    return 1;
}


int
civic_oidc_address(const char *url, civic_oidc_address_t *address)
{
    size_t       i, len = strlen(url);
    const char  *host, *path;

    if (len >= CIVIC_OIDC_URL) {
        return -1;
    }

    /* it will stand in a header: visible ASCII, and no fragment */
    for (i = 0; i < len; i++) {
        if (url[i] <= ' ' || url[i] > '~' || url[i] == '#') {
            return -1;
        }
    }

    if (strncmp(url, "https://", 8) == 0) {
        host = url + 8;

    } else if (strncmp(url, "http://", 7) == 0) {
        host = url + 7;

    } else {
        return -1;
    }

    path = host + strcspn(host, "/?");

    if (!is_authority(host, (size_t) (path - host)) || *path == '?') {
        return -1;
    }

    address->origin = url;
    address->origin_len = (size_t) (path - url);
    address->path = *path == '\0' ? "/" : path;

    return 0;
}


int
civic_oidc_same_origin(const char *a, const char *b)
{
    civic_oidc_address_t  x, y;

    return civic_oidc_address(a, &x) == 0 && civic_oidc_address(b, &y) == 0
           && x.origin_len == y.origin_len
           && memcmp(x.origin, y.origin, x.origin_len) == 0;
}


int64_t
civic_oidc_discovery_path(const char *issuer, char *out, size_t size)
{
    size_t                len;
    civic_oidc_out_t      path = { out, size, 0 };
    civic_oidc_address_t  address;

    if (civic_oidc_address(issuer, &address) != 0) {
        return -1;
    }

    /* section 4.1: a "/" at the issuer's end goes first */
    len = strlen(address.path);
    len -= address.path[len - 1] == '/';

    civic_oidc_put(&path, address.path, len);
    civic_oidc_put(&path, WELL_KNOWN, sizeof(WELL_KNOWN) - 1);

    return civic_oidc_out_end(&path);
}


/* ---- the document ------------------------------------------------------- */

static civic_oidc_status_t
read_endpoint(const civic_oidc_client_t *client, const json_t *document,
    const char *name, const char **endpoint)
{
    civic_oidc_address_t  address;

    *endpoint = civic_oidc_string(document, name, CIVIC_OIDC_URL);
    if (*endpoint == NULL) {
        return json_object_get(document, name) == NULL ? CIVIC_OIDC_MEMBER
                                                       : CIVIC_OIDC_ENDPOINT;
    }

    if (civic_oidc_address(*endpoint, &address) != 0
        || (!client->sandbox && strncmp(*endpoint, "https:", 6) != 0))
    {
        return CIVIC_OIDC_ENDPOINT;
    }

    return CIVIC_OIDC_OK;
}


static civic_oidc_status_t
read_endpoints(const civic_oidc_client_t *client,
    civic_oidc_provider_t *provider)
{
    size_t               i;
    civic_oidc_status_t  status;

    const struct {
        const char   *name;
        const char  **endpoint;
    } members[] = {
        { "authorization_endpoint", &provider->authorization_endpoint },
        { "token_endpoint", &provider->token_endpoint },
        { "jwks_uri", &provider->jwks_uri },
        { "userinfo_endpoint", &provider->userinfo_endpoint },
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        status = read_endpoint(client, provider->document, members[i].name,
                               members[i].endpoint);

        if (status == CIVIC_OIDC_MEMBER
            && members[i].endpoint == &provider->userinfo_endpoint)
        {
            continue;
        }

        if (status != CIVIC_OIDC_OK) {
            return status;
        }
    }

    return CIVIC_OIDC_OK;
}


/* As civic_oidc_offers(), for any of the wanted. */
static int
offers_algorithm(const json_t *document, const char *list, unsigned wanted,
    int absent)
{
    int       found;
    unsigned  one;

    for (one = 1; one & CIVIC_OIDC_ALL; one <<= 1) {
        if ((wanted & one) == 0) {
            continue;
        }

        found = civic_oidc_offers(document, list,
                                  civic_oidc_algorithm_name(one), absent);
        if (found != 0) {
            return found;
        }
    }

    return 0;
}


/* What a list must have, and whether its absence is as good: the defaults of
   Discovery section 3 and RFC 8414 section 2. */
static civic_oidc_status_t
check_offers(const civic_oidc_client_t *client, const json_t *document)
{
    int       rc[6];
    size_t    i, count = 0;
    unsigned  wanted;

    wanted = client->algorithms ? client->algorithms : CIVIC_OIDC_ALL;

    rc[count++] = civic_oidc_offers(document, "response_types_supported",
                                    "code", -1);
    rc[count++] = civic_oidc_offers(document, "grant_types_supported",
                                    "authorization_code", 1);
    rc[count++] = civic_oidc_offers(document,
                                    "code_challenge_methods_supported",
                                    "S256", 0);
    rc[count++] = offers_algorithm(document, LIST_OF_ALGORITHMS, wanted, -1);
    rc[count++] = civic_oidc_offers(document,
                                    "token_endpoint_auth_methods_supported",
                                    civic_oidc_auth_name(client->auth),
                                    client->auth == CIVIC_OIDC_BASIC);

    if (client->auth == CIVIC_OIDC_PRIVATE_KEY) {
        rc[count++] = offers_algorithm(document,
                          "token_endpoint_auth_signing_alg_values_supported",
                          civic_oidc_key_algorithm(client->key), 1);
    }

    for (i = 0; i < count; i++) {
        if (rc[i] != 1) {
            return rc[i] < 0 ? CIVIC_OIDC_MEMBER : CIVIC_OIDC_UNSUPPORTED;
        }
    }

    return CIVIC_OIDC_OK;
}


static civic_oidc_status_t
read_provider(const civic_oidc_client_t *client,
    civic_oidc_provider_t *provider)
{
    civic_oidc_status_t  status;

    provider->issuer = civic_oidc_string(provider->document, "issuer",
                                         CIVIC_OIDC_URL);
    if (provider->issuer == NULL) {
        return CIVIC_OIDC_MEMBER;
    }

    if (strcmp(provider->issuer, client->issuer) != 0) {
        return CIVIC_OIDC_ISSUER;
    }

    status = read_endpoints(client, provider);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    provider->names_itself = json_is_true(json_object_get(
        provider->document, "authorization_response_iss_parameter_supported"));

    return check_offers(client, provider->document);
}


civic_oidc_status_t
civic_oidc_discovery(const civic_oidc_client_t *client, const char *text,
    size_t len, civic_oidc_provider_t *provider)
{
    civic_oidc_status_t  status;

    memset(provider, 0, sizeof(civic_oidc_provider_t));

    status = civic_oidc_object(text, len, CIVIC_OIDC_DOCUMENT,
                               &provider->document);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    status = read_provider(client, provider);
    if (status != CIVIC_OIDC_OK) {
        civic_oidc_provider_release(provider);
    }

    return status;
}


void
civic_oidc_provider_release(civic_oidc_provider_t *provider)
{
    json_decref(provider->document);
    memset(provider, 0, sizeof(civic_oidc_provider_t));
}
