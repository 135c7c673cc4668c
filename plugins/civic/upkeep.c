/*
 * upkeep.c - what the host does with blobs and the audit trail, and only
 * needs a plugin to do it on a route and in jobs.
 */

#include "civic.h"


civic_result_t
civic_blob_show(civic_request_t *r)
{
    civic_result_t  rc;

    rc = civic_reply_blob_url(r, civic_path(r, "ticket"));

    return rc == CIVIC_NOT_FOUND ? civic_problem(r, "not_found") : rc;
}


civic_result_t
civic_audit_run(civic_request_t *r, const civic_job_t *job)
{
    json_t          *keep;
    int64_t          days;
    unsigned         moved;
    civic_result_t   rc;

    rc = civic_rule(r, "audit_keep", json_object(), &keep);
    if (rc != CIVIC_OK) {
        return rc;
    }

    days = shared_rule_number(keep, "days", 400, CIVIC_AUDIT_DAYS_MIN,
                              CIVIC_DAYS_MOST);

    return civic_audit_collect(r, job, (unsigned) days, &moved);
}


civic_result_t
civic_blobs_run(civic_request_t *r, const civic_job_t *job)
{
    unsigned  removed;

    return civic_blobs_sweep(r, job, &removed);
}
