/*
 * schema.c - tables of fields, held against JSON.
 *
 * Checking changes nothing in a schema, allocates only for errors (in their
 * arena) and does not suspend.
 */

#include <stdio.h>

#include "instant.h"
#include "schema_internal.h"
#include "utf8.h"

/* Digits of the largest index, with the slash before it. */
#define CIVIC_INDEX_LEN    21


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


/* The field of that name in a table, or NULL. */
static const civic_field_t *
civic_field_named(const civic_field_t *fields, const char *name, size_t len)
{
    for ( ; fields != NULL && fields->name != NULL; fields++) {
        if (strlen(fields->name) == len
            && memcmp(fields->name, name, len) == 0)
        {
            return fields;
        }
    }

    return NULL;
}


/* One step for each slash: a member of an object, or any item of an array. */
const civic_field_t *
civic_field_of(const civic_field_t *fields, const char *pointer)
{
    size_t                len;
    const civic_field_t  *field = NULL;

    while (*pointer != '\0') {
        len = strcspn(++pointer, "/");

        if (field != NULL && field->type == CIVIC_TYPE_ARRAY) {
            field = field->fields;
        } else {
            field = civic_field_named(fields, pointer, len);
        }

        if (field == NULL) {
            return NULL;
        }

        fields = field->type == CIVIC_TYPE_OBJECT ? field->fields : NULL;
        pointer += len;
    }

    return field;
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

/* For the Chinese text. */
static const char *
civic_type_name_zh(civic_type_t type)
{
    switch (type) {

    case CIVIC_TYPE_STRING:
        return "文本";

    case CIVIC_TYPE_INTEGER:
        return "整数";

    case CIVIC_TYPE_BOOLEAN:
        return "是/否";

    case CIVIC_TYPE_ARRAY:
        return "列表";

    case CIVIC_TYPE_INSTANT:
        return "时间";

    case CIVIC_TYPE_NONE:
    case CIVIC_TYPE_OBJECT:
        break;
    }

    return "对象";
}


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
    json_object_set_new(params, "type_zh",
                        json_string(civic_type_name_zh(type)));

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


/* U+FF01 to U+FF5E, of three bytes each, are "!" to "~" to whoever typed them.
   The value is of a tree that was parsed for this check. */
static void
civic_schema_narrow(json_t *value)
{
    char                 *out;
    size_t                i, n = 0, len = json_string_length(value);
    const unsigned char  *s;

    s = (const unsigned char *) json_string_value(value);
    out = malloc(len + 1);

    if (out == NULL) {
        return;
    }

    for (i = 0; i < len; i++) {
        if (len - i > 2 && s[i] == 0xef && s[i + 1] == 0xbc
            && s[i + 2] >= 0x81)
        {
            out[n++] = (char) (s[i + 2] - 0x81 + '!');
            i += 2;

        } else if (len - i > 2 && s[i] == 0xef && s[i + 1] == 0xbd
                   && s[i + 2] <= 0x9e)
        {
            out[n++] = (char) (s[i + 2] - 0x80 + '`');
            i += 2;

        } else {
            out[n++] = (char) s[i];
        }
    }

    if (n < len) {
        (void) json_string_setn(value, out, n);
    }

    free(out);
}


static void
civic_check_string(const civic_schema_item_t *item, const json_t *value,
    const civic_where_t *where, civic_errors_t *errors)
{
    int64_t               length, max;
    civic_str_t           text;
    const civic_field_t  *field;

    field = item->field;

    if (field->flags & CIVIC_TYPED) {
        civic_schema_narrow((json_t *) value);
    }

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
