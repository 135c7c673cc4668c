/*
 * alipay_sign.c - RSA2: RSASSA-PKCS1-v1_5 with SHA-256, as base64.
 *
 * sign_type is pinned to it.  SHA-1 ("RSA") is tried nowhere but in the
 * diagnosis of a signature that was refused already.
 */

#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "alipay_private.h"
#include "base64.h"


int
alipay_sign(const alipay_keys_t *keys, const char *text, size_t len,
    alipay_text_t *sign)
{
    int             done;
    size_t          bytes = ALIPAY_SIGN_BYTES;
    EVP_MD_CTX     *ctx = EVP_MD_CTX_new();
    unsigned char   out[ALIPAY_SIGN_BYTES];

    done = ctx != NULL
           && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, keys->own) == 1
           && EVP_DigestSign(ctx, out, &bytes, (const unsigned char *) text,
                             len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();

    if (!done) {
        return -1;
    }

    alipay_put_base64(sign, out, bytes);

    return alipay_text_finish(sign);
}


int64_t
alipay_sign_bytes(alipay_span_t sign, unsigned char out[ALIPAY_SIGN_BYTES])
{
    return civic_base64_decode(sign.data, sign.len, out, ALIPAY_SIGN_BYTES);
}


int
alipay_matches(EVP_PKEY *key, const EVP_MD *digest, alipay_span_t text,
    const unsigned char *sign, size_t sign_len)
{
    int          good;
    EVP_MD_CTX  *ctx;

    if (sign_len != (size_t) EVP_PKEY_get_size(key)) {
        return 0;
    }

    ctx = EVP_MD_CTX_new();
    good = ctx != NULL
           && EVP_DigestVerifyInit(ctx, NULL, digest, NULL, key) == 1
           && EVP_DigestVerify(ctx, sign, sign_len,
                               (const unsigned char *) text.data, text.len)
              == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();

    return good;
}


static int
recovers(EVP_PKEY *key, const EVP_MD *digest, const unsigned char *sign,
    size_t sign_len)
{
    int             good;
    size_t          len = ALIPAY_SIGN_BYTES;
    EVP_PKEY_CTX   *ctx = EVP_PKEY_CTX_new(key, NULL);
    unsigned char   out[ALIPAY_SIGN_BYTES];

    good = ctx != NULL && EVP_PKEY_verify_recover_init(ctx) == 1
           && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1
           && EVP_PKEY_CTX_set_signature_md(ctx, digest) == 1
           && EVP_PKEY_verify_recover(ctx, out, &len, sign, sign_len) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();

    return good;
}


const char *
alipay_made_by(EVP_PKEY *key, const unsigned char *sign, size_t sign_len)
{
    if (sign_len != (size_t) EVP_PKEY_get_size(key)) {
        return NULL;
    }

    if (recovers(key, EVP_sha256(), sign, sign_len)) {
        return "RSA2";
    }

    return recovers(key, EVP_sha1(), sign, sign_len) ? "RSA" : NULL;
}


alipay_signature_t
alipay_verify(const alipay_keys_t *keys, const char *text, size_t len,
    const char *sign, size_t sign_len, const char *serial)
{
    int             known = serial == NULL;
    size_t          i, count = keys->npeers;
    int64_t         bytes;
    unsigned char   raw[ALIPAY_SIGN_BYTES];
    alipay_span_t   signed_text = { text, len };

    if (sign_len == 0) {
        return ALIPAY_SIGNATURE_MISSING;
    }

    bytes = alipay_sign_bytes((alipay_span_t) { sign, sign_len }, raw);

    if (bytes < ALIPAY_KEY_BITS / 8) {
        return ALIPAY_SIGNATURE_MALFORMED;
    }

    for (i = 0; i < count; i++) {
        if (serial != NULL && strcmp(keys->peers[i].serial, serial) != 0) {
            continue;
        }

        known = 1;

        if (alipay_matches(keys->peers[i].key, EVP_sha256(), signed_text, raw,
                           (size_t) bytes))
        {
            return ALIPAY_SIGNATURE_GOOD;
        }
    }

    return known ? ALIPAY_SIGNATURE_WRONG : ALIPAY_SIGNATURE_CERT_UNKNOWN;
}


const char *
alipay_signature_name(alipay_signature_t signature)
{
    switch (signature) {
    case ALIPAY_SIGNATURE_GOOD:
        return "good";
    case ALIPAY_SIGNATURE_MISSING:
        return "missing";
    case ALIPAY_SIGNATURE_MALFORMED:
        return "malformed";
    case ALIPAY_SIGNATURE_TYPE:
        return "type";
    case ALIPAY_SIGNATURE_CERT_UNKNOWN:
        return "cert_unknown";
    case ALIPAY_SIGNATURE_WRONG:
        return "wrong";
    case ALIPAY_SIGNATURE_OTHER_APP:
        return "other_app";
    case ALIPAY_SIGNATURE_UNREADABLE:
        break;
    }

    return "unreadable";
}
