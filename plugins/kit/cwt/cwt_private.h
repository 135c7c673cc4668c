/*
 * cwt_private.h - what the files of kit/cwt know of each other: the numbers
 * of the RFCs, and the signature over bytes.
 */

#ifndef CIVIC_KIT_CWT_PRIVATE_H
#define CIVIC_KIT_CWT_PRIVATE_H

#include "cwt.h"

#define CWT_SIGN1       18              /* RFC 9052 2: the tag */
#define CWT_ALGORITHM   1               /* RFC 9052 3.1: header parameters */
#define CWT_KID         4
#define CWT_ES256       (-7)            /* RFC 9053 2.1 */
#define CWT_SIGNATURE   64              /* r and s */
#define CWT_HEADER      32              /* bytes of a protected header */
#define CWT_TO_BE_SIGNED  (CIVIC_CWT_SIZE + 64)

#define CWT_ISSUER      1               /* RFC 8392 4: claims */
#define CWT_EXPIRES     4
#define CWT_ISSUED      6
#define CWT_TOKEN_ID    7

/* The bytes that are signed: Sig_structure of RFC 9052 4.4 around what stands
   in the token.  Their length, or 0 without room. */
size_t cwt_to_be_signed(const unsigned char *header, size_t header_len,
    const unsigned char *claims, size_t claims_len, unsigned char *out,
    size_t size);

/* 0, or -1. */
int cwt_key_sign(const civic_cwt_key_t *key, const unsigned char *bytes,
    size_t len, unsigned char signature[CWT_SIGNATURE]);

/* 1: it holds. */
int cwt_key_verifies(const civic_cwt_key_t *key, const unsigned char *bytes,
    size_t len, const unsigned char signature[CWT_SIGNATURE]);

#endif
