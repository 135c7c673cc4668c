/*
 * desk.c - the exam office: looks up a person's orders, opens one by hand,
 * gives money back.  A person is named by identity number, in the body; a
 * trade may be named by its number, as it stands in Alipay's bill.
 */

#include "china_time.h"
#include "id_form.h"
#include "payment.h"
#include "values.h"

#define MAX_ERRORS  6


/* ---- whose ------------------------------------------------------------- */

static civic_result_t
read_number(civic_request_t *r, civic_str_t *pid, const char **error)
{
    json_t             *answer;
    civic_result_t      rc;
    civic_id_rules_t    rules;
    civic_id_number_t   id;

    rc = civic_rule(r, "form", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    shared_id_rules(r, answer, &rules);
    *error = shared_id_error(shared_id_read(civic_body_str(r, "id_number"),
                                            civic_body_str(r, "id_kind"),
                                            &rules, &id));

    return *error != NULL ? CIVIC_OK
           : civic_person_id(r, civic_print(r, "%s", id.text), pid);
}


static civic_result_t
refuse_fields(civic_request_t *r, const civic_field_error_t *errors,
    size_t count)
{
    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = "invalid_fields",
                                  .errors = errors, .nerrors = count });
}


/* Whether there is such a person at all. */
static civic_result_t
check_person(civic_request_t *r, civic_str_t pid, int *answered)
{
    json_t          *out;
    civic_result_t   rc;

    rc = civic_call(r, "login.identity",
                    json_pack("{s:s%}", "pid", pid.data, pid.len), &out);

    if (rc == CIVIC_OK && !civic_str_eq(shared_json_str(out, "state"),
                                        CIVIC_STR("person")))
    {
        *answered = 1;
        return civic_problem(r, "payment_person_unknown");
    }

    return rc;
}


/* ---- looking up -------------------------------------------------------- */

static civic_result_t
note_look(civic_request_t *r, civic_str_t pid)
{
    return civic_audit_note(r, &(civic_audit_entry_t) {
                                .action = "payment.looked_up",
                                .subject = pid });
}


static civic_result_t
write_trades(civic_request_t *r, civic_writer_t *w,
    const payment_book_t *book, const payment_order_t *order)
{
    size_t            i;
    payment_trade_t  *trade;

    civic_write_array(r, w, "trades");

    for (i = 0; i < book->ntrades; i++) {
        trade = &book->trades[i];

        if (!civic_str_eq(trade->order, order->id)) {
            continue;
        }

        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "out_trade_no", trade->no);
        civic_write_str(r, w, "channel", trade->channel);
        civic_write_str(r, w, "state", trade->state);
        civic_write_int(r, w, "fen", trade->fen);
        civic_write_instant(r, w, "since", trade->since);
        civic_write_instant(r, w, "expires_at", trade->ends);
        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


static civic_result_t
reply_book(civic_request_t *r, payment_book_t *book)
{
    size_t           i;
    civic_result_t   rc = CIVIC_OK;
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_array(r, w, "orders");

    for (i = 0; i < book->norders && rc == CIVIC_OK; i++) {
        civic_write_object(r, w, NULL);
        rc = payment_order_write(r, w, book, &book->orders[i]);

        if (rc == CIVIC_OK) {
            rc = write_trades(r, w, book, &book->orders[i]);
        }

        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return rc;
}


/* By exactly one of the two. */
static civic_result_t
find_person(civic_request_t *r, civic_str_t *pid, int *answered)
{
    civic_str_t           no = civic_body_str(r, "out_trade_no");
    const char           *error = "required";
    civic_result_t        rc;
    civic_field_error_t   wrong;

    if (no.len > 0 && civic_body_str(r, "id_number").len == 0) {
        rc = payment_lead_read(r, no, pid);

        if (rc == CIVIC_NOT_FOUND) {
            *answered = 1;
            return civic_problem(r, "not_found");
        }

        return rc;
    }

    if (no.len == 0 && civic_body_str(r, "id_number").len > 0) {
        rc = read_number(r, pid, &error);

        if (rc != CIVIC_OK || error == NULL) {
            return rc;
        }
    }

    wrong = (civic_field_error_t) {
        no.len > 0 ? "/out_trade_no" : "/id_number",
        no.len > 0 ? "unknown_field" : error, NULL };
    *answered = 1;

    return refuse_fields(r, &wrong, 1);
}


civic_result_t
payment_desk_look_up(civic_request_t *r)
{
    int             answered = 0;
    civic_str_t     pid;
    civic_result_t  rc;
    payment_book_t  book;

    rc = find_person(r, &pid, &answered);

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = note_look(r, pid);

    if (rc == CIVIC_OK) {
        rc = payment_book_read(r, pid, &book);
    }

    return rc != CIVIC_OK ? rc : reply_book(r, &book);
}


/* ---- opening one by hand ----------------------------------------------- */

/* Absent: fallback.  -1 for what is no instant. */
static civic_msec_t
instant_in(civic_request_t *r, const char *name, civic_msec_t fallback)
{
    int64_t      at;
    civic_str_t  text = civic_body_str(r, name);

    if (text.len == 0) {
        return fallback;
    }

    return civic_instant_read(text.data, text.len, &at) == 0 ? at : -1;
}


static civic_result_t
read_opening(civic_request_t *r, payment_opening_t *opening, int *answered)
{
    size_t                n = 0;
    const char           *error;
    civic_msec_t          now = civic_business_now(r);
    civic_result_t        rc;
    civic_field_error_t   errors[MAX_ERRORS];

    memset(opening, 0, sizeof(payment_opening_t));
    opening->item = shared_copy(r, civic_body_str(r, "item"));
    opening->title = civic_body_str(r, "title");
    opening->opener = CIVIC_STR("-");
    opening->fen = json_integer_value(json_object_get(civic_body(r), "fen"));
    opening->from = instant_in(r, "from", now);
    opening->until = instant_in(r, "until", -1);
    opening->again = civic_body_bool(r, "again");

    rc = read_number(r, &opening->pid, &error);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (error != NULL) {
        errors[n++] = (civic_field_error_t) { "/id_number", error, NULL };
    }

    if (opening->from < 0) {
        errors[n++] = (civic_field_error_t) { "/from", "payment_instant",
                                              NULL };
    }

    if (opening->until <= opening->from || opening->until <= now) {
        errors[n++] = (civic_field_error_t) { "/until", "payment_instant",
                                              NULL };
    }

    if (n == 0) {
        return CIVIC_OK;
    }

    *answered = 1;

    return refuse_fields(r, errors, n);
}


static civic_result_t
reply_opened(civic_request_t *r, civic_str_t pid,
    const payment_order_t *order, int created)
{
    civic_result_t    rc;
    civic_writer_t   *w;
    payment_book_t    book;
    payment_order_t  *found;

    rc = payment_book_read(r, pid, &book);
    if (rc != CIVIC_OK) {
        return rc;
    }

    found = payment_order_of(&book, order->id);

    if (found == NULL) {
        return CIVIC_ERROR;
    }

    w = civic_reply(r, 201);
    civic_write_bool(r, w, "created", created);

    return payment_order_write(r, w, &book, found);
}


civic_result_t
payment_desk_open(civic_request_t *r)
{
    int                created = 0, answered = 0;
    json_t            *details;
    civic_result_t     rc;
    payment_order_t    order;
    payment_opening_t  opening;

    rc = read_opening(r, &opening, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = check_person(r, opening.pid, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    /* before: that somebody wanted to is told, whatever comes of it */
    details = json_pack("{s:s%, s:I}", "item", opening.item.data,
                        opening.item.len, "fen", (json_int_t) opening.fen);
    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "payment.opened_by_hand",
                                 .subject = opening.pid,
                                 .details = details });
    json_decref(details);

    if (rc == CIVIC_OK) {
        rc = payment_open(r, &opening, &order, &created);
    }

    return rc != CIVIC_OK ? rc
           : reply_opened(r, opening.pid, &order, created);
}


/* ---- giving back ------------------------------------------------------- */

static civic_result_t
reply_refund(civic_request_t *r, const payment_order_t *order,
    const payment_refund_t *refund)
{
    civic_writer_t  *w = civic_reply(r, 201);

    civic_write_str(r, w, "order_id", order->id);
    civic_write_str(r, w, "order_state", order->state);
    civic_write_int(r, w, "version", order->version);
    civic_write_str(r, w, "refund_no", refund->no);
    civic_write_str(r, w, "state", refund->state);
    civic_write_int(r, w, "fen", refund->fen);

    return CIVIC_OK;
}


/* Asked again with the version that was seen then: the same refund. */
static civic_result_t
repeated(civic_request_t *r, const payment_book_t *book,
    const payment_order_t *order, int64_t version, int *answered)
{
    payment_refund_t  *refund;

    refund = payment_refund_of(book, civic_print(r, "%s_%lld",
                                                 order->paid_by.data,
                                                 (long long) version));

    *answered = refund != NULL;

    if (refund == NULL) {
        return CIVIC_OK;
    }

    if (refund->fen != json_integer_value(json_object_get(civic_body(r),
                                                          "fen")))
    {
        return civic_problem(r, "conflict");
    }

    return note_look(r, book->pid) == CIVIC_OK
           ? reply_refund(r, order, refund) : CIVIC_ERROR;
}


static civic_result_t
begin_refund(civic_request_t *r, payment_book_t *book,
    payment_order_t *order, int64_t version)
{
    int                begun;
    int64_t            fen;
    json_t            *refused;
    const char        *who;
    civic_result_t     rc;
    payment_refund_t   refund;

    fen = json_integer_value(json_object_get(civic_body(r), "fen"));
    who = (civic_principal(r)->roles & CIVIC_ADMINISTRATOR) != 0
          ? "administrator" : "office";

    rc = payment_refund_allowed(r, order, who, fen, &refused);

    if (rc == CIVIC_OK && refused != NULL) {
        return civic_refuse(r, refused);
    }

    if (rc == CIVIC_OK) {
        rc = payment_refund_begin(r, book->pid, order, version, fen, "staff",
                                  civic_body_str(r, "reason"), &refund,
                                  &begun);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    return begun ? reply_refund(r, order, &refund)
                 : civic_problem(r, "conflict");
}


civic_result_t
payment_desk_refund(civic_request_t *r)
{
    int                   answered = 0;
    int64_t               version;
    civic_str_t           pid;
    const char           *error;
    civic_result_t        rc;
    payment_book_t        book;
    payment_order_t      *order;
    civic_field_error_t   wrong;

    version = json_integer_value(json_object_get(civic_body(r), "version"));

    rc = read_number(r, &pid, &error);

    if (rc == CIVIC_OK && error != NULL) {
        wrong = (civic_field_error_t) { "/id_number", error, NULL };
        return refuse_fields(r, &wrong, 1);
    }

    if (rc == CIVIC_OK) {
        rc = payment_book_read(r, pid, &book);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    order = payment_order_of(&book, civic_path(r, "order_id"));

    if (order == NULL) {
        return civic_problem(r, "not_found");
    }

    rc = repeated(r, &book, order, version, &answered);

    return rc != CIVIC_OK || answered ? rc
           : begin_refund(r, &book, order, version);
}
