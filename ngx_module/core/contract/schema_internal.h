/*
 * schema_internal.h - what the files of the schema share, and nobody else.
 */

#ifndef CIVIC_SCHEMA_INTERNAL_H
#define CIVIC_SCHEMA_INTERNAL_H

#include <regex.h>

#include "schema.h"

/* Fields of one table; more is taken for a table without its CIVIC_END. */
#define CIVIC_SCHEMA_FIELDS_MAX  256

/* Code points of a string, and items of an array, when max is 0. */
#define CIVIC_SCHEMA_STRING_MAX  256
#define CIVIC_SCHEMA_ARRAY_MAX   100

typedef struct civic_schema_item_s  civic_schema_item_t;

struct civic_schema_s {
    civic_schema_item_t  *items;
    size_t                count;
};

struct civic_schema_item_s {
    const civic_field_t  *field;
    size_t                name_len;
    int                   has_pattern;
    regex_t               pattern;
    civic_schema_t        children;     /* members, or the item of an array */
};

/*
 * Where a value stands: a chain on the stack, made text only for an error.
 * The root has no parent, and "/" or "?" as its name; items of an array have
 * no name.
 */
typedef struct civic_where_s {
    const struct civic_where_s  *parent;
    const char                  *name;
    size_t                       index;
} civic_where_t;

/* Adds an error; takes over params. */
void civic_schema_error(civic_errors_t *errors, const civic_where_t *where,
    const char *code, json_t *params);

/* "wrong_type", with the type that it should be. */
void civic_schema_type_error(civic_errors_t *errors,
    const civic_where_t *where, civic_type_t type);

/* Holds one value against one field. */
void civic_schema_check_item(const civic_schema_item_t *item,
    const json_t *value, const civic_where_t *where, civic_errors_t *errors);

/* The field of that name, or NULL. */
const civic_schema_item_t *civic_schema_find(const civic_schema_t *schema,
    const char *name, size_t len);

#endif
