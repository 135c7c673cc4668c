/*
 * ngx_http_civic_admission.c - how many requests run at once, of which kind.
 *
 * What cannot be served soon is refused at once: 503 with Retry-After.  A
 * part of the fibers is kept for staff and for money, so that a crowd never
 * locks out the people who work on its behalf.  Hashing and media are also
 * bounded by their queues, which a crowd may not fill to the last place.
 * Long polls do nothing most of the time: they have a bound of their own and
 * take no place from the others, nor others from them.
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
    case CIVIC_COST_WAIT:
        return cmcf->waiters;
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

    if (w->class_live[cost] < bound
        && (cost == CIVIC_COST_WAIT || w->live + reserve < cmcf->fibers))
    {
        return 1;
    }

    (void) ngx_atomic_fetch_add(&w->row->refused, 1);

    return 0;
}


/* Pollers count apart from everybody else. */

static void
ngx_http_civic_count_live(civic_cost_t cost, ngx_int_t step)
{
    ngx_http_civic_worker_t  *w = &ngx_http_civic_worker;

    w->class_live[cost] += step;

    if (cost == CIVIC_COST_WAIT) {
        w->row->waiters = w->class_live[cost];
        return;
    }

    w->live += step;
    w->row->live = w->live;
}


ngx_int_t
ngx_http_civic_admit(ngx_http_civic_request_t *cr)
{
    civic_cost_t  cost = cr->route->table.cost;

    if (!ngx_http_civic_has_room(cr)) {
        return NGX_BUSY;
    }

    ngx_http_civic_count_live(cost, 1);
    cr->admitted = 1;

    return NGX_OK;
}


void
ngx_http_civic_release(ngx_http_civic_request_t *cr)
{
    if (!cr->admitted) {
        return;
    }

    cr->admitted = 0;
    ngx_http_civic_unwatch(cr);
    ngx_http_civic_count_live(cr->route->table.cost, -1);
}
