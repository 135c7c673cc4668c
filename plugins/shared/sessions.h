/*
 * sessions.h - sessions by a rule: how one begins, ends, and is shown.
 *
 * The rule "session" of the plugin says how long sessions and devices last.
 */

#ifndef CIVIC_SHARED_SESSIONS_H
#define CIVIC_SHARED_SESSIONS_H

#include "civic_plugin.h"

/* By the rule "session". */
typedef struct {
    int64_t  lifetime;
    int64_t  idle;
    int64_t  refresh;
    int      keep;
    int64_t  device_life;
    int64_t  devices;
} shared_session_rule_t;

/* Asks it; takes over the reference to in. */
civic_result_t shared_session_rule(civic_request_t *r, json_t *in,
    shared_session_rule_t *rule);

/* Begins a session. */
civic_result_t shared_session_start(civic_request_t *r, civic_str_t pid,
    unsigned roles, const char *method, civic_str_t device,
    int must_set_password, const shared_session_rule_t *rule,
    civic_str_t *token);

/* Ends sessions of the caller, after a change that they must not outlive:
   a lost answer is asked again. */
civic_result_t shared_session_end(civic_request_t *r,
    civic_session_scope_t scope);

/* The handler of DELETE .../session?scope=. */
civic_result_t shared_session_delete(civic_request_t *r);

/* Writes "roles". */
void shared_roles_write(civic_request_t *r, civic_writer_t *w,
    unsigned roles);


/* ---- for tables -------------------------------------------------------- */

extern const civic_field_t  shared_session_query[];
extern const civic_field_t  shared_role_item[];

#endif
