/*
 * audit_walk.h - what audit_verify.c sees of a walk over the chains.
 */

#ifndef CIVIC_AUDIT_WALK_H
#define CIVIC_AUDIT_WALK_H

#include "audit_verify.h"

typedef struct {
    /* A good first line; is_oldest: of the first segment that is there. */
    void  (*first)(void *data, const civic_audit_first_t *first,
              int is_oldest);
    void  (*line)(void *data, const char *writer,
              const civic_audit_record_t *record);
    void   *data;
} civic_audit_watcher_t;

int civic_audit_walk_watched(const char *path, const civic_purpose_t *chain,
    const civic_audit_visitor_t *visitor,
    const civic_audit_watcher_t *watcher, civic_failure_t *failure);

#endif
