/*
 * proven_plan.c - what becomes of a person who is proven.
 *
 * The rule "proven" decides it from what Redis says of the person; the
 * script writes it only if that is still so, and all of it in one step.
 * A proof that was written already, and whose answer got lost, is known by
 * the link it left: nothing ends a second time.
 */

#include "login.h"
#include "values.h"
#include "words.h"


static civic_str_t
link_text(civic_request_t *r, const login_proof_t *proof)
{
    return civic_print(r, LOGIN_ALIPAY " %lld", (long long) proof->at);
}


/* Whether this very proof was written before. */
static int
is_repeat(civic_request_t *r, const login_proof_t *proof)
{
    return proof->person.linked.len > 0
           && civic_str_eq(proof->person.linked, link_text(r, proof));
}


/* ---- the rule ---------------------------------------------------------- */

static civic_result_t
ask_rule(civic_request_t *r, const login_proof_t *proof, json_t **answer)
{
    const login_person_t  *person = &proof->person;

    return civic_rule(r, "proven",
                      json_pack("{s:b, s:b, s:b, s:b, s:s, s:b}",
                                "existed", person->identity.len > 0,
                                "proven", person->proven.len > 0,
                                "own", proof->own,
                                "recover", proof->recover,
                                "how", proof->how,
                                "has_password", !proof->own
                                    && proof->account.password.len > 0),
                      answer);
}


civic_result_t
login_plan_make(civic_request_t *r, const login_proof_t *proof,
    login_plan_t *plan)
{
    json_t          *answer;
    civic_result_t   rc;

    memset(plan, 0, sizeof(login_plan_t));

    rc = ask_rule(r, proof, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    plan->take_password = !proof->own && proof->account.password.len > 0
                          && json_is_true(json_object_get(answer,
                                                          "take_password"));

    if (is_repeat(r, proof)) {
        return CIVIC_OK;
    }

    plan->recovered = json_is_true(json_object_get(answer, "recovered"));
    plan->end_links = json_is_true(json_object_get(answer, "end_links"));
    plan->end_password = json_is_true(json_object_get(answer,
                                                      "end_password"));
    plan->end_sessions = json_is_true(json_object_get(answer,
                                                      "end_sessions"));
    plan->end_devices = json_is_true(json_object_get(answer, "end_devices"));

    return CIVIC_OK;
}


/* ---- the script -------------------------------------------------------- */

/* A citizen's own record, with the name of the document. */
static civic_result_t
renamed_identity(civic_request_t *r, const login_proof_t *proof,
    civic_str_t *sealed)
{
    civic_result_t            rc;
    civic_person_identity_t   identity;

    rc = login_person_identity(r, proof->person_pid, &proof->person,
                               &identity);
    if (rc != CIVIC_OK) {
        return rc;
    }

    memcpy(identity.name, proof->name.data, proof->name.len);
    identity.name[proof->name.len] = '\0';
    identity.name_len = proof->name.len;

    return login_identity_seal(r, proof->person_pid, &identity, sealed);
}


/* As it was typed and proven, sealed for the person; a name that was proven
   before is left as it is, unless it has changed. */
static civic_result_t
proven_identity(civic_request_t *r, const login_proof_t *proof,
    civic_str_t *sealed)
{
    civic_result_t            rc;
    civic_person_identity_t   identity;

    *sealed = CIVIC_STR("");

    if (!proof->renamed && (proof->own || proof->person.proven.len > 0)) {
        return CIVIC_OK;
    }

    if (proof->own) {
        return renamed_identity(r, proof, sealed);
    }

    rc = login_identity_open(r, proof->pid, proof->account.claim, &identity);

    return rc != CIVIC_OK ? rc
           : login_identity_seal(r, proof->person_pid, &identity, sealed);
}


/* The account's hash, sealed for the person. */
static civic_result_t
proven_password(civic_request_t *r, const login_proof_t *proof,
    const login_plan_t *plan, civic_str_t *sealed)
{
    civic_str_t     encoded;
    civic_result_t  rc;

    if (!plan->take_password) {
        *sealed = CIVIC_STR("");
        return CIVIC_OK;
    }

    rc = shared_hash_open(r, proof->pid, proof->account.password, &encoded);

    return rc != CIVIC_OK ? rc
           : civic_seal(r, CIVIC_PASSWORD, proof->person_pid, encoded,
                        sealed);
}


/* The later of two proofs stays. */
static civic_str_t
proven_text(civic_request_t *r, const login_proof_t *proof)
{
    civic_str_t  before = proof->person.proven;

    if (shared_word(before, 1).len > 0
        && shared_number(shared_word(before, 0), 0) >= proof->at)
    {
        return before;
    }

    return civic_print(r, "%lld %s", (long long) proof->at, proof->how);
}


static civic_str_t
what_ends(civic_request_t *r, const login_plan_t *plan)
{
    return civic_print(r, "%s%s%s%s", plan->end_links ? "links " : "",
                       plan->end_password ? "password " : "",
                       plan->end_sessions ? "sessions " : "",
                       plan->end_devices ? "devices " : "");
}


static civic_result_t
prepare_audit(civic_request_t *r, const login_proof_t *proof,
    const login_plan_t *plan, civic_str_t near, civic_str_t *outbox,
    civic_str_t *sealed)
{
    civic_result_t       rc;
    civic_audit_entry_t  entry;

    memset(&entry, 0, sizeof(entry));
    entry.action = "login.person_recovered";
    entry.subject = proof->person_pid;
    entry.details = json_pack("{s:s, s:b}", "how", proof->how, "asked_for",
                              proof->recover);

    rc = civic_audit(r, &entry, near, outbox, sealed);
    json_decref(entry.details);

    if (!plan->recovered) {
        *sealed = CIVIC_STR("");
    }

    return rc;
}


static civic_result_t
fill_arguments(civic_request_t *r, const login_proof_t *proof,
    const login_plan_t *plan, civic_str_t *args)
{
    civic_result_t  rc;

    args[0] = proof->person.identity;
    args[1] = proof->person.proven;
    args[3] = proven_text(r, proof);
    args[4] = shared_decimal(r, proof->at);
    args[5] = proof->own ? CIVIC_STR("")
                         : civic_print(r, LOGIN_LINK "%.*s",
                                       (int) proof->pid.len,
                                       proof->pid.data);
    args[6] = link_text(r, proof);
    args[8] = proof->account.password_set_at;
    args[9] = what_ends(r, plan);
    args[12] = shared_decimal(r, civic_now(r));
    args[10] = plan->recovered ? CIVIC_STR("1") : CIVIC_STR("0");

    rc = proven_identity(r, proof, &args[2]);

    return rc != CIVIC_OK ? rc
           : proven_password(r, proof, plan, &args[7]);
}


civic_result_t
login_plan_write(civic_request_t *r, const login_proof_t *proof,
    const login_plan_t *plan, int *done)
{
    civic_str_t           keys[4], args[13], pid = proof->person_pid;
    civic_result_t        rc;
    const civic_value_t  *value;

    *done = 0;
    keys[0] = civic_person_key(r, pid, CIVIC_PERSON_FAMILY);
    keys[1] = civic_person_key(r, pid, LOGIN_FAMILY);
    keys[2] = civic_person_key(r, pid, "sessions");

    rc = fill_arguments(r, proof, plan, args);

    if (rc == CIVIC_OK) {
        rc = prepare_audit(r, proof, plan, keys[0], &keys[3], &args[11]);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "login_prove",
                          .keys = keys, .nkeys = 4, .args = args, .nargs = 13,
                          .flags = CIVIC_SCRIPT_DURABLE,
                      }, &value);

    if (rc == CIVIC_OK) {
        *done = (int) value->integer;
    }

    return rc;
}


/* ---- for the tables ---------------------------------------------------- */

const civic_field_t  login_proven_input[] = {
    { .name = "existed", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "此前已有该身份", .en = "whether the person was there before" },
    { .name = "proven", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "此前已证明过", .en = "whether somebody had proven to be it" },
    { .name = "own", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "在本人自己的会话中",
      .en = "whether that happened in a session of the person" },
    { .name = "recover", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "本人明确要求找回", .en = "whether recovery was asked for" },
    { .name = "how", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "证明方式：face 人脸，counter 窗口", .en = "face, or counter" },
    { .name = "has_password", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "访客已设置密码", .en = "whether the visitor has a password" },
    CIVIC_END
};
