/*
 * multipart_fuzz.c - libFuzzer target: a body of multipart/form-data.
 *
 * The first byte says where the rest is split, the first line of the rest is
 * the Content-Type.  Whole, split, byte by byte and into little room must
 * come to the same end; no more comes out than went in.
 */

#include <stdint.h>
#include <stdlib.h>

#include "multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    civic_multipart_state_t  state;
    size_t                   len;
    char                    *bytes;
    char                     type[CIVIC_MULTIPART_TYPE + 1];
} outcome_t;


static void
feed(civic_multipart_t *parser, outcome_t *out, civic_str_t in, size_t most,
    size_t room)
{
    size_t                    left, written;
    civic_multipart_state_t   state;

    do {
        left = most - out->len < room ? most - out->len : room;
        state = civic_multipart_feed(parser, &in, out->bytes + out->len, left,
                                     &written);
        if (written > left) {
            abort();
        }

        out->len += written;

        if (state == CIVIC_MULTIPART_MORE && in.len != 0 && written != room) {
            abort();
        }

    } while (state == CIVIC_MULTIPART_MORE && in.len != 0);
}


/* In pieces, the first one of another size. */
static outcome_t
parse(civic_str_t type, civic_str_t body, size_t first, size_t piece,
    size_t room)
{
    size_t              at, len;
    outcome_t           out = { .type = "" };
    civic_str_t         in;
    civic_multipart_t   parser;

    out.bytes = malloc(body.len + 1);

    if (out.bytes == NULL) {
        abort();
    }

    (void) civic_multipart_init(&parser, type);

    for (at = 0; at < body.len; at += len) {
        len = at == 0 && first != 0 ? first : piece;
        len = len < body.len - at ? len : body.len - at;
        in.data = body.data + at;
        in.len = len;
        feed(&parser, &out, in, body.len + 1, room);
    }

    if (civic_multipart_type(&parser) != NULL) {
        memcpy(out.type, civic_multipart_type(&parser), sizeof(out.type));

        if (memchr(out.type, '\0', sizeof(out.type)) == NULL) {
            abort();
        }
    }

    out.state = civic_multipart_end(&parser);

    if (out.state == CIVIC_MULTIPART_MORE || out.len > body.len) {
        abort();
    }

    (void) civic_multipart_text(out.state);

    return out;
}


static void
must_equal(const outcome_t *a, outcome_t b)
{
    if (a->state != b.state || a->len != b.len
        || (a->len != 0 && memcmp(a->bytes, b.bytes, a->len) != 0)
        || strcmp(a->type, b.type) != 0)
    {
        abort();
    }

    free(b.bytes);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char         name[CIVIC_MULTIPART_TYPE + 1];
    size_t       split;
    outcome_t    whole;
    const char  *end;
    civic_str_t  type, body;

    if (size < 1) {
        return 0;
    }

    split = data[0];
    type.data = (const char *) data + 1;
    type.len = size - 1;
    end = memchr(type.data, '\n', type.len);

    if (end == NULL) {
        return 0;
    }

    body.data = end + 1;
    body.len = type.len - (size_t) (end + 1 - type.data);
    type.len = (size_t) (end - type.data);

    (void) civic_media_type(type, name);

    whole = parse(type, body, 0, body.len + 1, body.len + 1);
    must_equal(&whole, parse(type, body, split, body.len + 1, body.len + 1));
    must_equal(&whole, parse(type, body, 0, 1, body.len + 1));
    must_equal(&whole, parse(type, body, split, 7, 1));
    free(whole.bytes);

    return 0;
}
