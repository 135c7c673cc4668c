/*
 * ngx_http_civic_blobs.h - what the files about blobs share.
 *
 *   ngx_http_civic_blobs.c       the folder, and the services of handlers
 *   ngx_http_civic_upload.c      bodies that are files, sealed as they arrive
 *   ngx_http_civic_blob_reply.c  replies that are blobs, opened as they leave
 *
 * All work on files is done by threads (core/blob.h blocks).
 */

#ifndef NGX_HTTP_CIVIC_BLOBS_H
#define NGX_HTTP_CIVIC_BLOBS_H

#include "ngx_http_civic.h"
#include "blob.h"

struct ngx_http_civic_blobs_s {
    ngx_str_t              folder;          /* NUL-terminated */
    ngx_uint_t             shared;          /* or this machine's */
    civic_purpose_t       *ticket;          /* seals what URLs carry */
    civic_redis_script_t  *remove;
};

/*
 * The record of a blob, from Redis, opened under a purpose.  CIVIC_NOT_FOUND:
 * there is none.  CIVIC_INVALID: it is no record of this blob; logged.
 */
civic_result_t ngx_http_civic_blob_record(ngx_http_civic_request_t *cr,
    civic_str_t pid, civic_purpose_t *purpose, civic_str_t id,
    civic_blob_record_t *record);

/* What a URL's ticket says.  CIVIC_NOT_FOUND: forged or too old. */
civic_result_t ngx_http_civic_blob_ticket(ngx_http_civic_request_t *cr,
    civic_str_t ticket, civic_str_t *pid, civic_purpose_t **purpose,
    civic_str_t *id);

/* What errno of the folder's work means for the caller; logs it and raises
   the alarm that fits. */
civic_result_t ngx_http_civic_blob_failed(ngx_http_civic_request_t *cr,
    const char *what, int error);

/* The writer of an upload that is complete (blob.h); NULL if there is none.
   taken: it is kept now, and no longer the upload's to throw away. */
civic_blob_writer_t *ngx_http_civic_upload_writer(
    ngx_http_civic_request_t *cr);
const char *ngx_http_civic_upload_media_type(ngx_http_civic_request_t *cr);
void ngx_http_civic_upload_taken(ngx_http_civic_request_t *cr);

#endif /* NGX_HTTP_CIVIC_BLOBS_H */
