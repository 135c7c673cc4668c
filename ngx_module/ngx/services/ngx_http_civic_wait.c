/*
 * ngx_http_civic_wait.c - long polls: watch, wait, notify.
 *
 * A topic is published as its hash, on one of a few channels that every
 * worker subscribes to.  Who watches it is put into a line, and the line is
 * emptied a batch each turn of the event loop, so that a topic with thousands
 * of waiters does not hold up everybody else.  Those whose time is over stand
 * in line too, behind those who have something to look at, and polls that
 * began together end apart.
 *
 * A waiter's timer is not cancelable: a worker that was told to quit stays
 * until it has answered its polls, which it does at once.  nginx tells by
 * closing idle connections, and one that is always idle is ours.
 */

#include "ngx_http_civic.h"
#include "waiters.h"

#include <sys/eventfd.h>


/* Waiters that go on in one turn of the event loop. */
#define NGX_HTTP_CIVIC_WAKE_BATCH  16

/* The share of its time by which a poll of some seconds ends earlier, at
   most: thousands that a crowd or a connection that came back made begin
   together would ask again together, for ever. */
#define NGX_HTTP_CIVIC_SPREAD       8
#define NGX_HTTP_CIVIC_SPREAD_FROM  5000

/* ms between looks for a connection to the store. */
#define NGX_HTTP_CIVIC_LOOK_AGAIN  20

#define NGX_HTTP_CIVIC_CHANNEL     "civic:notify:"


struct ngx_http_civic_wait_s {
    civic_waiter_t             waiter;
    ngx_http_civic_request_t  *request;
    ngx_event_t                timer;
    ngx_msec_t                 began;       /* the first wait */
    ngx_uint_t                 early;       /* ms, see NGX_HTTP_CIVIC_SPREAD */
    ngx_msec_t                 slept;       /* the last one */
    unsigned                   waited:1;
    unsigned                   sleeping:1;
    unsigned                   in_time:1;   /* the last one ended by a hint */
};


static civic_waiters_t   *ngx_http_civic_waiters;
static ngx_event_t        ngx_http_civic_line;
static ngx_event_t        ngx_http_civic_missed;
static ngx_connection_t  *ngx_http_civic_quit;
static int                ngx_http_civic_quit_fd = -1;
static char               ngx_http_civic_channels[CIVIC_TOPIC_SHARDS]
                              [sizeof(NGX_HTTP_CIVIC_CHANNEL) + 2];
static civic_str_t        ngx_http_civic_channel_names[CIVIC_TOPIC_SHARDS];


/* ---- waking ------------------------------------------------------------- */

/* It sleeps no more; its deadline does not count the time. */

static void
ngx_http_civic_wait_awake(ngx_http_civic_wait_t *wait)
{
    wait->sleeping = 0;
    civic_waiters_wake(ngx_http_civic_waiters, &wait->waiter);

    if (wait->timer.timer_set) {
        ngx_del_timer(&wait->timer);
    }

    wait->request->started += ngx_current_msec - wait->slept;
}


static void
ngx_http_civic_wait_over(ngx_http_civic_wait_t *wait, ngx_uint_t in_time)
{
    wait->in_time = in_time;
    ngx_http_civic_wait_awake(wait);
    ngx_http_civic_resume(wait->request);
}


static void
ngx_http_civic_line_handler(ngx_event_t *ev)
{
    int                     hinted;
    ngx_uint_t              i;
    ngx_http_civic_wait_t  *wait;

    for (i = 0; i < NGX_HTTP_CIVIC_WAKE_BATCH; i++) {
        wait = civic_waiters_next(ngx_http_civic_waiters, &hinted);
        if (wait == NULL) {
            return;
        }

        ngx_http_civic_wait_over(wait, hinted && !ngx_exiting);
    }

    ngx_post_event(ev, &ngx_posted_next_events);
}


static void
ngx_http_civic_line_up(size_t count)
{
    if (count > 0 && !ngx_http_civic_line.posted) {
        ngx_post_event(&ngx_http_civic_line, &ngx_posted_events);
    }
}


/* The subscription begins (again): nobody knows what was missed, so all look
   for themselves, as soon as there is a connection to look over. */

static void
ngx_http_civic_missed_handler(ngx_event_t *ev)
{
    if (!ngx_http_civic_redis_ready()) {
        ngx_add_timer(ev, NGX_HTTP_CIVIC_LOOK_AGAIN);
        return;
    }

    ngx_http_civic_line_up(civic_waiters_hint_all(ngx_http_civic_waiters));
}


static void
ngx_http_civic_wait_subscribed(void *data)
{
    if (!ngx_http_civic_missed.timer_set) {
        ngx_http_civic_missed_handler(&ngx_http_civic_missed);
    }
}


/* The subscription may be there again before the connection to look over is:
   who was woken now would be told that the store is away. */

static void
ngx_http_civic_wait_message(void *data, civic_str_t payload)
{
    uint64_t  hash;

    if (civic_topic_parse(payload, &hash) != 0) {
        return;
    }

    if (!ngx_http_civic_redis_ready()) {
        ngx_http_civic_wait_subscribed(data);
        return;
    }

    ngx_http_civic_line_up(civic_waiters_hint(ngx_http_civic_waiters, hash));
}


static void
ngx_http_civic_wait_timeout(ngx_event_t *ev)
{
    ngx_http_civic_wait_t  *wait = ev->data;

    ngx_http_civic_line_up(civic_waiters_expire(ngx_http_civic_waiters,
                                                &wait->waiter));
}


/* From ngx_close_idle_connections(). */

static void
ngx_http_civic_wait_quit(ngx_event_t *rev)
{
    ngx_connection_t  *c = rev->data;

    if (c->close) {
        ngx_http_civic_line_up(
            civic_waiters_hint_all(ngx_http_civic_waiters));
    }
}


/* ---- the worker --------------------------------------------------------- */

static ngx_int_t
ngx_http_civic_quit_init(ngx_cycle_t *cycle)
{
    ngx_connection_t  *c;

    ngx_http_civic_quit_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (ngx_http_civic_quit_fd == -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "eventfd() failed");
        return NGX_ERROR;
    }

    c = ngx_get_connection(ngx_http_civic_quit_fd, cycle->log);
    if (c == NULL) {
        (void) close(ngx_http_civic_quit_fd);
        return NGX_ERROR;
    }

    c->read->handler = ngx_http_civic_wait_quit;
    c->read->log = cycle->log;
    c->write->log = cycle->log;
    c->idle = 1;

    ngx_http_civic_quit = c;

    return NGX_OK;
}


ngx_int_t
ngx_http_civic_wait_init(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t  i;

    static const ngx_http_civic_redis_subscriber_t  subscriber = {
        .channels = ngx_http_civic_channel_names,
        .count = CIVIC_TOPIC_SHARDS,
        .message = ngx_http_civic_wait_message,
        .subscribed = ngx_http_civic_wait_subscribed
    };

    ngx_http_civic_waiters = civic_waiters_create(cmcf->waiters,
                                                  cmcf->waiters_per_address);
    if (ngx_http_civic_waiters == NULL
        || ngx_http_civic_quit_init(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < CIVIC_TOPIC_SHARDS; i++) {
        *ngx_sprintf((u_char *) ngx_http_civic_channels[i], "%s%ui",
                     NGX_HTTP_CIVIC_CHANNEL, i) = '\0';
        ngx_http_civic_channel_names[i] =
            civic_cstr(ngx_http_civic_channels[i]);
    }

    ngx_http_civic_worker.row->waiters = 0;

    ngx_http_civic_line.handler = ngx_http_civic_line_handler;
    ngx_http_civic_line.log = cycle->log;

    ngx_http_civic_missed.handler = ngx_http_civic_missed_handler;
    ngx_http_civic_missed.data = ngx_http_civic_quit;
    ngx_http_civic_missed.log = cycle->log;
    ngx_http_civic_missed.cancelable = 1;

    ngx_http_civic_redis_subscribe(&subscriber);

    return NGX_OK;
}


void
ngx_http_civic_wait_exit(void)
{
    ngx_connection_t  *c = ngx_http_civic_quit;

    if (c != NULL) {
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;
        (void) close(ngx_http_civic_quit_fd);
        ngx_http_civic_quit = NULL;
    }

    if (ngx_http_civic_missed.timer_set) {
        ngx_del_timer(&ngx_http_civic_missed);
    }

    if (ngx_http_civic_line.posted) {
        ngx_delete_posted_event(&ngx_http_civic_line);
    }

    /* a worker that is ended in the middle has waiters; the process' end
       frees the table as well */
    if (ngx_http_civic_waiters != NULL
        && civic_waiters_count(ngx_http_civic_waiters) == 0)
    {
        civic_waiters_destroy(ngx_http_civic_waiters);
        ngx_http_civic_waiters = NULL;
    }
}


/* ---- watching ----------------------------------------------------------- */

/* Who has an IPv6 network has 2^64 addresses: the network counts. */

static uint64_t
ngx_http_civic_wait_source(ngx_http_request_t *r)
{
    civic_str_t           bytes;
    ngx_connection_t     *c = r->connection;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (c->sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) c->sockaddr;
        bytes.data = (char *) &sin->sin_addr;
        bytes.len = sizeof(sin->sin_addr);
        break;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) c->sockaddr;
        bytes.data = (char *) &sin6->sin6_addr;
        bytes.len = IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)
                    ? sizeof(sin6->sin6_addr) : 8;
        break;
#endif

    default:
        bytes = ngx_http_civic_str(&c->addr_text);
        break;
    }

    return civic_topic_hash(bytes);
}


static civic_result_t
ngx_http_civic_wait_misuse(ngx_http_civic_request_t *cr, const char *what)
{
    civic_log(&cr->public, CIVIC_LOG_ERROR, "plugin \"%s\" %s",
              (char *) cr->plugin->name.data, what);

    return CIVIC_ERROR;
}


static civic_result_t
ngx_http_civic_wait_join(ngx_http_civic_request_t *cr)
{
    civic_result_t          rc;
    ngx_http_civic_wait_t  *wait;

    if (cr->http == NULL) {
        return CIVIC_BUSY;              /* nobody would see the answer */
    }

    wait = ngx_http_civic_alloc(&cr->public, sizeof(ngx_http_civic_wait_t));
    ngx_memzero(wait, sizeof(ngx_http_civic_wait_t));

    rc = civic_waiters_join(ngx_http_civic_waiters, &wait->waiter,
                            ngx_http_civic_wait_source(cr->http), wait);
    if (rc != CIVIC_OK) {
        return rc;
    }

    wait->request = cr;
    wait->timer.handler = ngx_http_civic_wait_timeout;
    wait->timer.data = wait;
    wait->timer.log = ngx_cycle->log;
    cr->wait = wait;

    return CIVIC_OK;
}


civic_result_t
ngx_http_civic_watch(civic_request_t *r, civic_str_t topic)
{
    civic_result_t             rc;
    ngx_http_civic_request_t  *cr = (ngx_http_civic_request_t *) r;

    if (cr->aborted || cr->decided != NULL) {
        return CIVIC_ABORTED;
    }

    if (cr->route->table.cost != CIVIC_COST_WAIT) {
        return ngx_http_civic_wait_misuse(cr, "watches in a route that is "
                                          "not of the class that waits");
    }

    if (topic.len == 0 || topic.len > CIVIC_TOPIC_LEN) {
        return ngx_http_civic_wait_misuse(cr, "watches a topic that is empty "
                                          "or too long");
    }

    if (cr->wait == NULL) {
        rc = ngx_http_civic_wait_join(cr);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    if (civic_waiters_watch(ngx_http_civic_waiters, &cr->wait->waiter,
                            civic_topic_hash(topic))
        != CIVIC_OK)
    {
        return ngx_http_civic_wait_misuse(cr, "watches too many topics");
    }

    return CIVIC_OK;
}


/* The request is over. */

void
ngx_http_civic_unwatch(ngx_http_civic_request_t *cr)
{
    if (cr->wait != NULL) {
        civic_waiters_leave(ngx_http_civic_waiters, &cr->wait->waiter);
        cr->wait = NULL;
    }
}


/* ---- waiting ------------------------------------------------------------ */

static ngx_msec_t
ngx_http_civic_wait_left(ngx_http_civic_wait_t *wait, unsigned timeout)
{
    ngx_msec_t  spent = ngx_current_msec - wait->began + wait->early;

    return spent < timeout ? timeout - spent : 0;
}


/* On the main stack.  What the handler used of its stack so far is given
   back, or each waiter would hold it for as long as it waits. */

static void
ngx_http_civic_wait_start(ngx_http_civic_request_t *cr)
{
    if (cr->deadline.timer_set) {
        ngx_del_timer(&cr->deadline);
    }

    civic_fiber_trim(cr->fiber);
}


static void
ngx_http_civic_wait_cancel(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_wait_awake(cr->wait);
}


/* The client has left a request that runs to its end: it waits no more. */

void
ngx_http_civic_wait_end(ngx_http_civic_request_t *cr)
{
    if (cr->wait != NULL && cr->wait->sleeping) {
        ngx_http_civic_wait_over(cr->wait, 0);
    }
}


civic_result_t
ngx_http_civic_wait(civic_request_t *r, unsigned timeout)
{
    ngx_msec_t                 left;
    ngx_http_civic_wait_t     *wait;
    ngx_http_civic_request_t  *cr = (ngx_http_civic_request_t *) r;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    wait = cr->wait;

    if (wait == NULL) {
        return ngx_http_civic_wait_misuse(cr, "waits and watches nothing");
    }

    if (!wait->waited) {
        wait->waited = 1;
        wait->began = ngx_current_msec;
        wait->early = timeout < NGX_HTTP_CIVIC_SPREAD_FROM
                      ? 0 : (ngx_uint_t) ngx_random()
                            % (timeout / NGX_HTTP_CIVIC_SPREAD);
    }

    left = ngx_http_civic_wait_left(wait, timeout);

    if (left == 0 || ngx_exiting || cr->http == NULL) {
        return CIVIC_TIMEOUT;
    }

    if (civic_waiters_sleep(ngx_http_civic_waiters, &wait->waiter)) {
        return CIVIC_OK;
    }

    wait->sleeping = 1;
    wait->slept = ngx_current_msec;
    ngx_add_timer(&wait->timer, left);

    if (ngx_http_civic_suspend(cr, ngx_http_civic_wait_start,
                               ngx_http_civic_wait_cancel)
        != CIVIC_OK)
    {
        return CIVIC_ABORTED;
    }

    return wait->in_time ? CIVIC_OK : CIVIC_TIMEOUT;
}


/* ---- notifying ---------------------------------------------------------- */

civic_result_t
ngx_http_civic_notify(civic_request_t *r, civic_str_t topic)
{
    char                       text[CIVIC_TOPIC_TEXT + 1];
    uint64_t                   hash;
    ngx_http_civic_request_t  *cr = (ngx_http_civic_request_t *) r;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (topic.len == 0 || topic.len > CIVIC_TOPIC_LEN) {
        return ngx_http_civic_wait_misuse(cr, "notifies a topic that is "
                                          "empty or too long");
    }

    hash = civic_topic_hash(topic);
    civic_topic_print(hash, text);

    return ngx_http_civic_publish(cr,
               ngx_http_civic_channel_names[civic_topic_shard(hash)],
               civic_cstr(text));
}
