/*
 * ticket_wait.c - POST /login/qr-tickets/wait: the PC waits until something
 * has become of its ticket.
 *
 * Answers as soon as the state is another one than the page knows, or when
 * the ticket ends, or after ten seconds.  Who does not have the browser's
 * secret learns nothing, not even that there is such a ticket.
 */

#include "cookie.h"
#include "login.h"

#define WAIT    10000                       /* ms */
#define MARGIN  20                          /* ms: a timer may be early */


static int
is_over(civic_str_t state)
{
    return civic_str_eq(state, CIVIC_STR("expired"))
           || civic_str_eq(state, CIVIC_STR("refused"))
           || civic_str_eq(state, CIVIC_STR("redeemed"));
}


static civic_result_t
tell(civic_request_t *r, civic_str_t ticket, const ticket_t *record)
{
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_str(r, w, "state", record->state);
    civic_write_instant(r, w, "expires_at", record->expires_at);

    if (civic_str_eq(record->state, CIVIC_STR("refused"))) {
        civic_write_str(r, w, "reason", record->reason.len > 0
                                        ? record->reason
                                        : CIVIC_STR("refused"));
    }

    if (!is_over(record->state) || !shared_cookie_wanted(r)) {
        return CIVIC_OK;
    }

    return shared_cookie_set(r, ticket_cookie(r, ticket), CIVIC_STR(""), 0);
}


/* Until the ticket expires, if that comes first. */
static unsigned
time_to_wait(civic_request_t *r, const ticket_t *record)
{
    int64_t  left = record->expires_at - civic_now(r) + MARGIN;

    return is_over(record->state) || left > WAIT ? WAIT : (unsigned) left;
}


static civic_result_t
wait_for_change(civic_request_t *r, civic_str_t ticket, civic_str_t digest)
{
    int              found;
    ticket_t         record;
    unsigned         limit = 0;
    civic_str_t      known = civic_body_str(r, "state");
    civic_result_t   rc, waited;

    rc = civic_watch(r, ticket_topic(r, ticket));

    while (rc == CIVIC_OK || rc == CIVIC_TIMEOUT) {
        waited = rc;
        rc = ticket_look(r, ticket, &record, &found);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (!found || !ticket_is_browsers(&record, digest)) {
            return civic_problem(r, "ticket_unknown");
        }

        if (waited == CIVIC_TIMEOUT || !civic_str_eq(record.state, known)) {
            return tell(r, ticket, &record);
        }

        if (limit == 0) {
            limit = time_to_wait(r, &record);
        }

        rc = civic_wait(r, limit);
    }

    return rc;
}


civic_result_t
login_ticket_wait(civic_request_t *r)
{
    civic_str_t     ticket = civic_body_str(r, "ticket"), digest;
    civic_result_t  rc;

    if (!ticket_is_one(ticket)) {
        return civic_problem(r, "ticket_unknown");
    }

    rc = ticket_browser_digest(r, ticket, &digest);

    return rc != CIVIC_OK ? rc : wait_for_change(r, ticket, digest);
}
