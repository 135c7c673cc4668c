/*
 * bind_finish.c - the proof, the relative's consent, and the binding.
 *
 * Each part bears being done twice, and is noted before the next: whoever
 * repeats this after a crash or a lost answer goes on where it stopped, and
 * gets the same binding.
 */

#include "bind.h"
#include "channel.h"
#include "values.h"

typedef struct {
    civic_str_t              id;        /* of the path */
    kinship_asked_t          asked;
    civic_person_identity_t  identity;
    kinship_bind_t           bind;
} finish_t;


static int
is(civic_str_t text, const char *word)
{
    return civic_str_eq(text, civic_cstr(word));
}


static civic_result_t
problem(civic_request_t *r, const char *code, int *answered)
{
    *answered = 1;

    return civic_problem(r, code);
}


/* ---- the answer -------------------------------------------------------- */

static civic_result_t
reply(civic_request_t *r, const kinship_binding_t *binding)
{
    return kinship_binding_write(r, civic_reply(r, 200), binding);
}


/* A pledge proves nothing: it is answered with what was typed, whoever that
   number belongs to. */
static civic_result_t
reply_bound(civic_request_t *r, const finish_t *finish)
{
    const kinship_binding_t  *binding = &finish->bind.binding;

    return is(binding->how, KINSHIP_BY_PLEDGE)
           ? kinship_binding_write_as(r, civic_reply(r, 200), binding,
                                      kinship_masked(r, &finish->identity))
           : reply(r, binding);
}


/* Nothing is asked for by that id: it may be bound already. */
static civic_result_t
bound_before(civic_request_t *r, const finish_t *finish, int *answered)
{
    civic_result_t     rc;
    kinship_binding_t  binding;

    *answered = 1;
    rc = kinship_binding_find(r, finish->asked.guardian, finish->id, &binding);

    if (rc == CIVIC_NOT_FOUND) {
        return civic_problem(r, "kinship_asked_over");
    }

    return rc == CIVIC_OK ? reply(r, &binding) : rc;
}


static civic_result_t
find(civic_request_t *r, finish_t *finish, int *answered)
{
    civic_str_t     guardian = shared_copy(r, civic_pid(r));
    civic_result_t  rc;

    finish->id = shared_copy(r, civic_path(r, "binding_id"));
    rc = kinship_asked_read(r, guardian, &finish->asked);

    if (rc == CIVIC_NOT_FOUND
        || (rc == CIVIC_OK && !civic_str_eq(finish->asked.id, finish->id)))
    {
        return bound_before(r, finish, answered);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (finish->asked.version == 0) {
        return problem(r, "kinship_agree_first", answered);
    }

    return kinship_asked_identity(r, &finish->asked, &finish->identity);
}


/* ---- the relative's face ----------------------------------------------- */

static civic_result_t
write_asked(civic_request_t *r, finish_t *finish, int *answered)
{
    int             done;
    civic_result_t  rc;

    rc = kinship_asked_write(r, &finish->asked, 0, &done);

    return rc == CIVIC_OK && !done ? problem(r, "conflict", answered) : rc;
}


/* "passed" is told once.  So that it is not lost with a worker, which attempt
   is fetched is noted before: what was fetched after that, was for this one. */
static civic_result_t
note_attempt(civic_request_t *r, finish_t *finish, civic_str_t attempt,
    int *answered)
{
    if (civic_str_eq(finish->asked.attempt, attempt)) {
        return CIVIC_OK;
    }

    finish->asked.attempt = attempt;
    finish->asked.attempt_at = civic_now(r);

    return write_asked(r, finish, answered);
}


static civic_result_t
fetch(civic_request_t *r, finish_t *finish, int *passed, int *answered)
{
    json_t           *in, *out;
    civic_str_t       state;
    civic_msec_t      at;
    civic_result_t    rc;
    kinship_asked_t  *asked = &finish->asked;

    in = json_pack("{s:s%, s:s%, s:s, s:s%}",
                   "pid", asked->guardian.data, asked->guardian.len,
                   "attempt_id", asked->attempt.data, asked->attempt.len,
                   "purpose", "kinship",
                   "person", asked->relative.data, asked->relative.len);

    rc = in == NULL ? CIVIC_ERROR
                    : civic_call(r, "face_auth.result", in, &out);

    if (rc == CIVIC_NOT_FOUND) {
        civic_log(r, CIVIC_LOG_ERROR, "faces are asked for, and the plugin "
                  "\"face_auth\" is not loaded");
        return problem(r, "plugin_unavailable", answered);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    state = shared_json_str(out, "state");
    at = json_integer_value(json_object_get(out, "at"));
    *passed = is(state, "passed")
              || (is(state, "done") && at >= asked->attempt_at);

    if (*passed) {
        return CIVIC_OK;
    }

    return problem(r, is(state, "none") || is(state, "done")
                      ? "kinship_face_needed" : "kinship_face_not_passed",
                   answered);
}


static civic_result_t
prove_face(civic_request_t *r, finish_t *finish, int *answered)
{
    int             passed = 0;
    civic_str_t     attempt = civic_body_str(r, "attempt_id");
    civic_result_t  rc;

    if (finish->asked.proven) {
        return CIVIC_OK;
    }

    if (attempt.len == 0) {
        return problem(r, "kinship_face_needed", answered);
    }

    rc = note_attempt(r, finish, attempt, answered);

    if (rc == CIVIC_OK && !*answered) {
        rc = fetch(r, finish, &passed, answered);
    }

    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    finish->asked.proven = 1;

    return write_asked(r, finish, answered);
}


static civic_result_t
prove(civic_request_t *r, finish_t *finish, int *answered)
{
    if (is(finish->asked.proof, KINSHIP_BY_FACE)) {
        return prove_face(r, finish, answered);
    }

    return finish->asked.pledged
           ? CIVIC_OK : problem(r, "kinship_agree_first", answered);
}


/* ---- the relative's consent -------------------------------------------- */

static json_t *
flags_of(civic_str_t text)
{
    size_t        n;
    json_t       *flags = json_object();
    civic_str_t   word;

    for (n = 0; (word = shared_word(text, n)).len > 0; n++) {
        json_object_setn_new(flags, word.data, word.len, json_true());
    }

    return flags;
}


/* Who says so, and by which proof: a child's guardian; an elder's own face. */
static civic_str_t
evidence(civic_request_t *r, const kinship_asked_t *asked)
{
    return is(asked->proof, KINSHIP_BY_FACE)
           ? civic_print(r, "face %.*s", (int) asked->attempt.len,
                         asked->attempt.data)
           : civic_print(r, "pledge %lld", (long long) asked->version);
}


/* Where the text has changed, or a tick is missing, it is agreed to anew; the
   face stands. */
static civic_result_t
consent(civic_request_t *r, finish_t *finish, int *answered)
{
    json_t                 *flags = flags_of(finish->asked.flags);
    civic_result_t          rc;
    const kinship_asked_t  *asked = &finish->asked;

    rc = kinship_consent_give(r, &(kinship_consent_t) {
        .pid = asked->relative, .purpose = asked->purpose,
        .method = "tick_and_button", .version = asked->health_version,
        .language = asked->language, .flags = flags,
        .channel = shared_channel(r), .actor = asked->guardian,
        .relation = asked->relation, .evidence = evidence(r, asked),
        .changed = "kinship_health_agreement" },
        &finish->bind.consent, answered);
    json_decref(flags);

    return rc;
}


/* ---- the binding ------------------------------------------------------- */

static civic_result_t
refuse(civic_request_t *r, const char *code)
{
    civic_count(r, KINSHIP_COUNT_REFUSED, 1);

    return kinship_problem(r, &(civic_problem_t) { .code = code });
}


static civic_result_t
answer(civic_request_t *r, const finish_t *finish, kinship_outcome_t outcome)
{
    switch (outcome) {

    case KINSHIP_BOUND:
        civic_count(r, KINSHIP_COUNT_BOUND, 1);
        return reply_bound(r, finish);

    case KINSHIP_IS_BOUND:
        return refuse(r, "kinship_bound_before");

    case KINSHIP_NO_CODE:
        return civic_problem(r, "kinship_own_code_first");

    case KINSHIP_NOT_AGREED:
        return civic_problem(r, "kinship_agree_first");

    case KINSHIP_NO_PLACE:
        return refuse(r, "kinship_relatives_full");

    case KINSHIP_NO_HOLDER:
        return refuse(r, "kinship_guardians_full");

    default:
        return civic_problem(r, "kinship_asked_over");
    }
}


static civic_result_t
bind(civic_request_t *r, finish_t *finish)
{
    int                 done;
    civic_result_t      rc;
    kinship_bind_t     *b = &finish->bind;
    kinship_outcome_t   outcome = KINSHIP_OVER;

    b->binding.guardian = finish->asked.guardian;
    b->binding.relative = finish->asked.relative;
    b->binding.id = finish->asked.id;
    b->binding.since = civic_business_now(r);
    b->binding.how = finish->asked.proof;
    b->binding.relation = finish->asked.relation;
    b->identity = &finish->identity;
    b->purpose = finish->asked.purpose.data;
    b->asked = finish->asked.text;

    rc = kinship_bind(r, b, &outcome);

    if (rc == CIVIC_OK && (outcome == KINSHIP_OVER
                           || outcome == KINSHIP_NO_CONSENT
                           || outcome == KINSHIP_NO_HOLDER))
    {
        /* it can never come to be: nothing of it is kept */
        rc = kinship_asked_drop(r, &finish->asked, &done);
    }

    return rc == CIVIC_OK ? answer(r, finish, outcome) : rc;
}


civic_result_t
kinship_bind_finish(civic_request_t *r)
{
    int              answered = 0;
    finish_t        *finish = civic_alloc(r, sizeof(finish_t));
    civic_result_t   rc;

    memset(finish, 0, sizeof(finish_t));

    rc = find(r, finish, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = prove(r, finish, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = consent(r, finish, &answered);
    }

    return rc != CIVIC_OK || answered ? rc : bind(r, finish);
}
