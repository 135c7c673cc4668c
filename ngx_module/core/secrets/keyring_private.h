/*
 * keyring_private.h - what keyring.c and keyring_sign.c share.
 */

#ifndef CIVIC_KEYRING_PRIVATE_H
#define CIVIC_KEYRING_PRIVATE_H

#include <openssl/evp.h>

#include "keyring.h"

#define NONCE_LEN          12
#define SECRET_LEN         32
#define CIVIC_DERIVE_USE   32           /* of what a key is for, with NUL */

/* A page of nonces. */
#define BATCH_SIZE         4096
#define BATCH_NONCES       ((BATCH_SIZE - sizeof(size_t)) / NONCE_LEN)

typedef struct {
    size_t         left;                /* zero in a child after a fork */
    unsigned char  nonces[BATCH_NONCES][NONCE_LEN];
} nonce_batch_t;

typedef struct {
    uint32_t       id;
    civic_msec_t   created;             /* 0: the file does not tell */
    unsigned char  secret[SECRET_LEN];
} keyring_key_t;

struct civic_keyring_s {
    unsigned char     person_key[SECRET_LEN];
    keyring_key_t     keys[CIVIC_KEYRING_KEYS];
    size_t            count;
    size_t            active;
    nonce_batch_t    *batch;            /* NULL: ask for each */
    civic_purpose_t  *purposes;
};

struct civic_purpose_s {
    civic_purpose_t        *next;
    char                   *name;
    civic_keyring_t        *keyring;
    EVP_CIPHER_CTX         *seal;       /* of the active key */
    EVP_CIPHER_CTX         *open[CIVIC_KEYRING_KEYS];
    EVP_MAC_CTX            *sign[CIVIC_KEYRING_KEYS];
};

/* HKDF-SHA256 (RFC 5869) of a secret, for a use of a purpose. */
int civic_keyring_derive(const unsigned char *secret, const char *use,
    const char *name, unsigned char *key);

/* Derives the purpose's signing keys.  0, or -1. */
int civic_purpose_signing(civic_purpose_t *purpose);
void civic_purpose_signing_end(civic_purpose_t *purpose);

#endif
