/*
 * civic/monitoring.h - what operators see from outside: counters, and lines in
 * nginx's error log.
 */

#ifndef CIVIC_CONTRACT_MONITORING_H
#define CIVIC_CONTRACT_MONITORING_H

#include <stdarg.h>

#include "civic/host.h"

/* A counter, seen as civic_<plugin>_<name>_total.  By address. */
typedef struct {
    const char  *name;
    const char  *help;
} civic_metric_def_t;

/* Adds to a counter: its index in the plugin's metrics table. */
static inline void
civic_count(civic_request_t *r, unsigned metric, uint64_t amount)
{
    r->host->count(r, metric, amount);
}

/* One line in nginx's error log, with the request.  Lower case, no personal
   data, the offending value quoted. */
__attribute__((format(printf, 3, 4)))
static inline void
civic_log(civic_request_t *r, civic_log_level_t level, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    r->host->vlog(r, level, fmt, args);
    va_end(args);
}

#endif /* CIVIC_CONTRACT_MONITORING_H */
