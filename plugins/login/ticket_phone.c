/*
 * ticket_phone.c - POST /login/qr-tickets/scan, /confirm and /refuse: what
 * the phone says.
 *
 * The session that scans a ticket is the only one that may decide on it.  The
 * phone shows where and in which browser the login was begun, and asks for
 * the number on that screen: who was sent a picture of a code sees no number
 * (RFC 8628, 5.4; BCP 247).
 *
 * Each step may be repeated by the phone that lost the answer.
 */

#include "login.h"
#include "values.h"

#define WRONG_FALLBACK  3
#define WRONG_MAX       10

/* Of one request. */
typedef struct {
    civic_str_t          ticket;
    civic_str_t          session;           /* its digest */
    ticket_phone_rule_t  rule;
} phone_t;


/* ---- who may ----------------------------------------------------------- */

civic_result_t
ticket_phone_rule(civic_request_t *r, civic_str_t method,
    ticket_phone_rule_t *rule, int *answered)
{
    json_t          *decision, *consent;
    civic_result_t   rc;

    rc = civic_rule(r, "ticket_phone",
                    json_pack("{s:s%}", "method", method.data, method.len),
                    &decision);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!json_is_true(json_object_get(decision, "allow"))) {
        *answered = 1;
        return civic_refuse(r, decision);
    }

    consent = json_object_get(decision, "consent");
    rule->consent = json_is_string(consent)
                    ? (civic_str_t) { json_string_value(consent),
                                      json_string_length(consent) }
                    : CIVIC_STR("");
    rule->wrong_numbers = shared_rule_number(decision, "wrong_numbers",
                                             WRONG_FALLBACK, 1, WRONG_MAX);

    return CIVIC_OK;
}


/* *answered: this is no ticket, or not for this session. */
static civic_result_t
begin(civic_request_t *r, phone_t *phone, int *answered)
{
    civic_result_t            rc;
    const civic_principal_t  *who = civic_principal(r);

    phone->ticket = civic_body_str(r, "ticket");

    rc = ticket_phone_rule(r, who->method, &phone->rule, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    if (!ticket_is_one(phone->ticket)) {
        *answered = 1;
        return civic_problem(r, "ticket_unknown");
    }

    return ticket_session(r, &phone->session);
}


/* ---- scanning ---------------------------------------------------------- */

static void
write_text(civic_request_t *r, civic_writer_t *w, const char *name,
    civic_str_t text)
{
    if (text.len > 0) {
        civic_write_str(r, w, name, text);

    } else {
        civic_write_null(r, w, name);
    }
}


static civic_result_t
tell_where(civic_request_t *r, const phone_t *phone,
    const civic_value_t *value)
{
    int              holds;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = ticket_consent_holds(r, civic_pid(r), phone->rule.consent, &holds);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    shared_write_instant(r, w, "begun_at", shared_item(value, 1));
    shared_write_instant(r, w, "expires_at", shared_item(value, 2));
    write_text(r, w, "place", shared_item(value, 3));
    write_text(r, w, "browser", shared_item(value, 4));
    civic_write_int(r, w, "number_length", TICKET_NUMBER);
    civic_write_bool(r, w, "authorised", holds);

    return CIVIC_OK;
}


civic_result_t
login_ticket_scan(civic_request_t *r)
{
    int                       answered = 0;
    phone_t                   phone;
    civic_str_t               args[5], word;
    civic_result_t            rc;
    const civic_value_t      *value;
    const civic_principal_t  *who;

    rc = begin(r, &phone, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    who = civic_principal(r);
    args[0] = shared_decimal(r, civic_now(r));
    args[1] = who->pid;
    args[2] = phone.session;
    args[3] = who->roles & CIVIC_CITIZEN ? CIVIC_STR("citizen")
                                         : CIVIC_STR("visitor");
    args[4] = who->method;

    rc = ticket_script(r, "login_ticket_scan", phone.ticket, args, 5, &word,
                       &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (civic_str_eq(word, CIVIC_STR("scanned"))) {
        ticket_changed(r, phone.ticket);
        return tell_where(r, &phone, value);
    }

    return civic_str_eq(word, CIVIC_STR("again"))
           ? tell_where(r, &phone, value) : ticket_problem(r, word);
}


/* ---- deciding ---------------------------------------------------------- */

static civic_result_t
tell_state(civic_request_t *r, const char *state)
{
    civic_write_str(r, civic_reply(r, 200), "state", civic_cstr(state));

    return CIVIC_OK;
}


static civic_result_t
number_wrong(civic_request_t *r, int64_t left)
{
    json_t               *params;
    civic_result_t        rc;
    civic_field_error_t   field = { .pointer = "/number",
                                    .code = "number_wrong" };

    params = json_pack("{s:I}", "tries_left", (json_int_t) left);
    rc = civic_problem_with(r, &(civic_problem_t) {
                                .code = "number_wrong", .params = params,
                                .errors = &field, .nerrors = 1,
                            });
    json_decref(params);

    return rc;
}


/* Whether the script would confirm it: a number that is wrong is counted and
   brings no consent. */
static int
would_confirm(civic_request_t *r, const phone_t *phone,
    const ticket_t *record)
{
    return civic_str_eq(record->state, CIVIC_STR("scanned"))
           && civic_str_eq(record->scanner, civic_pid(r))
           && civic_str_eq(record->session, phone->session)
           && civic_str_eq(record->number, civic_body_str(r, "number"));
}


/* 授权: the consent comes before the confirmation. */
static civic_result_t
authorise(civic_request_t *r, const phone_t *phone, int *answered)
{
    int             found, holds;
    ticket_t        record;
    civic_result_t  rc;

    rc = ticket_read(r, phone->ticket, &record, &found);
    if (rc != CIVIC_OK || !would_confirm(r, phone, &record)) {
        return rc;
    }

    rc = ticket_consent_holds(r, civic_pid(r), phone->rule.consent, &holds);
    if (rc != CIVIC_OK || holds) {
        return rc;
    }

    return ticket_consent_give(r, phone->rule.consent, answered);
}


static civic_result_t
confirmed(civic_request_t *r, const phone_t *phone, civic_str_t word,
    const civic_value_t *value)
{
    int64_t  left;

    if (civic_str_eq(word, CIVIC_STR("confirmed"))) {
        civic_count(r, LOGIN_TICKETS_CONFIRMED, 1);
        ticket_changed(r, phone->ticket);
        return tell_state(r, "confirmed");
    }

    if (civic_str_eq(word, CIVIC_STR("again"))) {
        return tell_state(r, "confirmed");
    }

    if (!civic_str_eq(word, CIVIC_STR("wrong"))) {
        return ticket_problem(r, word);
    }

    left = value->count > 1 ? value->items[1].integer : 0;

    if (left == 0) {
        civic_count(r, LOGIN_TICKETS_REFUSED, 1);
        ticket_changed(r, phone->ticket);
        return civic_problem(r, "ticket_number_exhausted");
    }

    return number_wrong(r, left);
}


civic_result_t
login_ticket_confirm(civic_request_t *r)
{
    int                   answered = 0;
    phone_t               phone;
    civic_str_t           args[5], word;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = begin(r, &phone, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = authorise(r, &phone, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    args[0] = shared_decimal(r, civic_now(r));
    args[1] = civic_pid(r);
    args[2] = phone.session;
    args[3] = civic_body_str(r, "number");
    args[4] = shared_decimal(r, phone.rule.wrong_numbers);

    rc = ticket_script(r, "login_ticket_confirm", phone.ticket, args, 5,
                       &word, &value);

    return rc != CIVIC_OK ? rc : confirmed(r, &phone, word, value);
}


civic_result_t
login_ticket_refuse(civic_request_t *r)
{
    int                   answered = 0;
    phone_t               phone;
    civic_str_t           args[3], word;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = begin(r, &phone, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    args[0] = shared_decimal(r, civic_now(r));
    args[1] = civic_pid(r);
    args[2] = phone.session;

    rc = ticket_script(r, "login_ticket_refuse", phone.ticket, args, 3, &word,
                       &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (civic_str_eq(word, CIVIC_STR("refused"))) {
        civic_count(r, LOGIN_TICKETS_REFUSED, 1);
        ticket_changed(r, phone.ticket);
        return tell_state(r, "refused");
    }

    return civic_str_eq(word, CIVIC_STR("again"))
           ? tell_state(r, "refused") : ticket_problem(r, word);
}
