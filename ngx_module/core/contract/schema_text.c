/*
 * schema_text.c - tables of fields, held against texts: the arguments of a
 * query and the words of a configuration.
 *
 * What comes in are strings; what goes out is an object with the types of
 * the table, a new reference.  An array is written as its items with commas
 * between them.  Nothing suspends.
 */

#include <stdio.h>

#include "schema_internal.h"

/* Errors of one option: they are few and go into one line. */
#define CIVIC_OPTION_ARENA        4096
#define CIVIC_OPTION_ARENA_LIMIT  (256 * 1024)

/* What a text became: a value, or the code of what is wrong with it. */
typedef struct {
    json_t      *value;
    const char  *code;
    int          no_memory;
} civic_converted_t;


/* ---- one text ---------------------------------------------------------- */

static int
civic_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c = (char) (c | 0x20);

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


int64_t
civic_percent_decode(civic_str_t in, char *out, int plus)
{
    int     high, low;
    char    c;
    size_t  i, len;

    len = 0;

    for (i = 0; i < in.len; i++) {
        c = in.data[i];

        if (c == '+' && plus) {
            c = ' ';

        } else if (c == '%') {
            if (in.len - i < 3) {
                return -1;
            }

            high = civic_hex_digit(in.data[i + 1]);
            low = civic_hex_digit(in.data[i + 2]);
            if (high < 0 || low < 0) {
                return -1;
            }

            c = (char) (high << 4 | low);
            i += 2;
        }

        if (c == '\0') {
            return -1;
        }

        out[len++] = c;
    }

    return (int64_t) len;
}


static void
civic_converted_set(civic_converted_t *out, json_t *value)
{
    out->value = value;
    out->no_memory = value == NULL;
}


/* A number that int64_t cannot hold is out of every range. */
static void
civic_convert_integer(civic_str_t text, civic_converted_t *out)
{
    int      negative;
    size_t   i;
    int64_t  number, digit;

    negative = text.len > 0 && text.data[0] == '-';
    number = 0;

    for (i = (size_t) negative; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            out->code = "wrong_type";
            return;
        }
    }

    if (text.len == (size_t) negative) {
        out->code = "wrong_type";
        return;
    }

    for (i = (size_t) negative; i < text.len; i++) {
        digit = text.data[i] - '0';

        if (__builtin_mul_overflow(number, (int64_t) 10, &number)
            || __builtin_add_overflow(number, negative ? -digit : digit,
                                      &number))
        {
            out->code = negative ? "too_small" : "too_large";
            return;
        }
    }

    civic_converted_set(out, json_integer(number));
}


static void
civic_convert_boolean(civic_str_t text, int option, civic_converted_t *out)
{
    if (civic_str_eq(text, CIVIC_STR("true"))
        || (option && civic_str_eq(text, CIVIC_STR("on"))))
    {
        civic_converted_set(out, json_true());

    } else if (civic_str_eq(text, CIVIC_STR("false"))
               || (option && civic_str_eq(text, CIVIC_STR("off"))))
    {
        civic_converted_set(out, json_false());

    } else {
        out->code = "wrong_type";
    }
}


static void civic_convert(const civic_schema_item_t *item, civic_str_t text,
    int option, civic_converted_t *out);


static void
civic_convert_array(const civic_schema_item_t *item, civic_str_t text,
    int option, civic_converted_t *out)
{
    json_t       *array;
    int64_t       max;
    const char   *comma;
    civic_str_t   one;

    array = json_array();
    if (array == NULL) {
        out->no_memory = 1;
        return;
    }

    max = item->field->max == 0 ? CIVIC_SCHEMA_ARRAY_MAX : item->field->max;

    /* one item over the bound is enough for "too_many" */

    while (text.len > 0 && (int64_t) json_array_size(array) <= max) {
        comma = memchr(text.data, ',', text.len);

        one.data = text.data;
        one.len = comma == NULL ? text.len : (size_t) (comma - text.data);

        civic_convert(&item->children.items[0], one, option, out);

        if (out->value == NULL
            || json_array_append_new(array, out->value) != 0)
        {
            out->no_memory = out->code == NULL;
            out->value = NULL;
            json_decref(array);
            return;
        }

        out->value = NULL;

        if (comma == NULL) {
            break;
        }

        text.len -= one.len + 1;
        text.data = comma + 1;
    }

    civic_converted_set(out, array);
}


static void
civic_convert(const civic_schema_item_t *item, civic_str_t text, int option,
    civic_converted_t *out)
{
    out->value = NULL;
    out->code = NULL;
    out->no_memory = 0;

    switch (item->field->type) {

    case CIVIC_TYPE_STRING:
    case CIVIC_TYPE_INSTANT:
        if (civic_utf8_length(text.data, text.len) < 0) {
            out->code = "bad_format";
            return;
        }

        civic_converted_set(out, json_stringn_nocheck(text.data, text.len));
        return;

    case CIVIC_TYPE_INTEGER:
        civic_convert_integer(text, out);
        return;

    case CIVIC_TYPE_BOOLEAN:
        civic_convert_boolean(text, option, out);
        return;

    case CIVIC_TYPE_ARRAY:
        civic_convert_array(item, text, option, out);
        return;

    case CIVIC_TYPE_OBJECT:
    case CIVIC_TYPE_NONE:
        break;
    }

    out->code = "wrong_type";
}


/* Tells a code of civic_convert(), with the parameters that its text needs. */
static void
civic_converted_error(const civic_schema_item_t *item, const char *code,
    const civic_where_t *where, civic_errors_t *errors)
{
    json_t               *params;
    const civic_field_t  *field;

    field = item->field;

    if (strcmp(code, "wrong_type") == 0) {
        civic_schema_type_error(errors, where, field->type);
        return;
    }

    params = NULL;

    if (strcmp(code, "too_large") == 0) {
        params = json_object();
        json_object_set_new(params, "max",
                            json_integer(field->max == 0
                                         || field->type != CIVIC_TYPE_INTEGER
                                         ? INT64_MAX : field->max));

    } else if (strcmp(code, "too_small") == 0) {
        params = json_object();
        json_object_set_new(params, "min",
                            json_integer(field->type != CIVIC_TYPE_INTEGER
                                         ? INT64_MIN : field->min));
    }

    civic_schema_error(errors, where, code, params);
}


/*
 * Converts a text, holds it against its field and puts it into the object.
 * -1 only without memory.
 */
static int
civic_take_text(const civic_schema_item_t *item, civic_str_t text, int option,
    const civic_where_t *where, json_t *object, civic_errors_t *errors)
{
    civic_converted_t  converted;

    civic_convert(item, text, option, &converted);

    if (converted.no_memory) {
        return -1;
    }

    if (converted.value == NULL) {
        civic_converted_error(item, converted.code, where, errors);
        return 0;
    }

    civic_schema_check_item(item, converted.value, where, errors);

    return json_object_set_new(object, item->field->name, converted.value);
}


/* ---- queries ----------------------------------------------------------- */

typedef struct {
    const civic_schema_t  *schema;
    civic_errors_t        *errors;
    json_t                *object;
    char                  *buffer;      /* as long as the query, and a NUL */
    unsigned char          seen[CIVIC_SCHEMA_FIELDS_MAX];
} civic_query_t;

static const civic_where_t  civic_query_root = { NULL, "?", 0 };


/* The name of an argument that stands in no table; it may be anything. */
static void
civic_query_unknown(civic_query_t *q, civic_str_t name, const char *code)
{
    civic_str_t    copy;
    civic_where_t  where;

    if (q->errors->count == CIVIC_ERRORS_MAX) {
        q->errors->dropped++;
        return;
    }

    copy = civic_arena_copy(q->errors->arena, name);

    where.parent = &civic_query_root;
    where.name = copy.data == NULL ? "" : copy.data;
    where.index = 0;

    civic_schema_error(q->errors, &where, code, NULL);
}


static int
civic_query_value(civic_query_t *q, const civic_schema_item_t *item,
    civic_str_t raw)
{
    size_t         i;
    int64_t        len;
    civic_where_t  where;

    where.parent = &civic_query_root;
    where.name = item->field->name;
    where.index = 0;

    i = (size_t) (item - q->schema->items);

    if (q->seen[i]) {

        /* the first time that it is repeated is told, not every time */

        if (q->seen[i] == 1) {
            q->seen[i] = 2;
            civic_schema_error(q->errors, &where, "duplicate_argument", NULL);
        }

        return 0;
    }

    q->seen[i] = 1;

    len = civic_percent_decode(raw, q->buffer, 1);
    if (len < 0) {
        civic_schema_error(q->errors, &where, "bad_format", NULL);
        return 0;
    }

    return civic_take_text(item, (civic_str_t) { q->buffer, (size_t) len }, 0,
                           &where, q->object, q->errors);
}


/* "name=value", or a name alone, whose value is empty. */
static int
civic_query_argument(civic_query_t *q, civic_str_t argument)
{
    int64_t                     len;
    const char                 *equals;
    civic_str_t                 name, value;
    const civic_schema_item_t  *item;

    equals = memchr(argument.data, '=', argument.len);

    name.data = argument.data;
    name.len = equals == NULL ? argument.len
                              : (size_t) (equals - argument.data);
    value.data = equals == NULL ? "" : equals + 1;
    value.len = equals == NULL ? 0 : argument.len - name.len - 1;

    len = civic_percent_decode(name, q->buffer, 1);
    if (len < 0) {
        civic_query_unknown(q, name, "bad_format");
        return 0;
    }

    item = civic_schema_find(q->schema, q->buffer, (size_t) len);
    if (item == NULL) {
        civic_query_unknown(q, (civic_str_t) { q->buffer, (size_t) len },
                            "unknown_field");
        return 0;
    }

    return civic_query_value(q, item, value);
}


static int
civic_query_arguments(civic_query_t *q, civic_str_t query)
{
    const char   *end;
    civic_str_t   argument;

    while (query.len > 0) {
        end = memchr(query.data, '&', query.len);

        argument.data = query.data;
        argument.len = end == NULL ? query.len : (size_t) (end - query.data);

        /* "a=1&&b=2" and "a=1&" are in the wild and harmless */

        if (argument.len > 0 && civic_query_argument(q, argument) != 0) {
            return -1;
        }

        if (end == NULL) {
            break;
        }

        query.len -= argument.len + 1;
        query.data = end + 1;
    }

    return 0;
}


static void
civic_query_missing(civic_query_t *q)
{
    size_t                i;
    civic_where_t         where;
    const civic_field_t  *field;

    where.parent = &civic_query_root;
    where.index = 0;

    for (i = 0; i < q->schema->count; i++) {
        field = q->schema->items[i].field;

        if (!q->seen[i] && (field->flags & CIVIC_REQUIRED)) {
            where.name = field->name;
            civic_schema_error(q->errors, &where, "required", NULL);
        }
    }
}


json_t *
civic_schema_query(const civic_schema_t *schema, civic_str_t query,
    civic_errors_t *errors)
{
    civic_query_t  q;

    q.schema = schema;
    q.errors = errors;
    memset(q.seen, 0, sizeof(q.seen));

    q.buffer = civic_arena_alloc(errors->arena, query.len + 1);
    if (q.buffer == NULL) {
        return NULL;
    }

    q.object = json_object();
    if (q.object == NULL) {
        return NULL;
    }

    if (civic_query_arguments(&q, query) != 0) {
        json_decref(q.object);
        return NULL;
    }

    civic_query_missing(&q);

    return q.object;
}


/* ---- options ----------------------------------------------------------- */

typedef struct {
    const civic_schema_t  *schema;
    civic_errors_t         errors;
    json_t                *object;
    civic_failure_t       *failure;
} civic_options_t;

static const civic_where_t  civic_options_root = { NULL, "/", 0 };


__attribute__((format(printf, 2, 3)))
static int
civic_option_wrong(civic_options_t *o, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    vsnprintf(o->failure->text, sizeof(o->failure->text), fmt, args);
    va_end(args);

    return -1;
}


/* What the option's value has to be: the bound, or the pattern; and what a
   right one looks like. */
static void
civic_option_expected(const civic_field_t *field,
    const civic_field_error_t *error, char *out, size_t size)
{
    size_t  len;

    out[0] = '\0';

    if (error->params != NULL) {
        out[0] = ' ';
        len = json_dumpb(error->params, out + 1, size - 2, 0);
        out[len < size - 2 ? len + 1 : 0] = '\0';

    } else if (field->pattern != NULL
               && strcmp(error->code, "bad_format") == 0)
    {
        (void) snprintf(out, size, ", expected %s%s%s", field->pattern,
                        field->example == NULL ? "" : ", such as ",
                        field->example == NULL ? "" : field->example);
    }
}


/* The first error, for the operator; a secret's value is not repeated. */
static int
civic_option_errors(civic_options_t *o, const civic_field_t *field,
    civic_str_t value, const char *what)
{
    int                          shown;
    char                         expected[120];
    const civic_field_error_t   *error;

    if (o->errors.count == 0) {
        return 0;
    }

    error = &o->errors.items[0];
    civic_option_expected(field, error, expected, sizeof(expected));

    shown = value.len > 60 ? 60 : (int) value.len;

    if (field->flags & CIVIC_SECRET) {
        shown = 0;
    }

    return civic_option_wrong(o, "%s \"%.60s%s%.*s\": %s%s", what, field->name,
                              shown > 0 ? "=" : "", shown, value.data,
                              error->code, expected);
}


static int
civic_option_word(civic_options_t *o, civic_str_t word)
{
    const char                 *equals;
    civic_str_t                 value;
    civic_where_t               where;
    const civic_schema_item_t  *item;

    equals = memchr(word.data, '=', word.len);
    if (equals == NULL) {
        return civic_option_wrong(o, "option \"%.*s\" has no value: write "
                                  "name=value", word.len > 60 ? 60
                                  : (int) word.len, word.data);
    }

    item = civic_schema_find(o->schema, word.data,
                             (size_t) (equals - word.data));
    if (item == NULL) {
        return civic_option_wrong(o, "unknown option \"%.*s\"",
                                  equals - word.data > 60 ? 60
                                  : (int) (equals - word.data), word.data);
    }

    if (json_object_get(o->object, item->field->name) != NULL) {
        return civic_option_wrong(o, "option \"%.60s\" is given twice",
                                  item->field->name);
    }

    value.data = equals + 1;
    value.len = word.len - (size_t) (value.data - word.data);

    where.parent = &civic_options_root;
    where.name = item->field->name;
    where.index = 0;

    if (civic_take_text(item, value, 1, &where, o->object, &o->errors) != 0) {
        return civic_option_wrong(o, "out of memory");
    }

    return civic_option_errors(o, item->field, value, "option");
}


static int
civic_option_fallback(civic_options_t *o, const civic_schema_item_t *item)
{
    json_t               *value;
    civic_where_t         where;
    const civic_field_t  *field;

    field = item->field;

    if (json_object_get(o->object, field->name) != NULL) {
        return 0;
    }

    if (field->fallback == NULL) {
        if (field->flags & CIVIC_REQUIRED) {
            return civic_option_wrong(o, "option \"%.60s\" is missing",
                                      field->name);
        }

        return 0;
    }

    value = json_loads(field->fallback, JSON_DECODE_ANY
                       | JSON_REJECT_DUPLICATES, NULL);
    if (value == NULL) {
        return civic_option_wrong(o, "fallback of option \"%.60s\" is no JSON",
                                  field->name);
    }

    where.parent = &civic_options_root;
    where.name = field->name;
    where.index = 0;

    civic_schema_check_item(item, value, &where, &o->errors);

    if (json_object_set_new(o->object, field->name, value) != 0) {
        return civic_option_wrong(o, "out of memory");
    }

    return civic_option_errors(o, field, civic_cstr(field->fallback),
                               "fallback of option");
}


static int
civic_options_take(civic_options_t *o, const civic_str_t *words, size_t count)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (civic_option_word(o, words[i]) != 0) {
            return -1;
        }
    }

    for (i = 0; i < o->schema->count; i++) {
        if (civic_option_fallback(o, &o->schema->items[i]) != 0) {
            return -1;
        }
    }

    return 0;
}


json_t *
civic_schema_options(const civic_schema_t *schema, const civic_str_t *words,
    size_t count, civic_failure_t *failure)
{
    civic_arena_t    *arena;
    civic_options_t   o;

    o.schema = schema;
    o.failure = failure;
    o.object = json_object();

    arena = civic_arena_create(CIVIC_OPTION_ARENA, CIVIC_OPTION_ARENA_LIMIT);

    if (arena == NULL || o.object == NULL) {
        civic_option_wrong(&o, "out of memory");
        goto failed;
    }

    civic_errors_init(&o.errors, arena);

    if (civic_options_take(&o, words, count) != 0) {
        goto failed;
    }

    civic_arena_destroy(arena);

    return o.object;

failed:

    json_decref(o.object);

    if (arena != NULL) {
        civic_arena_destroy(arena);
    }

    return NULL;
}
