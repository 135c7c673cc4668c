/*
 * errors.h - a list of field errors, so that all are told at once.
 */

#ifndef CIVIC_ERRORS_H
#define CIVIC_ERRORS_H

#include "arena.h"

/* More than this many are not told. */
#define CIVIC_ERRORS_MAX  32

typedef struct {
    civic_arena_t        *arena;
    civic_field_error_t   items[CIVIC_ERRORS_MAX];
    size_t                count;
    size_t                dropped;
} civic_errors_t;

void civic_errors_init(civic_errors_t *errors, civic_arena_t *arena);

/* Copies the pointer; code must be static; takes over params. */
void civic_errors_add(civic_errors_t *errors, const char *pointer,
    const char *code, json_t *params);

#endif
