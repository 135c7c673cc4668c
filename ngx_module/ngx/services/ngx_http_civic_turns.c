/*
 * ngx_http_civic_turns.c - turns: few at a time, in the order of asking.
 *
 * Lines are the worker's own.  A turn that becomes free is called from the
 * event loop and never from inside the call that gave it up, so whoever gave
 * it up goes on first.  A request that waits has a timer of its own instead of
 * its deadline's, for that the time is over is the handler's to tell; it is
 * not cancelable, so a worker that was told to quit finishes its line.
 *
 * Turns are kept with the request and used again: a job may take one a
 * thousand times.
 */

#include "ngx_http_civic.h"
#include "turns.h"


/* Requests that go on in one turn of the event loop. */
#define NGX_HTTP_CIVIC_TURNS_BATCH  16


struct ngx_http_civic_turn_s {
    civic_turn_t               turn;
    ngx_http_civic_turn_t     *next;        /* of the request's */
    ngx_http_civic_request_t  *request;
    ngx_event_t                timer;
    unsigned                   late:1;
};


static civic_turns_t  *ngx_http_civic_turns;
static ngx_event_t     ngx_http_civic_turns_event;


/* ---- the worker ---------------------------------------------------------- */

static void
ngx_http_civic_turns_note(void)
{
    ngx_http_civic_row_t  *row = ngx_http_civic_worker.row;

    row->turns_held = civic_turns_held(ngx_http_civic_turns);
    row->turns_waiting = civic_turns_waiting(ngx_http_civic_turns);
}


/* Who can go on does so soon. */

static void
ngx_http_civic_turns_moved(void)
{
    ngx_http_civic_turns_note();

    if (civic_turns_have_next(ngx_http_civic_turns)
        && !ngx_http_civic_turns_event.posted)
    {
        ngx_post_event(&ngx_http_civic_turns_event, &ngx_posted_events);
    }
}


static void
ngx_http_civic_turns_handler(ngx_event_t *ev)
{
    ngx_uint_t              i;
    civic_turn_t           *turn;
    ngx_http_civic_turn_t  *mine;

    for (i = 0; i < NGX_HTTP_CIVIC_TURNS_BATCH; i++) {
        turn = civic_turns_next(ngx_http_civic_turns);
        if (turn == NULL) {
            return;
        }

        mine = turn->data;

        if (mine->timer.timer_set) {
            ngx_del_timer(&mine->timer);
        }

        ngx_http_civic_resume(mine->request);
    }

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }

    ngx_post_event(ev, &ngx_posted_next_events);
}


ngx_int_t
ngx_http_civic_turns_init(ngx_cycle_t *cycle)
{
    ngx_http_civic_turns = civic_turns_create();
    if (ngx_http_civic_turns == NULL) {
        return NGX_ERROR;
    }

    ngx_http_civic_turns_event.handler = ngx_http_civic_turns_handler;
    ngx_http_civic_turns_event.log = cycle->log;
    ngx_http_civic_turns_note();

    return NGX_OK;
}


void
ngx_http_civic_turns_exit(void)
{
    if (ngx_http_civic_turns_event.posted) {
        ngx_delete_posted_event(&ngx_http_civic_turns_event);
    }

    /* a worker that is ended in the middle has some; the process' end frees
       them as well */
    if (ngx_http_civic_turns != NULL
        && civic_turns_held(ngx_http_civic_turns) == 0
        && civic_turns_waiting(ngx_http_civic_turns) == 0)
    {
        civic_turns_destroy(ngx_http_civic_turns);
        ngx_http_civic_turns = NULL;
    }
}


/* ---- of a request -------------------------------------------------------- */

static ngx_http_civic_turn_t *
ngx_http_civic_turn_find(ngx_http_civic_request_t *cr, const char *name)
{
    ngx_http_civic_turn_t  *mine = cr->turns;

    while (mine != NULL && !civic_turn_is(&mine->turn, cr->plugin, name)) {
        mine = mine->next;
    }

    return mine;
}


static void
ngx_http_civic_turn_late(ngx_event_t *ev)
{
    ngx_http_civic_turn_t  *mine = ev->data;

    if (mine->turn.called) {
        return;                         /* just in time */
    }

    mine->late = 1;
    ngx_http_civic_resume(mine->request);
}


/* One that is not in use, or a new one. */

static ngx_http_civic_turn_t *
ngx_http_civic_turn_take(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_turn_t  *mine = cr->turns;

    while (mine != NULL && mine->turn.line != NULL) {
        mine = mine->next;
    }

    if (mine != NULL) {
        return mine;
    }

    mine = ngx_http_civic_alloc(&cr->public, sizeof(ngx_http_civic_turn_t));
    ngx_memzero(mine, sizeof(ngx_http_civic_turn_t));

    mine->turn.data = mine;
    mine->request = cr;
    mine->timer.handler = ngx_http_civic_turn_late;
    mine->timer.data = mine;
    mine->timer.log = ngx_cycle->log;
    mine->next = cr->turns;
    cr->turns = mine;

    return mine;
}


static void
ngx_http_civic_turn_leave(ngx_http_civic_turn_t *mine)
{
    if (mine->timer.timer_set) {
        ngx_del_timer(&mine->timer);
    }

    civic_turns_leave(ngx_http_civic_turns, &mine->turn);
    ngx_http_civic_turns_moved();
}


/* The request is over: whatever it has is the next one's. */

void
ngx_http_civic_turns_leave(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_turn_t  *mine;

    for (mine = cr->turns; mine != NULL; mine = mine->next) {
        ngx_http_civic_turn_leave(mine);
    }

    cr->turns = NULL;
}


/* ---- waiting ------------------------------------------------------------- */

/* On the main stack. */

static void
ngx_http_civic_turn_start(ngx_http_civic_request_t *cr)
{
    if (cr->deadline.timer_set) {
        ngx_del_timer(&cr->deadline);
    }
}


static void
ngx_http_civic_turn_cancel(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_turn_leave(cr->waiting);
}


static void
ngx_http_civic_turn_overdue(ngx_http_civic_request_t *cr, const char *name)
{
    (void) ngx_atomic_fetch_add(&ngx_http_civic_worker.row->overdue, 1);

    civic_log(&cr->public, CIVIC_LOG_WARN, "waited for a turn of \"%s\" of "
              "\"%s\" up to the deadline", (char *) cr->plugin->name.data,
              name);
}


static civic_result_t
ngx_http_civic_turn_wait(ngx_http_civic_request_t *cr,
    ngx_http_civic_turn_t *mine, const char *name)
{
    ngx_msec_t      spent = ngx_current_msec - cr->started;
    civic_result_t  rc;

    mine->late = 0;
    ngx_add_timer(&mine->timer, spent < cr->route->table.deadline
                                ? cr->route->table.deadline - spent : 1);

    cr->waiting = mine;
    rc = ngx_http_civic_suspend(cr, ngx_http_civic_turn_start,
                                ngx_http_civic_turn_cancel);
    cr->waiting = NULL;

    if (rc != CIVIC_OK || mine->late) {
        ngx_http_civic_turn_leave(mine);
    }

    if (rc == CIVIC_OK && mine->late) {
        ngx_http_civic_turn_overdue(cr, name);
        return CIVIC_TIMEOUT;
    }

    return rc;
}


/* ---- the services -------------------------------------------------------- */

static civic_result_t
ngx_http_civic_turn_misuse(ngx_http_civic_request_t *cr, const char *what,
    const char *name)
{
    civic_log(&cr->public, CIVIC_LOG_ERROR, "plugin \"%s\" %s: \"%.64s\"",
              (char *) cr->plugin->name.data, what, name);

    return CIVIC_ERROR;
}


static civic_result_t
ngx_http_civic_turn_check(ngx_http_civic_request_t *cr, const char *name,
    unsigned limit)
{
    size_t  len = strnlen(name, CIVIC_TURN_NAME + 1);

    if (len == 0 || len > CIVIC_TURN_NAME) {
        return ngx_http_civic_turn_misuse(cr, "asks for a turn whose name is "
                                          "empty or too long", name);
    }

    if (limit == 0) {
        return ngx_http_civic_turn_misuse(cr, "asks for a turn that nobody "
                                          "may have", name);
    }

    if (ngx_http_civic_turn_find(cr, name) != NULL) {
        return ngx_http_civic_turn_misuse(cr, "asks for a turn that the "
                                          "request holds already", name);
    }

    return CIVIC_OK;
}


civic_result_t
ngx_http_civic_turn(civic_request_t *r, const char *name, unsigned limit,
    unsigned line)
{
    civic_turn_state_t         state;
    ngx_http_civic_turn_t     *mine;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (ngx_http_civic_turn_check(cr, name, limit) != CIVIC_OK) {
        return CIVIC_ERROR;
    }

    mine = ngx_http_civic_turn_take(cr);
    state = civic_turns_ask(ngx_http_civic_turns, &mine->turn, cr->plugin,
                            name, limit, line);
    ngx_http_civic_turns_moved();

    switch (state) {
    case CIVIC_TURN_HELD:
        return CIVIC_OK;
    case CIVIC_TURN_WAITS:
        return ngx_http_civic_turn_wait(cr, mine, name);
    case CIVIC_TURN_FULL:
    case CIVIC_TURN_NO_MEMORY:
        break;
    }

    (void) ngx_atomic_fetch_add(&ngx_http_civic_worker.row->turns_refused, 1);

    return CIVIC_BUSY;
}


void
ngx_http_civic_turn_end(civic_request_t *r, const char *name)
{
    ngx_http_civic_turn_t     *mine;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    mine = ngx_http_civic_turn_find(cr, name);

    if (mine != NULL) {
        ngx_http_civic_turn_leave(mine);
        return;
    }

    if (!ngx_http_civic_is_over(r)) {
        (void) ngx_http_civic_turn_misuse(cr, "ends a turn that the request "
                                          "does not hold", name);
    }
}
