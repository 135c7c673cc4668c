/*
 * retention.c - the end of a photo's time, and files that are to go.
 *
 * Deleting a picture takes two steps, the script that stops to refer to it
 * and the host's own, which tells the audit trail.  The first puts it into
 * the outbox "gone", so that nothing stays when a worker dies in between.
 */

#include "photo_check.h"
#include "values.h"

#define MOST     256                    /* entries of one run */
#define BUDGET   15000                  /* ms: then the next run */


/* ---- what a run does --------------------------------------------------- */

typedef civic_result_t (*look_pt)(civic_request_t *r,
    const civic_outbox_entry_t *entry, const photo_terms_t *terms);


static civic_result_t
run(civic_request_t *r, const civic_job_t *job, const char *outbox,
    look_pt look)
{
    size_t                 i, count;
    civic_msec_t           until = civic_now(r) + BUDGET;
    civic_result_t         rc;
    photo_terms_t          terms;
    civic_outbox_entry_t  *entries;

    entries = civic_alloc(r, MOST * sizeof(civic_outbox_entry_t));
    rc = photo_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = civic_outbox_take(r, outbox, job, entries, MOST, &count);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < count && rc == CIVIC_OK && civic_now(r) < until; i++) {
        rc = look(r, &entries[i], &terms);
    }

    return rc;
}


/* ---- files that are to go ---------------------------------------------- */

/* "<pid> <blob>" */
static civic_result_t
look_at_gone(civic_request_t *r, const civic_outbox_entry_t *entry,
    const photo_terms_t *terms)
{
    civic_str_t     pid = shared_word(entry->value, 0);
    civic_str_t     blob = shared_word(entry->value, 1);
    civic_result_t  rc = CIVIC_OK;

    (void) terms;

    if (pid.len == SHARED_PID && blob.len > 0) {
        rc = civic_blob_delete(r, pid, &blob, 1);
    }

    return rc == CIVIC_OK ? civic_outbox_done(r, entry, 1) : rc;
}


civic_result_t
photo_gone_run(civic_request_t *r, const civic_job_t *job)
{
    return run(r, job, PHOTO_GONE, look_at_gone);
}


/* ---- photos whose time is over ----------------------------------------- */

/* It may have been replaced; or, a draft, submitted. */
static civic_result_t
end_photo(civic_request_t *r, const civic_outbox_entry_t *entry, int draft)
{
    photo_t         photo;
    civic_result_t  rc;

    rc = photo_read(r, shared_word(entry->value, 0),
                    shared_word(entry->value, 1),
                    &photo);

    if (rc == CIVIC_OK && photo_is(&photo, "processed") == draft) {
        rc = photo_forget(r, &photo);
    }

    return rc == CIVIC_OK || rc == CIVIC_NOT_FOUND
           ? civic_outbox_done(r, entry, 1) : rc;
}


/* "<pid> <photo> <ms> <until ms>": due as it was promised, or as the rule
   says by now, whichever is earlier. */
static int
is_due(civic_request_t *r, const civic_outbox_entry_t *entry, int64_t life)
{
    int64_t  at = shared_number(shared_word(entry->value, 2), 0);
    int64_t  until = shared_number(shared_word(entry->value, 3), 0);

    return civic_now(r) >= until || civic_now(r) >= at + life * 1000;
}


static civic_result_t
look_at_kept(civic_request_t *r, const civic_outbox_entry_t *entry,
    const photo_terms_t *terms)
{
    return is_due(r, entry, terms->keep) ? end_photo(r, entry, 0) : CIVIC_OK;
}


civic_result_t
photo_kept_run(civic_request_t *r, const civic_job_t *job)
{
    return run(r, job, PHOTO_KEPT, look_at_kept);
}


static civic_result_t
look_at_draft(civic_request_t *r, const civic_outbox_entry_t *entry,
    const photo_terms_t *terms)
{
    return is_due(r, entry, terms->draft) ? end_photo(r, entry, 1) : CIVIC_OK;
}


civic_result_t
photo_drafts_run(civic_request_t *r, const civic_job_t *job)
{
    return run(r, job, PHOTO_DRAFTS, look_at_draft);
}
