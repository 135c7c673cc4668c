/*
 * text.c - JSON in and out, identifiers, digests: see civic.h.
 */

#include <openssl/evp.h>

#include "base64.h"
#include "civic.h"
#include "language.h"


civic_result_t
civic_json_text(civic_request_t *r, json_t *tree, civic_str_t *text)
{
    char   *out;
    size_t  len;

    if (tree == NULL) {
        return CIVIC_ERROR;
    }

    len = json_dumpb(tree, NULL, 0, JSON_COMPACT | JSON_SORT_KEYS);
    out = civic_alloc(r, len + 1);

    text->len = json_dumpb(tree, out, len, JSON_COMPACT | JSON_SORT_KEYS);
    text->data = out;

    json_decref(tree);

    if (len == 0 || text->len != len) {
        return CIVIC_ERROR;
    }

    out[len] = '\0';

    return CIVIC_OK;
}


civic_result_t
civic_json_seal(civic_request_t *r, const char *purpose, civic_str_t context,
    json_t *tree, civic_str_t *sealed)
{
    civic_str_t     text;
    civic_result_t  rc;

    rc = civic_json_text(r, tree, &text);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return civic_seal(r, purpose, context, text, sealed);
}


civic_result_t
civic_json_open(civic_request_t *r, const char *purpose, civic_str_t context,
    civic_str_t sealed, json_t **tree)
{
    civic_str_t     plain;
    civic_result_t  rc;

    *tree = NULL;

    rc = civic_open(r, purpose, context, sealed, &plain);

    if (rc == CIVIC_OK) {
        *tree = json_loadb(plain.data, plain.len, 0, NULL);
        rc = json_is_object(*tree) ? CIVIC_OK : CIVIC_INVALID;
    }

    if (rc == CIVIC_OK) {
        return CIVIC_OK;
    }

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "a record of \"%s\" cannot be read",
                  purpose);
    }

    json_decref(*tree);
    *tree = NULL;

    return rc;
}


civic_result_t
civic_id_new(civic_request_t *r, civic_str_t *id)
{
    char            *text = civic_alloc(r, CIVIC_BASE64_ROOM(CIVIC_ID_BYTES));
    civic_result_t   rc;
    unsigned char    bytes[CIVIC_ID_BYTES];

    rc = civic_random(r, bytes, sizeof(bytes));
    if (rc != CIVIC_OK) {
        return rc;
    }

    id->len = civic_base64_encode_url(bytes, sizeof(bytes), text);
    id->data = text;

    return CIVIC_OK;
}


civic_result_t
civic_sm3(civic_request_t *r, civic_str_t text, civic_str_t *digest)
{
    char               *out = civic_alloc(r, CIVIC_DIGEST + 1);
    unsigned            i, len = 0;
    unsigned char       bytes[EVP_MAX_MD_SIZE];
    static const char   digits[] = "0123456789abcdef";

    if (EVP_Digest(text.data, text.len, bytes, &len, EVP_sm3(), NULL) != 1
        || len != CIVIC_DIGEST / 2)
    {
        civic_log(r, CIVIC_LOG_ERROR, "the library has no SM3");
        return CIVIC_ERROR;
    }

    for (i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }

    out[CIVIC_DIGEST] = '\0';
    *digest = (civic_str_t) { out, CIVIC_DIGEST };

    return CIVIC_OK;
}


civic_str_t
civic_record_context(civic_request_t *r, civic_str_t pid, civic_str_t id)
{
    return civic_print(r, "%.*s:%.*s", (int) pid.len, pid.data, (int) id.len,
                       id.data);
}


int
civic_reader_english(civic_request_t *r)
{
    civic_str_t  header = civic_header(r, "accept-language");

    return civic_prefers_english(header.data, header.len);
}
