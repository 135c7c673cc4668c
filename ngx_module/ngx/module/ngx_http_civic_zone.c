/*
 * ngx_http_civic_zone.c - numbers that all workers write and anyone reads.
 *
 * One row a worker, so counters seldom meet; they are added atomically all
 * the same, for during a reload the old and the new worker share a row.  The
 * zone is kept over reloads as long as plugins, routes and metrics stay the
 * same: its name carries a digest of its layout.
 */

#include "ngx_http_civic_jobs.h"


static size_t
ngx_http_civic_zone_row_size(ngx_http_civic_main_conf_t *cmcf)
{
    return sizeof(ngx_http_civic_row_t)
           + cmcf->nroutes * sizeof(ngx_http_civic_route_row_t)
           + cmcf->nmetrics * sizeof(ngx_atomic_t);
}


/* The workers' rows, then what is everybody's: switches, alarms, jobs. */

static size_t
ngx_http_civic_zone_size(ngx_http_civic_main_conf_t *cmcf)
{
    return NGX_HTTP_CIVIC_MAX_ROWS * ngx_http_civic_zone_row_size(cmcf)
           + sizeof(ngx_http_civic_common_t)
           + cmcf->jobs->nshards * sizeof(ngx_http_civic_job_row_t);
}


static ngx_int_t
ngx_http_civic_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t             *slab;
    ngx_http_civic_main_conf_t  *cmcf = zone->data;

    if (data != NULL) {
        /* a reload: the same layout, the same memory */
        return NGX_OK;
    }

    if (zone->shm.exists) {
        return NGX_OK;
    }

    slab = (ngx_slab_pool_t *) zone->shm.addr;

    slab->data = ngx_slab_calloc(slab, ngx_http_civic_zone_size(cmcf));

    return slab->data == NULL ? NGX_ERROR : NGX_OK;
}


static uint32_t
ngx_http_civic_zone_digest(ngx_http_civic_main_conf_t *cmcf)
{
    uint32_t                   crc;
    ngx_uint_t                 i, j;
    ngx_http_civic_plugin_t  **plugin;

    ngx_crc32_init(crc);

    plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        ngx_crc32_update(&crc, plugin[i]->name.data, plugin[i]->name.len);

        for (j = 0; j < plugin[i]->nroutes; j++) {
            ngx_crc32_update(&crc, plugin[i]->routes[j].pattern.data,
                             plugin[i]->routes[j].pattern.len);
        }

        ngx_crc32_update(&crc, (u_char *) &plugin[i]->nmetrics,
                         sizeof(ngx_uint_t));
    }

    for (i = 0; i < cmcf->jobs->njobs; i++) {
        ngx_crc32_update(&crc, cmcf->jobs->jobs[i].name.data,
                         cmcf->jobs->jobs[i].name.len);
        ngx_crc32_update(&crc, (u_char *) &cmcf->jobs->jobs[i].table.shards,
                         sizeof(unsigned));
    }

    ngx_crc32_final(crc);

    return crc;
}


char *
ngx_http_civic_zone_add(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    size_t     size;
    ngx_str_t  name;

    name.data = ngx_pnalloc(cf->pool, sizeof("civic_") + 8);
    if (name.data == NULL) {
        return NGX_CONF_ERROR;
    }

    name.len = ngx_sprintf(name.data, "civic_%08xD",
                           ngx_http_civic_zone_digest(cmcf))
               - name.data;

    size = ngx_align(ngx_http_civic_zone_size(cmcf), ngx_pagesize)
           + 16 * ngx_pagesize;

    cmcf->zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_http_civic_module);
    if (cmcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    cmcf->zone->init = ngx_http_civic_zone_init;
    cmcf->zone->data = cmcf;

    return NGX_CONF_OK;
}


ngx_http_civic_row_t *
ngx_http_civic_zone_row(ngx_http_civic_main_conf_t *cmcf, ngx_uint_t worker)
{
    ngx_slab_pool_t  *slab = (ngx_slab_pool_t *) cmcf->zone->shm.addr;

    return (ngx_http_civic_row_t *)
           ((u_char *) slab->data
            + (worker % NGX_HTTP_CIVIC_MAX_ROWS)
              * ngx_http_civic_zone_row_size(cmcf));
}


ngx_http_civic_route_row_t *
ngx_http_civic_zone_route(ngx_http_civic_main_conf_t *cmcf,
    ngx_http_civic_row_t *row, ngx_uint_t index)
{
    return (ngx_http_civic_route_row_t *) (row + 1) + index;
}


ngx_atomic_t *
ngx_http_civic_zone_metric(ngx_http_civic_main_conf_t *cmcf,
    ngx_http_civic_row_t *row, ngx_uint_t index)
{
    ngx_http_civic_route_row_t  *routes;

    routes = (ngx_http_civic_route_row_t *) (row + 1);

    return (ngx_atomic_t *) (routes + cmcf->nroutes) + index;
}


ngx_http_civic_job_row_t *
ngx_http_civic_zone_job(ngx_http_civic_main_conf_t *cmcf, ngx_uint_t index)
{
    ngx_slab_pool_t  *slab = (ngx_slab_pool_t *) cmcf->zone->shm.addr;

    return (ngx_http_civic_job_row_t *)
           ((u_char *) slab->data
            + NGX_HTTP_CIVIC_MAX_ROWS * ngx_http_civic_zone_row_size(cmcf)
            + sizeof(ngx_http_civic_common_t))
           + index;
}


ngx_http_civic_common_t *
ngx_http_civic_zone_common(ngx_http_civic_main_conf_t *cmcf)
{
    ngx_slab_pool_t  *slab = (ngx_slab_pool_t *) cmcf->zone->shm.addr;

    return (ngx_http_civic_common_t *)
           ((u_char *) slab->data
            + NGX_HTTP_CIVIC_MAX_ROWS * ngx_http_civic_zone_row_size(cmcf));
}
