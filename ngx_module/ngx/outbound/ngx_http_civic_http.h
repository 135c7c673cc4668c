/*
 * ngx_http_civic_http.h - what the files of outbound HTTP share.
 *
 *   ngx_http_civic_http.c           the service, on the fiber: civic_http()
 *   ngx_http_civic_http_exchange.c  one request and its answer on a socket
 *   ngx_http_civic_http_conf.c      the directive
 */

#ifndef NGX_HTTP_CIVIC_HTTP_H
#define NGX_HTTP_CIVIC_HTTP_H

#include "ngx_http_civic.h"
#include "ngx_http_civic_bulk.h"
#include "http_client.h"

typedef struct ngx_http_civic_exchange_s  ngx_http_civic_exchange_t;

/*
 * One request on a connection to the internal server, and the answer.  The
 * owner fills in the first part, starts it, and hears of its end by done(),
 * from the event loop and never from inside of a call.
 */
struct ngx_http_civic_exchange_s {
    ngx_addr_t           *server;
    civic_str_t           head;
    const civic_str_t    *parts;        /* of the body */
    size_t                nparts;
    size_t                length;       /* bytes of head and parts */
    civic_http_parser_t  *parser;
    unsigned              may_reuse:1;  /* an idle connection will do */
    void                (*done)(ngx_http_civic_exchange_t *x);
    void                 *data;

    /* what came of it */
    civic_http_state_t    state;
    size_t                sent;         /* of them */
    unsigned              connected:1;
    unsigned              reused:1;
    unsigned              stopped:1;    /* the worker must end now */

    /* its own */
    ngx_connection_t     *connection;
    ngx_event_t           completed;
    ngx_http_civic_bulk_t bulk;         /* while there is more to send */
    unsigned              failed:1;     /* sending did */
};

void ngx_http_civic_exchange_start(ngx_http_civic_exchange_t *x);

/* done() will not be called; safe at any time after the start. */
void ngx_http_civic_exchange_cancel(ngx_http_civic_exchange_t *x);

#endif
