/*
 * consents.c - GET and POST /civic/consents: a citizen's own.
 *
 * A second consent to the same text is the first one; a consent to another
 * text, whose version or wording changed, replaces it: what was stored under
 * the old one asks for consent again, as the law has it (PIPL 14).  Until then
 * one to an older version is "outdated": it stands, and nothing is done by it.
 *
 * One that somebody else gave (for a child, or with an elder's face) names
 * who that was, masked, and how they were believed; the person's own takes its
 * place.
 */

#include "caller.h"
#include "civic.h"
#include "name.h"
#include "words.h"

#define RETRY_AFTER  5                          /* s, while data is erased */
#define MOST_FLAGS   16


/* ---- what a record looks like ------------------------------------------ */

/* What the hash has about one, beside its record. */
typedef struct {
    civic_str_t  id;
    civic_str_t  sealed;
    civic_str_t  ended;                         /* "withdrawn <ms>", else
                                                   "replaced", ... */
    civic_str_t  erased;                        /* JSON */
} consent_t;


/* The flags that were ticked. */
static void
write_flags(civic_request_t *r, civic_writer_t *w, json_t *flags)
{
    json_t      *value;
    const char  *name;

    civic_write_array(r, w, "flags");

    json_object_foreach(flags, name, value) {
        if (json_is_true(value)) {
            civic_write_str(r, w, NULL, civic_cstr(name));
        }
    }

    civic_write_end(r, w);
}


static void
write_time(civic_request_t *r, civic_writer_t *w, const char *key,
    json_t *at)
{
    if (json_is_integer(at)) {
        civic_write_instant(r, w, key, json_integer_value(at));

    } else {
        civic_write_null(r, w, key);
    }
}


/* "withdrawn 1773028800000": the status and when. */
static void
write_end_of(civic_request_t *r, civic_writer_t *w, civic_str_t ended,
    int holds)
{
    civic_str_t  status, at = shared_word(ended, 1);

    status = holds ? CIVIC_STR("active") : CIVIC_STR("outdated");

    if (at.len > 0) {
        status = shared_word(ended, 0);
    }

    civic_write_str(r, w, "status", status);
    shared_write_instant(r, w, "ended_at", at);
}


/* The proof of deletion: when, and how many things of which plugin. */
static void
write_erasure(civic_request_t *r, civic_writer_t *w, civic_str_t erased)
{
    json_t      *proof, *count;
    int64_t      sum = 0;
    const char  *plugin;

    proof = erased.len == 0 ? NULL
                            : json_loadb(erased.data, erased.len, 0, NULL);

    write_time(r, w, "erased_at", json_object_get(proof, "at"));

    json_object_foreach(json_object_get(proof, "by"), plugin, count) {
        sum += json_integer_value(count);
    }

    if (proof == NULL) {
        civic_write_null(r, w, "erased_items");

    } else {
        civic_write_int(r, w, "erased_items", sum);
    }

    json_decref(proof);
}


static void
copy_str(civic_request_t *r, civic_writer_t *w, json_t *record,
    const char *name)
{
    civic_write_str(r, w, name, shared_json_str(record, name));
}


/* One that ended is not asked about. */
static civic_result_t
is_current(civic_request_t *r, const consent_t *consent, json_t *record,
    int *holds)
{
    *holds = 0;

    return consent->ended.len > 0
           ? CIVIC_OK
           : civic_consent_holds(r, shared_json_str(record, "purpose"),
                                 json_integer_value(json_object_get(record,
                                                        "version")), holds);
}


/* A consent that is over has ended, before the job writes it down. */
static void
end_over(civic_request_t *r, consent_t *consent, json_t *record)
{
    json_int_t  until;

    until = json_integer_value(json_object_get(record, "retention_until"));

    if (consent->ended.len == 0 && civic_retention_over(r, until)) {
        consent->ended = civic_print(r, CIVIC_RETENTION_OVER " %lld",
                                     (long long) until);
    }
}


/* A pid's name, as others may see it; empty: nobody tells it. */
static civic_result_t
masked_name(civic_request_t *r, civic_str_t pid, civic_str_t *masked)
{
    char             text[CIVIC_NAME_BYTES];
    size_t           len;
    json_t          *out, *in;
    civic_str_t      name;
    civic_result_t   rc;

    *masked = CIVIC_STR("");
    in = json_pack("{s:s%}", "pid", pid.data, pid.len);

    rc = in == NULL ? CIVIC_ERROR
                    : civic_call(r, "login.identity", in, &out);
    if (rc != CIVIC_OK) {
        return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
    }

    name = shared_json_str(out, "name");

    if (name.len > 0) {
        len = civic_name_mask(name.data, name.len, text);
        *masked = shared_copy(r, (civic_str_t) { text, len });
    }

    return CIVIC_OK;
}


/* "face", "pledge", "counter": without which one it was. */
static civic_str_t
kind_of(civic_str_t evidence)
{
    const char  *space;

    space = evidence.len == 0 ? NULL : memchr(evidence.data, ' ',
                                              evidence.len);
    if (space != NULL) {
        evidence.len = (size_t) (space - evidence.data);
    }

    return evidence;
}


/* Nothing, if the person gave it. */
static civic_result_t
write_giver(civic_request_t *r, civic_writer_t *w, json_t *record)
{
    civic_str_t     actor = shared_json_str(record, "actor");
    civic_str_t     name, kind;
    civic_result_t  rc;

    if (actor.len == 0
        || civic_str_eq(actor, shared_json_str(record, "subject")))
    {
        return CIVIC_OK;
    }

    rc = masked_name(r, actor, &name);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_object(r, w, "given_by");

    if (name.len > 0) {
        civic_write_str(r, w, "name", name);
    }

    kind = kind_of(shared_json_str(record, "evidence"));
    if (kind.len > 0) {
        civic_write_str(r, w, "evidence", kind);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


static civic_result_t
write_record(civic_request_t *r, civic_writer_t *w, consent_t *consent,
    json_t *record)
{
    int             holds;
    civic_result_t  rc;

    end_over(r, consent, record);

    rc = is_current(r, consent, record, &holds);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_str(r, w, "consent_id", consent->id);
    copy_str(r, w, record, "purpose");
    copy_str(r, w, record, "relation");

    rc = write_giver(r, w, record);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_int(r, w, "version",
                    json_integer_value(json_object_get(record, "version")));
    copy_str(r, w, record, "language");
    copy_str(r, w, record, "digest");
    write_flags(r, w, json_object_get(record, "flags"));
    write_time(r, w, "given_at", json_object_get(record, "given_at"));
    write_time(r, w, "retention_until",
               json_object_get(record, "retention_until"));
    copy_str(r, w, record, "handler");
    copy_str(r, w, record, "contact");
    copy_str(r, w, record, "alternative");
    write_end_of(r, w, consent->ended, holds);
    write_erasure(r, w, consent->erased);

    return CIVIC_OK;
}


static civic_result_t
write_consent(civic_request_t *r, civic_writer_t *w, consent_t *consent)
{
    json_t          *record;
    civic_result_t   rc;

    rc = civic_consent_open(r, civic_pid(r), consent->id, consent->sealed,
                            &record);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = write_record(r, w, consent, record);
    json_decref(record);

    return rc;
}


/* ---- GET --------------------------------------------------------------- */

/* The field of a hash as HGETALL answers it. */
static civic_str_t
field_of(const civic_value_t *all, civic_str_t name)
{
    size_t       i;
    civic_str_t  none = { "", 0 };

    for (i = 0; all->type == CIVIC_VALUE_ARRAY && i + 1 < all->count; i += 2)
    {
        if (civic_str_eq(shared_item(all, i), name)) {
            return shared_item(all, i + 1);
        }
    }

    return none;
}


static consent_t
consent_of(civic_request_t *r, const civic_value_t *all, civic_str_t id)
{
    int        len = (int) id.len;
    consent_t  consent = { .id = id };

    consent.sealed = field_of(all, civic_print(r, "record:%.*s", len,
                                               id.data));
    consent.ended = field_of(all, civic_print(r, "ended:%.*s", len,
                                              id.data));
    consent.erased = field_of(all, civic_print(r, "erased:%.*s", len,
                                               id.data));

    return consent;
}


/* The newest first: the index has the oldest first. */
static civic_result_t
write_all(civic_request_t *r, const civic_value_t *all)
{
    size_t           begin, end;
    consent_t        consent;
    civic_str_t      index, id;
    civic_result_t   rc;
    civic_writer_t  *w = civic_reply(r, 200);

    index = field_of(all, CIVIC_STR(":index"));
    civic_write_array(r, w, "consents");

    for (end = index.len; end > 0; end = begin == 0 ? 0 : begin - 1) {
        for (begin = end; begin > 0 && index.data[begin - 1] != ' '; begin--) {
            /* to where this id begins */
        }

        id = (civic_str_t) { index.data + begin, end - begin };
        consent = consent_of(r, all, id);

        if (consent.sealed.len == 0) {
            continue;
        }

        civic_write_object(r, w, NULL);

        rc = write_consent(r, w, &consent);
        if (rc != CIVIC_OK) {
            return rc;
        }

        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


civic_result_t
civic_consents_list(civic_request_t *r)
{
    civic_str_t           key;
    civic_result_t        rc;
    const civic_value_t  *all;

    key = civic_person_key(r, civic_pid(r), CIVIC_CONSENTS);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"), key), &all);

    return rc == CIVIC_OK ? write_all(r, all) : rc;
}


/* ---- POST -------------------------------------------------------------- */

/* The flags that the rule names, each an error of the body. */
static size_t
add_errors(civic_request_t *r, json_t *flags, const char *code,
    civic_field_error_t *errors, size_t count)
{
    size_t       i;
    json_t      *flag, *given = json_object_get(civic_body(r), "flags");
    const char  *name, *what;

    json_array_foreach(flags, i, flag) {
        name = json_string_value(flag);

        if (name == NULL || count == MOST_FLAGS) {
            continue;
        }

        /* nothing is taken for granted: what is absent was not ticked */
        what = code != NULL ? code
               : json_object_get(given, name) == NULL ? "required"
                                                      : "consent_flag_needed";

        errors[count].pointer = civic_print(r, "/flags/%s", name).data;
        errors[count].code = what;
        errors[count++].params = NULL;
    }

    return count;
}


static civic_result_t
refuse_flags(civic_request_t *r, json_t *decision)
{
    size_t               count;
    civic_field_error_t  errors[MOST_FLAGS];

    count = add_errors(r, json_object_get(decision, "missing"), NULL, errors,
                       0);
    count = add_errors(r, json_object_get(decision, "unasked"),
                       "consent_flag_unasked", errors, count);

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = errors, .nerrors = count,
                                     .with_rule = 1 });
}


static civic_result_t
judge(civic_request_t *r, const civic_giving_t *giving,
    const civic_consent_text_t *text, int *answered)
{
    int              allowed;
    json_t          *decision;
    civic_str_t      reason;
    civic_result_t   rc;

    rc = civic_giving_judge(r, giving, text, &decision, &allowed);
    if (rc != CIVIC_OK || allowed) {
        return rc;
    }

    *answered = 1;
    reason = shared_json_str(decision, "reason");

    if (civic_str_eq(reason, CIVIC_STR("consent_flags"))) {
        return refuse_flags(r, decision);
    }

    return civic_refuse(r, decision);
}


static civic_result_t
refuse_erasing(civic_request_t *r)
{
    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "consent_erasing",
                                     .retry_after = RETRY_AFTER });
}


/* Before the script, whose answer the Idempotency-Key would keep: a repeat
   with the same key then succeeds. */
static civic_result_t
wait_for_erasure(civic_request_t *r, civic_str_t purpose, int *answered)
{
    civic_str_t           key, field;
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, civic_pid(r), CIVIC_CONSENTS);
    field = civic_print(r, "erasing:%.*s", (int) purpose.len, purpose.data);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HEXISTS"), key, field), &value);

    if (rc == CIVIC_OK && value->integer == 1) {
        *answered = 1;
        return refuse_erasing(r);
    }

    return rc;
}


/* What a guardian consented to is not what the person did: it gives way. */
static civic_result_t
find_others(civic_request_t *r, civic_giving_t *giving)
{
    int                     own = 1;
    civic_result_t          rc;
    civic_consent_active_t  active;

    rc = civic_consent_active(r, giving->pid, giving->purpose, &active);

    if (rc == CIVIC_OK && active.id.len > 0) {
        active.id = shared_copy(r, active.id);
        rc = civic_consent_is_own(r, giving->pid, active.id, &own);
    }

    if (rc == CIVIC_OK && !own) {
        giving->instead = active.id;
    }

    return rc;
}


static civic_result_t
answer_given(civic_request_t *r, const civic_value_t *answer)
{
    consent_t    consent;
    civic_str_t  word = shared_item(answer, 0);

    if (civic_str_eq(word, CIVIC_STR("erasing"))) {
        return refuse_erasing(r);
    }

    memset(&consent, 0, sizeof(consent));
    consent.id = shared_item(answer, 1);
    consent.sealed = shared_item(answer, 2);

    return write_consent(r, civic_reply(r, 201), &consent);
}


static civic_giving_t
giving_of(civic_request_t *r)
{
    json_t  *body = civic_body(r);

    return (civic_giving_t) {
        .pid = civic_pid(r),
        .purpose = civic_body_str(r, "purpose"),
        .version = json_integer_value(json_object_get(body, "version")),
        .digest = civic_body_str(r, "digest"),
        .language = civic_body_str(r, "language"),
        .flags = json_object_get(body, "flags"),
        .method = civic_body_str(r, "method"),
        .channel = civic_body_str(r, "channel"),
        .app_version = civic_body_str(r, "app_version"),
        .actor = civic_pid(r),
        .relation = CIVIC_STR(CIVIC_SELF),
    };
}


civic_result_t
civic_consents_give(civic_request_t *r)
{
    int                    english, answered = 0;
    civic_giving_t         giving = giving_of(r);
    civic_result_t         rc;
    const civic_value_t   *answer;
    civic_consent_text_t   text;

    english = civic_str_eq(giving.language, CIVIC_STR("en"));

    rc = civic_consent_text(r, giving.purpose, english, &text);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!text.found) {
        return civic_problem_with(r, &(civic_problem_t) {
            .code = "invalid_fields",
            .errors = &(civic_field_error_t) {
                .pointer = "/purpose", .code = "consent_purpose_unknown" },
            .nerrors = 1 });
    }

    rc = judge(r, &giving, &text, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = civic_retention_end_last(r, giving.pid, giving.purpose);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = wait_for_erasure(r, giving.purpose, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = find_others(r, &giving);

    if (rc == CIVIC_OK) {
        rc = civic_giving_store(r, &giving, &text, 1, &answer);
    }

    return rc == CIVIC_OK ? answer_given(r, answer) : rc;
}
