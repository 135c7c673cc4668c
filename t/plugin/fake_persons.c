/*
 * fake_persons.c - all persons who have a key of a family, for jobs.
 */

#include <stdio.h>

#include "fake_internal.h"
#include "persons.h"


static civic_result_t
fake_persons_allowed(fake_run_t *run, const civic_job_t *job,
    const char *family, size_t max)
{
    if (run->job_run == NULL || job == NULL || job->shards == 0
        || job->shard >= job->shards)
    {
        return fake_misuse(run, "civic_persons() is for jobs");
    }

    if (!civic_persons_family_valid(family)) {
        return fake_misuse(run, "civic_persons(): \"%s\" is no family",
                           family);
    }

    if (max < CIVIC_PERSONS_LEAST || max > CIVIC_PERSONS_MOST) {
        return fake_misuse(run, "civic_persons() gives %d to %d pids, not %zu",
                           CIVIC_PERSONS_LEAST, CIVIC_PERSONS_MOST, max);
    }

    return CIVIC_OK;
}


/* Those of the job's shard among the keys; each in a slot of its own. */
static size_t
fake_persons_of(const civic_value_t *keys, const civic_job_t *job,
    const char *family, civic_person_t *persons)
{
    size_t         i, count = 0;
    unsigned       slot;
    civic_str_t    pid;
    civic_value_t  one = { .type = CIVIC_VALUE_ARRAY, .count = 1 };

    for (i = 0; i < keys->count; i++) {
        pid = civic_persons_pid(keys->items[i].str, family);

        if (pid.len == 0) {
            continue;
        }

        slot = civic_persons_slot(pid);

        if (slot % job->shards == job->shard) {
            one.items = &keys->items[i];
            count = (size_t) civic_persons_add(persons, count, &one, family,
                                               slot);
        }
    }

    return count;
}


/* In the order of their marks, as if all stood in one slot. */
static civic_result_t
fake_persons_read(fake_run_t *run, const civic_job_t *job, const char *family,
    civic_persons_place_t *place, civic_str_t *pids, size_t max,
    size_t *count)
{
    char                  text[CIVIC_PERSONS_PATTERN];
    size_t                i, first;
    civic_str_t           pattern;
    civic_person_t       *persons;
    civic_result_t        rc;
    const civic_value_t  *keys;

    pattern = civic_persons_pattern(family, text);
    rc = fake_command(run, CIVIC_ARGV(CIVIC_STR("KEYS"), pattern), 0, &keys);

    if (rc != CIVIC_OK) {
        return rc;
    }

    persons = civic_arena_alloc(run->spare, (keys->count + 1)
                                            * sizeof(*persons));
    *count = civic_persons_choose(persons,
                                  fake_persons_of(keys, job, family, persons),
                                  place->mark, max, &first, &place->mark);

    for (i = 0; i < *count; i++) {
        pids[i] = civic_arena_copy(run->arena, persons[first + i].pid);
    }

    return CIVIC_OK;
}


civic_result_t
fake_persons(civic_request_t *r, const civic_job_t *job, const char *family,
    uint64_t *cursor, civic_str_t *pids, size_t max, size_t *count)
{
    fake_run_t             *run = fake_run(r);
    civic_result_t          rc;
    const civic_value_t    *value;
    civic_persons_place_t   place;

    *count = 0;

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (fake_persons_allowed(run, job, family, max) != CIVIC_OK) {
        return CIVIC_ERROR;
    }

    if (civic_persons_place(*cursor, 1, 0, &place) != 0) {
        return CIVIC_NOT_SENT;
    }

    rc = fake_redis_fault(run, 0, &value);

    if (rc == CIVIC_OK) {
        rc = fake_persons_read(run, job, family, &place, pids, max, count);
    }

    if (fake_suspend(run) != CIVIC_OK) {
        *count = 0;
        return CIVIC_ABORTED;
    }

    if (rc == CIVIC_OK) {
        *cursor = place.mark != 0 ? civic_persons_cursor(&place) : 0;
    }

    return rc;
}
