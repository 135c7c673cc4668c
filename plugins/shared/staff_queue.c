/*
 * staff_queue.c - see staff_queue.h.  lua/redis/staff_queue_put.lua says what
 * the keys have.
 */

#include <stdlib.h>

#include "staff_queue.h"
#include "values.h"
#include "words.h"

enum {
    WAITING = 0,
    OWNERS,
    LEASES,
    HELD,
    UNDATED,
    KEYS
};

static const char *const  members[KEYS] = {
    "waiting", "owners", "leases", "held", "undated"
};


/* ---- keys and texts ---------------------------------------------------- */

static civic_str_t
queue_key(civic_request_t *r, civic_str_t queue, const char *member)
{
    return civic_print(r, "%.*s:%s", (int) queue.len, queue.data, member);
}


static civic_result_t
run(civic_request_t *r, civic_str_t queue, const char *name,
    const civic_str_t *args, size_t nargs, const civic_value_t **value)
{
    size_t       i;
    civic_str_t  keys[KEYS];

    for (i = 0; i < KEYS; i++) {
        keys[i] = queue_key(r, queue, members[i]);
    }

    return civic_script(r, &(civic_script_t) {
                               .name = name, .keys = keys, .nkeys = KEYS,
                               .args = args, .nargs = nargs }, value);
}


/* "<pid> <version>", or "<pid>" of an older release. */
static void
read_owner(civic_request_t *r, civic_str_t text, staff_queue_item_t *item)
{
    item->pid = shared_copy(r, shared_word(text, 0));
    item->version = shared_number(shared_word(text, 1), 0);
}


/* ---- in and out -------------------------------------------------------- */

civic_result_t
staff_queue_put(civic_request_t *r, civic_str_t queue,
    const staff_queue_item_t *item)
{
    civic_str_t           args[7];
    const civic_value_t  *value;

    args[0] = item->id;
    args[1] = item->pid;
    args[2] = shared_decimal(r, item->version);
    args[3] = shared_decimal(r, item->at);
    args[4] = item->undated ? CIVIC_STR("1") : CIVIC_STR("0");
    args[5] = (civic_str_t) { civic_text_or_empty(item->staff),
                              item->staff.len };
    args[6] = shared_decimal(r, item->until);

    return run(r, queue, "staff_queue_put", args, 7, &value);
}


civic_result_t
staff_queue_drop(civic_request_t *r, civic_str_t queue, civic_str_t id,
    int64_t version)
{
    civic_str_t           args[2];
    const civic_value_t  *value;

    args[0] = id;
    args[1] = version < 0 ? CIVIC_STR("") : shared_decimal(r, version);

    return run(r, queue, "staff_queue_drop", args, 2, &value);
}


/* ---- who holds it ------------------------------------------------------ */

civic_result_t
staff_queue_take(civic_request_t *r, civic_str_t queue, civic_str_t staff,
    int64_t lease, civic_str_t wanted, staff_queue_item_t *item)
{
    civic_str_t           args[4];
    civic_msec_t          now = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    args[0] = staff;
    args[1] = shared_decimal(r, now);
    args[2] = shared_decimal(r, now + lease * 1000);
    args[3] = wanted;

    memset(item, 0, sizeof(staff_queue_item_t));

    rc = run(r, queue, "staff_queue_take", args, 4, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    item->id = shared_copy(r, shared_item(value, 0));
    item->pid = shared_copy(r, shared_item(value, 1));
    item->version = shared_number(shared_item(value, 2), 0);

    return item->id.len > 0 ? CIVIC_OK : CIVIC_NOT_FOUND;
}


civic_result_t
staff_queue_hold(civic_request_t *r, civic_str_t queue, civic_str_t id,
    civic_str_t staff, civic_msec_t until)
{
    civic_str_t           args[3];
    const civic_value_t  *value;

    args[0] = id;
    args[1] = staff;
    args[2] = shared_decimal(r, until);

    return run(r, queue, "staff_queue_hold", args, 3, &value);
}


static civic_str_t
kept_until(civic_request_t *r, int64_t lease)
{
    if (lease == STAFF_QUEUE_LOOK) {
        return CIVIC_STR("");
    }

    return lease == 0 ? CIVIC_STR("0")
                      : shared_decimal(r, civic_now(r) + lease * 1000);
}


civic_result_t
staff_queue_keep(civic_request_t *r, civic_str_t queue, civic_str_t id,
    civic_str_t staff, int64_t lease, staff_queue_item_t *item,
    staff_queue_hold_t *hold)
{
    civic_str_t           args[4], word;
    civic_result_t        rc;
    const civic_value_t  *value;

    args[0] = id;
    args[1] = staff;
    args[2] = shared_decimal(r, civic_now(r));
    args[3] = kept_until(r, lease);

    memset(item, 0, sizeof(staff_queue_item_t));

    rc = run(r, queue, "staff_queue_keep", args, 4, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    word = shared_item(value, 0);
    item->id = id;
    item->pid = shared_copy(r, shared_item(value, 1));
    item->version = shared_number(shared_item(value, 2), 0);
    item->staff = staff;
    item->until = shared_number(shared_item(value, 3), 0);

    *hold = civic_str_eq(word, CIVIC_STR("held")) ? STAFF_QUEUE_HELD
            : civic_str_eq(word, CIVIC_STR("over")) ? STAFF_QUEUE_OVER
            : STAFF_QUEUE_NO;

    return CIVIC_OK;
}


/* ---- reading ----------------------------------------------------------- */

/* One command of a pipeline, for its arguments to live in. */
typedef struct {
    civic_str_t  argv[5];
} command_t;


static void
ask(civic_command_t *command, command_t *text, size_t argc, civic_str_t verb,
    civic_str_t key, civic_str_t from, civic_str_t to, civic_str_t more)
{
    text->argv[0] = verb;
    text->argv[1] = key;
    text->argv[2] = from;
    text->argv[3] = to;
    text->argv[4] = more;
    command->argv = text->argv;
    command->argc = argc;
}


/* "held" is an index of an index: the lease is asked. */
static civic_result_t
look_at_held(civic_request_t *r, civic_str_t queue, civic_str_t staff,
    civic_str_t id, staff_queue_look_t *look)
{
    civic_str_t           lease;
    civic_result_t        rc;
    const char           *space;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   queue_key(r, queue, members[LEASES]), id),
                     &value);

    if (rc != CIVIC_OK || value->type != CIVIC_VALUE_STRING) {
        return rc;
    }

    lease = value->str;
    space = memchr(lease.data, ' ', lease.len);

    if (space != NULL && (size_t) (space - lease.data) == staff.len
        && memcmp(lease.data, staff.data, staff.len) == 0
        && shared_number((civic_str_t) { space + 1,
                                         lease.len - staff.len - 1 }, 0)
           > civic_now(r))
    {
        look->held = id;
    }

    return CIVIC_OK;
}


/* What has no due time stands at an instant that has been. */
static void
count_dated(const civic_command_t *commands, staff_queue_look_t *look)
{
    look->waiting = commands[0].value->integer;
    look->first = shared_number(shared_item(commands[1].value, 1), 0);
    look->undated = commands[4].value->integer;
    look->overdue = commands[2].value->integer - look->undated;
    look->soon = commands[3].value->integer;

    if (look->overdue < 0) {
        look->overdue = 0;
    }
}


civic_result_t
staff_queue_look(civic_request_t *r, civic_str_t queue, civic_str_t staff,
    civic_msec_t now, civic_msec_t soon, staff_queue_look_t *look)
{
    command_t        texts[6];
    civic_str_t      none = CIVIC_STR(""), zero = CIVIC_STR("0");
    civic_str_t      key = queue_key(r, queue, members[WAITING]);
    civic_result_t   rc;
    civic_command_t  commands[6];

    memset(look, 0, sizeof(staff_queue_look_t));
    memset(commands, 0, sizeof(commands));

    ask(&commands[0], &texts[0], 2, CIVIC_STR("ZCARD"), key, none, none,
        none);
    ask(&commands[1], &texts[1], 5, CIVIC_STR("ZRANGE"), key, zero, zero,
        CIVIC_STR("WITHSCORES"));
    ask(&commands[2], &texts[2], 4, CIVIC_STR("ZCOUNT"), key,
        CIVIC_STR("-inf"), civic_print(r, "(%lld", (long long) now), none);
    ask(&commands[3], &texts[3], 4, CIVIC_STR("ZCOUNT"), key,
        shared_decimal(r, now), shared_decimal(r, soon), none);
    ask(&commands[4], &texts[4], 2, CIVIC_STR("SCARD"),
        queue_key(r, queue, members[UNDATED]), none, none, none);
    ask(&commands[5], &texts[5], 3, CIVIC_STR("HGET"),
        queue_key(r, queue, members[HELD]), staff, none, none);

    rc = civic_pipeline(r, commands, 6);
    if (rc != CIVIC_OK) {
        return rc;
    }

    count_dated(commands, look);

    if (commands[5].value->type == CIVIC_VALUE_STRING) {
        rc = look_at_held(r, queue, staff,
                          shared_copy(r, commands[5].value->str), look);
    }

    return rc;
}


civic_result_t
staff_queue_any(civic_request_t *r, const civic_str_t *queues, size_t count,
    int *any)
{
    size_t            i;
    command_t        *texts;
    civic_str_t       none = CIVIC_STR("");
    civic_result_t    rc;
    civic_command_t  *commands;

    texts = civic_alloc(r, (count + 1) * sizeof(command_t));
    commands = civic_alloc(r, (count + 1) * sizeof(civic_command_t));
    memset(commands, 0, count * sizeof(civic_command_t));

    for (i = 0; i < count; i++) {
        ask(&commands[i], &texts[i], 2, CIVIC_STR("EXISTS"),
            queue_key(r, queues[i], members[WAITING]), none, none, none);
    }

    rc = count == 0 ? CIVIC_OK : civic_pipeline(r, commands, count);

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        any[i] = commands[i].value->integer > 0;
    }

    return rc;
}


civic_result_t
staff_queue_owner(civic_request_t *r, civic_str_t queue, civic_str_t id,
    civic_str_t *pid)
{
    civic_result_t        rc;
    staff_queue_item_t    item;
    const civic_value_t  *value;

    *pid = CIVIC_STR("");

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   queue_key(r, queue, members[OWNERS]), id),
                     &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        read_owner(r, value->str, &item);
        *pid = item.pid;
    }

    return rc;
}


static civic_result_t
read_owners(civic_request_t *r, civic_str_t queue,
    staff_queue_item_t *items, size_t count)
{
    size_t                i;
    civic_str_t          *argv;
    civic_result_t        rc;
    const civic_value_t  *value;

    argv = civic_alloc(r, (count + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = queue_key(r, queue, members[OWNERS]);

    for (i = 0; i < count; i++) {
        argv[i + 2] = items[i].id;
    }

    rc = civic_redis(r, argv, count + 2, &value);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        read_owner(r, shared_item(value, i), &items[i]);
    }

    return rc;
}


civic_result_t
staff_queue_list(civic_request_t *r, civic_str_t queue, size_t from,
    size_t max, staff_queue_item_t *items, size_t *count)
{
    size_t                i;
    civic_result_t        rc;
    const civic_value_t  *value;

    *count = 0;
    max = max > STAFF_QUEUE_BATCH ? STAFF_QUEUE_BATCH : max;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"),
                                   queue_key(r, queue, members[WAITING]),
                                   shared_decimal(r, (int64_t) from),
                                   shared_decimal(r, (int64_t) (from + max)
                                                     - 1),
                                   CIVIC_STR("WITHSCORES")), &value);
    if (rc != CIVIC_OK || value->count < 2) {
        return rc;
    }

    for (i = 0; i < value->count / 2 && i < max; i++) {
        memset(&items[i], 0, sizeof(staff_queue_item_t));
        items[i].id = shared_copy(r, shared_item(value, 2 * i));
        items[i].at = shared_number(shared_item(value, 2 * i + 1), 0);
    }

    *count = i;

    return read_owners(r, queue, items, *count);
}


/* ---- the walk that mends it -------------------------------------------- */

civic_result_t
staff_queue_walk(civic_request_t *r, civic_str_t queue, unsigned shard,
    uint64_t *cursor)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    *cursor = 0;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   queue_key(r, queue, "walk"),
                                   shared_decimal(r, shard)), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        *cursor = strtoull(value->str.data, NULL, 10);
    }

    return rc;
}


civic_result_t
staff_queue_walked(civic_request_t *r, civic_str_t queue, unsigned shard,
    uint64_t cursor)
{
    civic_str_t           key = queue_key(r, queue, "walk"), args[2];
    const civic_value_t  *value;

    args[0] = shared_decimal(r, shard);
    args[1] = civic_print(r, "%llu", (unsigned long long) cursor);

    return civic_script(r, &(civic_script_t) {
                               .name = "staff_queue_walk",
                               .keys = &key, .nkeys = 1,
                               .args = args, .nargs = 2 }, &value);
}
