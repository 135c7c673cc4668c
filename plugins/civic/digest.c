/*
 * digest.c - the digest of a text that somebody consents to: see civic.h.
 */

#include <openssl/evp.h>

#include "civic.h"


civic_result_t
civic_sm3(civic_request_t *r, civic_str_t text, civic_str_t *digest)
{
    unsigned       len = 0;
    unsigned char  bytes[EVP_MAX_MD_SIZE];

    if (EVP_Digest(text.data, text.len, bytes, &len, EVP_sm3(), NULL) != 1
        || len != CIVIC_DIGEST / 2)
    {
        civic_log(r, CIVIC_LOG_ERROR, "the library has no SM3");
        return CIVIC_ERROR;
    }

    *digest = shared_hex(r, bytes, len);

    return CIVIC_OK;
}
