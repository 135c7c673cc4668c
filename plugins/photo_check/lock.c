/*
 * lock.c - whether another photo may take the place of the one that counts.
 *
 * What was looked at and approved is what stands on a ticket.  Which photo
 * somebody relies on is known to the plugins that do: they offer the call
 * "photo_locked".
 */

#include "photo_check.h"
#include "values.h"


/* What waits or was refused is relied on by nobody.  One that cannot be read
   (logged) may be: others are asked all the same. */
static civic_result_t
read_counting(civic_request_t *r, civic_str_t pid, civic_str_t profile,
    int *counts)
{
    photo_t         photo;
    civic_result_t  rc;

    rc = photo_slot_read(r, pid, "photo", profile, &photo);

    *counts = rc == CIVIC_INVALID
              || (rc == CIVIC_OK && (photo_is(&photo, "passed")
                                     || photo_is(&photo, "finished")));

    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


/* One that does not answer may rely on it: then nothing is changed. */
civic_result_t
photo_lock(civic_request_t *r, civic_str_t pid, civic_str_t profile,
    int *answered)
{
    int              counts;
    json_t          *answers, *answer;
    const char      *plugin;
    civic_result_t   rc;

    rc = read_counting(r, pid, profile, &counts);
    if (rc != CIVIC_OK || !counts) {
        return rc;
    }

    rc = civic_call_all(r, "photo_locked",
                        json_pack("{s:s%, s:s%}", "pid", pid.data, pid.len,
                                  "profile", profile.data, profile.len),
                        &answers);
    if (rc != CIVIC_OK) {
        return rc;
    }

    json_object_foreach(answers, plugin, answer) {
        if (json_is_true(json_object_get(answer, "locked"))) {
            *answered = 1;
            return civic_problem(r, "photo_locked");
        }
    }

    return CIVIC_OK;
}
