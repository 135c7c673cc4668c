/*
 * open.c - what other plugins ask: to open an order, how it stands, to give
 * it up, to move its deadline, to give money back.
 *
 * A plugin that opens orders may offer the call "payment": it is told of
 * every state that an order of its comes to (follow.c).
 */

#include "payment.h"
#include "values.h"
#include "yuan.h"

#define OPENER  32                      /* characters of a plugin's name */
#define ITEM    64
#define NAME_LETTERS  "abcdefghijklmnopqrstuvwxyz_"
#define ITEM_LETTERS  NAME_LETTERS "0123456789.:-"


/* ---- opening ----------------------------------------------------------- */

/* The order that the script has answered with. */
static civic_result_t
take_opened(civic_request_t *r, civic_str_t pid, const civic_value_t *value,
    payment_order_t *order, int *created)
{
    if (value->type != CIVIC_VALUE_ARRAY || value->count != 4) {
        return CIVIC_ERROR;
    }

    order->id = shared_copy(r, shared_item(value, 0));
    order->sealed = shared_item(value, 2);
    *created = value->items[3].integer == 1;

    if (payment_order_take(r, shared_item(value, 1), order) != 0) {
        return CIVIC_INVALID;
    }

    return payment_order_open(r, pid, order);
}


civic_result_t
payment_open(civic_request_t *r, const payment_opening_t *opening,
    payment_order_t *order, int *created)
{
    civic_str_t           keys[2], args[6];
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(order, 0, sizeof(payment_order_t));

    order->state = CIVIC_STR("unpaid");
    order->version = 1;
    order->since = civic_now(r);
    order->from = opening->from;
    order->until = opening->until;
    order->fen = opening->fen;
    order->paid_by = CIVIC_STR("-");
    order->opener = opening->opener;
    order->item = opening->item;
    order->title = opening->title;

    rc = shared_hex_id_new(r, &order->id);

    if (rc == CIVIC_OK) {
        rc = payment_order_seal(r, opening->pid, order, &args[2]);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    keys[0] = civic_person_key(r, opening->pid, PAYMENT_FAMILY);
    keys[1] = civic_outbox(r, PAYMENT_FOLLOW, keys[0]);

    args[0] = order->id;
    args[1] = payment_order_text(r, order);
    args[3] = opening->item;
    args[4] = opening->again ? CIVIC_STR("1") : CIVIC_STR("");
    args[5] = opening->pid;

    rc = civic_script(r, &(civic_script_t) {
                             .name = "payment_open", .keys = keys, .nkeys = 2,
                             .args = args, .nargs = 6,
                             .flags = CIVIC_SCRIPT_DURABLE }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = take_opened(r, opening->pid, value, order, created);

    if (rc == CIVIC_OK && *created) {
        civic_count(r, PAYMENT_OPENED, 1);
    }

    return rc;
}


/* ---- what a call says -------------------------------------------------- */

static int64_t
number_in(json_t *in, const char *name, int64_t fallback)
{
    json_t  *value = json_object_get(in, name);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}


/* Logged, for it is a bug of a plugin. */
static civic_result_t
wrong(civic_request_t *r, const char *name)
{
    civic_log(r, CIVIC_LOG_ERROR, "a call of a payment has no \"%s\" that "
              "can be used", name);

    return CIVIC_ERROR;
}


static civic_result_t
read_opening(civic_request_t *r, json_t *in, payment_opening_t *opening)
{
    memset(opening, 0, sizeof(payment_opening_t));

    opening->pid = shared_json_str(in, "pid");
    opening->item = shared_json_str(in, "item");
    opening->title = shared_json_str(in, "title");
    opening->opener = shared_json_str(in, "opener");
    opening->fen = number_in(in, "fen", 0);
    opening->from = number_in(in, "from", civic_business_now(r));
    opening->until = number_in(in, "until", 0);
    opening->again = json_is_true(json_object_get(in, "again"));

    if (opening->opener.len == 0) {
        opening->opener = CIVIC_STR("-");

    } else if (!shared_is_word(opening->opener, NAME_LETTERS, OPENER)) {
        return wrong(r, "opener");
    }

    if (opening->pid.len != SHARED_PID) {
        return wrong(r, "pid");
    }

    if (!shared_is_word(opening->item, ITEM_LETTERS, ITEM)) {
        return wrong(r, "item");
    }

    if (opening->title.len == 0 || opening->title.len > 4 * PAYMENT_TITLE) {
        return wrong(r, "title");
    }

    if (opening->fen < CIVIC_FEN_MIN || opening->fen > CIVIC_FEN_MAX) {
        return wrong(r, "fen");
    }

    if (opening->from < 0 || opening->until <= opening->from) {
        return wrong(r, "until");
    }

    return CIVIC_OK;
}


/* ---- what a call answers ----------------------------------------------- */

static civic_result_t
answer_order(const payment_order_t *order, json_t **out)
{
    *out = json_pack("{s:s%, s:s%, s:I, s:I, s:I, s:I, s:I, s:I, s:s%}",
                     "order_id", order->id.data, order->id.len,
                     "state", order->state.data, order->state.len,
                     "version", (json_int_t) order->version,
                     "since", (json_int_t) order->since,
                     "from", (json_int_t) order->from,
                     "until", (json_int_t) order->until,
                     "fen", (json_int_t) order->fen,
                     "returned", (json_int_t) order->back,
                     "item", order->item.data, order->item.len);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


civic_result_t
payment_call_open(civic_request_t *r, json_t *in, json_t **out)
{
    int                created;
    civic_result_t     rc;
    payment_order_t    order = { .version = 0 };
    payment_opening_t  opening;

    rc = read_opening(r, in, &opening);

    if (rc == CIVIC_OK) {
        rc = payment_open(r, &opening, &order, &created);
    }

    /* its opener wanted to give it back, and wants it by now */
    if (rc == CIVIC_OK && !created && payment_is(order.state, "paid")) {
        rc = payment_stuck_end(r, opening.pid, 'o', order.id);
    }

    if (rc == CIVIC_OK) {
        rc = answer_order(&order, out);
    }

    if (rc == CIVIC_OK) {
        json_object_set_new(*out, "created", json_boolean(created));
    }

    return rc;
}


/* The order that counts for an item; empty if there is none. */
static civic_result_t
id_of_item(civic_request_t *r, civic_str_t pid, civic_str_t item,
    civic_str_t *id)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, pid, PAYMENT_FAMILY),
                                   civic_print(r, "item:%.*s",
                                               (int) item.len, item.data)),
                     &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        *id = shared_copy(r, value->str);
    }

    return rc;
}


/* By its id, or the one that counts for an item.  NULL: there is none. */
static civic_result_t
find(civic_request_t *r, json_t *in, civic_str_t *pid, payment_book_t *book,
    payment_order_t **order)
{
    civic_str_t      id = shared_json_str(in, "order_id");
    civic_str_t      item = shared_json_str(in, "item");
    civic_result_t   rc = CIVIC_OK;

    *order = NULL;
    *pid = shared_json_str(in, "pid");

    if (pid->len != SHARED_PID) {
        return wrong(r, "pid");
    }

    if (id.len == 0 && item.len > 0) {
        rc = id_of_item(r, *pid, item, &id);
    }

    if (rc == CIVIC_OK) {
        rc = payment_book_read(r, *pid, book);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *order = payment_order_of(book, id);

    return *order == NULL ? CIVIC_OK : payment_order_open(r, *pid, *order);
}


/* Whether somebody may be paying it just now. */
static int
is_being_paid(const payment_book_t *book, const payment_order_t *order)
{
    size_t  i;

    for (i = 0; i < book->ntrades; i++) {
        if (payment_is(book->trades[i].state, "open")
            && civic_str_eq(book->trades[i].order, order->id))
        {
            return payment_is(order->state, "unpaid");
        }
    }

    return 0;
}


/* {"pid", "order_id" or "item"} -> the order, and "paying"; or {"state":
   "none"} */
civic_result_t
payment_call_state(civic_request_t *r, json_t *in, json_t **out)
{
    civic_str_t       pid;
    civic_result_t    rc;
    payment_book_t    book;
    payment_order_t  *order;

    rc = find(r, in, &pid, &book, &order);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (order == NULL) {
        *out = json_pack("{s:s}", "state", "none");
        return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
    }

    rc = answer_order(order, out);

    if (rc == CIVIC_OK) {
        json_object_set_new(*out, "paying",
                            json_boolean(is_being_paid(&book, order)));
    }

    return rc;
}


/* ---- moving ------------------------------------------------------------ */

civic_result_t
payment_move(civic_request_t *r, civic_str_t pid, payment_order_t *order,
    const char *state, civic_msec_t until, int settled, const char *action,
    int *moved)
{
    json_t               *details;
    civic_str_t           keys[4], args[6];
    civic_result_t        rc;
    payment_order_t       next = *order;
    const civic_value_t  *value;

    next.state = civic_cstr(state);
    next.version = order->version + 1;
    next.since = civic_now(r);
    next.until = until;

    keys[0] = civic_person_key(r, pid, PAYMENT_FAMILY);
    keys[1] = civic_outbox(r, PAYMENT_FOLLOW, keys[0]);
    keys[2] = civic_outbox(r, PAYMENT_TELL, keys[0]);

    details = json_pack("{s:s%, s:I, s:I}", "order_id", order->id.data,
                        order->id.len, "fen", (json_int_t) order->fen,
                        "until", (json_int_t) until);

    rc = civic_audit(r, &(civic_audit_entry_t) {
                             .action = action, .subject = pid,
                             .details = details }, keys[0], &keys[3],
                     &args[5]);
    json_decref(details);

    if (rc != CIVIC_OK) {
        return rc;
    }

    args[0] = order->id;
    args[1] = order->text;
    args[2] = payment_order_text(r, &next);
    args[3] = settled ? CIVIC_STR("1") : CIVIC_STR("");
    args[4] = pid;

    rc = civic_script(r, &(civic_script_t) {
                             .name = "payment_move", .keys = keys, .nkeys = 4,
                             .args = args, .nargs = 6,
                             .flags = CIVIC_SCRIPT_DURABLE }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2
        || payment_order_take(r, shared_item(value, 1), order) != 0)
    {
        return CIVIC_INVALID;
    }

    *moved = (int) value->items[0].integer;

    return *moved == 1 ? civic_notify(r, payment_topic(r, order->id))
                       : CIVIC_OK;
}


/* Both calls: what is not unpaid stays as it is, and is answered so. */
static civic_result_t
move_unpaid(civic_request_t *r, json_t *in, const char *state,
    civic_msec_t until, const char *action, json_t **out)
{
    int               moved = 0;
    civic_str_t       pid;
    civic_result_t    rc;
    payment_book_t    book;
    payment_order_t  *order;

    rc = find(r, in, &pid, &book, &order);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (order == NULL) {
        *out = json_pack("{s:s}", "state", "none");
        return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
    }

    while (rc == CIVIC_OK && moved == 0
           && payment_is(order->state, "unpaid"))
    {
        rc = payment_move(r, pid, order, state, until < 0 ? order->until
                                                          : until, 0, action,
                          &moved);
    }

    if (rc == CIVIC_OK && moved == 1 && payment_is(order->state, "closed")) {
        civic_count(r, PAYMENT_CLOSED, 1);
    }

    return rc == CIVIC_OK ? answer_order(order, out) : rc;
}


/* {"pid", "order_id"}: given up.  A payment that comes later goes back. */
civic_result_t
payment_call_close(civic_request_t *r, json_t *in, json_t **out)
{
    return move_unpaid(r, in, "closed", -1, "payment.closed", out);
}


/* {"pid", "order_id", "until"}: an unpaid order has another deadline. */
civic_result_t
payment_call_extend(civic_request_t *r, json_t *in, json_t **out)
{
    int64_t  until = number_in(in, "until", -1);

    return until < 0 ? wrong(r, "until")
           : move_unpaid(r, in, "unpaid", until, "payment.deadline_moved",
                         out);
}


/* {"pid", "order_id", "version", "fen", "reason"} -> the order; "refused": a
   reason of the rule "refund", or "changed". */
civic_result_t
payment_call_refund(civic_request_t *r, json_t *in, json_t **out)
{
    int                begun = 0;
    int64_t            fen;
    json_t            *refused = NULL;
    civic_str_t        pid, reason = shared_json_str(in, "reason");
    civic_result_t     rc;
    payment_book_t     book;
    payment_order_t   *order;
    payment_refund_t   refund;

    rc = find(r, in, &pid, &book, &order);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (order == NULL) {
        *out = json_pack("{s:s}", "state", "none");
        return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
    }

    fen = number_in(in, "fen", order->fen - order->back);

    rc = payment_refund_allowed(r, order, "opener", fen, &refused);

    if (rc == CIVIC_OK && refused == NULL) {
        rc = payment_refund_begin(r, pid, order,
                                  number_in(in, "version", order->version),
                                  fen, "opener", reason, &refund, &begun);
    }

    if (rc == CIVIC_OK && refused != NULL
        && payment_is(order->state, "paid"))
    {
        rc = payment_stuck(r, pid, 'o', order->id, order->since,
                           shared_json_str(refused, "reason"));
    }

    if (rc == CIVIC_OK) {
        rc = answer_order(order, out);
    }

    if (rc == CIVIC_OK && !begun) {
        json_object_set_new(*out, "refused", refused == NULL
            ? json_string("changed")
            : json_copy(json_object_get(refused, "reason")));
    }

    return rc;
}
