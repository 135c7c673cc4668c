/*
 * waiters.h - who waits for which topic, in one worker.
 *
 * Notifications carry a topic's hash and nothing else.  A waiter watches up
 * to CIVIC_WATCHES topics; a hint for one of them leaves a mark on it and, if
 * it sleeps, puts it into the line of those to be woken, which the owner
 * empties at its own pace; those whose time is over stand in a second line,
 * behind all who have something to look at.  Adding, removing and hints
 * allocate nothing and take constant time for each waiter that is met; all
 * memory is taken when the table is made.  Waiters are their owners'.  One
 * thread.
 */

#ifndef CIVIC_WAITERS_H
#define CIVIC_WAITERS_H

#include "civic_plugin.h"

#define CIVIC_WATCHES       4           /* topics of one waiter */
#define CIVIC_TOPIC_LEN     128         /* bytes of one topic, at most */
#define CIVIC_TOPIC_SHARDS  16          /* channels */
#define CIVIC_TOPIC_TEXT    16          /* hexadecimal digits of a hash */

typedef struct civic_waiters_s  civic_waiters_t;
typedef struct civic_waiter_s   civic_waiter_t;
typedef struct civic_watch_s    civic_watch_t;

/* Of waiters.c alone, as all of a waiter. */
struct civic_watch_s {
    civic_watch_t   *next;
    civic_watch_t  **prev;
    civic_waiter_t  *waiter;
    uint64_t         hash;
};

struct civic_waiter_s {
    civic_watch_t    watches[CIVIC_WATCHES];
    civic_waiter_t  *next;              /* of all */
    civic_waiter_t  *prev;
    civic_waiter_t  *line_next;         /* of those to be woken */
    civic_waiter_t  *line_prev;
    void            *source;
    void            *data;
    unsigned         count;             /* topics */
    unsigned         hinted:1;          /* since it slept last */
    unsigned         sleeping:1;
    unsigned         lined:1;
    unsigned         late:1;            /* in the second line */
};

/* limit: waiters in all; per_source: of one source.  NULL: no memory. */
civic_waiters_t *civic_waiters_create(size_t limit, size_t per_source);
/* Nobody may be left in it. */
void civic_waiters_destroy(civic_waiters_t *table);

/* The waiter's memory is the caller's until it has left.  CIVIC_BUSY: all
   places, or those of the source, are taken. */
civic_result_t civic_waiters_join(civic_waiters_t *table,
    civic_waiter_t *waiter, uint64_t source, void *data);
void civic_waiters_leave(civic_waiters_t *table, civic_waiter_t *waiter);
size_t civic_waiters_count(const civic_waiters_t *table);

/* One more topic; the same again is none.  CIVIC_ERROR: it has too many. */
civic_result_t civic_waiters_watch(civic_waiters_t *table,
    civic_waiter_t *waiter, uint64_t hash);

/* 1: there was a hint, which is used up now; do not sleep.  0: it sleeps,
   until it comes out of the line, wakes by itself, or leaves. */
int civic_waiters_sleep(civic_waiters_t *table, civic_waiter_t *waiter);
void civic_waiters_wake(civic_waiters_t *table, civic_waiter_t *waiter);

/* A hint for a topic, or for everybody.  How many were put into the line. */
size_t civic_waiters_hint(civic_waiters_t *table, uint64_t hash);
size_t civic_waiters_hint_all(civic_waiters_t *table);

/* It sleeps, and its time is over.  How many were put into a line. */
size_t civic_waiters_expire(civic_waiters_t *table, civic_waiter_t *waiter);

/* The data of the next one in the lines, awake, and whether there was a hint,
   which is used up; NULL if the lines are empty. */
void *civic_waiters_next(civic_waiters_t *table, int *hinted);

/* A topic's hash, the same in every worker of a fleet; what stands for it in
   a message, and back (0, or -1 for what is no hash). */
uint64_t civic_topic_hash(civic_str_t topic);
void civic_topic_print(uint64_t hash, char text[CIVIC_TOPIC_TEXT + 1]);
int civic_topic_parse(civic_str_t text, uint64_t *hash);

static inline unsigned
civic_topic_shard(uint64_t hash)
{
    return (unsigned) (hash % CIVIC_TOPIC_SHARDS);
}

#endif
