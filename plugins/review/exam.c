/*
 * exam.c - the exam's facts, as the plugin "exam" tells them: nothing of them
 * is kept here, and nothing is taken for granted.
 */

#include "review.h"
#include "values.h"
#include "words.h"


static int64_t
number_of(json_t *object, const char *name)
{
    json_t  *value = json_object_get(object, name);

    return json_is_integer(value) ? json_integer_value(value) : 0;
}


static review_window_t
window_of(json_t *facts, const char *name)
{
    json_t  *window = json_object_get(json_object_get(facts, "windows"),
                                      name);

    return (review_window_t) { number_of(window, "from_ms"),
                               number_of(window, "until_ms") };
}


static civic_msec_t
end_of(json_t *facts)
{
    size_t         i;
    json_t        *subject;
    civic_msec_t   until, last = 0;

    json_array_foreach(json_object_get(facts, "subjects"), i, subject) {
        until = number_of(subject, "until_ms");
        last = until > last ? until : last;
    }

    return last;
}


/* {} is no exam. */
static void
take_facts(civic_request_t *r, json_t *facts, review_exam_t *exam)
{
    json_t  *fee = json_object_get(facts, "fee");

    exam->exists = json_object_size(facts) > 0;
    exam->revision = number_of(facts, "revision");
    exam->title = json_object_get(facts, "title");
    exam->form = json_object_get(facts, "form");
    exam->registration = window_of(facts, "registration");
    exam->review = window_of(facts, "review");
    exam->payment = window_of(facts, "payment");
    exam->printing = window_of(facts, "printing");
    exam->fen = number_of(fee, "fen");
    exam->fee_title = json_object_get(fee, "title");
    exam->profile = shared_copy(r, shared_json_str(facts, "photo_profile"));
    exam->ends = end_of(facts);
    exam->over = shared_exam_over(facts);
}


civic_result_t
review_exam(civic_request_t *r, civic_str_t id, review_exam_t *exam)
{
    json_t          *facts = NULL;
    civic_result_t   rc;

    memset(exam, 0, sizeof(review_exam_t));
    exam->id = shared_copy(r, id);
    exam->profile = CIVIC_STR("");

    if (!shared_is_exam(id)) {
        return CIVIC_OK;
    }

    rc = civic_call(r, "exam.facts",
                    json_pack("{s:s%}", "exam_id", id.data, id.len), &facts);

    if (rc == CIVIC_NOT_FOUND) {
        civic_log(r, CIVIC_LOG_ERROR, "the plugin \"exam\" is not loaded");
        return CIVIC_ERROR;
    }

    if (rc == CIVIC_OK) {
        take_facts(r, facts, exam);
    }

    return rc;
}


civic_result_t
review_position(civic_request_t *r, civic_str_t exam, civic_str_t code,
    json_t **position)
{
    civic_result_t  rc;

    *position = NULL;

    if (code.len == 0) {
        return CIVIC_OK;
    }

    rc = civic_call(r, "exam.position",
                    json_pack("{s:s%, s:s%}", "exam_id", exam.data, exam.len,
                              "code", code.data, code.len), position);

    if (rc == CIVIC_OK && json_object_size(*position) == 0) {
        *position = NULL;
    }

    return rc;
}
