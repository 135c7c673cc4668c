/*
 * civic/request.h - what came: the body, the path, the query, headers; who
 * calls; and what this plugin was given by nginx.conf and init_worker().
 */

#ifndef CIVIC_CONTRACT_REQUEST_H
#define CIVIC_CONTRACT_REQUEST_H

#include "civic/host.h"

/*
 * Who calls.  pid identifies a person for ever, without telling who it is:
 * an HMAC of the canonical identity number.
 */
struct civic_principal_s {
    civic_str_t   pid;                  /* empty for anyone */
    unsigned      roles;
    civic_str_t   method;               /* how the session began: "password" */
    civic_str_t   device;               /* the device's id, or empty */
    civic_msec_t  created_at;
    civic_msec_t  expires_at;
    int           must_set_password;
};

/* The body, valid by the route's schema; NULL if the route has none. */
static inline json_t *
civic_body(civic_request_t *r)
{
    return r->host->body(r);
}

/* A string member of the body; empty if absent. */
static inline civic_str_t
civic_body_str(civic_request_t *r, const char *name)
{
    json_t       *value = json_object_get(r->host->body(r), name);
    civic_str_t   str = { "", 0 };

    if (json_is_string(value)) {
        str.data = json_string_value(value);
        str.len = json_string_length(value);
    }

    return str;
}

/* A boolean member of the body; 0 if absent. */
static inline int
civic_body_bool(civic_request_t *r, const char *name)
{
    return json_is_true(json_object_get(r->host->body(r), name));
}

/* The body of a route with raw, as it came: what a provider that speaks no
   JSON posts (a form, XML).  At most max_body bytes; empty on other routes. */
static inline civic_str_t
civic_raw_body(civic_request_t *r)
{
    return r->host->raw_body(r);
}

/* What stood at "{name}" in the path, percent-decoded; valid UTF-8. */
static inline civic_str_t
civic_path(civic_request_t *r, const char *name)
{
    return r->host->path(r, name);
}

/* The query's arguments, typed and valid by the route's schema. */
static inline json_t *
civic_query(civic_request_t *r)
{
    return r->host->query(r);
}

/* A request header, by its lower-case name; empty if absent. */
static inline civic_str_t
civic_header(civic_request_t *r, const char *name)
{
    return r->host->header(r, name);
}

/* The client's address as nginx sees it (after realip). */
static inline civic_str_t
civic_remote_addr(civic_request_t *r)
{
    return r->host->remote_addr(r);
}

/* nginx's $request_id: 32 hexadecimal digits. */
static inline civic_str_t
civic_request_id(civic_request_t *r)
{
    return r->host->request_id(r);
}

/*
 * The pid of who calls, empty for anyone.  On routes that change nothing it
 * is known from the sealed token while the session's record is still on its
 * way from Redis, so that the handler's reads travel in the same trip.  The
 * host answers 401 by itself when the session turns out to be over, before
 * anything that the handler read or replied can leave.
 */
static inline civic_str_t
civic_pid(civic_request_t *r)
{
    return r->host->pid(r);
}

/*
 * All that the session says of who calls.  Waits for its record; use
 * civic_pid() where that is enough.  Never NULL; empty members if the
 * request is over.
 */
static inline const civic_principal_t *
civic_principal(civic_request_t *r)
{
    return r->host->principal(r);
}

/* An option of this plugin; NULL if it is not in the tables. */
static inline json_t *
civic_option(civic_request_t *r, const char *name)
{
    return r->host->option(r, name);
}

/* What init_worker() left. */
static inline void *
civic_state(civic_request_t *r)
{
    return r->host->state(r);
}

/* Whether nginx.conf says "civic_environment sandbox;". */
static inline int
civic_sandbox(civic_request_t *r)
{
    return r->host->sandbox(r);
}

#endif /* CIVIC_CONTRACT_REQUEST_H */
