/*
 * ticket_redeem.c - POST /login/qr-tickets/redeem: the PC comes in, as the
 * person or the account whose phone has confirmed.
 *
 * The ticket is taken first, and the session begins after: of a dozen who try
 * at once one has a session, and none takes the place of another one of the
 * person's.  If it cannot begin, the ticket is given back.  What was true when
 * the phone confirmed is looked at again: who was locked meanwhile, or has
 * taken the consent back, does not come in.
 */

#include "cookie.h"
#include "login.h"
#include "values.h"

/* To ask again is safe: the script knows the request. */
#define ROUNDS  3


/* *answered: it cannot be redeemed, or not now. */
static civic_result_t
find(civic_request_t *r, civic_str_t ticket, civic_str_t digest,
    ticket_t *record, int *answered)
{
    int             found;
    civic_str_t     word = { "", 0 };
    civic_result_t  rc;

    rc = ticket_read(r, ticket, record, &found);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!found || !ticket_is_browsers(record, digest)) {
        word = CIVIC_STR("unknown");

    } else if (civic_str_eq(record->state, CIVIC_STR("new"))
               || civic_str_eq(record->state, CIVIC_STR("scanned")))
    {
        word = CIVIC_STR("waiting");

    } else if (civic_str_eq(record->state, CIVIC_STR("redeemed"))) {
        word = CIVIC_STR("used");

    } else if (civic_str_eq(record->reason, CIVIC_STR("number_wrong"))) {
        word = CIVIC_STR("exhausted");

    } else if (!civic_str_eq(record->state, CIVIC_STR("confirmed"))) {
        word = record->state;
    }

    if (word.len == 0) {
        return CIVIC_OK;
    }

    *answered = 1;

    return ticket_problem(r, word);
}


/*
 * Whether all sessions of the person ended after this was confirmed, by a
 * lock, a recovery, a new password: what the phone's did is void then.
 */
static int
is_void(const ticket_t *record, const login_entry_t *entry)
{
    return civic_str_eq(record->role, CIVIC_STR("citizen"))
           && shared_number(entry->ended_at, -1) >= record->confirmed_at;
}


/* Whose it is now; *answered: they may not come in. */
static civic_result_t
look_up(civic_request_t *r, const ticket_t *record, login_entry_t *entry,
    int *answered)
{
    int                   holds;
    civic_result_t        rc;
    ticket_phone_rule_t   rule;

    rc = ticket_phone_rule(r, record->method, &rule, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    rc = civic_str_eq(record->role, CIVIC_STR("citizen"))
         ? login_entry_person(r, record->scanner, "alipay_qr", entry,
                              answered)
         : login_entry_account(r, record->scanner, "alipay_qr", entry,
                               answered);

    if (rc == CIVIC_NOT_FOUND) {            /* erased meanwhile */
        *answered = 1;
        return civic_problem(r, "ticket_unknown");
    }

    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    if (is_void(record, entry)) {
        *answered = 1;
        return ticket_problem(r, CIVIC_STR("expired"));
    }

    rc = ticket_consent_holds(r, entry->pid, rule.consent, &holds);

    if (rc == CIVIC_OK && !holds) {
        *answered = 1;
        rc = civic_consent_required(r, rule.consent);
    }

    return rc;
}


/* Takes it, or gives it back. */
static civic_result_t
redeem(civic_request_t *r, civic_str_t ticket, civic_str_t digest,
    const char *what, civic_str_t *word)
{
    int                   i;
    civic_str_t           args[4];
    civic_result_t        rc = CIVIC_OK;
    const civic_value_t  *value;

    args[1] = digest;
    args[2] = civic_request_id(r);
    args[3] = civic_cstr(what);

    for (i = 0; i < ROUNDS; i++) {
        args[0] = shared_decimal(r, civic_now(r));
        rc = ticket_script(r, "login_ticket_redeem", ticket, args, 4, word,
                           &value);

        if (rc != CIVIC_NOT_SENT && rc != CIVIC_UNKNOWN) {
            break;
        }
    }

    return rc;
}


static civic_result_t
enter(civic_request_t *r, civic_str_t ticket, civic_str_t digest,
    login_entry_t *entry)
{
    civic_str_t     word;
    civic_result_t  rc;

    rc = redeem(r, ticket, digest, "take", &word);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!civic_str_eq(word, CIVIC_STR("first"))) {
        return ticket_problem(r, word);
    }

    rc = login_entry_begin(r, entry);
    if (rc != CIVIC_OK) {
        (void) redeem(r, ticket, digest, "give_back", &word);
        return rc;
    }

    civic_count(r, LOGIN_TICKETS_REDEEMED, 1);
    ticket_changed(r, ticket);

    rc = login_entry_reply(r, entry);

    if (rc == CIVIC_OK && entry->token.len == 0) {
        rc = shared_cookie_set(r, ticket_cookie(r, ticket), CIVIC_STR(""), 0);
    }

    return rc;
}


civic_result_t
login_ticket_redeem(civic_request_t *r)
{
    int             answered = 0;
    ticket_t        record;
    civic_str_t     digest, ticket = civic_body_str(r, "ticket");
    login_entry_t   entry;
    civic_result_t  rc;

    if (!ticket_is_one(ticket)) {
        return civic_problem(r, "ticket_unknown");
    }

    rc = login_channel_check(r, "alipay_qr", &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = ticket_browser_digest(r, ticket, &digest);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = find(r, ticket, digest, &record, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = look_up(r, &record, &entry, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    return enter(r, ticket, digest, &entry);
}
