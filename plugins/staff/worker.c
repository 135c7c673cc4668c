/*
 * worker.c - the plugin's start and end in a worker.
 */

#include <stdio.h>
#include <stdlib.h>

#include "staff.h"


civic_result_t
staff_check(json_t *options, civic_failure_t *failure)
{
    return shared_passwords_check(options, failure) == 0 ? CIVIC_OK
                                                         : CIVIC_ERROR;
}


civic_result_t
staff_init_worker(civic_worker_t *w, void **state, civic_failure_t *failure)
{
    staff_state_t  *made;

    made = calloc(1, sizeof(staff_state_t));

    if (made == NULL) {
        snprintf(failure->text, sizeof(failure->text), "no memory");
        return CIVIC_ERROR;
    }

    made->issuer = json_string_value(civic_worker_option(w, "issuer"));

    if (shared_passwords_start(w, &made->passwords, failure) != 0) {
        staff_exit_worker(made);
        return CIVIC_ERROR;
    }

    *state = made;

    return CIVIC_OK;
}


void
staff_exit_worker(void *data)
{
    staff_state_t  *state = data;

    if (state == NULL) {
        return;
    }

    shared_passwords_stop(&state->passwords);
    free(state);
}
