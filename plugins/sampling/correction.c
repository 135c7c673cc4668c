/*
 * correction.c - a tube's result is changed by two of the laboratory: one
 * proposes another, with a reason, and another one confirms what was seen.
 *
 * Until then the first result stands, and everything that contradicts it is
 * refused.
 */

#include "sampling.h"
#include "values.h"
#include "words.h"


static civic_result_t
reply_outcome(civic_request_t *r, const sampling_tube_t *tube,
    civic_str_t word)
{
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_str(r, w, "barcode", tube->barcode);
    civic_write_str(r, w, "outcome", word);

    return CIVIC_OK;
}


/* ---- proposing ---------------------------------------------------------- */

static civic_result_t
wrong_field(civic_request_t *r, const char *pointer, const char *code)
{
    civic_field_error_t  error = { pointer, code, NULL };

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = &error, .nerrors = 1 });
}


static civic_result_t
read_at(civic_request_t *r, const sampling_tube_t *tube, civic_msec_t *at,
    int *answered)
{
    const char      *wrong = NULL;
    civic_str_t      text = civic_body_str(r, "at");
    civic_result_t   rc = CIVIC_OK;

    *at = civic_business_now(r);

    if (text.len > 0 && sampling_time_read(r, text, at) != 0) {
        wrong = "sampling_time";
    }

    if (wrong == NULL) {
        rc = sampling_time_judge(r, tube, *at, &wrong);
        wrong = wrong == NULL ? NULL
                : strcmp(wrong, "future") == 0 ? "sampling_time_future"
                                               : "sampling_time_early";
    }

    if (rc == CIVIC_OK && wrong != NULL) {
        *answered = 1;
        return wrong_field(r, "/at", wrong);
    }

    return rc;
}


static civic_result_t
seal_why(civic_request_t *r, const sampling_tube_t *tube, civic_str_t *sealed)
{
    civic_str_t  why = civic_body_str(r, "why");

    return shared_json_seal(r, SAMPLING_HEALTH, tube->barcode,
                            json_pack("{s:s%}", "why", why.data, why.len),
                            sealed);
}


civic_result_t
sampling_propose(civic_request_t *r)
{
    int              answered = 0;
    civic_str_t      word;
    civic_msec_t     at = 0;
    civic_result_t   rc;
    sampling_tube_t  tube;
    sampling_step_t  step = { .name = "sampling_propose", .nkeys = 1,
                              .nargs = 5,
                              .action = "sampling.correction_proposed" };

    rc = sampling_tube_find(r, &tube, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = read_at(r, &tube, &at, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = seal_why(r, &tube, &step.args[3]);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    step.keys[0] = sampling_key(r, tube.barcode, "tube");
    step.args[0] = shared_copy(r, civic_pid(r));
    step.args[1] = civic_body_str(r, "result");
    step.args[2] = shared_decimal(r, at);
    step.args[4] = shared_decimal(r, civic_business_now(r));
    step.details = sampling_details(tube.barcode, "result", step.args[1]);

    rc = sampling_step(r, &step, &word);

    return rc != CIVIC_OK ? rc
           : sampling_is(word, "proposed") ? reply_outcome(r, &tube, word)
                                           : sampling_refuse(r, word);
}


/* ---- the other one ------------------------------------------------------ */

static civic_result_t
settle(civic_request_t *r, const char *how, const char *action)
{
    int              answered = 0;
    civic_str_t      word;
    civic_result_t   rc;
    sampling_tube_t  tube;
    sampling_step_t  step = { .name = "sampling_settle", .nkeys = 2,
                              .nargs = 5, .action = action };

    rc = sampling_tube_find(r, &tube, &answered);

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    step.keys[0] = sampling_key(r, tube.barcode, "tube");
    step.keys[1] = civic_outbox(r, SAMPLING_SPREAD, step.keys[0]);
    step.args[0] = shared_copy(r, civic_pid(r));
    step.args[1] = civic_body_str(r, "result");
    step.args[2] = civic_cstr(how);
    step.args[3] = shared_decimal(r, civic_business_now(r));
    step.args[4] = tube.barcode;
    step.details = sampling_details(tube.barcode, "result", step.args[1]);

    rc = sampling_step(r, &step, &word);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (sampling_is(word, "confirmed")) {
        civic_count(r, SAMPLING_CORRECTED, 1);
        return reply_outcome(r, &tube, word);
    }

    return sampling_is(word, "rejected") ? reply_outcome(r, &tube, word)
                                         : sampling_refuse(r, word);
}


civic_result_t
sampling_confirm(civic_request_t *r)
{
    return settle(r, "confirm", "sampling.result_corrected");
}


/* Its proposer takes it back in this way, too. */
civic_result_t
sampling_reject(civic_request_t *r)
{
    return settle(r, "reject", "sampling.correction_rejected");
}
