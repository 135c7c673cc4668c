/*
 * unbind.c - how a binding ends: by its guardian after the time of the rule
 * "unbind", by the relative, the counter, a rule, or with a consent.
 *
 * It ends in the relative's record, with whatever that guardian has printed, in
 * one script; the guardian's place is given back behind that, by the outbox if
 * need be.
 */

#include "bind.h"
#include "values.h"


/* ---- one --------------------------------------------------------------- */

static civic_result_t
end_entry(civic_request_t *r, const kinship_binding_t *binding,
    const char *why, const char *reason, civic_str_t near,
    civic_str_t *outbox, civic_str_t *sealed)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s%, s:s%, s:s%, s:s, s:s*}",
                        "binding", binding->id.data, binding->id.len,
                        "guardian", binding->guardian.data,
                        binding->guardian.len,
                        "how", binding->how.data, binding->how.len,
                        "why", why, "reason", reason);

    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "kinship.unbound",
                            .subject = binding->relative,
                            .details = details }, near, outbox, sealed);
    json_decref(details);

    return rc;
}


static civic_result_t
end(civic_request_t *r, const kinship_binding_t *binding, civic_str_t damaged,
    const char *why, const char *reason, int *ended)
{
    civic_str_t           keys[6], args[7];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, binding->relative, KINSHIP_FAMILY_GUARDIANS);
    keys[1] = civic_person_key(r, binding->relative, KINSHIP_FAMILY_CODES);
    keys[2] = civic_outbox(r, KINSHIP_SETTLE, keys[0]);
    keys[3] = civic_outbox(r, KINSHIP_TELL, keys[0]);
    keys[4] = civic_outbox(r, KINSHIP_REVOKED, keys[0]);
    args[0] = binding->guardian;
    args[1] = binding->id;
    args[2] = shared_decimal(r, civic_now(r));
    args[3] = kinship_settle_entry(r, binding->guardian, binding->relative,
                                   binding->id);
    args[4] = kinship_tell_entry(r, why, binding);
    args[6] = damaged;

    rc = end_entry(r, binding, why, reason, keys[0], &keys[5], &args[5]);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "kinship_unbind", .keys = keys,
                                 .nkeys = 6, .args = args, .nargs = 7,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *ended = value->integer == 1;

    if (*ended) {
        civic_count(r, KINSHIP_COUNT_ENDED, 1);
    }

    /* also where another was quicker; if this is lost the outbox has it */
    rc = kinship_release(r, binding);

    return rc == CIVIC_NOT_SENT || rc == CIVIC_UNKNOWN ? CIVIC_OK : rc;
}


civic_result_t
kinship_end(civic_request_t *r, const kinship_binding_t *binding,
    const char *why, const char *reason, int *ended)
{
    return end(r, binding, CIVIC_STR(""), why, reason, ended);
}


/* Which binding it was: the guardian's place may know, or what is left of the
   row; an id that nothing has does no harm. */
static civic_result_t
guess_id(civic_request_t *r, kinship_binding_t *binding, civic_str_t row)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, binding->guardian,
                                                    KINSHIP_FAMILY_KIN),
                                   binding->relative), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    binding->id = value->type == CIVIC_VALUE_STRING
                  ? shared_copy(r, shared_word(value->str, 1))
                  : shared_word(row, 0);

    return shared_is_id(binding->id) ? CIVIC_OK
                                     : shared_id_new(r, &binding->id);
}


civic_result_t
kinship_end_damaged(civic_request_t *r, civic_str_t guardian,
    civic_str_t relative, civic_str_t row, const char *why, int *ended)
{
    civic_result_t     rc;
    kinship_binding_t  binding = { .guardian = guardian,
                                   .relative = relative,
                                   .how = CIVIC_STR("damaged") };

    rc = guess_id(r, &binding, row);

    return rc == CIVIC_OK ? end(r, &binding, row, why, NULL, ended) : rc;
}


/* ---- the last one ------------------------------------------------------- */

/* *alone: a guardian asked for the code, and none is left; nor is there an
   account. */
static civic_result_t
is_alone(civic_request_t *r, const kinship_health_t *health, int *alone)
{
    size_t                    count = 0;
    json_t                   *who;
    civic_result_t            rc;
    kinship_binding_t        *bindings;
    civic_person_identity_t   identity;

    *alone = 0;

    if (!health->opened || health->own || health->consent.len == 0) {
        return CIVIC_OK;
    }

    bindings = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));
    rc = kinship_guardians_of(r, health->pid, bindings, KINSHIP_MOST, &count);

    if (rc != CIVIC_OK || count > 0) {
        return rc;
    }

    rc = kinship_login_person(r, health->pid, &who, &identity);
    *alone = rc == CIVIC_NOT_FOUND;

    return *alone || rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


static civic_result_t
withdraw(civic_request_t *r, const kinship_health_t *health)
{
    json_t          *in, *out;
    civic_str_t      purpose = shared_word(health->consent, 0);
    civic_str_t      id = shared_word(health->consent, 1);
    civic_result_t   rc;

    in = json_pack("{s:s%, s:s%, s:s%}",
                   "pid", health->pid.data, health->pid.len,
                   "purpose", purpose.data, purpose.len,
                   "id", id.data, id.len);

    rc = in == NULL ? CIVIC_ERROR
                    : civic_call(r, "civic.consent_withdraw", in, &out);

    /* an installation without consents has none to end */
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


civic_result_t
kinship_end_orphan(civic_request_t *r, civic_str_t relative)
{
    int               alone = 0;
    civic_result_t    rc;
    kinship_terms_t   terms;
    kinship_health_t  health;

    rc = kinship_terms(r, &terms);
    if (rc != CIVIC_OK || !terms.withdraw) {
        return rc;
    }

    rc = kinship_health_read(r, relative, &health);

    if (rc == CIVIC_OK) {
        rc = is_alone(r, &health, &alone);
    }

    return rc == CIVIC_OK && alone ? withdraw(r, &health) : rc;
}


/* ---- the rules --------------------------------------------------------- */

civic_result_t
kinship_unbind_at(civic_request_t *r, const kinship_binding_t *binding,
    json_t **decision, civic_msec_t *at)
{
    json_t          *possible;
    civic_result_t   rc;

    *at = 0;
    rc = civic_rule(r, "unbind",
                    json_pack("{s:I, s:I}",
                              "since", (json_int_t) binding->since,
                              "now", (json_int_t) civic_business_now(r)),
                    decision);

    if (rc != CIVIC_OK || json_is_true(json_object_get(*decision, "allow"))) {
        return rc;
    }

    possible = json_object_get(*decision, "possible_at");
    *at = json_is_integer(possible) ? json_integer_value(possible) : -1;

    return CIVIC_OK;
}


civic_result_t
kinship_keep(civic_request_t *r, const kinship_binding_t *binding,
    int64_t age, json_t **decision, int *kept)
{
    json_t          *in;
    civic_result_t   rc;

    in = json_pack("{s:I, s:I, s:s%}", "since", (json_int_t) binding->since,
                   "now", (json_int_t) civic_business_now(r),
                   "how", civic_text_or_empty(binding->how),
                   binding->how.len);

    if (in != NULL && age != KINSHIP_AGE_UNKNOWN) {
        json_object_set_new(in, "age", json_integer(age));
    }

    rc = civic_rule(r, "keep", in, decision);

    *kept = rc != CIVIC_OK
            || json_is_true(json_object_get(*decision, "allow"));

    return rc;
}


civic_result_t
kinship_end_overdue(civic_request_t *r, const kinship_binding_t *binding,
    json_t *decision)
{
    int          ended;
    civic_str_t  reason = shared_json_str(decision, "reason");

    return kinship_end(r, binding,
                       civic_str_eq(reason, CIVIC_STR("kinship_pledge_over"))
                       ? KINSHIP_UNPROVEN : KINSHIP_AGED, NULL, &ended);
}


/* ---- DELETE /kinship/bindings/{binding_id} ------------------------------ */

civic_result_t
kinship_bind_delete(civic_request_t *r)
{
    int                ended;
    json_t            *decision;
    civic_str_t        guardian = shared_copy(r, civic_pid(r));
    civic_msec_t       at;
    civic_result_t     rc;
    civic_writer_t    *w;
    kinship_binding_t  binding;

    rc = kinship_binding_find(r, guardian, civic_path(r, "binding_id"),
                              &binding);

    if (rc != CIVIC_OK) {
        return kinship_binding_missed(r, rc);
    }

    rc = kinship_unbind_at(r, &binding, &decision, &at);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (at != 0) {
        return civic_refuse(r, decision);
    }

    rc = kinship_end(r, &binding, KINSHIP_ENDED, NULL, &ended);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "binding_id", binding.id);
    civic_write_bool(r, w, "ended", 1);

    return CIVIC_OK;
}


/* ---- with a consent ---------------------------------------------------- */

/* Whether the other consent under which the same data may be kept holds. */
static civic_result_t
is_kept(civic_request_t *r, civic_str_t pid, civic_str_t purpose, int *kept)
{
    civic_result_t   rc;
    civic_consent_t  consent;

    *kept = 0;

    /* who is grown up decides about what was agreed to before */
    if (!civic_str_eq(purpose, CIVIC_STR(KINSHIP_CONSENT_CHILD))) {
        return CIVIC_OK;
    }

    rc = civic_consent(r, pid, KINSHIP_CONSENT_OWN, &consent);
    *kept = rc == CIVIC_OK && consent.id.len > 0;

    return rc;
}


static civic_result_t
end_all(civic_request_t *r, const kinship_binding_t *bindings, size_t count,
    int64_t *erased)
{
    int             ended;
    size_t          i;
    civic_result_t  rc = CIVIC_OK;

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        rc = kinship_end(r, &bindings[i], KINSHIP_WITHDRAWN, NULL, &ended);
        *erased += rc == CIVIC_OK && ended;
    }

    return rc;
}


/* What the relative's record has then is damaged: nothing of it stays. */
static civic_result_t
end_the_damaged(civic_request_t *r, civic_str_t pid, int64_t *erased)
{
    int                   ended;
    size_t                i;
    civic_result_t        rc;
    civic_command_t       command;
    const civic_value_t  *value;

    kinship_guardians_command(r, pid, &command);
    rc = civic_pipeline(r, &command, 1);
    value = command.value;

    for (i = 0; rc == CIVIC_OK && i + 1 < value->count; i += 2) {
        if (!shared_is_id(shared_item(value, i))) {
            continue;
        }

        rc = kinship_end_damaged(r, shared_item(value, i), pid,
                                 shared_item(value, i + 1),
                                 KINSHIP_WITHDRAWN, &ended);
        *erased += rc == CIVIC_OK && ended;
    }

    return rc;
}


static civic_result_t
erase_holders(civic_request_t *r, civic_str_t pid, civic_str_t purpose,
    int64_t *erased)
{
    int                 kept;
    size_t              count = 0;
    civic_result_t      rc;
    kinship_binding_t  *bindings;

    rc = is_kept(r, pid, purpose, &kept);
    if (rc != CIVIC_OK || kept) {
        return rc;
    }

    bindings = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));
    rc = kinship_guardians_of(r, pid, bindings, KINSHIP_MOST, &count);

    if (rc == CIVIC_OK) {
        rc = end_all(r, bindings, count, erased);
    }

    return rc == CIVIC_OK ? end_the_damaged(r, pid, erased) : rc;
}


static civic_result_t
erase_damaged(civic_request_t *r, civic_str_t guardian, civic_str_t relative,
    int64_t *erased)
{
    int                   ended;
    civic_str_t           row;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, relative,
                                                    KINSHIP_FAMILY_GUARDIANS),
                                   guardian), &value);

    if (rc != CIVIC_OK || value->type != CIVIC_VALUE_STRING) {
        return rc;
    }

    row = shared_copy(r, value->str);
    rc = kinship_end_damaged(r, guardian, relative, row, KINSHIP_WITHDRAWN,
                             &ended);
    *erased += rc == CIVIC_OK && ended;

    return rc;
}


/* No place is taken any more without the consent; those that are reserved now
   become void, or are bound by then. */
static civic_result_t
erase_relatives(civic_request_t *r, civic_str_t pid, int64_t *erased)
{
    int                 young, stands, done;
    size_t              i, count = 0;
    civic_result_t      rc;
    kinship_asked_t     asked = { .expires = 0 };
    kinship_place_t    *places;
    kinship_binding_t   binding;

    places = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_place_t));
    rc = kinship_places_of(r, pid, places, KINSHIP_MOST, &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        rc = kinship_settle(r, pid, places[i].relative, places[i].id, 0,
                            &young, &binding, &stands);

        if (rc == CIVIC_OK && stands) {
            rc = end_all(r, &binding, 1, erased);

        } else if (rc == CIVIC_INVALID) {
            rc = erase_damaged(r, pid, places[i].relative, erased);
        }
    }

    if (rc == CIVIC_OK) {
        rc = kinship_asked_read(r, pid, &asked);
    }

    if (rc == CIVIC_NOT_FOUND && asked.text.len == 0) {
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK || rc == CIVIC_NOT_FOUND) {
        rc = kinship_asked_drop(r, &asked, &done);
        *erased += rc == CIVIC_OK;
    }

    return rc;
}


civic_result_t
kinship_bindings_erase(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, int64_t *erased)
{
    if (civic_str_eq(purpose, CIVIC_STR(KINSHIP_CONSENT_BIND))) {
        return erase_relatives(r, pid, erased);
    }

    if (civic_str_eq(purpose, CIVIC_STR(KINSHIP_CONSENT_OWN))
        || civic_str_eq(purpose, CIVIC_STR(KINSHIP_CONSENT_CHILD)))
    {
        return erase_holders(r, pid, purpose, erased);
    }

    return CIVIC_OK;
}
