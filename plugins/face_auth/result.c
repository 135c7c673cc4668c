/*
 * result.c - POST /face-auth/attempts/{attempt_id}/result: the citizen says
 * that it is done, and the provider says what came of it.
 *
 * Nothing that a client sends is a result: the body is empty, the attempt is
 * the caller's own, its number at the provider stands in a sealed record, and
 * the answer is verified.  A pass is accepted once, by a script; what follows
 * from it is repeated until it is done, and bears that.
 */

#include "face_auth.h"
#include "values.h"

typedef struct {
    face_terms_t    terms;
    face_attempt_t  attempt;
    civic_str_t     material;           /* of a picture that came along */
    int             picture;            /* one may */
} result_t;


/* ---- what has not passed ----------------------------------------------- */

static civic_result_t
not_passed(civic_request_t *r, civic_str_t reason)
{
    json_t          *texts, *params;
    civic_result_t   rc;

    rc = face_texts(r, 1, reason, &texts);
    if (rc != CIVIC_OK) {
        return rc;
    }

    params = json_pack("{s:O?}", "advice", json_object_get(texts, "text"));

    rc = civic_problem_with(r, &(civic_problem_t) {
                                   .code = "face_not_passed",
                                   .params = params, .with_rule = 1 });
    json_decref(params);

    return rc;
}


/* By a state that is not "passed". */
static civic_result_t
answer_state(civic_request_t *r, const face_attempt_t *attempt)
{
    if (face_is(attempt, "starting")) {
        return civic_problem(r, "face_not_begun");
    }

    return face_is(attempt, "failed") ? not_passed(r, CIVIC_STR(""))
                                      : civic_problem(r, "face_expired");
}


/* ---- what has passed --------------------------------------------------- */

civic_result_t
face_prove(civic_request_t *r, const face_attempt_t *attempt,
    const char *how, const char **refused)
{
    json_t          *in, *out;
    civic_str_t      why;
    civic_result_t   rc;

    *refused = NULL;

    in = json_pack("{s:s%, s:s%, s:s%, s:b, s:s, s:b, s:I}",
                   "pid", attempt->pid.data, attempt->pid.len,
                   "person", attempt->person.data, attempt->person.len,
                   "name", attempt->name.data, attempt->name.len,
                   "name_changed", attempt->name_changed,
                   "how", how, "recover", attempt->recover,
                   "at", (json_int_t) attempt->since);

    rc = in == NULL ? CIVIC_ERROR : civic_call(r, "login.proven", in, &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    why = shared_json_str(out, "refused");

    if (why.len > 0) {
        *refused = civic_str_eq(why, CIVIC_STR("name_differs"))
                   ? "face_name_differs" : "face_claim_changed";
        return CIVIC_OK;
    }

    /* whoever it is that login has linked: it must be this one */
    if (!civic_str_eq(shared_json_str(out, "person"), attempt->person)) {
        civic_log(r, CIVIC_LOG_ERROR, "login.proven answers with another "
                  "person");
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


static civic_result_t
reply_passed(civic_request_t *r, const face_attempt_t *attempt)
{
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_str(r, w, "attempt_id", attempt->id);
    civic_write_str(r, w, "state", CIVIC_STR("passed"));
    civic_write_bool(r, w, "exchange", attempt->self
                     && (civic_principal(r)->roles & CIVIC_VISITOR) != 0);

    return CIVIC_OK;
}


static civic_result_t
not_taken(civic_request_t *r, face_attempt_t *attempt, const char *refused)
{
    int             moved;
    civic_result_t  rc;

    civic_count(r, FACE_CLAIM_CHANGED, 1);

    rc = face_attempt_move(r, attempt, "failed", attempt->expires_at, 0,
                           &moved);

    return rc == CIVIC_OK ? civic_problem(r, refused) : rc;
}


/* Proof, picture, done: each bears being repeated. */
static civic_result_t
finish_own(civic_request_t *r, result_t *result)
{
    int              moved;
    const char      *refused;
    civic_result_t   rc;
    face_attempt_t  *attempt = &result->attempt;

    rc = face_prove(r, attempt, "face", &refused);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (refused != NULL) {
        return not_taken(r, attempt, refused);
    }

    if (result->material.len > 0) {
        rc = face_picture_keep(r, attempt->person, result->material);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    rc = face_attempt_move(r, attempt, "done", attempt->expires_at, 0,
                           &moved);

    return rc == CIVIC_OK ? reply_passed(r, attempt) : rc;
}


static civic_result_t
finish(civic_request_t *r, result_t *result)
{
    return result->attempt.self ? finish_own(r, result)
                                : reply_passed(r, &result->attempt);
}


/* ---- asking ------------------------------------------------------------ */

/* Once more, for the picture alone: the poll has noted that it passed. */
static civic_result_t
fetch_picture(civic_request_t *r, result_t *result)
{
    face_answer_t   answer;
    civic_result_t  rc;

    if (!result->picture) {
        return CIVIC_OK;
    }

    rc = face_query(r, &result->attempt, 0, 1, &answer);

    if (rc == CIVIC_OK && answer.verdict == FACE_SAYS_PASSED) {
        result->material = answer.material;
    }

    return rc;
}


/* The state moved on while we asked: what it is now says what to answer. */
static civic_result_t
by_state(civic_request_t *r, result_t *result)
{
    civic_result_t  rc;

    if (face_is(&result->attempt, "done")) {
        return reply_passed(r, &result->attempt);
    }

    if (!face_is(&result->attempt, "passed")) {
        return answer_state(r, &result->attempt);
    }

    rc = fetch_picture(r, result);

    return rc == CIVIC_OK ? finish(r, result) : rc;
}


static civic_result_t
by_answer(civic_request_t *r, result_t *result, const face_answer_t *answer)
{
    int             moved;
    civic_result_t  rc;

    rc = face_attempt_settle(r, &result->attempt, answer->verdict, &moved);
    if (rc != CIVIC_OK) {
        return rc;
    }

    switch (answer->verdict) {

    case FACE_SAYS_NOT_PASSED:
        civic_count(r, FACE_NOT_PASSED, 1);
        return not_passed(r, answer->reason);

    case FACE_SAYS_FAILED:
        return moved ? not_passed(r, answer->reason) : by_state(r, result);

    case FACE_SAYS_PASSED:
        result->material = answer->material;
        return moved ? finish(r, result) : by_state(r, result);

    case FACE_SAYS_GONE:
        return moved ? civic_problem(r, "face_expired")
                     : by_state(r, result);

    default:
        return shared_alipay_unavailable(r);
    }
}


static civic_result_t
ask_provider(civic_request_t *r, result_t *result)
{
    int             turn, moved;
    face_answer_t   answer;
    civic_result_t  rc;

    rc = face_ask_turn(r, &result->attempt, &result->terms, 1, &turn);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (result->attempt.told > result->terms.asks) {
        rc = face_attempt_settle(r, &result->attempt, FACE_SAYS_FAILED,
                                 &moved);

        return rc != CIVIC_OK ? rc : moved ? not_passed(r, CIVIC_STR(""))
                                           : by_state(r, result);
    }

    rc = face_query(r, &result->attempt, 0, result->picture, &answer);

    return rc == CIVIC_OK ? by_answer(r, result, &answer) : rc;
}


/* ---- the route --------------------------------------------------------- */

static civic_result_t
look(civic_request_t *r, result_t *result, int *answered)
{
    civic_result_t  rc;

    rc = face_terms(r, &result->terms);

    if (rc == CIVIC_OK) {
        rc = face_attempt_find(r, &result->terms, &result->attempt, answered);
    }

    if (rc != CIVIC_OK || *answered || face_is(&result->attempt, "done")) {
        return rc;
    }

    /* from its withdrawal on a face is not dealt with any more */
    rc = face_consent_check(r, result->attempt.pid, result->attempt.consent,
                            answered);

    return rc != CIVIC_OK || *answered ? rc
           : face_app(r, &result->picture);
}


civic_result_t
face_attempt_result(civic_request_t *r)
{
    int              answered = 0;
    result_t        *result = civic_alloc(r, sizeof(result_t));
    civic_result_t   rc;

    memset(result, 0, sizeof(result_t));

    rc = look(r, result, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    result->picture = result->picture && result->attempt.self;

    if (!face_is(&result->attempt, "open")) {
        return by_state(r, result);
    }

    if (result->attempt.expires_at <= civic_now(r)) {
        return civic_problem(r, "face_expired");
    }

    return ask_provider(r, result);
}
