/*
 * exam_index.c - makes an index: reads what Redis keeps, then goes twice over
 * the folded texts, to count what each list will hold and to fill it.
 */

#include <stdlib.h>
#include <string.h>

#include "exam_index_private.h"
#include "exam_private.h"
#include "text.h"

#define FIRST_SLOTS  4096
#define NOBODY       UINT32_MAX

/* The last position that went into a list, by its slot: so that none goes in
   twice. */
typedef struct {
    civic_exam_index_t   *index;
    civic_exam_faults_t  *faults;
    exam_walk_t           walk;
    uint32_t             *last;
    int                   filling;
    int                   failed;
} maker_t;


static int
fail(maker_t *m, exam_fault_t fault)
{
    if (!m->failed) {
        exam_fault(&m->walk, fault, NULL);
        m->failed = 1;
    }

    return -1;
}


/* ---- texts ------------------------------------------------------------- */

static char *
grow(exam_block_t *block, size_t len)
{
    char    *bytes;
    size_t   room = block->room == 0 ? 65536 : block->room;

    while (block->len + len > room) {
        room *= 2;
    }

    if (room != block->room) {
        bytes = room > UINT32_MAX ? NULL : realloc(block->bytes, room);
        if (bytes == NULL) {
            return NULL;
        }

        block->bytes = bytes;
        block->room = room;
    }

    return block->bytes + block->len;
}


static void
shrink(exam_block_t *block)
{
    char  *bytes = block->len == 0 ? NULL : realloc(block->bytes, block->len);

    if (bytes != NULL) {
        block->bytes = bytes;
        block->room = block->len;
    }
}


size_t
civic_exam_fold(const char *s, size_t len, char *out)
{
    int      space = 0;
    char    *p = out;
    size_t   size;
    int32_t  code;

    while (len > 0) {
        code = civic_text_code(s, len, &size);
        s += size;
        len -= size;

        if (code < 0x20 || code == 0x7f || civic_text_is_space(code)) {
            space = p != out;
            continue;
        }

        code = civic_text_narrow(code);

        if (code >= 'A' && code <= 'Z') {
            code += 'a' - 'A';
        }

        if (space) {
            *p++ = ' ';
            space = 0;
        }

        p += civic_text_put(code, p);
    }

    return (size_t) (p - out);
}


static int
add_folded(maker_t *m, const char *text)
{
    char          *out;
    size_t         len = text == NULL ? 0 : strlen(text);
    exam_block_t  *folded = &m->index->folded;

    out = grow(folded, len + 8);

    if (out == NULL) {
        return fail(m, EXAM_NO_MEMORY);
    }

    len = len == 0 ? 0 : civic_exam_fold(text, len, out);
    out[len] = EXAM_BORDER;
    folded->len += len + 1;

    return 0;
}


static const char *
text_of(json_t *position, const char *name, const char *language)
{
    return json_string_value(json_object_get(json_object_get(position, name),
                                             language));
}


/* What is searched: the unit first, for it is asked for as a whole. */
static int
add_searched(maker_t *m, json_t *position, exam_entry_t *entry)
{
    exam_block_t  *folded = &m->index->folded;

    entry->unit = (uint32_t) folded->len;

    if (add_folded(m, text_of(position, "unit", "zh")) != 0) {
        return -1;
    }

    entry->unit_len = (uint32_t) (folded->len - entry->unit - 1);

    if (add_folded(m, text_of(position, "unit", "en")) != 0
        || add_folded(m, text_of(position, "name", "zh")) != 0
        || add_folded(m, text_of(position, "name", "en")) != 0
        || add_folded(m, entry->code) != 0)
    {
        return -1;
    }

    entry->folded = entry->unit;
    entry->folded_len = (uint32_t) (folded->len - entry->folded);

    return 0;
}


static int
add_text(maker_t *m, json_t *position, exam_entry_t *entry)
{
    char          *out;
    size_t         len;
    exam_block_t  *texts = &m->index->texts;

    out = grow(texts, CIVIC_EXAM_POSITION);

    if (out == NULL) {
        return fail(m, EXAM_NO_MEMORY);
    }

    len = json_dumpb(position, out, CIVIC_EXAM_POSITION, JSON_COMPACT);

    if (len == 0 || len > CIVIC_EXAM_POSITION) {
        return fail(m, EXAM_TOO_LARGE);
    }

    entry->text = (uint32_t) texts->len;
    entry->text_len = (uint32_t) len;
    texts->len += len;

    return 0;
}


/* Checked as in a file; and in the order of codes, none of them twice. */
static int
add_position(maker_t *m, json_t *position)
{
    const char          *code;
    exam_entry_t        *entry;
    civic_exam_index_t  *index = m->index;

    exam_check_position(&m->walk, position);

    if (m->faults->count != 0) {
        m->failed = 1;
        return -1;
    }

    code = json_string_value(json_object_get(position, "code"));
    entry = &index->entries[index->count];
    memcpy(entry->code, code, strlen(code) + 1);

    if (index->count > 0 && strcmp(entry[-1].code, code) >= 0) {
        return fail(m, EXAM_DUPLICATE);
    }

    index->count++;

    return add_text(m, position, entry) != 0
           || add_searched(m, position, entry) != 0 ? -1 : 0;
}


static int
add_chunks(maker_t *m, const civic_exam_source_t *source)
{
    size_t   i, j, mark;
    json_t  *chunk, *position;

    m->index->entries = calloc(source->nchunks * CIVIC_EXAM_CHUNK + 1,
                               sizeof(exam_entry_t));

    if (m->index->entries == NULL) {
        return fail(m, EXAM_NO_MEMORY);
    }

    for (i = 0; i < source->nchunks && !m->failed; i++) {
        chunk = civic_exam_unpack(source->chunks[i].bytes,
                                  source->chunks[i].len);

        if (chunk == NULL) {
            return fail(m, EXAM_NOT_JSON);
        }

        json_array_foreach(chunk, j, position) {
            mark = exam_down_item(&m->walk, i * CIVIC_EXAM_CHUNK + j);

            if (add_position(m, position) != 0) {
                break;
            }

            exam_up(&m->walk, mark);
        }

        json_decref(chunk);
    }

    return m->failed ? -1 : 0;
}


/* ---- lists ------------------------------------------------------------- */

uint64_t
exam_pair_key(int32_t first, int32_t second)
{
    return ((uint64_t) first << EXAM_CODE_BITS | (uint64_t) second) + 1;
}


/* FNV-1a, beyond what pairs use.  Units that share one are told apart where
   positions are compared. */
uint64_t
exam_unit_key(const char *s, size_t len)
{
    size_t    i;
    uint64_t  hash = UINT64_C(0xcbf29ce484222325);

    for (i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char) s[i]) * UINT64_C(0x100000001b3);
    }

    return hash | UINT64_C(1) << 63;
}


exam_slot_t *
exam_slot(const civic_exam_index_t *index, uint64_t key)
{
    size_t    mask = index->nslots - 1, at;
    uint64_t  mixed = key * UINT64_C(0x9e3779b97f4a7c15);

    at = (size_t) (mixed ^ mixed >> 32) & mask;

    while (index->slots[at].key != 0 && index->slots[at].key != key) {
        at = (at + 1) & mask;
    }

    return &index->slots[at];
}


/* Twice as many places.  Only while counting: then last is known anew. */
static int
more_slots(maker_t *m)
{
    size_t               i, old_count = m->index->nslots;
    uint32_t            *old_last = m->last, *last;
    exam_slot_t         *old = m->index->slots, *slots, *slot;
    civic_exam_index_t  *index = m->index;

    index->nslots = old_count == 0 ? FIRST_SLOTS : 2 * old_count;
    slots = calloc(index->nslots, sizeof(exam_slot_t));
    last = malloc(index->nslots * sizeof(uint32_t));

    if (slots == NULL || last == NULL) {
        free(slots);
        free(last);
        index->nslots = old_count;
        return fail(m, EXAM_NO_MEMORY);
    }

    memset(last, 0xff, index->nslots * sizeof(uint32_t));
    index->slots = slots;
    m->last = last;

    for (i = 0; i < old_count; i++) {
        if (old[i].key != 0) {
            slot = exam_slot(index, old[i].key);
            *slot = old[i];
            last[slot - slots] = old_last[i];
        }
    }

    free(old);
    free(old_last);

    return 0;
}


/* A position belongs to a list. */
static int
belongs(maker_t *m, uint64_t key, uint32_t position)
{
    uint32_t            *last;
    exam_slot_t         *slot;
    civic_exam_index_t  *index = m->index;

    slot = exam_slot(index, key);

    if (slot->key == 0) {
        if (2 * (index->used + 1) > index->nslots) {
            if (more_slots(m) != 0) {
                return -1;
            }

            slot = exam_slot(index, key);
        }

        slot->key = key;
        index->used++;
    }

    last = &m->last[slot - index->slots];

    if (*last == position) {
        return 0;
    }

    *last = position;

    if (m->filling) {
        index->postings[slot->first + slot->count] = (uint16_t) position;
    }

    slot->count++;

    return 0;
}


static int
add_pairs(maker_t *m, uint32_t position)
{
    size_t               size, len;
    int32_t              code, before = -1;
    const char          *s;
    const exam_entry_t  *entry = &m->index->entries[position];

    s = m->index->folded.bytes + entry->folded;
    len = entry->folded_len;

    while (len > 0) {
        code = civic_text_code(s, len, &size);
        s += size;
        len -= size;

        if (code < 0 || code == EXAM_BORDER || code == ' ') {
            before = -1;
            continue;
        }

        if (belongs(m, exam_pair_key(code, EXAM_ALONE), position) != 0
            || (before >= 0
                && belongs(m, exam_pair_key(before, code), position) != 0))
        {
            return -1;
        }

        before = code;
    }

    return belongs(m, exam_unit_key(m->index->folded.bytes + entry->unit,
                                    entry->unit_len), position);
}


static int
add_all_pairs(maker_t *m)
{
    uint32_t  i;

    for (i = 0; i < m->index->count; i++) {
        if (add_pairs(m, i) != 0) {
            return -1;
        }
    }

    return 0;
}


/* Every list has its place once all are counted. */
static int
place_lists(maker_t *m)
{
    size_t               i;
    civic_exam_index_t  *index = m->index;

    for (i = 0; i < index->nslots; i++) {
        index->slots[i].first = (uint32_t) index->npostings;
        index->npostings += index->slots[i].count;
        index->slots[i].count = 0;
    }

    index->postings = malloc((index->npostings + 1) * sizeof(uint16_t));

    if (index->postings == NULL) {
        return fail(m, EXAM_NO_MEMORY);
    }

    memset(m->last, 0xff, index->nslots * sizeof(uint32_t));
    m->filling = 1;

    return 0;
}


/* ---- facts ------------------------------------------------------------- */

static void
add_span(json_t *object, const civic_exam_window_t *span)
{
    (void) json_object_set_new(object, "from_ms", json_integer(span->from));
    (void) json_object_set_new(object, "until_ms",
                               json_integer(span->until));
}


/* Instants as numbers, beside the texts. */
static void
add_times(maker_t *m, int64_t revision)
{
    int                   i;
    size_t                at;
    json_t               *windows, *window, *subject, *subjects;
    civic_exam_t         *exam = &m->index->exam;
    civic_exam_window_t   span;

    windows = json_object_get(exam->facts, "windows");
    subjects = json_object_get(exam->facts, "subjects");

    for (i = 0; i < CIVIC_EXAM_WINDOWS; i++) {
        window = json_object_get(windows, civic_exam_window_name(i));
        if (window != NULL) {
            add_span(window, &exam->windows[i]);
        }
    }

    json_array_foreach(subjects, at, subject) {
        exam_span(&m->walk, subject, &span);
        add_span(subject, &span);
    }

    (void) json_object_set_new(exam->facts, "revision",
                               json_integer(revision));
}


static int
take_facts(maker_t *m, const civic_exam_source_t *source)
{
    json_t  *tree;

    /* no positions are asked of it, so it is looked at in its parts */
    tree = source->facts_len > CIVIC_EXAM_FACTS
           ? NULL : civic_exam_restore(source->facts, source->facts_len, NULL,
                                       0);

    if (tree == NULL) {
        return fail(m, EXAM_NOT_JSON);
    }

    (void) json_object_del(tree, "positions");
    m->index->exam.facts = tree;
    exam_check_facts(&m->walk, tree, &m->index->exam);

    if (m->faults->count != 0) {
        m->failed = 1;
        return -1;
    }

    return 0;
}


/* ---- the index --------------------------------------------------------- */

static int
make(maker_t *m, const civic_exam_source_t *source, int64_t revision)
{
    if (source->nchunks > CIVIC_EXAM_CHUNKS) {
        return fail(m, EXAM_TOO_MANY);
    }

    if (take_facts(m, source) != 0 || add_chunks(m, source) != 0
        || more_slots(m) != 0 || add_all_pairs(m) != 0
        || place_lists(m) != 0 || add_all_pairs(m) != 0)
    {
        return -1;
    }

    shrink(&m->index->texts);
    shrink(&m->index->folded);
    add_times(m, revision);

    return 0;
}


civic_exam_index_t *
civic_exam_index_make(const civic_exam_source_t *source, int64_t revision,
    civic_exam_faults_t *faults)
{
    int      rc;
    maker_t  m = { .faults = faults, .walk = { .faults = faults } };

    faults->count = 0;
    m.index = calloc(1, sizeof(civic_exam_index_t));
    rc = m.index == NULL ? fail(&m, EXAM_NO_MEMORY)
                         : make(&m, source, revision);
    free(m.last);

    if (rc != 0) {
        civic_exam_index_free(m.index);
        return NULL;
    }

    return m.index;
}


void
civic_exam_index_free(civic_exam_index_t *index)
{
    if (index == NULL) {
        return;
    }

    civic_exam_done(&index->exam);
    free(index->entries);
    free(index->texts.bytes);
    free(index->folded.bytes);
    free(index->slots);
    free(index->postings);
    free(index);
}


const civic_exam_t *
civic_exam_index_exam(const civic_exam_index_t *index)
{
    return &index->exam;
}


json_t *
civic_exam_index_take_facts(civic_exam_index_t *index)
{
    json_t  *facts = index->exam.facts;

    index->exam.facts = NULL;

    return facts;
}


size_t
civic_exam_index_count(const civic_exam_index_t *index)
{
    return index->count;
}


size_t
civic_exam_index_bytes(const civic_exam_index_t *index)
{
    return sizeof(*index) + index->texts.room + index->folded.room
           + index->count * sizeof(exam_entry_t)
           + index->nslots * sizeof(exam_slot_t)
           + index->npostings * sizeof(uint16_t);
}


const char *
civic_exam_index_text(const civic_exam_index_t *index, uint32_t at,
    size_t *len)
{
    *len = index->entries[at].text_len;

    return index->texts.bytes + index->entries[at].text;
}


const char *
civic_exam_index_code(const civic_exam_index_t *index, uint32_t at)
{
    return index->entries[at].code;
}
