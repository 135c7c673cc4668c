/*
 * ctl_audit.h - entries of the audit trail for what civicctl changes.
 */

#ifndef CTL_AUDIT_H
#define CTL_AUDIT_H

#include "audit_entry.h"
#include "ctl.h"
#include "outbox.h"

/* What a script is given: a key and an argument. */
typedef struct {
    civic_str_t  outbox;
    civic_str_t  sealed;
    char         key[CIVIC_OUTBOX_KEY];
    char         bytes[CIVIC_AUDIT_MAX];
} ctl_audit_t;

/* command: "civicctl staff add".  details is given away.  near: a key of the
   script.  0, or -1: it was complained. */
int ctl_audit(ctl_t *ctl, const char *command, const char *action,
    const char *subject, json_t *details, civic_str_t near,
    ctl_audit_t *audit);

#endif
