/*
 * metrics.h - Prometheus' text format, and histograms of durations.
 *
 * Numbers live wherever the caller puts them (the host: a zone shared by the
 * workers, one row each, so that no update needs a lock).
 */

#ifndef CIVIC_METRICS_H
#define CIVIC_METRICS_H

#include "arena.h"

/* Upper bounds in microseconds: 100, 250, 500, 1 ms ... 10 s, +Inf. */
#define CIVIC_HISTOGRAM_BUCKETS  17

typedef struct {
    uint64_t  buckets[CIVIC_HISTOGRAM_BUCKETS];
    uint64_t  sum_us;
    uint64_t  count;
} civic_histogram_t;

void civic_histogram_add(civic_histogram_t *histogram, uint64_t us);

/* A growing text in an arena, NUL-terminated.  When memory runs out it is
   given up as a whole: arena and data are NULL from then on. */
typedef struct {
    civic_arena_t  *arena;
    char           *data;
    size_t          len;
    size_t          size;
} civic_metrics_t;

void civic_metrics_init(civic_metrics_t *m, civic_arena_t *arena);

/* "# HELP" and "# TYPE"; once before the samples of a name. */
void civic_metrics_family(civic_metrics_t *m, const char *name,
    const char *type, const char *help);

/* labels is "a=\"b\",c=\"d\"" or NULL. */
void civic_metrics_value(civic_metrics_t *m, const char *name,
    const char *labels, double value);
void civic_metrics_count(civic_metrics_t *m, const char *name,
    const char *labels, uint64_t value);
void civic_metrics_histogram(civic_metrics_t *m, const char *name,
    const char *labels, const civic_histogram_t *histogram);

/* A label value, escaped, into out. */
void civic_metrics_escape(const char *value, char *out, size_t size);

#endif
