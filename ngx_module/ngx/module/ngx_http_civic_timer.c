/*
 * ngx_http_civic_timer.c - timers that belong to a worker and to no request.
 *
 * nginx's debug log reads the descriptor of a timer's connection: these have
 * one that stands for none.
 */

#include "ngx_http_civic.h"


void
ngx_http_civic_timer_init(ngx_event_t *ev, ngx_event_handler_pt handler,
    ngx_http_civic_timer_t kind)
{
    static ngx_connection_t  nobody = { .fd = (ngx_socket_t) -1 };

    ev->handler = handler;
    ev->data = &nobody;
    ev->log = ngx_cycle->log;
    ev->cancelable = kind == NGX_HTTP_CIVIC_TIMER_CANCELABLE;
}
