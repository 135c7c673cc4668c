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


/* Of one letter, or -1.  Chosen, not branched to: what is encoded is random,
   and each guess of the processor's would be wrong. */
static int
value_of(unsigned char c, const char *alphabet)
{
    int  value = -1;

    value = c - (unsigned) 'A' < 26 ? c - 'A' : value;
    value = c - (unsigned) 'a' < 26 ? c - 'a' + 26 : value;
    value = c - (unsigned) '0' < 10 ? c - '0' + 52 : value;
    value = c == (unsigned char) alphabet[62] ? 62 : value;

    return c == (unsigned char) alphabet[63] ? 63 : value;
}


/* Without padding. */
static int64_t
decode(const char *text, size_t len, void *out, const char *alphabet)
{
    int             value;
    size_t          i;
    unsigned        bits = 0;
    uint32_t        held = 0;
    unsigned char  *start = out, *next = out;

    for (i = 0; i < len; i++) {
        value = value_of((unsigned char) text[i], alphabet);
        if (value < 0) {
            return -1;
        }

        held = held << 6 | (uint32_t) value;
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

    return decode(text, len - padding, out, standard);
}


int64_t
civic_base64_decode_url(const char *text, size_t len, void *out)
{
    return decode(text, len, out, url);
}
