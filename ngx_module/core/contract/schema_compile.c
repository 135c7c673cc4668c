/*
 * schema_compile.c - tables of fields, looked over and compiled.
 *
 * A schema is malloc's and its owner's; it keeps pointers to the table that
 * it was compiled from, which must outlive it.  Done when the configuration
 * is read, not in requests.
 */

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "schema_internal.h"

#define CIVIC_FIELD_FLAGS  (CIVIC_REQUIRED | CIVIC_NULLABLE | CIVIC_SECRET   \
                            | CIVIC_TYPED)

/* For the errors of one example. */
#define CIVIC_EXAMPLE_ARENA  4096


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


/* What is wrong with a field's example, as its errors have it, or NULL. */
static const char *
civic_example_refusal(const civic_schema_item_t *item, civic_arena_t *arena)
{
    json_t          *value;
    civic_errors_t   errors;
    civic_where_t    root = { NULL, "/", 0 };
    civic_where_t    where = { &root, "", 0 };

    value = json_string(item->field->example);
    if (value == NULL) {
        return "bad_format";            /* no UTF-8 */
    }

    civic_errors_init(&errors, arena);
    civic_schema_check_item(item, value, &where, &errors);
    json_decref(value);

    return errors.count > 0 ? errors.items[0].code : NULL;
}


/* Shown to who wrote a wrong one: it must be right. */
static int
civic_example_check(const civic_schema_item_t *item, civic_failure_t *failure)
{
    const char           *refusal;
    civic_arena_t        *arena;
    const civic_field_t  *field = item->field;

    if (field->type != CIVIC_TYPE_STRING && field->type != CIVIC_TYPE_INSTANT)
    {
        return civic_schema_wrong(failure, field,
                                  "only strings and instants have an example");
    }

    arena = civic_arena_create(CIVIC_EXAMPLE_ARENA, CIVIC_EXAMPLE_ARENA);
    if (arena == NULL) {
        return civic_schema_wrong(failure, field, "out of memory");
    }

    refusal = civic_example_refusal(item, arena);
    civic_arena_destroy(arena);

    if (refusal != NULL) {
        return civic_schema_wrong(failure, field,
                                  "its example \"%.40s\" is wrong: %s",
                                  field->example, refusal);
    }

    return 0;
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

    if (field->example != NULL && civic_example_check(item, failure) != 0) {
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
