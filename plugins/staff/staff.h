/*
 * staff.h - what the files of the staff plugin share.
 *
 *   staff.c            the tables, and nothing else
 *   worker.c           options, start and end of a worker
 *   account.c          the account's record
 *   staff_login.c      POST /staff/sessions
 *   own_session.c      GET /staff/session
 *   own_password.c     PUT /staff/password
 *   own_totp.c         POST and PUT /staff/totp
 *   accounts.c         GET and POST /staff/accounts
 *   account_change.c   PATCH /staff/accounts/{name}, POST .../reset
 *   audit.c            what the audit trail is told
 *
 * What citizens' logins do in the same way (hashes, guesses, devices,
 * sessions) stands in plugins/shared.  An int *answered tells a step's caller
 * that it made a reply.
 */

#ifndef CIVIC_STAFF_H
#define CIVIC_STAFF_H

#include "civic_plugin.h"
#include "guesses.h"
#include "role.h"
#include "staff_record.h"
#include "totp.h"
#include "values.h"

/* Counters, in the order of the metrics table. */
typedef enum {
    STAFF_SUCCEEDED = 0,
    STAFF_FAILED,
    STAFF_REFUSED,
    STAFF_PASSWORDS_SET,
    STAFF_TOTP_SET,
    STAFF_CREATED,
    STAFF_CHANGED,
    STAFF_RESET
} staff_metric_t;

/* Of a worker. */
typedef struct {
    shared_passwords_t   passwords;
    const char          *issuer;            /* the option's */
} staff_state_t;

/* worker.c */
civic_result_t staff_check(json_t *options, civic_failure_t *failure);
civic_result_t staff_init_worker(civic_worker_t *w, void **state,
    civic_failure_t *failure);
void staff_exit_worker(void *state);

/* Handlers. */
civic_result_t staff_login(civic_request_t *r);
civic_result_t staff_session_show(civic_request_t *r);
civic_result_t staff_password(civic_request_t *r);
civic_result_t staff_totp_begin(civic_request_t *r);
civic_result_t staff_totp_confirm(civic_request_t *r);
civic_result_t staff_accounts_list(civic_request_t *r);
civic_result_t staff_account_create(civic_request_t *r);
civic_result_t staff_account_change(civic_request_t *r);
civic_result_t staff_account_reset(civic_request_t *r);


/* ---- account.c --------------------------------------------------------- */

extern const shared_guessing_t  staff_guessing;

/* Texts are sealed or plain as staff_record.h says; empty if absent. */
typedef struct {
    civic_str_t  pid;
    civic_str_t  key;
    civic_str_t  sealed_name;
    civic_str_t  password;                  /* sealed */
    civic_str_t  totp;                      /* sealed */
    civic_str_t  totp_pending;              /* sealed */
    civic_str_t  version;
    civic_str_t  password_set_at;
    civic_str_t  created_at;
    civic_str_t  last_login_at;
    unsigned     roles;
    int          initial;
    int          disabled;
} staff_account_t;

/* The account of a name: its pid and key.  *answered: it is no name. */
civic_result_t staff_account_named(civic_request_t *r, civic_str_t name,
    const char *pointer, staff_account_t *account, int *answered);

/* The account of a pid: its key. */
void staff_account_of(civic_request_t *r, civic_str_t pid,
    staff_account_t *account);

/* The command that reads it, and its answer taken apart. */
void staff_account_command(civic_request_t *r, const staff_account_t *account,
    civic_command_t *command);
void staff_account_take(const civic_value_t *value, staff_account_t *account);

/* Both in one trip; without a record version is empty. */
civic_result_t staff_account_read(civic_request_t *r,
    staff_account_t *account);

/* Its name.  CIVIC_INVALID (logged): damaged or foreign. */
civic_result_t staff_account_name(civic_request_t *r,
    const staff_account_t *account, civic_str_t *name);

/* A TOTP secret of it, sealed as given; empty if that is. */
civic_result_t staff_account_secret(civic_request_t *r,
    const staff_account_t *account, civic_str_t sealed, civic_str_t *secret);

/* Writes what the list of accounts says of one. */
civic_result_t staff_account_write(civic_request_t *r, civic_writer_t *w,
    const staff_account_t *account);

/* Whether it counts when the last administrator is to be kept. */
int staff_is_administrator(unsigned roles, int disabled);

/* Enters it into the lists across people. */
civic_result_t staff_account_enlist(civic_request_t *r,
    const staff_account_t *account, int administrator);

/* The roles of an array of names, and of an array for rules. */
unsigned staff_roles_of(json_t *names);
json_t *staff_roles_json(unsigned roles);

/* Asks the rule "roles". */
civic_result_t staff_roles_judge(civic_request_t *r, unsigned roles,
    int *answered);

/* An initial password. */
civic_result_t staff_initial_password(civic_request_t *r,
    civic_str_t *password);


/* ---- audit.c ----------------------------------------------------------- */

/* Prepares an entry of the audit trail for a script: its outbox, near a key
   of that script, and the sealed entry.  details is given away. */
civic_result_t staff_audit(civic_request_t *r, const char *action,
    civic_str_t subject, json_t *details, civic_str_t near,
    civic_str_t *outbox, civic_str_t *sealed);

/* A login that was refused, and why. */
civic_result_t staff_audit_refused(civic_request_t *r,
    const staff_account_t *account, const char *why);


/* ---- own secrets ------------------------------------------------------- */

/* The caller, who proves the password. */
typedef struct {
    const civic_principal_t  *who;
    staff_account_t           account;
    shared_guesses_t          guesses;
    civic_str_t               encoded;
} staff_owner_t;

/* own_password.c: reads account and counters. */
civic_result_t staff_owner_read(civic_request_t *r, staff_owner_t *owner);

/* Runs staff_secret; *done: 0 if the account was changed meanwhile. */
civic_result_t staff_owner_set(civic_request_t *r, const staff_owner_t *owner,
    const char *what, civic_str_t value, int64_t number, unsigned flags,
    int *done);

/* Ends sessions after it; *again: all of them, for nothing is missing any
   more in a session that could do nothing else. */
civic_result_t staff_owner_finish(civic_request_t *r,
    const staff_owner_t *owner, int initial, int has_totp, int *again);

/* own_totp.c: the step of a code by the rule "totp", or -1; a secret that is
   empty is held against one of zeros. */
civic_result_t staff_totp_match(civic_request_t *r, civic_str_t secret,
    civic_str_t code, int64_t *step);

#endif
