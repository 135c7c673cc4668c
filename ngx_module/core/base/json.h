/*
 * json.h - JSON from strangers, looked at before it is parsed.
 *
 * jansson recurses, and a fiber's stack is small: depth is counted on the
 * bytes first.  So are values, for each costs more time than its few bytes
 * let expect: 16 KB of empty objects would hold the loop for 2 ms.  The time
 * for the bytes themselves (30 ns each) is bounded by a route's max_body.
 * Duplicate keys, bytes that are not UTF-8, NUL characters, numbers out of
 * range and anything after the value are refused.
 */

#ifndef CIVIC_JSON_H
#define CIVIC_JSON_H

#include <jansson.h>
#include <stddef.h>

#define CIVIC_JSON_MAX_DEPTH   32

/* Values, with an object or array weighing as much as three others. */
#define CIVIC_JSON_MAX_WEIGHT  1500

typedef enum {
    CIVIC_JSON_OK = 0,
    CIVIC_JSON_TOO_DEEP,
    CIVIC_JSON_DUPLICATE_KEY,
    CIVIC_JSON_MALFORMED,
    CIVIC_JSON_TOO_MANY_VALUES
} civic_json_status_t;

/* Depth of the brackets outside strings; never over max + 1. */
size_t civic_json_depth(const char *text, size_t len, size_t max);

/* A new reference in *value on CIVIC_JSON_OK. */
civic_json_status_t civic_json_load(const char *text, size_t len,
    json_t **value);

/* "json_too_deep", "json_duplicate_key", "json_malformed",
   "json_too_many_values". */
const char *civic_json_problem(civic_json_status_t status);

#endif
