/*
 * civic/consents.h - what a person consented to, which the plugin "civic"
 * keeps.
 */

#ifndef CIVIC_CONTRACT_CONSENTS_H
#define CIVIC_CONTRACT_CONSENTS_H

#include "civic/problems.h"
#include "civic/host.h"

/* A person's consent to a purpose, as a script can check it again: it holds
   while HGET key purpose is id. */
typedef struct {
    civic_str_t   key;
    civic_str_t   purpose;
    civic_str_t   id;                   /* empty: there is none */
} civic_consent_t;

/*
 * Whether a person consents to a purpose ("face"): consent->id is empty if
 * not, and the right answer is then civic_consent_required().  One to an
 * older version of the text counts as none, and so does one whose time is
 * over: it has to be given anew.  The consent can end at any moment: the
 * script that stores what was made of it compares HGET key purpose with id,
 * and stores nothing if they differ.
 *
 * Who keeps data under a purpose offers the call "erase": its input is
 * {"pid", "purpose"}; it deletes all that it keeps of the person for that
 * purpose, may be called again, and answers {"erased": <how many>}.
 */
static inline civic_result_t
civic_consent(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_consent_t *consent)
{
    json_t          *in, *out, *id;
    civic_result_t   rc;

    in = json_pack("{s:s%,s:s}", "pid", civic_text_or_empty(pid), pid.len,
                   "purpose", purpose);

    rc = in == NULL ? CIVIC_ERROR
                    : r->host->call(r, "civic.consent", in, &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    id = json_object_get(out, "id");

    consent->key = r->host->person_key(r, pid, "consents");
    consent->purpose = civic_cstr(purpose);
    consent->id.data = json_is_string(id) ? json_string_value(id) : "";
    consent->id.len = json_is_string(id) ? json_string_length(id) : 0;

    return CIVIC_OK;
}

/*
 * Answers that a consent is missing, and which: the problem
 * "consent_required" with the member "purpose".
 */
static inline civic_result_t
civic_consent_required(civic_request_t *r, civic_str_t purpose)
{
    json_t           *params;
    civic_result_t    rc;
    civic_problem_t   problem = { .code = "consent_required" };

    params = json_pack("{s:s%}", "purpose", civic_text_or_empty(purpose),
                       purpose.len);
    problem.params = params;
    rc = r->host->problem(r, &problem);
    json_decref(params);

    return rc;
}

#endif /* CIVIC_CONTRACT_CONSENTS_H */
