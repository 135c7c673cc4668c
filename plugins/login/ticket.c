/*
 * ticket.c - see ticket.h: the record of a login by QR code, its names, and
 * what is answered of its state.
 */

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base64.h"
#include "caller.h"
#include "cookie.h"
#include "login.h"
#include "values.h"

#define SHA256       32                     /* bytes */

#define LOOK_FIELDS  4
#define ALL_FIELDS   10


/* ---- names ------------------------------------------------------------- */

int
ticket_is_one(civic_str_t text)
{
    char  bytes[CIVIC_BASE64_ROOM(TICKET_TEXT)];

    return text.len == TICKET_TEXT
           && civic_base64_decode_url(text.data, text.len, bytes)
              == TICKET_BYTES;
}


civic_str_t
ticket_key(civic_request_t *r, civic_str_t ticket)
{
    return civic_print(r, "civic:{q:%.*s}:ticket", (int) ticket.len,
                       ticket.data);
}


civic_str_t
ticket_topic(civic_request_t *r, civic_str_t ticket)
{
    return civic_print(r, "login/ticket/%.*s", (int) ticket.len, ticket.data);
}


const char *
ticket_cookie(civic_request_t *r, civic_str_t ticket)
{
    return civic_print(r, "__Host-civic_ticket_%.*s", (int) ticket.len,
                       ticket.data).data;
}


/* ---- digests ----------------------------------------------------------- */

civic_result_t
ticket_digest(civic_request_t *r, civic_str_t text, civic_str_t *digest)
{
    char           *out = civic_alloc(r, TICKET_DIGEST + 1);
    unsigned        len = 0;
    unsigned char   bytes[EVP_MAX_MD_SIZE];

    if (EVP_Digest(text.data, text.len, bytes, &len, EVP_sha256(), NULL) != 1
        || len != SHA256)
    {
        civic_log(r, CIVIC_LOG_ERROR, "the library has no SHA-256");
        return CIVIC_ERROR;
    }

    digest->len = civic_base64_encode_url(bytes, len, out);
    digest->data = out;

    return CIVIC_OK;
}


civic_result_t
ticket_session(civic_request_t *r, civic_str_t *digest)
{
    return ticket_digest(r, shared_session_text(r), digest);
}


civic_result_t
ticket_browser_digest(civic_request_t *r, civic_str_t ticket,
    civic_str_t *digest)
{
    civic_str_t  secret = civic_body_str(r, "secret");

    if (secret.len == 0) {
        secret = shared_cookie_read(r, ticket_cookie(r, ticket));
    }

    return ticket_digest(r, secret, digest);
}


int
ticket_is_browsers(const ticket_t *record, civic_str_t digest)
{
    return record->secret.len == digest.len
           && CRYPTO_memcmp(record->secret.data, digest.data, digest.len)
              == 0;
}


/* ---- reading ----------------------------------------------------------- */

/* What has come to its end cannot expire any more. */
static int
may_expire(civic_str_t state)
{
    return !civic_str_eq(state, CIVIC_STR("refused"))
           && !civic_str_eq(state, CIVIC_STR("redeemed"));
}


/* A command with the first so many fields of a record. */
static civic_result_t
read_fields(civic_request_t *r, civic_str_t ticket, size_t fields,
    ticket_t *record, int *found)
{
    civic_str_t           argv[] = {
        CIVIC_STR("HMGET"), ticket_key(r, ticket), CIVIC_STR("state"),
        CIVIC_STR("secret"), CIVIC_STR("expires_at"), CIVIC_STR("reason"),
        CIVIC_STR("number"), CIVIC_STR("scanner"), CIVIC_STR("session"),
        CIVIC_STR("role"), CIVIC_STR("method"), CIVIC_STR("confirmed_at")
    };
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, argv, fields + 2, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    record->state = shared_item(value, 0);
    record->secret = shared_item(value, 1);
    record->expires_at = shared_number(shared_item(value, 2), 0);
    record->reason = shared_item(value, 3);
    record->number = shared_item(value, 4);
    record->scanner = shared_item(value, 5);
    record->session = shared_item(value, 6);
    record->role = shared_item(value, 7);
    record->method = shared_item(value, 8);
    record->confirmed_at = shared_number(shared_item(value, 9), 0);
    *found = record->state.len > 0;

    if (may_expire(record->state) && civic_now(r) >= record->expires_at) {
        record->state = CIVIC_STR("expired");
    }

    return CIVIC_OK;
}


civic_result_t
ticket_read(civic_request_t *r, civic_str_t ticket, ticket_t *record,
    int *found)
{
    return read_fields(r, ticket, ALL_FIELDS, record, found);
}


civic_result_t
ticket_look(civic_request_t *r, civic_str_t ticket, ticket_t *record,
    int *found)
{
    return read_fields(r, ticket, LOOK_FIELDS, record, found);
}


/* ---- scripts and their words ------------------------------------------- */

civic_result_t
ticket_script(civic_request_t *r, const char *name, civic_str_t ticket,
    const civic_str_t *args, size_t nargs, civic_str_t *word,
    const civic_value_t **value)
{
    civic_str_t     key = ticket_key(r, ticket);
    civic_result_t  rc;

    rc = civic_script(r, &(civic_script_t) {
                          .name = name, .keys = &key, .nkeys = 1,
                          .args = args, .nargs = nargs,
                      }, value);

    if (rc == CIVIC_OK) {
        *word = shared_item(*value, 0);
    }

    return rc;
}


static const struct {
    const char  *word;
    const char  *code;
} codes[] = {
    { "unknown", "ticket_unknown" },
    { "expired", "ticket_expired" },
    { "taken", "ticket_taken" },
    { "unscanned", "ticket_not_scanned" },
    { "waiting", "ticket_not_confirmed" },
    { "refused", "ticket_refused" },
    { "exhausted", "ticket_number_exhausted" },
    { "used", "ticket_used" },
};


civic_result_t
ticket_problem(civic_request_t *r, civic_str_t word)
{
    size_t  i;

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (civic_str_eq(word, civic_cstr(codes[i].word))) {
            return civic_problem(r, codes[i].code);
        }
    }

    civic_log(r, CIVIC_LOG_ERROR, "a script said \"%.*s\" of a ticket",
              (int) word.len, word.data);

    return CIVIC_ERROR;
}


void
ticket_changed(civic_request_t *r, civic_str_t ticket)
{
    (void) civic_notify(r, ticket_topic(r, ticket));
}
