/*
 * open.c - POST /code: 申领一码通, the own code.
 *
 * Only for somebody who is proven, old enough to consent, and does so: by a
 * guardian's consent a relative's code is shown, and no own one opened.  The
 * script that opens it looks at the consent once more.
 */

#include "kinship.h"
#include "values.h"


/* ---- may it be opened? ------------------------------------------------- */

/* An installation without faces takes who is logged in as a person. */
static civic_result_t
check_proof(civic_request_t *r, json_t *who, int *answered)
{
    json_t          *in = json_object(), *answer;
    civic_result_t   rc;

    if (json_is_integer(json_object_get(who, "proven_at"))
        && json_is_string(json_object_get(who, "proven_by")))
    {
        json_object_set(in, "proven_at", json_object_get(who, "proven_at"));
        json_object_set(in, "proven_by", json_object_get(who, "proven_by"));
    }

    rc = civic_call(r, "face_auth.state", in, &answer);

    if (rc == CIVIC_NOT_FOUND) {
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "valid"))) {
        *answered = 1;
        return civic_problem(r, "kinship_unproven");
    }

    return rc;
}


static civic_result_t
check_age(civic_request_t *r, const civic_person_identity_t *identity,
    int *answered)
{
    json_t          *in, *decision;
    int64_t          age;
    civic_result_t   rc;

    rc = kinship_age(r, identity, &age);
    if (rc != CIVIC_OK) {
        return rc;
    }

    in = json_object();

    if (age >= 0) {
        json_object_set_new(in, "age", json_integer(age));
    }

    rc = civic_rule(r, "own", in, &decision);

    if (rc == CIVIC_OK && !json_is_true(json_object_get(decision, "allow"))) {
        *answered = 1;
        return civic_refuse(r, decision);
    }

    return rc;
}


static civic_result_t
check_person(civic_request_t *r, civic_str_t pid,
    civic_person_identity_t *identity, int *answered)
{
    json_t          *who;
    civic_result_t   rc;

    rc = kinship_login_person(r, pid, &who, identity);

    if (rc == CIVIC_NOT_FOUND) {
        *answered = 1;
        return civic_problem(r, "kinship_unproven");
    }

    if (rc == CIVIC_OK) {
        rc = check_proof(r, who, answered);
    }

    return rc != CIVIC_OK || *answered ? rc
           : check_age(r, identity, answered);
}


/* The person's own; its id is empty if there is none. */
static civic_result_t
own_consent(civic_request_t *r, civic_str_t pid, civic_consent_t *consent)
{
    json_t          *out;
    civic_result_t   rc;

    rc = civic_call(r, "civic.consent",
                    json_pack("{s:s%, s:s, s:b}", "pid", pid.data, pid.len,
                              "purpose", KINSHIP_CONSENT_OWN, "own", 1), &out);

    if (rc == CIVIC_OK) {
        consent->key = civic_person_key(r, pid, "consents");
        consent->purpose = CIVIC_STR(KINSHIP_CONSENT_OWN);
        consent->id = shared_json_str(out, "id");
    }

    return rc;
}


/* ---- opening ----------------------------------------------------------- */

/* *when: "<ms> <1 if it was opened now>"; empty: the consent has ended. */
static civic_result_t
run_script(civic_request_t *r, civic_str_t pid,
    const civic_person_identity_t *identity, const civic_consent_t *consent,
    civic_str_t *when)
{
    civic_str_t           keys[2], args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, pid, KINSHIP_FAMILY_HEALTH);
    keys[1] = consent->key;
    args[0] = consent->purpose;
    args[1] = consent->id;
    args[2] = shared_decimal(r, civic_business_now(r));

    rc = kinship_identity_seal(r, pid, identity, &args[3]);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = "kinship_open", .keys = keys,
                              .nkeys = 2, .args = args, .nargs = 4,
                              .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc == CIVIC_OK) {
        *when = value->type == CIVIC_VALUE_STRING
                ? shared_copy(r, value->str) : CIVIC_STR("");
    }

    return rc;
}


static civic_result_t
reply(civic_request_t *r, civic_str_t when)
{
    civic_writer_t  *w = civic_reply(r, 200);
    int              created;

    created = civic_str_eq(shared_word(when, 1), CIVIC_STR("1"));
    civic_count(r, KINSHIP_OPENED, created);
    civic_write_instant(r, w, "opened_at",
                        shared_number(shared_word(when, 0), 0));
    civic_write_bool(r, w, "created", created);

    return CIVIC_OK;
}


civic_result_t
kinship_open(civic_request_t *r)
{
    int                       answered = 0;
    civic_str_t               pid = civic_pid(r), when;
    civic_result_t            rc;
    civic_consent_t           consent;
    civic_person_identity_t   identity;

    rc = check_person(r, pid, &identity, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = own_consent(r, pid, &consent);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (consent.id.len == 0) {
        return civic_consent_required(r, consent.purpose);
    }

    rc = run_script(r, pid, &identity, &consent, &when);

    if (rc != CIVIC_OK) {
        return rc;
    }

    return when.len == 0 ? civic_consent_required(r, consent.purpose)
                         : reply(r, when);
}
