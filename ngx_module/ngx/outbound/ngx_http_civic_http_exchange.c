/*
 * ngx_http_civic_http_exchange.c - one request on a socket, and its answer.
 *
 * A worker keeps a few idle connections to the internal server.  Only a
 * request that may be sent twice rides on one of them: the server may be
 * closing it just then.  Whatever must not be done twice has a connection of
 * its own, which costs some 20 microseconds on a unix socket.
 */

#include "ngx_http_civic_http.h"

#define NGX_HTTP_CIVIC_HTTP_IDLE     16         /* connections */
#define NGX_HTTP_CIVIC_HTTP_KEEP     30000      /* ms; the server: 75 s */
#define NGX_HTTP_CIVIC_HTTP_BUFFER   16384
#define NGX_HTTP_CIVIC_HTTP_READS    16         /* in one turn of the loop */
#define NGX_HTTP_CIVIC_HTTP_LINKS    16         /* in one call of the system */

static void ngx_http_civic_exchange_read(ngx_event_t *rev);
static void ngx_http_civic_exchange_write(ngx_event_t *wev);

static u_char             ngx_http_civic_http_buffer[
                              NGX_HTTP_CIVIC_HTTP_BUFFER];
static ngx_connection_t  *ngx_http_civic_http_idle[NGX_HTTP_CIVIC_HTTP_IDLE];
static ngx_uint_t         ngx_http_civic_http_nidle;


/* ---- idle connections ---------------------------------------------------- */

static void
ngx_http_civic_http_forget(ngx_uint_t i)
{
    ngx_http_civic_http_idle[i] =
                        ngx_http_civic_http_idle[--ngx_http_civic_http_nidle];
}


/* It was closed, said something unasked, was idle for long, or the worker
   quits: gone in any case. */
static void
ngx_http_civic_http_idle_handler(ngx_event_t *ev)
{
    ngx_uint_t         i;
    ngx_connection_t  *c = ev->data;

    for (i = 0; i < ngx_http_civic_http_nidle; i++) {
        if (ngx_http_civic_http_idle[i] == c) {
            ngx_http_civic_http_forget(i);
            break;
        }
    }

    ngx_close_connection(c);
}


static void
ngx_http_civic_http_no_write(ngx_event_t *wev)
{
    (void) wev;
}


static void
ngx_http_civic_http_keep(ngx_connection_t *c)
{
    /* ready: there is something behind the answer that nobody asked for */
    if (ngx_http_civic_http_nidle == NGX_HTTP_CIVIC_HTTP_IDLE
        || c->read->ready || ngx_exiting || ngx_terminate
        || ngx_handle_read_event(c->read, 0) != NGX_OK)
    {
        ngx_close_connection(c);
        return;
    }

    c->data = NULL;
    c->idle = 1;                        /* a worker that quits closes it */
    c->read->handler = ngx_http_civic_http_idle_handler;
    c->write->handler = ngx_http_civic_http_no_write;
    c->read->cancelable = 1;
    ngx_add_timer(c->read, NGX_HTTP_CIVIC_HTTP_KEEP);

    ngx_http_civic_http_idle[ngx_http_civic_http_nidle++] = c;
}


static ngx_connection_t *
ngx_http_civic_http_reuse(void)
{
    ngx_connection_t  *c;

    if (ngx_http_civic_http_nidle == 0) {
        return NULL;
    }

    c = ngx_http_civic_http_idle[--ngx_http_civic_http_nidle];
    c->idle = 0;
    c->read->cancelable = 0;
    ngx_del_timer(c->read);

    return c;
}


void
ngx_http_civic_http_exit(void)
{
    while (ngx_http_civic_http_nidle > 0) {
        ngx_close_connection(ngx_http_civic_http_reuse());
    }
}


/* ---- the end of an exchange ---------------------------------------------- */

static void
ngx_http_civic_exchange_completed(ngx_event_t *ev)
{
    ngx_http_civic_exchange_t  *x = ev->data;

    x->done(x);
}


static void
ngx_http_civic_exchange_finish(ngx_http_civic_exchange_t *x,
    civic_http_state_t state, ngx_uint_t keep)
{
    ngx_connection_t  *c = x->connection;

    x->state = state;
    x->connection = NULL;
    ngx_http_civic_bulk_leave(&x->bulk);

    if (c != NULL) {
        if (keep && !x->failed && x->sent == x->length) {
            ngx_http_civic_http_keep(c);
        } else {
            ngx_close_connection(c);
        }
    }

    ngx_post_event(&x->completed, &ngx_posted_events);
}


void
ngx_http_civic_exchange_cancel(ngx_http_civic_exchange_t *x)
{
    if (x->completed.posted) {
        ngx_delete_posted_event(&x->completed);
    }

    ngx_http_civic_bulk_leave(&x->bulk);

    if (x->connection != NULL) {
        ngx_close_connection(x->connection);
        x->connection = NULL;
    }
}


/* ---- reading ------------------------------------------------------------- */

/* The connection ended; n is what recv() said. */
static void
ngx_http_civic_exchange_ended(ngx_http_civic_exchange_t *x, ssize_t n)
{
    civic_http_state_t  state;

    state = civic_http_end(x->parser);

    /* a body without length ends with the connection, not with an error */
    if (state == CIVIC_HTTP_DONE && n != 0) {
        state = CIVIC_HTTP_CUT_BODY;
    }

    ngx_http_civic_exchange_finish(x, state, 0);
}


static void
ngx_http_civic_exchange_read(ngx_event_t *rev)
{
    size_t                      used;
    ssize_t                     n;
    ngx_uint_t                  i;
    ngx_connection_t           *c = rev->data;
    civic_http_state_t          state;
    ngx_http_civic_exchange_t  *x = c->data;

    if (c->close || c->error) {         /* worker_shutdown_timeout */
        x->stopped = 1;
        ngx_http_civic_exchange_ended(x, NGX_ERROR);
        return;
    }

    for (i = 0; i < NGX_HTTP_CIVIC_HTTP_READS; i++) {
        n = c->recv(c, ngx_http_civic_http_buffer,
                    sizeof(ngx_http_civic_http_buffer));

        if (n == NGX_AGAIN && !x->failed) {
            break;
        }

        if (n <= 0) {
            ngx_http_civic_exchange_ended(x, n);
            return;
        }

        state = civic_http_feed(x->parser,
                                (char *) ngx_http_civic_http_buffer, n,
                                &used);

        if (state != CIVIC_HTTP_MORE) {
            ngx_http_civic_exchange_finish(x, state, used == (size_t) n
                                               && civic_http_keeps(x->parser));
            return;
        }
    }

    if (i == NGX_HTTP_CIVIC_HTTP_READS) {
        ngx_post_event(rev, &ngx_posted_next_events);
        return;
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_civic_exchange_ended(x, NGX_ERROR);
    }
}


/* ---- writing ------------------------------------------------------------- */

/* Adds what is left of a text once *skip bytes are gone. */

static ngx_uint_t
ngx_http_civic_exchange_link(ngx_buf_t *buf, civic_str_t text, size_t *skip)
{
    if (*skip >= text.len) {
        *skip -= text.len;
        return 0;
    }

    ngx_memzero(buf, sizeof(ngx_buf_t));

    buf->pos = (u_char *) text.data + *skip;
    buf->last = (u_char *) text.data + text.len;
    buf->memory = 1;
    *skip = 0;

    return 1;
}


/* The head and the parts from where they stand: no copy of a body is made. */

static ssize_t
ngx_http_civic_exchange_send(ngx_http_civic_exchange_t *x)
{
    off_t              before = x->connection->sent;
    size_t             i, skip = x->sent;
    ngx_buf_t          bufs[NGX_HTTP_CIVIC_HTTP_LINKS];
    ngx_uint_t         n;
    ngx_chain_t        links[NGX_HTTP_CIVIC_HTTP_LINKS];
    ngx_connection_t  *c = x->connection;

    n = ngx_http_civic_exchange_link(&bufs[0], x->head, &skip);

    for (i = 0; i < x->nparts && n < NGX_HTTP_CIVIC_HTTP_LINKS; i++) {
        n += ngx_http_civic_exchange_link(&bufs[n], x->parts[i], &skip);
    }

    for (i = 0; i < n; i++) {
        links[i].buf = &bufs[i];
        links[i].next = i + 1 < n ? &links[i + 1] : NULL;
    }

    if (c->send_chain(c, links, NGX_HTTP_CIVIC_BULK_PIECE)
        == NGX_CHAIN_ERROR)
    {
        return NGX_ERROR;
    }

    return c->sent > before ? (ssize_t) (c->sent - before) : NGX_AGAIN;
}


/* A piece.  A reader on another core would take all of it as fast as it
   comes: the next one waits for its turn. */
static void
ngx_http_civic_exchange_move(void *owner)
{
    ssize_t                     n;
    ngx_http_civic_exchange_t  *x = owner;
    ngx_event_t                *wev = x->connection->write;

    if (x->sent < x->length && !x->failed) {
        n = ngx_http_civic_exchange_send(x);

        if (n == NGX_ERROR) {
            /* what the server said before it closed may still be read */
            x->failed = 1;
            ngx_http_civic_exchange_read(x->connection->read);
            return;
        }

        x->sent += n == NGX_AGAIN ? 0 : n;

        if (n != NGX_AGAIN && wev->ready && x->sent < x->length) {
            ngx_http_civic_bulk_line_up(&x->bulk);
            return;
        }
    }

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        ngx_http_civic_exchange_ended(x, NGX_ERROR);
    }
}


static void
ngx_http_civic_exchange_write(ngx_event_t *wev)
{
    ngx_connection_t           *c = wev->data;
    ngx_http_civic_exchange_t  *x = c->data;

    if (x->length - x->sent > NGX_HTTP_CIVIC_BULK_SMALL) {
        ngx_http_civic_bulk_line_up(&x->bulk);

    } else {
        ngx_http_civic_exchange_move(x);
    }
}


/* ---- the start ----------------------------------------------------------- */

static ngx_connection_t *
ngx_http_civic_exchange_connect(ngx_http_civic_exchange_t *x)
{
    ngx_int_t              rc;
    ngx_peer_connection_t  peer;

    ngx_memzero(&peer, sizeof(ngx_peer_connection_t));

    peer.sockaddr = x->server->sockaddr;
    peer.socklen = x->server->socklen;
    peer.name = &x->server->name;
    peer.get = ngx_event_get_peer;
    peer.log = ngx_cycle->log;          /* it may outlive the request */
    peer.log_error = NGX_ERROR_INFO;

    rc = ngx_event_connect_peer(&peer);

    if (rc == NGX_OK || rc == NGX_AGAIN) {
        return peer.connection;
    }

    if (peer.connection != NULL) {
        ngx_close_connection(peer.connection);
    }

    return NULL;
}


void
ngx_http_civic_exchange_start(ngx_http_civic_exchange_t *x)
{
    ngx_connection_t  *c;

    civic_http_parser_reset(x->parser);

    x->sent = 0;
    x->failed = 0;
    x->completed.handler = ngx_http_civic_exchange_completed;
    x->completed.data = x;
    x->completed.log = ngx_cycle->log;
    x->bulk.move = ngx_http_civic_exchange_move;
    x->bulk.owner = x;

    c = x->may_reuse ? ngx_http_civic_http_reuse() : NULL;
    x->reused = c != NULL;

    if (c == NULL) {
        c = ngx_http_civic_exchange_connect(x);
    }

    x->connection = c;
    x->connected = c != NULL;

    if (c == NULL) {
        ngx_http_civic_exchange_finish(x, CIVIC_HTTP_CUT_BEFORE, 0);
        return;
    }

    c->data = x;
    c->read->handler = ngx_http_civic_exchange_read;
    c->write->handler = ngx_http_civic_exchange_write;

    if (c->write->ready) {
        ngx_http_civic_exchange_write(c->write);
    }
}
