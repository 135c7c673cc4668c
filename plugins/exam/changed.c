/*
 * changed.c - the job that follows a load or a moved deadline: the list of
 * exams, which stands in another slot, and every plugin that offers the call
 * "exam_changed".
 *
 * It may be done twice: the list takes newer revisions alone, and a plugin is
 * told at least once.
 */

#include "exam.h"
#include "outbox_run.h"
#include "values.h"


/* "<revision> <listing>", if that is newer. */
static civic_result_t
mend_list(civic_request_t *r, civic_str_t id, int64_t *revision)
{
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

    return exam_order_enter(r, id, *revision, shared_item(value, 1));
}


static civic_result_t
tell(civic_request_t *r, shared_entry_t *entry)
{
    json_t          *answers;
    int64_t          revision;
    civic_str_t      id = entry->value;
    civic_result_t   rc;

    if (!civic_exam_id_valid(id.data, id.len)) {
        return CIVIC_INVALID;
    }

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


static const shared_outbox_t  outboxes[] = {
    { .name = EXAM_CHANGED, .step = tell },
    { .name = NULL }
};


civic_result_t
exam_changed_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_outbox_run(r, job, outboxes, EXAM_SET_ASIDE, NULL);
}
