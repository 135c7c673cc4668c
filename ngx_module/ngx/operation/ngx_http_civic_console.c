/*
 * ngx_http_civic_console.c - what operators and their machines ask.
 *
 *   live      this worker answers
 *   ready     and can serve: Redis is reachable, every plugin started
 *   status    plugins, rule revisions, workers, as JSON
 *   metrics   the same numbers for Prometheus
 *   (none)    which pages there are
 *
 * Served only where a location says "civic_console on"; the last segment of
 * the path decides.
 *
 * Hundreds of shards and routes take some milliseconds to write: a page is
 * written part by part, each in a turn of the event loop of its own.
 */

#include "ngx_http_civic_console.h"


#define NGX_HTTP_CIVIC_CONSOLE_ARENA  (16 * 1024)
#define NGX_HTTP_CIVIC_CONSOLE_LIMIT  (16 * 1024 * 1024)


struct ngx_http_civic_page_def_s {
    ngx_str_t                      name;
    const ngx_http_civic_part_pt  *parts;
    const char                  *(*refuse)(void);   /* a problem, or NULL */
    ngx_uint_t                     text;            /* not JSON */
};


static ngx_uint_t ngx_http_civic_index(ngx_http_civic_page_t *page,
    ngx_uint_t item);
static ngx_uint_t ngx_http_civic_live(ngx_http_civic_page_t *page,
    ngx_uint_t item);
static ngx_uint_t ngx_http_civic_ready(ngx_http_civic_page_t *page,
    ngx_uint_t item);
static const char *ngx_http_civic_not_ready(void);


static const ngx_http_civic_part_pt  ngx_http_civic_index_parts[] = {
    ngx_http_civic_index, NULL
};

static const ngx_http_civic_part_pt  ngx_http_civic_live_parts[] = {
    ngx_http_civic_live, NULL
};

static const ngx_http_civic_part_pt  ngx_http_civic_ready_parts[] = {
    ngx_http_civic_ready, NULL
};

static const ngx_http_civic_page_def_t  ngx_http_civic_pages[] = {
    { ngx_string(""), ngx_http_civic_index_parts, NULL, 0 },
    { ngx_string("live"), ngx_http_civic_live_parts, NULL, 0 },
    { ngx_string("ready"), ngx_http_civic_ready_parts,
      ngx_http_civic_not_ready, 0 },
    { ngx_string("status"), ngx_http_civic_status_parts, NULL, 0 },
    { ngx_string("metrics"), ngx_http_civic_metrics_parts, NULL, 1 }
};

#define NGX_HTTP_CIVIC_PAGES                                                  \
    (sizeof(ngx_http_civic_pages) / sizeof(ngx_http_civic_pages[0]))


/* ---- small pages -------------------------------------------------------- */

static ngx_uint_t
ngx_http_civic_index(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    ngx_uint_t  i;

    (void) item;

    civic_writer_init(&page->json, page->arena, 128);
    civic_writer_object(&page->json, NULL);
    civic_writer_array(&page->json, "pages");

    for (i = 1; i < NGX_HTTP_CIVIC_PAGES; i++) {
        civic_writer_str(&page->json, NULL,
                         ngx_http_civic_str((ngx_str_t *)
                                            &ngx_http_civic_pages[i].name));
    }

    return NGX_HTTP_CIVIC_PART_DONE;
}


static ngx_uint_t
ngx_http_civic_live(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    (void) item;

    civic_writer_init(&page->json, page->arena, 64);
    civic_writer_object(&page->json, NULL);
    civic_writer_bool(&page->json, "live", 1);

    return NGX_HTTP_CIVIC_PART_DONE;
}


static const char *
ngx_http_civic_not_ready(void)
{
    ngx_uint_t                 i;
    ngx_http_civic_plugin_t  **plugin;

    if (!ngx_http_civic_redis_ready()) {
        return "store_unavailable";
    }

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        if (!plugin[i]->started) {
            return "plugin_unavailable";
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_http_civic_ready(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    (void) item;

    civic_writer_init(&page->json, page->arena, 64);
    civic_writer_object(&page->json, NULL);
    civic_writer_bool(&page->json, "ready", 1);

    return NGX_HTTP_CIVIC_PART_DONE;
}


/* ---- a page's life ------------------------------------------------------ */

static ngx_int_t
ngx_http_civic_page_text(ngx_http_civic_page_t *page, civic_str_t *text)
{
    if (page->def->text) {
        *text = (civic_str_t) { page->metrics.data, page->metrics.len };

        return text->data == NULL ? NGX_ERROR : NGX_OK;
    }

    if (civic_writer_finish(&page->json) != 0) {
        return NGX_ERROR;
    }

    *text = (civic_str_t) { page->json.data, page->json.len };

    return NGX_OK;
}


static ngx_int_t
ngx_http_civic_page_send(ngx_http_civic_page_t *page)
{
    ngx_int_t            rc;
    civic_str_t          text;
    ngx_http_request_t  *r = page->http;

    if (ngx_http_civic_page_text(page, &text) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = text.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_civic_large_send(page->large, &text, 1);
}


/* A part, or as much of it as a turn may take.  Whether there is more. */

static ngx_uint_t
ngx_http_civic_page_write(ngx_http_civic_page_t *page)
{
    page->item = (*page->part)(page, page->item);

    if (page->item == NGX_HTTP_CIVIC_PART_DONE) {
        page->part++;
        page->item = 0;
    }

    return *page->part != NULL;
}


static void
ngx_http_civic_page_go_on(ngx_event_t *ev)
{
    ngx_connection_t       *c;
    ngx_http_civic_page_t  *page = ev->data;

    if (ngx_http_civic_page_write(page)) {
        ngx_post_event(ev, &ngx_posted_next_events);
        return;
    }

    c = page->http->connection;

    ngx_http_finalize_request(page->http, ngx_http_civic_page_send(page));
    ngx_http_run_posted_requests(c);
}


/* nginx's request ends. */

static void
ngx_http_civic_page_gone(void *data)
{
    ngx_http_civic_page_t  *page = data;

    if (page->event.posted) {
        ngx_delete_posted_event(&page->event);
    }
}


static void
ngx_http_civic_page_over(void *data)
{
    civic_arena_destroy(data);
}


static ngx_http_civic_page_t *
ngx_http_civic_page_create(ngx_http_request_t *r)
{
    ngx_http_cleanup_t     *cln;
    ngx_http_civic_page_t  *page;

    page = ngx_pcalloc(r->pool, sizeof(ngx_http_civic_page_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (page == NULL || cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_civic_page_gone;
    cln->data = page;

    page->arena = civic_arena_create(NGX_HTTP_CIVIC_CONSOLE_ARENA,
                                     NGX_HTTP_CIVIC_CONSOLE_LIMIT);
    if (page->arena == NULL) {
        return NULL;
    }

    page->large = ngx_http_civic_large_create(r, ngx_http_civic_page_over,
                                              page->arena);
    if (page->large == NULL) {
        civic_arena_destroy(page->arena);
        return NULL;
    }

    page->http = r;
    page->event.handler = ngx_http_civic_page_go_on;
    page->event.data = page;
    page->event.log = r->connection->log;

    return page;
}


static ngx_int_t
ngx_http_civic_page_begin(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    const ngx_http_civic_page_def_t *def)
{
    const char             *problem;
    ngx_http_civic_page_t  *page;

    problem = def->refuse != NULL ? def->refuse() : NULL;
    if (problem != NULL) {
        return ngx_http_civic_send_problem(r, ctx, problem, CIVIC_STR(""));
    }

    page = ngx_http_civic_page_create(r);

    if (page == NULL || ngx_http_discard_request_body(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->status = NGX_HTTP_OK;
    page->def = def;
    page->part = def->parts;

    if (def->text) {
        ngx_str_set(&r->headers_out.content_type,
                    "text/plain; version=0.0.4; charset=utf-8");
    } else {
        ngx_str_set(&r->headers_out.content_type, "application/json");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;

    if (!ngx_http_civic_page_write(page)) {
        return ngx_http_civic_page_send(page);
    }

    r->main->count++;
    ngx_post_event(&page->event, &ngx_posted_next_events);

    return NGX_DONE;
}


/* ---- which page --------------------------------------------------------- */

/* What stands behind the last "/". */

static ngx_str_t
ngx_http_civic_page_name(ngx_http_request_t *r)
{
    u_char     *p = r->uri.data + r->uri.len;
    ngx_str_t   name;

    while (p > r->uri.data && p[-1] != '/') {
        p--;
    }

    name.data = p;
    name.len = r->uri.data + r->uri.len - p;

    return name;
}


ngx_int_t
ngx_http_civic_console_handler(ngx_http_request_t *r)
{
    ngx_str_t                         name;
    ngx_uint_t                        i;
    ngx_http_civic_ctx_t             *ctx;
    ngx_http_core_loc_conf_t         *clcf;
    const ngx_http_civic_page_def_t  *def;

    ctx = ngx_http_civic_make_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_civic_send_problem(r, ctx, "method_not_allowed",
                                           CIVIC_STR("GET, HEAD"));
    }

    name = ngx_http_civic_page_name(r);
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if ((name.len == 0 && r->uri.len != clcf->name.len)
        || ngx_http_civic_worker.conf == NULL)
    {
        /* the list stands at the location itself */
        return ngx_http_civic_send_problem(r, ctx, "not_found",
                                           CIVIC_STR(""));
    }

    for (i = 0; i < NGX_HTTP_CIVIC_PAGES; i++) {
        def = &ngx_http_civic_pages[i];

        if (def->name.len == name.len
            && ngx_strncmp(def->name.data, name.data, name.len) == 0)
        {
            return ngx_http_civic_page_begin(r, ctx, def);
        }
    }

    return ngx_http_civic_send_problem(r, ctx, "not_found", CIVIC_STR(""));
}
