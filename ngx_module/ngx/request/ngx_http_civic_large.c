/*
 * ngx_http_civic_large.c - replies of more than a piece, on their way out.
 *
 * nginx hands to a socket all that it takes in one go, which may be megabytes.
 * So a large reply leaves in pieces of 64 KB, in the line of its worker's
 * large bodies, and the next one when the client has taken the last.
 *
 * The pieces are not copied.  What they are part of is kept until nginx's pool
 * goes, and not just its request, whose end HTTP/2 may outlive with frames that
 * still point there.
 */

#include "ngx_http_civic_large.h"
#include "ngx_http_civic_bulk.h"


struct ngx_http_civic_large_s {
    ngx_http_request_t     *http;       /* NULL: it is over */
    civic_str_t             parts[NGX_HTTP_CIVIC_LARGE_PARTS];
    ngx_uint_t              nparts;
    ngx_uint_t              at;         /* the first that is not all sent */
    ngx_buf_t              *last;       /* of the last piece */
    ngx_http_civic_bulk_t   bulk;
};


static void ngx_http_civic_large_move(void *owner);


/* nginx's request ends, whether all of it was sent or not. */

static void
ngx_http_civic_large_gone(void *data)
{
    ngx_http_civic_large_t  *large = data;

    large->http = NULL;
    ngx_http_civic_bulk_leave(&large->bulk);
}


ngx_http_civic_large_t *
ngx_http_civic_large_create(ngx_http_request_t *r, void (*over)(void *data),
    void *data)
{
    ngx_http_cleanup_t      *cln;
    ngx_pool_cleanup_t      *pool_cln;
    ngx_http_civic_large_t  *large;

    large = ngx_pcalloc(r->pool, sizeof(ngx_http_civic_large_t));
    cln = ngx_http_cleanup_add(r, 0);
    pool_cln = ngx_pool_cleanup_add(r->pool, 0);

    if (large == NULL || cln == NULL || pool_cln == NULL) {
        return NULL;
    }

    large->http = r;
    large->bulk.move = ngx_http_civic_large_move;
    large->bulk.owner = large;

    cln->handler = ngx_http_civic_large_gone;
    cln->data = large;
    pool_cln->handler = over;
    pool_cln->data = data;

    return large;
}


/* What is left of a part, as far as there is room; NULL: no memory. */

static ngx_chain_t *
ngx_http_civic_large_cut(ngx_http_civic_large_t *large, size_t room)
{
    size_t        len;
    ngx_buf_t    *b;
    civic_str_t  *part = &large->parts[large->at];
    ngx_chain_t  *cl = ngx_alloc_chain_link(large->http->pool);

    b = ngx_calloc_buf(large->http->pool);

    if (cl == NULL || b == NULL) {
        return NULL;
    }

    len = ngx_min(part->len, room);

    b->memory = 1;
    b->start = (u_char *) part->data;
    b->pos = b->start;
    b->last = b->start + len;
    b->end = b->last;

    part->data += len;
    part->len -= len;

    if (part->len == 0) {
        large->at++;
    }

    cl->buf = b;
    cl->next = NULL;
    large->last = b;

    return cl;
}


/* Gives the next piece to nginx. */

static ngx_int_t
ngx_http_civic_large_pass(ngx_http_civic_large_t *large)
{
    size_t         room = NGX_HTTP_CIVIC_BULK_PIECE;
    ngx_chain_t   *out = NULL, **next = &out;

    while (room > 0 && large->at < large->nparts) {
        *next = ngx_http_civic_large_cut(large, room);
        if (*next == NULL) {
            return NGX_ERROR;
        }

        room -= ngx_buf_size(large->last);
        next = &(*next)->next;
    }

    if (large->at == large->nparts) {
        large->last->last_buf = (large->http == large->http->main);
        large->last->last_in_chain = 1;
    }

    return ngx_http_output_filter(large->http, out);
}


/* ---- the client's pace -------------------------------------------------- */

ngx_int_t
ngx_http_civic_large_wait(ngx_http_request_t *r)
{
    ngx_event_t               *wev = r->connection->write;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r->main, ngx_http_core_module);

    if (!wev->delayed) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    return ngx_handle_write_event(wev, clcf->send_lowat);
}


ngx_uint_t
ngx_http_civic_large_may_go_on(ngx_http_request_t *r)
{
    ngx_event_t  *wev = r->connection->write;

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, NGX_ETIMEDOUT,
                      "client timed out");
        r->connection->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return 0;
    }

    if (wev->delayed) {
        if (ngx_http_civic_large_wait(r) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_ERROR);
        }

        return 0;
    }

    return 1;
}


/* The next piece once the last has left. */

static ngx_int_t
ngx_http_civic_large_pump(ngx_http_civic_large_t *large)
{
    ngx_event_t         *wev = large->http->connection->write;
    ngx_http_request_t  *r = large->http;

    if (ngx_buf_size(large->last) != 0
        && ngx_http_output_filter(r, NULL) == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    if (ngx_buf_size(large->last) != 0) {
        return ngx_http_civic_large_wait(r);
    }

    if (wev->timer_set && !wev->delayed) {
        ngx_del_timer(wev);
    }

    ngx_http_civic_bulk_line_up(&large->bulk);

    return NGX_OK;
}


static void
ngx_http_civic_large_writable(ngx_http_request_t *r)
{
    ngx_http_civic_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_civic_module);

    if (ngx_http_civic_large_may_go_on(r)
        && ngx_http_civic_large_pump(ctx->large) != NGX_OK)
    {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


/* Its turn has come. */

static void
ngx_http_civic_large_move(void *owner)
{
    ngx_int_t                rc;
    ngx_connection_t        *c;
    ngx_http_civic_large_t  *large = owner;

    c = large->http->connection;
    rc = ngx_http_civic_large_pass(large);

    if (rc != NGX_ERROR && large->at < large->nparts) {
        rc = ngx_http_civic_large_pump(large);

        if (rc == NGX_OK) {
            return;
        }
    }

    ngx_http_finalize_request(large->http, rc);
    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_civic_large_send(ngx_http_civic_large_t *large,
    const civic_str_t *parts, ngx_uint_t nparts)
{
    ngx_uint_t             i;
    ngx_http_request_t    *r = large->http;
    ngx_http_civic_ctx_t  *ctx;

    for (i = 0; i < nparts; i++) {
        if (parts[i].len > 0) {
            large->parts[large->nparts++] = parts[i];
        }
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_civic_module);
    ctx->large = large;

    r->write_event_handler = ngx_http_civic_large_writable;
    r->main->count++;

    ngx_http_civic_bulk_line_up(&large->bulk);

    return NGX_DONE;
}
