/*
 * queue.c - the index of photos that wait for staff, and who seems to hold
 * which.
 *
 * Four keys in one slot, apart from the persons': nothing here is the truth.
 * What stands here and is over is taken out by whoever meets it; what is
 * missing the job of mend.c puts back.
 */

#include <stdlib.h>

#include "compare.h"
#include "values.h"

#define WAITING  "civic:{photo_reviews}:waiting"    /* id by its instant */
#define OWNERS   "civic:{photo_reviews}:owners"     /* id -> pid */
#define LEASES   "civic:{photo_reviews}:leases"     /* id -> "<staff> <ms>" */
#define HELD     "civic:{photo_reviews}:held"       /* staff -> id */
#define WALK     "civic:{photo_reviews}:walk"       /* shard -> cursor */

static const civic_str_t  keys[] = {
    { WAITING, sizeof(WAITING) - 1 }, { OWNERS, sizeof(OWNERS) - 1 },
    { LEASES, sizeof(LEASES) - 1 }, { HELD, sizeof(HELD) - 1 },
};

static const civic_str_t  walk = { WALK, sizeof(WALK) - 1 };


static civic_result_t
run(civic_request_t *r, const char *name, const civic_str_t *args,
    size_t nargs, const civic_value_t **value)
{
    return civic_script(r, &(civic_script_t) {
                               .name = name, .keys = keys, .nkeys = 4,
                               .args = args, .nargs = nargs }, value);
}


civic_result_t
photo_queue_put(civic_request_t *r, const photo_t *photo)
{
    civic_str_t           args[5];
    const civic_value_t  *value;

    args[0] = photo->id;
    args[1] = photo->pid;
    args[2] = shared_decimal(r, photo->since);
    args[3] = photo->reviewer;
    args[4] = shared_decimal(r, photo->due);

    return run(r, "photo_check_queue_put", args, 5, &value);
}


civic_result_t
photo_queue_drop(civic_request_t *r, civic_str_t id)
{
    const civic_value_t  *value;

    return run(r, "photo_check_queue_drop", &id, 1, &value);
}


civic_result_t
photo_queue_hold(civic_request_t *r, civic_str_t id, civic_str_t staff,
    civic_msec_t until)
{
    civic_str_t           args[3];
    const civic_value_t  *value;

    args[0] = id;
    args[1] = staff;
    args[2] = shared_decimal(r, until);

    return run(r, "photo_check_queue_hold", args, 3, &value);
}


civic_result_t
photo_queue_take(civic_request_t *r, civic_str_t staff, int64_t lease,
    civic_str_t *pid, civic_str_t *id)
{
    civic_str_t           args[3];
    civic_msec_t          now = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    args[0] = staff;
    args[1] = shared_decimal(r, now);
    args[2] = shared_decimal(r, now + lease * 1000);

    rc = run(r, "photo_check_queue_take", args, 3, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *id = photo_copy(r, shared_item(value, 0));
    *pid = photo_copy(r, shared_item(value, 1));

    return id->len > 0 ? CIVIC_OK : CIVIC_NOT_FOUND;
}


/* ---- reading ----------------------------------------------------------- */

civic_result_t
photo_queue_look(civic_request_t *r, civic_str_t staff, photo_queue_t *queue)
{
    civic_str_t      count[2], oldest[5], held[3];
    civic_result_t   rc;
    civic_command_t  commands[3];

    memset(queue, 0, sizeof(photo_queue_t));
    memset(commands, 0, sizeof(commands));

    count[0] = CIVIC_STR("ZCARD");
    count[1] = keys[0];
    commands[0].argv = count;
    commands[0].argc = 2;

    oldest[0] = CIVIC_STR("ZRANGE");
    oldest[1] = keys[0];
    oldest[2] = CIVIC_STR("0");
    oldest[3] = CIVIC_STR("0");
    oldest[4] = CIVIC_STR("WITHSCORES");
    commands[1].argv = oldest;
    commands[1].argc = 5;

    held[0] = CIVIC_STR("HGET");
    held[1] = keys[3];
    held[2] = staff;
    commands[2].argv = held;
    commands[2].argc = 3;

    rc = civic_pipeline(r, commands, 3);
    if (rc != CIVIC_OK) {
        return rc;
    }

    queue->waiting = commands[0].value->integer;
    queue->oldest = shared_number(shared_item(commands[1].value, 1), 0);

    if (commands[2].value->type == CIVIC_VALUE_STRING) {
        queue->held = photo_copy(r, commands[2].value->str);
    }

    return CIVIC_OK;
}


civic_result_t
photo_queue_owner(civic_request_t *r, civic_str_t id, civic_str_t *pid)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    *pid = CIVIC_STR("");

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), keys[1], id), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING
        && value->str.len == PHOTO_PID)
    {
        *pid = photo_copy(r, value->str);
    }

    return rc;
}


civic_result_t
photo_queue_list(civic_request_t *r, size_t from, size_t max,
    civic_str_t *ids, civic_str_t *pids, size_t *count)
{
    size_t                i;
    civic_str_t          *argv;
    civic_result_t        rc;
    const civic_value_t  *value;

    *count = 0;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"), keys[0],
                                   shared_decimal(r, (int64_t) from),
                                   shared_decimal(r, (int64_t) (from + max)
                                                     - 1)), &value);
    if (rc != CIVIC_OK || value->count == 0) {
        return rc;
    }

    argv = civic_alloc(r, (max + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = keys[1];

    for (i = 0; i < value->count && i < max; i++) {
        ids[i] = photo_copy(r, shared_item(value, i));
        argv[i + 2] = ids[i];
    }

    *count = i;

    rc = civic_redis(r, argv, *count + 2, &value);

    for (i = 0; rc == CIVIC_OK && i < *count; i++) {
        pids[i] = photo_copy(r, shared_item(value, i));
    }

    return rc;
}


/* ---- the walk that mends it -------------------------------------------- */

civic_result_t
photo_queue_walk(civic_request_t *r, unsigned shard, uint64_t *cursor)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    *cursor = 0;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), walk,
                                   shared_decimal(r, shard)), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        *cursor = strtoull(value->str.data, NULL, 10);
    }

    return rc;
}


civic_result_t
photo_queue_walked(civic_request_t *r, unsigned shard, uint64_t cursor)
{
    civic_str_t           args[2];
    const civic_value_t  *value;

    args[0] = shared_decimal(r, shard);
    args[1] = civic_print(r, "%llu", (unsigned long long) cursor);

    return civic_script(r, &(civic_script_t) {
                               .name = "photo_check_queue_walk",
                               .keys = &walk, .nkeys = 1,
                               .args = args, .nargs = 2 }, &value);
}
