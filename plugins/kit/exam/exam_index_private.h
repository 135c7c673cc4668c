/*
 * exam_index_private.h - how an index stands in memory.
 */

#ifndef CIVIC_KIT_EXAM_INDEX_PRIVATE_H
#define CIVIC_KIT_EXAM_INDEX_PRIVATE_H

#include "exam_index.h"

/* A pair of code points as a key; EXAM_ALONE in place of the second. */
#define EXAM_CODE_BITS  21
#define EXAM_ALONE      0x1fffff

/* Between the texts of a position; no query has it. */
#define EXAM_BORDER     '\n'

typedef struct {
    char      code[CIVIC_EXAM_CODE + 1];
    uint32_t  text;                     /* in texts */
    uint32_t  text_len;
    uint32_t  folded;                   /* in folded */
    uint32_t  folded_len;
    uint32_t  unit;                     /* in folded: its unit's zh */
    uint32_t  unit_len;
} exam_entry_t;

/* A list of the index by its key; key 0: a free place. */
typedef struct {
    uint64_t  key;
    uint32_t  first;                    /* in postings */
    uint32_t  count;
} exam_slot_t;

/* A block that grows while the index is made. */
typedef struct {
    char    *bytes;
    size_t   len;
    size_t   room;
} exam_block_t;

struct civic_exam_index_s {
    civic_exam_t   exam;                /* without positions */
    exam_entry_t  *entries;
    size_t         count;
    exam_block_t   texts;
    exam_block_t   folded;
    exam_slot_t   *slots;
    size_t         nslots;              /* a power of two */
    size_t         used;
    uint16_t      *postings;
    size_t         npostings;
};

/* The place of a key: its own, or the free one where it would be. */
exam_slot_t *exam_slot(const civic_exam_index_t *index, uint64_t key);

uint64_t exam_pair_key(int32_t first, int32_t second);

/* The key of a unit, by its folded text: no pair has it. */
uint64_t exam_unit_key(const char *s, size_t len);

#endif
