/*
 * text_file.h - small files of text that options name: keys, certificates.
 *
 * Read by nginx -t and by the master as root, and by each worker at its start
 * as its own user; never on a loop that serves.
 */

#ifndef CIVIC_SHARED_TEXT_FILE_H
#define CIVIC_SHARED_TEXT_FILE_H

#include "civic_plugin.h"

#define SHARED_TEXT_FILE  (64 * 1024)   /* bytes at most */

/* Says what is wrong with the file of an option; -1, always. */
int shared_text_file_wrong(civic_failure_t *failure, const char *option,
    const char *path, const char *why);

/* Its text, for shared_text_file_end(); NULL with the failure. */
char *shared_text_file(const char *option, const char *path,
    civic_failure_t *failure);

/* Wiped, for it may be a secret.  NULL is nothing. */
void shared_text_file_end(char *text);

#endif
