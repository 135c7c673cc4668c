/*
 * ctl_options.h - what stands behind a command: options, in any order, and
 * plain words in theirs.
 */

#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include <stddef.h>

typedef struct {
    const char   *name;         /* "--reason"; NULL: the next plain word */
    const char  **value;        /* gets what follows the name, or the word */
    int          *flag;         /* instead: becomes 1, nothing follows */
} ctl_option_t;

/* CTL_OPTIONS(argc, argv, options): all of an array. */
#define CTL_OPTIONS(argc, argv, options)                                      \
    ctl_options(argc, argv, options, sizeof(options) / sizeof((options)[0]))

/*
 * Values are NULL and flags 0 before, and stay so unless they are given.  0,
 * or -1: a name that is not known or has nothing behind it, an option that is
 * given twice, a word too many.
 */
int ctl_options(int argc, char **argv, const ctl_option_t *options,
    size_t count);

#endif
