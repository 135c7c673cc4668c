/*
 * ngx_http_civic_body.c - reads a request's body into memory.
 *
 * nginx would spool a large body to a file; nothing personal is ever written
 * in clear, so the body is taken as it arrives and bounded by its route.
 * Slow senders hold no fiber: it is made when the body is complete.
 */

#include "ngx_http_civic.h"


static void ngx_http_civic_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_civic_body_take(ngx_http_civic_request_t *cr);
static ngx_int_t ngx_http_civic_body_append(ngx_http_civic_request_t *cr,
    u_char *data, size_t len);


ngx_int_t
ngx_http_civic_read_body(ngx_http_civic_request_t *cr,
    void (*done)(ngx_http_civic_request_t *cr))
{
    ngx_int_t            rc;
    ngx_http_request_t  *r = cr->http;

    cr->body_done = done;

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_civic_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_civic_body_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_connection_t          *c = r->connection;
    ngx_http_civic_ctx_t      *ctx;
    ngx_http_civic_request_t  *cr;

    ctx = ngx_http_get_module_ctx(r, ngx_http_civic_module);
    cr = ctx->request;

    if (c->read->timedout) {
        /* nginx would close without a word */
        r->keepalive = 0;
        rc = ngx_http_civic_send_problem(r, ctx, "request_timeout",
                                         CIVIC_STR(""));
        ngx_http_finalize_request(r, rc);
        return;
    }

    r->read_event_handler = ngx_http_civic_body_handler;

    for ( ;; ) {

        if (ngx_http_civic_body_take(cr) != NGX_OK) {
            rc = ngx_http_civic_send_problem(r, ctx, "body_too_large",
                                             CIVIC_STR(""));
            ngx_http_finalize_request(r, rc);
            return;
        }

        if (!r->reading_body) {
            break;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            ngx_http_finalize_request(r, rc);
            return;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            return;
        }
    }

    cr->body_done(cr);
}


static ngx_int_t
ngx_http_civic_body_take(ngx_http_civic_request_t *cr)
{
    ngx_chain_t          *cl;
    ngx_http_request_t   *r = cr->http;

    for (cl = r->request_body->bufs; cl != NULL; cl = cl->next) {

        if (ngx_http_civic_body_append(cr, cl->buf->pos,
                                       cl->buf->last - cl->buf->pos)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        cl->buf->pos = cl->buf->last;
    }

    r->request_body->bufs = NULL;

    return NGX_OK;
}


static ngx_int_t
ngx_http_civic_body_append(ngx_http_civic_request_t *cr, u_char *data,
    size_t len)
{
    size_t   size;
    u_char  *p;

    if (len > cr->route->table.max_body - cr->raw_body.len) {
        return NGX_ERROR;
    }

    if (cr->raw_body.len + len > cr->raw_size) {
        size = ngx_max(cr->raw_body.len + len, 2 * cr->raw_size);
        size = ngx_max(size, 1024);

        p = civic_arena_alloc(cr->arena, size);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (cr->raw_body.len != 0) {
            ngx_memcpy(p, cr->raw_body.data, cr->raw_body.len);
        }

        cr->raw_body.data = p;
        cr->raw_size = size;
    }

    if (len != 0) {
        ngx_memcpy(cr->raw_body.data + cr->raw_body.len, data, len);
        cr->raw_body.len += len;
    }

    return NGX_OK;
}
