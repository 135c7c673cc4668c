/*
 * ngx_http_civic_outbox.c - work that must not be lost: queues that a script
 * can reach from any slot, and that jobs empty.
 */

#include "ngx_http_civic.h"


civic_str_t
ngx_http_civic_outbox(civic_request_t *r, const char *name, civic_str_t near)
{
    return CIVIC_STR("");
}


civic_result_t
ngx_http_civic_outbox_take(civic_request_t *r, const char *name,
    const civic_job_t *job, civic_outbox_entry_t *entries, size_t max,
    size_t *count)
{
    return CIVIC_ERROR;
}


civic_result_t
ngx_http_civic_outbox_done(civic_request_t *r,
    const civic_outbox_entry_t *entries, size_t count)
{
    return CIVIC_ERROR;
}
