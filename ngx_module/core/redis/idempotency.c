/*
 * idempotency.c - see idempotency.h.
 *
 * A reply is kept as "<status> <content type>\n<body>".
 */

#include <stdlib.h>

#include <openssl/evp.h>

#include "idempotency.h"
#include "keyring.h"


int
civic_idempotency_key_valid(civic_str_t key)
{
    size_t  i;

    if (key.len == 0 || key.len > CIVIC_IDEMPOTENCY_KEY) {
        return 0;
    }

    for (i = 0; i < key.len; i++) {
        if (key.data[i] <= 0x20 || key.data[i] >= 0x7f) {
            return 0;
        }
    }

    return 1;
}


/* SHA-256 over parts, each preceded by its length, so that none can pass for
   the end of another. */

static int
idempotency_hash(const civic_str_t *parts, size_t count, unsigned char *out)
{
    int          ok;
    size_t       i;
    uint64_t     len;
    unsigned     size;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return -1;
    }

    ok = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);

    for (i = 0; ok == 1 && i < count; i++) {
        len = parts[i].len;
        ok = EVP_DigestUpdate(ctx, &len, sizeof(len)) == 1
             && EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1;
    }

    ok = ok == 1 && EVP_DigestFinal_ex(ctx, out, &size) == 1;

    EVP_MD_CTX_free(ctx);

    return ok ? 0 : -1;
}


int
civic_idempotency_name(civic_str_t key, char *out)
{
    unsigned char  hash[EVP_MAX_MD_SIZE];

    if (idempotency_hash(&key, 1, hash) != 0) {
        return -1;
    }

    return civic_base64url_encode(hash, 16, out) == CIVIC_IDEMPOTENCY_NAME
           ? 0 : -1;
}


int
civic_idempotency_digest(civic_str_t route, civic_str_t path,
    civic_str_t body, char *out)
{
    civic_str_t    parts[3] = { route, path, body };
    unsigned char  hash[EVP_MAX_MD_SIZE];

    if (idempotency_hash(parts, 3, hash) != 0) {
        return -1;
    }

    return civic_base64url_encode(hash, 32, out) == CIVIC_IDEMPOTENCY_DIGEST
           ? 0 : -1;
}


civic_str_t
civic_idempotency_encode(civic_arena_t *arena, int status,
    const char *content_type, civic_str_t body)
{
    char         *p;
    civic_str_t   head, text = { NULL, 0 };

    head = civic_arena_print(arena, "%d %s\n", status,
                             content_type == NULL ? "" : content_type);
    if (head.data == NULL) {
        return text;
    }

    p = civic_arena_alloc(arena, head.len + body.len + 1);
    if (p == NULL) {
        return text;
    }

    memcpy(p, head.data, head.len);

    if (body.len != 0) {
        memcpy(p + head.len, body.data, body.len);
    }

    text.data = p;
    text.len = head.len + body.len;
    p[text.len] = '\0';

    return text;
}


int
civic_idempotency_decode(civic_arena_t *arena, civic_str_t text, int *status,
    const char **content_type, civic_str_t *body)
{
    char         *end;
    const char   *line;
    civic_str_t   type;

    line = memchr(text.data, '\n', text.len);
    if (line == NULL) {
        return -1;
    }

    *status = (int) strtol(text.data, &end, 10);

    if (end == text.data || *end != ' ' || *status < 100 || *status > 599) {
        return -1;
    }

    type.data = end + 1;
    type.len = (size_t) (line - type.data);
    type = civic_arena_copy(arena, type);

    if (type.data == NULL) {
        return -1;
    }

    *content_type = type.len == 0 ? NULL : type.data;
    body->data = line + 1;
    body->len = text.len - (size_t) (line + 1 - text.data);

    return 0;
}
