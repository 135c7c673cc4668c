/*
 * record.c - an attempt, or a request for the counter, in Redis: one hash of
 * the person or account that asks, so that every step is one script.
 *
 * What scripts decide by (the state, its end, the slot) is plain text; the
 * rest is sealed for this person and id.  A number never stands in it, only
 * the pid of whose face it is; the name does, for a claim may change while
 * somebody is at the camera, and what was not shown is not proven.
 */

#include <openssl/evp.h>

#include "base64.h"
#include "caller.h"
#include "face_auth.h"
#include "values.h"

#define STATE_WORDS  4

/* What is sealed. */
static const shared_member_t  members[] = {
    SHARED_TEXT(face_attempt_t, purpose),
    SHARED_TEXT(face_attempt_t, consent),
    SHARED_TEXT(face_attempt_t, person),
    SHARED_TEXT(face_attempt_t, name),
    SHARED_TEXT(face_attempt_t, session),
    SHARED_TEXT(face_attempt_t, order),
    SHARED_TEXT(face_attempt_t, certify_id),
    SHARED_TEXT(face_attempt_t, code),
    SHARED_TEXT(face_attempt_t, note),
    SHARED_FLAG(face_attempt_t, recover),
    SHARED_FLAG(face_attempt_t, self),
    SHARED_FLAG(face_attempt_t, name_changed),
    CIVIC_END
};


/* ---- small things ------------------------------------------------------ */

int
face_is(const face_attempt_t *attempt, const char *state)
{
    return civic_str_eq(attempt->state, civic_cstr(state));
}


civic_str_t
face_topic(civic_request_t *r, civic_str_t id)
{
    return civic_print(r, "civic:face_auth:%.*s", (int) id.len, id.data);
}


civic_str_t
face_slot(civic_request_t *r, civic_str_t purpose, civic_str_t person)
{
    return civic_print(r, "open:%.*s:%.*s", (int) purpose.len, purpose.data,
                       (int) person.len, person.data);
}


civic_result_t
face_session_digest(civic_request_t *r, civic_str_t *digest)
{
    char           *text;
    unsigned        len = 0;
    civic_str_t     of = shared_session_text(r);
    unsigned char   bytes[EVP_MAX_MD_SIZE];

    if (EVP_Digest(of.data, of.len, bytes, &len, EVP_sha256(), NULL) != 1) {
        civic_log(r, CIVIC_LOG_ERROR, "the library has no SHA-256");
        return CIVIC_ERROR;
    }

    text = civic_alloc(r, CIVIC_BASE64_ROOM(EVP_MAX_MD_SIZE));
    digest->len = civic_base64_encode_url(bytes, len, text);
    digest->data = text;

    return CIVIC_OK;
}


/* ---- the state --------------------------------------------------------- */

int
face_state_take(civic_request_t *r, civic_str_t text, face_attempt_t *attempt)
{
    civic_str_t  words[STATE_WORDS];

    if (shared_words(r, text, words, STATE_WORDS) != 0) {
        return -1;
    }

    attempt->text = shared_copy(r, text);
    attempt->state = words[0];
    attempt->expires_at = shared_number(words[1], -1);
    attempt->since = shared_number(words[2], -1);
    attempt->slot = words[3];

    return attempt->expires_at < 0 || attempt->since < 0 ? -1 : 0;
}


civic_str_t
face_state_text(civic_request_t *r, const face_attempt_t *attempt,
    const char *state, civic_msec_t expires_at)
{
    return civic_print(r, "%s %lld %lld %.*s", state, (long long) expires_at,
                       (long long) civic_now(r), (int) attempt->slot.len,
                       attempt->slot.data);
}


/* ---- the sealed record ------------------------------------------------- */

civic_result_t
face_attempt_seal(civic_request_t *r, const face_attempt_t *attempt,
    civic_str_t *sealed)
{
    return shared_record_seal(r, FACE_RECORD, attempt->pid, attempt->id,
                              members, attempt, sealed);
}


/* state and sealed record as Redis has them. */
static civic_result_t
take(civic_request_t *r, civic_str_t state, civic_str_t sealed,
    face_attempt_t *attempt)
{
    civic_result_t  rc = CIVIC_INVALID;

    if (face_state_take(r, state, attempt) == 0) {
        rc = shared_record_open(r, FACE_RECORD, attempt->pid, attempt->id,
                                sealed, members, attempt);
    }

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "attempt \"%.*s\" cannot be read",
                  (int) attempt->id.len, attempt->id.data);
    }

    return rc;
}


/* ---- reading ----------------------------------------------------------- */

civic_result_t
face_attempt_read(civic_request_t *r, civic_str_t pid, civic_str_t id,
    face_attempt_t *attempt)
{
    civic_str_t           argv[5];
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(attempt, 0, sizeof(face_attempt_t));

    if (!shared_is_id(id)) {
        return CIVIC_NOT_FOUND;
    }

    attempt->pid = pid;
    attempt->id = shared_copy(r, id);

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, pid, FACE_FAMILY);
    argv[2] = civic_print(r, "s:%s", attempt->id.data);
    argv[3] = civic_print(r, "a:%s", attempt->id.data);
    argv[4] = civic_print(r, "p:%s", attempt->id.data);

    rc = civic_redis(r, argv, 5, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (shared_item(value, 0).len == 0 || shared_item(value, 1).len == 0) {
        return CIVIC_NOT_FOUND;
    }

    /* "<next question ms> <told>" */
    attempt->told = shared_number(shared_word(shared_item(value, 2), 1), 0);

    return take(r, shared_item(value, 0), shared_item(value, 1), attempt);
}


civic_result_t
face_slot_read(civic_request_t *r, civic_str_t pid, civic_str_t slot,
    face_attempt_t *attempt)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(attempt, 0, sizeof(face_attempt_t));

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, pid, FACE_FAMILY),
                                   slot), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        rc = face_attempt_read(r, pid, value->str, attempt);
    }

    if (rc == CIVIC_NOT_FOUND) {
        attempt->id = CIVIC_STR("");
        rc = CIVIC_OK;
    }

    return rc;
}


/* ---- writing ----------------------------------------------------------- */

civic_result_t
face_attempt_begin(civic_request_t *r, const char *state,
    civic_str_t replaced, face_attempt_t *attempt)
{
    civic_str_t           args[6], id, own = attempt->id;
    face_terms_t          terms;
    civic_result_t        rc;
    const civic_value_t  *value;

    civic_str_t  key = civic_person_key(r, attempt->pid, FACE_FAMILY);

    rc = face_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    args[0] = own;
    args[2] = face_state_text(r, attempt, state, attempt->expires_at);
    args[3] = replaced;
    args[4] = shared_decimal(r, terms.kept);
    args[5] = shared_decimal(r, terms.kept_for);

    rc = face_attempt_seal(r, attempt, &args[1]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                             .name = "face_auth_begin",
                             .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 6,
                             .flags = CIVIC_SCRIPT_ONCE }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    id = shared_item(value, 0);

    if (civic_str_eq(id, own)) {
        return face_state_take(r, args[2], attempt) == 0 ? CIVIC_OK
                                                         : CIVIC_ERROR;
    }

    /* somebody was quicker, or this request came before: it may have gone on
       since then */
    return face_attempt_read(r, attempt->pid, id, attempt);
}


civic_result_t
face_attempt_move(civic_request_t *r, face_attempt_t *attempt,
    const char *state, civic_msec_t expires_at, int sealed, int *moved)
{
    civic_str_t           args[5], found, key;
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, attempt->pid, FACE_FAMILY);

    args[0] = attempt->id;
    args[1] = attempt->text;
    args[2] = face_state_text(r, attempt, state, expires_at);
    args[3] = CIVIC_STR("");
    args[4] = strcmp(state, "passed") == 0 ? CIVIC_STR("1") : CIVIC_STR("");

    rc = sealed ? face_attempt_seal(r, attempt, &args[3]) : CIVIC_OK;
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                             .name = "face_auth_settle",
                             .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 5,
                             .flags = CIVIC_SCRIPT_DURABLE }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2) {
        return CIVIC_ERROR;
    }

    *moved = value->items[0].integer == 1;
    found = shared_item(value, 1);

    /* erased meanwhile, with the consent: it is over */
    if (found.len == 0) {
        attempt->state = CIVIC_STR("expired");
        return CIVIC_OK;
    }

    return face_state_take(r, found, attempt) == 0 ? CIVIC_OK : CIVIC_INVALID;
}
