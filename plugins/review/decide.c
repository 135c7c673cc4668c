/*
 * decide.c - approved, or refused for reasons.
 *
 * One script moves the application and tells the audit trail.  The body names
 * the version that was looked at, so of two who decide one is told
 * "conflict"; whoever sends a decision again, after its answer was lost, is
 * told what it did (again.c).  What follows (order, message, index) is the
 * job's.
 */

#include "desk.h"
#include "record.h"
#include "values.h"
#include "words.h"


static int64_t
version_sent(civic_request_t *r)
{
    return json_integer_value(json_object_get(civic_body(r), "version"));
}


static civic_result_t
check_version(civic_request_t *r, const review_item_t *item, int *answered)
{
    if (item->application.version == version_sent(r)) {
        return CIVIC_OK;
    }

    *answered = 1;
    civic_count(r, REVIEW_CONFLICTS, 1);

    return civic_problem(r, "conflict");
}


static civic_result_t
reply(civic_request_t *r, const review_application_t *application)
{
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_str(r, w, "application_id", application->id);
    civic_write_str(r, w, "state", application->state);
    civic_write_int(r, w, "version", application->version);

    return CIVIC_OK;
}


civic_result_t
review_settle_item(civic_request_t *r, review_item_t *item,
    const review_move_t *move, review_metric_t metric)
{
    int             moved;
    civic_result_t  rc;

    rc = review_move(r, &item->application, move, &moved);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!moved) {
        civic_count(r, REVIEW_CONFLICTS, 1);
        return civic_problem(r, "conflict");
    }

    civic_count(r, metric, 1);

    /* the job does so, too; at once is better */
    rc = review_item_end(r, item);

    if (rc == CIVIC_OK) {
        rc = review_follow_queue(r, &item->application);
    }

    return rc == CIVIC_OK ? reply(r, &item->application) : rc;
}


/* ---- the two decisions ------------------------------------------------- */

static json_t *
past_of(const review_application_t *application, const char *what,
    json_t *reasons)
{
    return json_pack("{s:s, s:I, s:s%, s:s%, s:O?}", "what", what,
                     "at", (json_int_t) application->decided_at,
                     "by", application->decided_by.data,
                     application->decided_by.len,
                     "note", civic_text_or_empty(application->note),
                     application->note.len, "reasons", reasons);
}


static civic_result_t
settle(civic_request_t *r, review_item_t *item, const char *state)
{
    json_t                *details, *past, *reasons;
    civic_result_t         rc;
    review_application_t  *application = &item->application;

    application->decided_by = shared_copy(r, civic_pid(r));
    application->decided_at = civic_business_now(r);
    application->reviewer = application->decided_by;
    review_end_proposal(application);

    reasons = json_loadb(civic_text_or_empty(application->reasons),
                         application->reasons.len, 0, NULL);
    past = past_of(application, state, reasons);
    json_decref(reasons);
    details = review_item_details(application);

    rc = review_settle_item(r, item, &(review_move_t) {
                                .state = state, .form = 1, .past = past,
                                .audit = &(civic_audit_entry_t) {
                                    .action = civic_print(r, "review.%s",
                                                          state).data,
                                    .subject = application->pid,
                                    .details = details } },
                            strcmp(state, "approved") == 0 ? REVIEW_APPROVED
                                                           : REVIEW_REFUSED);
    json_decref(past);
    json_decref(details);

    return rc;
}


civic_result_t
review_item_for(civic_request_t *r, int decided, const review_wish_t *wish,
    review_item_t *item, int *answered)
{
    civic_result_t  rc;

    rc = review_decided_before(r, wish, answered);

    if (rc == CIVIC_OK && !*answered) {
        rc = review_may_review(r, answered);
    }

    if (rc == CIVIC_OK && !*answered) {
        rc = review_item_find(r, item, answered);
    }

    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    if (item->opened != decided) {
        *answered = 1;
        return civic_problem(r, decided ? "review_undecided"
                                        : "review_decided");
    }

    return check_version(r, item, answered);
}


civic_result_t
review_desk_approve(civic_request_t *r)
{
    int             answered = 0;
    civic_result_t  rc;
    review_item_t   item;

    rc = review_item_for(r, 0, &(review_wish_t) { .what = "approved" },
                         &item, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    item.application.reasons = CIVIC_STR("");
    item.application.note = CIVIC_STR("");

    return settle(r, &item, "approved");
}


civic_result_t
review_desk_refuse(civic_request_t *r)
{
    int             answered = 0;
    civic_str_t     reasons, note;
    civic_result_t  rc;
    review_item_t   item;

    rc = review_read_reasons(r, 1, &reasons, &note, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = review_item_for(r, 0, &(review_wish_t) {
                                 .what = "refused", .reasoned = 1 },
                             &item, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    item.application.reasons = reasons;
    item.application.note = note;

    return settle(r, &item, "refused");
}
