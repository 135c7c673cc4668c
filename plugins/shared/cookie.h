/*
 * cookie.h - what a browser keeps for us beside its session: __Host- cookies
 * that no script sees.
 *
 * Whoever wants them says so as for the session: header "Civic-Session:
 * cookie".  Everybody else gets the same values in the body.
 */

#ifndef CIVIC_SHARED_COOKIE_H
#define CIVIC_SHARED_COOKIE_H

#include "civic_plugin.h"

int shared_cookie_wanted(civic_request_t *r);

/* Its value; empty if it is not there. */
civic_str_t shared_cookie_read(civic_request_t *r, const char *name);

/* Sets it for life seconds; 0 takes it away.  Nothing but our own pages makes
   the browser send it. */
civic_result_t shared_cookie_set(civic_request_t *r, const char *name,
    civic_str_t value, int64_t life);

#endif
