/*
 * oidc_token.c - the id_token: who vouches for whom, to whom, and when
 * (OpenID Connect Core section 3.1.3.7, RFC 7515, RFC 8725); see oidc.h.
 *
 * All that the header may choose is one of our algorithms and one of the
 * provider's published keys: jwk, jku, x5c and x5u in it are never followed.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/sha.h>

#include "base64.h"
#include "oidc_private.h"

#define HEADER_MAX     2048             /* bytes of base64url */
#define KEY_ID_MAX     255
#define SIGNATURE_MAX  700              /* an RSA key of 4096 bits: 683 */
#define HALF_HASH      (SHA256_DIGEST_LENGTH / 2)
#define LATEST         253402300799.0   /* the end of year 9999 */

/* Both of a raw ES256 signature's numbers (RFC 7518 section 3.4), in
   base64url: cjose would take halves of any length. */
#define ES256_TEXT   86

typedef struct {
    const char  *text;
    size_t       len;
} part_t;

typedef struct {
    part_t       header;
    part_t       payload;
    part_t       signature;
    unsigned     algorithm;
    char         kid[KEY_ID_MAX + 1];   /* "" for none */
} token_t;


/* ---- the form ----------------------------------------------------------- */

static int
next_part(const char **text, const char *end, part_t *part)
{
    const char  *dot = memchr(*text, '.', (size_t) (end - *text));

    part->text = *text;
    part->len = (size_t) ((dot == NULL ? end : dot) - *text);
    *text = dot == NULL ? end : dot + 1;

    return part->len == 0 ? -1 : dot != NULL;
}


static civic_oidc_status_t
split(const char *text, size_t len, token_t *token)
{
    char         bytes[SIGNATURE_MAX];
    const char  *end = text + len;

    if (len > CIVIC_OIDC_TOKEN) {
        return CIVIC_OIDC_TOO_LONG;
    }

    /* three parts: a JWE has five, an unsigned token an empty third */
    if (next_part(&text, end, &token->header) != 1
        || next_part(&text, end, &token->payload) != 1
        || next_part(&text, end, &token->signature) != 0
        || token->header.len > HEADER_MAX
        || token->signature.len > SIGNATURE_MAX)
    {
        return CIVIC_OIDC_FORM;
    }

    /* cjose would read other spellings of the same bytes, too */
    return civic_base64_decode_url(token->signature.text,
                                   token->signature.len, bytes) < 0
           ? CIVIC_OIDC_FORM : CIVIC_OIDC_OK;
}


static civic_oidc_status_t
read_part(const part_t *part, json_t **object)
{
    char                 *bytes = malloc(part->len);
    int64_t               len;
    civic_oidc_status_t   status;

    if (bytes == NULL) {
        return CIVIC_OIDC_NO_MEMORY;
    }

    len = civic_base64_decode_url(part->text, part->len, bytes);
    status = len < 0 ? CIVIC_OIDC_FORM
                     : civic_oidc_object(bytes, (size_t) len,
                                         CIVIC_OIDC_TOKEN, object);
    free(bytes);

    return status;
}


/* ---- the header --------------------------------------------------------- */

static civic_oidc_status_t
check_header(const civic_oidc_client_t *client, const json_t *header,
    token_t *token)
{
    const char  *alg, *typ, *kid;

    /* RFC 7515 section 4.1.11: we understand none of the extensions */
    if (json_object_get(header, "crit") != NULL) {
        return CIVIC_OIDC_HEADER;
    }

    /* RFC 8725 section 3.11: another kind of JWT of the same issuer */
    typ = json_string_value(json_object_get(header, "typ"));
    if (json_object_get(header, "typ") != NULL
        && (typ == NULL || strcasecmp(typ, "JWT") != 0))
    {
        return CIVIC_OIDC_HEADER;
    }

    alg = json_string_value(json_object_get(header, "alg"));
    token->algorithm = alg == NULL ? 0 : civic_oidc_algorithm(alg);

    if (token->algorithm == 0
        || (client->algorithms != 0
            && (client->algorithms & token->algorithm) == 0))
    {
        return CIVIC_OIDC_ALGORITHM;
    }

    kid = civic_oidc_string(header, "kid", KEY_ID_MAX);
    if (kid == NULL && json_object_get(header, "kid") != NULL) {
        return CIVIC_OIDC_HEADER;
    }

    strcpy(token->kid, kid == NULL ? "" : kid);

    return CIVIC_OIDC_OK;
}


static civic_oidc_status_t
read_header(const civic_oidc_client_t *client, token_t *token)
{
    json_t               *header;
    civic_oidc_status_t   status;

    status = read_part(&token->header, &header);
    if (status == CIVIC_OIDC_OK) {
        status = check_header(client, header, token);
        json_decref(header);
    }

    return status;
}


/* ---- the signature ------------------------------------------------------ */

static int
is_signed_by(const char *text, size_t len, const civic_oidc_key_t *key)
{
    int           good;
    cjose_err     error;
    cjose_jws_t  *jws;

    jws = cjose_jws_import(text, len, &error);
    if (jws == NULL) {
        return 0;
    }

    good = cjose_jws_verify(jws, key->jwk, &error);
    cjose_jws_release(jws);
    ERR_clear_error();

    return good;
}


static civic_oidc_status_t
check_signature(const civic_oidc_keys_t *keys, const token_t *token,
    const char *text, size_t len)
{
    int                      named = 0, tried = 0;
    size_t                   i;
    cjose_err                error;
    const char              *kid;
    const civic_oidc_key_t  *key;

    if (token->algorithm == CIVIC_OIDC_ES256
        && token->signature.len != ES256_TEXT)
    {
        return CIVIC_OIDC_SIGNATURE;
    }

    for (i = 0; i < keys->count; i++) {
        key = &keys->keys[i];
        kid = cjose_jwk_get_kid(key->jwk, &error);

        if (token->kid[0] != '\0'
            && (kid == NULL || strcmp(kid, token->kid) != 0))
        {
            continue;
        }

        named = 1;

        if ((key->algorithms & token->algorithm) == 0) {
            continue;
        }

        tried = 1;

        if (is_signed_by(text, len, key)) {
            return CIVIC_OIDC_OK;
        }
    }

    if (token->kid[0] == '\0' || !named) {
        return CIVIC_OIDC_KEY_UNKNOWN;
    }

    return tried ? CIVIC_OIDC_SIGNATURE : CIVIC_OIDC_ALGORITHM;
}


/* ---- the claims --------------------------------------------------------- */

/* RFC 7519 section 2: a number of seconds, not always a whole one.  -1 if it
   is missing or no time. */
static int64_t
time_of(const json_t *claims, const char *name)
{
    double         value;
    const json_t  *number = json_object_get(claims, name);

    if (!json_is_number(number)) {
        return -1;
    }

    value = json_number_value(number);

    return value >= 0 && value <= LATEST ? (int64_t) value : -1;
}


static int
is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text)
           == 0;
}


static int
is_trusted(const civic_oidc_client_t *client, const json_t *audience)
{
    size_t  i;

    if (is_text(audience, client->client_id)) {
        return 1;
    }

    for (i = 0; client->audiences != NULL && client->audiences[i] != NULL;
         i++)
    {
        if (is_text(audience, client->audiences[i])) {
            return 1;
        }
    }

    return 0;
}


static civic_oidc_status_t
check_audience(const civic_oidc_client_t *client, const json_t *claims)
{
    int            ours = 0;
    size_t         i, count = 1;
    const json_t  *item, *aud = json_object_get(claims, "aud");
    const json_t  *azp = json_object_get(claims, "azp");

    if (json_is_array(aud)) {
        count = json_array_size(aud);

        json_array_foreach(aud, i, item) {
            if (!is_trusted(client, item)) {
                return CIVIC_OIDC_AUDIENCE;
            }

            ours |= is_text(item, client->client_id);
        }

    } else {
        ours = is_text(aud, client->client_id);
    }

    if (!ours) {
        return CIVIC_OIDC_AUDIENCE;
    }

    if ((azp != NULL || count > 1) && !is_text(azp, client->client_id)) {
        return CIVIC_OIDC_AUTHORIZED_PARTY;
    }

    return CIVIC_OIDC_OK;
}


static civic_oidc_status_t
check_times(const civic_oidc_client_t *client, const json_t *claims,
    const civic_oidc_expected_t *expected)
{
    int64_t  exp = time_of(claims, "exp"), iat = time_of(claims, "iat");
    int64_t  nbf = time_of(claims, "nbf"), at = time_of(claims, "auth_time");
    int64_t  leeway = client->leeway, now = expected->now;

    if (exp < 0 || iat < 0
        || (nbf < 0 && json_object_get(claims, "nbf") != NULL)
        || (at < 0 && expected->max_age > 0))
    {
        return CIVIC_OIDC_MEMBER;
    }

    if (exp + leeway <= now) {
        return CIVIC_OIDC_EXPIRED;
    }

    if (nbf > now + leeway || iat > now + leeway) {
        return CIVIC_OIDC_NOT_YET;
    }

    if (iat + CIVIC_OIDC_OLDEST + leeway < now
        || (expected->max_age > 0
            && at + expected->max_age + leeway < now))
    {
        return CIVIC_OIDC_TOO_OLD;
    }

    return CIVIC_OIDC_OK;
}


static int
is_nonce(const json_t *claims, const char *nonce)
{
    size_t         len = strlen(nonce);
    const json_t  *value = json_object_get(claims, "nonce");

    return len > 0 && json_is_string(value)
           && json_string_length(value) == len
           && CRYPTO_memcmp(json_string_value(value), nonce, len) == 0;
}


/* Core section 3.1.3.6.  All our algorithms hash with SHA-256. */
static int
is_hash_of(const json_t *value, const char *access_token)
{
    char           text[CIVIC_BASE64_ROOM(HALF_HASH)];
    unsigned char  digest[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *) access_token, strlen(access_token),
           digest);
    civic_base64_encode_url(digest, HALF_HASH, text);

    return is_text(value, text);
}


static int
is_subject(const json_t *claims)
{
    const char  *c = civic_oidc_string(claims, "sub", CIVIC_OIDC_SUBJECT);

    if (c == NULL) {
        return 0;
    }

    while (*c != '\0' && ((unsigned char) *c & 0x80) == 0) {     /* ASCII */
        c++;
    }

    return *c == '\0';
}


static civic_oidc_status_t
check_claims(const civic_oidc_client_t *client, const json_t *claims,
    const civic_oidc_expected_t *expected)
{
    const json_t         *at_hash = json_object_get(claims, "at_hash");
    civic_oidc_status_t   status;

    if (!is_text(json_object_get(claims, "iss"), client->issuer)) {
        return CIVIC_OIDC_ISSUER;
    }

    status = check_audience(client, claims);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    status = check_times(client, claims, expected);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    if (expected->nonce == NULL || !is_nonce(claims, expected->nonce)) {
        return CIVIC_OIDC_NONCE;
    }

    if (at_hash != NULL && expected->access_token != NULL
        && !is_hash_of(at_hash, expected->access_token))
    {
        return CIVIC_OIDC_ACCESS_TOKEN;
    }

    return is_subject(claims) ? CIVIC_OIDC_OK : CIVIC_OIDC_MEMBER;
}


civic_oidc_status_t
civic_oidc_id_token(const civic_oidc_client_t *client,
    const civic_oidc_keys_t *keys, const char *text, size_t len,
    const civic_oidc_expected_t *expected, json_t **claims)
{
    json_t               *object;
    token_t               token;
    civic_oidc_status_t   status;

    *claims = NULL;

    status = split(text, len, &token);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    status = read_header(client, &token);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    status = check_signature(keys, &token, text, len);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    status = read_part(&token.payload, &object);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    status = check_claims(client, object, expected);
    if (status != CIVIC_OIDC_OK) {
        json_decref(object);
        return status;
    }

    *claims = object;

    return CIVIC_OIDC_OK;
}
