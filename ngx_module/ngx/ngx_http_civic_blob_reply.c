/*
 * ngx_http_civic_blob_reply.c - replies that are blobs, opened as they leave.
 */

#include "ngx_http_civic_blobs.h"


civic_result_t
ngx_http_civic_reply_blob(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id)
{
    return CIVIC_ERROR;
}


civic_result_t
ngx_http_civic_reply_blob_url(civic_request_t *r, civic_str_t ticket)
{
    return CIVIC_ERROR;
}


ngx_int_t
ngx_http_civic_blob_send(ngx_http_civic_request_t *cr)
{
    return NGX_ERROR;
}
