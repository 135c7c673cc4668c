/*
 * giving_calls.c - consents that other plugins bring: the calls
 * civic.consent_give and civic.consents_carry.
 *
 * Who logs in by a QR code says 授权 on the phone, to the login plugin: what
 * was said there becomes a consent like any other.  And what an account
 * consented to before it was proven whose it is, its person has consented to
 * (docs/adr/0016-accounts-and-persons.md).
 */

#include "caller.h"
#include "civic.h"

#define MOST_FLAGS    16
#define CARRIED_FROM  "account"         /* that one, not which */


/* ---- civic.consent_give ------------------------------------------------ */

static civic_result_t
answer_state(json_t **out, const char *state)
{
    *out = json_pack("{s:s}", "state", state);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* Flags that are no object of true and false are the caller's mistake. */
static int
are_flags(json_t *flags)
{
    json_t      *value;
    const char  *name;

    if (flags == NULL) {
        return 1;
    }

    if (!json_is_object(flags) || json_object_size(flags) > MOST_FLAGS) {
        return 0;
    }

    json_object_foreach(flags, name, value) {
        if (!json_is_boolean(value)) {
            return 0;
        }
    }

    return 1;
}


/* Words: what a relation is called, what evidence there was. */
static int
is_note(civic_str_t text, size_t most)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < ' ' || text.data[i] > '~') {
            return 0;
        }
    }

    return text.len <= most;
}


/* Who gives it: the person, or somebody with a relation and evidence. */
static int
is_actor(const civic_giving_t *giving)
{
    int  self = civic_str_eq(giving->actor, giving->pid);

    return giving->actor.len == SHARED_PID
           && giving->relation.len > 0
           && is_note(giving->relation, CIVIC_RELATION_MAX)
           && is_note(giving->evidence, CIVIC_EVIDENCE_MAX)
           && self == civic_str_eq(giving->relation, CIVIC_STR(CIVIC_SELF))
           && (self || giving->evidence.len > 0);
}


static civic_result_t
read_giving(civic_request_t *r, json_t *in, civic_giving_t *giving)
{
    *giving = (civic_giving_t) {
        .pid = shared_json_str(in, "pid"),
        .purpose = shared_json_str(in, "purpose"),
        .version = json_integer_value(json_object_get(in, "version")),
        .language = shared_json_str(in, "language"),
        .flags = json_object_get(in, "flags"),
        .method = shared_json_str(in, "method"),
        .channel = shared_json_str(in, "channel"),
        .actor = shared_json_str(in, "actor"),
        .relation = shared_json_str(in, "relation"),
        .evidence = shared_json_str(in, "evidence"),
    };

    if (giving->actor.len == 0) {
        giving->actor = giving->pid;
    }

    if (giving->relation.len == 0 && json_object_get(in, "actor") == NULL) {
        giving->relation = CIVIC_STR(CIVIC_SELF);
    }

    if (giving->language.len == 0) {
        giving->language = civic_cstr(shared_language(r));
    }

    if (civic_consent_names(giving->pid, giving->purpose)
        && giving->method.len > 0 && are_flags(giving->flags)
        && is_actor(giving))
    {
        return CIVIC_OK;
    }

    civic_log(r, CIVIC_LOG_ERROR, "nobody can give a consent to \"%.*s\" "
              "by \"%.*s\" with these flags, as this actor",
              (int) giving->purpose.len, giving->purpose.data,
              (int) giving->method.len, giving->method.data);

    return CIVIC_ERROR;
}


/* What the rule refuses: the text has changed, or a tick is missing. */
static civic_result_t
answer_refused(json_t *decision, json_t **out)
{
    json_t       *missing, *unasked;
    civic_str_t   reason = shared_json_str(decision, "reason");

    if (!civic_str_eq(reason, CIVIC_STR("consent_flags"))) {
        return answer_state(out, "outdated");
    }

    missing = json_object_get(decision, "missing");
    unasked = json_object_get(decision, "unasked");

    *out = json_pack("{s:s, s:O?, s:O?}", "state", "flags",
                     "missing", missing, "unasked", unasked);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


static civic_result_t
answer_stored(const civic_value_t *answer, json_t **out)
{
    civic_str_t  state = shared_item(answer, 0), id = shared_item(answer, 1);

    *out = json_pack("{s:s%}", "state", state.data, state.len);

    if (*out == NULL
        || (id.len > 0
            && json_object_set_new(*out, "id", json_stringn(id.data, id.len))
               != 0))
    {
        json_decref(*out);
        *out = NULL;
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


civic_result_t
civic_consent_give_call(civic_request_t *r, json_t *in, json_t **out)
{
    int                    allowed;
    json_t                *decision;
    civic_result_t         rc;
    civic_giving_t         giving;
    const civic_value_t   *answer;
    civic_consent_text_t   text;

    rc = read_giving(r, in, &giving);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_consent_text(r, giving.purpose,
                            civic_str_eq(giving.language, CIVIC_STR("en")),
                            &text);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!text.found) {
        return answer_state(out, "no_text");
    }

    /* the caller answers for what was shown, and names it by its version */
    giving.digest = text.digest;

    if (giving.version == 0) {
        giving.version = text.version;
    }

    rc = civic_giving_judge(r, &giving, &text, &decision, &allowed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!allowed) {
        return answer_refused(decision, out);
    }

    rc = civic_retention_end_last(r, giving.pid, giving.purpose);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_giving_store(r, &giving, &text, 0, &answer);

    return rc == CIVIC_OK ? answer_stored(answer, out) : rc;
}


/* ---- civic.consents_carry ---------------------------------------------- */

/* The value of a field as HGETALL answers it; empty if there is none. */
static civic_str_t
field_of(const civic_value_t *all, civic_str_t name)
{
    size_t       i;
    civic_str_t  none = { "", 0 };

    for (i = 0; i + 1 < all->count; i += 2) {
        if (civic_str_eq(shared_item(all, i), name)) {
            return shared_item(all, i + 1);
        }
    }

    return none;
}


/* Who gave it to oneself has another pid now; who gave it to somebody else
   has not. */
static int
set_actor(json_t *copy, civic_str_t pid)
{
    int  self = civic_str_eq(shared_json_str(copy, "relation"),
                             CIVIC_STR(CIVIC_SELF));

    return self ? json_object_set_new(copy, "actor",
                                      json_stringn(pid.data, pid.len))
                : 0;
}


static civic_result_t
reseal(civic_request_t *r, json_t *record, civic_carried_t *carried)
{
    json_t  *copy = json_deep_copy(record);

    if (copy == NULL
        || json_object_set_new(copy, "subject",
               json_stringn(carried->pid.data, carried->pid.len)) != 0
        || set_actor(copy, carried->pid) != 0
        || json_object_set_new(copy, "carried_from",
               json_string(CARRIED_FROM)) != 0)
    {
        json_decref(copy);
        return CIVIC_ERROR;
    }

    return shared_json_seal(r, CIVIC_CONSENTS,
                            shared_record_context(r, carried->pid,
                                                  carried->id),
                            copy, &carried->sealed);
}


/* *done: the person has it now, and had not before. */
static civic_result_t
carry_record(civic_request_t *r, json_t *record, civic_carried_t *carried,
    int *done)
{
    civic_result_t        rc;
    const civic_value_t  *answer;

    carried->until = json_integer_value(json_object_get(record,
                                                        "retention_until"));

    if (carried->until <= civic_business_now(r)) {
        return CIVIC_OK;
    }

    carried->version = json_integer_value(json_object_get(record,
                                                          "version"));
    carried->given_at = json_integer_value(json_object_get(record,
                                                           "given_at"));
    carried->language = shared_json_str(record, "language");
    carried->digest = shared_json_str(record, "digest");

    rc = reseal(r, record, carried);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_giving_carry(r, carried, &answer);

    *done = rc == CIVIC_OK
            && civic_str_eq(shared_item(answer, 0), CIVIC_STR("given"));

    return rc;
}


/* The id stays: so a second time carries nothing, also when the person has
   withdrawn it since. */
static civic_result_t
carry_one(civic_request_t *r, civic_str_t from, const civic_value_t *all,
    civic_carried_t *carried, int *done)
{
    json_t          *record;
    civic_str_t      sealed;
    civic_result_t   rc;

    *done = 0;
    sealed = field_of(all, civic_print(r, "record:%.*s",
                                       (int) carried->id.len,
                                       carried->id.data));

    rc = civic_consent_open(r, from, carried->id, sealed, &record);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = carry_record(r, record, carried, done);
    json_decref(record);

    return rc;
}


/* The purpose that an id is the consent to; empty if it has ended.  The
   fields that are no purposes have a colon in their names. */
static civic_str_t
purpose_of(const civic_value_t *all, civic_str_t id)
{
    size_t       i;
    civic_str_t  name, none = { "", 0 };

    for (i = 0; i + 1 < all->count; i += 2) {
        name = shared_item(all, i);

        if (civic_str_eq(shared_item(all, i + 1), id)
            && memchr(name.data, ':', name.len) == NULL)
        {
            return name;
        }
    }

    return none;
}


/* The next word of an index; empty at its end. */
static civic_str_t
next_id(civic_str_t *index)
{
    civic_str_t  id;
    const char  *space;

    id = *index;
    space = id.len == 0 ? NULL : memchr(id.data, ' ', id.len);

    if (space == NULL) {
        index->len = 0;
        return id;
    }

    id.len = (size_t) (space - id.data);
    index->data = space + 1;
    index->len -= id.len + 1;

    return id;
}


/* The oldest first, as the index has them. */
static civic_result_t
carry_all(civic_request_t *r, civic_str_t from, civic_str_t to,
    const civic_value_t *all, int *count)
{
    int              done;
    civic_str_t      index = field_of(all, CIVIC_STR(":index"));
    civic_result_t   rc;
    civic_carried_t  carried;

    *count = 0;

    while (index.len > 0) {
        memset(&carried, 0, sizeof(carried));
        carried.pid = to;
        carried.id = next_id(&index);
        carried.purpose = purpose_of(all, carried.id);

        if (!civic_consent_names(to, carried.purpose)) {
            continue;
        }

        rc = carry_one(r, from, all, &carried, &done);
        if (rc != CIVIC_OK) {
            return rc;
        }

        *count += done;
    }

    return CIVIC_OK;
}


civic_result_t
civic_consents_carry_call(civic_request_t *r, json_t *in, json_t **out)
{
    int                   count;
    civic_str_t           key, from, to;
    civic_result_t        rc;
    const civic_value_t  *all;

    from = shared_json_str(in, "from");
    to = shared_json_str(in, "to");

    if (from.len != SHARED_PID || to.len != SHARED_PID
        || civic_str_eq(from, to))
    {
        civic_log(r, CIVIC_LOG_ERROR, "consents are carried from one pid to "
                  "another");
        return CIVIC_ERROR;
    }

    key = civic_person_key(r, from, CIVIC_CONSENTS);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"), key), &all);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = carry_all(r, from, to, all, &count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *out = json_pack("{s:i}", "carried", count);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}
