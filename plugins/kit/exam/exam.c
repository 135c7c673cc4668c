/*
 * exam.c - see exam.h: an exam's file as a whole, and how it is kept.
 *
 * Chunks are deflated: 20,000 positions are 10 MB of JSON, which no request
 * may read at once, and a tenth of that packed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "exam_private.h"

#define LEVEL        6                  /* of libdeflate */
#define UNPACKED     (CIVIC_EXAM_CHUNK * (CIVIC_EXAM_POSITION + 1) + 2)
#define DEPTH        32                 /* no part of a file is nested deeper */
#define CHUNK_FIRST  8                  /* times what is packed, at first */


/* ---- reading ----------------------------------------------------------- */

static int
is_too_deep(const char *bytes, size_t len)
{
    int     depth = 0, quoted = 0;
    size_t  i;

    for (i = 0; i < len; i++) {
        if (quoted) {
            if (bytes[i] == '\\') {
                i++;

            } else if (bytes[i] == '"') {
                quoted = 0;
            }

        } else if (bytes[i] == '"') {
            quoted = 1;

        } else if (bytes[i] == '{' || bytes[i] == '[') {
            if (++depth > DEPTH) {
                return 1;
            }

        } else if (bytes[i] == '}' || bytes[i] == ']') {
            depth--;
        }
    }

    return 0;
}


/* jansson goes down the stack with each level. */
static json_t *
parse(const char *bytes, size_t len, json_error_t *error)
{
    memset(error, 0, sizeof(*error));

    if (is_too_deep(bytes, len)) {
        (void) snprintf(error->text, sizeof(error->text), "nested too deeply");
        return NULL;
    }

    return json_loadb(bytes, len, JSON_REJECT_DUPLICATES, error);
}


static const char *
code_of(json_t *position)
{
    const char  *code = json_string_value(json_object_get(position, "code"));

    return code == NULL ? "" : code;
}


static int
compare_positions(const void *a, const void *b)
{
    return strcmp(code_of(*(json_t *const *) a),
                  code_of(*(json_t *const *) b));
}


/* The same positions in the order of their codes; NULL: no memory. */
static json_t *
sorted(json_t *positions)
{
    size_t    i, count = json_array_size(positions);
    json_t   *out = json_array(), *value;
    json_t  **all = malloc((count + 1) * sizeof(json_t *));

    if (all == NULL || out == NULL) {
        free(all);
        json_decref(out);
        return NULL;
    }

    json_array_foreach(positions, i, value) {
        all[i] = value;
    }

    qsort(all, count, sizeof(json_t *), compare_positions);

    for (i = 0; i < count; i++) {
        (void) json_array_append(out, all[i]);
    }

    free(all);

    return out;
}


/* As the office writes it: in that order faults are told. */
static void
check_positions(exam_walk_t *w, json_t *positions)
{
    size_t   i, mark, item, before;
    json_t  *position;

    mark = exam_down(w, "positions");

    json_array_foreach(positions, i, position) {
        item = exam_down_item(w, i);
        before = w->faults->count;
        exam_check_position(w, position);

        if (w->faults->count == before
            && json_dumpb(position, NULL, 0, JSON_COMPACT)
               > CIVIC_EXAM_POSITION)
        {
            exam_fault(w, EXAM_TOO_LARGE, NULL);
        }

        exam_up(w, item);
    }

    exam_unique(w, positions, "code");
    exam_up(w, mark);
}


static void
check_all(exam_walk_t *w, json_t *tree, civic_exam_t *exam)
{
    json_t  *positions;

    exam_check_facts(w, tree, exam);
    positions = exam_array(w, tree, "positions", 1, CIVIC_EXAM_POSITIONS);
    check_positions(w, positions);

    if (w->faults->count != 0) {
        return;                         /* codes are not to be relied on */
    }

    exam->positions = sorted(positions);
    exam->facts = json_incref(tree);

    if (exam->positions == NULL) {
        exam_fault(w, EXAM_NO_MEMORY, NULL);
        return;
    }

    (void) json_object_del(tree, "positions");
    exam_check_subject_positions(w, tree, exam->positions);

    if (json_dumpb(tree, NULL, 0, JSON_COMPACT) > CIVIC_EXAM_FACTS) {
        exam_fault(w, EXAM_TOO_LARGE, NULL);
    }
}


int
civic_exam_take(json_t *tree, civic_exam_t *exam,
    civic_exam_faults_t *faults)
{
    exam_walk_t  w = { .faults = faults };

    memset(exam, 0, sizeof(*exam));
    faults->count = 0;

    if (exam_is_object(&w, tree)) {
        check_all(&w, tree, exam);
    }

    json_decref(tree);

    if (faults->count != 0) {
        civic_exam_done(exam);
        return -1;
    }

    return 0;
}


json_t *
civic_exam_parse(const char *bytes, size_t len, civic_exam_faults_t *faults)
{
    char          where[CIVIC_EXAM_DETAIL];
    json_t       *tree;
    exam_walk_t   w = { .faults = faults };
    json_error_t  error;

    faults->count = 0;

    /* what editors of Windows put before a text */
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        len -= 3;
    }

    if (len > CIVIC_EXAM_FILE) {
        exam_fault(&w, EXAM_TOO_LARGE, NULL);
        return NULL;
    }

    tree = parse(bytes, len, &error);

    if (tree == NULL) {
        (void) snprintf(where, sizeof(where), "%d:%d %.60s", error.line,
                        error.column, error.text);
        exam_fault(&w, EXAM_NOT_JSON, where);
    }

    return tree;
}


int
civic_exam_read(const char *bytes, size_t len, civic_exam_t *exam,
    civic_exam_faults_t *faults)
{
    json_t  *tree = civic_exam_parse(bytes, len, faults);

    memset(exam, 0, sizeof(*exam));

    return tree == NULL ? -1 : civic_exam_take(tree, exam, faults);
}


void
civic_exam_done(civic_exam_t *exam)
{
    json_decref(exam->facts);
    json_decref(exam->positions);
    exam->facts = NULL;
    exam->positions = NULL;
}


/* ---- as it is kept ----------------------------------------------------- */

static int
dump(json_t *value, civic_exam_bytes_t *out)
{
    out->bytes = value == NULL ? NULL : json_dumps(value, JSON_COMPACT);
    out->len = out->bytes == NULL ? 0 : strlen(out->bytes);

    return out->bytes == NULL ? -1 : 0;
}


static int
deflate(struct libdeflate_compressor *packer, civic_exam_bytes_t *text)
{
    char    *packed;
    size_t   room = libdeflate_deflate_compress_bound(packer, text->len);

    packed = malloc(room);

    if (packed == NULL) {
        return -1;
    }

    text->len = libdeflate_deflate_compress(packer, text->bytes, text->len,
                                            packed, room);
    free(text->bytes);
    text->bytes = packed;

    return text->len == 0 ? -1 : 0;
}


static int
pack_chunk(struct libdeflate_compressor *packer, json_t *positions,
    size_t from, civic_exam_bytes_t *out)
{
    int      rc;
    size_t   i, end = from + CIVIC_EXAM_CHUNK;
    json_t  *part = json_array();

    if (end > json_array_size(positions)) {
        end = json_array_size(positions);
    }

    for (i = from; i < end; i++) {
        (void) json_array_append(part, json_array_get(positions, i));
    }

    rc = dump(part, out) == 0 && deflate(packer, out) == 0 ? 0 : -1;
    json_decref(part);

    return rc;
}


static int
pack_chunks(json_t *positions, civic_exam_kept_t *kept, size_t *total)
{
    int                           rc = 0;
    size_t                        i;
    struct libdeflate_compressor *packer = libdeflate_alloc_compressor(LEVEL);

    kept->positions = json_array_size(positions);
    kept->chunks = (kept->positions + CIVIC_EXAM_CHUNK - 1)
                   / CIVIC_EXAM_CHUNK;

    for (i = 0; packer != NULL && rc == 0 && i < kept->chunks; i++) {
        rc = pack_chunk(packer, positions, i * CIVIC_EXAM_CHUNK,
                        &kept->chunk[i]);
        *total += kept->chunk[i].len;
    }

    rc = packer == NULL ? -1 : rc;

    if (packer != NULL) {
        libdeflate_free_compressor(packer);
    }

    return rc;
}


static json_t *
listing_of(const civic_exam_t *exam)
{
    return json_pack("{s:s, s:O, s:O}", "exam_id", exam->id,
                     "title", json_object_get(exam->facts, "title"),
                     "windows", json_object_get(exam->facts, "windows"));
}


int
civic_exam_pack(const civic_exam_t *exam, civic_exam_kept_t *kept,
    civic_exam_faults_t *faults)
{
    int           rc;
    size_t        total = 0;
    json_t       *listing = listing_of(exam);
    exam_walk_t   w = { .faults = faults };

    memset(kept, 0, sizeof(*kept));
    faults->count = 0;

    rc = dump(exam->facts, &kept->facts) == 0
         && dump(listing, &kept->listing) == 0
         && pack_chunks(exam->positions, kept, &total) == 0 ? 0 : -1;
    json_decref(listing);

    if (rc == 0 && total <= CIVIC_EXAM_PACKED) {
        return 0;
    }

    exam_fault_at(&w, "positions", rc != 0 ? EXAM_NO_MEMORY : EXAM_TOO_LARGE,
                  NULL);
    civic_exam_kept_done(kept);

    return -1;
}


void
civic_exam_kept_done(civic_exam_kept_t *kept)
{
    size_t  i;

    free(kept->facts.bytes);
    free(kept->listing.bytes);

    for (i = 0; i < kept->chunks; i++) {
        free(kept->chunk[i].bytes);
    }

    memset(kept, 0, sizeof(*kept));
}


/* ---- and back ---------------------------------------------------------- */

/* malloc'ed; NULL if it is no deflated text of a chunk's size. */
static char *
inflate(const char *bytes, size_t len, size_t *out)
{
    char                            *text = NULL;
    size_t                           room = CHUNK_FIRST * len + 4096;
    enum libdeflate_result           rc = LIBDEFLATE_INSUFFICIENT_SPACE;
    struct libdeflate_decompressor  *unpacker;

    unpacker = libdeflate_alloc_decompressor();

    while (unpacker != NULL && rc == LIBDEFLATE_INSUFFICIENT_SPACE) {
        free(text);
        room = room > UNPACKED ? UNPACKED : room;
        text = malloc(room);

        if (text == NULL) {
            break;
        }

        rc = libdeflate_deflate_decompress(unpacker, bytes, len, text, room,
                                           out);
        if (room == UNPACKED) {
            break;
        }

        room *= 4;
    }

    if (unpacker != NULL) {
        libdeflate_free_decompressor(unpacker);
    }

    if (rc != LIBDEFLATE_SUCCESS) {
        free(text);
        return NULL;
    }

    return text;
}


json_t *
civic_exam_unpack(const char *bytes, size_t len)
{
    char          *text;
    size_t         size;
    json_t        *array;
    json_error_t   error;

    text = inflate(bytes, len, &size);
    array = text == NULL ? NULL : parse(text, size, &error);
    free(text);

    if (!json_is_array(array) || json_array_size(array) == 0
        || json_array_size(array) > CIVIC_EXAM_CHUNK)
    {
        json_decref(array);
        return NULL;
    }

    return array;
}


json_t *
civic_exam_restore(const char *facts, size_t len,
    const civic_exam_bytes_t *chunks, size_t count)
{
    size_t         i;
    json_t        *tree, *positions = json_array(), *part;
    json_error_t   error;

    tree = parse(facts, len, &error);

    for (i = 0; i < count && json_is_object(tree); i++) {
        part = civic_exam_unpack(chunks[i].bytes, chunks[i].len);

        if (part == NULL || json_array_extend(positions, part) != 0) {
            json_decref(tree);
            tree = NULL;
        }

        json_decref(part);
    }

    if (!json_is_object(tree)
        || json_object_set(tree, "positions", positions) != 0)
    {
        json_decref(tree);
        tree = NULL;
    }

    json_decref(positions);

    return tree;
}
