/*
 * text.c - see text.h.  RFC 3629 says what UTF-8 is.
 */

#include "text.h"

#define WIDE_FIRST  0xff01
#define WIDE_LAST   0xff5e
#define WIDE_SHIFT  0xfee0


static int
is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}


/* The length that a first byte promises; 0 if it cannot be one. */
static size_t
sequence_length(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }

    if (first >= 0xc2 && first <= 0xdf) {
        return 2;
    }

    if (first >= 0xe0 && first <= 0xef) {
        return 3;
    }

    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}


int32_t
civic_text_code(const char *s, size_t len, size_t *size)
{
    static const int32_t  smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

    size_t                i, n;
    int32_t               code;
    const unsigned char  *p = (const unsigned char *) s;

    *size = 1;
    n = sequence_length(p[0]);

    if (n == 0 || n > len) {
        return -1;
    }

    if (n == 1) {
        return p[0];
    }

    code = p[0] & (0x7f >> n);

    for (i = 1; i < n; i++) {
        if (!is_tail(p[i])) {
            return -1;
        }

        code = (code << 6) | (p[i] & 0x3f);
    }

    if (code < smallest[n] || code > 0x10ffff
        || (code >= 0xd800 && code <= 0xdfff))
    {
        return -1;
    }

    *size = n;

    return code;
}


size_t
civic_text_put(int32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char) code;
        return 1;
    }

    if (code < 0x800) {
        out[0] = (char) (0xc0 | (code >> 6));
        out[1] = (char) (0x80 | (code & 0x3f));
        return 2;
    }

    if (code < 0x10000) {
        out[0] = (char) (0xe0 | (code >> 12));
        out[1] = (char) (0x80 | ((code >> 6) & 0x3f));
        out[2] = (char) (0x80 | (code & 0x3f));
        return 3;
    }

    out[0] = (char) (0xf0 | (code >> 18));
    out[1] = (char) (0x80 | ((code >> 12) & 0x3f));
    out[2] = (char) (0x80 | ((code >> 6) & 0x3f));
    out[3] = (char) (0x80 | (code & 0x3f));

    return 4;
}


int64_t
civic_text_length(const char *s, size_t len)
{
    size_t   at, size;
    int64_t  count = 0;

    for (at = 0; at < len; at += size) {
        if (civic_text_code(s + at, len - at, &size) < 0) {
            return -1;
        }

        count++;
    }

    return count;
}


int
civic_text_is_space(int32_t code)
{
    return code == ' ' || code == '\t' || code == '\r' || code == '\n'
           || code == 0xa0 || code == 0x3000;
}


/* Where the last code point of s begins. */
static size_t
last_start(const char *s, size_t len)
{
    size_t  at = len - 1;

    while (at > 0 && len - at < 4 && is_tail((unsigned char) s[at])) {
        at--;
    }

    return at;
}


void
civic_text_trim(const char **s, size_t *len)
{
    size_t  at, size;

    while (*len > 0
           && civic_text_is_space(civic_text_code(*s, *len, &size)))
    {
        *s += size;
        *len -= size;
    }

    while (*len > 0) {
        at = last_start(*s, *len);

        if (!civic_text_is_space(civic_text_code(*s + at, *len - at, &size))
            || at + size != *len)
        {
            return;
        }

        *len = at;
    }
}


int32_t
civic_text_narrow(int32_t code)
{
    if (code >= WIDE_FIRST && code <= WIDE_LAST) {
        return code - WIDE_SHIFT;
    }

    return code;
}
