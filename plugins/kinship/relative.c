/*
 * relative.c - whether a guardian is shown a relative's data (still), whatever
 * of it is asked for.
 *
 * A binding alone is not enough: there is to be a code, its consent is to
 * hold, and the rule "keep" is to have the binding at the relative's age.
 * Showing a code asks the same at once with the colour (show.c).
 */

#include "bind.h"
#include "kinship.h"

civic_result_t
kinship_stays(civic_request_t *r, const kinship_binding_t *binding,
    const civic_person_identity_t *identity, json_t **refused)
{
    int              kept;
    int64_t          age;
    json_t          *decision;
    civic_result_t   rc;

    *refused = NULL;
    rc = kinship_age(r, identity, &age);

    if (rc == CIVIC_OK) {
        rc = kinship_keep(r, binding, age, &decision, &kept);
    }

    if (rc == CIVIC_OK && !kept) {
        *refused = decision;
    }

    return rc;
}


civic_result_t
kinship_held_read(civic_request_t *r, const kinship_binding_t *binding,
    kinship_held_t *relative)
{
    civic_result_t    rc;
    civic_command_t   commands[2];

    memset(relative, 0, sizeof(kinship_held_t));
    kinship_health_command(r, binding->relative, CIVIC_STR(""), &commands[0]);
    kinship_consent_command(r, binding->relative, &commands[1]);
    rc = civic_pipeline(r, commands, 2);

    if (rc == CIVIC_OK) {
        rc = kinship_health_take(r, binding->relative, commands[0].value,
                                 &relative->health);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    relative->kept = relative->health.opened
                     && kinship_consent_holds(&relative->health,
                                              commands[1].value);
    if (!relative->kept) {
        return CIVIC_OK;
    }

    rc = kinship_health_identity(r, &relative->health,
                                 &relative->identity);

    return rc == CIVIC_OK
           ? kinship_stays(r, binding, &relative->identity,
                           &relative->refused)
           : rc == CIVIC_NOT_FOUND ? CIVIC_INVALID : rc;
}


civic_result_t
kinship_held_refuse(civic_request_t *r,
    const kinship_held_t *relative, int *answered)
{
    *answered = !relative->kept || relative->refused != NULL;

    if (!*answered) {
        return CIVIC_OK;
    }

    return relative->kept ? civic_refuse(r, relative->refused)
                          : civic_problem(r, "kinship_code_ended");
}
