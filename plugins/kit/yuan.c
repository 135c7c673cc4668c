/*
 * yuan.c - see yuan.h.
 */

#include <stdio.h>

#include "yuan.h"

#define FEN_OF_YUAN  100
#define DECIMALS     2


int
civic_yuan_format(int64_t fen, char out[CIVIC_YUAN_TEXT])
{
    if (fen < 0 || fen > CIVIC_FEN_MAX) {
        return -1;
    }

    snprintf(out, CIVIC_YUAN_TEXT, "%lld.%02lld",
             (long long) (fen / FEN_OF_YUAN), (long long) (fen % FEN_OF_YUAN));

    return 0;
}


/* Digits up to the first that is none; -1 if the number grows too large. */
static int
take_digits(const char *s, size_t len, size_t *used, int64_t *number)
{
    size_t  i;

    for (i = 0; i < len && s[i] >= '0' && s[i] <= '9'; i++) {
        *number = *number * 10 + (s[i] - '0');

        if (*number > CIVIC_FEN_MAX) {
            return -1;
        }
    }

    *used = i;

    return 0;
}


int
civic_yuan_parse(const char *s, size_t len, int64_t *fen)
{
    size_t   whole, part = 0;
    int64_t  number = 0;

    if (take_digits(s, len, &whole, &number) != 0 || whole == 0) {
        return -1;
    }

    if (whole < len) {
        if (s[whole] != '.'
            || take_digits(s + whole + 1, len - whole - 1, &part, &number) != 0
            || part == 0 || part > DECIMALS || whole + 1 + part != len)
        {
            return -1;
        }
    }

    for (; part < DECIMALS; part++) {
        number *= 10;
    }

    if (number > CIVIC_FEN_MAX) {
        return -1;
    }

    *fen = number;

    return 0;
}
