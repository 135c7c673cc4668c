/*
 * name.c - see name.h.
 */

#include <string.h>

#include "name.h"
#include "text.h"

#define MIDDLE_DOT  0xb7

typedef struct {
    int32_t  first;
    int32_t  last;
} range_t;


static int
in_ranges(int32_t code, const range_t *ranges, size_t count)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return 1;
        }
    }

    return 0;
}


/* The separators that keyboards and documents give for U+00B7. */
static int
is_separator(int32_t code)
{
    switch (code) {
    case MIDDLE_DOT:
    case '.':
    case 0x2022:        /* bullet */
    case 0x2027:        /* hyphenation point */
    case 0x2219:        /* bullet operator */
    case 0x22c5:        /* dot operator */
    case 0x30fb:        /* katakana middle dot */
    case 0xff0e:        /* full-width full stop */
    case 0xff65:        /* half-width katakana middle dot */
        return 1;
    }

    return 0;
}


/* GB 18030 and GB 13000: Han in every plane; those that GB 18030-2000 had to
   place in the private use area are still in registers. */
static int
is_han(int32_t code)
{
    static const range_t  ranges[] = {
        { 0x2e80, 0x2fdf },
        { 0x3007, 0x3007 },
        { 0x3400, 0x4dbf },
        { 0x4e00, 0x9fff },
        { 0xe815, 0xe864 },
        { 0xf900, 0xfaff },
        { 0x20000, 0x323af }
    };

    return in_ranges(code, ranges, sizeof(ranges) / sizeof(ranges[0]));
}


/* Latin letters, for the names of foreign residents, full-width too. */
static int
is_latin(int32_t code)
{
    static const range_t  ranges[] = {
        { 'A', 'Z' },
        { 'a', 'z' },
        { 0xc0, 0xd6 },
        { 0xd8, 0xf6 },
        { 0xf8, 0x24f },
        { 0x1e00, 0x1eff },
        { 0xff21, 0xff3a },
        { 0xff41, 0xff5a }
    };

    return in_ranges(code, ranges, sizeof(ranges) / sizeof(ranges[0]));
}


/* What stands between the words of a Latin name. */
static int
is_joint(int32_t code)
{
    return code == ' ' || code == '-' || code == '\'' || code == 0x2019;
}


/* One character after another: a separator or a joint must stand between two
   letters.  before is the character ahead of it, 0 at the start. */
static civic_name_reason_t
check_character(int32_t before, int32_t code)
{
    int  apart = is_separator(code) || is_joint(code);

    if (!apart && !is_han(code) && !is_latin(code)) {
        return CIVIC_NAME_CHARSET;
    }

    if (!apart || is_han(before) || is_latin(before)) {
        return CIVIC_NAME_OK;
    }

    /* "John F. Smith": an initial's dot and a space */
    if (before == '.' && code == ' ') {
        return CIVIC_NAME_OK;
    }

    return is_separator(code) ? CIVIC_NAME_SEPARATOR : CIVIC_NAME_CHARSET;
}


civic_name_reason_t
civic_name_check(const char *s, size_t len)
{
    size_t               at, size, count;
    int32_t              code, before;
    civic_name_reason_t  reason;

    if (len == 0) {
        return CIVIC_NAME_EMPTY;
    }

    before = 0;
    count = 0;

    for (at = 0; at < len; at += size) {
        code = civic_text_code(s + at, len - at, &size);

        reason = check_character(before, code);
        if (reason != CIVIC_NAME_OK) {
            return reason;
        }

        if (++count > CIVIC_NAME_MAX) {
            return CIVIC_NAME_LENGTH;
        }

        before = code;
    }

    if (is_separator(before)) {
        return CIVIC_NAME_SEPARATOR;
    }

    return is_joint(before) ? CIVIC_NAME_CHARSET : CIVIC_NAME_OK;
}


const char *
civic_name_reason_name(civic_name_reason_t reason)
{
    static const char *const  names[] = { "ok", "empty", "length", "charset",
                                          "separator" };

    return names[reason];
}


size_t
civic_name_write(const char *s, size_t len, char out[CIVIC_NAME_BYTES])
{
    size_t   at, size, used, count;
    int32_t  code, before, after;

    used = 0;
    before = 0;

    for (at = 0, count = 0; at < len && count < CIVIC_NAME_MAX; count++) {
        code = civic_text_code(s + at, len - at, &size);
        if (code < 0) {
            break;
        }

        at += size;
        after = at < len ? civic_text_code(s + at, len - at, &size) : 0;

        if (is_separator(code) && (is_han(before) || is_han(after))) {
            code = MIDDLE_DOT;
        }

        used += civic_text_put(code, out + used);
        before = code;
    }

    out[used] = '\0';

    return used;
}


static int32_t
fold_character(int32_t code)
{
    if (is_separator(code)) {
        return MIDDLE_DOT;
    }

    code = civic_text_narrow(code);

    return code >= 'a' && code <= 'z' ? code - ('a' - 'A') : code;
}


size_t
civic_name_fold(const char *s, size_t len, char out[CIVIC_NAME_BYTES])
{
    size_t   at, size, used, count;
    int32_t  code;

    used = 0;
    count = 0;

    for (at = 0; at < len && count < CIVIC_NAME_MAX; at += size) {
        code = civic_text_code(s + at, len - at, &size);
        if (code < 0) {
            break;
        }

        used += civic_text_put(fold_character(code), out + used);
        count++;
    }

    out[used] = '\0';

    return used;
}


int
civic_name_same(const char *a, size_t alen, const char *b, size_t blen)
{
    char    left[CIVIC_NAME_BYTES], right[CIVIC_NAME_BYTES];
    size_t  llen, rlen;

    if (civic_name_check(a, alen) != CIVIC_NAME_OK
        || civic_name_check(b, blen) != CIVIC_NAME_OK)
    {
        return 0;
    }

    llen = civic_name_fold(a, alen, left);
    rlen = civic_name_fold(b, blen, right);

    return llen == rlen && memcmp(left, right, llen) == 0;
}


size_t
civic_name_mask(const char *s, size_t len, char out[CIVIC_NAME_BYTES])
{
    size_t   at, size, used;
    int64_t  i, count;

    count = civic_text_length(s, len);
    if (count < 1 || count > CIVIC_NAME_MAX) {
        memcpy(out, "*", 2);
        return 1;
    }

    used = 0;
    at = 0;

    for (i = 0; i < count; i++) {
        (void) civic_text_code(s + at, len - at, &size);

        if (count > 1 && (i == 0 || (i == count - 1 && count > 2))) {
            memcpy(out + used, s + at, size);
            used += size;

        } else {
            out[used++] = '*';
        }

        at += size;
    }

    out[used] = '\0';

    return used;
}
