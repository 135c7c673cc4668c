/*
 * card.c - an OpenID Connect issuer that stands for the electronic
 * social-security card, whose own interface is not public: what it offers,
 * and its keys.
 *
 * Keys are private JWKs in Redis, the newest first, for all workers: the
 * first signs, all of them are published, so that tokens outlive a rotation.
 * RSA is made and used on a thread.
 */

#include <stdlib.h>

#include "oidc.h"
#include "sandbox.h"

#define KEYS  3                         /* that are published at most */

static const char *const  algorithms[] = { "ES256", "RS256", NULL };

const civic_field_t  sandbox_card_rotation_body[] = {
    { .name = "algorithm", .type = CIVIC_TYPE_STRING, .choices = algorithms,
      .fallback = "\"ES256\"", .zh = "算法", .en = "how it signs" },
    { .name = "forget", .type = CIVIC_TYPE_BOOLEAN, .fallback = "false",
      .zh = "是否撤下旧密钥", .en = "whether older keys are gone at once" },
    CIVIC_END
};

const civic_field_t  sandbox_card_rotation_reply[] = {
    { .name = "kid", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "密钥标识", .en = "the new key's name" },
    { .name = "keys", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "已公布的密钥数", .en = "how many are published" },
    CIVIC_END
};


const char *
sandbox_card_option(civic_request_t *r, const char *name)
{
    const char  *text = json_string_value(civic_option(r, name));

    return text == NULL ? "" : text;
}


/* ---- faults and answers ------------------------------------------------ */

civic_result_t
sandbox_card_fault_of(civic_request_t *r, const char *endpoint,
    sandbox_fault_t *fault, int *over)
{
    civic_result_t  rc;

    *over = 0;

    if (*sandbox_card_option(r, "card_issuer") == '\0') {
        *over = 1;
        return civic_problem(r, "not_found");
    }

    rc = sandbox_fault_next(r, civic_print(r, "card.%s", endpoint).data,
                            fault);

    if (rc == CIVIC_OK) {
        rc = sandbox_delay(r, fault->delay);
    }

    if (rc != CIVIC_OK || (fault->kind != SANDBOX_TIMEOUT
                           && fault->kind != SANDBOX_HTTP_500))
    {
        return rc;
    }

    *over = 1;

    return sandbox_fault_page(r, fault->kind);
}


civic_result_t
sandbox_card_reply(civic_request_t *r, int status, json_t *document,
    const sandbox_fault_t *fault)
{
    char         *text = json_dumps(document, JSON_COMPACT);
    civic_str_t   bytes;

    json_decref(document);

    if (text == NULL) {
        return CIVIC_ERROR;
    }

    bytes = sandbox_fault_cut(r, fault->kind, civic_cstr(text));
    free(text);

    return civic_reply_bytes(r, status, "application/json", bytes);
}


/* ---- keys -------------------------------------------------------------- */

typedef struct {
    unsigned     algorithm;
    const char  *kid;
    char        *jwk;                   /* the private one, for free() */
} making_t;


static void
make_work(void *data)
{
    making_t          *m = data;
    civic_oidc_key_t  *key = civic_oidc_key_make(m->algorithm, m->kid);

    m->jwk = key == NULL ? NULL : civic_oidc_key_private(key);
    civic_oidc_key_free(key);
}


/* A new reference in *jwk. */
static civic_result_t
make_key(civic_request_t *r, const char *algorithm, json_t **jwk)
{
    making_t         m = { .algorithm = civic_oidc_algorithm(algorithm) };
    civic_str_t      kid;
    civic_result_t   rc;

    *jwk = NULL;
    rc = sandbox_new_id(r, &kid);

    if (rc == CIVIC_OK) {
        m.kid = kid.data;
        rc = civic_offload(r, CIVIC_THREADS_WORK, make_work, &m);
    }

    if (m.jwk != NULL) {
        *jwk = json_loads(m.jwk, 0, NULL);
        free(m.jwk);
    }

    if (rc == CIVIC_OK && *jwk == NULL) {
        rc = CIVIC_ERROR;
    }

    if (rc != CIVIC_OK) {
        json_decref(*jwk);
        *jwk = NULL;
    }

    return rc;
}


static civic_str_t
keys_key(civic_request_t *r)
{
    return sandbox_key(r, "card", "keys");
}


/* {"keys": [...]}, a new reference; the first is made when none is there. */
static civic_result_t
find_keys(civic_request_t *r, json_t **set)
{
    int              done;
    json_t          *jwk;
    civic_result_t   rc;

    rc = sandbox_find(r, keys_key(r), set);

    if (rc != CIVIC_OK || *set != NULL) {
        return rc;
    }

    rc = make_key(r, algorithms[0], &jwk);

    if (rc == CIVIC_OK) {
        rc = sandbox_change(r, keys_key(r), NULL,
                            json_pack("{s:[o]}", "keys", jwk), &done);
    }

    /* ours, or that of another worker which was first */
    if (rc == CIVIC_OK) {
        rc = sandbox_find(r, keys_key(r), set);
    }

    return rc == CIVIC_OK && *set == NULL ? CIVIC_ERROR : rc;
}


civic_result_t
sandbox_card_rotate(civic_request_t *r)
{
    int              done;
    size_t           i, count;
    json_t          *set, *jwk, *fresh, *old;
    const char      *algorithm = sandbox_text(civic_body(r), "algorithm");
    civic_str_t      kid;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = find_keys(r, &set);

    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = make_key(r, *algorithm == '\0' ? algorithms[0] : algorithm, &jwk);

    if (rc != CIVIC_OK) {
        json_decref(set);
        return rc;
    }

    kid = civic_print(r, "%s", sandbox_text(jwk, "kid"));
    fresh = json_pack("{s:[o]}", "keys", jwk);

    json_array_foreach(json_object_get(set, "keys"), i, old) {
        if (i + 1 < KEYS && !civic_body_bool(r, "forget")) {
            json_array_append(json_object_get(fresh, "keys"), old);
        }
    }

    count = json_array_size(json_object_get(fresh, "keys"));
    rc = sandbox_change(r, keys_key(r), set, fresh, &done);
    json_decref(set);

    if (rc != CIVIC_OK || !done) {
        return rc != CIVIC_OK ? rc : civic_problem(r, "conflict");
    }

    w = civic_reply(r, 201);
    civic_write_str(r, w, "kid", kid);
    civic_write_int(r, w, "keys", (int64_t) count);

    return CIVIC_OK;
}


/* ---- signing ----------------------------------------------------------- */

typedef struct {
    char  *jwk;
    char  *claims;
    char  *token;
} signing_t;


static void
sign_work(void *data)
{
    signing_t         *s = data;
    civic_oidc_key_t  *key = civic_oidc_key_read(s->jwk, strlen(s->jwk));

    s->token = key == NULL ? NULL : civic_oidc_sign(key, s->claims,
                                                    strlen(s->claims));
    civic_oidc_key_free(key);
}


civic_result_t
sandbox_card_sign(civic_request_t *r, json_t *claims, const char **token)
{
    json_t          *set;
    signing_t        s = { .claims = json_dumps(claims, JSON_COMPACT) };
    civic_result_t   rc;

    json_decref(claims);
    rc = find_keys(r, &set);

    if (rc == CIVIC_OK) {
        s.jwk = json_dumps(json_array_get(json_object_get(set, "keys"), 0),
                           JSON_COMPACT);
        json_decref(set);
        rc = s.jwk == NULL || s.claims == NULL
             ? CIVIC_ERROR
             : civic_offload(r, CIVIC_THREADS_WORK, sign_work, &s);
    }

    if (rc == CIVIC_OK && s.token == NULL) {
        rc = CIVIC_ERROR;
    }

    if (rc == CIVIC_OK) {
        *token = civic_print(r, "%s", s.token).data;
    }

    free(s.jwk);
    free(s.claims);
    free(s.token);

    return rc;
}


/* ---- documents --------------------------------------------------------- */

static void
add_address(json_t *document, civic_request_t *r, const char *name,
    const char *path)
{
    const char  *issuer = sandbox_card_option(r, "card_issuer");

    json_object_set_new(document, name,
                        json_string(civic_print(r, "%s%s", issuer,
                                                path).data));
}


civic_result_t
sandbox_card_discovery(civic_request_t *r)
{
    int              over;
    json_t          *document;
    civic_result_t   rc;
    sandbox_fault_t  fault;

    rc = sandbox_card_fault_of(r, "discovery", &fault, &over);

    if (rc != CIVIC_OK || over) {
        return rc;
    }

    document = json_pack("{s:[s], s:[s], s:[s], s:[s,s], s:[s], s:[s,s], s:b}",
                         "response_types_supported", "code",
                         "subject_types_supported", "public",
                         "scopes_supported", "openid",
                         "id_token_signing_alg_values_supported",
                         algorithms[0], algorithms[1],
                         "code_challenge_methods_supported", "S256",
                         "token_endpoint_auth_methods_supported",
                         "client_secret_basic", "client_secret_post",
                         "authorization_response_iss_parameter_supported", 1);
    add_address(document, r, "issuer", "");
    add_address(document, r, "authorization_endpoint", "/authorize");
    add_address(document, r, "token_endpoint", "/token");
    add_address(document, r, "jwks_uri", "/jwks");
    add_address(document, r, "userinfo_endpoint", "/userinfo");

    return sandbox_card_reply(r, 200, document, &fault);
}


/* The public half, a new reference; NULL if it cannot be read. */
static json_t *
public_of(const json_t *jwk)
{
    char              *text = json_dumps(jwk, JSON_COMPACT), *public = NULL;
    json_t            *half = NULL;
    civic_oidc_key_t  *key = NULL;

    if (text != NULL) {
        key = civic_oidc_key_read(text, strlen(text));
    }

    if (key != NULL) {
        public = civic_oidc_key_public(key);
    }

    if (public != NULL) {
        half = json_loads(public, 0, NULL);
    }

    free(text);
    free(public);
    civic_oidc_key_free(key);

    return half;
}


civic_result_t
sandbox_card_jwks(civic_request_t *r)
{
    int              over;
    size_t           i;
    json_t          *set, *jwk, *list;
    civic_result_t   rc;
    sandbox_fault_t  fault;

    rc = sandbox_card_fault_of(r, "jwks", &fault, &over);

    if (rc == CIVIC_OK && !over) {
        rc = find_keys(r, &set);
    }

    if (rc != CIVIC_OK || over) {
        return rc;
    }

    list = json_array();

    json_array_foreach(json_object_get(set, "keys"), i, jwk) {
        (void) json_array_append_new(list, public_of(jwk));
    }

    json_decref(set);

    return sandbox_card_reply(r, 200, json_pack("{s:o}", "keys", list),
                              &fault);
}
