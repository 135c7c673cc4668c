/*
 * redis_queue.c - one pipelined Redis connection, without the socket.
 *
 * Commands are written straight into one output buffer; answers are cut and
 * built by redis_values.c in the arena of the call that stands at the head.
 * The queue owns its entries and buffers, the caller owns arenas and values.
 * One thread only.
 *
 * Positions in the stream of commands are counted from the beginning of the
 * connection, so that an entry knows how much of it was written.  An entry
 * that is given up before its first byte was written is cut out of the
 * buffer: it will never reach Redis.  One that was begun becomes a tombstone.
 */

#define _GNU_SOURCE                     /* memmem() */

#include <stdlib.h>
#include <string.h>

#include "redis_queue_private.h"

/* hiredis moves its rest forward after each answer: small bites keep that
   cheap. */
#define CIVIC_REDIS_BITE  (16 * 1024)

/* A line of the protocol (a status, a length) that is longer is garbage. */
#define CIVIC_REDIS_LINE  (64 * 1024)

/* What an idle output buffer, and the list of spare entries, may keep. */
#define CIVIC_REDIS_KEEP_OUTPUT   (256 * 1024)
#define CIVIC_REDIS_KEEP_ENTRIES  1024

#define CIVIC_REDIS_FIRST_OUTPUT  (16 * 1024)

/* What one message to a listener takes, and may take at most. */
#define CIVIC_REDIS_HEARD        1024
#define CIVIC_REDIS_HEARD_LIMIT  (64 * 1024)

/* "*" or "$", up to 20 digits, CR LF. */
#define CIVIC_REDIS_HEADER        24

static int
civic_redis_sent_any(const civic_redis_entry_t *entry)
{
    return entry->queue->written > entry->begin;
}


static int
civic_redis_sent_all(const civic_redis_entry_t *entry)
{
    return entry->queue->written >= entry->end;
}


/* ---- entries ----------------------------------------------------------- */

civic_redis_queue_t *
civic_redis_queue_create(size_t limit)
{
    civic_redis_queue_t  *queue;

    queue = calloc(1, sizeof(civic_redis_queue_t));
    if (queue == NULL) {
        return NULL;
    }

    queue->limit = limit;
    queue->tail = &queue->head;

    if (civic_redis_values_reader(queue) != 0) {
        free(queue);
        return NULL;
    }

    return queue;
}


void
civic_redis_queue_destroy(civic_redis_queue_t *queue)
{
    civic_redis_entry_t  *entry;

    if (queue == NULL) {
        return;
    }

    while ((entry = queue->head) != NULL) {
        queue->head = entry->next;
        free(entry);
    }

    while ((entry = queue->spare) != NULL) {
        queue->spare = entry->next;
        free(entry);
    }

    if (queue->reader != NULL) {
        redisReaderFree(queue->reader);
    }

    civic_arena_destroy(queue->listener.arena);
    free(queue->output);
    free(queue);
}


static civic_redis_entry_t *
civic_redis_entry_take(civic_redis_queue_t *queue)
{
    civic_redis_entry_t  *entry;

    entry = queue->spare;
    if (entry == NULL) {
        return malloc(sizeof(civic_redis_entry_t));
    }

    queue->spare = entry->next;
    queue->nspare--;

    return entry;
}


static void
civic_redis_entry_give(civic_redis_queue_t *queue, civic_redis_entry_t *entry)
{
    if (queue->nspare >= CIVIC_REDIS_KEEP_ENTRIES) {
        free(entry);
        return;
    }

    entry->next = queue->spare;
    queue->spare = entry;
    queue->nspare++;
}


/* ---- output ------------------------------------------------------------ */

/* The bytes that a command takes at most; 0 if that is beyond any limit. */
static size_t
civic_redis_measure(const civic_str_t *argv, size_t argc, size_t limit)
{
    size_t  i, len;

    len = CIVIC_REDIS_HEADER;

    for (i = 0; i < argc; i++) {
        if (argv[i].len > limit || len > limit) {
            return 0;
        }

        len += CIVIC_REDIS_HEADER + argv[i].len + 2;
    }

    return len > limit ? 0 : len;
}


/* Takes what was given up before it was begun out of the output. */
static void
civic_redis_compact(civic_redis_queue_t *queue)
{
    char                 *to;
    size_t                len;
    uint64_t              position;
    civic_redis_entry_t  *entry, *head, **link;

    if (queue->cut == 0) {
        return;
    }

    head = queue->head;
    to = queue->output + queue->first;
    position = queue->written;
    link = &queue->head;

    while ((entry = *link) != NULL) {
        len = (size_t) (entry->end - entry->begin);

        if (entry->state == CIVIC_REDIS_CUT) {
            *link = entry->next;
            queue->pending--;
            civic_redis_entry_give(queue, entry);
            continue;
        }

        link = &entry->next;

        if (entry->end <= queue->written) {
            continue;
        }

        if (entry->begin < queue->written) {
            /* begun, so it is the first: its rest stays where it is */
            to += entry->end - queue->written;
            position = entry->end;
            continue;
        }

        memmove(to, queue->output + queue->first
                    + (size_t) (entry->begin - queue->written), len);
        entry->begin = position;
        entry->end = position + len;
        to += len;
        position += len;
    }

    queue->tail = link;
    queue->last = (size_t) (to - queue->output);
    queue->cut = 0;

    if (queue->head != head) {
        queue->head_since = queue->now;
    }
}


/* Room for len more bytes. */
static int
civic_redis_reserve(civic_redis_queue_t *queue, size_t len)
{
    char    *output;
    size_t   used, size;

    used = queue->last - queue->first;

    if (used + len > queue->limit && queue->cut > 0) {
        civic_redis_compact(queue);
        used = queue->last - queue->first;
    }

    if (used + len > queue->limit) {
        return -1;
    }

    if (queue->size - queue->last >= len) {
        return 0;
    }

    if (queue->first > 0) {
        memmove(queue->output, queue->output + queue->first, used);
        queue->first = 0;
        queue->last = used;
    }

    if (queue->size - used >= len) {
        return 0;
    }

    size = queue->size == 0 ? CIVIC_REDIS_FIRST_OUTPUT : queue->size;
    while (size < used + len) {
        size *= 2;
    }

    output = realloc(queue->output, size);
    if (output == NULL) {
        return -1;
    }

    queue->output = output;
    queue->size = size;

    return 0;
}


/* mark, a number, CR LF. */
static char *
civic_redis_put_number(char *to, char mark, size_t number)
{
    char    digits[24];
    size_t  i;

    i = sizeof(digits);

    do {
        digits[--i] = (char) ('0' + number % 10);
        number /= 10;
    } while (number > 0);

    *to++ = mark;
    memcpy(to, digits + i, sizeof(digits) - i);
    to += sizeof(digits) - i;
    *to++ = '\r';
    *to++ = '\n';

    return to;
}


static void
civic_redis_put_command(civic_redis_queue_t *queue, const civic_str_t *argv,
    size_t argc)
{
    char    *to;
    size_t   i;

    to = civic_redis_put_number(queue->output + queue->last, '*', argc);

    for (i = 0; i < argc; i++) {
        to = civic_redis_put_number(to, '$', argv[i].len);

        if (argv[i].len > 0) {
            memcpy(to, argv[i].data, argv[i].len);
            to += argv[i].len;
        }

        *to++ = '\r';
        *to++ = '\n';
    }

    queue->last = (size_t) (to - queue->output);
}


civic_redis_entry_t *
civic_redis_queue_push(civic_redis_queue_t *queue, const civic_str_t *argv,
    size_t argc, civic_arena_t *arena, civic_redis_done_pt done, void *data,
    civic_msec_t now)
{
    size_t                len;
    civic_redis_entry_t  *entry;

    len = civic_redis_measure(argv, argc, queue->limit);

    if (queue->listening || argc == 0 || len == 0
        || civic_redis_reserve(queue, len) != 0)
    {
        return NULL;
    }

    entry = civic_redis_entry_take(queue);
    if (entry == NULL) {
        return NULL;
    }

    entry->queue = queue;
    entry->next = NULL;
    entry->state = CIVIC_REDIS_WAITING;
    entry->arena = arena;
    entry->done = done;
    entry->data = data;

    entry->begin = queue->written + (queue->last - queue->first);
    civic_redis_put_command(queue, argv, argc);
    entry->end = queue->written + (queue->last - queue->first);

    if (done == NULL) {
        entry->state = CIVIC_REDIS_TOMBSTONE;
        queue->tombstones++;
    }

    queue->now = now;
    if (queue->head == NULL) {
        queue->head_since = now;
    }

    *queue->tail = entry;
    queue->tail = &entry->next;
    queue->pending++;

    return entry;
}


int
civic_redis_queue_sent(const civic_redis_entry_t *entry)
{
    return civic_redis_sent_any(entry);
}


void
civic_redis_queue_abandon(civic_redis_entry_t *entry)
{
    if (entry->state == CIVIC_REDIS_TOMBSTONE
        || entry->state == CIVIC_REDIS_CUT)
    {
        return;
    }

    entry->arena = NULL;
    entry->done = NULL;
    entry->data = NULL;

    if (entry->state == CIVIC_REDIS_LOST) {
        return;
    }

    if (!civic_redis_sent_any(entry)) {
        entry->state = CIVIC_REDIS_CUT;
        entry->queue->cut++;
        return;
    }

    entry->state = CIVIC_REDIS_TOMBSTONE;
    entry->queue->tombstones++;
}


civic_str_t
civic_redis_queue_output(civic_redis_queue_t *queue)
{
    civic_str_t  output;

    civic_redis_compact(queue);

    output.data = queue->output == NULL ? "" : queue->output + queue->first;
    output.len = queue->last - queue->first;

    return output;
}


void
civic_redis_queue_consumed(civic_redis_queue_t *queue, size_t len)
{
    char  *output;
    int    before;

    before = queue->head != NULL && civic_redis_sent_all(queue->head);

    queue->first += len;
    queue->written += len;

    if (queue->head != NULL && !before && civic_redis_sent_all(queue->head)) {
        queue->head_since = queue->now;
    }

    if (queue->first < queue->last) {
        return;
    }

    queue->first = 0;
    queue->last = 0;

    if (queue->size > CIVIC_REDIS_KEEP_OUTPUT) {
        output = realloc(queue->output, CIVIC_REDIS_FIRST_OUTPUT);
        if (output != NULL) {
            queue->output = output;
            queue->size = CIVIC_REDIS_FIRST_OUTPUT;
        }
    }
}


/* ---- input ------------------------------------------------------------- */

/* The head has its answer. */
static void
civic_redis_answer(civic_redis_queue_t *queue, civic_value_t *value)
{
    void                       *data;
    civic_redis_done_pt         done;
    civic_redis_entry_t        *entry;
    civic_redis_entry_state_t   state;

    entry = queue->head;
    queue->head = entry->next;
    if (queue->head == NULL) {
        queue->tail = &queue->head;
    }

    queue->pending--;
    queue->head_since = queue->now;

    state = entry->state;
    done = entry->done;
    data = entry->data;

    civic_redis_entry_give(queue, entry);

    switch (state) {
    case CIVIC_REDIS_WAITING:
        done(data, CIVIC_OK, value);
        break;
    case CIVIC_REDIS_TOO_BIG:
        done(data, CIVIC_ERROR, NULL);
        break;
    default:
        queue->tombstones--;
        break;
    }
}


/* The listener is told, once; a value that its memory cannot take is none
   that was meant for it. */
static int
civic_redis_told(civic_redis_queue_t *queue, const civic_value_t *value)
{
    if (queue->listener.state != CIVIC_REDIS_WAITING) {
        return -1;
    }

    queue->told(queue->told_data, value);
    civic_arena_reset(queue->listener.arena);

    return 0;
}


/* Whether a value may come now: somebody has asked, in full, or listens. */
static int
civic_redis_asked(const civic_redis_queue_t *queue)
{
    if (queue->listening) {
        return 1;
    }

    return queue->head != NULL && queue->head->state != CIVIC_REDIS_CUT
           && civic_redis_sent_all(queue->head);
}


/* hiredis would search an endless line again with every bite. */
static int
civic_redis_endless(const redisReader *reader)
{
    return reader->len - reader->pos > CIVIC_REDIS_LINE
           && memmem(reader->buf + reader->pos, CIVIC_REDIS_LINE, "\r\n", 2)
              == NULL;
}


static int
civic_redis_feed_bite(civic_redis_queue_t *queue, const char *data, size_t len)
{
    void         *value;
    redisReader  *reader;

    reader = queue->reader;

    if (redisReaderFeed(reader, data, len) != REDIS_OK) {
        return -1;
    }

    queue->answered += len;

    for ( ;; ) {
        if (reader->pos == reader->len && reader->ridx < 0) {
            queue->answered = 0;
            return 0;
        }

        if (!civic_redis_asked(queue)) {
            return -1;
        }

        value = NULL;

        if (redisReaderGetReply(reader, &value) != REDIS_OK) {
            return -1;
        }

        if (value == NULL) {
            return queue->answered > queue->limit
                   || civic_redis_endless(reader) ? -1 : 0;
        }

        queue->answered = reader->len - reader->pos;

        if (!queue->listening) {
            civic_redis_answer(queue, value);

        } else if (civic_redis_told(queue, value) != 0) {
            return -1;
        }
    }
}


int
civic_redis_queue_feed(civic_redis_queue_t *queue, const char *data,
    size_t len, civic_msec_t now)
{
    int     rc;
    size_t  bite;

    queue->now = now;

    if (queue->reader == NULL) {
        return -1;
    }

    rc = 0;

    while (len > 0 && rc == 0) {
        bite = len < CIVIC_REDIS_BITE ? len : CIVIC_REDIS_BITE;
        rc = civic_redis_feed_bite(queue, data, bite);
        data += bite;
        len -= bite;
    }

    return rc;
}


/* ---- listening --------------------------------------------------------- */

int
civic_redis_queue_listen(civic_redis_queue_t *queue, civic_redis_told_pt told,
    void *data)
{
    if (queue->head != NULL) {
        return -1;
    }

    if (queue->listener.arena == NULL) {
        queue->listener.arena = civic_arena_create(CIVIC_REDIS_HEARD,
                                                   CIVIC_REDIS_HEARD_LIMIT);
        if (queue->listener.arena == NULL) {
            return -1;
        }
    }

    queue->listener.queue = queue;
    queue->listener.state = CIVIC_REDIS_WAITING;
    queue->told = told;
    queue->told_data = data;
    queue->listening = 1;

    return 0;
}


int
civic_redis_queue_tell(civic_redis_queue_t *queue, const civic_str_t *argv,
    size_t argc)
{
    size_t  len;

    len = civic_redis_measure(argv, argc, queue->limit);

    if (!queue->listening || argc == 0 || len == 0
        || civic_redis_reserve(queue, len) != 0)
    {
        return -1;
    }

    civic_redis_put_command(queue, argv, argc);

    return 0;
}


/* ---- the end ----------------------------------------------------------- */

/* As new: for the next connection. */
static void
civic_redis_rewind(civic_redis_queue_t *queue)
{
    queue->head = NULL;
    queue->tail = &queue->head;
    queue->pending = 0;
    queue->tombstones = 0;
    queue->cut = 0;
    queue->first = 0;
    queue->last = 0;
    queue->listening = 0;

    if (queue->listener.arena != NULL) {
        civic_arena_reset(queue->listener.arena);
    }

    if (queue->reader != NULL) {
        redisReaderFree(queue->reader);
        queue->reader = NULL;
    }

    (void) civic_redis_values_reader(queue);
}


void
civic_redis_queue_fail(civic_redis_queue_t *queue)
{
    uint64_t              written;
    civic_result_t        result;
    civic_redis_entry_t  *entry, *next;

    written = queue->written;

    for (entry = queue->head; entry != NULL; entry = entry->next) {
        entry->state = CIVIC_REDIS_LOST;
    }

    entry = queue->head;

    /* first: done() may push for the next connection */
    civic_redis_rewind(queue);

    for ( /* void */ ; entry != NULL; entry = next) {
        next = entry->next;

        if (entry->done != NULL) {
            result = written >= entry->end ? CIVIC_UNKNOWN : CIVIC_NOT_SENT;
            entry->done(entry->data, result, NULL);
        }

        civic_redis_entry_give(queue, entry);
    }
}


size_t
civic_redis_queue_pending(const civic_redis_queue_t *queue)
{
    return queue->pending;
}


size_t
civic_redis_queue_tombstones(const civic_redis_queue_t *queue)
{
    return queue->tombstones;
}


civic_msec_t
civic_redis_queue_head_since(const civic_redis_queue_t *queue)
{
    return queue->head == NULL ? 0 : queue->head_since;
}
