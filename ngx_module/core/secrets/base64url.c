/*
 * base64url.c - RFC 4648, section 5, without padding.
 *
 * Tokens, pids and field names are compared as texts, so decoding takes the
 * canonical text only: one text for each string of bytes.  Buffers are the
 * callers'.
 */

#include <string.h>

#include "keyring.h"


size_t
civic_base64url_encode(const void *bytes, size_t len, char *out)
{
    size_t                i;
    char                 *p = out;
    uint32_t              v;
    const unsigned char  *b = bytes;

    static const char  alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz0123456789-_";

    for (i = 0; i + 3 <= len; i += 3) {
        v = (uint32_t) b[i] << 16 | (uint32_t) b[i + 1] << 8 | b[i + 2];
        *p++ = alphabet[v >> 18];
        *p++ = alphabet[v >> 12 & 63];
        *p++ = alphabet[v >> 6 & 63];
        *p++ = alphabet[v & 63];
    }

    if (i + 1 == len) {
        *p++ = alphabet[b[i] >> 2];
        *p++ = alphabet[(b[i] & 3) << 4];

    } else if (i + 2 == len) {
        *p++ = alphabet[b[i] >> 2];
        *p++ = alphabet[(b[i] & 3) << 4 | b[i + 1] >> 4];
        *p++ = alphabet[(b[i + 1] & 15) << 2];
    }

    *p = '\0';

    return (size_t) (p - out);
}

/* The value of a character plus one; 0: not of the alphabet. */
static const unsigned char  base64url_value[256] = {
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['-'] = 63,
    ['_'] = 64
};


/*
 * Four characters are three bytes.  A character that is none wraps around
 * below zero and shows in the highest bit.
 */

static int
base64url_quad(const char *text, unsigned char *p)
{
    uint32_t  a = base64url_value[(unsigned char) text[0]] - 1u;
    uint32_t  b = base64url_value[(unsigned char) text[1]] - 1u;
    uint32_t  c = base64url_value[(unsigned char) text[2]] - 1u;
    uint32_t  d = base64url_value[(unsigned char) text[3]] - 1u;

    if ((a | b | c | d) >> 31) {
        return -1;
    }

    p[0] = (unsigned char) (a << 2 | b >> 4);
    p[1] = (unsigned char) (b << 4 | c >> 2);
    p[2] = (unsigned char) (c << 6 | d);

    return 0;
}


int64_t
civic_base64url_decode(civic_str_t text, void *out)
{
    size_t          left = text.len;
    char            last[4] = "AAAA";
    const char     *s = text.data;
    unsigned char   rest[3], *p = out;

    for ( /* void */ ; left >= 4; left -= 4) {
        if (base64url_quad(s, p) != 0) {
            return -1;
        }

        s += 4;
        p += 3;
    }

    if (left == 0) {
        return (int64_t) (p - (unsigned char *) out);
    }

    memcpy(last, s, left);

    /* Bits that are left over must be zero and fewer than a character's:
       otherwise a second text would mean the same bytes. */
    if (left == 1 || base64url_quad(last, rest) != 0 || rest[left - 1] != 0) {
        return -1;
    }

    memcpy(p, rest, left - 1);

    return (int64_t) (p - (unsigned char *) out) + (int64_t) left - 1;
}
