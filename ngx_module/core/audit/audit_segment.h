/*
 * audit_segment.h - a writer's chain of segments: claimed, continued,
 * appended to, pruned.
 *
 * Everything here reads and writes files and waits for the disk: it is for
 * threads.  One thread at a time for each chain, which owns its writer's
 * folder by flock() until it is closed or its process ends; so a worker that
 * starts goes on where one that ended has left off.
 */

#ifndef CIVIC_AUDIT_SEGMENT_H
#define CIVIC_AUDIT_SEGMENT_H

#include "audit_format.h"

#define CIVIC_AUDIT_SEGMENT_SIZE  (8 * 1024 * 1024)
#define CIVIC_AUDIT_SEGMENT_AGE   (24LL * 3600 * 1000)      /* ms */

typedef struct civic_audit_chain_s  civic_audit_chain_t;

typedef struct {
    const char             *path;       /* the folder, which is there */
    const char             *host;
    const civic_purpose_t  *chain;
    size_t                  segment_size;       /* 0: the default */
    civic_msec_t            segment_age;        /* 0: the default */
} civic_audit_options_t;

/*
 * Claims the first writer's folder that nobody holds and whose last segment
 * is whole, else makes a new one.  A torn last line is cut off, with a line
 * "cut".  NULL with failure.  warning: folders that were left alone because
 * they are damaged, or "".
 */
civic_audit_chain_t *civic_audit_chain_open(
    const civic_audit_options_t *options, civic_msec_t now,
    civic_failure_t *warning, civic_failure_t *failure);
void civic_audit_chain_close(civic_audit_chain_t *chain);

/* Something to append; payload as bytes. */
typedef struct {
    const char   *kind;
    civic_str_t   payload;
} civic_audit_item_t;

/*
 * Appends all of them or none, and returns when they are on the disk; begins
 * a new segment when it is time.  0; -1 with failure: the chain must be
 * closed if civic_audit_chain_broken(), and can be tried again otherwise.
 */
int civic_audit_chain_append(civic_audit_chain_t *chain,
    const civic_audit_item_t *items, size_t count, civic_msec_t now,
    civic_failure_t *failure);
int civic_audit_chain_broken(const civic_audit_chain_t *chain);

/* Removes segments all of whose lines are older than keep ms, after a line
   that says so.  How many, or -1 with failure. */
int civic_audit_chain_prune(civic_audit_chain_t *chain, civic_msec_t keep,
    civic_msec_t now, civic_failure_t *failure);

/* How far it is; seq 0: no line yet. */
const civic_audit_head_t *civic_audit_chain_head(
    const civic_audit_chain_t *chain);

/* Segments that were ended since the chain was opened. */
unsigned civic_audit_chain_ended(const civic_audit_chain_t *chain);

/* ---- shared with audit_verify.c ---------------------------------------- */

/* All of a file, malloc'ed; NULL with errno. */
char *civic_audit_read(int folder, const char *name, size_t *len);

/* Names in a folder that pick() likes, sorted; NULL with errno.  Free each,
   then the array. */
char **civic_audit_list(int folder, int (*pick)(const char *name),
    size_t *count);
void civic_audit_list_free(char **names, size_t count);
int civic_audit_is_file(const char *name);

#endif
