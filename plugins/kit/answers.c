/*
 * answers.c - see answers.h.
 */

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "civil_date.h"
#include "text.h"

#define DEPTH          64               /* of fields that ask for each other */
#define NUMBER_DIGITS  15
#define NUMBER_PLACES  6
#define EMAIL_BYTES    254              /* RFC 5321, 4.5.3.1 */
#define MOBILE         11
#define PATTERN_BYTES  512


/* ---- small things ------------------------------------------------------ */

static const char *
text_of(const json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}


json_t *
civic_form_field(json_t *form, const char *name)
{
    size_t   i;
    json_t  *field;

    json_array_foreach(form, i, field) {
        if (strcmp(text_of(field, "name"), name) == 0) {
            return field;
        }
    }

    return NULL;
}


int
civic_answer_is_empty(const json_t *answer)
{
    if (json_is_string(answer)) {
        return json_string_length(answer) == 0;
    }

    return !json_is_array(answer) || json_array_size(answer) == 0;
}


/* ---- when it is asked -------------------------------------------------- */

static int
is_value(const char *text, const json_t *value)
{
    char    *end;
    double   number;

    if (json_is_string(value)) {
        return strcmp(text, json_string_value(value)) == 0;
    }

    if (json_is_boolean(value)) {
        return strcmp(text, json_is_true(value) ? "yes" : "no") == 0;
    }

    if (!json_is_number(value) || *text == '\0') {
        return 0;
    }

    number = strtod(text, &end);

    return *end == '\0' && number == json_number_value(value);
}


int
civic_answer_in(json_t *answer, json_t *list)
{
    size_t   i;
    json_t  *one, *value;

    if (json_is_array(answer)) {
        json_array_foreach(answer, i, one) {
            if (json_is_string(one) && civic_answer_in(one, list)) {
                return 1;
            }
        }

        return 0;
    }

    if (!json_is_string(answer)) {
        return 0;
    }

    json_array_foreach(list, i, value) {
        if (is_value(json_string_value(answer), value)) {
            return 1;
        }
    }

    return 0;
}


static int
is_asked(json_t *form, json_t *answers, json_t *field, unsigned depth)
{
    json_t      *when = json_object_get(field, "when"), *other;
    const char  *name = text_of(when, "field");

    if (when == NULL) {
        return 1;
    }

    other = civic_form_field(form, name);

    /* fields that ask for each other in a circle are never asked */
    if (other == NULL || depth == DEPTH
        || !is_asked(form, answers, other, depth + 1))
    {
        return 0;
    }

    return civic_answer_in(json_object_get(answers, name),
                           json_object_get(when, "in"));
}


int
civic_answer_is_asked(json_t *form, json_t *answers, json_t *field)
{
    return is_asked(form, answers, field, 0);
}


json_t *
civic_answers_asked(json_t *form, json_t *answers)
{
    size_t       i;
    json_t      *asked = json_object(), *field, *answer;
    const char  *name;

    json_array_foreach(form, i, field) {
        name = text_of(field, "name");
        answer = json_object_get(answers, name);

        if (!civic_answer_is_empty(answer)
            && civic_answer_is_asked(form, answers, field))
        {
            json_object_set(asked, name, answer);
        }
    }

    return asked;
}


/* ---- as people type them ----------------------------------------------- */

static int
is_plain(json_t *field)
{
    size_t       i;
    const char  *type = text_of(field, "type");

    static const char *const  plain[] = { "number", "phone", "email", "date" };

    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (strcmp(type, plain[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
narrow(json_t *answer)
{
    char         out[CIVIC_ANSWER_TEXT * 4];
    size_t       at, size, n = 0, len = json_string_length(answer);
    const char  *text = json_string_value(answer);

    if (text == NULL || len > sizeof(out)) {
        return;
    }

    for (at = 0; at < len; at += size) {
        n += civic_text_put(civic_text_narrow(civic_text_code(text + at,
                                                              len - at,
                                                              &size)),
                            out + n);
    }

    json_string_setn(answer, out, n);
}


void
civic_answers_narrow(json_t *form, json_t *answers)
{
    size_t   i;
    json_t  *field;

    json_array_foreach(form, i, field) {
        if (is_plain(field)) {
            narrow(json_object_get(answers, text_of(field, "name")));
        }
    }
}


/* ---- kinds ------------------------------------------------------------- */

static const char *
bound(const char *code, const char *which, const json_t *limit,
    json_t **params)
{
    *params = json_pack("{s:o}", which, json_deep_copy(limit));

    return code;
}


/* Between a field's min and max, if it has them. */
static const char *
within(json_t *field, double value, const char *below, const char *above,
    json_t **params)
{
    json_t  *min = json_object_get(field, "min");
    json_t  *max = json_object_get(field, "max");

    if (json_is_number(min) && value < json_number_value(min)) {
        return bound(below, "min", min, params);
    }

    if (json_is_number(max) && value > json_number_value(max)) {
        return bound(above, "max", max, params);
    }

    return NULL;
}


/* The whole text is to match; one that does not compile was refused when the
   exam was loaded. */
static int
matches(const char *pattern, const char *text)
{
    int      found;
    char     whole[PATTERN_BYTES + 8];
    regex_t  compiled;

    if (strlen(pattern) > PATTERN_BYTES) {
        return 0;
    }

    snprintf(whole, sizeof(whole), "^(%s)$", pattern);

    if (regcomp(&compiled, whole, REG_EXTENDED | REG_NOSUB) != 0) {
        return 0;
    }

    found = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);

    return found;
}


static int
has_controls(const char *text)
{
    for ( ; *text != '\0'; text++) {
        if (((unsigned char) *text < 0x20 && *text != '\n') || *text == 0x7f) {
            return 1;
        }
    }

    return 0;
}


static const char *
text_fault(json_t *field, const char *text, json_t **params)
{
    const char  *code, *pattern = text_of(field, "pattern");
    int64_t      length = civic_text_length(text, strlen(text));

    if (length < 0 || has_controls(text)) {
        return "bad_format";
    }

    code = within(field, (double) length, "too_short", "too_long", params);
    if (code != NULL) {
        return code;
    }

    if (json_object_get(field, "max") == NULL && length > CIVIC_ANSWER_TEXT) {
        *params = json_pack("{s:i}", "max", CIVIC_ANSWER_TEXT);
        return "too_long";
    }

    return *pattern == '\0' || matches(pattern, text) ? NULL : "bad_format";
}


static size_t
digits(const char *text)
{
    return strspn(text, "0123456789");
}


static const char *
number_fault(json_t *field, const char *text, json_t **params)
{
    size_t       whole, places;
    const char  *at = *text == '-' ? text + 1 : text;

    whole = digits(at);

    if (whole == 0 || whole > NUMBER_DIGITS) {
        return "bad_format";
    }

    at += whole;

    if (*at == '.') {
        places = digits(at + 1);

        if (places == 0 || places > NUMBER_PLACES) {
            return "bad_format";
        }

        at += places + 1;
    }

    return *at != '\0' ? "bad_format"
           : within(field, strtod(text, NULL), "too_small", "too_large",
                    params);
}


static const char *
date_fault(json_t *field, const char *text, json_t **params)
{
    const char    *min = text_of(field, "min"), *max = text_of(field, "max");
    civic_date_t   date;

    if (civic_date_parse(text, strlen(text), &date) != 0) {
        return "bad_format";
    }

    /* days in this form stand in the order of their characters */
    if (*min != '\0' && strcmp(text, min) < 0) {
        return bound("too_small", "min", json_object_get(field, "min"),
                     params);
    }

    if (*max != '\0' && strcmp(text, max) > 0) {
        return bound("too_large", "max", json_object_get(field, "max"),
                     params);
    }

    return NULL;
}


static const char *
phone_fault(const char *text)
{
    size_t  len = strlen(text), area;

    if (text[0] == '1') {
        return len == MOBILE && digits(text) == len && text[1] >= '3'
               ? NULL : "bad_format";
    }

    area = digits(text);

    if (text[0] == '0' && text[area] == '-') {
        return (area == 3 || area == 4) && digits(text + area + 1) >= 7
               && digits(text + area + 1) <= 8
               && digits(text + area + 1) + area + 1 == len
               ? NULL : "bad_format";
    }

    return text[0] == '0' && area == len && len >= 10 && len <= 12
           ? NULL : "bad_format";
}


static const char *
email_fault(const char *text)
{
    size_t       len = strlen(text);
    const char  *at = strchr(text, '@'), *c;

    if (at == NULL || at == text || at[1] == '\0' || len > EMAIL_BYTES
        || strchr(at + 1, '@') != NULL || strchr(at + 1, '.') == NULL
        || at[1] == '.' || text[len - 1] == '.')
    {
        return "bad_format";
    }

    for (c = text; *c != '\0'; c++) {
        if (!isgraph((unsigned char) *c) || strchr("()<>,;:\\\"[]", *c)) {
            return "bad_format";
        }
    }

    return NULL;
}


/* ---- choices ----------------------------------------------------------- */

static int
is_option(json_t *field, const char *text)
{
    size_t   i;
    json_t  *option;

    json_array_foreach(json_object_get(field, "options"), i, option) {
        if (strcmp(text_of(option, "value"), text) == 0) {
            return 1;
        }
    }

    return 0;
}


/* The values that there are, for people to read. */
static const char *
no_choice(json_t *field, json_t **params)
{
    size_t   i, len = 0;
    char     all[512] = "";
    json_t  *option;

    json_array_foreach(json_object_get(field, "options"), i, option) {
        if (len + strlen(text_of(option, "value")) + 3 < sizeof(all)) {
            len += (size_t) snprintf(all + len, sizeof(all) - len, "%s%s",
                                     len == 0 ? "" : ", ",
                                     text_of(option, "value"));
        }
    }

    *params = json_pack("{s:s}", "choices", all);

    return "not_a_choice";
}


static const char *
choices_fault(json_t *field, json_t *answer, json_t **params)
{
    size_t       i, k;
    json_t      *one;

    json_array_foreach(answer, i, one) {
        if (!json_is_string(one)
            || !is_option(field, json_string_value(one)))
        {
            return no_choice(field, params);
        }

        for (k = 0; k < i; k++) {
            if (json_equal(json_array_get(answer, k), one)) {
                return "invalid";
            }
        }
    }

    return within(field, (double) json_array_size(answer), "too_few",
                  "too_many", params);
}


/* ---- one answer -------------------------------------------------------- */

const char *
civic_answer_fault(json_t *field, json_t *answer, json_t **params)
{
    const char  *type = text_of(field, "type"), *text;

    *params = NULL;

    if (strcmp(type, "choices") == 0) {
        return json_is_array(answer) ? choices_fault(field, answer, params)
                                     : "invalid";
    }

    text = json_string_value(answer);

    if (text == NULL) {
        return "invalid";
    }

    if (strcmp(type, "choice") == 0) {
        return is_option(field, text) ? NULL : no_choice(field, params);
    }

    if (strcmp(type, "yes_no") == 0) {
        if (strcmp(text, "yes") == 0 || strcmp(text, "no") == 0) {
            return NULL;
        }

        *params = json_pack("{s:s}", "choices", "yes, no");
        return "not_a_choice";
    }

    if (strcmp(type, "date") == 0) {
        return date_fault(field, text, params);
    }

    if (strcmp(type, "number") == 0) {
        return number_fault(field, text, params);
    }

    if (strcmp(type, "phone") == 0) {
        return phone_fault(text);
    }

    return strcmp(type, "email") == 0 ? email_fault(text)
                                      : text_fault(field, text, params);
}


/* ---- a right one ------------------------------------------------------- */

static const char *
usual(const char *type)
{
    size_t  i;

    static const char *const  usuals[][2] = {
        { "date", "2019-06-30" },
        { "number", "3" },
        { "phone", "13897000000" },
        { "email", "zhangwei@example.com" },
    };

    for (i = 0; i < sizeof(usuals) / sizeof(usuals[0]); i++) {
        if (strcmp(usuals[i][0], type) == 0) {
            return usuals[i][1];
        }
    }

    return NULL;
}


static json_t *
if_right(json_t *field, json_t *answer)
{
    json_t      *params = NULL;
    const char  *code = civic_answer_fault(field, answer, &params);

    json_decref(params);

    if (code != NULL) {
        json_decref(answer);
        return NULL;
    }

    return answer;
}


/* A bound as an answer; NULL if it is none. */
static json_t *
bound_answer(json_t *field, const char *which)
{
    char     text[32];
    json_t  *limit = json_object_get(field, which);

    if (json_is_integer(limit)) {
        snprintf(text, sizeof(text), "%lld",
                 (long long) json_integer_value(limit));
        return if_right(field, json_string(text));
    }

    return json_is_string(limit)
           ? if_right(field, json_string(json_string_value(limit))) : NULL;
}


json_t *
civic_answer_example(json_t *field)
{
    json_t      *answer, *own = json_object_get(field, "example");
    const char  *text = usual(text_of(field, "type"));

    if (json_is_string(own)) {
        return json_incref(own);
    }

    if (text == NULL) {
        return NULL;
    }

    answer = if_right(field, json_string(text));

    if (answer == NULL) {
        answer = bound_answer(field, "min");
    }

    return answer != NULL ? answer : bound_answer(field, "max");
}


/* ---- all --------------------------------------------------------------- */

static int
is_required(const json_t *field)
{
    return !json_is_false(json_object_get(field, "required"));
}


static size_t
note(civic_answer_fault_t *faults, size_t count, size_t max,
    const char *field, const char *code, json_t *params)
{
    if (count == max) {
        json_decref(params);
        return count;
    }

    faults[count] = (civic_answer_fault_t) { field, code, params };

    return count + 1;
}


size_t
civic_answers_check(json_t *form, json_t *answers, int complete,
    civic_answer_fault_t *faults, size_t max)
{
    size_t       i, count = 0;
    json_t      *field, *answer, *params;
    const char  *name, *code;

    json_array_foreach(form, i, field) {
        name = text_of(field, "name");
        answer = json_object_get(answers, name);

        if (complete && !civic_answer_is_asked(form, answers, field)) {
            continue;
        }

        if (civic_answer_is_empty(answer)) {
            if (complete && is_required(field)) {
                count = note(faults, count, max, name, "required", NULL);
            }

            continue;
        }

        code = civic_answer_fault(field, answer, &params);

        if (code != NULL) {
            count = note(faults, count, max, name, code, params);
        }
    }

    json_object_foreach(answers, name, answer) {
        if (!complete && civic_form_field(form, name) == NULL) {
            count = note(faults, count, max, name, "unknown_field", NULL);
        }
    }

    return count;
}
