/*
 * work.c - goes on with what waits: photos that the engine has not seen yet
 * or that are not compared, and what follows when something was decided: the
 * queue of staff and a message for the person.
 *
 * Each step may be done twice: a photo is moved by the state that was read,
 * the queue is an index, a message has a name.  A photo that is moved on adds
 * an entry behind the others, so those that are tried again hold nobody up.
 */

#include "compare.h"
#include "engine.h"
#include "message.h"

#define MEMORY  (1536 * 1024)           /* bytes of pictures, before the last:
                                           a request has 8 MB */


/* ---- when it is decided ------------------------------------------------ */

static civic_result_t
tell(civic_request_t *r, const photo_t *photo)
{
    return shared_message(r, "notice",
        json_pack("{s:s%, s:s%}", "state", photo->state.data,
                  photo->state.len, "reason",
                  civic_text_or_empty(photo->reason), photo->reason.len),
        (civic_message_t) {
            .pid = photo->pid,
            .kind = civic_print(r, "photo_check.%.*s", (int) photo->state.len,
                                photo->state.data).data,
            .once = civic_print(r, "%.*s %.*s", (int) photo->id.len,
                                photo->id.data, (int) photo->state.len,
                                photo->state.data),
        }, NULL);
}


static civic_result_t
follow(civic_request_t *r, const photo_t *photo)
{
    civic_result_t  rc;

    rc = photo_queue_follow(r, photo);

    return rc == CIVIC_OK ? tell(r, photo) : rc;
}


/* ---- pictures ---------------------------------------------------------- */

/* *wait: not in this run. */
static civic_result_t
may_look(civic_request_t *r, photo_run_t *run, const photo_t *photo,
    int *wait)
{
    civic_result_t  rc;

    *wait = 1;

    if (run->stop || run->spent > MEMORY || photo->due > civic_now(r)) {
        return CIVIC_OK;
    }

    if (!run->turn) {
        rc = civic_turn(r, PHOTO_TURN, (unsigned) run->terms.turns,
                        (unsigned) run->terms.line);

        if (rc == CIVIC_BUSY || rc == CIVIC_TIMEOUT) {
            run->stop = 1;
            return CIVIC_OK;
        }

        if (rc != CIVIC_OK) {
            return rc;
        }

        run->turn = 1;
    }

    *wait = 0;

    return CIVIC_OK;
}


/* Its file is gone or damaged, which was logged: somebody has to tell the
   applicant. */
static civic_result_t
give_to_staff(civic_request_t *r, photo_t *photo)
{
    int  moved;

    photo->tries = 0;
    photo->due = 0;

    return photo_move(r, photo, &(photo_move_t) {
                          .state = "review", .work = 1 }, &moved);
}


static civic_result_t
look(civic_request_t *r, photo_t *photo, shared_entry_t *entry)
{
    photo_run_t     *run;
    civic_result_t   rc;

    rc = photo_run(r, entry, &run);

    if (rc == CIVIC_OK) {
        rc = may_look(r, run, photo, &entry->wait);
    }

    if (rc != CIVIC_OK || entry->wait) {
        return rc;
    }

    if (photo_is(photo, "checking")) {
        rc = photo_check_again(r, photo, &run->terms, &run->spent,
                               &run->stop);

        return rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID
               ? give_to_staff(r, photo) : rc;
    }

    return photo_compare(r, photo, &run->terms, &run->spent, &run->stop);
}


/* Staff have at once what is left to them.  Should this run die before, the
   entry that the move has added does it, as it tells the person. */
static civic_result_t
look_and_queue(civic_request_t *r, photo_t *photo, shared_entry_t *entry)
{
    civic_result_t  rc = look(r, photo, entry);

    return rc == CIVIC_OK && photo_is(photo, "review")
           ? photo_queue_follow(r, photo) : rc;
}


/* ---- entries ----------------------------------------------------------- */

/* "<pid> <photo>" */
civic_result_t
photo_work_step(civic_request_t *r, shared_entry_t *entry)
{
    photo_t         photo;
    civic_str_t     pid, id;
    civic_result_t  rc;

    if (entry->value.len != SHARED_PID + 1 + SHARED_ID) {
        return CIVIC_INVALID;
    }

    pid = (civic_str_t) { entry->value.data, SHARED_PID };
    id = (civic_str_t) { entry->value.data + SHARED_PID + 1, SHARED_ID };

    rc = photo_read(r, pid, id, &photo);

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        return staff_queue_drop(r, PHOTO_QUEUE, id, -1);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (photo_is(&photo, "checking") || photo_is(&photo, "comparing")) {
        return look_and_queue(r, &photo, entry);
    }

    return photo_is(&photo, "processed") || photo_is(&photo, "finished")
           ? CIVIC_OK : follow(r, &photo);
}
