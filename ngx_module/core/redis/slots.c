/*
 * slots.c - which node of a Redis Cluster has a key.
 *
 * The map belongs to its caller; nothing here allocates or keeps pointers.
 * One thread only.  The rules are those of the Redis Cluster specification.
 */

#define _GNU_SOURCE                     /* memrchr() */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slots.h"

#define CIVIC_PORT_MAX  65535

/* The polynomial of CRC16/XMODEM, which the specification names. */
#define CIVIC_CRC16_POLYNOMIAL  0x1021u

static uint16_t  civic_crc16_table[256];


/* Runs before main() or at dlopen(), so no later thread can race it. */
__attribute__((constructor))
static void
civic_crc16_init(void)
{
    unsigned  i, bit, crc;

    for (i = 0; i < 256; i++) {
        crc = i << 8;

        for (bit = 0; bit < 8; bit++) {
            crc = (crc << 1) ^ ((crc & 0x8000u) ? CIVIC_CRC16_POLYNOMIAL : 0);
        }

        civic_crc16_table[i] = (uint16_t) crc;
    }
}


static unsigned
civic_crc16(const char *data, size_t len)
{
    size_t    i;
    uint16_t  crc;

    crc = 0;

    for (i = 0; i < len; i++) {
        crc = (uint16_t) ((crc << 8)
              ^ civic_crc16_table[((crc >> 8) ^ (uint8_t) data[i]) & 0xff]);
    }

    return crc;
}


unsigned
civic_slot(civic_str_t key)
{
    const char  *open, *close, *end;

    if (key.len == 0) {
        return 0;
    }

    end = key.data + key.len;
    open = memchr(key.data, '{', key.len);

    if (open != NULL) {
        open++;
        close = memchr(open, '}', (size_t) (end - open));

        /* "{}" is no tag */
        if (close != NULL && close > open) {
            return civic_crc16(open, (size_t) (close - open)) % CIVIC_SLOTS;
        }
    }

    return civic_crc16(key.data, key.len) % CIVIC_SLOTS;
}


void
civic_slot_map_init(civic_slot_map_t *map)
{
    memset(map, 0, sizeof(civic_slot_map_t));
}


/*
 * "host:port" with brackets around an IPv6 address, which Redis leaves out.
 * -1 if it does not fit or has no port.
 */
static int
civic_slot_address(char *to, civic_str_t address)
{
    int          n;
    char         number[6];
    long         port;
    size_t       host, len;
    const char  *colon;

    colon = address.len == 0 ? NULL : memrchr(address.data, ':', address.len);
    if (colon == NULL || colon == address.data) {
        return -1;
    }

    host = (size_t) (colon - address.data);
    len = address.len - host - 1;

    if (host >= CIVIC_NODE_ADDRESS || len == 0 || len >= sizeof(number)
        || memchr(address.data, '\0', address.len) != NULL)
    {
        return -1;
    }

    memcpy(number, colon + 1, len);
    number[len] = '\0';

    if (strspn(number, "0123456789") != len) {
        return -1;
    }

    port = strtol(number, NULL, 10);
    if (port < 1 || port > CIVIC_PORT_MAX) {
        return -1;
    }

    if (memchr(address.data, ':', host) != NULL && address.data[0] != '[') {
        n = snprintf(to, CIVIC_NODE_ADDRESS, "[%.*s]:%ld", (int) host,
                     address.data, port);
    } else {
        n = snprintf(to, CIVIC_NODE_ADDRESS, "%.*s:%ld", (int) host,
                     address.data, port);
    }

    return n < 0 || n >= CIVIC_NODE_ADDRESS ? -1 : 0;
}


/* A path of a unix socket is taken as it is. */
static int
civic_slot_name(char *to, civic_str_t address)
{
    if (address.len < sizeof("unix:")
        || memcmp(address.data, "unix:", sizeof("unix:") - 1) != 0)
    {
        return civic_slot_address(to, address);
    }

    if (address.len >= CIVIC_NODE_ADDRESS
        || memchr(address.data, '\0', address.len) != NULL)
    {
        return -1;
    }

    memcpy(to, address.data, address.len);
    to[address.len] = '\0';

    return 0;
}


int
civic_slot_map_node(civic_slot_map_t *map, civic_str_t address)
{
    char      name[CIVIC_NODE_ADDRESS];
    unsigned  i;

    if (civic_slot_name(name, address) != 0) {
        return -1;
    }

    for (i = 0; i < map->count; i++) {
        if (strcmp(map->nodes[i], name) == 0) {
            return (int) i;
        }
    }

    if (map->count == CIVIC_SLOT_NODES) {
        return -1;
    }

    memcpy(map->nodes[map->count], name, sizeof(name));

    return (int) map->count++;
}


int
civic_slot_map_owner(const civic_slot_map_t *map, unsigned slot)
{
    if (slot >= CIVIC_SLOTS || !(map->known[slot / 8] & (1u << slot % 8))) {
        return -1;
    }

    return map->owner[slot];
}


void
civic_slot_map_set(civic_slot_map_t *map, unsigned slot, int node)
{
    if (slot >= CIVIC_SLOTS || node >= (int) map->count) {
        return;
    }

    if (node < 0) {
        map->known[slot / 8] &= (uint8_t) ~(1u << slot % 8);
        return;
    }

    map->owner[slot] = (uint8_t) node;
    map->known[slot / 8] |= (uint8_t) (1u << slot % 8);
}


/* [first, last, [host, port, ...], replicas...]; host may be nil. */
static int
civic_slot_range_valid(const civic_value_t *range)
{
    const civic_value_t  *master;

    if (range->type != CIVIC_VALUE_ARRAY || range->count < 3
        || range->items[0].type != CIVIC_VALUE_INTEGER
        || range->items[1].type != CIVIC_VALUE_INTEGER
        || range->items[0].integer < 0
        || range->items[0].integer > range->items[1].integer
        || range->items[1].integer >= CIVIC_SLOTS
        || range->items[2].type != CIVIC_VALUE_ARRAY
        || range->items[2].count < 2)
    {
        return 0;
    }

    master = range->items[2].items;

    return (master[0].type == CIVIC_VALUE_STRING
            || master[0].type == CIVIC_VALUE_NIL)
           && master[1].type == CIVIC_VALUE_INTEGER
           && master[1].integer > 0 && master[1].integer <= CIVIC_PORT_MAX;
}


/* The index of a range's master; -1 if it cannot be told. */
static int
civic_slot_range_node(civic_slot_map_t *map, const civic_value_t *master,
    civic_str_t asked)
{
    int          n;
    char         address[CIVIC_NODE_ADDRESS];
    civic_str_t  host;
    const char  *colon;

    host = master[0].str;

    if (master[0].type == CIVIC_VALUE_NIL || host.len == 0) {
        colon = asked.len == 0 ? NULL : memrchr(asked.data, ':', asked.len);

        /* a node that was asked over a unix socket has no host */
        if (colon == NULL || memchr(asked.data, '/', asked.len) != NULL) {
            return -1;
        }

        host.data = asked.data;
        host.len = (size_t) (colon - asked.data);
    }

    if (host.len >= CIVIC_NODE_ADDRESS) {
        return -1;
    }

    n = snprintf(address, sizeof(address), "%.*s:%lld", (int) host.len,
                 host.data, (long long) master[1].integer);
    if (n < 0 || (size_t) n >= sizeof(address)) {
        return -1;
    }

    return civic_slot_map_node(map, civic_cstr(address));
}


int
civic_slot_map_update(civic_slot_map_t *map, const civic_value_t *slots,
    civic_str_t asked)
{
    int                   node;
    size_t                i;
    unsigned              slot;
    const civic_value_t  *range;

    /* a node that knows of no slot at all has lost its cluster */
    if (slots->type != CIVIC_VALUE_ARRAY || slots->count == 0) {
        return -1;
    }

    for (i = 0; i < slots->count; i++) {
        if (!civic_slot_range_valid(&slots->items[i])) {
            return -1;
        }
    }

    memset(map->known, 0, sizeof(map->known));

    for (i = 0; i < slots->count; i++) {
        range = &slots->items[i];
        node = civic_slot_range_node(map, range->items[2].items, asked);

        for (slot = (unsigned) range->items[0].integer;
             slot <= (unsigned) range->items[1].integer;
             slot++)
        {
            civic_slot_map_set(map, slot, node);
        }
    }

    return 0;
}


/* ---- errors ------------------------------------------------------------ */

static const struct {
    civic_str_t          word;
    civic_redis_error_t  error;
} civic_redis_errors[] = {
    { CIVIC_STR("MOVED"),       CIVIC_REDIS_MOVED },
    { CIVIC_STR("ASK"),         CIVIC_REDIS_ASK },
    { CIVIC_STR("TRYAGAIN"),    CIVIC_REDIS_TRYAGAIN },
    { CIVIC_STR("CLUSTERDOWN"), CIVIC_REDIS_TRYAGAIN },
    { CIVIC_STR("LOADING"),     CIVIC_REDIS_TRYAGAIN },
    { CIVIC_STR("MASTERDOWN"),  CIVIC_REDIS_TRYAGAIN },
    { CIVIC_STR("NOSCRIPT"),    CIVIC_REDIS_NOSCRIPT },
    { CIVIC_STR("READONLY"),    CIVIC_REDIS_READONLY },
    { CIVIC_STR("NOAUTH"),      CIVIC_REDIS_AUTH },
    { CIVIC_STR("WRONGPASS"),   CIVIC_REDIS_AUTH },
    { CIVIC_STR("NOPERM"),      CIVIC_REDIS_AUTH },
    { CIVIC_STR("OOM"),         CIVIC_REDIS_REFUSED },
    { CIVIC_STR("MISCONF"),     CIVIC_REDIS_REFUSED },
    { CIVIC_STR("NOREPLICAS"),  CIVIC_REDIS_REFUSED },
    { CIVIC_STR("BUSY"),        CIVIC_REDIS_REFUSED }
};


/* Cuts the next word off. */
static civic_str_t
civic_redis_word(civic_str_t *text)
{
    civic_str_t  word;
    const char  *space;

    word = *text;
    space = word.len == 0 ? NULL : memchr(word.data, ' ', word.len);

    if (space == NULL) {
        text->data += word.len;
        text->len = 0;
        return word;
    }

    word.len = (size_t) (space - word.data);
    text->data = space + 1;
    text->len -= word.len + 1;

    return word;
}


/* "3999 127.0.0.1:6381" */
static int
civic_redis_redirect(civic_str_t text, unsigned *slot, civic_str_t *address)
{
    size_t       i;
    unsigned     number;
    civic_str_t  word;

    word = civic_redis_word(&text);
    if (word.len == 0 || word.len > 5) {
        return -1;
    }

    number = 0;

    for (i = 0; i < word.len; i++) {
        if (word.data[i] < '0' || word.data[i] > '9') {
            return -1;
        }

        number = number * 10 + (unsigned) (word.data[i] - '0');
    }

    word = civic_redis_word(&text);

    if (number >= CIVIC_SLOTS || word.len == 0) {
        return -1;
    }

    *slot = number;
    *address = word;

    return 0;
}


civic_redis_error_t
civic_redis_error(civic_str_t text, unsigned *slot, civic_str_t *address)
{
    size_t               i;
    civic_str_t          word;
    civic_redis_error_t  error;

    word = civic_redis_word(&text);
    error = CIVIC_REDIS_PLAIN_ERROR;

    for (i = 0;
         i < sizeof(civic_redis_errors) / sizeof(civic_redis_errors[0]);
         i++)
    {
        if (civic_str_eq(word, civic_redis_errors[i].word)) {
            error = civic_redis_errors[i].error;
            break;
        }
    }

    if ((error == CIVIC_REDIS_MOVED || error == CIVIC_REDIS_ASK)
        && civic_redis_redirect(text, slot, address) != 0)
    {
        return CIVIC_REDIS_PLAIN_ERROR;
    }

    return error;
}
