/*
 * session_routes.c - GET /login/session: the session of the caller.
 */

#include "login.h"


civic_result_t
login_session_show(civic_request_t *r)
{
    civic_writer_t           *w;
    const civic_principal_t  *who = civic_principal(r);

    w = civic_reply(r, 200);
    civic_write_str(r, w, "method", who->method);
    civic_write_instant(r, w, "created_at", who->created_at);
    civic_write_instant(r, w, "expires_at", who->expires_at);
    shared_roles_write(r, w, who->roles);
    civic_write_bool(r, w, "must_set_password", who->must_set_password);

    return CIVIC_OK;
}
