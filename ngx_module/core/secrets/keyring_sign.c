/*
 * keyring_sign.c - signatures under the keys of a purpose.
 *
 * The keys are derived with the purpose, apart from those that seal, and
 * wiped with it.  Each has a context that knows the key's two first blocks:
 * making one anew costs several times what a short text does.
 */

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "keyring_private.h"

#define DERIVE_SIGN  "civic sign 1 "
#define ID_LEN       4
#define HMAC_LEN     32


static EVP_MAC_CTX *
signing_context(EVP_MAC *mac, const unsigned char *key)
{
    OSSL_PARAM    params[2];
    EVP_MAC_CTX  *context = EVP_MAC_CTX_new(mac);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_end();

    if (context != NULL
        && EVP_MAC_init(context, key, SECRET_LEN, params) != 1)
    {
        EVP_MAC_CTX_free(context);
        return NULL;
    }

    return context;
}


int
civic_purpose_signing(civic_purpose_t *purpose)
{
    int                     rc = 0;
    size_t                  i;
    EVP_MAC                *mac;
    unsigned char           key[SECRET_LEN];
    const civic_keyring_t  *keyring = purpose->keyring;

    mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (mac == NULL) {
        return -1;
    }

    for (i = 0; rc == 0 && i < keyring->count; i++) {
        rc = civic_keyring_derive(keyring->keys[i].secret, DERIVE_SIGN,
                                  purpose->name, key);

        if (rc == 0) {
            purpose->sign[i] = signing_context(mac, key);
            rc = purpose->sign[i] == NULL ? -1 : 0;
        }
    }

    OPENSSL_cleanse(key, sizeof(key));
    EVP_MAC_free(mac);

    return rc;
}


void
civic_purpose_signing_end(civic_purpose_t *purpose)
{
    size_t  i;

    for (i = 0; i < CIVIC_KEYRING_KEYS; i++) {
        EVP_MAC_CTX_free(purpose->sign[i]);
    }
}


static int
hmac(EVP_MAC_CTX *context, civic_str_t text, unsigned char *out)
{
    size_t  len = 0;

    return EVP_MAC_init(context, NULL, 0, NULL) == 1
           && EVP_MAC_update(context, (const unsigned char *) text.data,
                             text.len) == 1
           && EVP_MAC_final(context, out, &len, HMAC_LEN) == 1
           && len == HMAC_LEN ? 0 : -1;
}


int
civic_purpose_sign(const civic_purpose_t *purpose, civic_str_t text,
    unsigned char signature[CIVIC_SIGNATURE_LEN])
{
    uint32_t  id = civic_keyring_active(purpose->keyring);

    signature[0] = (unsigned char) (id >> 24);
    signature[1] = (unsigned char) (id >> 16);
    signature[2] = (unsigned char) (id >> 8);
    signature[3] = (unsigned char) id;

    return hmac(purpose->sign[purpose->keyring->active], text,
                signature + ID_LEN);
}


int
civic_purpose_verify(const civic_purpose_t *purpose, civic_str_t text,
    const unsigned char signature[CIVIC_SIGNATURE_LEN])
{
    size_t         i;
    uint32_t       id;
    unsigned char  made[HMAC_LEN];

    id = (uint32_t) signature[0] << 24 | (uint32_t) signature[1] << 16
         | (uint32_t) signature[2] << 8 | (uint32_t) signature[3];

    for (i = 0; i < purpose->keyring->count; i++) {

        if (purpose->keyring->keys[i].id != id) {
            continue;
        }

        return hmac(purpose->sign[i], text, made) == 0
               && CRYPTO_memcmp(made, signature + ID_LEN, HMAC_LEN) == 0
               ? 0 : -1;
    }

    return 1;
}
