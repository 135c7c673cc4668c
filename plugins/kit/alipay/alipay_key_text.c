/*
 * alipay_key_text.c - keys as people have them: PEM with its lines or in one
 * line, or the bare base64 that Alipay's console and key tool show.
 *
 * The armour is taken off here and DER is given to OpenSSL, whose PEM reader
 * refuses half of the shapes that are in use.  No text of a key ever gets
 * into a failure.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/sha.h>

#include "alipay_private.h"
#include "base64.h"

#define BEGIN        "-----BEGIN "
#define END          "-----END "
#define BOM          "\xef\xbb\xbf"
#define ENDING       6                  /* "IDAQAB": the usual exponent */
#define FINGER_BYTES 8

typedef struct {
    unsigned char  *data;
    size_t          size;
    size_t          len;
} der_t;


static void
der_free(der_t *der)
{
    alipay_wipe((char *) der->data, der->size);
    memset(der, 0, sizeof(*der));
}


/* Where the base64 is: between the armour's lines, or everything. */
static int
unarmour(const char *text, const char *what, alipay_span_t *body,
    alipay_failure_t *failure)
{
    const char  *begin, *end;

    if (strncmp(text, BOM, sizeof(BOM) - 1) == 0) {
        text += sizeof(BOM) - 1;
    }

    begin = strstr(text, BEGIN);

    if (begin == NULL) {
        body->data = text;
        body->len = strlen(text);
        return 0;
    }

    begin += sizeof(BEGIN) - 1;

    if (strncmp(begin, "CERTIFICATE", 11) == 0) {
        return alipay_fail(failure, "%s: is a certificate%s, not a key", what,
                           strncmp(begin + 11, " REQUEST", 8) == 0
                           ? " request" : "");
    }

    if (strncmp(begin, "ENCRYPTED", 9) == 0
        || strstr(begin, "Proc-Type:") != NULL)
    {
        return alipay_fail(failure, "%s: is protected by a password", what);
    }

    begin = strstr(begin, "-----");
    end = begin == NULL ? NULL : strstr(begin + 5, END);

    if (end == NULL) {
        return alipay_fail(failure, "%s: its PEM armour is cut off", what);
    }

    body->data = begin + 5;
    body->len = (size_t) (end - body->data);

    return 0;
}


static int
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


/* The bytes that a text spells, spaces and line breaks passed over. */
static int
read_der(const char *text, const char *what, der_t *der,
    alipay_failure_t *failure)
{
    char           *packed;
    size_t          i, len = 0;
    int64_t         bytes = -1;
    alipay_span_t   body = { NULL, 0 };

    memset(der, 0, sizeof(*der));

    if (strnlen(text, ALIPAY_KEY_TEXT_MAX) == ALIPAY_KEY_TEXT_MAX) {
        return alipay_fail(failure, "%s: too long for a key", what);
    }

    if (unarmour(text, what, &body, failure) != 0) {
        return -1;
    }

    packed = malloc(body.len + 1);
    der->size = body.len + 1;
    der->data = malloc(der->size);

    if (packed != NULL && der->data != NULL) {
        for (i = 0; i < body.len; i++) {
            if (!is_blank(body.data[i])) {
                packed[len++] = body.data[i];
            }
        }

        bytes = civic_base64_decode(packed, len, der->data, der->size);
    }

    alipay_wipe(packed, packed == NULL ? 0 : body.len + 1);

    if (bytes <= 0) {
        der_free(der);
        return alipay_fail(failure, "%s: is neither PEM nor base64", what);
    }

    der->len = (size_t) bytes;

    return 0;
}


/* All of the bytes, or nothing. */
static EVP_PKEY *
whole(EVP_PKEY *key, const unsigned char *end, const der_t *der)
{
    if (key != NULL && end != der->data + der->len) {
        EVP_PKEY_free(key);
        key = NULL;
    }

    ERR_clear_error();

    return key;
}


/* PKCS#8 and PKCS#1. */
static EVP_PKEY *
try_private(const der_t *der)
{
    EVP_PKEY             *key;
    const unsigned char  *p = der->data;

    key = d2i_AutoPrivateKey(NULL, &p, (long) der->len);

    return whole(key, p, der);
}


/* SubjectPublicKeyInfo and PKCS#1. */
static EVP_PKEY *
try_public(const der_t *der)
{
    EVP_PKEY             *key;
    const unsigned char  *p = der->data;

    key = d2i_PUBKEY(NULL, &p, (long) der->len);
    key = whole(key, p, der);

    if (key != NULL) {
        return key;
    }

    p = der->data;
    key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long) der->len);

    return whole(key, p, der);
}


int
alipay_key_fits(const EVP_PKEY *key, int bits_max, const char *what,
    alipay_failure_t *failure)
{
    int  bits = EVP_PKEY_get_bits(key);

    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        return alipay_fail(failure, "%s: is no RSA key", what);
    }

    if (bits < ALIPAY_KEY_BITS || bits > bits_max) {
        return alipay_fail(failure, "%s: has %d bits, RSA2 takes %d", what,
                           bits, ALIPAY_KEY_BITS);
    }

    return 0;
}


EVP_PKEY *
alipay_private_key(const char *text, const char *what,
    alipay_failure_t *failure)
{
    der_t      der;
    EVP_PKEY  *key, *public;

    if (read_der(text, what, &der, failure) != 0) {
        return NULL;
    }

    key = try_private(&der);

    if (key == NULL) {
        public = try_public(&der);
        alipay_fail(failure, public == NULL
                    ? "%s: is no private key in PKCS#1 or PKCS#8"
                    : "%s: is a public key, a private one belongs here", what);
        EVP_PKEY_free(public);

    } else if (alipay_key_fits(key, ALIPAY_KEY_BITS, what, failure) != 0) {
        EVP_PKEY_free(key);
        key = NULL;
    }

    der_free(&der);

    return key;
}


EVP_PKEY *
alipay_public_key(const char *text, const char *what,
    alipay_failure_t *failure)
{
    der_t      der;
    EVP_PKEY  *key, *private;

    if (read_der(text, what, &der, failure) != 0) {
        return NULL;
    }

    key = try_public(&der);

    if (key == NULL) {
        private = try_private(&der);
        alipay_fail(failure, private == NULL
                    ? "%s: is no public key"
                    : "%s: is a private key, a public one belongs here", what);
        EVP_PKEY_free(private);

    } else if (alipay_key_fits(key, ALIPAY_KEY_BITS_MAX, what, failure) != 0) {
        EVP_PKEY_free(key);
        key = NULL;
    }

    der_free(&der);

    return key;
}


/* What two people can compare over the telephone, and against the console:
   a hash, and the last characters of the base64 that are the key's own. */
int
alipay_fingerprint(EVP_PKEY *key, char out[ALIPAY_FINGERPRINT])
{
    int             len, i;
    size_t          text_len;
    unsigned char  *der = NULL, hash[SHA256_DIGEST_LENGTH];
    alipay_text_t   text = { .data = NULL };

    len = i2d_PUBKEY(key, &der);
    if (len <= 0) {
        ERR_clear_error();
        return -1;
    }

    SHA256(der, (size_t) len, hash);
    alipay_put_base64(&text, der, (size_t) len);
    OPENSSL_free(der);

    if (alipay_text_finish(&text) != 0) {
        return -1;
    }

    text_len = strlen(text.data);
    out += sprintf(out, "sha256:");

    for (i = 0; i < FINGER_BYTES; i++) {
        out += sprintf(out, "%02x", hash[i]);
    }

    if (text_len > ENDING + 8) {
        sprintf(out, " ends %.8s%s", text.data + text_len - ENDING - 8,
                text.data + text_len - ENDING);
    }

    alipay_text_free(&text);

    return 0;
}
