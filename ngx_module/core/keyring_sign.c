/*
 * keyring_sign.c - signatures under the keys of a purpose.
 *
 * The keys are derived with the purpose, apart from those that seal, and
 * wiped with it.
 */

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "keyring_private.h"

#define DERIVE_SIGN  "civic sign 1 "
#define ID_LEN       4
#define HMAC_LEN     32


int
civic_purpose_signing(civic_purpose_t *purpose)
{
    size_t                  i;
    const civic_keyring_t  *keyring = purpose->keyring;

    for (i = 0; i < keyring->count; i++) {
        if (civic_keyring_derive(keyring->keys[i].secret, DERIVE_SIGN,
                                 purpose->name, purpose->sign[i])
            != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
hmac(const unsigned char *key, civic_str_t text, unsigned char *out)
{
    unsigned  len = 0;

    return HMAC(EVP_sha256(), key, SECRET_LEN,
                (const unsigned char *) text.data, text.len, out, &len)
           == NULL || len != HMAC_LEN ? -1 : 0;
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
