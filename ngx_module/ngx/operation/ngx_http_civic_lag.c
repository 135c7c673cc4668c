/*
 * ngx_http_civic_lag.c - how late the event loop comes to a timer.
 *
 * The timer is a timerfd, for nginx's own know no more than milliseconds.  It
 * is set when something begins that may hold the loop (a request, whoever of
 * this nginx serves it, and each time that a fiber goes on: a request's or a
 * job's), to 10 ms later, unless it is set already.  So a busy worker is
 * measured a hundred times a second, and one that has nothing to do is not
 * woken for it; the beat alone sees to it that it is measured once a second.
 */

#include "ngx_http_civic_lag.h"

#include <sys/timerfd.h>


#define NGX_HTTP_CIVIC_LAG_US  10000


static ngx_connection_t  *ngx_http_civic_lag_connection;
static int                ngx_http_civic_lag_fd = -1;
static uint64_t           ngx_http_civic_lag_due;   /* 0: it is not set */


uint64_t
ngx_http_civic_monotonic_us(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}


void
ngx_http_civic_lag_watch(void)
{
    uint64_t           us;
    struct itimerspec  at;

    if (ngx_http_civic_lag_due != 0 || ngx_http_civic_lag_connection == NULL) {
        return;
    }

    us = ngx_http_civic_monotonic_us() + NGX_HTTP_CIVIC_LAG_US;

    ngx_memzero(&at, sizeof(struct itimerspec));

    at.it_value.tv_sec = us / 1000000;
    at.it_value.tv_nsec = us % 1000000 * 1000;

    if (timerfd_settime(ngx_http_civic_lag_fd, TFD_TIMER_ABSTIME, &at, NULL)
        == 0)
    {
        ngx_http_civic_lag_due = us;
    }
}


ngx_int_t
ngx_http_civic_lag_request(ngx_http_request_t *r)
{
    ngx_http_civic_lag_watch();

    return NGX_DECLINED;
}


static void
ngx_http_civic_lag_read(ngx_event_t *ev)
{
    uint64_t  times;

    if (read(ngx_http_civic_lag_fd, &times, sizeof(times)) != sizeof(times)) {
        return;
    }

    civic_histogram_add(&ngx_http_civic_worker.row->lag,
                        ngx_http_civic_monotonic_us()
                        - ngx_http_civic_lag_due);

    ngx_http_civic_lag_due = 0;
}


ngx_int_t
ngx_http_civic_lag_init(ngx_cycle_t *cycle)
{
    ngx_connection_t  *c;

    ngx_http_civic_lag_fd = timerfd_create(CLOCK_MONOTONIC,
                                           TFD_NONBLOCK | TFD_CLOEXEC);
    if (ngx_http_civic_lag_fd == -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "timerfd_create() failed");
        return NGX_ERROR;
    }

    c = ngx_get_connection(ngx_http_civic_lag_fd, cycle->log);
    if (c == NULL) {
        (void) close(ngx_http_civic_lag_fd);
        return NGX_ERROR;
    }

    c->read->handler = ngx_http_civic_lag_read;
    c->read->log = cycle->log;
    c->write->log = cycle->log;

    ngx_http_civic_lag_connection = c;

    return ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT);
}


void
ngx_http_civic_lag_exit(void)
{
    ngx_connection_t  *c = ngx_http_civic_lag_connection;

    if (c != NULL) {
        (void) ngx_del_event(c->read, NGX_READ_EVENT, 0);
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;
        (void) close(ngx_http_civic_lag_fd);
        ngx_http_civic_lag_connection = NULL;
    }
}
