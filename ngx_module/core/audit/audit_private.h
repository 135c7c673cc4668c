/*
 * audit_private.h - what audit_claim.c and audit_segment.c share.
 */

#ifndef CIVIC_AUDIT_PRIVATE_H
#define CIVIC_AUDIT_PRIVATE_H

#include "audit_segment.h"

struct civic_audit_chain_s {
    const civic_purpose_t  *chain;
    size_t                  segment_size;
    civic_msec_t            segment_age;

    int                     folder;     /* the writer's, which is locked */
    int                     file;       /* the segment's; -1: none open */
    unsigned                ended;
    unsigned                is_ended:1; /* the last segment has its end */
    unsigned                broken:1;   /* it is not known what is there */
    size_t                  size;       /* of the segment, all on the disk */
    civic_msec_t            began;      /* the segment */

    /* what the next mac goes over: the last one, or the first line */
    char                    before[CIVIC_AUDIT_FIRST];
    civic_audit_head_t      head;
};

__attribute__((format(printf, 2, 3)))
void civic_audit_fail(civic_failure_t *failure, const char *fmt, ...);

/* Makes the file of head.segment + 1 and goes over to it. */
int civic_audit_begin(civic_audit_chain_t *chain, civic_msec_t now,
    civic_failure_t *failure);

/* Appends without looking at size and age. */
int civic_audit_write(civic_audit_chain_t *chain,
    const civic_audit_item_t *items, size_t count, civic_msec_t now,
    civic_failure_t *failure);

#endif
