/*
 * etag.c - see etag.h.
 */

#include "etag.h"

#define NOT_MODIFIED  304


/* One entry of a list, without its spaces.  A weak one counts as a strong
   one: RFC 9110, 13.1.2. */
static int
is_tag(const char *from, const char *to, civic_str_t tag)
{
    while (from < to && (*from == ' ' || *from == '\t')) {
        from++;
    }

    while (from < to && (to[-1] == ' ' || to[-1] == '\t')) {
        to--;
    }

    if (to - from > 2 && memcmp(from, "W/", 2) == 0) {
        from += 2;
    }

    return (size_t) (to - from) == tag.len + 2 && *from == '"'
           && to[-1] == '"' && memcmp(from + 1, tag.data, tag.len) == 0;
}


/* Our tags have no comma, so an entry ends at one. */
static int
names_tag(civic_str_t list, civic_str_t tag)
{
    const char  *at = list.data, *end = list.data + list.len, *comma;

    while (at < end) {
        comma = memchr(at, ',', (size_t) (end - at));
        comma = comma == NULL ? end : comma;

        if (is_tag(at, comma, tag)) {
            return 1;
        }

        at = comma + 1;
    }

    return 0;
}


int
shared_unchanged(civic_request_t *r, civic_str_t tag)
{
    (void) civic_reply_header(r, "ETag",
                              civic_print(r, "\"%.*s\"", (int) tag.len,
                                          tag.data));

    if (!names_tag(civic_header(r, "if-none-match"), tag)) {
        return 0;
    }

    (void) civic_reply_bytes(r, NOT_MODIFIED, NULL, CIVIC_STR(""));

    return 1;
}
