/*
 * keyring.c - reads the keyring, derives keys, seals and opens.
 *
 * The keyring owns its purposes and their cipher contexts.  A context keeps
 * the expanded AES key, so that sealing only sets a nonce; contexts are not
 * shared between threads.
 *
 * Nonces come from OpenSSL's generator in batches, for asking it each time
 * costs more than the sealing.  The keyring is read before the master forks
 * and two workers must never use one batch: it lies on a page that the
 * kernel gives to a child as zeros (MADV_WIPEONFORK), which reads as empty.
 *
 * Nonces are random: NIST SP 800-38D, 8.3, allows 2^32 seals under one key,
 * here one purpose and one secret, before the secret must be rotated.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "instant.h"
#include "keyring_private.h"

#define SUITE_AES_256_GCM  1
#define HEADER_LEN         (1 + 4)
#define TAG_LEN            16
#define SECRET_TEXT        44           /* base64 with its padding */
#define PID_BYTES          16

/* Sixteen keys need 4 KB; what is far larger is another file. */
#define MAX_FILE           (64 * 1024)
#define MAX_PURPOSE        128

/* Makes the derived keys ours alone, should a secret ever be used twice. */
#define DERIVE_SALT        "civic"
#define DERIVE_SEAL        "civic seal 1 "


/* ---- reading ----------------------------------------------------------- */

__attribute__((format(printf, 2, 3)))
static int
keyring_fail(civic_failure_t *failure, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    vsnprintf(failure->text, sizeof(failure->text), fmt, args);
    va_end(args);

    return -1;
}

/* Base64, or base64url without padding: exactly 32 bytes.  The text is wiped
   in jansson's copy. */
static int
read_secret(const json_t *value, unsigned char *secret)
{
    char           text[SECRET_TEXT];
    size_t         i, len;
    int64_t        n;
    unsigned char  bytes[SECRET_TEXT];

    if (!json_is_string(value)) {
        return -1;
    }

    len = json_string_length(value);
    if (len != SECRET_TEXT && len != SECRET_TEXT - 1) {
        return -1;
    }

    memcpy(text, json_string_value(value), len);
    OPENSSL_cleanse((void *) (uintptr_t) json_string_value(value), len);

    if (len == SECRET_TEXT && text[--len] != '=') {
        OPENSSL_cleanse(text, sizeof(text));
        return -1;
    }

    for (i = 0; i < len; i++) {
        if (text[i] == '+') {
            text[i] = '-';

        } else if (text[i] == '/') {
            text[i] = '_';
        }
    }

    n = civic_base64url_decode((civic_str_t) { text, len }, bytes);
    if (n == SECRET_LEN) {
        memcpy(secret, bytes, SECRET_LEN);
    }

    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(bytes, sizeof(bytes));

    return n == SECRET_LEN ? 0 : -1;
}

/* The key at index i of the file.  *active is set when it is the one. */
static int
read_key(civic_keyring_t *keyring, const json_t *item, size_t i, int *active,
    civic_failure_t *failure)
{
    size_t          k;
    json_int_t      id;
    const char     *state, *created;
    keyring_key_t  *key = &keyring->keys[i];

    id = json_integer_value(json_object_get(item, "id"));
    if (id < 1 || id > UINT32_MAX) {
        return keyring_fail(failure, "keyring: keys[%zu]: \"id\" must be an "
                            "integer from 1 to 4294967295", i);
    }

    key->id = (uint32_t) id;
    for (k = 0; k < i; k++) {
        if (keyring->keys[k].id == key->id) {
            return keyring_fail(failure, "keyring: key id %u is there twice",
                                key->id);
        }
    }

    if (read_secret(json_object_get(item, "secret"), key->secret) != 0) {
        return keyring_fail(failure, "keyring: key %u: \"secret\" must be the "
                            "base64 of 32 bytes", key->id);
    }

    state = json_string_value(json_object_get(item, "state"));
    if (state == NULL
        || (strcmp(state, "added") != 0 && strcmp(state, "active") != 0
            && strcmp(state, "retired") != 0))
    {
        return keyring_fail(failure, "keyring: key %u: \"state\" must be "
                            "\"added\", \"active\" or \"retired\"", key->id);
    }

    *active = strcmp(state, "active") == 0;

    created = json_string_value(json_object_get(item, "created_at"));
    if (created == NULL
        || civic_instant_parse(civic_cstr(created), &key->created) != 0)
    {
        key->created = 0;
    }

    return 0;
}

static int
read_keys(civic_keyring_t *keyring, const json_t *keys,
    civic_failure_t *failure)
{
    int     active = 0;
    size_t  i, actives = 0;

    if (!json_is_array(keys) || json_array_size(keys) > CIVIC_KEYRING_KEYS) {
        return keyring_fail(failure, "keyring: \"keys\" must be an array of "
                            "at most %d keys", CIVIC_KEYRING_KEYS);
    }

    for (i = 0; i < json_array_size(keys); i++) {
        if (read_key(keyring, json_array_get(keys, i), i, &active, failure)
            != 0)
        {
            return -1;
        }

        keyring->count++;
        if (active) {
            keyring->active = i;
            actives++;
        }
    }

    if (actives != 1) {
        return keyring_fail(failure, "keyring: %zu keys are \"active\", "
                            "exactly one must be", actives);
    }

    return 0;
}

static int
read_root(civic_keyring_t *keyring, const json_t *root,
    civic_failure_t *failure)
{
    size_t  i;

    if (json_integer_value(json_object_get(root, "version")) != 1) {
        return keyring_fail(failure, "keyring: \"version\" must be 1");
    }

    if (read_secret(json_object_get(root, "person_key"), keyring->person_key)
        != 0)
    {
        return keyring_fail(failure, "keyring: \"person_key\" must be the "
                            "base64 of 32 bytes");
    }

    if (read_keys(keyring, json_object_get(root, "keys"), failure) != 0) {
        return -1;
    }

    for (i = 0; i < keyring->count; i++) {
        if (CRYPTO_memcmp(keyring->keys[i].secret, keyring->person_key,
                          SECRET_LEN) == 0)
        {
            return keyring_fail(failure, "keyring: key %u has the person "
                                "key's secret", keyring->keys[i].id);
        }
    }

    return 0;
}

/* A kernel that cannot wipe on fork gets no batch: slower, and as safe. */
static nonce_batch_t *
batch_create(void)
{
    void  *page;

    page = mmap(NULL, BATCH_SIZE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return NULL;
    }

    if (madvise(page, BATCH_SIZE, MADV_WIPEONFORK) != 0) {
        munmap(page, BATCH_SIZE);
        return NULL;
    }

    return page;
}

civic_keyring_t *
civic_keyring_parse(const char *text, size_t len, civic_failure_t *failure)
{
    int               rc;
    json_t           *root;
    json_error_t      error;
    civic_keyring_t  *keyring;

    /* The error's text quotes the input: only its place is told. */
    root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        keyring_fail(failure, "keyring: not JSON, at line %d, column %d",
                     error.line, error.column);
        return NULL;
    }

    keyring = calloc(1, sizeof(*keyring));
    if (keyring == NULL) {
        json_decref(root);
        keyring_fail(failure, "keyring: out of memory");
        return NULL;
    }

    rc = read_root(keyring, root, failure);
    json_decref(root);

    if (rc != 0) {
        civic_keyring_free(keyring);
        return NULL;
    }

    keyring->batch = batch_create();

    return keyring;
}

/* The length; -1 with errno, or with errno 0 when the file is too large. */
static ssize_t
read_all(int fd, char *buffer, size_t size)
{
    size_t   len = 0;
    ssize_t  n;

    errno = 0;

    while (len < size) {
        n = read(fd, buffer + len, size - len);
        if (n == 0) {
            return (ssize_t) len;
        }

        if (n < 0 && errno != EINTR) {
            return -1;
        }

        if (n > 0) {
            len += (size_t) n;
        }
    }

    return -1;
}

static civic_keyring_t *
load_open_file(int fd, const char *path, civic_failure_t *failure)
{
    char             *buffer;
    ssize_t           n;
    struct stat       st;
    civic_keyring_t  *keyring = NULL;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        keyring_fail(failure, "keyring: \"%s\" is not a regular file", path);
        return NULL;
    }

    if ((st.st_mode & 077) != 0) {
        keyring_fail(failure, "keyring: \"%s\" has mode %04o, which lets "
                     "others at it: it must be 0600", path,
                     (unsigned) (st.st_mode & 07777));
        return NULL;
    }

    if (st.st_uid != 0 && st.st_uid != geteuid()) {
        keyring_fail(failure, "keyring: \"%s\" belongs to user %u: it must "
                     "be root's", path, (unsigned) st.st_uid);
        return NULL;
    }

    buffer = malloc(MAX_FILE);
    if (buffer == NULL) {
        keyring_fail(failure, "keyring: out of memory");
        return NULL;
    }

    n = read_all(fd, buffer, MAX_FILE);
    if (n < 0) {
        keyring_fail(failure, "keyring: cannot read \"%s\": %s", path,
                     errno == 0 ? "too large" : strerror(errno));

    } else {
        keyring = civic_keyring_parse(buffer, (size_t) n, failure);
    }

    OPENSSL_cleanse(buffer, MAX_FILE);
    free(buffer);

    return keyring;
}

civic_keyring_t *
civic_keyring_load(const char *path, civic_failure_t *failure)
{
    int               fd;
    civic_keyring_t  *keyring;

    /* Not to hang on a FIFO that stands in the file's place. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1) {
        keyring_fail(failure, "keyring: cannot open \"%s\": %s", path,
                     strerror(errno));
        return NULL;
    }

    keyring = load_open_file(fd, path, failure);
    close(fd);

    return keyring;
}

static void
purpose_free(civic_purpose_t *purpose)
{
    size_t  i;

    EVP_CIPHER_CTX_free(purpose->seal);
    for (i = 0; i < CIVIC_KEYRING_KEYS; i++) {
        EVP_CIPHER_CTX_free(purpose->open[i]);
    }

    civic_purpose_signing_end(purpose);
    free(purpose->name);
    free(purpose);
}

void
civic_keyring_free(civic_keyring_t *keyring)
{
    civic_purpose_t  *purpose;

    if (keyring == NULL) {
        return;
    }

    while (keyring->purposes != NULL) {
        purpose = keyring->purposes;
        keyring->purposes = purpose->next;
        purpose_free(purpose);
    }

    if (keyring->batch != NULL) {
        munmap(keyring->batch, BATCH_SIZE);
    }

    OPENSSL_cleanse(keyring, sizeof(*keyring));
    free(keyring);
}

uint32_t
civic_keyring_active(const civic_keyring_t *keyring)
{
    return keyring->keys[keyring->active].id;
}

civic_msec_t
civic_keyring_active_since(const civic_keyring_t *keyring)
{
    return keyring->keys[keyring->active].created;
}

size_t
civic_keyring_ids(const civic_keyring_t *keyring, uint32_t *ids)
{
    size_t  i;

    for (i = 0; i < keyring->count; i++) {
        ids[i] = keyring->keys[i].id;
    }

    return keyring->count;
}


/* ---- purposes ---------------------------------------------------------- */

int
civic_keyring_derive(const unsigned char *secret, const char *use,
    const char *name, unsigned char *key)
{
    int           rc;
    char          info[CIVIC_DERIVE_USE + MAX_PURPOSE];
    EVP_KDF      *kdf;
    OSSL_PARAM    params[5];
    EVP_KDF_CTX  *context;

    snprintf(info, sizeof(info), "%s%s", use, name);

    kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    context = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);
    if (context == NULL) {
        return -1;
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                                 (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
                                  (void *) (uintptr_t) secret, SECRET_LEN);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                  (char *) DERIVE_SALT, strlen(DERIVE_SALT));
    params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
                                                  info, strlen(info));
    params[4] = OSSL_PARAM_construct_end();

    rc = EVP_KDF_derive(context, key, SECRET_LEN, params) == 1 ? 0 : -1;
    EVP_KDF_CTX_free(context);

    return rc;
}

static EVP_CIPHER_CTX *
cipher_context(const EVP_CIPHER *cipher, const unsigned char *key, int seal)
{
    EVP_CIPHER_CTX  *context = EVP_CIPHER_CTX_new();

    if (context != NULL
        && EVP_CipherInit_ex2(context, cipher, key, NULL, seal, NULL) != 1)
    {
        EVP_CIPHER_CTX_free(context);
        return NULL;
    }

    return context;
}

static int
purpose_contexts(civic_purpose_t *purpose)
{
    int                     rc = 0;
    size_t                  i;
    EVP_CIPHER             *cipher;
    unsigned char           key[SECRET_LEN];
    const civic_keyring_t  *keyring = purpose->keyring;

    cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (cipher == NULL) {
        return -1;
    }

    for (i = 0; rc == 0 && i < keyring->count; i++) {
        if (civic_keyring_derive(keyring->keys[i].secret, DERIVE_SEAL,
                                 purpose->name, key)
            != 0)
        {
            rc = -1;
            break;
        }

        purpose->open[i] = cipher_context(cipher, key, 0);
        if (purpose->open[i] == NULL) {
            rc = -1;
        }

        if (i == keyring->active) {
            purpose->seal = cipher_context(cipher, key, 1);
        }
    }

    OPENSSL_cleanse(key, sizeof(key));
    EVP_CIPHER_free(cipher);

    return purpose->seal == NULL ? -1 : rc;
}

civic_purpose_t *
civic_keyring_purpose(civic_keyring_t *keyring, const char *name)
{
    civic_purpose_t  *purpose;

    for (purpose = keyring->purposes; purpose != NULL; purpose = purpose->next)
    {
        if (strcmp(purpose->name, name) == 0) {
            return purpose;
        }
    }

    if (name[0] == '\0' || strlen(name) > MAX_PURPOSE) {
        return NULL;
    }

    purpose = calloc(1, sizeof(*purpose));
    if (purpose == NULL) {
        return NULL;
    }

    purpose->keyring = keyring;
    purpose->name = strdup(name);
    if (purpose->name == NULL || purpose_contexts(purpose) != 0
        || civic_purpose_signing(purpose) != 0)
    {
        purpose_free(purpose);
        return NULL;
    }

    purpose->next = keyring->purposes;
    keyring->purposes = purpose;

    return purpose;
}


/* ---- sealing ----------------------------------------------------------- */

/* Sets the nonce and what is authenticated but not hidden: the header, of
   fixed length, then the context. */
static int
cipher_begin(EVP_CIPHER_CTX *cipher, const unsigned char *sealed,
    civic_str_t context)
{
    int  n;

    if (EVP_CipherInit_ex2(cipher, NULL, NULL, sealed + HEADER_LEN, -1, NULL)
        != 1
        || EVP_CipherUpdate(cipher, NULL, &n, sealed, HEADER_LEN) != 1)
    {
        return -1;
    }

    if (context.len == 0) {
        return 0;
    }

    return EVP_CipherUpdate(cipher, NULL, &n,
                            (const unsigned char *) context.data,
                            (int) context.len) == 1 ? 0 : -1;
}

static int
next_nonce(civic_keyring_t *keyring, unsigned char *nonce)
{
    nonce_batch_t  *batch = keyring->batch;

    if (batch == NULL) {
        return RAND_bytes(nonce, NONCE_LEN) == 1 ? 0 : -1;
    }

    if (batch->left == 0) {
        if (RAND_bytes(batch->nonces[0], sizeof(batch->nonces)) != 1) {
            return -1;
        }

        batch->left = BATCH_NONCES;
    }

    memcpy(nonce, batch->nonces[--batch->left], NONCE_LEN);

    return 0;
}

/* EVP counts in int. */
static int
lengths_fit(civic_str_t context, civic_str_t text)
{
    return context.len <= INT32_MAX
           && text.len <= INT32_MAX - CIVIC_SEAL_OVERHEAD;
}

int64_t
civic_purpose_seal(civic_purpose_t *purpose, civic_str_t context,
    civic_str_t plain, unsigned char *out)
{
    int             n;
    uint32_t        id = civic_keyring_active(purpose->keyring);
    unsigned char  *text = out + HEADER_LEN + NONCE_LEN;

    if (!lengths_fit(context, plain)) {
        return -1;
    }

    out[0] = SUITE_AES_256_GCM;
    out[1] = (unsigned char) (id >> 24);
    out[2] = (unsigned char) (id >> 16);
    out[3] = (unsigned char) (id >> 8);
    out[4] = (unsigned char) id;

    if (next_nonce(purpose->keyring, out + HEADER_LEN) != 0
        || cipher_begin(purpose->seal, out, context) != 0)
    {
        return -1;
    }

    if (plain.len != 0
        && EVP_CipherUpdate(purpose->seal, text, &n,
                            (const unsigned char *) plain.data,
                            (int) plain.len) != 1)
    {
        return -1;
    }

    text += plain.len;
    if (EVP_CipherFinal_ex(purpose->seal, text, &n) != 1
        || EVP_CIPHER_CTX_ctrl(purpose->seal, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
                               text) != 1)
    {
        return -1;
    }

    return (int64_t) plain.len + CIVIC_SEAL_OVERHEAD;
}

civic_str_t
civic_sealed_nonce(civic_str_t sealed)
{
    return (civic_str_t) { sealed.data + HEADER_LEN, NONCE_LEN };
}

static EVP_CIPHER_CTX *
opening_context(civic_purpose_t *purpose, const unsigned char *sealed)
{
    size_t    i;
    uint32_t  id;

    if (sealed[0] != SUITE_AES_256_GCM) {
        return NULL;
    }

    id = (uint32_t) sealed[1] << 24 | (uint32_t) sealed[2] << 16
         | (uint32_t) sealed[3] << 8 | (uint32_t) sealed[4];

    for (i = 0; i < purpose->keyring->count; i++) {
        if (purpose->keyring->keys[i].id == id) {
            return purpose->open[i];
        }
    }

    return NULL;
}

int64_t
civic_purpose_open(civic_purpose_t *purpose, civic_str_t context,
    civic_str_t sealed, unsigned char *out)
{
    int                   n;
    size_t                len;
    EVP_CIPHER_CTX       *cipher;
    const unsigned char  *text = (const unsigned char *) sealed.data;

    if (sealed.len < CIVIC_SEAL_OVERHEAD || !lengths_fit(context, sealed)) {
        return -1;
    }

    cipher = opening_context(purpose, text);
    if (cipher == NULL || cipher_begin(cipher, text, context) != 0) {
        return -1;
    }

    len = sealed.len - CIVIC_SEAL_OVERHEAD;
    text += HEADER_LEN + NONCE_LEN;

    if ((len == 0
         || EVP_CipherUpdate(cipher, out, &n, text, (int) len) == 1)
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
                               (void *) (uintptr_t) (text + len)) == 1
        && EVP_CipherFinal_ex(cipher, out + len, &n) == 1)
    {
        return (int64_t) len;
    }

    /* What did not prove itself must not be used by mistake. */
    OPENSSL_cleanse(out, len);

    return -1;
}

int
civic_keyring_person_id(const civic_keyring_t *keyring, civic_str_t canonical,
    char *pid)
{
    unsigned       len = 0;
    unsigned char  digest[EVP_MAX_MD_SIZE];

    if (canonical.len == 0
        || HMAC(EVP_sha256(), keyring->person_key, SECRET_LEN,
                (const unsigned char *) canonical.data, canonical.len, digest,
                &len) == NULL
        || len < PID_BYTES)
    {
        return -1;
    }

    civic_base64url_encode(digest, PID_BYTES, pid);
    OPENSSL_cleanse(digest, sizeof(digest));

    return 0;
}
