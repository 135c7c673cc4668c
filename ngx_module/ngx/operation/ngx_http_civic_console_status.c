/*
 * ngx_http_civic_console_status.c - plugins, rule revisions, workers, jobs and
 * connections, as JSON.
 */

#include "ngx_http_civic_console.h"


#define NGX_HTTP_CIVIC_STATUS_ROWS  8       /* workers in a turn of the loop */


static ngx_uint_t
ngx_http_civic_status_begin(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    civic_writer_t              *w = &page->json;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    (void) item;

    civic_writer_init(w, page->arena, 8192);
    civic_writer_object(w, NULL);
    civic_writer_str(w, "environment", civic_cstr(cmcf->sandbox
                                                  ? "sandbox"
                                                  : "production"));
    civic_writer_int(w, "abi_major", CIVIC_ABI_MAJOR);
    civic_writer_int(w, "abi_minor", CIVIC_ABI_MINOR);
    civic_writer_int(w, "active_key", civic_keyring_active(cmcf->keyring));

    ngx_http_civic_alarms_write(w);

    return NGX_HTTP_CIVIC_PART_DONE;
}


/* ---- plugins ------------------------------------------------------------ */

static ngx_uint_t
ngx_http_civic_status_plugins(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    ngx_uint_t                 i;
    civic_writer_t            *w = &page->json;
    ngx_http_civic_plugin_t  **plugin;

    (void) item;

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

    return NGX_HTTP_CIVIC_PART_DONE;
}


/* ---- workers ------------------------------------------------------------ */

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


static ngx_uint_t
ngx_http_civic_status_workers(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    ngx_uint_t                   i, written = 0;
    civic_writer_t              *w = &page->json;
    ngx_http_civic_row_t        *row;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    if (item == 0) {
        civic_writer_array(w, "workers");
    }

    for (i = item; i < NGX_HTTP_CIVIC_MAX_ROWS; i++) {
        row = ngx_http_civic_zone_row(cmcf, i);

        if (row->pid == 0) {
            continue;
        }

        if (written++ == NGX_HTTP_CIVIC_STATUS_ROWS) {
            return i;
        }

        ngx_http_civic_write_worker(w, row);
    }

    civic_writer_end(w);

    return NGX_HTTP_CIVIC_PART_DONE;
}


/* ---- jobs, files, connections ------------------------------------------- */

static ngx_uint_t
ngx_http_civic_status_jobs(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    return ngx_http_civic_jobs_write(&page->json, item);
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


static ngx_uint_t
ngx_http_civic_status_end(ngx_http_civic_page_t *page, ngx_uint_t item)
{
    civic_writer_t  *w = &page->json;

    (void) item;

    ngx_http_civic_blobs_write(w);

    /* connections are each worker's own: these are of the one that answers */
    civic_writer_int(w, "answered_by", ngx_pid);
    civic_writer_array(w, "redis");
    ngx_http_civic_redis_status(ngx_http_civic_write_node, w);
    civic_writer_end(w);

    return NGX_HTTP_CIVIC_PART_DONE;
}


const ngx_http_civic_part_pt  ngx_http_civic_status_parts[] = {
    ngx_http_civic_status_begin,
    ngx_http_civic_status_plugins,
    ngx_http_civic_status_workers,
    ngx_http_civic_status_jobs,
    ngx_http_civic_status_end,
    NULL
};
