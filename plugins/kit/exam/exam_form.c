/*
 * exam_form.c - the form of an exam, and the conditions of a position, which
 * ask for what stands in it.
 */

#include <regex.h>
#include <string.h>

#include "answers.h"
#include "exam_private.h"

#define NAME       "abcdefghijklmnopqrstuvwxyz0123456789_"
#define LABEL      200                  /* code points */
#define HINT       1000
#define OPTIONS    500
#define VALUE      64
#define PATTERN    200
#define TEXT_MAX   2000
#define CONDITIONS  20
#define NUMBER_MAX  INT64_C(1000000000000)

typedef enum {
    WANTS_NOTHING = 0,
    WANTS_LENGTH,                       /* min, max: code points */
    WANTS_NUMBER,
    WANTS_DATE,
    WANTS_PICKS                         /* how many options */
} wants_t;

typedef struct {
    const char  *name;
    wants_t      bounds;
    int          options;
} type_t;

static const type_t  types[] = {
    { "text", WANTS_LENGTH, 0 },
    { "choice", WANTS_NOTHING, 1 },
    { "choices", WANTS_PICKS, 1 },
    { "date", WANTS_DATE, 0 },
    { "number", WANTS_NUMBER, 0 },
    { "phone", WANTS_NOTHING, 0 },
    { "email", WANTS_NOTHING, 0 },
    { "yes_no", WANTS_NOTHING, 0 },
};


static const type_t *
type_of(const char *name)
{
    size_t  i;

    for (i = 0; name != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, name) == 0) {
            return &types[i];
        }
    }

    return NULL;
}


static int
is_name(const char *s)
{
    return s != NULL && s[0] >= 'a' && s[0] <= 'z'
           && exam_letters(s, strlen(s), NAME, 32);
}


json_t *
exam_field(json_t *form, const char *name)
{
    size_t   i;
    json_t  *field, *text;

    json_array_foreach(form, i, field) {
        text = json_object_get(field, "name");
        if (json_is_string(text)
            && strcmp(json_string_value(text), name) == 0)
        {
            return field;
        }
    }

    return NULL;
}


/* ---- bounds ------------------------------------------------------------ */

static void
check_numbers(exam_walk_t *w, json_t *object, int64_t least, int64_t most)
{
    int64_t  min, max;
    int      has_min = exam_integer(w, object, "min", least, most, 0, &min);
    int      has_max = exam_integer(w, object, "max", least, most, 0, &max);

    if (has_min && has_max && max < min) {
        exam_fault_at(w, "max", EXAM_BACKWARDS, NULL);
    }
}


static void
check_dates(exam_walk_t *w, json_t *object, const char *first,
    const char *last)
{
    int64_t  min, max;
    int      has_min = exam_date(w, object, first, &min);
    int      has_max = exam_date(w, object, last, &max);

    if (has_min && has_max && max < min) {
        exam_fault_at(w, last, EXAM_BACKWARDS, NULL);
    }
}


static void
no_member(exam_walk_t *w, json_t *object, const char *name)
{
    if (json_object_get(object, name) != NULL) {
        exam_fault_at(w, name, EXAM_NOT_FOR_TYPE, NULL);
    }
}


void
exam_check_bounds(exam_walk_t *w, json_t *object, const char *name)
{
    const type_t  *type = type_of(name);

    if (type == NULL) {
        return;
    }

    switch (type->bounds) {
    case WANTS_LENGTH:
        check_numbers(w, object, 0, TEXT_MAX);
        break;
    case WANTS_NUMBER:
        check_numbers(w, object, -NUMBER_MAX, NUMBER_MAX);
        break;
    case WANTS_PICKS:
        check_numbers(w, object, 0, OPTIONS);
        break;
    case WANTS_DATE:
        check_dates(w, object, "min", "max");
        break;
    default:
        no_member(w, object, "min");
        no_member(w, object, "max");
    }
}


/* ---- values of a field ------------------------------------------------- */

static int
has_option(json_t *field, const char *value)
{
    size_t   i;
    json_t  *option, *text, *all = json_object_get(field, "options");

    json_array_foreach(all, i, option) {
        text = json_object_get(option, "value");
        if (json_is_string(text)
            && strcmp(json_string_value(text), value) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* One value of "in". */
static void
check_value(exam_walk_t *w, json_t *value, json_t *field, const type_t *type)
{
    if (strcmp(type->name, "yes_no") == 0) {
        if (!json_is_boolean(value)) {
            exam_fault(w, EXAM_EXPECTED_BOOLEAN, NULL);
        }

    } else if (!json_is_string(value)) {
        exam_fault(w, EXAM_EXPECTED_STRING, NULL);

    } else if (!has_option(field, json_string_value(value))) {
        exam_fault(w, EXAM_UNKNOWN_OPTION, json_string_value(value));
    }
}


void
exam_check_in(exam_walk_t *w, json_t *object, json_t *field)
{
    size_t         i, mark, item;
    json_t        *value, *in = exam_array(w, object, "in", 1, OPTIONS);
    const type_t  *type;

    type = type_of(json_string_value(json_object_get(field, "type")));

    if (in == NULL || type == NULL) {
        return;
    }

    if (!type->options && strcmp(type->name, "yes_no") != 0) {
        exam_fault_at(w, "in", EXAM_NOT_FOR_TYPE, type->name);
        return;
    }

    mark = exam_down(w, "in");

    json_array_foreach(in, i, value) {
        item = exam_down_item(w, i);
        check_value(w, value, field, type);
        exam_up(w, item);
    }

    exam_up(w, mark);
}


/* ---- a field ----------------------------------------------------------- */

static void
check_options(exam_walk_t *w, json_t *field)
{
    static const char *const  names[] = { "value", "label", NULL };

    size_t   i, mark, item;
    json_t  *option, *options = exam_array(w, field, "options", 1, OPTIONS);

    if (options == NULL) {
        return;
    }

    mark = exam_down(w, "options");

    json_array_foreach(options, i, option) {
        item = exam_down_item(w, i);

        if (exam_is_object(w, option)) {
            exam_only(w, option, names);
            (void) exam_string(w, option, "value", VALUE, 1);
            exam_pair(w, option, "label", LABEL, 1);
        }

        exam_up(w, item);
    }

    exam_unique(w, options, "value");
    exam_up(w, mark);
}


static void
check_pattern(exam_walk_t *w, json_t *field)
{
    regex_t      compiled;
    const char  *text = exam_string(w, field, "pattern", PATTERN, 0);

    if (text == NULL) {
        return;
    }

    if (regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB) != 0) {
        exam_fault_at(w, "pattern", EXAM_BAD_PATTERN, text);
        return;
    }

    regfree(&compiled);
}


/* Shown to who fills in a wrong one: it must be right.  What is wrong with the
   field itself is told first. */
static void
check_example(exam_walk_t *w, json_t *field, const type_t *type,
    size_t faults)
{
    json_t      *params = NULL;
    const char  *text;

    if (type->options || strcmp(type->name, "yes_no") == 0) {
        no_member(w, field, "example");
        return;
    }

    text = exam_string(w, field, "example", TEXT_MAX, 0);

    if (text == NULL || w->faults->count != faults) {
        return;
    }

    if (civic_answer_fault(field, json_object_get(field, "example"), &params)
        != NULL)
    {
        exam_fault_at(w, "example", EXAM_BAD_EXAMPLE, text);
    }

    json_decref(params);
}


/* Asked only if a field before it has one of these values. */
static void
check_when(exam_walk_t *w, json_t *form, size_t index, json_t *field)
{
    static const char *const  names[] = { "field", "in", NULL };

    size_t       i, mark;
    json_t      *asked = NULL, *when = exam_object(w, field, "when", 0);
    const char  *name;

    if (when == NULL) {
        return;
    }

    mark = exam_down(w, "when");
    exam_only(w, when, names);
    name = exam_string(w, when, "field", VALUE, 1);

    for (i = 0; name != NULL && i < index && asked == NULL; i++) {
        const char  *other = json_string_value(
                                 json_object_get(json_array_get(form, i),
                                                 "name"));

        if (other != NULL && strcmp(other, name) == 0) {
            asked = json_array_get(form, i);
        }
    }

    if (asked != NULL) {
        exam_check_in(w, when, asked);

    } else if (name != NULL) {
        exam_fault_at(w, "field", exam_field(form, name) == NULL
                                  ? EXAM_UNKNOWN_FIELD : EXAM_LATER_FIELD,
                      name);
    }

    exam_up(w, mark);
}


static void
check_type(exam_walk_t *w, json_t *field)
{
    size_t         faults = w->faults->count;
    const char    *name = exam_string(w, field, "type", VALUE, 1);
    const type_t  *type = type_of(name);

    if (type == NULL) {
        if (name != NULL) {
            exam_fault_at(w, "type", EXAM_BAD_TYPE, name);
        }
        return;
    }

    exam_check_bounds(w, field, name);

    if (type->options) {
        check_options(w, field);

    } else {
        no_member(w, field, "options");
    }

    if (type->bounds == WANTS_LENGTH) {
        check_pattern(w, field);

    } else {
        no_member(w, field, "pattern");
    }

    check_example(w, field, type, faults);
}


static void
check_field(exam_walk_t *w, json_t *form, size_t index, json_t *field)
{
    static const char *const  names[] = {
        "name", "type", "label", "hint", "required", "min", "max", "pattern",
        "options", "when", "show_reviewer", "example", NULL
    };

    const char  *name;

    if (!exam_is_object(w, field)) {
        return;
    }

    exam_only(w, field, names);
    name = exam_string(w, field, "name", VALUE, 1);

    if (name != NULL && !is_name(name)) {
        exam_fault_at(w, "name", EXAM_BAD_NAME, name);
    }

    check_type(w, field);
    exam_pair(w, field, "label", LABEL, 1);
    exam_pair(w, field, "hint", HINT, 0);
    (void) exam_boolean(w, field, "required");
    (void) exam_boolean(w, field, "show_reviewer");
    check_when(w, form, index, field);
}


void
exam_check_form(exam_walk_t *w, json_t *form)
{
    size_t   i, item;
    json_t  *field;

    json_array_foreach(form, i, field) {
        item = exam_down_item(w, i);
        check_field(w, form, i, field);
        exam_up(w, item);
    }

    exam_unique(w, form, "name");
}


/* ---- a position -------------------------------------------------------- */

/* What a condition asks of a field. */
static void
check_asked(exam_walk_t *w, json_t *condition)
{
    json_t      *field;
    const char  *type, *name = exam_string(w, condition, "field", VALUE, 0);
    int          in, bound;

    in = json_object_get(condition, "in") != NULL;
    bound = json_object_get(condition, "min") != NULL
            || json_object_get(condition, "max") != NULL;

    if (name == NULL) {
        if (in || bound) {
            exam_fault_at(w, "field", EXAM_REQUIRED, NULL);
        }
        return;
    }

    if (w->form == NULL) {
        return;                         /* the form's own fault */
    }

    field = exam_field(w->form, name);

    if (field == NULL) {
        exam_fault_at(w, "field", EXAM_UNKNOWN_FIELD, name);
        return;
    }

    if (!in && !bound) {
        exam_fault_at(w, "field", EXAM_NO_TEST, name);
        return;
    }

    type = json_string_value(json_object_get(field, "type"));

    if (in) {
        exam_check_in(w, condition, field);
    }

    if (bound && type != NULL && strcmp(type, "number") != 0
        && strcmp(type, "date") != 0)
    {
        exam_fault_at(w, "field", EXAM_NOT_FOR_TYPE, type);

    } else if (bound) {
        exam_check_bounds(w, condition, type);
    }
}


static void
check_conditions(exam_walk_t *w, json_t *position)
{
    static const char *const  names[] = {
        "text", "field", "in", "min", "max", "born_from", "born_until", NULL
    };

    size_t   i, mark, item;
    json_t  *condition, *all;

    if (json_object_get(position, "conditions") == NULL) {
        return;
    }

    all = exam_array(w, position, "conditions", 0, CONDITIONS);
    mark = exam_down(w, "conditions");

    json_array_foreach(all, i, condition) {
        item = exam_down_item(w, i);

        if (exam_is_object(w, condition)) {
            exam_only(w, condition, names);
            exam_pair(w, condition, "text", HINT, 1);
            check_asked(w, condition);
            check_dates(w, condition, "born_from", "born_until");
        }

        exam_up(w, item);
    }

    exam_up(w, mark);
}


void
exam_check_position(exam_walk_t *w, json_t *position)
{
    static const char *const  names[] = {
        "code", "name", "unit", "places", "note", "conditions", NULL
    };

    int64_t      places;
    const char  *code;

    if (!exam_is_object(w, position)) {
        return;
    }

    exam_only(w, position, names);
    code = exam_string(w, position, "code", VALUE, 1);

    if (code != NULL && !civic_exam_code_valid(code, strlen(code))) {
        exam_fault_at(w, "code", EXAM_BAD_CODE, code);
    }

    exam_pair(w, position, "name", LABEL, 1);
    exam_pair(w, position, "unit", LABEL, 1);
    exam_pair(w, position, "note", HINT, 0);
    (void) exam_integer(w, position, "places", 1, 100000, 1, &places);
    check_conditions(w, position);
}
