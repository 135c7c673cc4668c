/*
 * ngx_http_civic_large.h - replies of more than a piece, on their way out.
 */

#ifndef NGX_HTTP_CIVIC_LARGE_H
#define NGX_HTTP_CIVIC_LARGE_H

#include "ngx_http_civic.h"

#define NGX_HTTP_CIVIC_LARGE_PARTS  3

typedef struct ngx_http_civic_large_s  ngx_http_civic_large_t;

/* The end of what a reply is sent of: over(data), once nothing of nginx's
   points there any more.  NULL: no memory, and it is never called. */
ngx_http_civic_large_t *ngx_http_civic_large_create(ngx_http_request_t *r,
    void (*over)(void *data), void *data);

/* Sends the parts, one behind the other, and ends nginx's request with the
   last.  The head has been sent.  Returns what its handler returns. */
ngx_int_t ngx_http_civic_large_send(ngx_http_civic_large_t *large,
    const civic_str_t *parts, ngx_uint_t nparts);

/* Waits until the client has room again, for as long as nginx would: then the
   request's write_event_handler is called. */
ngx_int_t ngx_http_civic_large_wait(ngx_http_request_t *r);

/* Of a write_event_handler: whether the client has room.  If not, it waits
   for longer, or the request is over. */
ngx_uint_t ngx_http_civic_large_may_go_on(ngx_http_request_t *r);

#endif /* NGX_HTTP_CIVIC_LARGE_H */
