/*
 * civic/sessions.h - how a session begins and ends.  Who has one is seen by
 * civic_pid() and civic_principal().
 */

#ifndef CIVIC_CONTRACT_SESSIONS_H
#define CIVIC_CONTRACT_SESSIONS_H

#include "civic/host.h"

/* By address.  How a session begins; lifetimes come from a rule. */
struct civic_session_spec_s {
    civic_str_t  pid;
    unsigned     roles;
    const char  *method;                /* "password", "alipay_qr" ... */
    civic_str_t  device;
    int64_t      lifetime;              /* s, however much it is used */
    int64_t      idle;                  /* s without use; 0: no limit */
    int64_t      refresh;               /* s: use is noted this coarsely */
    int          must_set_password;
    int          keep;                  /* sessions a person keeps; 0: 20 */
};

/*
 * Begins a session: always a new token.  Also sets the cookie if the client
 * asked for one (header "Civic-Session: cookie" with an Origin of the list);
 * *token is then empty.
 */
static inline civic_result_t
civic_session_begin(civic_request_t *r, const civic_session_spec_t *spec,
    civic_str_t *token)
{
    return r->host->session_begin(r, spec, token);
}

/* Ends sessions of the caller, atomically. */
static inline civic_result_t
civic_session_end(civic_request_t *r, civic_session_scope_t scope)
{
    return r->host->session_end(r, scope);
}

#endif /* CIVIC_CONTRACT_SESSIONS_H */
