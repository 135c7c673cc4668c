/*
 * multipart.c - the one file in a body of multipart/form-data (RFC 7578).
 *
 * A delimiter is CRLF, two hyphens and the boundary.  It begins with its only
 * CR, so what was matched when a byte does not fit is content, all of it, and
 * only that byte can begin another: nothing is ever read twice.
 */

#include "multipart.h"

/* What comes next. */
enum {
    CIVIC_MULTIPART_PREAMBLE = 0,
    CIVIC_MULTIPART_LINE,               /* behind a delimiter */
    CIVIC_MULTIPART_LINE_HYPHEN,        /* "-" of "--" behind it */
    CIVIC_MULTIPART_LINE_PADDING,
    CIVIC_MULTIPART_LINE_END,           /* LF */
    CIVIC_MULTIPART_HEAD,
    CIVIC_MULTIPART_CONTENT,
    CIVIC_MULTIPART_EPILOGUE
};


static int
civic_multipart_lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}


/* RFC 9110, 5.6.2. */
static int
civic_multipart_is_token(int c)
{
    return (c >= '0' && c <= '9')
           || (civic_multipart_lower(c) >= 'a'
               && civic_multipart_lower(c) <= 'z')
           || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}


static int
civic_multipart_same(civic_str_t text, const char *word)
{
    size_t  i, len = strlen(word);

    if (text.len != len) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (civic_multipart_lower((unsigned char) text.data[i]) != word[i]) {
            return 0;
        }
    }

    return 1;
}


static void
civic_multipart_skip(civic_str_t *text, size_t len)
{
    text->data += len;
    text->len -= len;
}


static void
civic_multipart_skip_space(civic_str_t *text)
{
    while (text->len != 0 && (text->data[0] == ' ' || text->data[0] == '\t')) {
        civic_multipart_skip(text, 1);
    }
}


/* The token that text begins with; empty if there is none. */
static civic_str_t
civic_multipart_token(civic_str_t *text)
{
    civic_str_t  token = { text->data, 0 };

    while (token.len < text->len
           && civic_multipart_is_token((unsigned char) text->data[token.len]))
    {
        token.len++;
    }

    civic_multipart_skip(text, token.len);

    return token;
}


/* What stands between quotes, escapes and all.  0, or -1 without an end. */
static int
civic_multipart_quoted(civic_str_t *text, civic_str_t *value)
{
    size_t  i;

    for (i = 1; i < text->len && text->data[i] != '"'; i++) {
        if (text->data[i] == '\\') {
            i++;
        }
    }

    if (i >= text->len) {
        return -1;
    }

    value->data = text->data + 1;
    value->len = i - 1;
    civic_multipart_skip(text, i + 1);

    return 0;
}


/* The next "; name=value": 1, 0 at the end, -1 if it is broken. */
static int
civic_multipart_parameter(civic_str_t *text, civic_str_t *name,
    civic_str_t *value)
{
    civic_multipart_skip_space(text);

    if (text->len == 0) {
        return 0;
    }

    if (text->data[0] != ';') {
        return -1;
    }

    civic_multipart_skip(text, 1);
    civic_multipart_skip_space(text);

    if (text->len == 0) {
        return 0;                       /* ";" at the end does no harm */
    }

    *name = civic_multipart_token(text);

    if (name->len == 0 || text->len == 0 || text->data[0] != '=') {
        return -1;
    }

    civic_multipart_skip(text, 1);

    if (text->len != 0 && text->data[0] == '"') {
        return civic_multipart_quoted(text, value) == 0 ? 1 : -1;
    }

    *value = civic_multipart_token(text);

    return 1;
}


/* "type/subtype" off the beginning: 0, or -1. */
static int
civic_multipart_take_type(civic_str_t *text, civic_str_t *type)
{
    civic_multipart_skip_space(text);

    *type = civic_multipart_token(text);

    if (type->len == 0 || text->len == 0 || text->data[0] != '/') {
        return -1;
    }

    civic_multipart_skip(text, 1);

    if (civic_multipart_token(text).len == 0) {
        return -1;
    }

    type->len = (size_t) (text->data - type->data);

    return 0;
}


int
civic_media_type(civic_str_t content_type, char *out)
{
    size_t       i;
    civic_str_t  type;

    out[0] = '\0';

    if (civic_multipart_take_type(&content_type, &type) != 0
        || type.len > CIVIC_MULTIPART_TYPE)
    {
        return -1;
    }

    civic_multipart_skip_space(&content_type);

    if (content_type.len != 0 && content_type.data[0] != ';') {
        return -1;
    }

    for (i = 0; i < type.len; i++) {
        out[i] = (char) civic_multipart_lower((unsigned char) type.data[i]);
    }

    out[i] = '\0';

    return 0;
}


int
civic_multipart_is(civic_str_t content_type)
{
    char  type[CIVIC_MULTIPART_TYPE + 1];

    return civic_media_type(content_type, type) == 0
           && strcmp(type, "multipart/form-data") == 0;
}


/* RFC 2046, 5.1.1: bcharsnospace, and a space where it is not the last. */
static int
civic_multipart_boundary_valid(civic_str_t boundary)
{
    int     c;
    size_t  i;

    for (i = 0; i < boundary.len; i++) {
        c = (unsigned char) boundary.data[i];

        if (!(c >= '0' && c <= '9')
            && !(civic_multipart_lower(c) >= 'a'
                 && civic_multipart_lower(c) <= 'z')
            && (c == '\0' || strchr("'()+_,-./:=? ", c) == NULL))
        {
            return 0;
        }
    }

    return boundary.len != 0 && boundary.data[boundary.len - 1] != ' ';
}


static civic_multipart_state_t
civic_multipart_boundary(civic_str_t text, civic_str_t *boundary)
{
    int          rc;
    civic_str_t  type, name, value;

    if (civic_multipart_take_type(&text, &type) != 0
        || !civic_multipart_same(type, "multipart/form-data"))
    {
        return CIVIC_MULTIPART_NO_BOUNDARY;
    }

    boundary->len = 0;

    while ((rc = civic_multipart_parameter(&text, &name, &value)) == 1) {

        if (!civic_multipart_same(name, "boundary")) {
            continue;
        }

        if (boundary->len != 0) {
            return CIVIC_MULTIPART_NO_BOUNDARY;
        }

        *boundary = value;
    }

    if (rc != 0 || !civic_multipart_boundary_valid(*boundary)) {
        return CIVIC_MULTIPART_NO_BOUNDARY;
    }

    return boundary->len > CIVIC_MULTIPART_BOUNDARY
           ? CIVIC_MULTIPART_LONG_BOUNDARY : CIVIC_MULTIPART_MORE;
}


civic_multipart_state_t
civic_multipart_init(civic_multipart_t *parser, civic_str_t content_type)
{
    civic_str_t  boundary = { "", 0 };

    memset(parser, 0, offsetof(civic_multipart_t, head));

    parser->state = civic_multipart_boundary(content_type, &boundary);

    if (parser->state != CIVIC_MULTIPART_MORE) {
        return parser->state;
    }

    memcpy(parser->delimiter, "\r\n--", 4);
    memcpy(parser->delimiter + 4, boundary.data, boundary.len);

    parser->delimiter_len = 4 + boundary.len;
    parser->matched = 2;                /* the first has no line before it */

    return parser->state;
}


/* ---- the headers of the part ------------------------------------------- */

static int
civic_multipart_is_file(civic_str_t value)
{
    int          rc, found = 0;
    civic_str_t  kind, name, parameter;

    civic_multipart_skip_space(&value);
    kind = civic_multipart_token(&value);

    if (!civic_multipart_same(kind, "form-data")) {
        return -1;
    }

    while ((rc = civic_multipart_parameter(&value, &name, &parameter)) == 1) {
        found |= civic_multipart_same(name, "filename")
                 || civic_multipart_same(name, "filename*");
    }

    return rc != 0 ? -1 : found;
}


static civic_multipart_state_t
civic_multipart_disposition(civic_str_t value)
{
    switch (civic_multipart_is_file(value)) {
    case 1:
        return CIVIC_MULTIPART_MORE;
    case 0:
        return CIVIC_MULTIPART_NO_FILENAME;
    default:
        return CIVIC_MULTIPART_MALFORMED;
    }
}


static civic_multipart_state_t
civic_multipart_part_type(civic_multipart_t *parser, civic_str_t value)
{
    (void) civic_media_type(value, parser->type);

    return strncmp(parser->type, "multipart/", sizeof("multipart/") - 1) == 0
           ? CIVIC_MULTIPART_NESTED : CIVIC_MULTIPART_MORE;
}


static civic_multipart_state_t
civic_multipart_encoding(civic_str_t value)
{
    civic_str_t  word;

    civic_multipart_skip_space(&value);
    word = civic_multipart_token(&value);

    return civic_multipart_same(word, "binary")
           || civic_multipart_same(word, "8bit")
           || civic_multipart_same(word, "7bit")
           ? CIVIC_MULTIPART_MORE : CIVIC_MULTIPART_ENCODED;
}


/* seen: a bit for each header that counts and may stand once. */
static civic_multipart_state_t
civic_multipart_header(civic_multipart_t *parser, civic_str_t line,
    unsigned *seen)
{
    unsigned     bit;
    civic_str_t  name;

    name = civic_multipart_token(&line);

    if (name.len == 0 || line.len == 0 || line.data[0] != ':') {
        return CIVIC_MULTIPART_MALFORMED;
    }

    civic_multipart_skip(&line, 1);

    bit = civic_multipart_same(name, "content-disposition") ? 1
          : civic_multipart_same(name, "content-type") ? 2
          : civic_multipart_same(name, "content-transfer-encoding") ? 4 : 0;

    if (*seen & bit) {
        return CIVIC_MULTIPART_MALFORMED;
    }

    *seen |= bit;

    switch (bit) {
    case 1:
        return civic_multipart_disposition(line);
    case 2:
        return civic_multipart_part_type(parser, line);
    case 4:
        return civic_multipart_encoding(line);
    default:
        return CIVIC_MULTIPART_MORE;
    }
}


/* All of them, each line ended by CRLF, and an empty one behind. */
static civic_multipart_state_t
civic_multipart_headers(civic_multipart_t *parser)
{
    char                     *end;
    unsigned                  seen = 0;
    civic_str_t               rest = { parser->head, parser->head_len - 2 };
    civic_str_t               line;
    civic_multipart_state_t   state, found = CIVIC_MULTIPART_MORE;

    memcpy(parser->type, "text/plain", sizeof("text/plain"));

    while (rest.len != 0) {
        end = memchr(rest.data, '\n', rest.len);

        if (end == NULL || end == rest.data || end[-1] != '\r') {
            return CIVIC_MULTIPART_MALFORMED;
        }

        line.data = rest.data;
        line.len = (size_t) (end - rest.data) - 1;
        civic_multipart_skip(&rest, line.len + 2);

        state = civic_multipart_header(parser, line, &seen);

        if (state == CIVIC_MULTIPART_MALFORMED) {
            return state;
        }

        if (found == CIVIC_MULTIPART_MORE) {
            found = state;
        }
    }

    if (found == CIVIC_MULTIPART_MORE && !(seen & 1)) {
        return CIVIC_MULTIPART_NO_FILENAME;
    }

    return found;
}


/* Whether the empty line was reached. */
static int
civic_multipart_head_complete(const civic_multipart_t *parser)
{
    const char  *end = parser->head + parser->head_len;

    if (parser->head_len == 2) {
        return memcmp(parser->head, "\r\n", 2) == 0;
    }

    return parser->head_len >= 4 && memcmp(end - 4, "\r\n\r\n", 4) == 0;
}


static void
civic_multipart_take_head(civic_multipart_t *parser, char c)
{
    if (parser->head_len == CIVIC_MULTIPART_HEADERS) {
        parser->state = CIVIC_MULTIPART_LARGE_HEADERS;
        return;
    }

    parser->head[parser->head_len++] = c;

    if (c != '\n' || !civic_multipart_head_complete(parser)) {
        return;
    }

    parser->state = civic_multipart_headers(parser);
    parser->step = CIVIC_MULTIPART_CONTENT;

    /* the empty line's CRLF is that of a delimiter right behind it */
    parser->matched = 2;
    parser->pending = 0;
}


/* ---- lines of delimiters ----------------------------------------------- */

/* Behind the delimiter: "--" ends the body, else a part begins. */
static void
civic_multipart_take_line(civic_multipart_t *parser, char c)
{
    switch (parser->step) {

    case CIVIC_MULTIPART_LINE:
        if (c == '-') {
            parser->step = CIVIC_MULTIPART_LINE_HYPHEN;
            return;
        }

        /* fall through */

    case CIVIC_MULTIPART_LINE_PADDING:
        if (c == ' ' || c == '\t') {
            parser->step = CIVIC_MULTIPART_LINE_PADDING;
            return;
        }

        if (c != '\r') {
            break;
        }

        parser->step = CIVIC_MULTIPART_LINE_END;
        return;

    case CIVIC_MULTIPART_LINE_HYPHEN:
        if (c != '-') {
            break;
        }

        if (parser->head_len == 0) {
            parser->state = CIVIC_MULTIPART_NO_PART;
        }

        parser->step = CIVIC_MULTIPART_EPILOGUE;
        return;

    default:
        if (c != '\n') {
            break;
        }

        if (parser->head_len != 0) {
            parser->state = CIVIC_MULTIPART_SECOND_PART;
            return;
        }

        parser->step = CIVIC_MULTIPART_HEAD;
        return;
    }

    parser->state = CIVIC_MULTIPART_MALFORMED;
}


/* What stands around the part is thrown away, but not without end. */
static void
civic_multipart_count_around(civic_multipart_t *parser)
{
    if (++parser->around > CIVIC_MULTIPART_HEADERS) {
        parser->state = CIVIC_MULTIPART_MALFORMED;
    }
}


static void
civic_multipart_take_preamble(civic_multipart_t *parser, char c)
{
    civic_multipart_count_around(parser);

    if (c != parser->delimiter[parser->matched]) {
        parser->matched = c == '\r';
        return;
    }

    if (++parser->matched == parser->delimiter_len) {
        parser->step = CIVIC_MULTIPART_LINE;
    }
}


/* ---- content ----------------------------------------------------------- */

/*
 * What was taken for the beginning of a delimiter and is none.  pending is
 * what of it is still to be written; the delimiter itself has the bytes.
 * While the headers' own CRLF is part of the match, it is not content.
 */
static int
civic_multipart_flush(civic_multipart_t *parser, char *out, size_t room,
    size_t *written)
{
    size_t  from, len = parser->pending;

    if (len > room - *written) {
        len = room - *written;
    }

    from = parser->matched - parser->pending;
    memcpy(out + *written, parser->delimiter + from, len);

    *written += len;
    parser->pending -= len;

    if (parser->pending != 0) {
        return -1;                      /* out is full */
    }

    parser->matched = 0;

    return 0;
}


/* A run without a CR: it is content whatever follows. */
static void
civic_multipart_copy(civic_str_t *in, char *out, size_t room,
    size_t *written)
{
    char    *end;
    size_t   len = in->len < room - *written ? in->len : room - *written;

    end = memchr(in->data, '\r', len);

    if (end != NULL) {
        len = (size_t) (end - in->data);
    }

    memcpy(out + *written, in->data, len);
    *written += len;
    civic_multipart_skip(in, len);
}


/* 0; -1: out is full. */
static int
civic_multipart_take_content(civic_multipart_t *parser, civic_str_t *in,
    char *out, size_t room, size_t *written)
{
    if (parser->matched != 0
        && in->data[0] != parser->delimiter[parser->matched])
    {
        return civic_multipart_flush(parser, out, room, written);
    }

    if (parser->matched == 0 && in->data[0] != '\r') {
        civic_multipart_copy(in, out, room, written);

        return *written == room ? -1 : 0;
    }

    civic_multipart_skip(in, 1);
    parser->matched++;
    parser->pending++;

    if (parser->matched == parser->delimiter_len) {
        parser->step = CIVIC_MULTIPART_LINE;
    }

    return 0;
}


civic_multipart_state_t
civic_multipart_feed(civic_multipart_t *parser, civic_str_t *in, char *out,
    size_t room, size_t *written)
{
    char  c;

    *written = 0;

    while (in->len != 0 && parser->state == CIVIC_MULTIPART_MORE) {

        if (parser->step == CIVIC_MULTIPART_CONTENT) {
            if (civic_multipart_take_content(parser, in, out, room, written)
                != 0)
            {
                break;
            }

            continue;
        }

        c = in->data[0];
        civic_multipart_skip(in, 1);

        switch (parser->step) {
        case CIVIC_MULTIPART_PREAMBLE:
            civic_multipart_take_preamble(parser, c);
            break;
        case CIVIC_MULTIPART_HEAD:
            civic_multipart_take_head(parser, c);
            break;
        case CIVIC_MULTIPART_EPILOGUE:
            civic_multipart_count_around(parser);
            break;
        default:
            civic_multipart_count_around(parser);

            if (parser->state == CIVIC_MULTIPART_MORE) {
                civic_multipart_take_line(parser, c);
            }
        }
    }

    return parser->state;
}


civic_multipart_state_t
civic_multipart_end(civic_multipart_t *parser)
{
    if (parser->state == CIVIC_MULTIPART_MORE) {
        parser->state = parser->step == CIVIC_MULTIPART_EPILOGUE
                        ? CIVIC_MULTIPART_DONE : CIVIC_MULTIPART_TRUNCATED;
    }

    return parser->state;
}


const char *
civic_multipart_type(const civic_multipart_t *parser)
{
    return parser->head_len == 0 || parser->step == CIVIC_MULTIPART_HEAD
           ? NULL : parser->type;
}


const char *
civic_multipart_text(civic_multipart_state_t state)
{
    static const char *const  texts[] = {
        "it goes on",
        "it is complete",
        "no boundary in its Content-Type",
        "its boundary is longer than 70 characters",
        "it is malformed",
        "the headers of its part are larger than 4096 bytes",
        "it has no part",
        "its part is not a file",
        "it has parts in its part",
        "its part is encoded",
        "it has a second part",
        "it ends before its part does"
    };

    return (size_t) state < sizeof(texts) / sizeof(texts[0])
           ? texts[state] : "unknown";
}
