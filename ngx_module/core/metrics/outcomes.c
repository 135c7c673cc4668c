/*
 * outcomes.c - how calls to providers ended lately, for each provider.
 */

#include <stdio.h>
#include <string.h>

#include "outcomes.h"


void
civic_outcomes_sum(const civic_outcomes_row_t *row, int64_t now,
    uint32_t *calls, uint32_t *failed)
{
    int      i;
    int64_t  age, number = now / CIVIC_OUTCOMES_SLICE;

    *calls = 0;
    *failed = 0;

    for (i = 0; i < CIVIC_OUTCOMES_SLICES; i++) {
        age = number - row->slices[i].number;

        if (age < CIVIC_OUTCOMES_SLICES) {
            *calls += row->slices[i].calls;
            *failed += row->slices[i].failed;
        }
    }
}


/* Its own row, or one that nobody called lately, or that of the others. */

static civic_outcomes_row_t *
civic_outcomes_find(civic_outcomes_t *outcomes, const char *name, int64_t now)
{
    int                    i;
    uint32_t               calls, failed;
    civic_outcomes_row_t  *row, *free = NULL;

    for (i = 0; i < CIVIC_OUTCOMES_NAMES; i++) {
        row = &outcomes->rows[i];

        if (strncmp(row->name, name, CIVIC_OUTCOMES_NAME) == 0) {
            return row;
        }

        civic_outcomes_sum(row, now, &calls, &failed);

        if (free == NULL && calls == 0) {
            free = row;
        }
    }

    row = free != NULL ? free : &outcomes->others;

    if (free != NULL) {
        memset(row, 0, sizeof(civic_outcomes_row_t));
    }

    (void) snprintf(row->name, sizeof(row->name), "%s",
                    free != NULL ? name : "others");

    return row;
}


void
civic_outcomes_add(civic_outcomes_t *outcomes, const char *name, int64_t now,
    int failed)
{
    int64_t                  number = now / CIVIC_OUTCOMES_SLICE;
    civic_outcomes_row_t    *row = civic_outcomes_find(outcomes, name, now);
    civic_outcomes_slice_t  *slice;

    slice = &row->slices[number % CIVIC_OUTCOMES_SLICES];

    if (slice->number != number) {
        *slice = (civic_outcomes_slice_t) { .number = number };
    }

    slice->calls++;
    slice->failed += failed != 0;
}


const civic_outcomes_row_t *
civic_outcomes_row(const civic_outcomes_t *outcomes, unsigned i)
{
    if (i < CIVIC_OUTCOMES_NAMES) {
        return &outcomes->rows[i];
    }

    return i == CIVIC_OUTCOMES_NAMES ? &outcomes->others : NULL;
}
