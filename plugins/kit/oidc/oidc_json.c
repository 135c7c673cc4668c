/*
 * oidc_json.c - JSON from a provider; see oidc_private.h.
 */

#include <string.h>

#include "oidc_private.h"

#define DEPTH_MAX  16


static int
too_deep(const char *text, size_t len)
{
    int     in_string = 0;
    size_t  i, depth = 0;

    for (i = 0; i < len; i++) {
        switch (text[i]) {

        case '\\':
            /* what follows ends no string; outside one it is an error */
            i += (size_t) in_string;
            break;

        case '"':
            in_string = !in_string;
            break;

        case '{':
        case '[':
            if (!in_string && ++depth > DEPTH_MAX) {
                return 1;
            }
            break;

        case '}':
        case ']':
            if (!in_string && depth > 0) {
                depth--;
            }
            break;
        }
    }

    return 0;
}


civic_oidc_status_t
civic_oidc_object(const char *text, size_t len, size_t max, json_t **object)
{
    json_t  *value;

    if (len > max) {
        return CIVIC_OIDC_TOO_LONG;
    }

    if (too_deep(text, len)) {
        return CIVIC_OIDC_JSON;
    }

    value = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(value)) {
        json_decref(value);
        return CIVIC_OIDC_JSON;
    }

    *object = value;

    return CIVIC_OIDC_OK;
}


const char *
civic_oidc_string(const json_t *object, const char *name, size_t max)
{
    size_t         len;
    const json_t  *value = json_object_get(object, name);

    if (!json_is_string(value)) {
        return NULL;
    }

    len = json_string_length(value);

    return len > 0 && len <= max ? json_string_value(value) : NULL;
}


int
civic_oidc_offers(const json_t *object, const char *name, const char *value,
    int absent)
{
    size_t         i;
    const json_t  *item, *list = json_object_get(object, name);

    if (list == NULL) {
        return absent;
    }

    if (!json_is_array(list)) {
        return -1;
    }

    json_array_foreach(list, i, item) {
        if (!json_is_string(item)) {
            return -1;
        }

        if (strcmp(json_string_value(item), value) == 0) {
            return 1;
        }
    }

    return 0;
}
