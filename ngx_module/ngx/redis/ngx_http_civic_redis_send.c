/*
 * ngx_http_civic_redis_send.c - one call on its way out: which connection it
 * takes, whether it waits there, and the commands that it becomes.
 */

#include "ngx_http_civic_redis_private.h"


/* The command as it is sent: EVALSHA sha1 nkeys KEYS ARGV, or as it is. */
static const civic_str_t *
ngx_http_civic_redis_arguments(ngx_http_civic_redis_t *redis,
    ngx_http_civic_redis_call_t *call, size_t *argc, u_char *number)
{
    size_t        need;
    u_char       *p;
    civic_str_t  *argv;

    if (call->script == NULL) {
        *argc = call->argc;
        return call->argv;
    }

    need = call->argc + 3;

    if (redis->nargv < need) {
        argv = ngx_alloc((need + 16) * sizeof(civic_str_t),
                         redis->cycle->log);
        if (argv == NULL) {
            return NULL;
        }

        if (redis->argv != NULL) {
            ngx_free(redis->argv);
        }

        redis->argv = argv;
        redis->nargv = need + 16;
    }

    p = ngx_sprintf(number, "%uz", call->nkeys);

    argv = redis->argv;
    argv[0] = CIVIC_STR("EVALSHA");
    argv[1].data = call->script->sha1;
    argv[1].len = sizeof(call->script->sha1) - 1;
    argv[2].data = (char *) number;
    argv[2].len = p - number;

    if (call->argc > 0) {
        ngx_memcpy(&argv[3], call->argv, call->argc * sizeof(civic_str_t));
    }

    *argc = need;

    return argv;
}


static civic_redis_entry_t *
ngx_http_civic_redis_push_wait(ngx_http_civic_redis_op_t *op,
    ngx_http_civic_redis_link_t *link)
{
    u_char                        n[NGX_INT64_LEN], ms[NGX_INT64_LEN];
    civic_str_t                   argv[3];
    ngx_http_civic_redis_conf_t  *conf;

    conf = link->redis->conf;

    argv[0] = CIVIC_STR("WAIT");
    argv[1].data = (char *) n;
    argv[1].len = ngx_sprintf(n, "%i", conf->wait) - n;
    argv[2].data = (char *) ms;
    argv[2].len = ngx_sprintf(ms, "%M", conf->wait_timeout) - ms;

    return civic_redis_queue_push(link->queue, argv, 3, op->call->arena,
                                  ngx_http_civic_redis_waited, op,
                                  ngx_current_msec);
}


void
ngx_http_civic_redis_send(ngx_http_civic_redis_op_t *op,
    ngx_http_civic_redis_link_t *link)
{
    u_char                number[NGX_SIZE_T_LEN];
    size_t                argc;
    civic_str_t           asking;
    const civic_str_t    *argv;
    civic_redis_entry_t  *main, *wait;

    op->link = link;
    op->stage = NGX_HTTP_CIVIC_OP_SENT;
    op->value = NULL;

    main = NULL;
    wait = NULL;
    asking = CIVIC_STR("ASKING");

    argv = ngx_http_civic_redis_arguments(link->redis, op->call, &argc,
                                          number);

    if (argv != NULL
        && (!op->asking
            || civic_redis_queue_push(link->queue, &asking, 1, NULL, NULL,
                                      NULL, ngx_current_msec)
               != NULL))
    {
        main = civic_redis_queue_push(link->queue, argv, argc, op->call->arena,
                                      ngx_http_civic_redis_answered, op,
                                      ngx_current_msec);
    }

    op->entries[NGX_HTTP_CIVIC_ENTRY_MAIN] = main;

    if (main != NULL && op->wait) {
        wait = ngx_http_civic_redis_push_wait(op, link);
        op->entries[NGX_HTTP_CIVIC_ENTRY_WAIT] = wait;
    }

    if (main == NULL || (op->wait && wait == NULL)) {
        /* the output is full: nothing of it has been written yet */
        ngx_http_civic_redis_complain(op, "takes no more for now",
                                      CIVIC_STR(""));
        ngx_http_civic_redis_abandon(op);
        ngx_http_civic_redis_finish_later(op, CIVIC_NOT_SENT);
        return;
    }

    op->number = ++link->number;
    link->sent++;

    ngx_http_civic_redis_link_flush_later(link);
}


void
ngx_http_civic_redis_send_waiting(ngx_http_civic_redis_link_t *link)
{
    ngx_queue_t                *q;
    ngx_http_civic_redis_op_t  *op;

    while (!ngx_queue_empty(&link->waiting)) {
        q = ngx_queue_head(&link->waiting);
        op = ngx_queue_data(q, ngx_http_civic_redis_op_t, queue);
        ngx_queue_remove(q);
        ngx_http_civic_redis_send(op, link);
    }
}


void
ngx_http_civic_redis_fail_waiting(ngx_http_civic_redis_link_t *link)
{
    ngx_queue_t                *q;
    ngx_http_civic_redis_op_t  *op;

    while (!ngx_queue_empty(&link->waiting)) {
        q = ngx_queue_head(&link->waiting);
        op = ngx_queue_data(q, ngx_http_civic_redis_op_t, queue);
        ngx_queue_remove(q);
        ngx_http_civic_redis_finish_later(op, CIVIC_NOT_SENT);
    }
}


/* To the node that it belongs to; in no list but the wheel. */
void
ngx_http_civic_redis_dispatch(ngx_http_civic_redis_op_t *op)
{
    ngx_http_civic_redis_t       *redis;
    ngx_http_civic_redis_link_t  *link;

    redis = ngx_http_civic_redis_worker;

    if (op->node >= 0) {
        link = &redis->nodes[op->node]->links[op->call->lane];

    } else {
        link = ngx_http_civic_redis_cluster_route(redis, op->slot,
                                                  op->call->lane);
    }

    op->link = link;

    if (link != NULL && link->state == NGX_HTTP_CIVIC_LINK_IDLE) {
        ngx_http_civic_redis_link_connect(link);
    }

    if (link != NULL && link->state == NGX_HTTP_CIVIC_LINK_UP
        && !link->broken)
    {
        ngx_http_civic_redis_send(op, link);
        return;
    }

    if (link != NULL && link->state == NGX_HTTP_CIVIC_LINK_CONNECTING
        && link->patient)
    {
        op->stage = NGX_HTTP_CIVIC_OP_WAITING;
        ngx_queue_insert_tail(&link->waiting, &op->queue);
        return;
    }

    ngx_http_civic_redis_finish_later(op, CIVIC_NOT_SENT);
}
