/*
 * account.c - the account's record, as kit/staff_record.h describes it.
 *
 * All of it is read in one command; what is sealed is opened only when it is
 * used.
 */

#include "password_text.h"
#include "staff.h"

#define FIELDS  11


const shared_guessing_t  staff_guessing = {
    .family = CIVIC_STAFF_GUESSES,
    .addresses = "civic:staff:address:",
    .refused = STAFF_REFUSED,
    .failed = STAFF_FAILED,
};


void
staff_account_of(civic_request_t *r, civic_str_t pid,
    staff_account_t *account)
{
    memset(account, 0, sizeof(*account));
    account->pid = pid;
    account->key = civic_person_key(r, pid, CIVIC_STAFF_FAMILY);
}


civic_result_t
staff_account_named(civic_request_t *r, civic_str_t name,
    const char *pointer, staff_account_t *account, int *answered)
{
    int             len;
    char            canonical[CIVIC_STAFF_CANONICAL];
    civic_str_t     pid;
    civic_result_t  rc;

    len = civic_staff_canonical(name.data, name.len, canonical);

    if (len < 0) {
        *answered = 1;

        /* in a path it is an account that is not there */
        return pointer == NULL
               ? civic_problem(r, "not_found")
               : shared_field_problem(r, pointer, "staff_name",
                                      "invalid_fields");
    }

    rc = civic_person_id(r, (civic_str_t) { canonical, (size_t) len }, &pid);
    if (rc != CIVIC_OK) {
        return rc;
    }

    staff_account_of(r, pid, account);

    return CIVIC_OK;
}


void
staff_account_command(civic_request_t *r, const staff_account_t *account,
    civic_command_t *command)
{
    size_t        i;
    civic_str_t  *argv;

    static const char *const  fields[FIELDS] = {
        "name", "password", "totp", "totp_pending", "version",
        "password_set_at", "created_at", "last_login_at", "roles", "initial",
        "disabled"
    };

    argv = civic_alloc(r, (FIELDS + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = account->key;

    for (i = 0; i < FIELDS; i++) {
        argv[i + 2] = civic_cstr(fields[i]);
    }

    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = FIELDS + 2;
}


void
staff_account_take(const civic_value_t *value, staff_account_t *account)
{
    civic_str_t  roles = shared_item(value, 8);

    account->sealed_name = shared_item(value, 0);
    account->password = shared_item(value, 1);
    account->totp = shared_item(value, 2);
    account->totp_pending = shared_item(value, 3);
    account->version = shared_item(value, 4);
    account->password_set_at = shared_item(value, 5);
    account->created_at = shared_item(value, 6);
    account->last_login_at = shared_item(value, 7);
    account->roles = civic_roles_parse(roles.data, roles.len);
    account->initial = civic_str_eq(shared_item(value, 9), CIVIC_STR("1"));
    account->disabled = civic_str_eq(shared_item(value, 10), CIVIC_STR("1"));
}


civic_result_t
staff_account_read(civic_request_t *r, staff_account_t *account)
{
    civic_result_t        rc;
    civic_command_t       command;
    const civic_value_t  *value;

    staff_account_command(r, account, &command);

    rc = civic_redis(r, command.argv, command.argc, &value);

    if (rc == CIVIC_OK) {
        staff_account_take(value, account);
    }

    return rc;
}


static civic_result_t
open_sealed(civic_request_t *r, const staff_account_t *account,
    const char *what, civic_str_t sealed, civic_str_t *plain)
{
    civic_result_t  rc;

    rc = civic_open(r, CIVIC_STAFF_PURPOSE, account->pid, sealed, plain);

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "the %s of staff account \"%.*s\" "
                  "cannot be read", what, (int) account->pid.len,
                  account->pid.data);
    }

    return rc;
}


civic_result_t
staff_account_name(civic_request_t *r, const staff_account_t *account,
    civic_str_t *name)
{
    return open_sealed(r, account, "name", account->sealed_name, name);
}


civic_result_t
staff_account_secret(civic_request_t *r, const staff_account_t *account,
    civic_str_t sealed, civic_str_t *secret)
{
    civic_result_t  rc;

    *secret = CIVIC_STR("");

    if (sealed.len == 0) {
        return CIVIC_OK;
    }

    rc = open_sealed(r, account, "secret", sealed, secret);

    return rc == CIVIC_OK && (secret->len == 0
                              || secret->len > CIVIC_TOTP_SECRETS)
           ? CIVIC_INVALID : rc;
}


civic_result_t
staff_account_write(civic_request_t *r, civic_writer_t *w,
    const staff_account_t *account)
{
    civic_str_t     name;
    civic_result_t  rc;

    rc = staff_account_name(r, account, &name);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_str(r, w, "name", name);
    shared_roles_write(r, w, account->roles);
    civic_write_bool(r, w, "disabled", account->disabled);
    civic_write_bool(r, w, "must_set_password", account->initial);
    civic_write_bool(r, w, "must_set_totp", account->totp.len == 0);
    shared_write_instant(r, w, "created_at", account->created_at);
    shared_write_instant(r, w, "last_login_at", account->last_login_at);

    return CIVIC_OK;
}


int
staff_is_administrator(unsigned roles, int disabled)
{
    return (roles & CIVIC_ADMINISTRATOR) && !disabled;
}


civic_result_t
staff_account_enlist(civic_request_t *r, const staff_account_t *account,
    int administrator)
{
    civic_str_t           keys[2], args[3];
    const civic_value_t  *value;

    keys[0] = CIVIC_STR(CIVIC_STAFF_ACCOUNTS);
    keys[1] = CIVIC_STR(CIVIC_STAFF_ADMINISTRATORS);
    args[0] = account->pid;
    args[1] = account->created_at;
    args[2] = administrator ? CIVIC_STR("1") : CIVIC_STR("0");

    return civic_script(r, &(civic_script_t) {
                            .name = "staff_list",
                            .keys = keys, .nkeys = 2,
                            .args = args, .nargs = 3,
                        }, &value);
}


/* ---- roles ------------------------------------------------------------- */

unsigned
staff_roles_of(json_t *names)
{
    size_t    i;
    json_t   *name;
    unsigned  roles = 0;

    json_array_foreach(names, i, name) {
        roles |= civic_role_parse(json_string_value(name),
                                  json_string_length(name));
    }

    return roles & CIVIC_STAFF;
}


json_t *
staff_roles_json(unsigned roles)
{
    size_t       i;
    json_t      *names = json_array();
    unsigned     role;
    const char  *name;

    for (i = 0; (name = civic_role_at(i, &role)) != NULL; i++) {
        if (roles & role) {
            json_array_append_new(names, json_string(name));
        }
    }

    return names;
}


civic_result_t
staff_roles_judge(civic_request_t *r, unsigned roles, int *answered)
{
    json_t          *decision;
    civic_result_t   rc;

    rc = civic_rule(r, "roles", json_pack("{s:o}", "roles",
                                          staff_roles_json(roles)),
                    &decision);
    if (rc != CIVIC_OK || json_is_true(json_object_get(decision, "allow"))) {
        return rc;
    }

    *answered = 1;

    return civic_refuse(r, decision);
}


/* ---- initial passwords ------------------------------------------------- */

civic_result_t
staff_initial_password(civic_request_t *r, civic_str_t *password)
{
    char            *text = civic_alloc(r, CIVIC_PASSWORD_MADE + 1);
    civic_result_t   rc;
    unsigned char    chance[CIVIC_PASSWORD_CHANCE];

    rc = civic_random(r, chance, sizeof(chance));
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (civic_password_make(chance, text) != 0) {
        return CIVIC_ERROR;
    }

    *password = civic_cstr(text);

    return CIVIC_OK;
}
