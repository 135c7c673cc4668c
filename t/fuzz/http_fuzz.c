/*
 * http_fuzz.c - libFuzzer target: what an upstream answers.
 *
 * The first byte says where the rest is split.  Whole, split and byte by byte
 * must come to the same end; what is taken stays within its bounds.
 */

#include <stdint.h>
#include <stdlib.h>

#include "http_client.h"

#define MOST  2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    civic_http_state_t    state;
    civic_http_verdict_t  verdict;
    int                   keeps;
    size_t                used;
    size_t                body;
    size_t                headers;
} outcome_t;


static outcome_t
finish(civic_http_parser_t *p, size_t used)
{
    size_t                     i;
    outcome_t                  out = { .used = used };
    civic_arena_t             *arena;
    const civic_http_reply_t  *reply;

    out.state = civic_http_end(p);

    if (out.state == CIVIC_HTTP_MORE) {
        abort();
    }

    (void) civic_http_text(out.state);

    if (out.state != CIVIC_HTTP_DONE) {
        return out;
    }

    arena = civic_arena_create(4096, 1024 * 1024);
    reply = arena == NULL ? NULL : civic_http_reply(p, arena);

    if (reply == NULL || reply->status < 200 || reply->status > 599
        || reply->body.len > MOST || reply->body.data[reply->body.len] != '\0'
        || reply->nheaders > CIVIC_HTTP_MAX_HEADERS)
    {
        abort();
    }

    for (i = 0; i < reply->nheaders; i++) {
        if (strlen(reply->headers[i].name) == 0
            || strlen(reply->headers[i].value.data)
               != reply->headers[i].value.len)
        {
            abort();
        }
    }

    out.verdict = civic_http_verdict(p);
    out.keeps = civic_http_keeps(p);
    out.body = reply->body.len;
    out.headers = reply->nheaders;
    civic_arena_destroy(arena);

    return out;
}


/* In pieces of that many bytes, the first one of another size. */
static outcome_t
parse(civic_http_parser_t *p, const char *data, size_t size, size_t first,
    size_t piece)
{
    size_t  at, len, used, total = 0;

    civic_http_parser_reset(p);

    for (at = 0; at < size; at += len) {
        len = at == 0 && first != 0 ? first : piece;
        len = len < size - at ? len : size - at;

        if (civic_http_feed(p, data + at, len, &used) != CIVIC_HTTP_MORE) {
            total += used;
            break;
        }

        if (used != len) {
            abort();
        }

        total += used;
    }

    return finish(p, total);
}


/* How much of a bad answer was taken tells nobody anything: the connection is
   closed. */
static void
must_equal(const outcome_t *a, const outcome_t *b)
{
    if (a->state != b->state || a->verdict != b->verdict
        || a->keeps != b->keeps || a->body != b->body
        || a->headers != b->headers
        || (a->state == CIVIC_HTTP_DONE && a->used != b->used))
    {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                split;
    outcome_t             whole, other;
    const char           *text;
    civic_http_parser_t  *p;

    if (size < 1) {
        return 0;
    }

    split = data[0];
    text = (const char *) data + 1;
    size--;

    p = civic_http_parser_create(MOST, 0);
    if (p == NULL) {
        abort();
    }

    whole = parse(p, text, size, 0, size);
    other = parse(p, text, size, split, size);
    must_equal(&whole, &other);
    other = parse(p, text, size, 0, 1);
    must_equal(&whole, &other);

    civic_http_parser_free(p);
    (void) civic_http_judge(502, (civic_str_t) { text, size });

    return 0;
}
