/*
 * ngx_http_civic_threads.c - work for threads, results for the event loop.
 *
 * Not nginx's own pools: those need a line in the main context for each,
 * and cannot run under SCHED_IDLE, without which password hashing stalls the
 * loop for 5 ms (docs/adr has the measurement).
 */

#include "ngx_http_civic.h"


typedef struct {
    civic_offload_t   *pool;
    ngx_connection_t  *connection;      /* of the eventfd */
} ngx_http_civic_threads_t;


static ngx_http_civic_threads_t  ngx_http_civic_threads[3];


static void
ngx_http_civic_threads_read(ngx_event_t *ev)
{
    ngx_connection_t          *c = ev->data;
    ngx_http_civic_threads_t  *threads = c->data;

    civic_offload_collect(threads->pool);
}


static ngx_int_t
ngx_http_civic_threads_open(ngx_cycle_t *cycle,
    ngx_http_civic_threads_t *threads, ngx_uint_t count, ngx_uint_t queue,
    civic_offload_rank_t rank)
{
    ngx_connection_t  *c;

    threads->pool = civic_offload_create(count, queue, rank);

    if (threads->pool == NULL) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "%ui threads cannot be started", count);
        return NGX_ERROR;
    }

    c = ngx_get_connection(civic_offload_fd(threads->pool), cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = threads;
    c->read->handler = ngx_http_civic_threads_read;
    c->read->log = cycle->log;
    c->write->log = cycle->log;

    /* does not keep a worker that was told to quit */
    c->idle = 0;

    threads->connection = c;

    return ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT);
}


ngx_int_t
ngx_http_civic_threads_init(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    if (ngx_http_civic_threads_open(
            cycle, &ngx_http_civic_threads[CIVIC_THREADS_WORK],
            cmcf->work_threads, cmcf->work_queue, CIVIC_OFFLOAD_ORDINARY)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_civic_threads_open(
            cycle, &ngx_http_civic_threads[NGX_HTTP_CIVIC_DISK],
            cmcf->disk_threads, cmcf->disk_queue, CIVIC_OFFLOAD_LOW)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_civic_threads_open(
               cycle, &ngx_http_civic_threads[CIVIC_THREADS_HASH],
               cmcf->hash_threads, cmcf->hash_queue, CIVIC_OFFLOAD_IDLE);
}


void
ngx_http_civic_threads_exit(void)
{
    ngx_uint_t                 i;
    ngx_http_civic_threads_t  *threads;

    for (i = 0; i < 3; i++) {
        threads = &ngx_http_civic_threads[i];

        if (threads->pool == NULL) {
            continue;
        }

        if (threads->connection != NULL) {
            (void) ngx_del_event(threads->connection->read, NGX_READ_EVENT, 0);
            ngx_free_connection(threads->connection);
            threads->connection->fd = (ngx_socket_t) -1;
            threads->connection = NULL;
        }

        civic_offload_destroy(threads->pool);
        threads->pool = NULL;
    }
}


ngx_int_t
ngx_http_civic_threads_submit(civic_threads_t threads,
    civic_offload_task_t *task)
{
    return civic_offload_submit(ngx_http_civic_threads[threads].pool, task)
           == 0 ? NGX_OK : NGX_BUSY;
}


size_t
ngx_http_civic_threads_pending(civic_threads_t threads)
{
    return civic_offload_pending(ngx_http_civic_threads[threads].pool);
}


/* Hashing that a busy processor has brought to a stand. */

void
ngx_http_civic_threads_relieve(void)
{
    civic_offload_relieve(ngx_http_civic_threads[CIVIC_THREADS_HASH].pool);
}


static void
ngx_http_civic_offload_done(civic_offload_task_t *task)
{
    ngx_http_civic_resume(task->context);
}


/* On the fiber.  Submitting is a lock and a signal: no need for the main
   stack; the answer comes through the event loop. */

static civic_result_t
ngx_http_civic_offload_to(civic_request_t *r, civic_threads_t threads,
    void (*work)(void *data), void *data)
{
    civic_result_t             rc;
    civic_offload_task_t       task;
    ngx_http_civic_request_t  *cr = (ngx_http_civic_request_t *) r;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    ngx_memzero(&task, sizeof(civic_offload_task_t));

    task.work = work;
    task.data = data;
    task.done = ngx_http_civic_offload_done;
    task.context = cr;

    if (ngx_http_civic_threads_submit(threads, &task) != NGX_OK) {

        if (threads == CIVIC_THREADS_HASH) {
            (void) ngx_atomic_fetch_add(
                       &ngx_http_civic_worker.row->hash_refused, 1);
        }

        return CIVIC_BUSY;
    }

    rc = ngx_http_civic_suspend(cr, NULL, NULL);

    return rc == CIVIC_OK && task.dropped ? CIVIC_BUSY : rc;
}


civic_result_t
ngx_http_civic_offload(civic_request_t *r, civic_threads_t threads,
    void (*work)(void *data), void *data)
{
    return threads == CIVIC_THREADS_WORK || threads == CIVIC_THREADS_HASH
           ? ngx_http_civic_offload_to(r, threads, work, data) : CIVIC_ERROR;
}


civic_result_t
ngx_http_civic_offload_disk(civic_request_t *r, void (*work)(void *data),
    void *data)
{
    return ngx_http_civic_offload_to(r, NGX_HTTP_CIVIC_DISK, work,
                                     data);
}
