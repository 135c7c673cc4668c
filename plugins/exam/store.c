/*
 * store.c - the exams that a worker keeps.
 *
 * An exam's revision is asked for at most once a second.  When there is a
 * newer one, one request loads it; others go on with the one before, and wait
 * only if there is none.  While Redis does not answer, what is kept is served
 * on.  An exam is given up when another needs its place, and freed when the
 * last request that holds it has ended.
 *
 * Nothing here is touched by threads; but a request that waits finds the
 * places changed afterwards, so it looks for its own again.
 */

#include <stdlib.h>

#include "exam.h"

#define PLACES  16
#define LINE    4096                    /* who waits for an exam's load */

typedef struct {
    char          id[CIVIC_EXAM_ID + 1];
    exam_t       *exam;                 /* NULL: none was loaded yet */
    civic_msec_t  looked_at;
    civic_msec_t  loaded_at;
    int64_t       broken;               /* the revision that cannot be read */
    int           loading;
    uint64_t      used;
} place_t;

struct exam_store_s {
    place_t   places[PLACES];
    uint64_t  uses;
};


exam_store_t *
exam_store_create(void)
{
    return calloc(1, sizeof(exam_store_t));
}


void
exam_store_destroy(exam_store_t *store)
{
    size_t  i;

    for (i = 0; store != NULL && i < PLACES; i++) {
        exam_destroy(store->places[i].exam);
    }

    free(store);
}


static exam_store_t *
store_of(civic_request_t *r)
{
    return ((exam_worker_t *) civic_state(r))->store;
}


/* ---- holding ----------------------------------------------------------- */

typedef struct {
    exam_t  *exam;
    int      done;
} freeing_t;


static void
free_it(void *data)
{
    freeing_t  *f = data;

    f->done = 1;
    civic_exam_index_free(f->exam->index);
    f->exam->index = NULL;
}


/* Its facts are a tree that others may still hold: it stays on the loop.  The
   rest is large, and goes on a thread if one has time. */
static void
let_go(civic_request_t *r, exam_t *exam)
{
    freeing_t  f = { exam, 0 };

    if (exam == NULL || --exam->holders != 0) {
        return;
    }

    json_decref(civic_exam_index_take_facts(exam->index));

    (void) civic_offload(r, CIVIC_THREADS_WORK, free_it, &f);

    exam_destroy(exam);
}


void
exam_release(civic_request_t *r, exam_t *exam)
{
    let_go(r, exam);
}


static exam_t *
take(exam_store_t *store, place_t *place)
{
    place->used = ++store->uses;
    place->exam->holders++;

    return place->exam;
}


/* ---- places ------------------------------------------------------------ */

static place_t *
find(exam_store_t *store, civic_str_t id)
{
    size_t  i;

    for (i = 0; i < PLACES; i++) {
        if (civic_str_eq(civic_cstr(store->places[i].id), id)) {
            return &store->places[i];
        }
    }

    return NULL;
}


/* A free place, or that of the exam that was not used for longest; *old is
   what stood there.  NULL: all are being loaded. */
static place_t *
make_place(exam_store_t *store, civic_str_t id, exam_t **old)
{
    size_t    i;
    place_t  *place = NULL;

    for (i = 0; i < PLACES; i++) {
        if (store->places[i].loading) {
            continue;
        }

        if (place == NULL || store->places[i].used < place->used) {
            place = &store->places[i];
        }
    }

    if (place == NULL) {
        return NULL;
    }

    *old = place->exam;
    memset(place, 0, sizeof(*place));
    memcpy(place->id, id.data, id.len);
    place->used = ++store->uses;

    return place;
}


static void
give_up(civic_request_t *r, exam_store_t *store, civic_str_t id)
{
    exam_t   *old;
    place_t  *place = find(store, id);

    if (place != NULL && !place->loading) {
        old = place->exam;
        memset(place, 0, sizeof(*place));
        let_go(r, old);
    }
}


/* ---- loading ----------------------------------------------------------- */

static civic_result_t
load(civic_request_t *r, exam_store_t *store, civic_str_t id)
{
    exam_t          *exam, *old = NULL;
    int64_t          revision = 0;
    place_t         *place = find(store, id);
    civic_result_t   rc;

    if (place == NULL) {
        place = make_place(store, id, &old);
        if (place == NULL) {
            return CIVIC_BUSY;
        }
    }

    place->loading = 1;
    let_go(r, old);

    rc = exam_load(r, id, &exam, &revision);

    /* it is there still: who loads keeps the place */
    place->loading = 0;

    if (exam != NULL) {
        old = place->exam;
        place->exam = exam;
        place->broken = 0;
        place->looked_at = civic_now(r);
        place->loaded_at = place->looked_at;
        exam->holders = 1;
        let_go(r, old);
        return rc;
    }

    if (rc == CIVIC_INVALID) {
        place->broken = revision;
    }

    return rc == CIVIC_OK ? CIVIC_NOT_FOUND : rc;
}


/* One at a time.  Who waited finds that it was done. */
static civic_result_t
load_in_turn(civic_request_t *r, exam_store_t *store, civic_str_t id,
    int64_t revision)
{
    place_t         *place;
    civic_msec_t     asked_at = civic_now(r);
    civic_str_t      turn = civic_print(r, "load %.*s", (int) id.len,
                                        id.data);
    civic_result_t   rc;

    rc = civic_turn(r, turn.data, 1, LINE);
    if (rc != CIVIC_OK) {
        return rc == CIVIC_TIMEOUT ? CIVIC_BUSY : rc;
    }

    place = find(store, id);

    if (place != NULL && place->broken == revision) {
        rc = CIVIC_INVALID;

    } else if (place == NULL || place->exam == NULL
               || (place->exam->revision != revision
                   && place->loaded_at < asked_at))
    {
        rc = load(r, store, id);
    }

    civic_turn_end(r, turn.data);

    return rc;
}


/* Redis was asked, or could not be: what is to be done about it. */
static civic_result_t
look(civic_request_t *r, exam_store_t *store, civic_str_t id)
{
    int64_t          revision;
    place_t         *place = find(store, id);
    civic_result_t   rc;

    if (place != NULL) {
        place->looked_at = civic_now(r);        /* others need not look */
    }

    rc = exam_revision(r, id, &revision);
    place = find(store, id);

    if (rc != CIVIC_OK) {
        return rc != CIVIC_ABORTED && place != NULL && place->exam != NULL
               ? CIVIC_OK : rc;
    }

    if (revision == 0) {
        give_up(r, store, id);
        return CIVIC_NOT_FOUND;
    }

    if (place != NULL && place->exam != NULL
        && (place->exam->revision == revision || place->loading
            || place->broken == revision))
    {
        return CIVIC_OK;
    }

    if (place != NULL && place->broken == revision) {
        return CIVIC_INVALID;
    }

    rc = load_in_turn(r, store, id, revision);

    /* the one before is better than none */
    if (rc == CIVIC_INVALID || rc == CIVIC_BUSY || rc == CIVIC_NOT_SENT) {
        place = find(store, id);
        rc = place != NULL && place->exam != NULL ? CIVIC_OK : rc;
    }

    return rc;
}


civic_result_t
exam_hold(civic_request_t *r, civic_str_t id, exam_t **exam)
{
    place_t         *place;
    exam_store_t    *store = store_of(r);
    civic_result_t   rc = CIVIC_OK;

    *exam = NULL;

    if (!civic_exam_id_valid(id.data, id.len)) {
        return CIVIC_NOT_FOUND;
    }

    place = find(store, id);

    if (place == NULL || place->exam == NULL
        || civic_now(r) - place->looked_at >= EXAM_LOOK
        || civic_now(r) < place->looked_at)
    {
        rc = look(r, store, id);
        place = find(store, id);
    }

    if (rc == CIVIC_OK) {
        if (place == NULL || place->exam == NULL) {
            return CIVIC_BUSY;          /* given up while we waited */
        }

        *exam = take(store, place);
    }

    return rc;
}
