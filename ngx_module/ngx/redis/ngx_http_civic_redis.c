/*
 * ngx_http_civic_redis.c - the transport's beginning and end in a worker,
 * and what the status page shows of it.
 */

#include "ngx_http_civic_redis_private.h"

ngx_http_civic_redis_t  *ngx_http_civic_redis_worker;

const char *const  ngx_http_civic_redis_lanes[NGX_HTTP_CIVIC_LANES] = {
    "normal", "bulk", "durable", "subscriber"
};

static const char *const  ngx_http_civic_redis_states[] = {
    "idle", "connecting", "up", "down"
};


ngx_http_civic_redis_node_t *
ngx_http_civic_redis_node_add(ngx_http_civic_redis_t *redis, ngx_str_t *name,
    struct sockaddr *sockaddr, socklen_t socklen)
{
    ngx_uint_t                    i;
    ngx_http_civic_redis_node_t  *node;

    node = ngx_pcalloc(redis->cycle->pool,
                       sizeof(ngx_http_civic_redis_node_t));
    if (node == NULL) {
        return NULL;
    }

    node->name.data = ngx_pnalloc(redis->cycle->pool, name->len + 1);
    if (node->name.data == NULL) {
        return NULL;
    }

    (void) ngx_cpystrn(node->name.data, name->data, name->len + 1);
    node->name.len = name->len;
    node->sockaddr = sockaddr;
    node->socklen = socklen;

    for (i = 0; i < NGX_HTTP_CIVIC_LANES; i++) {
        if (ngx_http_civic_redis_link_init(&node->links[i], node, i)
            != NGX_OK)
        {
            while (i-- > 0) {
                ngx_http_civic_redis_link_close(&node->links[i]);
            }

            return NULL;
        }
    }

    redis->nodes[redis->nnodes++] = node;

    return node;
}


/* One Redis: its connection is made at once, so that "ready" means it. */
static ngx_int_t
ngx_http_civic_redis_single_init(ngx_http_civic_redis_t *redis)
{
    ngx_addr_t                   *seed;
    ngx_http_civic_redis_node_t  *node;

    seed = redis->conf->seeds->elts;

    node = ngx_http_civic_redis_node_add(redis, &seed->name, seed->sockaddr,
                                         seed->socklen);
    if (node == NULL) {
        return NGX_ERROR;
    }

    ngx_http_civic_redis_link_connect(
                                   &node->links[NGX_HTTP_CIVIC_LANE_NORMAL]);

    return NGX_OK;
}


ngx_int_t
ngx_http_civic_redis_init_worker(ngx_cycle_t *cycle,
    ngx_http_civic_redis_conf_t *conf)
{
    ngx_int_t                rc;
    ngx_http_civic_redis_t  *redis;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    redis = ngx_pcalloc(cycle->pool, sizeof(ngx_http_civic_redis_t));
    if (redis == NULL) {
        return NGX_ERROR;
    }

    redis->conf = conf;
    redis->cycle = cycle;

    redis->buffer = ngx_palloc(cycle->pool, NGX_HTTP_CIVIC_REDIS_BUFFER);
    if (redis->buffer == NULL) {
        return NGX_ERROR;
    }

    ngx_http_civic_redis_calls_init(redis);
    ngx_http_civic_redis_worker = redis;

    rc = conf->cluster ? ngx_http_civic_redis_cluster_init(redis)
                       : ngx_http_civic_redis_single_init(redis);

    if (rc != NGX_OK) {
        ngx_http_civic_redis_exit_worker();
    }

    return rc;
}


void
ngx_http_civic_redis_exit_worker(void)
{
    ngx_uint_t               i, lane;
    ngx_http_civic_redis_t  *redis;

    redis = ngx_http_civic_redis_worker;
    if (redis == NULL) {
        return;
    }

    ngx_http_civic_redis_cluster_exit(redis);

    for (i = 0; i < redis->nnodes; i++) {
        for (lane = 0; lane < NGX_HTTP_CIVIC_LANES; lane++) {
            ngx_http_civic_redis_link_close(&redis->nodes[i]->links[lane]);
        }
    }

    ngx_http_civic_redis_calls_exit(redis);
    ngx_http_civic_redis_worker = NULL;
}


ngx_uint_t
ngx_http_civic_redis_ready(void)
{
    ngx_uint_t               i;
    ngx_http_civic_redis_t  *redis;

    redis = ngx_http_civic_redis_worker;
    if (redis == NULL) {
        return 0;
    }

    for (i = 0; i < redis->nnodes; i++) {
        if (redis->nodes[i]->links[NGX_HTTP_CIVIC_LANE_NORMAL].state
            == NGX_HTTP_CIVIC_LINK_UP)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_civic_redis_link_status(ngx_http_civic_redis_link_t *link,
    ngx_http_civic_redis_status_t *status)
{
    ngx_queue_t  *q;

    status->node = (char *) link->node->name.data;
    status->lane = ngx_http_civic_redis_lanes[link->lane];
    status->state = ngx_http_civic_redis_states[link->state];
    status->tombstones = civic_redis_queue_tombstones(link->queue);
    status->pending = civic_redis_queue_pending(link->queue)
                      - status->tombstones;
    status->sent = link->sent;
    status->failed = link->failed;
    status->reconnects = link->reconnects;
    status->last_error = (char *) link->cause;

    for (q = ngx_queue_head(&link->waiting);
         q != ngx_queue_sentinel(&link->waiting);
         q = ngx_queue_next(q))
    {
        status->pending++;
    }
}


void
ngx_http_civic_redis_status(ngx_http_civic_redis_status_pt fn, void *data)
{
    ngx_uint_t                      i, lane;
    ngx_http_civic_redis_t         *redis;
    ngx_http_civic_redis_link_t    *link;
    ngx_http_civic_redis_status_t   status;

    redis = ngx_http_civic_redis_worker;
    if (redis == NULL) {
        return;
    }

    for (i = 0; i < redis->nnodes; i++) {
        for (lane = 0; lane < NGX_HTTP_CIVIC_LANES; lane++) {
            link = &redis->nodes[i]->links[lane];

            /* never needed */
            if (link->state == NGX_HTTP_CIVIC_LINK_IDLE
                && link->attempts == 0)
            {
                continue;
            }

            ngx_http_civic_redis_link_status(link, &status);
            fn(data, &status);
        }
    }
}
