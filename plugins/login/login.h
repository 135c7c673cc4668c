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
 *   account.c          a provider's account, which may lead to a person
 *   entry.c            how somebody comes in, whatever the method
 *   card*.c            POST /login/card and /login/card/finish: see card.h
 *   channel.c          from where, and whether that is open
 *   alipay_login.c     POST /login/alipay
 *   identity.c         PUT and GET /login/identity: who a visitor says to be
 *   proven.c           the calls login.identity and login.proven
 *   proven_plan.c      what becomes of a person who is proven
 *   locks.c            POST /login/locks and /login/locks/lift
 *   onboarding.c       GET /login/onboarding: what comes next
 *   session_routes.c   GET and POST /login/session
 *   ticket*.c          the login of a PC by QR code: see ticket.h
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
#include "card.h"
#include "guesses.h"
#include "sessions.h"
#include "ticket.h"

#define LOGIN_FAMILY          "login"
#define LOGIN_ACCOUNT_FAMILY  "account"
#define LOGIN_ALIPAY          "alipay"      /* the provider */
#define LOGIN_LINK            "account:"    /* fields of a person: + aid */

/* Counters, in the order of the metrics table. */
typedef enum {
    LOGIN_SUCCEEDED = 0,
    LOGIN_FAILED,
    LOGIN_REFUSED,
    LOGIN_CAPTCHAS,
    LOGIN_CAPTCHAS_WRONG,
    LOGIN_PASSWORDS_SET,
    LOGIN_CODES_REFUSED,
    LOGIN_PROVEN,
    LOGIN_RECOVERED,
    LOGIN_TICKETS,
    LOGIN_TICKETS_CONFIRMED,
    LOGIN_TICKETS_REFUSED,
    LOGIN_TICKETS_REDEEMED
} login_metric_t;

/* Of a worker: made by init_worker(), read by every request. */
typedef struct {
    shared_passwords_t   passwords;
    login_sounds_t      *sounds;
    const char          *font;              /* the option's */
    login_card_t         card;
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
civic_result_t login_alipay(civic_request_t *r);
civic_result_t login_identity_put(civic_request_t *r);
civic_result_t login_identity_get(civic_request_t *r);
civic_result_t login_lock(civic_request_t *r);
civic_result_t login_lock_lift(civic_request_t *r);
civic_result_t login_session_show(civic_request_t *r);
civic_result_t login_session_exchange(civic_request_t *r);
civic_result_t login_profile(civic_request_t *r);
civic_result_t login_onboarding(civic_request_t *r);

/* Calls. */
civic_result_t login_identity_call(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t login_proven_call(civic_request_t *r, json_t *in,
    json_t **out);

/* What their routes take, give, and answer. */
extern const civic_field_t      login_alipay_body[];
extern const char *const        login_alipay_problems[];
extern const civic_field_t      login_address_input[];
extern const civic_field_t      login_identity_body[];
extern const civic_field_t      login_identity_reply[];
extern const char *const        login_identity_put_problems[];
extern const char *const        login_identity_get_problems[];
extern const civic_field_t      login_claim_input[];
extern const civic_field_t      login_proven_input[];
extern const civic_field_t      login_lock_body[];
extern const civic_field_t      login_lift_body[];
extern const civic_field_t      login_lock_reply[];
extern const char *const        login_lock_problems[];
extern const char *const        login_lift_problems[];
extern const char *const        login_exchange_problems[];


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

/* An identity number, by the rule "form".  *error: that of its field, or
   NULL.  kind: one of shared_id_kinds, or empty. */
civic_result_t login_number_judge(civic_request_t *r, civic_str_t text,
    civic_str_t kind, civic_id_number_t *id, const char **error);

/* The window of the addresses' counters, s. */
civic_result_t login_address_window(civic_request_t *r, int64_t *window);


/* ---- person.c ---------------------------------------------------------- */

/* Fields of the record; empty if absent. */
typedef struct {
    civic_str_t  identity;                  /* sealed */
    civic_str_t  password;                  /* sealed */
    civic_str_t  created_at;
    civic_str_t  password_set_at;
    civic_str_t  proven;                    /* "<ms> face", or "counter" */
    civic_str_t  locked;                    /* "<ms> <reason>" */
    civic_str_t  linked;                    /* of the account asked for */
    civic_str_t  recovered_at;
    civic_str_t  ended_at;                  /* all sessions of before */
} login_person_t;

/* The command that reads a person, and its answer taken apart.  aid: an
   account that may be linked, or empty. */
void login_person_command(civic_request_t *r, civic_str_t pid,
    civic_str_t aid, civic_command_t *command);
void login_person_take(const civic_value_t *value, login_person_t *person);

/* Both in one trip. */
civic_result_t login_person_read(civic_request_t *r, civic_str_t pid,
    civic_str_t aid, login_person_t *person);

/* A sealed identity, of a person or claimed by an account.  CIVIC_INVALID
   (logged): damaged or foreign. */
civic_result_t login_identity_open(civic_request_t *r, civic_str_t owner,
    civic_str_t sealed, civic_person_identity_t *identity);
civic_result_t login_identity_seal(civic_request_t *r, civic_str_t owner,
    const civic_person_identity_t *identity, civic_str_t *sealed);
civic_result_t login_person_identity(civic_request_t *r, civic_str_t pid,
    const login_person_t *person, civic_person_identity_t *identity);

/* Writes "name" and "id_number", masked. */
void login_person_write_masked(civic_request_t *r, civic_writer_t *w,
    const civic_person_identity_t *identity);


/* ---- account.c --------------------------------------------------------- */

/* Fields of the record; empty if absent. */
typedef struct {
    civic_str_t  subject;                   /* sealed */
    civic_str_t  person;                    /* a pid: it claims the link */
    civic_str_t  claim;                     /* sealed */
    civic_str_t  claim_person;              /* the pid of its number */
    civic_str_t  claim_at;
    civic_str_t  password;                  /* sealed */
    civic_str_t  password_set_at;
    civic_str_t  created_at;
    civic_str_t  claims;                    /* "<count> <first s>" */
} login_account_t;

/* The pid of an account itself. */
civic_result_t login_account_id(civic_request_t *r, civic_str_t app_id,
    civic_str_t open_id, civic_str_t *aid);

void login_account_command(civic_request_t *r, civic_str_t aid,
    civic_command_t *command);
void login_account_take(const civic_value_t *value, login_account_t *account);

/* Both in one trip. */
civic_result_t login_account_read(civic_request_t *r, civic_str_t aid,
    login_account_t *account);

/* Whether the person that the account claims to lead to knows it; person is
   read only if there is one. */
civic_result_t login_account_linked(civic_request_t *r, civic_str_t aid,
    const login_account_t *account, login_person_t *person, int *linked);


/* ---- entry.c ----------------------------------------------------------- */

/* Somebody who is about to come in. */
typedef struct {
    const char               *method;       /* "password", "alipay" ... */
    civic_str_t               pid;          /* a person's, or an account's */
    unsigned                  roles;        /* CITIZEN or VISITOR */
    int                       must_set_password;
    civic_person_identity_t   identity;     /* a citizen's */
    shared_device_t           device;
    shared_session_rule_t     session;
    civic_str_t               token;
    civic_str_t               account;      /* that led to the person */
    civic_str_t               ended_at;     /* of the person; as it was */
    int                       look_again;   /* before it is told */
} login_entry_t;

/*
 * Who that is now, and what the rules say of their session.  *answered: the
 * person is locked.  login_entry_person(): CIVIC_NOT_FOUND, there is no such
 * person.
 */
civic_result_t login_entry_account(civic_request_t *r, civic_str_t aid,
    const char *method, login_entry_t *entry, int *answered);
civic_result_t login_entry_person(civic_request_t *r, civic_str_t pid,
    const char *method, login_entry_t *entry, int *answered);

/* Begins the session: the last step but the reply.  The reply is a problem
   if the person was locked, or the link taken away, in the meantime. */
civic_result_t login_entry_begin(civic_request_t *r, login_entry_t *entry);
civic_result_t login_entry_reply(civic_request_t *r,
    const login_entry_t *entry);

/* Answers that the person is locked. */
civic_result_t login_entry_locked(civic_request_t *r, int *answered);


/* ---- channel.c --------------------------------------------------------- */

/* From where the caller comes: "alipay", "wechat", "web" ... */
civic_str_t login_channel(civic_request_t *r);

/* Each route that begins a login asks this first.  method: as that of the
   session, "password" ...  *answered: that channel is closed to it. */
civic_result_t login_channel_check(civic_request_t *r, const char *method,
    int *answered);

/* What such a route may answer by it. */
#define LOGIN_CHANNEL_PROBLEMS                                                \
    "channel_wechat", "channel_closed", "channel_malformed"

extern const civic_field_t  login_channel_input[];


/* ---- identity.c -------------------------------------------------------- */

/* Keeps what an account claims, if its person and its count of claims are as
   they were read.  *done: 0 if not. */
civic_result_t login_claim_write(civic_request_t *r, civic_str_t aid,
    const login_account_t *account, const civic_person_identity_t *identity,
    civic_str_t claims, int *done);


/* ---- proven_plan.c ----------------------------------------------------- */

/* A proof, and what it is about. */
typedef struct {
    civic_str_t       pid;                  /* of an account, or the person's */
    civic_str_t       person_pid;
    const char       *how;
    int               recover;              /* it was asked for */
    civic_msec_t      at;
    int               own;                  /* pid is the person's */
    civic_str_t       name;                 /* that was shown; empty: as it
                                               is claimed */
    int               name_changed;         /* the counter has seen papers */
    int               renamed;              /* the record takes the name */
    login_account_t   account;              /* unless own */
    login_person_t    person;
} login_proof_t;

/* What becomes of it. */
typedef struct {
    int  recovered;
    int  end_links;
    int  end_password;
    int  end_sessions;
    int  end_devices;
    int  take_password;
} login_plan_t;

/* Asks the rule "proven". */
civic_result_t login_plan_make(civic_request_t *r, const login_proof_t *proof,
    login_plan_t *plan);

/* Writes the person.  *done: 1; 0, it is not as it was read; -1, locked. */
civic_result_t login_plan_write(civic_request_t *r,
    const login_proof_t *proof, const login_plan_t *plan, int *done);


/* ---- onboarding.c ------------------------------------------------------ */

extern const civic_field_t  login_onboarding_query[];
extern const civic_field_t  login_onboarding_reply[];
extern const civic_field_t  login_onboarding_input[];
extern const civic_field_t  login_authorise_input[];
extern const char *const    login_onboarding_problems[];


/* ---- password_policy.c ------------------------------------------------- */

/* Asks the rule about a new password; answers with the field's errors.
   identity may be NULL: nobody knows it yet. */
civic_result_t login_policy_check(civic_request_t *r, civic_str_t password,
    civic_str_t old_password, const civic_person_identity_t *identity,
    int *answered);

#endif
