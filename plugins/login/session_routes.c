/*
 * session_routes.c - GET /login/session: the session of the caller; POST, a
 * visitor's for that of the person, once the account leads to one.
 */

#include "login.h"
#include "words.h"


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


/* The principal's texts may go with the session. */
static void
remember(civic_request_t *r, const civic_principal_t *who, civic_str_t *aid,
    const char **method, shared_device_t *device)
{
    *aid = shared_copy(r, who->pid);
    *method = shared_copy(r, who->method).data;

    memset(device, 0, sizeof(shared_device_t));

    if (who->device.len == SHARED_DEVICE_ID) {
        memcpy(device->id, who->device.data, SHARED_DEVICE_ID);
        device->given = 1;
    }
}


civic_result_t
login_session_exchange(civic_request_t *r)
{
    int               answered = 0;
    const char       *method;
    civic_str_t       aid;
    login_entry_t     entry;
    civic_result_t    rc;
    shared_device_t   device;

    remember(r, civic_principal(r), &aid, &method, &device);

    rc = login_entry_account(r, aid, method, &entry, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (entry.roles == CIVIC_VISITOR) {
        return civic_problem(r, "not_proven_yet");
    }

    if (device.given) {
        entry.device = device;
    }

    /* the old one goes first: of two cookies a browser keeps the last */
    rc = shared_session_end(r, CIVIC_SESSION_THIS);

    if (rc == CIVIC_OK) {
        rc = login_entry_begin(r, &entry);
    }

    return rc != CIVIC_OK ? rc : login_entry_reply(r, &entry);
}


const char *const  login_exchange_problems[] = {
    "not_proven_yet", "account_locked", "conflict", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};
