/*
 * ngx_http_civic_console_metrics.c - the numbers of all workers, for
 * Prometheus.
 *
 * A route's or a plugin's number is the sum over all rows of the zone: a few
 * of them in each turn of the loop.
 */

#include "ngx_http_civic_console.h"


#define NGX_HTTP_CIVIC_METRICS_SHARE  16    /* routes, or plugins' numbers, in
                                               a turn of the loop */


/* ---- workers ------------------------------------------------------------ */

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

#define NGX_HTTP_CIVIC_GAUGES                                                 \
    (sizeof(ngx_http_civic_gauges) / sizeof(ngx_http_civic_gauges[0]))


static const char *
ngx_http_civic_worker_label(ngx_uint_t i)
{
    static char  label[32];

    (void) snprintf(label, sizeof(label), "worker=\"%u\"", (unsigned) i);

    return label;
}


static ngx_uint_t
ngx_http_civic_metrics_begin(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    (void) item;

    civic_metrics_init(&page->metrics, page->arena);

    return NGX_HTTP_CIVIC_PART_DONE;
}


/* One of them, of each worker. */

static ngx_uint_t
ngx_http_civic_metrics_gauges(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    ngx_uint_t                     i;
    ngx_http_civic_row_t          *row;
    const ngx_http_civic_gauge_t  *gauge = &ngx_http_civic_gauges[item];
    ngx_http_civic_main_conf_t    *cmcf = ngx_http_civic_worker.conf;

    civic_metrics_family(&page->metrics, gauge->name, gauge->type,
                         gauge->help);

    for (i = 0; i < NGX_HTTP_CIVIC_MAX_ROWS; i++) {
        row = ngx_http_civic_zone_row(cmcf, i);

        if (row->pid != 0) {
            civic_metrics_count(&page->metrics, gauge->name,
                                ngx_http_civic_worker_label(i),
                                *(ngx_atomic_t *) ((char *) row
                                                   + gauge->offset));
        }
    }

    return item + 1 < NGX_HTTP_CIVIC_GAUGES ? item + 1
                                            : NGX_HTTP_CIVIC_PART_DONE;
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


static ngx_uint_t
ngx_http_civic_metrics_lag(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    (void) item;

    ngx_http_civic_metrics_times(&page->metrics, "civic_loop_lag_seconds",
                                 "How late the event loop comes to a timer, "
                                 "while there is something to do",
                                 offsetof(ngx_http_civic_row_t, lag));

    return NGX_HTTP_CIVIC_PART_DONE;
}


static ngx_uint_t
ngx_http_civic_metrics_outbound(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    (void) item;

    ngx_http_civic_metrics_times(&page->metrics, "civic_outbound_seconds",
                                 "Time of outbound requests, however they "
                                 "ended",
                                 offsetof(ngx_http_civic_row_t,
                                          outbound_time));

    return NGX_HTTP_CIVIC_PART_DONE;
}


/* ---- routes ------------------------------------------------------------- */

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


/* Those whose number is in this turn's share; the next one's first. */

static ngx_uint_t
ngx_http_civic_metrics_share(ngx_uint_t item, ngx_uint_t all,
    ngx_uint_t *until)
{
    *until = ngx_min(all, item + NGX_HTTP_CIVIC_METRICS_SHARE);

    return *until < all ? *until : NGX_HTTP_CIVIC_PART_DONE;
}


/* By its number among all of the plugins'. */

static ngx_http_civic_route_t *
ngx_http_civic_metrics_route(ngx_uint_t number)
{
    ngx_http_civic_plugin_t  **plugin;

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    while (number >= (*plugin)->nroutes) {
        number -= (*plugin)->nroutes;
        plugin++;
    }

    return &(*plugin)->routes[number];
}


static ngx_uint_t
ngx_http_civic_metrics_nroutes(void)
{
    ngx_uint_t                 i, n = 0;
    ngx_http_civic_plugin_t  **plugin;

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        n += plugin[i]->nroutes;
    }

    return n;
}


static ngx_uint_t
ngx_http_civic_metrics_requests(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    char                         label[192];
    ngx_uint_t                   next, until;
    ngx_http_civic_route_t      *route;
    ngx_http_civic_route_row_t   sum;

    next = ngx_http_civic_metrics_share(item, ngx_http_civic_metrics_nroutes(),
                                        &until);

    if (item == 0) {
        civic_metrics_family(&page->metrics, "civic_requests_total",
                             "counter", "Requests of a route");
    }

    for ( ; item < until; item++) {
        route = ngx_http_civic_metrics_route(item);
        ngx_http_civic_route_sum(route, &sum);

        (void) snprintf(label, sizeof(label), "route=\"%s\"",
                        (char *) route->pattern.data);
        civic_metrics_count(&page->metrics, "civic_requests_total", label,
                            sum.requests);
    }

    return next;
}


static ngx_uint_t
ngx_http_civic_metrics_problems(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    char                         label[192];
    ngx_uint_t                   next, until;
    ngx_http_civic_route_t      *route;
    ngx_http_civic_route_row_t   sum;

    next = ngx_http_civic_metrics_share(item, ngx_http_civic_metrics_nroutes(),
                                        &until);

    if (item == 0) {
        civic_metrics_family(&page->metrics, "civic_problems_total",
                             "counter",
                             "Problems answered, by status class");
    }

    for ( ; item < until; item++) {
        route = ngx_http_civic_metrics_route(item);
        ngx_http_civic_route_sum(route, &sum);

        (void) snprintf(label, sizeof(label), "route=\"%s\",class=\"4xx\"",
                        (char *) route->pattern.data);
        civic_metrics_count(&page->metrics, "civic_problems_total", label,
                            sum.problems - sum.errors);

        (void) snprintf(label, sizeof(label), "route=\"%s\",class=\"5xx\"",
                        (char *) route->pattern.data);
        civic_metrics_count(&page->metrics, "civic_problems_total", label,
                            sum.errors);
    }

    return next;
}


static ngx_uint_t
ngx_http_civic_metrics_seconds(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    char                         label[192];
    ngx_uint_t                   next, until;
    ngx_http_civic_route_t      *route;
    ngx_http_civic_route_row_t   sum;

    next = ngx_http_civic_metrics_share(item, ngx_http_civic_metrics_nroutes(),
                                        &until);

    if (item == 0) {
        civic_metrics_family(&page->metrics, "civic_request_seconds",
                             "histogram",
                             "Time from a request's head to its reply");
    }

    for ( ; item < until; item++) {
        route = ngx_http_civic_metrics_route(item);
        ngx_http_civic_route_sum(route, &sum);

        (void) snprintf(label, sizeof(label), "route=\"%s\"",
                        (char *) route->pattern.data);
        civic_metrics_histogram(&page->metrics, "civic_request_seconds",
                                label, &sum.time);
    }

    return next;
}


/* ---- plugins ------------------------------------------------------------ */

static void
ngx_http_civic_metrics_plugin(civic_metrics_t *m,
    ngx_http_civic_plugin_t *plugin, ngx_uint_t number)
{
    char                         name[160];
    uint64_t                     sum = 0;
    ngx_uint_t                   i;
    civic_metric_def_t           def;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    civic_table_get(&plugin->table->metrics, number, &def, sizeof(def));

    (void) snprintf(name, sizeof(name), "civic_%s_%s_total",
                    plugin->table->name, def.name);

    for (i = 0; i < NGX_HTTP_CIVIC_MAX_ROWS; i++) {
        sum += *ngx_http_civic_zone_metric(cmcf,
                                           ngx_http_civic_zone_row(cmcf, i),
                                           plugin->first_metric + number);
    }

    civic_metrics_family(m, name, "counter", def.help);
    civic_metrics_count(m, name, NULL, sum);
}


/* Item: the number among all of the plugins'. */

static ngx_uint_t
ngx_http_civic_metrics_plugins(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    ngx_uint_t                   i, next, until;
    ngx_http_civic_plugin_t    **plugin;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    next = ngx_http_civic_metrics_share(item, cmcf->nmetrics, &until);
    plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        while (item < until
               && item < plugin[i]->first_metric + plugin[i]->nmetrics)
        {
            ngx_http_civic_metrics_plugin(&page->metrics, plugin[i],
                                          item - plugin[i]->first_metric);
            item++;
        }
    }

    return next;
}


/* ---- jobs, files, alarms ------------------------------------------------ */

static ngx_uint_t
ngx_http_civic_metrics_jobs(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    return ngx_http_civic_jobs_metrics(&page->metrics, item);
}


static ngx_uint_t
ngx_http_civic_metrics_end(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    (void) item;

    ngx_http_civic_blobs_metrics(&page->metrics);
    ngx_http_civic_alarms_metrics(&page->metrics);

    return NGX_HTTP_CIVIC_PART_DONE;
}


const ngx_http_civic_part_pt  ngx_http_civic_metrics_parts[] = {
    ngx_http_civic_metrics_begin,
    ngx_http_civic_metrics_gauges,
    ngx_http_civic_metrics_lag,
    ngx_http_civic_metrics_outbound,
    ngx_http_civic_metrics_requests,
    ngx_http_civic_metrics_problems,
    ngx_http_civic_metrics_seconds,
    ngx_http_civic_metrics_plugins,
    ngx_http_civic_metrics_jobs,
    ngx_http_civic_metrics_end,
    NULL
};
