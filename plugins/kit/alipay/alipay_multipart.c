/*
 * alipay_multipart.c - calls with a file: the parameters as fields of a form,
 * signed as ever, and the file, which nobody signs.
 *
 * The file's bytes are never copied here: what precedes them and what follows
 * them is written, and whoever sends puts the three together.  The reader is
 * the gateway's part; it takes the parts in any order.
 */

#define _GNU_SOURCE                     /* memmem() */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/rand.h>

#include "alipay_private.h"

#define BOUNDARY_BYTES  16              /* random: no file has it by chance */
#define BOUNDARY_MAX    70              /* RFC 2046, 5.1.1 */
#define HEADERS_MAX     1024            /* bytes of a part's headers */
#define PARTS_MAX       64

#define DISPOSITION  "Content-Disposition: form-data; name=\""


/* ---- writing ----------------------------------------------------------- */

static int
make_boundary(char out[BOUNDARY_BYTES * 2 + 1])
{
    size_t         i;
    unsigned char  bytes[BOUNDARY_BYTES];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return -1;
    }

    for (i = 0; i < sizeof(bytes); i++) {
        snprintf(out + i * 2, 3, "%02x", bytes[i]);
    }

    return 0;
}


static void
put_field(alipay_text_t *out, const char *boundary,
    const alipay_parameter_t *item)
{
    alipay_puts(out, "--");
    alipay_puts(out, boundary);
    alipay_puts(out, "\r\n" DISPOSITION);
    alipay_puts(out, item->name);
    alipay_puts(out, "\"\r\n\r\n");
    alipay_put(out, item->value, item->value_len);
    alipay_puts(out, "\r\n");
}


static void
put_file(alipay_text_t *out, const char *boundary, const alipay_file_t *file)
{
    alipay_puts(out, "--");
    alipay_puts(out, boundary);
    alipay_puts(out, "\r\n" DISPOSITION);
    alipay_puts(out, file->name);
    alipay_puts(out, "\"; filename=\"");
    alipay_puts(out, file->filename);
    alipay_puts(out, "\"\r\nContent-Type: ");
    alipay_puts(out, file->media_type);
    alipay_puts(out, "\r\n\r\n");
}


/* What stands in a header: a code, and "/" in a media type. */
static int
is_word(const char *word)
{
    return word != NULL && *word != '\0' && strlen(word) <= ALIPAY_NAME
           && word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789._-/+"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}


int
alipay_multipart_put(const alipay_file_t *file, alipay_sent_t *sent,
    const char *const *in_query, alipay_failure_t *failure)
{
    char                       boundary[BOUNDARY_BYTES * 2 + 1];
    size_t                     i;
    const alipay_parameter_t  *item;

    if (!is_word(file->name) || !is_word(file->filename)
        || !is_word(file->media_type)
        || alipay_parameters_get(&sent->parameters, file->name) != NULL)
    {
        return alipay_fail(failure, "the file's name or type is none, or a "
                           "parameter has the name");
    }

    if (make_boundary(boundary) != 0) {
        return alipay_fail(failure, "no random bytes");
    }

    for (i = 0; i < sent->parameters.count; i++) {
        item = &sent->parameters.items[i];

        if (!alipay_is_among(in_query, item->name)) {
            put_field(&sent->body, boundary, item);
        }
    }

    put_file(&sent->body, boundary, file);

    alipay_puts(&sent->tail, "\r\n--");
    alipay_puts(&sent->tail, boundary);
    alipay_puts(&sent->tail, "--\r\n");

    snprintf(sent->type, sizeof(sent->type),
             "multipart/form-data; boundary=%s", boundary);

    return alipay_text_finish(&sent->tail) == 0 ? 0
           : alipay_fail(failure, "no memory");
}


/* ---- reading ----------------------------------------------------------- */

typedef struct {
    alipay_span_t  name;
    alipay_span_t  filename;            /* data NULL: it is a field */
    alipay_span_t  value;
} part_t;


/* The parameter of a header, quoted or not; data NULL if there is none. */
static alipay_span_t
header_parameter(alipay_span_t header, const char *name)
{
    size_t         len = strlen(name);
    const char    *p, *last, *end = header.data + header.len;
    alipay_span_t  value = { NULL, 0 };

    for (p = header.data; (p = memchr(p, ';', (size_t) (end - p))) != NULL;
         /* void */ )
    {
        p++;

        while (p < end && (*p == ' ' || *p == '\t')) {
            p++;
        }

        if ((size_t) (end - p) <= len || strncasecmp(p, name, len) != 0
            || p[len] != '=')
        {
            continue;
        }

        p += len + 1;

        if (p < end && *p == '"') {
            p++;
            last = memchr(p, '"', (size_t) (end - p));

        } else {
            last = memchr(p, ';', (size_t) (end - p));
            last = last == NULL ? end : last;
        }

        if (last != NULL) {
            value = (alipay_span_t) { p, (size_t) (last - p) };
        }

        break;
    }

    return value;
}


/* The value of Content-Disposition among a part's headers. */
static alipay_span_t
disposition(alipay_span_t headers)
{
    static const char  name[] = "Content-Disposition:";

    const char  *line = headers.data, *next;
    const char  *end = headers.data + headers.len;

    while (line < end) {
        next = memmem(line, (size_t) (end - line), "\r\n", 2);
        next = next == NULL ? end : next;

        if ((size_t) (next - line) >= sizeof(name) - 1
            && strncasecmp(line, name, sizeof(name) - 1) == 0)
        {
            return (alipay_span_t) { line, (size_t) (next - line) };
        }

        line = next + 2;
    }

    return (alipay_span_t) { headers.data, 0 };
}


/* rest begins behind a boundary, at its line's end, and goes on to the next
   one.  0, or -1. */
static int
next_part(alipay_span_t *rest, const char *mark, part_t *part)
{
    const char     *head, *value, *end;
    alipay_span_t   header;

    if (rest->len < 2 || memcmp(rest->data, "\r\n", 2) != 0) {
        return -1;
    }

    head = rest->data + 2;
    value = memmem(rest->data, rest->len, "\r\n\r\n", 4);

    if (value == NULL || value - head > HEADERS_MAX) {
        return -1;
    }

    /* no headers at all: value stands before head */
    header = disposition((alipay_span_t) {
        head, value > head ? (size_t) (value - head) : 0 });
    value += 4;
    end = memmem(value, (size_t) (rest->data + rest->len - value), mark,
                 strlen(mark));

    if (end == NULL) {
        return -1;
    }

    part->name = header_parameter(header, "name");
    part->filename = header_parameter(header, "filename");
    part->value = (alipay_span_t) { value, (size_t) (end - value) };

    end += strlen(mark);
    rest->len = (size_t) (rest->data + rest->len - end);
    rest->data = end;

    return part->name.data == NULL || part->name.len > ALIPAY_NAME ? -1 : 0;
}


static int
take_part(const part_t *part, alipay_parameters_t *parameters,
    alipay_part_t *file, alipay_failure_t *failure)
{
    char  name[ALIPAY_NAME + 1];

    memcpy(name, part->name.data, part->name.len);
    name[part->name.len] = '\0';

    if (part->filename.data != NULL) {
        if (file->data != NULL) {
            return alipay_fail(failure, "two files");
        }

        memcpy(file->name, name, sizeof(name));
        file->data = part->value.data;
        file->len = part->value.len;

        return 0;
    }

    if (part->value.len > ALIPAY_REQUEST_MAX
        || alipay_parameters_add(parameters, name, part->value.data,
                                 part->value.len) != 0)
    {
        return alipay_fail(failure, "parameter %zu stands twice, is no name, "
                           "or too many", parameters->count + 1);
    }

    return 0;
}


/* "\r\n--<boundary>" of the body's type.  0, or -1. */
static int
read_mark(const char *type, char mark[BOUNDARY_MAX + 5])
{
    alipay_span_t  boundary;

    boundary = header_parameter((alipay_span_t) { type, strlen(type) },
                                "boundary");

    if (boundary.data == NULL || boundary.len == 0
        || boundary.len > BOUNDARY_MAX)
    {
        return -1;
    }

    snprintf(mark, BOUNDARY_MAX + 5, "\r\n--%.*s", (int) boundary.len,
             boundary.data);

    return 0;
}


int
alipay_multipart_parse(const char *type, const char *body, size_t len,
    alipay_parameters_t *parameters, alipay_part_t *file,
    alipay_failure_t *failure)
{
    char           mark[BOUNDARY_MAX + 5];
    size_t         count;
    part_t         part;
    alipay_span_t  rest = { body, len };

    memset(file, 0, sizeof(*file));

    /* the first one needs no line's end before it */
    if (read_mark(type, mark) != 0 || len < strlen(mark) - 2
        || memcmp(body, mark + 2, strlen(mark) - 2) != 0)
    {
        return alipay_fail(failure, "no form of parts, or no boundary");
    }

    rest.data += strlen(mark) - 2;
    rest.len -= strlen(mark) - 2;

    for (count = 0; count < PARTS_MAX; count++) {
        if (rest.len >= 2 && memcmp(rest.data, "--", 2) == 0) {
            return 0;
        }

        if (next_part(&rest, mark, &part) != 0) {
            return alipay_fail(failure, "part %zu is none", count + 1);
        }

        if (take_part(&part, parameters, file, failure) != 0) {
            return -1;
        }
    }

    return alipay_fail(failure, "more than %d parts", PARTS_MAX);
}
