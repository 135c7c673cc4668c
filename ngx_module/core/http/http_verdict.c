/*
 * http_verdict.c - what an answer of the internal server means.
 *
 * nginx answers 502 for an upstream that nobody reached as for one that said
 * 502 itself.  Its variables tell them apart: $upstream_header_time is "-"
 * unless the upstream's own head came, and $upstream_bytes_sent is 0 until
 * the first byte of the request has left (behind TLS: of the request, not of
 * the handshake).  With several attempts both are lists.
 */

#define _GNU_SOURCE

#include <ctype.h>

#include "http_client.h"


/* The value behind "key=", up to the next key. */
static civic_str_t
civic_http_mark_part(civic_str_t mark, const char *key, const char *next)
{
    char        *p, *end;
    civic_str_t  part = { NULL, 0 };

    p = memmem(mark.data, mark.len, key, strlen(key));

    if (p == NULL) {
        return part;
    }

    p += strlen(key);
    end = next == NULL ? NULL
          : memmem(p, (size_t) (mark.data + mark.len - p), next,
                   strlen(next));
    end = end != NULL ? end : (char *) mark.data + mark.len;

    part.data = p;
    part.len = (size_t) (end - p);

    return part;
}


/* "0, 0": a list of attempts, none of which sent anything. */
static int
civic_http_sent_nothing(civic_str_t sent)
{
    size_t  i;

    for (i = 0; i < sent.len; i++) {
        if (strchr("0-,: ", sent.data[i]) == NULL) {
            return 0;
        }
    }

    return 1;
}


/* "-, 0.123": whether the last attempt has a time. */
static int
civic_http_was_answered(civic_str_t times)
{
    return times.len != 0
           && isdigit((unsigned char) times.data[times.len - 1]);
}


civic_http_verdict_t
civic_http_judge(int status, civic_str_t mark)
{
    civic_str_t  sent, answered;

    if (civic_str_eq(mark, CIVIC_STR("unknown"))) {
        return CIVIC_HTTP_NO_SUCH_NAME;
    }

    sent = civic_http_mark_part(mark, "sent=", " answered=");
    answered = civic_http_mark_part(mark, " answered=", NULL);

    if (sent.data == NULL || answered.data == NULL) {
        return CIVIC_HTTP_FOREIGN;
    }

    if (civic_http_was_answered(answered)) {
        return CIVIC_HTTP_ANSWERED;
    }

    if (!civic_http_sent_nothing(sent)) {
        return CIVIC_HTTP_LOST;
    }

    /* 400, 413, 414 ...: it did not come as far as an upstream */
    return status < 500 ? CIVIC_HTTP_REFUSED : CIVIC_HTTP_NOBODY;
}


const char *
civic_http_text(civic_http_state_t state)
{
    switch (state) {
    case CIVIC_HTTP_MORE:
        return "is not whole yet";
    case CIVIC_HTTP_DONE:
        return "is whole";
    case CIVIC_HTTP_BAD_STATUS:
        return "has no valid status line";
    case CIVIC_HTTP_BAD_HEADER:
        return "has a header that is none";
    case CIVIC_HTTP_BAD_LENGTH:
        return "says its length wrongly";
    case CIVIC_HTTP_BAD_CHUNK:
        return "has a chunk that is none";
    case CIVIC_HTTP_HEAD_TOO_LARGE:
        return "has a head that is too large";
    case CIVIC_HTTP_BODY_TOO_LARGE:
        return "has a body that is too large";
    case CIVIC_HTTP_NO_MEMORY:
        return "finds no memory";
    case CIVIC_HTTP_CUT_BEFORE:
        return "ended before its first byte";
    case CIVIC_HTTP_CUT_HEAD:
        return "ended within its head";
    case CIVIC_HTTP_CUT_BODY:
        return "ended below its Content-Length";
    case CIVIC_HTTP_CUT_CHUNKS:
        return "ended before its last chunk";
    }

    return "has an unknown state";
}
