/*
 * civic/audit.h - the audit trail: who of the staff changed, deleted or looked
 * at what.
 */

#ifndef CIVIC_CONTRACT_AUDIT_H
#define CIVIC_CONTRACT_AUDIT_H

#include "civic/host.h"

/* By address.  What the audit trail is told; by whom, when and in which
   request the host knows. */
struct civic_audit_entry_s {
    const char   *action;               /* "staff.account_changed" */
    civic_str_t   subject;              /* the pid it is about, or empty */
    json_t       *details;              /* borrowed, an object or NULL: no
                                           secrets, no personal data */
    int           with_rule;            /* name the last rule asked: "rule"
                                           and "revision" of the details */
};

/*
 * Every change that staff make, and every deletion, is told to the audit
 * trail by the script that makes it.  This prepares the entry: the script
 * puts it into the host's outbox once it knows that it changes something.
 *
 *     rc = civic_audit(r, &entry, keys[0], &keys[1], &args[1]);
 *
 *     redis.call("XADD", KEYS[2], "*", "entry", ARGV[2])  -- in the script
 *
 * A route for staff that CIVIC_CHANGES and answers 2xx without a call of
 * this or of civic_audit_note() is a bug, and logged as one.
 */
static inline civic_result_t
civic_audit(civic_request_t *r, const civic_audit_entry_t *entry,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed)
{
    return r->host->audit(r, entry, near, outbox, sealed);
}

/* The same for what changes nothing: that somebody looked at something, or
   was refused.  Call it before the reply is made. */
static inline civic_result_t
civic_audit_note(civic_request_t *r, const civic_audit_entry_t *entry)
{
    return r->host->audit_note(r, entry);
}

/* Days that the trail is kept at least: half a year is what the law asks for
   (Cybersecurity Law, article 21). */
#define CIVIC_AUDIT_DAYS_MIN  183

/* In a job: moves entries into this worker's chain of sealed segments, and
   removes its segments that are older than keep_days (at least
   CIVIC_AUDIT_DAYS_MIN).  The plugin "civic" has it. */
static inline civic_result_t
civic_audit_collect(civic_request_t *r, const civic_job_t *job,
    unsigned keep_days, unsigned *moved)
{
    return r->host->audit_collect(r, job, keep_days, moved);
}

#endif /* CIVIC_CONTRACT_AUDIT_H */
