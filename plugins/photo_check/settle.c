/*
 * settle.c - what follows from a report: a photo that is refused, that waits
 * for the engine, or that is to be compared.
 *
 * What is kept is the engine's picture.  Only while the engine is down are the
 * bytes kept that were uploaded; nobody is shown those.
 */

#include "engine.h"

/* Pixels of a photo that is kept, at most: four times what is printed of it
   on any form. */
#define STORED_WIDTH   2400
#define STORED_HEIGHT  3360


/* ---- the picture that is kept ------------------------------------------ */

civic_result_t
photo_make_stored(civic_request_t *r, photo_check_t *check, civic_str_t pid,
    civic_blob_t *blob, int *made)
{
    civic_str_t      query;
    civic_result_t   rc;
    engine_answer_t  answer;

    *made = 0;
    query = civic_print(r, "max_bytes=%lld&max_width=%d&max_height=%d",
                        (long long) check->limits.stored, STORED_WIDTH,
                        STORED_HEIGHT);

    rc = photo_engine_process(r, &check->terms, check->bytes, query, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    json_decref(answer.json);

    if (answer.verdict != ENGINE_DONE) {
        check->down = 1;
        return CIVIC_OK;
    }

    rc = civic_blob_write(r, pid, PHOTO_PICTURE, PHOTO_JPEG, answer.picture,
                          blob);
    *made = rc == CIVIC_OK;

    return rc;
}


/* ---- an upload --------------------------------------------------------- */

static void
fill(civic_request_t *r, const photo_check_t *check, const char *state,
    photo_t *photo)
{
    photo->state = civic_cstr(state);
    photo->profile = check->profile;
    photo->until = civic_now(r) + check->terms.keep * 1000;
    photo->due = 0;
    photo->tries = 0;
    photo->report = photo_json_text(r, check->report);
}


/* It takes nothing from the photo that counts. */
static civic_result_t
put_refused(civic_request_t *r, const photo_check_t *check, photo_t *photo)
{
    fill(r, check, "refused", photo);
    civic_count(r, PHOTO_REFUSED_BY_REPORT, 1);

    return photo_put(r, photo, &(photo_put_t) { .slot = "last", .once = 1 });
}


/* As it came: a job looks at it when the engine is back. */
static civic_result_t
put_waiting(civic_request_t *r, const photo_check_t *check, photo_t *photo)
{
    civic_blob_t    blob;
    civic_result_t  rc;

    rc = civic_blob_keep(r, photo->pid, PHOTO_PICTURE, &blob);
    if (rc != CIVIC_OK) {
        return rc;
    }

    fill(r, check, "checking", photo);
    photo->report = CIVIC_STR("");
    photo->due = civic_now(r) + photo_pause(&check->terms, 0);
    civic_count(r, PHOTO_WAITING, 1);

    return photo_put(r, photo, &(photo_put_t) {
        .slot = "photo", .blob = &blob, .once = 1, .work = 1 });
}


/* Without models for faces nobody but staff can tell. */
static civic_result_t
put_accepted(civic_request_t *r, const photo_check_t *check, photo_t *photo,
    const civic_blob_t *blob)
{
    fill(r, check, check->no_models ? "review" : "comparing", photo);
    civic_count(r, PHOTO_ACCEPTED, 1);

    return photo_put(r, photo, &(photo_put_t) {
        .slot = "photo", .blob = blob, .once = 1, .work = 1 });
}


civic_result_t
photo_settle_upload(civic_request_t *r, photo_check_t *check, photo_t *photo,
    int *answered)
{
    int             made = 0;
    civic_blob_t    blob;
    civic_result_t  rc = CIVIC_OK;

    if (photo_check_says(check, "refused")) {
        return put_refused(r, check, photo);
    }

    if (!check->down) {
        rc = photo_make_stored(r, check, photo->pid, &blob, &made);
    }

    /* engines take their time: what was open may be locked by now */
    if (rc == CIVIC_OK) {
        rc = photo_lock(r, photo->pid, check->profile, answered);
    }

    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    return made ? put_accepted(r, check, photo, &blob)
                : put_waiting(r, check, photo);
}
