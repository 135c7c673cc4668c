/*
 * ngx_http_civic_bulk.h - large bodies, a few pieces in each turn of the loop.
 *
 * Thirty phones that send a photo each would hold the event loop for thirty
 * pieces, and whoever only asks for a number waits behind them.  So all that
 * move pieces of up to 64 KB stand in one line of their worker.
 */

#ifndef NGX_HTTP_CIVIC_BULK_H
#define NGX_HTTP_CIVIC_BULK_H

#include <ngx_config.h>
#include <ngx_core.h>

#define NGX_HTTP_CIVIC_BULK_PIECE  65536    /* bytes, at most */
#define NGX_HTTP_CIVIC_BULK_SMALL  8192     /* not worth a turn */

typedef struct ngx_http_civic_bulk_s  ngx_http_civic_bulk_t;

/* A body's place in the line: zeroed, with move and owner set. */
struct ngx_http_civic_bulk_s {
    void         (*move)(void *owner);  /* one piece; may line up again */
    void          *owner;

    /* its own */
    ngx_queue_t    queue;
    unsigned       lined:1;
};

/* move() will be called once, in a later turn, never from inside of here.
   Whoever stands in the line keeps the place it has. */
void ngx_http_civic_bulk_line_up(ngx_http_civic_bulk_t *bulk);

/* move() will not be called; safe at any time. */
void ngx_http_civic_bulk_leave(ngx_http_civic_bulk_t *bulk);

#endif /* NGX_HTTP_CIVIC_BULK_H */
