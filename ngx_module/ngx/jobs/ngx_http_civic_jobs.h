/*
 * ngx_http_civic_jobs.h - what the files about jobs share.
 *
 *   ngx_http_civic_jobs.c         which jobs there are, and when to try them
 *   ngx_http_civic_job_run.c      one run, from a taken lease to its report
 *   ngx_http_civic_jobs_status.c  what operators see
 */

#ifndef NGX_HTTP_CIVIC_JOBS_H
#define NGX_HTTP_CIVIC_JOBS_H

#include "ngx_http_civic.h"

#define NGX_HTTP_CIVIC_JOB_DEADLINE  30000  /* ms, as the contract says */
#define NGX_HTTP_CIVIC_JOB_SPARE     5000   /* ms that a lease is longer */
#define NGX_HTTP_CIVIC_JOB_STATE     9      /* fields, see job_take.lua */
#define NGX_HTTP_CIVIC_JOB_HOLDER    96

typedef enum {
    NGX_HTTP_CIVIC_JOB_OK = 0,
    NGX_HTTP_CIVIC_JOB_FAILED,
    NGX_HTTP_CIVIC_JOB_OVERRUN,
    NGX_HTTP_CIVIC_JOB_LOST,                /* its holder did not end it */
    NGX_HTTP_CIVIC_JOB_RESULTS
} ngx_http_civic_job_result_t;

/*
 * The last known state of a shard, in the zone: whichever worker of this
 * nginx learned it last wrote it.  Texts may be of two moments at once for
 * the blink of an eye, but always end.  Times are Redis' own.
 */
typedef struct ngx_http_civic_job_row_s {
    ngx_atomic_t  runs[NGX_HTTP_CIVIC_JOB_RESULTS];
    ngx_atomic_t  seen;                     /* epoch ms; 0: never */
    ngx_atomic_t  fence;
    ngx_atomic_t  until;
    ngx_atomic_t  next_at;
    ngx_atomic_t  last_start;
    ngx_atomic_t  last_end;
    ngx_atomic_t  failures;
    char          holder[NGX_HTTP_CIVIC_JOB_HOLDER];
    char          result[16];
    char          error[200];
} ngx_http_civic_job_row_t;

/* A job of the tables.  Its route is where its time is counted. */
typedef struct {
    civic_job_def_t             table;
    ngx_http_civic_route_t      route;
    ngx_str_t                   name;       /* "review.sweep" */
    ngx_uint_t                  first_row;
    uint64_t                    asked;      /* in a worker: the last seen
                                               "civicctl job run" */
} ngx_http_civic_job_t;

struct ngx_http_civic_jobs_s {
    ngx_http_civic_job_t       *jobs;
    ngx_uint_t                  njobs;
    ngx_uint_t                  nshards;    /* of all jobs: rows */
    civic_redis_script_t       *take;
    civic_redis_script_t       *done;
    civic_redis_script_t       *beat;
};

/* A shard, as a worker tries it. */
typedef struct {
    ngx_http_civic_job_t       *job;
    ngx_uint_t                  shard;
    ngx_msec_t                  next;       /* when, by ngx_current_msec */
    ngx_http_civic_job_row_t   *row;
    uint64_t                    fence;      /* while this worker holds it */
    ngx_uint_t                  asked;      /* by "civicctl job run" */
} ngx_http_civic_job_shard_t;

/* One call at a time, with an arena and words of its own. */
typedef struct {
    ngx_http_civic_redis_call_t   call;
    civic_arena_t                *arena;
    civic_str_t                   argv[7];
    ngx_uint_t                    busy;
} ngx_http_civic_job_call_t;

/* Prepares a script's call on a shard's lease: argv[0] is its key and
   argv[1] this worker; the caller adds the rest and starts it. */
void ngx_http_civic_job_prepare(ngx_http_civic_job_call_t *jc,
    ngx_http_civic_job_shard_t *shard, civic_redis_script_t *script,
    ngx_uint_t argc, void (*done)(ngx_http_civic_redis_call_t *call));

/* Reads an answer of job_take.lua or job_done.lua into the shard's row, and
   tells when it is next tried.  Its first number, or NGX_ERROR. */
ngx_int_t ngx_http_civic_job_learn(ngx_http_civic_job_shard_t *shard,
    ngx_http_civic_redis_call_t *call);

ngx_msec_t ngx_http_civic_job_lease(const ngx_http_civic_job_t *job);

/* Whether this worker was told to go: it starts nothing new then. */
ngx_uint_t ngx_http_civic_job_leaving(void);

/* Runs a shard whose lease was taken; over() is called from the event loop
   once the result is reported, or could not be. */
void ngx_http_civic_job_run(ngx_http_civic_job_shard_t *shard,
    void (*over)(void));
ngx_int_t ngx_http_civic_job_run_init(ngx_cycle_t *cycle);

#endif /* NGX_HTTP_CIVIC_JOBS_H */
