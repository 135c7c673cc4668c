/*
 * values.c - see values.h.
 */

#include "values.h"

#define DIGITS_MAX  18                      /* fit into 63 bits, always */


civic_str_t
shared_item(const civic_value_t *value, size_t index)
{
    civic_str_t           none = { "", 0 };
    const civic_value_t  *item;

    if (value == NULL || value->type != CIVIC_VALUE_ARRAY
        || index >= value->count)
    {
        return none;
    }

    item = &value->items[index];

    return item->type == CIVIC_VALUE_STRING ? item->str : none;
}


civic_str_t
shared_json_str(json_t *object, const char *name)
{
    json_t       *value = json_object_get(object, name);
    civic_str_t   str = { "", 0 };

    if (json_is_string(value)) {
        str.data = json_string_value(value);
        str.len = json_string_length(value);
    }

    return str;
}


int64_t
shared_number(civic_str_t text, int64_t fallback)
{
    size_t   i;
    int64_t  value = 0;

    if (text.len == 0 || text.len > DIGITS_MAX) {
        return fallback;
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return fallback;
        }

        value = value * 10 + (text.data[i] - '0');
    }

    return value;
}


int64_t
shared_rule_number(json_t *answer, const char *name, int64_t fallback,
    int64_t min, int64_t max)
{
    int64_t  number;
    json_t  *value = json_object_get(answer, name);

    if (!json_is_integer(value)) {
        return fallback;
    }

    number = json_integer_value(value);

    if (number < min) {
        return min;
    }

    return number > max ? max : number;
}


civic_str_t
shared_decimal(civic_request_t *r, int64_t number)
{
    return civic_print(r, "%lld", (long long) number);
}


void
shared_write_instant(civic_request_t *r, civic_writer_t *w, const char *key,
    civic_str_t text)
{
    int64_t  at = shared_number(text, -1);

    if (at < 0) {
        civic_write_null(r, w, key);

    } else {
        civic_write_instant(r, w, key, at);
    }
}
