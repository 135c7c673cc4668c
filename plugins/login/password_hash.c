/*
 * password_hash.c - argon2id, on threads of its own.
 *
 * 19 MiB and two passes take 30 ms: never on the loop, and behind a queue
 * that the host bounds.  A person without a password, or nobody at all, is
 * held against a dummy with the same parameters, so that the answer takes
 * as long.
 */

#include <argon2.h>

#include "login.h"

typedef struct {
    const char      *encoded;
    civic_str_t      password;
    civic_argon2_t   parameters;
    unsigned char    salt[CIVIC_ARGON2_SALT];
    char             made[CIVIC_ARGON2_TEXT];
    int              rc;
} hash_t;


static void
verify(void *data)
{
    hash_t  *hash = data;

    hash->rc = argon2id_verify(hash->encoded, hash->password.data,
                               hash->password.len);
}


static void
make(void *data)
{
    hash_t  *hash = data;

    hash->rc = argon2id_hash_encoded(hash->parameters.passes,
                                     hash->parameters.memory,
                                     hash->parameters.lanes,
                                     hash->password.data, hash->password.len,
                                     hash->salt, sizeof(hash->salt),
                                     CIVIC_ARGON2_HASH, hash->made,
                                     sizeof(hash->made));
}


static civic_result_t
fail(civic_request_t *r, int rc)
{
    civic_log(r, CIVIC_LOG_ERROR, "argon2: %s", argon2_error_message(rc));

    return CIVIC_ERROR;
}


civic_result_t
login_hash_verify(civic_request_t *r, civic_str_t encoded,
    civic_str_t password, int *matches)
{
    hash_t          hash;
    login_state_t  *state = civic_state(r);
    civic_result_t  rc;

    memset(&hash, 0, sizeof(hash));
    hash.encoded = encoded.len > 0 ? encoded.data : state->dummy;
    hash.password = password;

    rc = civic_offload(r, CIVIC_THREADS_HASH, verify, &hash);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (hash.rc != ARGON2_OK && hash.rc != ARGON2_VERIFY_MISMATCH) {
        return fail(r, hash.rc);
    }

    *matches = hash.rc == ARGON2_OK && encoded.len > 0;

    return CIVIC_OK;
}


civic_result_t
login_hash_make(civic_request_t *r, civic_str_t pid, civic_str_t password,
    civic_str_t *sealed)
{
    hash_t          hash;
    login_state_t  *state = civic_state(r);
    civic_result_t  rc;

    memset(&hash, 0, sizeof(hash));
    hash.password = password;
    hash.parameters = state->argon2;

    rc = civic_random(r, hash.salt, sizeof(hash.salt));
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_offload(r, CIVIC_THREADS_HASH, make, &hash);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (hash.rc != ARGON2_OK) {
        return fail(r, hash.rc);
    }

    rc = civic_seal(r, CIVIC_PASSWORD, pid, civic_cstr(hash.made), sealed);
    explicit_bzero(hash.made, sizeof(hash.made));

    return rc;
}


int
login_hash_is_old(civic_request_t *r, civic_str_t encoded)
{
    civic_argon2_t  found;
    login_state_t  *state = civic_state(r);

    if (civic_argon2_parameters(encoded.data, encoded.len, &found) != 0) {
        return 1;
    }

    return found.memory != state->argon2.memory
           || found.passes != state->argon2.passes
           || found.lanes != state->argon2.lanes;
}
