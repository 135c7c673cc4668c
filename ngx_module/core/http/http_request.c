/*
 * http_request.c - the head of an outbound request.
 *
 * A path or a header may carry what a citizen typed.  Whatever could end a
 * line, name another location of the internal server, or replace a header
 * that the host answers for, is refused, and the failure names the place, but
 * never the value: it may be personal.
 */

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "http_client.h"

#define CIVIC_HTTP_MAX_OWN  32          /* headers of a plugin */

/* They are the host's or the connection's. */
static const char *const  civic_http_reserved[] = {
    "host", "content-length", "transfer-encoding", "connection",
    "keep-alive", "te", "trailer", "upgrade", "expect", "x-request-id", NULL
};


__attribute__((format(printf, 2, 3)))
static int
civic_http_refuse(civic_failure_t *failure, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(failure->text, sizeof(failure->text), fmt, args);
    va_end(args);

    return -1;
}


static int
civic_http_check_upstream(const char *name, civic_failure_t *failure)
{
    size_t  len = name == NULL ? 0 : strnlen(name, CIVIC_HTTP_MAX_UPSTREAM + 1);

    if (len == 0 || len > CIVIC_HTTP_MAX_UPSTREAM
        || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != len)
    {
        return civic_http_refuse(failure, "the upstream's name is not 1 to %d "
                                 "of a-z, 0-9, \"_\" and \"-\"",
                                 CIVIC_HTTP_MAX_UPSTREAM);
    }

    return 0;
}


/* "." or "..", also as "%2e": nginx would look for another location. */
static int
civic_http_is_dots(const char *p, const char *end)
{
    unsigned  dots = 0;

    while (p < end) {
        if (*p == '.') {
            p++;

        } else if (end - p >= 3 && p[0] == '%' && p[1] == '2'
                   && (p[2] == 'e' || p[2] == 'E'))
        {
            p += 3;

        } else {
            return 0;
        }

        dots++;
    }

    return dots == 1 || dots == 2;
}


/* A percent sign begins a byte that is not NUL. */
static int
civic_http_is_escape(const char *p, const char *end)
{
    return end - p >= 3 && isxdigit((unsigned char) p[1])
           && isxdigit((unsigned char) p[2])
           && (p[1] != '0' || p[2] != '0');
}


static int
civic_http_check_segments(civic_str_t path, civic_failure_t *failure)
{
    const char  *p, *end, *start;

    end = memchr(path.data, '?', path.len);
    end = end != NULL ? end : path.data + path.len;

    for (start = p = path.data + 1; p <= end; p++) {
        if (p < end && *p == '%' && !civic_http_is_escape(p, end)) {
            return civic_http_refuse(failure, "the path has a \"%%\" without "
                                     "two digits, or %%00");
        }

        if (p == end || *p == '/') {
            if (civic_http_is_dots(start, p)) {
                return civic_http_refuse(failure, "the path has a segment "
                                         "\".\" or \"..\"");
            }

            start = p + 1;
        }
    }

    return 0;
}


static int
civic_http_check_path(civic_str_t path, civic_failure_t *failure)
{
    size_t         i;
    unsigned char  c;

    if (path.len == 0 || path.data[0] != '/') {
        return civic_http_refuse(failure, "the path does not begin with "
                                 "\"/\"");
    }

    if (path.len > CIVIC_HTTP_MAX_PATH) {
        return civic_http_refuse(failure, "the path is over %d bytes",
                                 CIVIC_HTTP_MAX_PATH);
    }

    for (i = 0; i < path.len; i++) {
        c = (unsigned char) path.data[i];

        if (c <= 0x20 || c >= 0x7f || c == '#' || c == '\\') {
            return civic_http_refuse(failure, "byte %zu of the path is not "
                                     "percent-encoded", i);
        }
    }

    return civic_http_check_segments(path, failure);
}


static int
civic_http_is_reserved(const char *name)
{
    size_t  i;

    for (i = 0; civic_http_reserved[i] != NULL; i++) {
        if (strcasecmp(name, civic_http_reserved[i]) == 0) {
            return 1;
        }
    }

    return strncasecmp(name, "civic-", 6) == 0
           || strncasecmp(name, "proxy-", 6) == 0;
}


static int
civic_http_check_header(const civic_http_header_t *header,
    civic_failure_t *failure)
{
    size_t         i, len;
    unsigned char  c;

    len = header->name == NULL ? 0 : strnlen(header->name, 65);

    if (len == 0 || len > 64) {
        return civic_http_refuse(failure, "a header's name is not 1 to 64 "
                                 "bytes long");
    }

    for (i = 0; i < len; i++) {
        c = (unsigned char) header->name[i];

        if (!isalnum(c) && c != '-' && c != '_') {
            return civic_http_refuse(failure, "byte %zu of a header's name "
                                     "is not of a-z, 0-9, \"-\" and \"_\"",
                                     i);
        }
    }

    if (civic_http_is_reserved(header->name)) {
        return civic_http_refuse(failure, "the header \"%s\" is the host's",
                                 header->name);
    }

    for (i = 0; i < header->value.len; i++) {
        c = (unsigned char) header->value.data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return civic_http_refuse(failure, "the header \"%s\" has a "
                                     "control character", header->name);
        }
    }

    return 0;
}


static const char *
civic_http_method(civic_method_t method)
{
    switch (method) {
    case CIVIC_GET:
        return "GET";
    case CIVIC_POST:
        return "POST";
    case CIVIC_PUT:
        return "PUT";
    case CIVIC_PATCH:
        return "PATCH";
    case CIVIC_DELETE:
        return "DELETE";
    }

    return NULL;
}


static int
civic_http_check_parts(const civic_http_request_t *request,
    civic_failure_t *failure)
{
    size_t  i, room = SIZE_MAX;

    if (request->nparts != 0 && request->body.len != 0) {
        return civic_http_refuse(failure, "there are a body and parts of "
                                 "one");
    }

    if (request->nparts > CIVIC_HTTP_MAX_PARTS) {
        return civic_http_refuse(failure, "there are over %d parts",
                                 CIVIC_HTTP_MAX_PARTS);
    }

    for (i = 0; i < request->nparts; i++) {
        if (request->parts[i].len > room) {
            return civic_http_refuse(failure, "the parts are longer than "
                                     "memory");
        }

        room -= request->parts[i].len;
    }

    return 0;
}


static int
civic_http_check(const civic_http_request_t *request, civic_str_t id,
    civic_failure_t *failure)
{
    size_t               i;
    civic_http_header_t  own = { "X-Id", id };

    if (civic_http_check_upstream(request->upstream, failure) != 0
        || civic_http_check_path(request->path, failure) != 0
        || civic_http_check_header(&own, failure) != 0)
    {
        return -1;
    }

    if (civic_http_method(request->method) == NULL) {
        return civic_http_refuse(failure, "%d is no method",
                                 (int) request->method);
    }

    if (civic_http_check_parts(request, failure) != 0) {
        return -1;
    }

    if (request->nheaders > CIVIC_HTTP_MAX_OWN) {
        return civic_http_refuse(failure, "there are over %d headers",
                                 CIVIC_HTTP_MAX_OWN);
    }

    for (i = 0; i < request->nheaders; i++) {
        if (civic_http_check_header(&request->headers[i], failure) != 0) {
            return -1;
        }
    }

    return 0;
}


typedef struct {
    char    *data;
    size_t   len;
    int      full;
} civic_http_out_t;


static void
civic_http_put(civic_http_out_t *out, const char *data, size_t len)
{
    if (out->full || len > CIVIC_HTTP_MAX_SENT - out->len) {
        out->full = 1;
        return;
    }

    if (len != 0) {
        memcpy(out->data + out->len, data, len);
        out->len += len;
    }
}


static void
civic_http_puts(civic_http_out_t *out, const char *text)
{
    civic_http_put(out, text, strlen(text));
}


static void
civic_http_put_header(civic_http_out_t *out, const char *name,
    civic_str_t value)
{
    civic_http_puts(out, name);
    civic_http_puts(out, ": ");
    civic_http_put(out, value.data, value.len);
    civic_http_puts(out, "\r\n");
}


static void
civic_http_put_line(civic_http_out_t *out,
    const civic_http_request_t *request)
{
    civic_http_puts(out, request->flags & CIVIC_HTTP_SAFE ? "GET /"
                                                          : "POST /");
    civic_http_puts(out, request->upstream);
    civic_http_put(out, request->path.data, request->path.len);
    civic_http_puts(out, " HTTP/1.1\r\nHost: civic\r\nCivic-Method: ");
    civic_http_puts(out, civic_http_method(request->method));
    civic_http_puts(out, "\r\n");
}


size_t
civic_http_length(const civic_http_request_t *request)
{
    size_t  i, len = request->body.len;

    for (i = 0; i < request->nparts; i++) {
        len += request->parts[i].len;
    }

    return len;
}


int
civic_http_write(civic_arena_t *arena, const civic_http_request_t *request,
    civic_str_t id, civic_str_t *head, civic_failure_t *failure)
{
    char              length[24];
    size_t            i, body;
    civic_http_out_t  out = { NULL, 0, 0 };

    if (civic_http_check(request, id, failure) != 0) {
        return -1;
    }

    out.data = civic_arena_alloc(arena, CIVIC_HTTP_MAX_SENT);

    if (out.data == NULL) {
        return civic_http_refuse(failure, "no memory");
    }

    civic_http_put_line(&out, request);

    if (id.len != 0) {
        civic_http_put_header(&out, "X-Request-Id", id);
    }

    for (i = 0; i < request->nheaders; i++) {
        civic_http_put_header(&out, request->headers[i].name,
                              request->headers[i].value);
    }

    body = civic_http_length(request);

    if (body != 0 || !(request->flags & CIVIC_HTTP_SAFE)) {
        (void) snprintf(length, sizeof(length), "%zu", body);
        civic_http_put_header(&out, "Content-Length", civic_cstr(length));
    }

    civic_http_puts(&out, "\r\n");

    if (out.full) {
        return civic_http_refuse(failure, "path and headers are over %d "
                                 "bytes", CIVIC_HTTP_MAX_SENT);
    }

    *head = (civic_str_t) { out.data, out.len };

    return 0;
}
