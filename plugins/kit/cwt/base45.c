/*
 * base45.c - RFC 9285.  Two bytes are a number of three digits to the base
 * 45, the lowest first; one byte at the end has two.
 */

#include <string.h>

#include "base45.h"

#define BASE  45

static const char  alphabet[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";


static char *
put_digits(char *out, unsigned value, int digits)
{
    for ( ; digits > 0; digits--) {
        *out++ = alphabet[value % BASE];
        value /= BASE;
    }

    return out;
}


size_t
civic_base45_encode(const void *bytes, size_t len, char *out)
{
    char                 *at = out;
    size_t                i;
    const unsigned char  *in = bytes;

    for (i = 0; i + 1 < len; i += 2) {
        at = put_digits(at, (unsigned) in[i] << 8 | in[i + 1], 3);
    }

    if (i < len) {
        at = put_digits(at, in[i], 2);
    }

    *at = '\0';

    return (size_t) (at - out);
}


/* The number of so many digits, or -1. */
static int
take_digits(const char *text, int digits)
{
    int          value = 0;
    const char  *found;

    while (digits-- > 0) {
        found = text[digits] == '\0' ? NULL : strchr(alphabet, text[digits]);
        if (found == NULL) {
            return -1;
        }

        value = value * BASE + (int) (found - alphabet);
    }

    return value;
}


int64_t
civic_base45_decode(const char *text, size_t len, void *out, size_t size)
{
    int             value;
    size_t          i, used = 0;
    unsigned char  *to = out;

    if (len % 3 == 1 || len / 3 * 2 + len % 3 / 2 > size) {
        return -1;
    }

    for (i = 0; i + 2 < len; i += 3) {
        value = take_digits(text + i, 3);
        if (value < 0 || value > 0xffff) {
            return -1;
        }

        to[used++] = (unsigned char) (value >> 8);
        to[used++] = (unsigned char) value;
    }

    if (i < len) {
        value = take_digits(text + i, 2);
        if (value < 0 || value > 0xff) {
            return -1;
        }

        to[used++] = (unsigned char) value;
    }

    return (int64_t) used;
}
