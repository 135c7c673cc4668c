/*
 * bind_steps.c - reserve, commit, confirm: a binding takes a place of the
 * guardian's, then one of the relative's, then both know.
 *
 * The relative's record decides.  Each step bears being done twice, and is
 * known by the binding's id: whoever comes after a crash goes on where it
 * stopped, or gives up what can never be.  A place is only given back after the
 * relative's record has said that the binding will not come to be, so that no
 * late commit finds it gone.
 */

#include "bind.h"
#include "values.h"

#define TURNS  8                        /* who gives way changes meanwhile */


/* ---- entries ----------------------------------------------------------- */

civic_str_t
kinship_settle_entry(civic_request_t *r, civic_str_t guardian,
    civic_str_t relative, civic_str_t id)
{
    return civic_print(r, "%.*s %.*s %.*s", (int) guardian.len, guardian.data,
                       (int) relative.len, relative.data, (int) id.len,
                       id.data);
}


civic_str_t
kinship_tell_entry(civic_request_t *r, const char *what,
    const kinship_binding_t *binding)
{
    return civic_print(r, "%s %.*s %.*s %.*s %.*s", what,
                       (int) binding->guardian.len, binding->guardian.data,
                       (int) binding->relative.len, binding->relative.data,
                       (int) binding->id.len, binding->id.data,
                       (int) binding->how.len, binding->how.data);
}


static int
is(civic_str_t text, const char *word)
{
    return civic_str_eq(text, civic_cstr(word));
}


/* ---- the guardian's slot ----------------------------------------------- */

static civic_result_t
reserve(civic_request_t *r, const kinship_bind_t *bind, civic_str_t consent,
    civic_str_t *said, civic_str_t *row)
{
    civic_str_t               keys[4], args[8];
    civic_result_t            rc;
    kinship_terms_t           terms;
    const civic_value_t      *value;
    const kinship_binding_t  *binding = &bind->binding;

    rc = kinship_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    keys[0] = civic_person_key(r, binding->guardian, KINSHIP_FAMILY_KIN);
    keys[1] = civic_person_key(r, binding->guardian, KINSHIP_FAMILY_HEALTH);
    keys[2] = civic_person_key(r, binding->guardian, "consents");
    keys[3] = civic_outbox(r, KINSHIP_SETTLE, keys[0]);
    args[0] = binding->relative;
    args[1] = binding->id;
    args[2] = shared_decimal(r, civic_now(r));
    args[3] = binding->relation;
    args[4] = shared_decimal(r, terms.relatives);
    args[5] = CIVIC_STR(KINSHIP_CONSENT_BIND);
    args[6] = consent;
    args[7] = kinship_settle_entry(r, binding->guardian, binding->relative,
                                   binding->id);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "kinship_reserve", .keys = keys,
                             .nkeys = 4, .args = args, .nargs = 8,
                             .flags = CIVIC_SCRIPT_DURABLE }, &value);

    if (rc == CIVIC_OK) {
        *said = shared_copy(r, shared_item(value, 0));
        *row = shared_copy(r, shared_item(value, 1));
    }

    return rc;
}


/* *there: 0 if the place is gone. */
static civic_result_t
confirm(civic_request_t *r, const kinship_binding_t *binding,
    civic_str_t asked, int *there)
{
    civic_str_t           key, args[5];
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, binding->guardian, KINSHIP_FAMILY_KIN);
    args[0] = binding->relative;
    args[1] = binding->id;
    args[2] = shared_decimal(r, binding->since);
    args[3] = binding->relation;
    args[4] = asked;

    rc = civic_script(r, &(civic_script_t) {
                             .name = "kinship_confirm", .keys = &key,
                             .nkeys = 1, .args = args, .nargs = 5 }, &value);

    *there = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


civic_result_t
kinship_release(civic_request_t *r, const kinship_binding_t *binding)
{
    civic_str_t           key, args[2];
    const civic_value_t  *value;

    key = civic_person_key(r, binding->guardian, KINSHIP_FAMILY_KIN);
    args[0] = binding->relative;
    args[1] = binding->id;

    return civic_script(r, &(civic_script_t) {
                            .name = "kinship_release", .keys = &key,
                            .nkeys = 1, .args = args, .nargs = 2 }, &value);
}


/* What was decided is decided: a step behind it that was lost comes by the
   outbox. */
static civic_result_t
stands_anyway(civic_result_t rc)
{
    return rc == CIVIC_NOT_SENT || rc == CIVIC_UNKNOWN ? CIVIC_OK : rc;
}


/* ---- the relative's slot ----------------------------------------------- */

/* What the relative's record has: how many others hold the code, damaged or
   not, and the guardian's own row if that is damaged. */
static int64_t
count_others(civic_request_t *r, const kinship_binding_t *binding,
    const civic_value_t *value, civic_str_t *damaged)
{
    size_t             i;
    int64_t            others = 0;
    kinship_binding_t  own = *binding;

    *damaged = CIVIC_STR("");

    for (i = 0; i + 1 < value->count; i += 2) {
        if (!civic_str_eq(shared_item(value, i), binding->guardian)) {
            others += shared_is_id(shared_item(value, i));

        } else if (kinship_binding_take(r, shared_item(value, i + 1), &own)
                   != CIVIC_OK)
        {
            *damaged = shared_copy(r, shared_item(value, i + 1));
        }
    }

    return others;
}


/* Who gives way if this one comes: the oldest that nobody has proven, if all
   places are taken.  The script looks again. */
static civic_result_t
find_leaving(civic_request_t *r, const kinship_bind_t *bind, int64_t most,
    kinship_binding_t *leaves, civic_str_t *damaged)
{
    size_t              i, first, count = 0;
    civic_result_t      rc;
    civic_command_t     command;
    kinship_binding_t  *all;

    memset(leaves, 0, sizeof(kinship_binding_t));
    kinship_guardians_command(r, bind->binding.relative, &command);
    rc = civic_pipeline(r, &command, 1);

    if (rc != CIVIC_OK
        || count_others(r, &bind->binding, command.value, damaged) < most
        || is(bind->binding.how, KINSHIP_BY_PLEDGE))
    {
        return rc;
    }

    all = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));
    kinship_guardians_take(r, bind->binding.relative, command.value, all,
                           KINSHIP_MOST, &count);

    for (i = 0, first = count; i < count; i++) {
        if (is(all[i].how, KINSHIP_BY_PLEDGE)
            && !civic_str_eq(all[i].guardian, bind->binding.guardian)
            && (first == count || all[i].since < all[first].since
                || (all[i].since == all[first].since
                    && memcmp(all[i].guardian.data, all[first].guardian.data,
                              SHARED_PID) < 0)))
        {
            first = i;
        }
    }

    if (first < count) {
        *leaves = all[first];
    }

    return CIVIC_OK;
}


static civic_result_t
commit_entry(civic_request_t *r, const kinship_bind_t *bind,
    const kinship_binding_t *leaves, civic_str_t near, civic_str_t *outbox,
    civic_str_t *sealed)
{
    json_t                   *details;
    civic_result_t            rc;
    const kinship_binding_t  *binding = &bind->binding;

    details = json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%}",
                        "binding", binding->id.data, binding->id.len,
                        "guardian", binding->guardian.data,
                        binding->guardian.len,
                        "how", binding->how.data, binding->how.len,
                        "relation", binding->relation.data,
                        binding->relation.len,
                        "displaced", civic_text_or_empty(leaves->id),
                        leaves->id.len);

    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "kinship.bound",
                            .subject = binding->relative,
                            .details = details }, near, outbox, sealed);
    json_decref(details);

    return rc;
}


static civic_result_t
commit(civic_request_t *r, const kinship_bind_t *bind, civic_str_t *said,
    civic_str_t *row)
{
    civic_str_t               keys[8], args[17];
    civic_result_t            rc;
    kinship_terms_t           terms;
    kinship_binding_t         leaves;
    const civic_value_t      *value;
    const kinship_binding_t  *binding = &bind->binding;

    rc = kinship_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = find_leaving(r, bind, terms.guardians, &leaves, &args[16]);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    keys[0] = civic_person_key(r, binding->relative, KINSHIP_FAMILY_GUARDIANS);
    keys[1] = civic_person_key(r, binding->relative, "consents");
    keys[2] = civic_person_key(r, binding->relative, KINSHIP_FAMILY_HEALTH);
    keys[3] = civic_person_key(r, binding->relative, KINSHIP_FAMILY_CODES);
    keys[4] = civic_outbox(r, KINSHIP_SETTLE, keys[0]);
    keys[5] = civic_outbox(r, KINSHIP_TELL, keys[0]);
    keys[6] = civic_outbox(r, KINSHIP_REVOKED, keys[0]);

    args[0] = binding->guardian;
    args[1] = binding->id;
    args[2] = shared_decimal(r, binding->since);
    args[3] = binding->how;
    args[4] = binding->relation;
    args[5] = shared_decimal(r, terms.guardians);
    args[6] = civic_cstr(bind->purpose);
    args[7] = bind->consent;
    args[9] = shared_decimal(r, civic_now(r));
    args[10] = args[11] = args[12] = args[13] = CIVIC_STR("");
    args[14] = kinship_tell_entry(r, "bound", binding);

    if (leaves.id.len > 0) {
        args[10] = leaves.guardian;
        args[11] = leaves.id;
        args[12] = kinship_settle_entry(r, leaves.guardian, leaves.relative,
                                        leaves.id);
        args[13] = kinship_tell_entry(r, KINSHIP_DISPLACED, &leaves);
    }

    rc = kinship_identity_seal(r, binding->relative, bind->identity, &args[8]);

    if (rc == CIVIC_OK) {
        rc = commit_entry(r, bind, &leaves, keys[0], &keys[7], &args[15]);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "kinship_commit", .keys = keys,
                                 .nkeys = 8, .args = args, .nargs = 17,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *said = shared_copy(r, shared_item(value, 0));
    *row = shared_copy(r, shared_item(value, 1));

    /* somebody's place may be another's at once; a second time nobody gives
       way, whatever the places look like by then */
    if (leaves.id.len > 0
        && civic_str_eq(shared_item(value, 2), leaves.guardian))
    {
        civic_count(r, KINSHIP_COUNT_DISPLACED, 1);
        rc = kinship_release(r, &leaves);
    }

    return stands_anyway(rc);
}


/* ---- what was interrupted ---------------------------------------------- */

static civic_result_t
read_place(civic_request_t *r, civic_str_t guardian, civic_str_t relative,
    civic_str_t *state, civic_str_t *id, civic_msec_t *since)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, guardian,
                                                    KINSHIP_FAMILY_KIN),
                                   relative), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_STRING) {
        return CIVIC_NOT_FOUND;
    }

    *state = shared_word(value->str, 0);
    *id = shared_word(value->str, 1);
    *since = shared_number(shared_word(value->str, 2), 0);

    return CIVIC_OK;
}


/* The usual case: it stands there, and nothing is written. */
static civic_result_t
look_at_relative(civic_request_t *r, kinship_binding_t *binding, int *stands)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                         civic_person_key(r, binding->relative,
                                          KINSHIP_FAMILY_GUARDIANS),
                         binding->guardian), &value);

    *stands = rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING
              && civic_str_eq(shared_word(value->str, 0), binding->id);

    return *stands ? kinship_binding_take(r, value->str, binding) : rc;
}


/* Asks the relative's record: it stands there, or never will. */
static civic_result_t
ask_relative(civic_request_t *r, kinship_binding_t *binding, int *stands,
    int *other)
{
    civic_str_t           key, args[3], row;
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, binding->relative, KINSHIP_FAMILY_GUARDIANS);
    args[0] = binding->guardian;
    args[1] = binding->id;
    args[2] = shared_decimal(r, civic_now(r));

    rc = civic_script(r, &(civic_script_t) {
                             .name = "kinship_void", .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 3,
                             .flags = CIVIC_SCRIPT_DURABLE }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *stands = is(shared_item(value, 0), "bound");
    row = shared_item(value, 1);
    *other = !*stands && row.len > 0;

    return *stands || *other ? kinship_binding_take(r, row, binding)
                             : CIVIC_OK;
}


civic_result_t
kinship_give_up(civic_request_t *r, const kinship_binding_t *binding,
    int *stands)
{
    int                other;
    civic_result_t     rc;
    kinship_binding_t  now = *binding;

    *stands = 0;
    rc = ask_relative(r, &now, stands, &other);

    /* a row of the two that is damaged (logged) is not this one */
    if (rc == CIVIC_INVALID && !*stands) {
        rc = CIVIC_OK;
    }

    return rc == CIVIC_OK && !*stands ? kinship_release(r, binding) : rc;
}


/* It may have ended after it was read and before it got its place; who ended
   it found no place to give back then. */
static civic_result_t
still_stands(civic_request_t *r, const kinship_binding_t *binding,
    int64_t *said)
{
    int                stands;
    civic_result_t     rc;
    kinship_binding_t  now = *binding;

    rc = look_at_relative(r, &now, &stands);

    if (rc != CIVIC_OK || stands) {
        return rc;
    }

    *said = KINSHIP_ENDED_SINCE;

    return kinship_release(r, binding);
}


/* The place of another binding of the same two, which the store has lost. */
civic_result_t
kinship_restore(civic_request_t *r, const kinship_binding_t *binding,
    int64_t *said)
{
    civic_str_t           key, args[5];
    civic_result_t        rc;
    kinship_terms_t       terms;
    const civic_value_t  *value;

    rc = kinship_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    key = civic_person_key(r, binding->guardian, KINSHIP_FAMILY_KIN);
    args[0] = binding->relative;
    args[1] = binding->id;
    args[2] = shared_decimal(r, binding->since);
    args[3] = binding->relation;
    args[4] = shared_decimal(r, terms.relatives);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "kinship_restore", .keys = &key,
                             .nkeys = 1, .args = args, .nargs = 5 }, &value);

    if (rc != CIVIC_OK) {
        return rc;
    }

    *said = value->type == CIVIC_VALUE_ARRAY && value->count > 0
            ? value->items[0].integer : 0;

    return *said == 1 ? still_stands(r, binding, said) : CIVIC_OK;
}


civic_result_t
kinship_settle(civic_request_t *r, civic_str_t guardian, civic_str_t relative,
    civic_str_t id, int64_t patience, int *young, kinship_binding_t *binding,
    int *stands)
{
    int                there, other = 0;
    int64_t            said;
    civic_str_t        state, found;
    civic_msec_t       since = 0;
    civic_result_t     rc;
    kinship_binding_t  asked;

    *young = 0;
    *stands = 0;

    rc = read_place(r, guardian, relative, &state, &found, &since);

    if (rc == CIVIC_NOT_FOUND
        || (rc == CIVIC_OK && !civic_str_eq(found, id)))
    {
        return CIVIC_OK;
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (is(state, "reserved") && civic_now(r) - since < patience) {
        *young = 1;
        return CIVIC_OK;
    }

    memset(&asked, 0, sizeof(kinship_binding_t));
    asked.guardian = guardian;
    asked.relative = relative;
    asked.id = id;
    *binding = asked;

    rc = look_at_relative(r, binding, stands);

    if (rc == CIVIC_OK && !*stands) {
        rc = ask_relative(r, binding, stands, &other);
    }

    if (rc == CIVIC_OK && *stands) {
        return is(state, "bound")
               ? CIVIC_OK : confirm(r, binding, CIVIC_STR(""), &there);
    }

    if (rc == CIVIC_OK) {
        rc = kinship_release(r, &asked);
        civic_count(r, KINSHIP_COUNT_SETTLED, 1);
    }

    if (rc == CIVIC_OK && other) {
        rc = kinship_restore(r, binding, &said);
        *stands = rc != CIVIC_OK || said != KINSHIP_ENDED_SINCE;
    }

    return rc;
}


/* ---- all three --------------------------------------------------------- */

/* What a record that is damaged says of the two is not believed: the place is
   given back as it was read, and the commit replaces the relative's row. */
static civic_result_t
drop_damaged(civic_request_t *r, const kinship_binding_t *binding,
    civic_str_t place)
{
    int          done;
    civic_str_t  now;

    return kinship_note(r, binding->guardian,
                        shared_copy(r, binding->relative).data, place,
                        CIVIC_STR(""), 0, &now, &done);
}


/* Takes a place.  One that an earlier binding of the two still holds is
   settled first: that was interrupted, and nobody waits for it any more. */
static civic_result_t
take_place(civic_request_t *r, kinship_bind_t *bind, civic_str_t consent,
    kinship_outcome_t *outcome)
{
    int                turn, young, stands = 0;
    civic_str_t        said, row, id;
    civic_result_t     rc;
    kinship_binding_t  other;

    for (turn = 0; turn < TURNS; turn++) {
        rc = reserve(r, bind, consent, &said, &row);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (!is(said, "other")) {
            *outcome = is(said, "code") ? KINSHIP_NO_CODE
                       : is(said, "consent") ? KINSHIP_NOT_AGREED
                       : is(said, "full") ? KINSHIP_NO_PLACE : KINSHIP_BOUND;
            return CIVIC_OK;
        }

        id = shared_copy(r, shared_word(row, 1));
        rc = !shared_is_id(id) ? CIVIC_INVALID
             : kinship_settle(r, bind->binding.guardian,
                              bind->binding.relative, id, 0, &young, &other,
                              &stands);

        if (rc == CIVIC_INVALID) {
            stands = 0;
            rc = drop_damaged(r, &bind->binding, row);
        }

        if (rc != CIVIC_OK) {
            return rc;
        }

        if (stands) {
            bind->binding = other;
            *outcome = KINSHIP_IS_BOUND;
            return CIVIC_OK;
        }
    }

    return CIVIC_BUSY;
}


static civic_result_t
take_holder(civic_request_t *r, kinship_bind_t *bind,
    kinship_outcome_t *outcome)
{
    int             turn;
    civic_str_t     said, row;
    civic_result_t  rc;

    for (turn = 0; turn < TURNS; turn++) {
        rc = commit(r, bind, &said, &row);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (is(said, "changed")) {
            continue;
        }

        *outcome = is(said, "bound") ? KINSHIP_BOUND
                   : is(said, "full") ? KINSHIP_NO_HOLDER
                   : is(said, "consent") ? KINSHIP_NO_CONSENT
                   : is(said, "other") ? KINSHIP_IS_BOUND : KINSHIP_OVER;

        return *outcome == KINSHIP_BOUND || *outcome == KINSHIP_IS_BOUND
               ? kinship_binding_take(r, row, &bind->binding) : CIVIC_OK;
    }

    return CIVIC_BUSY;
}


civic_result_t
kinship_bind(civic_request_t *r, kinship_bind_t *bind,
    kinship_outcome_t *outcome)
{
    int                there;
    int64_t            said;
    civic_result_t     rc;
    civic_consent_t    consent;
    kinship_binding_t  asked = bind->binding;

    rc = civic_consent(r, bind->binding.guardian, KINSHIP_CONSENT_BIND,
                       &consent);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (consent.id.len == 0) {
        *outcome = KINSHIP_NOT_AGREED;
        return CIVIC_OK;
    }

    rc = take_place(r, bind, consent.id, outcome);

    if (rc != CIVIC_OK || *outcome != KINSHIP_BOUND) {
        return rc;
    }

    rc = take_holder(r, bind, outcome);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (*outcome == KINSHIP_BOUND) {
        return stands_anyway(confirm(r, &bind->binding, bind->asked, &there));
    }

    /* it is void, says the relative's record */
    rc = kinship_release(r, &asked);

    if (rc == CIVIC_OK && *outcome == KINSHIP_IS_BOUND) {
        rc = kinship_restore(r, &bind->binding, &said);
    }

    return stands_anyway(rc);
}
