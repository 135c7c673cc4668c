/*
 * print.c - see print.h.
 */

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "print.h"

/* Digits of the largest number, decimal. */
#define MOST_DIGITS  20

typedef struct {
    char  *at;
    char  *end;                         /* of the room, less the NUL */
} out_t;

/* What stands between % and the letter. */
typedef struct {
    int   precision;                    /* -1: none */
    char  size;                         /* 0: int, l, L: long long, z */
} how_t;


static int
put(out_t *out, const char *text, size_t len)
{
    if (len > (size_t) (out->end - out->at)) {
        return -1;
    }

    memcpy(out->at, text, len);
    out->at += len;

    return 0;
}


static int
put_text(out_t *out, const char *text, int precision)
{
    if (text == NULL) {
        return -1;
    }

    return put(out, text, precision < 0 ? strlen(text)
                                        : strnlen(text, (size_t) precision));
}


static int
put_decimal(out_t *out, uint64_t number, int negative)
{
    char  digits[MOST_DIGITS + 1], *first = digits + sizeof(digits);

    do {
        *--first = (char) ('0' + number % 10);
        number /= 10;
    } while (number > 0);

    if (negative) {
        *--first = '-';
    }

    return put(out, first, (size_t) (digits + sizeof(digits) - first));
}


static int
put_hex(out_t *out, uint64_t number)
{
    char  digits[MOST_DIGITS], *first = digits + sizeof(digits);

    do {
        *--first = "0123456789abcdef"[number & 15];
        number >>= 4;
    } while (number > 0);

    return put(out, first, (size_t) (digits + sizeof(digits) - first));
}


/* The star's value is taken from the arguments by the caller. */
static const char *
read_how(const char *p, how_t *how, int *star)
{
    how->precision = -1;
    how->size = 0;
    *star = p[0] == '.' && p[1] == '*';

    if (*star) {
        p += 2;

    } else if (p[0] == '.' && p[1] >= '0' && p[1] <= '9') {
        how->precision = p[1] - '0';
        p += 2;
    }

    if (*p == 'z') {
        how->size = *p++;

    } else if (*p == 'l') {
        how->size = p[1] == 'l' ? 'L' : 'l';
        p += how->size == 'L' ? 2 : 1;
    }

    return p;
}


static int
put_signed(out_t *out, const how_t *how, va_list *args)
{
    int64_t  number = how->size == 'L' ? va_arg(*args, long long)
                      : how->size == 'l' ? va_arg(*args, long)
                      : how->size == 'z' ? (int64_t) va_arg(*args, ssize_t)
                      : va_arg(*args, int);

    return put_decimal(out, number < 0 ? - (uint64_t) number
                                       : (uint64_t) number, number < 0);
}


static uint64_t
take_unsigned(const how_t *how, va_list *args)
{
    return how->size == 'L' ? va_arg(*args, unsigned long long)
           : how->size == 'l' ? va_arg(*args, unsigned long)
           : how->size == 'z' ? va_arg(*args, size_t)
           : va_arg(*args, unsigned);
}


static int
put_conversion(out_t *out, char letter, const how_t *how, va_list *args)
{
    char  c;

    if (letter == 's' && how->size == 0) {
        return put_text(out, va_arg(*args, const char *), how->precision);
    }

    if (how->precision >= 0) {
        return -1;
    }

    switch (letter) {

    case 'c':
        c = (char) va_arg(*args, int);
        return how->size == 0 ? put(out, &c, 1) : -1;

    case 'd':
        return put_signed(out, how, args);

    case 'u':
        return put_decimal(out, take_unsigned(how, args), 0);

    case 'x':
        return put_hex(out, take_unsigned(how, args));

    case '%':
        return put(out, "%", 1);
    }

    return -1;
}


/* A list of arguments that is passed on is an array, or not: by its own
   name only its address is the same type everywhere. */
static int
put_all(out_t *out, const char *fmt, va_list *args)
{
    int          star;
    how_t        how;
    const char  *percent;

    while ((percent = strchr(fmt, '%')) != NULL) {
        if (put(out, fmt, (size_t) (percent - fmt)) != 0) {
            return -1;
        }

        fmt = read_how(percent + 1, &how, &star);

        if (star) {
            how.precision = va_arg(*args, int);
            if (how.precision < 0) {
                return -1;
            }
        }

        if (put_conversion(out, *fmt, &how, args) != 0) {
            return -1;
        }

        fmt++;
    }

    return put_text(out, fmt, -1);
}


int
civic_print_plain(char *out, size_t size, const char *fmt, va_list args)
{
    int      rc;
    out_t    to = { out, out + size - 1 };
    va_list  own;

    if (size == 0 || size > INT_MAX) {
        return -1;
    }

    va_copy(own, args);
    rc = put_all(&to, fmt, &own);
    va_end(own);

    if (rc != 0) {
        return -1;
    }

    *to.at = '\0';

    return (int) (to.at - out);
}
