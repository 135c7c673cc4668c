/*
 * state.c - what an attempt is now: GET, and the long poll of a PC's page.
 *
 * The poll asks the provider every few seconds, one caller at a time, and
 * notes what it says.  It grants nothing: that is for the result (result.c).
 */

#include "face_auth.h"
#include "values.h"

#define LONGEST  10000                  /* ms of one poll */
#define ASK_MAX  5000                   /* ms of one question */


civic_result_t
face_terms(civic_request_t *r, face_terms_t *terms)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "terms", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    terms->life = shared_rule_number(answer, "life", 300, 60, 82800);
    terms->ask_every = shared_rule_number(answer, "ask_every", 3, 2, 60);
    terms->asks = shared_rule_number(answer, "asks", 20, 1, 1000);
    terms->result_life = shared_rule_number(answer, "result_life", 900, 60,
                                            FACE_DAY);
    terms->kept = shared_rule_number(answer, "kept", 12, 4, 30);
    terms->kept_for = shared_rule_number(answer, "kept_days", 30, 1, 365)
                      * FACE_DAY;
    terms->same_session = !json_is_false(json_object_get(answer,
                                                         "same_session"));

    return CIVIC_OK;
}


civic_result_t
face_attempt_find(civic_request_t *r, const face_terms_t *terms,
    face_attempt_t *attempt, int *answered)
{
    civic_str_t     session;
    civic_result_t  rc;

    rc = face_attempt_read(r, shared_copy(r, civic_pid(r)),
                           civic_path(r, "attempt_id"), attempt);

    if (rc == CIVIC_NOT_FOUND
        || (rc == CIVIC_OK
            && civic_str_eq(attempt->slot, CIVIC_STR(FACE_COUNTER))))
    {
        *answered = 1;
        return civic_problem(r, "not_found");
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = face_session_digest(r, &session);

    if (rc == CIVIC_OK && terms->same_session
        && !civic_str_eq(session, attempt->session))
    {
        *answered = 1;
        return civic_problem(r, "face_other_session");
    }

    return rc;
}


/* Nobody writes down that time has passed. */
static civic_str_t
state_now(civic_request_t *r, const face_attempt_t *attempt)
{
    if ((face_is(attempt, "starting") || face_is(attempt, "open"))
        && attempt->expires_at <= civic_now(r))
    {
        return CIVIC_STR("expired");
    }

    return attempt->state;
}


static civic_result_t
reply_state(civic_request_t *r, const face_attempt_t *attempt)
{
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_str(r, w, "attempt_id", attempt->id);
    civic_write_str(r, w, "purpose", attempt->purpose);
    civic_write_str(r, w, "state", state_now(r, attempt));
    civic_write_instant(r, w, "expires_at", attempt->expires_at);

    return CIVIC_OK;
}


civic_result_t
face_attempt_show(civic_request_t *r)
{
    int             answered = 0;
    face_terms_t    terms;
    civic_result_t  rc;
    face_attempt_t  attempt;

    rc = face_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = face_attempt_find(r, &terms, &attempt, &answered);
    }

    return rc != CIVIC_OK || answered ? rc : reply_state(r, &attempt);
}


/* ---- asking ------------------------------------------------------------ */

civic_result_t
face_ask_turn(civic_request_t *r, face_attempt_t *attempt,
    const face_terms_t *terms, int by_hand, int *turn)
{
    civic_str_t           args[4], key;
    civic_msec_t          now = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, attempt->pid, FACE_FAMILY);
    args[0] = attempt->id;
    args[1] = shared_decimal(r, now);
    args[2] = shared_decimal(r, now + terms->ask_every * 1000);
    args[3] = by_hand ? CIVIC_STR("1") : CIVIC_STR("");

    rc = civic_script(r, &(civic_script_t) {
                             .name = "face_auth_ask",
                             .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 4 }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2) {
        return CIVIC_ERROR;
    }

    *turn = value->items[0].integer == 1;
    attempt->told = value->items[1].integer;

    return CIVIC_OK;
}


civic_result_t
face_attempt_settle(civic_request_t *r, face_attempt_t *attempt,
    face_verdict_t verdict, int *moved)
{
    unsigned         metric = FACE_FAILED;
    const char      *state;
    civic_result_t   rc;

    *moved = 0;

    switch (verdict) {
    case FACE_SAYS_PASSED:
        state = "passed";
        metric = FACE_PASSED;
        break;
    case FACE_SAYS_FAILED:
        state = "failed";
        break;
    case FACE_SAYS_GONE:
        state = "expired";
        break;
    default:
        return CIVIC_OK;
    }

    rc = face_attempt_move(r, attempt, state, attempt->expires_at, 0, moved);

    if (rc == CIVIC_OK && *moved) {
        civic_count(r, metric, 1);
        rc = civic_notify(r, face_topic(r, attempt->id));
    }

    return rc;
}


/* If it is this request's turn. */
static civic_result_t
ask(civic_request_t *r, const face_terms_t *terms, face_attempt_t *attempt)
{
    int             turn, moved;
    unsigned        timeout;
    face_answer_t   answer;
    civic_result_t  rc;

    rc = face_ask_turn(r, attempt, terms, 0, &turn);
    if (rc != CIVIC_OK || !turn) {
        return rc;
    }

    /* shorter than a turn, so that two never ask at once */
    timeout = terms->ask_every * 1000 < ASK_MAX
              ? (unsigned) terms->ask_every * 1000 : ASK_MAX;

    rc = face_query(r, attempt, timeout, 0, &answer);

    return rc != CIVIC_OK ? rc
           : face_attempt_settle(r, attempt, answer.verdict, &moved);
}


/* ---- the long poll ----------------------------------------------------- */

/* Reads it again, and asks while it is open; *news: it is no longer what the
   page knows. */
static civic_result_t
look(civic_request_t *r, const face_terms_t *terms, face_attempt_t *attempt,
    civic_str_t known, int *news)
{
    int             answered = 0;
    civic_result_t  rc;

    rc = face_attempt_find(r, terms, attempt, &answered);

    if (rc != CIVIC_OK || answered) {
        *news = -1;
        return rc;
    }

    if (civic_str_eq(state_now(r, attempt), CIVIC_STR("open"))) {
        rc = face_consent_check(r, attempt->pid, attempt->consent,
                                &answered);

        if (rc != CIVIC_OK || answered) {
            *news = -1;
            return rc;
        }

        rc = ask(r, terms, attempt);
    }

    *news = !civic_str_eq(state_now(r, attempt), known);

    return rc;
}


/* Until somebody tells, or the next turn; *ended: no more of it. */
static civic_result_t
rest(civic_request_t *r, const face_terms_t *terms, civic_msec_t began,
    int *ended)
{
    civic_msec_t    until = civic_now(r) + terms->ask_every * 1000 - began;
    civic_result_t  rc;

    until = until < LONGEST ? until : LONGEST;

    rc = civic_wait(r, (unsigned) until);

    if (rc != CIVIC_TIMEOUT) {
        return rc;
    }

    /* a worker that is told to quit ends waits before their time */
    *ended = civic_now(r) - began + 50 < until || until == LONGEST;

    return CIVIC_OK;
}


civic_result_t
face_attempt_wait(civic_request_t *r)
{
    int             news = 0, ended = 0;
    civic_str_t     known = civic_body_str(r, "state");
    face_terms_t    terms;
    civic_msec_t    began = 0;
    civic_result_t  rc;
    face_attempt_t  attempt;

    if (known.len == 0) {
        known = CIVIC_STR("open");
    }

    rc = face_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = civic_watch(r, face_topic(r, civic_path(r, "attempt_id")));
    }

    while (rc == CIVIC_OK) {
        rc = look(r, &terms, &attempt, known, &news);

        if (rc != CIVIC_OK || news < 0) {
            return rc;
        }

        if (news || ended) {
            return reply_state(r, &attempt);
        }

        began = began == 0 ? civic_now(r) : began;
        rc = rest(r, &terms, began, &ended);
    }

    return rc;
}
