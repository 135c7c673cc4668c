/*
 * ngx_http_civic_body.c - reads a request's body into memory.
 *
 * nginx would spool a large body to a file; nothing personal is ever written
 * in clear, so the body is taken as it arrives and bounded by its route.
 * Slow senders hold no fiber: it is made when the body is complete.
 *
 * A neighbour that looks at bodies (Lua, ModSecurity) has it read before us,
 * by nginx's own rules: then some of it may stand in a file.
 */

#include "ngx_http_civic.h"
#include "intake.h"
#include "multipart.h"

/* What a form may have around its file; the parser knows it better. */
#define NGX_HTTP_CIVIC_FORM  (4 * CIVIC_MULTIPART_HEADERS)


static void ngx_http_civic_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_civic_body_take(ngx_http_civic_request_t *cr);
static ngx_int_t ngx_http_civic_body_take_file(ngx_http_civic_request_t *cr,
    ngx_buf_t *b);
static ngx_int_t ngx_http_civic_body_append(ngx_http_civic_request_t *cr,
    u_char *data, size_t len);


static ngx_uint_t
ngx_http_civic_body_is_empty(ngx_http_request_t *r)
{
    return r->headers_in.content_length_n <= 0 && !r->headers_in.chunked;
}


static const char *
ngx_http_civic_json_refused(civic_str_t type)
{
    char  name[CIVIC_MULTIPART_TYPE + 1];

    if (civic_media_type(type, name) != 0
        || ngx_strcmp(name, "application/json") != 0)
    {
        return "unsupported_media_type";
    }

    return NULL;
}


/* A file as it is is compared with the list; one in a form is looked at when
   its part begins. */

static const char *
ngx_http_civic_upload_refused(ngx_http_request_t *r,
    ngx_http_civic_route_t *route, civic_str_t type)
{
    off_t  most = route->table.max_body;

    if (civic_multipart_is(type)) {
        return r->headers_in.content_length_n > most + NGX_HTTP_CIVIC_FORM
               ? "body_too_large" : NULL;
    }

    if (civic_intake_match(route->table.uploads, type) == NULL) {
        return "unsupported_media_type";
    }

    return r->headers_in.content_length_n > most ? "body_too_large" : NULL;
}


static ngx_uint_t
ngx_http_civic_has_body(ngx_http_civic_route_t *route)
{
    return route->table.body != NULL || route->table.uploads != NULL
           || route->table.raw != NULL;
}


/* What can be told from the head alone. */

const char *
ngx_http_civic_body_refused(ngx_http_request_t *r,
    ngx_http_civic_route_t *route)
{
    civic_str_t       type = { "", 0 };
    ngx_table_elt_t  *header;

    if (!ngx_http_civic_has_body(route)) {
        return ngx_http_civic_body_is_empty(r) ? NULL : "unexpected_body";
    }

    if (route->table.uploads == NULL
        && r->headers_in.content_length_n > (off_t) route->table.max_body)
    {
        return "body_too_large";
    }

    if (ngx_http_civic_body_is_empty(r)) {
        return NULL;                    /* no body is an empty one */
    }

    header = r->headers_in.content_type;

    if (header != NULL) {
        type = ngx_http_civic_str(&header->value);
    }

    if (route->table.uploads != NULL) {
        return ngx_http_civic_upload_refused(r, route, type);
    }

    if (route->table.raw != NULL) {
        return civic_intake_match(route->table.raw, type) == NULL
               ? "unsupported_media_type" : NULL;
    }

    return ngx_http_civic_json_refused(type);
}


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

        rc = ngx_http_civic_body_take(cr);

        if (rc != NGX_OK) {
            rc = ngx_http_civic_send_problem(r, ctx,
                                             rc == NGX_DECLINED
                                             ? "body_too_large"
                                             : "internal_error",
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


/* NGX_DECLINED: it is larger than the route takes. */

static ngx_int_t
ngx_http_civic_body_take(ngx_http_civic_request_t *cr)
{
    ngx_int_t             rc;
    ngx_buf_t            *b;
    ngx_chain_t          *cl;
    ngx_http_request_t   *r = cr->http;

    if (r->request_body == NULL) {
        return NGX_OK;                  /* a subrequest: nothing to read */
    }

    for (cl = r->request_body->bufs; cl != NULL; cl = cl->next) {
        b = cl->buf;

        if (b->in_file && !ngx_buf_in_memory(b)) {
            rc = ngx_http_civic_body_take_file(cr, b);
        } else {
            rc = ngx_http_civic_body_append(cr, b->pos, b->last - b->pos);
        }

        if (rc != NGX_OK) {
            return rc;
        }

        b->pos = b->last;
    }

    r->request_body->bufs = NULL;

    return NGX_OK;
}


/* Written a moment ago, and no larger than the route's bound: it is read
   from memory. */

static ngx_int_t
ngx_http_civic_body_take_file(ngx_http_civic_request_t *cr, ngx_buf_t *b)
{
    u_char     page[4096];
    ssize_t    n;
    ngx_int_t  rc;

    while (b->file_pos < b->file_last) {

        n = ngx_read_file(b->file, page,
                          (size_t) ngx_min(b->file_last - b->file_pos,
                                           (off_t) sizeof(page)),
                          b->file_pos);
        if (n <= 0) {
            return NGX_ERROR;
        }

        rc = ngx_http_civic_body_append(cr, page, n);
        if (rc != NGX_OK) {
            return rc;
        }

        b->file_pos += n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_civic_body_append(ngx_http_civic_request_t *cr, u_char *data,
    size_t len)
{
    size_t   size;
    u_char  *p;

    if (len > cr->route->table.max_body - cr->raw_body.len) {
        return NGX_DECLINED;
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
