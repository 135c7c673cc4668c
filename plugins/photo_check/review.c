/*
 * review.c - 待人工比对: photos that staff look at, one after the other.
 *
 * A photo is held under a lease that stands in its own record, so two people
 * never look at the same one, whatever became of the index.  Whoever holds it
 * alone sees it; for everybody else it does not exist.
 */

#include "compare.h"
#include "values.h"

#define TURNS  16                       /* items that turn out to be over */


civic_result_t
photo_review_rule(civic_request_t *r, photo_review_rule_t *rule)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "review", NULL, &answer);

    if (rc == CIVIC_OK) {
        rule->lease = shared_rule_number(answer, "lease", 600, 30, 86400);
        rule->reasons = json_object_get(answer, "reasons");
    }

    return rc;
}


civic_result_t
photo_review_audit(civic_request_t *r, const photo_t *photo,
    const char *action)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s%}", "photo", photo->id.data, photo->id.len);
    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = action, .subject = photo->pid,
                                 .details = details });
    json_decref(details);

    return rc;
}


/* ---- who holds it ------------------------------------------------------ */

static int
is_held_by(civic_request_t *r, const photo_t *photo, civic_str_t staff)
{
    return civic_str_eq(photo->reviewer, staff)
           && photo->due > civic_now(r);
}


static int
is_held(civic_request_t *r, const photo_t *photo)
{
    return photo->reviewer.len > 0 && photo->due > civic_now(r);
}


/* *taken: the lease stands in the record. */
static civic_result_t
take(civic_request_t *r, photo_t *photo, civic_str_t staff, int64_t lease,
    int *taken)
{
    json_t          *details;
    civic_result_t   rc;

    photo->reviewer = staff;
    photo->due = civic_now(r) + lease * 1000;

    details = json_pack("{s:s%}", "photo", photo->id.data, photo->id.len);
    rc = photo_move(r, photo, &(photo_move_t) {
                        .sealed = 1,
                        .audit = &(civic_audit_entry_t) {
                            .action = "photo_check.review_taken",
                            .subject = photo->pid, .details = details } },
                    taken);
    json_decref(details);

    return rc;
}


/*
 * What the index gave, as its record is.  *taken: the caller holds it, as it
 * has all the time, or from now on.  Else the index is told.
 */
static civic_result_t
look_at(civic_request_t *r, civic_str_t pid, civic_str_t id,
    civic_str_t staff, int64_t lease, photo_t *photo, int *taken)
{
    civic_result_t  rc = CIVIC_NOT_FOUND;

    *taken = 0;

    if (pid.len == SHARED_PID) {
        rc = photo_read(r, pid, id, photo);
    }

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID
        || (rc == CIVIC_OK && !photo_is(photo, "review")))
    {
        return staff_queue_drop(r, PHOTO_QUEUE, id, -1);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (is_held_by(r, photo, staff)) {
        *taken = 1;
        return photo_review_audit(r, photo, "photo_check.review_seen");
    }

    if (is_held(r, photo)) {
        return staff_queue_hold(r, PHOTO_QUEUE, id, photo->reviewer,
                                photo->due);
    }

    return take(r, photo, staff, lease, taken);
}


civic_result_t
photo_review_next(civic_request_t *r)
{
    int                   taken, turn;
    photo_t               photo;
    civic_str_t           staff = shared_copy(r, civic_pid(r));
    civic_result_t        rc;
    staff_queue_item_t    item;
    photo_review_rule_t   rule;

    rc = photo_review_rule(r, &rule);

    for (turn = 0; rc == CIVIC_OK && turn < TURNS; turn++) {
        rc = staff_queue_take(r, PHOTO_QUEUE, staff, rule.lease,
                              CIVIC_STR(""), &item);

        if (rc == CIVIC_NOT_FOUND) {
            return civic_problem(r, "photo_none_waits");
        }

        if (rc == CIVIC_OK) {
            rc = look_at(r, item.pid, item.id, staff, rule.lease, &photo,
                         &taken);
        }

        if (rc == CIVIC_OK && taken) {
            return photo_review_write(r, &photo);
        }
    }

    /* others were quicker each time */
    return rc == CIVIC_OK ? civic_problem(r, "conflict") : rc;
}


/* ---- the one of the path ----------------------------------------------- */

/* Not theirs, or none: nobody is told which. */
static civic_result_t
unknown(civic_request_t *r, int *answered)
{
    *answered = 1;

    return civic_problem(r, "photo_review_unknown");
}


/* Its owner put another in its place, or took it away. */
static civic_result_t
replaced(civic_request_t *r, civic_str_t id, int *answered)
{
    civic_result_t  rc = staff_queue_drop(r, PHOTO_QUEUE, id, -1);

    *answered = 1;

    return rc == CIVIC_OK ? civic_problem(r, "photo_review_replaced") : rc;
}


civic_result_t
photo_review_find(civic_request_t *r, photo_t *photo, int *answered)
{
    civic_str_t     pid, id = civic_path(r, "review_id");
    civic_result_t  rc;

    rc = staff_queue_owner(r, PHOTO_QUEUE, id, &pid);

    if (rc != CIVIC_OK || pid.len != SHARED_PID) {
        return rc != CIVIC_OK ? rc : unknown(r, answered);
    }

    rc = photo_read(r, pid, id, photo);

    if (rc == CIVIC_NOT_FOUND) {
        return replaced(r, id, answered);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!civic_str_eq(photo->reviewer, civic_pid(r))) {
        return unknown(r, answered);
    }

    if (!photo_is(photo, "review")) {
        *answered = 1;
        return photo_review_gone(r, photo);
    }

    if (photo->due <= civic_now(r)) {
        *answered = 1;
        return civic_problem(r, "photo_review_lease_over");
    }

    return CIVIC_OK;
}


civic_result_t
photo_review_gone(civic_request_t *r, const photo_t *photo)
{
    if (photo->id.len == 0) {
        return civic_problem(r, "photo_review_replaced");
    }

    return civic_problem(r, photo_is(photo, "review")
                            ? "photo_review_lease_over"
                            : "photo_review_decided");
}


/* ---- the queue, and letting go ----------------------------------------- */

civic_result_t
photo_reviews(civic_request_t *r)
{
    civic_msec_t         now = civic_now(r);
    civic_writer_t      *w;
    civic_result_t       rc;
    staff_queue_look_t   queue;

    rc = staff_queue_look(r, PHOTO_QUEUE, civic_pid(r), now, now, &queue);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_int(r, w, "waiting", queue.waiting);

    if (queue.first > 0) {
        civic_write_instant(r, w, "oldest_since", queue.first);
    }

    return CIVIC_OK;
}


civic_result_t
photo_review_release(civic_request_t *r)
{
    int              moved, answered = 0;
    json_t          *details;
    photo_t          photo;
    civic_result_t   rc;

    rc = photo_review_find(r, &photo, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    photo.reviewer = CIVIC_STR("");
    photo.due = 0;

    details = json_pack("{s:s%}", "photo", photo.id.data, photo.id.len);
    rc = photo_move(r, &photo, &(photo_move_t) {
                        .sealed = 1,
                        .audit = &(civic_audit_entry_t) {
                            .action = "photo_check.review_released",
                            .subject = photo.pid, .details = details } },
                    &moved);
    json_decref(details);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!moved) {
        return photo_review_gone(r, &photo);
    }

    rc = staff_queue_hold(r, PHOTO_QUEUE, photo.id, CIVIC_STR(""), 0);

    return rc == CIVIC_OK ? civic_reply_empty(r) : rc;
}
