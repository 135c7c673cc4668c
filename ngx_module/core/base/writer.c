/*
 * writer.c - JSON, appended to a buffer instead of built as a tree.
 *
 * The buffer is the arena's, and so is every smaller one that it outgrew.
 * A writer belongs to one fiber; nothing here suspends.
 *
 * A misuse (a member without a key, a key in an array, a second outermost
 * value, more than CIVIC_WRITER_DEPTH levels) is kept like lack of memory:
 * the writer falls silent and finish() says so, for a reply that is not
 * JSON must not leave.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "instant.h"
#include "utf8.h"
#include "writer.h"

#define CIVIC_WRITER_MINIMUM  256

/* "-9223372036854775808" */
#define CIVIC_INT_LEN         20

/* "-1.2345678901234567e-300", and a little more */
#define CIVIC_REAL_LEN        32

#define CIVIC_EACH_BYTE(b)    (0x0101010101010101ULL * (b))
#define CIVIC_HIGH_BITS       CIVIC_EACH_BYTE(0x80)

static const char  civic_replacement[] = "\xef\xbf\xbd";    /* U+FFFD */
static const char  civic_hex[] = "0123456789abcdef";

static const char  civic_two_digits[] =
    "00010203040506070809101112131415161718192021222324"
    "25262728293031323334353637383940414243444546474849"
    "50515253545556575859606162636465666768697071727374"
    "75767778798081828384858687888990919293949596979899";

/* The letter after the backslash, for control characters that have one. */
static const char  civic_short_escape[0x20] = {
    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
};


void
civic_writer_init(civic_writer_t *w, civic_arena_t *arena, size_t size)
{
    if (size < CIVIC_WRITER_MINIMUM) {
        size = CIVIC_WRITER_MINIMUM;
    }

    w->arena = arena;
    w->data = civic_arena_alloc(arena, size);
    w->len = 0;
    w->size = w->data == NULL ? 0 : size;
    w->depth = 0;
    w->failed = w->data == NULL;
}


static int
civic_writer_grow(civic_writer_t *w, size_t more)
{
    char    *data;
    size_t   size, need;

    if (more > SIZE_MAX / 4 - w->len) {
        w->failed = 1;
        return -1;
    }

    need = w->len + more;
    size = w->size * 2;

    if (size < need) {
        size = need;
    }

    data = civic_arena_alloc(w->arena, size);
    if (data == NULL) {
        w->failed = 1;
        return -1;
    }

    memcpy(data, w->data, w->len);
    w->data = data;
    w->size = size;

    return 0;
}


static inline int
civic_writer_room(civic_writer_t *w, size_t more)
{
    return w->size - w->len >= more ? 0 : civic_writer_grow(w, more);
}


/*
 * Not zero if a byte cannot be copied as it is: below 0x20, a quote, a
 * backslash, or not ASCII.  Which one is not told, for a borrow may mark the
 * byte above it too.
 */
static inline uint64_t
civic_marks(uint64_t bytes)
{
    uint64_t  quote, backslash;

    quote = bytes ^ CIVIC_EACH_BYTE('"');
    backslash = bytes ^ CIVIC_EACH_BYTE('\\');

    return ((bytes - CIVIC_EACH_BYTE(0x20))
            | (quote - CIVIC_EACH_BYTE(0x01))
            | (backslash - CIVIC_EACH_BYTE(0x01))
            | bytes)
           & CIVIC_HIGH_BITS;
}


/* Copies plain characters one by one; how many. */
static size_t
civic_copy_plain_bytes(char *out, const char *in, size_t len)
{
    size_t         done;
    unsigned char  c;

    for (done = 0; done < len; done++) {
        c = (unsigned char) in[done];

        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
            break;
        }

        out[done] = (char) c;
    }

    return done;
}


/*
 * Copies plain characters until one that is not, or the end; how many.  The
 * words of an end that is no multiple of eight overlap: keys and values are
 * short, and a loop over their last bytes would be most of the work.
 */
static inline size_t
civic_copy_plain(char *out, const char *in, size_t len)
{
    size_t    done;
    uint32_t  first, last;
    uint64_t  bytes;

    if (len >= 8) {
        done = 0;

        do {
            memcpy(&bytes, in + done, 8);
            memcpy(out + done, &bytes, 8);

            if (civic_marks(bytes) != 0) {
                return done + civic_copy_plain_bytes(out + done, in + done, 8);
            }

            done += 8;

        } while (len - done >= 8);

        if (done == len) {
            return len;
        }

        memcpy(&bytes, in + len - 8, 8);
        memcpy(out + len - 8, &bytes, 8);

        if (civic_marks(bytes) == 0) {
            return len;
        }

        return done + civic_copy_plain_bytes(out + done, in + done, len - done);
    }

    if (len >= 4) {
        memcpy(&first, in, 4);
        memcpy(&last, in + len - 4, 4);
        memcpy(out, &first, 4);
        memcpy(out + len - 4, &last, 4);

        if (civic_marks((uint64_t) last << 32 | first) == 0) {
            return len;
        }
    }

    return civic_copy_plain_bytes(out, in, len);
}


/* Characters beyond ASCII, as many as stand together. */
static size_t
civic_writer_unicode(civic_writer_t *w, const char *in, size_t len)
{
    int     n;
    size_t  done;

    done = 0;

    while (done < len && (unsigned char) in[done] >= 0x80) {

        n = civic_utf8_char((const unsigned char *) in + done, len - done);

        if (n > 0) {
            memcpy(w->data + w->len, in + done, (size_t) n);
            w->len += (size_t) n;
            done += (size_t) n;
            continue;
        }

        /* U+FFFD may be longer than what it stands for */

        if (civic_writer_room(w, 3 + len - done) != 0) {
            return len;
        }

        memcpy(w->data + w->len, civic_replacement, 3);
        w->len += 3;
        done += (size_t) -n;
    }

    return done;
}


static void
civic_writer_escape(civic_writer_t *w, unsigned char c)
{
    char  *p = w->data + w->len;

    *p++ = '\\';

    if (c == '"' || c == '\\') {
        *p++ = (char) c;

    } else if (civic_short_escape[c] != 0) {
        *p++ = civic_short_escape[c];

    } else {
        *p++ = 'u';
        *p++ = '0';
        *p++ = '0';
        *p++ = civic_hex[c >> 4];
        *p++ = civic_hex[c & 0xf];
    }

    w->len = (size_t) (p - w->data);
}


/* The rest of a string, from its first character that is not plain. */
static void
civic_writer_special(civic_writer_t *w, const char *in, size_t len)
{
    size_t  n;

    while (len > 0) {

        if ((unsigned char) in[0] >= 0x80) {
            n = civic_writer_unicode(w, in, len);

        } else {
            if (civic_writer_room(w, len + 6) != 0) {
                return;
            }

            civic_writer_escape(w, (unsigned char) in[0]);
            n = 1;
        }

        if (w->failed) {
            return;
        }

        in += n;
        len -= n;

        n = civic_copy_plain(w->data + w->len, in, len);
        w->len += n;
        in += n;
        len -= n;
    }
}


/*
 * A string with its quotes, and p behind it; NULL on failure.  Room for the
 * string as it is, and for what follows it, must have been made; more is
 * made here when something in the string grows.  The pointer is handed
 * around because stores through it may alias the writer's own members.
 */
static inline __attribute__((always_inline)) char *
civic_writer_quoted(civic_writer_t *w, char *p, const char *in, size_t len,
    size_t following)
{
    size_t  n;

    *p++ = '"';

    n = civic_copy_plain(p, in, len);
    p += n;

    if (n < len) {
        w->len = (size_t) (p - w->data);
        civic_writer_special(w, in + n, len - n);

        if (w->failed || civic_writer_room(w, following + 1) != 0) {
            return NULL;
        }

        p = w->data + w->len;
    }

    *p++ = '"';

    return p;
}


/*
 * Begins a value: the comma, the key, and room for so many bytes of the
 * value itself.  Returns where it begins, or NULL.
 */
static inline __attribute__((always_inline)) char *
civic_writer_begin(civic_writer_t *w, const char *key, size_t room)
{
    char    *p;
    int      in_object;
    size_t   key_len;

    if (w->failed) {
        return NULL;
    }

    in_object = w->depth > 0 && w->close[w->depth - 1] == '}';

    if (in_object != (key != NULL) || (w->depth == 0 && w->len != 0)) {
        w->failed = 1;
        return NULL;
    }

    key_len = key == NULL ? 0 : strlen(key);

    if (civic_writer_room(w, key_len + room + sizeof(",\"\":") - 1) != 0) {
        return NULL;
    }

    p = w->data + w->len;

    if (w->depth > 0) {
        *p = ',';
        p += w->comma[w->depth - 1];
        w->comma[w->depth - 1] = 1;
    }

    if (key == NULL) {
        return p;
    }

    p = civic_writer_quoted(w, p, key, key_len, room + 1);
    if (p == NULL) {
        return NULL;
    }

    *p++ = ':';

    return p;
}


static inline void
civic_writer_commit(civic_writer_t *w, const char *end)
{
    w->len = (size_t) (end - w->data);
}


static void
civic_writer_open(civic_writer_t *w, const char *key, char open, char closing)
{
    char  *p;

    p = civic_writer_begin(w, key, 1);
    if (p == NULL) {
        return;
    }

    if (w->depth == CIVIC_WRITER_DEPTH) {
        w->failed = 1;
        return;
    }

    *p++ = open;
    civic_writer_commit(w, p);

    w->close[w->depth] = closing;
    w->comma[w->depth] = 0;
    w->depth++;
}


void
civic_writer_object(civic_writer_t *w, const char *key)
{
    civic_writer_open(w, key, '{', '}');
}


void
civic_writer_array(civic_writer_t *w, const char *key)
{
    civic_writer_open(w, key, '[', ']');
}


void
civic_writer_end(civic_writer_t *w)
{
    if (w->failed) {
        return;
    }

    if (w->depth == 0 || civic_writer_room(w, 1) != 0) {
        w->failed = 1;
        return;
    }

    w->depth--;
    w->data[w->len++] = w->close[w->depth];
}


void
civic_writer_str(civic_writer_t *w, const char *key, civic_str_t value)
{
    char  *p;

    if (value.len > SIZE_MAX / 8) {
        w->failed = 1;
        return;
    }

    p = civic_writer_begin(w, key, value.len + 2);
    if (p == NULL) {
        return;
    }

    p = civic_writer_quoted(w, p, value.data, value.len, 0);
    if (p != NULL) {
        civic_writer_commit(w, p);
    }
}


static size_t
civic_decimal_digits(uint64_t value)
{
    size_t  digits;

    for (digits = 1; value >= 10000; digits += 4) {
        value /= 10000;
    }

    return digits + (value >= 10) + (value >= 100) + (value >= 1000);
}


/* Without a buffer of its own: a copy of unknown length costs a call. */
static char *
civic_put_int(char *out, int64_t value)
{
    char      *p, *end;
    uint64_t   rest;

    rest = (uint64_t) value;

    if (value < 0) {
        *out++ = '-';
        rest = 0 - rest;
    }

    end = out + civic_decimal_digits(rest);

    for (p = end; rest >= 100; rest /= 100) {
        p -= 2;
        memcpy(p, civic_two_digits + rest % 100 * 2, 2);
    }

    if (rest >= 10) {
        memcpy(out, civic_two_digits + rest * 2, 2);

    } else {
        *out = (char) ('0' + rest);
    }

    return end;
}


void
civic_writer_int(civic_writer_t *w, const char *key, int64_t value)
{
    char  *p;

    p = civic_writer_begin(w, key, CIVIC_INT_LEN);
    if (p != NULL) {
        civic_writer_commit(w, civic_put_int(p, value));
    }
}


/* Text that needs no escapes and no check. */
static void
civic_writer_text(civic_writer_t *w, const char *key, const char *text,
    size_t len)
{
    char  *p;

    p = civic_writer_begin(w, key, len);
    if (p != NULL) {
        memcpy(p, text, len);
        civic_writer_commit(w, p + len);
    }
}


void
civic_writer_bool(civic_writer_t *w, const char *key, int value)
{
    if (value) {
        civic_writer_text(w, key, "true", 4);

    } else {
        civic_writer_text(w, key, "false", 5);
    }
}


void
civic_writer_null(civic_writer_t *w, const char *key)
{
    civic_writer_text(w, key, "null", 4);
}


void
civic_writer_instant(civic_writer_t *w, const char *key, civic_msec_t value)
{
    char  *p;

    /* the formatter's NUL stands where the second quote goes */

    p = civic_writer_begin(w, key, CIVIC_INSTANT_LEN + 2);
    if (p == NULL) {
        return;
    }

    *p++ = '"';
    p += civic_instant_format(value, p);
    *p++ = '"';

    civic_writer_commit(w, p);
}


void
civic_writer_raw(civic_writer_t *w, const char *key, civic_str_t text)
{
    if (text.len == 0 || text.len > SIZE_MAX / 8) {
        w->failed = 1;
        return;
    }

    civic_writer_text(w, key, text.data, text.len);
}


/*
 * The shorter of two forms that reads back as the same number; always with
 * a point or an exponent, so that it stays a real number.
 */
static void
civic_writer_real(civic_writer_t *w, const char *key, double value)
{
    int    len;
    char   text[CIVIC_REAL_LEN + 2];
    char  *comma;

    if (!isfinite(value)) {
        civic_writer_null(w, key);
        return;
    }

    len = snprintf(text, CIVIC_REAL_LEN, "%.15g", value);

    if (strtod(text, NULL) != value) {
        len = snprintf(text, CIVIC_REAL_LEN, "%.17g", value);
    }

    /* a library may have set a locale with another decimal point */

    comma = strchr(text, ',');
    if (comma != NULL) {
        *comma = '.';
    }

    if (strpbrk(text, ".e") == NULL) {
        memcpy(text + len, ".0", sizeof(".0"));
        len += 2;
    }

    civic_writer_text(w, key, text, (size_t) len);
}


/* jansson's iterators take no const, though they change nothing. */
static void
civic_writer_members(civic_writer_t *w, json_t *object)
{
    void  *iter;

    iter = json_object_iter(object);

    while (iter != NULL && !w->failed) {
        civic_writer_json(w, json_object_iter_key(iter),
                          json_object_iter_value(iter));
        iter = json_object_iter_next(object, iter);
    }
}


/* Recursion ends where the writer's depth does. */
void
civic_writer_json(civic_writer_t *w, const char *key, const json_t *value)
{
    size_t  i;

    if (value == NULL) {
        civic_writer_null(w, key);
        return;
    }

    switch (json_typeof(value)) {

    case JSON_OBJECT:
        civic_writer_object(w, key);
        civic_writer_members(w, (json_t *) value);
        civic_writer_end(w);
        return;

    case JSON_ARRAY:
        civic_writer_array(w, key);

        for (i = 0; i < json_array_size(value) && !w->failed; i++) {
            civic_writer_json(w, NULL, json_array_get(value, i));
        }

        civic_writer_end(w);
        return;

    case JSON_STRING:
        civic_writer_str(w, key, (civic_str_t) { json_string_value(value),
                                                 json_string_length(value) });
        return;

    case JSON_INTEGER:
        civic_writer_int(w, key, json_integer_value(value));
        return;

    case JSON_REAL:
        civic_writer_real(w, key, json_real_value(value));
        return;

    case JSON_TRUE:
    case JSON_FALSE:
        civic_writer_bool(w, key, json_is_true(value));
        return;

    case JSON_NULL:
        civic_writer_null(w, key);
        return;
    }
}


int
civic_writer_finish(civic_writer_t *w)
{
    while (w->depth > 0 && !w->failed) {
        civic_writer_end(w);
    }

    if (w->len == 0) {
        w->failed = 1;
    }

    return w->failed ? -1 : 0;
}
