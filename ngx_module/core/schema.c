/*
 * schema.c - tables of fields, compiled, and held against JSON.
 *
 * A schema is malloc's and its owner's; it keeps pointers to the table that
 * it was compiled from, which must outlive it.  Checking changes nothing in
 * it, allocates only for errors (in their arena) and does not suspend.
 */

#include <stdio.h>
#include <stdlib.h>

#include "instant.h"
#include "json.h"
#include "schema_internal.h"
#include "utf8.h"

#define CIVIC_FIELD_FLAGS  (CIVIC_REQUIRED | CIVIC_NULLABLE | CIVIC_SECRET)

/* Digits of the largest index, with the slash before it. */
#define CIVIC_INDEX_LEN    21


/* ---- compiling --------------------------------------------------------- */

__attribute__((format(printf, 3, 4)))
static int
civic_schema_wrong(civic_failure_t *failure, const civic_field_t *field,
    const char *fmt, ...)
{
    char     why[160];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);

    snprintf(failure->text, sizeof(failure->text), "field \"%.60s\": %s",
             field->name == NULL ? "" : field->name, why);

    return -1;
}


/*
 * Patterns are matched as bytes, in the C locale: a character class with a
 * Chinese character in it would silently mean something else.  A
 * back-reference makes matching exponential.
 */
static const char *
civic_pattern_refusal(const char *pattern)
{
    const char  *p;

    for (p = pattern; *p != '\0'; p++) {

        if ((unsigned char) *p >= 0x80) {
            return "has characters that are not ASCII";
        }

        if (p[0] == '\\' && p[1] != '\0') {
            p++;

            if (*p >= '1' && *p <= '9') {
                return "has a back-reference";
            }
        }
    }

    return NULL;
}


static int
civic_pattern_compile_text(regex_t *regex, const civic_field_t *field,
    const char *text, civic_failure_t *failure)
{
    int   rc;
    char  why[100];

    rc = regcomp(regex, text, REG_EXTENDED | REG_NOSUB);
    if (rc == 0) {
        return 0;
    }

    regerror(rc, regex, why, sizeof(why));

    return civic_schema_wrong(failure, field, "pattern does not compile: %s",
                              why);
}


/*
 * Compiled twice: "a)(b" is no pattern, though it would be one between the
 * parentheses of the anchors.
 */
static int
civic_pattern_compile(civic_schema_item_t *item, civic_failure_t *failure)
{
    int          rc;
    char        *anchored;
    size_t       size;
    regex_t      alone;
    const char  *pattern, *refusal;

    pattern = item->field->pattern;

    refusal = civic_pattern_refusal(pattern);
    if (refusal != NULL) {
        return civic_schema_wrong(failure, item->field, "pattern %s", refusal);
    }

    if (civic_pattern_compile_text(&alone, item->field, pattern, failure)
        != 0)
    {
        return -1;
    }

    regfree(&alone);

    size = strlen(pattern) + sizeof("^()$");
    anchored = malloc(size);
    if (anchored == NULL) {
        return civic_schema_wrong(failure, item->field, "out of memory");
    }

    snprintf(anchored, size, "^(%s)$", pattern);

    rc = civic_pattern_compile_text(&item->pattern, item->field, anchored,
                                    failure);
    free(anchored);

    if (rc == 0) {
        item->has_pattern = 1;
    }

    return rc;
}


static int
civic_field_check(const civic_field_t *field, civic_failure_t *failure)
{
    int  is_string, has_length;

    if (field->type <= CIVIC_TYPE_NONE || field->type > CIVIC_TYPE_INSTANT) {
        return civic_schema_wrong(failure, field, "unknown type %d",
                                  (int) field->type);
    }

    if (field->name != NULL && field->name[0] == '\0') {
        return civic_schema_wrong(failure, field, "has an empty name");
    }

    if ((field->flags & ~CIVIC_FIELD_FLAGS) != 0) {
        return civic_schema_wrong(failure, field, "unknown flags 0x%x",
                                  field->flags);
    }

    is_string = field->type == CIVIC_TYPE_STRING;
    has_length = is_string || field->type == CIVIC_TYPE_ARRAY;

    if ((field->pattern != NULL || field->choices != NULL) && !is_string) {
        return civic_schema_wrong(failure, field,
                                  "only strings have a pattern or choices");
    }

    if (field->fields != NULL && field->type != CIVIC_TYPE_OBJECT
        && field->type != CIVIC_TYPE_ARRAY)
    {
        return civic_schema_wrong(failure, field,
                                  "only objects and arrays have fields");
    }

    if (field->type == CIVIC_TYPE_ARRAY && field->fields == NULL) {
        return civic_schema_wrong(failure, field, "an array without its item");
    }

    if ((field->min != 0 || field->max != 0) && !has_length
        && field->type != CIVIC_TYPE_INTEGER)
    {
        return civic_schema_wrong(failure, field, "a type without min and max");
    }

    if ((has_length && (field->min < 0 || field->max < 0))
        || (field->max != 0 && field->min > field->max))
    {
        return civic_schema_wrong(failure, field, "min %lld and max %lld",
                                  (long long) field->min,
                                  (long long) field->max);
    }

    return 0;
}


static int
civic_schema_build(civic_schema_t *schema, const civic_field_t *fields,
    size_t count, unsigned depth, civic_failure_t *failure);


/* One over the maximum when there are more. */
static size_t
civic_fields_count(const civic_field_t *fields)
{
    size_t  n;

    if (fields == NULL) {
        return 0;
    }

    n = 0;

    while (n <= CIVIC_SCHEMA_FIELDS_MAX && fields[n].name != NULL) {
        n++;
    }

    return n;
}


static int
civic_schema_build_item(civic_schema_item_t *item, const civic_field_t *field,
    unsigned depth, civic_failure_t *failure)
{
    item->field = field;
    item->name_len = field->name == NULL ? 0 : strlen(field->name);

    if (civic_field_check(field, failure) != 0) {
        return -1;
    }

    if (field->pattern != NULL && civic_pattern_compile(item, failure) != 0) {
        return -1;
    }

    if (field->type == CIVIC_TYPE_ARRAY) {
        return civic_schema_build(&item->children, field->fields, 1,
                                  depth + 1, failure);
    }

    if (field->type == CIVIC_TYPE_OBJECT) {
        return civic_schema_build(&item->children, field->fields,
                                  civic_fields_count(field->fields),
                                  depth + 1, failure);
    }

    return 0;
}


static int
civic_schema_build(civic_schema_t *schema, const civic_field_t *fields,
    size_t count, unsigned depth, civic_failure_t *failure)
{
    size_t  i;

    if (count == 0) {
        return 0;
    }

    if (count > CIVIC_SCHEMA_FIELDS_MAX) {
        return civic_schema_wrong(failure, fields, "begins a table of over %d "
                                  "fields: is its end missing?",
                                  CIVIC_SCHEMA_FIELDS_MAX);
    }

    /* a table that contains itself ends here too */

    if (depth > CIVIC_JSON_MAX_DEPTH) {
        return civic_schema_wrong(failure, fields, "nested over %d levels",
                                  CIVIC_JSON_MAX_DEPTH);
    }

    schema->items = calloc(count, sizeof(civic_schema_item_t));
    if (schema->items == NULL) {
        return civic_schema_wrong(failure, fields, "out of memory");
    }

    for (i = 0; i < count; i++) {
        if (fields[i].name != NULL
            && civic_schema_find(schema, fields[i].name,
                                 strlen(fields[i].name)) != NULL)
        {
            return civic_schema_wrong(failure, &fields[i], "is there twice");
        }

        schema->count = i + 1;

        if (civic_schema_build_item(&schema->items[i], &fields[i], depth,
                                    failure) != 0)
        {
            return -1;
        }
    }

    return 0;
}


static void
civic_schema_clear(civic_schema_t *schema)
{
    size_t  i;

    for (i = 0; i < schema->count; i++) {
        civic_schema_clear(&schema->items[i].children);

        if (schema->items[i].has_pattern) {
            regfree(&schema->items[i].pattern);
        }
    }

    free(schema->items);
    schema->items = NULL;
    schema->count = 0;
}


civic_schema_t *
civic_schema_compile(const civic_field_t *fields, civic_failure_t *failure)
{
    civic_schema_t  *schema;

    schema = calloc(1, sizeof(civic_schema_t));
    if (schema == NULL) {
        snprintf(failure->text, sizeof(failure->text), "out of memory");
        return NULL;
    }

    if (civic_schema_build(schema, fields, civic_fields_count(fields), 1,
                           failure) != 0)
    {
        civic_schema_free(schema);
        return NULL;
    }

    return schema;
}


void
civic_schema_free(civic_schema_t *schema)
{
    if (schema != NULL) {
        civic_schema_clear(schema);
        free(schema);
    }
}


const civic_schema_item_t *
civic_schema_find(const civic_schema_t *schema, const char *name, size_t len)
{
    size_t                      i;
    const civic_schema_item_t  *item;

    for (i = 0; i < schema->count; i++) {
        item = &schema->items[i];

        if (item->name_len == len && memcmp(item->field->name, name, len) == 0)
        {
            return item;
        }
    }

    return NULL;
}


/* ---- where ------------------------------------------------------------- */

/* The length of one step, its slash and escapes (RFC 6901) included. */
static size_t
civic_where_step_len(const civic_where_t *where)
{
    char         index[CIVIC_INDEX_LEN + 1];
    size_t       len;
    const char  *p;

    if (where->name == NULL) {
        return (size_t) snprintf(index, sizeof(index), "/%zu", where->index);
    }

    len = 1;

    for (p = where->name; *p != '\0'; p++) {
        len += *p == '~' || *p == '/' ? 2 : 1;
    }

    return len;
}


static void
civic_where_step(const civic_where_t *where, char *out, size_t len)
{
    char         index[CIVIC_INDEX_LEN + 1];
    const char  *p;

    if (where->name == NULL) {
        snprintf(index, sizeof(index), "/%zu", where->index);
        memcpy(out, index, len);
        return;
    }

    *out++ = where->parent->parent == NULL ? where->parent->name[0] : '/';

    for (p = where->name; *p != '\0'; p++) {
        if (*p == '~' || *p == '/') {
            *out++ = '~';
            *out++ = *p == '~' ? '0' : '1';

        } else {
            *out++ = *p;
        }
    }
}


/* The text of a place; NULL without memory. */
static const char *
civic_where_text(civic_arena_t *arena, const civic_where_t *where)
{
    char                 *text;
    size_t                total, len;
    const civic_where_t  *at;

    total = 0;

    for (at = where; at->parent != NULL; at = at->parent) {
        total += civic_where_step_len(at);
    }

    text = civic_arena_alloc(arena, total + 1);
    if (text == NULL) {
        return NULL;
    }

    text[total] = '\0';

    for (at = where; at->parent != NULL; at = at->parent) {
        len = civic_where_step_len(at);
        total -= len;
        civic_where_step(at, text + total, len);
    }

    return text;
}


void
civic_schema_error(civic_errors_t *errors, const civic_where_t *where,
    const char *code, json_t *params)
{
    const char  *pointer;

    pointer = NULL;

    /* a flood of errors costs no more than counting them */

    if (errors->count < CIVIC_ERRORS_MAX) {
        pointer = civic_where_text(errors->arena, where);
    }

    civic_errors_add(errors, pointer == NULL ? "" : pointer, code, params);
}


/* The same with one number that the text tells: {"min": 8}. */
static void
civic_schema_bound_error(civic_errors_t *errors, const civic_where_t *where,
    const char *code, const char *name, int64_t bound)
{
    json_t  *params;

    params = json_object();
    json_object_set_new(params, name, json_integer(bound));

    civic_schema_error(errors, where, code, params);
}


/* ---- checking ---------------------------------------------------------- */

static const char *
civic_type_name(civic_type_t type)
{
    switch (type) {

    case CIVIC_TYPE_STRING:
        return "string";

    case CIVIC_TYPE_INTEGER:
        return "integer";

    case CIVIC_TYPE_BOOLEAN:
        return "boolean";

    case CIVIC_TYPE_ARRAY:
        return "array";

    case CIVIC_TYPE_INSTANT:
        return "string (RFC 3339)";

    case CIVIC_TYPE_NONE:
    case CIVIC_TYPE_OBJECT:
        break;
    }

    return "object";
}


void
civic_schema_type_error(civic_errors_t *errors, const civic_where_t *where,
    civic_type_t type)
{
    json_t  *params;

    params = json_object();
    json_object_set_new(params, "type", json_string(civic_type_name(type)));

    civic_schema_error(errors, where, "wrong_type", params);
}


static void
civic_check_choice(const civic_field_t *field, civic_str_t text,
    const civic_where_t *where, civic_errors_t *errors)
{
    size_t   i;
    json_t  *params, *choices;

    for (i = 0; field->choices[i] != NULL; i++) {
        if (civic_str_eq(civic_cstr(field->choices[i]), text)) {
            return;
        }
    }

    choices = json_array();

    for (i = 0; field->choices[i] != NULL; i++) {
        json_array_append_new(choices, json_string(field->choices[i]));
    }

    params = json_object();
    json_object_set_new(params, "choices", choices);

    civic_schema_error(errors, where, "not_a_choice", params);
}


static void
civic_check_string(const civic_schema_item_t *item, const json_t *value,
    const civic_where_t *where, civic_errors_t *errors)
{
    int64_t               length, max;
    civic_str_t           text;
    const civic_field_t  *field;

    field = item->field;
    text.data = json_string_value(value);
    text.len = json_string_length(value);

    /* a NUL would end the string early for whoever reads it as C does */

    length = civic_utf8_length(text.data, text.len);
    if (length < 0 || memchr(text.data, '\0', text.len) != NULL) {
        civic_schema_error(errors, where, "bad_format", NULL);
        return;
    }

    if (length < field->min) {
        civic_schema_bound_error(errors, where, "too_short", "min",
                                 field->min);
        return;
    }

    max = field->max == 0 ? CIVIC_SCHEMA_STRING_MAX : field->max;

    if (length > max) {
        civic_schema_bound_error(errors, where, "too_long", "max", max);
        return;
    }

    if (field->choices != NULL) {
        civic_check_choice(field, text, where, errors);
        return;
    }

    if (item->has_pattern
        && regexec(&item->pattern, text.data, 0, NULL, 0) != 0)
    {
        civic_schema_error(errors, where, "bad_format", NULL);
    }
}


static void
civic_check_integer(const civic_field_t *field, const json_t *value,
    const civic_where_t *where, civic_errors_t *errors)
{
    int64_t  number;

    number = json_integer_value(value);

    if (number < field->min) {
        civic_schema_bound_error(errors, where, "too_small", "min",
                                 field->min);

    } else if (field->max != 0 && number > field->max) {
        civic_schema_bound_error(errors, where, "too_large", "max",
                                 field->max);
    }
}


static void
civic_check_instant(const json_t *value, const civic_where_t *where,
    civic_errors_t *errors)
{
    civic_str_t   text;
    civic_msec_t  instant;

    text.data = json_string_value(value);
    text.len = json_string_length(value);

    if (civic_instant_parse(text, &instant) != 0) {
        civic_schema_error(errors, where, "bad_format", NULL);
    }
}


static void
civic_check_array(const civic_schema_item_t *item, const json_t *value,
    const civic_where_t *where, civic_errors_t *errors)
{
    size_t                size;
    int64_t               max;
    civic_where_t         at;
    const civic_field_t  *field;

    field = item->field;
    size = json_array_size(value);
    max = field->max == 0 ? CIVIC_SCHEMA_ARRAY_MAX : field->max;

    /* whoever sends too many does not make us look at them */

    if ((int64_t) size > max) {
        civic_schema_bound_error(errors, where, "too_many", "max", max);
        return;
    }

    if ((int64_t) size < field->min) {
        civic_schema_bound_error(errors, where, "too_few", "min", field->min);
    }

    at.parent = where;
    at.name = NULL;

    for (at.index = 0; at.index < size; at.index++) {
        civic_schema_check_item(&item->children.items[0],
                                json_array_get(value, at.index), &at, errors);
    }
}


/* The members that no field names; there are so many of them. */
static void
civic_check_unknown(const civic_schema_t *schema, json_t *object,
    size_t unknown, const civic_where_t *where, civic_errors_t *errors)
{
    void           *iter;
    civic_where_t   at;

    at.parent = where;
    at.index = 0;

    for (iter = json_object_iter(object);
         iter != NULL && unknown > 0;
         iter = json_object_iter_next(object, iter))
    {
        if (errors->count == CIVIC_ERRORS_MAX) {
            errors->dropped += unknown;
            return;
        }

        at.name = json_object_iter_key(iter);

        if (civic_schema_find(schema, at.name, strlen(at.name)) == NULL) {
            civic_schema_error(errors, &at, "unknown_field", NULL);
            unknown--;
        }
    }
}


static void
civic_check_members(const civic_schema_t *schema, const json_t *object,
    const civic_where_t *where, civic_errors_t *errors)
{
    size_t                      i, known;
    civic_where_t               at;
    const json_t               *value;
    const civic_schema_item_t  *item;

    at.parent = where;
    at.index = 0;
    known = 0;

    for (i = 0; i < schema->count; i++) {
        item = &schema->items[i];
        at.name = item->field->name;
        value = json_object_get(object, at.name);

        if (value != NULL) {
            known++;
            civic_schema_check_item(item, value, &at, errors);

        } else if (item->field->flags & CIVIC_REQUIRED) {
            civic_schema_error(errors, &at, "required", NULL);
        }
    }

    /* jansson's iterators take no const, though they change nothing */

    if (json_object_size(object) > known) {
        civic_check_unknown(schema, (json_t *) object,
                            json_object_size(object) - known, where, errors);
    }
}


static int
civic_type_matches(civic_type_t type, const json_t *value)
{
    switch (type) {

    case CIVIC_TYPE_STRING:
    case CIVIC_TYPE_INSTANT:
        return json_is_string(value);

    case CIVIC_TYPE_INTEGER:
        return json_is_integer(value);

    case CIVIC_TYPE_BOOLEAN:
        return json_is_boolean(value);

    case CIVIC_TYPE_OBJECT:
        return json_is_object(value);

    case CIVIC_TYPE_ARRAY:
        return json_is_array(value);

    case CIVIC_TYPE_NONE:
        break;
    }

    return 0;
}


void
civic_schema_check_item(const civic_schema_item_t *item, const json_t *value,
    const civic_where_t *where, civic_errors_t *errors)
{
    const civic_field_t  *field;

    field = item->field;

    if (json_is_null(value) && (field->flags & CIVIC_NULLABLE)) {
        if (field->flags & CIVIC_REQUIRED) {
            civic_schema_error(errors, where, "required", NULL);
        }

        return;
    }

    if (!civic_type_matches(field->type, value)) {
        civic_schema_type_error(errors, where, field->type);
        return;
    }

    switch (field->type) {

    case CIVIC_TYPE_STRING:
        civic_check_string(item, value, where, errors);
        return;

    case CIVIC_TYPE_INTEGER:
        civic_check_integer(field, value, where, errors);
        return;

    case CIVIC_TYPE_INSTANT:
        civic_check_instant(value, where, errors);
        return;

    case CIVIC_TYPE_ARRAY:
        civic_check_array(item, value, where, errors);
        return;

    case CIVIC_TYPE_OBJECT:
        civic_check_members(&item->children, value, where, errors);
        return;

    case CIVIC_TYPE_BOOLEAN:
    case CIVIC_TYPE_NONE:
        return;
    }
}


void
civic_schema_check(const civic_schema_t *schema, const json_t *value,
    civic_errors_t *errors)
{
    static const civic_where_t  root = { NULL, "/", 0 };

    if (!json_is_object(value)) {
        civic_schema_type_error(errors, &root, CIVIC_TYPE_OBJECT);
        return;
    }

    civic_check_members(schema, value, &root, errors);
}


/* ---- UTF-8 ------------------------------------------------------------- */

int64_t
civic_utf8_length(const char *s, size_t len)
{
    int       n;
    size_t    i;
    int64_t   length;
    uint64_t  bytes;

    length = 0;
    i = 0;

    while (i < len) {

        if (len - i >= 8) {
            memcpy(&bytes, s + i, 8);

            if ((bytes & 0x8080808080808080ULL) == 0) {
                i += 8;
                length += 8;
                continue;
            }
        }

        n = civic_utf8_char((const unsigned char *) s + i, len - i);
        if (n < 0) {
            return -1;
        }

        i += (size_t) n;
        length++;
    }

    return length;
}
