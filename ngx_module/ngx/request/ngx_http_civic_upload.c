/*
 * ngx_http_civic_upload.c - bodies that are files, sealed as they arrive.
 *
 * The loop moves bytes from nginx into a chunk of 64 KB, when it is this
 * upload's turn; a thread takes the form around the file apart, seals the
 * chunk and writes it.  Nothing is read from the client meanwhile, so a slow
 * disk slows the sender down and no memory grows.  A fiber is made when all
 * of it is on the disk.
 *
 * An upload has a life of its own: if the client leaves while a thread
 * writes, the request goes at once and the upload when the thread is done.
 * Its file goes with it unless a handler kept it.
 */

#include "ngx_http_civic_blobs.h"
#include "ngx_http_civic_bulk.h"
#include "intake.h"

#include <unistd.h>


#define NGX_HTTP_CIVIC_UPLOADS       32     /* at once in a worker */
#define NGX_HTTP_CIVIC_UPLOAD_RETRY  20     /* ms, for a place with threads */
#define NGX_HTTP_CIVIC_UPLOAD_WAIT   5000   /* ms, then it is an overload */
#define NGX_HTTP_CIVIC_UPLOAD_GUARD  1000   /* ms */


struct ngx_http_civic_upload_s {
    civic_upload_t                   public;
    ngx_http_civic_request_t        *request;   /* NULL: it is gone */
    void                           (*done)(ngx_http_civic_request_t *cr);
    ngx_queue_t                      queue;     /* of all of this worker */
    ngx_http_civic_bulk_t            bulk;      /* while there may be more */

    civic_offload_task_t             task;
    ngx_event_t                      timer;
    ngx_msec_t                       since;     /* it waits for a place */
    ngx_uint_t                       busy;      /* a task is to be done */
    ngx_uint_t                       submitted; /* and the threads have it */
    ngx_uint_t                       closing;   /* by a thread */
    ngx_uint_t                       complete;
    ngx_uint_t                       taken;
    ngx_uint_t                       empty;     /* the request has no body */

    /* the thread's, while the task is submitted */
    civic_intake_t                  *intake;
    u_char                          *in;        /* a chunk */
    size_t                           in_len;
    ngx_fd_t                         file;      /* or a part of this one */
    off_t                            file_pos;
    off_t                            file_last;
    ngx_uint_t                       last;
};


static void ngx_http_civic_upload_handler(ngx_http_request_t *r);
static void ngx_http_civic_upload_move(void *owner);
static void ngx_http_civic_upload_done(civic_offload_task_t *task);
static void ngx_http_civic_upload_timer(ngx_event_t *ev);
static void ngx_http_civic_upload_close(ngx_http_civic_upload_t *u);


static ngx_queue_t  ngx_http_civic_uploads;
static ngx_uint_t   ngx_http_civic_uploads_live;


/* ---- on a thread ------------------------------------------------------- */

static void
ngx_http_civic_upload_work(void *data)
{
    int                       rc;
    ngx_http_civic_upload_t  *u = data;

    if (u->closing) {
        civic_intake_free(u->intake);
        u->intake = NULL;
        return;
    }

    if (u->file != NGX_INVALID_FILE) {
        rc = civic_intake_take_file(u->intake, u->file, u->file_pos,
                                    u->file_last);
        (void) close(u->file);
        u->file = NGX_INVALID_FILE;

    } else {
        rc = civic_intake_take(u->intake, u->in, u->in_len);
    }

    if (rc == 0 && u->last) {
        (void) civic_intake_finish(u->intake);
    }
}


/* ---- its life, on the loop --------------------------------------------- */

/* The chunk was somebody's file. */

static void
ngx_http_civic_upload_wipe(ngx_http_civic_upload_t *u)
{
    if (u->in != NULL) {
        explicit_bzero(u->in, CIVIC_BLOB_CHUNK);
    }

    free(u->in);
    u->in = NULL;
}


static void
ngx_http_civic_upload_free(ngx_http_civic_upload_t *u)
{
    if (u->timer.timer_set) {
        ngx_del_timer(&u->timer);
    }

    if (u->file != NGX_INVALID_FILE) {
        (void) close(u->file);
    }

    ngx_queue_remove(&u->queue);
    ngx_http_civic_uploads_live--;

    civic_intake_free(u->intake);
    ngx_http_civic_upload_wipe(u);
    free(u);
}


/* A worker that ends has joined its threads: nobody writes any more. */

static void
ngx_http_civic_upload_exit(void *data)
{
    ngx_queue_t  *q;

    if (!ngx_exiting && !ngx_terminate && !ngx_quit) {
        return;
    }

    while (!ngx_queue_empty(&ngx_http_civic_uploads)) {
        q = ngx_queue_head(&ngx_http_civic_uploads);
        ngx_http_civic_upload_free(
            ngx_queue_data(q, ngx_http_civic_upload_t, queue));
    }
}


static ngx_int_t
ngx_http_civic_uploads_init(void)
{
    ngx_pool_cleanup_t  *cln;

    if (ngx_http_civic_uploads.next != NULL) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(ngx_cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_civic_upload_exit;
    ngx_queue_init(&ngx_http_civic_uploads);

    return NGX_OK;
}


static ngx_http_civic_upload_t *
ngx_http_civic_upload_create(ngx_http_civic_request_t *cr)
{
    civic_route_t            *route = &cr->route->table;
    ngx_http_civic_upload_t  *u;

    if (ngx_http_civic_uploads_init() != NGX_OK) {
        return NULL;
    }

    u = calloc(1, sizeof(ngx_http_civic_upload_t));
    if (u == NULL) {
        return NULL;
    }

    u->request = cr;
    u->file = NGX_INVALID_FILE;
    u->task.work = ngx_http_civic_upload_work;
    u->task.data = u;
    u->task.done = ngx_http_civic_upload_done;
    u->task.context = u;
    u->bulk.move = ngx_http_civic_upload_move;
    u->bulk.owner = u;
    u->timer.handler = ngx_http_civic_upload_timer;
    u->timer.data = u;
    u->timer.log = ngx_cycle->log;

    ngx_queue_insert_tail(&ngx_http_civic_uploads, &u->queue);
    ngx_http_civic_uploads_live++;

    cr->upload = u;

    u->in = malloc(CIVIC_BLOB_CHUNK);
    u->intake = civic_intake_create(
                    (char *) ngx_http_civic_worker.conf->blobs->folder.data,
                    route->uploads, route->max_body);

    return u->in == NULL || u->intake == NULL ? NULL : u;
}


static void
ngx_http_civic_upload_try(ngx_http_civic_upload_t *u)
{
    u->submitted = ngx_http_civic_threads_submit(NGX_HTTP_CIVIC_DISK,
                                                 &u->task)
                   == NGX_OK;

    /* also keeps a worker that is told to quit until the thread is done */
    ngx_add_timer(&u->timer, u->submitted ? NGX_HTTP_CIVIC_UPLOAD_GUARD
                                          : NGX_HTTP_CIVIC_UPLOAD_RETRY);
}


static void
ngx_http_civic_upload_submit(ngx_http_civic_upload_t *u)
{
    u->busy = 1;
    u->since = ngx_current_msec;

    ngx_http_civic_upload_try(u);
}


/* The writer is closed by a thread, for that removes a file. */

static void
ngx_http_civic_upload_close(ngx_http_civic_upload_t *u)
{
    if (u->intake == NULL || civic_intake_writer(u->intake) == NULL) {
        ngx_http_civic_upload_free(u);
        return;
    }

    u->closing = 1;
    ngx_http_civic_upload_submit(u);
}


/* The request ends.  A thread that writes is waited for. */

void
ngx_http_civic_upload_end(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_upload_t  *u = cr->upload;

    if (u == NULL) {
        return;
    }

    cr->upload = NULL;
    u->request = NULL;
    ngx_http_civic_bulk_leave(&u->bulk);

    if (!u->submitted) {
        u->busy = 0;
        ngx_http_civic_upload_close(u);
    }
}


/* ---- receiving --------------------------------------------------------- */

static void
ngx_http_civic_upload_turn_away(ngx_http_civic_upload_t *u,
    const char *problem)
{
    ngx_int_t                  rc;
    ngx_http_civic_request_t  *cr = u->request;

    rc = ngx_http_civic_send_problem(cr->http, cr->ctx, problem,
                                     CIVIC_STR(""));
    ngx_http_finalize_request(cr->http, rc);
}


static void
ngx_http_civic_upload_timer(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_civic_upload_t  *u = ev->data;

    if (u->submitted) {
        ngx_add_timer(ev, NGX_HTTP_CIVIC_UPLOAD_GUARD);
        return;
    }

    if (u->request == NULL
        || ngx_current_msec - u->since < NGX_HTTP_CIVIC_UPLOAD_WAIT)
    {
        ngx_http_civic_upload_try(u);
        return;
    }

    u->busy = 0;
    c = u->request->http->connection;

    ngx_http_civic_upload_turn_away(u, "overloaded");
    ngx_http_run_posted_requests(c);
}


/* A chunk, or the rest, is for a thread.  The client's time does not run. */

static void
ngx_http_civic_upload_pass(ngx_http_civic_upload_t *u)
{
    ngx_http_request_t  *r = u->request->http;
    ngx_event_t         *rev = r->connection->read;

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }

    r->read_event_handler = ngx_http_test_reading;

    ngx_http_civic_upload_submit(u);
}


static void
ngx_http_civic_upload_complete(ngx_http_civic_upload_t *u)
{
    civic_blob_writer_t  *writer = civic_intake_writer(u->intake);

    if (writer != NULL) {
        u->public.media_type = civic_intake_type(u->intake);
        u->public.size = civic_blob_writer_size(writer);
        u->public.digest = civic_blob_writer_digest(writer);
        u->public.head = civic_blob_writer_start(writer);
        u->complete = 1;

        ngx_http_civic_blob_written();
    }

    ngx_http_civic_upload_wipe(u);
    civic_intake_shrink(u->intake);

    u->done(u->request);
}


static const char *
ngx_http_civic_upload_judge(ngx_http_civic_upload_t *u)
{
    civic_result_t               rc;
    ngx_http_civic_request_t    *cr = u->request;
    const civic_intake_fault_t  *fault = civic_intake_fault(u->intake);

    if (fault->failed != NULL) {
        rc = ngx_http_civic_blob_failed(cr, fault->failed, fault->error);

        return rc == CIVIC_NOT_SENT ? "store_unavailable" : "internal_error";
    }

    if (fault->why != NULL) {
        ngx_log_error(NGX_LOG_INFO, cr->http->connection->log, 0,
                      "upload to \"%V\" refused: %s", &cr->route->pattern,
                      fault->why);
    }

    return fault->problem;
}


static void
ngx_http_civic_upload_done(civic_offload_task_t *task)
{
    const char               *problem;
    ngx_connection_t         *c;
    ngx_http_civic_upload_t  *u = task->context;

    u->busy = 0;
    u->submitted = 0;

    if (u->timer.timer_set) {
        ngx_del_timer(&u->timer);
    }

    if (task->dropped) {
        return;                         /* the worker ends: see _exit() */
    }

    if (u->request == NULL) {
        ngx_http_civic_upload_close(u);
        return;
    }

    c = u->request->http->connection;
    problem = ngx_http_civic_upload_judge(u);

    if (problem != NULL) {
        ngx_http_civic_upload_turn_away(u, problem);

    } else if (u->last) {
        ngx_http_civic_upload_complete(u);

    } else {
        u->in_len = 0;
        u->request->http->read_event_handler = ngx_http_civic_upload_handler;
        ngx_http_civic_bulk_line_up(&u->bulk);
    }

    ngx_http_run_posted_requests(c);
}


/*
 * Moves what nginx has into the chunk.  NGX_DONE: it is for a thread now;
 * NGX_OK: there was no more.
 */

static ngx_int_t
ngx_http_civic_upload_gather(ngx_http_civic_upload_t *u)
{
    size_t                    len;
    ngx_buf_t                *b;
    ngx_http_request_body_t  *rb = u->request->http->request_body;

    if (rb == NULL) {
        return NGX_OK;
    }

    for ( /* void */ ; rb->bufs != NULL; rb->bufs = rb->bufs->next) {
        b = rb->bufs->buf;

        if (b->in_file && !ngx_buf_in_memory(b)) {

            if (u->in_len != 0) {
                return NGX_DONE;
            }

            /* a handle of our own: nginx's goes with its request */
            u->file = dup(b->file->fd);
            u->file_pos = b->file_pos;
            u->file_last = b->file_last;
            rb->bufs = rb->bufs->next;

            return u->file == NGX_INVALID_FILE ? NGX_ERROR : NGX_DONE;
        }

        len = ngx_min((size_t) (b->last - b->pos),
                      CIVIC_BLOB_CHUNK - u->in_len);

        if (len != 0) {
            ngx_memcpy(u->in + u->in_len, b->pos, len);
            b->pos += len;
            u->in_len += len;
        }

        if (b->pos != b->last) {
            return NGX_DONE;
        }
    }

    return u->in_len == CIVIC_BLOB_CHUNK ? NGX_DONE : NGX_OK;
}


static void
ngx_http_civic_upload_go(ngx_http_civic_upload_t *u)
{
    ngx_int_t                  rc;
    ngx_http_request_t        *r = u->request->http;

    for ( ;; ) {

        rc = ngx_http_civic_upload_gather(u);

        if (rc == NGX_ERROR) {
            ngx_http_civic_upload_turn_away(u, "internal_error");
            return;
        }

        if (rc == NGX_DONE) {
            ngx_http_civic_upload_pass(u);
            return;
        }

        if (!r->reading_body) {
            u->last = 1;

            if (u->in_len == 0 && u->empty) {
                ngx_http_civic_upload_complete(u);
                return;
            }

            ngx_http_civic_upload_pass(u);
            return;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            ngx_http_finalize_request(r, rc);
            return;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            return;
        }
    }
}


static void
ngx_http_civic_upload_move(void *owner)
{
    ngx_http_civic_upload_t  *u = owner;
    ngx_connection_t         *c = u->request->http->connection;

    ngx_http_civic_upload_go(u);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_civic_upload_handler(ngx_http_request_t *r)
{
    ngx_http_civic_ctx_t     *ctx;
    ngx_http_civic_upload_t  *u;

    ctx = ngx_http_get_module_ctx(r, ngx_http_civic_module);
    u = ctx->request->upload;

    if (r->connection->read->timedout) {
        /* nginx would close without a word */
        r->keepalive = 0;
        ngx_http_civic_upload_turn_away(u, "request_timeout");
        return;
    }

    r->read_event_handler = ngx_http_civic_upload_handler;

    ngx_http_civic_bulk_line_up(&u->bulk);
}


/* The code of a problem, or NULL.  No body is an empty one, of no type. */

static const char *
ngx_http_civic_upload_begin(ngx_http_civic_upload_t *u,
    ngx_http_request_t *r)
{
    civic_str_t  type = { "", 0 };

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        u->empty = 1;
        return NULL;
    }

    if (r->headers_in.content_type != NULL) {
        type = ngx_http_civic_str(&r->headers_in.content_type->value);
    }

    return civic_intake_begin(u->intake, type) == 0
           ? NULL : ngx_http_civic_upload_judge(u);
}


ngx_int_t
ngx_http_civic_upload_read(ngx_http_civic_request_t *cr,
    void (*done)(ngx_http_civic_request_t *cr))
{
    ngx_int_t                 rc;
    const char               *problem;
    ngx_http_request_t       *r = cr->http;
    ngx_http_civic_upload_t  *u;

    if (ngx_http_civic_uploads_live >= NGX_HTTP_CIVIC_UPLOADS) {
        (void) ngx_atomic_fetch_add(&ngx_http_civic_worker.row->refused, 1);
        return ngx_http_civic_send_problem(r, cr->ctx, "overloaded",
                                           CIVIC_STR(""));
    }

    if (ngx_http_civic_worker.conf->blobs == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "\"%V\" takes files, and there is no \"civic_blobs\"",
                      &cr->route->pattern);
        return ngx_http_civic_send_problem(r, cr->ctx, "store_unavailable",
                                           CIVIC_STR(""));
    }

    u = ngx_http_civic_upload_create(cr);
    if (u == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    u->done = done;

    problem = ngx_http_civic_upload_begin(u, r);
    if (problem != NULL) {
        return ngx_http_civic_send_problem(r, cr->ctx, problem,
                                           CIVIC_STR(""));
    }

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_civic_upload_handler);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


/* ---- for handlers, and for who keeps it -------------------------------- */

const civic_upload_t *
ngx_http_civic_upload(civic_request_t *r)
{
    ngx_http_civic_upload_t  *u = ngx_http_civic_cast(r)->upload;

    return u != NULL && u->complete ? &u->public : NULL;
}


civic_blob_writer_t *
ngx_http_civic_upload_writer(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_upload_t  *u = cr->upload;

    return u != NULL && u->complete && !u->taken
           ? civic_intake_writer(u->intake) : NULL;
}


const char *
ngx_http_civic_upload_media_type(ngx_http_civic_request_t *cr)
{
    return cr->upload->public.media_type;
}


void
ngx_http_civic_upload_taken(ngx_http_civic_request_t *cr)
{
    cr->upload->taken = 1;
}
