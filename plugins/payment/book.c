/*
 * book.c - all that is kept of a person's money, in one hash: what scripts
 * decide by is plain text, the rest is sealed for this person and record.
 *
 * A person has a few orders, and a rule bounds the trades of each, so that
 * all of it is read at once.
 */

#include <stdlib.h>

#include "civil_date.h"
#include "payment.h"
#include "values.h"
#include "yuan.h"

#define WORDS  9

/* What is sealed. */
static const shared_member_t  order_members[] = {
    SHARED_TEXT(payment_order_t, item),
    SHARED_TEXT(payment_order_t, title),
    CIVIC_END
};

static const shared_member_t  trade_members[] = {
    SHARED_TEXT(payment_trade_t, title),
    SHARED_TEXT(payment_trade_t, buyer),
    SHARED_TEXT(payment_trade_t, trade_no),
    SHARED_TEXT(payment_trade_t, qr_code),
    SHARED_NUMBER(payment_trade_t, begun),
    CIVIC_END
};


/* ---- small things ------------------------------------------------------ */

int
payment_is(civic_str_t state, const char *name)
{
    return civic_str_eq(state, civic_cstr(name));
}


civic_str_t
payment_topic(civic_request_t *r, civic_str_t order)
{
    return civic_print(r, "civic:payment:%.*s", (int) order.len, order.data);
}


civic_str_t
payment_yuan(civic_request_t *r, int64_t fen)
{
    char  text[CIVIC_YUAN_TEXT];

    if (civic_yuan_format(fen, text) != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "an amount of %lld fen is out of "
                  "bounds", (long long) fen);
        return CIVIC_STR("");
    }

    return civic_print(r, "%s", text);
}


int64_t
payment_ahead(civic_request_t *r)
{
    return civic_business_now(r) - civic_now(r);
}


/* ---- texts ------------------------------------------------------------- */

int
payment_order_take(civic_request_t *r, civic_str_t text,
    payment_order_t *order)
{
    civic_str_t  words[WORDS];

    if (shared_words(r, text, words, 9) != 0) {
        return -1;
    }

    order->text = shared_copy(r, text);
    order->state = words[0];
    order->version = shared_number(words[1], -1);
    order->since = shared_number(words[2], -1);
    order->from = shared_number(words[3], -1);
    order->until = shared_number(words[4], -1);
    order->fen = shared_number(words[5], -1);
    order->paid_by = words[6];
    order->back = shared_number(words[7], -1);
    order->opener = words[8];

    return order->version < 1 || order->since < 0 || order->from < 0
           || order->until < 0 || order->fen < 1 || order->back < 0 ? -1 : 0;
}


civic_str_t
payment_order_text(civic_request_t *r, const payment_order_t *order)
{
    return civic_print(r, "%s %lld %lld %lld %lld %lld %s %lld %s",
                       order->state.data, (long long) order->version,
                       (long long) order->since, (long long) order->from,
                       (long long) order->until, (long long) order->fen,
                       order->paid_by.data, (long long) order->back,
                       order->opener.data);
}


int
payment_trade_take(civic_request_t *r, civic_str_t text,
    payment_trade_t *trade)
{
    civic_str_t  words[WORDS];

    if (shared_words(r, text, words, 7) != 0) {
        return -1;
    }

    trade->text = shared_copy(r, text);
    trade->state = words[0];
    trade->version = shared_number(words[1], -1);
    trade->since = shared_number(words[2], -1);
    trade->ends = shared_number(words[3], -1);
    trade->fen = shared_number(words[4], -1);
    trade->order = words[5];
    trade->lane = words[6];
    trade->channel = civic_print(r, "%.*s",
                                 (int) strcspn(trade->lane.data, ":"),
                                 trade->lane.data);

    return trade->version < 1 || trade->since < 0 || trade->ends < 0
           || trade->fen < 1 ? -1 : 0;
}


civic_str_t
payment_trade_text(civic_request_t *r, const payment_trade_t *trade)
{
    return civic_print(r, "%s %lld %lld %lld %lld %s %s", trade->state.data,
                       (long long) trade->version, (long long) trade->since,
                       (long long) trade->ends, (long long) trade->fen,
                       trade->order.data, trade->lane.data);
}


int
payment_refund_take(civic_request_t *r, civic_str_t text,
    payment_refund_t *refund)
{
    civic_str_t  words[WORDS];

    if (shared_words(r, text, words, 6) != 0) {
        return -1;
    }

    refund->text = shared_copy(r, text);
    refund->state = words[0];
    refund->since = shared_number(words[2], -1);
    refund->fen = shared_number(words[3], -1);
    refund->trade = words[4];
    refund->kind = words[5];

    return refund->since < 0 || refund->fen < 1 ? -1 : 0;
}


static int
take_receipt(civic_request_t *r, civic_str_t text, payment_receipt_t *receipt)
{
    civic_str_t  words[WORDS];

    if (shared_words(r, text, words, 5) != 0) {
        return -1;
    }

    receipt->in = civic_str_eq(words[0], CIVIC_STR("in"));
    receipt->trade = words[1];
    receipt->fen = shared_number(words[2], -1);
    receipt->at = shared_number(words[3], -1);

    return receipt->fen < 1 || receipt->at < 0 ? -1 : 0;
}


/* "<date>:<id>" and the trade. */
static int
take_difference(civic_request_t *r, civic_str_t name, civic_str_t value,
    payment_difference_t *difference)
{
    size_t  date = CIVIC_DATE_TEXT - 1;

    if (name.len <= date + 1 || name.data[date] != ':') {
        return -1;
    }

    difference->date = shared_copy(r, (civic_str_t) { name.data, date });
    difference->id = (civic_str_t) { name.data + date + 1,
                                     name.len - date - 1 };
    difference->trade = shared_copy(r, value);

    return 0;
}


/* ---- the book ---------------------------------------------------------- */

/* The rest of a field's name after a prefix; empty if it has another. */
static civic_str_t
after(civic_request_t *r, civic_str_t field, const char *prefix)
{
    size_t  len = strlen(prefix);

    return field.len > len && memcmp(field.data, prefix, len) == 0
           ? shared_copy(r, (civic_str_t) { field.data + len,
                                             field.len - len })
           : CIVIC_STR("");
}


/* One of the plain records; -1 for one that is damaged. */
static int
take_field(civic_request_t *r, payment_book_t *book, civic_str_t field,
    civic_str_t value)
{
    civic_str_t         name;
    payment_order_t    *order = &book->orders[book->norders];
    payment_trade_t    *trade = &book->trades[book->ntrades];
    payment_refund_t   *refund = &book->refunds[book->nrefunds];
    payment_receipt_t  *receipt = &book->receipts[book->nreceipts];

    payment_difference_t  *difference = &book->differences[book->ndifferences];

    name = after(r, field, "order:");

    if (name.len > 0) {
        order->id = name;
        book->norders++;
        return payment_order_take(r, value, order);
    }

    name = after(r, field, "trade:");

    if (name.len > 0) {
        trade->no = name;
        book->ntrades++;
        return payment_trade_take(r, value, trade);
    }

    name = after(r, field, "refund:");

    if (name.len > 0) {
        refund->no = name;
        book->nrefunds++;
        return payment_refund_take(r, value, refund);
    }

    name = after(r, field, "receipt:");

    if (name.len > 0) {
        receipt->name = name;
        book->nreceipts++;
        return take_receipt(r, value, receipt);
    }

    name = after(r, field, "difference:");

    if (name.len > 0) {
        book->ndifferences++;
        return take_difference(r, name, value, difference);
    }

    return 0;
}


/* What is sealed goes to its record. */
static void
take_facts(civic_request_t *r, payment_book_t *book, civic_str_t field,
    civic_str_t value)
{
    civic_str_t        name;
    payment_order_t   *order;
    payment_trade_t   *trade;
    payment_refund_t  *refund;

    name = after(r, field, "order_facts:");
    order = name.len > 0 ? payment_order_of(book, name) : NULL;

    if (order != NULL) {
        order->sealed = value;
    }

    name = after(r, field, "trade_facts:");
    trade = name.len > 0 ? payment_trade_of(book, name) : NULL;

    if (trade != NULL) {
        trade->sealed = value;
    }

    name = after(r, field, "refund_facts:");
    refund = name.len > 0 ? payment_refund_of(book, name) : NULL;

    if (refund != NULL) {
        refund->sealed = value;
    }
}


static int
by_since(const void *a, const void *b)
{
    const payment_order_t  *x = a, *y = b;

    return x->since != y->since ? (x->since < y->since) - (x->since > y->since)
                                : strcmp(x->id.data, y->id.data);
}


/* Zeroed, for all records whose field has that prefix, and one more. */
static void *
room(civic_request_t *r, const civic_value_t *value, const char *prefix,
    size_t size)
{
    void         *items;
    size_t        i, count = 1, len = strlen(prefix);
    civic_str_t   field;

    for (i = 0; i + 1 < value->count; i += 2) {
        field = shared_item(value, i);
        count += field.len > len && memcmp(field.data, prefix, len) == 0;
    }

    items = civic_alloc(r, count * size);
    memset(items, 0, count * size);

    return items;
}


civic_result_t
payment_book_read(civic_request_t *r, civic_str_t pid, payment_book_t *book)
{
    size_t                i, fields;
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(book, 0, sizeof(payment_book_t));
    book->pid = pid;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"),
                                   civic_person_key(r, pid, PAYMENT_FAMILY)),
                     &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    fields = value->type == CIVIC_VALUE_ARRAY ? value->count / 2 : 0;
    book->orders = room(r, value, "order:", sizeof(payment_order_t));
    book->trades = room(r, value, "trade:", sizeof(payment_trade_t));
    book->refunds = room(r, value, "refund:", sizeof(payment_refund_t));
    book->receipts = room(r, value, "receipt:", sizeof(payment_receipt_t));
    book->differences = room(r, value, "difference:",
                             sizeof(payment_difference_t));

    for (i = 0; i < fields; i++) {
        if (take_field(r, book, shared_item(value, 2 * i),
                       shared_item(value, 2 * i + 1)) != 0)
        {
            civic_log(r, CIVIC_LOG_ERROR, "a record of a payment is damaged");
            return CIVIC_INVALID;
        }
    }

    for (i = 0; i < fields; i++) {
        take_facts(r, book, shared_item(value, 2 * i),
                   shared_item(value, 2 * i + 1));
    }

    qsort(book->orders, book->norders, sizeof(payment_order_t), by_since);

    return CIVIC_OK;
}


payment_order_t *
payment_order_of(const payment_book_t *book, civic_str_t id)
{
    size_t  i;

    for (i = 0; i < book->norders; i++) {
        if (civic_str_eq(book->orders[i].id, id)) {
            return &book->orders[i];
        }
    }

    return NULL;
}


payment_trade_t *
payment_trade_of(const payment_book_t *book, civic_str_t no)
{
    size_t  i;

    for (i = 0; i < book->ntrades; i++) {
        if (civic_str_eq(book->trades[i].no, no)) {
            return &book->trades[i];
        }
    }

    return NULL;
}


payment_refund_t *
payment_refund_of(const payment_book_t *book, civic_str_t no)
{
    size_t  i;

    for (i = 0; i < book->nrefunds; i++) {
        if (civic_str_eq(book->refunds[i].no, no)) {
            return &book->refunds[i];
        }
    }

    return NULL;
}


/* ---- sealed facts ------------------------------------------------------ */

civic_result_t
payment_seal(civic_request_t *r, civic_str_t pid, civic_str_t id,
    json_t *record, civic_str_t *sealed)
{
    return shared_json_seal(r, PAYMENT_RECORD,
                            shared_record_context(r, pid, id), record, sealed);
}


civic_result_t
payment_order_open(civic_request_t *r, civic_str_t pid,
    payment_order_t *order)
{
    return shared_record_open(r, PAYMENT_RECORD, pid, order->id,
                              order->sealed, order_members, order);
}


civic_result_t
payment_order_seal(civic_request_t *r, civic_str_t pid,
    const payment_order_t *order, civic_str_t *sealed)
{
    return shared_record_seal(r, PAYMENT_RECORD, pid, order->id,
                              order_members, order, sealed);
}


civic_result_t
payment_trade_open(civic_request_t *r, civic_str_t pid,
    payment_trade_t *trade)
{
    return shared_record_open(r, PAYMENT_RECORD, pid, trade->no,
                              trade->sealed, trade_members, trade);
}


civic_result_t
payment_trade_seal(civic_request_t *r, civic_str_t pid,
    const payment_trade_t *trade, civic_str_t *sealed)
{
    return shared_record_seal(r, PAYMENT_RECORD, pid, trade->no,
                              trade_members, trade, sealed);
}
