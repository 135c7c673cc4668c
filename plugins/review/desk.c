/*
 * desk.c - reviewers: the application that is due first, one that was decided
 * before, letting go.
 */

#include "desk.h"
#include "record.h"
#include "values.h"
#include "words.h"

#define TURNS  16                       /* items that turn out to be over */


/* ---- the next one ------------------------------------------------------ */

/*
 * What the queue gave, as its record is.  *taken: the caller holds it, as it
 * has all the time, or from now on.  Else the queue is told.
 */
static civic_result_t
look_at(civic_request_t *r, civic_str_t exam, const staff_queue_item_t *found,
    review_item_t *item, int *taken)
{
    civic_str_t     queue = review_queue(r, exam);
    civic_result_t  rc;

    *taken = 0;

    if (found->pid.len != SHARED_PID) {
        return staff_queue_drop(r, queue, found->id, -1);
    }

    rc = review_read(r, found->pid, exam, &item->application);

    if (rc != CIVIC_OK && rc != CIVIC_INVALID) {
        return rc;
    }

    if (rc == CIVIC_INVALID || !review_is(&item->application, "submitted")
        || !civic_str_eq(item->application.id, found->id))
    {
        return staff_queue_drop(r, queue, found->id, found->version);
    }

    *taken = 1;

    return CIVIC_OK;
}


/* It was the caller's already perhaps: looking at it begins the lease
   anew. */
static civic_result_t
hold_on(civic_request_t *r, civic_str_t exam, int64_t lease,
    review_item_t *item, int *held)
{
    civic_result_t       rc;
    staff_queue_item_t   found;
    staff_queue_hold_t   hold;

    rc = staff_queue_keep(r, review_queue(r, exam), item->application.id,
                          shared_copy(r, civic_pid(r)), lease, &found, &hold);

    if (rc == CIVIC_OK) {
        *held = hold == STAFF_QUEUE_HELD;
        item->until = found.until;
    }

    return rc;
}


static civic_result_t
next(civic_request_t *r, civic_str_t exam, review_item_t *item, int *found)
{
    int                  turn;
    civic_str_t          staff = shared_copy(r, civic_pid(r));
    civic_result_t       rc;
    staff_queue_item_t   queued;
    review_desk_rule_t   rule;

    *found = 0;
    rc = review_desk_rule(r, &rule);

    for (turn = 0; rc == CIVIC_OK && !*found && turn < TURNS; turn++) {
        rc = staff_queue_take(r, review_queue(r, exam), staff, rule.lease,
                              CIVIC_STR(""), &queued);

        if (rc == CIVIC_OK) {
            rc = look_at(r, exam, &queued, item, found);
        }

        if (rc == CIVIC_OK && *found) {
            rc = hold_on(r, exam, rule.lease, item, found);
        }
    }

    return rc;
}


civic_result_t
review_desk_next(civic_request_t *r)
{
    int             answered = 0, found;
    civic_str_t     exam = review_exam_asked(r);
    civic_result_t  rc;
    review_item_t   item = { .opened = 0 };

    rc = review_may_review(r, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (!shared_is_exam(exam)) {
        return civic_problem(r, "review_exam_unknown");
    }

    rc = next(r, exam, &item, &found);

    if (rc == CIVIC_NOT_FOUND) {
        return civic_problem(r, "review_none_waits");
    }

    if (rc == CIVIC_OK && !found) {
        /* others were quicker each time */
        return civic_problem(r, "conflict");
    }

    if (rc == CIVIC_OK) {
        rc = review_item_note(r, &item, "review.taken");
    }

    return rc == CIVIC_OK ? review_item_write(r, &item) : rc;
}


/* ---- one that was decided before --------------------------------------- */

/* Of the path; answers if there is none such. */
static civic_result_t
find_decided(civic_request_t *r, review_item_t *item, int *answered)
{
    civic_str_t     pid, exam = review_exam_asked(r);
    civic_str_t     id = shared_copy(r, civic_path(r, "application_id"));
    civic_result_t  rc;

    *answered = 1;

    if (!shared_is_id(id) || !shared_is_exam(exam)) {
        return civic_problem(r, "review_unknown");
    }

    rc = review_owner(r, exam, id, &pid);

    if (rc != CIVIC_OK || pid.len != SHARED_PID) {
        return rc != CIVIC_OK ? rc : civic_problem(r, "review_unknown");
    }

    rc = review_read(r, pid, exam, &item->application);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!civic_str_eq(item->application.id, id)) {
        return civic_problem(r, "review_unknown");
    }

    if (!review_is(&item->application, "approved")
        && !review_is(&item->application, "refused"))
    {
        return civic_problem(r, "review_undecided");
    }

    *answered = 0;

    return CIVIC_OK;
}


static civic_result_t
open_again(civic_request_t *r, review_item_t *item, int *answered)
{
    civic_str_t                  queue, staff = shared_copy(r, civic_pid(r));
    civic_result_t               rc;
    review_desk_rule_t           rule;
    staff_queue_item_t           found;
    const review_application_t  *application = &item->application;

    queue = review_opened(r, application->exam);
    rc = review_desk_rule(r, &rule);

    if (rc == CIVIC_OK) {
        rc = staff_queue_put(r, queue, &(staff_queue_item_t) {
                                           .id = application->id,
                                           .pid = application->pid,
                                           .version = application->version,
                                           .at = civic_now(r) });
    }

    if (rc == CIVIC_OK) {
        rc = staff_queue_take(r, queue, staff, rule.lease, application->id,
                              &found);
    }

    if (rc == CIVIC_NOT_FOUND) {
        *answered = 1;
        return civic_problem(r, "review_held");
    }

    item->opened = 1;
    item->until = civic_now(r) + rule.lease * 1000;

    return rc;
}


/* Whoever opened something and never came back: nobody needs it there. */
static civic_result_t
forget_old(civic_request_t *r, civic_str_t exam)
{
    size_t               i, count;
    civic_str_t          queue = review_opened(r, exam);
    civic_result_t       rc;
    staff_queue_item_t  *items;

    items = civic_alloc(r, TURNS * sizeof(staff_queue_item_t));
    rc = staff_queue_list(r, queue, 0, TURNS, items, &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        if (items[i].at < civic_now(r) - 2 * 86400000LL) {
            rc = staff_queue_drop(r, queue, items[i].id, -1);
        }
    }

    return rc;
}


civic_result_t
review_desk_take(civic_request_t *r)
{
    int             answered = 0;
    civic_result_t  rc;
    review_item_t   item = { .opened = 1 };

    rc = find_decided(r, &item, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = forget_old(r, item.application.exam);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = open_again(r, &item, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = review_item_note(r, &item, "review.opened");

    return rc == CIVIC_OK ? review_item_write(r, &item) : rc;
}


/* ---- letting go -------------------------------------------------------- */

civic_result_t
review_desk_release(civic_request_t *r)
{
    int                  answered = 0;
    civic_str_t          staff = shared_copy(r, civic_pid(r));
    civic_result_t       rc;
    review_item_t        item;
    staff_queue_item_t   found;
    staff_queue_hold_t   hold;

    rc = review_item_find(r, &item, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = review_item_note(r, &item, "review.released");
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = item.opened ? review_item_end(r, &item)
         : staff_queue_keep(r, review_queue(r, item.application.exam),
                            item.application.id, staff, 0, &found, &hold);

    return rc == CIVIC_OK ? civic_reply_empty(r) : rc;
}
