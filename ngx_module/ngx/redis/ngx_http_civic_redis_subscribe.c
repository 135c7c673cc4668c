/*
 * ngx_http_civic_redis_subscribe.c - the one subscription of a worker.
 *
 * It has a connection of the subscribers' lane to itself: to the one Redis,
 * or to any node of a Cluster that has slots, for the nodes pass messages on
 * to each other.  Redis keeps nothing for who was away, so the subscriber is
 * told of each beginning and looks for itself.  A connection that is silent
 * although it was asked (PING) is as good as lost.
 */

#include "ngx_http_civic_redis_private.h"

static void ngx_http_civic_redis_tend_handler(ngx_event_t *ev);


static void
ngx_http_civic_redis_tend_in(ngx_http_civic_redis_subscription_t *s,
    ngx_msec_t delay)
{
    if (s->timer.timer_set) {
        ngx_del_timer(&s->timer);
    }

    ngx_add_timer(&s->timer, delay);
}


/* ---- what arrives ------------------------------------------------------- */

static ngx_uint_t
ngx_http_civic_redis_says(const civic_value_t *value, const char *word)
{
    return value->type == CIVIC_VALUE_STRING
           && civic_str_eq(value->str, civic_cstr(word));
}


/* "message" channel payload, "subscribe" channel count, "pong" "". */
static void
ngx_http_civic_redis_heard(void *data, const civic_value_t *value)
{
    ngx_http_civic_redis_link_t              *link = data;
    ngx_http_civic_redis_subscription_t      *s;
    const ngx_http_civic_redis_subscriber_t  *subscriber;

    s = &link->redis->subscription;
    subscriber = s->subscriber;
    s->silent = 0;

    if (value->type == CIVIC_VALUE_ERROR) {
        ngx_http_civic_redis_link_break(link, value->str);
        return;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count < 3) {
        return;
    }

    if (ngx_http_civic_redis_says(&value->items[0], "message")
        && value->items[2].type == CIVIC_VALUE_STRING)
    {
        subscriber->message(subscriber->data, value->items[2].str);
        return;
    }

    if (ngx_http_civic_redis_says(&value->items[0], "subscribe")
        && value->items[2].type == CIVIC_VALUE_INTEGER
        && value->items[2].integer == (int64_t) subscriber->count)
    {
        subscriber->subscribed(subscriber->data);
    }
}


/* ---- the connection ----------------------------------------------------- */

ngx_uint_t
ngx_http_civic_redis_subscribe_wants(ngx_http_civic_redis_link_t *link)
{
    return link->lane != NGX_HTTP_CIVIC_LANE_SUBSCRIBER
           || link->redis->subscription.link == link;
}


/* It has answered its greeting; from inside that answer. */
void
ngx_http_civic_redis_subscribe_up(ngx_http_civic_redis_link_t *link)
{
    size_t                                    i;
    civic_str_t                               argv[1 + 64];
    ngx_http_civic_redis_subscription_t      *s;
    const ngx_http_civic_redis_subscriber_t  *subscriber;

    s = &link->redis->subscription;
    subscriber = s->subscriber;

    argv[0] = CIVIC_STR("SUBSCRIBE");

    for (i = 0; i < ngx_min(subscriber->count, 64); i++) {
        argv[1 + i] = subscriber->channels[i];
    }

    if (civic_redis_queue_listen(link->queue, ngx_http_civic_redis_heard, link)
        != 0
        || civic_redis_queue_tell(link->queue, argv, 1 + i) != 0)
    {
        ngx_http_civic_redis_link_break(link, CIVIC_STR("more than asked"));
        return;
    }

    link->sent++;
    s->asked = ngx_current_msec;
    s->silent = 1;

    ngx_http_civic_redis_link_flush_later(link);
    ngx_http_civic_redis_tend_in(s, NGX_HTTP_CIVIC_REDIS_TEND);
}


/* One Redis is asked again by its connection's own timer; in a Cluster
   another node may do. */
void
ngx_http_civic_redis_subscribe_lost(ngx_http_civic_redis_link_t *link)
{
    ngx_http_civic_redis_subscription_t  *s;

    s = &link->redis->subscription;

    if (s->link != link || !link->redis->conf->cluster
        || link->state != NGX_HTTP_CIVIC_LINK_DOWN)
    {
        return;
    }

    s->link = NULL;
    ngx_http_civic_redis_tend_in(s, NGX_HTTP_CIVIC_REDIS_ELSEWHERE);
}


static void
ngx_http_civic_redis_choose(ngx_http_civic_redis_t *redis)
{
    ngx_http_civic_redis_link_t  *link;

    link = ngx_http_civic_redis_cluster_route(redis, CIVIC_SLOTS,
                                              NGX_HTTP_CIVIC_LANE_NORMAL);
    if (link == NULL) {
        return;
    }

    link = &link->node->links[NGX_HTTP_CIVIC_LANE_SUBSCRIBER];
    redis->subscription.link = link;

    /* one that is down has a timer */
    if (link->state == NGX_HTTP_CIVIC_LINK_IDLE) {
        ngx_http_civic_redis_link_connect(link);
    }
}


/* Whether the other side still lives, or the node its Cluster. */
static void
ngx_http_civic_redis_tend_up(ngx_http_civic_redis_link_t *link)
{
    civic_str_t                           ping = CIVIC_STR("PING");
    ngx_msec_t                            since, timeout, due;
    ngx_http_civic_redis_t               *redis = link->redis;
    ngx_http_civic_redis_subscription_t  *s = &redis->subscription;

    since = ngx_current_msec - s->asked;
    timeout = redis->conf->timeout;

    if (s->silent && since >= timeout) {
        ngx_http_civic_redis_link_say(link, "no answer within %Mms", since);
        ngx_http_civic_redis_link_drop(link, 1);
        return;
    }

    if (!ngx_http_civic_redis_cluster_wants(redis, link->node)) {
        s->link = NULL;
        ngx_http_civic_redis_link_say(link, "it has no slots any more");
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    if (!s->silent && since >= NGX_HTTP_CIVIC_REDIS_TEND
        && civic_redis_queue_tell(link->queue, &ping, 1) == 0)
    {
        s->asked = ngx_current_msec;
        s->silent = 1;
        since = 0;
        ngx_http_civic_redis_link_flush_later(link);
    }

    due = s->silent ? timeout : NGX_HTTP_CIVIC_REDIS_TEND;
    ngx_http_civic_redis_tend_in(s, due > since ? due - since : 1);
}


static void
ngx_http_civic_redis_tend_handler(ngx_event_t *ev)
{
    ngx_http_civic_redis_t               *redis = ev->data;
    ngx_http_civic_redis_subscription_t  *s = &redis->subscription;

    ngx_add_timer(&s->timer, NGX_HTTP_CIVIC_REDIS_TEND);

    if (s->link != NULL && s->link->state == NGX_HTTP_CIVIC_LINK_UP
        && !s->link->broken)
    {
        ngx_http_civic_redis_tend_up(s->link);
    }

    if (s->link == NULL || s->link->state == NGX_HTTP_CIVIC_LINK_IDLE) {
        ngx_http_civic_redis_choose(redis);
    }
}


void
ngx_http_civic_redis_subscribe(
    const ngx_http_civic_redis_subscriber_t *subscriber)
{
    ngx_http_civic_redis_t               *redis;
    ngx_http_civic_redis_subscription_t  *s;

    redis = ngx_http_civic_redis_worker;
    s = &redis->subscription;

    s->subscriber = subscriber;
    s->timer.handler = ngx_http_civic_redis_tend_handler;
    s->timer.data = redis;
    s->timer.log = redis->cycle->log;
    s->timer.cancelable = 1;

    ngx_add_timer(&s->timer, NGX_HTTP_CIVIC_REDIS_TEND);
    ngx_http_civic_redis_choose(redis);
}
