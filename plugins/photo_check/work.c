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
#include "values.h"

#define MOST     256                    /* entries of one run */
#define BUDGET   20000                  /* ms: then the next run */
#define MEMORY   (1536 * 1024)          /* bytes of pictures, before the last:
                                           a request has 8 MB */

typedef struct {
    civic_request_t  *r;
    photo_terms_t     terms;
    size_t            spent;
    int               turn;             /* it holds one */
    int               stop;             /* no more pictures in this run */
} work_t;


/* ---- when it is decided ------------------------------------------------ */

static civic_str_t
text_of(json_t *notice, const char *name)
{
    return shared_json_str(notice, name);
}


static civic_result_t
tell(civic_request_t *r, const photo_t *photo)
{
    json_t          *notice;
    civic_result_t   rc;

    rc = civic_rule(r, "notice",
                    json_pack("{s:s%, s:s%}", "state", photo->state.data,
                              photo->state.len, "reason",
                              civic_text_or_empty(photo->reason),
                              photo->reason.len), &notice);

    if (rc != CIVIC_OK || !json_is_true(json_object_get(notice, "send"))) {
        return rc;
    }

    rc = civic_message(r, &(civic_message_t) {
        .pid = photo->pid,
        .kind = civic_print(r, "photo_check.%.*s", (int) photo->state.len,
                            photo->state.data).data,
        .once = civic_print(r, "%.*s %.*s", (int) photo->id.len,
                            photo->id.data, (int) photo->state.len,
                            photo->state.data),
        .title_zh = text_of(notice, "title_zh"),
        .title_en = text_of(notice, "title_en"),
        .text_zh = text_of(notice, "text_zh"),
        .text_en = text_of(notice, "text_en") });

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
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
may_look(work_t *work, const photo_t *photo, int *wait)
{
    civic_result_t  rc;

    *wait = 1;

    if (work->stop || work->spent > MEMORY
        || photo->due > civic_now(work->r))
    {
        return CIVIC_OK;
    }

    if (!work->turn) {
        rc = civic_turn(work->r, PHOTO_TURN, (unsigned) work->terms.turns,
                        (unsigned) work->terms.line);

        if (rc == CIVIC_BUSY || rc == CIVIC_TIMEOUT) {
            work->stop = 1;
            return CIVIC_OK;
        }

        if (rc != CIVIC_OK) {
            return rc;
        }

        work->turn = 1;
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
look(work_t *work, photo_t *photo, int *wait)
{
    civic_result_t  rc;

    rc = may_look(work, photo, wait);

    if (rc != CIVIC_OK || *wait) {
        return rc;
    }

    if (photo_is(photo, "checking")) {
        rc = photo_check_again(work->r, photo, &work->terms, &work->spent,
                               &work->stop);

        return rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID
               ? give_to_staff(work->r, photo) : rc;
    }

    return photo_compare(work->r, photo, &work->terms, &work->spent,
                         &work->stop);
}


/* ---- entries ----------------------------------------------------------- */

/* "<pid> <photo>"; *wait: it stays where it is. */
static civic_result_t
go_on(work_t *work, const civic_outbox_entry_t *entry, int *wait)
{
    photo_t         photo;
    civic_str_t     pid, id;
    civic_result_t  rc;

    *wait = 0;

    if (entry->value.len != SHARED_PID + 1 + SHARED_ID) {
        return CIVIC_OK;
    }

    pid = (civic_str_t) { entry->value.data, SHARED_PID };
    id = (civic_str_t) { entry->value.data + SHARED_PID + 1, SHARED_ID };

    rc = photo_read(work->r, pid, id, &photo);

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        return staff_queue_drop(work->r, PHOTO_QUEUE, id, -1);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (photo_is(&photo, "checking") || photo_is(&photo, "comparing")) {
        return look(work, &photo, wait);
    }

    return photo_is(&photo, "processed") || photo_is(&photo, "finished")
           ? CIVIC_OK : follow(work->r, &photo);
}


static civic_result_t
each(work_t *work, const civic_outbox_entry_t *entries, size_t count)
{
    int             wait;
    size_t          i;
    civic_msec_t    until = civic_now(work->r) + BUDGET;
    civic_result_t  rc, failed = CIVIC_OK;

    for (i = 0; i < count && civic_now(work->r) < until; i++) {
        rc = go_on(work, &entries[i], &wait);

        if (rc == CIVIC_OK && !wait) {
            rc = civic_outbox_done(work->r, &entries[i], 1);
        }

        if (rc == CIVIC_ERROR || rc == CIVIC_BUSY) {
            /* logged; the others are not to wait for it */
            failed = rc;
            continue;
        }

        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    return failed;
}


civic_result_t
photo_work_run(civic_request_t *r, const civic_job_t *job)
{
    size_t                 count;
    work_t                 work = { .r = r };
    civic_result_t         rc;
    civic_outbox_entry_t  *entries;

    entries = civic_alloc(r, MOST * sizeof(civic_outbox_entry_t));
    rc = civic_outbox_take(r, PHOTO_WORK, job, entries, MOST, &count);

    if (rc == CIVIC_OK && count > 0) {
        rc = photo_terms(r, &work.terms);
    }

    return rc == CIVIC_OK && count > 0 ? each(&work, entries, count) : rc;
}
