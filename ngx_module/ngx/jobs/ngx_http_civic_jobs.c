/*
 * ngx_http_civic_jobs.c - which jobs there are, and when to try them.
 *
 * Every worker of the fleet tries to take the lease of each shard of each job
 * that is due, and runs what it got: one at a time, so that a worker always
 * has room for citizens.  Redis decides who gets it; the worker only keeps
 * when it is next worth asking.  "civicctl job run" counts up a field of
 * "civic:jobs", which each worker reads every second.
 *
 * The timer is cancelable: a worker that was told to quit takes no lease
 * any more.  Only a lease whose taking is still on its way keeps it, so that
 * it can be given back.
 */

#include "ngx_http_civic_jobs.h"

#include <openssl/rand.h>


#define NGX_HTTP_CIVIC_JOB_TICK   200       /* ms */
#define NGX_HTTP_CIVIC_JOB_LOOK   1000      /* ms between two looks whether
                                               an operator asks for a run */
#define NGX_HTTP_CIVIC_JOB_MOST   60000     /* ms: a state is never older */
#define NGX_HTTP_CIVIC_JOB_AGAIN  1000      /* ms after Redis failed */
#define NGX_HTTP_CIVIC_JOB_ASKED  2         /* taken: see job_take.lua */


typedef struct {
    ngx_event_t                  timer;     /* cancelable */
    ngx_event_t                  guard;     /* not: a taking is on its way */
    ngx_http_civic_job_shard_t  *shards;
    ngx_uint_t                   nshards;
    ngx_uint_t                   cursor;
    ngx_http_civic_job_shard_t  *trying;
    ngx_uint_t                   running;
    ngx_http_civic_job_call_t    take;
    ngx_http_civic_job_call_t    look;
    ngx_msec_t                   looked;
    ngx_uint_t                   knows;     /* what was asked before */
    char                         holder[NGX_HTTP_CIVIC_JOB_HOLDER];
} ngx_http_civic_job_worker_t;


static void ngx_http_civic_jobs_tick(ngx_event_t *ev);
static void ngx_http_civic_jobs_try(void);
static void ngx_http_civic_job_taken(ngx_http_civic_redis_call_t *call);
static void ngx_http_civic_job_return(ngx_http_civic_job_shard_t *shard);

static ngx_http_civic_job_worker_t  ngx_http_civic_jobs;


/* ---- the configuration -------------------------------------------------- */

static char *
ngx_http_civic_job_add(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf,
    ngx_http_civic_plugin_t *plugin, ngx_http_civic_job_t *job)
{
    u_char                  *p;
    civic_job_def_t         *table = &job->table;
    ngx_http_civic_route_t  *route = &job->route;

    if (table->shards == 0) {
        table->shards = 1;
    }

    if (table->deadline == 0) {
        table->deadline = NGX_HTTP_CIVIC_JOB_DEADLINE;
    }

    job->name.len = plugin->name.len + 1 + ngx_strlen(table->name);
    job->name.data = ngx_pnalloc(cf->pool, job->name.len + 1);
    if (job->name.data == NULL) {
        return NGX_CONF_ERROR;
    }

    p = ngx_sprintf(job->name.data, "%V.%s", &plugin->name, table->name);
    *p = '\0';

    job->first_row = cmcf->jobs->nshards;
    cmcf->jobs->nshards += table->shards;

    /* what a fiber needs: whose it is, how long it may run */
    route->plugin = plugin;
    route->pattern = job->name;
    route->index = cmcf->nroutes++;
    route->table.method = CIVIC_POST;
    route->table.deadline = table->deadline;

    /* nor does it change what another plugin, switched to read-only, has */
    route->table.flags = CIVIC_CHANGES;

    return NGX_CONF_OK;
}


/* After all plugins are read: the jobs of their tables. */

char *
ngx_http_civic_jobs_init(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t                 i, j, n = 0;
    ngx_http_civic_job_t      *job;
    ngx_http_civic_jobs_t     *jobs;
    ngx_http_civic_plugin_t  **plugin = cmcf->plugins.elts;

    jobs = ngx_pcalloc(cf->pool, sizeof(ngx_http_civic_jobs_t));
    if (jobs == NULL) {
        return NGX_CONF_ERROR;
    }

    cmcf->jobs = jobs;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        n += plugin[i]->table->jobs.count;
    }

    jobs->jobs = ngx_pcalloc(cf->pool, (n + 1) * sizeof(*jobs->jobs));
    jobs->take = ngx_http_civic_load_script(cf, cmcf, "job_take");
    jobs->done = ngx_http_civic_load_script(cf, cmcf, "job_done");
    jobs->beat = ngx_http_civic_load_script(cf, cmcf, "job_beat");

    if (jobs->jobs == NULL || jobs->take == NULL || jobs->done == NULL
        || jobs->beat == NULL)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        for (j = 0; j < plugin[i]->table->jobs.count; j++) {
            job = &jobs->jobs[jobs->njobs++];

            civic_table_get(&plugin[i]->table->jobs, j, &job->table,
                            sizeof(civic_job_def_t));

            if (ngx_http_civic_job_add(cf, cmcf, plugin[i], job)
                != NGX_CONF_OK)
            {
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


/* ---- a worker begins ---------------------------------------------------- */

static ngx_msec_t
ngx_http_civic_job_jitter(ngx_msec_t most)
{
    return (ngx_msec_t) ngx_random() % (most + 1);
}


/* No other worker, and no earlier one of this pid, has the same name. */

static ngx_int_t
ngx_http_civic_job_name_worker(char *holder)
{
    u_char     *p;
    uint32_t    salt;
    ngx_str_t  *host = (ngx_str_t *) &ngx_cycle->hostname;

    if (RAND_bytes((u_char *) &salt, sizeof(salt)) != 1) {
        return NGX_ERROR;
    }

    p = ngx_sprintf((u_char *) holder, "%*s/%P/%08xD",
                    ngx_min(host->len, 64), host->data, ngx_pid, salt);
    *p = '\0';

    return NGX_OK;
}


static ngx_int_t
ngx_http_civic_jobs_shards(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t                    i, j;
    ngx_http_civic_job_t         *job;
    ngx_http_civic_job_shard_t   *shard;
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    w->shards = ngx_pcalloc(cycle->pool, cmcf->jobs->nshards
                                         * sizeof(*w->shards));
    if (w->shards == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < cmcf->jobs->njobs; i++) {
        job = &cmcf->jobs->jobs[i];

        if (!job->route.plugin->started) {
            continue;
        }

        for (j = 0; j < job->table.shards; j++) {
            shard = &w->shards[w->nshards++];
            shard->job = job;
            shard->shard = j;
            shard->row = ngx_http_civic_zone_job(cmcf, job->first_row + j);
            shard->next = ngx_current_msec
                          + ngx_http_civic_job_jitter(NGX_HTTP_CIVIC_JOB_AGAIN);
        }
    }

    return NGX_OK;
}


static void
ngx_http_civic_job_guard(ngx_event_t *ev)
{
    if (ngx_http_civic_jobs.take.busy) {
        ngx_add_timer(ev, NGX_HTTP_CIVIC_JOB_AGAIN);
    }
}


ngx_int_t
ngx_http_civic_jobs_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    static ngx_connection_t  dumb;

    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    if (cmcf->jobs->nshards == 0) {
        return NGX_OK;
    }

    w->take.arena = civic_arena_create(4096, 65536);
    w->look.arena = civic_arena_create(4096, 1024 * 1024);

    if (w->take.arena == NULL || w->look.arena == NULL
        || ngx_http_civic_job_name_worker(w->holder) != NGX_OK
        || ngx_http_civic_jobs_shards(cycle, cmcf) != NGX_OK
        || ngx_http_civic_job_run_init(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* workers begin at different places, so that they share the work */
    w->cursor = w->nshards == 0 ? 0 : (ngx_uint_t) ngx_random() % w->nshards;

    dumb.fd = (ngx_socket_t) -1;

    w->guard.handler = ngx_http_civic_job_guard;
    w->guard.data = &dumb;
    w->guard.log = cycle->log;

    w->timer.handler = ngx_http_civic_jobs_tick;
    w->timer.data = &dumb;
    w->timer.log = cycle->log;
    w->timer.cancelable = 1;

    ngx_add_timer(&w->timer, NGX_HTTP_CIVIC_JOB_TICK);

    return NGX_OK;
}


ngx_uint_t
ngx_http_civic_job_leaving(void)
{
    return ngx_exiting || ngx_quit || ngx_terminate;
}


ngx_msec_t
ngx_http_civic_job_lease(const ngx_http_civic_job_t *job)
{
    return job->table.deadline + NGX_HTTP_CIVIC_JOB_SPARE;
}


/* ---- calls -------------------------------------------------------------- */

void
ngx_http_civic_job_prepare(ngx_http_civic_job_call_t *jc,
    ngx_http_civic_job_shard_t *shard, civic_redis_script_t *script,
    ngx_uint_t argc, void (*done)(ngx_http_civic_redis_call_t *call))
{
    civic_arena_reset(jc->arena);
    ngx_memzero(&jc->call, sizeof(ngx_http_civic_redis_call_t));

    jc->argv[0] = civic_arena_print(jc->arena, "civic:{job:%s:%u}",
                                    (char *) shard->job->name.data,
                                    (unsigned) shard->shard);
    jc->argv[1] = civic_cstr(ngx_http_civic_jobs.holder);

    jc->call.arena = jc->arena;
    jc->call.script = script;
    jc->call.argv = jc->argv;
    jc->call.argc = argc;
    jc->call.nkeys = 1;
    jc->call.writes = 1;
    jc->call.lane = NGX_HTTP_CIVIC_LANE_NORMAL;
    jc->call.done = done;
    jc->call.data = shard;
    jc->busy = 1;
}


static int64_t
ngx_http_civic_job_number(const civic_value_t *value)
{
    int64_t  n;

    n = value->type == CIVIC_VALUE_INTEGER ? value->integer
        : value->type == CIVIC_VALUE_STRING ? strtoll(value->str.data, NULL, 10)
        : 0;

    return n < 0 ? 0 : n;
}


static void
ngx_http_civic_job_text(char *out, size_t size, const civic_value_t *value)
{
    size_t  len = 0;

    if (value->type == CIVIC_VALUE_STRING) {
        len = ngx_min(value->str.len, size - 1);
        ngx_memcpy(out, value->str.data, len);
    }

    out[len] = '\0';
}


/* The state behind the four numbers of an answer. */

static void
ngx_http_civic_job_note(ngx_http_civic_job_row_t *row,
    const civic_value_t *items)
{
    row->seen = ngx_http_civic_job_number(&items[3]);
    row->fence = ngx_http_civic_job_number(&items[4]);
    ngx_http_civic_job_text(row->holder, sizeof(row->holder), &items[5]);
    row->until = ngx_http_civic_job_number(&items[6]);
    row->next_at = ngx_http_civic_job_number(&items[7]);
    row->last_start = ngx_http_civic_job_number(&items[8]);
    row->last_end = ngx_http_civic_job_number(&items[9]);
    ngx_http_civic_job_text(row->result, sizeof(row->result), &items[10]);
    ngx_http_civic_job_text(row->error, sizeof(row->error), &items[11]);
    row->failures = ngx_http_civic_job_number(&items[12]);
}


ngx_int_t
ngx_http_civic_job_learn(ngx_http_civic_job_shard_t *shard,
    ngx_http_civic_redis_call_t *call)
{
    ngx_msec_t            wait;
    const civic_value_t  *value = call->value;

    shard->next = ngx_current_msec + NGX_HTTP_CIVIC_JOB_AGAIN
                  + ngx_http_civic_job_jitter(NGX_HTTP_CIVIC_JOB_AGAIN);

    if (call->result != CIVIC_OK) {
        return NGX_ERROR;
    }

    if (value->type != CIVIC_VALUE_ARRAY
        || value->count != 4 + NGX_HTTP_CIVIC_JOB_STATE)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "redis answered \"%s\" for the job \"%V\" with \"%*s\"",
                      call->script->name, &shard->job->name,
                      ngx_min(value->str.len, 200), value->str.data);
        return NGX_ERROR;
    }

    ngx_http_civic_job_note(shard->row, value->items);
    shard->fence = shard->row->fence;

    wait = ngx_http_civic_job_number(&value->items[2]);
    wait = ngx_min(wait, NGX_HTTP_CIVIC_JOB_MOST);

    shard->next = ngx_current_msec + wait
                  + ngx_http_civic_job_jitter(NGX_HTTP_CIVIC_JOB_TICK);

    return ngx_http_civic_job_number(&value->items[0]);
}


/* ---- trying ------------------------------------------------------------- */

static void
ngx_http_civic_job_take(ngx_http_civic_job_shard_t *shard)
{
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;
    ngx_http_civic_job_call_t    *jc = &w->take;

    ngx_http_civic_job_prepare(jc, shard,
                               ngx_http_civic_worker.conf->jobs->take, 4,
                               ngx_http_civic_job_taken);

    jc->argv[2] = civic_arena_print(jc->arena, "%lu", (unsigned long)
                                    ngx_http_civic_job_lease(shard->job));
    jc->argv[3] = civic_arena_print(jc->arena, "%lu",
                                    shard->job->table.interval * 1000UL);

    w->trying = shard;

    ngx_add_timer(&w->guard, NGX_HTTP_CIVIC_JOB_AGAIN);
    ngx_http_civic_redis_start(&jc->call);
}


/* The next shard that is worth it, if this worker is free. */

static void
ngx_http_civic_jobs_try(void)
{
    ngx_uint_t                    i;
    ngx_http_civic_job_shard_t   *shard;
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    if (w->take.busy || w->running || ngx_http_civic_job_leaving()) {
        return;
    }

    for (i = 0; i < w->nshards; i++) {
        shard = &w->shards[w->cursor];
        w->cursor = (w->cursor + 1) % w->nshards;

        /* a job changes things: it waits until its plugin is on again */
        if ((ngx_msec_int_t) (shard->next - ngx_current_msec) <= 0
            && ngx_http_civic_switch_refuses(shard->job->route.plugin,
                                             CIVIC_CHANGES)
               == NULL)
        {
            ngx_http_civic_job_take(shard);
            return;
        }
    }
}


/* While Redis is away every try would fail: all wait. */

static void
ngx_http_civic_jobs_hold(void)
{
    ngx_uint_t                    i;
    ngx_msec_t                    least;
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    least = ngx_current_msec + NGX_HTTP_CIVIC_JOB_AGAIN;

    for (i = 0; i < w->nshards; i++) {
        if ((ngx_msec_int_t) (w->shards[i].next - least) < 0) {
            w->shards[i].next = least + ngx_http_civic_job_jitter(
                                            NGX_HTTP_CIVIC_JOB_AGAIN);
        }
    }
}


static void
ngx_http_civic_jobs_over(void)
{
    ngx_http_civic_jobs.running = 0;
    ngx_http_civic_jobs_try();
}


static void
ngx_http_civic_job_answered(void)
{
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    w->take.busy = 0;

    if (w->guard.timer_set) {
        ngx_del_timer(&w->guard);
    }
}


static void
ngx_http_civic_job_taken(ngx_http_civic_redis_call_t *call)
{
    ngx_int_t                     rc;
    ngx_uint_t                    lapsed;
    ngx_http_civic_job_shard_t   *shard = call->data;
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    ngx_http_civic_job_answered();

    rc = ngx_http_civic_job_learn(shard, call);

    if (rc == NGX_ERROR) {
        ngx_http_civic_jobs_hold();
        return;
    }

    if (rc == 0) {
        ngx_http_civic_jobs_try();
        return;
    }

    shard->asked = rc == NGX_HTTP_CIVIC_JOB_ASKED;
    lapsed = ngx_http_civic_job_number(&call->value->items[1]);

    if (lapsed) {
        (void) ngx_atomic_fetch_add(
                   &shard->row->runs[NGX_HTTP_CIVIC_JOB_LOST], 1);
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "job \"%V\", shard %ui: %s", &shard->job->name,
                      shard->shard, shard->row->error);
    }

    if (ngx_http_civic_job_leaving()) {
        ngx_http_civic_job_return(shard);
        return;
    }

    w->running = 1;
    ngx_http_civic_job_run(shard, ngx_http_civic_jobs_over);
}


static void
ngx_http_civic_job_returned(ngx_http_civic_redis_call_t *call)
{
    ngx_http_civic_job_answered();
}


/* Taken while this worker was told to quit: somebody else shall run it. */

static void
ngx_http_civic_job_return(ngx_http_civic_job_shard_t *shard)
{
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;
    ngx_http_civic_job_call_t    *jc = &w->take;

    ngx_http_civic_job_prepare(jc, shard,
                               ngx_http_civic_worker.conf->jobs->done, 7,
                               ngx_http_civic_job_returned);

    jc->argv[2] = civic_arena_print(jc->arena, "%llu",
                                    (unsigned long long) shard->fence);
    jc->argv[3] = CIVIC_STR("");
    jc->argv[4] = CIVIC_STR("");
    jc->argv[5] = CIVIC_STR("1000");
    jc->argv[6] = CIVIC_STR("0");

    ngx_add_timer(&w->guard, NGX_HTTP_CIVIC_JOB_AGAIN);
    ngx_http_civic_redis_start(&jc->call);
}


/* ---- an operator asks --------------------------------------------------- */

static void
ngx_http_civic_jobs_hurry(ngx_http_civic_job_t *job)
{
    ngx_uint_t                    i;
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    for (i = 0; i < w->nshards; i++) {
        if (w->shards[i].job == job) {
            w->shards[i].next = ngx_current_msec
                                + ngx_http_civic_job_jitter(
                                      NGX_HTTP_CIVIC_JOB_TICK);
        }
    }
}


/* "civic:jobs": a job's name, and how often it was asked for. */

static void
ngx_http_civic_jobs_asked(const civic_value_t *name, uint64_t asked)
{
    ngx_uint_t              i;
    ngx_http_civic_job_t   *job;
    ngx_http_civic_jobs_t  *jobs = ngx_http_civic_worker.conf->jobs;

    for (i = 0; i < jobs->njobs; i++) {
        job = &jobs->jobs[i];

        if (!civic_str_eq(name->str, ngx_http_civic_str(&job->name))) {
            continue;
        }

        if (ngx_http_civic_jobs.knows && job->asked != asked) {
            ngx_http_civic_jobs_hurry(job);
        }

        job->asked = asked;
        return;
    }
}


static void
ngx_http_civic_jobs_looked(ngx_http_civic_redis_call_t *call)
{
    size_t                        i;
    const civic_value_t          *value = call->value;
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    w->look.busy = 0;

    if (call->result != CIVIC_OK || value->type != CIVIC_VALUE_ARRAY) {
        return;
    }

    for (i = 0; i + 1 < value->count; i += 2) {
        if (value->items[i].type == CIVIC_VALUE_STRING) {
            ngx_http_civic_jobs_asked(&value->items[i],
                    ngx_http_civic_job_number(&value->items[i + 1]));
        }
    }

    w->knows = 1;
    ngx_http_civic_jobs_try();
}


static void
ngx_http_civic_jobs_look(void)
{
    ngx_http_civic_job_call_t  *jc = &ngx_http_civic_jobs.look;

    civic_arena_reset(jc->arena);
    ngx_memzero(&jc->call, sizeof(ngx_http_civic_redis_call_t));

    jc->argv[0] = CIVIC_STR("HGETALL");
    jc->argv[1] = CIVIC_STR("civic:jobs");

    jc->call.arena = jc->arena;
    jc->call.argv = jc->argv;
    jc->call.argc = 2;
    jc->call.lane = NGX_HTTP_CIVIC_LANE_NORMAL;
    jc->call.done = ngx_http_civic_jobs_looked;
    jc->busy = 1;

    ngx_http_civic_jobs.looked = ngx_current_msec;
    ngx_http_civic_redis_start(&jc->call);
}


static void
ngx_http_civic_jobs_tick(ngx_event_t *ev)
{
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    if (ngx_http_civic_job_leaving()) {
        return;
    }

    if (!w->look.busy
        && ngx_current_msec - w->looked >= NGX_HTTP_CIVIC_JOB_LOOK)
    {
        ngx_http_civic_jobs_look();
    }

    ngx_http_civic_jobs_try();

    ngx_add_timer(ev, NGX_HTTP_CIVIC_JOB_TICK / 2
                      + ngx_http_civic_job_jitter(NGX_HTTP_CIVIC_JOB_TICK));
}
