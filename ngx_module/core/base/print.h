/*
 * print.h - the printf of keys, tags and numbers, which each request makes a
 * dozen of: what vsnprintf() does with the plain conversions, and several
 * times quicker, since it reads no flags, widths or locale.
 */

#ifndef CIVIC_PRINT_H
#define CIVIC_PRINT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Prints into out, NUL-terminated, and returns the length without the NUL.
 * Knows %s, %.5s, %.*s, %c, %%, and d, u, x as int, long, long long and
 * size_t.  -1 for everything else, and if it does not fit: then out is
 * undefined, and vsnprintf() is to do it with the same args, which are left
 * as they were.
 */
int civic_print_plain(char *out, size_t size, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
