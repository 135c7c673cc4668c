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
 */

#include "ngx_http_civic.h"


typedef ngx_int_t (*ngx_http_civic_page_pt)(ngx_http_request_t *r,
    ngx_http_civic_ctx_t *ctx, civic_arena_t *arena);

typedef struct {
    ngx_str_t                name;
    ngx_http_civic_page_pt   page;
} ngx_http_civic_page_t;


static ngx_int_t ngx_http_civic_live(ngx_http_request_t *r,
    ngx_http_civic_ctx_t *ctx, civic_arena_t *arena);
static ngx_int_t ngx_http_civic_ready(ngx_http_request_t *r,
    ngx_http_civic_ctx_t *ctx, civic_arena_t *arena);
static ngx_int_t ngx_http_civic_status(ngx_http_request_t *r,
    ngx_http_civic_ctx_t *ctx, civic_arena_t *arena);
static ngx_int_t ngx_http_civic_metrics(ngx_http_request_t *r,
    ngx_http_civic_ctx_t *ctx, civic_arena_t *arena);


static ngx_int_t ngx_http_civic_index(ngx_http_request_t *r,
    ngx_http_civic_ctx_t *ctx, civic_arena_t *arena);


static ngx_http_civic_page_t  ngx_http_civic_pages[] = {
    { ngx_string(""), ngx_http_civic_index },
    { ngx_string("live"), ngx_http_civic_live },
    { ngx_string("ready"), ngx_http_civic_ready },
    { ngx_string("status"), ngx_http_civic_status },
    { ngx_string("metrics"), ngx_http_civic_metrics }
};


ngx_int_t
ngx_http_civic_console_handler(ngx_http_request_t *r)
{
    u_char                    *p;
    ngx_int_t                  rc;
    ngx_str_t                  name;
    ngx_uint_t                 i;
    civic_arena_t             *arena;
    ngx_http_civic_ctx_t      *ctx;
    ngx_http_core_loc_conf_t  *clcf;

    ctx = ngx_http_civic_make_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_civic_send_problem(r, ctx, "method_not_allowed",
                                           CIVIC_STR("GET, HEAD"));
    }

    p = r->uri.data + r->uri.len;

    while (p > r->uri.data && p[-1] != '/') {
        p--;
    }

    name.data = p;
    name.len = r->uri.data + r->uri.len - p;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (name.len == 0 && r->uri.len != clcf->name.len) {
        /* the list stands at the location itself */
        return ngx_http_civic_send_problem(r, ctx, "not_found",
                                           CIVIC_STR(""));
    }

    for (i = 0; i < sizeof(ngx_http_civic_pages)
                    / sizeof(ngx_http_civic_pages[0]); i++)
    {
        if (ngx_http_civic_pages[i].name.len != name.len
            || ngx_strncmp(ngx_http_civic_pages[i].name.data, name.data,
                           name.len)
               != 0
            || ngx_http_civic_worker.conf == NULL)
        {
            continue;
        }

        if (ngx_http_discard_request_body(r) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        arena = civic_arena_create(16 * 1024, 16 * 1024 * 1024);
        if (arena == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        rc = ngx_http_civic_pages[i].page(r, ctx, arena);

        civic_arena_destroy(arena);

        return rc;
    }

    return ngx_http_civic_send_problem(r, ctx, "not_found", CIVIC_STR(""));
}


static ngx_int_t
ngx_http_civic_send_text(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    const char *type, const char *data, size_t len)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   chain;

    ctx->status = NGX_HTTP_OK;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = len;
    r->headers_out.content_type.data = (u_char *) type;
    r->headers_out.content_type.len = ngx_strlen(type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->pos, data, len);
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    chain.buf = b;
    chain.next = NULL;

    return ngx_http_output_filter(r, &chain);
}


static ngx_int_t
ngx_http_civic_send_writer(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    civic_writer_t *w)
{
    if (civic_writer_finish(w) != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_civic_send_text(r, ctx, "application/json", w->data,
                                    w->len);
}


static ngx_int_t
ngx_http_civic_index(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    civic_arena_t *arena)
{
    ngx_uint_t      i;
    civic_writer_t  w;

    civic_writer_init(&w, arena, 128);
    civic_writer_object(&w, NULL);
    civic_writer_array(&w, "pages");

    for (i = 1; i < sizeof(ngx_http_civic_pages)
                    / sizeof(ngx_http_civic_pages[0]); i++)
    {
        civic_writer_str(&w, NULL,
                         ngx_http_civic_str(&ngx_http_civic_pages[i].name));
    }

    return ngx_http_civic_send_writer(r, ctx, &w);
}


static ngx_int_t
ngx_http_civic_live(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    civic_arena_t *arena)
{
    civic_writer_t  w;

    civic_writer_init(&w, arena, 64);
    civic_writer_object(&w, NULL);
    civic_writer_bool(&w, "live", 1);

    return ngx_http_civic_send_writer(r, ctx, &w);
}


static ngx_int_t
ngx_http_civic_ready(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    civic_arena_t *arena)
{
    ngx_uint_t                 i;
    civic_writer_t             w;
    ngx_http_civic_plugin_t  **plugin;

    if (!ngx_http_civic_redis_ready()) {
        return ngx_http_civic_send_problem(r, ctx, "store_unavailable",
                                           CIVIC_STR(""));
    }

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        if (!plugin[i]->started) {
            return ngx_http_civic_send_problem(r, ctx, "plugin_unavailable",
                                               CIVIC_STR(""));
        }
    }

    civic_writer_init(&w, arena, 64);
    civic_writer_object(&w, NULL);
    civic_writer_bool(&w, "ready", 1);

    return ngx_http_civic_send_writer(r, ctx, &w);
}


/* ---- status -------------------------------------------------------------- */

static void
ngx_http_civic_write_plugins(civic_writer_t *w)
{
    ngx_uint_t                 i;
    ngx_http_civic_plugin_t  **plugin;

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    civic_writer_array(w, "plugins");

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        civic_writer_object(w, NULL);
        civic_writer_str(w, "name", civic_cstr(plugin[i]->table->name));
        civic_writer_str(w, "version", civic_cstr(plugin[i]->table->version));
        civic_writer_str(w, "file", civic_cstr(plugin[i]->file->path));
        civic_writer_int(w, "abi_major", plugin[i]->file->abi.major);
        civic_writer_int(w, "abi_minor", plugin[i]->file->abi.minor);
        civic_writer_int(w, "routes", plugin[i]->nroutes);
        civic_writer_bool(w, "started", plugin[i]->started);
        civic_writer_str(w, "switch",
                         civic_cstr(ngx_http_civic_switch_name(plugin[i])));
        civic_writer_end(w);
    }

    civic_writer_end(w);
}


static void
ngx_http_civic_write_rules(civic_writer_t *w, ngx_http_civic_row_t *row)
{
    ngx_uint_t  i;

    civic_writer_array(w, "rules");

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {

        if (row->rules[i].name[0] == '\0') {
            continue;
        }

        civic_writer_object(w, NULL);
        civic_writer_str(w, "name", civic_cstr(row->rules[i].name));
        civic_writer_str(w, "revision", civic_cstr(row->rules[i].revision));

        if (row->rules[i].failure[0] != '\0') {
            civic_writer_str(w, "failure", civic_cstr(row->rules[i].failure));
        }

        civic_writer_end(w);
    }

    civic_writer_end(w);
}


static void
ngx_http_civic_write_worker(civic_writer_t *w, ngx_http_civic_row_t *row)
{
    civic_writer_object(w, NULL);
    civic_writer_int(w, "pid", row->pid);
    civic_writer_instant(w, "started", (civic_msec_t) row->started * 1000);
    civic_writer_instant(w, "seen", (civic_msec_t) row->beat * 1000);
    civic_writer_int(w, "fibers", row->live);
    civic_writer_int(w, "waiters", row->waiters);
    civic_writer_int(w, "refused", row->refused);
    civic_writer_int(w, "aborted", row->aborted);
    civic_writer_int(w, "overdue", row->overdue);

    civic_writer_object(w, "turns");
    civic_writer_int(w, "held", row->turns_held);
    civic_writer_int(w, "waiting", row->turns_waiting);
    civic_writer_int(w, "refused", row->turns_refused);
    civic_writer_end(w);

    civic_writer_object(w, "redis");
    civic_writer_bool(w, "up", row->redis_up != 0);
    civic_writer_int(w, "pending", row->redis_pending);
    civic_writer_int(w, "sent", row->redis_sent);
    civic_writer_int(w, "failed", row->redis_failed);
    civic_writer_int(w, "reconnects", row->redis_reconnects);
    civic_writer_end(w);

    civic_writer_object(w, "threads");
    civic_writer_int(w, "hash_pending", row->hash_pending);
    civic_writer_int(w, "hash_refused", row->hash_refused);
    civic_writer_int(w, "work_pending", row->work_pending);
    civic_writer_int(w, "disk_pending", row->disk_pending);
    civic_writer_end(w);

    civic_writer_object(w, "outbound");
    civic_writer_int(w, "pending", row->outbound_pending);
    civic_writer_int(w, "answered", row->outbound_answered);
    civic_writer_int(w, "not_sent", row->outbound_not_sent);
    civic_writer_int(w, "unknown", row->outbound_unknown);
    civic_writer_int(w, "wrong", row->outbound_wrong);
    civic_writer_int(w, "aborted", row->outbound_aborted);
    civic_writer_int(w, "retries", row->outbound_retries);
    civic_writer_end(w);

    ngx_http_civic_write_rules(w, row);
    civic_writer_end(w);
}


static void
ngx_http_civic_write_node(void *data,
    const ngx_http_civic_redis_status_t *status)
{
    civic_writer_t  *w = data;

    civic_writer_object(w, NULL);
    civic_writer_str(w, "node", civic_cstr(status->node));
    civic_writer_str(w, "lane", civic_cstr(status->lane));
    civic_writer_str(w, "state", civic_cstr(status->state));
    civic_writer_int(w, "pending", status->pending);
    civic_writer_int(w, "tombstones", status->tombstones);
    civic_writer_int(w, "sent", status->sent);
    civic_writer_int(w, "failed", status->failed);
    civic_writer_int(w, "reconnects", status->reconnects);

    if (status->last_error != NULL && status->last_error[0] != '\0') {
        civic_writer_str(w, "last_error", civic_cstr(status->last_error));
    }

    civic_writer_end(w);
}


static ngx_int_t
ngx_http_civic_status(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    civic_arena_t *arena)
{
    ngx_uint_t                   i;
    civic_writer_t               w;
    ngx_http_civic_row_t        *row;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    civic_writer_init(&w, arena, 8192);
    civic_writer_object(&w, NULL);
    civic_writer_str(&w, "environment", civic_cstr(cmcf->sandbox
                                                   ? "sandbox"
                                                   : "production"));
    civic_writer_int(&w, "abi_major", CIVIC_ABI_MAJOR);
    civic_writer_int(&w, "abi_minor", CIVIC_ABI_MINOR);
    civic_writer_int(&w, "active_key", civic_keyring_active(cmcf->keyring));

    ngx_http_civic_alarms_write(&w);
    ngx_http_civic_write_plugins(&w);

    civic_writer_array(&w, "workers");

    for (i = 0; i < NGX_HTTP_CIVIC_MAX_ROWS; i++) {
        row = ngx_http_civic_zone_row(cmcf, i);

        if (row->pid != 0) {
            ngx_http_civic_write_worker(&w, row);
        }
    }

    civic_writer_end(&w);

    ngx_http_civic_jobs_write(&w);
    ngx_http_civic_blobs_write(&w);

    /* connections are each worker's own: these are of the one that answers */
    civic_writer_int(&w, "answered_by", ngx_pid);
    civic_writer_array(&w, "redis");
    ngx_http_civic_redis_status(ngx_http_civic_write_node, &w);
    civic_writer_end(&w);

    return ngx_http_civic_send_writer(r, ctx, &w);
}


/* ---- metrics ------------------------------------------------------------- */

typedef struct {
    const char  *name;
    const char  *type;
    const char  *help;
    size_t       offset;
} ngx_http_civic_gauge_t;

static const ngx_http_civic_gauge_t  ngx_http_civic_gauges[] = {
    { "civic_fibers", "gauge", "Requests that run now",
      offsetof(ngx_http_civic_row_t, live) },
    { "civic_waiters", "gauge", "Long polls that wait",
      offsetof(ngx_http_civic_row_t, waiters) },
    { "civic_turns_held", "gauge", "Turns that requests hold",
      offsetof(ngx_http_civic_row_t, turns_held) },
    { "civic_turns_waiting", "gauge", "Requests that wait for a turn",
      offsetof(ngx_http_civic_row_t, turns_waiting) },
    { "civic_turns_refused_total", "counter",
      "Requests that found a line of turns full",
      offsetof(ngx_http_civic_row_t, turns_refused) },
    { "civic_refused_total", "counter", "Requests refused by admission",
      offsetof(ngx_http_civic_row_t, refused) },
    { "civic_aborted_total", "counter", "Requests whose client left",
      offsetof(ngx_http_civic_row_t, aborted) },
    { "civic_overdue_total", "counter", "Requests over their deadline",
      offsetof(ngx_http_civic_row_t, overdue) },
    { "civic_redis_up", "gauge", "Whether Redis is reachable",
      offsetof(ngx_http_civic_row_t, redis_up) },
    { "civic_redis_pending", "gauge", "Commands that wait for Redis",
      offsetof(ngx_http_civic_row_t, redis_pending) },
    { "civic_redis_commands_total", "counter", "Commands sent to Redis",
      offsetof(ngx_http_civic_row_t, redis_sent) },
    { "civic_redis_failures_total", "counter", "Commands without an answer",
      offsetof(ngx_http_civic_row_t, redis_failed) },
    { "civic_redis_reconnects_total", "counter", "Connections made again",
      offsetof(ngx_http_civic_row_t, redis_reconnects) },
    { "civic_hash_pending", "gauge", "Passwords that wait for hashing",
      offsetof(ngx_http_civic_row_t, hash_pending) },
    { "civic_hash_refused_total", "counter", "Passwords refused, queue full",
      offsetof(ngx_http_civic_row_t, hash_refused) },
    { "civic_work_pending", "gauge", "Work that waits for a thread",
      offsetof(ngx_http_civic_row_t, work_pending) },
    { "civic_disk_pending", "gauge", "Files that wait for a thread",
      offsetof(ngx_http_civic_row_t, disk_pending) },
    { "civic_outbound_pending", "gauge", "Outbound requests that wait",
      offsetof(ngx_http_civic_row_t, outbound_pending) },
    { "civic_outbound_answered_total", "counter",
      "Outbound requests that were answered",
      offsetof(ngx_http_civic_row_t, outbound_answered) },
    { "civic_outbound_not_sent_total", "counter",
      "Outbound requests that reached nobody",
      offsetof(ngx_http_civic_row_t, outbound_not_sent) },
    { "civic_outbound_unknown_total", "counter",
      "Outbound requests of unknown outcome",
      offsetof(ngx_http_civic_row_t, outbound_unknown) },
    { "civic_outbound_wrong_total", "counter",
      "Outbound requests that could not be sent: a bug or a missing name",
      offsetof(ngx_http_civic_row_t, outbound_wrong) },
    { "civic_outbound_aborted_total", "counter",
      "Outbound requests given up with their request",
      offsetof(ngx_http_civic_row_t, outbound_aborted) },
    { "civic_outbound_retries_total", "counter",
      "Outbound requests that were sent once more",
      offsetof(ngx_http_civic_row_t, outbound_retries) }
};


static const char *
ngx_http_civic_worker_label(ngx_uint_t i)
{
    static char  label[32];

    (void) snprintf(label, sizeof(label), "worker=\"%u\"", (unsigned) i);

    return label;
}


/* A histogram of each worker. */

static void
ngx_http_civic_metrics_times(civic_metrics_t *m, const char *name,
    const char *help, size_t offset)
{
    ngx_uint_t                   j;
    ngx_http_civic_row_t        *row;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    civic_metrics_family(m, name, "histogram", help);

    for (j = 0; j < NGX_HTTP_CIVIC_MAX_ROWS; j++) {
        row = ngx_http_civic_zone_row(cmcf, j);

        if (row->pid != 0) {
            civic_metrics_histogram(m, name, ngx_http_civic_worker_label(j),
                                    (civic_histogram_t *) ((char *) row
                                                           + offset));
        }
    }
}


static void
ngx_http_civic_metrics_workers(civic_metrics_t *m)
{
    ngx_uint_t                     i, j;
    ngx_http_civic_row_t          *row;
    const ngx_http_civic_gauge_t  *gauge;
    ngx_http_civic_main_conf_t    *cmcf = ngx_http_civic_worker.conf;

    for (i = 0; i < sizeof(ngx_http_civic_gauges)
                    / sizeof(ngx_http_civic_gauges[0]); i++)
    {
        gauge = &ngx_http_civic_gauges[i];
        civic_metrics_family(m, gauge->name, gauge->type, gauge->help);

        for (j = 0; j < NGX_HTTP_CIVIC_MAX_ROWS; j++) {
            row = ngx_http_civic_zone_row(cmcf, j);

            if (row->pid != 0) {
                civic_metrics_count(m, gauge->name,
                                    ngx_http_civic_worker_label(j),
                                    *(ngx_atomic_t *) ((char *) row
                                                       + gauge->offset));
            }
        }
    }

    ngx_http_civic_metrics_times(m, "civic_loop_lag_seconds",
                                 "How late the event loop comes to a timer",
                                 offsetof(ngx_http_civic_row_t, lag));
    ngx_http_civic_metrics_times(m, "civic_outbound_seconds",
                                 "Time of outbound requests, however they "
                                 "ended",
                                 offsetof(ngx_http_civic_row_t,
                                          outbound_time));
}


/* One route, all workers together. */

static void
ngx_http_civic_route_sum(ngx_http_civic_route_t *route,
    ngx_http_civic_route_row_t *sum)
{
    ngx_uint_t                   i, j;
    ngx_http_civic_route_row_t  *row;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    ngx_memzero(sum, sizeof(ngx_http_civic_route_row_t));

    for (i = 0; i < NGX_HTTP_CIVIC_MAX_ROWS; i++) {
        row = ngx_http_civic_zone_route(cmcf, ngx_http_civic_zone_row(cmcf, i),
                                        route->index);

        /* few of the rows were ever a worker's that served this route */
        if (row->requests == 0) {
            continue;
        }

        sum->requests += row->requests;
        sum->problems += row->problems;
        sum->errors += row->errors;
        sum->time.sum_us += row->time.sum_us;
        sum->time.count += row->time.count;

        for (j = 0; j < CIVIC_HISTOGRAM_BUCKETS; j++) {
            sum->time.buckets[j] += row->time.buckets[j];
        }
    }
}


static void
ngx_http_civic_metrics_routes(civic_metrics_t *m)
{
    char                          label[192];
    ngx_uint_t                    i, j, pass;
    ngx_http_civic_route_row_t    sum;
    ngx_http_civic_plugin_t     **plugin;
    ngx_http_civic_main_conf_t   *cmcf = ngx_http_civic_worker.conf;

    plugin = cmcf->plugins.elts;

    for (pass = 0; pass < 3; pass++) {

        if (pass == 0) {
            civic_metrics_family(m, "civic_requests_total", "counter",
                                 "Requests of a route");
        } else if (pass == 1) {
            civic_metrics_family(m, "civic_problems_total", "counter",
                                 "Problems answered, by status class");
        } else {
            civic_metrics_family(m, "civic_request_seconds", "histogram",
                                 "Time from a request's head to its reply");
        }

        for (i = 0; i < cmcf->plugins.nelts; i++) {
            for (j = 0; j < plugin[i]->nroutes; j++) {
                ngx_http_civic_route_sum(&plugin[i]->routes[j], &sum);

                (void) snprintf(label, sizeof(label), "route=\"%s\"",
                                (char *) plugin[i]->routes[j].pattern.data);

                if (pass == 0) {
                    civic_metrics_count(m, "civic_requests_total", label,
                                        sum.requests);
                    continue;
                }

                if (pass == 2) {
                    civic_metrics_histogram(m, "civic_request_seconds", label,
                                            &sum.time);
                    continue;
                }

                (void) snprintf(label, sizeof(label),
                                "route=\"%s\",class=\"4xx\"",
                                (char *) plugin[i]->routes[j].pattern.data);
                civic_metrics_count(m, "civic_problems_total", label,
                                    sum.problems - sum.errors);

                (void) snprintf(label, sizeof(label),
                                "route=\"%s\",class=\"5xx\"",
                                (char *) plugin[i]->routes[j].pattern.data);
                civic_metrics_count(m, "civic_problems_total", label,
                                    sum.errors);
            }
        }
    }
}


static void
ngx_http_civic_metrics_plugins(civic_metrics_t *m)
{
    char                          name[160];
    uint64_t                      sum;
    ngx_uint_t                    i, j, k;
    civic_metric_def_t            def;
    ngx_http_civic_plugin_t     **plugin;
    ngx_http_civic_main_conf_t   *cmcf = ngx_http_civic_worker.conf;

    plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        for (j = 0; j < plugin[i]->nmetrics; j++) {
            civic_table_get(&plugin[i]->table->metrics, j, &def, sizeof(def));

            (void) snprintf(name, sizeof(name), "civic_%s_%s_total",
                            plugin[i]->table->name, def.name);
            sum = 0;

            for (k = 0; k < NGX_HTTP_CIVIC_MAX_ROWS; k++) {
                sum += *ngx_http_civic_zone_metric(cmcf,
                            ngx_http_civic_zone_row(cmcf, k),
                            plugin[i]->first_metric + j);
            }

            civic_metrics_family(m, name, "counter", def.help);
            civic_metrics_count(m, name, NULL, sum);
        }
    }
}


static ngx_int_t
ngx_http_civic_metrics(ngx_http_request_t *r, ngx_http_civic_ctx_t *ctx,
    civic_arena_t *arena)
{
    civic_metrics_t  m;

    civic_metrics_init(&m, arena);

    ngx_http_civic_metrics_workers(&m);
    ngx_http_civic_metrics_routes(&m);
    ngx_http_civic_metrics_plugins(&m);
    ngx_http_civic_jobs_metrics(&m);
    ngx_http_civic_blobs_metrics(&m);
    ngx_http_civic_alarms_metrics(&m);

    if (m.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_civic_send_text(r, ctx,
                                    "text/plain; version=0.0.4; charset=utf-8",
                                    m.data, m.len);
}
