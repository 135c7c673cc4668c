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
