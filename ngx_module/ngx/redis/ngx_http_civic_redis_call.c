/*
 * ngx_http_civic_redis_call.c - one call: started, answered, tried again,
 * over.
 *
 * What is safe to try again: whatever Redis refused without doing it (MOVED,
 * ASK, TRYAGAIN, CLUSTERDOWN, LOADING, READONLY, NOSCRIPT), whatever was not
 * written to its last byte, and once a read whose answer was lost.  A call
 * that writes and was written is never sent again: CIVIC_UNKNOWN.
 */

#include "ngx_http_civic_redis_private.h"

/* Complaints about single calls: at most one in so many ms. */
#define NGX_HTTP_CIVIC_REDIS_COMPLAIN  1000

/* ---- ends --------------------------------------------------------------- */

/* How a call is named in the log: never with its arguments. */
static ngx_str_t
ngx_http_civic_redis_call_name(ngx_http_civic_redis_call_t *call)
{
    ngx_str_t  name;

    if (call->script != NULL) {
        name.data = (u_char *) call->script->name;
        name.len = ngx_strlen(name.data);

    } else {
        name.data = (u_char *) call->argv[0].data;
        name.len = call->argv[0].len;
    }

    return name;
}


void
ngx_http_civic_redis_complain(ngx_http_civic_redis_op_t *op,
    const char *what, civic_str_t text)
{
    u_char                        buf[NGX_HTTP_CIVIC_REDIS_CAUSE];
    ngx_str_t                     name, cause;
    const char                   *args;
    ngx_http_civic_redis_link_t  *link;

    link = op->link;

    if (ngx_current_msec - link->complained < NGX_HTTP_CIVIC_REDIS_COMPLAIN) {
        return;
    }

    link->complained = ngx_current_msec;

    name = ngx_http_civic_redis_call_name(op->call);

    /* Redis quotes the arguments of a command that it does not know */
    cause.data = buf;
    cause.len = ngx_min(text.len, sizeof(buf));

    args = memmem(text.data, cause.len, ", with args", 11);
    if (args != NULL) {
        cause.len = args - text.data;
    }

    ngx_memcpy(buf, text.data, cause.len);
    ngx_http_civic_redis_clean(buf, buf + cause.len);

    if (cause.len == 0) {
        ngx_log_error(NGX_LOG_ERR, link->redis->cycle->log, 0,
                      "redis %V (%s) %s: \"%V\"", &link->node->name,
                      ngx_http_civic_redis_lanes[link->lane], what, &name);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, link->redis->cycle->log, 0,
                  "redis %V (%s) %s: \"%V\": \"%V\"", &link->node->name,
                  ngx_http_civic_redis_lanes[link->lane], what, &name, &cause);
}


void
ngx_http_civic_redis_abandon(ngx_http_civic_redis_op_t *op)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_CIVIC_ENTRIES; i++) {
        if (op->entries[i] != NULL) {
            civic_redis_queue_abandon(op->entries[i]);
            op->entries[i] = NULL;
        }
    }
}


/* Out of everything but the wheel. */
static void
ngx_http_civic_redis_detach(ngx_http_civic_redis_op_t *op)
{
    ngx_http_civic_redis_abandon(op);

    if (op->stage == NGX_HTTP_CIVIC_OP_WAITING) {
        ngx_queue_remove(&op->queue);
    }
}


void
ngx_http_civic_redis_tell(ngx_http_civic_redis_op_t *op)
{
    ngx_http_civic_redis_call_t  *call;

    call = op->call;
    call->state = NULL;
    call->result = op->result;
    call->value = op->value;

    if (op->link != NULL && op->result != CIVIC_OK) {
        op->link->failed++;
    }

    call->done(call);
}


/* Only from an event: done() is called here.  Not in any list any more. */
static void
ngx_http_civic_redis_finish(ngx_http_civic_redis_op_t *op,
    civic_result_t result, const civic_value_t *value)
{
    ngx_http_civic_redis_wheel_remove(ngx_http_civic_redis_worker, op);

    op->result = result;
    op->value = value;

    ngx_http_civic_redis_tell(op);
}


/* From anywhere; likewise in no list. */
void
ngx_http_civic_redis_finish_later(ngx_http_civic_redis_op_t *op,
    civic_result_t result)
{
    ngx_http_civic_redis_t  *redis;

    redis = ngx_http_civic_redis_worker;

    ngx_http_civic_redis_wheel_remove(redis, op);

    op->result = result;
    op->value = NULL;
    op->stage = NGX_HTTP_CIVIC_OP_OVER;

    ngx_queue_insert_tail(&redis->over, &op->queue);
    ngx_http_civic_redis_tell_later(redis);
}


/* From now on it goes by its slot again. */
static void
ngx_http_civic_redis_go_home(ngx_http_civic_redis_op_t *op)
{
    op->node = op->home;
    op->asking = 0;
}


/* Tried again in a while. */
static void
ngx_http_civic_redis_pause(ngx_http_civic_redis_op_t *op)
{
    ngx_msec_t               wake;
    ngx_http_civic_redis_t  *redis;

    redis = ngx_http_civic_redis_worker;

    wake = ngx_current_msec + NGX_HTTP_CIVIC_REDIS_PAUSE
           + (ngx_msec_t) ngx_random() % NGX_HTTP_CIVIC_REDIS_PAUSE_SPREAD;

    op->stage = NGX_HTTP_CIVIC_OP_PAUSED;
    ngx_http_civic_redis_go_home(op);

    ngx_http_civic_redis_wheel_remove(redis, op);
    ngx_http_civic_redis_wheel_add(redis, op, ngx_min(wake, op->deadline));
}


void
ngx_http_civic_redis_wake(ngx_http_civic_redis_op_t *op)
{
    ngx_uint_t               again;
    civic_result_t           result;
    ngx_http_civic_redis_t  *redis;

    redis = ngx_http_civic_redis_worker;
    again = op->stage == NGX_HTTP_CIVIC_OP_PAUSED && op->wake < op->deadline;

    /* finish() takes it off */
    ngx_http_civic_redis_wheel_add(redis, op, op->deadline);

    if (again) {
        ngx_http_civic_redis_dispatch(op);
        return;
    }

    result = CIVIC_NOT_SENT;

    if (op->stage == NGX_HTTP_CIVIC_OP_SENT) {
        ngx_http_civic_redis_complain(op, "did not answer in time",
                                      CIVIC_STR(""));

        if (op->writes
            && (op->entries[NGX_HTTP_CIVIC_ENTRY_MAIN] == NULL
                || civic_redis_queue_sent(
                                   op->entries[NGX_HTTP_CIVIC_ENTRY_MAIN])))
        {
            result = CIVIC_UNKNOWN;
        }
    }

    ngx_http_civic_redis_detach(op);
    ngx_http_civic_redis_finish(op, result, NULL);
}


/* ---- answers ------------------------------------------------------------ */

/* The connection was lost: settled once it is known what comes of it. */
static void
ngx_http_civic_redis_lost(ngx_http_civic_redis_op_t *op, civic_result_t result)
{
    ngx_http_civic_redis_abandon(op);

    op->result = result;
    op->value = NULL;
    op->stage = NGX_HTTP_CIVIC_OP_WAITING;
    ngx_queue_insert_tail(&op->link->lost, &op->queue);
}


void
ngx_http_civic_redis_settle_lost(ngx_http_civic_redis_link_t *link)
{
    ngx_queue_t                *q;
    ngx_http_civic_redis_op_t  *op;

    while (!ngx_queue_empty(&link->lost)) {
        q = ngx_queue_head(&link->lost);
        op = ngx_queue_data(q, ngx_http_civic_redis_op_t, queue);
        ngx_queue_remove(q);

        if (op->writes && op->result == CIVIC_UNKNOWN) {
            ngx_http_civic_redis_finish_later(op, CIVIC_UNKNOWN);

        } else if (op->resent || ngx_current_msec >= op->deadline) {
            ngx_http_civic_redis_finish_later(op, CIVIC_NOT_SENT);

        } else {
            op->resent = 1;
            ngx_http_civic_redis_go_home(op);
            ngx_http_civic_redis_dispatch(op);
        }
    }
}


static void
ngx_http_civic_redis_redirected(ngx_http_civic_redis_op_t *op, unsigned slot,
    civic_str_t address, ngx_uint_t asking)
{
    ngx_int_t                node;
    ngx_http_civic_redis_t  *redis;

    redis = ngx_http_civic_redis_worker;

    node = ngx_http_civic_redis_cluster_node(redis, address, op->link->node);

    if (node < 0) {
        ngx_http_civic_redis_complain(op, "named a node that cannot be used",
                                      address);
        ngx_http_civic_redis_finish_later(op, CIVIC_NOT_SENT);
        return;
    }

    if (!asking) {
        civic_slot_map_set(&redis->map, slot, node);
        ngx_http_civic_redis_cluster_refresh(redis);
    }

    if (++op->redirects > NGX_HTTP_CIVIC_REDIS_REDIRECTS) {
        op->redirects = 0;
        ngx_http_civic_redis_pause(op);
        return;
    }

    op->node = node;
    op->asking = asking;

    ngx_http_civic_redis_dispatch(op);
}


/* The answer to SCRIPT LOAD: the script itself follows. */
static void
ngx_http_civic_redis_loaded(void *data, civic_result_t result,
    const civic_value_t *value)
{
    ngx_http_civic_redis_op_t  *op;

    op = data;
    op->entries[NGX_HTTP_CIVIC_ENTRY_LOAD] = NULL;

    if (result == CIVIC_OK && value->type == CIVIC_VALUE_ERROR) {
        ngx_http_civic_redis_complain(op, "did not load the script",
                                      value->str);
    }
}


/* Whether the script was loaded behind this call's own attempt. */
static ngx_uint_t
ngx_http_civic_redis_load_known(ngx_http_civic_redis_op_t *op)
{
    ngx_uint_t                    i;
    ngx_http_civic_redis_load_t  *load;
    ngx_http_civic_redis_link_t  *link;

    link = op->link;
    load = link->loads.elts;

    for (i = 0; i < link->loads.nelts; i++) {
        if (load[i].script == op->call->script) {
            if (load[i].number > op->number) {
                return 1;
            }

            load[i].number = ++link->number;
            return 0;
        }
    }

    load = ngx_array_push(&link->loads);

    if (load != NULL) {
        load->script = op->call->script;
        load->number = ++link->number;
    }

    return 0;
}


static void
ngx_http_civic_redis_load(ngx_http_civic_redis_op_t *op,
    const civic_value_t *value)
{
    civic_str_t                   argv[3];
    ngx_http_civic_redis_link_t  *link;

    link = op->link;

    if (op->call->script == NULL
        || ++op->loads > NGX_HTTP_CIVIC_REDIS_LOADS)
    {
        ngx_http_civic_redis_complain(op, "answered with an error", value->str);
        ngx_http_civic_redis_finish(op, CIVIC_ERROR, value);
        return;
    }

    if (!ngx_http_civic_redis_load_known(op)) {
        argv[0] = CIVIC_STR("SCRIPT");
        argv[1] = CIVIC_STR("LOAD");
        argv[2].data = op->call->script->text;
        argv[2].len = op->call->script->len;

        op->entries[NGX_HTTP_CIVIC_ENTRY_LOAD] = civic_redis_queue_push(
            link->queue, argv, 3, op->call->arena,
            ngx_http_civic_redis_loaded, op, ngx_current_msec);
    }

    /* asked of the node again, and of an importing one with ASKING again */
    ngx_http_civic_redis_send(op, link);
}


static void
ngx_http_civic_redis_error_answer(ngx_http_civic_redis_op_t *op,
    const civic_value_t *value)
{
    unsigned                 slot;
    ngx_uint_t               cluster;
    civic_str_t              address;
    civic_redis_error_t      error;
    ngx_http_civic_redis_t  *redis;

    redis = ngx_http_civic_redis_worker;
    cluster = redis->conf->cluster;
    error = civic_redis_error(value->str, &slot, &address);

    /* WAIT, of a script that was not run or has failed */
    ngx_http_civic_redis_abandon(op);

    if (error == CIVIC_REDIS_NOSCRIPT) {
        ngx_http_civic_redis_load(op, value);
        return;
    }

    if (error == CIVIC_REDIS_TRYAGAIN || error == CIVIC_REDIS_READONLY) {
        ngx_http_civic_redis_cluster_refresh(redis);
        ngx_http_civic_redis_pause(op);
        return;
    }

    if (cluster
        && (error == CIVIC_REDIS_MOVED || error == CIVIC_REDIS_ASK))
    {
        if (op->call->here) {
            ngx_http_civic_redis_finish(op, CIVIC_OK, value);
            return;
        }

        ngx_http_civic_redis_redirected(op, slot, address,
                                        error == CIVIC_REDIS_ASK);
        return;
    }

    ngx_http_civic_redis_complain(op, "answered with an error", value->str);

    /* a full disk or memory; the same from inside a script ends with
       "script: <sha1>, on @user_script:<line>" */
    if (error == CIVIC_REDIS_REFUSED
        && memmem(value->str.data, value->str.len, " script: ", 9) == NULL)
    {
        ngx_http_civic_redis_finish(op, CIVIC_NOT_SENT, NULL);
        return;
    }

    /* NOPERM may come from the middle of a script */
    if (error == CIVIC_REDIS_AUTH
        && (value->str.len < 6
            || ngx_strncmp(value->str.data, "NOPERM", 6) != 0))
    {
        ngx_http_civic_redis_link_break(op->link, value->str);
        ngx_http_civic_redis_finish(op, CIVIC_NOT_SENT, NULL);
        return;
    }

    ngx_http_civic_redis_finish(op, CIVIC_ERROR, value);
}


void
ngx_http_civic_redis_answered(void *data, civic_result_t result,
    const civic_value_t *value)
{
    ngx_http_civic_redis_op_t  *op;

    op = data;
    op->entries[NGX_HTTP_CIVIC_ENTRY_MAIN] = NULL;

    switch (result) {

    case CIVIC_OK:
        break;

    case CIVIC_ERROR:
        ngx_http_civic_redis_complain(op,
                                      "answered more than the request may hold",
                                      CIVIC_STR(""));
        ngx_http_civic_redis_abandon(op);
        ngx_http_civic_redis_finish(op, op->writes ? CIVIC_UNKNOWN
                                                   : CIVIC_ERROR, NULL);
        return;

    default:
        ngx_http_civic_redis_lost(op, result);
        return;
    }

    if (value->type == CIVIC_VALUE_ERROR) {
        ngx_http_civic_redis_error_answer(op, value);
        return;
    }

    if (op->entries[NGX_HTTP_CIVIC_ENTRY_WAIT] != NULL) {
        op->value = value;
        return;
    }

    ngx_http_civic_redis_finish(op, CIVIC_OK, value);
}


/* The answer to WAIT: how many replicas have the write. */
void
ngx_http_civic_redis_waited(void *data, civic_result_t result,
    const civic_value_t *value)
{
    ngx_http_civic_redis_op_t  *op;

    op = data;
    op->entries[NGX_HTTP_CIVIC_ENTRY_WAIT] = NULL;

    if (result == CIVIC_NOT_SENT || result == CIVIC_UNKNOWN) {
        ngx_http_civic_redis_lost(op, CIVIC_UNKNOWN);
        return;
    }

    if (result == CIVIC_OK && value->type == CIVIC_VALUE_INTEGER
        && value->integer >= ngx_http_civic_redis_worker->conf->wait)
    {
        ngx_http_civic_redis_finish(op, CIVIC_OK, op->value);
        return;
    }

    ngx_http_civic_redis_complain(op, "did not reach enough replicas",
                                  CIVIC_STR(""));
    ngx_http_civic_redis_finish(op, CIVIC_UNKNOWN, NULL);
}


/* ---- starting and cancelling -------------------------------------------- */

static ngx_uint_t
ngx_http_civic_redis_slot(ngx_http_civic_redis_call_t *call)
{
    if (call->script != NULL) {
        return call->nkeys > 0 ? civic_slot(call->argv[0]) : CIVIC_SLOTS;
    }

    return call->argc > 1 ? civic_slot(call->argv[1]) : CIVIC_SLOTS;
}


void
ngx_http_civic_redis_start_at(ngx_http_civic_redis_call_t *call,
    ngx_int_t node)
{
    ngx_http_civic_redis_t     *redis;
    ngx_http_civic_redis_op_t  *op;

    redis = ngx_http_civic_redis_worker;

    call->result = CIVIC_NOT_SENT;
    call->value = NULL;
    call->state = NULL;

    if (redis == NULL) {
        /* the worker has ended: no event will come, nothing is waited for */
        return;
    }

    op = civic_arena_zalloc(call->arena, sizeof(ngx_http_civic_redis_op_t));

    if (op == NULL || (call->script == NULL && call->argc == 0)) {
        ngx_http_civic_redis_starve(redis, call);
        return;
    }

    call->state = op;

    op->call = call;
    op->node = node;
    op->home = node;
    op->writes = call->writes || call->durable;
    op->wait = call->durable && redis->conf->wait > 0;
    op->deadline = ngx_current_msec
                   + (call->timeout != 0 ? call->timeout
                                         : redis->conf->timeout);

    /* what waits for replicas must not hold up others */
    if (op->wait) {
        call->lane = NGX_HTTP_CIVIC_LANE_DURABLE;
    }

    op->slot = redis->conf->cluster && node < 0 && !call->keyless
               ? ngx_http_civic_redis_slot(call) : CIVIC_SLOTS;

    ngx_http_civic_redis_wheel_add(redis, op, op->deadline);
    ngx_http_civic_redis_dispatch(op);
}


void
ngx_http_civic_redis_start(ngx_http_civic_redis_call_t *call)
{
    ngx_http_civic_redis_start_at(call, call->directed ? (ngx_int_t) call->node
                                                       : -1);
}


void
ngx_http_civic_redis_cancel(ngx_http_civic_redis_call_t *call)
{
    ngx_http_civic_redis_t     *redis;
    ngx_http_civic_redis_op_t  *op;

    redis = ngx_http_civic_redis_worker;

    if (redis == NULL || ngx_http_civic_redis_unstarve(redis, call)
        || call->state == NULL)
    {
        return;
    }

    op = call->state;
    call->state = NULL;

    if (op->stage == NGX_HTTP_CIVIC_OP_OVER) {
        ngx_queue_remove(&op->queue);
        return;
    }

    ngx_http_civic_redis_detach(op);
    ngx_http_civic_redis_wheel_remove(redis, op);
}
