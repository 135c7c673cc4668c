/*
 * fake_turns.c - few at a time, between requests of one test.
 *
 * A request that waits goes on at its next step: with its turn if another
 * request gave it up meanwhile, else its time has run out.
 */

#include <stdio.h>

#include "fake_internal.h"


struct fake_turn_s {
    civic_turn_t   turn;
    fake_turn_t   *next;                /* of the request's */
};


unsigned
fake_turns_held(fake_host_t *h)
{
    return (unsigned) civic_turns_held(h->turns);
}


unsigned
fake_turns_waiting(fake_host_t *h)
{
    return (unsigned) civic_turns_waiting(h->turns);
}


static fake_turn_t *
fake_turn_find(fake_run_t *run, const char *name)
{
    fake_turn_t  *mine = run->turns;

    while (mine != NULL && !civic_turn_is(&mine->turn, run->plugin, name)) {
        mine = mine->next;
    }

    return mine;
}


/* Who was called sees it at its next step. */
static void
fake_turns_moved(fake_host_t *h)
{
    while (civic_turns_next(h->turns) != NULL) {
        /* it holds now */
    }
}


static void
fake_turn_leave(fake_run_t *run, fake_turn_t *mine)
{
    civic_turns_leave(run->host->turns, &mine->turn);
    fake_turns_moved(run->host);
}


void
fake_turns_leave(fake_run_t *run)
{
    fake_turn_t  *mine;

    for (mine = run->turns; mine != NULL; mine = mine->next) {
        fake_turn_leave(run, mine);
    }

    run->turns = NULL;
}


static civic_result_t
fake_turn_wait(fake_run_t *run, fake_turn_t *mine)
{
    int64_t         left;
    civic_msec_t    deadline = run->deadline;
    civic_result_t  rc;

    /* that the time is over is the handler's to tell */
    run->deadline = INT64_MAX;
    rc = fake_suspend(run);
    run->deadline = deadline;

    if (rc == CIVIC_OK && mine->turn.holds) {
        return CIVIC_OK;
    }

    fake_turn_leave(run, mine);

    if (rc != CIVIC_OK) {
        return rc;
    }

    left = deadline - fake_now(run->host);

    if (left > 0) {
        fake_advance(run->host, left);
    }

    return CIVIC_TIMEOUT;
}


static civic_result_t
fake_turn_check(fake_run_t *run, const char *name, unsigned limit)
{
    size_t  len = strlen(name);

    if (len == 0 || len > CIVIC_TURN_NAME) {
        return fake_misuse(run, "civic_turn(): the name has %zu bytes", len);
    }

    if (limit == 0) {
        return fake_misuse(run, "civic_turn(): nobody may have \"%s\"", name);
    }

    if (fake_turn_find(run, name) != NULL) {
        return fake_misuse(run, "civic_turn(): the request holds \"%s\" "
                           "already", name);
    }

    return CIVIC_OK;
}


civic_result_t
fake_turn(civic_request_t *r, const char *name, unsigned limit, unsigned line)
{
    fake_run_t          *run = fake_run(r);
    fake_turn_t         *mine;
    civic_turn_state_t   state;

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (fake_turn_check(run, name, limit) != CIVIC_OK) {
        return CIVIC_ERROR;
    }

    if (run->input.no_turn) {
        return CIVIC_BUSY;
    }

    mine = civic_arena_zalloc(run->spare, sizeof(*mine));
    mine->next = run->turns;
    run->turns = mine;

    state = civic_turns_ask(run->host->turns, &mine->turn, run->plugin, name,
                            limit, line);
    fake_turns_moved(run->host);

    if (state == CIVIC_TURN_WAITS) {
        return fake_turn_wait(run, mine);
    }

    return state == CIVIC_TURN_HELD ? CIVIC_OK : CIVIC_BUSY;
}


void
fake_turn_end(civic_request_t *r, const char *name)
{
    fake_run_t   *run = fake_run(r);
    fake_turn_t  *mine = fake_turn_find(run, name);

    if (mine != NULL) {
        fake_turn_leave(run, mine);
        return;
    }

    if (!run->over) {
        (void) fake_misuse(run, "civic_turn_end(): the request does not hold "
                           "\"%s\"", name);
    }
}
