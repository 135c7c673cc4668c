/*
 * bill.c - the job that holds Alipay's bill of a day against the receipts of
 * that day, and notes each difference for the exam office.
 *
 * Money that the bill has and we do not know of is asked about first: so no
 * payment is lost, even if every other way of learning of it has failed.
 */

#include <stdlib.h>

#include "china_time.h"
#include "civil_date.h"
#include "payment.h"
#include "values.h"

#define METHOD      "alipay.data.dataservice.bill.downloadurl.query"
#define ZIP         (6 * 1024 * 1024)
#define TIMEOUT     20000                   /* ms */
#define PAGE        500                     /* receipts in one answer */
#define RECEIPTS    50000                   /* of a day */
#define DAYS        7
#define DAY         INT64_C(86400000)

typedef struct {
    civic_msec_t     at;                    /* an instant of that day */
    char             date[CIVIC_DATE_TEXT];
    civic_str_t      key;
    payment_bill_t   bill;
    const civic_value_t  *before;           /* what is noted of it */
    unsigned         differences;
} comparing_t;


/* ---- noting ------------------------------------------------------------ */

static civic_result_t
note(civic_request_t *r, civic_str_t key, civic_str_t field,
    civic_str_t value, civic_str_t state, int64_t *new)
{
    civic_str_t           args[3];
    civic_result_t        rc;
    const civic_value_t  *answer;

    args[0] = state;
    args[1] = field;
    args[2] = value;

    rc = civic_script(r, &(civic_script_t) {
                             .name = "payment_bill", .keys = &key,
                             .nkeys = 1, .args = args,
                             .nargs = field.len > 0 ? 3 : 1,
                             .flags = CIVIC_SCRIPT_DURABLE }, &answer);

    if (rc == CIVIC_OK && new != NULL) {
        *new = answer->integer;
    }

    return rc;
}


/* The record of its order leads to it, so that it stays as long as this is not
   settled. */
static civic_result_t
lead_to(civic_request_t *r, const comparing_t *comparing, civic_str_t no,
    civic_str_t field)
{
    civic_str_t           pid, key, args[2];
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = shared_is_hex_id(no) ? payment_lead_read(r, no, &pid)
                              : CIVIC_NOT_FOUND;

    if (rc != CIVIC_OK) {
        return rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    key = civic_person_key(r, pid, PAYMENT_FAMILY);
    args[0] = no;
    args[1] = civic_print(r, "%s:%s", comparing->date, field.data + 2);

    return civic_script(r, &(civic_script_t) {
                            .name = "payment_differs", .keys = &key,
                            .nkeys = 1, .args = args, .nargs = 2,
                            .flags = CIVIC_SCRIPT_DURABLE }, &value);
}


static civic_result_t
differs(civic_request_t *r, comparing_t *comparing, const char *kind,
    const char *name, const char *trade, int in, int64_t theirs, int64_t ours)
{
    char            *text;
    json_t          *record;
    int64_t          new = 0;
    civic_str_t      field;
    civic_result_t   rc;

    field = civic_print(r, "d:%s:%s:%s", kind, in ? "in" : "out", name);
    record = json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:b, s:I, s:s}",
                       "kind", kind, "name", name, "out_trade_no", trade,
                       "in", in, "bill_fen", (json_int_t) theirs,
                       "our_fen", (json_int_t) ours, "settled", 0,
                       "at", (json_int_t) civic_now(r), "note", "");
    text = record == NULL ? NULL : json_dumps(record, JSON_COMPACT);
    json_decref(record);

    if (text == NULL) {
        return CIVIC_ERROR;
    }

    rc = lead_to(r, comparing, civic_cstr(trade), field);

    if (rc == CIVIC_OK) {
        rc = note(r, comparing->key, field, civic_cstr(text), CIVIC_STR(""),
                  &new);
    }

    free(text);

    if (rc == CIVIC_OK) {
        comparing->differences++;
        civic_count(r, PAYMENT_DIFFERENCES, (uint64_t) new);
    }

    return rc;
}


/* ---- fetching ---------------------------------------------------------- */

/* Where the bill is, behind the upstream; empty if there is none (yet). */
static civic_result_t
find_bill(civic_request_t *r, const comparing_t *comparing,
    civic_str_t *path, int *none)
{
    const char              *url, *slash;
    civic_result_t           rc;
    shared_alipay_answer_t   answer;

    *path = CIVIC_STR("");
    *none = 0;

    rc = shared_alipay_call(r, json_pack("{s:s, s:{s:s, s:s}, s:b}",
                                         "method", METHOD, "business",
                                         "bill_type", "trade", "bill_date",
                                         comparing->date, "safe", 1),
                            &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (answer.outcome != SHARED_ALIPAY_DONE) {
        *none = answer.outcome == SHARED_ALIPAY_REFUSED
                && (strstr(answer.sub_code, "bill_not_exist") != NULL
                    || strstr(answer.sub_code, "BILL_NOT_EXIST") != NULL);
        return CIVIC_OK;
    }

    url = shared_alipay_text(&answer, "bill_download_url");
    slash = strstr(url, "://");
    slash = slash == NULL ? NULL : strchr(slash + 3, '/');

    if (slash == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "alipay tells no address of the bill "
                  "of %s", comparing->date);
        return CIVIC_OK;
    }

    *path = civic_print(r, "%s", slash);

    return CIVIC_OK;
}


/* 1 if it is there and can be read. */
static civic_result_t
fetch(civic_request_t *r, comparing_t *comparing, int *fetched)
{
    int                        none;
    civic_str_t                path;
    civic_result_t             rc;
    const civic_http_reply_t  *reply = NULL;

    *fetched = 0;

    rc = find_bill(r, comparing, &path, &none);

    /* a day on which nothing moved has no bill: ours must be empty, too */
    if (rc != CIVIC_OK || none || path.len == 0) {
        *fetched = none;
        return rc;
    }

    rc = civic_http(r, &(civic_http_request_t) {
                           .upstream = json_string_value(
                               civic_option(r, "bill_upstream")),
                           .method = CIVIC_GET, .path = path,
                           .timeout = TIMEOUT, .max_reply = ZIP,
                           .flags = CIVIC_HTTP_SAFE }, &reply);

    if (rc != CIVIC_OK || reply->status != 200) {
        civic_log(r, CIVIC_LOG_WARN, "the bill of %s cannot be fetched "
                  "(result %d, status %d)", comparing->date, (int) rc,
                  rc == CIVIC_OK ? reply->status : 0);
        return rc == CIVIC_ABORTED ? rc : CIVIC_OK;
    }

    comparing->bill.zip = reply->body.data;
    comparing->bill.len = reply->body.len;

    rc = civic_offload(r, CIVIC_THREADS_WORK, payment_bill_read,
                       &comparing->bill);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (comparing->bill.why[0] != '\0') {
        civic_log(r, CIVIC_LOG_ERROR, "the bill of %s cannot be read: %s",
                  comparing->date, comparing->bill.why);
        return CIVIC_OK;
    }

    *fetched = 1;

    return CIVIC_OK;
}


/* ---- ours -------------------------------------------------------------- */

static int
is_noted(const comparing_t *comparing, civic_str_t field)
{
    size_t  i;

    for (i = 0; i + 1 < comparing->before->count; i += 2) {
        if (civic_str_eq(shared_item(comparing->before, i), field)) {
            return 1;
        }
    }

    return 0;
}


/* "<in or out> <name> <trade> <fen>" */
static civic_result_t
compare_ours(civic_request_t *r, comparing_t *comparing, civic_str_t member)
{
    int                   in;
    char                  name[PAYMENT_NAME + 1], trade[PAYMENT_NAME + 1];
    char                  way[4];
    long long             fen;
    payment_movement_t   *movement;

    if (sscanf(shared_copy(r, member).data, "%3s %64s %64s %lld", way, name,
               trade, &fen) != 4)
    {
        return CIVIC_OK;
    }

    in = strcmp(way, "in") == 0;
    movement = payment_bill_find(&comparing->bill, name, in);

    if (movement == NULL) {
        return is_noted(comparing, civic_print(r, "seen:%s", name)) ? CIVIC_OK
               : differs(r, comparing, "not_in_bill", name, trade, in, 0,
                         fen);
    }

    movement->seen = 1;

    return movement->fen == fen ? CIVIC_OK
           : differs(r, comparing, "amount", name, trade, in, movement->fen,
                     fen);
}


static civic_result_t
walk_ours(civic_request_t *r, comparing_t *comparing)
{
    size_t                i, from;
    civic_str_t           key = payment_day_key(r, comparing->at);
    civic_result_t        rc = CIVIC_OK;
    const civic_value_t  *page;

    for (from = 0; rc == CIVIC_OK && from < RECEIPTS; from += PAGE) {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"), key,
                                       shared_decimal(r, (int64_t) from),
                                       shared_decimal(r, (int64_t) from
                                                         + PAGE - 1)),
                         &page);

        if (rc != CIVIC_OK || page->count == 0) {
            return rc;
        }

        for (i = 0; i < page->count && rc == CIVIC_OK; i++) {
            rc = compare_ours(r, comparing, shared_item(page, i));
        }
    }

    if (rc == CIVIC_OK) {
        civic_log(r, CIVIC_LOG_ERROR, "the day %s has more than %d receipts: "
                  "its bill is compared in part", comparing->date, RECEIPTS);
    }

    return rc;
}


/* ---- theirs ------------------------------------------------------------ */

static payment_receipt_t *
receipt_of(const payment_book_t *book, const payment_movement_t *movement)
{
    size_t  i;

    for (i = 0; i < book->nreceipts; i++) {
        if (civic_str_eq(book->receipts[i].name, civic_cstr(movement->name))
            && book->receipts[i].in == movement->in)
        {
            return &book->receipts[i];
        }
    }

    return NULL;
}


/* It stands on another day of ours: a refund that was asked for at midnight. */
static civic_result_t
seen_elsewhere(civic_request_t *r, comparing_t *comparing,
    const payment_movement_t *movement, const payment_receipt_t *receipt)
{
    char            date[CIVIC_CHINA_TIME_TEXT];
    civic_result_t  rc;

    civic_china_time_format(receipt->at, date);
    date[CIVIC_DATE_TEXT - 1] = '\0';

    rc = note(r, payment_bill_key(r, civic_cstr(date)),
              civic_print(r, "seen:%s", movement->name),
              CIVIC_STR("1"), CIVIC_STR(""), NULL);

    return rc != CIVIC_OK || movement->fen == receipt->fen ? rc
           : differs(r, comparing, "amount", movement->name, movement->trade,
                     movement->in, movement->fen, receipt->fen);
}


/* Asks Alipay: what it says is taken like any other news. */
static civic_result_t
learn(civic_request_t *r, comparing_t *comparing, payment_book_t *book,
    const payment_movement_t *movement)
{
    civic_result_t     rc = CIVIC_OK;
    payment_fact_t     fact;
    payment_trade_t   *trade;
    payment_change_t   change = PAYMENT_DOES_NOT_FIT;

    trade = payment_trade_of(book, civic_cstr(movement->trade));

    if (trade != NULL && movement->in) {
        rc = payment_ask(r, trade, &fact);

        if (rc == CIVIC_OK && fact.says == PAYMENT_SAYS_PAID) {
            rc = payment_news(r, book->pid, trade, &fact, &change);
        }
    }

    return rc != CIVIC_OK ? rc
           : differs(r, comparing, change == PAYMENT_CHANGED ? "learned"
                                                             : "not_here",
                     movement->name, movement->trade, movement->in,
                     movement->fen, 0);
}


static civic_result_t
compare_theirs(civic_request_t *r, comparing_t *comparing,
    const payment_movement_t *movement)
{
    civic_str_t         pid;
    civic_result_t      rc;
    payment_book_t      book;
    payment_receipt_t  *receipt;

    rc = shared_is_hex_id(civic_cstr(movement->trade))
         ? payment_lead_read(r, civic_cstr(movement->trade), &pid)
         : CIVIC_NOT_FOUND;

    if (rc == CIVIC_NOT_FOUND) {
        return differs(r, comparing, "not_here", movement->name,
                       movement->trade, movement->in, movement->fen, 0);
    }

    if (rc == CIVIC_OK) {
        rc = payment_book_read(r, pid, &book);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    receipt = receipt_of(&book, movement);

    return receipt != NULL
           ? seen_elsewhere(r, comparing, movement, receipt)
           : learn(r, comparing, &book, movement);
}


/* ---- a day ------------------------------------------------------------- */

static civic_result_t
compare(civic_request_t *r, comparing_t *comparing)
{
    size_t          i;
    civic_result_t  rc;

    rc = walk_ours(r, comparing);

    for (i = 0; i < comparing->bill.count && rc == CIVIC_OK; i++) {
        if (!comparing->bill.movements[i].seen) {
            rc = compare_theirs(r, comparing, &comparing->bill.movements[i]);
        }
    }

    if (rc == CIVIC_OK) {
        rc = note(r, comparing->key, CIVIC_STR(""), CIVIC_STR(""),
                  civic_print(r, "%lld %zu", (long long) civic_now(r),
                              comparing->bill.count), NULL);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_count(r, PAYMENT_BILLS, 1);

    if (comparing->differences > 0) {
        civic_log(r, CIVIC_LOG_ERROR, "the bill of %s and our receipts "
                  "differ in %u movements", comparing->date,
                  comparing->differences);
    }

    return CIVIC_OK;
}


/* If it was not done before. */
static civic_result_t
do_day(civic_request_t *r, comparing_t *comparing)
{
    int             fetched;
    civic_result_t  rc;

    civic_date_format(civic_date_in_china(comparing->at), comparing->date);
    comparing->key = payment_bill_key(r, civic_cstr(comparing->date));

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"), comparing->key),
                     &comparing->before);

    if (rc != CIVIC_OK || is_noted(comparing, CIVIC_STR("state"))) {
        return rc;
    }

    rc = fetch(r, comparing, &fetched);

    return rc == CIVIC_OK && fetched ? compare(r, comparing) : rc;
}


civic_result_t
payment_bill_run(civic_request_t *r, const civic_job_t *job)
{
    json_t          *answer;
    int64_t          day, days, hour;
    civic_msec_t     now = civic_business_now(r);
    civic_result_t   rc;
    comparing_t      comparing;

    (void) job;

    rc = civic_rule(r, "bill", NULL, &answer);
    if (rc != CIVIC_OK || json_is_false(json_object_get(answer, "compare"))) {
        return rc;
    }

    days = shared_rule_number(answer, "days", 3, 1, DAYS);
    hour = shared_rule_number(answer, "hour", 10, 0, 23);

    for (day = 1; day <= days && rc == CIVIC_OK; day++) {
        /* the bill of yesterday is there from then on */
        if (day == 1 && (now + 8 * 3600000) % DAY < hour * 3600000) {
            continue;
        }

        memset(&comparing, 0, sizeof(comparing_t));
        comparing.at = now - day * DAY;

        rc = do_day(r, &comparing);
        free(comparing.bill.movements);
    }

    return rc;
}
