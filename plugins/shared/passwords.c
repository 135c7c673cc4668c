/*
 * passwords.c - see passwords.h: argon2id, on threads of its own.
 *
 * 19 MiB and two passes take 30 ms: never on the loop, and behind a queue
 * that the host bounds.  A person without a password, or nobody at all, is
 * held against a dummy with the same parameters, so that the answer takes
 * as long.
 */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <argon2.h>

#include "passwords.h"
#include "words.h"

/* Argon2 asks for 8 KiB a lane at least. */
#define ARGON2_KIB_A_LANE  8u

typedef struct {
    const char      *encoded;
    civic_str_t      password;
    civic_argon2_t   parameters;
    unsigned char    salt[CIVIC_ARGON2_SALT];
    char             made[CIVIC_ARGON2_TEXT];
    int              rc;
} hash_t;


/* ---- start and end ----------------------------------------------------- */

int
shared_file_failure(civic_failure_t *failure, const char *option,
    const char *path)
{
    snprintf(failure->text, sizeof(failure->text), "%s \"%.150s\": %s", option,
             path, strerror(errno));

    return -1;
}


static int
check_argon2(uint32_t memory, uint32_t lanes, civic_failure_t *failure)
{
    if (memory >= ARGON2_KIB_A_LANE * lanes) {
        return 0;
    }

    snprintf(failure->text, sizeof(failure->text),
             "argon2_memory=%u is too little for argon2_lanes=%u: %u KiB a "
             "lane", memory, lanes, ARGON2_KIB_A_LANE);

    return -1;
}


static uint32_t
number_option(json_t *options, const char *name)
{
    return (uint32_t) json_integer_value(json_object_get(options, name));
}


int
shared_passwords_check(json_t *options, civic_failure_t *failure)
{
    const char  *path;

    path = json_string_value(json_object_get(options, "password_blocklist"));

    if (access(path, R_OK) != 0) {
        return shared_file_failure(failure, "password_blocklist", path);
    }

    return check_argon2(number_option(options, "argon2_memory"),
                        number_option(options, "argon2_lanes"), failure);
}


/* What an unknown person's password is held against: the hash of chance that
   is forgotten at once, made with today's parameters. */
static int
make_dummy(shared_passwords_t *passwords, civic_failure_t *failure)
{
    int             rc;
    unsigned char   chance[2 * CIVIC_ARGON2_SALT];

    if (getentropy(chance, sizeof(chance)) != 0) {
        return shared_file_failure(failure, "getentropy", "");
    }

    rc = argon2id_hash_encoded(passwords->argon2.passes,
                               passwords->argon2.memory,
                               passwords->argon2.lanes, chance,
                               CIVIC_ARGON2_SALT, chance + CIVIC_ARGON2_SALT,
                               CIVIC_ARGON2_SALT, CIVIC_ARGON2_HASH,
                               passwords->dummy, sizeof(passwords->dummy));
    explicit_bzero(chance, sizeof(chance));

    if (rc != ARGON2_OK) {
        snprintf(failure->text, sizeof(failure->text), "argon2: %s",
                 argon2_error_message(rc));
        return -1;
    }

    return 0;
}


static uint32_t
worker_number(civic_worker_t *w, const char *name)
{
    return (uint32_t) json_integer_value(civic_worker_option(w, name));
}


int
shared_passwords_start(civic_worker_t *w, shared_passwords_t *passwords,
    civic_failure_t *failure)
{
    const char  *path;

    passwords->argon2.memory = worker_number(w, "argon2_memory");
    passwords->argon2.passes = worker_number(w, "argon2_passes");
    passwords->argon2.lanes = worker_number(w, "argon2_lanes");

    if (check_argon2(passwords->argon2.memory, passwords->argon2.lanes,
                     failure) != 0)
    {
        return -1;
    }

    path = json_string_value(civic_worker_option(w, "password_blocklist"));
    passwords->blocklist = shared_blocklist_load(path, failure);

    if (passwords->blocklist == NULL) {
        return -1;
    }

    civic_worker_log(w, CIVIC_LOG_INFO, "%zu passwords are on the blocklist",
                     shared_blocklist_count(passwords->blocklist));

    return make_dummy(passwords, failure);
}


void
shared_passwords_stop(shared_passwords_t *passwords)
{
    shared_blocklist_free(passwords->blocklist);
    passwords->blocklist = NULL;
}


/* ---- on the thread ----------------------------------------------------- */

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


/* ---- hashes ------------------------------------------------------------ */

static civic_result_t
fail(civic_request_t *r, int rc)
{
    civic_log(r, CIVIC_LOG_ERROR, "argon2: %s", argon2_error_message(rc));

    return CIVIC_ERROR;
}


civic_result_t
shared_hash_verify(civic_request_t *r, const shared_passwords_t *passwords,
    civic_str_t encoded, civic_str_t password, int *matches)
{
    hash_t          hash;
    civic_result_t  rc;

    memset(&hash, 0, sizeof(hash));
    hash.encoded = encoded.len > 0 ? encoded.data : passwords->dummy;
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
shared_hash_make(civic_request_t *r, const shared_passwords_t *passwords,
    civic_str_t pid, civic_str_t password, civic_str_t *sealed)
{
    hash_t          hash;
    civic_result_t  rc;

    memset(&hash, 0, sizeof(hash));
    hash.password = password;
    hash.parameters = passwords->argon2;

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


static int
is_old(const shared_passwords_t *passwords, civic_str_t encoded)
{
    civic_argon2_t  found;

    if (civic_argon2_parameters(encoded.data, encoded.len, &found) != 0) {
        return 1;
    }

    return found.memory != passwords->argon2.memory
           || found.passes != passwords->argon2.passes
           || found.lanes != passwords->argon2.lanes;
}


civic_result_t
shared_hash_renew(civic_request_t *r, const shared_passwords_t *passwords,
    civic_str_t pid, civic_str_t encoded, civic_str_t password,
    civic_str_t *sealed)
{
    civic_result_t  rc;

    *sealed = CIVIC_STR("");

    if (!is_old(passwords, encoded)) {
        return CIVIC_OK;
    }

    rc = shared_hash_make(r, passwords, pid, password, sealed);

    /* no reason to refuse a login: another one will do it */
    if (rc == CIVIC_BUSY) {
        *sealed = CIVIC_STR("");
        return CIVIC_OK;
    }

    return rc;
}


civic_result_t
shared_hash_open(civic_request_t *r, civic_str_t pid, civic_str_t sealed,
    civic_str_t *encoded)
{
    civic_str_t     plain;
    civic_result_t  rc;

    *encoded = CIVIC_STR("");

    if (sealed.len == 0) {
        return CIVIC_OK;
    }

    rc = civic_open(r, CIVIC_PASSWORD, pid, sealed, &plain);

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "the password of person \"%.*s\" "
                  "cannot be read", (int) pid.len, pid.data);
        return rc;
    }

    if (rc == CIVIC_OK) {
        /* argon2 takes C strings */
        *encoded = shared_copy(r, plain);
    }

    return rc;
}
