/*
 * consent.c - a consent's record, and the call that tells whether there is
 * one.
 *
 * The record says what GB/T 35273 and the Personal Information Protection
 * Law (14 to 17, 29) ask to be shown later: who consented to which text, how,
 * when and where, as coarsely as that serves.
 */

#include "caller.h"
#include "civic.h"
#include "words.h"


/* ---- records ----------------------------------------------------------- */

civic_result_t
civic_consent_open(civic_request_t *r, civic_str_t pid, civic_str_t id,
    civic_str_t sealed, json_t **record)
{
    return shared_json_open(r, CIVIC_CONSENTS,
                            shared_record_context(r, pid, id), sealed, record);
}


static int
set(json_t *record, const char *name, civic_str_t value)
{
    return json_object_set_new(record, name,
                               json_stringn(value.data, value.len));
}


/* null if there is nothing. */
static json_t *
text_or_null(civic_str_t text)
{
    return text.len == 0 ? json_null() : json_stringn(text.data, text.len);
}


static json_t *
flags_of(const civic_giving_t *giving)
{
    return giving->flags == NULL ? json_object() : json_incref(giving->flags);
}


static civic_result_t
make_record(civic_request_t *r, const civic_giving_t *giving, civic_str_t id,
    const civic_consent_text_t *text, json_t **record)
{
    civic_str_t     session, address;
    civic_msec_t    now = civic_now(r);
    civic_result_t  rc;

    rc = civic_sm3(r, shared_session_text(r), &session);
    if (rc != CIVIC_OK) {
        return rc;
    }

    address = shared_address_class(r, civic_remote_addr(r));

    *record = json_pack("{s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:I}",
                        "evidence", text_or_null(giving->evidence),
                        "flags", flags_of(giving),
                        "method", text_or_null(giving->method),
                        "channel", text_or_null(giving->channel),
                        "app_version", text_or_null(giving->app_version),
                        "version", (json_int_t) text->version,
                        "given_at", (json_int_t) now,
                        "retention_until", (json_int_t) giving->until);

    if (*record == NULL
        || set(*record, "consent_id", id) != 0
        || set(*record, "purpose", giving->purpose) != 0
        || set(*record, "language", giving->language) != 0
        || set(*record, "subject", giving->pid) != 0
        || set(*record, "actor", giving->actor) != 0
        || set(*record, "relation", giving->relation) != 0
        || set(*record, "digest", text->digest) != 0
        || set(*record, "address", address) != 0
        || set(*record, "session", session) != 0
        || set(*record, "handler", text->handler) != 0
        || set(*record, "contact", text->contact) != 0
        || set(*record, "alternative", text->alternative) != 0)
    {
        json_decref(*record);
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


civic_result_t
civic_consent_seal(civic_request_t *r, const civic_giving_t *giving,
    civic_str_t id, const civic_consent_text_t *text, civic_str_t *sealed)
{
    json_t          *record;
    civic_result_t   rc;

    rc = make_record(r, giving, id, text, &record);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return shared_json_seal(r, CIVIC_CONSENTS,
                            shared_record_context(r, giving->pid, id), record,
                            sealed);
}


civic_result_t
civic_consent_audit(civic_request_t *r, const char *action, civic_str_t pid,
    civic_str_t purpose, civic_str_t id, const char *reason,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s%,s:s%,s:s*}", "purpose", purpose.data,
                        purpose.len, "consent_id", id.data, id.len,
                        "reason", reason);

    rc = details == NULL
         ? CIVIC_ERROR
         : civic_audit(r, &(civic_audit_entry_t) {
                           .action = action, .subject = pid,
                           .details = details,
                       }, near, outbox, sealed);

    json_decref(details);

    return rc;
}


/* ---- the call ---------------------------------------------------------- */

civic_result_t
civic_consent_holds(civic_request_t *r, civic_str_t purpose, int64_t version,
    int *holds)
{
    json_t          *decision;
    civic_result_t   rc;

    rc = civic_rule(r, "consent_holds",
                    json_pack("{s:s%,s:I}", "purpose", purpose.data,
                              purpose.len, "version", (json_int_t) version),
                    &decision);

    *holds = rc == CIVIC_OK
             && json_is_true(json_object_get(decision, "holds"));

    return rc;
}


/* What "version:<purpose>" says of this consent: "<id> <version> <until>". */
static void
read_note(civic_str_t noted, civic_consent_active_t *active)
{
    size_t        after = active->id.len + 1;
    const char   *space;
    civic_str_t   version, until = { "", 0 };

    if (noted.len <= after || noted.data[active->id.len] != ' '
        || memcmp(noted.data, active->id.data, active->id.len) != 0)
    {
        return;
    }

    version = (civic_str_t) { noted.data + after, noted.len - after };
    space = memchr(version.data, ' ', version.len);

    if (space != NULL) {
        until.data = space + 1;
        until.len = version.len - (size_t) (until.data - version.data);
        version.len = (size_t) (space - version.data);
    }

    active->version = shared_number(version, 0);
    active->until = shared_number(until, 0);
}


/* The first word of "text:<id>"; 0, which is older than any text, if it does
   not tell. */
static civic_result_t
recorded_version(civic_request_t *r, civic_str_t key, civic_str_t id,
    int64_t *version)
{
    const char           *space;
    civic_str_t           field;
    civic_result_t        rc;
    const civic_value_t  *value;

    field = civic_print(r, "text:%.*s", (int) id.len, id.data);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), key, field), &value);
    if (rc != CIVIC_OK || value->type != CIVIC_VALUE_STRING) {
        return rc;
    }

    space = memchr(value->str.data, ' ', value->str.len);

    if (space != NULL) {
        *version = shared_number((civic_str_t) {
            value->str.data, (size_t) (space - value->str.data) }, 0);
    }

    return CIVIC_OK;
}


/* One trip, but for a consent that was recorded before its version was noted
   beside its id. */
civic_result_t
civic_consent_active(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, civic_consent_active_t *active)
{
    civic_str_t           key, noted;
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(active, 0, sizeof(*active));
    key = civic_person_key(r, pid, CIVIC_CONSENTS);
    noted = civic_print(r, "version:%.*s", (int) purpose.len, purpose.data);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HMGET"), key, purpose, noted),
                     &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    active->id = shared_item(value, 0);
    if (active->id.len == 0) {
        return CIVIC_OK;
    }

    read_note(shared_item(value, 1), active);

    return active->version > 0
           ? CIVIC_OK
           : recorded_version(r, key, active->id, &active->version);
}


civic_result_t
civic_consent_is_own(civic_request_t *r, civic_str_t pid, civic_str_t id,
    int *own)
{
    json_t               *record;
    civic_str_t           field;
    civic_result_t        rc;
    const civic_value_t  *value;

    field = civic_print(r, "record:%.*s", (int) id.len, id.data);
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, pid, CIVIC_CONSENTS),
                                   field), &value);

    if (rc == CIVIC_OK && value->type != CIVIC_VALUE_STRING) {
        *own = 0;
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        rc = civic_consent_open(r, pid, id, value->str, &record);
    }

    if (rc == CIVIC_OK) {
        *own = civic_str_eq(shared_json_str(record, "relation"),
                            CIVIC_STR(CIVIC_SELF));
        json_decref(record);
    }

    return rc;
}


/* Whether a consent holds is asked about the person alone, whoever gave it:
   one of an actor's is not known here, so there is none. */
static int
is_of_person(json_t *in)
{
    civic_str_t  actor = shared_json_str(in, "actor");
    civic_str_t  relation = shared_json_str(in, "relation");

    return (actor.len == 0 || civic_str_eq(actor, shared_json_str(in, "pid")))
           && (relation.len == 0
               || civic_str_eq(relation, CIVIC_STR("self")));
}


int
civic_consent_names(civic_str_t pid, civic_str_t purpose)
{
    return pid.len == SHARED_PID && purpose.len > 0
           && purpose.len <= CIVIC_PURPOSE_MAX
           && memchr(purpose.data, ':', purpose.len) == NULL;
}


civic_result_t
civic_consent_call(civic_request_t *r, json_t *in, json_t **out)
{
    int                     holds;
    civic_str_t             pid, purpose;
    civic_result_t          rc;
    civic_consent_active_t  active;

    pid = shared_json_str(in, "pid");
    purpose = shared_json_str(in, "purpose");

    if (!civic_consent_names(pid, purpose)) {
        civic_log(r, CIVIC_LOG_ERROR, "nobody can consent to \"%.*s\"",
                  (int) purpose.len, purpose.data);
        return CIVIC_ERROR;
    }

    if (!is_of_person(in)) {
        *out = json_object();
        return CIVIC_OK;
    }

    rc = civic_consent_active(r, pid, purpose, &active);
    if (rc != CIVIC_OK) {
        return rc;
    }

    holds = 0;

    if (active.id.len > 0 && !civic_retention_over(r, active.until)) {
        rc = civic_consent_holds(r, purpose, active.version, &holds);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    if (holds && json_is_true(json_object_get(in, "own"))) {
        active.id = shared_copy(r, active.id);
        rc = civic_consent_is_own(r, pid, active.id, &holds);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    *out = holds ? json_pack("{s:s%}", "id", active.id.data, active.id.len)
                 : json_object();

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}
