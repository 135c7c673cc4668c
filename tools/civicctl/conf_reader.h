/*
 * conf_reader.h - nginx's configuration, as far as civicctl must know it.
 *
 * Reads what nginx would read: words, quotes, comments, blocks, include with
 * patterns.  It keeps every directive with its words and its place, and does
 * not judge them: "nginx -t" does that.  The caller owns the result.
 */

#ifndef CONF_READER_H
#define CONF_READER_H

#include <stddef.h>

#include "civic_plugin.h"

/* Includes within includes; nginx has no bound, a circle would need one. */
#define CTL_CONF_DEPTH  16

typedef struct {
    char      *name;
    char     **words;                   /* the arguments, NULL-terminated */
    size_t     count;
    char      *file;
    unsigned   line;
    unsigned   depth;                   /* of the block it stands in: 0 main */
} ctl_directive_t;

typedef struct ctl_conf_s  ctl_conf_t;

/* NULL with failure: "<file>:<line>: ...".  Includes are relative to the
   folder of path, as in nginx. */
ctl_conf_t *ctl_conf_read(const char *path, civic_failure_t *failure);
void ctl_conf_free(ctl_conf_t *conf);

/* The directive after previous (NULL: the first) that has this name, or
   (name NULL) whatever its name; NULL when there is none. */
const ctl_directive_t *ctl_conf_next(const ctl_conf_t *conf, const char *name,
    const ctl_directive_t *previous);

/* The first word of the first such directive, or fallback. */
const char *ctl_conf_word(const ctl_conf_t *conf, const char *name,
    const char *fallback);

/* "name=value" among the words: the value, or fallback. */
const char *ctl_directive_value(const ctl_directive_t *directive,
    const char *name, const char *fallback);

/* The folder of the main file: what most paths are relative to. */
const char *ctl_conf_folder(const ctl_conf_t *conf);

#endif
