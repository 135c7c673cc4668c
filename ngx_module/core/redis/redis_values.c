/*
 * redis_values.c - from the bytes of an answer to values in an arena.
 *
 * hiredis' reader cuts the answers; our functions build civic_value_t right
 * where they will be read: the items of an array side by side, all in the
 * arena of the call that stands at the head of the queue (or of the
 * listener).  Once that call was given up, or its arena is full, nothing of
 * the arena is touched any more.
 */

#include <string.h>

#include "redis_queue_private.h"

/* What an idle reader may keep. */
#define CIVIC_REDIS_KEEP_INPUT  (64 * 1024)

/* Stands for every value that nobody wants; never written. */
static civic_value_t  civic_redis_nobody;


static civic_value_t *
civic_redis_too_big(civic_redis_entry_t *entry)
{
    entry->state = CIVIC_REDIS_TOO_BIG;

    return &civic_redis_nobody;
}


/*
 * The place of a value: in the parent's items, or a new one.  Nothing that
 * belongs to the arena is touched once the entry was given up, for the arena
 * may be gone by then.
 */
static civic_value_t *
civic_redis_value(const redisReadTask *task, civic_value_type_t type)
{
    civic_value_t        *value, *parent;
    civic_redis_entry_t  *entry;

    entry = civic_redis_receiver(task->privdata);

    if (entry->state != CIVIC_REDIS_WAITING) {
        return &civic_redis_nobody;
    }

    if (task->parent != NULL) {
        parent = task->parent->obj;
        value = &parent->items[task->idx];

    } else {
        value = civic_arena_alloc(entry->arena, sizeof(civic_value_t));
        if (value == NULL) {
            return civic_redis_too_big(entry);
        }
    }

    memset(value, 0, sizeof(civic_value_t));
    value->type = type;
    value->str.data = "";

    return value;
}


static void *
civic_redis_create_string(const redisReadTask *task, char *str, size_t len)
{
    char                 *copy;
    civic_value_t        *value;
    civic_value_type_t    type;
    civic_redis_entry_t  *entry;

    switch (task->type) {
    case REDIS_REPLY_STATUS:
        type = CIVIC_VALUE_STATUS;
        break;
    case REDIS_REPLY_ERROR:
        type = CIVIC_VALUE_ERROR;
        break;
    default:
        type = CIVIC_VALUE_STRING;
        break;
    }

    value = civic_redis_value(task, type);
    if (value == &civic_redis_nobody) {
        return value;
    }

    entry = civic_redis_receiver(task->privdata);

    copy = civic_arena_alloc(entry->arena, len + 1);
    if (copy == NULL) {
        return civic_redis_too_big(entry);
    }

    memcpy(copy, str, len);
    copy[len] = '\0';

    value->str.data = copy;
    value->str.len = len;

    return value;
}


static void *
civic_redis_create_array(const redisReadTask *task, int count)
{
    civic_value_t        *value;
    civic_redis_entry_t  *entry;

    value = civic_redis_value(task, CIVIC_VALUE_ARRAY);
    if (value == &civic_redis_nobody || count == 0) {
        return value;
    }

    entry = civic_redis_receiver(task->privdata);

    /* zeroed: an answer that stops in the middle leaves no wild pointers */
    value->items = civic_arena_zalloc(entry->arena,
                                      (size_t) count * sizeof(civic_value_t));
    if (value->items == NULL) {
        return civic_redis_too_big(entry);
    }

    value->count = (size_t) count;

    return value;
}


static void *
civic_redis_create_integer(const redisReadTask *task, long long integer)
{
    civic_value_t  *value;

    value = civic_redis_value(task, CIVIC_VALUE_INTEGER);
    if (value != &civic_redis_nobody) {
        value->integer = integer;
    }

    return value;
}


static void *
civic_redis_create_nil(const redisReadTask *task)
{
    return civic_redis_value(task, CIVIC_VALUE_NIL);
}


/* Values are freed by their arena. */
static redisReplyObjectFunctions  civic_redis_functions = {
    civic_redis_create_string,
    civic_redis_create_array,
    civic_redis_create_integer,
    civic_redis_create_nil,
    NULL
};


int
civic_redis_values_reader(civic_redis_queue_t *queue)
{
    queue->reader = redisReaderCreateWithFunctions(&civic_redis_functions);
    if (queue->reader == NULL) {
        return -1;
    }

    queue->reader->privdata = queue;
    queue->reader->maxbuf = CIVIC_REDIS_KEEP_INPUT;
    queue->answered = 0;

    return 0;
}
