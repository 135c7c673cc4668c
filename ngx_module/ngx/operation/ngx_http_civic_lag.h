/*
 * ngx_http_civic_lag.h - how late the event loop comes to a timer.
 */

#ifndef NGX_HTTP_CIVIC_LAG_H
#define NGX_HTTP_CIVIC_LAG_H

#include "ngx_http_civic.h"

ngx_int_t ngx_http_civic_lag_init(ngx_cycle_t *cycle);
void ngx_http_civic_lag_exit(void);

/* Something begins or goes on that may hold the loop. */
void ngx_http_civic_lag_watch(void);

/* A phase's handler that does so for each request of this nginx, whoever
   serves it. */
ngx_int_t ngx_http_civic_lag_request(ngx_http_request_t *r);

#endif /* NGX_HTTP_CIVIC_LAG_H */
