/*
 * turns.h - who may do what only few may do at once, and who waits for it.
 *
 * Each name of each owner has a line: so many hold a turn, the others wait in
 * the order in which they came.  Whoever can go on is taken out of the line
 * at once, counts as a holder from then on, and is told when its owner asks:
 * nobody who comes later can get in between.  A line is there as long as
 * somebody is in it.  A turn's memory is its request's.  One thread.
 */

#ifndef CIVIC_TURNS_H
#define CIVIC_TURNS_H

#include "civic_plugin.h"

#define CIVIC_TURN_NAME  64             /* bytes of a name, at most */

typedef struct civic_turns_s      civic_turns_t;
typedef struct civic_turn_line_s  civic_turn_line_t;
typedef struct civic_turn_s       civic_turn_t;

/* Of turns.c alone, but data, which is its owner's. */
struct civic_turn_s {
    civic_turn_line_t  *line;           /* NULL: it neither holds nor waits */
    civic_turn_t       *next;           /* of those who wait or are called */
    civic_turn_t       *prev;
    void               *data;
    unsigned            holds:1;
    unsigned            called:1;       /* it holds and was not told yet */
};

typedef enum {
    CIVIC_TURN_HELD = 0,
    CIVIC_TURN_WAITS,
    CIVIC_TURN_FULL,                    /* as many wait as may */
    CIVIC_TURN_NO_MEMORY
} civic_turn_state_t;

/* NULL: no memory. */
civic_turns_t *civic_turns_create(void);
/* Nobody may be left in it. */
void civic_turns_destroy(civic_turns_t *turns);

/*
 * One of limit (at least 1) places, or one of line places to wait.  Both may
 * differ from call to call: the newest counts.  The name is copied; a turn
 * that neither holds nor waits may ask, for any name.
 */
civic_turn_state_t civic_turns_ask(civic_turns_t *turns, civic_turn_t *turn,
    const void *owner, const char *name, unsigned limit, unsigned line);

/* Gives it to the next, or leaves the line; safe to call again. */
void civic_turns_leave(civic_turns_t *turns, civic_turn_t *turn);

/* One that waited and holds now, told by this; NULL: none. */
civic_turn_t *civic_turns_next(civic_turns_t *turns);
/* Whether there is one. */
int civic_turns_have_next(const civic_turns_t *turns);

/* Whether it holds or waits for this one. */
int civic_turn_is(const civic_turn_t *turn, const void *owner,
    const char *name);

/* Of all lines.  Who is called and was not told yet holds. */
size_t civic_turns_held(const civic_turns_t *turns);
size_t civic_turns_waiting(const civic_turns_t *turns);

#endif
