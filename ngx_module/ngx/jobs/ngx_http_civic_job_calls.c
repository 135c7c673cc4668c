/*
 * ngx_http_civic_job_calls.c - puts into the queue of jobs what is worth
 * trying now.
 *
 * At its start, and each minute, a worker enrols all shards that it can run:
 * a queue that was lost, or never was, is whole again.  When notes were told
 * to Redis, it calls the shards of the jobs that empty those outboxes, so that
 * a job that rests begins at once.  What Redis does not take is said again; a
 * worker that is told to quit stays for a call that is on its way.
 */

#include "ngx_http_civic_jobs.h"


#define NGX_HTTP_CIVIC_CALLS_MOST  256      /* shards in one call */


typedef struct {
    ngx_event_t                  timer;     /* cancelable: after a failure */
    ngx_event_t                  guard;     /* not */
    ngx_http_civic_job_call_t    call;
    ngx_http_civic_job_word_t    word;      /* of the call */
    ngx_http_civic_job_shard_t  *said[NGX_HTTP_CIVIC_CALLS_MOST];
    ngx_uint_t                   count;
} ngx_http_civic_job_calls_t;


static ngx_http_civic_job_calls_t  ngx_http_civic_job_calls;


/* ---- a call ------------------------------------------------------------- */

/* Those of one word: how many. */

static ngx_uint_t
ngx_http_civic_job_collect(ngx_http_civic_job_calls_t *calls)
{
    ngx_uint_t                   i, n;
    ngx_http_civic_job_shard_t  *shards = ngx_http_civic_job_shards(&n);

    calls->count = 0;
    calls->word = NGX_HTTP_CIVIC_JOB_SILENT;

    for (i = 0; i < n && calls->count < NGX_HTTP_CIVIC_CALLS_MOST; i++) {
        if (calls->word == NGX_HTTP_CIVIC_JOB_SILENT) {
            calls->word = shards[i].word;
        }

        if (shards[i].word == calls->word
            && calls->word != NGX_HTTP_CIVIC_JOB_SILENT)
        {
            calls->said[calls->count++] = &shards[i];
        }
    }

    return calls->count;
}


static void
ngx_http_civic_job_said(ngx_http_civic_redis_call_t *call)
{
    ngx_uint_t                   i;
    ngx_http_civic_job_calls_t  *calls = &ngx_http_civic_job_calls;

    calls->call.busy = 0;

    if (calls->guard.timer_set) {
        ngx_del_timer(&calls->guard);
    }

    if (call->result == CIVIC_OK
        && call->value->type == CIVIC_VALUE_INTEGER)
    {
        ngx_http_civic_jobs_call();
        return;
    }

    for (i = 0; i < calls->count; i++) {
        calls->said[i]->word = ngx_max(calls->said[i]->word, calls->word);
    }

    if (!calls->timer.timer_set) {
        ngx_add_timer(&calls->timer, NGX_HTTP_CIVIC_JOB_AGAIN);
    }
}


/* What comes while a call is on its way goes with the next. */

void
ngx_http_civic_jobs_call(void)
{
    ngx_uint_t                   i;
    civic_str_t                 *argv;
    ngx_http_civic_job_calls_t  *calls = &ngx_http_civic_job_calls;
    ngx_http_civic_job_call_t   *jc = &calls->call;

    if (jc->busy || ngx_http_civic_job_collect(calls) == 0) {
        return;
    }

    ngx_http_civic_job_clear(jc, ngx_http_civic_job_said);

    argv = civic_arena_alloc(jc->arena, (2 + calls->count)
                                        * sizeof(civic_str_t));
    if (argv == NULL) {
        jc->busy = 0;
        return;
    }

    argv[0] = CIVIC_STR(NGX_HTTP_CIVIC_JOB_QUEUE);
    argv[1] = calls->word == NGX_HTTP_CIVIC_JOB_NEW ? CIVIC_STR("new")
                                                    : CIVIC_STR("now");

    for (i = 0; i < calls->count; i++) {
        argv[2 + i] = civic_arena_print(jc->arena, "%s:%u",
                                        (char *) calls->said[i]->job->name.data,
                                        (unsigned) calls->said[i]->shard);
        calls->said[i]->word = NGX_HTTP_CIVIC_JOB_SILENT;
    }

    jc->call.script = ngx_http_civic_worker.conf->jobs->call;
    jc->call.argv = argv;
    jc->call.argc = 2 + calls->count;
    jc->call.nkeys = 1;
    jc->call.writes = 1;

    ngx_add_timer(&calls->guard, NGX_HTTP_CIVIC_JOB_AGAIN);
    ngx_http_civic_redis_start(&jc->call);
}


/* ---- what is said ------------------------------------------------------- */

static void
ngx_http_civic_job_mark(ngx_http_civic_job_word_t word)
{
    ngx_uint_t                   i, n;
    ngx_http_civic_job_shard_t  *shards = ngx_http_civic_job_shards(&n);

    for (i = 0; i < n; i++) {
        shards[i].word = ngx_max(shards[i].word, word);
    }

    ngx_http_civic_jobs_call();
}


void
ngx_http_civic_job_enrol(void)
{
    ngx_http_civic_job_mark(NGX_HTTP_CIVIC_JOB_NEW);
}


void
ngx_http_civic_jobs_hurry(void)
{
    ngx_http_civic_job_mark(NGX_HTTP_CIVIC_JOB_NOW);
}


void
ngx_http_civic_job_rest(civic_request_t *r)
{
    ngx_http_civic_cast(r)->rests = 1;
}


/* A job that this worker does not know is the plugin's mistake. */

void
ngx_http_civic_job_call(civic_request_t *r, const char *job, unsigned shard)
{
    ngx_uint_t                   i, n;
    ngx_http_civic_request_t    *cr = ngx_http_civic_cast(r);
    ngx_http_civic_job_shard_t  *shards = ngx_http_civic_job_shards(&n);

    for (i = 0; i < n; i++) {
        if (shards[i].shard == shard
            && shards[i].job->route.plugin == cr->plugin
            && ngx_strcmp(shards[i].job->table.name, job) == 0)
        {
            shards[i].word = NGX_HTTP_CIVIC_JOB_NOW;
            ngx_http_civic_jobs_call();
            return;
        }
    }

    civic_log(r, CIVIC_LOG_ERROR, "plugin \"%s\" calls the job \"%s\", shard "
              "%u, which is not in its tables", cr->plugin->name.data, job,
              shard);
}


void
ngx_http_civic_jobs_noted(const char *outbox, unsigned number)
{
    ngx_uint_t                   i, n;
    ngx_http_civic_job_t        *job;
    ngx_http_civic_job_shard_t  *shards = ngx_http_civic_job_shards(&n);

    for (i = 0; i < n; i += job->table.shards) {
        job = shards[i].job;

        if (job->outbox.len != 0
            && civic_str_eq(ngx_http_civic_str(&job->outbox),
                            civic_cstr(outbox)))
        {
            shards[i + number % job->table.shards].word
                = NGX_HTTP_CIVIC_JOB_NOW;
        }
    }
}


/* ---- a worker begins ---------------------------------------------------- */

static void
ngx_http_civic_job_calls_again(ngx_event_t *ev)
{
    ngx_http_civic_jobs_call();
}


static void
ngx_http_civic_job_calls_guard(ngx_event_t *ev)
{
    if (ngx_http_civic_job_calls.call.busy) {
        ngx_add_timer(ev, NGX_HTTP_CIVIC_JOB_AGAIN);
    }
}


ngx_int_t
ngx_http_civic_job_calls_init(void)
{
    ngx_http_civic_job_calls_t  *calls = &ngx_http_civic_job_calls;

    calls->call.arena = civic_arena_create(16384, 131072);
    if (calls->call.arena == NULL) {
        return NGX_ERROR;
    }

    ngx_http_civic_timer_init(&calls->timer, ngx_http_civic_job_calls_again,
                              NGX_HTTP_CIVIC_TIMER_CANCELABLE);
    ngx_http_civic_timer_init(&calls->guard, ngx_http_civic_job_calls_guard,
                              NGX_HTTP_CIVIC_TIMER_KEEPS);

    return NGX_OK;
}
