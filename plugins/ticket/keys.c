/*
 * keys.c - the keys of codes: read at a worker's start, and told to whoever
 * verifies codes without a network.
 */

#include "ticket.h"


civic_result_t
ticket_init_worker(civic_worker_t *w, void **state, civic_failure_t *failure)
{
    *state = shared_paper_keys_read(w, failure);

    return *state == NULL ? CIVIC_ERROR : CIVIC_OK;
}


void
ticket_exit_worker(void *state)
{
    shared_paper_keys_free(state);
}


civic_result_t
ticket_keys_show(civic_request_t *r)
{
    return shared_paper_keys_write(r, civic_reply(r, 200), civic_state(r));
}
