/*
 * changed.c - the job that follows a load or a moved deadline: the list of
 * exams, which stands in another slot, and every plugin that offers the call
 * "exam_changed".
 *
 * It may be done twice: the list takes newer revisions alone, and a plugin is
 * told at least once.
 */

#include "exam.h"
#include "values.h"

#define MOST  64                        /* entries of a run */


/* "<revision> <listing>", if that is newer. */
static civic_result_t
mend_list(civic_request_t *r, civic_str_t id, int64_t *revision)
{
    civic_str_t           key = CIVIC_STR(EXAM_LIST), args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HMGET"),
                                   exam_key(r, id, "head"),
                                   CIVIC_STR("revision"),
                                   CIVIC_STR("listing")), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *revision = shared_number(shared_item(value, 0), 0);

    if (*revision == 0) {
        return CIVIC_OK;
    }

    args[0] = id;
    args[1] = shared_decimal(r, *revision);
    args[2] = shared_item(value, 1);

    return civic_script(r, &(civic_script_t) {
                            .name = "exam_list", .keys = &key, .nkeys = 1,
                            .args = args, .nargs = 3 }, &value);
}


static civic_result_t
tell(civic_request_t *r, civic_str_t id)
{
    json_t          *answers;
    int64_t          revision;
    civic_result_t   rc;

    rc = mend_list(r, id, &revision);

    if (rc != CIVIC_OK || revision == 0) {
        return rc;
    }

    rc = civic_call_all(r, "exam_changed",
                        json_pack("{s:s%, s:I}", "exam_id", id.data, id.len,
                                  "revision", (json_int_t) revision),
                        &answers);

    if (rc == CIVIC_OK) {
        civic_count(r, EXAM_TOLD, 1);
    }

    return rc;
}


civic_result_t
exam_changed_run(civic_request_t *r, const civic_job_t *job)
{
    size_t                 i, count;
    civic_result_t         rc, first = CIVIC_OK;
    civic_outbox_entry_t   entries[MOST];

    rc = civic_outbox_take(r, EXAM_CHANGED, job, entries, MOST, &count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < count; i++) {
        rc = civic_exam_id_valid(entries[i].value.data, entries[i].value.len)
             ? tell(r, entries[i].value) : CIVIC_OK;

        if (rc == CIVIC_OK) {
            rc = civic_outbox_done(r, &entries[i], 1);
        }

        if (rc == CIVIC_ABORTED) {
            return rc;
        }

        first = first == CIVIC_OK ? rc : first;
    }

    return first;
}
