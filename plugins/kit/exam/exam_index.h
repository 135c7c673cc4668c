/*
 * exam_index.h - an exam as a worker keeps it: its facts, its positions as
 * JSON texts, and an inverted index to search them.
 *
 * The index leads from each pair of neighbouring code points (and each one
 * alone) to the positions whose code, name or unit has it, and from each unit
 * to its positions.  A word is looked for by its pairs: their lists are walked
 * together, and what is in all of them is compared with the word itself.  So
 * a page costs what its rarest pair costs, not what the exam has positions.
 * Letters are compared small and narrow: "Ａ", "A" and "a" are one.
 *
 * Made from the bytes that Redis keeps, on a work thread (20,000 positions: a
 * quarter of a second); nothing of it changes afterwards, so any thread may
 * search it.  Freed as a whole: a handful of blocks.
 */

#ifndef CIVIC_KIT_EXAM_INDEX_H
#define CIVIC_KIT_EXAM_INDEX_H

#include "exam.h"

#define CIVIC_EXAM_QUERY  64            /* code points of a query */
#define CIVIC_EXAM_WORDS  8             /* words of it that count */
#define CIVIC_EXAM_LISTS  (CIVIC_EXAM_QUERY + 1)
#define CIVIC_EXAM_UNIT   200           /* code points of a unit's name */

typedef struct civic_exam_index_s  civic_exam_index_t;

/* What it is made of; borrowed. */
typedef struct {
    const char                *facts;
    size_t                     facts_len;
    const civic_exam_bytes_t  *chunks;
    size_t                     nchunks;
} civic_exam_source_t;

/* NULL with faults: damaged, or no memory. */
civic_exam_index_t *civic_exam_index_make(const civic_exam_source_t *source,
    int64_t revision, civic_exam_faults_t *faults);
void civic_exam_index_free(civic_exam_index_t *index);

/* The exam: facts have the revision, and "from_ms", "until_ms" beside each
   "from", "until".  Borrowed. */
const civic_exam_t *civic_exam_index_exam(const civic_exam_index_t *index);

/* Takes the facts out of it, for whoever ends the reference; the index has
   none then. */
json_t *civic_exam_index_take_facts(civic_exam_index_t *index);

size_t civic_exam_index_count(const civic_exam_index_t *index);

/* Bytes that it takes, the facts not counted. */
size_t civic_exam_index_bytes(const civic_exam_index_t *index);

/* A position by its place in the order of codes, as JSON; its code. */
const char *civic_exam_index_text(const civic_exam_index_t *index,
    uint32_t at, size_t *len);
const char *civic_exam_index_code(const civic_exam_index_t *index,
    uint32_t at);

/* Its place by its code; -1: there is none. */
int64_t civic_exam_index_find(const civic_exam_index_t *index,
    const char *code, size_t len);


/* ---- searching --------------------------------------------------------- */

typedef struct {
    const uint16_t  *at;
    const uint16_t  *end;
} civic_exam_list_t;

/* Its members are the search's own. */
typedef struct {
    const civic_exam_index_t  *index;
    civic_exam_list_t          lists[CIVIC_EXAM_LISTS];
    size_t                     nlists;
    char                       words[CIVIC_EXAM_QUERY * 4 + 4];
    size_t                     words_len;
    char                       unit[CIVIC_EXAM_UNIT * 4 + 4];
    size_t                     unit_len;
    uint16_t                   word_at[CIVIC_EXAM_WORDS];
    uint16_t                   word_len[CIVIC_EXAM_WORDS];
    size_t                     nwords;
    uint32_t                   next;
    int                        done;
} civic_exam_search_t;

/*
 * Positions that have all words of a query (empty: any), of a unit (its
 * Chinese name as a whole; empty: any), behind a code (empty: from the
 * first), in the order of codes.  0, or -1: the query is no UTF-8, is longer
 * than CIVIC_EXAM_QUERY, or has more words than count.
 */
int civic_exam_search_begin(civic_exam_search_t *search,
    const civic_exam_index_t *index, const char *query, size_t query_len,
    const char *unit, size_t unit_len, const char *after, size_t after_len);

/* The next at most max of them, looking at about so many positions at most;
   search->done: there are no more. */
size_t civic_exam_search_next(civic_exam_search_t *search, uint32_t *found,
    size_t max, size_t budget);

/* A text as it is compared: small and narrow, spaces as one.  Its length; out
   has room for len + 4 bytes or more. */
size_t civic_exam_fold(const char *s, size_t len, char *out);

#endif
