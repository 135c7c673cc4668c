/*
 * persons_walk.c - see persons_walk.h.
 */

#include <inttypes.h>
#include <stdio.h>

#include "persons_walk.h"
#include "values.h"
#include "words.h"

#define PERSONS  64                     /* of a run */
#define EVERY    21600                  /* s */
#define WEEK     604800


/* ---- how far it has come ----------------------------------------------- */

static civic_result_t
read_cursor(civic_request_t *r, civic_str_t key, uint64_t *cursor,
    civic_msec_t *ended)
{
    char                  end;
    long long             at = 0;
    civic_result_t        rc;
    const civic_value_t  *value;

    *cursor = 0;
    *ended = 0;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("GET"), key), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING
        && sscanf(value->str.data, "%" SCNu64 " %lld%c", cursor, &at, &end)
           == 2)
    {
        *ended = at;
    }

    return rc;
}


static civic_result_t
keep_cursor(civic_request_t *r, civic_str_t key, uint64_t cursor,
    civic_msec_t ended)
{
    civic_str_t           args[2];
    const civic_value_t  *value;

    args[0] = civic_print(r, "%" PRIu64, cursor);
    args[1] = shared_decimal(r, ended);

    return civic_script(r, &(civic_script_t) {
                            .name = "persons_cursor", .keys = &key,
                            .nkeys = 1, .args = args, .nargs = 2,
                            .flags = CIVIC_SCRIPT_BULK }, &value);
}


/* ---- a part of it ------------------------------------------------------ */

static civic_result_t
walk_on(civic_request_t *r, const civic_job_t *job,
    const shared_persons_walk_t *walk, uint64_t cursor, civic_msec_t ended)
{
    size_t           i, count = 0;
    civic_str_t     *pids;
    civic_result_t   rc;

    pids = civic_alloc(r, PERSONS * sizeof(civic_str_t));

    rc = civic_persons(r, job, walk->family, &cursor, pids, PERSONS, &count);

    /* the topology changed */
    if (rc == CIVIC_NOT_SENT) {
        return keep_cursor(r, walk->cursor, 0, 0);
    }

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        rc = walk->step(r, shared_copy(r, pids[i]), walk->data);
    }

    return rc != CIVIC_OK ? rc
           : keep_cursor(r, walk->cursor, cursor,
                         cursor == 0 ? civic_now(r) : ended);
}


civic_result_t
shared_persons_walk(civic_request_t *r, const civic_job_t *job,
    const shared_persons_walk_t *walk)
{
    json_t          *answer;
    int64_t          every;
    uint64_t         cursor;
    civic_msec_t     ended;
    civic_result_t   rc;

    rc = civic_rule(r, "rebuild", NULL, &answer);

    if (rc == CIVIC_OK) {
        every = 1000 * shared_rule_number(answer, "every", EVERY, 60, WEEK);
        rc = read_cursor(r, walk->cursor, &cursor, &ended);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (cursor == 0 && civic_now(r) < ended + every) {
        civic_job_rest(r);
        return CIVIC_OK;
    }

    return walk_on(r, job, walk, cursor, ended);
}
