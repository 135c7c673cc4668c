/*
 * query.c - see query.h.
 *
 * Nothing here asks the locale: a point is a point.
 */

#include <string.h>

#include "query.h"

#define QUERY_DIGITS  9                 /* fits a long of 32 bits */


static const char *
query_known(const char *const *names, const char *name)
{
    for ( /* void */ ; *names != NULL; names++) {
        if (strcmp(*names, name) == 0) {
            return *names;
        }
    }

    return NULL;
}


int
query_is(const request_t *request, const char *const *names,
    const char **wrong)
{
    unsigned             i, j;
    const query_word_t  *word;

    *wrong = "query";

    if (request->words > REQUEST_QUERY) {
        return 0;
    }

    for (i = 0; i < request->words; i++) {
        word = &request->query[i];

        if (query_known(names, word->name) == NULL) {
            return 0;
        }

        *wrong = query_known(names, word->name);

        if (word->value == NULL || word->value[0] == '\0') {
            return 0;
        }

        for (j = 0; j < i; j++) {
            if (strcmp(request->query[j].name, word->name) == 0) {
                return 0;
            }
        }

        *wrong = "query";
    }

    return 1;
}


const char *
query_value(const request_t *request, const char *name)
{
    unsigned  i;

    for (i = 0; i < request->words && i < REQUEST_QUERY; i++) {
        if (strcmp(request->query[i].name, name) == 0) {
            return request->query[i].value;
        }
    }

    return NULL;
}


/* A number at the begin of text, which moves behind it: 0, or -1. */
static int
query_read(const char **text, long least, long most, long *number)
{
    int          digits = 0, negative = **text == '-';
    long         value = 0;
    const char  *at = *text + negative;

    for ( /* void */ ; *at >= '0' && *at <= '9'; at++) {
        if (++digits > QUERY_DIGITS) {
            return -1;
        }

        value = value * 10 + (*at - '0');
    }

    if (digits == 0) {
        return -1;
    }

    *number = negative ? -value : value;
    *text = at;

    return *number < least || *number > most ? -1 : 0;
}


int
query_numbers(const request_t *request, const char *name, char sign,
    long least, long most, long *numbers, unsigned count)
{
    unsigned     i;
    const char  *text = query_value(request, name);

    if (text == NULL) {
        return 0;
    }

    for (i = 0; i < count; i++) {
        if (i > 0 && *text++ != sign) {
            return -1;
        }

        if (query_read(&text, least, most, &numbers[i]) != 0) {
            return -1;
        }
    }

    return *text == '\0' ? 1 : -1;
}


int
query_number(const request_t *request, const char *name, long least,
    long most, long *number)
{
    return query_numbers(request, name, '\0', least, most, number, 1) < 0
           ? -1 : 0;
}


int
query_share(const request_t *request, const char *name, double least,
    double most, double *share)
{
    int          digits = 0;
    double       value = 0, place = 0;
    const char  *text = query_value(request, name);

    if (text == NULL) {
        return 0;
    }

    for ( /* void */ ; *text != '\0'; text++) {
        if (*text == '.' && place == 0) {
            place = 1;
            continue;
        }

        if (*text < '0' || *text > '9' || ++digits > QUERY_DIGITS) {
            return -1;
        }

        value = value * 10 + (*text - '0');
        place *= 10;
    }

    value /= place == 0 ? 1 : place;

    if (digits == 0 || value < least || value > most) {
        return -1;
    }

    *share = value;

    return 0;
}
