/*
 * ngx_http_civic_store.c - Redis for handlers: suspend, ask, go on.
 *
 * A read may be given up at any time.  A script is a promise: from its start
 * on, the request runs to its end even if the client leaves.
 */

#include "ngx_http_civic.h"


typedef struct {
    ngx_http_civic_request_t     *request;
    ngx_http_civic_redis_call_t  *calls;
    size_t                        count;
    size_t                        pending;
    ngx_msec_t                    began;
} ngx_http_civic_trip_t;


static void ngx_http_civic_trip_start(ngx_http_civic_request_t *cr);
static void ngx_http_civic_trip_cancel(ngx_http_civic_request_t *cr);
static void ngx_http_civic_trip_done(ngx_http_civic_redis_call_t *call);


/* On the fiber: all calls of a trip, and their answers. */

civic_result_t
ngx_http_civic_trip(ngx_http_civic_request_t *cr,
    ngx_http_civic_redis_call_t *calls, size_t count)
{
    size_t                 i;
    civic_result_t         rc;
    ngx_http_civic_trip_t  trip;

    trip.request = cr;
    trip.calls = calls;
    trip.count = count;
    trip.pending = count;
    trip.began = ngx_current_msec;

    for (i = 0; i < count; i++) {
        if (calls[i].arena == NULL) {
            calls[i].arena = cr->arena;
        }

        calls[i].done = ngx_http_civic_trip_done;
        calls[i].data = &trip;
    }

    cr->waiting = &trip;

    rc = ngx_http_civic_suspend(cr, ngx_http_civic_trip_start,
                                ngx_http_civic_trip_cancel);
    cr->waiting = NULL;

    if (cr->ctx != NULL) {
        cr->ctx->redis_time += ngx_current_msec - trip.began;
    }

    return rc;
}


static void
ngx_http_civic_trip_start(ngx_http_civic_request_t *cr)
{
    size_t                  i;
    ngx_http_civic_trip_t  *trip = cr->waiting;

    for (i = 0; i < trip->count; i++) {
        ngx_http_civic_redis_start(&trip->calls[i]);
    }
}


static void
ngx_http_civic_trip_cancel(ngx_http_civic_request_t *cr)
{
    size_t                  i;
    ngx_http_civic_trip_t  *trip = cr->waiting;

    for (i = 0; i < trip->count; i++) {
        if (trip->calls[i].done != NULL) {
            ngx_http_civic_redis_cancel(&trip->calls[i]);
        }
    }
}


static void
ngx_http_civic_trip_done(ngx_http_civic_redis_call_t *call)
{
    ngx_http_civic_trip_t     *trip = call->data;
    ngx_http_civic_request_t  *cr = trip->request;

    call->done = NULL;                  /* answered: nothing to cancel */

    if (--trip->pending == 0) {
        ngx_http_civic_resume(cr);
    }
}


/* What a plugin sees of an answer. */

static civic_result_t
ngx_http_civic_answer(ngx_http_civic_request_t *cr,
    ngx_http_civic_redis_call_t *call, const char *what,
    const civic_value_t **value)
{
    *value = call->value;

    if (call->result == CIVIC_OK && call->value->type == CIVIC_VALUE_ERROR) {
        civic_log(&cr->public, CIVIC_LOG_ERROR,
                  "redis answered \"%s\" with the error \"%.*s\"", what,
                  (int) ngx_min(call->value->str.len, 200),
                  call->value->str.data);
        return CIVIC_ERROR;
    }

    return call->result;
}


static civic_result_t
ngx_http_civic_check_read(ngx_http_civic_request_t *cr,
    const civic_str_t *argv, size_t argc)
{
    if (argc >= 2 && civic_redis_reads_only(argv[0])) {
        return CIVIC_OK;
    }

    civic_log(&cr->public, CIVIC_LOG_ERROR,
              "plugin \"%s\" sent \"%.*s\" with %d arguments as a read; "
              "writes are scripts", cr->plugin->name.data,
              argc == 0 ? 0 : (int) ngx_min(argv[0].len, 32),
              argc == 0 ? "" : argv[0].data, (int) argc);

    return CIVIC_ERROR;
}


static void
ngx_http_civic_read_call(ngx_http_civic_redis_call_t *call,
    const civic_str_t *argv, size_t argc)
{
    ngx_memzero(call, sizeof(ngx_http_civic_redis_call_t));

    call->argv = argv;
    call->argc = argc;
    call->lane = NGX_HTTP_CIVIC_LANE_NORMAL;
}


civic_result_t
ngx_http_civic_redis(civic_request_t *r, const civic_str_t *argv, size_t argc,
    const civic_value_t **value)
{
    ngx_http_civic_request_t     *cr = (ngx_http_civic_request_t *) r;
    ngx_http_civic_redis_call_t   call;

    if (cr->aborted || cr->decided != NULL) {
        return CIVIC_ABORTED;
    }

    if (ngx_http_civic_check_read(cr, argv, argc) != CIVIC_OK) {
        return CIVIC_ERROR;
    }

    ngx_http_civic_read_call(&call, argv, argc);

    /* with the session's record on its way, an answer counts once that is in */
    if (ngx_http_civic_trip(cr, &call, 1) != CIVIC_OK
        || ngx_http_civic_session_settle(cr) != CIVIC_OK)
    {
        return CIVIC_ABORTED;
    }

    return ngx_http_civic_answer(cr, &call, argv[0].data, value);
}


civic_result_t
ngx_http_civic_pipeline(civic_request_t *r, civic_command_t *commands,
    size_t count)
{
    size_t                        i;
    civic_result_t                rc = CIVIC_OK;
    ngx_http_civic_request_t     *cr = (ngx_http_civic_request_t *) r;
    ngx_http_civic_redis_call_t  *calls;

    if (cr->aborted || cr->decided != NULL) {
        return CIVIC_ABORTED;
    }

    if (count == 0) {
        return CIVIC_OK;
    }

    calls = ngx_http_civic_alloc(r, count * sizeof(*calls));

    for (i = 0; i < count; i++) {
        if (ngx_http_civic_check_read(cr, commands[i].argv, commands[i].argc)
            != CIVIC_OK)
        {
            return CIVIC_ERROR;
        }

        ngx_http_civic_read_call(&calls[i], commands[i].argv,
                                 commands[i].argc);
    }

    if (ngx_http_civic_trip(cr, calls, count) != CIVIC_OK
        || ngx_http_civic_session_settle(cr) != CIVIC_OK)
    {
        return CIVIC_ABORTED;
    }

    for (i = 0; i < count; i++) {
        commands[i].result = ngx_http_civic_answer(cr, &calls[i],
                                                   commands[i].argv[0].data,
                                                   &commands[i].value);
        if (rc == CIVIC_OK) {
            rc = commands[i].result;
        }
    }

    return rc;
}


civic_result_t
ngx_http_civic_run_script(ngx_http_civic_request_t *cr,
    const civic_redis_script_t *script, const civic_script_t *call,
    const civic_value_t **value)
{
    civic_str_t                  *argv;
    civic_result_t                rc;
    ngx_http_civic_redis_call_t   redis;

    *value = NULL;

    argv = ngx_http_civic_alloc(&cr->public, (call->nkeys + call->nargs + 1)
                                             * sizeof(civic_str_t));

    if (call->nkeys != 0) {
        ngx_memcpy(argv, call->keys, call->nkeys * sizeof(civic_str_t));
    }

    if (call->nargs != 0) {
        ngx_memcpy(argv + call->nkeys, call->args,
                   call->nargs * sizeof(civic_str_t));
    }

    ngx_memzero(&redis, sizeof(ngx_http_civic_redis_call_t));

    redis.script = script;
    redis.argv = argv;
    redis.argc = call->nkeys + call->nargs;
    redis.nkeys = call->nkeys;
    redis.writes = 1;
    redis.durable = (call->flags & CIVIC_SCRIPT_DURABLE) != 0;
    redis.lane = redis.durable ? NGX_HTTP_CIVIC_LANE_DURABLE
                 : call->flags & CIVIC_SCRIPT_BULK ? NGX_HTTP_CIVIC_LANE_BULK
                 : NGX_HTTP_CIVIC_LANE_NORMAL;

    cr->committed = 1;

    rc = ngx_http_civic_trip(cr, &redis, 1);

    /* not before: a look would find nothing yet, and forget the note */
    if (rc != CIVIC_OK || redis.result != CIVIC_NOT_SENT) {
        ngx_http_civic_outbox_written(call->keys, call->nkeys);
    }

    if (rc != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    return ngx_http_civic_answer(cr, &redis, script->name, value);
}


/*
 * The script that runs once: with the record of the Idempotency-Key as its
 * last key.  Without such a key in the request it is an ordinary one.
 */

static civic_result_t
ngx_http_civic_script_once(ngx_http_civic_request_t *cr, ngx_uint_t i,
    const civic_script_t *script, const civic_value_t **value)
{
    civic_str_t     *keys;
    civic_result_t   rc;
    civic_script_t   call;

    keys = ngx_http_civic_alloc(&cr->public, (script->nkeys + 1)
                                             * sizeof(civic_str_t));

    if (script->nkeys != 0) {
        ngx_memcpy(keys, script->keys, script->nkeys * sizeof(civic_str_t));
    }

    keys[script->nkeys] = cr->once_key;

    call = *script;
    call.keys = keys;
    call.nkeys++;

    rc = ngx_http_civic_run_script(cr, cr->plugin->once[i], &call, value);

    /* unknown: it may have written, and its answer may be kept */
    if (rc == CIVIC_OK || rc == CIVIC_UNKNOWN || rc == CIVIC_ABORTED) {
        cr->once_ran = 1;
    }

    return rc;
}


civic_result_t
ngx_http_civic_script(civic_request_t *r, const civic_script_t *script,
    const civic_value_t **value)
{
    ngx_uint_t                 i;
    ngx_http_civic_plugin_t   *plugin;
    ngx_http_civic_request_t  *cr = (ngx_http_civic_request_t *) r;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    plugin = cr->plugin;

    for (i = 0; i < plugin->nscripts; i++) {

        if (ngx_strcmp(plugin->scripts[i]->name, script->name) != 0) {
            continue;
        }

        cr->scripted = 1;

        if ((script->flags & CIVIC_SCRIPT_ONCE) && cr->once_key.len != 0) {
            return ngx_http_civic_script_once(cr, i, script, value);
        }

        return ngx_http_civic_run_script(cr, plugin->scripts[i], script,
                                         value);
    }

    civic_log(r, CIVIC_LOG_ERROR,
              "plugin \"%s\" runs the script \"%s\", which is not in its "
              "tables", plugin->name.data, script->name);

    return CIVIC_ERROR;
}


/* A message that may come twice: sent once more if its fate is unknown. */

civic_result_t
ngx_http_civic_publish(ngx_http_civic_request_t *cr, civic_str_t channel,
    civic_str_t message)
{
    civic_str_t                  argv[3];
    const civic_value_t         *value;
    ngx_http_civic_redis_call_t  call;

    argv[0] = CIVIC_STR("PUBLISH");
    argv[1] = channel;
    argv[2] = message;

    ngx_http_civic_read_call(&call, argv, 3);
    call.keyless = 1;

    if (ngx_http_civic_trip(cr, &call, 1) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    return ngx_http_civic_answer(cr, &call, "PUBLISH", &value);
}


civic_str_t
ngx_http_civic_person_key(civic_request_t *r, civic_str_t pid,
    const char *family)
{
    char         *p;
    size_t        len = ngx_strlen(family);
    civic_str_t   key;

    key.len = sizeof("civic:{p:}:") - 1 + pid.len + len;
    key.data = p = ngx_http_civic_alloc(r, key.len + 1);

    p = (char *) ngx_cpymem(p, "civic:{p:", sizeof("civic:{p:") - 1);
    p = (char *) ngx_cpymem(p, pid.data, pid.len);
    p = (char *) ngx_cpymem(p, "}:", 2);
    p = (char *) ngx_cpymem(p, family, len);
    *p = '\0';

    return key;
}
