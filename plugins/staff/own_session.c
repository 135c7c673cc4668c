/*
 * own_session.c - GET /staff/session: who the caller is, and until when.
 */

#include "staff.h"


civic_result_t
staff_session_show(civic_request_t *r)
{
    civic_str_t               name;
    civic_result_t            rc;
    civic_writer_t           *w;
    staff_account_t           account;
    const civic_principal_t  *who;

    staff_account_of(r, civic_pid(r), &account);

    rc = staff_account_read(r, &account);
    if (rc != CIVIC_OK) {
        return rc;
    }

    /* somebody else's session with a role of staff */
    if (account.version.len == 0) {
        return civic_problem(r, "not_found");
    }

    rc = staff_account_name(r, &account, &name);
    if (rc != CIVIC_OK) {
        return rc;
    }

    who = civic_principal(r);

    w = civic_reply(r, 200);
    civic_write_str(r, w, "name", name);
    shared_roles_write(r, w, who->roles);
    civic_write_instant(r, w, "created_at", who->created_at);
    civic_write_instant(r, w, "expires_at", who->expires_at);
    civic_write_bool(r, w, "must_set_password", account.initial);
    civic_write_bool(r, w, "must_set_totp", account.totp.len == 0);

    return CIVIC_OK;
}
