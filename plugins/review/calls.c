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
