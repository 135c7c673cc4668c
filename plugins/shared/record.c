/*
 * record.c - see record.h.
 */

#include "base64.h"
#include "record.h"
#include "values.h"
#include "words.h"

#define HEX  "0123456789abcdef"


/* ---- what names a record ----------------------------------------------- */

civic_str_t
shared_id_of(civic_request_t *r, const unsigned char *bytes)
{
    char    *text = civic_alloc(r, CIVIC_BASE64_ROOM(SHARED_ID_BYTES));
    size_t   len = civic_base64_encode_url(bytes, SHARED_ID_BYTES, text);

    return (civic_str_t) { text, len };
}


civic_result_t
shared_id_new(civic_request_t *r, civic_str_t *id)
{
    civic_result_t  rc;
    unsigned char   bytes[SHARED_ID_BYTES];

    rc = civic_random(r, bytes, sizeof(bytes));

    if (rc == CIVIC_OK) {
        *id = shared_id_of(r, bytes);
    }

    return rc;
}


int
shared_is_id(civic_str_t text)
{
    return text.len == SHARED_ID && civic_base64_is_url(text.data, text.len);
}


civic_str_t
shared_hex(civic_request_t *r, const unsigned char *bytes, size_t len)
{
    char    *text = civic_alloc(r, 2 * len + 1);
    size_t   i;

    for (i = 0; i < len; i++) {
        text[2 * i] = HEX[bytes[i] >> 4];
        text[2 * i + 1] = HEX[bytes[i] & 15];
    }

    text[2 * len] = '\0';

    return (civic_str_t) { text, 2 * len };
}


int
shared_unhex(civic_str_t text, unsigned char *bytes, size_t len)
{
    size_t       i;
    const char  *high, *low;

    if (text.len != 2 * len) {
        return -1;
    }

    for (i = 0; i < len; i++) {
        high = memchr(HEX, text.data[2 * i], sizeof(HEX) - 1);
        low = memchr(HEX, text.data[2 * i + 1], sizeof(HEX) - 1);

        if (high == NULL || low == NULL) {
            return -1;
        }

        bytes[i] = (unsigned char) ((high - HEX) << 4 | (low - HEX));
    }

    return 0;
}


civic_result_t
shared_hex_id_new(civic_request_t *r, civic_str_t *id)
{
    civic_result_t  rc;
    unsigned char   bytes[SHARED_HEX_ID / 2];

    rc = civic_random(r, bytes, sizeof(bytes));

    if (rc == CIVIC_OK) {
        *id = shared_hex(r, bytes, sizeof(bytes));
    }

    return rc;
}


int
shared_is_hex_id(civic_str_t text)
{
    unsigned char  bytes[SHARED_HEX_ID / 2];

    return shared_unhex(text, bytes, sizeof(bytes)) == 0;
}


/* ---- JSON as text, and sealed ------------------------------------------ */

civic_result_t
shared_json_text(civic_request_t *r, json_t *tree, civic_str_t *text)
{
    char    *out;
    size_t   len, flags = JSON_COMPACT | JSON_SORT_KEYS;

    if (tree == NULL) {
        return CIVIC_ERROR;
    }

    len = json_dumpb(tree, NULL, 0, flags);
    out = civic_alloc(r, len + 1);

    text->len = json_dumpb(tree, out, len, flags);
    text->data = out;

    json_decref(tree);

    if (len == 0 || text->len != len) {
        return CIVIC_ERROR;
    }

    out[len] = '\0';

    return CIVIC_OK;
}


civic_result_t
shared_json_seal(civic_request_t *r, const char *purpose, civic_str_t context,
    json_t *tree, civic_str_t *sealed)
{
    civic_str_t     text;
    civic_result_t  rc;

    rc = shared_json_text(r, tree, &text);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return civic_seal(r, purpose, context, text, sealed);
}


civic_result_t
shared_json_open(civic_request_t *r, const char *purpose, civic_str_t context,
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


civic_str_t
shared_record_context(civic_request_t *r, civic_str_t pid, civic_str_t id)
{
    return civic_print(r, "%.*s:%.*s", (int) pid.len, pid.data, (int) id.len,
                       id.data);
}


/* ---- a struct's members ------------------------------------------------ */

static json_t *
member_json(const shared_member_t *member, const void *record)
{
    const void         *at = (const char *) record + member->at;
    const civic_str_t  *text = at;

    switch (member->kind) {
    case SHARED_IS_NUMBER:
        return json_integer(*(const int64_t *) at);

    case SHARED_IS_FLAG:
        return json_boolean(*(const int *) at);

    case SHARED_IS_TEXT:
        break;
    }

    return json_stringn(civic_text_or_empty(*text), text->len);
}


static int
is_absent(const shared_member_t *member, const void *record)
{
    const void  *at = (const char *) record + member->at;

    return member->kind == SHARED_IS_TEXT
           && ((const civic_str_t *) at)->len == 0;
}


json_t *
shared_members_json(const shared_member_t *members, const void *record)
{
    json_t  *tree = json_object();

    for ( ; members->name != NULL; members++) {
        if (is_absent(members, record)) {
            continue;
        }

        /* a text that is not UTF-8 has no JSON: better none than a part */
        if (json_object_set_new(tree, members->name,
                                member_json(members, record)) != 0)
        {
            json_decref(tree);
            return NULL;
        }
    }

    return tree;
}


void
shared_members_take(civic_request_t *r, const shared_member_t *members,
    json_t *tree, void *record)
{
    void    *at;
    json_t  *value;

    for ( ; members->name != NULL; members++) {
        at = (char *) record + members->at;
        value = json_object_get(tree, members->name);

        switch (members->kind) {
        case SHARED_IS_NUMBER:
            *(int64_t *) at = json_integer_value(value);
            break;

        case SHARED_IS_FLAG:
            *(int *) at = json_is_true(value);
            break;

        case SHARED_IS_TEXT:
            *(civic_str_t *) at =
                shared_copy(r, shared_json_str(tree, members->name));
            break;
        }
    }
}


civic_result_t
shared_record_seal(civic_request_t *r, const char *purpose, civic_str_t pid,
    civic_str_t id, const shared_member_t *members, const void *record,
    civic_str_t *sealed)
{
    return shared_json_seal(r, purpose, shared_record_context(r, pid, id),
                            shared_members_json(members, record), sealed);
}


civic_result_t
shared_record_open(civic_request_t *r, const char *purpose, civic_str_t pid,
    civic_str_t id, civic_str_t sealed, const shared_member_t *members,
    void *record)
{
    json_t          *tree;
    civic_result_t   rc;

    rc = shared_json_open(r, purpose, shared_record_context(r, pid, id),
                          sealed, &tree);
    if (rc != CIVIC_OK) {
        return rc;
    }

    shared_members_take(r, members, tree, record);
    json_decref(tree);

    return CIVIC_OK;
}
