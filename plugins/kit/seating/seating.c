/*
 * seating.c - places in their order, and who gets which.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "seating.h"

#define SHA256_SIZE  32


/* ---- the plan ----------------------------------------------------------- */

static int
by_room(const void *a, const void *b)
{
    const civic_seating_room_t  *one = a, *other = b;

    if (one->site != other->site) {
        return one->site < other->site ? -1 : 1;
    }

    return (one->room > other->room) - (one->room < other->room);
}


static int
is_room(const civic_seating_room_t *room)
{
    return room->site < CIVIC_SEATING_SITES
           && room->room < CIVIC_SEATING_ROOMS
           && room->seats >= 1 && room->seats <= CIVIC_SEATING_SEATS;
}


static int
is_prefix(const char *prefix, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (prefix[i] < '0' || prefix[i] > '9') {
            return 0;
        }
    }

    return len <= CIVIC_SEATING_PREFIX;
}


int
civic_seating_plan(civic_seating_plan_t *plan, const char *prefix,
    size_t prefix_len, civic_seating_room_t *rooms, size_t nrooms)
{
    size_t  i;

    if (!is_prefix(prefix, prefix_len)) {
        return -1;
    }

    memset(plan, 0, sizeof(civic_seating_plan_t));
    memcpy(plan->prefix, prefix, prefix_len);
    plan->rooms = rooms;
    plan->nrooms = nrooms;

    if (nrooms > 0) {
        qsort(rooms, nrooms, sizeof(civic_seating_room_t), by_room);
    }

    for (i = 0; i < nrooms; i++) {
        if (!is_room(&rooms[i])
            || (i > 0 && by_room(&rooms[i - 1], &rooms[i]) == 0))
        {
            return -1;
        }

        rooms[i].first = plan->places;
        plan->places += rooms[i].seats;
    }

    return 0;
}


/* ---- numbers ------------------------------------------------------------ */

/* The room that a place is in: the last that does not begin after it. */
static const civic_seating_room_t *
room_of(const civic_seating_plan_t *plan, uint32_t place)
{
    size_t  low = 0, high = plan->nrooms, middle;

    while (high - low > 1) {
        middle = low + (high - low) / 2;

        if (plan->rooms[middle].first <= place) {
            low = middle;

        } else {
            high = middle;
        }
    }

    return &plan->rooms[low];
}


void
civic_seating_number(const civic_seating_plan_t *plan, uint32_t place,
    char out[CIVIC_SEATING_NUMBER])
{
    const civic_seating_room_t  *room;

    out[0] = '\0';

    if (place < plan->places) {
        room = room_of(plan, place);
        (void) snprintf(out, CIVIC_SEATING_NUMBER, "%s%02u%03u%02u",
                        plan->prefix, room->site % CIVIC_SEATING_SITES,
                        room->room % CIVIC_SEATING_ROOMS,
                        (unsigned) (place - room->first + 1) % 100);
    }
}


static int
read_digits(const char *text, size_t len, unsigned *number)
{
    *number = 0;

    for ( /* void */ ; len > 0; len--, text++) {
        if (*text < '0' || *text > '9') {
            return -1;
        }

        *number = *number * 10 + (unsigned) (*text - '0');
    }

    return 0;
}


int
civic_seating_find(const civic_seating_plan_t *plan, const char *number,
    size_t len, civic_seating_seat_t *seat)
{
    size_t                       prefix = strlen(plan->prefix);
    civic_seating_room_t         wanted = { 0, 0, 0, 0 };
    const civic_seating_room_t  *room;

    if (len != prefix + CIVIC_SEATING_DIGITS || plan->nrooms == 0
        || memcmp(number, plan->prefix, prefix) != 0
        || read_digits(number + prefix, 2, &wanted.site) != 0
        || read_digits(number + prefix + 2, 3, &wanted.room) != 0
        || read_digits(number + prefix + 5, 2, &seat->seat) != 0)
    {
        return -1;
    }

    room = bsearch(&wanted, plan->rooms, plan->nrooms,
                   sizeof(civic_seating_room_t), by_room);

    if (room == NULL || seat->seat < 1 || seat->seat > room->seats) {
        return -1;
    }

    seat->site = room->site;
    seat->room = room->room;
    seat->place = room->first + seat->seat - 1;

    return 0;
}


/* ---- people ------------------------------------------------------------- */

/* The parts stand behind their lengths, so that no two triples are one text. */
static int
take_part(EVP_MD_CTX *context, const char *text, size_t len)
{
    unsigned char  head[2] = { (unsigned char) (len >> 8),
                               (unsigned char) len };

    return EVP_DigestUpdate(context, head, sizeof(head)) == 1
           && EVP_DigestUpdate(context, text, len) == 1;
}


int
civic_seating_digest(const char *exam, size_t exam_len, const char *seed,
    size_t seed_len, const char *pid, size_t pid_len,
    unsigned char digest[CIVIC_SEATING_DIGEST])
{
    int             done;
    EVP_MD_CTX     *context = EVP_MD_CTX_new();
    unsigned char   whole[SHA256_SIZE];

    done = context != NULL
           && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1
           && take_part(context, exam, exam_len)
           && take_part(context, seed, seed_len)
           && take_part(context, pid, pid_len)
           && EVP_DigestFinal_ex(context, whole, NULL) == 1;

    EVP_MD_CTX_free(context);

    if (!done) {
        return -1;
    }

    memcpy(digest, whole, CIVIC_SEATING_DIGEST);

    return 0;
}


static int
by_digest(const void *a, const void *b)
{
    const civic_seating_person_t  *one = a, *other = b;

    return memcmp(one->digest, other->digest, CIVIC_SEATING_DIGEST);
}


/* What people have already is taken. */
static void
take_kept(const civic_seating_person_t *people, size_t npeople,
    uint32_t first, unsigned char *taken, uint32_t count)
{
    size_t   i;
    int64_t  at;

    for (i = 0; i < npeople; i++) {
        at = people[i].place - (int64_t) first;

        if (people[i].place >= 0 && at >= 0 && at < (int64_t) count) {
            taken[at] = 1;
        }
    }
}


size_t
civic_seating_assign(civic_seating_person_t *people, size_t npeople,
    uint32_t first, unsigned char *taken, uint32_t count)
{
    size_t    i, without = 0;
    uint32_t  at = 0;

    if (npeople > 0) {
        qsort(people, npeople, sizeof(civic_seating_person_t), by_digest);
    }

    take_kept(people, npeople, first, taken, count);

    for (i = 0; i < npeople; i++) {
        if (people[i].place != CIVIC_SEATING_NONE) {
            continue;
        }

        while (at < count && taken[at]) {
            at++;
        }

        if (at == count) {
            without++;
            continue;
        }

        taken[at] = 1;
        people[i].place = (int64_t) first + at;
    }

    return without;
}
