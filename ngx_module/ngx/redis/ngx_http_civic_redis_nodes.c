/*
 * ngx_http_civic_redis_nodes.c - the nodes of Redis one by one, for whoever
 * looks after them and not for data.
 *
 * Numbers of nodes hold as long as the worker lives.
 */

#include "ngx_http_civic_redis_private.h"


ngx_uint_t
ngx_http_civic_redis_nodes(void)
{
    ngx_http_civic_redis_t  *redis = ngx_http_civic_redis_worker;

    return redis == NULL ? 0 : redis->nnodes;
}


const char *
ngx_http_civic_redis_node_name(ngx_uint_t node)
{
    return (char *) ngx_http_civic_redis_worker->nodes[node]->name.data;
}


ngx_uint_t
ngx_http_civic_redis_node_serves(ngx_uint_t node)
{
    ngx_http_civic_redis_t  *redis = ngx_http_civic_redis_worker;

    return ngx_http_civic_redis_cluster_wants(redis, redis->nodes[node]);
}


/* A first attempt is none: neither is one right after a loss. */

ngx_uint_t
ngx_http_civic_redis_node_down(ngx_uint_t node)
{
    ngx_http_civic_redis_link_t  *link;

    link = &ngx_http_civic_redis_worker->nodes[node]
                                       ->links[NGX_HTTP_CIVIC_LANE_NORMAL];

    return link->state == NGX_HTTP_CIVIC_LINK_DOWN
           || (link->state == NGX_HTTP_CIVIC_LINK_CONNECTING
               && link->attempts > 1);
}


void
ngx_http_civic_redis_start_on(ngx_http_civic_redis_call_t *call,
    ngx_uint_t node)
{
    ngx_http_civic_redis_start_at(call, node);
}


ngx_int_t
ngx_http_civic_redis_slot_node(ngx_uint_t slot)
{
    ngx_int_t                node;
    ngx_http_civic_redis_t  *redis = ngx_http_civic_redis_worker;

    if (redis == NULL) {
        return -1;
    }

    node = civic_slot_map_owner(&redis->map, slot);

    if (node < 0) {
        ngx_http_civic_redis_cluster_refresh(redis);
    }

    return node;
}


ngx_int_t
ngx_http_civic_redis_named_node(ngx_uint_t node, const civic_value_t *error)
{
    unsigned                 slot;
    civic_str_t              address;
    civic_redis_error_t      what;
    ngx_http_civic_redis_t  *redis = ngx_http_civic_redis_worker;

    if (redis == NULL) {
        return -1;
    }

    what = civic_redis_error(error->str, &slot, &address);

    return what == CIVIC_REDIS_MOVED || what == CIVIC_REDIS_ASK
           ? ngx_http_civic_redis_cluster_node(redis, address,
                                               redis->nodes[node])
           : -1;
}


void
ngx_http_civic_redis_slot_moved(ngx_uint_t slot, ngx_int_t node)
{
    ngx_http_civic_redis_t  *redis = ngx_http_civic_redis_worker;

    if (redis != NULL) {
        civic_slot_map_set(&redis->map, slot, node);
        ngx_http_civic_redis_cluster_refresh(redis);
    }
}


ngx_int_t
ngx_http_civic_redis_replicas_wanted(void)
{
    ngx_http_civic_redis_t  *redis = ngx_http_civic_redis_worker;

    return redis == NULL ? 0 : redis->conf->wait;
}


ngx_uint_t
ngx_http_civic_redis_is_cluster(void)
{
    ngx_http_civic_redis_t  *redis = ngx_http_civic_redis_worker;

    return redis != NULL && redis->conf->cluster;
}
