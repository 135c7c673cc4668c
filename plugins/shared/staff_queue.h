/*
 * staff_queue.h - what waits for staff: one after the other, and who holds
 * which.
 *
 * A queue has a name, "civic:{reviews:exam}", and under it five keys in one
 * slot.  It is an index of records that stand elsewhere, by their version: a
 * loss costs time, an entry that is over is dropped by whoever meets it, and
 * an older version takes nothing from a newer one, in whatever order they are
 * told.
 *
 * What is first is what the instant says: since when it waits, or when it is
 * due.  What has no due time stands at another instant and is marked, so that
 * nobody counts it as overdue.
 *
 * Somebody of the staff holds one thing of a queue, for the time of a lease.
 * After a reload of the page the same one comes again; a browser that died
 * holds nobody up for longer than that.  Leases are real time.
 *
 * A plugin with queues has SHARED_STAFF_QUEUE_SCRIPTS in its tables.
 */

#ifndef CIVIC_SHARED_STAFF_QUEUE_H
#define CIVIC_SHARED_STAFF_QUEUE_H

#include "civic_plugin.h"

#define SHARED_STAFF_QUEUE_SCRIPTS                                            \
    { "staff_queue_put", "puts something into a queue of staff" },            \
    { "staff_queue_drop", "takes one out of it" },                            \
    { "staff_queue_take", "finds one for somebody of the staff" },            \
    { "staff_queue_hold", "notes who holds one, as its record says" },        \
    { "staff_queue_keep", "holds one on, or lets it go" },                    \
    { "staff_queue_walk", "keeps where a walk that mends it is" }

#define STAFF_QUEUE_BATCH  256              /* of a list, at most */

/* Something in a queue. */
typedef struct {
    civic_str_t   id;                       /* without spaces, as pid */
    civic_str_t   pid;                      /* whose it is */
    int64_t       version;                  /* of its record */
    civic_msec_t  at;                       /* what it is sorted by */
    int           undated;                  /* it is not due at that time */
    civic_str_t   staff;                    /* who holds it; empty: nobody */
    civic_msec_t  until;
} staff_queue_item_t;

/* Puts it there.  staff and until count when it is new. */
civic_result_t staff_queue_put(civic_request_t *r, civic_str_t queue,
    const staff_queue_item_t *item);

/* Takes it out, unless a newer version waits.  version -1: any. */
civic_result_t staff_queue_drop(civic_request_t *r, civic_str_t queue,
    civic_str_t id, int64_t version);

/*
 * Finds one for somebody: what is held already (its lease is as it was), else
 * the first that nobody holds, which is held for lease seconds from now on.
 * wanted: that one, or an empty text.  item has id, pid and version.
 * CIVIC_NOT_FOUND: there is none, or somebody else holds what is wanted.
 */
civic_result_t staff_queue_take(civic_request_t *r, civic_str_t queue,
    civic_str_t staff, int64_t lease, civic_str_t wanted,
    staff_queue_item_t *item);

/* Who holds it, where a record says so; staff empty: nobody. */
civic_result_t staff_queue_hold(civic_request_t *r, civic_str_t queue,
    civic_str_t id, civic_str_t staff, civic_msec_t until);

/*
 * Where the queue alone says who holds what: STAFF_QUEUE_HELD, and item has
 * pid, version and until.  lease: held on for so many seconds; 0: let go;
 * STAFF_QUEUE_LOOK: as it is, and nothing is written.
 */
#define STAFF_QUEUE_LOOK  -1

typedef enum {
    STAFF_QUEUE_HELD = 0,
    STAFF_QUEUE_OVER,                       /* it was the asker's */
    STAFF_QUEUE_NO                          /* not here, or another's */
} staff_queue_hold_t;

civic_result_t staff_queue_keep(civic_request_t *r, civic_str_t queue,
    civic_str_t id, civic_str_t staff, int64_t lease,
    staff_queue_item_t *item, staff_queue_hold_t *hold);

/* What a page about the queue shows. */
typedef struct {
    int64_t       waiting;
    int64_t       overdue;                  /* at < now, and dated */
    int64_t       soon;                     /* now <= at <= soon, and dated */
    int64_t       undated;
    civic_msec_t  first;                    /* what stands first; 0: nothing */
    civic_str_t   held;                     /* by the asker; empty: nothing */
} staff_queue_look_t;

/* now and soon are of the clock that the instants are of. */
civic_result_t staff_queue_look(civic_request_t *r, civic_str_t queue,
    civic_str_t staff, civic_msec_t now, civic_msec_t soon,
    staff_queue_look_t *look);

/* Whether anything waits in each of some queues, in one trip. */
civic_result_t staff_queue_any(civic_request_t *r, const civic_str_t *queues,
    size_t count, int *any);

/* Whose it is; empty: not known here. */
civic_result_t staff_queue_owner(civic_request_t *r, civic_str_t queue,
    civic_str_t id, civic_str_t *pid);

/* Up to max (at most STAFF_QUEUE_BATCH) of them from the from-th on: id, pid,
   version and at. */
civic_result_t staff_queue_list(civic_request_t *r, civic_str_t queue,
    size_t from, size_t max, staff_queue_item_t *items, size_t *count);

/* Where a walk through all persons goes on, of a job's shard; and keeping
   that. */
civic_result_t staff_queue_walk(civic_request_t *r, civic_str_t queue,
    unsigned shard, uint64_t *cursor);
civic_result_t staff_queue_walked(civic_request_t *r, civic_str_t queue,
    unsigned shard, uint64_t cursor);

#endif
