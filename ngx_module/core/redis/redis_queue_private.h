/*
 * redis_queue_private.h - what the queue and the builder of values share.
 */

#ifndef CIVIC_REDIS_QUEUE_PRIVATE_H
#define CIVIC_REDIS_QUEUE_PRIVATE_H

#include <hiredis/read.h>

#include "redis_queue.h"

typedef enum {
    CIVIC_REDIS_WAITING = 0,
    CIVIC_REDIS_TOMBSTONE,              /* swallows its answer */
    CIVIC_REDIS_CUT,                    /* to be cut out of the output */
    CIVIC_REDIS_TOO_BIG,                /* its arena could not take it */
    CIVIC_REDIS_LOST                    /* out of the queue, being failed */
} civic_redis_entry_state_t;

struct civic_redis_entry_s {
    civic_redis_queue_t        *queue;
    civic_redis_entry_t        *next;
    civic_redis_entry_state_t   state;
    civic_arena_t              *arena;
    civic_redis_done_pt         done;
    void                       *data;
    uint64_t                    begin;  /* positions in the stream */
    uint64_t                    end;
};

struct civic_redis_queue_s {
    size_t                limit;

    civic_redis_entry_t  *head;
    civic_redis_entry_t **tail;
    size_t                pending;      /* tombstones included */
    size_t                tombstones;
    size_t                cut;
    civic_msec_t          now;          /* the latest that we were told */
    civic_msec_t          head_since;

    civic_redis_entry_t  *spare;
    size_t                nspare;

    char                 *output;
    size_t                size;
    size_t                first;        /* unwritten: [first, last) */
    size_t                last;
    uint64_t              written;      /* the position of output[first] */

    int                   listening;
    civic_redis_entry_t   listener;     /* whose value is built then */
    civic_redis_told_pt   told;
    void                 *told_data;

    redisReader          *reader;
    size_t                answered;     /* bytes of the answer so far */
};

/* Whose value is being built. */
static inline civic_redis_entry_t *
civic_redis_receiver(civic_redis_queue_t *queue)
{
    return queue->listening ? &queue->listener : queue->head;
}

/* A new reader for the queue, which builds the receiver's values.  0, or -1
   without memory. */
int civic_redis_values_reader(civic_redis_queue_t *queue);

#endif
