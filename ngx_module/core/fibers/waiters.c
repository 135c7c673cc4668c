/*
 * waiters.c - who waits for which topic, in one worker.
 *
 * Two tables of chains: watches by their topic's hash, sources by theirs.
 * Both have as many chains as there may be entries, so that chains are short.
 * A source is counted in a record of its own; there are as many records as
 * waiters, taken with the table.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/sha.h>

#include "waiters.h"

typedef struct civic_source_s  civic_source_t;

struct civic_source_s {
    civic_source_t   *next;             /* of its chain, or of the spare */
    civic_source_t  **prev;
    uint64_t          hash;
    size_t            count;
};

typedef struct {
    civic_waiter_t  *first;             /* to be woken */
    civic_waiter_t  *last;
} civic_line_t;

struct civic_waiters_s {
    size_t            limit;
    size_t            per_source;
    size_t            count;
    uint64_t          mask;             /* of both tables */

    civic_watch_t   **topics;
    civic_source_t  **sources;
    civic_source_t   *records;
    civic_source_t   *spare;

    civic_waiter_t   *all;
    civic_line_t      lines[2];         /* hinted; late */
};


/* ---- the table ---------------------------------------------------------- */

civic_waiters_t *
civic_waiters_create(size_t limit, size_t per_source)
{
    size_t            i, chains = 1;
    civic_waiters_t  *table;

    table = calloc(1, sizeof(civic_waiters_t));
    if (table == NULL) {
        return NULL;
    }

    while (chains < limit) {
        chains *= 2;
    }

    table->limit = limit;
    table->per_source = per_source;
    table->mask = chains - 1;
    table->topics = calloc(chains, sizeof(civic_watch_t *));
    table->sources = calloc(chains, sizeof(civic_source_t *));
    table->records = calloc(limit, sizeof(civic_source_t));

    if (table->topics == NULL || table->sources == NULL
        || table->records == NULL)
    {
        civic_waiters_destroy(table);
        return NULL;
    }

    for (i = 0; i < limit; i++) {
        table->records[i].next = table->spare;
        table->spare = &table->records[i];
    }

    return table;
}


void
civic_waiters_destroy(civic_waiters_t *table)
{
    if (table == NULL) {
        return;
    }

    free(table->topics);
    free(table->sources);
    free(table->records);
    free(table);
}


size_t
civic_waiters_count(const civic_waiters_t *table)
{
    return table->count;
}


/* ---- sources ------------------------------------------------------------ */

/* NULL: it has as many waiters as it may have. */
static civic_source_t *
civic_source_take(civic_waiters_t *table, uint64_t hash)
{
    civic_source_t  *source, **chain;

    chain = &table->sources[hash & table->mask];

    for (source = *chain; source != NULL; source = source->next) {
        if (source->hash == hash) {
            if (source->count >= table->per_source) {
                return NULL;
            }

            source->count++;
            return source;
        }
    }

    source = table->spare;
    table->spare = source->next;

    source->hash = hash;
    source->count = 1;
    source->next = *chain;
    source->prev = chain;

    if (source->next != NULL) {
        source->next->prev = &source->next;
    }

    *chain = source;

    return source;
}


static void
civic_source_give(civic_waiters_t *table, civic_source_t *source)
{
    if (--source->count > 0) {
        return;
    }

    *source->prev = source->next;

    if (source->next != NULL) {
        source->next->prev = source->prev;
    }

    source->next = table->spare;
    table->spare = source;
}


/* ---- the lines ---------------------------------------------------------- */

static void
civic_line_append(civic_waiters_t *table, civic_waiter_t *waiter, int late)
{
    civic_line_t  *line = &table->lines[late];

    waiter->lined = 1;
    waiter->late = late & 1;
    waiter->line_next = NULL;
    waiter->line_prev = line->last;

    if (line->last != NULL) {
        line->last->line_next = waiter;

    } else {
        line->first = waiter;
    }

    line->last = waiter;
}


static void
civic_line_remove(civic_waiters_t *table, civic_waiter_t *waiter)
{
    civic_line_t  *line = &table->lines[waiter->late];

    if (!waiter->lined) {
        return;
    }

    waiter->lined = 0;

    if (waiter->line_prev != NULL) {
        waiter->line_prev->line_next = waiter->line_next;

    } else {
        line->first = waiter->line_next;
    }

    if (waiter->line_next != NULL) {
        waiter->line_next->line_prev = waiter->line_prev;

    } else {
        line->last = waiter->line_prev;
    }
}


/* ---- waiters ------------------------------------------------------------ */

civic_result_t
civic_waiters_join(civic_waiters_t *table, civic_waiter_t *waiter,
    uint64_t source, void *data)
{
    memset(waiter, 0, sizeof(civic_waiter_t));

    if (table->count >= table->limit) {
        return CIVIC_BUSY;
    }

    waiter->source = civic_source_take(table, source);
    if (waiter->source == NULL) {
        return CIVIC_BUSY;
    }

    waiter->data = data;
    waiter->next = table->all;

    if (waiter->next != NULL) {
        waiter->next->prev = waiter;
    }

    table->all = waiter;
    table->count++;

    return CIVIC_OK;
}


void
civic_waiters_leave(civic_waiters_t *table, civic_waiter_t *waiter)
{
    unsigned        i;
    civic_watch_t  *watch;

    for (i = 0; i < waiter->count; i++) {
        watch = &waiter->watches[i];
        *watch->prev = watch->next;

        if (watch->next != NULL) {
            watch->next->prev = watch->prev;
        }
    }

    waiter->count = 0;
    civic_line_remove(table, waiter);
    civic_source_give(table, waiter->source);

    if (waiter->prev != NULL) {
        waiter->prev->next = waiter->next;

    } else {
        table->all = waiter->next;
    }

    if (waiter->next != NULL) {
        waiter->next->prev = waiter->prev;
    }

    table->count--;
}


civic_result_t
civic_waiters_watch(civic_waiters_t *table, civic_waiter_t *waiter,
    uint64_t hash)
{
    unsigned         i;
    civic_watch_t   *watch, **chain;

    for (i = 0; i < waiter->count; i++) {
        if (waiter->watches[i].hash == hash) {
            return CIVIC_OK;
        }
    }

    if (waiter->count == CIVIC_WATCHES) {
        return CIVIC_ERROR;
    }

    chain = &table->topics[hash & table->mask];
    watch = &waiter->watches[waiter->count++];

    watch->waiter = waiter;
    watch->hash = hash;
    watch->next = *chain;
    watch->prev = chain;

    if (watch->next != NULL) {
        watch->next->prev = &watch->next;
    }

    *chain = watch;

    return CIVIC_OK;
}


int
civic_waiters_sleep(civic_waiters_t *table, civic_waiter_t *waiter)
{
    (void) table;

    if (waiter->hinted) {
        waiter->hinted = 0;
        return 1;
    }

    waiter->sleeping = 1;

    return 0;
}


void
civic_waiters_wake(civic_waiters_t *table, civic_waiter_t *waiter)
{
    civic_line_remove(table, waiter);
    waiter->sleeping = 0;
}


static size_t
civic_waiter_hint(civic_waiters_t *table, civic_waiter_t *waiter)
{
    waiter->hinted = 1;

    if (!waiter->sleeping || (waiter->lined && !waiter->late)) {
        return 0;
    }

    civic_line_remove(table, waiter);
    civic_line_append(table, waiter, 0);

    return 1;
}


size_t
civic_waiters_expire(civic_waiters_t *table, civic_waiter_t *waiter)
{
    if (!waiter->sleeping || waiter->lined) {
        return 0;
    }

    civic_line_append(table, waiter, 1);

    return 1;
}


size_t
civic_waiters_hint(civic_waiters_t *table, uint64_t hash)
{
    size_t          count = 0;
    civic_watch_t  *watch;

    watch = table->topics[hash & table->mask];

    for ( /* void */ ; watch != NULL; watch = watch->next) {
        if (watch->hash == hash) {
            count += civic_waiter_hint(table, watch->waiter);
        }
    }

    return count;
}


size_t
civic_waiters_hint_all(civic_waiters_t *table)
{
    size_t           count = 0;
    civic_waiter_t  *waiter;

    for (waiter = table->all; waiter != NULL; waiter = waiter->next) {
        count += civic_waiter_hint(table, waiter);
    }

    return count;
}


void *
civic_waiters_next(civic_waiters_t *table, int *hinted)
{
    civic_waiter_t  *waiter = table->lines[0].first;

    if (waiter == NULL) {
        waiter = table->lines[1].first;
    }

    if (waiter == NULL) {
        return NULL;
    }

    civic_waiters_wake(table, waiter);
    *hinted = waiter->hinted;
    waiter->hinted = 0;

    return waiter->data;
}


/* ---- topics ------------------------------------------------------------- */

/* Nobody can make two topics meet, and a topic cannot be read from a message
   by who does not guess it. */
uint64_t
civic_topic_hash(civic_str_t topic)
{
    size_t         i;
    uint64_t       hash = 0;
    unsigned char  digest[SHA256_DIGEST_LENGTH];

    (void) SHA256((const unsigned char *) topic.data, topic.len, digest);

    for (i = 0; i < sizeof(hash); i++) {
        hash = hash << 8 | digest[i];
    }

    return hash;
}


void
civic_topic_print(uint64_t hash, char text[CIVIC_TOPIC_TEXT + 1])
{
    (void) snprintf(text, CIVIC_TOPIC_TEXT + 1, "%016llx",
                    (unsigned long long) hash);
}


int
civic_topic_parse(civic_str_t text, uint64_t *hash)
{
    size_t       i;
    const char  *digit;

    static const char  digits[] = "0123456789abcdef";

    if (text.len != CIVIC_TOPIC_TEXT) {
        return -1;
    }

    *hash = 0;

    for (i = 0; i < text.len; i++) {
        digit = text.data[i] == '\0' ? NULL : strchr(digits, text.data[i]);
        if (digit == NULL) {
            return -1;
        }

        *hash = *hash << 4 | (uint64_t) (digit - digits);
    }

    return 0;
}
