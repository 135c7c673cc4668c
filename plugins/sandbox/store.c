/*
 * store.c - texts in Redis, each under one key and for a while.
 *
 * Everything that the sandbox remembers is a small JSON object.  Objects are
 * written with their members in the order of the alphabet, so that equal
 * ones are equal texts, which sandbox_change() compares.
 */

#include <stdlib.h>

#include "sandbox.h"


civic_str_t
sandbox_key(civic_request_t *r, const char *family, const char *id)
{
    return civic_print(r, "civic:sandbox:%s:%s", family, id);
}


civic_result_t
sandbox_new_id(civic_request_t *r, civic_str_t *id)
{
    char            *text = civic_alloc(r, SANDBOX_ID + 1);
    size_t           i;
    civic_result_t   rc;
    unsigned char    random[SANDBOX_ID / 2];

    static const char  digits[] = "0123456789abcdef";

    rc = civic_random(r, random, sizeof(random));

    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < SANDBOX_ID; i++) {
        text[i] = digits[i % 2 == 0 ? random[i / 2] >> 4
                                    : random[i / 2] & 0x0f];
    }

    text[SANDBOX_ID] = '\0';
    *id = (civic_str_t) { text, SANDBOX_ID };

    return CIVIC_OK;
}


civic_str_t
sandbox_json(civic_request_t *r, const json_t *value)
{
    char         *text;
    civic_str_t   copy = { "", 0 };

    text = value == NULL ? NULL
                         : json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);

    if (text != NULL) {
        copy = civic_print(r, "%s", text);
        free(text);
    }

    return copy;
}


static civic_result_t
run(civic_request_t *r, const char *name, civic_str_t key,
    const civic_str_t *args, size_t nargs, const civic_value_t **value)
{
    return civic_script(r, &(civic_script_t) {
                               .name = name, .keys = &key, .nkeys = 1,
                               .args = args, .nargs = nargs }, value);
}


civic_result_t
sandbox_keep(civic_request_t *r, civic_str_t key, json_t *value,
    int64_t lifetime)
{
    civic_str_t           args[2];
    const civic_value_t  *answer;

    args[0] = sandbox_json(r, value);
    args[1] = civic_print(r, "%lld", (long long) lifetime);
    json_decref(value);

    return run(r, "sandbox_keep", key, args, 2, &answer);
}


static json_t *
object_of(const civic_value_t *value)
{
    json_t  *object;

    if (value->type != CIVIC_VALUE_STRING) {
        return NULL;
    }

    object = json_loadb(value->str.data, value->str.len, 0, NULL);

    if (!json_is_object(object)) {
        json_decref(object);
        return NULL;
    }

    return object;
}


civic_result_t
sandbox_find(civic_request_t *r, civic_str_t key, json_t **value)
{
    civic_result_t        rc;
    const civic_value_t  *answer;

    *value = NULL;
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("GET"), key), &answer);

    if (rc == CIVIC_OK) {
        *value = object_of(answer);
    }

    return rc;
}


civic_result_t
sandbox_take(civic_request_t *r, civic_str_t key, json_t **value)
{
    civic_result_t        rc;
    const civic_value_t  *answer;

    *value = NULL;
    rc = run(r, "sandbox_take", key, NULL, 0, &answer);

    if (rc == CIVIC_OK) {
        *value = object_of(answer);
    }

    return rc;
}


civic_result_t
sandbox_change(civic_request_t *r, civic_str_t key, const json_t *before,
    json_t *after, int *done)
{
    civic_str_t           args[2];
    civic_result_t        rc;
    const civic_value_t  *answer;

    args[0] = sandbox_json(r, before);
    args[1] = sandbox_json(r, after);
    json_decref(after);

    rc = run(r, "sandbox_change", key, args, 2, &answer);
    *done = rc == CIVIC_OK && answer->integer == 1;

    return rc;
}
