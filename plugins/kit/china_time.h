/*
 * china_time.h - instants as Alipay writes them: "2026-03-09 12:00:00" in
 * China's time, UTC+8; and as bodies of requests have them.
 *
 * Pure functions, for any thread.  Instants are ms since
 * 1970-01-01T00:00:00Z.
 */

#ifndef CIVIC_KIT_CHINA_TIME_H
#define CIVIC_KIT_CHINA_TIME_H

#include <stddef.h>
#include <stdint.h>

/* "2026-03-09 12:00:00" and a NUL. */
#define CIVIC_CHINA_TIME_TEXT  20

/* Writes it, to the second below.  The instant lies in the years 1970 to
   9999. */
void civic_china_time_format(int64_t msec, char out[CIVIC_CHINA_TIME_TEXT]);

/* Exactly that form, of a time that exists; a fraction of a second may
   follow (".123") and is dropped.  0, or -1. */
int civic_china_time_parse(const char *s, size_t len, int64_t *msec);

/* RFC 3339, as bodies have instants: "2026-03-09T12:00:00.5+08:00", "...Z".
   A fraction is dropped.  0, or -1. */
int civic_instant_read(const char *s, size_t len, int64_t *msec);

#endif
