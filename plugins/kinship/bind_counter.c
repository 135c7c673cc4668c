/*
 * bind_counter.c - the counter: who holds somebody's code, ending a binding at
 * once in an emergency, and proving one by papers.
 *
 * The papers of both are in the clerk's hand.  A proof makes a provisional
 * binding a proven one; where strangers' pledges have taken all places, it
 * takes one of them.  All of it stands in the audit trail.
 */

#include "bind.h"
#include "caller.h"
#include "values.h"

typedef struct {
    kinship_relative_t   relative;
    kinship_relative_t   guardian;
    kinship_binding_t    binding;
    kinship_bind_t       bind;
    int                  created;
} desk_t;

static const kinship_form_t  person = { .number = "id_number",
                                        .kind = "id_kind" };


static civic_result_t
read_person(civic_request_t *r, kinship_relative_t *relative, int *answered)
{
    civic_result_t   rc;
    kinship_wrong_t  wrong = { .count = 0 };

    rc = kinship_form_read(r, &person, relative, &wrong);

    return rc == CIVIC_OK ? kinship_wrong_answer(r, &wrong, answered) : rc;
}


/* ---- POST /kinship/counter/look-up -------------------------------------- */

/* Nothing is kept of somebody of whom nothing is known. */
static civic_result_t
note_look(civic_request_t *r, civic_str_t pid, size_t count)
{
    civic_result_t    rc;
    kinship_health_t  health;

    rc = kinship_health_read(r, pid, &health);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (health.opened || count > 0) {
        return kinship_look(r, &(kinship_look_t) {
                                   .subject = pid, .by = CIVIC_STR(""),
                                   .purpose = "counter", .what = "guardians",
                                   .place = CIVIC_STR("") });
    }

    return civic_audit_note(r, &(civic_audit_entry_t) {
                                   .action = "kinship.looked_up",
                                   .subject = pid });
}


civic_result_t
kinship_counter_look_up(civic_request_t *r)
{
    int                  answered = 0;
    size_t               count = 0;
    civic_str_t          name;
    civic_result_t       rc;
    civic_writer_t      *w;
    kinship_binding_t   *bindings;
    kinship_relative_t  *relative;

    relative = civic_alloc(r, sizeof(kinship_relative_t));
    bindings = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));

    rc = read_person(r, relative, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = kinship_guardians_of(r, relative->pid, bindings, KINSHIP_MOST,
                              &count);

    if (rc == CIVIC_OK) {
        rc = note_look(r, relative->pid, count);
    }

    if (rc == CIVIC_OK) {
        rc = kinship_name_of(r, relative->pid, &name);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "name", name);

    return kinship_holders_write(r, w, bindings, count);
}


/* ---- POST /kinship/counter/unbindings ----------------------------------- */

civic_result_t
kinship_counter_unbind(civic_request_t *r)
{
    int                  answered = 0, ended;
    civic_result_t       rc;
    civic_writer_t      *w;
    kinship_binding_t    binding;
    kinship_relative_t  *relative;

    relative = civic_alloc(r, sizeof(kinship_relative_t));

    rc = read_person(r, relative, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = kinship_holder_find(r, relative->pid,
                             civic_body_str(r, "binding_id"), &binding);

    if (rc == CIVIC_NOT_FOUND) {
        return civic_problem(r, "kinship_no_binding");
    }

    if (rc == CIVIC_OK) {
        rc = kinship_end(r, &binding, KINSHIP_STAFF,
                         civic_body_str(r, "reason").data, &ended);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "binding_id", binding.id);
    civic_write_bool(r, w, "ended", 1);

    return CIVIC_OK;
}


/* ---- POST /kinship/counter/proofs: one that is there -------------------- */

static civic_result_t
prove_entry(civic_request_t *r, const desk_t *desk, civic_str_t near,
    civic_str_t *outbox, civic_str_t *sealed)
{
    json_t          *details;
    civic_str_t      papers = civic_body_str(r, "papers");
    civic_result_t   rc;

    details = json_pack("{s:s%, s:s%, s:s%}",
                        "binding", desk->binding.id.data,
                        desk->binding.id.len,
                        "guardian", desk->binding.guardian.data,
                        desk->binding.guardian.len,
                        "papers", papers.data, papers.len);

    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "kinship.proven",
                            .subject = desk->binding.relative,
                            .details = details }, near, outbox, sealed);
    json_decref(details);

    return rc;
}


static civic_str_t
row_of(civic_request_t *r, const kinship_binding_t *binding, const char *how)
{
    return civic_print(r, "%.*s %lld %s %.*s", (int) binding->id.len,
                       binding->id.data, (long long) binding->since, how,
                       (int) binding->relation.len, binding->relation.data);
}


static civic_result_t
prove(civic_request_t *r, desk_t *desk, int *done)
{
    civic_str_t           keys[4], args[6];
    civic_result_t        rc;
    kinship_binding_t    *binding = &desk->binding;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, binding->relative, KINSHIP_FAMILY_GUARDIANS);
    keys[1] = civic_outbox(r, KINSHIP_TELL, keys[0]);
    args[0] = binding->guardian;
    args[1] = row_of(r, binding, KINSHIP_BY_PLEDGE);
    args[2] = row_of(r, binding, KINSHIP_BY_COUNTER);

    binding->how = CIVIC_STR(KINSHIP_BY_COUNTER);
    keys[3] = civic_person_key(r, binding->relative, KINSHIP_FAMILY_HEALTH);
    args[3] = kinship_tell_entry(r, "proven", binding);

    rc = prove_entry(r, desk, keys[0], &keys[2], &args[4]);

    if (rc == CIVIC_OK) {
        rc = kinship_identity_seal(r, binding->relative,
                                   &desk->relative.identity, &args[5]);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "kinship_prove", .keys = keys,
                                 .nkeys = 4, .args = args, .nargs = 6,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    *done = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


/* ---- one that comes to be ----------------------------------------------- */

static civic_result_t
consent(civic_request_t *r, desk_t *desk, int *answered)
{
    const kinship_relative_t  *relative = &desk->relative;

    return kinship_consent_give(r, &(kinship_consent_t) {
        .pid = relative->pid, .purpose = relative->purpose,
        .method = "counter",
        .flags = json_object_get(civic_body(r), "flags"),
        .actor = desk->guardian.pid, .relation = relative->relation,
        .evidence = CIVIC_STR(KINSHIP_BY_COUNTER), .ticks_here = 1 },
        &desk->bind.consent, answered);
}


static civic_result_t
refuse(civic_request_t *r, kinship_outcome_t outcome)
{
    switch (outcome) {

    case KINSHIP_NO_CODE:
        return civic_problem(r, "kinship_guardian_no_code");

    case KINSHIP_NOT_AGREED:
        return civic_problem(r, "kinship_guardian_not_agreed");

    case KINSHIP_NO_PLACE:
        return kinship_problem(r, &(civic_problem_t) {
                                      .code = "kinship_relatives_full" });

    case KINSHIP_NO_HOLDER:
        return kinship_problem(r, &(civic_problem_t) {
                                      .code = "kinship_guardians_full" });

    default:
        return civic_problem(r, "conflict");
    }
}


static civic_result_t
create(civic_request_t *r, desk_t *desk, int *answered)
{
    civic_result_t      rc;
    kinship_bind_t     *bind = &desk->bind;
    kinship_outcome_t   outcome = KINSHIP_OVER;

    rc = consent(r, desk, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    bind->binding.guardian = desk->guardian.pid;
    bind->binding.relative = desk->relative.pid;
    bind->binding.since = civic_business_now(r);
    bind->binding.how = CIVIC_STR(KINSHIP_BY_COUNTER);
    bind->binding.relation = desk->relative.relation;
    bind->identity = &desk->relative.identity;
    bind->purpose = desk->relative.purpose.data;
    bind->asked = CIVIC_STR("");

    rc = shared_id_new(r, &bind->binding.id);

    if (rc == CIVIC_OK) {
        rc = kinship_bind(r, bind, &outcome);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (outcome != KINSHIP_BOUND) {
        *answered = 1;
        rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                     .action = "kinship.proof_refused",
                                     .subject = desk->relative.pid });

        return rc == CIVIC_OK ? refuse(r, outcome) : rc;
    }

    civic_count(r, KINSHIP_COUNT_BOUND, 1);
    desk->binding = bind->binding;
    desk->created = 1;

    return CIVIC_OK;
}


/* ---- both ---------------------------------------------------------------- */

static civic_result_t
read_both(civic_request_t *r, desk_t *desk, int *answered)
{
    civic_result_t   rc;
    kinship_wrong_t  wrong = { .count = 0 };

    rc = kinship_form_read(r, &(kinship_form_t) {
                                  .number = "guardian_id_number",
                                  .kind = "guardian_id_kind" },
                           &desk->guardian, &wrong);

    if (rc == CIVIC_OK) {
        rc = kinship_form_read(r, &(kinship_form_t) {
                                      .number = "id_number",
                                      .kind = "id_kind", .name = "name",
                                      .relation = "relation",
                                      .guardian = desk->guardian.pid },
                               &desk->relative, &wrong);
    }

    return rc == CIVIC_OK ? kinship_wrong_answer(r, &wrong, answered) : rc;
}


static civic_result_t
find_theirs(civic_request_t *r, desk_t *desk)
{
    size_t              i, count = 0;
    civic_result_t      rc;
    kinship_binding_t  *bindings;

    bindings = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));
    rc = kinship_guardians_of(r, desk->relative.pid, bindings, KINSHIP_MOST,
                              &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        if (civic_str_eq(bindings[i].guardian, desk->guardian.pid)) {
            desk->binding = bindings[i];
            return CIVIC_OK;
        }
    }

    return rc != CIVIC_OK ? rc : CIVIC_NOT_FOUND;
}


/* It is proven already: the same again changes nothing. */
static civic_result_t
proven_before(civic_request_t *r, const desk_t *desk)
{
    return civic_audit_note(r, &(civic_audit_entry_t) {
                                   .action = "kinship.proven_before",
                                   .subject = desk->relative.pid });
}


civic_result_t
kinship_counter_prove(civic_request_t *r)
{
    int              answered = 0, done = 1;
    desk_t          *desk = civic_alloc(r, sizeof(desk_t));
    civic_result_t   rc;
    civic_writer_t  *w;

    memset(desk, 0, sizeof(desk_t));

    rc = read_both(r, desk, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = find_theirs(r, desk);

    if (rc == CIVIC_NOT_FOUND) {
        rc = create(r, desk, &answered);

    } else if (rc == CIVIC_OK) {
        rc = civic_str_eq(desk->binding.how, CIVIC_STR(KINSHIP_BY_PLEDGE))
             ? prove(r, desk, &done) : proven_before(r, desk);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (!done) {
        return civic_problem(r, "conflict");
    }

    w = civic_reply(r, 200);
    civic_write_bool(r, w, "created", desk->created);

    return kinship_binding_write(r, w, &desk->binding);
}
