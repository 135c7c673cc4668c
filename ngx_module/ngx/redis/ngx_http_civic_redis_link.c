/*
 * ngx_http_civic_redis_link.c - one connection: of one node, for one lane.
 *
 *   IDLE -> CONNECTING -> UP -> DOWN -> CONNECTING ...
 *
 * A connection is UP once Redis has answered its greeting (AUTH, PING), so
 * that a server which takes connections and says nothing is never trusted
 * with a call.  While it is made for the first time, or made anew right after
 * a good one was lost, calls wait for it; after an attempt that failed they
 * are refused until one succeeds.
 *
 * The text of nginx's own errors (sockets, TLS) is caught by a log of ours
 * and told once for each change of state, not once for each attempt.
 */

#include "ngx_http_civic_redis_private.h"

static void ngx_http_civic_redis_connected_handler(ngx_event_t *ev);
static void ngx_http_civic_redis_read_handler(ngx_event_t *rev);
static void ngx_http_civic_redis_write_handler(ngx_event_t *wev);
static void ngx_http_civic_redis_flush_handler(ngx_event_t *ev);


/* ---- what went wrong ---------------------------------------------------- */

/* A peer may have sent anything: no line of its own in our log. */
void
ngx_http_civic_redis_clean(u_char *p, u_char *last)
{
    for ( /* void */ ; p < last; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            *p = '?';
        }
    }
}


void
ngx_http_civic_redis_link_say(ngx_http_civic_redis_link_t *link,
    const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(link->cause, link->cause + sizeof(link->cause) - 1, fmt,
                      args);
    va_end(args);

    *p = '\0';
    ngx_http_civic_redis_clean(link->cause, p);
}


/* Keeps the text of a line: "2026/03/09 08:30:00 [error] 1#1: *7 text". */
static void
ngx_http_civic_redis_log_writer(ngx_log_t *log, ngx_uint_t level, u_char *buf,
    size_t len)
{
    u_char                       *p, *last;
    ngx_http_civic_redis_link_t  *link;

    (void) level;

    link = log->wdata;
    last = buf + len;

    p = ngx_strlchr(buf, last, '#');
    p = p == NULL ? NULL : ngx_strlchr(p, last, ' ');
    if (p == NULL) {
        return;
    }

    p++;

    if (p < last && *p == '*') {
        p = ngx_strlchr(p, last, ' ');
        if (p == NULL) {
            return;
        }

        p++;
    }

    while (last > p && (last[-1] == LF || last[-1] == CR)) {
        last--;
    }

    len = ngx_min((size_t) (last - p), sizeof(link->cause) - 1);
    ngx_memcpy(link->cause, p, len);
    link->cause[len] = '\0';
    ngx_http_civic_redis_clean(link->cause, link->cause + len);
}


/* Once for each time that it goes down, and again if the cause becomes
   another one. */
static void
ngx_http_civic_redis_tell_down(ngx_http_civic_redis_link_t *link,
    ngx_uint_t was_up)
{
    if (link->told && ngx_strcmp(link->cause, link->told_cause) == 0) {
        return;
    }

    link->told = 1;
    (void) ngx_cpystrn(link->told_cause, link->cause,
                       sizeof(link->told_cause));

    ngx_log_error(NGX_LOG_ERR, link->redis->cycle->log, 0,
                  "redis %V (%s) %s: %s", &link->node->name,
                  ngx_http_civic_redis_lanes[link->lane],
                  was_up ? "was lost" : "cannot be reached", link->cause);
}


/* It has answered its greeting. */
void
ngx_http_civic_redis_link_up(ngx_http_civic_redis_link_t *link)
{
    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    link->state = NGX_HTTP_CIVIC_LINK_UP;
    link->up_since = ngx_current_msec;
    link->cause[0] = '\0';

    if (link->told) {
        link->told = 0;

        ngx_log_error(NGX_LOG_NOTICE, link->redis->cycle->log, 0,
                      "redis %V (%s) is up again, attempt %ui",
                      &link->node->name,
                      ngx_http_civic_redis_lanes[link->lane],
                      link->attempts);
    }

    link->attempts = 0;

    if (link->lane == NGX_HTTP_CIVIC_LANE_SUBSCRIBER) {
        ngx_http_civic_redis_subscribe_up(link);
        return;
    }

    ngx_http_civic_redis_send_waiting(link);
}


/* ---- closing ------------------------------------------------------------ */

static void
ngx_http_civic_redis_link_disconnect(ngx_http_civic_redis_link_t *link)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    if (link->watch.timer_set) {
        ngx_del_timer(&link->watch);
    }

    if (link->flush.posted) {
        ngx_delete_posted_event(&link->flush);
    }

    c = link->peer.connection;
    if (c == NULL) {
        return;
    }

    link->peer.connection = NULL;

#if (NGX_SSL)
    if (c->ssl != NULL) {
        /* at once: nothing is worth waiting for */
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;
        (void) ngx_ssl_shutdown(c);
    }
#endif

    pool = c->pool;
    ngx_close_connection(c);

    if (pool != NULL) {
        ngx_destroy_pool(pool);
    }
}


/* The worker ends: calls are not told. */
void
ngx_http_civic_redis_link_close(ngx_http_civic_redis_link_t *link)
{
    ngx_http_civic_redis_link_disconnect(link);
    link->state = NGX_HTTP_CIVIC_LINK_IDLE;

    civic_redis_queue_destroy(link->queue);
    link->queue = NULL;

    if (link->arena != NULL) {
        civic_arena_destroy(link->arena);
        link->arena = NULL;
    }
}


/* ---- losing ------------------------------------------------------------- */

static void
ngx_http_civic_redis_link_wait(ngx_http_civic_redis_link_t *link)
{
    ngx_msec_t  delay;

    link->state = NGX_HTTP_CIVIC_LINK_DOWN;

    /* between three quarters and five quarters of it, so that workers do not
       come in step */
    delay = link->backoff * 3 / 4
            + (ngx_msec_t) ngx_random() % (link->backoff / 2 + 1);

    link->backoff = ngx_min(link->backoff * 2,
                            NGX_HTTP_CIVIC_REDIS_BACKOFF_MAX);

    ngx_add_timer(&link->timer, delay);
}


/*
 * The connection is gone, or could not be made.  again: it may be made anew
 * at once, with calls waiting for it.  Never called while the queue is fed.
 */
void
ngx_http_civic_redis_link_drop(ngx_http_civic_redis_link_t *link,
    ngx_uint_t again)
{
    ngx_uint_t  was_up, proven;

    was_up = link->state == NGX_HTTP_CIVIC_LINK_UP;
    proven = was_up && ngx_current_msec - link->up_since
                       >= NGX_HTTP_CIVIC_REDIS_PROVEN;

    ngx_http_civic_redis_link_disconnect(link);

    link->state = NGX_HTTP_CIVIC_LINK_DOWN;
    link->broken = 0;
    link->loads.nelts = 0;
    link->reconnects++;

    if (proven) {
        link->backoff = NGX_HTTP_CIVIC_REDIS_BACKOFF;
    }

    civic_redis_queue_fail(link->queue);

    if (link->arena != NULL) {
        civic_arena_destroy(link->arena);
        link->arena = NULL;
    }

    if (again && proven) {
        ngx_log_error(NGX_LOG_WARN, link->redis->cycle->log, 0,
                      "redis %V (%s) was lost: %s, connecting again",
                      &link->node->name,
                      ngx_http_civic_redis_lanes[link->lane], link->cause);
        ngx_http_civic_redis_link_connect(link);

    } else {
        ngx_http_civic_redis_tell_down(link, was_up);
        ngx_http_civic_redis_link_wait(link);
        ngx_http_civic_redis_fail_waiting(link);
    }

    ngx_http_civic_redis_settle_lost(link);
    ngx_http_civic_redis_cluster_refresh(link->redis);

    if (link->lane == NGX_HTTP_CIVIC_LANE_SUBSCRIBER) {
        ngx_http_civic_redis_subscribe_lost(link);
    }
}


/* From inside an answer: it is dropped when the reading is over. */
void
ngx_http_civic_redis_link_break(ngx_http_civic_redis_link_t *link,
    civic_str_t cause)
{
    ngx_str_t  text;

    text.data = (u_char *) cause.data;
    text.len = ngx_min(cause.len, 100);

    ngx_http_civic_redis_link_say(link, "it answered \"%V\"", &text);
    link->broken = 1;
}


/* Connecting took too long, or it is time to try again. */
static void
ngx_http_civic_redis_timer_handler(ngx_event_t *ev)
{
    ngx_http_civic_redis_link_t  *link;

    link = ev->data;

    if (link->state == NGX_HTTP_CIVIC_LINK_CONNECTING) {
        ngx_http_civic_redis_link_say(link, "no connection within %Mms",
                                      link->redis->conf->timeout);
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    if (!ngx_http_civic_redis_cluster_wants(link->redis, link->node)
        || !ngx_http_civic_redis_subscribe_wants(link))
    {
        link->state = NGX_HTTP_CIVIC_LINK_IDLE;
        return;
    }

    ngx_http_civic_redis_link_connect(link);
}


/* Whether the head of the queue has moved. */
static void
ngx_http_civic_redis_watch_handler(ngx_event_t *ev)
{
    ngx_msec_t                    stall, still;
    ngx_http_civic_redis_link_t  *link;

    link = ev->data;

    if (civic_redis_queue_pending(link->queue) == 0) {
        return;
    }

    stall = link->redis->conf->timeout * NGX_HTTP_CIVIC_REDIS_STALL;
    still = ngx_current_msec
            - (ngx_msec_t) civic_redis_queue_head_since(link->queue);

    if (still < stall) {
        ngx_add_timer(ev, stall - still);
        return;
    }

    ngx_http_civic_redis_link_say(link, "no answer within %Mms", still);
    ngx_http_civic_redis_link_drop(link, 0);
}


/* ---- connecting --------------------------------------------------------- */

ngx_int_t
ngx_http_civic_redis_link_init(ngx_http_civic_redis_link_t *link,
    ngx_http_civic_redis_node_t *node, ngx_http_civic_lane_t lane)
{
    ngx_http_civic_redis_t  *redis;

    redis = ngx_http_civic_redis_worker;

    link->redis = redis;
    link->node = node;
    link->lane = lane;
    link->backoff = NGX_HTTP_CIVIC_REDIS_BACKOFF;

    ngx_queue_init(&link->waiting);
    ngx_queue_init(&link->lost);

    link->log.log_level = NGX_LOG_INFO;
    link->log.writer = ngx_http_civic_redis_log_writer;
    link->log.wdata = link;

    link->flush.handler = ngx_http_civic_redis_flush_handler;
    link->flush.data = link;
    link->flush.log = redis->cycle->log;

    link->timer.handler = ngx_http_civic_redis_timer_handler;
    link->timer.data = link;
    link->timer.log = redis->cycle->log;
    link->timer.cancelable = 1;

    link->watch.handler = ngx_http_civic_redis_watch_handler;
    link->watch.data = link;
    link->watch.log = redis->cycle->log;
    link->watch.cancelable = 1;

    link->queue = civic_redis_queue_create(NGX_HTTP_CIVIC_REDIS_LIMIT);
    if (link->queue == NULL) {
        return NGX_ERROR;
    }

    return ngx_array_init(&link->loads, redis->cycle->pool, 8,
                          sizeof(ngx_http_civic_redis_load_t));
}


/* A single Redis is tried at each address that its name has. */
static void
ngx_http_civic_redis_set_peer(ngx_http_civic_redis_link_t *link)
{
    ngx_addr_t             *seed;
    ngx_array_t            *seeds;
    ngx_peer_connection_t  *peer;

    peer = &link->peer;
    ngx_memzero(peer, sizeof(ngx_peer_connection_t));

    peer->sockaddr = link->node->sockaddr;
    peer->socklen = link->node->socklen;

    if (!link->redis->conf->cluster) {
        seeds = link->redis->conf->seeds;
        seed = seeds->elts;
        seed += link->attempts % seeds->nelts;

        peer->sockaddr = seed->sockaddr;
        peer->socklen = seed->socklen;
    }

    peer->name = &link->node->name;
    peer->get = ngx_event_get_peer;
    peer->log = &link->log;
    peer->log_error = NGX_ERROR_ERR;
    peer->so_keepalive = 1;
}


/* Leaves the link CONNECTING, UP or DOWN. */
void
ngx_http_civic_redis_link_connect(ngx_http_civic_redis_link_t *link)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    link->patient = link->state == NGX_HTTP_CIVIC_LINK_IDLE
                    || (link->attempts == 0 && !link->told);
    link->state = NGX_HTTP_CIVIC_LINK_CONNECTING;

    ngx_http_civic_redis_set_peer(link);
    link->attempts++;

    if (link->peer.sockaddr == NULL) {
        ngx_http_civic_redis_link_say(link,
                                      "the node's name is not an address");
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    ngx_http_civic_redis_link_say(link, "no connection");

    rc = ngx_event_connect_peer(&link->peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    c = link->peer.connection;
    c->data = link;
    c->log = &link->log;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_http_civic_redis_connected_handler;
    c->write->handler = ngx_http_civic_redis_connected_handler;

    c->pool = ngx_create_pool(512, link->redis->cycle->log);
    if (c->pool == NULL) {
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    ngx_add_timer(&link->timer, link->redis->conf->timeout);

    if (rc == NGX_OK) {
        ngx_http_civic_redis_connected_handler(c->write);
    }
}


/* ---- connected --------------------------------------------------------- */

/* The socket is writable for the first time, or has failed. */
static void
ngx_http_civic_redis_connected_handler(ngx_event_t *ev)
{
    int                           err;
    socklen_t                     len;
    ngx_connection_t             *c;
    ngx_http_civic_redis_link_t  *link;

    c = ev->data;
    link = c->data;

    if (!ev->write) {
        /* reading before anything was asked; an error shows in writing too */
        return;
    }

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err != 0) {
        (void) ngx_connection_error(c, err, "connect() failed");
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    if (link->peer.sockaddr->sa_family != AF_UNIX
        && ngx_tcp_nodelay(c) != NGX_OK)
    {
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    ngx_http_civic_redis_greet(link);
}


/* From now on the queue gets what arrives. */
void
ngx_http_civic_redis_link_listen(ngx_http_civic_redis_link_t *link)
{
    ngx_connection_t  *c;

    c = link->peer.connection;
    c->read->handler = ngx_http_civic_redis_read_handler;
    c->write->handler = ngx_http_civic_redis_write_handler;
}


/* ---- reading and writing ------------------------------------------------ */

static void
ngx_http_civic_redis_read_handler(ngx_event_t *rev)
{
    ssize_t                       n;
    ngx_uint_t                    i;
    ngx_connection_t             *c;
    ngx_http_civic_redis_link_t  *link;

    c = rev->data;
    link = c->data;

    for (i = 0; i < NGX_HTTP_CIVIC_REDIS_READS; i++) {
        n = c->recv(c, link->redis->buffer, NGX_HTTP_CIVIC_REDIS_BUFFER);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == 0 || n == NGX_ERROR) {
            if (n == 0) {
                ngx_http_civic_redis_link_say(link, "it closed the connection");
            }

            ngx_http_civic_redis_link_drop(link, 1);
            return;
        }

        if (civic_redis_queue_feed(link->queue, (char *) link->redis->buffer,
                                   n, ngx_current_msec)
            != 0)
        {
            ngx_http_civic_redis_link_say(link,
                                          "it does not speak as a Redis, or "
                                          "an answer was too big");
            link->broken = 1;
        }

        if (link->broken) {
            ngx_http_civic_redis_link_drop(link, 0);
            return;
        }

        if (!rev->ready) {
            break;
        }
    }

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_next_events);
        return;
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_civic_redis_link_drop(link, 0);
    }
}


void
ngx_http_civic_redis_link_flush_later(ngx_http_civic_redis_link_t *link)
{
    if (!link->flush.posted) {
        ngx_post_event(&link->flush, &ngx_posted_events);
    }
}


static void
ngx_http_civic_redis_flush(ngx_http_civic_redis_link_t *link)
{
    ssize_t            n;
    civic_str_t        output;
    ngx_connection_t  *c;

    c = link->peer.connection;

    for ( ;; ) {
        output = civic_redis_queue_output(link->queue);

        if (output.len == 0) {
            break;
        }

        if (!c->write->ready) {
            break;
        }

        n = c->send(c, (u_char *) output.data, output.len);

        if (n == NGX_ERROR || n == 0) {
            ngx_http_civic_redis_link_drop(link, 1);
            return;
        }

        if (n == NGX_AGAIN) {
            break;
        }

        civic_redis_queue_consumed(link->queue, n);
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    if (!link->watch.timer_set && civic_redis_queue_pending(link->queue) > 0) {
        ngx_add_timer(&link->watch, link->redis->conf->timeout
                                    * NGX_HTTP_CIVIC_REDIS_STALL);
    }
}


/*
 * Turns of the loop are short (epoll_events), and a call of the system for
 * each costs more than the commands in it.  With many calls under way the
 * next turn brings more of them: it is waited for, and the loop does not
 * sleep before.
 */

static void
ngx_http_civic_redis_flush_handler(ngx_event_t *ev)
{
    ngx_http_civic_redis_link_t  *link = ev->data;

    if (link->held < ngx_min(link->redis->live / NGX_HTTP_CIVIC_REDIS_CROWD,
                             NGX_HTTP_CIVIC_REDIS_HOLD))
    {
        link->held++;
        ngx_post_event(ev, &ngx_posted_next_events);
        return;
    }

    link->held = 0;
    ngx_http_civic_redis_flush(link);
}


static void
ngx_http_civic_redis_write_handler(ngx_event_t *wev)
{
    ngx_connection_t  *c;

    c = wev->data;
    ngx_http_civic_redis_flush(c->data);
}
