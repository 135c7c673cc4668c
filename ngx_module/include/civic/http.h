/*
 * civic/http.h - asking other servers: the named upstreams of nginx.conf.
 */

#ifndef CIVIC_CONTRACT_HTTP_H
#define CIVIC_CONTRACT_HTTP_H

#include "civic/host.h"

/* A header of an outbound request or its answer. */
typedef struct {
    const char   *name;
    civic_str_t   value;
} civic_http_header_t;

#define CIVIC_HTTP_SAFE  0x01u          /* may be sent twice: a query */

/* By address.  An outbound request to a named upstream. */
struct civic_http_request_s {
    const char                 *upstream;   /* [a-z0-9_-]+, of nginx.conf */
    civic_method_t              method;
    civic_str_t                 path;       /* "/gateway.do?charset=utf-8" */
    const civic_http_header_t  *headers;
    size_t                      nheaders;
    civic_str_t                 body;
    unsigned                    timeout;    /* ms for all of it; 0: 5,000 */
    size_t                      max_reply;  /* bytes of body; 0: 64 KB */
    unsigned                    flags;
    const civic_str_t          *parts;      /* instead of body: what it is put
                                               together of, as it leaves; at
                                               most 64 */
    size_t                      nparts;
};

/* Its answer.  body is NUL-terminated for convenience. */
struct civic_http_reply_s {
    int                         status;
    civic_str_t                 content_type;
    civic_str_t                 body;
    const civic_http_header_t  *headers;    /* names in lower case */
    size_t                      nheaders;
};

/*
 * Sends a request to a named upstream and suspends until the whole answer is
 * there.  nginx itself does the connecting: its configuration gives each
 * name its servers, TLS, keep-alive and fail-over.  The request carries
 * X-Request-Id and nothing of the citizen's.
 *
 * CIVIC_OK: a complete answer, whatever its status.  CIVIC_NOT_SENT: nobody
 * was reached, nothing was done.  CIVIC_UNKNOWN: it was sent, and no
 * complete answer came in time or within max_reply: query before you repeat.
 * With CIVIC_HTTP_SAFE it was tried once more first.  CIVIC_ERROR: no
 * upstream of that name, or a request that cannot be sent.
 *
 * Like a script, an outbound request that is not CIVIC_HTTP_SAFE runs to its
 * end even if the client leaves.
 */
static inline civic_result_t
civic_http(civic_request_t *r, const civic_http_request_t *request,
    const civic_http_reply_t **reply)
{
    return r->host->http(r, request, reply);
}

#endif /* CIVIC_CONTRACT_HTTP_H */
