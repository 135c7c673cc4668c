/*
 * account.c - a provider's account, before and after it leads to a person.
 *
 * See docs/adr/0016-accounts-and-persons.md for what its record holds.
 */

#include "login.h"
#include "values.h"

#define ACCOUNT_FIELDS  9


civic_result_t
login_account_id(civic_request_t *r, civic_str_t app_id, civic_str_t open_id,
    civic_str_t *aid)
{
    return civic_person_id(r, civic_print(r, LOGIN_ALIPAY ":%.*s:%.*s",
                                          (int) app_id.len, app_id.data,
                                          (int) open_id.len, open_id.data),
                           aid);
}


void
login_account_command(civic_request_t *r, civic_str_t aid,
    civic_command_t *command)
{
    civic_str_t  *argv;

    argv = civic_alloc(r, (ACCOUNT_FIELDS + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, aid, LOGIN_ACCOUNT_FAMILY);
    argv[2] = CIVIC_STR("subject");
    argv[3] = CIVIC_STR("person");
    argv[4] = CIVIC_STR("claim");
    argv[5] = CIVIC_STR("claim_person");
    argv[6] = CIVIC_STR("claim_at");
    argv[7] = CIVIC_STR(CIVIC_PASSWORD);
    argv[8] = CIVIC_STR("password_set_at");
    argv[9] = CIVIC_STR("created_at");
    argv[10] = CIVIC_STR("claims");

    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = ACCOUNT_FIELDS + 2;
}


void
login_account_take(const civic_value_t *value, login_account_t *account)
{
    account->subject = shared_item(value, 0);
    account->person = shared_item(value, 1);
    account->claim = shared_item(value, 2);
    account->claim_person = shared_item(value, 3);
    account->claim_at = shared_item(value, 4);
    account->password = shared_item(value, 5);
    account->password_set_at = shared_item(value, 6);
    account->created_at = shared_item(value, 7);
    account->claims = shared_item(value, 8);
}


civic_result_t
login_account_read(civic_request_t *r, civic_str_t aid,
    login_account_t *account)
{
    civic_result_t        rc;
    civic_command_t       command;
    const civic_value_t  *value;

    login_account_command(r, aid, &command);

    rc = civic_redis(r, command.argv, command.argc, &value);
    if (rc == CIVIC_OK) {
        login_account_take(value, account);
    }

    return rc;
}


civic_result_t
login_account_linked(civic_request_t *r, civic_str_t aid,
    const login_account_t *account, login_person_t *person, int *linked)
{
    civic_result_t  rc;

    *linked = 0;

    if (account->person.len == 0) {
        return CIVIC_OK;
    }

    rc = login_person_read(r, account->person, aid, person);

    if (rc == CIVIC_OK) {
        *linked = person->identity.len > 0 && person->linked.len > 0;
    }

    return rc;
}
