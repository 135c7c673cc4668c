/*
 * offload.c - threads for work that would hold the event loop.
 *
 * No lock stands between the loop and the threads: a thread under SCHED_IDLE
 * that is put aside while it holds one would hold the loop with it, for as
 * long as others want the processor.  So the loop writes a ring that threads
 * claim from, and threads push what they finished on a list that the loop
 * takes as a whole.
 *
 * The pool owns its threads; tasks are the submitter's.  Everything but
 * civic_offload_thread() runs on the loop's thread.
 */

/* SCHED_IDLE and the names of threads */
#define _GNU_SOURCE

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/resource.h>

#include "offload.h"

/* Enough for image decoders; argon2 and scrypt work on the heap. */
#define CIVIC_OFFLOAD_STACK    (1024 * 1024)
#define CIVIC_OFFLOAD_THREADS  1024
#define CIVIC_OFFLOAD_QUEUE    (1024 * 1024)

/* Of the thread that relieves idle ones: about a tenth of a busy processor. */
#define CIVIC_OFFLOAD_NICE     10

/* Of low ones: the loop is woken before them. */
#define CIVIC_OFFLOAD_LOWEST   19

/* done() is called for as many in one turn of the loop: each may go on with a
   request, or take another 64 KB of a file. */
#define CIVIC_OFFLOAD_TURN     4

/* So that what threads write does not share lines with what the loop does. */
#define CIVIC_OFFLOAD_LINE     64

typedef _Atomic(civic_offload_task_t *)  civic_offload_slot_t;

struct civic_offload_s {
    /* the loop's */
    uint64_t               tail;        /* tasks submitted so far */
    uint64_t               collected;
    civic_offload_task_t  *untold;      /* done() is due, oldest first */
    civic_offload_task_t **last;        /* where the next one goes */
    size_t                 bound;       /* threads + queue */
    size_t                 mask;
    civic_offload_slot_t  *ring;
    int                    fd;
    civic_offload_rank_t   rank;
    unsigned               count;
    pthread_t             *threads;
    sem_t                  ready;
    atomic_int             stop;

    /* of idle pools */
    pthread_t              helper;
    int                    helped;      /* it was started */
    sem_t                  relief;
    uint64_t               seen;        /* head, at the last look */

    /* the threads' */
    _Alignas(CIVIC_OFFLOAD_LINE)
    _Atomic uint64_t       head;        /* tasks claimed so far */
    _Atomic uint64_t       finished;
    civic_offload_slot_t   done;        /* newest first */
};


/* ---- on a thread ------------------------------------------------------- */

/*
 * Each post of the semaphore stands for one task, so there is one at head.
 * The slot is read before the claim: had the loop reused it meanwhile, head
 * would have moved on and the claim would fail.
 */
static civic_offload_task_t *
civic_offload_claim(civic_offload_t *pool)
{
    uint64_t               head;
    civic_offload_task_t  *task;

    head = atomic_load_explicit(&pool->head, memory_order_acquire);

    do {
        task = atomic_load_explicit(&pool->ring[head & pool->mask],
                                    memory_order_acquire);
    } while (!atomic_compare_exchange_weak_explicit(&pool->head, &head,
                                                    head + 1,
                                                    memory_order_acq_rel,
                                                    memory_order_acquire));

    return task;
}


static void
civic_offload_wake(civic_offload_t *pool)
{
    ssize_t   n;
    uint64_t  one = 1;

    do {
        n = write(pool->fd, &one, sizeof(one));
    } while (n == -1 && errno == EINTR);
}


/* The event is written each time: relying on another thread's write would
   wait for that thread, and it may be the one that was put aside. */
static void
civic_offload_finish(civic_offload_t *pool, civic_offload_task_t *task)
{
    /* before the push: done() may want to submit the next task at once */

    atomic_fetch_add_explicit(&pool->finished, 1, memory_order_release);

    task->next = atomic_load_explicit(&pool->done, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(&pool->done, &task->next,
                                                  task, memory_order_release,
                                                  memory_order_relaxed))
    {
        /* task->next was set to what is there now */
    }

    civic_offload_wake(pool);
}


static void *
civic_offload_thread(void *data)
{
    civic_offload_t       *pool = data;
    civic_offload_task_t  *task;

    if (pool->rank == CIVIC_OFFLOAD_LOW) {
        (void) setpriority(PRIO_PROCESS, (id_t) gettid(),
                           CIVIC_OFFLOAD_LOWEST);
    }

    for ( ;; ) {
        while (sem_wait(&pool->ready) != 0) {
            /* only a signal ends the wait early */
        }

        if (atomic_load_explicit(&pool->stop, memory_order_acquire)) {
            return NULL;
        }

        task = civic_offload_claim(pool);
        task->work(task->data);
        civic_offload_finish(pool, task);
    }
}


/* Under SCHED_IDLE a thread may stand still for seconds while others want
   the processor.  What waits behind it is done here then. */
static void *
civic_offload_helper(void *data)
{
    civic_offload_t       *pool = data;
    civic_offload_task_t  *task;

    (void) setpriority(PRIO_PROCESS, (id_t) gettid(), CIVIC_OFFLOAD_NICE);

    for ( ;; ) {
        while (sem_wait(&pool->relief) != 0) {
            /* only a signal ends the wait early */
        }

        while (!atomic_load_explicit(&pool->stop, memory_order_acquire)
               && sem_trywait(&pool->ready) == 0)
        {
            task = civic_offload_claim(pool);
            task->work(task->data);
            civic_offload_finish(pool, task);
        }

        if (atomic_load_explicit(&pool->stop, memory_order_acquire)) {
            return NULL;
        }
    }
}


/* ---- starting ---------------------------------------------------------- */

static const char *const  civic_offload_names[] = {
    "civic-work", "civic-idle", "civic-disk"
};


static int
civic_offload_start_thread(civic_offload_t *pool, const pthread_attr_t *attr)
{
    pthread_t           thread;
    struct sched_param  param = { .sched_priority = 0 };

    if (pthread_create(&thread, attr, civic_offload_thread, pool) != 0) {
        return -1;
    }

    pool->threads[pool->count++] = thread;
    pthread_setname_np(thread, civic_offload_names[pool->rank]);

    if (pool->rank != CIVIC_OFFLOAD_IDLE) {
        return 0;
    }

    return pthread_setschedparam(thread, SCHED_IDLE, &param) == 0 ? 0 : -1;
}


/* Threads inherit the mask: the worker's signals are for its own thread. */
static int
civic_offload_start(civic_offload_t *pool, unsigned threads)
{
    int             rc = 0;
    sigset_t        all, before;
    pthread_attr_t  attr;

    if (pthread_attr_init(&attr) != 0) {
        return -1;
    }

    pthread_attr_setstacksize(&attr, CIVIC_OFFLOAD_STACK);

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);

    while (rc == 0 && pool->count < threads) {
        rc = civic_offload_start_thread(pool, &attr);
    }

    if (rc == 0 && pool->rank == CIVIC_OFFLOAD_IDLE) {
        rc = pthread_create(&pool->helper, &attr, civic_offload_helper, pool)
             == 0 ? 0 : -1;
        pool->helped = rc == 0;
    }

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);

    return rc;
}


static civic_offload_t *
civic_offload_make(unsigned threads, size_t queue)
{
    size_t            size;
    civic_offload_t  *pool;

    pool = aligned_alloc(CIVIC_OFFLOAD_LINE, sizeof(civic_offload_t));
    if (pool == NULL) {
        return NULL;
    }

    *pool = (civic_offload_t) { .bound = threads + queue };
    pool->last = &pool->untold;

    for (size = 1; size < pool->bound; size *= 2) {
        /* the ring's size is a power of two */
    }

    pool->mask = size - 1;
    pool->ring = calloc(size, sizeof(civic_offload_slot_t));
    pool->threads = calloc(threads, sizeof(pthread_t));
    pool->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (pool->ring != NULL && pool->threads != NULL && pool->fd != -1
        && sem_init(&pool->ready, 0, 0) == 0
        && sem_init(&pool->relief, 0, 0) == 0)
    {
        return pool;
    }

    if (pool->fd != -1) {
        close(pool->fd);
    }

    free(pool->threads);
    free(pool->ring);
    free(pool);

    return NULL;
}


civic_offload_t *
civic_offload_create(unsigned threads, size_t queue,
    civic_offload_rank_t rank)
{
    civic_offload_t  *pool;

    if (threads == 0 || threads > CIVIC_OFFLOAD_THREADS
        || queue > CIVIC_OFFLOAD_QUEUE)
    {
        errno = EINVAL;
        return NULL;
    }

    pool = civic_offload_make(threads, queue);
    if (pool == NULL) {
        return NULL;
    }

    pool->rank = rank;

    if (civic_offload_start(pool, threads) != 0) {
        civic_offload_destroy(pool);
        return NULL;
    }

    return pool;
}


/* ---- on the loop ------------------------------------------------------- */

int
civic_offload_submit(civic_offload_t *pool, civic_offload_task_t *task)
{
    uint64_t  finished;

    finished = atomic_load_explicit(&pool->finished, memory_order_acquire);

    if (pool->tail - finished >= pool->bound
        || atomic_load_explicit(&pool->stop, memory_order_relaxed))
    {
        return -1;
    }

    task->next = NULL;
    task->dropped = 0;

    atomic_store_explicit(&pool->ring[pool->tail & pool->mask], task,
                          memory_order_release);
    pool->tail++;
    sem_post(&pool->ready);

    return 0;
}


int
civic_offload_fd(civic_offload_t *pool)
{
    return pool->fd;
}


void
civic_offload_relieve(civic_offload_t *pool)
{
    uint64_t  head;

    head = atomic_load_explicit(&pool->head, memory_order_acquire);

    if (pool->helped && head != pool->tail && head == pool->seen) {
        sem_post(&pool->relief);
    }

    pool->seen = head;
}


size_t
civic_offload_pending(civic_offload_t *pool)
{
    return (size_t) (pool->tail - pool->collected);
}


/* What threads have finished goes behind what is still to be told. */
static void
civic_offload_take(civic_offload_t *pool)
{
    civic_offload_task_t  *task, *next, *first = NULL, *newest;

    newest = atomic_exchange_explicit(&pool->done, NULL, memory_order_acquire);

    for (task = newest; task != NULL; task = next) {
        next = task->next;
        task->next = first;
        first = task;
    }

    *pool->last = first;
    pool->last = newest == NULL ? pool->last : &newest->next;
}


static void
civic_offload_tell(civic_offload_t *pool)
{
    civic_offload_task_t  *task = pool->untold;

    pool->untold = task->next;

    if (pool->untold == NULL) {
        pool->last = &pool->untold;
    }

    pool->collected++;
    task->done(task);                   /* may free it */
}


/* The event is cleared first: what is finished after the list was taken
   sets it again, and so does what is left. */
void
civic_offload_collect(civic_offload_t *pool)
{
    int       i;
    ssize_t   n;
    uint64_t  events;

    do {
        n = read(pool->fd, &events, sizeof(events));
    } while (n == -1 && errno == EINTR);

    civic_offload_take(pool);

    for (i = 0; i < CIVIC_OFFLOAD_TURN && pool->untold != NULL; i++) {
        civic_offload_tell(pool);
    }

    if (pool->untold != NULL) {
        civic_offload_wake(pool);
    }
}


static void
civic_offload_drop_waiting(civic_offload_t *pool)
{
    uint64_t               head;
    civic_offload_task_t  *task;

    head = atomic_load_explicit(&pool->head, memory_order_acquire);

    for ( /* void */ ; head != pool->tail; head++) {
        task = atomic_load_explicit(&pool->ring[head & pool->mask],
                                    memory_order_relaxed);
        task->dropped = 1;
        pool->collected++;
        task->done(task);
    }
}


void
civic_offload_destroy(civic_offload_t *pool)
{
    unsigned  i;

    if (pool == NULL) {
        return;
    }

    atomic_store_explicit(&pool->stop, 1, memory_order_release);

    for (i = 0; i < pool->count; i++) {
        sem_post(&pool->ready);
    }

    for (i = 0; i < pool->count; i++) {
        pthread_join(pool->threads[i], NULL);
    }

    if (pool->helped) {
        sem_post(&pool->relief);
        pthread_join(pool->helper, NULL);
    }

    civic_offload_take(pool);

    while (pool->untold != NULL) {
        civic_offload_tell(pool);
    }

    civic_offload_drop_waiting(pool);

    sem_destroy(&pool->relief);
    sem_destroy(&pool->ready);
    close(pool->fd);
    free(pool->threads);
    free(pool->ring);
    free(pool);
}
