/*
 * outbox.h - the keys of outboxes: one for each slot, so that a script can
 * reach the one of whatever slot it works in.
 *
 * An outbox is a Redis stream, "civic:outbox:<name>:{<tag>}".  In a Cluster
 * there are as many as there are slots, and the tag of each is a short text
 * of that slot.  One Redis has 256: a person's slot modulo 256 chooses, and
 * the tag is the one of the slot with that number, so that an installation
 * that grows into a Cluster finds what still waits.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_OUTBOX_H
#define CIVIC_OUTBOX_H

#include "civic_plugin.h"

#define CIVIC_OUTBOXES      256         /* of one Redis, and shards at most */
#define CIVIC_OUTBOX_TAG    4           /* letters of a tag, at most */
#define CIVIC_OUTBOX_NAME   128         /* of "<plugin>.<name>" */
#define CIVIC_OUTBOX_KEY    (sizeof("civic:outbox::{}") + CIVIC_OUTBOX_NAME   \
                             + CIVIC_OUTBOX_TAG)

/* A text of [0-9a-z] whose slot is this one (below CIVIC_SLOTS).  The first
   call makes them all, which takes some milliseconds. */
const char *civic_outbox_tag(unsigned slot);

/* How many outboxes of a name there are. */
unsigned civic_outbox_count(int cluster);

/* The number of the outbox that a script which works near this key uses. */
unsigned civic_outbox_number(civic_str_t near, int cluster);

/* Its key, with a NUL: its length, or 0 if the name is too long. */
size_t civic_outbox_key(const char *name, unsigned number,
    char key[CIVIC_OUTBOX_KEY]);

/* Whether a job may have so many shards: 1, 2, 4 ... 256. */
int civic_outbox_shards_valid(unsigned shards);

/* The number of the outbox at a place (modulo what there is) of a shard. */
unsigned civic_outbox_at(uint64_t place, unsigned shard, unsigned shards,
    int cluster);

#endif
