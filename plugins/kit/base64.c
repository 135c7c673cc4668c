/*
 * base64.c - see base64.h.
 */

#include "base64.h"

static const char  standard[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char  url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


/* Without padding and NUL. */
static size_t
encode(const unsigned char *in, size_t len, char *out, const char *alphabet)
{
    char      *start = out;
    size_t     i;
    uint32_t   group;

    for (i = 0; i + 2 < len; i += 3) {
        group = (uint32_t) in[i] << 16 | (uint32_t) in[i + 1] << 8 | in[i + 2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = alphabet[group >> 6 & 63];
        *out++ = alphabet[group & 63];
    }

    if (len - i == 1) {
        *out++ = alphabet[in[i] >> 2];
        *out++ = alphabet[(in[i] & 3) << 4];

    } else if (len - i == 2) {
        *out++ = alphabet[in[i] >> 2];
        *out++ = alphabet[(in[i] & 3) << 4 | in[i + 1] >> 4];
        *out++ = alphabet[(in[i + 1] & 15) << 2];
    }

    return (size_t) (out - start);
}


size_t
civic_base64_encode(const void *bytes, size_t len, char *out)
{
    size_t  used = encode(bytes, len, out, standard);

    while (used % 4 != 0) {
        out[used++] = '=';
    }

    out[used] = '\0';

    return used;
}


size_t
civic_base64_encode_url(const void *bytes, size_t len, char *out)
{
    size_t  used = encode(bytes, len, out, url);

    out[used] = '\0';

    return used;
}


/* Six bits and one more, so that 0 is no letter. */
#define LETTERS                                                               \
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,    \
    19, 20, 21, 22, 23, 24, 25, 26,                                           \
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,   \
    43, 44, 45, 46, 47, 48, 49, 50, 51, 52,                                   \
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62

static const unsigned char  standard_letters[256] = {
    LETTERS, ['+'] = 63, ['/'] = 64
};
static const unsigned char  url_letters[256] = {
    LETTERS, ['-'] = 63, ['_'] = 64
};


/* Without padding. */
static int64_t
decode(const char *text, size_t len, void *out, const unsigned char *letters)
{
    size_t          i;
    unsigned        bits = 0, letter;
    uint32_t        held = 0;
    unsigned char  *start = out, *next = out;

    for (i = 0; i < len; i++) {
        letter = letters[(unsigned char) text[i]];
        if (letter == 0) {
            return -1;
        }

        held = held << 6 | (letter - 1);
        bits += 6;

        if (bits >= 8) {
            bits -= 8;
            *next++ = (unsigned char) (held >> bits);
            held &= (1u << bits) - 1;
        }
    }

    /* one character alone holds no byte, and spare bits are zero */
    if (bits == 6 || held != 0) {
        return -1;
    }

    return next - start;
}


int64_t
civic_base64_decode(const char *text, size_t len, void *out, size_t size)
{
    size_t  padding = 0;

    if (len % 4 != 0) {
        return -1;
    }

    while (padding < 2 && padding < len && text[len - 1 - padding] == '=') {
        padding++;
    }

    if (len / 4 * 3 - padding > size) {
        return -1;
    }

    return decode(text, len - padding, out, standard_letters);
}


int64_t
civic_base64_decode_url(const char *text, size_t len, void *out)
{
    return decode(text, len, out, url_letters);
}


int
civic_base64_is_url(const char *text, size_t len)
{
    size_t    i;
    unsigned  others = 0;

    for (i = 0; i < len; i++) {
        others |= url_letters[(unsigned char) text[i]] == 0;
    }

    return !others;
}
