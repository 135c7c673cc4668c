/*
 * rebuild.c - the job that makes the index, the queue and missing orders
 * anew, by a walk over all applicants: a part of it in each run, begun again
 * when the last walk ended long enough ago.
 */

#include <inttypes.h>
#include <stdio.h>

#include "review.h"
#include "values.h"
#include "words.h"

#define CURSOR   "civic:{review:rebuild:%u}"
#define PERSONS  64                     /* of a run */


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
                            .name = "review_cursor", .keys = &key,
                            .nkeys = 1, .args = args, .nargs = 2,
                            .flags = CIVIC_SCRIPT_BULK }, &value);
}


/* ---- a person ---------------------------------------------------------- */

static civic_result_t
rebuild_one(civic_request_t *r, const review_application_t *listed)
{
    civic_result_t         rc;
    review_exam_t          exam;
    review_order_t         order = { .state = CIVIC_STR("none") };
    review_application_t   application;

    rc = review_read(r, listed->pid, listed->exam, &application);

    if (rc == CIVIC_OK) {
        rc = review_exam(r, listed->exam, &exam);
    }

    if (rc != CIVIC_OK || application.id.len == 0) {
        return rc;
    }

    if (review_is(&application, "approved") && exam.fen > 0) {
        rc = review_settle(r, &application, &exam);

        if (rc == CIVIC_OK) {
            rc = review_order(r, listed->pid, listed->exam, &order);
        }
    }

    if (rc == CIVIC_OK) {
        rc = review_index(r, &application, &exam, &order);
    }

    return rc != CIVIC_OK ? rc : review_follow_queue(r, &application);
}


static civic_result_t
rebuild(civic_request_t *r, civic_str_t pid, review_application_t *listed)
{
    size_t          i, count = 0;
    civic_result_t  rc;

    rc = review_list(r, pid, listed, REVIEW_MOST, &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        rc = rebuild_one(r, &listed[i]);

        /* damaged (logged): the others are not to wait for it */
        rc = rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    if (rc == CIVIC_OK) {
        civic_count(r, REVIEW_REBUILT, 1);
    }

    return rc;
}


/* ---- the job ----------------------------------------------------------- */

static civic_result_t
walk(civic_request_t *r, const civic_job_t *job, civic_str_t key,
    uint64_t cursor, civic_msec_t ended)
{
    size_t                 i, count = 0;
    civic_str_t           *pids;
    civic_result_t         rc;
    review_application_t  *listed;

    pids = civic_alloc(r, PERSONS * sizeof(civic_str_t));
    listed = civic_alloc(r, REVIEW_MOST * sizeof(review_application_t));

    rc = civic_persons(r, job, REVIEW_FAMILY, &cursor, pids, PERSONS, &count);

    /* the topology changed */
    if (rc == CIVIC_NOT_SENT) {
        return keep_cursor(r, key, 0, 0);
    }

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        rc = rebuild(r, shared_copy(r, pids[i]), listed);
    }

    return rc != CIVIC_OK ? rc
           : keep_cursor(r, key, cursor, cursor == 0 ? civic_now(r) : ended);
}


civic_result_t
review_rebuild_run(civic_request_t *r, const civic_job_t *job)
{
    json_t          *answer;
    int64_t          every;
    uint64_t         cursor;
    civic_str_t      key = civic_print(r, CURSOR, job->shard);
    civic_msec_t     ended;
    civic_result_t   rc;

    rc = civic_rule(r, "rebuild", NULL, &answer);

    if (rc == CIVIC_OK) {
        rc = read_cursor(r, key, &cursor, &ended);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    every = 1000 * shared_rule_number(answer, "every", 21600, 60, 604800);

    return cursor == 0 && civic_now(r) < ended + every
           ? CIVIC_OK : walk(r, job, key, cursor, ended);
}
