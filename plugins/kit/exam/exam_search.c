/*
 * exam_search.c - searches an index: walks the lists of a query's pairs
 * together, and compares what stands in all of them.
 */

#define _GNU_SOURCE                     /* memmem() */

#include <string.h>

#include "exam_index_private.h"
#include "text.h"


/* ---- by code ----------------------------------------------------------- */

/* The first position whose code is not below. */
static uint32_t
lower(const civic_exam_index_t *index, const char *code, size_t len)
{
    int       order;
    uint32_t  low = 0, high = (uint32_t) index->count, middle;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = strncmp(index->entries[middle].code, code, len);

        if (order < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


int64_t
civic_exam_index_find(const civic_exam_index_t *index, const char *code,
    size_t len)
{
    uint32_t  at;

    if (!civic_exam_code_valid(code, len)) {
        return -1;
    }

    at = lower(index, code, len);

    return at < index->count && strlen(index->entries[at].code) == len
           && memcmp(index->entries[at].code, code, len) == 0
           ? (int64_t) at : -1;
}


/* Where a page goes on, also when that position is gone. */
static uint32_t
behind(const civic_exam_index_t *index, const char *code, size_t len)
{
    uint32_t  at;

    if (len == 0) {
        return 0;
    }

    at = lower(index, code, len);

    return at < index->count && strlen(index->entries[at].code) == len
           && memcmp(index->entries[at].code, code, len) == 0 ? at + 1 : at;
}


/* ---- beginning --------------------------------------------------------- */

/* Shorter lists first.  A list that is not there: nothing is found. */
static void
add_list(civic_exam_search_t *s, uint64_t key)
{
    size_t              i = s->nlists;
    exam_slot_t        *slot = exam_slot(s->index, key);
    civic_exam_list_t   list;

    if (slot->key != key || slot->count == 0) {
        s->done = 1;
        return;
    }

    list.at = s->index->postings + slot->first;
    list.end = list.at + slot->count;

    for ( /* void */ ; i > 0
                       && s->lists[i - 1].end - s->lists[i - 1].at
                          > list.end - list.at; i--)
    {
        s->lists[i] = s->lists[i - 1];
    }

    s->lists[i] = list;
    s->nlists++;
}


/* A word of one character has its list, a longer one those of its pairs. */
static void
add_word(civic_exam_search_t *s, const char *word, size_t len)
{
    size_t   size;
    int32_t  code = civic_text_code(word, len, &size), before;

    if (size == len) {
        add_list(s, exam_pair_key(code, EXAM_ALONE));
        return;
    }

    while (size < len) {
        before = code;
        word += size;
        len -= size;
        code = civic_text_code(word, len, &size);
        add_list(s, exam_pair_key(before, code));
    }
}


static int
add_words(civic_exam_search_t *s, const char *query, size_t query_len)
{
    size_t  at = 0, end, len;

    len = civic_exam_fold(query, query_len, s->words);
    s->words_len = len;

    while (at < len) {
        for (end = at; end < len && s->words[end] != ' '; end++) {
            /* void */
        }

        if (s->nwords == CIVIC_EXAM_WORDS) {
            return -1;
        }

        s->word_at[s->nwords] = (uint16_t) at;
        s->word_len[s->nwords++] = (uint16_t) (end - at);
        add_word(s, s->words + at, end - at);
        at = end + 1;
    }

    return 0;
}


int
civic_exam_search_begin(civic_exam_search_t *s,
    const civic_exam_index_t *index, const char *query, size_t query_len,
    const char *unit, size_t unit_len, const char *after, size_t after_len)
{
    int64_t  length = civic_text_length(query, query_len);

    memset(s, 0, sizeof(*s));
    s->index = index;

    if (length < 0 || length > CIVIC_EXAM_QUERY
        || after_len > CIVIC_EXAM_CODE
        || add_words(s, query, query_len) != 0)
    {
        return -1;
    }

    if (unit_len + 4 > sizeof(s->unit)) {
        s->done = 1;                    /* no unit is that long */

    } else if (unit_len != 0) {
        s->unit_len = civic_exam_fold(unit, unit_len, s->unit);
        add_list(s, exam_unit_key(s->unit, s->unit_len));
    }

    s->next = behind(index, after, after_len);

    return 0;
}


/* ---- going on ---------------------------------------------------------- */

/* Moves a list to the first that is not below: in steps that double, then by
   halves. */
static void
advance(civic_exam_list_t *list, uint32_t next)
{
    size_t           step = 1, left, half;
    const uint16_t  *low = list->at;

    while (step < (size_t) (list->end - low) && low[step] < next) {
        low += step;
        step *= 2;
    }

    left = (size_t) (list->end - low);
    left = left > step + 1 ? step + 1 : left;

    while (left > 0) {
        half = left / 2;

        if (low[half] < next) {
            low += half + 1;
            left -= half + 1;

        } else {
            left = half;
        }
    }

    list->at = low;
}


/* The next position that all lists have; the walk ends when one is over.
   budget counts what was looked at. */
static int
in_all(civic_exam_search_t *s, size_t *budget)
{
    size_t              i;
    civic_exam_list_t  *list;

    for (i = 0; i < s->nlists; i++) {
        list = &s->lists[i];
        advance(list, s->next);

        if (list->at == list->end) {
            s->done = 1;
            return 0;
        }

        *budget -= *budget > 0;

        if (*list->at != s->next) {
            s->next = *list->at;
            return 0;
        }
    }

    return 1;
}


static int
is_it(const civic_exam_search_t *s, const exam_entry_t *entry)
{
    size_t       i;
    const char  *text = s->index->folded.bytes + entry->folded;

    if (s->unit_len != 0
        && (entry->unit_len != s->unit_len
            || memcmp(s->index->folded.bytes + entry->unit, s->unit,
                      s->unit_len) != 0))
    {
        return 0;
    }

    for (i = 0; i < s->nwords; i++) {
        if (memmem(text, entry->folded_len, s->words + s->word_at[i],
                   s->word_len[i]) == NULL)
        {
            return 0;
        }
    }

    return 1;
}


size_t
civic_exam_search_next(civic_exam_search_t *s, uint32_t *found, size_t max,
    size_t budget)
{
    size_t  n = 0;

    while (!s->done && n < max && budget > 0) {
        if (s->next >= s->index->count) {
            s->done = 1;
            break;
        }

        budget--;

        if (!in_all(s, &budget)) {
            continue;
        }

        if (is_it(s, &s->index->entries[s->next])) {
            found[n++] = s->next;
        }

        s->next++;
    }

    return n;
}
