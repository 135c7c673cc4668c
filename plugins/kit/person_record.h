/*
 * person_record.h - what Redis holds of a person, before it is sealed.
 *
 * The hash "civic:{p:<pid>}:person" has these fields:
 *
 *   identity         sealed (purpose "identity", context the pid): the text
 *                    "1 TAB kind TAB id number TAB name" of this file
 *   password         sealed (purpose "password", context the pid): argon2's
 *                    encoded string; absent while none was set
 *   created_at       ms since 1970, decimal
 *   password_set_at  the same; absent while none was set
 *
 * The login plugin and civicctl share this file, so that what one writes
 * the other reads.  Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_PERSON_RECORD_H
#define CIVIC_KIT_PERSON_RECORD_H

#include "id_number.h"
#include "name.h"

#define CIVIC_PERSON_FAMILY    "person"
#define CIVIC_IDENTITY         "identity"       /* field and purpose */
#define CIVIC_PASSWORD         "password"       /* field and purpose */

/* The text of an identity at most, with NUL. */
#define CIVIC_IDENTITY_TEXT    (CIVIC_NAME_BYTES + 64)

/* OWASP's and RFC 9106's kind of figures: 19 MiB, 2 passes, 1 lane. */
#define CIVIC_ARGON2_MEMORY    19456            /* KiB */
#define CIVIC_ARGON2_PASSES    2
#define CIVIC_ARGON2_LANES     1
#define CIVIC_ARGON2_SALT      16               /* bytes */
#define CIVIC_ARGON2_HASH      32               /* bytes */
#define CIVIC_ARGON2_TEXT      160              /* encoded, with NUL */

typedef struct {
    civic_id_number_t  id;
    char               name[CIVIC_NAME_BYTES];
    size_t             name_len;
} civic_person_identity_t;

/* Writes the text, NUL-terminated: not JSON, since every profile reads it and
   a tree would be a third of that request's cost.  The length, or -1 when the
   name has a control character. */
int64_t civic_person_identity_encode(const civic_person_identity_t *identity,
    char out[CIVIC_IDENTITY_TEXT]);

/* Reads it.  Birth and sex come from the number.  0, or -1 if it is not
   what encode() writes. */
int civic_person_identity_decode(const char *text, size_t len,
    civic_person_identity_t *identity);

typedef struct {
    uint32_t  memory;                   /* KiB */
    uint32_t  passes;
    uint32_t  lanes;
} civic_argon2_t;

/* The parameters in "$argon2id$v=19$m=19456,t=2,p=1$...".  0, or -1. */
int civic_argon2_parameters(const char *encoded, size_t len,
    civic_argon2_t *parameters);

#endif
