/*
 * ngx_http_civic_http.c - outbound HTTP for handlers: suspend, ask, go on.
 *
 * A request goes to the internal server, which knows the upstreams by name
 * and says how far it came; so an outcome is one of four: an answer, nothing
 * was sent, nobody knows, or the request is wrong.  A request that may be
 * sent twice is tried once more, if time is left; any is, when not even our
 * own server could be reached.
 */

#include "ngx_http_civic_http.h"

/* An internal error page must fit, however little the plugin wants. */
#define NGX_HTTP_CIVIC_HTTP_LEAST  4096

/* Until the own server may have room in its backlog again; ms. */
#define NGX_HTTP_CIVIC_HTTP_PAUSE  20


typedef struct {
    ngx_http_civic_request_t    *request;
    const civic_http_request_t  *http;
    size_t                       max_reply;
    ngx_http_civic_exchange_t    exchange;
    ngx_event_t                  deadline;
    ngx_event_t                  again;
    civic_result_t               result;
    const char                  *why;       /* for the log */
    unsigned                     tried:1;   /* once more, already */
    unsigned                     late:1;
} ngx_http_civic_outbound_t;


static ngx_uint_t  ngx_http_civic_outbound_pending;     /* of this worker */


/* ---- what it means ------------------------------------------------------- */

static civic_result_t
ngx_http_civic_outbound_verdict(ngx_http_civic_outbound_t *out)
{
    switch (civic_http_verdict(out->exchange.parser)) {

    case CIVIC_HTTP_ANSWERED:
        return CIVIC_OK;

    case CIVIC_HTTP_NOBODY:
        out->why = "nobody could be reached";
        return CIVIC_NOT_SENT;

    case CIVIC_HTTP_LOST:
        out->why = "no answer came";
        return CIVIC_UNKNOWN;

    case CIVIC_HTTP_NO_SUCH_NAME:
        out->why = "there is no upstream of that name";
        return CIVIC_ERROR;

    case CIVIC_HTTP_REFUSED:
        out->why = "the internal server refuses the request";
        return CIVIC_ERROR;

    case CIVIC_HTTP_FOREIGN:
        out->why = "the server behind civic_upstreams does not mark its "
                   "answers";
        return CIVIC_UNKNOWN;
    }

    return CIVIC_UNKNOWN;
}


static civic_result_t
ngx_http_civic_outbound_judge(ngx_http_civic_outbound_t *out)
{
    ngx_http_civic_exchange_t  *x = &out->exchange;

    if (out->late) {
        out->why = "its time is over";
        return x->sent == 0 ? CIVIC_NOT_SENT : CIVIC_UNKNOWN;
    }

    if (!x->connected) {
        out->why = "the server behind civic_upstreams cannot be reached";
        return CIVIC_NOT_SENT;
    }

    if (x->state == CIVIC_HTTP_DONE) {
        return ngx_http_civic_outbound_verdict(out);
    }

    out->why = civic_http_text(x->state);

    return x->sent == 0 ? CIVIC_NOT_SENT : CIVIC_UNKNOWN;
}


/* Whether it is tried again, and after which pause; NGX_DECLINED: not. */
static ngx_int_t
ngx_http_civic_outbound_retry(ngx_http_civic_outbound_t *out)
{
    ngx_http_civic_exchange_t  *x = &out->exchange;

    if (!out->deadline.timer_set || x->stopped
        || (out->result != CIVIC_NOT_SENT && out->result != CIVIC_UNKNOWN))
    {
        return NGX_DECLINED;
    }

    if (x->reused && !civic_http_began(x->parser)) {
        return 0;                       /* it was closed meanwhile */
    }

    if (out->tried) {
        return NGX_DECLINED;
    }

    if (!x->connected) {
        out->tried = 1;
        return NGX_HTTP_CIVIC_HTTP_PAUSE;
    }

    if (!(out->http->flags & CIVIC_HTTP_SAFE)
        || x->state == CIVIC_HTTP_BODY_TOO_LARGE
        || x->state == CIVIC_HTTP_NO_MEMORY)
    {
        return NGX_DECLINED;
    }

    out->tried = 1;

    return 0;
}


/* ---- on the main stack --------------------------------------------------- */

static void
ngx_http_civic_outbound_stop(ngx_http_civic_outbound_t *out)
{
    ngx_http_civic_exchange_cancel(&out->exchange);

    if (out->deadline.timer_set) {
        ngx_del_timer(&out->deadline);
    }

    if (out->again.timer_set) {
        ngx_del_timer(&out->again);
    }
}


static void
ngx_http_civic_outbound_done(ngx_http_civic_exchange_t *x)
{
    ngx_int_t                   pause;
    ngx_http_civic_outbound_t  *out = x->data;

    out->result = ngx_http_civic_outbound_judge(out);
    pause = ngx_http_civic_outbound_retry(out);

    if (pause != NGX_DECLINED) {
        (void) ngx_atomic_fetch_add(
                         &ngx_http_civic_worker.row->outbound_retries, 1);
        x->may_reuse = 0;
        ngx_add_timer(&out->again, (ngx_msec_t) pause);
        return;
    }

    ngx_http_civic_outbound_stop(out);
    ngx_http_civic_resume(out->request);
}


static void
ngx_http_civic_outbound_again(ngx_event_t *ev)
{
    ngx_http_civic_outbound_t  *out = ev->data;

    ngx_http_civic_exchange_start(&out->exchange);
}


static void
ngx_http_civic_outbound_late(ngx_event_t *ev)
{
    ngx_http_civic_outbound_t  *out = ev->data;

    if (out->exchange.completed.posted) {
        return;                         /* just in time */
    }

    /* between two attempts, the first one's outcome stands */
    if (!out->again.timer_set) {
        out->late = 1;
        out->result = ngx_http_civic_outbound_judge(out);
    }

    ngx_http_civic_outbound_stop(out);
    ngx_http_civic_resume(out->request);
}


static void
ngx_http_civic_outbound_start(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_outbound_t  *out = cr->waiting;

    ngx_add_timer(&out->deadline, out->http->timeout != 0
                                  ? out->http->timeout : CIVIC_HTTP_TIMEOUT);
    ngx_http_civic_exchange_start(&out->exchange);
}


static void
ngx_http_civic_outbound_cancel(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_outbound_stop(cr->waiting);
}


/* ---- on the fiber -------------------------------------------------------- */

static void
ngx_http_civic_outbound_init(ngx_http_civic_outbound_t *out,
    ngx_http_civic_request_t *cr, const civic_http_request_t *request)
{
    ngx_memzero(out, sizeof(ngx_http_civic_outbound_t));

    out->request = cr;
    out->http = request;
    out->max_reply = request->max_reply != 0 ? request->max_reply
                                             : CIVIC_HTTP_MAX_REPLY;

    out->deadline.handler = ngx_http_civic_outbound_late;
    out->deadline.data = out;
    out->deadline.log = ngx_cycle->log;

    out->again.handler = ngx_http_civic_outbound_again;
    out->again.data = out;
    out->again.log = ngx_cycle->log;

    out->exchange.server = ngx_http_civic_worker.conf->upstreams;
    out->exchange.parts = request->nparts != 0 ? request->parts
                                               : &request->body;
    out->exchange.nparts = request->nparts != 0 ? request->nparts : 1;
    out->exchange.may_reuse = (request->flags & CIVIC_HTTP_SAFE) != 0;
    out->exchange.done = ngx_http_civic_outbound_done;
    out->exchange.data = out;
}


/* The head is written and there is memory: it can be sent. */
static civic_result_t
ngx_http_civic_outbound_prepare(ngx_http_civic_outbound_t *out)
{
    civic_request_t            *r = &out->request->public;
    civic_failure_t             failure;
    ngx_http_civic_exchange_t  *x = &out->exchange;

    if (x->server == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "an outbound request needs "
                  "\"civic_upstreams\" in nginx.conf");
        return CIVIC_ERROR;
    }

    if (civic_http_write(out->request->arena, out->http, civic_request_id(r),
                         &x->head, &failure)
        != 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "an outbound request cannot be sent: "
                  "%s", failure.text);
        return CIVIC_ERROR;
    }

    x->length = x->head.len + civic_http_length(out->http);
    x->parser = civic_http_parser_create(
                    ngx_max(out->max_reply, NGX_HTTP_CIVIC_HTTP_LEAST), 0);

    if (x->parser == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "no memory for an outbound request");
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


static void
ngx_http_civic_outbound_take(ngx_http_civic_outbound_t *out,
    const civic_http_reply_t **reply)
{
    *reply = civic_http_reply(out->exchange.parser, out->request->arena);

    if (*reply == NULL) {
        out->why = "its answer finds no memory";
        out->result = CIVIC_UNKNOWN;

    } else if ((*reply)->body.len > out->max_reply) {
        *reply = NULL;
        out->why = civic_http_text(CIVIC_HTTP_BODY_TOO_LARGE);
        out->result = CIVIC_UNKNOWN;
    }
}


static void
ngx_http_civic_outbound_count(ngx_http_civic_outbound_t *out, uint64_t us,
    const civic_http_reply_t *reply)
{
    ngx_uint_t             failed = 1;
    ngx_atomic_t          *counter;
    ngx_http_civic_row_t  *row = ngx_http_civic_worker.row;

    switch (out->result) {
    case CIVIC_OK:
        counter = &row->outbound_answered;
        failed = reply->status >= 500;
        break;
    case CIVIC_NOT_SENT:
        counter = &row->outbound_not_sent;
        break;
    case CIVIC_UNKNOWN:
        counter = &row->outbound_unknown;
        break;
    case CIVIC_ABORTED:
        counter = &row->outbound_aborted;
        break;
    default:
        counter = &row->outbound_wrong;
    }

    (void) ngx_atomic_fetch_add(counter, 1);
    civic_histogram_add(&row->outbound_time, us);

    /* what we gave up or could not send says nothing of the provider */
    if (out->result == CIVIC_OK || out->result == CIVIC_NOT_SENT
        || out->result == CIVIC_UNKNOWN)
    {
        ngx_http_civic_alarms_outcome(out->http->upstream, failed);
    }
}


static void
ngx_http_civic_outbound_tell(ngx_http_civic_outbound_t *out, uint64_t us)
{
    if (out->result == CIVIC_OK || out->result == CIVIC_ABORTED) {
        return;
    }

    civic_log(&out->request->public,
              out->result == CIVIC_ERROR ? CIVIC_LOG_ERROR : CIVIC_LOG_WARN,
              "outbound request to \"%s\" failed after %llu ms%s: %s (%s)",
              out->http->upstream, (unsigned long long) us / 1000,
              out->tried ? " and two attempts" : "", out->why,
              out->result == CIVIC_UNKNOWN ? "its outcome is unknown"
                                           : "nothing was done");
}


civic_result_t
ngx_http_civic_http(civic_request_t *r, const civic_http_request_t *request,
    const civic_http_reply_t **reply)
{
    uint64_t                    began, took;
    ngx_http_civic_row_t       *row = ngx_http_civic_worker.row;
    ngx_http_civic_request_t   *cr = (ngx_http_civic_request_t *) r;
    ngx_http_civic_outbound_t   out;

    *reply = NULL;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    ngx_http_civic_outbound_init(&out, cr, request);

    if (ngx_http_civic_outbound_prepare(&out) != CIVIC_OK) {
        (void) ngx_atomic_fetch_add(&row->outbound_wrong, 1);
        return CIVIC_ERROR;
    }

    if (!(request->flags & CIVIC_HTTP_SAFE)) {
        cr->committed = 1;
    }

    began = ngx_http_civic_monotonic_us();
    cr->waiting = &out;
    row->outbound_pending = ++ngx_http_civic_outbound_pending;

    if (ngx_http_civic_suspend(cr, ngx_http_civic_outbound_start,
                               ngx_http_civic_outbound_cancel)
        != CIVIC_OK)
    {
        out.result = CIVIC_ABORTED;
    }

    row->outbound_pending = --ngx_http_civic_outbound_pending;
    cr->waiting = NULL;

    if (out.result == CIVIC_OK) {
        ngx_http_civic_outbound_take(&out, reply);
    }

    civic_http_parser_free(out.exchange.parser);

    took = ngx_http_civic_monotonic_us() - began;
    ngx_http_civic_outbound_count(&out, took, *reply);
    ngx_http_civic_outbound_tell(&out, took);

    return out.result;
}
