/*
 * calls.c - what other plugins ask.
 */

#include "record.h"
#include "review.h"
#include "values.h"


/* A pid and an exam of the caller's; logged, for it is a bug of a plugin. */
static civic_result_t
who_in(civic_request_t *r, json_t *in, civic_str_t *pid, civic_str_t *exam)
{
    *pid = shared_json_str(in, "pid");
    *exam = shared_json_str(in, "exam_id");

    if (pid->len != SHARED_PID || exam->len == 0) {
        civic_log(r, CIVIC_LOG_ERROR, "a call of review names no \"%s\"",
                  pid->len != SHARED_PID ? "pid" : "exam_id");
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


/* {"pid", "exam_id"} -> {"state", "version", "application_id", "position",
   "submitted_at"?, "due_at"?}; "state": "none" */
civic_result_t
review_call_state(civic_request_t *r, json_t *in, json_t **out)
{
    civic_str_t            pid, exam;
    civic_result_t         rc;
    review_application_t   application;

    rc = who_in(r, in, &pid, &exam);

    if (rc == CIVIC_OK) {
        rc = review_read(r, pid, exam, &application);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *out = json_pack("{s:s%, s:I, s:s%, s:s%}",
                     "state", application.state.data, application.state.len,
                     "version", (json_int_t) application.version,
                     "application_id",
                     civic_text_or_empty(application.id), application.id.len,
                     "position", civic_text_or_empty(application.position),
                     application.position.len);

    if (*out != NULL && application.submitted_at > 0) {
        json_object_set_new(*out, "submitted_at",
                            json_integer(application.submitted_at));
    }

    if (*out != NULL && application.due_at > 0) {
        json_object_set_new(*out, "due_at",
                            json_integer(application.due_at));
    }

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- who may sit the exam ---------------------------------------------- */

static void
add_identity(json_t *out, json_t *identity)
{
    size_t  i;

    static const char *const  names[] = { "name", "id_number" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (json_is_string(json_object_get(identity, names[i]))) {
            json_object_set(out, names[i],
                            json_object_get(identity, names[i]));
        }
    }
}


/* {"pid", "exam_id"} -> {"entitled", "application_id", "position", "name",
   "id_number"}; {"entitled": false} */
civic_result_t
review_call_entitled(civic_request_t *r, json_t *in, json_t **out)
{
    json_t                *identity = NULL;
    civic_str_t            pid, id;
    civic_result_t         rc;
    review_exam_t          exam;
    review_order_t         order = { .state = CIVIC_STR("none") };
    review_application_t   application;

    rc = who_in(r, in, &pid, &id);

    if (rc == CIVIC_OK) {
        rc = review_read(r, pid, id, &application);
    }

    if (rc == CIVIC_OK) {
        rc = review_exam(r, id, &exam);
    }

    if (rc == CIVIC_OK && review_is(&application, "approved")) {
        rc = review_order(r, pid, id, &order);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!review_is_entitled(&application, &exam, &order)) {
        *out = json_pack("{s:b}", "entitled", 0);
        return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
    }

    rc = review_identity(r, pid, &identity);

    if (rc == CIVIC_OK) {
        *out = json_pack("{s:b, s:s, s:s}", "entitled", 1,
                         "application_id", application.id.data,
                         "position", application.position.data);
        add_identity(*out, identity);
    }

    return rc;
}


/* {"pid"} -> {"exam_ids"}: whether somebody may sit them "entitled" says */
civic_result_t
review_call_approved(civic_request_t *r, json_t *in, json_t **out)
{
    size_t                 i, count;
    json_t                *ids;
    civic_str_t            pid = shared_json_str(in, "pid");
    civic_result_t         rc;
    review_application_t  *all;

    if (pid.len != SHARED_PID) {
        civic_log(r, CIVIC_LOG_ERROR, "a call of review names no \"pid\"");
        return CIVIC_ERROR;
    }

    all = civic_alloc(r, REVIEW_ALL * sizeof(review_application_t));
    rc = review_list(r, pid, all, REVIEW_ALL, &count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    ids = json_array();

    for (i = 0; i < count; i++) {
        if (review_is(&all[i], "approved")) {
            json_array_append_new(ids, json_stringn(all[i].exam.data,
                                                    all[i].exam.len));
        }
    }

    *out = json_pack("{s:o}", "exam_ids", ids);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- the photo --------------------------------------------------------- */

/* From the submission on, until the exam is over: what reviewers saw is what
   the ticket and the door show. */
static civic_result_t
relies_on(civic_request_t *r, const review_application_t *application,
    civic_str_t profile, int *relies)
{
    civic_result_t  rc;
    review_exam_t   exam;

    *relies = 0;

    if (!review_is(application, "submitted")
        && !review_is(application, "approved"))
    {
        return CIVIC_OK;
    }

    rc = review_exam(r, application->exam, &exam);

    if (rc == CIVIC_OK) {
        *relies = civic_str_eq(exam.profile, profile)
                  && (exam.ends == 0 || civic_business_now(r) < exam.ends);
    }

    return rc;
}


/* {"pid", "profile"} -> {"locked"} */
civic_result_t
review_call_photo_locked(civic_request_t *r, json_t *in, json_t **out)
{
    int                    locked = 0;
    size_t                 i, count;
    civic_str_t            pid = shared_json_str(in, "pid");
    civic_str_t            profile = shared_json_str(in, "profile");
    civic_result_t         rc;
    review_application_t  *applications;

    if (pid.len != SHARED_PID || profile.len == 0) {
        civic_log(r, CIVIC_LOG_ERROR, "a call of review names no \"%s\"",
                  pid.len != SHARED_PID ? "pid" : "profile");
        return CIVIC_ERROR;
    }

    applications = civic_alloc(r, REVIEW_MOST * sizeof(review_application_t));
    rc = review_list(r, pid, applications, REVIEW_MOST, &count);

    for (i = 0; rc == CIVIC_OK && i < count && !locked; i++) {
        rc = relies_on(r, &applications[i], profile, &locked);
    }

    if (rc == CIVIC_OK) {
        *out = json_pack("{s:b}", "locked", locked);
    }

    return rc;
}
