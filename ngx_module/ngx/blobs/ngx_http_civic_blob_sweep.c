/*
 * ngx_http_civic_blob_sweep.c - files without a record go.
 *
 * They are left by requests that ended between the file and the script that
 * would have referred to it, and by deletions whose file could not be
 * removed.  A job sweeps the folder that the worker which got it sees.  With
 * a folder of this machine's that is one machine's only, so the first worker
 * of each nginx sweeps it too, soon after its start and then every hour.
 *
 * A file goes if it is older than an hour and Redis said for certain that
 * there is no such field: an error, or no answer, removes nothing.  A page
 * most of whose files have no record removes nothing either: a Redis that
 * was emptied, or is being restored, knows no blobs, and they are needed yet.
 *
 * A run that ends before the folder does goes on there the next time.
 */

#include "ngx_http_civic_blobs.h"


#define NGX_HTTP_CIVIC_SWEEP_PAGE   200
#define NGX_HTTP_CIVIC_SWEEP_AGE    3600        /* s */
#define NGX_HTTP_CIVIC_SWEEP_DOUBT  100         /* files, most of them without
                                                   a record */
#define NGX_HTTP_CIVIC_SWEEP_PARTS  256         /* shards of a job, at most */
#define NGX_HTTP_CIVIC_SWEEP_FIRST  3000        /* ms after the start */
#define NGX_HTTP_CIVIC_SWEEP_EVERY  3600000     /* ms */

/* A page, on its way through threads and Redis. */
typedef struct {
    const char          *folder;
    unsigned             part;
    unsigned             parts;
    uint64_t             cursor;
    int64_t              count;
    int                  error;
    unsigned             failed;                /* files that do not go */
    civic_blob_found_t   found[NGX_HTTP_CIVIC_SWEEP_PAGE];
    unsigned char        orphan[NGX_HTTP_CIVIC_SWEEP_PAGE];
    civic_command_t      commands[NGX_HTTP_CIVIC_SWEEP_PAGE];
    civic_str_t          words[NGX_HTTP_CIVIC_SWEEP_PAGE][3];
} ngx_http_civic_sweep_t;


static ngx_event_t                ngx_http_civic_sweep_timer;
static ngx_log_t                  ngx_http_civic_sweep_log;
static ngx_http_civic_request_t  *ngx_http_civic_sweep_request;

/* Where the last run of this worker came to, for each part. */
static uint64_t  ngx_http_civic_sweep_cursors[NGX_HTTP_CIVIC_SWEEP_PARTS];


/* ---- a page ------------------------------------------------------------- */

static void
ngx_http_civic_sweep_list(void *data)
{
    ngx_http_civic_sweep_t  *s = data;

    s->count = civic_blob_list(s->folder, s->part, s->parts,
                               NGX_HTTP_CIVIC_SWEEP_AGE, &s->cursor, s->found,
                               NGX_HTTP_CIVIC_SWEEP_PAGE);
    s->error = s->count < 0 ? ngx_errno : 0;
}


static void
ngx_http_civic_sweep_remove(void *data)
{
    int64_t                  i;
    ngx_http_civic_sweep_t  *s = data;

    for (i = 0; i < s->count; i++) {
        if (s->orphan[i]
            && civic_blob_remove(s->folder, civic_cstr(s->found[i].pid),
                                 civic_cstr(s->found[i].id)) != 0)
        {
            s->failed++;
            s->error = ngx_errno;
        }
    }
}


/* Which of the page's files have no record, for certain. */

static civic_result_t
ngx_http_civic_sweep_ask(ngx_http_civic_request_t *cr,
    ngx_http_civic_sweep_t *s, unsigned *orphans)
{
    int64_t           i;
    civic_str_t      *words;
    civic_result_t    rc;
    civic_command_t  *command;

    for (i = 0; i < s->count; i++) {
        words = s->words[i];
        words[0] = CIVIC_STR("HEXISTS");
        words[1] = ngx_http_civic_person_key(&cr->public,
                                             civic_cstr(s->found[i].pid),
                                             "blobs");
        words[2] = civic_cstr(s->found[i].id);

        s->commands[i].argv = words;
        s->commands[i].argc = 3;
        s->commands[i].result = CIVIC_ERROR;
    }

    rc = ngx_http_civic_pipeline(&cr->public, s->commands, s->count);

    if (rc == CIVIC_ABORTED) {
        return rc;
    }

    *orphans = 0;

    for (i = 0; i < s->count; i++) {
        command = &s->commands[i];

        s->orphan[i] = command->result == CIVIC_OK
                       && command->value->type == CIVIC_VALUE_INTEGER
                       && command->value->integer == 0;
        *orphans += s->orphan[i];
    }

    return rc;
}


/*
 * One page: its orphans go.  What a page takes of the request's memory is
 * given back: a folder may have very many.
 */

static civic_result_t
ngx_http_civic_sweep_page(ngx_http_civic_request_t *cr,
    ngx_http_civic_sweep_t *s, unsigned *removed)
{
    unsigned        orphans;
    civic_result_t  rc, asked;

    s->failed = 0;

    rc = ngx_http_civic_offload_disk(&cr->public, ngx_http_civic_sweep_list, s);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (s->count < 0) {
        return ngx_http_civic_blob_failed(cr, "the folder of blobs cannot be "
                                          "swept", s->error);
    }

    if (s->count == 0) {
        return CIVIC_OK;
    }

    asked = ngx_http_civic_sweep_ask(cr, s, &orphans);

    if (asked == CIVIC_ABORTED || orphans == 0) {
        return asked;
    }

    if (s->count >= NGX_HTTP_CIVIC_SWEEP_DOUBT && orphans > s->count / 2) {
        civic_log(&cr->public, CIVIC_LOG_ERROR, "%u of %d blobs have no "
                  "record: nothing is removed, for Redis seems to have been "
                  "emptied or not yet restored", orphans, (int) s->count);
        return CIVIC_ERROR;
    }

    rc = ngx_http_civic_offload_disk(&cr->public,
                                     ngx_http_civic_sweep_remove, s);
    if (rc == CIVIC_BUSY) {
        return rc;
    }

    *removed += orphans - s->failed;

    if (s->failed != 0) {
        civic_log(&cr->public, CIVIC_LOG_ERROR, "%u files of blobs without a "
                  "record cannot be removed: %s", s->failed,
                  strerror(s->error));
        return CIVIC_ERROR;
    }

    return rc != CIVIC_OK ? rc : asked;
}


/* ---- a sweep ------------------------------------------------------------ */

static ngx_uint_t
ngx_http_civic_sweep_has_time(ngx_http_civic_request_t *cr)
{
    return ngx_current_msec - cr->started
           < cr->route->table.deadline / 4 * 3
           && !ngx_exiting && !ngx_quit && !ngx_terminate;
}


static civic_result_t
ngx_http_civic_sweep_part(ngx_http_civic_request_t *cr, unsigned part,
    unsigned parts, unsigned *removed)
{
    civic_arena_t           *pages, *own = cr->arena;
    civic_result_t           rc;
    ngx_http_civic_sweep_t  *s;

    s = ngx_http_civic_alloc(&cr->public, sizeof(ngx_http_civic_sweep_t));

    pages = civic_arena_create(65536, 4 * 1024 * 1024);
    if (pages == NULL) {
        return CIVIC_ERROR;
    }

    s->folder = (char *) ngx_http_civic_worker.conf->blobs->folder.data;
    s->part = part;
    s->parts = parts;
    s->cursor = ngx_http_civic_sweep_cursors[part];

    do {
        cr->arena = pages;
        rc = ngx_http_civic_sweep_page(cr, s, removed);
        cr->arena = own;

        civic_arena_reset(pages);

        if (rc == CIVIC_OK) {
            ngx_http_civic_sweep_cursors[part] = s->cursor;
        }

    } while (rc == CIVIC_OK && s->cursor != 0
             && ngx_http_civic_sweep_has_time(cr));

    civic_arena_destroy(pages);

    if (*removed != 0) {
        civic_log(&cr->public, CIVIC_LOG_WARN, "%u files of blobs without a "
                  "record were removed", *removed);
    }

    return rc;
}


civic_result_t
ngx_http_civic_blobs_sweep(civic_request_t *r, const civic_job_t *job,
    unsigned *removed)
{
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    *removed = 0;

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    /* nothing was ever kept */
    if (ngx_http_civic_worker.conf->blobs == NULL) {
        return CIVIC_OK;
    }

    if (job->shards == 0 || job->shards > NGX_HTTP_CIVIC_SWEEP_PARTS
        || job->shard >= job->shards)
    {
        civic_log(r, CIVIC_LOG_ERROR, "blobs are swept with the shard %u of "
                  "%u", job->shard, job->shards);
        return CIVIC_ERROR;
    }

    return ngx_http_civic_sweep_part(cr, job->shard, job->shards, removed);
}


/* ---- a folder of this machine's ----------------------------------------- */

static void
ngx_http_civic_sweep_fiber(void *data)
{
    unsigned                   removed = 0;
    ngx_http_civic_request_t  *cr = data;

    (void) ngx_http_civic_sweep_part(cr, 0, 1, &removed);

    ngx_http_civic_sweep_request = NULL;
}


static void
ngx_http_civic_sweep_due(ngx_event_t *ev)
{
    ngx_http_civic_blobs_t    *blobs = ngx_http_civic_worker.conf->blobs;
    ngx_http_civic_request_t  *cr;

    ngx_add_timer(ev, NGX_HTTP_CIVIC_SWEEP_EVERY);

    if (ngx_http_civic_sweep_request != NULL) {
        return;
    }

    cr = ngx_http_civic_background(&blobs->sweep, &ngx_http_civic_sweep_log,
                                   ngx_http_civic_sweep_fiber);
    ngx_http_civic_sweep_request = cr;

    if (cr != NULL) {
        ngx_http_civic_resume(cr);
    }
}


static u_char *
ngx_http_civic_sweep_log_end(ngx_log_t *log, u_char *buf, size_t len)
{
    return ngx_snprintf(buf, len, ", while sweeping \"%V\"",
                        &ngx_http_civic_worker.conf->blobs->folder);
}


ngx_int_t
ngx_http_civic_blob_sweep_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    ngx_event_t  *ev = &ngx_http_civic_sweep_timer;

    if (cmcf->blobs->shared || ngx_worker != 0) {
        return NGX_OK;
    }

    ngx_http_civic_sweep_log = *cycle->log;
    ngx_http_civic_sweep_log.handler = ngx_http_civic_sweep_log_end;

    ngx_http_civic_timer_init(ev, ngx_http_civic_sweep_due,
                              NGX_HTTP_CIVIC_TIMER_CANCELABLE);
    ngx_add_timer(ev, NGX_HTTP_CIVIC_SWEEP_FIRST);

    return NGX_OK;
}
