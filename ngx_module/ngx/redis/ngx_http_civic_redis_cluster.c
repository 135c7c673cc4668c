/*
 * ngx_http_civic_redis_cluster.c - the nodes, and which of them has a slot.
 *
 * Nodes are numbered as in the map of slots, the seeds first, and are never
 * forgotten while the worker lives.  The map is asked of one node after the
 * other, so that the seeds get their turn again when all others fail; until
 * it is known, calls go to any node and are redirected.  Without a cluster
 * there is one node, and nothing here does anything.
 */

#include "ngx_http_civic_redis_private.h"

/* CLUSTER SLOTS of a large cluster with its replicas. */
#define NGX_HTTP_CIVIC_REDIS_MAP_MEMORY  (4 * 1024 * 1024)

static const civic_str_t  ngx_http_civic_redis_slots_command[] = {
    CIVIC_STR("CLUSTER"), CIVIC_STR("SLOTS")
};


/* Gives each node of the map that has no number yet its connections. */
static ngx_int_t
ngx_http_civic_redis_cluster_grow(ngx_http_civic_redis_t *redis)
{
    ngx_str_t   name;
    ngx_int_t   rc;
    ngx_addr_t  addr;

    while (redis->nnodes < redis->map.count) {
        name.data = (u_char *) redis->map.nodes[redis->nnodes];
        name.len = ngx_strlen(name.data);

        ngx_memzero(&addr, sizeof(ngx_addr_t));

        rc = ngx_parse_addr_port(redis->cycle->pool, &addr, name.data,
                                 name.len);
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        /* NGX_DECLINED: a name; its connections say so when they are used */

        if (ngx_http_civic_redis_node_add(redis, &name, addr.sockaddr,
                                          addr.socklen)
            == NULL)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_civic_redis_cluster_node(ngx_http_civic_redis_t *redis,
    civic_str_t address, ngx_http_civic_redis_node_t *asked)
{
    int      node;
    u_char   name[CIVIC_NODE_ADDRESS], *p, *colon;

    /* ":7000" is a port of the node that was asked */
    if (address.len > 0 && address.data[0] == ':') {
        colon = (u_char *) strrchr((char *) asked->name.data, ':');

        if (colon == NULL || ngx_strchr(asked->name.data, '/') != NULL) {
            return -1;
        }

        p = ngx_snprintf(name, sizeof(name), "%*s%*s",
                         (size_t) (colon - asked->name.data),
                         asked->name.data, address.len, address.data);
        address.data = (char *) name;
        address.len = p - name;
    }

    node = civic_slot_map_node(&redis->map, address);

    if (node < 0 || ngx_http_civic_redis_cluster_grow(redis) != NGX_OK) {
        return -1;
    }

    return node;
}


/* ---- routing ------------------------------------------------------------ */

static ngx_uint_t
ngx_http_civic_redis_usable(ngx_http_civic_redis_link_t *link)
{
    switch (link->state) {
    case NGX_HTTP_CIVIC_LINK_UP:
    case NGX_HTTP_CIVIC_LINK_IDLE:
        return 1;
    case NGX_HTTP_CIVIC_LINK_CONNECTING:
        return link->patient;
    default:
        return 0;
    }
}


/* One that is up, else one that may be. */
static ngx_http_civic_redis_link_t *
ngx_http_civic_redis_any(ngx_http_civic_redis_t *redis,
    ngx_http_civic_lane_t lane)
{
    ngx_uint_t                    i, first;
    ngx_http_civic_redis_link_t  *link, *usable;

    usable = NULL;
    first = (ngx_uint_t) ngx_random() % redis->nnodes;

    for (i = 0; i < redis->nnodes; i++) {
        link = &redis->nodes[(first + i) % redis->nnodes]->links[lane];

        if (link->state == NGX_HTTP_CIVIC_LINK_UP) {
            return link;
        }

        if (usable == NULL && link->node->sockaddr != NULL
            && ngx_http_civic_redis_usable(link))
        {
            usable = link;
        }
    }

    return usable;
}


ngx_http_civic_redis_link_t *
ngx_http_civic_redis_cluster_route(ngx_http_civic_redis_t *redis,
    ngx_uint_t slot, ngx_http_civic_lane_t lane)
{
    int                           owner;
    ngx_uint_t                    keyless;
    ngx_http_civic_redis_link_t  *link;

    if (!redis->conf->cluster) {
        return &redis->nodes[0]->links[lane];
    }

    /* without a key: a master, each as often as it has slots */
    keyless = slot == CIVIC_SLOTS;
    if (keyless) {
        slot = (ngx_uint_t) ngx_random() % CIVIC_SLOTS;
    }

    owner = civic_slot_map_owner(&redis->map, slot);

    if (owner < 0) {
        return ngx_http_civic_redis_any(redis, lane);
    }

    link = &redis->nodes[owner]->links[lane];

    if (keyless && !ngx_http_civic_redis_usable(link)) {
        return ngx_http_civic_redis_any(redis, lane);
    }

    return link;
}


ngx_uint_t
ngx_http_civic_redis_cluster_wants(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_node_t *node)
{
    ngx_uint_t  slot;
    int         owner;

    if (!redis->conf->cluster) {
        return 1;
    }

    for (slot = 0; slot < CIVIC_SLOTS; slot++) {
        owner = civic_slot_map_owner(&redis->map, slot);

        if (owner >= 0 && redis->nodes[owner] == node) {
            return 1;
        }
    }

    return 0;
}


/* ---- refreshing the map ------------------------------------------------- */

static void
ngx_http_civic_redis_refresh_again(ngx_http_civic_redis_t *redis,
    ngx_msec_t delay)
{
    redis->refreshing = 0;
    civic_arena_reset(redis->refresh_arena);
    ngx_add_timer(&redis->refresh_timer, delay);
}


/* Asks the next node. */
static void
ngx_http_civic_redis_refresh_ask(ngx_http_civic_redis_t *redis)
{
    ngx_uint_t  node;

    node = (redis->refresh_first + redis->refresh_tried) % redis->nnodes;
    redis->refresh_tried++;

    civic_arena_reset(redis->refresh_arena);
    ngx_http_civic_redis_start_at(&redis->refresh, node);
}


static void
ngx_http_civic_redis_refresh_failed(ngx_http_civic_redis_t *redis)
{
    if (redis->refresh_tried < redis->nnodes) {
        ngx_http_civic_redis_refresh_ask(redis);
        return;
    }

    if (!redis->map_told) {
        redis->map_told = 1;
        ngx_log_error(NGX_LOG_ERR, redis->cycle->log, 0,
                      "redis: none of %ui nodes tells who has which slot",
                      redis->nnodes);
    }

    ngx_http_civic_redis_refresh_again(redis,
                                       NGX_HTTP_CIVIC_REDIS_REFRESH_FAIL);
}


static void
ngx_http_civic_redis_refresh_done(ngx_http_civic_redis_call_t *call)
{
    ngx_uint_t               node;
    civic_str_t              asked;
    ngx_http_civic_redis_t  *redis;

    redis = call->data;

    node = (redis->refresh_first + redis->refresh_tried - 1) % redis->nnodes;
    asked.data = (char *) redis->nodes[node]->name.data;
    asked.len = redis->nodes[node]->name.len;

    if (call->result != CIVIC_OK
        || civic_slot_map_update(&redis->map, call->value, asked) != 0
        || ngx_http_civic_redis_cluster_grow(redis) != NGX_OK)
    {
        ngx_http_civic_redis_refresh_failed(redis);
        return;
    }

    if (redis->map_told || !redis->mapped) {
        ngx_log_error(NGX_LOG_NOTICE, redis->cycle->log, 0,
                      "redis: the map of slots is known, from %V",
                      &redis->nodes[node]->name);
    }

    redis->map_told = 0;
    redis->mapped = 1;

    ngx_http_civic_redis_refresh_again(redis, NGX_HTTP_CIVIC_REDIS_REFRESH);
}


static void
ngx_http_civic_redis_refresh_begin(ngx_http_civic_redis_t *redis)
{
    redis->refreshing = 1;
    redis->refreshed = ngx_current_msec;
    redis->refresh_first = (ngx_uint_t) ngx_random() % redis->nnodes;
    redis->refresh_tried = 0;

    if (redis->refresh_timer.timer_set) {
        ngx_del_timer(&redis->refresh_timer);
    }

    ngx_http_civic_redis_refresh_ask(redis);
}


static void
ngx_http_civic_redis_refresh_handler(ngx_event_t *ev)
{
    ngx_http_civic_redis_refresh_begin(ev->data);
}


void
ngx_http_civic_redis_cluster_refresh(ngx_http_civic_redis_t *redis)
{
    ngx_msec_t  since;

    if (!redis->conf->cluster || redis->refreshing) {
        return;
    }

    since = ngx_current_msec - redis->refreshed;

    ngx_add_timer(&redis->refresh_timer,
                  since >= NGX_HTTP_CIVIC_REDIS_REFRESH_MIN
                  ? 1 : NGX_HTTP_CIVIC_REDIS_REFRESH_MIN - since);
}


/* ---- the worker's ------------------------------------------------------- */

static ngx_int_t
ngx_http_civic_redis_add_seeds(ngx_http_civic_redis_t *redis)
{
    ngx_uint_t   i;
    ngx_addr_t  *seed;
    civic_str_t  name;

    seed = redis->conf->seeds->elts;

    for (i = 0; i < redis->conf->seeds->nelts; i++) {
        name.data = (char *) seed[i].name.data;
        name.len = seed[i].name.len;

        if (civic_slot_map_node(&redis->map, name) < (int) redis->nnodes) {
            /* the same again */
            continue;
        }

        if (ngx_http_civic_redis_node_add(redis, &seed[i].name,
                                          seed[i].sockaddr, seed[i].socklen)
            == NULL)
        {
            return NGX_ERROR;
        }
    }

    return redis->nnodes > 0 ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_civic_redis_cluster_init(ngx_http_civic_redis_t *redis)
{
    civic_slot_map_init(&redis->map);

    if (ngx_http_civic_redis_add_seeds(redis) != NGX_OK) {
        return NGX_ERROR;
    }

    redis->refresh_arena = civic_arena_create(16 * 1024,
                                          NGX_HTTP_CIVIC_REDIS_MAP_MEMORY);
    if (redis->refresh_arena == NULL) {
        return NGX_ERROR;
    }

    redis->refresh.arena = redis->refresh_arena;
    redis->refresh.argv = ngx_http_civic_redis_slots_command;
    redis->refresh.argc = 2;
    redis->refresh.lane = NGX_HTTP_CIVIC_LANE_NORMAL;
    redis->refresh.done = ngx_http_civic_redis_refresh_done;
    redis->refresh.data = redis;

    redis->refresh_timer.handler = ngx_http_civic_redis_refresh_handler;
    redis->refresh_timer.data = redis;
    redis->refresh_timer.log = redis->cycle->log;
    redis->refresh_timer.cancelable = 1;

    ngx_http_civic_redis_refresh_begin(redis);

    return NGX_OK;
}


void
ngx_http_civic_redis_cluster_exit(ngx_http_civic_redis_t *redis)
{
    if (redis->refresh_timer.timer_set) {
        ngx_del_timer(&redis->refresh_timer);
    }

    if (redis->refresh_arena != NULL) {
        ngx_http_civic_redis_cancel(&redis->refresh);
        civic_arena_destroy(redis->refresh_arena);
        redis->refresh_arena = NULL;
    }
}
