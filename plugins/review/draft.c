/*
 * draft.c - PATCH: a draft, or one that was refused, saved field by field.
 *
 * What is wrong in one request is told at once, and then nothing of it is
 * saved.  What is not sent stays as it is; an empty answer takes one away.
 */

#include "answers.h"
#include "record.h"
#include "review.h"
#include "values.h"
#include "words.h"


/* ---- whether it may be changed ----------------------------------------- */

static civic_result_t
may_change(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam, int *answered)
{
    const char  *why = review_locked(application);

    if (why != NULL) {
        *answered = 1;
        return civic_problem(r, why);
    }

    return review_window_check(r, review_is(application, "refused") ? "amend"
                               : "edit", exam, civic_business_now(r),
                               answered);
}


/* ---- what was sent ----------------------------------------------------- */

/* "value" or "values" of an item of the body; "" if it has neither. */
static json_t *
sent_answer(json_t *item)
{
    json_t  *answer = json_object_get(item, "value");

    return json_is_string(answer) ? answer : json_object_get(item, "values");
}


/* Into answers, and alone into sent, which is then held against the form. */
static void
merge(json_t *answers, json_t *sent)
{
    json_t      *answer;
    const char  *name;

    json_object_foreach(sent, name, answer) {
        if (civic_answer_is_empty(answer)) {
            json_object_del(answers, name);

        } else {
            json_object_set(answers, name, answer);
        }
    }
}


static json_t *
read_sent(civic_request_t *r, review_faults_t *faults)
{
    size_t       i;
    json_t      *sent = json_object(), *item, *answer;
    const char  *name;

    json_array_foreach(json_object_get(civic_body(r), "answers"), i, item) {
        name = json_string_value(json_object_get(item, "field"));
        answer = sent_answer(item);

        if (json_object_get(sent, name) != NULL) {
            review_fault(faults, civic_print(r, "/answers/%s", name).data,
                         "duplicate_argument", NULL);
            continue;
        }

        if (answer == NULL) {
            json_object_set_new(sent, name, json_string(""));

        } else {
            json_object_set(sent, name, answer);
        }
    }

    return sent;
}


static civic_result_t
take_answers(civic_request_t *r, review_application_t *application,
    const review_exam_t *exam, review_faults_t *faults)
{
    json_t  *sent = read_sent(r, faults), *answers;

    civic_answers_narrow(exam->form, sent);
    review_check_answers(r, exam->form, sent, 0, faults);

    answers = review_answers(application);
    merge(answers, sent);
    json_decref(sent);

    return shared_json_text(r, answers, &application->answers);
}


static civic_result_t
take_position(civic_request_t *r, review_application_t *application,
    review_faults_t *faults)
{
    json_t          *sent = json_object_get(civic_body(r), "position");
    json_t          *position;
    civic_str_t      code = civic_body_str(r, "position");
    civic_result_t   rc;

    if (sent == NULL) {
        return CIVIC_OK;
    }

    rc = review_position(r, application->exam, code, &position);

    if (rc == CIVIC_OK && code.len > 0 && position == NULL) {
        review_fault(faults, "/position", "review_position_unknown", NULL);
    }

    application->position = shared_copy(r, code);

    return rc;
}


/* ---- saving ------------------------------------------------------------ */

/* What was withdrawn begins anew, with what was filled in. */
static void
begin_anew(review_application_t *application)
{
    application->submitted_at = 0;
    application->due_at = 0;
    application->due_unknown = CIVIC_STR("");
    review_undecided(application);
}


static civic_result_t
save(civic_request_t *r, review_application_t *application,
    const review_exam_t *exam)
{
    int             moved, proposed;
    const char     *state;
    civic_result_t  rc;

    state = review_is(application, "refused") ? NULL : "draft";
    proposed = application->reversal.len > 0;
    review_end_proposal(application);

    if (review_is(application, "withdrawn")) {
        begin_anew(application);
    }

    rc = review_move(r, application, &(review_move_t) {
                         .state = state, .form = 1 }, &moved);

    if (rc == CIVIC_OK && !moved) {
        return civic_problem(r, "conflict");
    }

    if (rc == CIVIC_OK && proposed) {
        rc = review_follow_queue(r, application);
    }

    if (rc == CIVIC_OK) {
        civic_count(r, REVIEW_SAVED, 1);
        rc = review_reply(r, application, exam);
    }

    return rc;
}


static civic_result_t
take_and_save(civic_request_t *r, review_application_t *application,
    const review_exam_t *exam)
{
    civic_result_t    rc;
    review_faults_t  *faults = civic_alloc(r, sizeof(review_faults_t));

    faults->count = 0;

    rc = take_answers(r, application, exam, faults);

    if (rc == CIVIC_OK) {
        rc = take_position(r, application, faults);
    }

    if (rc == CIVIC_OK) {
        rc = faults->count > 0 ? review_faults_answer(r, faults)
                               : save(r, application, exam);
    }

    review_faults_end(faults);

    return rc;
}


civic_result_t
review_application_save(civic_request_t *r)
{
    int                    answered = 0;
    int64_t                version;
    civic_result_t         rc;
    review_exam_t          exam;
    review_application_t   application;

    version = json_integer_value(json_object_get(civic_body(r), "version"));

    rc = review_find(r, &application, &exam, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = may_change(r, &application, &exam, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    return application.version != version
           ? civic_problem(r, "conflict")
           : take_and_save(r, &application, &exam);
}
