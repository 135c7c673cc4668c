/*
 * submit.c - POST .../submit and POST .../withdraw: by the applicant's own
 * button.
 *
 * The instant at which a request came is held against the window and stored:
 * in the deadline's second either the submission is there with an instant
 * before it, or nothing is.
 *
 * A request names the version that it was made for.  One that comes again,
 * after the answer was lost or the window has closed, finds the version after
 * that, and is answered with what it did.
 */

#include "answers.h"
#include "clock.h"
#include "record.h"
#include "review.h"
#include "values.h"
#include "words.h"


/* ---- both -------------------------------------------------------------- */

static int64_t
version_sent(civic_request_t *r)
{
    return json_integer_value(json_object_get(civic_body(r), "version"));
}


/* Whether it is in that state because of this very request, or an equal
   one. */
static int
is_done(const review_application_t *application, const char *state,
    int64_t version)
{
    return review_is(application, state)
           && application->version == version + 1;
}


/* The applicant's own step, which the audit trail has, too. */
static civic_result_t
move(civic_request_t *r, review_application_t *application,
    const char *state, json_t *past, const char *action, int once,
    int *moved)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s, s:s%}", "exam", application->exam.data,
                        "position",
                        civic_text_or_empty(application->position),
                        application->position.len);

    rc = review_move(r, application, &(review_move_t) {
                         .state = state, .form = 1, .past = past,
                         .once = once,
                         .audit = &(civic_audit_entry_t) {
                             .action = action, .subject = application->pid,
                             .details = details } }, moved);
    json_decref(details);

    return rc;
}


/* ---- submitting -------------------------------------------------------- */

static const char *
not_open(const review_application_t *application)
{
    return review_is(application, "withdrawn") ? "review_withdrawn"
                                               : review_locked(application);
}


/* How often it was submitted before. */
static civic_result_t
check_limit(civic_request_t *r, const review_application_t *application,
    int *answered)
{
    size_t           i;
    json_t          *past, *one, *answer;
    json_int_t       count = 0;
    civic_result_t   rc;

    rc = review_past(r, application, &past);
    if (rc != CIVIC_OK) {
        return rc;
    }

    json_array_foreach(past, i, one) {
        count += civic_str_eq(shared_json_str(one, "what"),
                              CIVIC_STR("submitted"));
    }

    json_decref(past);

    rc = civic_rule(r, "limits", json_pack("{s:I}", "submissions", count),
                    &answer);

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        *answered = 1;
        return civic_refuse(r, answer);
    }

    return rc;
}


static civic_result_t
check_all(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam, int *answered)
{
    civic_result_t    rc;
    review_faults_t  *faults = civic_alloc(r, sizeof(review_faults_t));

    faults->count = 0;

    if (!civic_body_bool(r, "declaration")) {
        review_fault(faults, "/declaration", "review_declaration", NULL);
    }

    rc = review_check(r, application, exam, faults);

    if (rc == CIVIC_OK && faults->count > 0) {
        *answered = 1;
        civic_count(r, REVIEW_NOT_SUBMITTED, 1);
        rc = review_faults_answer(r, faults);
    }

    review_faults_end(faults);

    return rc;
}


/* What is asked alone, without what an earlier choice had asked for; and the
   decision before is over. */
static civic_result_t
fill_in(civic_request_t *r, review_application_t *application,
    const review_exam_t *exam, civic_msec_t now, json_t **past)
{
    json_t          *answers, *asked;
    civic_result_t   rc;

    answers = review_answers(application);
    asked = civic_answers_asked(exam->form, answers);
    json_decref(answers);

    application->submitted_at = now;
    review_undecided(application);

    *past = json_pack("{s:s, s:I, s:s%, s:b, s:O}", "what", "submitted",
                      "at", (json_int_t) now, "position",
                      application->position.data, application->position.len,
                      "declaration", 1, "answers", asked);

    rc = shared_json_text(r, asked, &application->answers);

    return rc != CIVIC_OK ? rc
           : review_due(r, now, &application->due_at,
                        &application->due_unknown);
}


static civic_result_t
submit(civic_request_t *r, review_application_t *application,
    const review_exam_t *exam, civic_msec_t now, int64_t version)
{
    int              moved = 0;
    json_t          *past = NULL;
    civic_result_t   rc;

    rc = fill_in(r, application, exam, now, &past);

    if (rc == CIVIC_OK) {
        rc = move(r, application, "submitted", past, "review.submitted", 1,
                  &moved);
    }

    json_decref(past);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!moved && !is_done(application, "submitted", version)) {
        return civic_problem(r, "conflict");
    }

    civic_count(r, REVIEW_SUBMITTED, (uint64_t) moved);

    return review_reply(r, application, exam);
}


civic_result_t
review_application_submit(civic_request_t *r)
{
    int                    answered = 0;
    int64_t                version = version_sent(r);
    const char            *why;
    civic_msec_t           now = civic_business_now(r);
    civic_result_t         rc;
    review_exam_t          exam;
    review_application_t   application;

    rc = review_find(r, &application, &exam, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (is_done(&application, "submitted", version)) {
        return review_reply(r, &application, &exam);
    }

    why = not_open(&application);

    if (why != NULL || application.version != version) {
        return civic_problem(r, why != NULL ? why : "conflict");
    }

    rc = review_window_check(r, review_is(&application, "refused")
                             ? "resubmit" : "submit", &exam, now, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = check_limit(r, &application, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = check_all(r, &application, &exam, &answered);
    }

    return rc != CIVIC_OK || answered ? rc
           : submit(r, &application, &exam, now, version);
}


/* ---- withdrawing ------------------------------------------------------- */

static civic_result_t
may_withdraw(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam, int *answered)
{
    json_t          *answer;
    civic_result_t   rc;
    review_order_t   order;

    rc = review_window_check(r, "withdraw", exam, civic_business_now(r),
                             answered);

    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    rc = review_order(r, application->pid, application->exam, &order);

    if (rc == CIVIC_OK) {
        rc = civic_rule(r, "may_withdraw",
                        json_pack("{s:s, s:s}", "state",
                                  application->state.data, "order",
                                  order.paying ? "paying"
                                               : order.state.data), &answer);
    }

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        *answered = 1;
        return civic_refuse(r, answer);
    }

    return rc;
}


/* The order follows: what is paid in the same moment goes back. */
static civic_result_t
withdraw(civic_request_t *r, review_application_t *application,
    const review_exam_t *exam, int64_t version)
{
    int              moved = 0;
    json_t          *past = NULL;
    civic_result_t   rc;

    review_end_proposal(application);

    /* a draft has none: who begins and withdraws again and again leaves no
       past that grows without bounds */
    if (!review_is(application, "draft")) {
        past = json_pack("{s:s, s:I}", "what", "withdrawn", "at",
                         (json_int_t) civic_business_now(r));
    }

    rc = move(r, application, "withdrawn", past, "review.withdrawn", 0,
              &moved);
    json_decref(past);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!moved && !is_done(application, "withdrawn", version)) {
        return civic_problem(r, "conflict");
    }

    civic_count(r, REVIEW_WITHDRAWN, (uint64_t) moved);

    return review_reply(r, application, exam);
}


civic_result_t
review_application_withdraw(civic_request_t *r)
{
    int                    answered = 0;
    int64_t                version = version_sent(r);
    civic_result_t         rc;
    review_exam_t          exam;
    review_application_t   application;

    rc = review_find(r, &application, &exam, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (is_done(&application, "withdrawn", version)) {
        return review_reply(r, &application, &exam);
    }

    if (application.version != version || review_is(&application, "none")) {
        return civic_problem(r, "conflict");
    }

    rc = may_withdraw(r, &application, &exam, &answered);

    return rc != CIVIC_OK || answered ? rc
           : withdraw(r, &application, &exam, version);
}
