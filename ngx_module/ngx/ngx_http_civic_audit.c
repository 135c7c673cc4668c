/*
 * ngx_http_civic_audit.c - who changed what: entries for the audit trail, and
 * the chain of segments that this worker writes.
 */

#include "ngx_http_civic.h"


char *
ngx_http_civic_audit_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return NGX_CONF_OK;
}


char *
ngx_http_civic_audit_init(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    return ngx_http_civic_outbox_init(cf, cmcf);
}


civic_result_t
ngx_http_civic_audit(civic_request_t *r, const civic_audit_entry_t *entry,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed)
{
    return CIVIC_ERROR;
}


civic_result_t
ngx_http_civic_audit_note(civic_request_t *r,
    const civic_audit_entry_t *entry)
{
    return CIVIC_ERROR;
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
