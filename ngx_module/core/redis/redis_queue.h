/*
 * redis_queue.h - one pipelined Redis connection, without the socket.
 *
 * Commands are appended to an output buffer and queued; bytes that arrive
 * are parsed (hiredis is the codec) and answer the head of the queue.  An
 * entry that was given up becomes a tombstone: it swallows its late answer.
 * The owner moves the bytes, keeps the clocks, and decides when to drop the
 * connection: when the head has not moved for too long.
 *
 * Values are built in the call's own arena, so nothing is copied later.
 */

#ifndef CIVIC_REDIS_QUEUE_H
#define CIVIC_REDIS_QUEUE_H

#include "arena.h"

typedef struct civic_redis_queue_s  civic_redis_queue_t;
typedef struct civic_redis_entry_s  civic_redis_entry_t;

/*
 * result: CIVIC_OK with a value (which may be of type error: the owner looks
 * at MOVED and the like), CIVIC_NOT_SENT or CIVIC_UNKNOWN without one, or
 * CIVIC_ERROR without one: it was answered, but the arena could not take the
 * answer.  May push and abandon, but not feed, fail or destroy its queue.
 */
typedef void (*civic_redis_done_pt)(void *data, civic_result_t result,
    const civic_value_t *value);

/* limit: bytes that may wait in the output buffer, and that one answer may
   have.  NULL: no memory. */
civic_redis_queue_t *civic_redis_queue_create(size_t limit);
/* Entries must have been failed or abandoned. */
void civic_redis_queue_destroy(civic_redis_queue_t *queue);

/* NULL when the buffer is full, memory is out or the queue listens: nothing
   was queued.  argv is copied.  Without done (and arena) the answer is
   swallowed. */
civic_redis_entry_t *civic_redis_queue_push(civic_redis_queue_t *queue,
    const civic_str_t *argv, size_t argc, civic_arena_t *arena,
    civic_redis_done_pt done, void *data, civic_msec_t now);

/* Whether a byte of the entry was written.  If none was, abandoning it takes
   it back: it will never be sent. */
int civic_redis_queue_sent(const civic_redis_entry_t *entry);

/* done() will not be called; the answer will be swallowed.  The arena may go
   at once, also in the middle of an answer. */
void civic_redis_queue_abandon(civic_redis_entry_t *entry);

/*
 * A subscriber's connection: from now on, until it fails, nothing that
 * arrives answers anything.  Every value is built in memory of the queue's
 * own, given to told() and forgotten after it; told() may tell, and nothing
 * else.  -1: commands are still waiting for their answers, or no memory.
 */
typedef void (*civic_redis_told_pt)(void *data, const civic_value_t *value);
int civic_redis_queue_listen(civic_redis_queue_t *queue,
    civic_redis_told_pt told, void *data);

/* A command of a listening queue, which nothing answers.  0, or -1 as push()
   would be NULL. */
int civic_redis_queue_tell(civic_redis_queue_t *queue,
    const civic_str_t *argv, size_t argc);

/* What is to be written; consumed() after it was, with nothing between. */
civic_str_t civic_redis_queue_output(civic_redis_queue_t *queue);
void civic_redis_queue_consumed(civic_redis_queue_t *queue, size_t len);

/* Bytes that arrived; calls done().  0; or -1 for garbage, an answer that
   nobody asked for, or one over limit bytes: drop the connection. */
int civic_redis_queue_feed(civic_redis_queue_t *queue, const char *data,
    size_t len, civic_msec_t now);

/* The connection is lost: entries that were not written to their last byte
   get NOT_SENT (Redis runs no half command), the others UNKNOWN.  The queue
   is empty afterwards, and ready for the next connection. */
void civic_redis_queue_fail(civic_redis_queue_t *queue);

size_t civic_redis_queue_pending(const civic_redis_queue_t *queue);
size_t civic_redis_queue_tombstones(const civic_redis_queue_t *queue);

/* Since when the head waits, 0 if the queue is empty: the time when it became
   the head and its bytes were sent. */
civic_msec_t civic_redis_queue_head_since(const civic_redis_queue_t *queue);

#endif
