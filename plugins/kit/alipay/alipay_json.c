/*
 * alipay_json.c - finds the members of a response without parsing them: a
 * signature is over the bytes as they came.
 *
 * One pass, no recursion: an object's nesting is a stack of bits.  What a
 * value holds is jansson's to judge, afterwards, over exactly the bytes that
 * were verified.
 */

#include <stdlib.h>
#include <string.h>

#include "alipay_private.h"

typedef struct {
    const char  *p;
    const char  *end;
} cursor_t;


static void
skip_space(cursor_t *at)
{
    while (at->p < at->end && (*at->p == ' ' || *at->p == '\t'
                               || *at->p == '\r' || *at->p == '\n'))
    {
        at->p++;
    }
}


/* Takes one character; 0 if it is another. */
static int
take(cursor_t *at, char c)
{
    if (at->p == at->end || *at->p != c) {
        return 0;
    }

    at->p++;

    return 1;
}


/* Past a string, its quotes included. */
static int
skip_string(cursor_t *at)
{
    if (!take(at, '"')) {
        return -1;
    }

    for ( /* void */ ; at->p < at->end; at->p++) {
        if (*at->p == '"') {
            at->p++;
            return 0;
        }

        if ((unsigned char) *at->p < 0x20) {
            return -1;
        }

        if (*at->p == '\\' && ++at->p == at->end) {
            return -1;
        }
    }

    return -1;
}


static int
is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
}


static int
skip_literal(cursor_t *at)
{
    const char  *start = at->p;

    while (at->p < at->end && is_plain(*at->p)) {
        at->p++;
    }

    return at->p == start ? -1 : 0;
}


/* Past an object or an array: every bracket with its fellow. */
static int
skip_nested(cursor_t *at)
{
    uint64_t  curly = 0;                /* a bit for each open bracket */
    unsigned  depth = 0;

    do {
        if (at->p == at->end) {
            return -1;
        }

        switch (*at->p) {
        case '{':
        case '[':
            if (++depth > ALIPAY_DEPTH) {
                return -1;
            }

            curly = curly << 1 | (*at->p == '{');
            at->p++;
            break;

        case '}':
        case ']':
            if ((curly & 1) != (*at->p == '}')) {
                return -1;
            }

            curly >>= 1;
            depth--;
            at->p++;
            break;

        case '"':
            if (skip_string(at) != 0) {
                return -1;
            }
            break;

        default:
            at->p++;
        }
    } while (depth > 0);

    return 0;
}


static int
skip_value(cursor_t *at)
{
    if (at->p == at->end) {
        return -1;
    }

    if (*at->p == '"') {
        return skip_string(at);
    }

    if (*at->p == '{' || *at->p == '[') {
        return skip_nested(at);
    }

    return skip_literal(at);
}


int
alipay_json_bounded(alipay_span_t text)
{
    cursor_t  at = { text.data, text.data + text.len };

    skip_space(&at);

    if (skip_value(&at) != 0) {
        return 0;
    }

    skip_space(&at);

    return at.p == at.end;
}


/* One "name": value. */
static int
read_member(cursor_t *at, alipay_member_t *member)
{
    skip_space(at);
    member->name.data = at->p + 1;

    if (skip_string(at) != 0) {
        return -1;
    }

    member->name.len = (size_t) (at->p - 1 - member->name.data);
    skip_space(at);

    if (!take(at, ':')) {
        return -1;
    }

    skip_space(at);
    member->value.data = at->p;

    if (skip_value(at) != 0) {
        return -1;
    }

    member->value.len = (size_t) (at->p - member->value.data);
    skip_space(at);

    return 0;
}


/* A name that another reader could take for another one, or has seen. */
static const char *
ambiguous(const alipay_member_t *members, int count)
{
    int                    i;
    const alipay_member_t  *last = &members[count];

    if (memchr(last->name.data, '\\', last->name.len) != NULL) {
        return "a member's name is spelled with an escape";
    }

    for (i = 0; i < count; i++) {
        if (members[i].name.len == last->name.len
            && memcmp(members[i].name.data, last->name.data, last->name.len)
               == 0)
        {
            return "a member stands twice";
        }
    }

    return NULL;
}


int
alipay_members(alipay_span_t text, alipay_member_t *members,
    const char **reason)
{
    int       count = 0;
    cursor_t  at = { text.data, text.data + text.len };

    *reason = "it is no JSON object";
    skip_space(&at);

    if (!take(&at, '{')) {
        return -1;
    }

    do {
        if (count == ALIPAY_MEMBERS) {
            *reason = "it has too many members";
            return -1;
        }

        if (read_member(&at, &members[count]) != 0) {
            return -1;
        }

        *reason = ambiguous(members, count);
        if (*reason != NULL) {
            return -1;
        }

        *reason = "it is no JSON object";
        count++;
    } while (take(&at, ','));

    if (!take(&at, '}')) {
        return -1;
    }

    skip_space(&at);

    return at.p == at.end ? count : -1;
}


const alipay_member_t *
alipay_member(const alipay_member_t *members, int count, const char *name)
{
    int     i;
    size_t  len = strlen(name);

    for (i = 0; i < count; i++) {
        if (members[i].name.len == len
            && memcmp(members[i].name.data, name, len) == 0)
        {
            return &members[i];
        }
    }

    return NULL;
}


char *
alipay_json_text(alipay_span_t value, size_t *len)
{
    char    *text = NULL;
    json_t  *json;

    json = json_loadb(value.data, value.len, JSON_DECODE_ANY, NULL);

    if (json_is_string(json)) {
        *len = json_string_length(json);
        text = alipay_copy(json_string_value(json), *len);
    }

    json_decref(json);

    return text;
}
