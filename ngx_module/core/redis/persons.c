/*
 * persons.c - a walk through all persons: keys, places, answers.
 *
 * A pid is an HMAC in base64url, so its first eight characters are a number
 * as even as one can wish for: the mark by which the persons of a slot are
 * put in order.  A cursor is, from its highest bit down:
 *
 *     0 1 <22 bits of the server> <40 bits of Redis' cursor>     one Redis
 *     0 0 1 <14 bits of the slot> <47 bits of the mark>          a Cluster
 *
 * Redis' cursors are below the size of its table.
 */

#include <stdlib.h>

#include "persons.h"
#include "redis_info.h"
#include "slots.h"

#define PREFIX        "civic:{p:"
#define PREFIX_LEN    (sizeof(PREFIX) - 1)

#define SCANNED       (UINT64_C(1) << 62)
#define SCAN_BITS     40
#define SERVER_BITS   22

#define WALKED        (UINT64_C(1) << 61)
#define MARK_BITS     47
#define MARK_LETTERS  8                 /* of 6 bits: the last one is cut */

#define LOW(n)        ((UINT64_C(1) << (n)) - 1)


/* ---- keys ---------------------------------------------------------------- */

/* The number of a letter of base64url, or -1. */
static int
civic_persons_letter(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    return c == '-' ? 62 : c == '_' ? 63 : -1;
}


int
civic_persons_family_valid(const char *family)
{
    size_t  i, len = strnlen(family, CIVIC_PERSONS_FAMILY + 1);

    for (i = 0; i < len; i++) {
        if (civic_persons_letter(family[i]) < 0 && family[i] != '.'
            && family[i] != ':')
        {
            return 0;
        }
    }

    return len > 0 && len <= CIVIC_PERSONS_FAMILY;
}


civic_str_t
civic_persons_pattern(const char *family, char pattern[CIVIC_PERSONS_PATTERN])
{
    char    *p = pattern;
    size_t   len = strlen(family);

    memcpy(p, PREFIX, PREFIX_LEN);
    p += PREFIX_LEN;
    memset(p, '?', CIVIC_PERSONS_PID);
    p += CIVIC_PERSONS_PID;
    memcpy(p, "}:", 2);
    p += 2;
    memcpy(p, family, len + 1);

    return (civic_str_t) { pattern, (size_t) (p - pattern) + len };
}


civic_str_t
civic_persons_pid(civic_str_t key, const char *family)
{
    size_t             i, len = strlen(family);
    const char        *rest;
    const civic_str_t  none = { "", 0 };

    if (key.len != PREFIX_LEN + CIVIC_PERSONS_PID + 2 + len
        || memcmp(key.data, PREFIX, PREFIX_LEN) != 0)
    {
        return none;
    }

    rest = key.data + PREFIX_LEN + CIVIC_PERSONS_PID;

    if (memcmp(rest, "}:", 2) != 0 || memcmp(rest + 2, family, len) != 0) {
        return none;
    }

    for (i = 0; i < CIVIC_PERSONS_PID; i++) {
        if (civic_persons_letter(key.data[PREFIX_LEN + i]) < 0) {
            return none;
        }
    }

    return (civic_str_t) { key.data + PREFIX_LEN, CIVIC_PERSONS_PID };
}


unsigned
civic_persons_slot(civic_str_t pid)
{
    char  tag[2 + CIVIC_PERSONS_PID];

    memcpy(tag, "p:", 2);
    memcpy(tag + 2, pid.data, CIVIC_PERSONS_PID);

    return civic_slot((civic_str_t) { tag, sizeof(tag) });
}


static uint64_t
civic_persons_mark(civic_str_t pid)
{
    size_t    i;
    uint64_t  mark = 0;

    for (i = 0; i < MARK_LETTERS; i++) {
        mark = mark << 6 | (unsigned) civic_persons_letter(pid.data[i]);
    }

    return mark >> (6 * MARK_LETTERS - MARK_BITS);
}


/* ---- where a walk stands ------------------------------------------------- */

uint64_t
civic_persons_cursor(const civic_persons_place_t *place)
{
    if (place->cluster) {
        return WALKED | (uint64_t) place->slot << MARK_BITS | place->mark;
    }

    if (place->scan > LOW(SCAN_BITS)) {
        return 0;
    }

    return SCANNED | (uint64_t) place->server << SCAN_BITS | place->scan;
}


int
civic_persons_place(uint64_t cursor, int cluster, unsigned shard,
    civic_persons_place_t *place)
{
    memset(place, 0, sizeof(*place));
    place->cluster = cluster;

    if (cursor == 0) {
        place->slot = shard;
        return 0;
    }

    if (cluster) {
        place->slot = (unsigned) (cursor >> MARK_BITS & LOW(14));
        place->mark = cursor & LOW(MARK_BITS);

        return cursor >> 61 == 1 ? 0 : -1;
    }

    place->server = (unsigned) (cursor >> SCAN_BITS & LOW(SERVER_BITS));
    place->scan = cursor & LOW(SCAN_BITS);

    return cursor >> 62 == 1 && place->scan != 0 ? 0 : -1;
}


unsigned
civic_persons_server(civic_str_t info)
{
    size_t       i;
    uint64_t     hash = UINT64_C(0xcbf29ce484222325);       /* FNV-1a */
    unsigned     server;
    civic_str_t  id = civic_redis_info_field(info, "run_id");

    if (id.len == 0) {
        return 0;
    }

    for (i = 0; i < id.len; i++) {
        hash = (hash ^ (unsigned char) id.data[i]) * UINT64_C(0x100000001b3);
    }

    server = (unsigned) (hash >> 32 & LOW(SERVER_BITS));

    return server == 0 ? 1 : server;
}


/* ---- answers ------------------------------------------------------------- */

int64_t
civic_persons_add(civic_person_t *persons, size_t count,
    const civic_value_t *keys, const char *family, unsigned slot)
{
    size_t       i;
    civic_str_t  pid;

    if (keys->type != CIVIC_VALUE_ARRAY) {
        return -1;
    }

    for (i = 0; i < keys->count; i++) {
        if (keys->items[i].type != CIVIC_VALUE_STRING) {
            return -1;
        }

        pid = civic_persons_pid(keys->items[i].str, family);

        if (pid.len == 0) {
            continue;
        }

        if (civic_persons_slot(pid) != slot) {
            return -1;
        }

        persons[count].mark = civic_persons_mark(pid);
        persons[count++].pid = pid;
    }

    return (int64_t) count;
}


static int
civic_persons_compare(const void *one, const void *two)
{
    const civic_person_t  *a = one, *b = two;

    if (a->mark != b->mark) {
        return a->mark < b->mark ? -1 : 1;
    }

    return memcmp(a->pid.data, b->pid.data, CIVIC_PERSONS_PID);
}


/* In order, each once; how many there are. */
static size_t
civic_persons_order(civic_person_t *persons, size_t count)
{
    size_t  i, n = 0;

    if (count == 0) {
        return 0;
    }

    qsort(persons, count, sizeof(*persons), civic_persons_compare);

    for (i = 1; i < count; i++) {
        if (civic_persons_compare(&persons[n], &persons[i]) != 0) {
            persons[++n] = persons[i];
        }
    }

    return n + 1;
}


size_t
civic_persons_choose(civic_person_t *persons, size_t count, uint64_t from,
    size_t room, size_t *first, uint64_t *next)
{
    size_t  begin = 0, end;

    count = civic_persons_order(persons, count);

    while (begin < count && persons[begin].mark < from) {
        begin++;
    }

    *first = begin;
    *next = 0;

    if (count - begin <= room) {
        return count - begin;
    }

    end = begin + room;

    while (end > begin && persons[end - 1].mark == persons[end].mark) {
        end--;
    }

    *next = persons[end].mark;

    return end - begin;
}


static int
civic_persons_number(civic_str_t text, uint64_t *number)
{
    size_t  i;

    *number = 0;

    if (text.len == 0 || text.len > 19) {
        return -1;
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return -1;
        }

        *number = *number * 10 + (unsigned) (text.data[i] - '0');
    }

    return 0;
}


int
civic_persons_scanned(const civic_value_t *value, uint64_t *cursor,
    const civic_value_t **keys)
{
    size_t  i;

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2
        || value->items[0].type != CIVIC_VALUE_STRING
        || value->items[1].type != CIVIC_VALUE_ARRAY
        || civic_persons_number(value->items[0].str, cursor) != 0)
    {
        return -1;
    }

    *keys = &value->items[1];

    for (i = 0; i < (*keys)->count; i++) {
        if ((*keys)->items[i].type != CIVIC_VALUE_STRING) {
            return -1;
        }
    }

    return 0;
}
