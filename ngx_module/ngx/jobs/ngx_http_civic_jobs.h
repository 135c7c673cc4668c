/*
 * ngx_http_civic_jobs.h - what the files about jobs share.
 *
 *   ngx_http_civic_jobs.c         which jobs there are, and which is next
 *   ngx_http_civic_job_calls.c    puts into the queue what is worth trying
 *   ngx_http_civic_job_run.c      one run, from a taken lease to its report
 *   ngx_http_civic_jobs_rows.c    what this nginx knows of leases
 *   ngx_http_civic_jobs_status.c  what operators see
 */

#ifndef NGX_HTTP_CIVIC_JOBS_H
#define NGX_HTTP_CIVIC_JOBS_H

#include "ngx_http_civic.h"

#define NGX_HTTP_CIVIC_JOB_DEADLINE  30000  /* ms, as the contract says */
#define NGX_HTTP_CIVIC_JOB_SPARE     5000   /* ms that a lease is longer */
#define NGX_HTTP_CIVIC_JOB_LEASE     15000  /* ms that one lasts at most: it is
                                               prolonged */
#define NGX_HTTP_CIVIC_JOB_STATE     9      /* fields, see job_take.lua */
#define NGX_HTTP_CIVIC_JOB_HOLDER    96
#define NGX_HTTP_CIVIC_JOB_AGAIN     1000   /* ms after Redis failed */
#define NGX_HTTP_CIVIC_JOB_REST      50000  /* ms after a run that found
                                               nothing: CIVIC_OUTBOX_ROUND */
#define NGX_HTTP_CIVIC_JOB_QUEUE     "civic:job-queue"

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
    ngx_atomic_t  read_at;                  /* s, by ngx_time() */
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
    ngx_str_t                   outbox;     /* that it empties; "" */
    ngx_uint_t                  first_row;
} ngx_http_civic_job_t;

struct ngx_http_civic_jobs_s {
    ngx_http_civic_job_t       *jobs;
    ngx_uint_t                  njobs;
    ngx_uint_t                  nshards;    /* of all jobs: rows */
    civic_redis_script_t       *next;
    civic_redis_script_t       *call;
    civic_redis_script_t       *take;
    civic_redis_script_t       *done;
    civic_redis_script_t       *beat;
};

/* What is to be said of a shard in the queue: see job_call.lua. */
typedef enum {
    NGX_HTTP_CIVIC_JOB_SILENT = 0,
    NGX_HTTP_CIVIC_JOB_NEW,
    NGX_HTTP_CIVIC_JOB_NOW
} ngx_http_civic_job_word_t;

/* A shard, as a worker tries it. */
typedef struct {
    ngx_http_civic_job_t       *job;
    ngx_uint_t                  shard;
    ngx_http_civic_job_row_t   *row;
    ngx_http_civic_job_word_t   word;
    ngx_msec_int_t              wait;       /* ms until it is worth trying;
                                               -1: unknown */
    uint64_t                    fence;      /* while this worker holds it */
    ngx_uint_t                  asked;      /* by "civicctl job run" */
    uint64_t                    taken_at;   /* epoch ms, by Redis */
    uint64_t                    since;      /* ms since the taking before */
} ngx_http_civic_job_shard_t;

/* One call at a time, with an arena and words of its own. */
typedef struct {
    ngx_http_civic_redis_call_t   call;
    civic_arena_t                *arena;
    civic_str_t                   argv[7];
    ngx_uint_t                    busy;
} ngx_http_civic_job_call_t;

/* The shards of all jobs that this worker can run. */
ngx_http_civic_job_shard_t *ngx_http_civic_job_shards(ngx_uint_t *count);

ngx_msec_t ngx_http_civic_job_jitter(ngx_msec_t most);

/* An empty call, over which done() says what became of it. */
void ngx_http_civic_job_clear(ngx_http_civic_job_call_t *jc,
    void (*done)(ngx_http_civic_redis_call_t *call));

/* "civic:{job:<plugin>.<name>:<shard>}" */
civic_str_t ngx_http_civic_job_key(civic_arena_t *arena,
    const ngx_http_civic_job_shard_t *shard);

/* Prepares a script's call on a shard's lease: argv[0] is its key and
   argv[1] this worker; the caller adds the rest and starts it. */
void ngx_http_civic_job_prepare(ngx_http_civic_job_call_t *jc,
    ngx_http_civic_job_shard_t *shard, civic_redis_script_t *script,
    ngx_uint_t argc, void (*done)(ngx_http_civic_redis_call_t *call));

/* Reads an answer of job_take.lua or job_done.lua into the shard and its row.
   Its first number, or NGX_ERROR. */
ngx_int_t ngx_http_civic_job_learn(ngx_http_civic_job_shard_t *shard,
    ngx_http_civic_redis_call_t *call);

/* The rest of what jobs start with; both after the shards are known. */
ngx_int_t ngx_http_civic_job_calls_init(void);
ngx_int_t ngx_http_civic_job_rows_init(void);

/* Puts what this worker can run into the queue, where it is not yet. */
void ngx_http_civic_job_enrol(void);

/* A number of an answer, however it is written; 0 if it is below. */
int64_t ngx_http_civic_job_number(const civic_value_t *value);

/* A text of an answer; "" if it is none. */
void ngx_http_civic_job_text(char *out, size_t size,
    const civic_value_t *value);

/* The state of a shard, as the scripts and HMGET give it, into its row. */
void ngx_http_civic_job_note(ngx_http_civic_job_row_t *row, uint64_t seen,
    const civic_value_t *state);

ngx_msec_t ngx_http_civic_job_lease(const ngx_http_civic_job_t *job);

/* Whether this worker was told to go: it starts nothing new then. */
ngx_uint_t ngx_http_civic_job_leaving(void);

/* Runs a shard whose lease was taken; over() is called from the event loop
   once the result is reported, or could not be.  rests: there was nothing to
   do, and will not be before it is called. */
void ngx_http_civic_job_run(ngx_http_civic_job_shard_t *shard,
    void (*over)(ngx_http_civic_job_shard_t *shard, ngx_uint_t rests));
ngx_int_t ngx_http_civic_job_run_init(ngx_cycle_t *cycle);

#endif /* NGX_HTTP_CIVIC_JOBS_H */
