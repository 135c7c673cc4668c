/*
 * ticket_consent.c - the consent that goes with a login by QR code: 授权.
 *
 * Which one, the rule "ticket_phone" says.  The plugin "civic" keeps it.
 */

#include "guesses.h"
#include "login.h"

#define RETRY_AFTER  5                      /* s, while data is erased */


static civic_result_t
without_civic(civic_request_t *r)
{
    civic_log(r, CIVIC_LOG_ERROR, "a consent is asked for, and the plugin "
              "\"civic\" is not loaded");

    return civic_problem(r, "plugin_unavailable");
}


civic_result_t
ticket_consent_holds(civic_request_t *r, civic_str_t pid, civic_str_t purpose,
    int *holds)
{
    civic_result_t   rc;
    civic_consent_t  consent;

    *holds = purpose.len == 0;

    if (*holds) {
        return CIVIC_OK;
    }

    rc = civic_consent(r, pid, civic_print(r, "%.*s", (int) purpose.len,
                                           purpose.data).data, &consent);
    if (rc == CIVIC_NOT_FOUND) {
        (void) without_civic(r);
        return CIVIC_ERROR;
    }

    *holds = rc == CIVIC_OK && consent.id.len > 0;

    return rc;
}


/* What the body's "consent" says, as the call takes it. */
static json_t *
giving(civic_request_t *r, json_t *consent, civic_str_t purpose)
{
    json_t       *in;
    civic_str_t   pid = civic_pid(r);

    in = json_pack("{s:s%,s:s%}", "pid", pid.data, pid.len, "purpose",
                   purpose.data, purpose.len);

    if (in != NULL && json_object_update(in, consent) != 0) {
        json_decref(in);
        return NULL;
    }

    return in;
}


/* The text has changed, a tick is missing, or what was kept under an older
   consent is still being erased. */
static civic_result_t
not_given(civic_request_t *r, civic_str_t purpose, const char *state)
{
    if (strcmp(state, "flags") == 0) {
        return shared_field_problem(r, "/consent/flags", "required",
                                    "invalid_fields");
    }

    if (strcmp(state, "erasing") == 0) {
        return civic_problem_with(r, &(civic_problem_t) {
                                      .code = "in_progress",
                                      .retry_after = RETRY_AFTER,
                                  });
    }

    return civic_consent_required(r, purpose);
}


civic_result_t
ticket_consent_give(civic_request_t *r, civic_str_t purpose, int *answered)
{
    json_t          *consent, *out;
    const char      *state;
    civic_result_t   rc;

    consent = json_object_get(civic_body(r), "consent");

    if (consent == NULL) {
        *answered = 1;
        return civic_consent_required(r, purpose);
    }

    rc = civic_call(r, "civic.consent_give", giving(r, consent, purpose),
                    &out);

    if (rc == CIVIC_NOT_FOUND) {
        *answered = 1;
        return without_civic(r);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    state = json_string_value(json_object_get(out, "state"));

    if (state == NULL) {
        return CIVIC_ERROR;
    }

    if (strcmp(state, "given") == 0 || strcmp(state, "existing") == 0) {
        return CIVIC_OK;
    }

    *answered = 1;

    return not_given(r, purpose, state);
}
