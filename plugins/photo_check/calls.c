/*
 * calls.c - what other plugins ask: what a person's photo is, and erasing.
 */

#include "photo_check.h"
#include "values.h"

#define MOST  64                        /* photos of a person */


/* A pid of the caller's; logged, for it is a bug of a plugin. */
static civic_result_t
pid_in(civic_request_t *r, json_t *in, civic_str_t *pid)
{
    *pid = shared_json_str(in, "pid");

    if (pid->len != SHARED_PID) {
        civic_log(r, CIVIC_LOG_ERROR, "a call names no \"pid\"");
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


/* For who only wants to know how far a person is. */
static const char *
progress_of(const photo_t *photo)
{
    static const char *const  waits[] = { "checking", "comparing", "review" };

    size_t  i;

    for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        if (civic_str_eq(photo->state, civic_cstr(waits[i]))) {
            return "waiting";
        }
    }

    return civic_str_eq(photo->state, CIVIC_STR("finished")) ? "passed"
                                                             : "none";
}


/* {"pid", "profile"} -> {"state", "progress", "photo_id", "blob_id",
   "since"}: state is "none" if there is no photo; progress "none", "waiting"
   or, once it is finished, "passed". */
civic_result_t
photo_call_state(civic_request_t *r, json_t *in, json_t **out)
{
    photo_t         photo;
    civic_str_t     pid, profile = shared_json_str(in, "profile");
    civic_result_t  rc;

    rc = pid_in(r, in, &pid);

    if (rc == CIVIC_OK) {
        rc = photo_slot_read(r, pid, "photo",
                             profile.len > 0 ? profile
                                             : CIVIC_STR(PHOTO_DEFAULT),
                             &photo);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (photo.id.len == 0) {
        *out = json_pack("{s:s, s:s}", "state", "none", "progress", "none");

    } else {
        *out = json_pack("{s:s%, s:s, s:s%, s:s%, s:I}",
                         "state", photo.state.data, photo.state.len,
                         "progress", progress_of(&photo),
                         "photo_id", photo.id.data, photo.id.len,
                         "blob_id", photo.blob.data, photo.blob.len,
                         "since", (json_int_t) photo.since);
    }

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- erasing ----------------------------------------------------------- */

/* What was made of the face goes, what was decided stays.  Somebody else may
   be going on with the photo: then once more. */
static civic_result_t
erase_one(civic_request_t *r, const photo_t *listed, int64_t *erased)
{
    int             turn, moved;
    photo_t         photo;
    civic_result_t  rc;

    for (turn = 0; turn < 4; turn++) {
        rc = photo_read(r, listed->pid, listed->id, &photo);

        if (rc != CIVIC_OK || photo.comparison.len == 0) {
            return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
        }

        photo.comparison = CIVIC_STR("");
        rc = photo_move(r, &photo, &(photo_move_t) { .sealed = 1 }, &moved);

        if (rc != CIVIC_OK || moved) {
            *erased += moved;
            return rc;
        }
    }

    return CIVIC_NOT_SENT;
}


/* {"pid", "purpose"} -> {"erased"} */
civic_result_t
photo_call_erase(civic_request_t *r, json_t *in, json_t **out)
{
    size_t           i, count = 0;
    int64_t          erased = 0;
    photo_t         *photos;
    civic_str_t      pid;
    civic_result_t   rc;

    photos = civic_alloc(r, MOST * sizeof(photo_t));
    rc = pid_in(r, in, &pid);

    if (rc == CIVIC_OK && civic_str_eq(shared_json_str(in, "purpose"),
                                       CIVIC_STR(PHOTO_CONSENT)))
    {
        rc = photo_list(r, pid, photos, MOST, &count);
    }

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        rc = erase_one(r, &photos[i], &erased);
    }

    if (rc == CIVIC_OK) {
        *out = json_pack("{s:I}", "erased", (json_int_t) erased);
    }

    return rc;
}
