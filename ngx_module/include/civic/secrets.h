/*
 * civic/secrets.h - random bytes, and sealing: what is encrypted before it
 * leaves the process.
 */

#ifndef CIVIC_CONTRACT_SECRETS_H
#define CIVIC_CONTRACT_SECRETS_H

#include "civic/host.h"

/* Something that may be sealed: see civic_seal().  A purpose is a name of
   the installation: plugins that declare the same one share its key.  By
   address. */
typedef struct {
    const char  *name;
    const char  *en;
} civic_purpose_def_t;

/* Random bytes that nobody can guess. */
static inline civic_result_t
civic_random(civic_request_t *r, void *bytes, size_t len)
{
    return r->host->random(r, bytes, len);
}

/*
 * Seals plain under the key of a purpose of the plugin's table
 * (AES-256-GCM).  context is bound to it: opening asks for the same, so a
 * sealed value cannot be moved to another person's record.  *sealed is
 * binary; it names its suite and key.
 */
static inline civic_result_t
civic_seal(civic_request_t *r, const char *purpose, civic_str_t context,
    civic_str_t plain, civic_str_t *sealed)
{
    return r->host->seal(r, purpose, context, plain, sealed);
}

/* Opens it.  CIVIC_INVALID: forged, damaged, another purpose or context, or
   sealed under a key that the keyring no longer has. */
static inline civic_result_t
civic_open(civic_request_t *r, const char *purpose, civic_str_t context,
    civic_str_t sealed, civic_str_t *plain)
{
    return r->host->open(r, purpose, context, sealed, plain);
}

#endif /* CIVIC_CONTRACT_SECRETS_H */
