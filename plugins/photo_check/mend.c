/*
 * mend.c - the queue of staff, held against the photos themselves: what waits
 * and is not in it comes back, what is in it and does not wait goes.
 *
 * A walk through all persons takes many runs, so where it stands is kept.  A
 * person without anything that waits costs a script that answers nothing.
 */

#include "compare.h"
#include "values.h"

#define AT_ONCE  256                    /* persons of one answer */
#define PERSONS  8192                   /* of a run: they take memory */
#define ITEMS    1024                   /* of the index, of a run */
#define BATCH    128
#define BUDGET   20000                  /* ms */
#define WAITING  16                     /* photos of one person */


civic_result_t
photo_queue_follow(civic_request_t *r, const photo_t *photo)
{
    if (!photo_is(photo, "review")) {
        return staff_queue_drop(r, PHOTO_QUEUE, photo->id, photo->version);
    }

    return staff_queue_put(r, PHOTO_QUEUE, &(staff_queue_item_t) {
                                               .id = photo->id,
                                               .pid = photo->pid,
                                               .version = photo->version,
                                               .at = photo->since,
                                               .staff = photo->reviewer,
                                               .until = photo->due });
}


/* ---- what is missing --------------------------------------------------- */

static civic_result_t
put_back(civic_request_t *r, civic_str_t pid, civic_str_t id)
{
    photo_t         photo;
    civic_result_t  rc;

    rc = photo_read(r, pid, id, &photo);

    if (rc == CIVIC_OK && photo_is(&photo, "review")) {
        rc = photo_queue_follow(r, &photo);
    }

    return rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


/* The ids of this person's that wait; most have none. */
static civic_result_t
look_at(civic_request_t *r, civic_str_t pid)
{
    size_t                i;
    civic_str_t           key = civic_person_key(r, pid, PHOTO_FAMILY);
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_script(r, &(civic_script_t) {
                             .name = "photo_check_waiting",
                             .keys = &key, .nkeys = 1,
                             .flags = CIVIC_SCRIPT_BULK }, &value);

    for (i = 0; rc == CIVIC_OK && i < value->count && i < WAITING; i++) {
        rc = put_back(r, pid, shared_item(value, i));
    }

    return rc;
}


static civic_result_t
walk(civic_request_t *r, const civic_job_t *job, uint64_t *cursor)
{
    size_t          i, count = 0, seen = 0;
    civic_str_t    *pids = civic_alloc(r, AT_ONCE * sizeof(civic_str_t));
    civic_msec_t    until = civic_now(r) + BUDGET;
    civic_result_t  rc;

    do {
        rc = civic_persons(r, job, PHOTO_FAMILY, cursor, pids, AT_ONCE,
                           &count);

        for (i = 0; rc == CIVIC_OK && i < count; i++) {
            rc = look_at(r, pids[i]);
        }

        seen += count;

    } while (rc == CIVIC_OK && *cursor != 0 && seen < PERSONS
             && civic_now(r) < until);

    return rc;
}


static civic_result_t
mend_missing(civic_request_t *r, const civic_job_t *job)
{
    uint64_t        cursor;
    civic_result_t  rc, kept;

    rc = staff_queue_walk(r, PHOTO_QUEUE, job->shard, &cursor);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = walk(r, job, &cursor);

    /* the topology is another one: from the beginning */
    kept = staff_queue_walked(r, PHOTO_QUEUE, job->shard,
                              rc == CIVIC_OK ? cursor : 0);

    return rc == CIVIC_OK ? kept : rc;
}


/* ---- what is over ------------------------------------------------------ */

static civic_result_t
drop_if_over(civic_request_t *r, civic_str_t pid, civic_str_t id)
{
    photo_t         photo;
    civic_result_t  rc = CIVIC_NOT_FOUND;

    if (pid.len == SHARED_PID) {
        rc = photo_read(r, pid, id, &photo);
    }

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID
        || (rc == CIVIC_OK && !photo_is(&photo, "review")))
    {
        return staff_queue_drop(r, PHOTO_QUEUE, id, -1);
    }

    return rc;
}


/* From the oldest, where what was forgotten stands. */
static civic_result_t
mend_over(civic_request_t *r)
{
    size_t               i, from, count;
    civic_result_t       rc = CIVIC_OK;
    staff_queue_item_t  *items;

    items = civic_alloc(r, BATCH * sizeof(staff_queue_item_t));

    for (from = 0; rc == CIVIC_OK && from < ITEMS; from += BATCH) {
        rc = staff_queue_list(r, PHOTO_QUEUE, from, BATCH, items, &count);

        for (i = 0; rc == CIVIC_OK && i < count; i++) {
            rc = drop_if_over(r, items[i].pid, items[i].id);
        }

        if (count < BATCH) {
            break;
        }
    }

    return rc;
}


civic_result_t
photo_mend_run(civic_request_t *r, const civic_job_t *job)
{
    civic_result_t  rc = CIVIC_OK;

    if (job->shard == 0) {
        rc = mend_over(r);
    }

    return rc == CIVIC_OK ? mend_missing(r, job) : rc;
}
