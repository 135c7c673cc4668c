/*
 * cbor.c - RFC 8949, as far as a token goes: see cbor.h.
 *
 * An item begins with three bits of its type and five of its argument, which
 * is small itself or says how many bytes have it.
 */

#include <string.h>

#include "cbor.h"

#define SMALL  24                       /* arguments below have no byte */


/* ---- writing ------------------------------------------------------------ */

void
civic_cbor_write(civic_cbor_writer_t *w, unsigned char *out, size_t size)
{
    w->begin = w->at = out;
    w->end = out + size;
    w->failed = 0;
}


static void
put(civic_cbor_writer_t *w, const void *bytes, size_t len)
{
    if (w->failed || len > (size_t) (w->end - w->at)) {
        w->failed = 1;
        return;
    }

    if (len > 0) {
        memcpy(w->at, bytes, len);
        w->at += len;
    }
}


void
civic_cbor_put_head(civic_cbor_writer_t *w, civic_cbor_type_t type,
    uint64_t argument)
{
    int            size, i;
    unsigned char  head[9];

    if (argument < SMALL) {
        head[0] = (unsigned char) ((unsigned) type << 5 | argument);
        put(w, head, 1);
        return;
    }

    size = argument > 0xffffffff ? 3 : argument > 0xffff ? 2
           : argument > 0xff ? 1 : 0;
    head[0] = (unsigned char) ((unsigned) type << 5 | (unsigned) (SMALL
                                                                  + size));

    for (i = 1 << size; i > 0; i--) {
        head[i] = (unsigned char) argument;
        argument >>= 8;
    }

    put(w, head, 1 + (1u << size));
}


void
civic_cbor_put_integer(civic_cbor_writer_t *w, int64_t value)
{
    if (value >= 0) {
        civic_cbor_put_head(w, CIVIC_CBOR_UNSIGNED, (uint64_t) value);

    } else {
        civic_cbor_put_head(w, CIVIC_CBOR_NEGATIVE, (uint64_t) (-1 - value));
    }
}


void
civic_cbor_put_string(civic_cbor_writer_t *w, civic_cbor_type_t type,
    const void *bytes, size_t len)
{
    civic_cbor_put_head(w, type, len);
    put(w, bytes, len);
}


size_t
civic_cbor_written(const civic_cbor_writer_t *w)
{
    return w->failed ? 0 : (size_t) (w->at - w->begin);
}


/* ---- reading ------------------------------------------------------------ */

void
civic_cbor_read(civic_cbor_reader_t *r, const void *bytes, size_t len)
{
    r->at = bytes;
    r->end = r->at + len;
    r->failed = 0;
}


/* The bytes, or NULL: there are not so many. */
static const unsigned char *
take(civic_cbor_reader_t *r, uint64_t len)
{
    const unsigned char  *at = r->at;

    if (r->failed || len > (uint64_t) (r->end - r->at)) {
        r->failed = 1;
        return NULL;
    }

    r->at += len;

    return at;
}


/* Of any type; an argument that has a shorter spelling fails. */
static uint64_t
take_argument(civic_cbor_reader_t *r, unsigned *type)
{
    unsigned              size, i;
    uint64_t              argument = 0;
    const unsigned char  *bytes = take(r, 1);

    if (bytes == NULL) {
        *type = 0;
        return 0;
    }

    *type = bytes[0] >> 5;
    size = bytes[0] & 31;

    if (size < SMALL) {
        return size;
    }

    if (size > SMALL + 3) {
        r->failed = 1;
        return 0;
    }

    size = 1u << (size - SMALL);
    bytes = take(r, size);

    for (i = 0; bytes != NULL && i < size; i++) {
        argument = argument << 8 | bytes[i];
    }

    if (argument < SMALL
        || (size > 1 && argument >> (8 * (size / 2)) == 0))
    {
        r->failed = 1;
    }

    return r->failed ? 0 : argument;
}


uint64_t
civic_cbor_take_head(civic_cbor_reader_t *r, civic_cbor_type_t type)
{
    unsigned  found;
    uint64_t  argument;

    argument = take_argument(r, &found);

    if (r->failed || found != (unsigned) type) {
        r->failed = 1;
        return 0;
    }

    return argument;
}


int64_t
civic_cbor_take_integer(civic_cbor_reader_t *r)
{
    unsigned  found;
    uint64_t  argument;

    argument = take_argument(r, &found);

    if (r->failed || found > CIVIC_CBOR_NEGATIVE || argument > INT64_MAX) {
        r->failed = 1;
        return 0;
    }

    return found == CIVIC_CBOR_UNSIGNED ? (int64_t) argument
                                        : -1 - (int64_t) argument;
}


const unsigned char *
civic_cbor_take_string(civic_cbor_reader_t *r, civic_cbor_type_t type,
    size_t *len)
{
    uint64_t              argument = civic_cbor_take_head(r, type);
    const unsigned char  *bytes = take(r, argument);

    *len = bytes == NULL ? 0 : (size_t) argument;

    return bytes;
}


int
civic_cbor_ended(const civic_cbor_reader_t *r)
{
    return !r->failed && r->at == r->end;
}
