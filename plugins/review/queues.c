/*
 * queues.c - which queues there are, and who holds what: see desk.h.
 *
 * All are indexes.  An application that a queue has and that is further by
 * now is taken out by whoever meets it.
 */

#include "desk.h"
#include "record.h"
#include "values.h"
#include "words.h"


/* ---- names ------------------------------------------------------------- */

civic_str_t
review_queue(civic_request_t *r, civic_str_t exam)
{
    return civic_print(r, "civic:{reviews:%.*s}", (int) exam.len, exam.data);
}


civic_str_t
review_opened(civic_request_t *r, civic_str_t exam)
{
    return civic_print(r, "civic:{reviews:%.*s}:opened", (int) exam.len,
                       exam.data);
}


civic_str_t
review_reversals(civic_request_t *r, civic_str_t exam)
{
    return civic_print(r, "civic:{reviews:%.*s}:reversals", (int) exam.len,
                       exam.data);
}


/* ---- as the state says ------------------------------------------------- */

static civic_result_t
put(civic_request_t *r, civic_str_t queue,
    const review_application_t *application, civic_msec_t at, int undated)
{
    return staff_queue_put(r, queue, &(staff_queue_item_t) {
                                         .id = application->id,
                                         .pid = application->pid,
                                         .version = application->version,
                                         .at = at, .undated = undated });
}


/* The word may stand there still when the deadline has removed it. */
int
review_is_proposed(const review_application_t *application)
{
    return civic_str_eq(application->reversal, CIVIC_STR(REVIEW_PROPOSED))
           && (review_is(application, "approved")
               || review_is(application, "refused"));
}


/* Without a due time it stands where it was handed in. */
civic_result_t
review_follow_queue(civic_request_t *r,
    const review_application_t *application)
{
    civic_str_t     queue = review_queue(r, application->exam);
    civic_str_t     reversals = review_reversals(r, application->exam);
    civic_result_t  rc;

    if (application->id.len == 0) {
        return CIVIC_OK;
    }

    if (review_is(application, "submitted")) {
        rc = application->due_at > 0
             ? put(r, queue, application, application->due_at, 0)
             : put(r, queue, application, application->submitted_at, 1);

    } else {
        rc = staff_queue_drop(r, queue, application->id,
                              application->version);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    return review_is_proposed(application)
           ? put(r, reversals, application, civic_business_now(r), 0)
           : staff_queue_drop(r, reversals, application->id,
                              application->version);
}


civic_result_t
review_leave_queues(civic_request_t *r, civic_str_t exam, civic_str_t id)
{
    size_t             i;
    civic_str_t        queues[3];
    civic_result_t     rc = CIVIC_OK;

    queues[0] = review_queue(r, exam);
    queues[1] = review_opened(r, exam);
    queues[2] = review_reversals(r, exam);

    for (i = 0; rc == CIVIC_OK && i < 3; i++) {
        rc = staff_queue_drop(r, queues[i], id, -1);
    }

    return rc;
}


/* ---- the one that is held ---------------------------------------------- */

civic_str_t
review_exam_asked(civic_request_t *r)
{
    return shared_copy(r, shared_json_str(civic_query(r), "exam_id"));
}


json_t *
review_item_details(const review_application_t *application)
{
    return json_pack("{s:s%, s:s%}", "application", application->id.data,
                     application->id.len, "exam", application->exam.data,
                     application->exam.len);
}


civic_result_t
review_item_note(civic_request_t *r, const review_item_t *item,
    const char *action)
{
    json_t          *details = review_item_details(&item->application);
    civic_result_t   rc;

    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = action,
                                 .subject = item->application.pid,
                                 .details = details });
    json_decref(details);

    return rc;
}


civic_result_t
review_item_end(civic_request_t *r, const review_item_t *item)
{
    const review_application_t  *application = &item->application;

    return staff_queue_drop(r, item->opened
                               ? review_opened(r, application->exam)
                               : review_queue(r, application->exam),
                            application->id, application->version);
}


/* Whose it is, if it is held: in the queue, or opened again. */
static civic_result_t
held(civic_request_t *r, civic_str_t exam, civic_str_t id, int64_t lease,
    staff_queue_item_t *found, int *opened, staff_queue_hold_t *hold)
{
    civic_str_t     staff = shared_copy(r, civic_pid(r));
    civic_result_t  rc;

    *opened = 0;
    rc = staff_queue_keep(r, review_queue(r, exam), id, staff, lease, found,
                          hold);

    if (rc == CIVIC_OK && *hold == STAFF_QUEUE_NO) {
        *opened = 1;
        rc = staff_queue_keep(r, review_opened(r, exam), id, staff, lease,
                              found, hold);
    }

    return rc;
}


/* Not theirs, or none: nobody is told which. */
static civic_result_t
refuse(civic_request_t *r, const char *code, int *answered)
{
    *answered = 1;

    return civic_problem(r, code);
}


/* Its record is further than the queue knew. */
static civic_result_t
over(civic_request_t *r, const review_item_t *item, civic_str_t exam,
    civic_str_t id, int *answered)
{
    civic_result_t  rc;

    rc = staff_queue_drop(r, item->opened ? review_opened(r, exam)
                                          : review_queue(r, exam), id,
                          item->application.version);

    return rc == CIVIC_OK ? refuse(r, "review_changed", answered) : rc;
}


static int
is_still(const review_item_t *item, civic_str_t id)
{
    const review_application_t  *application = &item->application;

    if (!civic_str_eq(application->id, id)) {
        return 0;
    }

    return item->opened ? review_is(application, "approved")
                          || review_is(application, "refused")
                        : review_is(application, "submitted");
}


civic_result_t
review_item_find(civic_request_t *r, review_item_t *item, int *answered)
{
    civic_str_t          exam = review_exam_asked(r);
    civic_str_t          id = shared_copy(r, civic_path(r, "application_id"));
    civic_result_t       rc;
    staff_queue_item_t   found;
    staff_queue_hold_t   hold;
    review_desk_rule_t   rule;

    memset(item, 0, sizeof(review_item_t));

    if (!shared_is_id(id) || !shared_is_exam(exam)) {
        return refuse(r, "review_not_held", answered);
    }

    rc = review_desk_rule(r, &rule);

    if (rc == CIVIC_OK) {
        rc = held(r, exam, id, rule.lease, &found, &item->opened, &hold);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (hold != STAFF_QUEUE_HELD || found.pid.len != SHARED_PID) {
        return refuse(r, hold == STAFF_QUEUE_OVER ? "review_lease_over"
                                                  : "review_not_held",
                      answered);
    }

    item->until = found.until;
    rc = review_read(r, found.pid, exam, &item->application);

    if (rc == CIVIC_OK && !is_still(item, id)) {
        return over(r, item, exam, id, answered);
    }

    return rc;
}
