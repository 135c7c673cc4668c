/*
 * ngx_http_civic_upload.c - bodies that are files, sealed as they arrive.
 */

#include "ngx_http_civic_blobs.h"


ngx_int_t
ngx_http_civic_upload_read(ngx_http_civic_request_t *cr,
    void (*done)(ngx_http_civic_request_t *cr))
{
    return NGX_ERROR;
}


const civic_upload_t *
ngx_http_civic_upload(civic_request_t *r)
{
    return NULL;
}


void
ngx_http_civic_upload_end(ngx_http_civic_request_t *cr)
{
}
