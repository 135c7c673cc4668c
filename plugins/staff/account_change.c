/*
 * account_change.c - PATCH /staff/accounts/{name} and POST .../reset, for
 * administrators.
 *
 * Nobody changes the own account here, so whoever takes the last other
 * administrator's role away is still there; and the set of administrators,
 * in one slot, sees to it that two do not do that to each other.
 */

#include "staff.h"


/* The account that the path names; not one's own. */
static civic_result_t
find(civic_request_t *r, staff_account_t *account, int *answered)
{
    civic_result_t  rc;

    rc = staff_account_named(r, civic_path(r, "name"), NULL, account,
                             answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    if (civic_str_eq(account->pid, civic_pid(r))) {
        *answered = 1;
        return civic_problem(r, "own_account");
    }

    rc = staff_account_read(r, account);

    if (rc == CIVIC_OK && account->version.len == 0) {
        *answered = 1;
        return civic_problem(r, "not_found");
    }

    return rc;
}


/* Takes it off the administrators that count. */
static civic_result_t
retire(civic_request_t *r, const staff_account_t *account, int *answered)
{
    civic_str_t           keys[2], args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = CIVIC_STR(CIVIC_STAFF_ADMINISTRATORS);
    args[0] = civic_pid(r);
    args[1] = account->pid;
    args[2] = CIVIC_STR("0");

    rc = staff_audit(r, "staff.administrator_retired", account->pid, NULL,
                     keys[0], &keys[1], &args[3]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "staff_retire",
                          .keys = keys, .nkeys = 2, .args = args, .nargs = 4,
                          .flags = CIVIC_SCRIPT_DURABLE,
                      }, &value);
    if (rc != CIVIC_OK || value->integer == 1) {
        return rc;
    }

    *answered = 1;

    return civic_problem(r, value->integer == 0 ? "last_administrator"
                                                : "forbidden");
}


/* *done: 0 if the account was changed meanwhile. */
static civic_result_t
write_change(civic_request_t *r, const staff_account_t *account,
    unsigned roles, int disabled, int *done)
{
    char                  text[CIVIC_ROLES_TEXT];
    civic_str_t           keys[3], args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    (void) civic_roles_format(roles, text);

    /* whoever is logged in was given the roles of before */
    keys[0] = account->key;
    keys[1] = civic_person_key(r, account->pid, "sessions");

    args[0] = account->version;
    args[1] = civic_cstr(text);
    args[2] = disabled ? CIVIC_STR("1") : CIVIC_STR("0");

    rc = staff_audit(r, "staff.account_changed", account->pid,
                     json_pack("{s:o, s:b, s:o, s:b}",
                               "roles", staff_roles_json(roles),
                               "disabled", disabled,
                               "roles_before",
                               staff_roles_json(account->roles),
                               "disabled_before", account->disabled),
                     account->key, &keys[2], &args[3]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "staff_change",
                          .keys = keys, .nkeys = 3, .args = args, .nargs = 4,
                          .flags = CIVIC_SCRIPT_DURABLE,
                      }, &value);

    *done = rc == CIVIC_OK && value->integer == 1;

    if (*done) {
        civic_count(r, STAFF_CHANGED, 1);
        civic_log(r, CIVIC_LOG_INFO, "staff account \"%.*s\" has the roles "
                  "\"%s\"%s", (int) account->pid.len, account->pid.data, text,
                  disabled ? " and is disabled" : "");
    }

    return rc;
}


/* Off the administrators before, among them after. */
static civic_result_t
change(civic_request_t *r, staff_account_t *account, unsigned roles,
    int disabled, int *answered)
{
    int             done, was, will;
    civic_result_t  rc;

    was = staff_is_administrator(account->roles, account->disabled);
    will = staff_is_administrator(roles, disabled);

    if (was && !will) {
        rc = retire(r, account, answered);
        if (rc != CIVIC_OK || *answered) {
            return rc;
        }
    }

    rc = write_change(r, account, roles, disabled, &done);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!done) {
        *answered = 1;
        return civic_problem(r, "conflict");
    }

    account->roles = roles;
    account->disabled = disabled;

    return will ? staff_account_enlist(r, account, 1) : CIVIC_OK;
}


civic_result_t
staff_account_change(civic_request_t *r)
{
    int              disabled, answered = 0;
    json_t          *body = civic_body(r), *wanted;
    unsigned         roles;
    civic_result_t   rc;
    staff_account_t  account;

    rc = find(r, &account, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    wanted = json_object_get(body, "roles");
    roles = json_is_array(wanted) ? staff_roles_of(wanted) : account.roles;

    wanted = json_object_get(body, "disabled");
    disabled = json_is_boolean(wanted) ? json_is_true(wanted)
                                       : account.disabled;

    if (roles != account.roles) {
        rc = staff_roles_judge(r, roles, &answered);
        if (rc != CIVIC_OK || answered) {
            return rc;
        }
    }

    if (roles != account.roles || disabled != account.disabled) {
        rc = change(r, &account, roles, disabled, &answered);
        if (rc != CIVIC_OK || answered) {
            return rc;
        }
    }

    return staff_account_write(r, civic_reply(r, 200), &account);
}


/* *done: 0 if the account is gone. */
static civic_result_t
write_reset(civic_request_t *r, const staff_account_t *account,
    civic_str_t password, int *done)
{
    civic_str_t           keys[4], args[3];
    staff_state_t        *state = civic_state(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = shared_hash_make(r, &state->passwords, account->pid, password,
                          &args[0]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    args[1] = shared_decimal(r, civic_now(r));

    keys[0] = account->key;
    keys[1] = civic_person_key(r, account->pid, CIVIC_STAFF_GUESSES);
    keys[2] = civic_person_key(r, account->pid, "sessions");

    rc = staff_audit(r, "staff.account_reset", account->pid, NULL,
                     account->key, &keys[3], &args[2]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "staff_reset",
                          .keys = keys, .nkeys = 4, .args = args, .nargs = 3,
                          .flags = CIVIC_SCRIPT_DURABLE,
                      }, &value);

    *done = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


civic_result_t
staff_account_reset(civic_request_t *r)
{
    int              done, answered = 0;
    civic_str_t      password;
    civic_result_t   rc;
    staff_account_t  account;

    rc = find(r, &account, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = staff_initial_password(r, &password);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = write_reset(r, &account, password, &done);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!done) {
        return civic_problem(r, "not_found");
    }

    civic_count(r, STAFF_RESET, 1);
    civic_log(r, CIVIC_LOG_INFO, "staff account \"%.*s\" was reset",
              (int) account.pid.len, account.pid.data);
    civic_write_str(r, civic_reply(r, 200), "initial_password", password);

    return CIVIC_OK;
}
