/*
 * values.h - what scripts and rules answer, as plain C values.
 *
 * Redis' answers are untrusted: whatever is not as expected is absent.
 */

#ifndef CIVIC_SHARED_VALUES_H
#define CIVIC_SHARED_VALUES_H

#include "civic_plugin.h"

/* A member of an object as text; empty if absent or no string. */
civic_str_t shared_json_str(json_t *object, const char *name);

/* A decimal number; fallback if it is none. */
int64_t shared_number(civic_str_t text, int64_t fallback);

/* The string at an index of an array; empty if there is none. */
civic_str_t shared_item(const civic_value_t *value, size_t index);

/* A rule's number within bounds; fallback if it is absent or no integer. */
int64_t shared_rule_number(json_t *answer, const char *name, int64_t fallback,
    int64_t min, int64_t max);

/* A number as text, for a script's arguments. */
civic_str_t shared_decimal(civic_request_t *r, int64_t number);

/* Writes an instant that Redis keeps as ms; null if it is none. */
void shared_write_instant(civic_request_t *r, civic_writer_t *w,
    const char *key, civic_str_t text);

#endif
