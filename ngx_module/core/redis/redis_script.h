/*
 * redis_script.h - the files of lua/redis/, which hold every write.
 *
 * A script begins with "#!lua" (a Cluster then refuses keys of other slots)
 * and a comment that names its KEYS, ARGV and answers.  It is known to Redis
 * by the SHA-1 of its bytes.
 */

#ifndef CIVIC_REDIS_SCRIPT_H
#define CIVIC_REDIS_SCRIPT_H

#include "civic_plugin.h"

#define CIVIC_SCRIPT_MAX_FILE  (64 * 1024)

typedef struct {
    char   *name;                       /* "guesses_succeed" */
    char   *text;
    size_t  len;
    char    sha1[41];
} civic_redis_script_t;

/* NULL with failure: "<dir>/<name>.lua: ...". */
civic_redis_script_t *civic_redis_script_load(const char *dir,
    const char *name, civic_failure_t *failure);
void civic_redis_script_free(civic_redis_script_t *script);

/*
 * The same script, run once for each request id: it takes one more key, the
 * last, a hash that stands for the request, and keeps its answer there in the
 * same step as its writes.  A repeat is given that answer and writes nothing.
 * Errors are not kept.  NULL without memory.
 */
civic_redis_script_t *civic_redis_script_once(
    const civic_redis_script_t *script);

/* Whether a command only reads, so that civic_redis() may take it. */
int civic_redis_reads_only(civic_str_t command);

#endif
