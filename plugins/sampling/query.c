/*
 * query.c - results of oneself and of each relative, in one answer.
 *
 * Whose relatives are whose, kinship says now; that somebody looked at a
 * relative's is noted before the first byte leaves.
 */

#include "caller.h"
#include "health_consent.h"
#include "sampling.h"
#include "values.h"
#include "words.h"

#define RELATIVES  32                   /* whatever the rules say */


/* ---- words -------------------------------------------------------------- */

static civic_result_t
write_label(civic_request_t *r, civic_writer_t *w, const char *result)
{
    json_t          *label;
    civic_result_t   rc;

    rc = civic_rule(r, "label", json_pack("{s:s, s:s}", "result", result,
                                          "language", shared_language(r)),
                    &label);

    if (rc == CIVIC_OK) {
        civic_write_str(r, w, "label", shared_json_str(label, "label"));
        civic_write_str(r, w, "hint", shared_json_str(label, "hint"));
    }

    return rc;
}


/* ---- a person ----------------------------------------------------------- */

static civic_result_t
write_test(civic_request_t *r, civic_writer_t *w, const sampling_test_t *test)
{
    civic_result_t  rc;

    civic_write_object(r, w, NULL);
    civic_write_str(r, w, "result", test->result);
    rc = write_label(r, w, test->result.data);
    civic_write_instant(r, w, "sampled_at", test->sampled_at);
    civic_write_instant(r, w, "at", test->at);

    if (test->place.len > 0) {
        civic_write_str(r, w, "place", test->place);
    }

    civic_write_bool(r, w, "mixed", test->people > 1);
    civic_write_bool(r, w, "corrected", test->corrected);
    civic_write_end(r, w);

    return rc;
}


/* None where the consent is over: they are erased, but perhaps not yet. */
static civic_result_t
read_tests(civic_request_t *r, civic_str_t pid, sampling_test_t *tests,
    size_t *count)
{
    int             holds;
    civic_result_t  rc = shared_health_consent_holds(r, pid, &holds);

    *count = 0;

    return rc == CIVIC_OK && holds ? sampling_tests_read(r, pid, tests, count)
                                   : rc;
}


/* Members "recheck", "recheck_since" and "tests" of an object. */
static civic_result_t
write_tests(civic_request_t *r, civic_writer_t *w, civic_str_t pid,
    size_t shown)
{
    size_t                i, count;
    civic_result_t        rc;
    sampling_test_t      *tests;
    sampling_standing_t   standing;

    tests = civic_alloc(r, SAMPLING_SHOWN * sizeof(sampling_test_t));
    rc = read_tests(r, pid, tests, &count);

    if (rc == CIVIC_OK) {
        rc = sampling_standing(r, tests, count, &standing);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_bool(r, w, "recheck", standing.recheck);

    if (standing.recheck && standing.since > 0) {
        civic_write_instant(r, w, "recheck_since", standing.since);
    }

    civic_write_array(r, w, "tests");

    for (i = 0; i < count && i < shown && rc == CIVIC_OK; i++) {
        rc = write_test(r, w, &tests[i]);
    }

    civic_write_end(r, w);

    return rc;
}


/* ---- relatives ----------------------------------------------------------- */

static civic_result_t
note_look(civic_request_t *r, civic_str_t relative)
{
    json_t          *out;
    civic_str_t      by = civic_pid(r);
    civic_result_t   rc;

    rc = civic_call(r, "kinship.look",
                    json_pack("{s:s%, s:s%, s:s, s:s}", "pid", relative.data,
                              relative.len, "by", by.data, by.len, "purpose",
                              "epidemic_control", "what", "tests"), &out);

    /* who does not note looks shows nothing */
    return rc == CIVIC_NOT_FOUND ? CIVIC_ERROR : rc;
}


static civic_result_t
write_relative(civic_request_t *r, civic_writer_t *w, json_t *relative,
    size_t shown)
{
    civic_str_t     pid = shared_json_str(relative, "pid");
    civic_result_t  rc;

    if (pid.len != SHARED_PID) {
        return CIVIC_ERROR;
    }

    rc = note_look(r, pid);

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_object(r, w, NULL);
    civic_write_str(r, w, "binding_id",
                    shared_json_str(relative, "binding_id"));
    civic_write_str(r, w, "name", shared_json_str(relative, "name"));
    civic_write_str(r, w, "relation", shared_json_str(relative, "relation"));
    rc = write_tests(r, w, pid, shown);
    civic_write_end(r, w);

    return rc;
}


static civic_result_t
reply(civic_request_t *r, json_t *family, size_t shown)
{
    size_t           i;
    json_t          *relatives = json_object_get(family, "relatives");
    civic_result_t   rc;
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_object(r, w, "own");
    rc = write_tests(r, w, shared_copy(r, civic_pid(r)), shown);
    civic_write_end(r, w);
    civic_write_array(r, w, "relatives");

    for (i = 0; rc == CIVIC_OK && i < json_array_size(relatives)
                && i < RELATIVES; i++)
    {
        rc = write_relative(r, w, json_array_get(relatives, i), shown);
    }

    civic_write_end(r, w);

    return rc;
}


civic_result_t
sampling_query(civic_request_t *r)
{
    json_t          *terms, *family;
    civic_str_t      pid = civic_pid(r);
    civic_result_t   rc;

    rc = civic_rule(r, "terms", NULL, &terms);

    if (rc == CIVIC_OK) {
        rc = civic_call(r, "kinship.relatives",
                        json_pack("{s:s%}", "pid", pid.data, pid.len),
                        &family);
    }

    if (rc == CIVIC_NOT_FOUND) {
        return civic_problem(r, "sampling_no_kinship");
    }

    return rc != CIVIC_OK ? rc
           : reply(r, family, (size_t) shared_rule_number(terms, "shown", 20,
                                                          1, SAMPLING_SHOWN));
}
