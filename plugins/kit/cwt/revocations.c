/*
 * revocations.c - a signed list of printed codes that are withdrawn.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/sha.h>

#include "base64.h"
#include "cwt_private.h"
#include "revocations.h"

#define HEAD   256                      /* of what is signed */
#define MOST   (CIVIC_REVOKED_MOST * CIVIC_REVOKED)
#define SPACE  1024                     /* of a document, beside its entries */


void
civic_revoked_entry(const unsigned char id[CIVIC_CWT_ID],
    unsigned char entry[CIVIC_REVOKED])
{
    unsigned char  digest[SHA256_DIGEST_LENGTH];

    (void) SHA256(id, CIVIC_CWT_ID, digest);
    memcpy(entry, digest, CIVIC_REVOKED);
}


static int
by_bytes(const void *left, const void *right)
{
    return memcmp(left, right, CIVIC_REVOKED);
}


void
civic_revocations_sort(civic_revocations_t *list)
{
    size_t          i, kept = 0;
    unsigned char  *all = list->entries;

    if (list->count == 0) {
        return;
    }

    qsort(all, list->count, CIVIC_REVOKED, by_bytes);

    for (i = 1; i < list->count; i++) {
        if (by_bytes(all + kept * CIVIC_REVOKED, all + i * CIVIC_REVOKED)
            != 0)
        {
            kept++;
            memmove(all + kept * CIVIC_REVOKED, all + i * CIVIC_REVOKED,
                    CIVIC_REVOKED);
        }
    }

    list->count = kept + 1;
}


/* A list that readers take: each entry is greater than the one before. */
static int
is_sorted(const civic_revocations_t *list)
{
    size_t  i;

    for (i = 1; i < list->count; i++) {
        if (by_bytes(list->entries + (i - 1) * CIVIC_REVOKED,
                     list->entries + i * CIVIC_REVOKED)
            >= 0)
        {
            return 0;
        }
    }

    return 1;
}


static int
is_list(const civic_revocations_t *list)
{
    const char  *at;

    for (at = list->issuer; *at != '\0'; at++) {
        if ((unsigned char) *at < 0x20) {
            return 0;
        }
    }

    return list->made_at >= 0 && list->expires_at > list->made_at
           && list->count <= CIVIC_REVOKED_MOST && is_sorted(list);
}


/* What is signed, malloc's; its length in *len. */
static unsigned char *
signed_bytes(const civic_revocations_t *list, size_t *len)
{
    int             head;
    size_t          body = list->count * CIVIC_REVOKED;
    unsigned char  *bytes = malloc(HEAD + body);

    if (bytes == NULL) {
        return NULL;
    }

    head = snprintf((char *) bytes, HEAD, "%s\n%s\n%lld\n%lld\n%zu\n",
                    CIVIC_REVOKED_FORMAT, list->issuer,
                    (long long) list->made_at, (long long) list->expires_at,
                    list->count);

    if (body > 0) {
        memcpy(bytes + head, list->entries, body);
    }

    *len = (size_t) head + body;

    return bytes;
}


_Static_assert(HEAD > sizeof(CIVIC_REVOKED_FORMAT) + CIVIC_CWT_TEXT + 70,
               "room for what is signed before the entries");


/* ---- writing ------------------------------------------------------------ */

static void
hexadecimal(const unsigned char *bytes, size_t len, char *out)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        (void) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}


/* jansson would escape and copy a megabyte twice: base64 needs neither.  The
   issuer is the one member that may. */
static char *
document(const civic_cwt_key_t *key, const civic_revocations_t *list,
    const unsigned char signature[CWT_SIGNATURE], size_t *len)
{
    char    *text, *issuer, id[2 * CIVIC_CWT_KEY_ID + 1];
    char     sign[CIVIC_BASE64_ROOM(CWT_SIGNATURE)];
    json_t  *quoted = json_string(list->issuer);
    size_t   body = list->count * CIVIC_REVOKED;

    issuer = quoted == NULL ? NULL : json_dumps(quoted, JSON_ENCODE_ANY);
    json_decref(quoted);
    text = issuer == NULL ? NULL : malloc(SPACE + CIVIC_BASE64_ROOM(body));

    if (text != NULL) {
        hexadecimal(civic_cwt_key_id(key), CIVIC_CWT_KEY_ID, id);
        (void) civic_base64_encode_url(signature, CWT_SIGNATURE, sign);
        *len = (size_t) snprintf(text, SPACE, "{\"format\":\"%s\","
                                 "\"issuer\":%s,\"made_at\":%lld,"
                                 "\"expires_at\":%lld,\"count\":%zu,"
                                 "\"key_id\":\"%s\",\"signature\":\"%s\","
                                 "\"entries\":\"", CIVIC_REVOKED_FORMAT,
                                 issuer, (long long) list->made_at,
                                 (long long) list->expires_at, list->count,
                                 id, sign);
        *len += civic_base64_encode_url(list->entries, body, text + *len);
        memcpy(text + *len, "\"}", 3);
        *len += 2;
    }

    free(issuer);

    return text;
}


char *
civic_revocations_write(const civic_cwt_key_t *key,
    const civic_revocations_t *list, size_t *len)
{
    int             done;
    size_t          size;
    unsigned char  *bytes, signature[CWT_SIGNATURE];

    bytes = is_list(list) ? signed_bytes(list, &size) : NULL;
    done = bytes != NULL && cwt_key_sign(key, bytes, size, signature) == 0;
    free(bytes);

    return done ? document(key, list, signature, len) : NULL;
}


/* ---- reading ------------------------------------------------------------ */

static const char *
text_of(const json_t *tree, const char *name, size_t *len)
{
    const json_t  *value = json_object_get(tree, name);

    *len = json_is_string(value) ? json_string_length(value) : 0;

    return json_is_string(value) ? json_string_value(value) : "";
}


static int
take_entries(const json_t *tree, civic_revocations_t *list)
{
    size_t       len;
    const char  *text = text_of(tree, "entries", &len);
    json_int_t   count = json_integer_value(json_object_get(tree, "count"));

    if (count < 0 || count > CIVIC_REVOKED_MOST
        || len != (size_t) (count * CIVIC_REVOKED * 4 + 2) / 3)
    {
        return -1;
    }

    list->count = (size_t) count;
    list->entries = malloc(len + 1);

    return list->entries != NULL
           && civic_base64_decode_url(text, len, list->entries)
              == count * CIVIC_REVOKED
           ? 0 : -1;
}


/* 0, or -1: no list in the form that is written here. */
static int
take(const json_t *tree, civic_revocations_t *list,
    unsigned char signature[CWT_SIGNATURE + 2])
{
    size_t       len, format_len, issuer_len;
    const char  *format = text_of(tree, "format", &format_len);
    const char  *issuer = text_of(tree, "issuer", &issuer_len);
    const char  *sign = text_of(tree, "signature", &len);

    if (format_len != sizeof(CIVIC_REVOKED_FORMAT) - 1
        || memcmp(format, CIVIC_REVOKED_FORMAT, format_len) != 0
        || issuer_len > CIVIC_CWT_TEXT
        || strlen(issuer) != issuer_len
        || !json_is_integer(json_object_get(tree, "made_at"))
        || !json_is_integer(json_object_get(tree, "expires_at"))
        || !json_is_integer(json_object_get(tree, "count"))
        || len != CIVIC_BASE64_ROOM(CWT_SIGNATURE) - 1 - 2
        || civic_base64_decode_url(sign, len, signature) != CWT_SIGNATURE)
    {
        return -1;
    }

    memcpy(list->issuer, issuer, issuer_len + 1);
    list->made_at = json_integer_value(json_object_get(tree, "made_at"));
    list->expires_at = json_integer_value(json_object_get(tree,
                                                          "expires_at"));

    return take_entries(tree, list) == 0 && is_list(list) ? 0 : -1;
}


static const civic_cwt_key_t *
find_key(const civic_cwt_key_t *const *keys, size_t nkeys, const json_t *tree)
{
    char         id[2 * CIVIC_CWT_KEY_ID + 1];
    size_t       i, len;
    const char  *wanted = text_of(tree, "key_id", &len);

    for (i = 0; i < nkeys; i++) {
        hexadecimal(civic_cwt_key_id(keys[i]), CIVIC_CWT_KEY_ID, id);

        if (len == sizeof(id) - 1 && memcmp(wanted, id, len) == 0) {
            return keys[i];
        }
    }

    return NULL;
}


static civic_cwt_status_t
believe(const civic_cwt_key_t *key, const civic_revocations_t *list,
    const unsigned char *signature, int64_t now, int64_t leeway)
{
    int             holds;
    size_t          len;
    unsigned char  *bytes = signed_bytes(list, &len);

    if (bytes == NULL) {
        return CIVIC_CWT_NO_MEMORY;
    }

    holds = cwt_key_verifies(key, bytes, len, signature);
    free(bytes);

    if (!holds) {
        return CIVIC_CWT_FORGED;
    }

    if (list->made_at > now + leeway) {
        return CIVIC_CWT_EARLY;
    }

    return list->expires_at <= now ? CIVIC_CWT_EXPIRED : CIVIC_CWT_OK;
}


civic_cwt_status_t
civic_revocations_read(const civic_cwt_key_t *const *keys, size_t nkeys,
    const char *text, size_t len, int64_t now, int64_t leeway,
    civic_revocations_t *list)
{
    json_t                 *tree;
    unsigned char           signature[CWT_SIGNATURE + 2];
    civic_cwt_status_t      status;
    const civic_cwt_key_t  *key;

    memset(list, 0, sizeof(civic_revocations_t));

    tree = len > SPACE + CIVIC_BASE64_ROOM(MOST)
           ? NULL : json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

    if (!json_is_object(tree) || take(tree, list, signature) != 0) {
        status = CIVIC_CWT_MALFORMED;

    } else {
        key = find_key(keys, nkeys, tree);
        status = key == NULL ? CIVIC_CWT_KEY_UNKNOWN
                 : believe(key, list, signature, now, leeway);
    }

    json_decref(tree);

    if (status != CIVIC_CWT_OK && status != CIVIC_CWT_EARLY
        && status != CIVIC_CWT_EXPIRED)
    {
        civic_revocations_free(list);
    }

    return status;
}


int
civic_revocations_has(const civic_revocations_t *list,
    const unsigned char id[CIVIC_CWT_ID])
{
    unsigned char  entry[CIVIC_REVOKED];

    civic_revoked_entry(id, entry);

    return list->count > 0
           && bsearch(entry, list->entries, list->count, CIVIC_REVOKED,
                      by_bytes) != NULL;
}


void
civic_revocations_free(civic_revocations_t *list)
{
    free(list->entries);
    memset(list, 0, sizeof(civic_revocations_t));
}
