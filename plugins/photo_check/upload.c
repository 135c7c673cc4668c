/*
 * upload.c - POST /photo-check/photos, and /preview: the same report of a
 * picture that nobody keeps.
 */

#include "engine.h"


civic_result_t
photo_upload(civic_request_t *r)
{
    int              answered = 0;
    photo_t          photo;
    photo_check_t   *check = civic_alloc(r, sizeof(photo_check_t));
    civic_result_t   rc;

    memset(&photo, 0, sizeof(photo_t));
    photo.pid = shared_copy(r, civic_pid(r));

    rc = photo_check_begin(r, "upload", check, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = photo_lock(r, photo.pid, check->profile, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = photo_check_upload(r, check, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = photo_settle_upload(r, check, &photo, &answered);
    }

    photo_check_end(check);

    return rc != CIVIC_OK || answered ? rc : photo_reply(r, 201, &photo);
}


civic_result_t
photo_preview(civic_request_t *r)
{
    int              answered = 0;
    photo_check_t   *check = civic_alloc(r, sizeof(photo_check_t));
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = photo_check_begin(r, "preview", check, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = photo_check_upload(r, check, &answered);
    }

    photo_check_end(check);

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (check->down) {
        return photo_engine_unavailable(r, &check->terms);
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "profile", check->profile);
    photo_write_report(r, w, check->report);

    return CIVIC_OK;
}
