/*
 * module_fit.h - for which nginx was this module built?
 *
 * nginx loads a dynamic module if the version is its own and the signature,
 * a text of sizes and features, is equal.  Both are read from the file;
 * nothing is loaded, for a module that does not fit cannot be.
 */

#ifndef MODULE_FIT_H
#define MODULE_FIT_H

#include "civic_plugin.h"

#define CTL_SIGNATURE_FLAGS  34
#define CTL_SIGNATURE_LEN    (6 + CTL_SIGNATURE_FLAGS)

typedef struct {
    char      signature[CTL_SIGNATURE_LEN + 1]; /* "" if there is none */
    uint64_t  version;                  /* 1022001 for 1.22.1; 0: unknown */
} ctl_module_t;

/* 0, or -1 with failure: unreadable, or no signature in it. */
int ctl_module_read(const char *path, ctl_module_t *module,
    civic_failure_t *failure);

/* Whether a module in the file has a name that ends so, whatever the file is
   called: 1 or 0; -1 with failure: unreadable. */
int ctl_module_has(const char *path, const char *name,
    civic_failure_t *failure);

/* "nginx/1.22.1" anywhere in the text: 1022001; 0 if it is not there. */
uint64_t ctl_module_version(const char *text);

/* The first part from index (0: the first) on that differs: its index, what
   it is called; -1 when nothing differs. */
int ctl_module_difference(const char *a, const char *b, int index,
    const char **name);

#endif
