/*
 * turns.c - lines of those who wait for what only few may do at once.
 *
 * There are few names at a time, so the lines stand in a list.
 */

#include <stdlib.h>

#include "turns.h"


typedef struct {
    civic_turn_t  *first;
    civic_turn_t  *last;
} civic_turn_list_t;

struct civic_turn_line_s {
    civic_turn_line_t   *next;
    civic_turn_line_t  **prev;
    const void          *owner;
    unsigned             limit;         /* the newest one that was asked */
    unsigned             held;
    unsigned             waiting;
    civic_turn_list_t    waiters;
    char                 name[CIVIC_TURN_NAME + 1];
};

struct civic_turns_s {
    civic_turn_line_t   *lines;
    civic_turn_list_t    called;
    size_t               held;
    size_t               waiting;
};


civic_turns_t *
civic_turns_create(void)
{
    return calloc(1, sizeof(civic_turns_t));
}


void
civic_turns_destroy(civic_turns_t *turns)
{
    free(turns);
}


/* ---- lists --------------------------------------------------------------- */

static void
civic_turn_append(civic_turn_list_t *list, civic_turn_t *turn)
{
    turn->next = NULL;
    turn->prev = list->last;

    if (list->last != NULL) {
        list->last->next = turn;
    } else {
        list->first = turn;
    }

    list->last = turn;
}


static void
civic_turn_remove(civic_turn_list_t *list, civic_turn_t *turn)
{
    if (turn->prev != NULL) {
        turn->prev->next = turn->next;
    } else {
        list->first = turn->next;
    }

    if (turn->next != NULL) {
        turn->next->prev = turn->prev;
    } else {
        list->last = turn->prev;
    }

    turn->next = NULL;
    turn->prev = NULL;
}


/* ---- lines --------------------------------------------------------------- */

static int
civic_turn_line_is(const civic_turn_line_t *line, const void *owner,
    const char *name)
{
    return line->owner == owner && strcmp(line->name, name) == 0;
}


static civic_turn_line_t *
civic_turn_line_find(civic_turns_t *turns, const void *owner,
    const char *name)
{
    civic_turn_line_t  *line = turns->lines;

    while (line != NULL && !civic_turn_line_is(line, owner, name)) {
        line = line->next;
    }

    return line;
}


static civic_turn_line_t *
civic_turn_line_create(civic_turns_t *turns, const void *owner,
    const char *name)
{
    civic_turn_line_t  *line;

    line = calloc(1, sizeof(civic_turn_line_t));
    if (line == NULL) {
        return NULL;
    }

    line->owner = owner;
    memcpy(line->name, name, strnlen(name, CIVIC_TURN_NAME));

    line->next = turns->lines;
    line->prev = &turns->lines;

    if (line->next != NULL) {
        line->next->prev = &line->next;
    }

    turns->lines = line;

    return line;
}


static void
civic_turn_line_free(civic_turn_line_t *line)
{
    *line->prev = line->next;

    if (line->next != NULL) {
        line->next->prev = line->prev;
    }

    free(line);
}


/* Those who can go on are called, and hold from now on. */
static void
civic_turn_line_move(civic_turns_t *turns, civic_turn_line_t *line)
{
    civic_turn_t  *turn;

    while (line->held < line->limit && line->waiters.first != NULL) {
        turn = line->waiters.first;

        civic_turn_remove(&line->waiters, turn);
        line->waiting--;
        turns->waiting--;

        civic_turn_append(&turns->called, turn);
        turn->called = 1;
        turn->holds = 1;
        line->held++;
        turns->held++;
    }
}


/* ---- asking and leaving -------------------------------------------------- */

civic_turn_state_t
civic_turns_ask(civic_turns_t *turns, civic_turn_t *turn, const void *owner,
    const char *name, unsigned limit, unsigned places)
{
    civic_turn_line_t  *line;

    line = civic_turn_line_find(turns, owner, name);

    if (line == NULL) {
        line = civic_turn_line_create(turns, owner, name);
        if (line == NULL) {
            return CIVIC_TURN_NO_MEMORY;
        }
    }

    line->limit = limit;
    civic_turn_line_move(turns, line);

    /* a new line has room: it never goes without anybody in it */

    if (line->held < limit) {
        turn->line = line;
        turn->holds = 1;
        line->held++;
        turns->held++;
        return CIVIC_TURN_HELD;
    }

    if (line->waiting >= places) {
        return CIVIC_TURN_FULL;
    }

    turn->line = line;
    civic_turn_append(&line->waiters, turn);
    line->waiting++;
    turns->waiting++;

    return CIVIC_TURN_WAITS;
}


void
civic_turns_leave(civic_turns_t *turns, civic_turn_t *turn)
{
    civic_turn_line_t  *line = turn->line;

    if (line == NULL) {
        return;
    }

    if (turn->called) {
        civic_turn_remove(&turns->called, turn);
        turn->called = 0;
    }

    if (turn->holds) {
        turn->holds = 0;
        line->held--;
        turns->held--;

    } else {
        civic_turn_remove(&line->waiters, turn);
        line->waiting--;
        turns->waiting--;
    }

    turn->line = NULL;
    civic_turn_line_move(turns, line);

    if (line->held == 0 && line->waiting == 0) {
        civic_turn_line_free(line);
    }
}


civic_turn_t *
civic_turns_next(civic_turns_t *turns)
{
    civic_turn_t  *turn = turns->called.first;

    if (turn != NULL) {
        civic_turn_remove(&turns->called, turn);
        turn->called = 0;
    }

    return turn;
}


/* ---- what there is ------------------------------------------------------- */

int
civic_turns_have_next(const civic_turns_t *turns)
{
    return turns->called.first != NULL;
}


int
civic_turn_is(const civic_turn_t *turn, const void *owner, const char *name)
{
    return turn->line != NULL && civic_turn_line_is(turn->line, owner, name);
}


size_t
civic_turns_held(const civic_turns_t *turns)
{
    return turns->held;
}


size_t
civic_turns_waiting(const civic_turns_t *turns)
{
    return turns->waiting;
}
