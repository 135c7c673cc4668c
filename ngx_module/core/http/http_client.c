/*
 * http_client.c - takes an HTTP/1.1 answer apart, byte by byte.
 *
 *   STATUS -> HEADER ... -> LENGTH | CLOSE | CHUNK_SIZE ... -> DONE
 *
 * The head is collected in one block and taken apart in place, line by line;
 * the body grows with what has really come, not with what was announced.
 * Lines end with CRLF; what is allowed in two ways by RFC 9112 and never sent
 * by the internal server is refused.
 */

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "http_client.h"

#define CIVIC_HTTP_FIRST_BODY  8192
#define CIVIC_HTTP_DIGITS      15       /* of a length: below 2^63 */

/* The head stays where it is while the body's own lines come. */
#define CIVIC_HTTP_ROOM  (CIVIC_HTTP_MAX_HEAD + CIVIC_HTTP_MAX_TRAILERS + 16)

typedef enum {
    CIVIC_HTTP_AT_STATUS = 0,
    CIVIC_HTTP_AT_HEADER,
    CIVIC_HTTP_AT_LENGTH,
    CIVIC_HTTP_AT_CLOSE,
    CIVIC_HTTP_AT_CHUNK_SIZE,
    CIVIC_HTTP_AT_CHUNK,
    CIVIC_HTTP_AT_CHUNK_END,
    CIVIC_HTTP_AT_TRAILER
} civic_http_at_t;

struct civic_http_parser_s {
    civic_http_at_t       at;
    civic_http_state_t    state;
    size_t                max_body;
    int                   bodiless;

    int                   began;
    unsigned              interim;
    unsigned              trailers;     /* bytes */
    int                   status;
    int                   minor;        /* of HTTP/1.x */
    int                   closes;       /* "Connection: close" */
    int                   keeps;        /* "Connection: keep-alive" */
    int                   chunked;
    int64_t               length;       /* Content-Length; -1: none */
    uint64_t              left;         /* of the body or chunk */

    char                 *body;
    size_t                body_len;
    size_t                body_size;

    size_t                nheaders;
    civic_http_header_t   headers[CIVIC_HTTP_MAX_HEADERS];
    size_t                line;         /* where the line begins */
    size_t                len;
    char                  head[CIVIC_HTTP_ROOM];
};


civic_http_parser_t *
civic_http_parser_create(size_t max_body, int bodiless)
{
    civic_http_parser_t  *p = malloc(sizeof(*p));

    if (p == NULL) {
        return NULL;
    }

    p->max_body = max_body;
    p->bodiless = bodiless;
    p->body = NULL;
    p->body_size = 0;
    civic_http_parser_reset(p);

    return p;
}


void
civic_http_parser_free(civic_http_parser_t *p)
{
    if (p != NULL) {
        free(p->body);
        free(p);
    }
}


/* An interim answer (1xx) is followed by the next head. */
static void
civic_http_next_head(civic_http_parser_t *p)
{
    p->at = CIVIC_HTTP_AT_STATUS;
    p->status = 0;
    p->minor = 0;
    p->closes = 0;
    p->keeps = 0;
    p->chunked = 0;
    p->length = -1;
    p->left = 0;
    p->nheaders = 0;
    p->line = 0;
    p->len = 0;
}


void
civic_http_parser_reset(civic_http_parser_t *p)
{
    civic_http_next_head(p);
    p->state = CIVIC_HTTP_MORE;
    p->began = 0;
    p->interim = 0;
    p->trailers = 0;
    p->body_len = 0;
}


/* ---- the head ---------------------------------------------------------- */

/* "HTTP/1.1 200 OK"; the reason may be missing. */
static civic_http_state_t
civic_http_status_line(civic_http_parser_t *p, const char *line, size_t len)
{
    if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0
        || (line[7] != '0' && line[7] != '1') || line[8] != ' '
        || line[9] < '1' || line[9] > '5'
        || !isdigit((unsigned char) line[10])
        || !isdigit((unsigned char) line[11])
        || (len > 12 && line[12] != ' '))
    {
        return CIVIC_HTTP_BAD_STATUS;
    }

    p->minor = line[7] - '0';
    p->status = (line[9] - '0') * 100 + (line[10] - '0') * 10
                + (line[11] - '0');
    p->at = CIVIC_HTTP_AT_HEADER;

    /* nobody asked for another protocol */
    return p->status == 101 ? CIVIC_HTTP_BAD_STATUS : CIVIC_HTTP_MORE;
}


static int
civic_http_is_token(char c)
{
    return isalnum((unsigned char) c)
           || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}


static int
civic_http_number(civic_str_t text, int64_t *number)
{
    size_t  i;

    if (text.len == 0 || text.len > CIVIC_HTTP_DIGITS) {
        return -1;
    }

    for (i = 0, *number = 0; i < text.len; i++) {
        if (!isdigit((unsigned char) text.data[i])) {
            return -1;
        }

        *number = *number * 10 + (text.data[i] - '0');
    }

    return 0;
}


static int
civic_http_is(civic_str_t text, const char *word)
{
    return text.len == strlen(word)
           && strncasecmp(text.data, word, text.len) == 0;
}


/* "Connection: keep-alive, x": each word of the list. */
static void
civic_http_connection(civic_http_parser_t *p, civic_str_t value)
{
    size_t       i, start;
    civic_str_t  word;

    for (i = start = 0; i <= value.len; i++) {
        if (i < value.len && value.data[i] != ',') {
            continue;
        }

        word = (civic_str_t) { value.data + start, i - start };
        start = i + 1;

        while (word.len != 0 && isblank((unsigned char) word.data[0])) {
            word.data++;
            word.len--;
        }

        while (word.len != 0
               && isblank((unsigned char) word.data[word.len - 1]))
        {
            word.len--;
        }

        p->closes |= civic_http_is(word, "close");
        p->keeps |= civic_http_is(word, "keep-alive");
    }
}


/* What the body's length follows from. */
static civic_http_state_t
civic_http_framing(civic_http_parser_t *p, const civic_http_header_t *header)
{
    if (strcmp(header->name, "connection") == 0) {
        civic_http_connection(p, header->value);

    } else if (strcmp(header->name, "content-length") == 0) {
        if (p->length != -1
            || civic_http_number(header->value, &p->length) != 0)
        {
            return CIVIC_HTTP_BAD_LENGTH;
        }

    } else if (strcmp(header->name, "transfer-encoding") == 0) {
        if (p->chunked || p->minor == 0
            || !civic_http_is(header->value, "chunked"))
        {
            return CIVIC_HTTP_BAD_LENGTH;
        }

        p->chunked = 1;
    }

    return p->chunked && p->length != -1 ? CIVIC_HTTP_BAD_LENGTH
                                         : CIVIC_HTTP_MORE;
}


/*
 * "Name: value" without its CRLF, in place: the name in lower case, both
 * ended by NUL.
 */
static civic_http_state_t
civic_http_field(char *line, size_t len, civic_http_header_t *header)
{
    char    *colon, *value, *end = line + len;
    size_t   i;

    colon = memchr(line, ':', len);

    if (colon == NULL || colon == line) {
        return CIVIC_HTTP_BAD_HEADER;
    }

    for (i = 0; line + i < colon; i++) {
        if (!civic_http_is_token(line[i])) {
            return CIVIC_HTTP_BAD_HEADER;
        }

        line[i] = (char) tolower((unsigned char) line[i]);
    }

    for (value = colon + 1; value < end && isblank((unsigned char) *value);
         value++)
    {
        /* void */
    }

    while (end > value && isblank((unsigned char) end[-1])) {
        end--;
    }

    for (i = 0; value + i < end; i++) {
        if (((unsigned char) value[i] < 0x20 && value[i] != '\t')
            || value[i] == 0x7f)
        {
            return CIVIC_HTTP_BAD_HEADER;
        }
    }

    *colon = '\0';
    *end = '\0';
    header->name = line;
    header->value = (civic_str_t) { value, (size_t) (end - value) };

    return CIVIC_HTTP_MORE;
}


static civic_http_state_t
civic_http_header_line(civic_http_parser_t *p, char *line, size_t len)
{
    civic_http_state_t    state;
    civic_http_header_t  *header;

    if (p->nheaders == CIVIC_HTTP_MAX_HEADERS) {
        return CIVIC_HTTP_HEAD_TOO_LARGE;
    }

    header = &p->headers[p->nheaders];
    state = civic_http_field(line, len, header);

    if (state != CIVIC_HTTP_MORE) {
        return state;
    }

    p->nheaders++;

    return civic_http_framing(p, header);
}


/* RFC 9112, section 6.3: how long the body is. */
static civic_http_state_t
civic_http_head_done(civic_http_parser_t *p)
{
    if (p->status < 200) {
        if (++p->interim > CIVIC_HTTP_MAX_INTERIM) {
            return CIVIC_HTTP_HEAD_TOO_LARGE;
        }

        civic_http_next_head(p);
        return CIVIC_HTTP_MORE;
    }

    if (p->bodiless || p->status == 204 || p->status == 304
        || p->length == 0)
    {
        return CIVIC_HTTP_DONE;
    }

    if (p->chunked) {
        p->at = CIVIC_HTTP_AT_CHUNK_SIZE;
        p->line = p->len;
        return CIVIC_HTTP_MORE;
    }

    if (p->length == -1) {
        p->at = CIVIC_HTTP_AT_CLOSE;
        p->closes = 1;
        return CIVIC_HTTP_MORE;
    }

    if ((uint64_t) p->length > p->max_body) {
        return CIVIC_HTTP_BODY_TOO_LARGE;
    }

    p->at = CIVIC_HTTP_AT_LENGTH;
    p->left = (uint64_t) p->length;

    return CIVIC_HTTP_MORE;
}


/* ---- chunks ------------------------------------------------------------ */

/* "1a;name=value": extensions are skipped (RFC 9112, section 7.1.1). */
static civic_http_state_t
civic_http_chunk_size(civic_http_parser_t *p, const char *line, size_t len)
{
    char    c;
    size_t  i;

    for (i = 0, p->left = 0; i < len && isxdigit((unsigned char) line[i]);
         i++)
    {
        if (i == CIVIC_HTTP_DIGITS) {
            return CIVIC_HTTP_BAD_CHUNK;
        }

        c = (char) tolower((unsigned char) line[i]);
        p->left = p->left * 16
                  + (uint64_t) (c <= '9' ? c - '0' : c - 'a' + 10);
    }

    if (i == 0 || (i < len && line[i] != ';' && line[i] != ' ')) {
        return CIVIC_HTTP_BAD_CHUNK;
    }

    if (p->left > p->max_body - p->body_len) {
        return CIVIC_HTTP_BODY_TOO_LARGE;
    }

    p->at = p->left == 0 ? CIVIC_HTTP_AT_TRAILER : CIVIC_HTTP_AT_CHUNK;

    return CIVIC_HTTP_MORE;
}


/* Trailers are held to be headers, and forgotten. */
static civic_http_state_t
civic_http_trailer(civic_http_parser_t *p, char *line, size_t len)
{
    civic_http_header_t  header;

    if (len == 0) {
        return CIVIC_HTTP_DONE;
    }

    p->trailers += (unsigned) len;

    return p->trailers > CIVIC_HTTP_MAX_TRAILERS
           ? CIVIC_HTTP_HEAD_TOO_LARGE
           : civic_http_field(line, len, &header);
}


/* ---- feeding ----------------------------------------------------------- */

/* A line of the head stays in the block; one between chunks makes room. */
static civic_http_state_t
civic_http_line(civic_http_parser_t *p, char *line, size_t len)
{
    civic_http_state_t  state;

    switch (p->at) {
    case CIVIC_HTTP_AT_STATUS:
        p->line = p->len;
        return civic_http_status_line(p, line, len);

    case CIVIC_HTTP_AT_HEADER:
        p->line = p->len;
        return len == 0 ? civic_http_head_done(p)
                        : civic_http_header_line(p, line, len);

    case CIVIC_HTTP_AT_CHUNK_SIZE:
        state = civic_http_chunk_size(p, line, len);
        break;

    case CIVIC_HTTP_AT_CHUNK_END:
        state = len == 0 ? CIVIC_HTTP_MORE : CIVIC_HTTP_BAD_CHUNK;
        p->at = CIVIC_HTTP_AT_CHUNK_SIZE;
        break;

    default:
        state = civic_http_trailer(p, line, len);
    }

    p->len = p->line;

    return state;
}


static civic_http_state_t
civic_http_bad_line(const civic_http_parser_t *p)
{
    switch (p->at) {
    case CIVIC_HTTP_AT_STATUS:
        return CIVIC_HTTP_BAD_STATUS;
    case CIVIC_HTTP_AT_CHUNK_SIZE:
    case CIVIC_HTTP_AT_CHUNK_END:
        return CIVIC_HTTP_BAD_CHUNK;
    default:
        return CIVIC_HTTP_BAD_HEADER;
    }
}


/* One byte of a line. */
static civic_http_state_t
civic_http_byte(civic_http_parser_t *p, char c)
{
    char    *line;
    size_t   len, limit;

    limit = p->at <= CIVIC_HTTP_AT_HEADER ? CIVIC_HTTP_MAX_HEAD
                                          : CIVIC_HTTP_ROOM;

    if (p->len == limit) {
        return CIVIC_HTTP_HEAD_TOO_LARGE;
    }

    if ((p->at == CIVIC_HTTP_AT_CHUNK_SIZE || p->at == CIVIC_HTTP_AT_CHUNK_END)
        && p->len - p->line == CIVIC_HTTP_MAX_CHUNK)
    {
        return CIVIC_HTTP_BAD_CHUNK;
    }

    len = p->len - p->line;

    /* a bare CR, a bare LF, and NUL stand in no line */
    if (c == '\0' || (len != 0 && p->head[p->len - 1] == '\r' && c != '\n')
        || (c == '\n' && (len == 0 || p->head[p->len - 1] != '\r')))
    {
        return civic_http_bad_line(p);
    }

    p->head[p->len++] = c;

    if (c != '\n') {
        return CIVIC_HTTP_MORE;
    }

    line = p->head + p->line;
    line[len - 1] = '\0';

    return civic_http_line(p, line, len - 1);
}


static civic_http_state_t
civic_http_grow(civic_http_parser_t *p, size_t need)
{
    char    *body;
    size_t   size = p->body_size;

    if (need < p->body_size) {
        return CIVIC_HTTP_MORE;
    }

    if (size == 0) {
        size = CIVIC_HTTP_FIRST_BODY;
    }

    while (size <= need) {
        size *= 2;
    }

    body = realloc(p->body, size);

    if (body == NULL) {
        return CIVIC_HTTP_NO_MEMORY;
    }

    p->body = body;
    p->body_size = size;

    return CIVIC_HTTP_MORE;
}


static civic_http_state_t
civic_http_take(civic_http_parser_t *p, const char *data, size_t len)
{
    if (len > p->max_body - p->body_len) {
        return CIVIC_HTTP_BODY_TOO_LARGE;
    }

    if (civic_http_grow(p, p->body_len + len) != CIVIC_HTTP_MORE) {
        return CIVIC_HTTP_NO_MEMORY;
    }

    memcpy(p->body + p->body_len, data, len);
    p->body_len += len;

    return CIVIC_HTTP_MORE;
}


/* Bytes of the body, or of a chunk; n of them were taken. */
static civic_http_state_t
civic_http_bytes(civic_http_parser_t *p, const char *data, size_t len,
    size_t *n)
{
    civic_http_state_t  state;

    if (p->at != CIVIC_HTTP_AT_CLOSE && len > p->left) {
        len = (size_t) p->left;
    }

    *n = len;
    state = civic_http_take(p, data, len);

    if (state != CIVIC_HTTP_MORE || p->at == CIVIC_HTTP_AT_CLOSE) {
        return state;
    }

    p->left -= len;

    if (p->left != 0) {
        return CIVIC_HTTP_MORE;
    }

    if (p->at == CIVIC_HTTP_AT_LENGTH) {
        return CIVIC_HTTP_DONE;
    }

    p->at = CIVIC_HTTP_AT_CHUNK_END;

    return CIVIC_HTTP_MORE;
}


civic_http_state_t
civic_http_feed(civic_http_parser_t *p, const char *data, size_t len,
    size_t *used)
{
    size_t  i, n;

    p->began |= len != 0;

    for (i = 0; i < len && p->state == CIVIC_HTTP_MORE; i += n) {
        switch (p->at) {
        case CIVIC_HTTP_AT_LENGTH:
        case CIVIC_HTTP_AT_CLOSE:
        case CIVIC_HTTP_AT_CHUNK:
            p->state = civic_http_bytes(p, data + i, len - i, &n);
            break;
        default:
            n = 1;
            p->state = civic_http_byte(p, data[i]);
        }
    }

    *used = i;

    return p->state;
}


civic_http_state_t
civic_http_end(civic_http_parser_t *p)
{
    if (p->state != CIVIC_HTTP_MORE) {
        return p->state;
    }

    p->closes = 1;

    switch (p->at) {
    case CIVIC_HTTP_AT_STATUS:
    case CIVIC_HTTP_AT_HEADER:
        p->state = p->began ? CIVIC_HTTP_CUT_HEAD : CIVIC_HTTP_CUT_BEFORE;
        break;
    case CIVIC_HTTP_AT_LENGTH:
        p->state = CIVIC_HTTP_CUT_BODY;
        break;
    case CIVIC_HTTP_AT_CLOSE:
        p->state = CIVIC_HTTP_DONE;
        break;
    default:
        p->state = CIVIC_HTTP_CUT_CHUNKS;
    }

    return p->state;
}


int
civic_http_began(const civic_http_parser_t *p)
{
    return p->began;
}


int
civic_http_keeps(const civic_http_parser_t *p)
{
    return p->state == CIVIC_HTTP_DONE && !p->closes
           && (p->minor == 1 || p->keeps);
}


/* ---- the answer -------------------------------------------------------- */

static const civic_http_header_t *
civic_http_find(const civic_http_parser_t *p, const char *name)
{
    size_t  i;

    for (i = 0; i < p->nheaders; i++) {
        if (strcmp(p->headers[i].name, name) == 0) {
            return &p->headers[i];
        }
    }

    return NULL;
}


static int
civic_http_is_hop(const char *name)
{
    return strcmp(name, "connection") == 0 || strcmp(name, "keep-alive") == 0
           || strcmp(name, "transfer-encoding") == 0
           || strcmp(name, CIVIC_HTTP_MARK) == 0;
}


static int
civic_http_copy_headers(const civic_http_parser_t *p, civic_arena_t *arena,
    civic_http_reply_t *reply)
{
    size_t                i;
    civic_http_header_t  *headers;

    headers = civic_arena_zalloc(arena, (p->nheaders + 1) * sizeof(*headers));

    if (headers == NULL) {
        return -1;
    }

    reply->headers = headers;

    for (i = 0; i < p->nheaders; i++) {
        if (civic_http_is_hop(p->headers[i].name)) {
            continue;
        }

        headers->name = civic_arena_copy(arena,
                                  civic_cstr(p->headers[i].name)).data;
        headers->value = civic_arena_copy(arena, p->headers[i].value);

        if (headers->name == NULL || headers->value.data == NULL) {
            return -1;
        }

        headers++;
        reply->nheaders++;
    }

    return 0;
}


const civic_http_reply_t *
civic_http_reply(civic_http_parser_t *p, civic_arena_t *arena)
{
    size_t               i;
    civic_http_reply_t  *reply = civic_arena_zalloc(arena, sizeof(*reply));

    if (reply == NULL || civic_http_copy_headers(p, arena, reply) != 0) {
        return NULL;
    }

    reply->status = p->status;
    reply->content_type = CIVIC_STR("");

    for (i = 0; i < reply->nheaders; i++) {
        if (strcmp(reply->headers[i].name, "content-type") == 0) {
            reply->content_type = reply->headers[i].value;
            break;
        }
    }

    reply->body = civic_arena_copy(arena, (civic_str_t) {
        p->body_len == 0 ? "" : p->body, p->body_len });

    return reply->body.data == NULL ? NULL : reply;
}


civic_http_verdict_t
civic_http_verdict(const civic_http_parser_t *p)
{
    const civic_http_header_t  *mark = civic_http_find(p, CIVIC_HTTP_MARK);

    return mark == NULL ? CIVIC_HTTP_FOREIGN
                        : civic_http_judge(p->status, mark->value);
}
