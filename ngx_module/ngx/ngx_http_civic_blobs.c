/*
 * ngx_http_civic_blobs.c - files of persons: the folder, and the services.
 */

#include "ngx_http_civic_blobs.h"


char *
ngx_http_civic_blobs_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return NGX_CONF_OK;
}


char *
ngx_http_civic_blobs_init(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_civic_blobs_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    return NGX_OK;
}


civic_result_t
ngx_http_civic_blob_keep(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_blob_t *blob)
{
    return CIVIC_ERROR;
}


civic_result_t
ngx_http_civic_blob_write(civic_request_t *r, civic_str_t pid,
    const char *purpose, const char *media_type, civic_str_t bytes,
    civic_blob_t *blob)
{
    return CIVIC_ERROR;
}


civic_result_t
ngx_http_civic_blob_read(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id, civic_blob_t *blob,
    civic_str_t *bytes)
{
    return CIVIC_ERROR;
}


civic_result_t
ngx_http_civic_blob_url(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id, unsigned lifetime, civic_str_t *url)
{
    return CIVIC_ERROR;
}


civic_result_t
ngx_http_civic_blob_delete(civic_request_t *r, civic_str_t pid,
    const civic_str_t *ids, size_t count)
{
    return CIVIC_ERROR;
}


civic_result_t
ngx_http_civic_blobs_sweep(civic_request_t *r, const civic_job_t *job,
    unsigned *removed)
{
    return CIVIC_ERROR;
}
