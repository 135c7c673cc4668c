/*
 * ngx_http_civic_beat.c - what a worker does beside requests.
 *
 * Once a second it writes its row of the zone and, in a sandbox, reads the
 * business clock that "civicctl clock" set; it also reads which plugins are
 * switched off, and looks for alarms.  Every five seconds it says in Redis
 * which keys, rule revisions and switches it has, so that "civicctl keyring
 * activate" can tell whether every worker of the fleet has seen a new key.
 * All timers are cancelable: none keeps a worker that was told to quit.
 */

#include "ngx_http_civic.h"
#include "ngx_http_civic_lag.h"


#define NGX_HTTP_CIVIC_BEAT      1000           /* ms */
#define NGX_HTTP_CIVIC_TELL      5              /* beats */
#define NGX_HTTP_CIVIC_FORGET    "60000"        /* ms: a silent worker's
                                                   entry is dropped */


static void ngx_http_civic_beat(ngx_event_t *ev);
static void ngx_http_civic_read_clock(void);

static ngx_event_t               ngx_http_civic_beat_timer;
static ngx_uint_t                ngx_http_civic_beats;
static ngx_http_civic_errand_t   ngx_http_civic_clock_errand;
static ngx_http_civic_errand_t   ngx_http_civic_tell_errand;


ngx_int_t
ngx_http_civic_beat_init(ngx_http_civic_main_conf_t *cmcf)
{
    ngx_http_civic_row_t  *row = ngx_http_civic_worker.row;

    row->started = ngx_time();
    row->pid = ngx_pid;
    row->live = 0;
    row->outbound_pending = 0;

    ngx_http_civic_clock_errand.arena = civic_arena_create(2048, 65536);
    ngx_http_civic_tell_errand.arena = civic_arena_create(4096, 65536);

    if (ngx_http_civic_clock_errand.arena == NULL
        || ngx_http_civic_tell_errand.arena == NULL)
    {
        return NGX_ERROR;
    }

    ngx_http_civic_timer_init(&ngx_http_civic_beat_timer, ngx_http_civic_beat,
                              NGX_HTTP_CIVIC_TIMER_CANCELABLE);
    ngx_add_timer(&ngx_http_civic_beat_timer, 1);

    if (ngx_http_civic_switches_init(cmcf) != NGX_OK
        || ngx_http_civic_alarms_init() != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_civic_rules_watch(cmcf);

    return NGX_OK;
}


typedef struct {
    ngx_uint_t  pending;
    uint64_t    sent;
    uint64_t    failed;
    uint64_t    reconnects;
} ngx_http_civic_redis_sum_t;


static void
ngx_http_civic_sum_redis(void *data,
    const ngx_http_civic_redis_status_t *status)
{
    ngx_http_civic_redis_sum_t  *sum = data;

    sum->pending += status->pending;
    sum->sent += status->sent;
    sum->failed += status->failed;
    sum->reconnects += status->reconnects;
}


static void
ngx_http_civic_beat(ngx_event_t *ev)
{
    ngx_http_civic_row_t        *row = ngx_http_civic_worker.row;
    ngx_http_civic_redis_sum_t   sum;

    ngx_memzero(&sum, sizeof(ngx_http_civic_redis_sum_t));

    ngx_http_civic_redis_status(ngx_http_civic_sum_redis, &sum);

    row->pid = ngx_pid;
    row->beat = ngx_time();
    row->redis_up = ngx_http_civic_redis_ready();
    row->redis_pending = sum.pending;
    row->redis_sent = sum.sent;
    row->redis_failed = sum.failed;
    row->redis_reconnects = sum.reconnects;
    ngx_http_civic_threads_relieve();

    row->hash_pending = ngx_http_civic_threads_pending(CIVIC_THREADS_HASH);
    row->work_pending = ngx_http_civic_threads_pending(CIVIC_THREADS_WORK);
    row->disk_pending = ngx_http_civic_threads_pending(NGX_HTTP_CIVIC_DISK);

    ngx_http_civic_switches_read();

    if (ngx_http_civic_worker.conf->sandbox) {
        ngx_http_civic_read_clock();
    }

    ngx_http_civic_alarms_beat();
    ngx_http_civic_lag_watch();

    if (ngx_http_civic_beats++ % NGX_HTTP_CIVIC_TELL == 0) {
        ngx_http_civic_tell();
    }

    ngx_add_timer(ev, NGX_HTTP_CIVIC_BEAT);
}


/* ---- the business clock ------------------------------------------------- */

static int64_t
ngx_http_civic_clock_value(const civic_value_t *value)
{
    return value->type == CIVIC_VALUE_STRING
           ? (int64_t) strtoll(value->str.data, NULL, 10) : 0;
}


/* A job that rests may have something to do at the new time. */

static void
ngx_http_civic_set_clock(int64_t offset, int64_t fixed)
{
    ngx_http_civic_worker_t  *w = &ngx_http_civic_worker;

    if (w->clock_offset == offset && w->clock_fixed == fixed) {
        return;
    }

    w->clock_offset = offset;
    w->clock_fixed = fixed;

    ngx_http_civic_jobs_hurry();
}


static void
ngx_http_civic_clock_done(ngx_http_civic_redis_call_t *call)
{
    const civic_value_t  *value = call->value;

    if (call->result == CIVIC_OK && value->type == CIVIC_VALUE_ARRAY
        && value->count == 2)
    {
        ngx_http_civic_set_clock(ngx_http_civic_clock_value(&value->items[0]),
                                 ngx_http_civic_clock_value(&value->items[1]));
    }

    ngx_http_civic_clock_errand.busy = 0;
}


static void
ngx_http_civic_read_clock(void)
{
    ngx_http_civic_errand_t  *errand = &ngx_http_civic_clock_errand;

    if (errand->busy) {
        return;
    }

    civic_arena_reset(errand->arena);
    ngx_memzero(&errand->call, sizeof(ngx_http_civic_redis_call_t));

    errand->argv[0] = CIVIC_STR("HMGET");
    errand->argv[1] = CIVIC_STR("civic:clock");
    errand->argv[2] = CIVIC_STR("offset_ms");
    errand->argv[3] = CIVIC_STR("fixed_ms");

    errand->call.arena = errand->arena;
    errand->call.argv = errand->argv;
    errand->call.argc = 4;
    errand->call.lane = NGX_HTTP_CIVIC_LANE_NORMAL;
    errand->call.done = ngx_http_civic_clock_done;
    errand->busy = 1;

    ngx_http_civic_redis_start(&errand->call);
}


/* ---- what this worker has ----------------------------------------------- */

static void
ngx_http_civic_told(ngx_http_civic_redis_call_t *call)
{
    if (call->result == CIVIC_OK
        && call->value->type == CIVIC_VALUE_INTEGER)
    {
        ngx_http_civic_worker.fleet = (ngx_uint_t) call->value->integer;
    }

    ngx_http_civic_tell_errand.busy = 0;
}


static civic_str_t
ngx_http_civic_describe(civic_arena_t *arena)
{
    size_t                      i, n;
    uint32_t                    ids[CIVIC_KEYRING_KEYS];
    civic_str_t                 text = { "", 0 };
    civic_writer_t              w;
    ngx_http_civic_rules_t     *rules;
    ngx_http_civic_plugin_t   **plugin;
    ngx_http_civic_main_conf_t *cmcf = ngx_http_civic_worker.conf;

    civic_writer_init(&w, arena, 512);
    civic_writer_object(&w, NULL);
    civic_writer_int(&w, "at", ngx_http_civic_now());

    civic_writer_array(&w, "keys");
    n = civic_keyring_ids(cmcf->keyring, ids);

    for (i = 0; i < n; i++) {
        civic_writer_int(&w, NULL, ids[i]);
    }

    civic_writer_end(&w);
    civic_writer_object(&w, "rules");

    plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        rules = plugin[i]->rules;

        if (rules != NULL && rules->rules != NULL) {
            civic_writer_str(&w, plugin[i]->table->name,
                             civic_cstr(civic_rules_revision(rules->rules)));
        }
    }

    civic_writer_end(&w);
    ngx_http_civic_switches_describe(&w);
    ngx_http_civic_blobs_describe(&w);

    if (civic_writer_finish(&w) == 0) {
        text.data = w.data;
        text.len = w.len;
    }

    return text;
}


void
ngx_http_civic_tell(void)
{
    ngx_http_civic_errand_t  *errand = &ngx_http_civic_tell_errand;

    if (errand->busy) {
        return;
    }

    civic_arena_reset(errand->arena);
    ngx_memzero(&errand->call, sizeof(ngx_http_civic_redis_call_t));

    errand->argv[0] = CIVIC_STR("civic:workers");
    errand->argv[1] = civic_arena_print(errand->arena, "%.*s/%d",
                                        (int) ngx_cycle->hostname.len,
                                        (char *) ngx_cycle->hostname.data,
                                        (int) ngx_pid);
    errand->argv[2] = ngx_http_civic_describe(errand->arena);
    errand->argv[3] = civic_arena_print(errand->arena, "%lld",
                                        (long long) ngx_http_civic_now());
    errand->argv[4] = CIVIC_STR(NGX_HTTP_CIVIC_FORGET);

    errand->call.arena = errand->arena;
    errand->call.script = ngx_http_civic_worker.conf->worker_beat;
    errand->call.argv = errand->argv;
    errand->call.argc = 5;
    errand->call.nkeys = 1;
    errand->call.writes = 1;
    errand->call.lane = NGX_HTTP_CIVIC_LANE_NORMAL;
    errand->call.done = ngx_http_civic_told;
    errand->busy = 1;

    ngx_http_civic_redis_start(&errand->call);
}
