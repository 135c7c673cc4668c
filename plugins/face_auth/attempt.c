/*
 * attempt.c - POST /face-auth/attempts.
 *
 * The order of things: whose face, the consent, an attempt that is still
 * open, how often, a record, and only then the provider.  So whatever stops
 * on the way, the record knows the order number that the provider may have
 * seen, and a repeat sends the same one.
 */

#include "face_auth.h"
#include "name.h"
#include "values.h"

typedef struct {
    civic_str_t     pid;
    civic_str_t     session;
    face_whose_t    whose;
    face_terms_t    terms;
    face_attempt_t  attempt;
    int             counter;            /* it is offered */
} begin_t;


/* ---- an attempt that is open already ----------------------------------- */

/* Alipay was told one name: with another it begins anew. */
static int
is_same_name(const begin_t *begin)
{
    return civic_name_same(begin->attempt.name.data, begin->attempt.name.len,
                           begin->whose.name.data, begin->whose.name.len);
}


static int
is_unfinished(civic_request_t *r, const face_attempt_t *attempt)
{
    return attempt->id.len > 0
           && (face_is(attempt, "starting") || face_is(attempt, "open"))
           && attempt->expires_at > civic_now(r);
}


/* The rule decides between going on with it and beginning anew. */
static civic_result_t
ask_again(civic_request_t *r, const begin_t *begin, int *reuse)
{
    json_t          *answer;
    civic_result_t   rc;

    *reuse = 0;

    if (!is_unfinished(r, &begin->attempt) || !is_same_name(begin)) {
        return CIVIC_OK;
    }

    rc = civic_rule(r, "again",
                    json_pack("{s:I, s:b, s:I}",
                              "told", (json_int_t) begin->attempt.told,
                              "same_session",
                              civic_str_eq(begin->session,
                                           begin->attempt.session),
                              "expires_in", (json_int_t)
                                  ((begin->attempt.expires_at - civic_now(r))
                                   / 1000)),
                    &answer);

    *reuse = rc == CIVIC_OK
             && json_is_true(json_object_get(answer, "reuse"));

    return rc;
}


/* ---- a new one --------------------------------------------------------- */

static civic_result_t
fill_in(civic_request_t *r, const begin_t *begin, face_attempt_t *attempt)
{
    civic_result_t  rc;

    memset(attempt, 0, sizeof(face_attempt_t));

    attempt->pid = begin->pid;
    attempt->purpose = begin->whose.purpose;
    attempt->consent = civic_cstr(begin->whose.consent);
    attempt->person = begin->whose.person;
    attempt->name = begin->whose.name;
    attempt->session = begin->session;
    attempt->recover = begin->whose.recover;
    attempt->self = begin->whose.self;
    attempt->slot = face_slot(r, attempt->purpose, attempt->person);
    attempt->expires_at = civic_now(r) + begin->terms.life * 1000;

    rc = shared_id_new(r, &attempt->id);

    return rc != CIVIC_OK ? rc : shared_hex_id_new(r, &attempt->order);
}


/* In the place of the one that was read, if the rule "attempt" allows. */
static civic_result_t
begin_anew(civic_request_t *r, begin_t *begin, int *answered)
{
    civic_str_t     replaced = begin->attempt.id;
    face_attempt_t  attempt;
    civic_result_t  rc;

    rc = face_attempt_reserve(r, begin->pid, begin->whose.purpose,
                              &begin->counter, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    rc = fill_in(r, begin, &attempt);

    if (rc == CIVIC_OK) {
        rc = face_attempt_begin(r, "starting", replaced, &attempt);
    }

    if (rc == CIVIC_OK) {
        begin->attempt = attempt;
        civic_count(r, FACE_BEGUN, 1);
    }

    return rc;
}


/* ---- the provider ------------------------------------------------------ */

static civic_result_t
refused(civic_request_t *r, face_attempt_t *attempt)
{
    int             moved;
    civic_result_t  rc;

    rc = face_attempt_move(r, attempt, "failed", attempt->expires_at, 0,
                           &moved);

    if (rc == CIVIC_OK && moved) {
        civic_count(r, FACE_FAILED, 1);
    }

    return rc == CIVIC_OK ? civic_problem(r, "face_refused") : rc;
}


/* From "starting" to "open".  Two requests may both have asked: the provider
   knows the order, and the first answer stands. */
static civic_result_t
start(civic_request_t *r, begin_t *begin, int *answered)
{
    int              moved;
    civic_result_t   rc;
    face_attempt_t  *attempt = &begin->attempt;
    face_verdict_t   verdict;

    /* a repeat goes on with what is proven at the end */
    begin->whose.name = attempt->name;

    rc = face_initialize(r, &begin->whose, attempt, &verdict);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (verdict == FACE_SAYS_PASSED) {
        rc = face_attempt_move(r, attempt, "open",
                               civic_now(r) + begin->terms.life * 1000, 1,
                               &moved);

        return rc == CIVIC_OK && !moved && face_is(attempt, "open")
               ? face_attempt_read(r, begin->pid, attempt->id, attempt) : rc;
    }

    *answered = 1;

    if (verdict == FACE_SAYS_REFUSED) {
        return refused(r, attempt);
    }

    civic_count(r, FACE_UNAVAILABLE, 1);

    return shared_alipay_unavailable(r);
}


/* ---- the route --------------------------------------------------------- */

static civic_result_t
prepare(civic_request_t *r, begin_t *begin, int *answered)
{
    civic_result_t  rc;

    begin->pid = shared_copy(r, civic_pid(r));

    rc = face_whose_read(r, &begin->whose, answered);

    if (rc == CIVIC_OK && !*answered) {
        rc = face_consent_check(r, begin->pid,
                                civic_cstr(begin->whose.consent), answered);
    }

    if (rc == CIVIC_OK && !*answered) {
        rc = face_session_digest(r, &begin->session);
    }

    return rc != CIVIC_OK || *answered ? rc : face_terms(r, &begin->terms);
}


static civic_result_t
find_or_begin(civic_request_t *r, begin_t *begin, int *answered)
{
    int             reuse;
    civic_str_t     slot;
    civic_result_t  rc;

    slot = face_slot(r, begin->whose.purpose, begin->whose.person);

    rc = face_slot_read(r, begin->pid, slot, &begin->attempt);

    if (rc == CIVIC_OK) {
        rc = ask_again(r, begin, &reuse);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!reuse) {
        return begin_anew(r, begin, answered);
    }

    civic_count(r, FACE_RESUMED, 1);

    return CIVIC_OK;
}


civic_result_t
face_attempt_create(civic_request_t *r)
{
    int              answered = 0;
    begin_t         *begin = civic_alloc(r, sizeof(begin_t));
    civic_result_t   rc;

    memset(begin, 0, sizeof(begin_t));

    rc = prepare(r, begin, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = find_or_begin(r, begin, &answered);
    }

    if (rc == CIVIC_OK && !answered && face_is(&begin->attempt, "starting")) {
        rc = start(r, begin, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    /* a repeat may find that it has gone on, or ended */
    if (!face_is(&begin->attempt, "open")) {
        return civic_problem(r, "face_expired");
    }

    if (!civic_str_eq(begin->attempt.session, begin->session)
        && begin->terms.same_session)
    {
        return civic_problem(r, "face_other_session");
    }

    return face_page_reply(r, &begin->attempt, begin->counter);
}
