/*
 * openapi_schema.c - fields of the tables as JSON schemas.
 *
 * What civic_field_t means by default (256 code points, 100 items) is said in
 * numbers.
 */

#include "openapi.h"

/* civic_field_t: "max 0 means the default". */
#define CTL_STRING_MAX   256
#define CTL_ARRAY_MAX    100


static const char *
ctl_openapi_type(civic_type_t type)
{
    switch (type) {
    case CIVIC_TYPE_INTEGER:
        return "integer";
    case CIVIC_TYPE_BOOLEAN:
        return "boolean";
    case CIVIC_TYPE_OBJECT:
        return "object";
    case CIVIC_TYPE_ARRAY:
        return "array";
    default:
        return "string";
    }
}


static void
ctl_openapi_string(json_t *schema, const civic_field_t *field)
{
    size_t   i;
    json_t  *choices;

    if (field->min > 0) {
        json_object_set_new(schema, "minLength", json_integer(field->min));
    }

    if (field->choices == NULL) {
        json_object_set_new(schema, "maxLength",
                            json_integer(field->max == 0 ? CTL_STRING_MAX
                                                         : field->max));
    }

    if (field->pattern != NULL) {
        json_object_set_new(schema, "pattern",
                            json_sprintf("^(%s)$", field->pattern));
    }

    if (field->choices != NULL) {
        choices = json_array();

        for (i = 0; field->choices[i] != NULL; i++) {
            json_array_append_new(choices, json_string(field->choices[i]));
        }

        json_object_set_new(schema, "enum", choices);
    }
}


static void
ctl_openapi_bounds(json_t *schema, const civic_field_t *field, int strict)
{
    switch (field->type) {
    case CIVIC_TYPE_STRING:
        ctl_openapi_string(schema, field);
        break;

    case CIVIC_TYPE_INTEGER:
        json_object_set_new(schema, "minimum", json_integer(field->min));

        if (field->max != 0) {
            json_object_set_new(schema, "maximum", json_integer(field->max));
        }

        break;

    case CIVIC_TYPE_INSTANT:
        json_object_set_new(schema, "format", json_string("date-time"));
        break;

    case CIVIC_TYPE_ARRAY:
        if (field->min > 0) {
            json_object_set_new(schema, "minItems", json_integer(field->min));
        }

        json_object_set_new(schema, "maxItems",
                            json_integer(field->max == 0 ? CTL_ARRAY_MAX
                                                         : field->max));

        if (field->fields != NULL && field->fields[0].type != CIVIC_TYPE_NONE)
        {
            json_object_set_new(schema, "items",
                                ctl_openapi_field(&field->fields[0], strict));
        }

        break;

    default:
        break;
    }
}


void
ctl_openapi_text(json_t *object, const char *zh_key, const char *zh,
    const char *en_key, const char *en)
{
    if (zh != NULL) {
        json_object_set_new(object, zh_key, json_string(zh));
    }

    if (en != NULL) {
        json_object_set_new(object, en_key, json_string(en));
    }
}


json_t *
ctl_openapi_field(const civic_field_t *field, int strict)
{
    json_t      *schema;
    const char  *type = ctl_openapi_type(field->type);

    if (field->type == CIVIC_TYPE_OBJECT) {
        schema = ctl_openapi_schema(field->fields, strict);
    } else {
        schema = json_object();
        json_object_set_new(schema, "type", json_string(type));
    }

    if (field->flags & CIVIC_NULLABLE) {
        json_object_set_new(schema, "type",
                            json_pack("[s, s]", type, "null"));
    }

    ctl_openapi_bounds(schema, field, strict);

    if (field->flags & CIVIC_SECRET) {
        json_object_set_new(schema, "writeOnly", json_true());
    }

    if (field->example != NULL) {
        json_object_set_new(schema, "examples",
                            json_pack("[s]", field->example));
    }

    if (field->fallback != NULL) {
        json_object_set_new(schema, "x-civic-fallback",
                            json_string(field->fallback));
    }

    ctl_openapi_text(schema, "title", field->zh, "description", field->en);

    return schema;
}


json_t *
ctl_openapi_schema(const civic_field_t *fields, int strict)
{
    json_t               *schema, *properties, *required;
    const civic_field_t  *field;

    schema = json_pack("{s:s}", "type", "object");
    properties = json_object();
    required = json_array();

    for (field = fields; field != NULL && field->name != NULL; field++) {
        json_object_set_new(properties, field->name,
                            ctl_openapi_field(field, strict));

        if (field->flags & CIVIC_REQUIRED) {
            json_array_append_new(required, json_string(field->name));
        }
    }

    if (json_array_size(required) > 0) {
        json_object_set(schema, "required", required);
    }

    json_decref(required);
    json_object_set_new(schema, "properties", properties);

    if (strict) {
        json_object_set_new(schema, "additionalProperties", json_false());
    }

    return schema;
}
