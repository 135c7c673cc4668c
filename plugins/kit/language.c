/*
 * language.c - see language.h.
 */

#include <strings.h>

#include "language.h"

#define QUALITY_ONE  1000

/* What is left of a header. */
typedef struct {
    const char  *at;
    const char  *end;
} rest_t;


static int
is_space(char c)
{
    return c == ' ' || c == '\t';
}


static rest_t
trim(rest_t text)
{
    while (text.at < text.end && is_space(*text.at)) {
        text.at++;
    }

    while (text.at < text.end && is_space(text.end[-1])) {
        text.end--;
    }

    return text;
}


/* What stands before the mark, trimmed; the rest goes on behind it. */
static rest_t
cut(rest_t *rest, char mark)
{
    rest_t  part = { rest->at, rest->at };

    while (part.end < rest->end && *part.end != mark) {
        part.end++;
    }

    rest->at = part.end < rest->end ? part.end + 1 : part.end;

    return trim(part);
}


/* "0.8" as 800; -1 for what is none: 0 to 1, three decimals at most. */
static int
quality(rest_t text)
{
    int  value, unit = QUALITY_ONE;

    if (text.at == text.end || *text.at < '0' || *text.at > '1') {
        return -1;
    }

    value = (*text.at++ - '0') * unit;

    if (text.at < text.end && *text.at++ != '.') {
        return -1;
    }

    for ( ; text.at < text.end; text.at++) {
        unit /= 10;

        if (*text.at < '0' || *text.at > '9' || unit == 0) {
            return -1;
        }

        value += (*text.at - '0') * unit;
    }

    return value > QUALITY_ONE ? -1 : value;
}


/* The "q=" among the parameters; another one says nothing. */
static int
quality_of(rest_t parameters)
{
    rest_t  name, one;

    while (parameters.at < parameters.end) {
        one = cut(&parameters, ';');
        name = cut(&one, '=');

        if (name.end - name.at == 1 && (*name.at == 'q' || *name.at == 'Q')) {
            return quality(trim(one));
        }
    }

    return QUALITY_ONE;
}


/* "en", "EN-GB", but not "eng". */
static int
is_language(rest_t range, const char *language)
{
    return range.end - range.at >= 2 && strncasecmp(range.at, language, 2) == 0
           && (range.end - range.at == 2 || range.at[2] == '-');
}


int
civic_prefers_english(const char *header, size_t len)
{
    int     q, zh = -1, en = -1, others = 0;
    rest_t  item, range, rest = { header, header + len };

    while (rest.at < rest.end) {
        item = cut(&rest, ',');
        range = cut(&item, ';');
        q = quality_of(item);

        if (q < 0) {
            continue;
        }

        if (is_language(range, "zh")) {
            zh = q > zh ? q : zh;

        } else if (is_language(range, "en")) {
            en = q > en ? q : en;

        } else if (range.end - range.at == 1 && *range.at == '*') {
            others = q;
        }
    }

    return (en < 0 ? others : en) > (zh < 0 ? others : zh);
}
