/*
 * ngx_http_civic_jobs_rows.c - what this nginx knows of the leases of jobs.
 *
 * A worker that tries or runs a shard writes down what it learned.  Of those
 * that others run it reads the leases, each once a minute, whichever worker
 * of this nginx comes first: so /civic/status and /civic/metrics tell the
 * same on every machine, and a failure that was mended elsewhere is forgotten
 * here as well.
 */

#include "ngx_http_civic_jobs.h"


#define NGX_HTTP_CIVIC_ROWS_BEAT  1000      /* ms */
#define NGX_HTTP_CIVIC_ROWS_OLD   60        /* s */
#define NGX_HTTP_CIVIC_ROWS_ARGC  (2 + NGX_HTTP_CIVIC_JOB_STATE)


typedef struct {
    ngx_event_t                timer;       /* cancelable */
    ngx_http_civic_job_call_t  call;
    civic_str_t                argv[NGX_HTTP_CIVIC_ROWS_ARGC];
    ngx_uint_t                 at;          /* the next shard to look at */
} ngx_http_civic_job_rows_t;


/* In the order of job_take.lua. */
static const char *const  ngx_http_civic_job_fields[] = {
    "fence", "holder", "until", "next_at", "last_start", "last_end",
    "last_result", "last_error", "failures"
};

static void ngx_http_civic_job_rows_go_on(void);

static ngx_http_civic_job_rows_t  ngx_http_civic_job_rows;


/* ---- writing ------------------------------------------------------------ */

void
ngx_http_civic_job_text(char *out, size_t size, const civic_value_t *value)
{
    size_t  len = 0;

    if (value->type == CIVIC_VALUE_STRING) {
        len = ngx_min(value->str.len, size - 1);
        ngx_memcpy(out, value->str.data, len);
    }

    out[len] = '\0';
}


void
ngx_http_civic_job_note(ngx_http_civic_job_row_t *row, uint64_t seen,
    const civic_value_t *state)
{
    row->seen = seen;
    row->read_at = ngx_time();
    row->fence = ngx_http_civic_job_number(&state[0]);
    ngx_http_civic_job_text(row->holder, sizeof(row->holder), &state[1]);
    row->until = ngx_http_civic_job_number(&state[2]);
    row->next_at = ngx_http_civic_job_number(&state[3]);
    row->last_start = ngx_http_civic_job_number(&state[4]);
    row->last_end = ngx_http_civic_job_number(&state[5]);
    ngx_http_civic_job_text(row->result, sizeof(row->result), &state[6]);
    ngx_http_civic_job_text(row->error, sizeof(row->error), &state[7]);
    row->failures = ngx_http_civic_job_number(&state[8]);
}


/* ---- reading ------------------------------------------------------------ */

static void
ngx_http_civic_job_row_read(ngx_http_civic_redis_call_t *call)
{
    const civic_value_t         *value = call->value;
    ngx_http_civic_job_shard_t  *shard = call->data;

    ngx_http_civic_job_rows.call.busy = 0;

    if (call->result != CIVIC_OK || value->type != CIVIC_VALUE_ARRAY
        || value->count != NGX_HTTP_CIVIC_JOB_STATE)
    {
        shard->row->read_at = 0;            /* at the next beat */
        return;
    }

    ngx_http_civic_job_note(shard->row, ngx_http_civic_now(), value->items);
    ngx_http_civic_job_rows_go_on();
}


static void
ngx_http_civic_job_row_ask(ngx_http_civic_job_shard_t *shard)
{
    ngx_uint_t                  i;
    ngx_http_civic_job_rows_t  *rows = &ngx_http_civic_job_rows;
    ngx_http_civic_job_call_t  *jc = &rows->call;

    ngx_http_civic_job_clear(jc, ngx_http_civic_job_row_read);

    rows->argv[0] = CIVIC_STR("HMGET");
    rows->argv[1] = ngx_http_civic_job_key(jc->arena, shard);

    for (i = 0; i < NGX_HTTP_CIVIC_JOB_STATE; i++) {
        rows->argv[2 + i] = civic_cstr(ngx_http_civic_job_fields[i]);
    }

    jc->call.argv = rows->argv;
    jc->call.argc = NGX_HTTP_CIVIC_ROWS_ARGC;
    jc->call.data = shard;

    ngx_http_civic_redis_start(&jc->call);
}


/* One after the other, until none is old.  The row is marked at once: the
   other workers of this nginx pass it by. */

static void
ngx_http_civic_job_rows_go_on(void)
{
    ngx_uint_t                   i, n;
    ngx_atomic_uint_t            now = ngx_time();
    ngx_http_civic_job_rows_t   *rows = &ngx_http_civic_job_rows;
    ngx_http_civic_job_shard_t  *shards = ngx_http_civic_job_shards(&n);

    if (rows->call.busy || ngx_http_civic_job_leaving()) {
        return;
    }

    for (i = 0; i < n; i++) {
        rows->at = (rows->at + 1) % n;

        if (now >= shards[rows->at].row->read_at + NGX_HTTP_CIVIC_ROWS_OLD) {
            shards[rows->at].row->read_at = now;
            ngx_http_civic_job_row_ask(&shards[rows->at]);
            return;
        }
    }
}


static void
ngx_http_civic_job_rows_beat(ngx_event_t *ev)
{
    if (ngx_http_civic_job_leaving()) {
        return;
    }

    ngx_http_civic_job_rows_go_on();
    ngx_add_timer(ev, NGX_HTTP_CIVIC_ROWS_BEAT);
}


ngx_int_t
ngx_http_civic_job_rows_init(void)
{
    ngx_http_civic_job_rows_t  *rows = &ngx_http_civic_job_rows;

    rows->call.arena = civic_arena_create(2048, 65536);
    if (rows->call.arena == NULL) {
        return NGX_ERROR;
    }

    ngx_http_civic_timer_init(&rows->timer, ngx_http_civic_job_rows_beat,
                              NGX_HTTP_CIVIC_TIMER_CANCELABLE);
    ngx_add_timer(&rows->timer, NGX_HTTP_CIVIC_ROWS_BEAT);

    return NGX_OK;
}
