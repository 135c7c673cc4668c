/*
 * civic/fields.h - fields: what may stand in a body, a query, an option or the
 * input of a rule.  The host checks what comes against them before any code of
 * the plugin sees it, names every wrong one at once, and writes the API's
 * description from them.
 */

#ifndef CIVIC_CONTRACT_FIELDS_H
#define CIVIC_CONTRACT_FIELDS_H

#include "civic/basics.h"

/* The type of a field in a body, a query or an option. */
typedef enum {
    CIVIC_TYPE_NONE = 0,
    CIVIC_TYPE_STRING,          /* min, max: length in code points */
    CIVIC_TYPE_INTEGER,         /* min, max: the value */
    CIVIC_TYPE_BOOLEAN,
    CIVIC_TYPE_OBJECT,          /* fields: its members */
    CIVIC_TYPE_ARRAY,           /* min, max: items; fields[0]: each item */
    CIVIC_TYPE_INSTANT          /* RFC 3339 text with offset */
} civic_type_t;

#define CIVIC_REQUIRED  0x01u   /* absent is an error ("required") */
#define CIVIC_NULLABLE  0x02u   /* null is taken as absent */
#define CIVIC_SECRET    0x04u   /* never logged, "writeOnly" in OpenAPI */
#define CIVIC_TYPED     0x08u   /* a string of ASCII that people type: the
                                   full-width letters, digits and signs of
                                   Chinese keyboards become the plain ones
                                   before it is checked */

/*
 * One field.  Arrays of fields end with CIVIC_END.  A member that is in no
 * field is refused ("unknown_field").  max 0 means the default: 256 code
 * points for a string, no upper bound for an integer, 100 for an array.
 */
typedef struct civic_field_s {
    const char                  *name;
    civic_type_t                 type;
    unsigned                     flags;
    int64_t                      min;
    int64_t                      max;
    const char                  *pattern;   /* POSIX ERE, anchored by us */
    const char *const           *choices;   /* NULL-terminated */
    const struct civic_field_s  *fields;
    const char                  *zh;        /* what it is, for people */
    const char                  *en;
    const char                  *fallback;  /* options: default, as JSON text;
                                               documentation elsewhere */
    const char                  *example;   /* of a string or an instant: a
                                               right one, made up, for who
                                               wrote a wrong one.  Refused if
                                               the field would refuse it */
    const void                  *reserved[1];
} civic_field_t;

#define CIVIC_END  { .name = NULL }

/* An option: "civic_plugin login.so name=value" in nginx.conf. */
typedef civic_field_t  civic_option_t;

#endif /* CIVIC_CONTRACT_FIELDS_H */
