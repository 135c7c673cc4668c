/*
 * cwt_verify.c - a token read and believed, or not.  It comes from a piece of
 * paper that anybody may have printed: every part has one shape, and what
 * differs is malformed.  Nothing of it is used before the signature holds,
 * but the id of the key.
 */

#include <string.h>

#include "base45.h"
#include "cbor.h"
#include "cwt_private.h"

/* The parts of a COSE_Sign1, in the bytes that were given. */
typedef struct {
    const unsigned char  *header;
    size_t                header_len;
    const unsigned char  *claims;
    size_t                claims_len;
    const unsigned char  *signature;
} parts_t;


/* ---- the envelope ------------------------------------------------------- */

static const unsigned char *
take_bytes(civic_cbor_reader_t *r, size_t *len)
{
    return civic_cbor_take_string(r, CIVIC_CBOR_BYTES, len);
}


static int
take_parts(const void *bytes, size_t len, parts_t *parts)
{
    size_t               signature_len;
    civic_cbor_reader_t  r;

    civic_cbor_read(&r, bytes, len);

    if (civic_cbor_take_head(&r, CIVIC_CBOR_TAG) != CWT_SIGN1
        || civic_cbor_take_head(&r, CIVIC_CBOR_ARRAY) != 4)
    {
        return -1;
    }

    parts->header = take_bytes(&r, &parts->header_len);

    if (civic_cbor_take_head(&r, CIVIC_CBOR_MAP) != 0) {
        return -1;
    }

    parts->claims = take_bytes(&r, &parts->claims_len);
    parts->signature = take_bytes(&r, &signature_len);

    return civic_cbor_ended(&r) && signature_len == CWT_SIGNATURE ? 0 : -1;
}


/* The algorithm and the key's id, in this order, and nothing else. */
static civic_cwt_status_t
take_header(const parts_t *parts, const unsigned char **kid)
{
    size_t               kid_len;
    int64_t              algorithm;
    civic_cbor_reader_t  r;

    civic_cbor_read(&r, parts->header, parts->header_len);

    if (civic_cbor_take_head(&r, CIVIC_CBOR_MAP) != 2
        || civic_cbor_take_integer(&r) != CWT_ALGORITHM)
    {
        return CIVIC_CWT_MALFORMED;
    }

    algorithm = civic_cbor_take_integer(&r);

    if (civic_cbor_take_integer(&r) != CWT_KID) {
        return CIVIC_CWT_MALFORMED;
    }

    *kid = take_bytes(&r, &kid_len);

    if (!civic_cbor_ended(&r) || kid_len != CIVIC_CWT_KEY_ID) {
        return CIVIC_CWT_MALFORMED;
    }

    return algorithm == CWT_ES256 ? CIVIC_CWT_OK : CIVIC_CWT_ALGORITHM;
}


static civic_cwt_status_t
check_signature(const civic_cwt_key_t *const *keys, size_t nkeys,
    const parts_t *parts)
{
    size_t                i, len;
    unsigned char         whole[CWT_TO_BE_SIGNED];
    const unsigned char  *kid;
    civic_cwt_status_t    status;

    status = take_header(parts, &kid);
    if (status != CIVIC_CWT_OK) {
        return status;
    }

    for (i = 0; i < nkeys; i++) {
        if (memcmp(civic_cwt_key_id(keys[i]), kid, CIVIC_CWT_KEY_ID) == 0) {
            break;
        }
    }

    if (i == nkeys) {
        return CIVIC_CWT_KEY_UNKNOWN;
    }

    len = cwt_to_be_signed(parts->header, parts->header_len, parts->claims,
                           parts->claims_len, whole, sizeof(whole));

    return len > 0 && cwt_key_verifies(keys[i], whole, len, parts->signature)
           ? CIVIC_CWT_OK : CIVIC_CWT_FORGED;
}


/* ---- the claims --------------------------------------------------------- */

static int
take_text(civic_cbor_reader_t *r, char out[CIVIC_CWT_TEXT], size_t *len)
{
    const unsigned char  *text;

    text = civic_cbor_take_string(r, CIVIC_CBOR_TEXT, len);

    if (text == NULL || *len > CIVIC_CWT_TEXT) {
        return -1;
    }

    memcpy(out, text, *len);

    return 0;
}


static int
take_id(civic_cbor_reader_t *r, unsigned char id[CIVIC_CWT_ID])
{
    size_t                len;
    const unsigned char  *bytes = take_bytes(r, &len);

    if (bytes == NULL || len != CIVIC_CWT_ID) {
        return -1;
    }

    memcpy(id, bytes, len);

    return 0;
}


static int
take_own(civic_cbor_reader_t *r, int64_t label, civic_cwt_t *token)
{
    civic_cwt_text_t  *text;

    if (label > CIVIC_CWT_PRIVATE || token->ntexts == CIVIC_CWT_TEXTS
        || civic_cwt_find(token, label) != NULL)
    {
        return -1;
    }

    text = &token->texts[token->ntexts++];
    text->label = label;

    return take_text(r, text->data, &text->len);
}


/* Each of the four has its bit in seen, once. */
static int
take_claim(civic_cbor_reader_t *r, civic_cwt_t *token, unsigned *seen)
{
    int64_t   label = civic_cbor_take_integer(r);
    unsigned  bit = label > 0 && label <= CWT_TOKEN_ID ? 1u << label : 0;

    if (*seen & bit) {
        return -1;
    }

    *seen |= bit;

    switch (label) {
    case CWT_ISSUER:
        return take_text(r, token->issuer, &token->issuer_len);

    case CWT_EXPIRES:
        token->expires_at = civic_cbor_take_integer(r);
        return 0;

    case CWT_ISSUED:
        token->issued_at = civic_cbor_take_integer(r);
        return 0;

    case CWT_TOKEN_ID:
        return take_id(r, token->id);

    default:
        return take_own(r, label, token);
    }
}


static int
take_claims(const parts_t *parts, civic_cwt_t *token)
{
    uint64_t             left;
    unsigned             seen = 0;
    civic_cbor_reader_t  r;

    memset(token, 0, sizeof(civic_cwt_t));
    civic_cbor_read(&r, parts->claims, parts->claims_len);

    for (left = civic_cbor_take_head(&r, CIVIC_CBOR_MAP); left > 0; left--) {
        if (take_claim(&r, token, &seen) != 0 || r.failed) {
            return -1;
        }
    }

    return civic_cbor_ended(&r)
           && seen == (1u << CWT_ISSUER | 1u << CWT_EXPIRES
                       | 1u << CWT_ISSUED | 1u << CWT_TOKEN_ID)
           && token->issued_at >= 0 && token->expires_at > token->issued_at
           ? 0 : -1;
}


/* ---- all of it ---------------------------------------------------------- */

civic_cwt_status_t
civic_cwt_verify(const civic_cwt_key_t *const *keys, size_t nkeys,
    const void *bytes, size_t len, int64_t now, int64_t leeway,
    civic_cwt_t *token)
{
    parts_t             parts;
    civic_cwt_status_t  status;

    if (len > CIVIC_CWT_SIZE || take_parts(bytes, len, &parts) != 0) {
        return CIVIC_CWT_MALFORMED;
    }

    status = check_signature(keys, nkeys, &parts);
    if (status != CIVIC_CWT_OK) {
        return status;
    }

    if (take_claims(&parts, token) != 0) {
        return CIVIC_CWT_MALFORMED;
    }

    if (now >= token->expires_at) {
        return CIVIC_CWT_EXPIRED;
    }

    return now < token->issued_at - leeway ? CIVIC_CWT_EARLY : CIVIC_CWT_OK;
}


civic_cwt_status_t
civic_cwt_verify_text(const civic_cwt_key_t *const *keys, size_t nkeys,
    const char *text, size_t len, int64_t now, int64_t leeway,
    civic_cwt_t *token)
{
    size_t         prefix = sizeof(CIVIC_CWT_PREFIX) - 1;
    int64_t        used;
    unsigned char  bytes[CIVIC_CWT_SIZE];

    if (len < prefix || memcmp(text, CIVIC_CWT_PREFIX, prefix) != 0) {
        return CIVIC_CWT_OTHER;
    }

    used = civic_base45_decode(text + prefix, len - prefix, bytes,
                               sizeof(bytes));

    return used < 0 ? CIVIC_CWT_MALFORMED
                    : civic_cwt_verify(keys, nkeys, bytes, (size_t) used, now,
                                       leeway, token);
}


const char *
civic_cwt_status_name(civic_cwt_status_t status)
{
    static const char *const  names[] = {
        [CIVIC_CWT_OK] = "ok",
        [CIVIC_CWT_NO_MEMORY] = "no_memory",
        [CIVIC_CWT_TOO_LONG] = "too_long",
        [CIVIC_CWT_OTHER] = "other",
        [CIVIC_CWT_MALFORMED] = "malformed",
        [CIVIC_CWT_ALGORITHM] = "algorithm",
        [CIVIC_CWT_KEY_UNKNOWN] = "key_unknown",
        [CIVIC_CWT_FORGED] = "forged",
        [CIVIC_CWT_EARLY] = "early",
        [CIVIC_CWT_EXPIRED] = "expired"
    };

    return names[status];
}
