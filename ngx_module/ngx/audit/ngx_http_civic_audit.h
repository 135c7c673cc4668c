/*
 * ngx_http_civic_audit.h - what the files about the audit trail share.
 *
 *   ngx_http_civic_audit.c          entries, as plugins make them
 *   ngx_http_civic_audit_conf.c     the directive, and syslog
 *   ngx_http_civic_audit_collect.c  from the outboxes into this worker's chain
 */

#ifndef NGX_HTTP_CIVIC_AUDIT_H
#define NGX_HTTP_CIVIC_AUDIT_H

#include "ngx_http_civic.h"
#include "audit_entry.h"
#include "audit_segment.h"

struct ngx_http_civic_audit_s {
    ngx_str_t                path;
    ngx_syslog_peer_t       *syslog;        /* NULL: none */
    civic_purpose_t         *chain;
    size_t                   segment;       /* bytes; 0: the default */
};

/* A line that tells how far this worker's chain is: no personal data. */
void ngx_http_civic_audit_syslog(ngx_http_civic_audit_t *audit,
    const civic_audit_head_t *head);

#endif /* NGX_HTTP_CIVIC_AUDIT_H */
