/*
 * words.c - see words.h.
 */

#include "words.h"


civic_str_t
shared_copy(civic_request_t *r, civic_str_t text)
{
    char  *copy = civic_alloc(r, text.len + 1);

    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }

    copy[text.len] = '\0';

    return (civic_str_t) { copy, text.len };
}


int
shared_words(civic_request_t *r, civic_str_t text, civic_str_t *words,
    size_t count)
{
    char    *at, *end, *stop;
    size_t   i;

    at = (char *) shared_copy(r, text).data;
    end = at + text.len;

    if (memchr(at, '\0', text.len) != NULL) {
        return -1;
    }

    for (i = 0; i + 1 < count; i++) {
        stop = memchr(at, ' ', (size_t) (end - at));

        if (stop == NULL || stop == at) {
            return -1;
        }

        *stop = '\0';
        words[i] = (civic_str_t) { at, (size_t) (stop - at) };
        at = stop + 1;
    }

    words[i] = (civic_str_t) { at, (size_t) (end - at) };

    return words[i].len == 0 || memchr(at, ' ', words[i].len) != NULL ? -1 : 0;
}


int
shared_is_word(civic_str_t text, const char *characters, size_t most)
{
    size_t  i, known = strlen(characters);

    for (i = 0; i < text.len && i < most; i++) {
        if (memchr(characters, text.data[i], known) == NULL) {
            return 0;
        }
    }

    return i > 0 && i == text.len;
}


civic_str_t
shared_word(civic_str_t text, size_t n)
{
    size_t       len;
    const char  *space;

    while (text.len > 0) {
        space = memchr(text.data, ' ', text.len);
        len = space == NULL ? text.len : (size_t) (space - text.data);

        if (n == 0) {
            return (civic_str_t) { text.data, len };
        }

        if (space == NULL) {
            break;
        }

        text.data += len + 1;
        text.len -= len + 1;
        n--;
    }

    return CIVIC_STR("");
}
