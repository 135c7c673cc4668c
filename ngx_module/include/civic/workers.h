/*
 * civic/workers.h - what init_worker() may ask: there is no request yet.
 */

#ifndef CIVIC_CONTRACT_WORKERS_H
#define CIVIC_CONTRACT_WORKERS_H

#include <stdarg.h>

#include "civic/host.h"

/* In init_worker(): an option, as civic_option(). */
static inline json_t *
civic_worker_option(civic_worker_t *w, const char *name)
{
    return w->host->worker_option(w, name);
}

/* In init_worker(), as civic_sandbox(). */
static inline int
civic_worker_sandbox(civic_worker_t *w)
{
    return w->host->worker_sandbox(w);
}

__attribute__((format(printf, 3, 4)))
static inline void
civic_worker_log(civic_worker_t *w, civic_log_level_t level, const char *fmt,
    ...)
{
    va_list  args;

    va_start(args, fmt);
    w->host->worker_vlog(w, level, fmt, args);
    va_end(args);
}

#endif /* CIVIC_CONTRACT_WORKERS_H */
