/*
 * calls.c - what other plugins ask: whether a proof is still good, what came
 * of an attempt of theirs, the picture to compare with, and erasing.
 */

#include "face_auth.h"
#include "values.h"


static int64_t
number_of(json_t *in, const char *name)
{
    json_t  *value = json_object_get(in, name);

    return json_is_integer(value) ? json_integer_value(value) : 0;
}


/* A pid of the caller's; logged, for it is a bug of a plugin. */
static civic_result_t
pid_in(civic_request_t *r, json_t *in, const char *name, civic_str_t *pid)
{
    *pid = shared_json_str(in, name);

    if (pid->len != SHARED_PID) {
        civic_log(r, CIVIC_LOG_ERROR, "a call names no \"%s\"", name);
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


/* {"proven_at", "proven_by"} -> {"valid", "counter"} */
civic_result_t
face_call_state(civic_request_t *r, json_t *in, json_t **out)
{
    int64_t          at = number_of(in, "proven_at"), age;
    json_t          *facts, *answer;
    civic_result_t   rc;

    facts = json_object();

    if (at > 0) {
        age = (civic_now(r) - at) / 1000;
        json_object_set_new(facts, "age", json_integer(age > 0 ? age : 0));
        json_object_set_new(facts, "proven_by",
                            json_string(shared_json_str(in, "proven_by").data));
    }

    rc = civic_rule(r, "validity", facts, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *out = json_pack("{s:b, s:b}", "valid",
                     json_is_true(json_object_get(answer, "valid")),
                     "counter",
                     json_is_true(json_object_get(answer, "counter")));

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- a result for somebody else's purpose ------------------------------ */

static int
is_asked_for(const face_attempt_t *attempt, json_t *in)
{
    return !attempt->self
           && civic_str_eq(attempt->purpose, shared_json_str(in, "purpose"))
           && civic_str_eq(attempt->person, shared_json_str(in, "person"));
}


/* {"pid", "attempt_id", "purpose", "person"} -> {"state", "at"}: "passed" is
   answered once. */
civic_result_t
face_call_result(civic_request_t *r, json_t *in, json_t **out)
{
    int             moved = 0;
    civic_str_t     pid;
    civic_msec_t    at;
    face_terms_t    terms;
    civic_result_t  rc;
    face_attempt_t  attempt;

    rc = pid_in(r, in, "pid", &pid);

    if (rc == CIVIC_OK) {
        rc = face_terms(r, &terms);
    }

    if (rc == CIVIC_OK) {
        rc = face_attempt_read(r, pid, shared_json_str(in, "attempt_id"),
                               &attempt);
    }

    if (rc == CIVIC_NOT_FOUND
        || (rc == CIVIC_OK && !is_asked_for(&attempt, in)))
    {
        *out = json_pack("{s:s}", "state", "none");
        return CIVIC_OK;
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    at = attempt.since;

    if (face_is(&attempt, "passed")) {
        rc = face_attempt_move(r, &attempt,
                               civic_now(r) - at > terms.result_life * 1000
                               ? "expired" : "done", attempt.expires_at, 0,
                               &moved);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    if (moved && face_is(&attempt, "done")) {
        attempt.state = CIVIC_STR("passed");

    } else if (!moved) {
        at = attempt.since;
    }

    *out = json_pack("{s:s%, s:I}", "state", attempt.state.data,
                     attempt.state.len, "at", (json_int_t) at);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- the picture ------------------------------------------------------- */

/* {"pid"} -> {"blob_id"}, or {}: under the consent, and in its time. */
civic_result_t
face_call_reference(civic_request_t *r, json_t *in, json_t **out)
{
    civic_str_t        pid;
    civic_result_t     rc;
    civic_consent_t    consent;
    face_reference_t   reference;

    rc = pid_in(r, in, "pid", &pid);

    if (rc == CIVIC_OK) {
        rc = civic_consent(r, pid, FACE_CONSENT, &consent);
    }

    if (rc == CIVIC_OK) {
        rc = face_reference_read(r, pid, &reference);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (consent.id.len == 0 || reference.id.len == 0
        || reference.until <= civic_now(r))
    {
        *out = json_object();

    } else {
        *out = json_pack("{s:s%}", "blob_id", reference.id.data,
                         reference.id.len);
    }

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* " identity recover ": what a script looks names up in. */
static civic_str_t
listed(civic_request_t *r, json_t *names)
{
    size_t        i;
    json_t       *name;
    civic_str_t   text = CIVIC_STR(" ");

    /* an empty table of Lua is an object */
    json_array_foreach(names, i, name) {
        if (json_is_string(name)) {
            text = civic_print(r, "%.*s%s ", (int) text.len, text.data,
                               json_string_value(name));
        }
    }

    return text;
}


/* Attempts stand under the consent that the rule "consented" says, pictures
   under FACE_CONSENT. */
static civic_result_t
erase(civic_request_t *r, civic_str_t pid, civic_str_t consent,
    int64_t *forgotten)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "consented",
                    json_pack("{s:s%}", "consent", consent.data, consent.len),
                    &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (civic_str_eq(consent, CIVIC_STR(FACE_CONSENT))) {
        return face_forget(r, pid, "all",
                           listed(r, json_object_get(answer, "others")),
                           forgotten);
    }

    return face_forget_attempts(r, pid,
                                listed(r, json_object_get(answer, "needing")),
                                forgotten);
}


/* {"pid", "purpose"} -> {"erased"} */
civic_result_t
face_call_erase(civic_request_t *r, json_t *in, json_t **out)
{
    int64_t         forgotten = 0;
    civic_str_t     pid;
    civic_result_t  rc;

    rc = pid_in(r, in, "pid", &pid);

    if (rc == CIVIC_OK) {
        rc = erase(r, pid, shared_json_str(in, "purpose"), &forgotten);
    }

    if (rc == CIVIC_OK) {
        *out = json_pack("{s:I}", "erased", (json_int_t) forgotten);
    }

    return rc;
}
