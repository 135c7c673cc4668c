/*
 * bind_consent.c - the call civic.consent_give, and what its states mean to
 * who binds: the guardian's consent to the agreement, the relative's by a
 * guardian, and the same by papers at the counter.
 */

#include "bind.h"
#include "values.h"

#define RETRY_AFTER  5                  /* s, while data is erased */


static void
put(json_t *in, const char *name, civic_str_t text)
{
    if (text.len > 0) {
        json_object_set_new(in, name, json_stringn(text.data, text.len));
    }
}


/* Whatever is not given is absent. */
static json_t *
input(const kinship_consent_t *given)
{
    json_t  *in = json_object();

    put(in, "pid", given->pid);
    put(in, "purpose", given->purpose);
    put(in, "method", civic_cstr(given->method));
    put(in, "language", given->language);
    put(in, "channel", given->channel);
    put(in, "actor", given->actor);
    put(in, "relation", given->relation);
    put(in, "evidence", given->evidence);

    if (given->version != 0) {
        json_object_set_new(in, "version", json_integer(given->version));
    }

    if (given->flags != NULL) {
        json_object_set(in, "flags", given->flags);
    }

    return in;
}


static civic_result_t
wrong_flags(civic_request_t *r)
{
    return civic_problem_with(r, &(civic_problem_t) {
        .code = "invalid_fields",
        .errors = &(civic_field_error_t) { "/flags", "kinship_flags", NULL },
        .nerrors = 1 });
}


static civic_result_t
not_given(civic_request_t *r, const kinship_consent_t *given,
    civic_str_t state, int *answered)
{
    if (civic_str_eq(state, CIVIC_STR("no_text"))) {
        civic_log(r, CIVIC_LOG_ERROR, "lua/rules/civic.lua has no text of "
                  "consent \"%.*s\"", (int) given->purpose.len,
                  given->purpose.data);
        return CIVIC_ERROR;
    }

    *answered = 1;

    if (civic_str_eq(state, CIVIC_STR("erasing"))) {
        return civic_problem_with(r, &(civic_problem_t) {
            .code = "in_progress", .retry_after = RETRY_AFTER });
    }

    return given->changed == NULL
           || (given->ticks_here && civic_str_eq(state, CIVIC_STR("flags")))
           ? wrong_flags(r) : civic_problem(r, given->changed);
}


civic_result_t
kinship_consent_give(civic_request_t *r, const kinship_consent_t *given,
    civic_str_t *id, int *answered)
{
    json_t          *out;
    civic_str_t      state;
    civic_result_t   rc;

    rc = civic_call(r, "civic.consent_give", input(given), &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    state = shared_json_str(out, "state");

    if (!civic_str_eq(state, CIVIC_STR("given"))
        && !civic_str_eq(state, CIVIC_STR("existing")))
    {
        return not_given(r, given, state, answered);
    }

    *id = shared_copy(r, shared_json_str(out, "id"));

    return CIVIC_OK;
}
