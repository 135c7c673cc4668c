/*
 * decision.c - what follows from a decision of the counter: the proof, and a
 * message for the citizen.
 *
 * Who decides carries it out at once; the outbox has it too, so that it is
 * carried out in any case.  Each step bears being done twice.
 */

#include "face_auth.h"
#include "values.h"

#define LEAVE  30000                    /* ms: who decided is still at it */


civic_result_t
face_decision_entry(civic_request_t *r, const face_attempt_t *request,
    civic_str_t *entry)
{
    /* neither tells who it is */
    *entry = civic_print(r, "%.*s %.*s", (int) request->pid.len,
                         request->pid.data, (int) request->id.len,
                         request->id.data);

    return CIVIC_OK;
}


/* ---- telling ----------------------------------------------------------- */

static civic_result_t
tell(civic_request_t *r, const face_attempt_t *request, civic_str_t pid,
    int passed)
{
    civic_result_t  rc;

    rc = civic_message(r, &(civic_message_t) {
        .pid = pid,
        .kind = passed ? "face_auth.counter_passed"
                       : "face_auth.counter_refused",
        .once = request->id,
        .title_zh = passed ? CIVIC_STR("身份认证完成")
                           : CIVIC_STR("身份认证未通过"),
        .title_en = passed ? CIVIC_STR("Your identity is confirmed")
                           : CIVIC_STR("Your identity was not confirmed"),
        .text_zh = passed
            ? CIVIC_STR("服务窗口已核对您的身份证件，身份认证完成。如非本人"
                        "办理，请立即拨打服务电话。")
            : CIVIC_STR("服务窗口未能确认您的身份。您可以携带本人身份证件原件"
                        "再次办理，或使用人脸识别认证。"),
        .text_en = passed
            ? CIVIC_STR("The counter has checked your identity document. If "
                        "that was not you, call the service line at once.")
            : CIVIC_STR("The counter could not confirm who you are. Come "
                        "again with your own identity document, or use face "
                        "authentication."),
    });

    /* an installation without inboxes goes on */
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


static civic_result_t
tell_all(civic_request_t *r, const face_attempt_t *request, int passed)
{
    civic_result_t  rc;

    rc = tell(r, request, request->pid, passed);

    /* an account leads to the person from now on, who has another inbox */
    if (rc == CIVIC_OK && passed
        && !civic_str_eq(request->pid, request->person))
    {
        rc = tell(r, request, request->person, passed);
    }

    return rc;
}


/* ---- carrying out ------------------------------------------------------ */

civic_result_t
face_decision_finish(civic_request_t *r, face_attempt_t *request,
    const char **refused)
{
    int             moved;
    civic_result_t  rc;

    *refused = NULL;

    if (face_is(request, "refused")) {
        return tell_all(r, request, 0);
    }

    if (!face_is(request, "passed")) {
        return CIVIC_OK;
    }

    rc = face_prove(r, request, "counter", refused);

    if (rc == CIVIC_OK && *refused == NULL) {
        rc = tell_all(r, request, 1);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (*refused != NULL) {
        civic_count(r, FACE_CLAIM_CHANGED, 1);
    }

    rc = face_attempt_move(r, request, *refused != NULL ? "failed" : "done",
                           request->expires_at, 0, &moved);

    return rc == CIVIC_OK ? civic_notify(r, face_topic(r, request->id)) : rc;
}


/* Who decided may still be at it. */
civic_result_t
face_decision_step(civic_request_t *r, shared_entry_t *entry)
{
    const char     *refused;
    civic_str_t     value = entry->value;
    civic_result_t  rc;
    face_attempt_t  request;

    if (value.len != SHARED_PID + 1 + SHARED_ID) {
        return CIVIC_INVALID;
    }

    if (civic_now(r) < entry->at + LEAVE) {
        entry->wait = 1;
        return CIVIC_OK;
    }

    rc = face_attempt_read(r, (civic_str_t) { value.data, SHARED_PID },
                           (civic_str_t) { value.data + SHARED_PID + 1,
                                           SHARED_ID }, &request);

    if (rc == CIVIC_OK) {
        rc = face_decision_finish(r, &request, &refused);
    }

    /* forgotten since: nothing will come of it */
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}
