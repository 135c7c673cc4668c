/*
 * withdrawal.c - DELETE /civic/consents/{purpose}: as easy as giving it
 * (PIPL 15); and the call civic.consent_withdraw, for a plugin that knows that
 * nobody is left who could.
 *
 * From the script on the consent does not hold.  What was kept under it is
 * erased at once if that works; the outbox has it, so it is erased in any
 * case.  A consent whose time is over ends by the same script.
 */

#include "civic.h"

#define TRIES  3                        /* another consent came in between */


static civic_result_t
read_active(civic_request_t *r, civic_str_t key, civic_str_t purpose,
    civic_str_t *id)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), key, purpose), &value);

    if (rc == CIVIC_OK) {
        *id = value->type == CIVIC_VALUE_STRING ? value->str : CIVIC_STR("");
    }

    return rc;
}


civic_result_t
civic_consent_end(civic_request_t *r, civic_erasure_t *erasure,
    civic_msec_t at, int64_t patience)
{
    civic_str_t           keys[3], args[7];
    civic_result_t        rc;
    const char           *reason = erasure->reason;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, erasure->pid, CIVIC_CONSENTS);
    keys[1] = civic_outbox(r, CIVIC_ERASURES, keys[0]);
    args[0] = erasure->purpose;
    args[1] = erasure->id;
    args[2] = shared_decimal(r, at);
    args[3] = shared_decimal(r, civic_now(r) + patience);
    args[6] = civic_cstr(reason == NULL ? "withdrawn" : reason);

    rc = civic_erasure_entry(r, erasure, &args[4]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_consent_audit(r, reason == NULL ? "civic.consent_withdrawn"
                                               : "civic.consent_over",
                             erasure->pid, erasure->purpose, erasure->id,
                             reason, keys[0], &keys[2], &args[5]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "civic_consent_withdraw",
                          .keys = keys, .nkeys = 3, .args = args, .nargs = 7,
                          .flags = CIVIC_SCRIPT_DURABLE,
                      }, &value);

    if (rc == CIVIC_OK) {
        erasure->entry = value->type == CIVIC_VALUE_STRING ? value->str
                                                           : CIVIC_STR("");
    }

    return rc;
}


/* The withdrawal stands, whatever becomes of the erasure. */
static civic_result_t
erase_and_answer(civic_request_t *r, const civic_erasure_t *erasure,
    civic_msec_t now)
{
    civic_result_t   rc;
    civic_writer_t  *w;

    civic_count(r, CIVIC_CONSENT_WITHDRAWN, 1);

    rc = civic_erase(r, erasure);
    if (rc == CIVIC_ABORTED) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "purpose", erasure->purpose);
    civic_write_instant(r, w, "withdrawn_at", now);
    civic_write_bool(r, w, "erased", rc == CIVIC_OK);

    return CIVIC_OK;
}


civic_result_t
civic_consents_withdraw(civic_request_t *r)
{
    int              tries;
    civic_str_t      key;
    civic_msec_t     now = civic_now(r);
    civic_result_t   rc;
    civic_erasure_t  erasure;

    memset(&erasure, 0, sizeof(erasure));
    erasure.pid = civic_pid(r);
    erasure.purpose = civic_path(r, "purpose");

    /* the hash has other fields too, whose names no purpose can have */
    if (memchr(erasure.purpose.data, ':', erasure.purpose.len) != NULL) {
        return civic_problem(r, "consent_not_given");
    }

    key = civic_person_key(r, erasure.pid, CIVIC_CONSENTS);

    for (tries = 0; tries < TRIES; tries++) {
        rc = read_active(r, key, erasure.purpose, &erasure.id);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (erasure.id.len == 0) {
            return civic_problem(r, "consent_not_given");
        }

        rc = civic_consent_end(r, &erasure, now, CIVIC_ERASE_HANDLER);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (erasure.entry.len > 0) {
            return erase_and_answer(r, &erasure, now);
        }
    }

    return civic_problem(r, "conflict");
}


/* ---- civic.consent_withdraw -------------------------------------------- */

/* Ends the consent of that id, if it holds; what was kept under it is erased
   by the job. */
civic_result_t
civic_consent_withdraw_call(civic_request_t *r, json_t *in, json_t **out)
{
    int              ended;
    civic_result_t   rc;
    civic_erasure_t  erasure;

    memset(&erasure, 0, sizeof(erasure));
    erasure.pid = shared_json_str(in, "pid");
    erasure.purpose = shared_json_str(in, "purpose");
    erasure.id = shared_json_str(in, "id");

    if (!civic_consent_names(erasure.pid, erasure.purpose)
        || erasure.id.len == 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "nobody can withdraw a consent to "
                  "\"%.*s\" without its id", (int) erasure.purpose.len,
                  civic_text_or_empty(erasure.purpose));
        return CIVIC_ERROR;
    }

    rc = civic_consent_end(r, &erasure, civic_now(r), 0);
    if (rc != CIVIC_OK) {
        return rc;
    }

    ended = erasure.entry.len > 0;
    civic_count(r, CIVIC_CONSENT_WITHDRAWN, ended);
    *out = json_pack("{s:b}", "ended", ended);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}
