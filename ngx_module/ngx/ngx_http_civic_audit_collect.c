/*
 * ngx_http_civic_audit_collect.c - from the outboxes into this worker's chain
 * of sealed segments.
 */

#include "ngx_http_civic.h"


char *
ngx_http_civic_audit_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return NGX_CONF_OK;
}


civic_result_t
ngx_http_civic_audit_collect(civic_request_t *r, const civic_job_t *job,
    unsigned keep_days, unsigned *moved)
{
    return CIVIC_ERROR;
}


void
ngx_http_civic_audit_exit(void)
{
}
