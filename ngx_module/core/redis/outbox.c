/*
 * outbox.c - the keys of outboxes.
 *
 * The tags are made once in a process, under pthread_once(), and only read
 * afterwards; a worker inherits its master's.
 */

#define _GNU_SOURCE                     /* mempcpy() */

#include <pthread.h>
#include <string.h>

#include "outbox.h"
#include "slots.h"

#define PREFIX  "civic:outbox:"

static const char  letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";

#define LETTERS  (sizeof(letters) - 1)

static char            tags[CIVIC_SLOTS][CIVIC_OUTBOX_TAG + 1];
static pthread_once_t  tags_once = PTHREAD_ONCE_INIT;


/* The text after this one, of the same length; 0 when there is none. */
static int
next_text(unsigned *places, size_t len)
{
    size_t  i;

    for (i = len; i-- > 0; ) {
        if (++places[i] < LETTERS) {
            return 1;
        }

        places[i] = 0;
    }

    return 0;
}


/* Texts of one length, until every slot has one.  How many were found. */
static unsigned
make_tags_of(size_t len, unsigned missing)
{
    char      text[CIVIC_OUTBOX_TAG + 1];
    size_t    i;
    unsigned  slot, found = 0, places[CIVIC_OUTBOX_TAG] = { 0 };

    do {
        for (i = 0; i < len; i++) {
            text[i] = letters[places[i]];
        }

        text[len] = '\0';
        slot = civic_slot((civic_str_t) { text, len });

        if (tags[slot][0] == '\0') {
            memcpy(tags[slot], text, len + 1);
            found++;
        }

    } while (found < missing && next_text(places, len));

    return found;
}


static void
make_tags(void)
{
    size_t    len;
    unsigned  missing = CIVIC_SLOTS;

    for (len = 1; len <= CIVIC_OUTBOX_TAG && missing > 0; len++) {
        missing -= make_tags_of(len, missing);
    }
}


const char *
civic_outbox_tag(unsigned slot)
{
    (void) pthread_once(&tags_once, make_tags);

    return tags[slot % CIVIC_SLOTS];
}


unsigned
civic_outbox_count(int cluster)
{
    return cluster ? CIVIC_SLOTS : CIVIC_OUTBOXES;
}


unsigned
civic_outbox_number(civic_str_t near, int cluster)
{
    return civic_slot(near) % civic_outbox_count(cluster);
}


size_t
civic_outbox_key(const char *name, unsigned number,
    char key[CIVIC_OUTBOX_KEY])
{
    char    *p;
    size_t   len = strlen(name);

    if (len > CIVIC_OUTBOX_NAME) {
        return 0;
    }

    /* by hand: each change that is audited passes here, and a look at
       outboxes a thousand times */
    p = mempcpy(key, PREFIX, sizeof(PREFIX) - 1);
    p = mempcpy(p, name, len);
    p = stpcpy(p, ":{");
    p = stpcpy(p, civic_outbox_tag(number));
    p = stpcpy(p, "}");

    return (size_t) (p - key);
}


int
civic_outbox_shards_valid(unsigned shards)
{
    return shards >= 1 && shards <= CIVIC_OUTBOXES
           && (shards & (shards - 1)) == 0;
}


unsigned
civic_outbox_at(uint64_t place, unsigned shard, unsigned shards, int cluster)
{
    unsigned  mine = civic_outbox_count(cluster) / shards;

    return (unsigned) (place % mine) * shards + shard;
}
