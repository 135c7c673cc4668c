/*
 * utf8.h - one character of UTF-8, as RFC 3629 has it.
 *
 * No surrogates, no longer forms, nothing above U+10FFFF.
 */

#ifndef CIVIC_UTF8_H
#define CIVIC_UTF8_H

#include <stddef.h>

/*
 * How many of the len (at least one) bytes at in are one character.  When it
 * is broken: minus the number of bytes that one U+FFFD stands for, which is
 * the longest start of a character that could have become one (the Unicode
 * standard, 3.9, "maximal subpart").
 */
static inline int
civic_utf8_char(const unsigned char *in, size_t len)
{
    int            need, i;
    unsigned char  low, high;

    low = 0x80;
    high = 0xbf;

    if (in[0] < 0x80) {
        return 1;
    }

    if (in[0] >= 0xc2 && in[0] <= 0xdf) {
        need = 2;

    } else if (in[0] >= 0xe0 && in[0] <= 0xef) {
        need = 3;
        low = in[0] == 0xe0 ? 0xa0 : 0x80;
        high = in[0] == 0xed ? 0x9f : 0xbf;

    } else if (in[0] >= 0xf0 && in[0] <= 0xf4) {
        need = 4;
        low = in[0] == 0xf0 ? 0x90 : 0x80;
        high = in[0] == 0xf4 ? 0x8f : 0xbf;

    } else {
        return -1;
    }

    for (i = 1; i < need; i++) {
        if ((size_t) i == len || in[i] < low || in[i] > high) {
            return -i;
        }

        low = 0x80;
        high = 0xbf;
    }

    return need;
}

#endif
