/*
 * schema.h - the route's tables of fields, held against bodies and queries.
 *
 * A schema is compiled once from civic_field_t (patterns become regex_t) and
 * is const afterwards.  Checking finds every error, not the first.  Codes:
 * required, unknown_field, wrong_type, too_short, too_long, too_small,
 * too_large, bad_format (patterns, instants), not_a_choice, too_few,
 * too_many; params hold what the text needs (min, max, choices).
 */

#ifndef CIVIC_SCHEMA_H
#define CIVIC_SCHEMA_H

#include "errors.h"

typedef struct civic_schema_s  civic_schema_t;

/* fields may be NULL: then only an empty object is valid.  NULL with a text
   in failure when a table is wrong (pattern, type, name twice). */
civic_schema_t *civic_schema_compile(const civic_field_t *fields,
    civic_failure_t *failure);
void civic_schema_free(civic_schema_t *schema);

/* The field of a body or a query that an error's pointer names
   ("/flags/face", "/results/0/at", "?exam_id"), or NULL. */
const civic_field_t *civic_field_of(const civic_field_t *fields,
    const char *pointer);

/* pointers begin with "/".  The value must be an object (else wrong_type at
   "").  Strings of CIVIC_TYPED fields are narrowed in it. */
void civic_schema_check(const civic_schema_t *schema, const json_t *value,
    civic_errors_t *errors);

/*
 * A raw query string ("a=1&b=%E4") to a typed object, a new reference;
 * pointers begin with "?".  An argument twice is "duplicate_argument".
 * NULL only without memory.
 */
json_t *civic_schema_query(const civic_schema_t *schema, civic_str_t query,
    civic_errors_t *errors);

/*
 * "name=value" words of the configuration to a typed object with every
 * fallback filled in; a new reference, or NULL with failure set (unknown,
 * twice, missing, wrong).
 */
json_t *civic_schema_options(const civic_schema_t *schema,
    const civic_str_t *words, size_t count, civic_failure_t *failure);

/* The number of code points, or -1 if it is not UTF-8. */
int64_t civic_utf8_length(const char *s, size_t len);

/* Percent-decodes into out (as long as in at most).  The length, or -1 for a
   broken escape or a NUL.  plus: "+" is a space. */
int64_t civic_percent_decode(civic_str_t in, char *out, int plus);

#endif
