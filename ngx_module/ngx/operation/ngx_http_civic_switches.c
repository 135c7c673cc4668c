/*
 * ngx_http_civic_switches.c - plugins that are off or read-only, at run time
 * and for the whole fleet.
 *
 * "civicctl switch" writes the hash "civic:switches" in Redis:
 *
 *   <plugin>         "off" or "read_only"; absent: on
 *   <plugin>.reason  what the operator gave as the reason
 *   <plugin>.since   epoch ms
 *   .version         goes up with each change
 *
 * Every worker reads it once a second.  A worker that cannot keeps the state
 * that it knows; one that is started by a reload or after a crash takes the
 * state of the others of its nginx out of the zone.  What a worker has, and
 * the version that it has seen, is part of its sign of life, so "civicctl
 * switch" can tell when every worker has a change.
 *
 * What has begun is finished.  Nobody is exempt, administrators included: a
 * switch is thrown because the plugin does harm.
 */

#include "ngx_http_civic.h"


static ngx_http_civic_errand_t  ngx_http_civic_switches_errand;
static int64_t                  ngx_http_civic_switches_version;

static const char *const  ngx_http_civic_switch_names[] = {
    "on", "read_only", "off"
};


ngx_int_t
ngx_http_civic_switches_init(ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t                 i;
    ngx_http_civic_common_t   *common;
    ngx_http_civic_plugin_t  **plugin = cmcf->plugins.elts;

    common = ngx_http_civic_zone_common(cmcf);

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        plugin[i]->switched = common->switches[i];
    }

    ngx_http_civic_switches_errand.arena = civic_arena_create(2048, 65536);

    return ngx_http_civic_switches_errand.arena == NULL ? NGX_ERROR : NGX_OK;
}


const char *
ngx_http_civic_switch_name(ngx_http_civic_plugin_t *plugin)
{
    return ngx_http_civic_switch_names[plugin->switched];
}


const char *
ngx_http_civic_switch_refuses(ngx_http_civic_plugin_t *plugin,
    ngx_uint_t flags)
{
    if (!plugin->started || plugin->switched == NGX_HTTP_CIVIC_OFF) {
        return "plugin_unavailable";
    }

    if (plugin->switched == NGX_HTTP_CIVIC_READ_ONLY
        && (flags & CIVIC_CHANGES))
    {
        return "read_only";
    }

    return NULL;
}


/* Part of a worker's sign of life; the object is open. */

void
ngx_http_civic_switches_describe(civic_writer_t *w)
{
    ngx_uint_t                 i;
    ngx_http_civic_plugin_t  **plugin;

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    civic_writer_int(w, "switches_version", ngx_http_civic_switches_version);
    civic_writer_object(w, "switches");

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        civic_writer_str(w, plugin[i]->table->name,
                         civic_cstr(ngx_http_civic_switch_name(plugin[i])));
    }

    civic_writer_end(w);
}


/* ---- reading ------------------------------------------------------------ */

/* -1: no state that is known. */

static ngx_int_t
ngx_http_civic_switch_parse(const civic_value_t *value)
{
    ngx_uint_t  i;

    if (value->type == CIVIC_VALUE_NIL) {
        return NGX_HTTP_CIVIC_ON;
    }

    if (value->type != CIVIC_VALUE_STRING) {
        return -1;
    }

    for (i = NGX_HTTP_CIVIC_ON; i <= NGX_HTTP_CIVIC_OFF; i++) {
        if (civic_str_eq(value->str,
                         civic_cstr(ngx_http_civic_switch_names[i])))
        {
            return i;
        }
    }

    return -1;
}


static void
ngx_http_civic_switch_set(ngx_uint_t i, ngx_uint_t to)
{
    ngx_http_civic_plugin_t  **plugin;

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    ngx_http_civic_zone_common(ngx_http_civic_worker.conf)->switches[i] = to;

    if (plugin[i]->switched == to) {
        return;
    }

    plugin[i]->switched = to;

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "plugin \"%V\" is switched to \"%s\"", &plugin[i]->name,
                  ngx_http_civic_switch_names[to]);
}


/* The first value is the version, then one for each plugin. */

static void
ngx_http_civic_switches_apply(const civic_value_t *values)
{
    int64_t      version = 0;
    ngx_int_t    to;
    ngx_uint_t   i, seen;

    if (values[0].type == CIVIC_VALUE_STRING) {
        version = strtoll(values[0].str.data, NULL, 10);
    }

    seen = version == ngx_http_civic_switches_version;

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        to = ngx_http_civic_switch_parse(&values[i + 1]);

        if (to != -1) {
            ngx_http_civic_switch_set(i, to);

        } else if (!seen) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "civic:switches has a state for plugin %ui that is "
                          "neither \"off\" nor \"read_only\": ignored", i);
        }
    }

    if (!seen) {
        /* somebody waits to hear that we have it */
        ngx_http_civic_switches_version = version;
        ngx_http_civic_tell();
    }
}


static void
ngx_http_civic_switches_done(ngx_http_civic_redis_call_t *call)
{
    const civic_value_t  *value = call->value;

    if (call->result == CIVIC_OK && value->type == CIVIC_VALUE_ARRAY
        && value->count == ngx_http_civic_worker.conf->plugins.nelts + 1)
    {
        ngx_http_civic_switches_apply(value->items);
    }

    ngx_http_civic_switches_errand.busy = 0;
}


void
ngx_http_civic_switches_read(void)
{
    ngx_uint_t                 i;
    ngx_http_civic_errand_t   *errand = &ngx_http_civic_switches_errand;
    ngx_http_civic_plugin_t  **plugin;

    if (errand->busy) {
        return;
    }

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    civic_arena_reset(errand->arena);
    ngx_memzero(&errand->call, sizeof(ngx_http_civic_redis_call_t));

    errand->argv[0] = CIVIC_STR("HMGET");
    errand->argv[1] = CIVIC_STR("civic:switches");
    errand->argv[2] = CIVIC_STR(".version");

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        errand->argv[i + 3] = civic_cstr(plugin[i]->table->name);
    }

    errand->call.arena = errand->arena;
    errand->call.argv = errand->argv;
    errand->call.argc = i + 3;
    errand->call.lane = NGX_HTTP_CIVIC_LANE_NORMAL;
    errand->call.done = ngx_http_civic_switches_done;
    errand->busy = 1;

    ngx_http_civic_redis_start(&errand->call);
}
