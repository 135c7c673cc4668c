/*
 * rules.c - what lua/rules/photo_check.lua is asked by all: which profiles
 * there are, lives and turns, and what people are told.
 */

#include "caller.h"
#include "photo_check.h"
#include "values.h"

#define SIDE    65535
#define DAY     86400
#define YEARS   (36500LL * DAY)


civic_result_t
photo_terms(civic_request_t *r, photo_terms_t *terms)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "terms", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    terms->keep = shared_rule_number(answer, "keep", 365 * DAY, DAY, YEARS);
    terms->draft = shared_rule_number(answer, "draft", 3600, 60, DAY);
    terms->url = shared_rule_number(answer, "url", 300, 1, 300);
    terms->turns = shared_rule_number(answer, "turns", 2, 1, 16);
    terms->line = shared_rule_number(answer, "line", 64, 0, 1000);
    terms->timeout = shared_rule_number(answer, "timeout", 10000, 1000,
                                        30000);
    terms->tries = shared_rule_number(answer, "tries", 12, 1, 1000);
    terms->first_pause = shared_rule_number(answer, "first_pause", 15, 1,
                                            DAY);
    terms->longest_pause = shared_rule_number(answer, "longest_pause", 1800,
                                              1, DAY);

    return CIVIC_OK;
}


int64_t
photo_pause(const photo_terms_t *terms, int64_t tries)
{
    int64_t  pause = terms->first_pause;

    while (tries-- > 0 && pause < terms->longest_pause) {
        pause *= 2;
    }

    return (pause < terms->longest_pause ? pause : terms->longest_pause)
           * 1000;
}


civic_result_t
photo_limits(civic_request_t *r, civic_str_t profile, photo_limits_t *limits)
{
    json_t          *answer;
    civic_result_t   rc;

    memset(limits, 0, sizeof(photo_limits_t));

    rc = civic_rule(r, "limits", json_pack("{s:s%}", "profile", profile.data,
                                           profile.len), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    limits->known = json_is_true(json_object_get(answer, "known"));
    limits->jpeg.width = (unsigned) shared_rule_number(answer, "width", 4096,
                                                       1, SIDE);
    limits->jpeg.height = (unsigned) shared_rule_number(answer, "height",
                                                        4096, 1, SIDE);
    limits->jpeg.pixels = (uint64_t) shared_rule_number(
                              answer, "pixels", 16777216, 1, 67108864);
    limits->jpeg.header = (size_t) shared_rule_number(answer, "header",
                                                      1048576, 1024,
                                                      PHOTO_UPLOAD);
    limits->jpeg.scans = (unsigned) shared_rule_number(answer, "scans", 60, 1,
                                                       1000);
    limits->stored = shared_rule_number(answer, "stored", 2000000, 65536,
                                        PHOTO_STORED);

    return CIVIC_OK;
}


civic_result_t
photo_profile(civic_request_t *r, civic_str_t *profile,
    photo_limits_t *limits, int *answered)
{
    civic_result_t  rc;

    *profile = shared_copy(r, shared_json_str(civic_query(r), "profile"));

    if (profile->len == 0) {
        *profile = CIVIC_STR(PHOTO_DEFAULT);
    }

    rc = photo_limits(r, *profile, limits);

    if (rc != CIVIC_OK || limits->known) {
        return rc;
    }

    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
        .code = "invalid_fields",
        .errors = &(civic_field_error_t) { "?profile", "photo_profile", NULL },
        .nerrors = 1 });
}


civic_result_t
photo_messages(civic_request_t *r, const photo_t *photo, json_t **messages)
{
    json_t  *in;

    in = json_pack("{s:s, s:s%}", "language", shared_language(r), "state",
                   photo->state.data, photo->state.len);

    if (photo->reason.len > 0) {
        json_object_set_new(in, "reason", json_stringn(photo->reason.data,
                                                       photo->reason.len));
    }

    return civic_rule(r, "messages", in, messages);
}
