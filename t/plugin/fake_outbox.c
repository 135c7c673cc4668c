/*
 * fake_outbox.c - outboxes: streams that a plugin's scripts write and its
 * jobs empty.
 *
 * As in a Cluster: each slot has its own, and a script's keys must share one.
 */

#include <stdio.h>
#include <stdlib.h>

#include "fake_internal.h"
#include "outbox.h"
#include "slots.h"

#define FAKE_TAKE  256                  /* entries at once */


civic_str_t
fake_outbox_key(civic_arena_t *arena, const char *name, civic_str_t near)
{
    char    key[CIVIC_OUTBOX_KEY];
    size_t  len;

    len = civic_outbox_key(name, civic_outbox_number(near, 1), key);

    return civic_arena_copy(arena, (civic_str_t) { key, len });
}


/* "<plugin>.<name>"; NULL, and a line in the log, unless it is declared. */
static const char *
fake_outbox_name(fake_run_t *run, const char *name)
{
    uint32_t             i;
    civic_outbox_def_t   def;
    const civic_table_t  *table = &run->plugin->plugin->outboxes;

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &def, sizeof(def));

        if (strcmp(def.name, name) == 0) {
            return civic_arena_print(run->arena, "%s.%s",
                                     run->plugin->plugin->name, name).data;
        }
    }

    fake_misuse(run, "outbox \"%s\" is not in the table", name);

    return NULL;
}


civic_str_t
fake_outbox(civic_request_t *r, const char *name, civic_str_t near)
{
    fake_run_t  *run = fake_run(r);
    const char  *full = fake_outbox_name(run, name);

    return full == NULL ? CIVIC_STR("")
                        : fake_outbox_key(run->arena, full, near);
}


/* ---- taking ------------------------------------------------------------ */

static civic_result_t
fake_take_allowed(fake_run_t *run, const civic_job_t *job, size_t max)
{
    if (run->job_run == NULL || job == NULL) {
        return fake_misuse(run, "civic_outbox_take() is for jobs");
    }

    if (!civic_outbox_shards_valid(job->shards)) {
        return fake_misuse(run, "outboxes need a job whose shards are a power "
                           "of two, not %u", job->shards);
    }

    if (max == 0 || max > FAKE_TAKE) {
        return fake_misuse(run, "civic_outbox_take() gives at most %d entries",
                           FAKE_TAKE);
    }

    return CIVIC_OK;
}


/* XRANGE's answer: [ [ id, [ "entry", value ] ], ... ] */
static size_t
fake_take_entries(civic_str_t key, const civic_value_t *range,
    civic_outbox_entry_t *entries, size_t max)
{
    size_t                i;
    const civic_value_t  *item;

    for (i = 0; i < range->count && i < max; i++) {
        item = &range->items[i];
        entries[i] = (civic_outbox_entry_t) {
            .outbox = key,
            .id = item->items[0].str,
            .value = item->items[1].count == 2
                     ? item->items[1].items[1].str : CIVIC_STR(""),
            .at = strtoll(item->items[0].str.data, NULL, 10)
        };
    }

    return i;
}


civic_result_t
fake_outbox_read(fake_run_t *run, const char *name, const civic_job_t *job,
    civic_outbox_entry_t *entries, size_t max, size_t *count)
{
    char                  text[24];
    size_t                i;
    civic_str_t           pattern, key;
    civic_result_t        rc;
    const civic_value_t  *keys, *range;

    *count = 0;
    pattern = civic_arena_print(run->arena, "civic:outbox:%s:{*", name);

    rc = fake_command(run, CIVIC_ARGV(CIVIC_STR("KEYS"), pattern), 0, &keys);

    for (i = 0; rc == CIVIC_OK && i < keys->count && *count < max; i++) {
        key = keys->items[i].str;

        if (civic_slot(key) % job->shards != job->shard) {
            continue;
        }

        snprintf(text, sizeof(text), "%zu", max - *count);
        rc = fake_command(run, CIVIC_ARGV(CIVIC_STR("XRANGE"), key,
                              CIVIC_STR("-"), CIVIC_STR("+"),
                              CIVIC_STR("COUNT"), civic_cstr(text)),
                          0, &range);

        if (rc == CIVIC_OK) {
            *count += fake_take_entries(key, range, entries + *count,
                                        max - *count);
        }
    }

    return rc;
}


civic_result_t
fake_outbox_take(civic_request_t *r, const char *name,
    const civic_job_t *job, civic_outbox_entry_t *entries, size_t max,
    size_t *count)
{
    fake_run_t           *run = fake_run(r);
    const char           *full;
    civic_result_t        rc;
    const civic_value_t  *value;

    *count = 0;

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    full = fake_outbox_name(run, name);
    if (full == NULL || fake_take_allowed(run, job, max) != CIVIC_OK) {
        return CIVIC_ERROR;
    }

    rc = fake_redis_fault(run, 0, &value);

    if (rc == CIVIC_OK) {
        rc = fake_outbox_read(run, full, job, entries, max, count);
    }

    return fake_suspend(run) == CIVIC_OK ? rc : CIVIC_ABORTED;
}


civic_result_t
fake_outbox_done(civic_request_t *r, const civic_outbox_entry_t *entries,
    size_t count)
{
    size_t                i;
    fake_run_t           *run = fake_run(r);
    civic_result_t        rc = CIVIC_OK;
    const civic_value_t  *value;

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    run->wrote = 1;

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        rc = fake_write(run, "XDEL",
                        CIVIC_ARGV(CIVIC_STR("XDEL"), entries[i].outbox,
                                   entries[i].id), &value);
    }

    return fake_suspend(run) == CIVIC_OK ? rc : CIVIC_ABORTED;
}


/* ---- what the test reads ----------------------------------------------- */

static const char *
fake_waiting_of(fake_host_t *h, const char *key, size_t *n)
{
    const redisReply  *range = fake_redis(h, "XRANGE %s - +", key);

    if (*n >= range->elements) {
        *n -= range->elements;
        return NULL;
    }

    return range->element[*n]->element[1]->element[1]->str;
}


const char *
fake_waiting(fake_host_t *h, const char *outbox, size_t n)
{
    size_t             i;
    const char        *value = NULL;
    const redisReply  *keys;

    keys = fake_redis(h, "KEYS civic:outbox:%s:{*", outbox);

    for (i = 0; i < keys->elements && value == NULL; i++) {
        value = fake_waiting_of(h, keys->element[i]->str, &n);
    }

    return value;
}
