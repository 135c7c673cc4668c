/*
 * seating.h - who sits where: sites, rooms and seats in their order, people in
 * an order that nobody can choose, and places that are taken already.
 *
 * People without a place are sorted by a digest of exam, seed and pid, places
 * by site, room and seat; the first gets the first that is free, and so on.
 * Whoever has a place keeps it.  So the same people and places give the same
 * seats however often it is computed, all at once or window by window.
 *
 * The number of a ticket is prefix, site (2 digits), room (3) and seat (2):
 * nothing of it comes from the person.
 *
 * Pure functions, for any thread; OpenSSL makes the digest.
 */

#ifndef CIVIC_KIT_SEATING_H
#define CIVIC_KIT_SEATING_H

#include <stddef.h>
#include <stdint.h>

#define CIVIC_SEATING_SITES    100
#define CIVIC_SEATING_ROOMS    1000     /* of a site */
#define CIVIC_SEATING_SEATS    99       /* of a room: 01 to 99 */
#define CIVIC_SEATING_PREFIX   12       /* digits, at most */
#define CIVIC_SEATING_DIGITS   7        /* after the prefix */
#define CIVIC_SEATING_DIGEST   16       /* bytes */

/* Room for a number with its NUL. */
#define CIVIC_SEATING_NUMBER                                                  \
    (CIVIC_SEATING_PREFIX + CIVIC_SEATING_DIGITS + 1)

#define CIVIC_SEATING_NONE     (-1)     /* no place */

typedef struct {
    unsigned  site;                     /* 0 to 99 */
    unsigned  room;                     /* 0 to 999 */
    unsigned  seats;                    /* 1 to 99 */
    uint32_t  first;                    /* its first place; set by the plan */
} civic_seating_room_t;

/* All places, numbered from 0 in their order. */
typedef struct {
    char                   prefix[CIVIC_SEATING_PREFIX + 1];
    civic_seating_room_t  *rooms;       /* the caller's, sorted */
    size_t                 nrooms;
    uint32_t               places;
} civic_seating_plan_t;

typedef struct {
    unsigned  site;
    unsigned  room;
    unsigned  seat;                     /* 1 to 99 */
    uint32_t  place;
} civic_seating_seat_t;

typedef struct {
    unsigned char  digest[CIVIC_SEATING_DIGEST];
    size_t         who;                 /* the caller's, not looked at */
    int64_t        place;               /* or CIVIC_SEATING_NONE */
} civic_seating_person_t;

/* Sorts the rooms.  0; -1: a room twice, numbers out of their bounds, a
   prefix that is no digits or too long.  No room at all is a plan, too. */
int civic_seating_plan(civic_seating_plan_t *plan, const char *prefix,
    size_t prefix_len, civic_seating_room_t *rooms, size_t nrooms);

/* The ticket's number of a place of the plan. */
void civic_seating_number(const civic_seating_plan_t *plan, uint32_t place,
    char out[CIVIC_SEATING_NUMBER]);

/* And back.  0; -1: the plan has no such seat. */
int civic_seating_find(const civic_seating_plan_t *plan, const char *number,
    size_t len, civic_seating_seat_t *seat);

/* By what people are sorted.  0; -1: OpenSSL failed. */
int civic_seating_digest(const char *exam, size_t exam_len, const char *seed,
    size_t seed_len, const char *pid, size_t pid_len,
    unsigned char digest[CIVIC_SEATING_DIGEST]);

/*
 * Gives places of the window [first, first + count) to the people who have
 * none.  Sorts the people.  taken: a byte for each place of the window, not 0
 * if somebody has it; a place that one of the people has counts as taken, too,
 * and so does one that is given: it is set.  Answers how many people are left
 * without a place.
 */
size_t civic_seating_assign(civic_seating_person_t *people, size_t npeople,
    uint32_t first, unsigned char *taken, uint32_t count);

#endif
