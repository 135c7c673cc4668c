/*
 * password_text.c - see password_text.h.
 */

#include <string.h>

#include "password_text.h"
#include "text.h"


/* Whether a code point stood before this place. */
static int
stood_before(const char *s, size_t end, int32_t code)
{
    size_t  at, size;

    for (at = 0; at < end; at += size) {
        if (civic_text_code(s + at, end - at, &size) == code) {
            return 1;
        }
    }

    return 0;
}


void
civic_password_shape(const char *s, size_t len, civic_password_shape_t *shape)
{
    size_t   at, size;
    int32_t  code;

    memset(shape, 0, sizeof(*shape));
    shape->length = civic_text_length(s, len);

    for (at = 0; at < len; at += size) {
        code = civic_text_code(s + at, len - at, &size);
        shape->distinct += !stood_before(s, at, code);

        if (code >= 'a' && code <= 'z') {
            shape->lower++;

        } else if (code >= 'A' && code <= 'Z') {
            shape->upper++;

        } else if (code >= '0' && code <= '9') {
            shape->digits++;

        } else {
            shape->others++;
        }
    }
}


int
civic_password_has(const char *s, size_t len, const char *part,
    size_t part_len)
{
    size_t  at;

    for (at = 0; part_len > 0 && at + part_len <= len; at++) {
        if (memcmp(s + at, part, part_len) == 0) {
            return 1;
        }
    }

    return 0;
}


int
civic_password_make(const unsigned char chance[CIVIC_PASSWORD_CHANCE],
    char out[CIVIC_PASSWORD_MADE + 1])
{
    static const char  letters[] = "abcdefghjkmnpqrstuvwxyz23456789"
                                   "ABCDEFGHJKLMNPQRSTUVWXYZ";

    size_t        i, used = 0;
    const size_t  count = sizeof(letters) - 1;

    /* what lies over the last whole multiple would favour some letters */
    for (i = 0; i < CIVIC_PASSWORD_CHANCE && used < CIVIC_PASSWORD_MADE; i++) {
        if (chance[i] < 256 / count * count) {
            out[used++] = letters[chance[i] % count];
        }
    }

    out[used] = '\0';

    return used == CIVIC_PASSWORD_MADE ? 0 : -1;
}
