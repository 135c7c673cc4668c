/*
 * blocklist.h - passwords that everybody tries first.
 *
 * NIST 800-63B asks for a list of common and breached passwords.  One
 * password a line, as john-data's password.lst has it; lines that begin with
 * "#!comment:" are none.  Loaded once per worker, sorted; case of a-z does
 * not count.
 */

#ifndef CIVIC_SHARED_BLOCKLIST_H
#define CIVIC_SHARED_BLOCKLIST_H

#include "civic_plugin.h"

#define SHARED_BLOCKLIST_MAX_FILE  (64 * 1024 * 1024)

typedef struct shared_blocklist_s  shared_blocklist_t;

/* NULL with failure. */
shared_blocklist_t *shared_blocklist_load(const char *path,
    civic_failure_t *failure);
void shared_blocklist_free(shared_blocklist_t *list);

size_t shared_blocklist_count(const shared_blocklist_t *list);
int shared_blocklist_has(const shared_blocklist_t *list, civic_str_t password);

#endif
