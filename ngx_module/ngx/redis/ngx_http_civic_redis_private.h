/*
 * ngx_http_civic_redis_private.h - what the files of the Redis transport
 * share.
 *
 *   _conf.c      directives, the password file, the TLS context
 *   _link.c      one connection: made, read, written, lost, made anew
 *   _greet.c     what it says first: TLS, AUTH, PING
 *   _call.c      one call: started, answered, tried again, over
 *   _send.c      one call: routed and sent
 *   _wheel.c     deadlines, and calls that are told from an event
 *   _subscribe.c the one subscription of a worker
 *   _cluster.c   nodes, the map of slots and how it is kept fresh
 *   .c           the worker's beginning and end, status
 *
 * A call never sees a connection fail while it is being started: whatever
 * ends there is told from an event of its own.  Only an answer that arrives,
 * and a deadline that passes, call done() directly.
 */

#ifndef NGX_HTTP_CIVIC_REDIS_PRIVATE_H
#define NGX_HTTP_CIVIC_REDIS_PRIVATE_H

#include "ngx_http_civic_redis.h"
#include "redis_queue.h"
#include "slots.h"

/* Bytes that one answer may have, and that may wait to be written. */
#define NGX_HTTP_CIVIC_REDIS_LIMIT        (16 * 1024 * 1024)

/* One read, and how many of them before others get their turn. */
#define NGX_HTTP_CIVIC_REDIS_BUFFER       (64 * 1024)
#define NGX_HTTP_CIVIC_REDIS_READS        4

/* What is to be sent is held for one turn of the loop for so many calls under
   way, and for so many turns at most. */
#define NGX_HTTP_CIVIC_REDIS_CROWD        16
#define NGX_HTTP_CIVIC_REDIS_HOLD         3

/* The head of a queue may stand still for so many default timeouts. */
#define NGX_HTTP_CIVIC_REDIS_STALL        2

/* Reconnecting, ms: from, to. */
#define NGX_HTTP_CIVIC_REDIS_BACKOFF      50
#define NGX_HTTP_CIVIC_REDIS_BACKOFF_MAX  2000

/* A connection that lasted so long (ms) is made anew at once when it is lost,
   and calls wait for that. */
#define NGX_HTTP_CIVIC_REDIS_PROVEN       1000

/* LOADING and the like are tried again after so many ms: from, spread. */
#define NGX_HTTP_CIVIC_REDIS_PAUSE        20
#define NGX_HTTP_CIVIC_REDIS_PAUSE_SPREAD 80

/* After so many redirections a call pauses between them. */
#define NGX_HTTP_CIVIC_REDIS_REDIRECTS    5

/* So often a node may forget a script in the life of one call. */
#define NGX_HTTP_CIVIC_REDIS_LOADS        3

/* The map of slots, ms: asked for again; at most so often; after a round of
   all nodes that failed. */
#define NGX_HTTP_CIVIC_REDIS_REFRESH      30000
#define NGX_HTTP_CIVIC_REDIS_REFRESH_MIN  200
#define NGX_HTTP_CIVIC_REDIS_REFRESH_FAIL 1000

/* A subscription, ms: looked after; one that could not be had is looked for
   elsewhere. */
#define NGX_HTTP_CIVIC_REDIS_TEND         1000
#define NGX_HTTP_CIVIC_REDIS_ELSEWHERE    100

/* Deadlines: a wheel of 256 buckets of 16 ms. */
#define NGX_HTTP_CIVIC_REDIS_TICK         16
#define NGX_HTTP_CIVIC_REDIS_BUCKETS      256

#define NGX_HTTP_CIVIC_REDIS_CAUSE        160

typedef struct ngx_http_civic_redis_s       ngx_http_civic_redis_t;
typedef struct ngx_http_civic_redis_node_s  ngx_http_civic_redis_node_t;
typedef struct ngx_http_civic_redis_link_s  ngx_http_civic_redis_link_t;
typedef struct ngx_http_civic_redis_op_s    ngx_http_civic_redis_op_t;


struct ngx_http_civic_redis_conf_s {
    ngx_array_t  *seeds;                /* ngx_addr_t */
    ngx_str_t     host;                 /* of the first address */
    ngx_uint_t    addresses;            /* as given; names may have more */
    ngx_flag_t    cluster;
    ngx_str_t     user;
    ngx_str_t     password_file;
    ngx_str_t     password;
    ngx_flag_t    tls;
    ngx_str_t     tls_ca;
    ngx_str_t     tls_name;
    ngx_msec_t    timeout;
    ngx_int_t     wait;
    ngx_msec_t    wait_timeout;
#if (NGX_SSL)
    ngx_ssl_t    *ssl;
#endif
};


/* A script that was loaded over a connection: commands with a higher number
   find it there. */
typedef struct {
    const civic_redis_script_t  *script;
    uint64_t                     number;
} ngx_http_civic_redis_load_t;

typedef enum {
    NGX_HTTP_CIVIC_LINK_IDLE = 0,       /* nobody has needed it */
    NGX_HTTP_CIVIC_LINK_CONNECTING,
    NGX_HTTP_CIVIC_LINK_UP,
    NGX_HTTP_CIVIC_LINK_DOWN            /* until the timer fires */
} ngx_http_civic_link_state_t;

/* The connection of one node and lane; lives as long as the worker. */
struct ngx_http_civic_redis_link_s {
    ngx_http_civic_redis_t       *redis;
    ngx_http_civic_redis_node_t  *node;
    ngx_http_civic_lane_t         lane;
    ngx_http_civic_link_state_t   state;

    ngx_peer_connection_t         peer;
    ngx_log_t                     log;      /* keeps the cause */
    civic_redis_queue_t          *queue;
    civic_arena_t                *arena;    /* for the greeting */
    ngx_queue_t                   waiting;  /* ops, while connecting */
    ngx_queue_t                   lost;     /* ops, while being dropped */

    ngx_event_t                   flush;    /* posted */
    ngx_uint_t                    held;     /* turns that it was put off */
    ngx_event_t                   timer;    /* connecting, or the back-off */
    ngx_event_t                   watch;    /* does the head move? */

    ngx_msec_t                    backoff;
    ngx_msec_t                    up_since;
    ngx_msec_t                    complained;
    uint64_t                      number;   /* of commands */
    ngx_array_t                   loads;    /* ngx_http_civic_redis_load_t */

    uint64_t                      sent;
    uint64_t                      failed;
    uint64_t                      reconnects;
    ngx_uint_t                    attempts; /* since it was up */
    unsigned                      patient:1;    /* calls wait for it */
    unsigned                      told:1;       /* that it is down */
    unsigned                      broken:1;     /* drop after reading */
    u_char                        cause[NGX_HTTP_CIVIC_REDIS_CAUSE];
    u_char                        told_cause[NGX_HTTP_CIVIC_REDIS_CAUSE];
};

struct ngx_http_civic_redis_node_s {
    ngx_str_t                     name;         /* NUL-terminated */
    struct sockaddr              *sockaddr;     /* NULL: it is a name */
    socklen_t                     socklen;
    ngx_http_civic_redis_link_t   links[NGX_HTTP_CIVIC_LANES];
};


typedef enum {
    NGX_HTTP_CIVIC_OP_WAITING = 0,      /* for a connection */
    NGX_HTTP_CIVIC_OP_SENT,
    NGX_HTTP_CIVIC_OP_PAUSED,           /* to be tried again */
    NGX_HTTP_CIVIC_OP_OVER              /* in the list of those to be told */
} ngx_http_civic_op_stage_t;

/* What a call has in the queue. */
enum {
    NGX_HTTP_CIVIC_ENTRY_MAIN = 0,
    NGX_HTTP_CIVIC_ENTRY_WAIT,
    NGX_HTTP_CIVIC_ENTRY_LOAD,
    NGX_HTTP_CIVIC_ENTRIES
};

/* The transport's side of a call; lives in the call's arena. */
struct ngx_http_civic_redis_op_s {
    ngx_queue_t                   queue;    /* waiting, lost, or over */
    ngx_queue_t                   wheel;
    ngx_http_civic_redis_call_t  *call;
    ngx_http_civic_redis_link_t  *link;
    civic_redis_entry_t          *entries[NGX_HTTP_CIVIC_ENTRIES];
    const civic_value_t          *value;    /* while WAIT is on its way */
    ngx_msec_t                    deadline;
    ngx_msec_t                    wake;     /* when the wheel looks at it */
    uint64_t                      number;
    ngx_uint_t                    slot;     /* CIVIC_SLOTS: none */
    ngx_int_t                     node;     /* -1: by the slot */
    ngx_int_t                     home;     /* likewise, as it was started */
    ngx_uint_t                    redirects;
    ngx_uint_t                    loads;
    civic_result_t                result;
    ngx_http_civic_op_stage_t     stage;
    unsigned                      writes:1;
    unsigned                      wait:1;
    unsigned                      asking:1;
    unsigned                      resent:1;
};


/* The subscription: which connection has it, and whether that still lives. */
typedef struct {
    const ngx_http_civic_redis_subscriber_t  *subscriber;   /* NULL: none */
    ngx_http_civic_redis_link_t  *link;     /* NULL: to be chosen */
    ngx_event_t                   timer;
    ngx_msec_t                    asked;    /* when PING was sent */
    unsigned                      silent:1; /* nothing came since */
} ngx_http_civic_redis_subscription_t;

/* The worker's. */
struct ngx_http_civic_redis_s {
    ngx_http_civic_redis_conf_t  *conf;
    ngx_cycle_t                  *cycle;
    u_char                       *buffer;   /* for reading, of all links */

    ngx_http_civic_redis_node_t  *nodes[CIVIC_SLOT_NODES];
    ngx_uint_t                    nnodes;

    /* calls */
    ngx_queue_t                   over;
    ngx_http_civic_redis_call_t  *starved;  /* no memory for an op */
    ngx_event_t                   tell;     /* posted */
    ngx_queue_t                   buckets[NGX_HTTP_CIVIC_REDIS_BUCKETS];
    ngx_event_t                   tick;
    ngx_msec_t                    turned;   /* ticks that were looked at */
    ngx_uint_t                    live;     /* ops on the wheel */
    civic_str_t                  *argv;     /* scratch */
    size_t                        nargv;

    ngx_http_civic_redis_subscription_t  subscription;

    /* a cluster */
    civic_slot_map_t              map;
    ngx_http_civic_redis_call_t   refresh;
    civic_arena_t                *refresh_arena;
    ngx_event_t                   refresh_timer;
    ngx_msec_t                    refreshed;
    ngx_uint_t                    refresh_first;
    ngx_uint_t                    refresh_tried;
    unsigned                      refreshing:1;
    unsigned                      mapped:1;     /* the map was ever known */
    unsigned                      map_told:1;   /* that it cannot be known */
};

extern ngx_http_civic_redis_t  *ngx_http_civic_redis_worker;

extern const char *const  ngx_http_civic_redis_lanes[NGX_HTTP_CIVIC_LANES];


/* _link.c */
ngx_int_t ngx_http_civic_redis_link_init(ngx_http_civic_redis_link_t *link,
    ngx_http_civic_redis_node_t *node, ngx_http_civic_lane_t lane);
void ngx_http_civic_redis_link_connect(ngx_http_civic_redis_link_t *link);
void ngx_http_civic_redis_link_up(ngx_http_civic_redis_link_t *link);
void ngx_http_civic_redis_link_listen(ngx_http_civic_redis_link_t *link);
void ngx_http_civic_redis_clean(u_char *p, u_char *last);
/* The cause that is logged if it is dropped now. */
void ngx_http_civic_redis_link_say(ngx_http_civic_redis_link_t *link,
    const char *fmt, ...);
/* again: it may be made anew at once.  Never from inside an answer. */
void ngx_http_civic_redis_link_drop(ngx_http_civic_redis_link_t *link,
    ngx_uint_t again);
void ngx_http_civic_redis_link_close(ngx_http_civic_redis_link_t *link);
void ngx_http_civic_redis_link_flush_later(ngx_http_civic_redis_link_t *link);
void ngx_http_civic_redis_link_break(ngx_http_civic_redis_link_t *link,
    civic_str_t cause);

/* _greet.c */
void ngx_http_civic_redis_greet(ngx_http_civic_redis_link_t *link);

/* _wheel.c */
void ngx_http_civic_redis_calls_init(ngx_http_civic_redis_t *redis);
void ngx_http_civic_redis_calls_exit(ngx_http_civic_redis_t *redis);
void ngx_http_civic_redis_wheel_add(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_op_t *op, ngx_msec_t wake);
void ngx_http_civic_redis_wheel_remove(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_op_t *op);
void ngx_http_civic_redis_tell_later(ngx_http_civic_redis_t *redis);
void ngx_http_civic_redis_starve(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_call_t *call);
/* Whether it was starved; it is not any more. */
ngx_uint_t ngx_http_civic_redis_unstarve(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_call_t *call);

/* _call.c */
/* Its time has come: the deadline, or the end of a pause.  Off the wheel. */
void ngx_http_civic_redis_wake(ngx_http_civic_redis_op_t *op);
/* It is over and in no list any more. */
void ngx_http_civic_redis_tell(ngx_http_civic_redis_op_t *op);
/* Starts a call to a node (-1: any) without regard to its key. */
void ngx_http_civic_redis_start_at(ngx_http_civic_redis_call_t *call,
    ngx_int_t node);
/* What became of the calls of a connection that was lost. */
void ngx_http_civic_redis_settle_lost(ngx_http_civic_redis_link_t *link);
/* Answers. */
void ngx_http_civic_redis_answered(void *data, civic_result_t result,
    const civic_value_t *value);
void ngx_http_civic_redis_waited(void *data, civic_result_t result,
    const civic_value_t *value);
/* Over, told from an event; in no list but the wheel. */
void ngx_http_civic_redis_finish_later(ngx_http_civic_redis_op_t *op,
    civic_result_t result);
/* Gives up what it has in the queue. */
void ngx_http_civic_redis_abandon(ngx_http_civic_redis_op_t *op);
/* One line in the log, not too often: what the node did with this call. */
void ngx_http_civic_redis_complain(ngx_http_civic_redis_op_t *op,
    const char *what, civic_str_t text);

/* _send.c */
/* To the node that it belongs to; in no list but the wheel. */
void ngx_http_civic_redis_dispatch(ngx_http_civic_redis_op_t *op);
void ngx_http_civic_redis_send(ngx_http_civic_redis_op_t *op,
    ngx_http_civic_redis_link_t *link);
/* A connection is ready, or cannot be had. */
void ngx_http_civic_redis_send_waiting(ngx_http_civic_redis_link_t *link);
void ngx_http_civic_redis_fail_waiting(ngx_http_civic_redis_link_t *link);

/* _subscribe.c: of connections of the subscribers' lane */
void ngx_http_civic_redis_subscribe_up(ngx_http_civic_redis_link_t *link);
void ngx_http_civic_redis_subscribe_lost(ngx_http_civic_redis_link_t *link);
ngx_uint_t ngx_http_civic_redis_subscribe_wants(
    ngx_http_civic_redis_link_t *link);

/* _cluster.c */
ngx_int_t ngx_http_civic_redis_cluster_init(ngx_http_civic_redis_t *redis);
void ngx_http_civic_redis_cluster_exit(ngx_http_civic_redis_t *redis);
/* The index of a node, made if new; -1 when that cannot be. */
ngx_int_t ngx_http_civic_redis_cluster_node(ngx_http_civic_redis_t *redis,
    civic_str_t address, ngx_http_civic_redis_node_t *asked);
/* The connection for a slot (or CIVIC_SLOTS); NULL if none can be had. */
ngx_http_civic_redis_link_t *ngx_http_civic_redis_cluster_route(
    ngx_http_civic_redis_t *redis, ngx_uint_t slot, ngx_http_civic_lane_t lane);
/* Soon, or at once if it was long ago. */
void ngx_http_civic_redis_cluster_refresh(ngx_http_civic_redis_t *redis);
/* Whether a lost connection is worth another attempt. */
ngx_uint_t ngx_http_civic_redis_cluster_wants(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_node_t *node);

/* .c */
ngx_http_civic_redis_node_t *ngx_http_civic_redis_node_add(
    ngx_http_civic_redis_t *redis, ngx_str_t *name, struct sockaddr *sockaddr,
    socklen_t socklen);

#endif
