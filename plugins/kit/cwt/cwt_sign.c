/*
 * cwt_sign.c - a token written and signed.  Integers take their shortest form
 * and maps the order of RFC 8949 4.2.1, so the same token is the same bytes.
 */

#include <string.h>

#include "base45.h"
#include "cbor.h"
#include "cwt_private.h"

#define CONTEXT  "Signature1"           /* RFC 9052 4.4 */


/* ---- the parts ---------------------------------------------------------- */

static void
put_bytes(civic_cbor_writer_t *w, const void *bytes, size_t len)
{
    civic_cbor_put_string(w, CIVIC_CBOR_BYTES, bytes, len);
}


static void
put_text(civic_cbor_writer_t *w, int64_t label, const char *text, size_t len)
{
    civic_cbor_put_integer(w, label);
    civic_cbor_put_string(w, CIVIC_CBOR_TEXT, text, len);
}


static void
put_time(civic_cbor_writer_t *w, int64_t label, int64_t seconds)
{
    civic_cbor_put_integer(w, label);
    civic_cbor_put_integer(w, seconds);
}


static size_t
write_header(const civic_cwt_key_t *key, unsigned char *out, size_t size)
{
    civic_cbor_writer_t  w;

    civic_cbor_write(&w, out, size);
    civic_cbor_put_head(&w, CIVIC_CBOR_MAP, 2);
    civic_cbor_put_integer(&w, CWT_ALGORITHM);
    civic_cbor_put_integer(&w, CWT_ES256);
    civic_cbor_put_integer(&w, CWT_KID);
    put_bytes(&w, civic_cwt_key_id(key), CIVIC_CWT_KEY_ID);

    return civic_cbor_written(&w);
}


/* The labels of texts are below zero, and their spelling longer than that of
   the others: they stand behind them. */
static size_t
write_claims(const civic_cwt_t *token, unsigned char *out, size_t size)
{
    size_t                   i;
    civic_cbor_writer_t      w;
    const civic_cwt_text_t  *text;

    civic_cbor_write(&w, out, size);
    civic_cbor_put_head(&w, CIVIC_CBOR_MAP, 4 + token->ntexts);
    put_text(&w, CWT_ISSUER, token->issuer, token->issuer_len);
    put_time(&w, CWT_EXPIRES, token->expires_at);
    put_time(&w, CWT_ISSUED, token->issued_at);
    civic_cbor_put_integer(&w, CWT_TOKEN_ID);
    put_bytes(&w, token->id, CIVIC_CWT_ID);

    for (i = 0; i < token->ntexts; i++) {
        text = &token->texts[i];
        put_text(&w, text->label, text->data, text->len);
    }

    return civic_cbor_written(&w);
}


size_t
cwt_to_be_signed(const unsigned char *header, size_t header_len,
    const unsigned char *claims, size_t claims_len, unsigned char *out,
    size_t size)
{
    civic_cbor_writer_t  w;

    civic_cbor_write(&w, out, size);
    civic_cbor_put_head(&w, CIVIC_CBOR_ARRAY, 4);
    civic_cbor_put_string(&w, CIVIC_CBOR_TEXT, CONTEXT, sizeof(CONTEXT) - 1);
    put_bytes(&w, header, header_len);
    put_bytes(&w, NULL, 0);
    put_bytes(&w, claims, claims_len);

    return civic_cbor_written(&w);
}


/* ---- a token ------------------------------------------------------------ */

int
civic_cwt_add(civic_cwt_t *token, int64_t label, const char *text, size_t len)
{
    civic_cwt_text_t  *slot;

    if (token->ntexts == CIVIC_CWT_TEXTS || len > CIVIC_CWT_TEXT) {
        return -1;
    }

    slot = &token->texts[token->ntexts++];
    slot->label = label;
    slot->len = len;
    memcpy(slot->data, text, len);

    return 0;
}


const civic_cwt_text_t *
civic_cwt_find(const civic_cwt_t *token, int64_t label)
{
    size_t  i;

    for (i = 0; i < token->ntexts; i++) {
        if (token->texts[i].label == label) {
            return &token->texts[i];
        }
    }

    return NULL;
}


/* Highest first, which is the order of their bytes. */
static void
sort_texts(civic_cwt_t *token)
{
    size_t            i, k;
    civic_cwt_text_t  held;

    for (i = 1; i < token->ntexts; i++) {
        held = token->texts[i];

        for (k = i; k > 0 && token->texts[k - 1].label < held.label; k--) {
            token->texts[k] = token->texts[k - 1];
        }

        token->texts[k] = held;
    }
}


/* What a reader would refuse is not signed. */
static int
is_sound(const civic_cwt_t *token)
{
    size_t  i;

    for (i = 0; i < token->ntexts; i++) {
        if (token->texts[i].label > CIVIC_CWT_PRIVATE
            || (i > 0 && token->texts[i].label == token->texts[i - 1].label))
        {
            return 0;
        }
    }

    return token->issued_at >= 0 && token->expires_at > token->issued_at
           && token->issuer_len <= CIVIC_CWT_TEXT;
}


civic_cwt_status_t
civic_cwt_sign(const civic_cwt_key_t *key, const civic_cwt_t *token,
    unsigned char out[CIVIC_CWT_SIZE], size_t *len)
{
    size_t               header_len, claims_len, signed_len;
    civic_cwt_t          sorted = *token;
    unsigned char        header[CWT_HEADER], claims[CIVIC_CWT_SIZE];
    unsigned char        whole[CWT_TO_BE_SIGNED], signature[CWT_SIGNATURE];
    civic_cbor_writer_t  w;

    sort_texts(&sorted);

    if (!is_sound(&sorted)) {
        return CIVIC_CWT_MALFORMED;
    }

    header_len = write_header(key, header, sizeof(header));
    claims_len = write_claims(&sorted, claims, sizeof(claims));
    signed_len = claims_len == 0
                 ? 0 : cwt_to_be_signed(header, header_len, claims,
                                        claims_len, whole, sizeof(whole));

    if (signed_len == 0) {
        return CIVIC_CWT_TOO_LONG;
    }

    if (cwt_key_sign(key, whole, signed_len, signature) != 0) {
        return CIVIC_CWT_NO_MEMORY;
    }

    civic_cbor_write(&w, out, CIVIC_CWT_SIZE);
    civic_cbor_put_head(&w, CIVIC_CBOR_TAG, CWT_SIGN1);
    civic_cbor_put_head(&w, CIVIC_CBOR_ARRAY, 4);
    put_bytes(&w, header, header_len);
    civic_cbor_put_head(&w, CIVIC_CBOR_MAP, 0);
    put_bytes(&w, claims, claims_len);
    put_bytes(&w, signature, CWT_SIGNATURE);

    *len = civic_cbor_written(&w);

    return *len == 0 ? CIVIC_CWT_TOO_LONG : CIVIC_CWT_OK;
}


civic_cwt_status_t
civic_cwt_sign_text(const civic_cwt_key_t *key, const civic_cwt_t *token,
    char out[CIVIC_CWT_ROOM])
{
    size_t              len;
    unsigned char       bytes[CIVIC_CWT_SIZE];
    civic_cwt_status_t  status;

    status = civic_cwt_sign(key, token, bytes, &len);
    if (status != CIVIC_CWT_OK) {
        return status;
    }

    memcpy(out, CIVIC_CWT_PREFIX, sizeof(CIVIC_CWT_PREFIX) - 1);
    (void) civic_base45_encode(bytes, len,
                               out + sizeof(CIVIC_CWT_PREFIX) - 1);

    return CIVIC_CWT_OK;
}
