/*
 * audit_entry.h - an entry of the audit trail: who did what to whom, when,
 * by which request.
 *
 * It is sealed for the purpose "audit trail" and put into the outbox "audit"
 * by the script that makes the change.  The host and civicctl make entries
 * here alike.  Who opens one gets JSON, {"id", "at", "request_id", "actor",
 * "roles", "plugin", "route", "action", "subject", "details"}.
 *
 * Functions of the caller's thread; what is sealed is sealed with the
 * purpose's contexts.
 */

#ifndef CIVIC_AUDIT_ENTRY_H
#define CIVIC_AUDIT_ENTRY_H

#include "arena.h"
#include "keyring.h"

#define CIVIC_AUDIT_PURPOSE  "audit trail"
#define CIVIC_AUDIT_CHAIN    "audit chain"      /* what signs the chains */
#define CIVIC_AUDIT_OUTBOX   "audit"
#define CIVIC_AUDIT_HEADS    "civic:audit:heads"
#define CIVIC_AUDIT_NEAR     "civic:audit:near" /* for those near nobody */
#define CIVIC_AUDIT_MAX      4096               /* bytes, sealed */

typedef struct {
    civic_msec_t   at;                  /* real time */
    civic_str_t    request_id;
    civic_str_t    actor;               /* a pid, "job:<plugin>.<name>",
                                           "civicctl:<user>" or "anyone" */
    unsigned       roles;
    civic_str_t    plugin;
    civic_str_t    route;
    civic_str_t    action;
    civic_str_t    subject;             /* a pid, or empty */
    const json_t  *details;             /* an object, or NULL */
} civic_audit_facts_t;

/* Sealed, in the arena; .data == NULL: no memory, no random bytes, or longer
   than CIVIC_AUDIT_MAX.  The entry's id is the seal's nonce. */
civic_str_t civic_audit_seal(civic_arena_t *arena, civic_purpose_t *purpose,
    const civic_audit_facts_t *facts);

/* A new reference; NULL: forged, damaged, or its key is gone. */
json_t *civic_audit_open(civic_purpose_t *purpose, civic_str_t sealed);

#endif
