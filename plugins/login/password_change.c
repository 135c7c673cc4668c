/*
 * password_change.c - PUT /login/password.
 *
 * The old password is asked for, and guesses at it are counted in a row of
 * their own: who stole a session can neither guess on nor keep the owner
 * from logging in.  In a session that must set its first password (it began
 * with another proof, a moment ago) there is none to ask for.
 *
 * A visitor's password is kept by the account, until it goes to the person
 * with the proof.
 *
 * Afterwards all other sessions are over.
 */

#include "login.h"
#include "values.h"
#include "words.h"

/* Of a person, or of a visitor's account. */
typedef struct {
    const char   *family;
    const char   *present;                  /* a field that it has */
    const char   *marker;                   /* a field that tells whose it
                                               is, */
    civic_str_t   marked;                   /* as it was read */
    civic_str_t   password;                 /* sealed */
} record_t;

typedef struct {
    const civic_principal_t  *who;
    civic_str_t               old_password;
    civic_str_t               new_password;
    record_t                  record;
    int                       known;        /* whose it is: identity */
    civic_person_identity_t   identity;
    shared_guesses_t          guesses;
    civic_str_t               encoded;
    civic_msec_t              set_at;
} change_t;


static int
is_visitor(const change_t *change)
{
    return (change->who->roles & CIVIC_VISITOR) != 0;
}


/* ---- what there is ----------------------------------------------------- */

static civic_result_t
take_person(civic_request_t *r, const civic_value_t *value, change_t *change)
{
    login_person_t  person;

    login_person_take(value, &person);
    change->known = 1;
    change->record = (record_t) {
        .family = CIVIC_PERSON_FAMILY, .present = CIVIC_IDENTITY,
        .marker = "proven", .marked = person.proven,
        .password = person.password,
    };

    return login_person_identity(r, change->who->pid, &person,
                                 &change->identity);
}


static civic_result_t
take_account(civic_request_t *r, const civic_value_t *value,
    change_t *change, int *answered)
{
    int              linked;
    civic_str_t      aid = change->who->pid;
    login_person_t   person;
    civic_result_t   rc;
    login_account_t  account;

    login_account_take(value, &account);
    change->record = (record_t) {
        .family = LOGIN_ACCOUNT_FAMILY, .present = "subject",
        .marker = "person", .marked = account.person,
        .password = account.password,
    };

    rc = login_account_linked(r, aid, &account, &person, &linked);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (linked) {
        *answered = 1;
        return civic_problem(r, "already_proven");
    }

    change->known = account.claim.len > 0;

    return change->known ? login_identity_open(r, aid, account.claim,
                                               &change->identity)
                         : CIVIC_OK;
}


static civic_result_t
look_up(civic_request_t *r, change_t *change, int *answered)
{
    civic_str_t      pid = change->who->pid;
    civic_result_t   rc;
    civic_command_t  commands[2];

    if (is_visitor(change)) {
        login_account_command(r, pid, &commands[0]);

    } else {
        login_person_command(r, pid, CIVIC_STR(""), &commands[0]);
    }

    shared_guesses_command(r, &login_guessing, pid, NULL, &change->guesses,
                           &commands[1]);

    rc = civic_pipeline(r, commands, 2);
    if (rc != CIVIC_OK) {
        return rc;
    }

    shared_guesses_take(r, commands[1].value, NULL, 0, &change->guesses);

    rc = is_visitor(change)
         ? take_account(r, commands[0].value, change, answered)
         : take_person(r, commands[0].value, change);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    return shared_hash_open(r, pid, change->record.password,
                            &change->encoded);
}


/* ---- what is written --------------------------------------------------- */

/* *done: 0 if the password was changed by another request meanwhile. */
static civic_result_t
write_password(civic_request_t *r, change_t *change, civic_str_t sealed,
    int *done)
{
    record_t             *record = &change->record;
    civic_str_t           keys[2], args[7];
    civic_result_t        rc;
    const civic_value_t  *value;

    change->set_at = civic_now(r);
    keys[0] = civic_person_key(r, change->who->pid, record->family);
    keys[1] = change->guesses.key;

    args[0] = record->password;
    args[1] = sealed;
    args[2] = civic_print(r, "%lld", (long long) change->set_at);
    args[3] = change->guesses.field;
    args[4] = civic_cstr(record->present);
    args[5] = civic_cstr(record->marker);
    args[6] = record->marked;

    rc = civic_script(r, &(civic_script_t) {
                          .name = "login_set_password",
                          .keys = keys, .nkeys = 2, .args = args, .nargs = 7,
                          .flags = CIVIC_SCRIPT_DURABLE,
                      }, &value);

    *done = rc == CIVIC_OK && value->integer == 1;
    record->password = sealed;

    return rc;
}


/*
 * Whoever locks or recovers a person ends the sessions that are there; one
 * that began in that moment is found here, and never told.
 */
static civic_result_t
still_holds(civic_request_t *r, const change_t *change, civic_str_t pid,
    int *holds)
{
    civic_str_t           key, marker, password;
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, pid, change->record.family);
    marker = civic_cstr(change->record.marker);
    password = CIVIC_STR(CIVIC_PASSWORD);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HMGET"), key, password, marker,
                                   CIVIC_STR("locked")), &value);

    *holds = rc == CIVIC_OK
             && civic_str_eq(shared_item(value, 0), change->record.password)
             && civic_str_eq(shared_item(value, 1), change->record.marked)
             && shared_item(value, 2).len == 0;

    return rc;
}


/* The first password: the session that had to set it gives way to a full
   one, with the same roles and the same end. */
static civic_result_t
renew(civic_request_t *r, const change_t *change, civic_str_t *token,
    civic_msec_t *expires_at, int *answered)
{
    int                    holds = 0;
    civic_str_t            pid, method, device;
    unsigned               roles = change->who->roles;
    civic_result_t         rc;
    shared_session_rule_t  rule;

    /* the principal's text may go with the session */
    pid = shared_copy(r, change->who->pid);
    method = shared_copy(r, change->who->method);
    device = shared_copy(r, change->who->device);

    rc = shared_session_rule(r, json_pack("{s:s}", "method", method.data),
                             &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_session_end(r, CIVIC_SESSION_ALL);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *expires_at = civic_now(r) + rule.lifetime * 1000;

    rc = shared_session_start(r, pid, roles, method.data, device, 0, &rule,
                              token);

    if (rc == CIVIC_OK) {
        rc = still_holds(r, change, pid, &holds);
    }

    if (rc != CIVIC_OK || holds) {
        return rc;
    }

    *answered = 1;

    return civic_problem(r, "conflict");
}


static civic_result_t
finish(civic_request_t *r, const change_t *change)
{
    int              answered = 0;
    int              first = change->who->must_set_password;
    civic_str_t      token = { "", 0 };
    civic_msec_t     expires_at = change->who->expires_at;
    civic_result_t   rc;
    civic_writer_t  *w;

    if (first) {
        rc = renew(r, change, &token, &expires_at, &answered);

    } else {
        rc = shared_session_end(r, CIVIC_SESSION_OTHERS);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    civic_count(r, LOGIN_PASSWORDS_SET, 1);

    w = civic_reply(r, 200);
    civic_write_instant(r, w, "password_set_at", change->set_at);

    if (token.len > 0) {
        civic_write_str(r, w, "token", token);
    }

    civic_write_instant(r, w, "expires_at", expires_at);

    return CIVIC_OK;
}


/* The policy first: it costs no guess, and tells nothing. */
static civic_result_t
judge(civic_request_t *r, change_t *change, int *answered)
{
    login_state_t   *state = civic_state(r);
    civic_result_t   rc;

    change->old_password = civic_body_str(r, "old_password");
    change->new_password = civic_body_str(r, "new_password");

    if (!change->who->must_set_password && change->old_password.len == 0) {
        *answered = 1;
        return shared_field_problem(r, "/old_password", "required",
                                    "invalid_fields");
    }

    rc = look_up(r, change, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    rc = login_policy_check(r, change->new_password, change->old_password,
                            change->known ? &change->identity : NULL,
                            answered);
    if (rc != CIVIC_OK || *answered || change->who->must_set_password) {
        return rc;
    }

    return shared_guesses_prove(r, &state->passwords, &change->guesses,
                                change->encoded, change->old_password,
                                "/old_password", "old_password_wrong",
                                answered);
}


civic_result_t
login_password_change(civic_request_t *r)
{
    int             done, answered = 0;
    change_t        change;
    civic_str_t     sealed;
    login_state_t  *state = civic_state(r);
    civic_result_t  rc;

    memset(&change, 0, sizeof(change));
    change.who = civic_principal(r);

    rc = judge(r, &change, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = shared_hash_make(r, &state->passwords, change.who->pid,
                          change.new_password, &sealed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = write_password(r, &change, sealed, &done);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!done) {
        return civic_problem(r, "conflict");
    }

    return finish(r, &change);
}
