/*
 * guardians.c - who holds whose code: what a relative's own record says.
 *
 * A guardian's list only tells where to look.  What it has and the relative's
 * record does not have is a place that was reserved, or a binding that ended,
 * and is never shown.
 */

#include <stdlib.h>

#include "kinship.h"
#include "values.h"

#define WORDS  4                        /* of both records */


/* ---- a guardian's own list --------------------------------------------- */

static int
take_place(civic_request_t *r, civic_str_t relative, civic_str_t text,
    kinship_place_t *place)
{
    civic_str_t  words[WORDS];

    if (shared_words(r, text, words, WORDS) != 0
        || !shared_is_id(words[1])
        || (place->since = shared_number(words[2], -1)) < 0)
    {
        return -1;
    }

    place->relative = relative;
    place->state = words[0];
    place->id = words[1];
    place->relation = words[3];

    return 0;
}


void
kinship_places_take(civic_request_t *r, civic_str_t guardian,
    const civic_value_t *value, kinship_place_t *places, size_t max,
    size_t *count)
{
    size_t       i;
    civic_str_t  relative;

    *count = 0;

    for (i = 0; i + 1 < value->count && *count < max; i += 2) {
        relative = shared_item(value, i);

        if (!shared_is_id(relative)) {
            continue;                   /* not a place: "asked", "tries" */
        }

        if (take_place(r, relative, shared_item(value, i + 1),
                       &places[*count])
            != 0)
        {
            civic_log(r, CIVIC_LOG_ERROR, "the list of guardian \"%.*s\" has "
                      "a damaged place", (int) guardian.len, guardian.data);
            continue;
        }

        (*count)++;
    }
}


void
kinship_places_command(civic_request_t *r, civic_str_t guardian,
    civic_command_t *command)
{
    civic_str_t  *argv = civic_alloc(r, 2 * sizeof(civic_str_t));

    argv[0] = CIVIC_STR("HGETALL");
    argv[1] = civic_person_key(r, guardian, KINSHIP_FAMILY_KIN);

    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = 2;
}


civic_result_t
kinship_places_of(civic_request_t *r, civic_str_t guardian,
    kinship_place_t *places, size_t max, size_t *count)
{
    civic_result_t   rc;
    civic_command_t  command;

    kinship_places_command(r, guardian, &command);
    rc = civic_pipeline(r, &command, 1);

    if (rc == CIVIC_OK) {
        kinship_places_take(r, guardian, command.value, places, max, count);
    }

    return rc;
}


/* ---- a relative's record ----------------------------------------------- */

civic_result_t
kinship_binding_take(civic_request_t *r, civic_str_t text,
    kinship_binding_t *binding)
{
    civic_str_t   words[WORDS];
    civic_msec_t  since;

    if (shared_words(r, text, words, WORDS) != 0
        || !shared_is_id(words[0])
        || (since = shared_number(words[1], -1)) < 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "the guardians of person \"%.*s\" have "
                  "a damaged binding", (int) binding->relative.len,
                  binding->relative.data);
        return CIVIC_INVALID;
    }

    binding->id = words[0];
    binding->since = since;
    binding->how = words[2];
    binding->relation = words[3];

    return CIVIC_OK;
}


void
kinship_place_command(civic_request_t *r, const kinship_place_t *place,
    civic_str_t guardian, civic_command_t *command)
{
    civic_str_t  *argv = civic_alloc(r, 3 * sizeof(civic_str_t));

    argv[0] = CIVIC_STR("HGET");
    argv[1] = civic_person_key(r, place->relative, KINSHIP_FAMILY_GUARDIANS);
    argv[2] = guardian;

    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = 3;
}


civic_result_t
kinship_place_take(civic_request_t *r, const kinship_place_t *place,
    civic_str_t guardian, const civic_value_t *value,
    kinship_binding_t *binding)
{
    if (value->type != CIVIC_VALUE_STRING) {
        return CIVIC_NOT_FOUND;
    }

    memset(binding, 0, sizeof(kinship_binding_t));
    binding->guardian = guardian;
    binding->relative = place->relative;

    if (kinship_binding_take(r, value->str, binding) != CIVIC_OK) {
        return CIVIC_INVALID;
    }

    /* a place of an earlier binding of the same two */
    return civic_str_eq(binding->id, place->id) ? CIVIC_OK : CIVIC_NOT_FOUND;
}


civic_result_t
kinship_binding_find(civic_request_t *r, civic_str_t guardian, civic_str_t id,
    kinship_binding_t *binding)
{
    size_t            i, count = 0;
    civic_result_t    rc;
    civic_command_t   command;
    kinship_place_t  *places;

    places = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_place_t));
    rc = kinship_places_of(r, guardian, places, KINSHIP_MOST, &count);

    for (i = 0; i < count && !civic_str_eq(places[i].id, id); i++) {
        /* the one of that id */
    }

    if (rc != CIVIC_OK || i == count) {
        return rc != CIVIC_OK ? rc : CIVIC_NOT_FOUND;
    }

    kinship_place_command(r, &places[i], guardian, &command);
    rc = civic_pipeline(r, &command, 1);

    return rc != CIVIC_OK ? rc
           : kinship_place_take(r, &places[i], guardian, command.value,
                                binding);
}


civic_result_t
kinship_binding_missed(civic_request_t *r, civic_result_t rc)
{
    return rc == CIVIC_NOT_FOUND ? civic_problem(r, "kinship_no_binding")
           : rc == CIVIC_INVALID ? civic_problem(r, "kinship_binding_damaged")
           : rc;
}


/* ---- all of somebody's ------------------------------------------------- */

static int
earlier(const void *a, const void *b)
{
    const kinship_binding_t  *one = a, *two = b;

    if (one->since != two->since) {
        return one->since < two->since ? -1 : 1;
    }

    return memcmp(one->id.data, two->id.data, SHARED_ID);
}


civic_result_t
kinship_bindings_of(civic_request_t *r, civic_str_t guardian,
    kinship_binding_t *bindings, size_t max, size_t *count)
{
    size_t            i, nplaces = 0;
    civic_result_t    rc;
    civic_command_t  *commands;
    kinship_place_t  *places;

    *count = 0;
    places = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_place_t));
    commands = civic_alloc(r, KINSHIP_MOST * sizeof(civic_command_t));
    rc = kinship_places_of(r, guardian, places, KINSHIP_MOST, &nplaces);

    if (rc != CIVIC_OK || nplaces == 0) {
        return rc;
    }

    for (i = 0; i < nplaces; i++) {
        kinship_place_command(r, &places[i], guardian, &commands[i]);
    }

    rc = civic_pipeline(r, commands, nplaces);

    for (i = 0; rc == CIVIC_OK && i < nplaces && *count < max; i++) {
        *count += kinship_place_take(r, &places[i], guardian,
                                     commands[i].value, &bindings[*count])
                  == CIVIC_OK;
    }

    qsort(bindings, *count, sizeof(kinship_binding_t), earlier);

    return rc;
}


void
kinship_guardians_command(civic_request_t *r, civic_str_t relative,
    civic_command_t *command)
{
    civic_str_t  *argv = civic_alloc(r, 2 * sizeof(civic_str_t));

    argv[0] = CIVIC_STR("HGETALL");
    argv[1] = civic_person_key(r, relative, KINSHIP_FAMILY_GUARDIANS);

    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = 2;
}


void
kinship_guardians_take(civic_request_t *r, civic_str_t relative,
    const civic_value_t *value, kinship_binding_t *bindings, size_t max,
    size_t *count)
{
    size_t  i;

    *count = 0;

    for (i = 0; i + 1 < value->count && *count < max; i += 2) {
        if (!shared_is_id(shared_item(value, i))) {
            continue;                   /* "void:<b>" */
        }

        memset(&bindings[*count], 0, sizeof(kinship_binding_t));
        bindings[*count].guardian = shared_item(value, i);
        bindings[*count].relative = relative;

        *count += kinship_binding_take(r, shared_item(value, i + 1),
                                       &bindings[*count]) == CIVIC_OK;
    }

    qsort(bindings, *count, sizeof(kinship_binding_t), earlier);
}


civic_result_t
kinship_guardians_of(civic_request_t *r, civic_str_t relative,
    kinship_binding_t *bindings, size_t max, size_t *count)
{
    civic_result_t   rc;
    civic_command_t  command;

    *count = 0;
    kinship_guardians_command(r, relative, &command);
    rc = civic_pipeline(r, &command, 1);

    if (rc == CIVIC_OK) {
        kinship_guardians_take(r, relative, command.value, bindings, max,
                               count);
    }

    return rc;
}
