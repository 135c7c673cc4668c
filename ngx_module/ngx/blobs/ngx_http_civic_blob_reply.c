/*
 * ngx_http_civic_blob_reply.c - replies that are blobs, opened as they leave.
 *
 * On the fiber the record is found and the first chunk opened, so that a blob
 * which is gone or damaged is still answered with a problem.  Then a pump on
 * the main stack sends: while one piece leaves, a thread opens the next, and
 * nothing more until the client has taken the first.  A piece is a chunk;
 * who takes one before the next is opened gets larger ones, for the way to a
 * thread and back costs a third of all CPU if each chunk goes it alone.  So
 * a slow client costs 128 KB, and at most 512.
 *
 * What is sent belongs to nginx's pool and not to its request, whose end
 * HTTP/2 may outlive with frames that still point there.
 */

#include "ngx_http_civic_blobs.h"
#include "ngx_http_civic_large.h"


#define NGX_HTTP_CIVIC_PIECE          (4 * CIVIC_BLOB_CHUNK)
#define NGX_HTTP_CIVIC_SENDINGS       256   /* at once in a worker */
#define NGX_HTTP_CIVIC_SENDING_RETRY  20    /* ms, for a place with threads */
#define NGX_HTTP_CIVIC_SENDING_WAIT   10000 /* ms, then the reply ends */
#define NGX_HTTP_CIVIC_SENDING_GUARD  1000  /* ms */


struct ngx_http_civic_sending_s {
    ngx_http_request_t        *http;        /* NULL: not begun, or over */
    ngx_http_civic_request_t  *request;
    civic_str_t                pid;
    civic_str_t                id;
    civic_blob_record_t        record;
    uint64_t                   left;        /* bytes that nginx has not got */
    ngx_buf_t                 *sent;        /* the last that it has got */

    civic_offload_task_t       task;
    ngx_event_t                timer;
    ngx_msec_t                 since;       /* it waits for a place */
    ngx_uint_t                 submitted;   /* the threads have the task */
    ngx_uint_t                 ready;       /* piece[next] is opened */
    ngx_uint_t                 orphan;      /* nginx's pool is gone */
    ngx_uint_t                 next;        /* 0 or 1 */
    size_t                     want;        /* room for the next piece */

    /* the thread's, while the task is submitted */
    civic_blob_reader_t       *reader;
    int64_t                    len;         /* of piece[next] */
    int                        error;
    size_t                     room[2];
    u_char                    *piece[2];
};


static void ngx_http_civic_blob_pump(ngx_http_civic_sending_t *s);
static void ngx_http_civic_blob_opened(civic_offload_task_t *task);
static void ngx_http_civic_blob_timer(ngx_event_t *ev);


static ngx_uint_t  ngx_http_civic_sendings;


/* ---- on a thread ------------------------------------------------------- */

/* The next piece.  Before the record's size is reached there is one. */

static void
ngx_http_civic_blob_next(void *data)
{
    int64_t                    n;
    ngx_http_civic_sending_t  *s = data;

    s->len = 0;
    s->error = 0;

    while (s->len < (int64_t) s->room[s->next]) {
        n = civic_blob_reader_next(s->reader, s->piece[s->next] + s->len);

        if (n < 0) {
            s->error = errno;
            return;
        }

        if (n == 0) {
            break;
        }

        s->len += n;
    }

    if (s->len == 0 || s->len > (int64_t) s->left) {
        s->error = EBADMSG;
    }
}


static void
ngx_http_civic_blob_open(void *data)
{
    ngx_http_civic_sending_t   *s = data;
    ngx_http_civic_main_conf_t *cmcf = ngx_http_civic_worker.conf;

    s->reader = civic_blob_reader_open((char *) cmcf->blobs->folder.data,
                                       s->pid, s->id, &s->record);

    if (s->reader == NULL) {
        s->error = errno;
        return;
    }

    ngx_http_civic_blob_next(s);
}


/* ---- on the fiber ------------------------------------------------------ */

/* What is in them is somebody's file. */

static void
ngx_http_civic_blob_wipe(ngx_http_civic_sending_t *s, ngx_uint_t i)
{
    if (s->piece[i] != NULL) {
        explicit_bzero(s->piece[i], s->room[i]);
        free(s->piece[i]);
    }
}


/* Room for the next piece; without memory for more, what there is. */

static ngx_int_t
ngx_http_civic_blob_room(ngx_http_civic_sending_t *s)
{
    u_char      *p;
    size_t       room;
    ngx_uint_t   i = s->next;

    room = ngx_min(ngx_align(s->left, CIVIC_BLOB_CHUNK), s->want);

    if (room > s->room[i]) {
        p = malloc(room);

        if (p != NULL) {
            ngx_http_civic_blob_wipe(s, i);
            s->piece[i] = p;
            s->room[i] = room;
        }
    }

    return s->piece[i] != NULL ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_civic_blob_free(ngx_http_civic_sending_t *s)
{
    if (s->timer.timer_set) {
        ngx_del_timer(&s->timer);
    }

    if (s->reader != NULL) {
        civic_blob_reader_close(s->reader);
    }

    ngx_http_civic_sendings--;

    ngx_http_civic_blob_wipe(s, 0);
    ngx_http_civic_blob_wipe(s, 1);
    explicit_bzero(s, sizeof(ngx_http_civic_sending_t));
    free(s);
}


/* The reply is another one after all, or nobody is there to take it. */

void
ngx_http_civic_blob_unsend(ngx_http_civic_request_t *cr)
{
    if (cr->sending != NULL) {
        ngx_http_civic_blob_free(cr->sending);
        cr->sending = NULL;
    }
}


static ngx_http_civic_sending_t *
ngx_http_civic_blob_create(ngx_http_civic_request_t *cr, civic_str_t pid,
    civic_str_t id, const civic_blob_record_t *record)
{
    ngx_http_civic_sending_t  *s;

    s = calloc(1, sizeof(ngx_http_civic_sending_t));
    if (s == NULL) {
        return NULL;
    }

    s->request = cr;
    s->pid = pid;
    s->id = id;
    s->record = *record;
    s->left = record->size;
    s->task.data = s;
    s->task.context = s;
    s->task.work = ngx_http_civic_blob_next;
    s->task.done = ngx_http_civic_blob_opened;
    s->timer.handler = ngx_http_civic_blob_timer;
    s->timer.data = s;
    s->timer.log = ngx_cycle->log;

    ngx_http_civic_sendings++;

    s->want = CIVIC_BLOB_CHUNK;

    if (ngx_http_civic_blob_room(s) != NGX_OK) {
        ngx_http_civic_blob_free(s);
        return NULL;
    }

    return s;
}


/* A file that is not there may have been deleted since its record was read:
   then there is no record either. */

static civic_result_t
ngx_http_civic_blob_explain(ngx_http_civic_request_t *cr, int error,
    civic_purpose_t *purpose)
{
    civic_result_t             rc = CIVIC_OK;
    civic_blob_record_t        record;
    ngx_http_civic_sending_t  *s = cr->sending;

    if (error == ENOENT) {
        rc = ngx_http_civic_blob_record(cr, s->pid, purpose, s->id, &record);
        explicit_bzero(&record, sizeof(record));
    }

    return rc != CIVIC_OK ? rc
           : ngx_http_civic_blob_failed(cr, "a blob cannot be sent", error);
}


static civic_result_t
ngx_http_civic_blob_start(ngx_http_civic_request_t *cr,
    civic_purpose_t *purpose)
{
    civic_result_t             rc;
    ngx_http_civic_sending_t  *s = cr->sending;

    rc = ngx_http_civic_offload_disk(&cr->public, ngx_http_civic_blob_open, s);

    explicit_bzero(s->record.key, CIVIC_BLOB_KEY);

    if (rc == CIVIC_OK && s->error != 0) {
        rc = ngx_http_civic_blob_explain(cr, s->error, purpose);
    }

    if (rc != CIVIC_OK) {
        ngx_http_civic_blob_unsend(cr);
        return rc;
    }

    s->ready = 1;

    cr->status = NGX_HTTP_OK;
    cr->is_problem = 0;
    cr->tagged = 0;
    cr->retry_after = 0;
    cr->reply_body = CIVIC_STR("");
    cr->writing = 0;

    /* another reply would have another one: see blob_is_reply() */
    cr->content_type = s->record.media_type;

    return CIVIC_OK;
}


static civic_result_t
ngx_http_civic_blob_begin(ngx_http_civic_request_t *cr, civic_str_t pid,
    civic_purpose_t *purpose, civic_str_t id)
{
    civic_result_t       rc;
    civic_blob_record_t  record;

    if (cr->route->table.method != CIVIC_GET) {
        civic_log(&cr->public, CIVIC_LOG_ERROR, "\"%s\" replies with a blob: "
                  "that is for a GET", (char *) cr->route->pattern.data);
        return CIVIC_ERROR;
    }

    rc = ngx_http_civic_blob_record(cr, pid, purpose, id, &record);
    if (rc != CIVIC_OK) {
        return rc;
    }

    ngx_http_civic_blob_unsend(cr);

    if (ngx_http_civic_sendings >= NGX_HTTP_CIVIC_SENDINGS) {
        (void) ngx_atomic_fetch_add(&ngx_http_civic_worker.row->refused, 1);
        explicit_bzero(&record, sizeof(record));
        return CIVIC_BUSY;
    }

    cr->sending = ngx_http_civic_blob_create(cr, pid, id, &record);
    explicit_bzero(&record, sizeof(record));

    return cr->sending == NULL ? CIVIC_ERROR
                               : ngx_http_civic_blob_start(cr, purpose);
}


civic_result_t
ngx_http_civic_reply_blob(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id)
{
    civic_purpose_t  *key;

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    key = ngx_http_civic_purpose(r, purpose);

    return key == NULL
           ? CIVIC_ERROR
           : ngx_http_civic_blob_begin(ngx_http_civic_cast(r), pid, key, id);
}


civic_result_t
ngx_http_civic_reply_blob_url(civic_request_t *r, civic_str_t ticket)
{
    civic_str_t                pid, id;
    civic_result_t             rc;
    civic_purpose_t           *purpose;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    rc = ngx_http_civic_blob_ticket(cr, ticket, &pid, &purpose, &id);

    return rc != CIVIC_OK ? rc : ngx_http_civic_blob_begin(cr, pid, purpose,
                                                           id);
}


/* ---- the pump, on the main stack --------------------------------------- */

/* nginx's request ends, whether all of it was sent or not. */

static void
ngx_http_civic_blob_gone(void *data)
{
    ngx_http_civic_sending_t  *s = data;

    s->http = NULL;
    s->request = NULL;
}


/* And its pool: nobody points at the pieces but a thread. */

static void
ngx_http_civic_blob_orphan(void *data)
{
    ngx_http_civic_sending_t  *s = data;

    s->http = NULL;
    s->orphan = 1;

    if (!s->submitted) {
        ngx_http_civic_blob_free(s);
    }
}


static void
ngx_http_civic_blob_try(ngx_http_civic_sending_t *s)
{
    s->submitted = ngx_http_civic_threads_submit(NGX_HTTP_CIVIC_DISK,
                                                 &s->task)
                   == NGX_OK;

    /* also keeps a worker that is told to quit until the thread is done */
    ngx_add_timer(&s->timer, s->submitted ? NGX_HTTP_CIVIC_SENDING_GUARD
                                          : NGX_HTTP_CIVIC_SENDING_RETRY);
}


static void
ngx_http_civic_blob_timer(ngx_event_t *ev)
{
    ngx_connection_t          *c;
    ngx_http_civic_sending_t  *s = ev->data;

    if (s->submitted) {
        ngx_add_timer(ev, NGX_HTTP_CIVIC_SENDING_GUARD);
        return;
    }

    if (s->http == NULL) {
        return;                         /* its pool's end frees it */
    }

    if (ngx_current_msec - s->since < NGX_HTTP_CIVIC_SENDING_WAIT) {
        ngx_http_civic_blob_try(s);
        return;
    }

    c = s->http->connection;

    ngx_log_error(NGX_LOG_ERR, c->log, 0, "no thread for the rest of a blob "
                  "in %d ms: the reply ends", NGX_HTTP_CIVIC_SENDING_WAIT);

    ngx_http_finalize_request(s->http, NGX_ERROR);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_civic_blob_opened(civic_offload_task_t *task)
{
    ngx_connection_t          *c;
    ngx_http_civic_sending_t  *s = task->context;

    s->submitted = 0;

    if (s->timer.timer_set) {
        ngx_del_timer(&s->timer);
    }

    if (s->http == NULL) {
        if (s->orphan) {
            ngx_http_civic_blob_free(s);
        }

        return;
    }

    if (task->dropped) {
        return;                         /* the worker ends */
    }

    c = s->http->connection;

    if (s->error != 0) {
        /* cut off, for a reply that looks whole would be a lie */
        (void) ngx_http_civic_blob_failed(s->request, "a blob breaks off",
                                          s->error);
        ngx_http_finalize_request(s->http, NGX_ERROR);

    } else {
        s->ready = 1;

        if (s->sent != NULL && ngx_buf_size(s->sent) == 0) {
            s->want = NGX_HTTP_CIVIC_PIECE;
        }

        ngx_http_civic_blob_pump(s);
    }

    ngx_http_run_posted_requests(c);
}


/* Gives the piece that is ready to nginx, and begins with the next. */

static ngx_int_t
ngx_http_civic_blob_pass(ngx_http_civic_sending_t *s)
{
    ngx_buf_t           *b;
    ngx_chain_t          out;
    ngx_http_request_t  *r = s->http;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->start = s->piece[s->next];
    b->pos = b->start;
    b->last = b->start + s->len;
    b->end = b->last;
    b->memory = 1;
    b->flush = 1;

    s->left -= s->len;
    s->ready = 0;
    s->next = 1 - s->next;
    s->sent = b;

    if (s->left == 0) {
        b->flush = 0;
        b->last_buf = (r == r->main);
        b->last_in_chain = 1;

    } else {
        if (ngx_http_civic_blob_room(s) != NGX_OK) {
            return NGX_ERROR;
        }

        s->since = ngx_current_msec;
        ngx_http_civic_blob_try(s);
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static void
ngx_http_civic_blob_pump(ngx_http_civic_sending_t *s)
{
    ngx_int_t            rc = NGX_OK;
    ngx_event_t         *wev = s->http->connection->write;
    ngx_http_request_t  *r = s->http;

    for ( ;; ) {

        if (s->sent != NULL && ngx_buf_size(s->sent) != 0) {

            rc = ngx_http_output_filter(r, NULL);

            if (rc != NGX_ERROR && ngx_buf_size(s->sent) != 0) {
                rc = ngx_http_civic_large_wait(r);

                if (rc == NGX_OK) {
                    return;
                }
            }
        }

        if (rc == NGX_ERROR) {
            ngx_http_finalize_request(r, NGX_ERROR);
            return;
        }

        if (wev->timer_set && !wev->delayed) {
            ngx_del_timer(wev);
        }

        if (!s->ready) {
            return;                     /* a thread is at it */
        }

        rc = ngx_http_civic_blob_pass(s);

        if (s->left == 0) {
            ngx_http_finalize_request(r, rc);
            return;
        }
    }
}


static void
ngx_http_civic_blob_writable(ngx_http_request_t *r)
{
    ngx_http_civic_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_civic_module);

    if (ngx_http_civic_large_may_go_on(r)) {
        ngx_http_civic_blob_pump(ctx->sending);
    }
}


ngx_uint_t
ngx_http_civic_blob_is_reply(ngx_http_civic_request_t *cr)
{
    return cr->sending != NULL && !cr->writing
           && cr->content_type == cr->sending->record.media_type;
}


/* From the request that ends to nginx's. */

static ngx_int_t
ngx_http_civic_blob_hand_over(ngx_http_civic_request_t *cr)
{
    ngx_http_request_t        *r = cr->http;
    ngx_pool_cleanup_t        *pool_cln;
    ngx_http_cleanup_t        *cln;
    ngx_http_civic_sending_t  *s = cr->sending;

    pool_cln = ngx_pool_cleanup_add(r->pool, 0);
    if (pool_cln == NULL) {
        return NGX_ERROR;
    }

    pool_cln->handler = ngx_http_civic_blob_orphan;
    pool_cln->data = s;
    cr->sending = NULL;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_civic_blob_gone;
    cln->data = s;
    s->http = r;
    cr->ctx->sending = s;

    return NGX_OK;
}


/* The head stands but for what the handler added. */

ngx_int_t
ngx_http_civic_blob_send(ngx_http_civic_request_t *cr)
{
    ngx_int_t                  rc;
    ngx_http_request_t        *r = cr->http;
    ngx_http_civic_sending_t  *s = cr->sending;

    if (ngx_http_civic_blob_hand_over(cr) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cr->ctx->status = NGX_HTTP_OK;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = s->record.size;
    r->headers_out.content_type.data = (u_char *) s->record.media_type;
    r->headers_out.content_type.len = ngx_strlen(s->record.media_type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->disable_not_modified = 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    r->write_event_handler = ngx_http_civic_blob_writable;
    r->main->count++;

    ngx_http_civic_blob_pump(s);

    return NGX_DONE;
}
