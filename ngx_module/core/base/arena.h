/*
 * arena.h - memory that is given back all at once, at the end of a request.
 *
 * An arena belongs to one fiber and is reused by its next request.  Blocks
 * come from malloc; the first one is kept over a reset.  Not thread-safe.
 */

#ifndef CIVIC_ARENA_H
#define CIVIC_ARENA_H

#include <stdarg.h>

#include "civic_plugin.h"

typedef struct civic_arena_s  civic_arena_t;

/* limit: bytes in all.  NULL: no memory. */
civic_arena_t *civic_arena_create(size_t block, size_t limit);
void civic_arena_destroy(civic_arena_t *arena);

/* Runs the deferred functions, newest first, and frees all but one block. */
void civic_arena_reset(civic_arena_t *arena);

/* Aligned to 16; NULL when the limit is reached or memory is out. */
void *civic_arena_alloc(civic_arena_t *arena, size_t size);
void *civic_arena_zalloc(civic_arena_t *arena, size_t size);

/* NUL-terminated copies; .data == NULL on failure. */
civic_str_t civic_arena_copy(civic_arena_t *arena, civic_str_t str);
civic_str_t civic_arena_vprint(civic_arena_t *arena, const char *fmt,
    va_list args);
civic_str_t civic_arena_print(civic_arena_t *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* fn(data) at reset or destruction.  0, or -1 without memory. */
int civic_arena_defer(civic_arena_t *arena, void (*fn)(void *data),
    void *data);

/* The arena takes over a reference.  NULL stays NULL; on failure the
   reference is dropped and NULL returned. */
json_t *civic_arena_own_json(civic_arena_t *arena, json_t *json);

#endif
