/*
 * redis_info.c - reads the answer to INFO.
 *
 * Redis' answers are input like any other: numbers are bounded, lines may be
 * cut off, and a value is never read behind its line.
 */

#include <string.h>

#include "redis_info.h"

/* So many replicas are looked at: each is a line of its own. */
#define REDIS_INFO_REPLICAS  64


/* The line that begins at *p, without its end; *p moves behind it. */
static civic_str_t
redis_info_line(const char **p, const char *last)
{
    const char   *end = memchr(*p, '\n', (size_t) (last - *p));
    civic_str_t   line = { *p, 0 };

    if (end == NULL) {
        end = last;
        line.len = (size_t) (last - *p);
        *p = last;

    } else {
        line.len = (size_t) (end - *p);
        *p = end + 1;
    }

    if (line.len > 0 && line.data[line.len - 1] == '\r') {
        line.len--;
    }

    return line;
}


civic_str_t
civic_redis_info_field(civic_str_t text, const char *name)
{
    size_t        len = strlen(name);
    const char   *p = text.data, *last = text.data + text.len;
    civic_str_t   line;

    while (p < last) {
        line = redis_info_line(&p, last);

        if (line.len > len && line.data[len] == ':'
            && memcmp(line.data, name, len) == 0)
        {
            line.data += len + 1;
            line.len -= len + 1;
            return line;
        }
    }

    return CIVIC_STR("");
}


/* Digits and nothing else, or -1. */
static int64_t
redis_info_integer(civic_str_t value)
{
    size_t   i;
    int64_t  n = 0;

    if (value.len == 0 || value.len > 18) {
        return -1;
    }

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return -1;
        }

        n = n * 10 + (value.data[i] - '0');
    }

    return n;
}


int64_t
civic_redis_info_number(civic_str_t text, const char *name)
{
    return redis_info_integer(civic_redis_info_field(text, name));
}


/* The part "name=" of "ip=10.0.0.2,port=6379,state=online,lag=0". */
static civic_str_t
redis_info_part(civic_str_t value, const char *name)
{
    size_t        len = strlen(name), n;
    const char   *p = value.data, *last = value.data + value.len, *comma;
    civic_str_t   part = { "", 0 };

    while (p < last) {
        comma = memchr(p, ',', (size_t) (last - p));
        n = (size_t) ((comma == NULL ? last : comma) - p);

        if (n > len && p[len] == '=' && memcmp(p, name, len) == 0) {
            part.data = p + len + 1;
            part.len = n - len - 1;
            return part;
        }

        p += n + 1;
    }

    return part;
}


static void
redis_info_replica(civic_str_t value, int64_t max_lag,
    civic_redis_info_t *info)
{
    int64_t  lag;

    info->replicas++;

    /* one that is being filled has no lag yet, and no data either */
    if (!civic_str_eq(redis_info_part(value, "state"), CIVIC_STR("online"))) {
        return;
    }

    lag = redis_info_integer(redis_info_part(value, "lag"));

    if (lag >= 0 && lag <= max_lag) {
        info->good_replicas++;
    }

    if (lag > info->worst_lag) {
        info->worst_lag = lag;
    }
}


/* "slave0:", "slave1:" ... */
static void
redis_info_replicas(civic_str_t text, int64_t max_lag,
    civic_redis_info_t *info)
{
    char          name[] = "slave00";
    unsigned      i;
    civic_str_t   value;

    for (i = 0; i < REDIS_INFO_REPLICAS; i++) {
        if (i < 10) {
            name[5] = (char) ('0' + i);
            name[6] = '\0';
        } else {
            name[5] = (char) ('0' + i / 10);
            name[6] = (char) ('0' + i % 10);
        }

        value = civic_redis_info_field(text, name);

        if (value.len == 0) {
            return;
        }

        redis_info_replica(value, max_lag, info);
    }
}


void
civic_redis_info_read(civic_str_t text, int64_t max_lag,
    civic_redis_info_t *info)
{
    memset(info, 0, sizeof(*info));

    info->used_memory = civic_redis_info_number(text, "used_memory");
    info->maxmemory = civic_redis_info_number(text, "maxmemory");
    info->append_only = (int) civic_redis_info_number(text, "aof_enabled");
    info->policy = civic_redis_info_field(text, "maxmemory_policy");
    info->is_replica = civic_str_eq(civic_redis_info_field(text, "role"),
                                    CIVIC_STR("slave"));
    info->worst_lag = -1;

    redis_info_replicas(text, max_lag, info);
}


int
civic_redis_info_memory_percent(const civic_redis_info_t *info)
{
    if (info->maxmemory <= 0 || info->used_memory < 0) {
        return 0;
    }

    /* in double: a hundred times the bytes may not fit */
    return (int) (100.0 * (double) info->used_memory
                  / (double) info->maxmemory);
}
