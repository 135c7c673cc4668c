/*
 * ngx_http_civic_redis_wheel.c - when a call's time is up, and the calls that
 * are told from an event of their own.
 *
 * Nearly all calls are answered long before their deadline, so taking one in
 * and out must cost nothing: a wheel of lists, looked at every 16 ms by one
 * timer, which only runs while there is something on the wheel.
 */

#include "ngx_http_civic_redis_private.h"

static void ngx_http_civic_redis_tick_handler(ngx_event_t *ev);
static void ngx_http_civic_redis_tell_handler(ngx_event_t *ev);


void
ngx_http_civic_redis_calls_init(ngx_http_civic_redis_t *redis)
{
    ngx_uint_t  i;

    ngx_queue_init(&redis->over);

    for (i = 0; i < NGX_HTTP_CIVIC_REDIS_BUCKETS; i++) {
        ngx_queue_init(&redis->buckets[i]);
    }

    redis->tell.handler = ngx_http_civic_redis_tell_handler;
    redis->tell.data = redis;
    redis->tell.log = redis->cycle->log;

    redis->tick.handler = ngx_http_civic_redis_tick_handler;
    redis->tick.data = redis;
    redis->tick.log = redis->cycle->log;
    redis->tick.cancelable = 1;
}


void
ngx_http_civic_redis_calls_exit(ngx_http_civic_redis_t *redis)
{
    if (redis->tick.timer_set) {
        ngx_del_timer(&redis->tick);
    }

    if (redis->tell.posted) {
        ngx_delete_posted_event(&redis->tell);
    }

    if (redis->argv != NULL) {
        ngx_free(redis->argv);
        redis->argv = NULL;
    }
}


/* ---- deadlines ---------------------------------------------------------- */

/* A tick comes up to one tick late, and a timeout is "at most": so the tick
   before. */
static ngx_msec_t
ngx_http_civic_redis_turn_of(ngx_msec_t wake)
{
    return wake / NGX_HTTP_CIVIC_REDIS_TICK - 1;
}


void
ngx_http_civic_redis_wheel_add(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_op_t *op, ngx_msec_t wake)
{
    ngx_msec_t  turn;

    if (redis->live++ == 0) {
        redis->turned = ngx_current_msec / NGX_HTTP_CIVIC_REDIS_TICK;

        if (!redis->tick.timer_set) {
            ngx_add_timer(&redis->tick, NGX_HTTP_CIVIC_REDIS_TICK);
        }
    }

    turn = ngx_http_civic_redis_turn_of(wake);
    if (turn <= redis->turned) {
        turn = redis->turned + 1;
    }

    op->wake = wake;
    ngx_queue_insert_tail(
                  &redis->buckets[turn % NGX_HTTP_CIVIC_REDIS_BUCKETS],
                  &op->wheel);
}


void
ngx_http_civic_redis_wheel_remove(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_op_t *op)
{
    ngx_queue_remove(&op->wheel);
    redis->live--;
}


/* done() may start and cancel calls, so the list is taken out first. */
static void
ngx_http_civic_redis_turn(ngx_http_civic_redis_t *redis, ngx_queue_t *bucket)
{
    ngx_queue_t                 due, *q;
    ngx_http_civic_redis_op_t  *op;

    if (ngx_queue_empty(bucket)) {
        return;
    }

    ngx_queue_init(&due);
    ngx_queue_add(&due, bucket);
    ngx_queue_init(bucket);

    while (!ngx_queue_empty(&due)) {
        q = ngx_queue_head(&due);
        op = ngx_queue_data(q, ngx_http_civic_redis_op_t, wheel);

        if (ngx_http_civic_redis_turn_of(op->wake) > redis->turned) {
            /* in a later round */
            ngx_queue_remove(q);
            ngx_queue_insert_tail(bucket, q);
            continue;
        }

        ngx_http_civic_redis_wheel_remove(redis, op);
        ngx_http_civic_redis_wake(op);
    }
}


static void
ngx_http_civic_redis_tick_handler(ngx_event_t *ev)
{
    ngx_uint_t               i;
    ngx_msec_t               now, turn;
    ngx_http_civic_redis_t  *redis;

    redis = ev->data;
    now = ngx_current_msec / NGX_HTTP_CIVIC_REDIS_TICK;

    for (i = 0;
         redis->turned < now && i < NGX_HTTP_CIVIC_REDIS_BUCKETS;
         i++)
    {
        turn = ++redis->turned;
        ngx_http_civic_redis_turn(redis,
                    &redis->buckets[turn % NGX_HTTP_CIVIC_REDIS_BUCKETS]);
    }

    redis->turned = now;

    if (redis->live > 0 && !ev->timer_set) {
        ngx_add_timer(ev, NGX_HTTP_CIVIC_REDIS_TICK);
    }
}


/* ---- those that are told later ------------------------------------------ */

void
ngx_http_civic_redis_tell_later(ngx_http_civic_redis_t *redis)
{
    /* the next turn of the loop: one that starts again at once when it is
       told must not keep this turn going */

    if (!redis->tell.posted) {
        ngx_post_event(&redis->tell, &ngx_posted_next_events);
    }
}


/* For a call that could not even get memory: its state links the next. */
void
ngx_http_civic_redis_starve(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_call_t *call)
{
    ngx_http_civic_redis_call_t  *last;

    call->state = NULL;

    if (redis->starved == NULL) {
        redis->starved = call;

    } else {
        for (last = redis->starved; last->state != NULL; last = last->state) {
            /* void */
        }

        last->state = call;
    }

    ngx_http_civic_redis_tell_later(redis);
}


ngx_uint_t
ngx_http_civic_redis_unstarve(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_call_t *call)
{
    ngx_http_civic_redis_call_t  *before;

    if (redis->starved == call) {
        redis->starved = call->state;
        call->state = NULL;
        return 1;
    }

    for (before = redis->starved; before != NULL; before = before->state) {
        if (before->state == call) {
            before->state = call->state;
            call->state = NULL;
            return 1;
        }
    }

    return 0;
}


/* Those that are there now; done() may add others behind them. */
static void
ngx_http_civic_redis_tell_starved(ngx_http_civic_redis_t *redis)
{
    ngx_uint_t                    n;
    ngx_http_civic_redis_call_t  *call;

    n = 0;

    for (call = redis->starved; call != NULL; call = call->state) {
        n++;
    }

    while (n-- > 0 && redis->starved != NULL) {
        call = redis->starved;
        redis->starved = call->state;

        call->state = NULL;
        call->result = CIVIC_NOT_SENT;
        call->done(call);
    }

    if (redis->starved != NULL) {
        ngx_http_civic_redis_tell_later(redis);
    }
}


static void
ngx_http_civic_redis_tell_handler(ngx_event_t *ev)
{
    ngx_queue_t                 over, *q;
    ngx_http_civic_redis_t     *redis;
    ngx_http_civic_redis_op_t  *op;

    redis = ev->data;

    if (!ngx_queue_empty(&redis->over)) {
        ngx_queue_init(&over);
        ngx_queue_add(&over, &redis->over);
        ngx_queue_init(&redis->over);

        while (!ngx_queue_empty(&over)) {
            q = ngx_queue_head(&over);
            op = ngx_queue_data(q, ngx_http_civic_redis_op_t, queue);
            ngx_queue_remove(q);
            ngx_http_civic_redis_tell(op);
        }
    }

    ngx_http_civic_redis_tell_starved(redis);
}
