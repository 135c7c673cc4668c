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
 * Which of them have something is noted in hashes beside them,
 * "civic:outbox-notes:<name>:<group>": see docs/adr/0028-outbox-notes.md.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_OUTBOX_H
#define CIVIC_OUTBOX_H

#include "civic_plugin.h"
#include "slots.h"

#define CIVIC_OUTBOXES      256         /* of one Redis, and shards at most */
#define CIVIC_OUTBOX_TAG    4           /* letters of a tag, at most */
#define CIVIC_OUTBOX_NAME   128         /* of "<plugin>.<name>" */
#define CIVIC_OUTBOX_KEY    (sizeof("civic:outbox::{}") + CIVIC_OUTBOX_NAME   \
                             + CIVIC_OUTBOX_TAG)

#define CIVIC_OUTBOX_GROUPS 16          /* hashes of notes; a power of two */
#define CIVIC_OUTBOX_ROUND  50          /* s: after so long all are looked at,
                                           noted or not */
#define CIVIC_OUTBOX_NOTES                                                    \
    (sizeof("civic:outbox-notes::") + CIVIC_OUTBOX_NAME + sizeof("15"))

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

/* The other way round: 0, or -1 if it is no outbox's key.  The name points
   into it. */
int civic_outbox_parse(civic_str_t key, int cluster, civic_str_t *name,
    unsigned *number);

/* Whether a job may have so many shards: 1, 2, 4 ... 256. */
int civic_outbox_shards_valid(unsigned shards);

/* The number of the outbox at a place (modulo what there is) of a shard. */
unsigned civic_outbox_at(uint64_t place, unsigned shard, unsigned shards,
    int cluster);


/* ---- notes -------------------------------------------------------------- */

/* The hash for the notes of all numbers that are the group modulo
   CIVIC_OUTBOX_GROUPS, with a NUL: its length, or 0 if the name is too long. */
size_t civic_outbox_notes_key(const char *name, unsigned group,
    char key[CIVIC_OUTBOX_NOTES]);

/* How many of a shard's outboxes a run looks at that are not noted: each has
   its moment in a round, and the run looks at those whose moment came in the
   ms since the run before, from the place *first on. */
unsigned civic_outbox_slice(uint64_t now, uint64_t since, unsigned shards,
    int cluster, unsigned *first);

#define CIVIC_OUTBOX_WORDS  (CIVIC_SLOTS / CIVIC_OUTBOX_GROUPS / 64)

/* Numbers of outboxes that are to be noted: a bit for each. */
typedef struct {
    uint64_t  bits[CIVIC_OUTBOX_GROUPS][CIVIC_OUTBOX_WORDS];
} civic_outbox_notes_t;

void civic_outbox_notes_add(civic_outbox_notes_t *notes, unsigned number);
int civic_outbox_notes_has(const civic_outbox_notes_t *notes,
    unsigned number);

/* Whatever the other one has goes over. */
void civic_outbox_notes_move(civic_outbox_notes_t *to,
    civic_outbox_notes_t *from);

/* Takes out up to max numbers of one group, and says which: how many. */
size_t civic_outbox_notes_take(civic_outbox_notes_t *notes,
    unsigned *numbers, size_t max, unsigned *group);

#endif
