/*
 * proven.c - the calls login.identity and login.proven: from an account to
 * the person whom a face has proven.
 *
 * The person's slot is written first, then the account's, then what the
 * person is told.  Each step may be done again, and a repeat of the call
 * goes on where the first one was interrupted.
 */

#include <stdlib.h>

#include "login.h"
#include "record.h"
#include "values.h"

#define ROUNDS  8                           /* others change it, too */


/* ---- login.identity ---------------------------------------------------- */

/* "<ms> <how>" apart. */
static void
add_proof(json_t *out, civic_str_t proven)
{
    size_t       at = 0;
    civic_str_t  how;

    while (at < proven.len && proven.data[at] != ' ') {
        at++;
    }

    if (at >= proven.len) {
        json_object_set_new(out, "proven_at", json_null());
        json_object_set_new(out, "proven_by", json_null());
        return;
    }

    how = (civic_str_t) { proven.data + at + 1, proven.len - at - 1 };

    json_object_set_new(out, "proven_at",
                        json_integer(shared_number((civic_str_t) {
                                         proven.data, at }, 0)));
    json_object_set_new(out, "proven_by", json_stringn(how.data, how.len));
}


static civic_result_t
tell(const char *state, civic_str_t person, civic_str_t proven,
    const civic_person_identity_t *identity, json_t **out)
{
    *out = json_pack("{s:s, s:s%, s:s%, s:s%, s:s}", "state", state,
                     "person", person.data, person.len,
                     "name", identity->name, identity->name_len,
                     "id_number", identity->id.text, identity->id.len,
                     "kind", civic_id_kind_name(identity->id.kind));
    if (*out == NULL) {
        return CIVIC_ERROR;
    }

    add_proof(*out, proven);

    return CIVIC_OK;
}


static civic_result_t
tell_person(civic_request_t *r, civic_str_t pid, const login_person_t *person,
    json_t **out)
{
    civic_result_t            rc;
    civic_person_identity_t   identity;

    rc = login_person_identity(r, pid, person, &identity);

    return rc != CIVIC_OK ? rc
           : tell("person", pid, person->proven, &identity, out);
}


static civic_result_t
tell_account(civic_request_t *r, civic_str_t aid,
    const login_account_t *account, json_t **out)
{
    int                       linked;
    login_person_t            person;
    civic_result_t            rc;
    civic_person_identity_t   identity;

    rc = login_account_linked(r, aid, account, &person, &linked);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (linked) {
        return tell_person(r, account->person, &person, out);
    }

    if (account->claim.len == 0) {
        *out = json_pack("{s:s}", "state", "none");
        return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
    }

    rc = login_identity_open(r, aid, account->claim, &identity);

    return rc != CIVIC_OK ? rc
           : tell("claimed", account->claim_person, CIVIC_STR(""), &identity,
                  out);
}


civic_result_t
login_identity_call(civic_request_t *r, json_t *in, json_t **out)
{
    civic_str_t       pid = shared_json_str(in, "pid");
    login_person_t    person;
    civic_result_t    rc;
    civic_command_t   commands[2];
    login_account_t   account;

    if (pid.len != SHARED_PID) {
        return CIVIC_ERROR;
    }

    login_person_command(r, pid, CIVIC_STR(""), &commands[0]);
    login_account_command(r, pid, &commands[1]);

    rc = civic_pipeline(r, commands, 2);
    if (rc != CIVIC_OK) {
        return rc;
    }

    login_person_take(commands[0].value, &person);
    login_account_take(commands[1].value, &account);

    return person.identity.len > 0 ? tell_person(r, pid, &person, out)
                                   : tell_account(r, pid, &account, out);
}


/* ---- login.proven: what there is --------------------------------------- */

static civic_result_t
read_proof(civic_request_t *r, json_t *in, login_proof_t *proof)
{
    memset(proof, 0, sizeof(login_proof_t));
    proof->pid = shared_json_str(in, "pid");
    proof->person_pid = shared_json_str(in, "person");
    proof->how = shared_json_str(in, "how").data;
    proof->recover = json_is_true(json_object_get(in, "recover"));
    proof->name = shared_json_str(in, "name");
    proof->at = json_integer_value(json_object_get(in, "at"));
    proof->own = civic_str_eq(proof->pid, proof->person_pid);

    if (proof->pid.len == SHARED_PID && proof->person_pid.len == SHARED_PID
        && proof->at > 0
        && (strcmp(proof->how, "face") == 0
            || strcmp(proof->how, "counter") == 0)
        && (proof->name.len == 0
            || civic_name_check(proof->name.data, proof->name.len)
               == CIVIC_NAME_OK))
    {
        proof->name_changed = strcmp(proof->how, "counter") == 0
                              && json_is_true(json_object_get(in,
                                                  "name_changed"));
        return CIVIC_OK;
    }

    civic_log(r, CIVIC_LOG_ERROR, "\"login.proven\" was called with a wrong "
              "input");

    return CIVIC_ERROR;
}


static civic_result_t
look_up(civic_request_t *r, login_proof_t *proof)
{
    civic_str_t      none = { "", 0 };
    civic_result_t   rc;
    civic_command_t  commands[2];

    login_person_command(r, proof->person_pid, proof->own ? none : proof->pid,
                         &commands[0]);
    login_account_command(r, proof->pid, &commands[1]);

    rc = civic_pipeline(r, commands, 2);

    if (rc == CIVIC_OK) {
        login_person_take(commands[0].value, &proof->person);
        login_account_take(commands[1].value, &proof->account);
    }

    return rc;
}


/* Nothing is left to be written: a repeat. */
static int
is_done(const login_proof_t *proof)
{
    const login_person_t  *person = &proof->person;

    if (proof->own) {
        return person->proven.len > 0
               && strtoll(person->proven.data, NULL, 10) >= proof->at;
    }

    return person->linked.len > 0
           && civic_str_eq(proof->account.person, proof->person_pid);
}


/*
 * What was proven must still be what the account claims.  A proof from
 * before a recovery, whose link the recovery took away, counts no more.
 */
static const char *
refusal(const login_proof_t *proof)
{
    const login_person_t  *person = &proof->person;

    if (person->locked.len > 0) {
        return "locked";
    }

    if (proof->own) {
        return person->identity.len > 0 ? NULL : "claim_changed";
    }

    if (is_done(proof)) {
        return NULL;
    }

    if (proof->account.claim.len == 0
        || !civic_str_eq(proof->account.claim_person, proof->person_pid)
        || (person->linked.len == 0
            && shared_number(person->recovered_at, -1) >= proof->at))
    {
        return "claim_changed";
    }

    return NULL;
}


/* ---- login.proven: the name -------------------------------------------- */

static int
is_name(civic_str_t name, const civic_person_identity_t *identity)
{
    return civic_name_same(name.data, name.len, identity->name,
                           identity->name_len);
}


/* What was shown is what the account claims by now; proof->name is it. */
static civic_result_t
claimed_name(civic_request_t *r, login_proof_t *proof, const char **refused)
{
    civic_result_t            rc;
    civic_person_identity_t   claim;

    rc = login_identity_open(r, proof->pid, proof->account.claim, &claim);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (proof->name.len == 0) {
        proof->name = civic_print(r, "%s", claim.name);
    }

    *refused = is_name(proof->name, &claim) ? NULL : "claim_changed";

    return CIVIC_OK;
}


/*
 * A name that was proven stays: whoever shows the same number and another
 * name is sent to the counter, where papers tell whether it was changed.
 */
static civic_result_t
recorded_name(civic_request_t *r, login_proof_t *proof, const char **refused)
{
    civic_result_t            rc;
    civic_person_identity_t   known;

    proof->renamed = 0;

    if (proof->person.proven.len == 0 || proof->name.len == 0) {
        return CIVIC_OK;
    }

    rc = login_person_identity(r, proof->person_pid, &proof->person, &known);

    if (rc == CIVIC_OK && !is_name(proof->name, &known)) {
        proof->renamed = proof->name_changed;
        *refused = proof->name_changed ? NULL : "name_differs";
    }

    return rc;
}


static civic_result_t
check_name(civic_request_t *r, login_proof_t *proof, const char **refused)
{
    civic_result_t  rc = CIVIC_OK;

    if (!proof->own) {
        rc = claimed_name(r, proof, refused);
    }

    return rc != CIVIC_OK || *refused != NULL ? rc
           : recorded_name(r, proof, refused);
}


/* ---- login.proven: what is written ------------------------------------- */

static civic_result_t
write_link(civic_request_t *r, const login_proof_t *proof, int *done)
{
    civic_str_t           key, args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, proof->pid, LOGIN_ACCOUNT_FAMILY);
    args[0] = proof->person_pid;
    args[1] = shared_decimal(r, proof->at);
    args[2] = proof->account.password;

    rc = civic_script(r, &(civic_script_t) {
                          .name = "login_link",
                          .keys = &key, .nkeys = 1, .args = args, .nargs = 3,
                          .flags = CIVIC_SCRIPT_DURABLE,
                      }, &value);

    *done = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


/* *done: as login_plan_write(). */
static civic_result_t
write_once(civic_request_t *r, const login_proof_t *proof, int *done)
{
    login_plan_t    plan;
    civic_result_t  rc;

    rc = login_plan_make(r, proof, &plan);

    if (rc == CIVIC_OK) {
        rc = login_plan_write(r, proof, &plan, done);
    }

    if (rc != CIVIC_OK || *done != 1) {
        return rc;
    }

    civic_count(r, LOGIN_PROVEN, 1);
    civic_count(r, LOGIN_RECOVERED, plan.recovered);

    return proof->own ? CIVIC_OK : write_link(r, proof, done);
}


/* *refused: NULL once all is written. */
static civic_result_t
write_all(civic_request_t *r, login_proof_t *proof, const char **refused)
{
    int             i, done = 0;
    civic_result_t  rc;

    for (i = 0; i < ROUNDS; i++) {
        rc = look_up(r, proof);
        if (rc != CIVIC_OK) {
            return rc;
        }

        *refused = refusal(proof);

        if (*refused != NULL || is_done(proof)) {
            return CIVIC_OK;
        }

        rc = check_name(r, proof, refused);

        if (rc == CIVIC_OK && *refused == NULL) {
            rc = write_once(r, proof, &done);
        }

        if (rc != CIVIC_OK || *refused != NULL) {
            return rc;
        }
    }

    civic_log(r, CIVIC_LOG_WARN, "a proof could not be written: others change "
              "the same person all the time");

    return CIVIC_BUSY;
}


/* ---- login.proven: what follows ---------------------------------------- */

/* Whether this proof was the recovery. */
static int
has_recovered(const login_proof_t *proof)
{
    return shared_number(proof->person.recovered_at, -1) == proof->at;
}


/* A person whom this proof has made was made when it was. */
static int
existed(const login_proof_t *proof)
{
    return shared_number(proof->person.created_at, -1) != proof->at;
}


/* Without the plugin "civic" there are neither. */
static civic_result_t
unless_absent(civic_result_t rc)
{
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


static civic_result_t
carry_consents(civic_request_t *r, const login_proof_t *proof)
{
    json_t  *out;

    if (proof->own) {
        return CIVIC_OK;
    }

    return unless_absent(civic_call(r, "civic.consents_carry",
        json_pack("{s:s%, s:s%}", "from", proof->pid.data, proof->pid.len,
                  "to", proof->person_pid.data, proof->person_pid.len),
        &out));
}


static civic_result_t
send_message(civic_request_t *r, const login_proof_t *proof)
{
    civic_message_t  message;

    memset(&message, 0, sizeof(message));
    message.pid = proof->person_pid;
    message.once = civic_print(r, "%.*s:%lld", (int) proof->pid.len,
                               proof->pid.data, (long long) proof->at);

    if (has_recovered(proof)) {
        message.kind = "login.recovered";
        message.title_zh = CIVIC_STR("您的账号已由本人找回");
        message.title_en = CIVIC_STR("Your account was recovered");
        message.text_zh = CIVIC_STR(
            "您的账号已凭本人身份认证找回。此前的密码、其他登录方式和已登录的设备"
            "均已失效。如非本人操作，请立即联系服务窗口。");
        message.text_en = CIVIC_STR(
            "Your account was recovered by proving your identity. The earlier "
            "password, other ways to log in and sessions have ended. If this "
            "was not you, contact the counter at once.");

    } else {
        message.kind = "login.linked";
        message.title_zh = CIVIC_STR("您的账号新增了登录方式");
        message.title_en = CIVIC_STR("Your account can be opened another way");
        message.text_zh = CIVIC_STR(
            "您的账号已凭本人身份认证新增支付宝登录。若您同时设置了新密码，旧密码"
            "已失效，其他设备须重新登录。如非本人操作，请立即联系服务窗口。");
        message.text_en = CIVIC_STR(
            "After you proved your identity, you can log in with Alipay. If "
            "you set a new password, the old one is void and other devices "
            "must log in again. If this was not you, contact the counter at "
            "once.");
    }

    return unless_absent(civic_message(r, &message));
}


static civic_result_t
follow_up(civic_request_t *r, const login_proof_t *proof)
{
    civic_result_t  rc = carry_consents(r, proof);

    if (rc != CIVIC_OK || !existed(proof)
        || (proof->own && !has_recovered(proof)))
    {
        return rc;
    }

    return send_message(r, proof);
}


civic_result_t
login_proven_call(civic_request_t *r, json_t *in, json_t **out)
{
    const char      *refused = NULL;
    login_proof_t    proof;
    civic_result_t   rc;

    rc = read_proof(r, in, &proof);

    if (rc == CIVIC_OK) {
        rc = write_all(r, &proof, &refused);
    }

    if (rc == CIVIC_OK && refused == NULL) {
        rc = follow_up(r, &proof);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *out = refused != NULL
           ? json_pack("{s:s}", "refused", refused)
           : json_pack("{s:s%, s:b, s:b}",
                       "person", proof.person_pid.data, proof.person_pid.len,
                       "linked", !proof.own,
                       "recovered", has_recovered(&proof));

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}
