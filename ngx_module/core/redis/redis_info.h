/*
 * redis_info.h - what Redis says of itself, in its answer to INFO.
 *
 * The text is lines "name:value", in sections; a line may be missing, for
 * versions differ and a user may not see all.  Nothing is allocated: values
 * point into the text.
 */

#ifndef CIVIC_REDIS_INFO_H
#define CIVIC_REDIS_INFO_H

#include "civic_plugin.h"

typedef struct {
    int64_t      used_memory;           /* bytes; -1: not told */
    int64_t      maxmemory;             /* 0: no bound; -1: not told */
    int          append_only;           /* 1, 0; -1: not told */
    int          is_replica;
    civic_str_t  policy;                /* "noeviction"; "" : not told */
    unsigned     replicas;              /* that are connected */
    unsigned     good_replicas;         /* online, and not too far behind */
    int64_t      worst_lag;             /* s, of those online; -1: none is */
} civic_redis_info_t;

/* The value of a line; "" if there is no such line. */
civic_str_t civic_redis_info_field(civic_str_t text, const char *name);

/* A whole number that is not negative; -1 if there is none. */
int64_t civic_redis_info_number(civic_str_t text, const char *name);

/* max_lag: s of silence that a good replica may have. */
void civic_redis_info_read(civic_str_t text, int64_t max_lag,
    civic_redis_info_t *info);

/* Used memory in percent of the bound, rounded down; 0 without a bound. */
int civic_redis_info_memory_percent(const civic_redis_info_t *info);

#endif
