/*
 * idempotency.h - what is kept of a request that must not be done twice.
 *
 * The record of an Idempotency-Key is a hash in the person's slot,
 * "civic:{p:<pid>}:once:<name>": the digest of the request, when it began,
 * what its scripts answered (redis_script.h) and, at last, the sealed reply.
 * Keys are the client's and may be guessable, so the record's name is a
 * digest too; that only the person's own requests reach it is the slot's
 * doing.
 */

#ifndef CIVIC_IDEMPOTENCY_H
#define CIVIC_IDEMPOTENCY_H

#include "arena.h"

#define CIVIC_IDEMPOTENCY_KEY     255   /* characters at most */
#define CIVIC_IDEMPOTENCY_NAME    22    /* base64url of 16 bytes */
#define CIVIC_IDEMPOTENCY_DIGEST  43    /* base64url of 32 bytes */

/* 1 to 255 visible ASCII characters. */
int civic_idempotency_key_valid(civic_str_t key);

/* The record's name; out has CIVIC_IDEMPOTENCY_NAME + 1 bytes.  0, or -1. */
int civic_idempotency_name(civic_str_t key, char *out);

/* The digest of what was asked: the route ("POST /review/applications"), the
   path and the body.  out has CIVIC_IDEMPOTENCY_DIGEST + 1 bytes. */
int civic_idempotency_digest(civic_str_t route, civic_str_t path,
    civic_str_t body, char *out);

/* A reply as one string, and back.  encode: .data == NULL without memory.
   decode: 0, or -1 if it is no such string; the parts point into text. */
civic_str_t civic_idempotency_encode(civic_arena_t *arena, int status,
    const char *content_type, civic_str_t body);
int civic_idempotency_decode(civic_arena_t *arena, civic_str_t text,
    int *status, const char **content_type, civic_str_t *body);

#endif
