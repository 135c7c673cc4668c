/*
 * login.h - what the files of the login plugin share.
 *
 *   login.c            the tables, and nothing else
 *   worker.c           options, start and end of a worker
 *   captcha.c          the captcha's life: made, sealed, redeemed once
 *   captcha_image.c    draws it           (on a work thread)
 *   captcha_audio.c    speaks it          (on a work thread)
 *   form.c             what a login form holds, judged all at once
 *   password_login.c   POST /login/password
 *   password_change.c  PUT /login/password
 *   password_policy.c  what a new password tells of its owner, for the rule
 *   person.c           the person's record
 *   session_routes.c   GET /login/session
 *   profile.c          GET /login/profile
 *
 * What staff's logins do in the same way (hashes, guesses, devices, sessions)
 * stands in plugins/shared.
 *
 * A step that may have made a reply says so in an int *answered: the
 * handler then returns what the step returned.
 */

#ifndef CIVIC_LOGIN_H
#define CIVIC_LOGIN_H

#include "civic_plugin.h"
#include "person_record.h"

#include "captcha_audio.h"
#include "guesses.h"

#define LOGIN_FAMILY  "login"

/* Counters, in the order of the metrics table. */
typedef enum {
    LOGIN_SUCCEEDED = 0,
    LOGIN_FAILED,
    LOGIN_REFUSED,
    LOGIN_CAPTCHAS,
    LOGIN_CAPTCHAS_WRONG,
    LOGIN_PASSWORDS_SET
} login_metric_t;

/* Of a worker: made by init_worker(), read by every request. */
typedef struct {
    shared_passwords_t   passwords;
    login_sounds_t      *sounds;
    const char          *font;              /* the option's */
} login_state_t;

/* password_login.c */
extern const shared_guessing_t  login_guessing;

/* worker.c */
civic_result_t login_check(json_t *options, civic_failure_t *failure);
civic_result_t login_init_worker(civic_worker_t *w, void **state,
    civic_failure_t *failure);
void login_exit_worker(void *state);

/* Handlers. */
civic_result_t login_captcha_create(civic_request_t *r);
civic_result_t login_password(civic_request_t *r);
civic_result_t login_password_change(civic_request_t *r);
civic_result_t login_session_show(civic_request_t *r);
civic_result_t login_profile(civic_request_t *r);


/* ---- captcha.c --------------------------------------------------------- */

typedef enum {
    LOGIN_CAPTCHA_RIGHT = 0,
    LOGIN_CAPTCHA_EXPIRED,                  /* or forged, or used before */
    LOGIN_CAPTCHA_WRONG
} login_captcha_t;

/* Looks whether an id can still be redeemed, without redeeming it. */
login_captcha_t login_captcha_peek(civic_request_t *r, civic_str_t id);

/* Redeems it, right or wrong: afterwards it is gone. */
civic_result_t login_captcha_redeem(civic_request_t *r, civic_str_t id,
    civic_str_t answer, login_captcha_t *found);

/* The code of the problem that tells it. */
const char *login_captcha_code(login_captcha_t found);


/* ---- form.c ------------------------------------------------------------ */

typedef struct {
    civic_id_number_t  id;
    civic_str_t        password;
    int64_t            address_window;      /* s, by rule */
} login_form_t;

/* Reads the body of POST /login/password and redeems its captcha. */
civic_result_t login_form_read(civic_request_t *r, login_form_t *form,
    int *answered);


/* ---- person.c ---------------------------------------------------------- */

/* Fields of the record; empty if absent. */
typedef struct {
    civic_str_t  identity;                  /* sealed */
    civic_str_t  password;                  /* sealed */
    civic_str_t  created_at;
    civic_str_t  password_set_at;
} login_person_t;

/* The command that reads a person, and its answer taken apart. */
void login_person_command(civic_request_t *r, civic_str_t pid,
    civic_command_t *command);
void login_person_take(const civic_value_t *value, login_person_t *person);

/* CIVIC_INVALID (logged): damaged or foreign. */
civic_result_t login_person_identity(civic_request_t *r, civic_str_t pid,
    const login_person_t *person, civic_person_identity_t *identity);

/* Writes "name" and "id_number", masked. */
void login_person_write_masked(civic_request_t *r, civic_writer_t *w,
    const civic_person_identity_t *identity);


/* ---- password_policy.c ------------------------------------------------- */

/* Asks the rule about a new password; answers with the field's errors. */
civic_result_t login_policy_check(civic_request_t *r, civic_str_t password,
    civic_str_t old_password, const civic_person_identity_t *identity,
    int *answered);

#endif
