/*
 * http_client.h - HTTP/1.1 as a client speaks it, without a socket.
 *
 * The writer makes the head of a request and refuses whatever could become a
 * second header or a second request.  The parser takes an answer in pieces
 * of any size; what it is fed is untrusted, every length is bounded, and each
 * way of ending too early has a name of its own.
 *
 * The other side is the internal server of conf/civic-upstreams.conf, which
 * says in the header "Civic-Upstream" how far it came; civic_http_judge()
 * reads that.  Not thread-safe; an object belongs to one exchange.
 */

#ifndef CIVIC_HTTP_CLIENT_H
#define CIVIC_HTTP_CLIENT_H

#include "arena.h"

#define CIVIC_HTTP_MAX_PATH      8000       /* bytes of a request's path */
#define CIVIC_HTTP_MAX_UPSTREAM  64         /* bytes of an upstream's name */
#define CIVIC_HTTP_MAX_SENT      16384      /* bytes of a request's head */
#define CIVIC_HTTP_MAX_PARTS     64         /* of a request's body */
#define CIVIC_HTTP_MAX_HEAD      16384      /* bytes of an answer's head */
#define CIVIC_HTTP_MAX_HEADERS   64
#define CIVIC_HTTP_MAX_INTERIM   8          /* answers 1xx before the answer */
#define CIVIC_HTTP_MAX_CHUNK     256        /* bytes of a chunk's first line */
#define CIVIC_HTTP_MAX_TRAILERS  4096

#define CIVIC_HTTP_TIMEOUT       5000       /* ms, when the request has none */
#define CIVIC_HTTP_MAX_REPLY     65536      /* bytes, likewise */


/* ---- the request ------------------------------------------------------- */

/*
 * The head, up to and with the empty line, into the arena; the body follows
 * it as it is.  The method of the request line is POST unless the request
 * may be sent twice; the true one travels in "Civic-Method" (see
 * conf/civic-upstreams.conf for why).  id may be empty.  0, or -1 with the
 * failure: the request cannot be sent.
 */
int civic_http_write(civic_arena_t *arena, const civic_http_request_t *request,
    civic_str_t id, civic_str_t *head, civic_failure_t *failure);


/* Bytes of the body, however it is given; of a request that was written. */
size_t civic_http_length(const civic_http_request_t *request);


/* ---- the answer -------------------------------------------------------- */

typedef enum {
    CIVIC_HTTP_MORE = 0,                /* not yet whole */
    CIVIC_HTTP_DONE,

    /* it is no answer, or more than may be taken */
    CIVIC_HTTP_BAD_STATUS,
    CIVIC_HTTP_BAD_HEADER,
    CIVIC_HTTP_BAD_LENGTH,
    CIVIC_HTTP_BAD_CHUNK,
    CIVIC_HTTP_HEAD_TOO_LARGE,
    CIVIC_HTTP_BODY_TOO_LARGE,
    CIVIC_HTTP_NO_MEMORY,

    /* it ended too early */
    CIVIC_HTTP_CUT_BEFORE,              /* not one byte came */
    CIVIC_HTTP_CUT_HEAD,
    CIVIC_HTTP_CUT_BODY,                /* below its Content-Length */
    CIVIC_HTTP_CUT_CHUNKS               /* before the last chunk */
} civic_http_state_t;

typedef struct civic_http_parser_s  civic_http_parser_t;

/* max_body: bytes of the body.  bodiless: the answer to a HEAD.  NULL: no
   memory. */
civic_http_parser_t *civic_http_parser_create(size_t max_body, int bodiless);
void civic_http_parser_free(civic_http_parser_t *parser);

/* Ready for another answer, as if it were new. */
void civic_http_parser_reset(civic_http_parser_t *parser);

/*
 * Takes bytes until the answer is whole; *used tells how many: fewer than
 * len means that the peer said more than it was asked.  A state other than
 * MORE is final and is returned again.
 */
civic_http_state_t civic_http_feed(civic_http_parser_t *parser,
    const char *data, size_t len, size_t *used);

/* The connection has ended.  DONE: it was the end of the body. */
civic_http_state_t civic_http_end(civic_http_parser_t *parser);

/* Whether any byte has come. */
int civic_http_began(const civic_http_parser_t *parser);

/* Whether the connection may carry another request; after DONE. */
int civic_http_keeps(const civic_http_parser_t *parser);

/*
 * The answer, copied into the arena; after DONE.  Without the headers that
 * concern the connection alone.  NULL: no memory.
 */
const civic_http_reply_t *civic_http_reply(civic_http_parser_t *parser,
    civic_arena_t *arena);

/* For the log: "ended within its head". */
const char *civic_http_text(civic_http_state_t state);


/* ---- what the internal server says of its upstream ---------------------- */

#define CIVIC_HTTP_MARK  "civic-upstream"

typedef enum {
    CIVIC_HTTP_FOREIGN = 0,     /* no mark: another server stands there */
    CIVIC_HTTP_ANSWERED,        /* the upstream's own answer */
    CIVIC_HTTP_NOBODY,          /* no byte of the request went to anybody */
    CIVIC_HTTP_LOST,            /* some did, and no answer came */
    CIVIC_HTTP_NO_SUCH_NAME,
    CIVIC_HTTP_REFUSED          /* the internal server took it for wrong */
} civic_http_verdict_t;

/*
 * mark is the value of "Civic-Upstream": "unknown", or
 * "sent=$upstream_bytes_sent answered=$upstream_header_time".
 */
civic_http_verdict_t civic_http_judge(int status, civic_str_t mark);

/* The same of an answer; after DONE. */
civic_http_verdict_t civic_http_verdict(const civic_http_parser_t *parser);

#endif
