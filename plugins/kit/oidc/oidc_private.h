/*
 * oidc_private.h - what the files of oidc.h share.
 */

#ifndef CIVIC_KIT_OIDC_PRIVATE_H
#define CIVIC_KIT_OIDC_PRIVATE_H

#include <cjose/cjose.h>

#include "oidc.h"

/* A set's key, or one of our own; algorithms are those it may be used for. */
struct civic_oidc_key_s {
    cjose_jwk_t  *jwk;
    unsigned      algorithms;
};

struct civic_oidc_keys_s {
    size_t            count;
    civic_oidc_key_t  keys[CIVIC_OIDC_KEYS];
};

/* oidc_json.c */

/* An object from a stranger, a new reference.  jansson recurses and a
   fiber's stack is small, so depth is counted first. */
civic_oidc_status_t civic_oidc_object(const char *text, size_t len,
    size_t max, json_t **object);

/* A string of 1 to max bytes, or NULL. */
const char *civic_oidc_string(const json_t *object, const char *name,
    size_t max);

/* Whether a list of strings has this one: 1, 0; absent if there is no list;
   -1 if the member is something else. */
int civic_oidc_offers(const json_t *object, const char *name,
    const char *value, int absent);

/* oidc_client.c */

const char *civic_oidc_auth_name(civic_oidc_auth_t auth);

/* oidc_key.c */

/* "RS256", "PS256", "ES256". */
const char *civic_oidc_algorithm_name(unsigned algorithm);

/* The key of a JWK that may be used for signatures; -1 for any other.  With
   secret it must be private, else public. */
int civic_oidc_key_import(json_t *jwk, int secret, civic_oidc_key_t *key);

/* oidc_text.c: texts into room that is given.  What does not fit is
   dropped with all after it, and civic_oidc_out_end() tells. */
typedef struct {
    char    *out;
    size_t   size;
    size_t   used;
} civic_oidc_out_t;

void civic_oidc_put(civic_oidc_out_t *out, const char *text, size_t len);

/* Percent-encoded: all but RFC 3986's unreserved characters. */
void civic_oidc_put_encoded(civic_oidc_out_t *out, const char *text);

/* "&name=value", or without "&" at the begin of a form. */
void civic_oidc_put_field(civic_oidc_out_t *out, const char *name,
    const char *value);

/* Sets the NUL.  The length, or -1. */
int64_t civic_oidc_out_end(civic_oidc_out_t *out);

#endif
