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
 *   password_hash.c    argon2id           (on the hash threads)
 *   password_policy.c  the facts of a new password, for the rule
 *   blocklist.c        passwords that everybody tries
 *   guesses.c          counting guesses, and waiting
 *   device.c           devices that logged in before
 *   person.c           the person's record
 *   session_routes.c   GET and DELETE /login/session
 *   profile.c          GET /login/profile
 *
 * A step that may have made a reply says so in an int *answered: the
 * handler then returns what the step returned.
 */

#ifndef CIVIC_LOGIN_H
#define CIVIC_LOGIN_H

#include "civic_plugin.h"
#include "person_record.h"

#include "blocklist.h"
#include "captcha_audio.h"

#define LOGIN_FAMILY         "login"
#define LOGIN_PASSWORD_MAX   128            /* code points, whatever rules say */
#define LOGIN_DEVICE_BYTES   16
#define LOGIN_DEVICE_ID      22             /* base64url of them */

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
    login_blocklist_t       *blocklist;
    login_sounds_t          *sounds;
    const char              *font;          /* the option's */
    civic_argon2_t           argon2;
    char                     dummy[CIVIC_ARGON2_TEXT];  /* nobody's password */
} login_state_t;

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
civic_result_t login_session_delete(civic_request_t *r);
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
civic_result_t login_person_password(civic_request_t *r, civic_str_t pid,
    const login_person_t *person, civic_str_t *encoded);

/* Writes "name" and "id_number", masked. */
void login_person_write_masked(civic_request_t *r, civic_writer_t *w,
    const civic_person_identity_t *identity);

/* A decimal number; fallback if it is none. */
int64_t login_number(civic_str_t text, int64_t fallback);

/* The string at an index of an array; empty if there is none. */
civic_str_t login_item(const civic_value_t *value, size_t index);

/* A rule's number within bounds; fallback if it is absent or no integer. */
int64_t login_rule_number(json_t *answer, const char *name, int64_t fallback,
    int64_t min, int64_t max);


/* ---- device.c ---------------------------------------------------------- */

typedef struct {
    char  id[LOGIN_DEVICE_ID + 1];
    int   given;                            /* the client sent a real one */
} login_device_t;

/* The device that the client says it is, or a new one. */
civic_result_t login_device_read(civic_request_t *r, login_device_t *device);

/* What the client keeps: the sealed id, base64url. */
civic_result_t login_device_token(civic_request_t *r,
    const login_device_t *device, civic_str_t *token);

/* Gives it to a browser as a cookie. */
civic_result_t login_device_cookie(civic_request_t *r, civic_str_t token,
    int64_t life);


/* ---- guesses.c --------------------------------------------------------- */

/* A row of guesses at one password, from one kind of place. */
typedef struct {
    civic_str_t  key;
    civic_str_t  field;                     /* "guesses", "guesses:<id>" ... */
    civic_str_t  seen;                      /* as Redis has it, or empty */
    civic_str_t  reserved;                  /* as we left it */
    int          known_device;
    int          change;                    /* of a password, in a session */
    int64_t      address_attempts;
    int64_t      address_resets_in;         /* s */
} login_guesses_t;

/* The command that reads a person's counters, and its answer taken apart:
   life is how long (s) a device is known.  device may be NULL: a change. */
void login_guesses_command(civic_request_t *r, civic_str_t pid,
    const login_device_t *device, civic_command_t *command);
void login_guesses_take(civic_request_t *r, const civic_value_t *value,
    const login_device_t *device, int64_t life, login_guesses_t *guesses);

/* Counts an attempt from this address. */
civic_result_t login_guesses_address(civic_request_t *r, int64_t window,
    login_guesses_t *guesses);

/* Asks the rule, and counts the attempt before it is made. */
civic_result_t login_guesses_reserve(civic_request_t *r,
    login_guesses_t *guesses, int *answered);

/* Takes back what was reserved, for an attempt that was not made. */
void login_guesses_release(civic_request_t *r, login_guesses_t *guesses);


/* ---- password_hash.c --------------------------------------------------- */

/* encoded empty: takes as long, matches nothing. */
civic_result_t login_hash_verify(civic_request_t *r, civic_str_t encoded,
    civic_str_t password, int *matches);

/* The encoded hash, sealed for a person. */
civic_result_t login_hash_make(civic_request_t *r, civic_str_t pid,
    civic_str_t password, civic_str_t *sealed);

/* Whether it was made with other parameters than today's. */
int login_hash_is_old(civic_request_t *r, civic_str_t encoded);


/* ---- password_policy.c ------------------------------------------------- */

/* Asks the rule about a new password; answers with the field's errors. */
civic_result_t login_policy_check(civic_request_t *r, civic_str_t password,
    civic_str_t old_password, const civic_person_identity_t *identity,
    int *answered);


/* ---- session_routes.c -------------------------------------------------- */

/* By the rule "session". */
typedef struct {
    int64_t  lifetime;
    int64_t  idle;
    int64_t  refresh;
    int      keep;
    int64_t  device_life;
    int64_t  devices;
} login_session_rule_t;

civic_result_t login_session_rule(civic_request_t *r, const char *method,
    login_session_rule_t *rule);

/* Begins a session of a citizen. */
civic_result_t login_session_start(civic_request_t *r, civic_str_t pid,
    unsigned roles, const char *method, civic_str_t device,
    const login_session_rule_t *rule, civic_str_t *token);

/* Writes "roles". */
void login_session_write_roles(civic_request_t *r, civic_writer_t *w,
    unsigned roles);

#endif
