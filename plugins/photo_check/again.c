/*
 * again.c - an upload that came while the engine was down: looked at again.
 *
 * A picture that kills a worker of the engine looks like an engine that is
 * down.  So there are only so many tries, each later than the one before, and
 * then staff look at it: nothing waits for ever, and nothing passes unseen.
 */

#include "engine.h"


static civic_result_t
try_later(civic_request_t *r, photo_t *photo, const photo_terms_t *terms)
{
    int  moved;

    photo->tries++;
    photo->due = civic_now(r) + photo_pause(terms, photo->tries);

    if (photo->tries < terms->tries) {
        return photo_move(r, photo, &(photo_move_t) { .work = 1 }, &moved);
    }

    photo->tries = 0;
    photo->due = 0;

    return photo_move(r, photo, &(photo_move_t) {
                          .state = "review", .work = 1 }, &moved);
}


static civic_result_t
refused(civic_request_t *r, photo_t *photo)
{
    int             moved;
    civic_result_t  rc;

    photo->tries = 0;
    photo->due = 0;

    rc = photo_move(r, photo, &(photo_move_t) {
                        .state = "refused", .sealed = 1, .drop = 1,
                        .work = 1 }, &moved);

    if (rc == CIVIC_OK && moved) {
        civic_count(r, PHOTO_REFUSED_BY_REPORT, 1);
    }

    return rc;
}


static civic_result_t
accepted(civic_request_t *r, photo_check_t *check, photo_t *photo)
{
    int             made, moved;
    civic_blob_t    blob;
    civic_result_t  rc;

    rc = photo_make_stored(r, check, photo->pid, &blob, &made);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!made) {
        return try_later(r, photo, &check->terms);
    }

    photo->tries = 0;
    photo->due = 0;

    rc = photo_move(r, photo, &(photo_move_t) {
                        .state = check->no_models ? "review" : "comparing",
                        .sealed = 1, .blob = &blob, .work = 1 }, &moved);

    if (rc == CIVIC_OK && moved) {
        civic_count(r, PHOTO_ACCEPTED, 1);
    }

    return rc;
}


static civic_result_t
settle(civic_request_t *r, photo_check_t *check, photo_t *photo)
{
    civic_result_t  rc;

    rc = photo_check_bytes(r, check);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (photo_check_says(check, "refused")) {
        photo->report = photo_json_text(r, check->report);
        return refused(r, photo);
    }

    if (check->down) {
        return try_later(r, photo, &check->terms);
    }

    photo->report = photo_json_text(r, check->report);

    return accepted(r, check, photo);
}


civic_result_t
photo_check_again(civic_request_t *r, photo_t *photo,
    const photo_terms_t *terms, size_t *spent, int *down)
{
    civic_blob_t     blob;
    photo_check_t   *check = civic_alloc(r, sizeof(photo_check_t));
    civic_result_t   rc;

    memset(check, 0, sizeof(photo_check_t));
    check->profile = photo->profile;
    check->terms = *terms;

    rc = photo_limits(r, photo->profile, &check->limits);

    if (rc == CIVIC_OK && check->limits.known) {
        rc = civic_blob_read(r, photo->pid, PHOTO_PICTURE, photo->blob, &blob,
                             &check->bytes);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *spent += check->bytes.len;

    /* the rules know this exam no more: nobody but staff can tell */
    if (!check->limits.known) {
        photo->tries = terms->tries;
        return try_later(r, photo, terms);
    }

    rc = settle(r, check, photo);

    *down = check->down;
    photo_check_end(check);

    return rc;
}
