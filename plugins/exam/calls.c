/*
 * calls.c - what other plugins ask: exam.facts, exam.position, exam.part; for
 * exam.list see list.c.
 *
 * Facts are the worker's own tree, shared by whoever asks: they are read,
 * never changed.
 */

#include "exam.h"
#include "values.h"


static civic_result_t
hold(civic_request_t *r, json_t *in, exam_t **exam)
{
    civic_result_t  rc = exam_hold(r, shared_json_str(in, "exam_id"), exam);

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


civic_result_t
exam_call_facts(civic_request_t *r, json_t *in, json_t **out)
{
    exam_t          *exam;
    civic_result_t   rc = hold(r, in, &exam);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (exam == NULL) {
        *out = json_object();
        return CIVIC_OK;
    }

    *out = json_incref(civic_exam_index_exam(exam->index)->facts);
    exam_release(r, exam);

    return CIVIC_OK;
}


civic_result_t
exam_call_position(civic_request_t *r, json_t *in, json_t **out)
{
    exam_t          *exam;
    size_t           len;
    int64_t          at;
    const char      *text;
    civic_str_t      code = shared_json_str(in, "code");
    civic_result_t   rc = hold(r, in, &exam);

    if (rc != CIVIC_OK) {
        return rc;
    }

    at = exam == NULL ? -1 : civic_exam_index_find(exam->index, code.data,
                                                   code.len);

    if (at >= 0) {
        text = civic_exam_index_text(exam->index, (uint32_t) at, &len);
        *out = json_loadb(text, len, 0, NULL);

    } else {
        *out = json_object();
    }

    if (exam != NULL) {
        exam_release(r, exam);
    }

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


civic_result_t
exam_call_part(civic_request_t *r, json_t *in, json_t **out)
{
    civic_str_t  cursor = shared_json_str(in, "cursor");

    return exam_part(r, cursor.len > 0 ? cursor : CIVIC_STR("0"), out);
}
