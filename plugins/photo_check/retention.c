/*
 * retention.c - the end of a photo's time, and files that are to go.
 *
 * Deleting a picture takes two steps, the script that stops to refer to it
 * and the host's own, which tells the audit trail.  The first puts it into
 * the outbox "gone", so that nothing stays when a worker dies in between.
 */

#include "photo_check.h"
#include "values.h"


/* What cannot be read is still to be deleted: a keyring may be put right. */
static civic_result_t
owed(civic_result_t rc)
{
    return rc == CIVIC_INVALID ? CIVIC_ERROR : rc;
}


/* "<pid> <blob>" */
civic_result_t
photo_gone_step(civic_request_t *r, shared_entry_t *entry)
{
    civic_str_t  pid = shared_word(entry->value, 0);
    civic_str_t  blob = shared_word(entry->value, 1);

    return pid.len == SHARED_PID && blob.len > 0
           ? owed(civic_blob_delete(r, pid, &blob, 1)) : CIVIC_INVALID;
}


/* ---- photos whose time is over ----------------------------------------- */

/* It may have been replaced; or, a draft, submitted. */
static civic_result_t
end_photo(civic_request_t *r, civic_str_t entry, int draft)
{
    photo_t         photo;
    civic_result_t  rc;

    rc = photo_read(r, shared_word(entry, 0), shared_word(entry, 1), &photo);

    if (rc == CIVIC_OK && photo_is(&photo, "processed") == draft) {
        rc = photo_forget(r, &photo);
    }

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : owed(rc);
}


/* "<pid> <photo> <ms> <until ms>": due as it was promised, or as the rule
   says by now (life s), whichever is earlier. */
static civic_result_t
end_due(civic_request_t *r, shared_entry_t *entry, int64_t life, int draft)
{
    int64_t  at = shared_number(shared_word(entry->value, 2), 0);
    int64_t  until = shared_number(shared_word(entry->value, 3), 0);

    entry->wait = civic_now(r) < until && civic_now(r) < at + life * 1000;

    return entry->wait ? CIVIC_OK : end_photo(r, entry->value, draft);
}


civic_result_t
photo_kept_step(civic_request_t *r, shared_entry_t *entry)
{
    photo_run_t     *run;
    civic_result_t   rc;

    rc = photo_run(r, entry, &run);

    return rc == CIVIC_OK ? end_due(r, entry, run->terms.keep, 0) : rc;
}


civic_result_t
photo_draft_step(civic_request_t *r, shared_entry_t *entry)
{
    photo_run_t     *run;
    civic_result_t   rc;

    rc = photo_run(r, entry, &run);

    return rc == CIVIC_OK ? end_due(r, entry, run->terms.draft, 1) : rc;
}
