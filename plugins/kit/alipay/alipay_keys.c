/*
 * alipay_keys.c - everything that signs, verifies and encrypts, loaded once.
 *
 * What would only show as a refused signature days later is refused here, in
 * words: the keys of a pair that do not fit, the wrong one of the console's
 * two public keys.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "alipay_private.h"
#include "base64.h"

#define DOWNLOAD_NODE   "alipay_open_app_alipaycert_download_response"
#define DOWNLOAD_FIELD  "alipay_cert_content"


/* ---- the parts --------------------------------------------------------- */

static int
take_app_id(alipay_keys_t *keys, const char *app_id,
    alipay_failure_t *failure)
{
    if (app_id == NULL || app_id[0] == '\0') {
        return alipay_fail(failure, "there is no app_id");
    }

    alipay_code_copy(keys->app_id, sizeof(keys->app_id), app_id);

    return keys->app_id[0] != '\0' ? 0
           : alipay_fail(failure, "app_id: not 1 to %d letters and digits",
                         ALIPAY_APP_ID);
}


/* The dialect's lists are the caller's: copied. */
static int
take_dialect(alipay_keys_t *keys, const alipay_dialect_t *dialect,
    alipay_failure_t *failure)
{
    size_t  i;

    keys->dialect = *dialect;
    keys->dialect.unknown_sub_codes = keys->sub_code_list;

    if (dialect->unknown_sub_codes == NULL) {
        return 0;
    }

    for (i = 0; dialect->unknown_sub_codes[i] != NULL; i++) {
        if (i == ALIPAY_SUB_CODES) {
            return alipay_fail(failure, "more than %d sub_codes",
                               ALIPAY_SUB_CODES);
        }

        alipay_code_copy(keys->sub_codes[i], ALIPAY_SUB_CODE_TEXT,
                         dialect->unknown_sub_codes[i]);

        if (keys->sub_codes[i][0] == '\0') {
            return alipay_fail(failure, "sub_code %zu is none", i + 1);
        }

        keys->sub_code_list[i] = keys->sub_codes[i];
    }

    return 0;
}


/* A private key whose halves do not belong together signs, but wrongly. */
static int
signs(const alipay_keys_t *keys)
{
    int                   rc;
    int64_t               len = -1;
    alipay_text_t         sign = { .data = NULL };
    unsigned char         bytes[ALIPAY_SIGN_BYTES];
    const alipay_span_t   text = { "civic", 5 };

    if (alipay_sign(keys, text.data, text.len, &sign) == 0) {
        len = alipay_sign_bytes((alipay_span_t) { sign.data, sign.len },
                                bytes);
    }

    rc = len > 0 && alipay_matches(keys->own, EVP_sha256(), text, bytes,
                                   (size_t) len);
    alipay_text_free(&sign);

    return rc;
}


static int
take_own_key(alipay_keys_t *keys, const char *text, alipay_failure_t *failure)
{
    if (text == NULL) {
        return alipay_fail(failure, "there is no private key");
    }

    keys->own = alipay_private_key(text, "private key", failure);

    if (keys->own == NULL) {
        return -1;
    }

    if (!signs(keys) || alipay_fingerprint(keys->own, keys->own_fingerprint)
                        != 0)
    {
        return alipay_fail(failure, "private key: is damaged, what it signs "
                           "does not verify");
    }

    return 0;
}


static int
take_content_key(alipay_keys_t *keys, const char *text,
    alipay_failure_t *failure)
{
    int64_t  len;

    if (text == NULL) {
        return 0;
    }

    len = civic_base64_decode(text, strcspn(text, " \t\r\n"),
                              keys->content_key, sizeof(keys->content_key));

    if (len != 16 && len != 24 && len != 32) {
        return alipay_fail(failure, "content key: not the base64 of 16, 24 "
                           "or 32 bytes");
    }

    keys->content_key_len = (size_t) len;

    return 0;
}


/* ---- key mode ---------------------------------------------------------- */

static int
take_peer_key(alipay_keys_t *keys, const char *text,
    alipay_failure_t *failure)
{
    alipay_peer_t  *peer = &keys->peers[0];

    peer->key = alipay_public_key(text, "public key", failure);

    if (peer->key == NULL) {
        return -1;
    }

    keys->npeers = 1;
    peer->expires = INT64_MAX;

    if (EVP_PKEY_eq(peer->key, keys->own) == 1) {
        return alipay_fail(failure, "public key: is the one of our own "
                           "private key; Alipay's public key belongs here");
    }

    return alipay_fingerprint(peer->key, peer->fingerprint) == 0 ? 0
           : alipay_fail(failure, "public key: cannot be written down");
}


/* ---- certificate mode -------------------------------------------------- */

static int
take_own_cert(alipay_keys_t *keys, const char *text,
    alipay_failure_t *failure)
{
    int              rc;
    X509            *cert;
    STACK_OF(X509)  *certs = alipay_certificates(text, "own certificate",
                                                 failure);

    if (certs == NULL) {
        return -1;
    }

    cert = sk_X509_value(certs, 0);
    keys->own_expires = alipay_cert_expires(cert);

    if (EVP_PKEY_eq(X509_get0_pubkey(cert), keys->own) != 1) {
        rc = alipay_fail(failure, "own certificate: is not of our private "
                         "key");

    } else {
        rc = alipay_serial_of(cert, keys->own_serial);
    }

    ERR_clear_error();
    sk_X509_pop_free(certs, X509_free);

    return rc;
}


static int
take_roots(alipay_keys_t *keys, const char *text, alipay_failure_t *failure)
{
    alipay_text_t  serial = { .data = NULL };

    keys->roots = alipay_certificates(text, "root certificates", failure);

    if (keys->roots == NULL) {
        return -1;
    }

    if (alipay_root_serial_of(keys->roots, &serial) != 0
        || serial.len >= sizeof(keys->root_serial))
    {
        alipay_text_free(&serial);
        return alipay_fail(failure, "root certificates: none of them has an "
                           "RSA signature");
    }

    memcpy(keys->root_serial, serial.data, serial.len + 1);
    alipay_text_free(&serial);

    return 0;
}


static int
take_peer_cert(alipay_keys_t *keys, const char *text,
    alipay_failure_t *failure)
{
    int              rc;
    STACK_OF(X509)  *certs = alipay_certificates(text, "Alipay's certificate",
                                                 failure);

    if (certs == NULL) {
        return -1;
    }

    /* the first is Alipay's; behind it may stand its issuers */
    rc = alipay_peer_fill(&keys->peers[0], sk_X509_value(certs, 0), failure);
    sk_X509_pop_free(certs, X509_free);

    if (rc != 0) {
        return -1;
    }

    keys->npeers = 1;

    return EVP_PKEY_eq(keys->peers[0].key, keys->own) != 1 ? 0
           : alipay_fail(failure, "Alipay's certificate: is the one of our "
                         "own private key");
}


static int
take_certificates(alipay_keys_t *keys, const alipay_config_t *config,
    alipay_failure_t *failure)
{
    keys->certificates = 1;

    if (config->own_cert == NULL || config->peer_cert == NULL
        || config->roots == NULL)
    {
        return alipay_fail(failure, "certificate mode takes three files: our "
                           "own certificate, Alipay's, and the roots");
    }

    if (config->peer_key != NULL) {
        return alipay_fail(failure, "a public key and certificates: one or "
                           "the other");
    }

    if (take_own_cert(keys, config->own_cert, failure) != 0
        || take_roots(keys, config->roots, failure) != 0)
    {
        return -1;
    }

    return take_peer_cert(keys, config->peer_cert, failure);
}


static int
take_peer(alipay_keys_t *keys, const alipay_config_t *config,
    alipay_failure_t *failure)
{
    if (config->own_cert != NULL || config->peer_cert != NULL
        || config->roots != NULL)
    {
        return take_certificates(keys, config, failure);
    }

    if (config->peer_key == NULL) {
        return alipay_fail(failure, "there is neither Alipay's public key "
                           "nor certificates");
    }

    return take_peer_key(keys, config->peer_key, failure);
}


/* ---- the whole --------------------------------------------------------- */

alipay_keys_t *
alipay_keys_load(const alipay_config_t *config, alipay_failure_t *failure)
{
    alipay_keys_t  *keys = calloc(1, sizeof(*keys));

    if (failure != NULL) {
        failure->text[0] = '\0';
    }

    if (keys == NULL) {
        alipay_fail(failure, "no memory");
        return NULL;
    }

    if (take_app_id(keys, config->app_id, failure) != 0
        || take_dialect(keys, &config->dialect, failure) != 0
        || take_own_key(keys, config->own_key, failure) != 0
        || take_peer(keys, config, failure) != 0
        || take_content_key(keys, config->content_key, failure) != 0)
    {
        alipay_keys_free(keys);
        return NULL;
    }

    return keys;
}


/* What both hold is counted by OpenSSL, and only read. */
static int
share(alipay_keys_t *copy, const alipay_keys_t *keys)
{
    size_t  i;

    if (keys->roots != NULL) {
        copy->roots = X509_chain_up_ref(keys->roots);
    }

    if (EVP_PKEY_up_ref(keys->own) == 1) {
        copy->own = keys->own;
    }

    for (i = 0; i < keys->npeers; i++) {
        if (EVP_PKEY_up_ref(keys->peers[i].key) != 1) {
            return -1;
        }

        copy->peers[i] = keys->peers[i];
    }

    return copy->own == NULL || (keys->roots != NULL && copy->roots == NULL)
           ? -1 : 0;
}


alipay_keys_t *
alipay_keys_copy(const alipay_keys_t *keys)
{
    size_t          i;
    alipay_keys_t  *copy = malloc(sizeof(*copy));

    if (copy == NULL) {
        return NULL;
    }

    memcpy(copy, keys, sizeof(*copy));
    memset(copy->peers, 0, sizeof(copy->peers));
    copy->own = NULL;
    copy->roots = NULL;
    copy->dialect.unknown_sub_codes = copy->sub_code_list;

    for (i = 0; keys->sub_code_list[i] != NULL; i++) {
        copy->sub_code_list[i] = copy->sub_codes[i];
    }

    if (share(copy, keys) != 0) {
        alipay_keys_free(copy);
        return NULL;
    }

    return copy;
}


void
alipay_keys_free(alipay_keys_t *keys)
{
    size_t  i;

    if (keys == NULL) {
        return;
    }

    for (i = 0; i < ALIPAY_CERTIFICATES; i++) {
        EVP_PKEY_free(keys->peers[i].key);
    }

    EVP_PKEY_free(keys->own);
    sk_X509_pop_free(keys->roots, X509_free);
    OPENSSL_cleanse(keys->content_key, sizeof(keys->content_key));
    free(keys);
}


const char *
alipay_keys_app_id(const alipay_keys_t *keys)
{
    return keys->app_id;
}


const char *
alipay_keys_own_serial(const alipay_keys_t *keys)
{
    return keys->own_serial;
}


const char *
alipay_keys_root_serial(const alipay_keys_t *keys)
{
    return keys->root_serial;
}


int
alipay_keys_encrypts(const alipay_keys_t *keys)
{
    return keys->content_key_len > 0;
}


int64_t
alipay_keys_expire_at(const alipay_keys_t *keys)
{
    size_t   i;
    int64_t  first = INT64_MAX;

    if (!keys->certificates) {
        return first;
    }

    /* of the counterpart's the last one counts: they follow each other */
    first = 0;

    for (i = 0; i < keys->npeers; i++) {
        if (keys->peers[i].expires > first) {
            first = keys->peers[i].expires;
        }
    }

    return keys->own_expires < first ? keys->own_expires : first;
}


size_t
alipay_keys_describe(const alipay_keys_t *keys, char *out, size_t size)
{
    int                   len;
    size_t                last = keys->npeers - 1;
    const alipay_peer_t  *peer = &keys->peers[last];

    if (keys->certificates) {
        len = snprintf(out, size, "certificate mode, app_id %s, our key %s, "
                       "app_cert_sn %s, alipay_root_cert_sn %s, newest of %zu "
                       "counterpart's certificates %s with key %s%s",
                       keys->app_id, keys->own_fingerprint, keys->own_serial,
                       keys->root_serial, last + 1, peer->serial,
                       peer->fingerprint,
                       keys->content_key_len > 0 ? ", content key" : "");

    } else {
        len = snprintf(out, size, "key mode, app_id %s, our key %s, "
                       "counterpart's key %s%s", keys->app_id,
                       keys->own_fingerprint, peer->fingerprint,
                       keys->content_key_len > 0 ? ", content key" : "");
    }

    return len < 0 ? 0 : (size_t) len < size ? (size_t) len : size - 1;
}


/* ---- a certificate that came over the wire ----------------------------- */

/* The certificates in the answer to a download, or NULL. */
static STACK_OF(X509) *
downloaded(const char *body, size_t len, alipay_failure_t *failure)
{
    int                     count;
    json_t                 *node = NULL;
    const char             *reason, *content;
    STACK_OF(X509)         *certs = NULL;
    alipay_member_t         members[ALIPAY_MEMBERS];
    const alipay_member_t  *member;

    count = alipay_members((alipay_span_t) { body, len }, members, &reason);
    member = alipay_member(members, count, DOWNLOAD_NODE);

    if (member != NULL && member->value.data[0] == '{') {
        node = json_loadb(member->value.data, member->value.len,
                          JSON_REJECT_DUPLICATES, NULL);
    }

    content = json_string_value(json_object_get(node, DOWNLOAD_FIELD));

    if (content == NULL) {
        alipay_fail(failure, "the answer holds no certificate");

    } else {
        certs = alipay_certificates(content, "downloaded certificate",
                                    failure);
    }

    json_decref(node);

    return certs;
}


static int
add_peer(alipay_keys_t *keys, STACK_OF(X509) *certs, const char *serial,
    int64_t now, alipay_failure_t *failure)
{
    size_t         count = keys->npeers;
    alipay_peer_t  peer;

    if (alipay_cert_chains(keys->roots, certs, now, failure) != 0
        || alipay_peer_fill(&peer, sk_X509_value(certs, 0), failure) != 0)
    {
        return -1;
    }

    if (strcmp(peer.serial, serial) != 0) {
        EVP_PKEY_free(peer.key);
        return alipay_fail(failure, "another certificate came than was asked "
                           "for");
    }

    keys->peers[count] = peer;
    keys->npeers = count + 1;

    return 0;
}


int
alipay_keys_add_certificate(alipay_keys_t *keys, const char *body, size_t len,
    const char *serial, int64_t now, alipay_failure_t *failure)
{
    int              rc;
    size_t           i;
    STACK_OF(X509)  *certs;

    if (!keys->certificates) {
        return alipay_fail(failure, "not in certificate mode");
    }

    for (i = 0; i < keys->npeers; i++) {
        if (strcmp(keys->peers[i].serial, serial) == 0) {
            return 0;
        }
    }

    if (keys->npeers == ALIPAY_CERTIFICATES) {
        return alipay_fail(failure, "%d certificates are loaded already",
                           ALIPAY_CERTIFICATES);
    }

    if (len > ALIPAY_KEY_TEXT_MAX) {
        return alipay_fail(failure, "an answer of %zu bytes", len);
    }

    certs = downloaded(body, len, failure);
    if (certs == NULL) {
        return -1;
    }

    rc = add_peer(keys, certs, serial, now, failure);
    sk_X509_pop_free(certs, X509_free);

    return rc;
}
