/*
 * abi.h - does this file fit this host?  Read from the file, nothing runs.
 */

#ifndef CIVIC_ABI_H
#define CIVIC_ABI_H

#include "civic_plugin.h"

typedef struct {
    uint32_t  major;
    uint32_t  minor;
    uint32_t  pointer_size;
    uint32_t  jansson_major;
} civic_abi_t;

/* The stamp of a file.  0; or -1 with failure: missing or unreadable file,
   not an ELF, truncated, wrong class or machine, no stamp. */
int civic_abi_read(const char *path, civic_abi_t *abi,
    civic_failure_t *failure);

/* The same of a file that is open; path is for the text alone.  The position
   of fd is not moved. */
int civic_abi_read_fd(int fd, const char *path, civic_abi_t *abi,
    civic_failure_t *failure);

/* 0 if a plugin with this stamp may be loaded; else -1 with failure, which
   names found and expected. */
int civic_abi_check(const civic_abi_t *abi, civic_failure_t *failure);

/* Sets "<path>: <text>"; a path that is too long loses its beginning, so that
   the reason stays.  Always -1. */
int civic_failure_set(civic_failure_t *failure, const char *path,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
