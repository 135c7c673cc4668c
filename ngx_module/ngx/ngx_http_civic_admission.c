/*
 * ngx_http_civic_admission.c - how many requests run at once, of which kind.
 *
 * What cannot be served soon is refused at once: 503 with Retry-After.  A
 * part of the fibers is kept for staff and for money, so that a crowd never
 * locks out the people who work on its behalf.  Hashing and media are also
 * bounded by their queues, which a crowd may not fill to the last place.
 */

#include "ngx_http_civic.h"


/* The bound of a class, out of all fibers. */

static ngx_uint_t
ngx_http_civic_class_bound(ngx_http_civic_main_conf_t *cmcf,
    civic_cost_t cost)
{
    switch (cost) {
    case CIVIC_COST_HASH:
        return cmcf->hash_threads + cmcf->hash_queue;
    case CIVIC_COST_MEDIA:
        return cmcf->work_threads + cmcf->work_queue;
    default:
        return cmcf->fibers;
    }
}


/*
 * Whether the request could be admitted now.  Asked before its body is read
 * and its session looked up, so that a refusal costs next to nothing, and
 * again when it is admitted.
 */

ngx_uint_t
ngx_http_civic_has_room(ngx_http_civic_request_t *cr)
{
    civic_cost_t                 cost = cr->route->table.cost;
    ngx_uint_t                   bound, reserve;
    ngx_http_civic_worker_t     *w = &ngx_http_civic_worker;
    ngx_http_civic_main_conf_t  *cmcf = w->conf;

    bound = ngx_http_civic_class_bound(cmcf, cost);
    reserve = cr->staff || cost == CIVIC_COST_MONEY ? 0 : cmcf->reserve;

    if (w->live + reserve < cmcf->fibers && w->class_live[cost] < bound) {
        return 1;
    }

    (void) ngx_atomic_fetch_add(&w->row->refused, 1);

    return 0;
}


ngx_int_t
ngx_http_civic_admit(ngx_http_civic_request_t *cr)
{
    civic_cost_t              cost = cr->route->table.cost;
    ngx_http_civic_worker_t  *w = &ngx_http_civic_worker;

    if (!ngx_http_civic_has_room(cr)) {
        return NGX_BUSY;
    }

    w->live++;
    w->class_live[cost]++;
    w->row->live = w->live;
    cr->admitted = 1;

    return NGX_OK;
}


void
ngx_http_civic_release(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_worker_t  *w = &ngx_http_civic_worker;

    if (!cr->admitted) {
        return;
    }

    cr->admitted = 0;
    w->live--;
    w->class_live[cr->route->table.cost]--;
    w->row->live = w->live;
}
