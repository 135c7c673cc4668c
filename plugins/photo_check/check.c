/*
 * check.c - one picture, from its bytes to a report.
 *
 * A picture that its header refuses never reaches the engine, and its report
 * says of the rest that it was not measured.  An upload is read when it is
 * its turn: however many come, a worker has few of them in memory.
 */

#include "engine.h"
#include "values.h"


civic_result_t
photo_check_begin(civic_request_t *r, const char *kind, photo_check_t *check,
    int *answered)
{
    civic_result_t  rc;

    memset(check, 0, sizeof(photo_check_t));

    rc = photo_profile(r, &check->profile, &check->limits, answered);

    if (rc == CIVIC_OK && !*answered) {
        rc = photo_terms(r, &check->terms);
    }

    return rc != CIVIC_OK || *answered ? rc
           : photo_look_reserve(r, kind, answered);
}


void
photo_check_end(photo_check_t *check)
{
    json_decref(check->measures);
    json_decref(check->faces);
    check->measures = NULL;
    check->faces = NULL;
}


int
photo_check_says(const photo_check_t *check, const char *verdict)
{
    return civic_str_eq(shared_json_str(check->report, "verdict"),
                        civic_cstr(verdict));
}


civic_result_t
photo_engine_unavailable(civic_request_t *r, const photo_terms_t *terms)
{
    return civic_problem_with(r, &(civic_problem_t) {
        .code = "photo_engine_unavailable",
        .retry_after = terms->first_pause });
}


/* ---- judging ----------------------------------------------------------- */

static civic_result_t
judge(civic_request_t *r, photo_check_t *check)
{
    json_t  *in, *file;

    file = json_pack("{s:I}", "bytes", (json_int_t) check->file.bytes);

    if (check->file.wrong != NULL) {
        json_object_set_new(file, "wrong", json_string(check->file.wrong));
    }

    if (check->file.width > 0) {
        json_object_set_new(file, "width", json_integer(check->file.width));
        json_object_set_new(file, "height", json_integer(check->file.height));
    }

    in = json_pack("{s:s%, s:o}", "profile", check->profile.data,
                   check->profile.len, "file", file);

    if (check->measures != NULL) {
        json_object_set(in, "measures", check->measures);
    }

    if (check->faces != NULL) {
        json_object_set(in, "faces", check->faces);
    }

    civic_count(r, PHOTO_REPORTS, 1);

    return civic_rule(r, "judge", in, &check->report);
}


/* ---- the bytes --------------------------------------------------------- */

static void
take_answer(photo_check_t *check, engine_answer_t *answer, json_t **json)
{
    if (answer->verdict == ENGINE_DONE) {
        *json = answer->json;

    } else if (answer->verdict == ENGINE_REFUSES) {
        check->file.wrong = answer->wrong;

    } else if (answer->verdict == ENGINE_DOWN) {
        check->down = 1;

    } else {
        check->no_models = 1;
    }
}


static civic_result_t
measure(civic_request_t *r, photo_check_t *check)
{
    civic_result_t   rc;
    engine_answer_t  answer;

    rc = photo_engine_measure(r, &check->terms, check->bytes, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    take_answer(check, &answer, &check->measures);

    if (check->measures == NULL) {
        return CIVIC_OK;
    }

    /* upright, by who has decoded it */
    check->file.width = (unsigned) json_integer_value(
                            json_object_get(check->measures, "width"));
    check->file.height = (unsigned) json_integer_value(
                             json_object_get(check->measures, "height"));

    rc = photo_engine_faces(r, &check->terms, check->bytes, &answer);

    if (rc == CIVIC_OK) {
        take_answer(check, &answer, &check->faces);
    }

    return rc;
}


civic_result_t
photo_check_bytes(civic_request_t *r, photo_check_t *check)
{
    civic_result_t  rc;

    rc = photo_probe(r, check->bytes, &check->limits, &check->file);

    if (rc == CIVIC_OK && check->file.wrong == NULL) {
        rc = measure(r, check);

    } else if (rc == CIVIC_OK) {
        civic_count(r, PHOTO_REFUSED_BY_HEADER, 1);
    }

    return rc == CIVIC_OK ? judge(r, check) : rc;
}


/* ---- an upload --------------------------------------------------------- */

civic_result_t
photo_check_turn(civic_request_t *r, const photo_terms_t *terms, int *answered)
{
    civic_result_t  rc;

    rc = civic_turn(r, PHOTO_TURN, (unsigned) terms->turns,
                    (unsigned) terms->line);

    if (rc == CIVIC_BUSY || rc == CIVIC_TIMEOUT) {
        *answered = 1;
        return civic_problem_with(r, &(civic_problem_t) {
            .code = "overloaded", .retry_after = terms->first_pause });
    }

    return rc;
}


civic_result_t
photo_check_upload(civic_request_t *r, photo_check_t *check, int *answered)
{
    civic_result_t  rc;

    photo_probe_head(civic_upload(r), &check->limits, &check->file);

    if (check->file.wrong != NULL) {
        civic_count(r, PHOTO_REFUSED_BY_HEADER, 1);
        return judge(r, check);
    }

    rc = photo_check_turn(r, &check->terms, answered);

    if (rc == CIVIC_OK && !*answered) {
        rc = civic_upload_read(r, &check->bytes);
    }

    return rc != CIVIC_OK || *answered ? rc : photo_check_bytes(r, check);
}
