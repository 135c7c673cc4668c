/*
 * blocklist.h - passwords that everybody tries first.
 *
 * NIST 800-63B asks for a list of common and breached passwords.  One
 * password a line, as john-data's password.lst has it; lines that begin with
 * "#!comment:" are none.  Loaded once per worker, sorted; case of a-z does
 * not count.
 */

#ifndef CIVIC_LOGIN_BLOCKLIST_H
#define CIVIC_LOGIN_BLOCKLIST_H

#include "civic_plugin.h"

#define LOGIN_BLOCKLIST_MAX_FILE  (64 * 1024 * 1024)

typedef struct login_blocklist_s  login_blocklist_t;

/* NULL with failure. */
login_blocklist_t *login_blocklist_load(const char *path,
    civic_failure_t *failure);
void login_blocklist_free(login_blocklist_t *list);

size_t login_blocklist_count(const login_blocklist_t *list);
int login_blocklist_has(const login_blocklist_t *list, civic_str_t password);

#endif
