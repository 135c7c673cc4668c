/*
 * exam_facts.c - see exam_facts.h.
 */

#include "exam.h"
#include "exam_facts.h"
#include "values.h"


int
shared_is_exam(civic_str_t text)
{
    return civic_exam_id_valid(text.data, text.len);
}


civic_str_t
shared_text_in(json_t *pair, const char *language)
{
    civic_str_t  text;

    if (json_is_string(pair)) {
        return (civic_str_t) { json_string_value(pair),
                               json_string_length(pair) };
    }

    text = shared_json_str(pair, language);

    return text.len > 0 ? text : shared_json_str(pair, "zh");
}


static civic_msec_t
later(civic_msec_t than, json_t *span)
{
    civic_msec_t  until;

    until = json_integer_value(json_object_get(span, "until_ms"));

    return until > than ? until : than;
}


civic_msec_t
shared_exam_over(json_t *facts)
{
    size_t         i;
    json_t        *one;
    const char    *name;
    civic_msec_t   over = 0;

    json_object_foreach(json_object_get(facts, "windows"), name, one) {
        over = later(over, one);
    }

    json_array_foreach(json_object_get(facts, "subjects"), i, one) {
        over = later(over, one);
    }

    return over;
}
