/*
 * outbox.c - the keys of outboxes and of what is noted about them.
 *
 * The tags are made once in a process, under pthread_once(), and only read
 * afterwards; a worker inherits its master's.
 */

#define _GNU_SOURCE                     /* mempcpy(), memmem() */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "outbox.h"

#define PREFIX  "civic:outbox:"
#define NOTES   "civic:outbox-notes:"

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
civic_outbox_parse(civic_str_t key, int cluster, civic_str_t *name,
    unsigned *number)
{
    const char  *end;

    if (key.len < sizeof(PREFIX) - 1
        || memcmp(key.data, PREFIX, sizeof(PREFIX) - 1) != 0)
    {
        return -1;
    }

    name->data = key.data + sizeof(PREFIX) - 1;
    end = memmem(name->data, key.len - (sizeof(PREFIX) - 1), ":{", 2);

    if (end == NULL) {
        return -1;
    }

    name->len = (size_t) (end - name->data);
    *number = civic_outbox_number(key, cluster);

    return 0;
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


size_t
civic_outbox_notes_key(const char *name, unsigned group,
    char key[CIVIC_OUTBOX_NOTES])
{
    if (strlen(name) > CIVIC_OUTBOX_NAME) {
        return 0;
    }

    return (size_t) snprintf(key, CIVIC_OUTBOX_NOTES, NOTES "%s:%u", name,
                             group % CIVIC_OUTBOX_GROUPS);
}


unsigned
civic_outbox_slice(uint64_t now, uint64_t since, unsigned shards, int cluster,
    unsigned *first)
{
    uint64_t  round = CIVIC_OUTBOX_ROUND * 1000;
    uint64_t  mine = civic_outbox_count(cluster) / shards;
    uint64_t  from = (now - (since < now ? since : now)) * mine / round;
    uint64_t  to = now * mine / round;

    *first = (unsigned) (from % mine);

    return (unsigned) (to - from < mine ? to - from : mine);
}


void
civic_outbox_notes_add(civic_outbox_notes_t *notes, unsigned number)
{
    unsigned  place = number % CIVIC_SLOTS / CIVIC_OUTBOX_GROUPS;

    notes->bits[number % CIVIC_OUTBOX_GROUPS][place / 64]
        |= (uint64_t) 1 << place % 64;
}


int
civic_outbox_notes_has(const civic_outbox_notes_t *notes, unsigned number)
{
    unsigned  place = number % CIVIC_SLOTS / CIVIC_OUTBOX_GROUPS;

    return (int) (notes->bits[number % CIVIC_OUTBOX_GROUPS][place / 64]
                  >> place % 64 & 1);
}


void
civic_outbox_notes_move(civic_outbox_notes_t *to, civic_outbox_notes_t *from)
{
    unsigned  g, i;

    for (g = 0; g < CIVIC_OUTBOX_GROUPS; g++) {
        for (i = 0; i < CIVIC_OUTBOX_WORDS; i++) {
            to->bits[g][i] |= from->bits[g][i];
            from->bits[g][i] = 0;
        }
    }
}


/* The lowest bits of a word first. */
static size_t
take_word(uint64_t *word, unsigned first, unsigned group, unsigned *numbers,
    size_t max)
{
    size_t    n = 0;
    unsigned  place;

    for ( ; *word != 0 && n < max; *word &= *word - 1) {
        place = first + (unsigned) __builtin_ctzll(*word);
        numbers[n++] = place * CIVIC_OUTBOX_GROUPS + group;
    }

    return n;
}


size_t
civic_outbox_notes_take(civic_outbox_notes_t *notes, unsigned *numbers,
    size_t max, unsigned *group)
{
    size_t    n = 0;
    unsigned  g, i;

    for (g = 0; g < CIVIC_OUTBOX_GROUPS && n == 0; g++) {
        *group = g;

        for (i = 0; i < CIVIC_OUTBOX_WORDS; i++) {
            n += take_word(&notes->bits[g][i], i * 64, g, numbers + n,
                           max - n);
        }
    }

    return n;
}
