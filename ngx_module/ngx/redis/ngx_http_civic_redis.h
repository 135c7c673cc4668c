/*
 * ngx_http_civic_redis.h - Redis for fibers and timers of one worker.
 *
 * Callbacks below, fibers above: this knows nothing of requests.  A worker
 * keeps one connection per node and lane and pipelines everything in flight
 * over it, one write per turn of the event loop.  In a cluster it follows
 * MOVED and ASK, tries again on TRYAGAIN until the deadline, and refreshes
 * its map of slots.  A lost connection is never retried for a call that
 * writes; a call that only reads is sent once more.  While a node is down
 * calls fail at once with NOT_SENT, and reconnects back off with jitter.
 */

#ifndef NGX_HTTP_CIVIC_REDIS_H
#define NGX_HTTP_CIVIC_REDIS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "arena.h"
#include "redis_script.h"

typedef struct ngx_http_civic_redis_conf_s  ngx_http_civic_redis_conf_t;

typedef enum {
    NGX_HTTP_CIVIC_LANE_NORMAL = 0,
    NGX_HTTP_CIVIC_LANE_BULK,
    NGX_HTTP_CIVIC_LANE_DURABLE,
    NGX_HTTP_CIVIC_LANE_SUBSCRIBER,
    NGX_HTTP_CIVIC_LANES
} ngx_http_civic_lane_t;

typedef struct ngx_http_civic_redis_call_s  ngx_http_civic_redis_call_t;

/* Filled by the caller up to data; must stay until done() or cancel(). */
struct ngx_http_civic_redis_call_s {
    civic_arena_t               *arena;     /* values are built here */
    const civic_str_t           *argv;      /* a command, its key argv[1] */
    size_t                       argc;
    const civic_redis_script_t  *script;    /* or a script: argv is then KEYS
                                               (nkeys of them) and ARGV */
    size_t                       nkeys;
    ngx_http_civic_lane_t        lane;
    unsigned                     writes:1;
    unsigned                     durable:1; /* WAIT afterwards */
    unsigned                     keyless:1; /* argv[1] is no key: any node */
    unsigned                     directed:1;    /* to node, whatever the key */
    unsigned                     here:1;    /* and nowhere else: MOVED and ASK
                                               are answers, of type error */
    ngx_uint_t                   node;
    ngx_msec_t                   timeout;   /* ms, at most; 0: the default */

    /* Called from the event loop, never from inside start(). */
    void                       (*done)(ngx_http_civic_redis_call_t *call);
    void                        *data;

    /* the answer */
    civic_result_t               result;
    const civic_value_t         *value;

    /* the transport's own */
    void                        *state;
};

/* Always leads to done(), unless cancelled. */
void ngx_http_civic_redis_start(ngx_http_civic_redis_call_t *call);
void ngx_http_civic_redis_cancel(ngx_http_civic_redis_call_t *call);

/*
 * A worker's one subscription, for its whole life, over a connection of its
 * own; made anew whenever that is lost or silent, in a Cluster from another
 * node if need be (messages reach every node).  subscribed() is called each
 * time, also the first: whatever was published before it may have been
 * missed.  Both from the event loop; the texts are gone afterwards.
 */
typedef struct {
    const civic_str_t           *channels;
    size_t                       count;
    void                       (*message)(void *data, civic_str_t payload);
    void                       (*subscribed)(void *data);
    void                        *data;
} ngx_http_civic_redis_subscriber_t;

void ngx_http_civic_redis_subscribe(
    const ngx_http_civic_redis_subscriber_t *subscriber);

/* ngx_http_civic_redis_nodes.c: the nodes one by one, for whoever looks
   after them.  They are numbered from 0. */
ngx_uint_t ngx_http_civic_redis_nodes(void);
const char *ngx_http_civic_redis_node_name(ngx_uint_t node);
/* Whether calls go there: in a cluster, whether it has slots. */
ngx_uint_t ngx_http_civic_redis_node_serves(ngx_uint_t node);
ngx_uint_t ngx_http_civic_redis_node_down(ngx_uint_t node);
/* As start(), to that node whatever the key. */
void ngx_http_civic_redis_start_on(ngx_http_civic_redis_call_t *call,
    ngx_uint_t node);
/* The number of the node that has a slot, or that an answer of a node (MOVED
   or ASK) names; -1: not known. */
ngx_int_t ngx_http_civic_redis_slot_node(ngx_uint_t slot);
ngx_int_t ngx_http_civic_redis_named_node(ngx_uint_t node,
    const civic_value_t *error);
void ngx_http_civic_redis_slot_moved(ngx_uint_t slot, ngx_int_t node);
ngx_int_t ngx_http_civic_redis_replicas_wanted(void);
ngx_uint_t ngx_http_civic_redis_is_cluster(void);

/* The directives: civic_redis and its companions, for the module's table. */
extern ngx_command_t  ngx_http_civic_redis_commands[];

ngx_http_civic_redis_conf_t *ngx_http_civic_redis_create_conf(ngx_conf_t *cf);
char *ngx_http_civic_redis_init_conf(ngx_conf_t *cf,
    ngx_http_civic_redis_conf_t *conf);

ngx_int_t ngx_http_civic_redis_init_worker(ngx_cycle_t *cycle,
    ngx_http_civic_redis_conf_t *conf);
void ngx_http_civic_redis_exit_worker(void);

/* Whether any node can be reached now; for ready and status. */
ngx_uint_t ngx_http_civic_redis_ready(void);

/* For the status page: one call per node and lane of this worker. */
typedef struct {
    const char  *node;
    const char  *lane;
    const char  *state;                     /* "up", "connecting", "down" */
    ngx_uint_t   pending;
    ngx_uint_t   tombstones;
    uint64_t     sent;
    uint64_t     failed;
    uint64_t     reconnects;
    const char  *last_error;
} ngx_http_civic_redis_status_t;

typedef void (*ngx_http_civic_redis_status_pt)(void *data,
    const ngx_http_civic_redis_status_t *status);
void ngx_http_civic_redis_status(ngx_http_civic_redis_status_pt fn, void *data);

#endif
