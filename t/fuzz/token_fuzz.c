/*
 * token_fuzz.c - libFuzzer target: session tokens and records.
 *
 * A token comes from any client, a record from Redis.  Besides not
 * crashing: what decodes must encode to the same text, and no token opens
 * that was not sealed.
 */

#include <stdint.h>
#include <stdlib.h>

#include "session.h"

#define RING                                                                  \
    "{\"version\":1,"                                                         \
    "\"person_key\":\"CQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\","        \
    "\"keys\":[{\"id\":1,\"state\":\"active\","                               \
    "\"secret\":\"AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}]}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
try_base64url(civic_str_t text)
{
    char     again[512];
    int64_t  n;
    uint8_t  bytes[512];

    if (text.len > 300) {
        return;
    }

    n = civic_base64url_decode(text, bytes);
    if (n >= 0
        && (civic_base64url_encode(bytes, (size_t) n, again) != text.len
            || memcmp(again, text.data, text.len) != 0))
    {
        abort();
    }
}

static void
try_record(civic_str_t text)
{
    int                     n;
    char                    again[CIVIC_SESSION_RECORD];
    civic_session_record_t  record;

    if (civic_session_decode(text, &record) != 0) {
        return;
    }

    n = civic_session_encode(&record, again);
    if (n != (int) text.len || memcmp(again, text.data, text.len) != 0) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    civic_str_t              text = { (const char *) data, size };
    civic_failure_t          failure;
    civic_session_token_t    token;
    static civic_keyring_t  *keyring;

    if (keyring == NULL) {
        keyring = civic_keyring_parse(RING, sizeof(RING) - 1, &failure);
        if (keyring == NULL) {
            abort();
        }
    }

    try_base64url(text);
    try_record(text);

    /* The corpus has no token of this keyring. */
    if (civic_session_open(civic_keyring_purpose(keyring, "session"), text,
                           &token) == 0)
    {
        abort();
    }

    return 0;
}
