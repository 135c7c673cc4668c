/*
 * password_login.c - POST /login/password.
 *
 * The order matters.  Nothing is looked up before the captcha was redeemed;
 * the attempt is counted before the password is looked at; and whether the
 * person exists changes neither what happens nor how long it takes until a
 * password matches.
 *
 * The session begins before the success is written: the last script takes
 * back the whole login if the password was changed while it was verified.
 * Its token is then never told, so that changing a password and ending the
 * other sessions leaves nobody in who came with the old one.
 */

#include "login.h"

typedef struct {
    login_form_t           form;
    civic_str_t            pid;
    shared_device_t        device;
    login_person_t         person;
    shared_guesses_t       guesses;
    shared_session_rule_t  session;
    civic_str_t            encoded;     /* the person's hash, or empty */
    civic_str_t            token;
} attempt_t;


const shared_guessing_t  login_guessing = {
    .family = LOGIN_FAMILY,
    .addresses = "civic:login:address:",
    .refused = LOGIN_REFUSED,
    .failed = LOGIN_FAILED,
};


/* The person and the counters, in one trip. */
static civic_result_t
look_up(civic_request_t *r, attempt_t *attempt)
{
    civic_result_t   rc;
    civic_command_t  commands[2];

    login_person_command(r, attempt->pid, &commands[0]);
    shared_guesses_command(r, &login_guessing, attempt->pid,
                           &attempt->device, &attempt->guesses, &commands[1]);

    rc = civic_pipeline(r, commands, 2);
    if (rc != CIVIC_OK) {
        return rc;
    }

    login_person_take(commands[0].value, &attempt->person);
    shared_guesses_take(r, commands[1].value, &attempt->device,
                        attempt->session.device_life, &attempt->guesses);

    return shared_hash_open(r, attempt->pid, attempt->person.password,
                            &attempt->encoded);
}


static civic_result_t
prepare(civic_request_t *r, attempt_t *attempt, int *answered)
{
    civic_str_t     canonical;
    civic_result_t  rc;

    rc = login_form_read(r, &attempt->form, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    rc = shared_session_rule(r, json_pack("{s:s}", "method", "password"),
                             &attempt->session);
    if (rc != CIVIC_OK) {
        return rc;
    }

    canonical.data = attempt->form.id.text;
    canonical.len = attempt->form.id.len;

    rc = civic_person_id(r, canonical, &attempt->pid);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return shared_device_read(r, &attempt->device);
}


static civic_result_t
answer_failed(civic_request_t *r)
{
    civic_count(r, LOGIN_FAILED, 1);

    return civic_problem(r, "login_failed");
}


static civic_result_t
write_login(civic_request_t *r, const attempt_t *attempt,
    const civic_person_identity_t *identity)
{
    civic_str_t      device;
    civic_result_t   rc;
    civic_writer_t  *w;

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
    civic_write_bool(r, w, "must_set_password", 0);
    civic_write_object(r, w, "person");
    login_person_write_masked(r, w, identity);
    civic_write_end(r, w);

    /* a browser keeps both in cookies */
    if (attempt->token.len == 0) {
        return shared_device_cookie(r, device, attempt->session.device_life);
    }

    return CIVIC_OK;
}


/* The password matched. */
static civic_result_t
enter(civic_request_t *r, attempt_t *attempt)
{
    int                       done;
    civic_str_t               new_hash;
    login_state_t            *state = civic_state(r);
    civic_result_t            rc;
    civic_person_identity_t   identity;

    rc = login_person_identity(r, attempt->pid, &attempt->person, &identity);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_hash_renew(r, &state->passwords, attempt->pid,
                           attempt->encoded, attempt->form.password,
                           &new_hash);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_session_start(r, attempt->pid, CIVIC_CITIZEN, "password",
                              civic_cstr(attempt->device.id), 0,
                              &attempt->session, &attempt->token);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_guesses_succeed(r, &attempt->guesses,
                                civic_person_key(r, attempt->pid,
                                                 CIVIC_PERSON_FAMILY),
                                attempt->person.password, new_hash,
                                &attempt->device, &attempt->session, &done);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!done) {
        return answer_failed(r);
    }

    civic_count(r, LOGIN_SUCCEEDED, 1);

    return write_login(r, attempt, &identity);
}


civic_result_t
login_password(civic_request_t *r)
{
    int             matches, answered = 0;
    attempt_t       attempt;
    login_state_t  *state = civic_state(r);
    civic_result_t  rc;

    memset(&attempt, 0, sizeof(attempt));

    rc = prepare(r, &attempt, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = shared_guesses_address(r, &login_guessing,
                                attempt.form.address_window,
                                &attempt.guesses);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = look_up(r, &attempt);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_guesses_try(r, &state->passwords, &attempt.guesses,
                            attempt.encoded, attempt.form.password, &matches,
                            &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    return matches ? enter(r, &attempt) : answer_failed(r);
}
