/*
 * slots.h - which node of a Redis Cluster has a key.
 */

#ifndef CIVIC_SLOTS_H
#define CIVIC_SLOTS_H

#include "civic_plugin.h"

#define CIVIC_SLOTS         16384
#define CIVIC_SLOT_NODES    256
#define CIVIC_NODE_ADDRESS  64          /* "[2001:db8::1]:7000" and a NUL */

/* CRC16 (XMODEM) of the hash tag, or of the whole key. */
unsigned civic_slot(civic_str_t key);

typedef struct {
    uint8_t   owner[CIVIC_SLOTS];       /* index into nodes */
    uint8_t   known[CIVIC_SLOTS / 8];   /* one bit each */
    unsigned  count;
    char      nodes[CIVIC_SLOT_NODES][CIVIC_NODE_ADDRESS];
} civic_slot_map_t;

void civic_slot_map_init(civic_slot_map_t *map);

/* The index of an address, added if new; -1 when full or too long. */
int civic_slot_map_node(civic_slot_map_t *map, civic_str_t address);

/* -1 if nobody is known to own it. */
int civic_slot_map_owner(const civic_slot_map_t *map, unsigned slot);
void civic_slot_map_set(civic_slot_map_t *map, unsigned slot, int node);

/* From the answer to CLUSTER SLOTS; masters only.  An empty host stands for
   the address that was asked.  0, or -1 if it is not such an answer (the map
   is then unchanged). */
int civic_slot_map_update(civic_slot_map_t *map, const civic_value_t *slots,
    civic_str_t asked);

/* What a Redis error asks for. */
typedef enum {
    CIVIC_REDIS_PLAIN_ERROR = 0,
    CIVIC_REDIS_MOVED,                  /* slot and address are set */
    CIVIC_REDIS_ASK,                    /* likewise */
    CIVIC_REDIS_TRYAGAIN,               /* TRYAGAIN, CLUSTERDOWN, LOADING,
                                           MASTERDOWN: nothing was done */
    CIVIC_REDIS_NOSCRIPT,
    CIVIC_REDIS_READONLY,               /* a replica was asked to write */
    CIVIC_REDIS_AUTH,                   /* NOAUTH, WRONGPASS, NOPERM */
    CIVIC_REDIS_REFUSED                 /* OOM, MISCONF, NOREPLICAS, BUSY:
                                           nothing was done, unless the text
                                           says that a script was running */
} civic_redis_error_t;

civic_redis_error_t civic_redis_error(civic_str_t text, unsigned *slot,
    civic_str_t *address);

#endif
