/*
 * fake_http.c - outbound HTTP, answered as the test says.
 *
 * A request goes through the real writer, so what the host would refuse is
 * refused here too; nothing leaves the process.
 */

#include <ctype.h>
#include <stdio.h>

#include "fake_internal.h"

typedef struct {
    fake_run_t                  *run;
    const civic_http_request_t  *request;
    civic_str_t                  head;
    int64_t                      left;      /* ms of the request's time */
    const fake_http_answer_t    *answer;
} fake_exchange_t;


void
fake_answer_http(fake_host_t *h, const fake_http_answer_t *answer)
{
    h->http = fake_grow(h->http, h->nhttp, sizeof(*h->http));
    h->http[h->nhttp++] = *answer;
}


const fake_http_seen_t *
fake_http_seen(fake_host_t *h, size_t n)
{
    return n < h->nseen ? &h->seen[n] : NULL;
}


void
fake_http_forget(fake_host_t *h)
{
    h->nhttp = 0;
    h->nseen = 0;
}


/* ---- what was sent ------------------------------------------------------- */

/* The body in one piece, as it arrives. */
static const char *
fake_http_body(fake_host_t *h, const civic_http_request_t *request)
{
    char    *body, *p;
    size_t   i;

    if (request->nparts == 0) {
        return civic_arena_copy(h->texts, request->body).data;
    }

    body = p = civic_arena_alloc(h->texts, civic_http_length(request) + 1);

    for (i = 0; i < request->nparts; i++) {
        if (request->parts[i].len > 0) {
            memcpy(p, request->parts[i].data, request->parts[i].len);
            p += request->parts[i].len;
        }
    }

    *p = '\0';

    return body;
}


static void
fake_http_note(fake_exchange_t *x)
{
    fake_host_t                 *h = x->run->host;
    const civic_http_request_t  *request = x->request;

    h->seen = fake_grow(h->seen, h->nseen, sizeof(*h->seen));
    h->seen[h->nseen++] = (fake_http_seen_t) {
        .upstream = civic_arena_copy(h->texts,
                                     civic_cstr(request->upstream)).data,
        .method = request->method,
        .path = civic_arena_copy(h->texts, request->path).data,
        .head = civic_arena_copy(h->texts, x->head).data,
        .body = fake_http_body(h, request),
        .len = civic_http_length(request),
        .safe = (request->flags & CIVIC_HTTP_SAFE) != 0
    };
}


/* ---- which answer -------------------------------------------------------- */

static int
fake_http_fits(const fake_http_answer_t *answer,
    const civic_http_request_t *request)
{
    size_t  len = answer->path == NULL ? 0 : strlen(answer->path);

    return answer->upstream != NULL
           && strcmp(answer->upstream, request->upstream) == 0
           && (answer->method == 0 || answer->method == request->method)
           && len <= request->path.len
           && (len == 0 || memcmp(answer->path, request->path.data, len) == 0);
}


static int
fake_http_exists(fake_host_t *h, const char *upstream)
{
    size_t  i;

    for (i = 0; i < h->nhttp; i++) {
        if (strcmp(h->http[i].upstream, upstream) == 0) {
            return 1;
        }
    }

    return 0;
}


/* The newest one; used up if it was for one request only. */
static const fake_http_answer_t *
fake_http_find(fake_exchange_t *x)
{
    size_t               i;
    fake_host_t         *h = x->run->host;
    fake_http_answer_t  *used;

    for (i = h->nhttp; i > 0; i--) {
        if (!fake_http_fits(&h->http[i - 1], x->request)
            || h->http[i - 1].once < 0)
        {
            continue;
        }

        used = civic_arena_alloc(h->texts, sizeof(*used));
        *used = h->http[i - 1];

        if (used->once) {
            h->http[i - 1].once = -1;   /* the name still exists */
        }

        return used;
    }

    return NULL;
}


/* ---- the answer ---------------------------------------------------------- */

static void
fake_http_header(civic_arena_t *arena, const char *line,
    civic_http_header_t *header)
{
    char        *p;
    const char  *colon = strchr(line, ':');
    size_t       len = colon == NULL ? strlen(line) : (size_t) (colon - line);

    header->name = p = (char *) civic_arena_copy(arena, (civic_str_t) {
                                    line, len }).data;
    for (; *p != '\0'; p++) {
        *p = (char) tolower((unsigned char) *p);
    }

    header->value = colon == NULL ? CIVIC_STR("")
                    : civic_cstr(colon + 1 + strspn(colon + 1, " "));
}


static const civic_http_reply_t *
fake_http_reply(fake_exchange_t *x, civic_str_t body)
{
    size_t                i;
    civic_arena_t        *arena = x->run->spare;
    civic_http_reply_t   *reply = civic_arena_zalloc(arena, sizeof(*reply));
    civic_http_header_t  *headers;

    headers = civic_arena_zalloc(arena, (FAKE_HEADERS + 1)
                                        * sizeof(*headers));

    reply->status = x->answer->status != 0 ? x->answer->status : 200;
    reply->content_type = civic_cstr(x->answer->content_type != NULL
                                     ? x->answer->content_type
                                     : "application/json");
    reply->body = civic_arena_copy(arena, body);
    reply->headers = headers;

    headers[reply->nheaders++] = (civic_http_header_t) {
        "content-type", reply->content_type
    };

    for (i = 0; i < FAKE_HEADERS && x->answer->headers[i] != NULL; i++) {
        fake_http_header(arena, x->answer->headers[i],
                         &headers[reply->nheaders++]);
    }

    return reply;
}


/* One attempt.  *again: another one may go better. */
static civic_result_t
fake_http_attempt(fake_exchange_t *x, const civic_http_reply_t **reply,
    int *again)
{
    size_t       most = x->request->max_reply;
    civic_str_t  body;

    *again = 0;
    x->answer = fake_http_find(x);

    if (x->answer == NULL) {
        return fake_misuse(x->run, "no answer is given for \"%s\" of \"%s\"",
                           x->request->path.data, x->request->upstream);
    }

    if (x->answer->fault == FAKE_HTTP_NOT_SENT) {
        *again = 1;
        return CIVIC_NOT_SENT;
    }

    fake_http_note(x);

    if (x->answer->delay_ms >= x->left) {
        fake_advance(x->run->host, x->left);
        return CIVIC_UNKNOWN;
    }

    if (x->answer->delay_ms > 0) {
        fake_advance(x->run->host, x->answer->delay_ms);
        x->left -= x->answer->delay_ms;
    }

    if (x->answer->fault == FAKE_HTTP_UNKNOWN) {
        *again = 1;
        return CIVIC_UNKNOWN;
    }

    body.data = x->answer->body != NULL ? x->answer->body : "";
    body.len = x->answer->len != 0 ? x->answer->len : strlen(body.data);

    if (body.len > (most != 0 ? most : CIVIC_HTTP_MAX_REPLY)) {
        return CIVIC_UNKNOWN;
    }

    *reply = fake_http_reply(x, body);

    return CIVIC_OK;
}


civic_result_t
fake_http(civic_request_t *r, const civic_http_request_t *request,
    const civic_http_reply_t **reply)
{
    int              again;
    fake_run_t      *run = fake_run(r);
    civic_result_t   rc;
    civic_failure_t  failure;
    fake_exchange_t  x = { .run = run, .request = request };

    *reply = NULL;

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (civic_http_write(run->spare, request, civic_request_id(r), &x.head,
                         &failure)
        != 0)
    {
        return fake_misuse(run, "an outbound request cannot be sent: %s",
                           failure.text);
    }

    if (!fake_http_exists(run->host, request->upstream)) {
        return fake_misuse(run, "there is no upstream \"%s\"",
                           request->upstream);
    }

    if (!(request->flags & CIVIC_HTTP_SAFE)) {
        run->wrote = 1;
    }

    x.left = request->timeout != 0 ? request->timeout : CIVIC_HTTP_TIMEOUT;
    rc = fake_http_attempt(&x, reply, &again);

    if (again && (request->flags & CIVIC_HTTP_SAFE)) {
        rc = fake_http_attempt(&x, reply, &again);
    }

    if (fake_suspend(run) != CIVIC_OK) {
        *reply = NULL;
        return CIVIC_ABORTED;
    }

    return rc;
}
