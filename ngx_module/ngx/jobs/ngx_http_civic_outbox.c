/*
 * ngx_http_civic_outbox.c - work that must not be lost: queues that a script
 * can reach from any slot, and that jobs empty.
 *
 *   ngx_http_civic_outbox.c         their keys, and what was dealt with
 *   ngx_http_civic_outbox_notes.c   which of them have something
 *   ngx_http_civic_outbox_filled.c  and which may have, where nobody noted it
 *   ngx_http_civic_outbox_take.c    what a job takes
 */

#include "ngx_http_civic.h"
#include "outbox.h"


char *
ngx_http_civic_outbox_init(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    /* made now, so that no worker has to */
    (void) civic_outbox_tag(0);

    cmcf->outbox_done = ngx_http_civic_load_script(cf, cmcf, "outbox_done");
    cmcf->outbox_filled = ngx_http_civic_load_script(cf, cmcf,
                                                     "outbox_filled");
    cmcf->outbox_note = ngx_http_civic_load_script(cf, cmcf, "outbox_note");
    cmcf->outbox_looked = ngx_http_civic_load_script(cf, cmcf,
                                                     "outbox_looked");

    return cmcf->outbox_done == NULL || cmcf->outbox_filled == NULL
           || cmcf->outbox_note == NULL || cmcf->outbox_looked == NULL
           ? NGX_CONF_ERROR : NGX_CONF_OK;
}


civic_str_t
ngx_http_civic_outbox_near(ngx_http_civic_request_t *cr, const char *name,
    civic_str_t near)
{
    char         *key;
    unsigned      number;
    civic_str_t   outbox;

    key = ngx_http_civic_alloc(&cr->public, CIVIC_OUTBOX_KEY);
    number = civic_outbox_number(near, ngx_http_civic_redis_is_cluster());

    outbox.len = civic_outbox_key(name, number, key);
    outbox.data = key;

    return outbox;
}


/* "<plugin>.<name>", or NULL: it is in no table, logged. */

const char *
ngx_http_civic_outbox_name(ngx_http_civic_request_t *cr, const char *name)
{
    ngx_uint_t                i;
    civic_outbox_def_t        def;
    ngx_http_civic_plugin_t  *plugin = cr->plugin;

    for (i = 0; i < plugin->table->outboxes.count; i++) {
        civic_table_get(&plugin->table->outboxes, i, &def, sizeof(def));

        if (ngx_strcmp(def.name, name) == 0) {
            return civic_print(&cr->public, "%s.%s",
                               (char *) plugin->name.data, name).data;
        }
    }

    civic_log(&cr->public, CIVIC_LOG_ERROR, "plugin \"%s\" uses the outbox "
              "\"%s\", which is not in its tables", plugin->name.data, name);

    return NULL;
}


civic_str_t
ngx_http_civic_outbox(civic_request_t *r, const char *name, civic_str_t near)
{
    const char                *full;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    full = ngx_http_civic_outbox_name(cr, name);

    /* no key: Redis refuses the script */
    return full == NULL ? CIVIC_STR("")
                        : ngx_http_civic_outbox_near(cr, full, near);
}


/* ---- done --------------------------------------------------------------- */

/* The entries that stand in the same outbox as the first. */

static size_t
ngx_http_civic_outbox_same(const civic_outbox_entry_t *entries, size_t count)
{
    size_t  n = 1;

    while (n < count && civic_str_eq(entries[n].outbox, entries[0].outbox)) {
        n++;
    }

    return n;
}


static void
ngx_http_civic_outbox_delete(ngx_http_civic_request_t *cr,
    ngx_http_civic_redis_call_t *call, const civic_outbox_entry_t *entries,
    size_t count)
{
    size_t        i;
    civic_str_t  *argv;

    argv = ngx_http_civic_alloc(&cr->public,
                                (count + 1) * sizeof(civic_str_t));
    argv[0] = entries[0].outbox;

    for (i = 0; i < count; i++) {
        argv[i + 1] = entries[i].id;
    }

    ngx_memzero(call, sizeof(ngx_http_civic_redis_call_t));

    call->script = ngx_http_civic_worker.conf->outbox_done;
    call->argv = argv;
    call->argc = count + 1;
    call->nkeys = 1;
    call->writes = 1;
    call->lane = NGX_HTTP_CIVIC_LANE_BULK;
}


civic_result_t
ngx_http_civic_outbox_done(civic_request_t *r,
    const civic_outbox_entry_t *entries, size_t count)
{
    size_t                        i, n, ncalls = 0;
    civic_result_t                rc;
    ngx_http_civic_request_t     *cr = ngx_http_civic_cast(r);
    ngx_http_civic_redis_call_t  *calls;

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    if (count == 0) {
        return CIVIC_OK;
    }

    calls = ngx_http_civic_alloc(r, count * sizeof(*calls));

    for (i = 0; i < count; i += n) {
        n = ngx_http_civic_outbox_same(&entries[i], count - i);
        ngx_http_civic_outbox_delete(cr, &calls[ncalls++], &entries[i], n);
    }

    cr->committed = 1;

    rc = ngx_http_civic_trip(cr, calls, ncalls);

    for (i = 0; rc == CIVIC_OK && i < ncalls; i++) {
        rc = calls[i].result == CIVIC_OK
             && calls[i].value->type == CIVIC_VALUE_ERROR ? CIVIC_ERROR
                                                          : calls[i].result;
    }

    return rc;
}
