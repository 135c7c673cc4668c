/*
 * ngx_http_civic_jobs.c - which jobs there are, and which is next.
 *
 * A queue in Redis says when each shard of each job is next worth trying.  A
 * worker that has nothing to run asks it, gets what is due longest, and
 * nobody else gets that for some seconds; then it tries to take the shard's
 * lease, which alone decides, runs the job, and puts the shard back.  One at
 * a time, so that a worker always has room for citizens.
 *
 * The larger the fleet, the more seldom each worker asks: all of them together
 * about as often as one alone.
 *
 * The timer is cancelable: a worker that was told to quit takes no lease any
 * more.  Only an answer that is still on its way keeps it, so that what it
 * gets can be given back.
 */

#include "ngx_http_civic_jobs.h"
#include "ngx_http_civic_audit.h"
#include "outbox.h"

#include <openssl/rand.h>


#define NGX_HTTP_CIVIC_JOB_TICK   200       /* ms between two questions of the
                                               whole fleet */
#define NGX_HTTP_CIVIC_JOB_SELDOM 2000      /* ms between two of a worker, at
                                               most: the others may be busy */
#define NGX_HTTP_CIVIC_JOB_KEPT   "5000"    /* ms for which a worker that got a
                                               shard may take its lease: as
                                               long as Redis may be slow */
#define NGX_HTTP_CIVIC_JOB_ENROL  60000     /* ms between two looks whether all
                                               is in the queue */
#define NGX_HTTP_CIVIC_JOB_ASKED  2         /* taken: see job_take.lua */
#define NGX_HTTP_CIVIC_JOB_NAME   160       /* of "<plugin>.<job>:<shard>" */


/* What the queue gave this worker. */
typedef struct {
    char        name[NGX_HTTP_CIVIC_JOB_NAME];  /* "": nothing */
    char        at[24];                     /* the time that it has there */
    ngx_msec_t  wait;                       /* ms to put it back with */
} ngx_http_civic_job_given_t;


typedef struct {
    ngx_event_t                  timer;     /* cancelable */
    ngx_event_t                  guard;     /* not: an answer is on its way */
    ngx_http_civic_job_shard_t  *shards;
    ngx_uint_t                   nshards;
    ngx_http_civic_job_given_t   given;
    ngx_uint_t                   running;
    ngx_http_civic_job_call_t    call;
    ngx_msec_t                   enrol;     /* when, by ngx_current_msec */
    ngx_msec_t                   hold;      /* nothing before */
    char                         holder[NGX_HTTP_CIVIC_JOB_HOLDER];
} ngx_http_civic_job_worker_t;


static void ngx_http_civic_jobs_tick(ngx_event_t *ev);
static void ngx_http_civic_jobs_next(void);
static void ngx_http_civic_job_taken(ngx_http_civic_redis_call_t *call);
static void ngx_http_civic_job_return(ngx_http_civic_job_shard_t *shard);

static ngx_http_civic_job_worker_t  ngx_http_civic_jobs;


/* ---- the configuration -------------------------------------------------- */

/* The full name of what it empties.  The trail is the host's own. */

static char *
ngx_http_civic_job_outbox(ngx_conf_t *cf, ngx_http_civic_plugin_t *plugin,
    ngx_http_civic_job_t *job)
{
    size_t       len;
    const char  *name = job->table.outbox;

    if (name == NULL) {
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(name, CIVIC_AUDIT_OUTBOX) == 0) {
        ngx_str_set(&job->outbox, CIVIC_AUDIT_OUTBOX);
        return NGX_CONF_OK;
    }

    len = plugin->name.len + 1 + ngx_strlen(name);

    job->outbox.data = ngx_pnalloc(cf->pool, len);
    if (job->outbox.data == NULL) {
        return NGX_CONF_ERROR;
    }

    job->outbox.len = len;
    (void) ngx_sprintf(job->outbox.data, "%V.%s", &plugin->name, name);

    return NGX_CONF_OK;
}


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

    return ngx_http_civic_job_outbox(cf, plugin, job);
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
    jobs->next = ngx_http_civic_load_script(cf, cmcf, "job_next");
    jobs->call = ngx_http_civic_load_script(cf, cmcf, "job_call");
    jobs->take = ngx_http_civic_load_script(cf, cmcf, "job_take");
    jobs->done = ngx_http_civic_load_script(cf, cmcf, "job_done");
    jobs->beat = ngx_http_civic_load_script(cf, cmcf, "job_beat");

    if (jobs->jobs == NULL || jobs->next == NULL || jobs->call == NULL
        || jobs->take == NULL || jobs->done == NULL || jobs->beat == NULL)
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

ngx_msec_t
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
        }
    }

    return NGX_OK;
}


static void
ngx_http_civic_job_guard(ngx_event_t *ev)
{
    if (ngx_http_civic_jobs.call.busy) {
        ngx_add_timer(ev, NGX_HTTP_CIVIC_JOB_AGAIN);
    }
}


ngx_int_t
ngx_http_civic_jobs_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    if (cmcf->jobs->nshards == 0) {
        return NGX_OK;
    }

    w->call.arena = civic_arena_create(8192, 65536);

    if (w->call.arena == NULL
        || ngx_http_civic_job_name_worker(w->holder) != NGX_OK
        || ngx_http_civic_jobs_shards(cycle, cmcf) != NGX_OK
        || ngx_http_civic_job_calls_init() != NGX_OK
        || ngx_http_civic_job_rows_init() != NGX_OK
        || ngx_http_civic_job_run_init(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    w->enrol = ngx_current_msec;
    w->hold = ngx_current_msec;

    ngx_http_civic_timer_init(&w->guard, ngx_http_civic_job_guard,
                              NGX_HTTP_CIVIC_TIMER_KEEPS);
    ngx_http_civic_timer_init(&w->timer, ngx_http_civic_jobs_tick,
                              NGX_HTTP_CIVIC_TIMER_CANCELABLE);

    ngx_add_timer(&w->timer, NGX_HTTP_CIVIC_JOB_TICK);

    return NGX_OK;
}


ngx_http_civic_job_shard_t *
ngx_http_civic_job_shards(ngx_uint_t *count)
{
    *count = ngx_http_civic_jobs.nshards;

    return ngx_http_civic_jobs.shards;
}


ngx_uint_t
ngx_http_civic_job_leaving(void)
{
    return ngx_exiting || ngx_quit || ngx_terminate;
}


ngx_msec_t
ngx_http_civic_job_lease(const ngx_http_civic_job_t *job)
{
    return ngx_min(job->table.deadline + NGX_HTTP_CIVIC_JOB_SPARE,
                   NGX_HTTP_CIVIC_JOB_LEASE);
}


/* ---- calls -------------------------------------------------------------- */

void
ngx_http_civic_job_clear(ngx_http_civic_job_call_t *jc,
    void (*done)(ngx_http_civic_redis_call_t *call))
{
    civic_arena_reset(jc->arena);
    ngx_memzero(&jc->call, sizeof(ngx_http_civic_redis_call_t));

    jc->call.arena = jc->arena;
    jc->call.argv = jc->argv;
    jc->call.lane = NGX_HTTP_CIVIC_LANE_NORMAL;
    jc->call.done = done;
    jc->busy = 1;
}


civic_str_t
ngx_http_civic_job_key(civic_arena_t *arena,
    const ngx_http_civic_job_shard_t *shard)
{
    return civic_arena_print(arena, "civic:{job:%s:%u}",
                             (char *) shard->job->name.data,
                             (unsigned) shard->shard);
}


void
ngx_http_civic_job_prepare(ngx_http_civic_job_call_t *jc,
    ngx_http_civic_job_shard_t *shard, civic_redis_script_t *script,
    ngx_uint_t argc, void (*done)(ngx_http_civic_redis_call_t *call))
{
    ngx_http_civic_job_clear(jc, done);

    jc->argv[0] = ngx_http_civic_job_key(jc->arena, shard);
    jc->argv[1] = civic_cstr(ngx_http_civic_jobs.holder);

    jc->call.script = script;
    jc->call.argc = argc;
    jc->call.nkeys = 1;
    jc->call.writes = 1;
    jc->call.data = shard;
}


int64_t
ngx_http_civic_job_number(const civic_value_t *value)
{
    int64_t  n;

    n = value->type == CIVIC_VALUE_INTEGER ? value->integer
        : value->type == CIVIC_VALUE_STRING ? strtoll(value->str.data, NULL, 10)
        : 0;

    return n < 0 ? 0 : n;
}


static void
ngx_http_civic_job_odd(ngx_http_civic_redis_call_t *call, const char *what)
{
    const civic_value_t  *value = call->value;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "redis answered \"%s\" for %s with \"%*s\"",
                  call->script->name, what, ngx_min(value->str.len, 200),
                  value->str.data);
}


ngx_int_t
ngx_http_civic_job_learn(ngx_http_civic_job_shard_t *shard,
    ngx_http_civic_redis_call_t *call)
{
    size_t                at = 4 + NGX_HTTP_CIVIC_JOB_STATE;
    const civic_value_t  *value = call->value;

    shard->wait = -1;

    if (call->result != CIVIC_OK) {
        return NGX_ERROR;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count < at) {
        ngx_http_civic_job_odd(call, (char *) shard->job->name.data);
        return NGX_ERROR;
    }

    shard->wait = ngx_http_civic_job_number(&value->items[2]);
    shard->taken_at = ngx_http_civic_job_number(&value->items[3]);
    shard->fence = ngx_http_civic_job_number(&value->items[4]);
    shard->since = value->count > at
                   ? ngx_http_civic_job_number(&value->items[at]) : 0;

    ngx_http_civic_job_note(shard->row, shard->taken_at, &value->items[4]);

    return ngx_http_civic_job_number(&value->items[0]);
}


/* While Redis is away every try would fail. */

static void
ngx_http_civic_jobs_hold(void)
{
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    w->given.name[0] = '\0';
    w->hold = ngx_current_msec + NGX_HTTP_CIVIC_JOB_AGAIN
              + ngx_http_civic_job_jitter(NGX_HTTP_CIVIC_JOB_AGAIN);
}


static void
ngx_http_civic_job_start(void)
{
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    ngx_add_timer(&w->guard, NGX_HTTP_CIVIC_JOB_AGAIN);
    ngx_http_civic_redis_start(&w->call.call);
}


static void
ngx_http_civic_job_answered(void)
{
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    w->call.busy = 0;

    if (w->guard.timer_set) {
        ngx_del_timer(&w->guard);
    }
}


/* ---- the lease ---------------------------------------------------------- */

static void
ngx_http_civic_job_take(ngx_http_civic_job_shard_t *shard)
{
    ngx_http_civic_job_call_t  *jc = &ngx_http_civic_jobs.call;

    ngx_http_civic_job_prepare(jc, shard,
                               ngx_http_civic_worker.conf->jobs->take, 4,
                               ngx_http_civic_job_taken);

    jc->argv[2] = civic_arena_print(jc->arena, "%lu", (unsigned long)
                                    ngx_http_civic_job_lease(shard->job));
    jc->argv[3] = civic_arena_print(jc->arena, "%lu",
                                    shard->job->table.interval * 1000UL);

    ngx_http_civic_job_start();
}


/* Not all at the same moment. */

static ngx_msec_t
ngx_http_civic_job_rest_for(void)
{
    return NGX_HTTP_CIVIC_JOB_REST
           - ngx_http_civic_job_jitter(NGX_HTTP_CIVIC_JOB_REST / 5);
}


/* A shard of which nobody knows when it is due is not put back: the queue
   gives it away again. */

static void
ngx_http_civic_jobs_over(ngx_http_civic_job_shard_t *shard, ngx_uint_t rests)
{
    ngx_msec_t                    rest;
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    w->running = 0;
    rest = rests ? ngx_http_civic_job_rest_for() : 0;

    if (shard->wait < 0) {
        w->given.name[0] = '\0';

    } else {
        w->given.wait = ngx_max((ngx_msec_t) shard->wait, rest);
    }

    ngx_http_civic_jobs_next();
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
        w->given.wait = shard->wait;
        ngx_http_civic_jobs_next();
        return;
    }

    shard->asked = rc == NGX_HTTP_CIVIC_JOB_ASKED;
    lapsed = ngx_http_civic_job_number(&call->value->items[1]);

    if (lapsed) {
        /* what was noted for the holder is known to nobody: look everywhere */
        shard->since = ngx_max(shard->since, NGX_HTTP_CIVIC_JOB_REST);

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
    ngx_http_civic_jobs.given.wait = 0;
    ngx_http_civic_jobs_next();
}


/* Taken while this worker was told to quit: somebody else shall run it. */

static void
ngx_http_civic_job_return(ngx_http_civic_job_shard_t *shard)
{
    ngx_http_civic_job_call_t  *jc = &ngx_http_civic_jobs.call;

    ngx_http_civic_job_prepare(jc, shard,
                               ngx_http_civic_worker.conf->jobs->done, 7,
                               ngx_http_civic_job_returned);

    jc->argv[2] = civic_arena_print(jc->arena, "%llu",
                                    (unsigned long long) shard->fence);
    jc->argv[3] = CIVIC_STR("");
    jc->argv[4] = CIVIC_STR("");
    jc->argv[5] = CIVIC_STR("1000");
    jc->argv[6] = CIVIC_STR("0");

    ngx_http_civic_job_start();
}


/* ---- the queue ---------------------------------------------------------- */

/* "<plugin>.<job>:<shard>"; NULL: not of this worker. */

static ngx_http_civic_job_shard_t *
ngx_http_civic_job_find(civic_str_t name)
{
    u_char                       *colon;
    ngx_int_t                     number;
    ngx_uint_t                    i;
    ngx_http_civic_job_shard_t   *shard;
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    colon = (u_char *) memrchr(name.data, ':', name.len);
    if (colon == NULL) {
        return NULL;
    }

    number = ngx_atoi(colon + 1, (u_char *) name.data + name.len - colon - 1);
    name.len = (size_t) (colon - (u_char *) name.data);

    for (i = 0; i < w->nshards; i++) {
        shard = &w->shards[i];

        if ((ngx_int_t) shard->shard == number
            && civic_str_eq(name, ngx_http_civic_str(&shard->job->name)))
        {
            return shard;
        }
    }

    return NULL;
}


static void
ngx_http_civic_job_given(ngx_http_civic_redis_call_t *call)
{
    const civic_value_t          *items;
    ngx_http_civic_job_shard_t   *shard;
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    ngx_http_civic_job_answered();
    w->given.name[0] = '\0';

    if (call->result != CIVIC_OK) {
        ngx_http_civic_jobs_hold();
        return;
    }

    items = call->value->items;

    if (call->value->type != CIVIC_VALUE_ARRAY || call->value->count != 2
        || items[0].type != CIVIC_VALUE_STRING)
    {
        ngx_http_civic_job_odd(call, NGX_HTTP_CIVIC_JOB_QUEUE);
        ngx_http_civic_jobs_hold();
        return;
    }

    if (items[0].str.len == 0) {
        if (ngx_http_civic_job_number(&items[1]) < (int64_t) w->nshards) {
            ngx_http_civic_job_enrol();
        }

        return;
    }

    ngx_http_civic_job_text(w->given.name, sizeof(w->given.name), &items[0]);
    ngx_http_civic_job_text(w->given.at, sizeof(w->given.at), &items[1]);

    shard = ngx_http_civic_job_find(items[0].str);

    if (shard == NULL || ngx_http_civic_job_leaving()) {
        /* an older version had more shards; or: somebody else shall have it */
        w->given.wait = shard == NULL ? NGX_HTTP_CIVIC_JOB_ENROL : 0;
        ngx_http_civic_jobs_next();
        return;
    }

    ngx_http_civic_job_take(shard);
}


/* The jobs that it can run, behind argv[4]: how many words there are. */

static ngx_uint_t
ngx_http_civic_jobs_able(civic_str_t *argv)
{
    ngx_uint_t              i, n = 5;
    ngx_http_civic_job_t   *job;
    ngx_http_civic_jobs_t  *jobs = ngx_http_civic_worker.conf->jobs;

    for (i = 0; i < jobs->njobs && !ngx_http_civic_job_leaving(); i++) {
        job = &jobs->jobs[i];

        /* a job changes things: it waits until its plugin is on again */
        if (ngx_http_civic_switch_refuses(job->route.plugin, CIVIC_CHANGES)
            == NULL)
        {
            argv[n++] = ngx_http_civic_str(&job->name);
        }
    }

    return n;
}


/* What is next, if this worker is free; what it had goes back. */

static void
ngx_http_civic_jobs_next(void)
{
    civic_str_t                  *argv;
    ngx_http_civic_jobs_t        *jobs = ngx_http_civic_worker.conf->jobs;
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;
    ngx_http_civic_job_call_t    *jc = &w->call;

    if (jc->busy || w->running
        || (ngx_http_civic_job_leaving() && w->given.name[0] == '\0')
        || (ngx_msec_int_t) (w->hold - ngx_current_msec) > 0)
    {
        return;
    }

    ngx_http_civic_job_clear(jc, ngx_http_civic_job_given);

    argv = civic_arena_alloc(jc->arena, (5 + jobs->njobs)
                                        * sizeof(civic_str_t));
    if (argv == NULL) {
        jc->busy = 0;
        return;
    }

    argv[0] = CIVIC_STR(NGX_HTTP_CIVIC_JOB_QUEUE);
    argv[1] = CIVIC_STR(NGX_HTTP_CIVIC_JOB_KEPT);
    argv[2] = civic_arena_print(jc->arena, "%s", w->given.name);
    argv[3] = civic_arena_print(jc->arena, "%s", w->given.at);
    argv[4] = civic_arena_print(jc->arena, "%lu",
                                (unsigned long) w->given.wait);
    w->given.name[0] = '\0';

    jc->call.script = jobs->next;
    jc->call.argv = argv;
    jc->call.argc = ngx_http_civic_jobs_able(argv);
    jc->call.nkeys = 1;
    jc->call.writes = 1;

    ngx_http_civic_job_start();
}


/* At any moment, all workers together every NGX_HTTP_CIVIC_JOB_TICK. */

static ngx_msec_t
ngx_http_civic_jobs_pause(void)
{
    ngx_msec_t  pause;

    pause = NGX_HTTP_CIVIC_JOB_TICK * ngx_max(ngx_http_civic_worker.fleet, 1);
    pause = ngx_min(pause, NGX_HTTP_CIVIC_JOB_SELDOM);

    return pause / 2 + ngx_http_civic_job_jitter(pause);
}


static void
ngx_http_civic_jobs_tick(ngx_event_t *ev)
{
    ngx_http_civic_job_worker_t  *w = &ngx_http_civic_jobs;

    if (ngx_http_civic_job_leaving()) {
        return;
    }

    if ((ngx_msec_int_t) (w->enrol - ngx_current_msec) <= 0) {
        w->enrol = ngx_current_msec + NGX_HTTP_CIVIC_JOB_ENROL
                   + ngx_http_civic_job_jitter(NGX_HTTP_CIVIC_JOB_ENROL);
        ngx_http_civic_job_enrol();
    }

    ngx_http_civic_jobs_next();

    ngx_add_timer(ev, ngx_http_civic_jobs_pause());
}
