/*
 * form_data.c - see form_data.h.
 *
 * libmicrohttpd has a parser of such bodies, too: it copies each piece of
 * each part, and takes much that is no such body.
 */

#define _GNU_SOURCE                     /* memmem() */

#include <string.h>
#include <strings.h>

#include "form_data.h"

#define MULTIPART_TYPE  "multipart/form-data"

/* What is left of the body. */
typedef struct {
    const uint8_t  *at;
    const uint8_t  *end;
} rest_t;

/* CR LF "--" and the boundary: what stands between parts. */
typedef struct {
    char    text[4 + MULTIPART_BOUNDARY];
    size_t  len;
} delimiter_t;


int
multipart_is(const char *type)
{
    size_t  len = sizeof(MULTIPART_TYPE) - 1;

    return type != NULL && strncasecmp(type, MULTIPART_TYPE, len) == 0
           && (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}


/* "; boundary=abc" or "; boundary=\"abc\"", and nothing behind it. */
static int
multipart_boundary(const char *type, delimiter_t *delimiter)
{
    size_t       len;
    const char  *text;

    if (!multipart_is(type)) {
        return -1;
    }

    text = type + sizeof(MULTIPART_TYPE) - 1;
    text += strspn(text, "; ");

    if (strncasecmp(text, "boundary=", 9) != 0) {
        return -1;
    }

    text += 9;
    len = strlen(text);

    if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        text++;
        len -= 2;
    }

    if (len == 0 || len > MULTIPART_BOUNDARY
        || strcspn(text, "\"\\;\r\n") < len)
    {
        return -1;
    }

    memcpy(delimiter->text, "\r\n--", 4);
    memcpy(delimiter->text + 4, text, len);
    delimiter->len = 4 + len;

    return 0;
}


static int
rest_begins(rest_t *rest, const char *text, size_t len)
{
    if ((size_t) (rest->end - rest->at) < len
        || memcmp(rest->at, text, len) != 0)
    {
        return 0;
    }

    rest->at += len;

    return 1;
}


/* A line of a part's headers: its value, if it has the name ("x:"). */
static const char *
header_value(const char *line, size_t *len, const char *name)
{
    size_t  name_len = strlen(name);

    if (*len < name_len || strncasecmp(line, name, name_len) != 0) {
        return NULL;
    }

    line += name_len;
    *len -= name_len;

    while (*len > 0 && *line == ' ') {
        line++;
        (*len)--;
    }

    return line;
}


/* form-data; name="photo"; filename="...": quoted, as all clients do. */
static int
read_disposition(const char *value, size_t len, multipart_t *part)
{
    const char         *end;
    static const char   begin[] = "form-data; name=\"";

    if (len < sizeof(begin) - 1
        || strncasecmp(value, begin, sizeof(begin) - 1) != 0
        || part->name != NULL)
    {
        return -1;
    }

    value += sizeof(begin) - 1;
    len -= sizeof(begin) - 1;
    end = memchr(value, '"', len);

    if (end == NULL) {
        return -1;
    }

    part->name = value;
    part->name_len = (size_t) (end - value);

    return 0;
}


static int
read_type(const char *value, size_t len, multipart_t *part)
{
    size_t  i;

    static const struct {
        const char        *name;
        multipart_type_t   type;
    } types[] = {
        { "image/jpeg", MULTIPART_JPEG },
        { "image/png", MULTIPART_PNG },
        { "application/json", MULTIPART_JSON },
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (len == strlen(types[i].name)
            && strncasecmp(value, types[i].name, len) == 0)
        {
            part->type = types[i].type;
            return 0;
        }
    }

    return -1;
}


static int
read_header(const char *line, size_t len, multipart_t *part)
{
    size_t       left = len;
    const char  *value;

    value = header_value(line, &left, "content-disposition:");

    if (value != NULL) {
        return read_disposition(value, left, part);
    }

    left = len;
    value = header_value(line, &left, "content-type:");

    if (value != NULL) {
        return read_type(value, left, part);
    }

    left = len;

    /* RFC 7578, 4.7 */
    return header_value(line, &left, "content-transfer-encoding:") != NULL
           ? -1 : 0;
}


/* Up to and with the empty line. */
static int
read_headers(rest_t *rest, multipart_t *part)
{
    size_t          most = (size_t) (rest->end - rest->at);
    const uint8_t  *line, *end;

    if (most > MULTIPART_HEADERS) {
        most = MULTIPART_HEADERS;
    }

    for (line = rest->at; ; line = end + 2) {
        end = memmem(line, most - (size_t) (line - rest->at), "\r\n", 2);

        if (end == NULL) {
            return -1;
        }

        if (end == line) {
            break;
        }

        if (read_header((const char *) line, (size_t) (end - line), part)
            != 0)
        {
            return -1;
        }
    }

    rest->at = end + 2;

    return part->name == NULL ? -1 : 0;
}


/* From behind a delimiter to behind the next one. */
static int
read_part(rest_t *rest, const delimiter_t *delimiter, multipart_t *part)
{
    const uint8_t  *end;

    *part = (multipart_t) { .name = NULL };

    if (read_headers(rest, part) != 0) {
        return -1;
    }

    end = memmem(rest->at, (size_t) (rest->end - rest->at), delimiter->text,
                 delimiter->len);

    if (end == NULL) {
        return -1;
    }

    part->data = rest->at;
    part->len = (size_t) (end - rest->at);
    rest->at = end + delimiter->len;

    return 0;
}


int
multipart_parse(const char *type, const uint8_t *body, size_t len,
    multipart_t *parts, unsigned most)
{
    rest_t       rest = { body, body + len };
    unsigned     count = 0;
    delimiter_t  delimiter;

    if (multipart_boundary(type, &delimiter) != 0
        || !rest_begins(&rest, delimiter.text + 2, delimiter.len - 2))
    {
        return -1;
    }

    while (!rest_begins(&rest, "--", 2)) {
        if (!rest_begins(&rest, "\r\n", 2) || count == most
            || read_part(&rest, &delimiter, &parts[count]) != 0)
        {
            return -1;
        }

        count++;
    }

    /* clients end the last line or do not */
    (void) rest_begins(&rest, "\r\n", 2);

    return rest.at == rest.end ? (int) count : -1;
}
