/*
 * session.c - tokens and records of sessions.
 *
 * Nothing here is kept: the callers own every buffer.  A token is opened for
 * each request, before anything is asked of Redis; a record comes back from
 * Redis, whose answers are not trusted, so decoding accepts exactly what
 * encoding writes.
 */

#include <limits.h>
#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "session.h"

#define PID_BYTES      16
#define TOKEN_PLAIN    (1 + PID_BYTES + CIVIC_SESSION_ID)
#define TOKEN_SEALED   (TOKEN_PLAIN + CIVIC_SEAL_OVERHEAD)
#define TOKEN_TEXT     ((TOKEN_SEALED * 4 + 2) / 3)
#define TOKEN_CONTEXT  CIVIC_STR("token")

#define RECORD_VERSION  1

_Static_assert(TOKEN_TEXT < CIVIC_SESSION_TOKEN, "a token fits");


/* ---- tokens ------------------------------------------------------------ */

int
civic_session_make(civic_purpose_t *purpose, civic_session_token_t *token,
    char *out)
{
    int64_t        n;
    civic_str_t    pid = { token->pid, CIVIC_PID_LEN };
    unsigned char  plain[TOKEN_PLAIN + 3], sealed[TOKEN_SEALED];

    if (memchr(token->pid, '\0', CIVIC_PID_LEN) != NULL
        || token->pid[CIVIC_PID_LEN] != '\0'
        || civic_base64url_decode(pid, plain + 1) != PID_BYTES)
    {
        return -1;
    }

    plain[0] = token->staff != 0;
    if (RAND_bytes(plain + 1 + PID_BYTES, CIVIC_SESSION_ID) != 1) {
        return -1;
    }

    n = civic_purpose_seal(purpose, TOKEN_CONTEXT,
                           (civic_str_t) { (char *) plain, TOKEN_PLAIN },
                           sealed);
    if (n != TOKEN_SEALED) {
        OPENSSL_cleanse(plain, sizeof(plain));
        return -1;
    }

    civic_base64url_encode(plain + 1 + PID_BYTES, CIVIC_SESSION_ID,
                           token->field);
    OPENSSL_cleanse(plain, sizeof(plain));

    return (int) civic_base64url_encode(sealed, TOKEN_SEALED, out);
}

int
civic_session_open(civic_purpose_t *purpose, civic_str_t text,
    civic_session_token_t *token)
{
    unsigned char  plain[TOKEN_SEALED], sealed[TOKEN_SEALED + 3];

    if (text.len != TOKEN_TEXT
        || civic_base64url_decode(text, sealed) != TOKEN_SEALED)
    {
        return -1;
    }

    if (civic_purpose_open(purpose, TOKEN_CONTEXT,
                           (civic_str_t) { (char *) sealed, TOKEN_SEALED },
                           plain) != TOKEN_PLAIN
        || plain[0] > 1)
    {
        return -1;
    }

    token->staff = plain[0];
    civic_base64url_encode(plain + 1, PID_BYTES, token->pid);
    civic_base64url_encode(plain + 1 + PID_BYTES, CIVIC_SESSION_ID,
                           token->field);
    OPENSSL_cleanse(plain, TOKEN_PLAIN);

    return 0;
}


/* ---- records ----------------------------------------------------------- */

static int
is_method_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static int
is_device_char(unsigned char c)
{
    return is_method_char(c) || (c >= 'A' && c <= 'Z') || c == '-';
}

/* Whether a word stands within its array and has only such characters. */
static int
is_word(const char *word, int (*is_char)(unsigned char c))
{
    size_t  i;

    for (i = 0; i < CIVIC_SESSION_WORD && word[i] != '\0'; i++) {
        if (!is_char((unsigned char) word[i])) {
            return 0;
        }
    }

    return i > 0 && i < CIVIC_SESSION_WORD;
}

int
civic_session_encode(const civic_session_record_t *record, char *out)
{
    const char  *device = record->device;

    if (record->created < 0 || record->seen < 0 || record->expires < 0
        || record->idle < 0 || record->refresh < 0
        || !is_word(record->method, is_method_char))
    {
        return -1;
    }

    /* "-" alone stands for no device. */
    if (device[0] == '\0') {
        device = "-";

    } else if (!is_word(device, is_device_char) || strcmp(device, "-") == 0) {
        return -1;
    }

    return snprintf(out, CIVIC_SESSION_RECORD,
                    "%d %lld %lld %lld %lld %lld %u %d %s %s", RECORD_VERSION,
                    (long long) record->created, (long long) record->seen,
                    (long long) record->expires, (long long) record->idle,
                    (long long) record->refresh, record->roles,
                    record->must_set_password != 0, record->method, device);
}

/* A decimal number from 0 to max without superfluous zeros, and the space
   after it. */
static int
take_number(civic_str_t *text, int64_t max, int64_t *number)
{
    size_t   i;
    int      digit;
    int64_t  n = 0;

    for (i = 0; i < text->len && text->data[i] != ' '; i++) {
        digit = text->data[i] - '0';
        if (digit < 0 || digit > 9 || digit > max || n > (max - digit) / 10
            || (i > 0 && n == 0))
        {
            return -1;
        }

        n = n * 10 + digit;
    }

    if (i == 0 || i == text->len) {
        return -1;
    }

    text->data += i + 1;
    text->len -= i + 1;
    *number = n;

    return 0;
}

/* A word up to the next space, or to the end if it is the last. */
static int
take_word(civic_str_t *text, int last, int (*is_char)(unsigned char c),
    char *word)
{
    size_t  i;

    for (i = 0; i < text->len && text->data[i] != ' '; i++) {
        if (i == CIVIC_SESSION_WORD - 1
            || !is_char((unsigned char) text->data[i]))
        {
            return -1;
        }

        word[i] = text->data[i];
    }

    if (i == 0 || last != (i == text->len)) {
        return -1;
    }

    word[i] = '\0';
    text->data += i + !last;
    text->len -= i + !last;

    return 0;
}

int
civic_session_decode(civic_str_t text, civic_session_record_t *record)
{
    int64_t  version, roles, must;

    if (text.len >= CIVIC_SESSION_RECORD
        || take_number(&text, RECORD_VERSION, &version) != 0
        || version != RECORD_VERSION
        || take_number(&text, INT64_MAX, &record->created) != 0
        || take_number(&text, INT64_MAX, &record->seen) != 0
        || take_number(&text, INT64_MAX, &record->expires) != 0
        || take_number(&text, INT64_MAX, &record->idle) != 0
        || take_number(&text, INT64_MAX, &record->refresh) != 0
        || take_number(&text, UINT_MAX, &roles) != 0
        || take_number(&text, 1, &must) != 0
        || take_word(&text, 0, is_method_char, record->method) != 0
        || take_word(&text, 1, is_device_char, record->device) != 0)
    {
        return -1;
    }

    if (strcmp(record->device, "-") == 0) {
        record->device[0] = '\0';
    }

    record->roles = (unsigned) roles;
    record->must_set_password = (int) must;

    return 0;
}

int
civic_session_valid(const civic_session_record_t *record, int64_t now)
{
    if (now >= record->expires) {
        return 0;
    }

    /* A clock that was set back makes seen lie ahead: not idle. */
    return record->idle == 0 || now <= record->seen
           || now - record->seen < record->idle;
}

int
civic_session_stale(const civic_session_record_t *record, int64_t now)
{
    return now > record->seen && now - record->seen >= record->refresh;
}
