/*
 * cbor.h - the little of CBOR (RFC 8949) that a token is made of: integers,
 * byte strings, texts, arrays and maps of known length, a tag; in the one
 * spelling of 4.2.1, shortest first.
 *
 * Debian's libcbor was tried: it takes the memory that the input says it will
 * need, thirty gigabytes for five bytes.  Here nothing is allocated and
 * nothing nests: who reads says what has to come next.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_CBOR_H
#define CIVIC_KIT_CBOR_H

#include <stddef.h>
#include <stdint.h>

/* RFC 8949 3.1: major types. */
typedef enum {
    CIVIC_CBOR_UNSIGNED = 0,
    CIVIC_CBOR_NEGATIVE,
    CIVIC_CBOR_BYTES,
    CIVIC_CBOR_TEXT,
    CIVIC_CBOR_ARRAY,
    CIVIC_CBOR_MAP,
    CIVIC_CBOR_TAG
} civic_cbor_type_t;

/* After a failure nothing more is written, and civic_cbor_written() is 0. */
typedef struct {
    unsigned char  *begin;
    unsigned char  *at;
    unsigned char  *end;
    int             failed;
} civic_cbor_writer_t;

void civic_cbor_write(civic_cbor_writer_t *w, unsigned char *out,
    size_t size);

/* The begin of an array, a map or a tag, with its length or number. */
void civic_cbor_put_head(civic_cbor_writer_t *w, civic_cbor_type_t type,
    uint64_t argument);
void civic_cbor_put_integer(civic_cbor_writer_t *w, int64_t value);

/* Of the type BYTES or TEXT. */
void civic_cbor_put_string(civic_cbor_writer_t *w, civic_cbor_type_t type,
    const void *bytes, size_t len);
size_t civic_cbor_written(const civic_cbor_writer_t *w);

/* The same: what is not as expected fails, and so does all that follows. */
typedef struct {
    const unsigned char  *at;
    const unsigned char  *end;
    int                   failed;
} civic_cbor_reader_t;

void civic_cbor_read(civic_cbor_reader_t *r, const void *bytes, size_t len);

/* Of one type alone: its length or number, 0 on failure. */
uint64_t civic_cbor_take_head(civic_cbor_reader_t *r, civic_cbor_type_t type);
int64_t civic_cbor_take_integer(civic_cbor_reader_t *r);

/* Points into what is read.  A text is not looked at as UTF-8. */
const unsigned char *civic_cbor_take_string(civic_cbor_reader_t *r,
    civic_cbor_type_t type, size_t *len);

/* 1: all was as expected, and nothing is left. */
int civic_cbor_ended(const civic_cbor_reader_t *r);

#endif
