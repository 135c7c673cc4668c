/*
 * audit.c - what the audit trail is told of staff: who did what to which
 * account.  Accounts are named by their pids; names, secrets and codes never
 * stand in an entry.
 */

#include "staff.h"


civic_result_t
staff_audit(civic_request_t *r, const char *action, civic_str_t subject,
    json_t *details, civic_str_t near, civic_str_t *outbox,
    civic_str_t *sealed)
{
    civic_result_t       rc;
    civic_audit_entry_t  entry;

    memset(&entry, 0, sizeof(entry));
    entry.action = action;
    entry.subject = subject;
    entry.details = details;

    rc = civic_audit(r, &entry, near, outbox, sealed);
    json_decref(details);

    return rc;
}


civic_result_t
staff_audit_refused(civic_request_t *r, const staff_account_t *account,
    const char *why)
{
    civic_result_t       rc;
    civic_audit_entry_t  entry;

    memset(&entry, 0, sizeof(entry));
    entry.action = "staff.login_refused";
    entry.subject = account->pid;

    /* told of strangers' names too: what takes longer for an account that is
       there tells that it is there */
    entry.details = json_pack("{s:s, s:b}", "why", why, "account",
                              account->version.len > 0);

    rc = civic_audit_note(r, &entry);
    json_decref(entry.details);

    return rc;
}
