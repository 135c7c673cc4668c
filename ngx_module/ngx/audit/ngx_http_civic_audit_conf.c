/*
 * ngx_http_civic_audit_conf.c - "civic_audit folder [syslog:server=...]
 * [segment=size]".
 *
 * The folder is one of nginx's paths: the master makes it, for the workers'
 * user alone.  Syslog's words and socket are nginx's own.
 */

#include "ngx_http_civic_audit.h"
#include "ngx_http_civic_blobs.h"
#include "ngx_http_civic_folder.h"


#define NGX_HTTP_CIVIC_AUDIT_SYSLOG  512        /* bytes of a line */
#define NGX_HTTP_CIVIC_AUDIT_LEAST   4096
#define NGX_HTTP_CIVIC_AUDIT_MOST    (64 * 1024 * 1024)


/* nginx's reader of "syslog:..." looks at the first word of a directive. */

static char *
ngx_http_civic_audit_server(ngx_conf_t *cf, ngx_http_civic_audit_t *audit,
    ngx_str_t word)
{
    char       *rv;
    ngx_str_t  *value = cf->args->elts, first;

    if (audit->syslog != NULL) {
        return "has two syslog servers";
    }

    audit->syslog = ngx_pcalloc(cf->pool, sizeof(ngx_syslog_peer_t));
    if (audit->syslog == NULL) {
        return NGX_CONF_ERROR;
    }

    first = value[1];
    value[1] = word;

    rv = ngx_syslog_process_conf(cf, audit->syslog);

    value[1] = first;

    return rv;
}


static char *
ngx_http_civic_audit_word(ngx_conf_t *cf, ngx_http_civic_audit_t *audit,
    ngx_str_t word)
{
    ssize_t    size;
    ngx_str_t  number;

    if (ngx_strncmp(word.data, "syslog:", 7) == 0) {
        return ngx_http_civic_audit_server(cf, audit, word);
    }

    if (ngx_strncmp(word.data, "segment=", 8) == 0) {
        number.data = word.data + 8;
        number.len = word.len - 8;
        size = ngx_parse_size(&number);

        if (size >= NGX_HTTP_CIVIC_AUDIT_LEAST
            && size <= NGX_HTTP_CIVIC_AUDIT_MOST)
        {
            audit->segment = size;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", only \"syslog:...\" and "
                       "\"segment=4k\" to \"segment=64m\" are known", &word);
    return NGX_CONF_ERROR;
}


/* nginx makes its paths in nginx -t, too: this one it is told for work only.
   It also gives them to the workers' user, so they are looked at before. */

static char *
ngx_http_civic_audit_path(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    char        *rv;
    ngx_str_t   *value = cf->args->elts;
    ngx_path_t  *path;

    rv = ngx_http_civic_folder_check(cf, &value[0], &cmcf->audit->path,
                                     civic_folder_look_audit,
                                     cmcf->blobs == NULL
                                     ? NULL : &cmcf->blobs->folder);

    if (rv != NGX_CONF_OK || ngx_test_config) {
        return rv;
    }

    path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->name = cmcf->audit->path;
    path->conf_file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;

    return ngx_add_path(cf, &path) == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_civic_audit_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                        *rv;
    ngx_str_t                   *value = cf->args->elts;
    ngx_uint_t                   i;
    ngx_http_civic_audit_t      *audit;
    ngx_http_civic_main_conf_t  *cmcf = conf;

    if (cmcf->audit != NULL) {
        return "is duplicate";
    }

    audit = ngx_pcalloc(cf->pool, sizeof(ngx_http_civic_audit_t));
    if (audit == NULL) {
        return NGX_CONF_ERROR;
    }

    cmcf->audit = audit;
    audit->path = value[1];

    if (audit->path.len == 0) {
        return "has an empty folder";
    }

    while (audit->path.len > 1
           && audit->path.data[audit->path.len - 1] == '/')
    {
        audit->path.data[--audit->path.len] = '\0';
    }

    if (ngx_conf_full_name(cf->cycle, &audit->path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_civic_audit_path(cf, cmcf);

    for (i = 2; i < cf->args->nelts && rv == NGX_CONF_OK; i++) {
        rv = ngx_http_civic_audit_word(cf, audit, value[i]);
    }

    return rv;
}


void
ngx_http_civic_audit_syslog(ngx_http_civic_audit_t *audit,
    const civic_audit_head_t *head)
{
    u_char  *p, line[NGX_HTTP_CIVIC_AUDIT_SYSLOG];

    if (audit->syslog == NULL) {
        return;
    }

    p = ngx_syslog_add_header(audit->syslog, line);

    p = ngx_snprintf(p, line + sizeof(line) - p,
                     "audit trail: folder %s, writer %s, segment %ui, "
                     "seq %uL, mac %s",
                     head->folder, head->writer, (ngx_uint_t) head->segment,
                     head->seq, head->mac);

    (void) ngx_syslog_send(audit->syslog, line, p - line);
}
