/*
 * yaml.c - writes YAML in block style.
 *
 * Strings are double-quoted with JSON's escapes, all of which YAML knows.
 * Comments and anchors are not made.
 */

#include <string.h>
#include <strings.h>

#include "yaml.h"

#define CTL_YAML_INDENT  2

static void ctl_yaml_value(FILE *out, const json_t *value, int indent);


static void
ctl_yaml_string(FILE *out, const char *text)
{
    const unsigned char  *p;

    (void) fputc('"', out);

    for (p = (const unsigned char *) text; *p != '\0'; p++) {
        switch (*p) {
        case '"':
        case '\\':
            (void) fprintf(out, "\\%c", *p);
            break;
        case '\n':
            (void) fputs("\\n", out);
            break;
        case '\t':
            (void) fputs("\\t", out);
            break;
        default:
            if (*p < 0x20 || *p == 0x7f) {
                (void) fprintf(out, "\\x%02x", *p);
            } else {
                (void) fputc(*p, out);
            }
        }
    }

    (void) fputc('"', out);
}


/* Whether a key can stand bare: a word that is no other type in YAML. */
static int
ctl_yaml_is_plain(const char *key)
{
    size_t  i;
    static const char *const  taken[] = {
        "null", "true", "false", "yes", "no", "on", "off", "y", "n"
    };

    for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (strcasecmp(key, taken[i]) == 0) {
            return 0;
        }
    }

    if (strspn(key, "0123456789-") > 0) {
        return 0;
    }

    return key[0] != '\0'
           && strspn(key, "abcdefghijklmnopqrstuvwxyz"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
              == strlen(key);
}


static void
ctl_yaml_indent(FILE *out, int indent)
{
    (void) fprintf(out, "%*s", indent, "");
}


static int
ctl_yaml_is_block(const json_t *value)
{
    return (json_is_object(value) && json_object_size(value) > 0)
           || (json_is_array(value) && json_array_size(value) > 0);
}


/* Behind "key:" or "-": on the same line, or a block below. */
static void
ctl_yaml_member(FILE *out, const json_t *value, int indent)
{
    if (ctl_yaml_is_block(value)) {
        (void) fputc('\n', out);
        ctl_yaml_value(out, value, indent + CTL_YAML_INDENT);
        return;
    }

    (void) fputc(' ', out);
    ctl_yaml_value(out, value, indent);
    (void) fputc('\n', out);
}


static void
ctl_yaml_object(FILE *out, const json_t *object, int indent)
{
    json_t      *value;
    const char  *key;

    json_object_foreach((json_t *) object, key, value) {
        ctl_yaml_indent(out, indent);

        if (ctl_yaml_is_plain(key)) {
            (void) fputs(key, out);
        } else {
            ctl_yaml_string(out, key);
        }

        (void) fputc(':', out);
        ctl_yaml_member(out, value, indent);
    }
}


static void
ctl_yaml_array(FILE *out, const json_t *array, int indent)
{
    size_t   i;
    json_t  *value;

    json_array_foreach(array, i, value) {
        ctl_yaml_indent(out, indent);
        (void) fputc('-', out);
        ctl_yaml_member(out, value, indent);
    }
}


static void
ctl_yaml_value(FILE *out, const json_t *value, int indent)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        if (json_object_size(value) == 0) {
            (void) fputs("{}", out);
        } else {
            ctl_yaml_object(out, value, indent);
        }
        break;

    case JSON_ARRAY:
        if (json_array_size(value) == 0) {
            (void) fputs("[]", out);
        } else {
            ctl_yaml_array(out, value, indent);
        }
        break;

    case JSON_STRING:
        ctl_yaml_string(out, json_string_value(value));
        break;

    case JSON_INTEGER:
        (void) fprintf(out, "%lld", (long long) json_integer_value(value));
        break;

    case JSON_REAL:
        (void) fprintf(out, "%.17g", json_real_value(value));
        break;

    case JSON_TRUE:
        (void) fputs("true", out);
        break;

    case JSON_FALSE:
        (void) fputs("false", out);
        break;

    case JSON_NULL:
        (void) fputs("null", out);
        break;
    }
}


int
ctl_yaml_write(FILE *out, const json_t *value)
{
    ctl_yaml_value(out, value, 0);

    if (!ctl_yaml_is_block(value)) {
        (void) fputc('\n', out);
    }

    return fflush(out) != 0 || ferror(out) ? -1 : 0;
}
