/*
 * ngx_http_civic_reply.c - from a reply to nginx's output.
 *
 * The bytes are copied into nginx's request, so that ours need not wait for
 * a slow client; large ones are sent from where they are.  With
 * "Civic-Envelope: 1" the status is always 200 and the true one stands in the
 * body, for runtimes that hide the body of others.
 */

#include "ngx_http_civic.h"
#include "ngx_http_civic_bulk.h"
#include "ngx_http_civic_large.h"

#include <sys/socket.h>


#define NGX_HTTP_CIVIC_RETRY_AFTER  2           /* s, of an overload */
#define NGX_HTTP_CIVIC_RETRY_PLUGIN 30          /* s, of what people switch */


typedef struct {
    ngx_uint_t   status;
    const char  *content_type;
    civic_str_t  before;        /* of the envelope */
    civic_str_t  body;
    civic_str_t  after;
    int64_t      retry_after;
    civic_str_t  allow;
    ngx_uint_t   tagged;
    ngx_uint_t   own_tag;       /* the plugin's header */

    /* whose memory the body is; NULL: of nobody who could keep it */
    ngx_http_civic_request_t  *owner;
} ngx_http_civic_output_t;


/* s until a 503 is worth another attempt: in its body and its header. */

int64_t
ngx_http_civic_retry_after(const char *code)
{
    return code != NULL && ngx_strcmp(code, "plugin_unavailable") == 0
           ? NGX_HTTP_CIVIC_RETRY_PLUGIN : NGX_HTTP_CIVIC_RETRY_AFTER;
}


ngx_table_elt_t *
ngx_http_civic_find_header(ngx_http_request_t *r, const char *name,
    size_t len)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    part = &r->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].key.len == len
            && ngx_strncasecmp(header[i].key.data, (u_char *) name, len) == 0)
        {
            return &header[i];
        }
    }
}


static ngx_uint_t
ngx_http_civic_wants_envelope(ngx_http_request_t *r)
{
    ngx_table_elt_t  *header;

    header = ngx_http_civic_find_header(r, "civic-envelope",
                                        sizeof("civic-envelope") - 1);

    return header != NULL && header->value.len == 1
           && header->value.data[0] == '1';
}


civic_language_t
ngx_http_civic_request_language(ngx_http_request_t *r)
{
    ngx_table_elt_t  *header;

    header = ngx_http_civic_find_header(r, "accept-language",
                                        sizeof("accept-language") - 1);

    return header == NULL ? CIVIC_ZH
                          : civic_language(ngx_http_civic_str(&header->value));
}


civic_str_t
ngx_http_civic_request_id(ngx_http_request_t *r)
{
    civic_str_t                  id = { "", 0 };
    ngx_http_variable_value_t   *v;
    ngx_http_civic_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_civic_module);

    v = ngx_http_get_indexed_variable(r->main, cmcf->request_id_index);

    if (v != NULL && !v->not_found) {
        id.data = (char *) v->data;
        id.len = v->len;
    }

    return id;
}


static ngx_int_t
ngx_http_civic_add_header(ngx_http_request_t *r, const char *name,
    size_t name_len, const char *value, size_t value_len)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = name_len;
    h->value.data = (u_char *) value;
    h->value.len = value_len;

    return NGX_OK;
}


static ngx_int_t
ngx_http_civic_add_number_header(ngx_http_request_t *r, const char *name,
    size_t name_len, int64_t value)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_civic_add_header(r, name, name_len, (char *) p,
                                     ngx_sprintf(p, "%L", value) - p);
}


/* A tag of 64 bits from two hashes of the bytes. */

static ngx_int_t
ngx_http_civic_add_etag(ngx_http_request_t *r, civic_str_t body)
{
    u_char           *p;
    ngx_table_elt_t  *h;

    p = ngx_pnalloc(r->pool, sizeof("\"0123456789abcdef\"") - 1);
    h = ngx_list_push(&r->headers_out.headers);

    if (p == NULL || h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "ETag");
    h->value.data = p;
    h->value.len = ngx_sprintf(p, "\"%08xD%08xD\"",
                               ngx_murmur_hash2((u_char *) body.data,
                                                body.len),
                               ngx_crc32_long((u_char *) body.data, body.len))
                   - p;

    r->headers_out.etag = h;

    return NGX_OK;
}


static ngx_int_t
ngx_http_civic_wrap(civic_arena_t *arena, ngx_http_civic_output_t *out)
{
    int          ok = out->status < 400;
    const char  *name = ok ? "data" : "problem";

    if (out->body.len == 0) {
        name = "data";
        out->body = CIVIC_STR("null");
    }

    out->before = civic_arena_print(arena,
                                    "{\"ok\":%s,\"status\":%u,\"%s\":",
                                    ok ? "true" : "false",
                                    (unsigned) out->status, name);
    out->after = CIVIC_STR("}");
    out->content_type = "application/json";
    out->tagged = 0;

    return out->before.data == NULL ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_http_civic_output_headers(ngx_http_request_t *r,
    ngx_http_civic_output_t *out)
{
    static const char  no_store[] = "no-store";

    if (!out->tagged
        && ngx_http_civic_add_header(r, "Cache-Control",
                                     sizeof("Cache-Control") - 1, no_store,
                                     sizeof(no_store) - 1)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (out->retry_after > 0
        && ngx_http_civic_add_number_header(r, "Retry-After",
                                            sizeof("Retry-After") - 1,
                                            out->retry_after)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (out->allow.len != 0
        && ngx_http_civic_add_header(r, "Allow", sizeof("Allow") - 1,
                                     out->allow.data, out->allow.len)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (out->status == NGX_HTTP_UNAUTHORIZED
        && ngx_http_civic_add_header(r, "WWW-Authenticate",
                                     sizeof("WWW-Authenticate") - 1,
                                     "Bearer", sizeof("Bearer") - 1)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static size_t
ngx_http_civic_output_len(const ngx_http_civic_output_t *out)
{
    return out->before.len + out->body.len + out->after.len;
}


static ngx_int_t
ngx_http_civic_output_head(ngx_http_request_t *r, civic_arena_t *arena,
    ngx_http_civic_output_t *out)
{
    ngx_uint_t  status = out->status;

    if (ngx_http_civic_wants_envelope(r)
        && (out->content_type == NULL
            || ngx_strstr(out->content_type, "json") != NULL))
    {
        if (ngx_http_civic_wrap(arena, out) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        status = NGX_HTTP_OK;
    }

    if (ngx_http_civic_output_headers(r, out) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (out->tagged && !out->own_tag
        && ngx_http_civic_add_etag(r, out->body) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = ngx_http_civic_output_len(out);

    if (out->content_type != NULL) {
        r->headers_out.content_type.data = (u_char *) out->content_type;
        r->headers_out.content_type.len = ngx_strlen(out->content_type);
        r->headers_out.content_type_len = r->headers_out.content_type.len;
        r->headers_out.content_type_lowcase = NULL;
    }

    if (status == NGX_HTTP_NO_CONTENT || out->body.len == 0) {
        r->header_only = 1;

        if (status == NGX_HTTP_NO_CONTENT
            || status == NGX_HTTP_NOT_MODIFIED)
        {
            r->headers_out.content_length_n = -1;
        }
    }

    return ngx_http_send_header(r);
}


/* Behind what is there; an empty text may point nowhere. */
static void
ngx_http_civic_output_add(ngx_buf_t *b, civic_str_t text)
{
    if (text.len > 0) {
        b->last = ngx_cpymem(b->last, text.data, text.len);
    }
}


static ngx_int_t
ngx_http_civic_output_small(ngx_http_request_t *r,
    const ngx_http_civic_output_t *out)
{
    ngx_buf_t    *b;
    ngx_chain_t   chain;

    b = ngx_create_temp_buf(r->pool, ngx_http_civic_output_len(out));
    if (b == NULL) {
        return NGX_ERROR;
    }

    ngx_http_civic_output_add(b, out->before);
    ngx_http_civic_output_add(b, out->body);
    ngx_http_civic_output_add(b, out->after);
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    chain.buf = b;
    chain.next = NULL;

    return ngx_http_output_filter(r, &chain);
}


/* Our request's memory is given back when all of it has left. */

static ngx_int_t
ngx_http_civic_output_large(ngx_http_request_t *r,
    const ngx_http_civic_output_t *out)
{
    civic_str_t              parts[] = { out->before, out->body, out->after };
    ngx_http_civic_large_t  *large;

    large = ngx_http_civic_large_create(r, ngx_http_civic_give_back,
                                        out->owner);
    if (large == NULL) {
        return NGX_ERROR;
    }

    out->owner->leaving = 1;

    return ngx_http_civic_large_send(large, parts, 3);
}


static ngx_int_t
ngx_http_civic_output(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    civic_arena_t *arena, ngx_http_civic_output_t *out)
{
    ngx_int_t  rc;

    ctx->status = out->status;

    rc = ngx_http_civic_output_head(r, arena, out);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return out->owner != NULL && out->body.len > NGX_HTTP_CIVIC_BULK_PIECE
           ? ngx_http_civic_output_large(r, out)
           : ngx_http_civic_output_small(r, out);
}


static ngx_int_t
ngx_http_civic_send_fallback(ngx_http_civic_request_t *cr)
{
    ngx_log_error(NGX_LOG_ERR, cr->http->connection->log, 0,
                  "no memory for the reply of \"%V\"", &cr->route->pattern);

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* Those that the handler added. */

static ngx_int_t
ngx_http_civic_send_headers(ngx_http_civic_request_t *cr)
{
    ngx_uint_t                i;
    ngx_http_request_t       *r = cr->http;
    ngx_http_civic_header_t  *h;

    for (i = 0; i < cr->nheaders; i++) {
        h = &cr->headers[i];

        h->value.data = ngx_pstrdup(r->pool, &h->value);
        h->name.data = ngx_pstrdup(r->pool, &h->name);

        if (h->value.data == NULL || h->name.data == NULL
            || ngx_http_civic_add_header(r, (char *) h->name.data,
                                         h->name.len, (char *) h->value.data,
                                         h->value.len)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* A file of a person: for this client alone, and as what it says it is. */

static ngx_int_t
ngx_http_civic_send_blob(ngx_http_civic_request_t *cr)
{
    size_t  i;

    static const struct {
        const char  *name;
        const char  *value;
    } headers[] = {
        { "Content-Disposition", "inline" },
        { "Cache-Control", "private, no-store" },
        { "X-Content-Type-Options", "nosniff" }
    };

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (ngx_http_civic_add_header(cr->http, headers[i].name,
                                      ngx_strlen(headers[i].name),
                                      headers[i].value,
                                      ngx_strlen(headers[i].value))
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ngx_http_civic_send_headers(cr) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_civic_blob_send(cr);
}


/* What the fiber left, on the main stack. */

ngx_int_t
ngx_http_civic_send(ngx_http_civic_request_t *cr)
{
    ngx_http_request_t       *r = cr->http;
    ngx_http_civic_output_t   out;

    if (ngx_http_civic_blob_is_reply(cr)) {
        return ngx_http_civic_send_blob(cr);
    }

    ngx_memzero(&out, sizeof(ngx_http_civic_output_t));

    out.status = cr->status;
    out.content_type = cr->content_type;
    out.body = cr->reply_body;
    out.retry_after = cr->retry_after;
    out.tagged = cr->tagged && r->method == NGX_HTTP_GET;
    out.own_tag = cr->own_tag;
    out.owner = cr;

    if (cr->writing) {
        if (civic_writer_finish(&cr->writer) != 0) {
            return ngx_http_civic_send_fallback(cr);
        }

        out.body.data = cr->writer.data;
        out.body.len = cr->writer.len;
    }

    if (out.status == NGX_HTTP_SERVICE_UNAVAILABLE && out.retry_after == 0) {
        out.retry_after = ngx_http_civic_retry_after(cr->ctx->problem);
    }

    if (ngx_http_civic_send_headers(cr) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_civic_output(r, cr->ctx, cr->arena, &out);
}


/* A request that was refused before it had a fiber counts too. */

static void
ngx_http_civic_observe_refusal(ngx_http_civic_ctx_t *ctx, ngx_uint_t status)
{
    ngx_http_civic_worker_t     *w = &ngx_http_civic_worker;
    ngx_http_civic_route_row_t  *row;

    if (ctx->route == NULL || w->row == NULL) {
        return;
    }

    row = ngx_http_civic_zone_route(w->conf, w->row, ctx->route->index);

    (void) ngx_atomic_fetch_add(&row->requests, 1);
    (void) ngx_atomic_fetch_add(&row->problems, 1);

    if (status >= 500) {
        (void) ngx_atomic_fetch_add(&row->errors, 1);
    }
}


/* By its length; in chunks, while more of them may come. */

static ngx_uint_t
ngx_http_civic_body_may_be_large(ngx_http_request_t *r)
{
    if (r->headers_in.chunked) {
        return r->request_body == NULL || r->reading_body;
    }

    return r->headers_in.content_length_n > NGX_HTTP_CIVIC_BULK_PIECE;
}


/*
 * A large body that nobody will read: nginx throws away in one go what its
 * socket holds, which may be megabytes, so from here on it holds little.  The
 * connection ends with this answer.  HTTP/2 has windows of its own.
 */

static void
ngx_http_civic_sip(ngx_http_request_t *r)
{
    int  size = NGX_HTTP_CIVIC_BULK_PIECE / 2;      /* the kernel doubles it */

    if (!ngx_http_civic_body_may_be_large(r)
        || r->http_version >= NGX_HTTP_VERSION_20)
    {
        return;
    }

    r->keepalive = 0;
    (void) setsockopt(r->connection->fd, SOL_SOCKET, SO_RCVBUF, &size,
                      sizeof(size));
}


/*
 * A problem of the host's, before or without a request of ours.  Built in an
 * arena that lives as long as the worker and is empty between two problems.
 */

ngx_int_t
ngx_http_civic_send_problem(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    const char *code, civic_str_t allow)
{
    static civic_arena_t  *arena;

    ngx_int_t                 rc;
    civic_writer_t            w;
    civic_problem_t           problem;
    ngx_http_civic_output_t   out;
    civic_problem_context_t   context;

    if (arena == NULL) {
        arena = civic_arena_create(4096, 256 * 1024);
        if (arena == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ngx_http_civic_sip(r);

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* what is left of the body is not discarded, so nothing can follow it */
    if (r->reading_body) {
        r->keepalive = 0;
    }

    ngx_memzero(&problem, sizeof(civic_problem_t));
    ngx_memzero(&context, sizeof(civic_problem_context_t));
    ngx_memzero(&out, sizeof(ngx_http_civic_output_t));

    problem.code = code;
    context.language = ngx_http_civic_request_language(r);
    context.request_id = ngx_http_civic_request_id(r);
    context.retry_after = ngx_http_civic_retry_after(code);

    civic_writer_init(&w, arena, 512);

    out.status = civic_problem_write(&w, &problem, &context);
    out.content_type = "application/problem+json";
    out.allow = allow;
    ctx->problem = code;
    ngx_http_civic_observe_refusal(ctx, out.status);

    if (out.status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        out.retry_after = ngx_http_civic_retry_after(code);
    }

    if (civic_writer_finish(&w) != 0) {
        civic_arena_reset(arena);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    out.body.data = w.data;
    out.body.len = w.len;

    rc = ngx_http_civic_output(r, ctx, arena, &out);

    civic_arena_reset(arena);

    return rc;
}


ngx_http_civic_ctx_t *
ngx_http_civic_make_ctx(ngx_http_request_t *r)
{
    ngx_http_civic_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_civic_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_civic_ctx_t));

        if (ctx != NULL) {
            ngx_http_set_ctx(r, ctx, ngx_http_civic_module);
        }
    }

    return ctx;
}


/* "error_page 404 413 ... /problem;": nginx's own errors as problems. */

ngx_int_t
ngx_http_civic_error_page_handler(ngx_http_request_t *r)
{
    ngx_uint_t                  status;
    ngx_http_civic_ctx_t       *ctx;
    const civic_problem_def_t  *def;

    ctx = ngx_http_civic_make_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = r->err_status != 0 ? r->err_status : NGX_HTTP_NOT_FOUND;
    def = civic_problem_for_status(status);

    r->err_status = 0;

    return ngx_http_civic_send_problem(r, ctx, def->code, CIVIC_STR(""));
}
