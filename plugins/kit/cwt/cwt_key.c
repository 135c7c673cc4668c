/*
 * cwt_key.c - keys on the curve P-256, and ES256: ECDSA over SHA-256, its two
 * numbers side by side (RFC 9053 2.1) where OpenSSL has them in DER.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "cwt_private.h"

#define HALF  (CWT_SIGNATURE / 2)
#define DER   80                        /* of a signature, at most 72 */

struct civic_cwt_key_s {
    EVP_PKEY       *pkey;
    int             private;
    unsigned char   id[CIVIC_CWT_KEY_ID];
};


/* ---- reading ------------------------------------------------------------ */

/* OpenSSL would ask on the terminal. */
static int
no_password(char *buffer, int size, int writing, void *data)
{
    (void) buffer;
    (void) size;
    (void) writing;
    (void) data;

    return -1;
}


static EVP_PKEY *
read_pem(const char *pem, size_t len, int *private)
{
    BIO       *bio;
    EVP_PKEY  *pkey;

    bio = BIO_new_mem_buf(pem, (int) len);
    if (bio == NULL) {
        return NULL;
    }

    pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    *private = pkey != NULL;

    if (pkey == NULL) {
        (void) BIO_reset(bio);
        pkey = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    }

    BIO_free(bio);
    ERR_clear_error();

    return pkey;
}


static int
is_p256(EVP_PKEY *pkey)
{
    char  curve[32] = "";

    return EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC
           && EVP_PKEY_get_utf8_string_param(pkey,
                  OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof(curve), NULL) == 1
           && strcmp(curve, "prime256v1") == 0;
}


static int
make_id(civic_cwt_key_t *key)
{
    int             len;
    unsigned char  *der = NULL, digest[SHA256_DIGEST_LENGTH];

    len = i2d_PUBKEY(key->pkey, &der);
    if (len <= 0) {
        return -1;
    }

    (void) SHA256(der, (size_t) len, digest);
    memcpy(key->id, digest, CIVIC_CWT_KEY_ID);
    OPENSSL_free(der);

    return 0;
}


civic_cwt_key_t *
civic_cwt_key_read(const char *pem, size_t len, char why[CIVIC_CWT_WHY])
{
    civic_cwt_key_t  *key;

    key = calloc(1, sizeof(civic_cwt_key_t));
    if (key == NULL) {
        (void) snprintf(why, CIVIC_CWT_WHY, "no memory");
        return NULL;
    }

    key->pkey = read_pem(pem, len, &key->private);

    if (key->pkey == NULL) {
        (void) snprintf(why, CIVIC_CWT_WHY, "no key in PEM without a "
                        "password");

    } else if (!is_p256(key->pkey)) {
        (void) snprintf(why, CIVIC_CWT_WHY, "a key of another kind than EC "
                        "on the curve P-256");

    } else if (make_id(key) != 0) {
        (void) snprintf(why, CIVIC_CWT_WHY, "its public half cannot be "
                        "written");

    } else {
        return key;
    }

    civic_cwt_key_free(key);

    return NULL;
}


void
civic_cwt_key_free(civic_cwt_key_t *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        free(key);
    }
}


int
civic_cwt_key_signs(const civic_cwt_key_t *key)
{
    return key->private;
}


const unsigned char *
civic_cwt_key_id(const civic_cwt_key_t *key)
{
    return key->id;
}


int
civic_cwt_key_public(const civic_cwt_key_t *key, char out[CIVIC_CWT_PUBLIC])
{
    int   len = 0;
    BIO  *bio = BIO_new(BIO_s_mem());

    if (bio != NULL && PEM_write_bio_PUBKEY(bio, key->pkey) == 1) {
        len = BIO_read(bio, out, CIVIC_CWT_PUBLIC - 1);
    }

    BIO_free(bio);
    ERR_clear_error();

    if (len <= 0 || len == CIVIC_CWT_PUBLIC - 1) {
        return -1;
    }

    out[len] = '\0';

    return 0;
}


/* ---- ES256 -------------------------------------------------------------- */

static int
from_der(const unsigned char *der, size_t len,
    unsigned char signature[CWT_SIGNATURE])
{
    int         done;
    ECDSA_SIG  *numbers;

    numbers = d2i_ECDSA_SIG(NULL, &der, (long) len);
    if (numbers == NULL) {
        return -1;
    }

    done = BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, HALF) == HALF
           && BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + HALF, HALF)
              == HALF;

    ECDSA_SIG_free(numbers);

    return done ? 0 : -1;
}


/* The length, or 0. */
static size_t
to_der(const unsigned char signature[CWT_SIGNATURE], unsigned char out[DER])
{
    int         len = 0;
    BIGNUM     *r, *s;
    ECDSA_SIG  *numbers;

    numbers = ECDSA_SIG_new();
    r = BN_bin2bn(signature, HALF, NULL);
    s = BN_bin2bn(signature + HALF, HALF, NULL);

    if (numbers == NULL || r == NULL || s == NULL
        || ECDSA_SIG_set0(numbers, r, s) != 1)
    {
        BN_free(r);
        BN_free(s);

    } else {
        len = i2d_ECDSA_SIG(numbers, &out);
    }

    ECDSA_SIG_free(numbers);

    return len > 0 ? (size_t) len : 0;
}


int
cwt_key_sign(const civic_cwt_key_t *key, const unsigned char *bytes,
    size_t len, unsigned char signature[CWT_SIGNATURE])
{
    int             done;
    size_t          der_len = DER;
    EVP_MD_CTX     *digest;
    unsigned char   der[DER];

    digest = EVP_MD_CTX_new();

    done = digest != NULL
           && EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, key->pkey)
              == 1
           && EVP_DigestSign(digest, der, &der_len, bytes, len) == 1
           && from_der(der, der_len, signature) == 0;

    EVP_MD_CTX_free(digest);
    ERR_clear_error();

    return done ? 0 : -1;
}


int
cwt_key_verifies(const civic_cwt_key_t *key, const unsigned char *bytes,
    size_t len, const unsigned char signature[CWT_SIGNATURE])
{
    int             holds;
    size_t          der_len;
    EVP_MD_CTX     *digest;
    unsigned char   der[DER];

    der_len = to_der(signature, der);
    digest = EVP_MD_CTX_new();

    holds = digest != NULL && der_len > 0
            && EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL,
                                    key->pkey) == 1
            && EVP_DigestVerify(digest, der, der_len, bytes, len) == 1;

    EVP_MD_CTX_free(digest);
    ERR_clear_error();

    return holds;
}
