/*
 * oidc_key.c - keys as JWK (RFC 7517, RFC 7518 section 6), and signing with
 * our own; see oidc.h.
 *
 * cjose takes any key that it understands, so what may be a key here is
 * looked at before.  It leaves its failures in OpenSSL's queue of errors,
 * which belongs to nginx's TLS in this thread: they are taken out again.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base64.h"
#include "oidc_private.h"

#define RSA_BYTES_MIN  256              /* 2048 bits */
#define RSA_BYTES_MAX  512              /* 4096: a check costs 0.1 ms */
#define RSA_TEXT_MAX   (RSA_BYTES_MAX * 4 / 3 + 4)
#define RSA_BITS       2048
#define EXPONENT_TEXT  8                /* characters; "AQAB" has four */
#define KEY_ID_MAX     255


unsigned
civic_oidc_algorithm(const char *name)
{
    unsigned  one;

    for (one = 1; one & CIVIC_OIDC_ALL; one <<= 1) {
        if (strcmp(name, civic_oidc_algorithm_name(one)) == 0) {
            return one;
        }
    }

    return 0;
}


const char *
civic_oidc_algorithm_name(unsigned algorithm)
{
    if (algorithm == CIVIC_OIDC_RS256) {
        return CJOSE_HDR_ALG_RS256;
    }

    return algorithm == CIVIC_OIDC_PS256 ? CJOSE_HDR_ALG_PS256
                                         : CJOSE_HDR_ALG_ES256;
}


/* ---- what may be a key -------------------------------------------------- */

/* Neither too weak, nor so long that a check would hold the loop up. */
static int
is_rsa_size_right(const json_t *jwk)
{
    int64_t        len;
    const char    *n = civic_oidc_string(jwk, "n", RSA_TEXT_MAX);
    const char    *e = civic_oidc_string(jwk, "e", EXPONENT_TEXT);
    unsigned char  bytes[RSA_TEXT_MAX];

    if (n == NULL || e == NULL) {
        return 0;
    }

    /* an exponent of 1 would make everything a signature of itself */
    len = civic_base64_decode_url(e, strlen(e), bytes);
    if (len < 1 || bytes[0] == 0 || (bytes[len - 1] & 1) == 0
        || (len == 1 && bytes[0] == 1))
    {
        return 0;
    }

    len = civic_base64_decode_url(n, strlen(n), bytes);

    return len >= RSA_BYTES_MIN && len <= RSA_BYTES_MAX && bytes[0] >= 0x80;
}


/* The algorithms of its kind; 0: not a kind of ours. */
static unsigned
algorithms_of(const json_t *jwk)
{
    const char  *kind = civic_oidc_string(jwk, "kty", 8);
    const char  *curve = civic_oidc_string(jwk, "crv", 16);

    if (kind == NULL) {
        return 0;
    }

    if (strcmp(kind, "RSA") == 0) {
        return is_rsa_size_right(jwk) ? CIVIC_OIDC_RS256 | CIVIC_OIDC_PS256
                                      : 0;
    }

    if (strcmp(kind, "EC") == 0 && curve != NULL
        && strcmp(curve, "P-256") == 0)
    {
        return CIVIC_OIDC_ES256;
    }

    return 0;
}


static int
is_for_signatures(const json_t *jwk, int secret)
{
    const char  *use = civic_oidc_string(jwk, "use", 8);

    if (json_object_get(jwk, "use") != NULL
        && (use == NULL || strcmp(use, "sig") != 0))
    {
        return 0;
    }

    return civic_oidc_offers(jwk, "key_ops", secret ? "sign" : "verify", 1)
           == 1;
}


static unsigned
narrowed(const json_t *jwk, unsigned algorithms)
{
    const char  *name = civic_oidc_string(jwk, "alg", 16);

    if (json_object_get(jwk, "alg") == NULL) {
        return algorithms;
    }

    return name == NULL ? 0 : algorithms & civic_oidc_algorithm(name);
}


int
civic_oidc_key_import(json_t *jwk, int secret, civic_oidc_key_t *key)
{
    cjose_err  error;

    /* a published private key is nobody's any more */
    if ((json_object_get(jwk, "d") != NULL) != secret
        || !is_for_signatures(jwk, secret))
    {
        return -1;
    }

    if (json_object_get(jwk, "kid") != NULL
        && civic_oidc_string(jwk, "kid", KEY_ID_MAX) == NULL)
    {
        return -1;
    }

    key->algorithms = narrowed(jwk, algorithms_of(jwk));
    if (key->algorithms == 0) {
        return -1;
    }

    key->jwk = cjose_jwk_import_json((cjose_header_t *) jwk, &error);
    ERR_clear_error();

    return key->jwk == NULL ? -1 : 0;
}


/* ---- a provider's set --------------------------------------------------- */

civic_oidc_status_t
civic_oidc_keys_read(const char *text, size_t len, civic_oidc_keys_t **keys)
{
    size_t                i;
    json_t               *document, *list, *jwk;
    civic_oidc_keys_t    *set;
    civic_oidc_status_t   status;

    *keys = NULL;

    status = civic_oidc_object(text, len, CIVIC_OIDC_DOCUMENT, &document);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    list = json_object_get(document, "keys");
    set = calloc(1, sizeof(civic_oidc_keys_t));

    if (!json_is_array(list) || set == NULL) {
        status = set == NULL ? CIVIC_OIDC_NO_MEMORY : CIVIC_OIDC_MEMBER;
        goto failed;
    }

    json_array_foreach(list, i, jwk) {
        if (i == CIVIC_OIDC_KEYS) {
            break;
        }

        set->count += civic_oidc_key_import(jwk, 0, &set->keys[set->count])
                      == 0;
    }

    if (set->count == 0) {
        status = CIVIC_OIDC_NO_KEY;
        goto failed;
    }

    json_decref(document);
    *keys = set;

    return CIVIC_OIDC_OK;

failed:

    free(set);
    json_decref(document);

    return status;
}


void
civic_oidc_keys_free(civic_oidc_keys_t *keys)
{
    size_t  i;

    if (keys == NULL) {
        return;
    }

    for (i = 0; i < keys->count; i++) {
        cjose_jwk_release(keys->keys[i].jwk);
    }

    free(keys);
}


size_t
civic_oidc_keys_count(const civic_oidc_keys_t *keys)
{
    return keys->count;
}


/* ---- a key of our own --------------------------------------------------- */

/* One algorithm of those that it may be used for. */
static void
settle(civic_oidc_key_t *key)
{
    key->algorithms &= (unsigned) -(int) key->algorithms;
}


civic_oidc_key_t *
civic_oidc_key_read(const char *text, size_t len)
{
    json_t            *jwk;
    civic_oidc_key_t  *key;

    if (civic_oidc_object(text, len, CIVIC_OIDC_DOCUMENT, &jwk)
        != CIVIC_OIDC_OK)
    {
        return NULL;
    }

    key = calloc(1, sizeof(civic_oidc_key_t));

    if (key != NULL && civic_oidc_key_import(jwk, 1, key) != 0) {
        free(key);
        key = NULL;
    }

    json_decref(jwk);

    if (key != NULL) {
        settle(key);
    }

    return key;
}


civic_oidc_key_t *
civic_oidc_key_make(unsigned algorithm, const char *kid)
{
    cjose_err          error;
    civic_oidc_key_t  *key = calloc(1, sizeof(civic_oidc_key_t));

    static const uint8_t  exponent[] = { 1, 0, 1 };

    if (key == NULL) {
        return NULL;
    }

    key->algorithms = algorithm;
    key->jwk = algorithm == CIVIC_OIDC_ES256
               ? cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error)
               : cjose_jwk_create_RSA_random(RSA_BITS, exponent,
                                             sizeof(exponent), &error);

    if (key->jwk == NULL
        || !cjose_jwk_set_kid(key->jwk, kid, strlen(kid), &error))
    {
        civic_oidc_key_free(key);
        key = NULL;
    }

    ERR_clear_error();

    return key;
}


void
civic_oidc_key_free(civic_oidc_key_t *key)
{
    if (key == NULL) {
        return;
    }

    if (key->jwk != NULL) {
        cjose_jwk_release(key->jwk);
    }

    free(key);
}


unsigned
civic_oidc_key_algorithm(const civic_oidc_key_t *key)
{
    return key->algorithms;
}


static char *
export_key(const civic_oidc_key_t *key, int secret)
{
    char       *text, *full;
    json_t     *jwk;
    cjose_err   error;

    text = cjose_jwk_to_json(key->jwk, secret, &error);
    if (text == NULL) {
        return NULL;
    }

    jwk = json_loads(text, 0, NULL);
    cjose_get_dealloc()(text);

    json_object_set_new(jwk, "use", json_string("sig"));
    json_object_set_new(jwk, "alg", json_string(
        civic_oidc_algorithm_name(key->algorithms)));

    full = json_dumps(jwk, JSON_COMPACT);
    json_decref(jwk);

    return full;
}


char *
civic_oidc_key_public(const civic_oidc_key_t *key)
{
    return export_key(key, 0);
}


char *
civic_oidc_key_private(const civic_oidc_key_t *key)
{
    return export_key(key, 1);
}


/* ---- signing ------------------------------------------------------------ */

static json_t *
make_header(const civic_oidc_key_t *key)
{
    json_t      *header;
    cjose_err    error;
    const char  *kid = cjose_jwk_get_kid(key->jwk, &error);

    header = json_pack("{s:s, s:s}", "alg",
                       civic_oidc_algorithm_name(key->algorithms),
                       "typ", "JWT");

    if (kid != NULL) {
        json_object_set_new(header, "kid", json_string(kid));
    }

    return header;
}


char *
civic_oidc_sign(const civic_oidc_key_t *key, const char *claims, size_t len)
{
    char         *copy = NULL;
    json_t       *header;
    cjose_err     error;
    const char   *text;
    cjose_jws_t  *jws = NULL;

    header = make_header(key);

    if (header != NULL) {
        jws = cjose_jws_sign(key->jwk, (cjose_header_t *) header,
                             (const uint8_t *) claims, len, &error);
    }

    if (jws != NULL && cjose_jws_export(jws, &text, &error)) {
        copy = strdup(text);
    }

    if (jws != NULL) {
        cjose_jws_release(jws);
    }

    json_decref(header);
    ERR_clear_error();

    return copy;
}
