/*
 * revocations.h - which printed codes are withdrawn, as a signed list that
 * whoever verifies without a network takes along: a JSON document.
 *
 *     {"format": "civic-revocations-1", "issuer": "civic.example",
 *      "made_at": 1700000000, "expires_at": 1700259200, "count": 2,
 *      "entries": "<base64url>", "key_id": "<16 digits>",
 *      "signature": "<base64url of 64 bytes>"}
 *
 * Times are s since 1970.  An entry is the first 8 bytes of the SHA-256 of a
 * token's id (cti); entries stand one behind the other, sorted as bytes, each
 * once.  What is signed (ES256, r and s as in RFC 9053) are the bytes of
 *
 *     civic-revocations-1 LF issuer LF made_at LF expires_at LF count LF
 *
 * with numbers in decimal digits and LF for one byte 0x0a, and behind them
 * the entries as bytes, without base64.  No COSE signature begins so: a list
 * is never a token.
 *
 * The list tells nobody whose code it was.  It has an end: from then on it
 * says nothing any more.
 */

#ifndef CIVIC_KIT_REVOCATIONS_H
#define CIVIC_KIT_REVOCATIONS_H

#include "cwt.h"

#define CIVIC_REVOKED         8         /* bytes of an entry */
#define CIVIC_REVOKED_MOST    300000    /* entries */
#define CIVIC_REVOKED_FORMAT  "civic-revocations-1"

typedef struct {
    char            issuer[CIVIC_CWT_TEXT + 1];
    int64_t         made_at;
    int64_t         expires_at;
    size_t          count;
    unsigned char  *entries;            /* malloc's */
} civic_revocations_t;

/* The entry of a token. */
void civic_revoked_entry(const unsigned char id[CIVIC_CWT_ID],
    unsigned char entry[CIVIC_REVOKED]);

/* Sorts the entries, and lets each stand once. */
void civic_revocations_sort(civic_revocations_t *list);

/* The document, malloc's and NUL-terminated, of a list that is sorted; NULL:
   no memory, or none that a reader would take. */
char *civic_revocations_write(const civic_cwt_key_t *key,
    const civic_revocations_t *list, size_t *len);

/* Reads one and verifies it.  *list is set with OK, EARLY and EXPIRED, and is
   to be freed; leeway as of tokens.  Not for a fiber: jansson recurses. */
civic_cwt_status_t civic_revocations_read(const civic_cwt_key_t *const *keys,
    size_t nkeys, const char *text, size_t len, int64_t now, int64_t leeway,
    civic_revocations_t *list);

/* 1: the token with this id is on it. */
int civic_revocations_has(const civic_revocations_t *list,
    const unsigned char id[CIVIC_CWT_ID]);

/* Safe to call twice. */
void civic_revocations_free(civic_revocations_t *list);

#endif
