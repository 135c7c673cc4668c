/*
 * ngx_http_civic_blobs.h - what the files about blobs share.
 *
 *   ngx_http_civic_blobs.c       the folder: its directive, its watch, its
 *                                failures
 *   ngx_http_civic_blob_file.c   the services of handlers
 *   ngx_http_civic_blob_delete.c the last of them
 *   ngx_http_civic_blob_sweep.c  files without a record
 *   ngx_http_civic_upload.c      bodies that are files, sealed as they arrive
 *   ngx_http_civic_blob_reply.c  replies that are blobs, opened as they leave
 *
 * All work on files is done by threads (core/blobs/blob.h blocks).
 */

#ifndef NGX_HTTP_CIVIC_BLOBS_H
#define NGX_HTTP_CIVIC_BLOBS_H

#include "ngx_http_civic.h"
#include "blob.h"

struct ngx_http_civic_blobs_s {
    ngx_str_t                folder;        /* NUL-terminated */
    ngx_uint_t               shared;        /* or this machine's */
    civic_purpose_t         *ticket;        /* seals what URLs carry */
    civic_redis_script_t    *remove;
    ngx_http_civic_route_t   sweep;         /* what its fiber runs as */
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
   the alarm that fits.  what: "an upload cannot be written". */
civic_result_t ngx_http_civic_blob_failed(ngx_http_civic_request_t *cr,
    const char *what, int error);

/* The folder took a file: an alarm that said otherwise is over. */
void ngx_http_civic_blob_written(void);

/* The writer of an upload that is complete (blob.h); NULL if there is none.
   taken: it is kept now, and no longer the upload's to throw away; the upload
   still closes the writer at its end, which leaves a kept file alone. */
civic_blob_writer_t *ngx_http_civic_upload_writer(
    ngx_http_civic_request_t *cr);
const char *ngx_http_civic_upload_media_type(ngx_http_civic_request_t *cr);
void ngx_http_civic_upload_taken(ngx_http_civic_request_t *cr);

/* Whether blobs can be used at all: else CIVIC_ABORTED or CIVIC_ERROR. */
civic_result_t ngx_http_civic_blob_usable(civic_request_t *r);

/* Opens a sealed record under any purpose that a plugin has: 0, or -1. */
int ngx_http_civic_blob_open_any(civic_request_t *r, civic_str_t pid,
    civic_str_t id, civic_str_t sealed, civic_blob_record_t *record);

/* ngx_http_civic_blob_sweep.c */
ngx_int_t ngx_http_civic_blob_sweep_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf);

#endif /* NGX_HTTP_CIVIC_BLOBS_H */
