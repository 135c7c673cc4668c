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
#include <stdlib.h>

#include "base64.h"
#include "caller.h"
#include "face_auth.h"
#include "language.h"
#include "values.h"

#define ID_BYTES     16
#define STATE_WORDS  4

/* Members of the sealed record that are texts, and where they go. */
static const struct {
    const char  *name;
    size_t       at;
} members[] = {
    { "purpose", offsetof(face_attempt_t, purpose) },
    { "person", offsetof(face_attempt_t, person) },
    { "name", offsetof(face_attempt_t, name) },
    { "session", offsetof(face_attempt_t, session) },
    { "order", offsetof(face_attempt_t, order) },
    { "certify_id", offsetof(face_attempt_t, certify_id) },
    { "code", offsetof(face_attempt_t, code) },
    { "note", offsetof(face_attempt_t, note) },
};

#define MEMBERS  (sizeof(members) / sizeof(members[0]))


/* ---- small things ------------------------------------------------------ */

static civic_str_t *
member_of(face_attempt_t *attempt, size_t i)
{
    return (civic_str_t *) (void *) ((char *) attempt + members[i].at);
}


int
face_is(const face_attempt_t *attempt, const char *state)
{
    return civic_str_eq(attempt->state, civic_cstr(state));
}


civic_str_t
face_copy(civic_request_t *r, civic_str_t text)
{
    return civic_print(r, "%.*s", (int) text.len, text.data);
}


const char *
face_language(civic_request_t *r)
{
    civic_str_t  header = civic_header(r, "accept-language");

    return civic_prefers_english(header.data, header.len) ? "en" : "zh";
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
face_id_new(civic_request_t *r, civic_str_t *id)
{
    char            *text = civic_alloc(r, CIVIC_BASE64_ROOM(ID_BYTES));
    civic_result_t   rc;
    unsigned char    bytes[ID_BYTES];

    rc = civic_random(r, bytes, sizeof(bytes));
    if (rc != CIVIC_OK) {
        return rc;
    }

    id->len = civic_base64_encode_url(bytes, sizeof(bytes), text);
    id->data = text;

    return CIVIC_OK;
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
    size_t        i;
    char         *at, *space, *copy;
    civic_str_t   words[STATE_WORDS];

    copy = (char *) face_copy(r, text).data;
    at = copy;

    for (i = 0; i < STATE_WORDS; i++) {
        space = i + 1 < STATE_WORDS ? strchr(at, ' ') : at + strlen(at);

        if (space == NULL || space == at) {
            return -1;
        }

        words[i] = (civic_str_t) { at, (size_t) (space - at) };
        at = space + 1;
    }

    attempt->text = (civic_str_t) { copy, text.len };
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

static civic_str_t
context_of(civic_request_t *r, const face_attempt_t *attempt)
{
    return civic_print(r, "%.*s:%.*s", (int) attempt->pid.len,
                       attempt->pid.data, (int) attempt->id.len,
                       attempt->id.data);
}


civic_result_t
face_attempt_seal(civic_request_t *r, const face_attempt_t *attempt,
    civic_str_t *sealed)
{
    char            *text;
    size_t           i;
    json_t          *record;
    civic_str_t      value;
    civic_result_t   rc;

    record = json_pack("{s:b, s:b, s:b}", "recover", attempt->recover,
                       "self", attempt->self,
                       "name_changed", attempt->name_changed);

    for (i = 0; i < MEMBERS; i++) {
        value = *member_of((face_attempt_t *) attempt, i);

        if (value.len > 0) {
            json_object_set_new(record, members[i].name,
                                json_stringn(value.data, value.len));
        }
    }

    text = json_dumps(record, JSON_COMPACT);
    json_decref(record);

    if (text == NULL) {
        return CIVIC_ERROR;
    }

    rc = civic_seal(r, FACE_RECORD, context_of(r, attempt), civic_cstr(text),
                    sealed);
    free(text);

    return rc;
}


static civic_result_t
open_record(civic_request_t *r, civic_str_t sealed, face_attempt_t *attempt)
{
    size_t           i;
    json_t          *record;
    civic_str_t      plain;
    civic_result_t   rc;

    rc = civic_open(r, FACE_RECORD, context_of(r, attempt), sealed, &plain);
    if (rc != CIVIC_OK) {
        return rc;
    }

    record = json_loadb(plain.data, plain.len, 0, NULL);

    for (i = 0; i < MEMBERS; i++) {
        *member_of(attempt, i) =
            face_copy(r, shared_json_str(record, members[i].name));
    }

    attempt->recover = json_is_true(json_object_get(record, "recover"));
    attempt->self = json_is_true(json_object_get(record, "self"));
    attempt->name_changed = json_is_true(json_object_get(record,
                                                         "name_changed"));

    rc = json_is_object(record) ? CIVIC_OK : CIVIC_INVALID;
    json_decref(record);

    return rc;
}


/* state and sealed record as Redis has them. */
static civic_result_t
take(civic_request_t *r, civic_str_t state, civic_str_t sealed,
    face_attempt_t *attempt)
{
    civic_result_t  rc = CIVIC_INVALID;

    if (face_state_take(r, state, attempt) == 0) {
        rc = open_record(r, sealed, attempt);
    }

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "attempt \"%.*s\" cannot be read",
                  (int) attempt->id.len, attempt->id.data);
    }

    return rc;
}


/* "<next question ms> <told>" */
static int64_t
told_in(civic_str_t text)
{
    const char  *space = memchr(text.data, ' ', text.len);

    return space == NULL ? 0
           : shared_number((civic_str_t) {
                 space + 1, (size_t) (text.data + text.len - space - 1)
             }, 0);
}


/* ---- reading ----------------------------------------------------------- */

static int
is_id(civic_str_t id)
{
    size_t  i;

    for (i = 0; i < id.len; i++) {
        if (id.data[i] == '\0'
            || strchr("0123456789-_abcdefghijklmnopqrstuvwxyz"
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ", id.data[i]) == NULL)
        {
            return 0;
        }
    }

    return id.len == FACE_ID;
}


civic_result_t
face_attempt_read(civic_request_t *r, civic_str_t pid, civic_str_t id,
    face_attempt_t *attempt)
{
    civic_str_t           argv[5];
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(attempt, 0, sizeof(face_attempt_t));

    if (!is_id(id)) {
        return CIVIC_NOT_FOUND;
    }

    attempt->pid = pid;
    attempt->id = face_copy(r, id);

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

    attempt->told = told_in(shared_item(value, 2));

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
    civic_result_t        rc;
    const civic_value_t  *value;

    civic_str_t  key = civic_person_key(r, attempt->pid, FACE_FAMILY);

    args[0] = own;
    args[2] = face_state_text(r, attempt, state, attempt->expires_at);
    args[3] = replaced;
    args[4] = shared_decimal(r, FACE_KEPT);
    args[5] = shared_decimal(r, FACE_KEEP);

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
