/*
 * paper_fuzz.c - libFuzzer target: what is scanned from paper, and the list of
 * what was revoked.
 *
 * Anybody prints a QR code and puts it before a scanner.  An input is tried as
 * the code's text, as base45, as a list, and as the claims of a token that is
 * signed: a key may be in other hands than its owner's.  Besides not crashing:
 * nothing that was not signed is believed, base45 that is read is written the
 * same, and claims that are believed (in whatever order) say the same when we
 * write them.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base45.h"
#include "cwt.h"
#include "cwt_private.h"
#include "revocations.h"

#define NOW     1790000000              /* s */
#define LEEWAY  300
#define CLAIMS  255                     /* at most: a head of two bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static civic_cwt_key_t *
new_key(void)
{
    char              why[CIVIC_CWT_WHY];
    char             *pem;
    long              len;
    BIO              *bio = BIO_new(BIO_s_mem());
    EVP_PKEY         *pkey = EVP_EC_gen("P-256");
    civic_cwt_key_t  *key;

    if (bio == NULL || pkey == NULL
        || PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1)
    {
        abort();
    }

    len = BIO_get_mem_data(bio, &pem);
    key = civic_cwt_key_read(pem, (size_t) len, why);

    if (key == NULL) {
        abort();
    }

    BIO_free(bio);
    EVP_PKEY_free(pkey);

    return key;
}


static int
is_believed(civic_cwt_status_t status)
{
    return status == CIVIC_CWT_OK || status == CIVIC_CWT_EARLY
           || status == CIVIC_CWT_EXPIRED;
}


/* The corpus has no token of this key. */
static void
try_text(const civic_cwt_key_t *key, const char *text, size_t len)
{
    civic_cwt_t  token;

    if (is_believed(civic_cwt_verify_text(&key, 1, text, len, NOW, LEEWAY,
                                          &token)))
    {
        abort();
    }
}


static void
try_base45(const char *text, size_t len)
{
    char           again[2 * CIVIC_CWT_SIZE];
    int64_t        used;
    unsigned char  bytes[CIVIC_CWT_SIZE];

    used = civic_base45_decode(text, len, bytes, sizeof(bytes));

    if (used >= 0
        && (civic_base45_encode(bytes, (size_t) used, again) != len
            || memcmp(again, text, len) != 0))
    {
        abort();
    }
}


static void
try_list(const civic_cwt_key_t *key, const char *text, size_t len)
{
    civic_revocations_t  list;

    if (is_believed(civic_revocations_read(&key, 1, text, len, NOW, LEEWAY,
                                           &list)))
    {
        abort();
    }
}


/* ---- claims that are signed ---------------------------------------------- */

/* A token around these claims, as it has to look; its length. */
static size_t
sign_claims(const civic_cwt_key_t *key, const uint8_t *claims, size_t len,
    unsigned char *out)
{
    size_t          n;
    unsigned char  *p = out;
    unsigned char   header[] = { 0xa2, CWT_ALGORITHM, 0x26, CWT_KID,
                                 0x40 + CIVIC_CWT_KEY_ID, 0, 0, 0, 0, 0, 0, 0,
                                 0 };
    unsigned char   signed_bytes[CWT_TO_BE_SIGNED];

    memcpy(&header[5], civic_cwt_key_id(key), CIVIC_CWT_KEY_ID);

    *p++ = 0xd2;                        /* tag 18 */
    *p++ = 0x84;                        /* four of them */
    *p++ = 0x40 + sizeof(header);
    memcpy(p, header, sizeof(header));
    p += sizeof(header);
    *p++ = 0xa0;                        /* nothing unprotected */

    if (len >= 24) {
        *p++ = 0x58;
        *p++ = (unsigned char) len;
    } else {
        *p++ = (unsigned char) (0x40 + len);
    }

    memcpy(p, claims, len);
    p += len;
    *p++ = 0x58;
    *p++ = CWT_SIGNATURE;

    n = cwt_to_be_signed(header, sizeof(header), claims, len, signed_bytes,
                         sizeof(signed_bytes));
    if (n == 0 || cwt_key_sign(key, signed_bytes, n, p) != 0) {
        abort();
    }

    return (size_t) (p + CWT_SIGNATURE - out);
}


/* Written as we write a token; what is before the signature. */
static size_t
write_again(const civic_cwt_key_t *key, const civic_cwt_t *token,
    unsigned char out[CIVIC_CWT_SIZE])
{
    size_t  len;

    if (civic_cwt_sign(key, token, out, &len) != CIVIC_CWT_OK) {
        abort();
    }

    return len;
}


static void
try_claims(const civic_cwt_key_t *key, const uint8_t *claims, size_t len)
{
    size_t              n;
    civic_cwt_t         token, again;
    unsigned char       bytes[CIVIC_CWT_SIZE + 64];
    unsigned char       first[CIVIC_CWT_SIZE], second[CIVIC_CWT_SIZE];
    civic_cwt_status_t  status;

    if (len > CLAIMS) {
        return;
    }

    n = sign_claims(key, claims, len, bytes);
    status = civic_cwt_verify(&key, 1, bytes, n, NOW, LEEWAY, &token);

    if (status == CIVIC_CWT_FORGED || status == CIVIC_CWT_KEY_UNKNOWN
        || status == CIVIC_CWT_ALGORITHM)
    {
        abort();                        /* this file signs wrong */
    }

    if (!is_believed(status)) {
        return;
    }

    n = write_again(key, &token, first);

    if (civic_cwt_verify(&key, 1, first, n, NOW, LEEWAY, &again) != status
        || again.ntexts != token.ntexts
        || write_again(key, &again, second) != n
        || memcmp(first, second, n - CWT_SIGNATURE) != 0)
    {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char              *text = (const char *) data;
    static civic_cwt_key_t  *key;

    if (key == NULL) {
        key = new_key();
    }

    try_text(key, text, size);
    try_base45(text, size);
    try_list(key, text, size);
    try_claims(key, data, size);

    return 0;
}
