/*
 * civic/routes.h - routes: which requests a plugin answers, who may call them,
 * what they may cost, and the handler.  The host enforces all of it before the
 * handler starts.
 */

#ifndef CIVIC_CONTRACT_ROUTES_H
#define CIVIC_CONTRACT_ROUTES_H

#include "civic/basics.h"
#include "civic/fields.h"

/* Who may call a route: one bit each. */
#define CIVIC_ANYONE         0x0001u
#define CIVIC_CITIZEN        0x0002u
#define CIVIC_REVIEWER       0x0004u
#define CIVIC_SAMPLER        0x0008u
#define CIVIC_LABORATORY     0x0010u
#define CIVIC_DOOR           0x0020u
#define CIVIC_COUNTER        0x0040u
#define CIVIC_OFFICE         0x0080u
#define CIVIC_ADMINISTRATOR  0x0100u
#define CIVIC_STAFF          0x01fcu
#define CIVIC_VISITOR        0x0200u    /* logged in with an account of some
                                           provider; who it is, is not proven
                                           yet: civic_pid() is the account's */

/*
 * What a route costs, hence which bound on concurrent fibers it falls under.
 * Staff sessions and money have a reserve that others cannot take.
 */
typedef enum {
    CIVIC_COST_READ = 0,        /* a few Redis reads */
    CIVIC_COST_WRITE,           /* scripts */
    CIVIC_COST_HASH,            /* password hashing */
    CIVIC_COST_MEDIA,           /* drawing, media work */
    CIVIC_COST_MONEY,           /* payments */
    CIVIC_COST_WAIT,            /* long polls */
    CIVIC_COST_CLASSES
} civic_cost_t;

/* Route flags. */
#define CIVIC_CHANGES             0x01u  /* changes something.  The host then
                                            checks the session before the
                                            handler starts, and for cookies
                                            the Origin too */
#define CIVIC_BEFORE_PASSWORD     0x02u  /* usable in a session that still
                                            must set its password */
#define CIVIC_CREATES             0x04u  /* a POST that creates, and must not
                                            create twice: whoever has a
                                            session must send an
                                            Idempotency-Key.  The host keeps
                                            the answer for a day and gives it
                                            to repeats.  Its script says
                                            CIVIC_SCRIPT_ONCE */

/*
 * Runs on the request's fiber.  Make a reply and return CIVIC_OK, or return
 * another result and let the host answer.
 */
typedef civic_result_t (*civic_handler_pt)(civic_request_t *r);

/* By address.  path is below "/<plugin>": "/captchas/{captcha_id}/audio". */
typedef struct {
    civic_method_t        method;
    const char           *path;
    civic_handler_pt      handler;
    unsigned              roles;
    unsigned              flags;
    civic_cost_t          cost;
    const char           *purpose;       /* why personal data is touched */
    const civic_field_t  *query;
    const civic_field_t  *body;          /* JSON body; NULL: must be empty */
    size_t                max_body;      /* bytes; 0: 16 KB */
    const civic_field_t  *reply;         /* the 2xx body, for OpenAPI */
    int                   status;        /* the 2xx status; 0: 200 */
    const char *const    *problems;      /* codes, NULL-terminated */
    const char           *zh;            /* what it does */
    const char           *en;
    unsigned              deadline;      /* ms for the whole; 0: 10,000 */
    const char *const    *uploads;       /* media types, NULL-terminated: the
                                            body is a file of one of them, see
                                            civic_upload(); body is NULL then,
                                            and max_body is to be given */
    const char *const    *raw;           /* media types, NULL-terminated: the
                                            body is bytes of one of them, see
                                            civic_raw_body(); body is NULL */
} civic_route_t;

#endif /* CIVIC_CONTRACT_ROUTES_H */
