/*
 * load.c - an exam from Redis: read in parts, checked and indexed on a work
 * thread, for that takes a quarter of a second where there are 20,000
 * positions.
 *
 * The thread makes trees of its own and lets go of them: the loop has them
 * only after it has ended, as offload() says.
 */

#include <stdlib.h>

#include "exam.h"
#include "values.h"

#define TOGETHER  8                     /* chunks of one command */
#define TRIES     3                     /* that a newer load may overtake */

/* What stands in Redis of a revision. */
typedef struct {
    int64_t              revision;
    civic_str_t          facts;
    size_t               chunks;
    civic_exam_bytes_t  *chunk;
} kept_t;

typedef struct {
    civic_exam_source_t  source;
    int64_t              revision;
    exam_t              *exam;          /* what comes of it */
    civic_exam_faults_t *faults;
    int                  done;
} making_t;


/* ---- reading ----------------------------------------------------------- */

civic_result_t
exam_revision(civic_request_t *r, civic_str_t id, int64_t *revision)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    *revision = 0;
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), exam_key(r, id, "head"),
                                   CIVIC_STR("revision")), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        *revision = shared_number(value->str, 0);
    }

    return rc;
}


static civic_result_t
read_head(civic_request_t *r, civic_str_t id, kept_t *kept)
{
    int64_t               chunks;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HMGET"),
                                   exam_key(r, id, "head"),
                                   CIVIC_STR("revision"), CIVIC_STR("facts"),
                                   CIVIC_STR("chunks")), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    kept->revision = shared_number(shared_item(value, 0), 0);
    kept->facts = shared_item(value, 1);
    chunks = shared_number(shared_item(value, 2), 0);
    kept->chunks = chunks > CIVIC_EXAM_CHUNKS ? 0 : (size_t) chunks;

    return CIVIC_OK;
}


/* Some chunks; 0 are there if a newer load has taken them away. */
static civic_result_t
read_some(civic_request_t *r, civic_str_t key, size_t from, size_t count,
    civic_exam_bytes_t *chunks, size_t *got)
{
    size_t                i;
    civic_str_t           argv[2 + TOGETHER], chunk;
    civic_result_t        rc;
    const civic_value_t  *value;

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = key;

    for (i = 0; i < count; i++) {
        argv[2 + i] = civic_print(r, "%zu", from + i);
    }

    *got = 0;
    rc = civic_redis(r, argv, 2 + count, &value);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        chunk = shared_item(value, i);
        chunks[from + i].bytes = (char *) (uintptr_t) chunk.data;
        chunks[from + i].len = chunk.len;
        *got += chunk.len != 0;
    }

    return rc;
}


static civic_result_t
read_chunks(civic_request_t *r, civic_str_t id, kept_t *kept, int *whole)
{
    size_t          at, count, got, bytes = 0, i;
    civic_str_t     key = exam_positions_key(r, id, kept->revision);
    civic_result_t  rc;

    *whole = 0;
    kept->chunk = civic_alloc(r, (kept->chunks + 1)
                                 * sizeof(civic_exam_bytes_t));

    for (at = 0; at < kept->chunks; at += count) {
        count = kept->chunks - at < TOGETHER ? kept->chunks - at : TOGETHER;

        rc = read_some(r, key, at, count, kept->chunk, &got);
        if (rc != CIVIC_OK) {
            return rc;
        }

        for (i = at; i < at + count; i++) {
            bytes += kept->chunk[i].len;
        }

        if (got != count || bytes > CIVIC_EXAM_PACKED) {
            return CIVIC_OK;
        }
    }

    *whole = 1;

    return CIVIC_OK;
}


/* ---- on the thread ----------------------------------------------------- */

static json_t *
shown_subjects(json_t *subjects)
{
    size_t   i;
    json_t  *subject, *out = json_array();

    json_array_foreach(subjects, i, subject) {
        (void) json_array_append_new(out, json_pack("{s:O, s:O, s:O, s:O, "
            "s:b}", "code", json_object_get(subject, "code"), "name",
            json_object_get(subject, "name"), "from",
            json_object_get(subject, "from"), "until",
            json_object_get(subject, "until"), "all_positions",
            json_object_get(subject, "positions") == NULL));
    }

    return out;
}


/* What a page says of an exam at any time: members without their braces. */
static int
make_shown(exam_t *exam)
{
    char    *text;
    json_t  *tree, *profile, *facts;

    facts = civic_exam_index_exam(exam->index)->facts;
    tree = json_pack("{s:O, s:O, s:I, s:O, s:o}",
                     "title", json_object_get(facts, "title"),
                     "fee", json_object_get(facts, "fee"),
                     "positions", (json_int_t)
                                  civic_exam_index_count(exam->index),
                     "form", json_object_get(facts, "form"),
                     "subjects", shown_subjects(json_object_get(facts,
                                                                "subjects")));
    profile = json_object_get(facts, "photo_profile");

    if (profile != NULL) {
        (void) json_object_set(tree, "photo_profile", profile);
    }

    text = tree == NULL ? NULL : json_dumps(tree, JSON_COMPACT);
    json_decref(tree);

    if (text == NULL) {
        return -1;
    }

    exam->shown = text;
    exam->shown_len = strlen(text);

    return 0;
}


static void
make(void *data)
{
    exam_t    *exam;
    making_t  *m = data;

    m->done = 1;
    m->faults = calloc(1, sizeof(civic_exam_faults_t));
    exam = calloc(1, sizeof(exam_t));

    if (m->faults == NULL || exam == NULL) {
        free(exam);
        return;
    }

    exam->revision = m->revision;
    exam->index = civic_exam_index_make(&m->source, m->revision, m->faults);

    if (exam->index == NULL || make_shown(exam) != 0) {
        exam_destroy(exam);
        return;
    }

    m->exam = exam;
}


void
exam_destroy(exam_t *exam)
{
    if (exam != NULL) {
        civic_exam_index_free(exam->index);
        free(exam->shown);
        free(exam);
    }
}


/* ---- all of it --------------------------------------------------------- */

static civic_result_t
unreadable(civic_request_t *r, civic_str_t id, const kept_t *kept,
    const civic_exam_faults_t *faults)
{
    civic_count(r, EXAM_UNREADABLE, 1);
    civic_log(r, CIVIC_LOG_ERROR, "exam \"%.*s\" of revision %lld cannot be "
              "read: %s at \"%s\"; load its file again", (int) id.len,
              id.data, (long long) kept->revision,
              faults != NULL && faults->count != 0 ? faults->list[0].code
                                                   : "incomplete",
              faults != NULL && faults->count != 0 ? faults->list[0].pointer
                                                   : "/positions");

    return CIVIC_INVALID;
}


static civic_result_t
make_ready(civic_request_t *r, civic_str_t id, const kept_t *kept,
    exam_t **exam)
{
    making_t        m = { .revision = kept->revision };
    civic_result_t  rc;

    m.source = (civic_exam_source_t) {
        .facts = kept->facts.data, .facts_len = kept->facts.len,
        .chunks = kept->chunk, .nchunks = kept->chunks
    };

    rc = civic_offload(r, CIVIC_THREADS_WORK, make, &m);
    *exam = m.exam;

    /* who has left has made it for the others */
    if (m.exam != NULL) {
        civic_count(r, EXAM_LOADED, 1);
        rc = rc == CIVIC_ABORTED ? rc : CIVIC_OK;

    } else if (m.done) {
        rc = unreadable(r, id, kept, m.faults);
    }

    free(m.faults);

    return rc;
}


civic_result_t
exam_load(civic_request_t *r, civic_str_t id, exam_t **exam,
    int64_t *revision)
{
    int             tries, whole = 0;
    kept_t          kept;
    civic_result_t  rc;

    *exam = NULL;

    for (tries = 0; tries < TRIES && !whole; tries++) {
        memset(&kept, 0, sizeof(kept));
        rc = read_head(r, id, &kept);
        *revision = kept.revision;

        if (rc != CIVIC_OK || kept.revision == 0) {
            return rc;
        }

        rc = read_chunks(r, id, &kept, &whole);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    return whole && kept.chunks > 0 ? make_ready(r, id, &kept, exam)
                                    : unreadable(r, id, &kept, NULL);
}
