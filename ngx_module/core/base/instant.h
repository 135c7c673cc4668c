/*
 * instant.h - RFC 3339 texts and epoch milliseconds.
 *
 * China has had one offset and no summer time since 1992, so the text form
 * is computed, not looked up: always "+08:00".
 */

#ifndef CIVIC_INSTANT_H
#define CIVIC_INSTANT_H

#include "civic_plugin.h"

#define CIVIC_INSTANT_LEN  25           /* "2026-03-09T08:30:00+08:00" */

/* Writes CIVIC_INSTANT_LEN characters and a NUL; years 0000 to 9999, outside
   of which it is clamped.  Returns the length. */
size_t civic_instant_format(civic_msec_t instant, char *out);

/* Any offset, fractions up to ms.  0, or -1 if it is no valid instant. */
int civic_instant_parse(civic_str_t text, civic_msec_t *instant);

#endif
