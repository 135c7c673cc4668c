/*
 * password_login.c - POST /login/password.
 *
 * The order matters.  Who calls from where logins are closed is told so with
 * the captcha still good.  Nothing is looked up before the captcha was
 * redeemed; the attempt is counted before the password is looked at; and
 * whether the person exists changes neither what happens nor how long it
 * takes until a password matches.
 *
 * The session begins before the success is written: the last script takes
 * back the whole login if the password was changed while it was verified.
 * Its token is then never told, so that changing a password and ending the
 * other sessions leaves nobody in who came with the old one.
 */

#include "login.h"

typedef struct {
    login_form_t      form;
    login_entry_t     entry;            /* whose it will be, if it matches */
    login_person_t    person;
    shared_guesses_t  guesses;
    civic_str_t       encoded;          /* the person's hash, or empty */
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

    login_person_command(r, attempt->entry.pid, CIVIC_STR(""), &commands[0]);
    shared_guesses_command(r, &login_guessing, attempt->entry.pid,
                           &attempt->entry.device, &attempt->guesses,
                           &commands[1]);

    rc = civic_pipeline(r, commands, 2);
    if (rc != CIVIC_OK) {
        return rc;
    }

    login_person_take(commands[0].value, &attempt->person);
    shared_guesses_take(r, commands[1].value, &attempt->entry.device,
                        attempt->entry.session.device_life,
                        &attempt->guesses);

    return shared_hash_open(r, attempt->entry.pid, attempt->person.password,
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

    attempt->entry.method = "password";
    attempt->entry.roles = CIVIC_CITIZEN;

    rc = shared_session_rule(r, json_pack("{s:s}", "method", "password"),
                             &attempt->entry.session);
    if (rc != CIVIC_OK) {
        return rc;
    }

    canonical.data = attempt->form.id.text;
    canonical.len = attempt->form.id.len;

    rc = civic_person_id(r, canonical, &attempt->entry.pid);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return shared_device_read(r, &attempt->entry.device);
}


static civic_result_t
answer_failed(civic_request_t *r)
{
    civic_count(r, LOGIN_FAILED, 1);

    return civic_problem(r, "login_failed");
}


/* The password matched. */
static civic_result_t
enter(civic_request_t *r, attempt_t *attempt)
{
    int              done, answered;
    civic_str_t      new_hash;
    login_entry_t   *entry = &attempt->entry;
    login_state_t   *state = civic_state(r);
    civic_result_t   rc;

    if (attempt->person.locked.len > 0) {
        return login_entry_locked(r, &answered);
    }

    rc = login_person_identity(r, entry->pid, &attempt->person,
                               &entry->identity);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_hash_renew(r, &state->passwords, entry->pid,
                           attempt->encoded, attempt->form.password,
                           &new_hash);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = login_entry_begin(r, entry);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_guesses_succeed(r, &attempt->guesses,
                                civic_person_key(r, entry->pid,
                                                 CIVIC_PERSON_FAMILY),
                                attempt->person.password, new_hash,
                                &entry->device, &entry->session, &done);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return done ? login_entry_reply(r, entry) : answer_failed(r);
}


civic_result_t
login_password(civic_request_t *r)
{
    int             matches, answered = 0;
    attempt_t       attempt;
    login_state_t  *state = civic_state(r);
    civic_result_t  rc;

    memset(&attempt, 0, sizeof(attempt));

    rc = login_channel_check(r, "password", &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

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
