/*
 * ngx_http_civic_jobs_status.c - what operators see of jobs.
 *
 * All from the zone, so nothing waits: the workers of this nginx write there
 * what they learned at their last try, a minute ago at most.
 */

#include "ngx_http_civic_jobs.h"
#include "ngx_http_civic_console.h"


/* A shard takes some 3 us. */
#define NGX_HTTP_CIVIC_JOBS_SHARE  32       /* shards in a turn of the loop */

/* Of jobs' metrics: each counts all of its shards five times. */
#define NGX_HTTP_CIVIC_JOBS_COUNTED  16     /* jobs in a turn of the loop */


static const char *const  ngx_http_civic_job_labels[] = {
    "ok", "failed", "overrun", "lost"
};


static void
ngx_http_civic_job_write_instant(civic_writer_t *w, const char *key,
    ngx_atomic_t value)
{
    if (value == 0) {
        civic_writer_null(w, key);
        return;
    }

    civic_writer_instant(w, key, (civic_msec_t) value);
}


static void
ngx_http_civic_job_write_shard(civic_writer_t *w, ngx_uint_t shard,
    ngx_http_civic_job_row_t *row)
{
    civic_writer_object(w, NULL);
    civic_writer_int(w, "shard", shard);
    civic_writer_str(w, "holder", civic_cstr(row->holder));
    ngx_http_civic_job_write_instant(w, "last_start", row->last_start);
    ngx_http_civic_job_write_instant(w, "last_end", row->last_end);
    ngx_http_civic_job_write_instant(w, "next_at", row->next_at);
    civic_writer_str(w, "last_result", civic_cstr(row->result));
    civic_writer_str(w, "last_error", civic_cstr(row->error));
    civic_writer_int(w, "failures", row->failures);
    civic_writer_int(w, "fence", row->fence);
    ngx_http_civic_job_write_instant(w, "seen", row->seen);
    civic_writer_end(w);
}


/* The shard of that number among all of all jobs, and what stands around the
   first and the last one of a job. */

static void
ngx_http_civic_job_write(civic_writer_t *w, ngx_http_civic_job_t *job,
    ngx_uint_t item)
{
    ngx_uint_t  shard = item - job->first_row;

    if (shard == 0) {
        civic_writer_object(w, NULL);
        civic_writer_str(w, "name", ngx_http_civic_str(&job->name));
        civic_writer_int(w, "interval", job->table.interval);
        civic_writer_array(w, "shards");
    }

    ngx_http_civic_job_write_shard(w, shard,
        ngx_http_civic_zone_job(ngx_http_civic_worker.conf, item));

    if (shard == job->table.shards - 1) {
        civic_writer_end(w);
        civic_writer_end(w);
    }
}


ngx_uint_t
ngx_http_civic_jobs_write(civic_writer_t *w, ngx_uint_t item)
{
    ngx_uint_t              i, until;
    ngx_http_civic_job_t   *job;
    ngx_http_civic_jobs_t  *jobs = ngx_http_civic_worker.conf->jobs;

    if (item == 0) {
        civic_writer_array(w, "jobs");
    }

    until = ngx_min(jobs->nshards, item + NGX_HTTP_CIVIC_JOBS_SHARE);

    for (i = 0; i < jobs->njobs; i++) {
        job = &jobs->jobs[i];

        while (item < until && item < job->first_row + job->table.shards) {
            ngx_http_civic_job_write(w, job, item++);
        }
    }

    if (item < jobs->nshards) {
        return item;
    }

    civic_writer_end(w);

    return NGX_HTTP_CIVIC_PART_DONE;
}


/* ---- metrics ------------------------------------------------------------ */

static void
ngx_http_civic_job_metrics_runs(civic_metrics_t *m,
    ngx_http_civic_job_t *job)
{
    char                         label[128];
    uint64_t                     sum;
    ngx_uint_t                   i, j;
    ngx_http_civic_job_row_t    *row;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    for (i = 0; i < NGX_HTTP_CIVIC_JOB_RESULTS; i++) {
        sum = 0;

        for (j = 0; j < job->table.shards; j++) {
            row = ngx_http_civic_zone_job(cmcf, job->first_row + j);
            sum += row->runs[i];
        }

        (void) snprintf(label, sizeof(label), "job=\"%s\",result=\"%s\"",
                        (char *) job->name.data, ngx_http_civic_job_labels[i]);
        civic_metrics_count(m, "civic_job_runs_total", label, sum);
    }
}


/* Of the shard that fails longest. */

static void
ngx_http_civic_job_metrics_failures(civic_metrics_t *m,
    ngx_http_civic_job_t *job)
{
    char                         label[128];
    uint64_t                     most = 0;
    ngx_uint_t                   i;
    ngx_http_civic_job_row_t    *row;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    for (i = 0; i < job->table.shards; i++) {
        row = ngx_http_civic_zone_job(cmcf, job->first_row + i);
        most = ngx_max(most, row->failures);
    }

    (void) snprintf(label, sizeof(label), "job=\"%s\"",
                    (char *) job->name.data);
    civic_metrics_count(m, "civic_job_failures", label, most);
}


/* Item: a job's number, for its runs; behind the last, for its failures. */

ngx_uint_t
ngx_http_civic_jobs_metrics(civic_metrics_t *m, ngx_uint_t item)
{
    ngx_uint_t              until;
    ngx_http_civic_jobs_t  *jobs = ngx_http_civic_worker.conf->jobs;

    until = ngx_min(2 * jobs->njobs, item + NGX_HTTP_CIVIC_JOBS_COUNTED);

    for ( ; item < until; item++) {

        if (item == 0) {
            civic_metrics_family(m, "civic_job_runs_total", "counter",
                                 "Runs of jobs by the workers of this nginx");
        }

        if (item < jobs->njobs) {
            ngx_http_civic_job_metrics_runs(m, &jobs->jobs[item]);
            continue;
        }

        if (item == jobs->njobs) {
            civic_metrics_family(m, "civic_job_failures", "gauge",
                                 "Failures in a row of a job's worst shard");
        }

        ngx_http_civic_job_metrics_failures(m,
                                            &jobs->jobs[item - jobs->njobs]);
    }

    return item < 2 * jobs->njobs ? item : NGX_HTTP_CIVIC_PART_DONE;
}
