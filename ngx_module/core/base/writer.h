/*
 * writer.h - JSON, appended to a buffer instead of built as a tree.
 *
 * Commas and nesting are kept by the writer; a tree of json_t costs 5 us a
 * reply, this costs well under one.  On lack of memory the writer remembers
 * and writes nothing more.
 */

#ifndef CIVIC_WRITER_H
#define CIVIC_WRITER_H

#include "arena.h"

#define CIVIC_WRITER_DEPTH  32

struct civic_writer_s {
    civic_arena_t  *arena;
    char           *data;
    size_t          len;
    size_t          size;
    unsigned        depth;
    char            close[CIVIC_WRITER_DEPTH];
    unsigned char   comma[CIVIC_WRITER_DEPTH];
    int             failed;
};

/* Stands before the outermost value. */
void civic_writer_init(civic_writer_t *w, civic_arena_t *arena, size_t size);

void civic_writer_object(civic_writer_t *w, const char *key);
void civic_writer_array(civic_writer_t *w, const char *key);
void civic_writer_end(civic_writer_t *w);
void civic_writer_str(civic_writer_t *w, const char *key, civic_str_t value);
void civic_writer_int(civic_writer_t *w, const char *key, int64_t value);
void civic_writer_bool(civic_writer_t *w, const char *key, int value);
void civic_writer_null(civic_writer_t *w, const char *key);
void civic_writer_instant(civic_writer_t *w, const char *key,
    civic_msec_t value);
void civic_writer_json(civic_writer_t *w, const char *key, const json_t *value);

/* JSON text that is known to be valid. */
void civic_writer_raw(civic_writer_t *w, const char *key, civic_str_t text);

/* Closes whatever is open.  0, or -1 if it failed on the way. */
int civic_writer_finish(civic_writer_t *w);

#endif
