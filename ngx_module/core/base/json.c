/*
 * json.c - JSON from strangers, looked at before it is parsed.
 *
 * Two looks: one over the bytes, which counts and cannot recurse, then
 * jansson's.  jansson refuses what is not UTF-8, NUL characters, numbers out
 * of range and anything behind the value; the value itself is the caller's.
 * Nothing suspends.
 */

#include "json.h"


#define CIVIC_JSON_CONTAINER_WEIGHT  3


/* The depth, and on the way the weight of all values but the first. */
static size_t
civic_json_scan(const char *text, size_t len, size_t max, size_t *weight)
{
    int     in_string;
    size_t  i, depth, deepest;

    in_string = 0;
    depth = 0;
    deepest = 0;

    for (i = 0; i < len; i++) {

        switch (text[i]) {

        case '\\':
            /* outside a string it is an error anyway, and jansson's */
            i += in_string;
            break;

        case '"':
            in_string = !in_string;
            break;

        case '{':
        case '[':
            if (in_string) {
                break;
            }

            *weight += CIVIC_JSON_CONTAINER_WEIGHT;

            if (++depth > deepest) {
                deepest = depth;
            }

            if (deepest > max) {
                return deepest;
            }

            break;

        case ',':
            *weight += !in_string;
            break;

        case '}':
        case ']':
            if (!in_string && depth > 0) {
                depth--;
            }

            break;
        }
    }

    return deepest;
}


size_t
civic_json_depth(const char *text, size_t len, size_t max)
{
    size_t  weight = 0;

    return civic_json_scan(text, len, max, &weight);
}


civic_json_status_t
civic_json_load(const char *text, size_t len, json_t **value)
{
    size_t        depth, weight;
    json_error_t  error;

    *value = NULL;
    weight = 0;

    depth = civic_json_scan(text, len, CIVIC_JSON_MAX_DEPTH, &weight);

    if (depth > CIVIC_JSON_MAX_DEPTH) {
        return CIVIC_JSON_TOO_DEEP;
    }

    if (weight > CIVIC_JSON_MAX_WEIGHT) {
        return CIVIC_JSON_TOO_MANY_VALUES;
    }

    /* any value: that a body must be an object is for its schema to say */

    *value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
                        &error);

    if (*value != NULL) {
        return CIVIC_JSON_OK;
    }

    if (json_error_code(&error) == json_error_duplicate_key) {
        return CIVIC_JSON_DUPLICATE_KEY;
    }

    return CIVIC_JSON_MALFORMED;
}


const char *
civic_json_problem(civic_json_status_t status)
{
    switch (status) {

    case CIVIC_JSON_TOO_DEEP:
        return "json_too_deep";

    case CIVIC_JSON_DUPLICATE_KEY:
        return "json_duplicate_key";

    case CIVIC_JSON_TOO_MANY_VALUES:
        return "json_too_many_values";

    case CIVIC_JSON_OK:
    case CIVIC_JSON_MALFORMED:
        break;
    }

    return "json_malformed";
}
