/*
 * entry.c - how somebody comes in, once it is proven whose account or which
 * person it is: what becomes of that is the same for all methods.
 *
 * An account that is linked to a person comes in as that person, if the
 * person's own record knows the link; else as a visitor.  A locked person
 * does not come in at all.
 */

#include "login.h"
#include "values.h"


civic_result_t
login_entry_locked(civic_request_t *r, int *answered)
{
    civic_count(r, LOGIN_REFUSED, 1);
    *answered = 1;

    return civic_problem(r, "account_locked");
}


/* The rule's answer to whether a password must be set first. */
static civic_result_t
ask_password(civic_request_t *r, login_entry_t *entry, int has_password)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "entry",
                    json_pack("{s:s, s:b, s:b}", "method", entry->method,
                              "visitor", entry->roles == CIVIC_VISITOR,
                              "has_password", has_password),
                    &answer);

    if (rc == CIVIC_OK) {
        entry->must_set_password =
            json_is_true(json_object_get(answer, "must_set_password"));
    }

    return rc;
}


static civic_result_t
find_rest(civic_request_t *r, login_entry_t *entry, int has_password)
{
    civic_result_t  rc;

    rc = ask_password(r, entry, has_password);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_session_rule(r, json_pack("{s:s}", "method", entry->method),
                             &entry->session);

    return rc != CIVIC_OK ? rc : shared_device_read(r, &entry->device);
}


/* As a person, whose record was read. */
static civic_result_t
as_person(civic_request_t *r, civic_str_t pid, const login_person_t *person,
    login_entry_t *entry, int *answered)
{
    civic_result_t  rc;

    if (person->locked.len > 0) {
        return login_entry_locked(r, answered);
    }

    entry->pid = pid;
    entry->roles = CIVIC_CITIZEN;
    entry->ended_at = person->ended_at;
    entry->look_again = 1;

    rc = login_person_identity(r, pid, person, &entry->identity);

    return rc != CIVIC_OK ? rc
           : find_rest(r, entry, person->password.len > 0);
}


civic_result_t
login_entry_person(civic_request_t *r, civic_str_t pid, const char *method,
    login_entry_t *entry, int *answered)
{
    login_person_t  person;
    civic_result_t  rc;

    memset(entry, 0, sizeof(login_entry_t));
    entry->method = method;

    rc = login_person_read(r, pid, CIVIC_STR(""), &person);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (person.identity.len == 0) {
        return CIVIC_NOT_FOUND;
    }

    return as_person(r, pid, &person, entry, answered);
}


civic_result_t
login_entry_account(civic_request_t *r, civic_str_t aid, const char *method,
    login_entry_t *entry, int *answered)
{
    int              linked;
    login_person_t   person;
    civic_result_t   rc;
    login_account_t  account;

    memset(entry, 0, sizeof(login_entry_t));
    entry->method = method;

    rc = login_account_read(r, aid, &account);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = login_account_linked(r, aid, &account, &person, &linked);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (linked) {
        entry->account = aid;

        return as_person(r, account.person, &person, entry, answered);
    }

    entry->pid = aid;
    entry->roles = CIVIC_VISITOR;

    return find_rest(r, entry, account.password.len > 0);
}


civic_result_t
login_entry_begin(civic_request_t *r, login_entry_t *entry)
{
    return shared_session_start(r, entry->pid, entry->roles, entry->method,
                                civic_cstr(entry->device.id),
                                entry->must_set_password, &entry->session,
                                &entry->token);
}


/*
 * Whoever locks or recovers a person, or takes a link away, ends the sessions
 * that are there; one that began in that moment is found here, never told.
 */
static civic_result_t
look_again(civic_request_t *r, const login_entry_t *entry, int *answered)
{
    login_person_t  person;
    civic_result_t  rc;

    if (!entry->look_again) {
        return CIVIC_OK;
    }

    rc = login_person_read(r, entry->pid, entry->account, &person);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (person.locked.len > 0) {
        return login_entry_locked(r, answered);
    }

    if (!civic_str_eq(person.ended_at, entry->ended_at)
        || (entry->account.len > 0 && person.linked.len == 0))
    {
        *answered = 1;
        return civic_problem(r, "conflict");
    }

    return CIVIC_OK;
}


civic_result_t
login_entry_reply(civic_request_t *r, const login_entry_t *entry)
{
    int              answered = 0;
    civic_str_t      device;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = look_again(r, entry, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = shared_device_token(r, &entry->device, &device);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_count(r, LOGIN_SUCCEEDED, 1);
    w = civic_reply(r, 200);

    if (entry->token.len > 0) {
        civic_write_str(r, w, "token", entry->token);
        civic_write_str(r, w, "device", device);
    }

    civic_write_str(r, w, "state", entry->roles == CIVIC_VISITOR
                                   ? CIVIC_STR("visitor")
                                   : CIVIC_STR("citizen"));
    civic_write_instant(r, w, "expires_at",
                        civic_now(r) + entry->session.lifetime * 1000);
    civic_write_bool(r, w, "must_set_password", entry->must_set_password);

    if (entry->roles == CIVIC_CITIZEN) {
        civic_write_object(r, w, "person");
        login_person_write_masked(r, w, &entry->identity);
        civic_write_end(r, w);
    }

    /* a browser keeps both in cookies */
    if (entry->token.len == 0) {
        return shared_device_cookie(r, device, entry->session.device_life);
    }

    return CIVIC_OK;
}
