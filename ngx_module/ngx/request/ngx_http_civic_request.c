/*
 * ngx_http_civic_request.c - the life of a request.
 *
 * nginx's request and ours have lives of their own.  Ours begins in the
 * content handler, reads the body, is admitted, and runs its handler on a
 * fiber.  If nginx's ends first (the client left), a fiber that only read is
 * unwound; one that wrote or holds a thread goes on without it, for people
 * lose their network in the middle of a payment.  Whichever ends last gives
 * the memory back.
 *
 * Code on the fiber calls ngx_http_civic_suspend(); everything else in this
 * file runs on the main stack.
 */

#include "ngx_http_civic.h"
#include "ngx_http_civic_lag.h"
#include "json.h"

#include <openssl/rand.h>


#define NGX_HTTP_CIVIC_KEEP         256         /* requests kept for reuse */
#define NGX_HTTP_CIVIC_ARENA        (8 * 1024)
#define NGX_HTTP_CIVIC_ARENA_SMALL  (1024)      /* of those that wait */
#define NGX_HTTP_CIVIC_ARENA_LIMIT  (8 * 1024 * 1024)


static void ngx_http_civic_begin(ngx_http_civic_request_t *cr);
static void ngx_http_civic_fiber(void *data);
static void ngx_http_civic_finish(ngx_http_civic_request_t *cr);
static void ngx_http_civic_gone(void *data);
static void ngx_http_civic_overdue(ngx_event_t *ev);


static ngx_http_civic_request_t *
ngx_http_civic_take(ngx_uint_t small)
{
    civic_arena_t             *arena;
    ngx_http_civic_worker_t   *w = &ngx_http_civic_worker;
    ngx_http_civic_request_t  *cr;

    cr = w->free[small];

    if (cr != NULL) {
        w->free[small] = cr->next;
        w->nfree[small]--;
        arena = cr->arena;

    } else {
        cr = malloc(sizeof(ngx_http_civic_request_t));
        if (cr == NULL) {
            return NULL;
        }

        arena = civic_arena_create(small ? NGX_HTTP_CIVIC_ARENA_SMALL
                                         : NGX_HTTP_CIVIC_ARENA,
                                   NGX_HTTP_CIVIC_ARENA_LIMIT);
        if (arena == NULL) {
            free(cr);
            return NULL;
        }
    }

    ngx_memzero(cr, sizeof(ngx_http_civic_request_t));
    cr->arena = arena;
    cr->small = small;

    return cr;
}


/*
 * A request of the host's own: without a client, of nobody.  Its fiber is
 * started with ngx_http_civic_resume() and goes by the route's deadline.
 */

ngx_http_civic_request_t *
ngx_http_civic_background(ngx_http_civic_route_t *route, ngx_log_t *log,
    void (*fiber)(void *cr))
{
    u_char                    *id, random[16];
    ngx_http_civic_request_t  *cr;

    cr = ngx_http_civic_take(0);
    if (cr == NULL) {
        return NULL;
    }

    id = civic_arena_alloc(cr->arena, 2 * sizeof(random));

    if (id != NULL && RAND_bytes(random, sizeof(random)) == 1) {
        cr->fiber = civic_fiber_create(ngx_http_civic_worker.fibers, fiber,
                                       cr);
    }

    if (cr->fiber == NULL) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "\"%V\" cannot be started: no "
                      "memory or mappings for a fiber", &route->pattern);
        ngx_http_civic_give_back(cr);
        return NULL;
    }

    (void) ngx_hex_dump(id, random, sizeof(random));

    cr->public.host = &ngx_http_civic_host;
    cr->log = log;
    cr->route = route;
    cr->plugin = route->plugin;
    cr->remote_addr = CIVIC_STR("");
    cr->request_id.data = (char *) id;
    cr->request_id.len = 2 * sizeof(random);
    cr->started_us = ngx_http_civic_monotonic_us();
    cr->running = 1;
    cr->started = ngx_current_msec;
    cr->deadline.handler = ngx_http_civic_overdue;
    cr->deadline.data = cr;
    cr->deadline.log = log;

    return cr;
}


void
ngx_http_civic_give_back(void *data)
{
    ngx_uint_t                  small;
    ngx_http_civic_worker_t    *w = &ngx_http_civic_worker;
    ngx_http_civic_request_t   *cr = data;
    ngx_http_civic_overflow_t  *overflow;

    small = cr->small;

    while (cr->overflow != NULL) {
        overflow = cr->overflow;
        cr->overflow = overflow->next;
        free(overflow);
    }

    ngx_http_civic_upload_end(cr);
    ngx_http_civic_blob_unsend(cr);
    civic_arena_reset(cr->arena);

    if (w->nfree[small] == NGX_HTTP_CIVIC_KEEP) {
        civic_arena_destroy(cr->arena);
        free(cr);
        return;
    }

    cr->next = w->free[small];
    w->free[small] = cr;
    w->nfree[small]++;
}


ngx_int_t
ngx_http_civic_serve(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    ngx_http_civic_route_t *route, civic_match_t *match)
{
    const char                *problem;
    ngx_connection_t          *c = r->connection;
    ngx_http_cleanup_t        *cln;
    ngx_http_civic_request_t  *cr;

    /* a client that left before we started is not noticed otherwise */
    if (c->read->pending_eof) {
        return NGX_HTTP_CLIENT_CLOSED_REQUEST;
    }

    ctx->route = route;

    problem = ngx_http_civic_switch_refuses(route->plugin, route->table.flags);
    if (problem == NULL) {
        problem = ngx_http_civic_body_refused(r, route);
    }

    if (problem != NULL) {
        return ngx_http_civic_send_problem(r, ctx, problem, CIVIC_STR(""));
    }

    cln = ngx_http_cleanup_add(r, 0);
    cr = ngx_http_civic_take(route->table.cost == CIVIC_COST_WAIT);

    if (cln == NULL || cr == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_civic_gone;
    cln->data = cr;

    cr->public.host = &ngx_http_civic_host;
    cr->http = r;
    cr->ctx = ctx;
    cr->route = route;
    cr->plugin = route->plugin;
    cr->match = *match;
    cr->remote_addr = ngx_http_civic_str(&c->addr_text);
    cr->started_us = ngx_http_civic_monotonic_us();
    ctx->request = cr;

    problem = ngx_http_civic_session_identify(cr);

    if (problem == NULL && !ngx_http_civic_has_room(cr)) {
        problem = "overloaded";
    }

    if (problem != NULL) {
        return ngx_http_civic_send_problem(r, ctx, problem, CIVIC_STR(""));
    }

    if (route->table.body != NULL || route->table.raw != NULL) {
        return ngx_http_civic_read_body(cr, ngx_http_civic_begin);
    }

    if (route->table.uploads != NULL) {
        return ngx_http_civic_upload_read(cr, ngx_http_civic_begin);
    }

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->main->count++;

    ngx_http_civic_begin(cr);

    return NGX_DONE;
}


/* Instead of running: the request ends with a problem. */

static void
ngx_http_civic_turn_away(ngx_http_civic_request_t *cr, const char *problem)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r = cr->http;

    ngx_http_civic_release(cr);

    rc = ngx_http_civic_send_problem(r, cr->ctx, problem, CIVIC_STR(""));

    ngx_http_finalize_request(r, rc);
}


/*
 * The body is there: from here on it costs a fiber.  The session is looked
 * up now and not before, for a slow sender's may have ended meanwhile.
 */

static void
ngx_http_civic_begin(ngx_http_civic_request_t *cr)
{
    const char               *problem;
    ngx_http_request_t       *r = cr->http;
    ngx_http_civic_worker_t  *w = &ngx_http_civic_worker;

    if (ngx_http_civic_admit(cr) != NGX_OK) {
        ngx_http_civic_turn_away(cr, "overloaded");
        return;
    }

    problem = ngx_http_civic_session_start(cr);
    if (problem != NULL) {
        ngx_http_civic_turn_away(cr, problem);
        return;
    }

    cr->fiber = civic_fiber_create(w->fibers, ngx_http_civic_fiber, cr);

    if (cr->fiber == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "no memory or mappings for a fiber (%ui are live; "
                      "see civic_fibers and vm.max_map_count)", w->live);
        ngx_http_civic_turn_away(cr, "overloaded");
        return;
    }

    r->read_event_handler = ngx_http_test_reading;

    cr->running = 1;
    cr->started = ngx_current_msec;
    cr->deadline.handler = ngx_http_civic_overdue;
    cr->deadline.data = cr;
    cr->deadline.log = ngx_cycle->log;

    ngx_http_civic_resume(cr);
}


/* Runs the fiber until it waits or ends. */

void
ngx_http_civic_resume(ngx_http_civic_request_t *cr)
{
    void        (*start)(ngx_http_civic_request_t *cr);
    ngx_msec_t    spent;

    cr->suspended = 0;

    ngx_http_civic_lag_watch();

    if (!civic_fiber_resume(cr->fiber)) {
        ngx_http_civic_finish(cr);
        return;
    }

    cr->suspended = 1;

    if (!cr->deadline.timer_set) {
        spent = ngx_current_msec - cr->started;
        ngx_add_timer(&cr->deadline, spent < cr->route->table.deadline
                                     ? cr->route->table.deadline - spent : 1);
    }

    if (cr->start != NULL) {
        start = cr->start;
        cr->start = NULL;
        start(cr);
    }
}


/*
 * On the fiber.  start(), if any, runs on the main stack once the fiber is
 * suspended; whoever it leads to calls ngx_http_civic_resume() later, never
 * from inside.  cancel() undoes it; NULL: it cannot be undone.
 */

civic_result_t
ngx_http_civic_suspend(ngx_http_civic_request_t *cr,
    void (*start)(ngx_http_civic_request_t *cr),
    void (*cancel)(ngx_http_civic_request_t *cr))
{
    cr->start = start;
    cr->cancel = cancel;

    civic_fiber_suspend();

    cr->cancel = NULL;

    return cr->aborted || cr->decided != NULL ? CIVIC_ABORTED : CIVIC_OK;
}


/* The host answers itself; the handler is to unwind. */

void
ngx_http_civic_decide(ngx_http_civic_request_t *cr, const char *problem)
{
    if (cr->decided == NULL) {
        cr->decided = problem;
    }
}


/* The same, now, from the event loop: what it waits for is given up. */

void
ngx_http_civic_interrupt(ngx_http_civic_request_t *cr, const char *problem)
{
    ngx_http_civic_decide(cr, problem);

    if (cr->suspended && cr->cancel != NULL) {
        cr->cancel(cr);
        ngx_http_civic_resume(cr);
    }
}


static civic_result_t
ngx_http_civic_invalid(ngx_http_civic_request_t *cr, civic_errors_t *errors)
{
    civic_problem_t  problem;

    ngx_memzero(&problem, sizeof(civic_problem_t));

    problem.code = "invalid_fields";
    problem.errors = errors->items;
    problem.nerrors = errors->count;

    return cr->public.host->problem(&cr->public, &problem);
}


/*
 * "Civic-Now" moves the business clock of one GET in a sandbox.  Anywhere
 * else it is refused and not ignored: who sends it counts on it.
 */

static ngx_uint_t
ngx_http_civic_take_now(ngx_http_civic_request_t *cr)
{
    civic_str_t  text;

    text = civic_header(&cr->public, "civic-now");

    if (text.data == NULL || text.len == 0) {
        return 1;
    }

    return ngx_http_civic_worker.conf->sandbox
           && cr->route->table.method == CIVIC_GET
           && civic_instant_parse(text, &cr->business_now) == 0
           && cr->business_now > 0;
}


/* Body and query, by the route's tables.  A reply made here ends it. */

static civic_result_t
ngx_http_civic_validate(ngx_http_civic_request_t *cr)
{
    json_t                  *json;
    civic_str_t              args;
    civic_errors_t           errors;
    civic_json_status_t      status;

    if (!ngx_http_civic_take_now(cr)) {
        return civic_problem(&cr->public, "civic_now_refused");
    }

    civic_errors_init(&errors, cr->arena);

    if (cr->http != NULL) {
        args = ngx_http_civic_str(&cr->http->args);
        json = civic_schema_query(cr->route->query, args, &errors);
        cr->query = civic_arena_own_json(cr->arena, json);

        if (cr->query == NULL) {
            return CIVIC_ERROR;
        }
    }

    if (cr->route->table.body != NULL) {
        if (cr->raw_body.len == 0) {
            ngx_str_set(&cr->raw_body, "{}");
        }

        status = civic_json_load((char *) cr->raw_body.data, cr->raw_body.len,
                                 &json);
        if (status != CIVIC_JSON_OK) {
            return civic_problem(&cr->public, civic_json_problem(status));
        }

        cr->body = civic_arena_own_json(cr->arena, json);
        if (cr->body == NULL) {
            return CIVIC_ERROR;
        }

        civic_schema_check(cr->route->body, cr->body, &errors);
    }

    if (cr->route->table.uploads != NULL
        && ngx_http_civic_upload(&cr->public) == NULL)
    {
        civic_errors_add(&errors, "", "required", NULL);
    }

    if (errors.count != 0) {
        return ngx_http_civic_invalid(cr, &errors);
    }

    return CIVIC_OK;
}


static const char *
ngx_http_civic_result_problem(ngx_http_civic_request_t *cr,
    civic_result_t result)
{
    switch (result) {
    case CIVIC_OK:
    case CIVIC_ABORTED:
    case CIVIC_ERROR:
    case CIVIC_INVALID:
    case CIVIC_NOT_FOUND:
        return "internal_error";
    case CIVIC_NOT_SENT:
        return "store_unavailable";
    case CIVIC_UNKNOWN:
        return "outcome_unknown";
    case CIVIC_BUSY:
        return "overloaded";
    case CIVIC_TIMEOUT:
        return "gateway_timeout";
    }

    civic_log(&cr->public, CIVIC_LOG_ERROR,
              "handler of \"%s\" returned the unknown result %d",
              (char *) cr->route->pattern.data, (int) result);

    return "internal_error";
}


/* The problem that the host answers with instead of the handler, or NULL. */

static const char *
ngx_http_civic_judge(ngx_http_civic_request_t *cr, civic_result_t rc)
{
    if (cr->decided != NULL) {
        return cr->decided;
    }

    if (cr->aborted) {
        return NULL;
    }

    if (rc != CIVIC_OK) {
        return cr->is_problem ? NULL : ngx_http_civic_result_problem(cr, rc);
    }

    if (cr->status == 0) {
        civic_log(&cr->public, CIVIC_LOG_ERROR,
                  "handler of \"%s\" returned without a reply",
                  (char *) cr->route->pattern.data);
        return "internal_error";
    }

    if (cr->status < 200 || cr->status > 599) {
        civic_log(&cr->public, CIVIC_LOG_ERROR,
                  "handler of \"%s\" replied with the status %d",
                  (char *) cr->route->pattern.data, (int) cr->status);
        return "internal_error";
    }

    if (cr->writing && (cr->writer.failed
                        || (!cr->is_problem && cr->writer.depth == 0)))
    {
        civic_log(&cr->public, CIVIC_LOG_ERROR,
                  "handler of \"%s\" broke its reply: %s",
                  (char *) cr->route->pattern.data,
                  cr->writer.failed ? "nested too deep or out of memory"
                                    : "it closed the host's object");
        return "internal_error";
    }

    return NULL;
}


/* The fiber: everything from the session to the reply. */

static void
ngx_http_civic_fiber(void *data)
{
    const char                *problem;
    civic_result_t             settled, rc = CIVIC_OK;
    ngx_http_civic_request_t  *cr = data;

    /* a route that only reads lets its reads travel with the session's */
    if ((cr->route->table.flags & CIVIC_CHANGES)
        || (cr->route->table.roles & CIVIC_STAFF))
    {
        rc = ngx_http_civic_session_settle(cr);
    }

    if (rc == CIVIC_OK) {
        rc = ngx_http_civic_validate(cr);
    }

    if (rc == CIVIC_OK && cr->status == 0) {
        rc = ngx_http_civic_once_begin(cr);
    }

    if (rc == CIVIC_OK && cr->status == 0) {
        rc = cr->route->table.handler(&cr->public);
    }

    /* also when it failed: what it made may be a problem that tells more
       than an ended session may know */
    settled = ngx_http_civic_session_settle(cr);

    if (rc == CIVIC_OK) {
        rc = settled;
    }

    problem = ngx_http_civic_judge(cr, rc);

    if (problem != NULL) {
        cr->decided = NULL;
        (void) civic_problem(&cr->public, problem);
    }

    /* from here on the reply stands */

    ngx_http_civic_once_end(cr);

    if (problem == NULL && !cr->aborted && !cr->is_problem) {
        ngx_http_civic_audit_check(cr);
        ngx_http_civic_session_note_use(cr);
    }

    cr->decided = NULL;
}


static void
ngx_http_civic_observe(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_worker_t     *w = &ngx_http_civic_worker;
    ngx_http_civic_route_row_t  *row;

    row = ngx_http_civic_zone_route(w->conf, w->row, cr->route->index);

    (void) ngx_atomic_fetch_add(&row->requests, 1);

    if (cr->status >= 400) {
        (void) ngx_atomic_fetch_add(&row->problems, 1);
    }

    if (cr->status >= 500) {
        (void) ngx_atomic_fetch_add(&row->errors, 1);
    }

    civic_histogram_add(&row->time,
                        ngx_http_civic_monotonic_us() - cr->started_us);
}


/* The fiber has ended. */

static void
ngx_http_civic_finish(ngx_http_civic_request_t *cr)
{
    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r = cr->http;

    cr->running = 0;
    cr->fiber = NULL;

    if (cr->deadline.timer_set) {
        ngx_del_timer(&cr->deadline);
    }

    if (cr->session == NGX_HTTP_CIVIC_SESSION_PENDING) {
        ngx_http_civic_redis_cancel(&cr->session_call);
        cr->session = NGX_HTTP_CIVIC_SESSION_NONE;
    }

    ngx_http_civic_turns_leave(cr);
    ngx_http_civic_observe(cr);
    ngx_http_civic_release(cr);

    if (r == NULL) {
        ngx_http_civic_give_back(cr);
        return;
    }

    c = r->connection;
    rc = ngx_http_civic_send(cr);

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static civic_str_t
ngx_http_civic_kept(ngx_http_civic_request_t *cr, civic_str_t str)
{
    str = civic_arena_copy(cr->arena, str);

    return str.data == NULL ? CIVIC_STR("") : str;
}


/* What the handler may still ask for, out of nginx's memory before it goes. */

static void
ngx_http_civic_keep(ngx_http_civic_request_t *cr)
{
    size_t  i;

    (void) ngx_http_civic_service_request_id(&cr->public);

    cr->remote_addr = ngx_http_civic_kept(cr, cr->remote_addr);

    for (i = 0; i < cr->match.count; i++) {
        cr->match.values[i] = ngx_http_civic_kept(cr, cr->match.values[i]);
    }
}


/* nginx's request ends: after our reply, or because the client left. */

static void
ngx_http_civic_gone(void *data)
{
    ngx_http_civic_request_t  *cr = data;

    cr->ctx->request = NULL;

    if (!cr->running) {
        if (cr->session == NGX_HTTP_CIVIC_SESSION_PENDING) {
            ngx_http_civic_redis_cancel(&cr->session_call);
        }

        if (!cr->leaving) {
            ngx_http_civic_give_back(cr);
        }

        return;
    }

    (void) ngx_atomic_fetch_add(&ngx_http_civic_worker.row->aborted, 1);

    ngx_http_civic_keep(cr);

    cr->http = NULL;
    cr->ctx = NULL;

    if (cr->committed) {
        ngx_http_civic_wait_end(cr);
        return;
    }

    cr->aborted = 1;

    if (cr->cancel != NULL) {
        cr->cancel(cr);
        ngx_http_civic_resume(cr);
    }
}


static void
ngx_http_civic_overdue(ngx_event_t *ev)
{
    ngx_http_civic_request_t  *cr = ev->data;

    if (!cr->suspended) {
        return;
    }

    if (cr->decided == NULL) {
        ngx_http_civic_decide(cr, cr->committed ? "outcome_unknown"
                                                : "gateway_timeout");

        (void) ngx_atomic_fetch_add(&ngx_http_civic_worker.row->overdue, 1);

        ngx_log_error(NGX_LOG_WARN,
                      cr->http != NULL ? cr->http->connection->log
                      : cr->log != NULL ? cr->log : ngx_cycle->log,
                      0, "\"%V\" ran over its deadline of %ui ms%s",
                      &cr->route->pattern,
                      (ngx_uint_t) cr->route->table.deadline,
                      cr->cancel == NULL ? ", on a thread" : "");
    }

    if (cr->cancel == NULL) {
        /* work on a thread: it ends by itself, and we wait for it */
        ngx_add_timer(ev, 1000);
        return;
    }

    cr->cancel(cr);
    ngx_http_civic_resume(cr);
}
