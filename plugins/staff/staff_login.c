/*
 * staff_login.c - POST /staff/sessions.
 *
 * As for citizens, the attempt is counted before the password is looked at,
 * and nothing tells whether the name or the password or the code was wrong,
 * nor whether the account exists: a stranger's password is held against a
 * dummy, a stranger's code against a secret of zeros.
 *
 * A code works once: a script uses its time step up before the session
 * begins, so that a code that was seen pushes nobody's session out.  The
 * session's token is told only after a last look at the account: whoever was
 * disabled, or given another password, in the meantime does not enter.
 *
 * While the password is an initial one, or no TOTP secret was set yet, the
 * session can do nothing but set them.
 */

#include "staff.h"

#define WINDOW_FALLBACK        600          /* s */
#define INITIAL_LIFE_FALLBACK  259200       /* s: three days */
#define YEAR                   (366 * 86400)

typedef struct {
    staff_account_t        account;
    shared_device_t        device;
    shared_guesses_t       guesses;
    shared_session_rule_t  session;
    civic_str_t            encoded;
    civic_str_t            secret;
    civic_str_t            token;
    int64_t                address_window;
    int64_t                initial_life;
    int64_t                step;            /* of the code, or -1 */
} attempt_t;


static int
must_set(const staff_account_t *account)
{
    return account->initial || account->totp.len == 0;
}


static civic_result_t
prepare(civic_request_t *r, attempt_t *attempt, int *answered)
{
    json_t          *rule;
    civic_result_t   rc;

    rc = staff_account_named(r, civic_body_str(r, "name"), "/name",
                             &attempt->account, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    rc = civic_rule(r, "login", NULL, &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    attempt->address_window = shared_rule_number(rule, "address_window",
                                                 WINDOW_FALLBACK, 1, 86400);
    attempt->initial_life = shared_rule_number(rule, "initial_life",
                                               INITIAL_LIFE_FALLBACK, 60,
                                               YEAR);

    return shared_device_read(r, &attempt->device);
}


/* The account and the counters, in one trip. */
static civic_result_t
look_up(civic_request_t *r, attempt_t *attempt)
{
    civic_result_t    rc;
    civic_command_t   commands[2];
    staff_account_t  *account = &attempt->account;

    staff_account_command(r, account, &commands[0]);
    shared_guesses_command(r, &staff_guessing, account->pid,
                           &attempt->device, &attempt->guesses, &commands[1]);

    rc = civic_pipeline(r, commands, 2);
    if (rc != CIVIC_OK) {
        return rc;
    }

    staff_account_take(commands[0].value, account);

    rc = shared_session_rule(r, json_pack("{s:o, s:b}", "roles",
                                          staff_roles_json(account->roles),
                                          "must_set", must_set(account)),
                             &attempt->session);
    if (rc != CIVIC_OK) {
        return rc;
    }

    shared_guesses_take(r, commands[1].value, &attempt->device,
                        attempt->session.device_life, &attempt->guesses);

    rc = shared_hash_open(r, account->pid, account->password,
                          &attempt->encoded);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return staff_account_secret(r, account, account->totp, &attempt->secret);
}


/* why is for the audit trail alone. */
static civic_result_t
answer_failed(civic_request_t *r, const attempt_t *attempt, const char *why)
{
    civic_result_t  rc;

    civic_count(r, STAFF_FAILED, 1);

    rc = staff_audit_refused(r, &attempt->account, why);

    return rc == CIVIC_OK ? civic_problem(r, "staff_login_failed") : rc;
}


/* Told only to who has proven to be the owner. */
static const char *
refusal(civic_request_t *r, const attempt_t *attempt)
{
    int64_t                 age;
    const staff_account_t  *account = &attempt->account;

    if (account->disabled || account->roles == 0) {
        return "account_disabled";
    }

    age = civic_now(r) - shared_number(account->password_set_at, 0);

    if (account->initial && age >= attempt->initial_life * 1000) {
        return "initial_password_expired";
    }

    return NULL;
}


/* step: to be used up; empty: only a look.  *done: 0 if the code was used
   before, or the account is not as it was read. */
static civic_result_t
look_again(civic_request_t *r, const attempt_t *attempt, civic_str_t step,
    int *done)
{
    civic_str_t           keys[2], args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = attempt->account.key;
    args[0] = attempt->account.version;
    args[1] = step;
    args[2] = shared_decimal(r, civic_now(r));

    rc = staff_audit(r, "staff.logged_in", attempt->account.pid,
                     json_pack("{s:o, s:b}", "roles",
                               staff_roles_json(attempt->account.roles),
                               "must_set", must_set(&attempt->account)),
                     keys[0], &keys[1], &args[3]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    /* the login is told when it is one, not when a code is used up */
    if (step.len > 0) {
        args[3] = CIVIC_STR("");
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "staff_enter",
                          .keys = keys, .nkeys = 2,
                          .args = args, .nargs = 4,
                          .flags = CIVIC_SCRIPT_DURABLE,
                      }, &value);

    *done = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


static civic_result_t
write_login(civic_request_t *r, const attempt_t *attempt)
{
    civic_str_t             device;
    civic_result_t          rc;
    civic_writer_t         *w;
    const staff_account_t  *account = &attempt->account;

    rc = shared_device_token(r, &attempt->device, &device);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);

    if (attempt->token.len > 0) {
        civic_write_str(r, w, "token", attempt->token);
        civic_write_str(r, w, "device", device);
    }

    civic_write_instant(r, w, "expires_at",
                        civic_now(r) + attempt->session.lifetime * 1000);
    civic_write_bool(r, w, "must_set_password", account->initial);
    civic_write_bool(r, w, "must_set_totp", account->totp.len == 0);
    shared_roles_write(r, w, account->roles);

    /* a browser keeps both in cookies */
    if (attempt->token.len == 0) {
        return shared_device_cookie(r, device, attempt->session.device_life);
    }

    return CIVIC_OK;
}


/* The code, the session, then what lets it count. */
static civic_result_t
begin(civic_request_t *r, attempt_t *attempt, int *done)
{
    civic_str_t       renewed;
    staff_state_t    *state = civic_state(r);
    civic_result_t    rc;
    staff_account_t  *account = &attempt->account;

    rc = shared_hash_renew(r, &state->passwords, account->pid,
                           attempt->encoded, civic_body_str(r, "password"),
                           &renewed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (attempt->secret.len > 0) {
        rc = look_again(r, attempt, shared_decimal(r, attempt->step), done);
        if (rc != CIVIC_OK || !*done) {
            return rc;
        }
    }

    rc = shared_session_start(r, account->pid, account->roles, "staff",
                              civic_cstr(attempt->device.id),
                              must_set(account), &attempt->session,
                              &attempt->token);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = look_again(r, attempt, CIVIC_STR(""), done);
    if (rc != CIVIC_OK || !*done) {
        return rc;
    }

    return shared_guesses_succeed(r, &attempt->guesses, account->key,
                                  account->password, renewed,
                                  &attempt->device, &attempt->session, done);
}


static civic_result_t
enter(civic_request_t *r, attempt_t *attempt)
{
    int               done;
    const char       *code;
    civic_result_t    rc;
    staff_account_t  *account = &attempt->account;

    code = refusal(r, attempt);
    if (code != NULL) {
        rc = staff_audit_refused(r, account, code);
        return rc == CIVIC_OK ? civic_problem(r, code) : rc;
    }

    rc = begin(r, attempt, &done);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!done) {
        return answer_failed(r, attempt, "code_used_or_account_changed");
    }

    civic_count(r, STAFF_SUCCEEDED, 1);

    /* mends lists that a crash or a restored back-up left short; the next
       login does, if this one cannot */
    (void) staff_account_enlist(r, account,
                                staff_is_administrator(account->roles, 0));

    return write_login(r, attempt);
}


civic_result_t
staff_login(civic_request_t *r)
{
    int             matches, answered = 0;
    attempt_t       attempt;
    staff_state_t  *state = civic_state(r);
    civic_result_t  rc;

    memset(&attempt, 0, sizeof(attempt));

    rc = prepare(r, &attempt, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = shared_guesses_address(r, &staff_guessing, attempt.address_window,
                                &attempt.guesses);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = look_up(r, &attempt);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_guesses_try(r, &state->passwords, &attempt.guesses,
                            attempt.encoded, civic_body_str(r, "password"),
                            &matches, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = staff_totp_match(r, attempt.secret, civic_body_str(r, "totp"),
                          &attempt.step);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!matches || (attempt.secret.len > 0 && attempt.step < 0)) {
        return answer_failed(r, &attempt, matches ? "code" : "password");
    }

    return enter(r, &attempt);
}
