/*
 * civic/redis.h - what is kept: reads of Redis, and scripts, which are the
 * only way to write.
 */

#ifndef CIVIC_CONTRACT_REDIS_H
#define CIVIC_CONTRACT_REDIS_H

#include "civic/host.h"

/* A Redis value.  Lives for the request. */
typedef enum {
    CIVIC_VALUE_NIL = 0,
    CIVIC_VALUE_STRING,
    CIVIC_VALUE_STATUS,                 /* "+OK" */
    CIVIC_VALUE_INTEGER,
    CIVIC_VALUE_ARRAY,
    CIVIC_VALUE_ERROR                   /* Redis' own text in str */
} civic_value_type_t;

struct civic_value_s {
    civic_value_type_t     type;
    int64_t                integer;
    civic_str_t            str;         /* NUL-terminated for convenience */
    size_t                 count;       /* of items */
    struct civic_value_s  *items;
};

/*
 * One command of a pipeline.  argv[1] is its key; all keys of one command
 * stand in one slot.  result and value are filled in by the host.
 */
struct civic_command_s {
    const civic_str_t    *argv;
    size_t                argc;
    civic_result_t        result;
    const civic_value_t  *value;
};

/* Arguments of civic_redis(): CIVIC_ARGV(CIVIC_STR("GET"), key). */
#define CIVIC_ARGV(...)                                                       \
    ((const civic_str_t[]) { __VA_ARGS__ }),                                  \
    (sizeof((const civic_str_t[]) { __VA_ARGS__ }) / sizeof(civic_str_t))

/* By address.  Keys share one slot; scripts are named in the tables. */
struct civic_script_s {
    const char         *name;
    const civic_str_t  *keys;
    size_t              nkeys;
    const civic_str_t  *args;
    size_t              nargs;
    unsigned            flags;
};

#define CIVIC_SCRIPT_DURABLE  0x01u     /* wait for civic_redis_wait replicas */
#define CIVIC_SCRIPT_BULK     0x02u     /* may be slow: a lane of its own */

/*
 * Runs once for each Idempotency-Key, on a route that CIVIC_CREATES: a
 * repeat, also one after a crash, gets the answer that the first run had.
 * The script's keys must be the caller's own (they share a slot with the
 * key's record).  Once for each script and request.
 */
#define CIVIC_SCRIPT_ONCE     0x04u

/* A script that the plugin runs: lua/redis/<name>.lua.  By address. */
typedef struct {
    const char  *name;
    const char  *en;
} civic_script_def_t;

/*
 * Reads.  Only commands that change nothing are taken (GET, HGET, HMGET,
 * HGETALL, EXISTS, TTL, SMEMBERS, SISMEMBER, ZRANGE, ZSCORE, ZCARD, LRANGE,
 * LLEN, HLEN, HEXISTS, SCARD, STRLEN, MGET within one slot ...); another is
 * a bug: CIVIC_ERROR.  Suspends.  CIVIC_OK: *value is set, never of type
 * error.  CIVIC_ERROR: Redis answered with an error, logged; *value has it.
 * CIVIC_NOT_SENT: Redis cannot be reached.  Reads do not return
 * CIVIC_UNKNOWN.
 */
static inline civic_result_t
civic_redis(civic_request_t *r, const civic_str_t *argv, size_t argc,
    const civic_value_t **value)
{
    return r->host->redis(r, argv, argc, value);
}

/*
 * Several reads in one trip; they may stand in different slots.  Returns
 * CIVIC_OK if all are, else the first result that is not.
 */
static inline civic_result_t
civic_pipeline(civic_request_t *r, civic_command_t *commands, size_t count)
{
    return r->host->pipeline(r, commands, count);
}

/*
 * Runs a script of the plugin's table, the only way to write.  CIVIC_UNKNOWN
 * means that the connection was lost after sending: the script may have run.
 * From here on the request runs to its end even if the client leaves.
 */
static inline civic_result_t
civic_script(civic_request_t *r, const civic_script_t *script,
    const civic_value_t **value)
{
    return r->host->script(r, script, value);
}

/*
 * The name of a person's key: "civic:{p:<pid>}:<family>".  A family has one
 * owner: the plugin of that name.  All keys of a person share a slot.
 */
static inline civic_str_t
civic_person_key(civic_request_t *r, civic_str_t pid, const char *family)
{
    return r->host->person_key(r, pid, family);
}

/*
 * The pid of a canonical identity number (kit/id_number.h makes it): an
 * HMAC under a key that is never rotated, 22 characters of base64url.
 */
static inline civic_result_t
civic_person_id(civic_request_t *r, civic_str_t canonical, civic_str_t *pid)
{
    return r->host->person_id(r, canonical, pid);
}

#endif /* CIVIC_CONTRACT_REDIS_H */
