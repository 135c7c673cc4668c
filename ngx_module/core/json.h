/*
 * json.h - JSON from strangers, looked at before it is parsed.
 *
 * jansson recurses, and a fiber's stack is small: depth is counted on the
 * bytes first.  Duplicate keys, bytes that are not UTF-8 and anything after
 * the value are refused.
 */

#ifndef CIVIC_JSON_H
#define CIVIC_JSON_H

#include <jansson.h>
#include <stddef.h>

#define CIVIC_JSON_MAX_DEPTH  32

typedef enum {
    CIVIC_JSON_OK = 0,
    CIVIC_JSON_TOO_DEEP,
    CIVIC_JSON_DUPLICATE_KEY,
    CIVIC_JSON_MALFORMED
} civic_json_status_t;

/* Depth of the brackets outside strings; never over max + 1. */
size_t civic_json_depth(const char *text, size_t len, size_t max);

/* A new reference in *value on CIVIC_JSON_OK. */
civic_json_status_t civic_json_load(const char *text, size_t len,
    json_t **value);

/* "json_too_deep", "json_duplicate_key", "json_malformed". */
const char *civic_json_problem(civic_json_status_t status);

#endif
