/*
 * health_consent.c - whether data of somebody's health may be kept.
 */

#include "health_consent.h"
#include "values.h"

static const char *const  purposes[] = {
    SHARED_HEALTH_OWN, SHARED_HEALTH_CHILD
};


void
shared_health_consent_command(civic_request_t *r, civic_str_t pid,
    civic_command_t *command)
{
    civic_str_t  *argv = civic_alloc(r, 4 * sizeof(civic_str_t));

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, pid, "consents");
    argv[2] = civic_cstr(purposes[0]);
    argv[3] = civic_cstr(purposes[1]);

    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = 4;
}


civic_str_t
shared_health_consent_id(const civic_value_t *consents, civic_str_t purpose)
{
    size_t  i;

    for (i = 0; i < 2; i++) {
        if (civic_str_eq(purpose, civic_cstr(purposes[i]))) {
            return shared_item(consents, i);
        }
    }

    return CIVIC_STR("");
}


civic_result_t
shared_health_consent_holds(civic_request_t *r, civic_str_t pid, int *holds)
{
    civic_result_t        rc;
    civic_command_t       command;
    const civic_value_t  *value;

    *holds = 0;
    shared_health_consent_command(r, pid, &command);
    rc = civic_redis(r, command.argv, command.argc, &value);

    if (rc == CIVIC_OK) {
        *holds = shared_item(value, 0).len > 0
                 || shared_item(value, 1).len > 0;
    }

    return rc;
}
