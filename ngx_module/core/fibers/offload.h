/*
 * offload.h - threads for work that would hold the event loop.
 *
 * Each pool has its own threads, a bounded queue and an eventfd that becomes
 * readable when work is done.  Hashing pools run under SCHED_IDLE: measured,
 * ordinary threads beside the loop stall it for 5 ms.  Those that write files
 * are low instead, at the weakest ordinary priority: they may hold what others
 * wait for in the kernel, and must go on.  Submitting and collecting happen on
 * the loop's thread.
 */

#ifndef CIVIC_OFFLOAD_H
#define CIVIC_OFFLOAD_H

#include <stddef.h>

typedef struct civic_offload_s       civic_offload_t;
typedef struct civic_offload_task_s  civic_offload_task_t;

/* Owned by the submitter; must stay until done() was called. */
struct civic_offload_task_s {
    void                  (*work)(void *data);      /* on a thread */
    void                   *data;
    void                  (*done)(civic_offload_task_t *task);  /* on the
                                                                   loop */
    void                   *context;
    civic_offload_task_t   *next;
    int                     dropped;    /* in done(): work() was not called */
};

typedef enum {
    CIVIC_OFFLOAD_ORDINARY,
    CIVIC_OFFLOAD_IDLE,                 /* SCHED_IDLE */
    CIVIC_OFFLOAD_LOW
} civic_offload_rank_t;

/* queue: tasks that may wait.  NULL on failure. */
civic_offload_t *civic_offload_create(unsigned threads, size_t queue,
    civic_offload_rank_t rank);

/* Waits for running work, drops what waits (done() is called for all). */
void civic_offload_destroy(civic_offload_t *pool);

/* 0; -1 when the queue is full.  done() is never called from in here. */
int civic_offload_submit(civic_offload_t *pool, civic_offload_task_t *task);

/* To poll for reading; then call collect(), which calls done() for each. */
int civic_offload_fd(civic_offload_t *pool);
void civic_offload_collect(civic_offload_t *pool);

/*
 * To be called now and then, of idle pools: work that has not moved since
 * the last call is done by a further thread of low but ordinary priority, so
 * that a processor which others keep busy slows logins down and does not end
 * them.  Costs nothing while work moves.
 */
void civic_offload_relieve(civic_offload_t *pool);

/* Tasks that wait or run, or whose done() was not called yet. */
size_t civic_offload_pending(civic_offload_t *pool);

#endif
