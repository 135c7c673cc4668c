/*
 * yuan.h - money: integer fen within, yuan with two decimals on the wire of
 * a provider ("12.30").  Never a floating-point number.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_YUAN_H
#define CIVIC_KIT_YUAN_H

#include <stddef.h>
#include <stdint.h>

/* Alipay's bounds of an amount: 0.01 to 100,000,000 yuan. */
#define CIVIC_FEN_MIN  INT64_C(1)
#define CIVIC_FEN_MAX  INT64_C(10000000000)

/* "100000000.00" and a NUL. */
#define CIVIC_YUAN_TEXT  16

/* Writes fen, 0 to CIVIC_FEN_MAX, with two decimals.  0, or -1. */
int civic_yuan_format(int64_t fen, char out[CIVIC_YUAN_TEXT]);

/* Reads "12", "12.3" or "12.30", at most CIVIC_FEN_MAX: no sign, no space, no
   exponent.  0, or -1. */
int civic_yuan_parse(const char *s, size_t len, int64_t *fen);

#endif
