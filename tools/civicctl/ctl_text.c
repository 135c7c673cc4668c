/*
 * ctl_text.c - prints one of two texts; in English, nouns agree with numbers.
 *
 * The format is read once before it is printed, with a copy of its arguments:
 * "%u {day|days}" becomes "%u day" or "%u days".  So whatever an argument says
 * is printed as it is.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "ctl_text.h"

/* A copy of the arguments that moves on, whoever takes the next. */
typedef struct {
    va_list    args;
    long long  number;                  /* the last that was taken */
} ctl_text_t;


/* The next argument, a number of that size. */
static long long
ctl_text_number(ctl_text_t *text, const char *size)
{
    if (strncmp(size, "ll", 2) == 0) {
        return va_arg(text->args, long long);
    }

    switch (size[0]) {
    case 'l':
        return va_arg(text->args, long);

    case 'z':
        return (long long) va_arg(text->args, size_t);

    default:
        return va_arg(text->args, int);
    }
}


/* Takes the arguments of a conversion, which begins at its "%"; what follows
   it. */
static const char *
ctl_text_take(ctl_text_t *text, const char *p)
{
    const char  *size;

    for (p++; *p != '\0' && strchr("-+ #0123456789.*", *p) != NULL; p++) {
        if (*p == '*') {
            (void) va_arg(text->args, int);
        }
    }

    size = p;
    p += strspn(p, "lz");

    switch (*p) {
    case '\0':
        return p;

    case 'd':
    case 'u':
        text->number = ctl_text_number(text, size);
        break;

    case 'c':
    case 'x':
        (void) ctl_text_number(text, size);
        break;

    case 'f':
        (void) va_arg(text->args, double);
        break;

    case 's':
        (void) va_arg(text->args, const char *);
        break;
    }

    return p + 1;
}


/* Puts "one" or "many" of "{one|many}" at *out; what follows it, or NULL if it
   is something else. */
static const char *
ctl_text_agree(const ctl_text_t *text, const char *p, char **out)
{
    size_t       len;
    const char  *bar = strchr(p, '|'), *end = strchr(p, '}');

    if (bar == NULL || end == NULL || bar > end) {
        return NULL;
    }

    p = text->number == 1 ? p + 1 : bar + 1;
    len = (size_t) ((text->number == 1 ? bar : end) - p);
    memcpy(*out, p, len);
    *out += len;

    return end + 1;
}


/* The format with its nouns chosen, malloc'ed; NULL without memory. */
static char *
ctl_text_choose(const char *format, va_list args)
{
    char        *chosen = malloc(strlen(format) + 1), *out = chosen;
    ctl_text_t   text = { .number = 0 };
    const char  *p = format, *next;

    if (chosen == NULL) {
        return NULL;
    }

    va_copy(text.args, args);

    while (*p != '\0') {
        next = *p == '{' ? ctl_text_agree(&text, p, &out) : NULL;

        if (next == NULL) {
            next = *p == '%' ? ctl_text_take(&text, p) : p + 1;
            memcpy(out, p, (size_t) (next - p));
            out += next - p;
        }

        p = next;
    }

    va_end(text.args);
    *out = '\0';

    return chosen;
}


void
ctl_text_print(FILE *out, civic_language_t language, const char *zh,
    const char *en, va_list args)
{
    char  *chosen;

    if (language == CIVIC_ZH) {
        (void) vfprintf(out, zh, args);
        return;
    }

    chosen = ctl_text_choose(en, args);
    (void) vfprintf(out, chosen == NULL ? en : chosen, args);
    free(chosen);
}
