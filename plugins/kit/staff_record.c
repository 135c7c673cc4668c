/*
 * staff_record.c - see staff_record.h.
 */

#include <string.h>

#include "staff_record.h"
#include "text.h"


static int
is_letter_or_digit(int32_t code)
{
    return (code >= 'a' && code <= 'z') || (code >= '0' && code <= '9');
}


int
civic_staff_canonical(const char *name, size_t len,
    char out[CIVIC_STAFF_CANONICAL])
{
    size_t   at, size, count = 0;
    char    *p = out + sizeof(CIVIC_STAFF_PREFIX) - 1;
    int32_t  code;

    memcpy(out, CIVIC_STAFF_PREFIX, sizeof(CIVIC_STAFF_PREFIX));

    for (at = 0; at < len; at += size) {
        code = civic_text_narrow(civic_text_code(name + at, len - at, &size));

        if (code >= 'A' && code <= 'Z') {
            code += 'a' - 'A';
        }

        if (count == CIVIC_STAFF_NAME_MAX
            || (!is_letter_or_digit(code)
                && (count == 0
                    || (code != '.' && code != '_' && code != '-'))))
        {
            return -1;
        }

        p[count++] = (char) code;
    }

    p[count] = '\0';

    return count < CIVIC_STAFF_NAME_MIN
           ? -1 : (int) (sizeof(CIVIC_STAFF_PREFIX) - 1 + count);
}
