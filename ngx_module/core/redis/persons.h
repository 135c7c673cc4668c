/*
 * persons.h - a walk through all persons who have a key of a family: which
 * keys are theirs, where a walk stands, and what an answer may hold.
 *
 * A Cluster is walked slot by slot, in the order of the pids' marks within
 * each: that place is the same whichever node has the slot.  One Redis is
 * scanned, and its cursor means something to the same process only, so the
 * place says which.  Either way a shard of a job has the slots, and the
 * persons in them, whose number modulo the shards is its own.
 *
 * What Redis answers is untrusted.  Pure functions, for any thread.
 */

#ifndef CIVIC_PERSONS_H
#define CIVIC_PERSONS_H

#include "civic_plugin.h"

#define CIVIC_PERSONS_LEAST   64        /* of one answer */
#define CIVIC_PERSONS_MOST    1024
#define CIVIC_PERSONS_SHARDS  256
#define CIVIC_PERSONS_FAMILY  64        /* bytes of a family, at most */
#define CIVIC_PERSONS_PID     22        /* characters of a pid */
#define CIVIC_PERSONS_PATTERN                                                 \
    (sizeof("civic:{p:}:") + CIVIC_PERSONS_PID + CIVIC_PERSONS_FAMILY)

/* 1 to 64 of a-z, A-Z, 0-9, "_", "-", "." and ":". */
int civic_persons_family_valid(const char *family);

/* What SCAN matches, with a NUL; of a valid family. */
civic_str_t civic_persons_pattern(const char *family,
    char pattern[CIVIC_PERSONS_PATTERN]);

/* The pid in a key of the family, pointing into it; empty: it is none. */
civic_str_t civic_persons_pid(civic_str_t key, const char *family);

/* The slot of a person's keys. */
unsigned civic_persons_slot(civic_str_t pid);


/* ---- where a walk stands ------------------------------------------------- */

typedef struct {
    int       cluster;

    /* a Cluster: from this mark of this slot on */
    unsigned  slot;
    uint64_t  mark;

    /* one Redis: its cursor, and which process gave it */
    uint64_t  scan;
    unsigned  server;
} civic_persons_place_t;

/* Below 2^63; 0: Redis' cursor is larger than any. */
uint64_t civic_persons_cursor(const civic_persons_place_t *place);

/* The cursor 0 is the beginning: the shard's first slot, or no server yet.
   -1: it is no place in a store of this kind. */
int civic_persons_place(uint64_t cursor, int cluster, unsigned shard,
    civic_persons_place_t *place);

/* Which process it is, by its run_id in the answer to INFO; 0: not told. */
unsigned civic_persons_server(civic_str_t info);


/* ---- answers ------------------------------------------------------------- */

typedef struct {
    uint64_t     mark;                  /* of 47 bits */
    civic_str_t  pid;
} civic_person_t;

/*
 * Adds the persons of the family among the keys of a slot.  How many there
 * are now, at most *count + keys->count; -1 if it is no list of keys, or has
 * a person of another slot.
 */
int64_t civic_persons_add(civic_person_t *persons, size_t count,
    const civic_value_t *keys, const char *family, unsigned slot);

/*
 * Brings them into order and chooses those from a mark on, each once, at most
 * room: from *first on, so many.  Those of one mark stay together.  *next is
 * the mark of those that are left, or 0.
 */
size_t civic_persons_choose(civic_person_t *persons, size_t count,
    uint64_t from, size_t room, size_t *first, uint64_t *next);

/* The answer to SCAN: 0, or -1 if it is none. */
int civic_persons_scanned(const civic_value_t *value, uint64_t *cursor,
    const civic_value_t **keys);

#endif
