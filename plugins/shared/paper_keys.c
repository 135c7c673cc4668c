/*
 * paper_keys.c - keys of what is printed.
 */

#include <stdio.h>
#include <stdlib.h>

#include "paper_keys.h"
#include "record.h"
#include "text_file.h"

#define PEM_END  "-----END PUBLIC KEY-----"


static const civic_field_t  key_fields[] = {
    { .name = "key_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "密钥编号（COSE kid，十六进制）",
      .en = "the key's id (COSE kid), hexadecimal" },
    { .name = "signs", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "正在用于签发", .en = "it signs now" },
    { .name = "public_key", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .zh = "公钥（PEM）",
      .en = "its public half, PEM" },
    CIVIC_END
};

const civic_field_t  shared_paper_key_item[] = {
    { .name = "key", .type = CIVIC_TYPE_OBJECT, .fields = key_fields,
      .zh = "密钥", .en = "a key" },
    CIVIC_END
};


static const char *
text_of(json_t *options, const char *name)
{
    const char  *text = json_string_value(json_object_get(options, name));

    return text == NULL ? "" : text;
}


/* ---- reading ------------------------------------------------------------ */

static int
add_key(shared_paper_keys_t *keys, const char *option, const char *path,
    const char *pem, size_t len, civic_failure_t *failure)
{
    char              why[CIVIC_CWT_WHY];
    civic_cwt_key_t  *key;

    if (keys->nkeys == SHARED_PAPER_KEYS) {
        return shared_text_file_wrong(failure, option, path, "more keys than "
                                      "there may be: 8 with the one that "
                                      "signs");
    }

    key = civic_cwt_key_read(pem, len, why);
    if (key == NULL) {
        return shared_text_file_wrong(failure, option, path, why);
    }

    keys->keys[keys->nkeys++] = key;

    return 0;
}


static int
read_signing(shared_paper_keys_t *keys, const char *path,
    civic_failure_t *failure)
{
    int    rc;
    char  *text = shared_text_file("signing_key", path, failure);

    if (text == NULL) {
        return -1;
    }

    rc = add_key(keys, "signing_key", path, text, strlen(text), failure);
    shared_text_file_end(text);

    if (rc == 0 && !civic_cwt_key_signs(keys->keys[0])) {
        return shared_text_file_wrong(failure, "signing_key", path, "it is a "
                                      "public key; what signs is a private "
                                      "one");
    }

    return rc;
}


/* One or more public keys, one behind the other. */
static int
read_believed(shared_paper_keys_t *keys, const char *path,
    civic_failure_t *failure)
{
    int    rc = 0;
    char  *text, *at, *end;

    text = shared_text_file("old_keys", path, failure);
    if (text == NULL) {
        return -1;
    }

    at = text;

    do {
        end = strstr(at, PEM_END);
        end = end == NULL ? at + strlen(at) : end + sizeof(PEM_END) - 1;
        rc = add_key(keys, "old_keys", path, at, (size_t) (end - at),
                     failure);
        at = end + strspn(end, " \t\r\n");
    } while (rc == 0 && *at != '\0');

    shared_text_file_end(text);

    return rc;
}


static shared_paper_keys_t *
read_keys(json_t *options, civic_failure_t *failure)
{
    const char           *old = text_of(options, "old_keys");
    const char           *signing = text_of(options, "signing_key");
    shared_paper_keys_t  *keys = calloc(1, sizeof(shared_paper_keys_t));

    if (keys == NULL) {
        snprintf(failure->text, sizeof(failure->text), "no memory");
        return NULL;
    }

    snprintf(keys->issuer, sizeof(keys->issuer), "%s",
             text_of(options, "issuer"));

    if (*signing == '\0' && *old == '\0') {
        return keys;
    }

    if (read_signing(keys, signing, failure) == 0
        && (*old == '\0' || read_believed(keys, old, failure) == 0))
    {
        return keys;
    }

    shared_paper_keys_free(keys);

    return NULL;
}


/* ---- what a plugin's table names ---------------------------------------- */

civic_result_t
shared_paper_keys_check(json_t *options, civic_failure_t *failure)
{
    shared_paper_keys_t  *keys;

    if (strlen(text_of(options, "issuer")) > CIVIC_CWT_TEXT) {
        snprintf(failure->text, sizeof(failure->text), "issuer: at most %d "
                 "bytes of UTF-8, for it stands in each code",
                 CIVIC_CWT_TEXT);
        return CIVIC_ERROR;
    }

    keys = read_keys(options, failure);
    if (keys == NULL) {
        return CIVIC_ERROR;
    }

    shared_paper_keys_free(keys);

    return CIVIC_OK;
}


shared_paper_keys_t *
shared_paper_keys_read(civic_worker_t *w, civic_failure_t *failure)
{
    size_t                i;
    json_t               *options = json_object();
    shared_paper_keys_t  *keys;

    static const char *const  names[] = { "signing_key", "old_keys",
                                          "issuer" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void) json_object_set(options, names[i],
                               civic_worker_option(w, names[i]));
    }

    keys = read_keys(options, failure);
    json_decref(options);

    return keys;
}


void
shared_paper_keys_free(shared_paper_keys_t *keys)
{
    size_t  i;

    for (i = 0; keys != NULL && i < keys->nkeys; i++) {
        civic_cwt_key_free(keys->keys[i]);
    }

    free(keys);
}


const civic_cwt_key_t *const *
shared_paper_keys_all(const shared_paper_keys_t *keys)
{
    return (const civic_cwt_key_t *const *) keys->keys;
}


/* ---- for others --------------------------------------------------------- */

civic_result_t
shared_paper_keys_write(civic_request_t *r, civic_writer_t *w,
    const shared_paper_keys_t *keys)
{
    char    pem[CIVIC_CWT_PUBLIC];
    size_t  i;

    civic_write_str(r, w, "issuer", civic_cstr(keys->issuer));
    civic_write_str(r, w, "prefix", CIVIC_STR(CIVIC_CWT_PREFIX));
    civic_write_str(r, w, "algorithm", CIVIC_STR("ES256"));
    civic_write_array(r, w, "keys");

    for (i = 0; i < keys->nkeys; i++) {
        if (civic_cwt_key_public(keys->keys[i], pem) != 0) {
            civic_log(r, CIVIC_LOG_ERROR, "a public key cannot be written");
            return CIVIC_ERROR;
        }

        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "key_id",
                        shared_hex(r, civic_cwt_key_id(keys->keys[i]),
                                   CIVIC_CWT_KEY_ID));
        civic_write_bool(r, w, "signs", i == 0);
        civic_write_str(r, w, "public_key", civic_cstr(pem));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}
