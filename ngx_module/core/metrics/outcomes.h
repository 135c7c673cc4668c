/*
 * outcomes.h - how calls to providers ended lately, for each provider.
 *
 * A table of fixed size without pointers, so that it can stand in memory
 * that processes share; who shares it locks it.  Time is the caller's, in
 * seconds, and never goes back by more than it is off.
 */

#ifndef CIVIC_OUTCOMES_H
#define CIVIC_OUTCOMES_H

#include <stdint.h>

#define CIVIC_OUTCOMES_WINDOW  60       /* s that "lately" is */
#define CIVIC_OUTCOMES_SLICE   5        /* s that are counted together */
#define CIVIC_OUTCOMES_SLICES  (CIVIC_OUTCOMES_WINDOW / CIVIC_OUTCOMES_SLICE)
#define CIVIC_OUTCOMES_NAMES   16
#define CIVIC_OUTCOMES_NAME    47       /* characters; the rest is cut off */

typedef struct {
    int64_t   number;                   /* of the slice, since the epoch */
    uint32_t  calls;
    uint32_t  failed;
} civic_outcomes_slice_t;

typedef struct {
    char                    name[CIVIC_OUTCOMES_NAME + 1];  /* "": nobody's */
    civic_outcomes_slice_t  slices[CIVIC_OUTCOMES_SLICES];
} civic_outcomes_row_t;

/* All zeros: empty. */
typedef struct {
    civic_outcomes_row_t    rows[CIVIC_OUTCOMES_NAMES];
    civic_outcomes_row_t    others;     /* those without a row of their own */
} civic_outcomes_t;

/* A call ended.  A name that was not called lately gives way to a new one;
   if there is none such, the call counts under "others". */
void civic_outcomes_add(civic_outcomes_t *outcomes, const char *name,
    int64_t now, int failed);

/* What a row says of the last CIVIC_OUTCOMES_WINDOW seconds, to a slice. */
void civic_outcomes_sum(const civic_outcomes_row_t *row, int64_t now,
    uint32_t *calls, uint32_t *failed);

/* The i-th name's row, "others" being the last; NULL at the end. */
const civic_outcomes_row_t *civic_outcomes_row(
    const civic_outcomes_t *outcomes, unsigned i);

#endif
