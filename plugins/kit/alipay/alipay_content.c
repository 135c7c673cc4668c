/*
 * alipay_content.c - content that only Alipay and the app can read: AES-CBC,
 * PKCS#7, base64.
 *
 * The IV is sixteen zeros because the protocol says so; equal texts look
 * equal.  What is decrypted here was verified before, so a wrong padding
 * tells nobody anything.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "alipay_private.h"
#include "base64.h"

#define BLOCK  16

static const unsigned char  zeros[BLOCK];


static const EVP_CIPHER *
cipher_of(const alipay_keys_t *keys)
{
    switch (keys->content_key_len) {
    case 16:
        return EVP_aes_128_cbc();
    case 24:
        return EVP_aes_192_cbc();
    case 32:
        return EVP_aes_256_cbc();
    default:
        return NULL;
    }
}


/* out has room for len and a block.  The length, or -1. */
static int
run(const alipay_keys_t *keys, const void *in, size_t len, unsigned char *out,
    int encrypt)
{
    int              first = 0, last = 0, done;
    EVP_CIPHER_CTX  *ctx = EVP_CIPHER_CTX_new();

    done = ctx != NULL
           && EVP_CipherInit_ex(ctx, cipher_of(keys), NULL, keys->content_key,
                                zeros, encrypt) == 1
           && EVP_CipherUpdate(ctx, out, &first, in, (int) len) == 1
           && EVP_CipherFinal_ex(ctx, out + first, &last) == 1;
    EVP_CIPHER_CTX_free(ctx);
    ERR_clear_error();

    return done ? first + last : -1;
}


int
alipay_content_encrypt(const alipay_keys_t *keys, const char *text,
    size_t len, alipay_text_t *out)
{
    int             made;
    unsigned char  *sealed;

    if (cipher_of(keys) == NULL || len > ALIPAY_REQUEST_MAX) {
        return -1;
    }

    sealed = malloc(len + BLOCK);
    if (sealed == NULL) {
        return -1;
    }

    made = run(keys, text, len, sealed, 1);

    if (made > 0) {
        alipay_put_base64(out, sealed, (size_t) made);
    }

    free(sealed);

    return made > 0 ? alipay_text_finish(out) : -1;
}


int
alipay_content_decrypt(const alipay_keys_t *keys, const char *base64,
    size_t len, alipay_text_t *out)
{
    int             made = -1;
    int64_t         bytes;
    unsigned char  *sealed, *open;

    if (cipher_of(keys) == NULL || len > ALIPAY_RESPONSE_MAX) {
        return -1;
    }

    sealed = malloc(len + 1);
    open = malloc(len + BLOCK);

    if (sealed != NULL && open != NULL) {
        bytes = civic_base64_decode(base64, len, sealed, len);

        if (bytes > 0) {
            made = run(keys, sealed, (size_t) bytes, open, 0);
        }

        if (made >= 0) {
            alipay_put(out, open, (size_t) made);
        }
    }

    free(sealed);
    alipay_wipe((char *) open, open == NULL ? 0 : len + BLOCK);

    return made >= 0 ? alipay_text_finish(out) : -1;
}
