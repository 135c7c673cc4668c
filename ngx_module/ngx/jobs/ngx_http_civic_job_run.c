/*
 * ngx_http_civic_job_run.c - one run of a job, from a taken lease to its
 * report.
 *
 * It runs on a fiber, with a request of its own that is nobody's.  The
 * fiber's deadline timer is not cancelable, so a reload waits for it.  While
 * the fiber is there the lease is prolonged, for work on a thread may outlive
 * its deadline; a worker that learns that its lease is another's gives the
 * run up.  What it may already have sent is refused by the fencing number.
 *
 * Its result is reported until Redis takes it, or for as long as the run might
 * have lasted.
 */

#include "ngx_http_civic_jobs.h"


#define NGX_HTTP_CIVIC_JOB_PAUSE   500      /* ms between two reports */
#define NGX_HTTP_CIVIC_JOB_REPORT  30000    /* ms for one report */


typedef struct {
    ngx_http_civic_job_shard_t    *shard;   /* NULL: none runs */
    ngx_http_civic_request_t      *request;
    ngx_http_civic_job_result_t    result;
    const char                    *error;
    char                           text[128];
    ngx_uint_t                     reporting;
    ngx_uint_t                     lost;    /* the lease is another's */
    ngx_int_t                      noted;   /* 1, 0: it is another's, or
                                               NGX_ERROR */
    ngx_event_t                    beat;    /* cancelable */
    ngx_event_t                    pause;   /* not */
    ngx_event_t                    ended;   /* posted */
    ngx_http_civic_job_call_t      beat_call;
    ngx_http_civic_job_call_t      report_call;
    ngx_uint_t                     rests;
    void                         (*over)(ngx_http_civic_job_shard_t *shard,
                                         ngx_uint_t rests);
    ngx_log_t                      log;
} ngx_http_civic_job_run_t;


static void ngx_http_civic_job_beat(ngx_event_t *ev);
static void ngx_http_civic_job_resumed(ngx_event_t *ev);
static void ngx_http_civic_job_ended(ngx_event_t *ev);
static void ngx_http_civic_job_fiber(void *data);

static ngx_http_civic_job_run_t  ngx_http_civic_job;


static const char *const  ngx_http_civic_job_words[] = {
    "ok", "failed", "overrun", "lost"
};


/* Each line that a run logs says which run it is. */

static u_char *
ngx_http_civic_job_log(ngx_log_t *log, u_char *buf, size_t len)
{
    civic_str_t                id;
    ngx_http_civic_job_run_t  *run = log->data;

    if (run->shard == NULL || run->request == NULL) {
        return buf;
    }

    id = run->request->request_id;

    return ngx_snprintf(buf, len, ", job: \"%V\", shard: %ui, request: %*s",
                        &run->shard->job->name, run->shard->shard, id.len,
                        id.data);
}


ngx_int_t
ngx_http_civic_job_run_init(ngx_cycle_t *cycle)
{
    ngx_http_civic_job_run_t  *run = &ngx_http_civic_job;

    run->beat_call.arena = civic_arena_create(2048, 65536);
    run->report_call.arena = civic_arena_create(4096, 65536);

    if (run->beat_call.arena == NULL || run->report_call.arena == NULL) {
        return NGX_ERROR;
    }

    run->log = *cycle->log;
    run->log.handler = ngx_http_civic_job_log;
    run->log.data = run;

    ngx_http_civic_timer_init(&run->beat, ngx_http_civic_job_beat,
                              NGX_HTTP_CIVIC_TIMER_CANCELABLE);
    ngx_http_civic_timer_init(&run->pause, ngx_http_civic_job_resumed,
                              NGX_HTTP_CIVIC_TIMER_KEEPS);
    ngx_http_civic_timer_init(&run->ended, ngx_http_civic_job_ended,
                              NGX_HTTP_CIVIC_TIMER_KEEPS);

    return NGX_OK;
}


void
ngx_http_civic_job_run(ngx_http_civic_job_shard_t *shard,
    void (*over)(ngx_http_civic_job_shard_t *shard, ngx_uint_t rests))
{
    ngx_http_civic_job_run_t  *run = &ngx_http_civic_job;

    run->shard = shard;
    run->over = over;
    run->reporting = 0;
    run->lost = 0;
    run->rests = 0;

    ngx_add_timer(&run->beat, ngx_http_civic_job_lease(shard->job) / 3);

    run->request = ngx_http_civic_background(&shard->job->route, &run->log,
                                             ngx_http_civic_job_fiber);
    if (run->request != NULL) {
        ngx_http_civic_resume(run->request);
        return;
    }

    /* no memory: the lease ends by itself, and another worker takes it */

    ngx_post_event(&run->ended, &ngx_posted_events);
}


/* ---- the lease is prolonged --------------------------------------------- */

static void
ngx_http_civic_job_beaten(ngx_http_civic_redis_call_t *call)
{
    ngx_http_civic_job_run_t  *run = &ngx_http_civic_job;

    run->beat_call.busy = 0;

    if (call->result != CIVIC_OK || call->data != run->shard
        || call->value->type != CIVIC_VALUE_INTEGER
        || call->value->integer != 0
        || run->reporting)
    {
        return;
    }

    run->lost = 1;

    ngx_log_error(NGX_LOG_WARN, &run->log, 0,
                  "the job's lease is another's by now: it is given up");

    ngx_http_civic_interrupt(run->request, "conflict");
}


static void
ngx_http_civic_job_beat(ngx_event_t *ev)
{
    ngx_msec_t                  lease;
    ngx_http_civic_job_run_t   *run = &ngx_http_civic_job;
    ngx_http_civic_job_call_t  *jc = &run->beat_call;

    if (run->shard == NULL) {
        return;
    }

    lease = ngx_http_civic_job_lease(run->shard->job);

    if (!jc->busy) {
        ngx_http_civic_job_prepare(jc, run->shard,
                                   ngx_http_civic_worker.conf->jobs->beat, 4,
                                   ngx_http_civic_job_beaten);

        jc->argv[2] = civic_arena_print(jc->arena, "%llu",
                                        (unsigned long long)
                                        run->shard->fence);
        jc->argv[3] = civic_arena_print(jc->arena, "%lu",
                                        (unsigned long) lease);
        ngx_http_civic_redis_start(&jc->call);
    }

    ngx_add_timer(ev, lease / 3);
}


/* ---- what became of it -------------------------------------------------- */

static const char *
ngx_http_civic_job_result_name(civic_result_t rc)
{
    switch (rc) {
    case CIVIC_OK:
        return "CIVIC_OK";
    case CIVIC_ABORTED:
        return "CIVIC_ABORTED";
    case CIVIC_ERROR:
        return "CIVIC_ERROR";
    case CIVIC_NOT_SENT:
        return "CIVIC_NOT_SENT";
    case CIVIC_UNKNOWN:
        return "CIVIC_UNKNOWN";
    case CIVIC_BUSY:
        return "CIVIC_BUSY";
    case CIVIC_INVALID:
        return "CIVIC_INVALID";
    case CIVIC_NOT_FOUND:
        return "CIVIC_NOT_FOUND";
    case CIVIC_TIMEOUT:
        return "CIVIC_TIMEOUT";
    }

    return "no result of the contract";
}


static void
ngx_http_civic_job_judge(ngx_http_civic_job_run_t *run, civic_result_t rc)
{
    const char                *decided = run->request->decided;
    ngx_http_civic_request_t  *cr = run->request;

    run->error = run->text;
    run->result = NGX_HTTP_CIVIC_JOB_FAILED;

    if (run->lost) {
        run->error = "its lease was another's";

    } else if (decided != NULL
               && (ngx_strcmp(decided, "gateway_timeout") == 0
                   || ngx_strcmp(decided, "outcome_unknown") == 0))
    {
        run->result = NGX_HTTP_CIVIC_JOB_OVERRUN;
        (void) snprintf(run->text, sizeof(run->text),
                        "it ran over its deadline of %u ms",
                        (unsigned) run->shard->job->table.deadline);

    } else if (decided != NULL) {
        (void) snprintf(run->text, sizeof(run->text),
                        "the host ended it: %s", decided);

    } else if (rc != CIVIC_OK) {
        (void) snprintf(run->text, sizeof(run->text), "it returned %s",
                        ngx_http_civic_job_result_name(rc));

    } else if (cr->is_problem) {
        (void) snprintf(run->text, sizeof(run->text),
                        "it made a problem of status %d", (int) cr->status);

    } else {
        run->result = NGX_HTTP_CIVIC_JOB_OK;
        run->error = "";
    }
}


/* ---- the report --------------------------------------------------------- */

static void
ngx_http_civic_job_reported(ngx_http_civic_redis_call_t *call)
{
    ngx_http_civic_job_run_t  *run = &ngx_http_civic_job;

    run->report_call.busy = 0;
    run->noted = ngx_http_civic_job_learn(run->shard, call);

    ngx_http_civic_resume(run->request);
}


/* On the main stack.  The run's own deadline is over: this has another. */

static void
ngx_http_civic_job_report_start(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_job_run_t    *run = &ngx_http_civic_job;
    ngx_http_civic_job_call_t   *jc = &run->report_call;
    ngx_http_civic_job_shard_t  *shard = run->shard;

    ngx_add_timer(&cr->deadline, NGX_HTTP_CIVIC_JOB_REPORT);

    ngx_http_civic_job_prepare(jc, shard,
                               ngx_http_civic_worker.conf->jobs->done, 7,
                               ngx_http_civic_job_reported);

    jc->argv[2] = civic_arena_print(jc->arena, "%llu",
                                    (unsigned long long) shard->fence);
    jc->argv[3] = civic_cstr(ngx_http_civic_job_words[run->result]);
    jc->argv[4] = civic_cstr(run->error);
    jc->argv[5] = civic_arena_print(jc->arena, "%lu",
                                    shard->job->table.interval * 1000UL);
    jc->argv[6] = civic_arena_print(jc->arena, "%d",
                                    (int) (ngx_random() % 1001));

    ngx_http_civic_redis_start(&jc->call);
}


static void
ngx_http_civic_job_report_cancel(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_job_run_t  *run = &ngx_http_civic_job;

    ngx_http_civic_redis_cancel(&run->report_call.call);
    run->report_call.busy = 0;
    run->noted = NGX_ERROR;
}


static void
ngx_http_civic_job_pause_start(ngx_http_civic_request_t *cr)
{
    ngx_add_timer(&cr->deadline, NGX_HTTP_CIVIC_JOB_REPORT);
    ngx_add_timer(&ngx_http_civic_job.pause,
                  NGX_HTTP_CIVIC_JOB_PAUSE
                  + (ngx_msec_t) ngx_random() % NGX_HTTP_CIVIC_JOB_PAUSE);
}


static void
ngx_http_civic_job_pause_cancel(ngx_http_civic_request_t *cr)
{
    if (ngx_http_civic_job.pause.timer_set) {
        ngx_del_timer(&ngx_http_civic_job.pause);
    }
}


static void
ngx_http_civic_job_resumed(ngx_event_t *ev)
{
    ngx_http_civic_resume(ngx_http_civic_job.request);
}


/* On the fiber. */

static void
ngx_http_civic_job_report(ngx_http_civic_job_run_t *run)
{
    ngx_msec_t                 began = ngx_current_msec;
    ngx_http_civic_request_t  *cr = run->request;

    for ( ;; ) {
        cr->decided = NULL;
        (void) ngx_http_civic_suspend(cr, ngx_http_civic_job_report_start,
                                      ngx_http_civic_job_report_cancel);

        if (run->noted != NGX_ERROR
            || ngx_current_msec - began >= run->shard->job->table.deadline
                                           + NGX_HTTP_CIVIC_JOB_SPARE)
        {
            break;
        }

        cr->decided = NULL;
        (void) ngx_http_civic_suspend(cr, ngx_http_civic_job_pause_start,
                                      ngx_http_civic_job_pause_cancel);
    }

    if (run->noted != 1) {
        civic_log(&cr->public, CIVIC_LOG_WARN,
                  "the job's result \"%s\" could not be reported: %s",
                  ngx_http_civic_job_words[run->result],
                  run->noted == 0 ? "its lease is another's by now"
                                  : "redis is unavailable");
    }
}


/* ---- the fiber ---------------------------------------------------------- */

/* Whether it may rest until it is called, or for NGX_HTTP_CIVIC_JOB_REST: the
   run said so, or looked into its outbox and found nothing. */

static ngx_uint_t
ngx_http_civic_job_rests(const ngx_http_civic_job_run_t *run)
{
    ngx_http_civic_request_t  *cr = run->request;

    if (run->result != NGX_HTTP_CIVIC_JOB_OK) {
        return 0;
    }

    return cr->rests || (run->shard->job->outbox.len != 0
                         && cr->outbox_looked && !cr->outbox_found);
}


static void
ngx_http_civic_job_fiber(void *data)
{
    civic_job_t                  job;
    civic_result_t               rc;
    ngx_http_civic_request_t    *cr = data;
    ngx_http_civic_job_run_t    *run = &ngx_http_civic_job;
    ngx_http_civic_job_shard_t  *shard = run->shard;

    run->request = cr;

    cr->asked = shard->asked;
    cr->taken_at = shard->taken_at;
    cr->since = shard->since;

    job.shard = shard->shard;
    job.shards = shard->job->table.shards;
    job.fence = shard->fence;
    job.lease = civic_print(&cr->public, "civic:{job:%s:%u}",
                            (char *) shard->job->name.data, job.shard);
    job.name = shard->job->table.name;
    job.deadline = shard->job->table.deadline;

    rc = shard->job->table.run(&cr->public, &job);

    /* the report may take its time, and is none of the job's */
    ngx_http_civic_turns_leave(cr);

    ngx_http_civic_job_judge(run, rc);
    run->reporting = 1;

    run->rests = ngx_http_civic_job_rests(run);

    if (run->result != NGX_HTTP_CIVIC_JOB_OK) {
        civic_log(&cr->public, CIVIC_LOG_WARN, "the job did not succeed: %s",
                  run->error);
    }

    ngx_http_civic_job_report(run);

    /* whoever took the lease from us has counted this run as lost */
    if (run->noted != 0) {
        (void) ngx_atomic_fetch_add(&shard->row->runs[run->result], 1);
    }

    run->request = NULL;
    ngx_post_event(&run->ended, &ngx_posted_events);
}


/* The fiber has gone. */

static void
ngx_http_civic_job_ended(ngx_event_t *ev)
{
    ngx_http_civic_job_run_t    *run = &ngx_http_civic_job;
    ngx_http_civic_job_shard_t  *shard = run->shard;

    if (run->beat.timer_set) {
        ngx_del_timer(&run->beat);
    }

    if (run->beat_call.busy) {
        ngx_http_civic_redis_cancel(&run->beat_call.call);
        run->beat_call.busy = 0;
    }

    run->shard = NULL;
    run->over(shard, run->rests);
}
