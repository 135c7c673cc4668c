/*
 * due.c - what is due when: sorted sets, in shards, that the jobs read, and
 * the job that chases trades and refunds whose outcome is not known.
 *
 * An index may be lost or late: rebuild.c makes it anew from the persons' own
 * records, which alone count.  A member that is taken stays until it was
 * dealt with, so that a worker that dies leaves it to the next.
 */

#include "china_time.h"
#include "payment.h"
#include "values.h"

#define DUE        "civic:{payment:due:%u}"
#define DEADLINES  "civic:{payment:deadlines:%u}"
#define BATCH      48
#define AHEAD      60000                    /* ms: a job that rests comes back
                                               sooner */
#define BUDGET     15000                    /* ms of a run */
#define PUT_OFF    60000                    /* ms */
#define DATE       10                       /* characters */
#define RECEIPTS   "2592000000"             /* ms that a day's index of them
                                               stands: its bill was compared */


/* ---- keys -------------------------------------------------------------- */

/* FNV-1a: the shard of a person. */
static unsigned
shard_of(civic_str_t pid)
{
    size_t    i;
    uint32_t  hash = 2166136261u;

    for (i = 0; i < pid.len; i++) {
        hash = (hash ^ (unsigned char) pid.data[i]) * 16777619u;
    }

    return hash % PAYMENT_SHARDS;
}


civic_str_t
payment_due_key(civic_request_t *r, civic_str_t pid)
{
    return civic_print(r, DUE, shard_of(pid));
}


civic_str_t
payment_item_key(civic_request_t *r, civic_str_t item)
{
    return civic_print(r, "civic:{payment:item:%.*s}", (int) item.len,
                       item.data);
}


civic_str_t
payment_bill_key(civic_request_t *r, civic_str_t date)
{
    return civic_print(r, "civic:{payment:bill:%.*s}", (int) date.len,
                       date.data);
}


civic_str_t
payment_day_key(civic_request_t *r, civic_msec_t at)
{
    char  text[CIVIC_CHINA_TIME_TEXT];

    civic_china_time_format(at, text);
    text[DATE] = '\0';

    return civic_print(r, "civic:{payment:day:%s}", text);
}


/* ---- changing an index ------------------------------------------------- */

/* was: the score that was read, or "".  life: ms after which the whole index
   goes, or "". */
static civic_result_t
change(civic_request_t *r, civic_str_t key, const char *how,
    civic_str_t member, civic_str_t score, civic_str_t was, civic_str_t life)
{
    civic_str_t           args[5];
    const civic_value_t  *value;

    args[0] = civic_cstr(how);
    args[1] = member;
    args[2] = score;
    args[3] = was;
    args[4] = life;

    return civic_script(r, &(civic_script_t) {
                            .name = "payment_index", .keys = &key,
                            .nkeys = 1, .args = args, .nargs = 5 }, &value);
}


civic_result_t
payment_index(civic_request_t *r, civic_str_t key, const char *how,
    civic_str_t member, civic_msec_t score)
{
    return change(r, key, how, member, shared_decimal(r, score),
                  CIVIC_STR(""), CIVIC_STR(""));
}


civic_result_t
payment_index_moved(civic_request_t *r, civic_str_t key, civic_str_t member,
    civic_str_t was, civic_msec_t after)
{
    return change(r, key, "moved", member,
                  after == 0 ? CIVIC_STR("") : shared_decimal(r, after), was,
                  CIVIC_STR(""));
}


civic_result_t
payment_due(civic_request_t *r, civic_str_t pid, char kind, civic_str_t no,
    civic_msec_t at, const char *how)
{
    civic_result_t  rc;

    rc = payment_index(r, payment_due_key(r, pid), how,
                       civic_print(r, "%.*s %c %.*s", (int) pid.len, pid.data,
                                   kind, (int) no.len, no.data), at);

    if (rc == CIVIC_OK && at < civic_now(r) + AHEAD) {
        civic_job_call(r, "due", shard_of(pid));
    }

    return rc;
}


civic_result_t
payment_deadline(civic_request_t *r, civic_str_t pid, civic_str_t member,
    civic_msec_t at, const char *how)
{
    civic_result_t  rc;

    rc = payment_index(r, civic_print(r, DEADLINES, shard_of(pid)), how,
                       member, at);

    if (rc == CIVIC_OK && at < civic_business_now(r) + AHEAD) {
        civic_job_call(r, "deadlines", shard_of(pid));
    }

    return rc;
}


civic_result_t
payment_day_note(civic_request_t *r, const payment_receipt_t *receipt)
{
    civic_str_t  member;

    member = civic_print(r, "%s %.*s %.*s %lld", receipt->in ? "in" : "out",
                         (int) receipt->name.len, receipt->name.data,
                         (int) receipt->trade.len, receipt->trade.data,
                         (long long) receipt->fen);

    return change(r, payment_day_key(r, receipt->at), "new", member,
                  shared_decimal(r, receipt->at), CIVIC_STR(""),
                  CIVIC_STR(RECEIPTS));
}


civic_result_t
payment_due_read(civic_request_t *r, civic_str_t key, civic_msec_t now,
    const civic_value_t **due, size_t *count)
{
    civic_result_t  rc;

    *count = 0;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"), key,
                                   CIVIC_STR("-inf"),
                                   shared_decimal(r, now + AHEAD),
                                   CIVIC_STR("BYSCORE"), CIVIC_STR("LIMIT"),
                                   CIVIC_STR("0"), shared_decimal(r, BATCH),
                                   CIVIC_STR("WITHSCORES")), due);

    if (rc == CIVIC_OK && (*due)->count == 0) {
        civic_job_rest(r);
    }

    while (rc == CIVIC_OK && *count + 1 < (*due)->count
           && shared_number(shared_item(*due, *count + 1), 0) <= now)
    {
        *count += 2;
    }

    return rc;
}


/* What is damaged is logged; what fails is counted, each time. */
civic_result_t
payment_postpone(civic_request_t *r, civic_result_t rc, civic_msec_t now,
    civic_msec_t *next)
{
    if (rc == CIVIC_INVALID) {
        *next = now + PAYMENT_OTHER_DAY;
        return CIVIC_OK;
    }

    if (rc == CIVIC_ERROR) {
        civic_count(r, PAYMENT_SET_ASIDE, 1);
        civic_log(r, CIVIC_LOG_ERROR, "something that is due fails, and is "
                  "put off for a minute: see the lines before");
        *next = now + PUT_OFF;
        return CIVIC_OK;
    }

    return rc;
}


/* ---- chasing ----------------------------------------------------------- */

civic_result_t
payment_pause(civic_request_t *r, const char *what, civic_msec_t since,
    int64_t *pause, int *waits)
{
    json_t          *answer;
    int64_t          age = (civic_now(r) - since) / 1000;
    civic_result_t   rc;

    rc = civic_rule(r, "pause", json_pack("{s:s, s:I}", "what", what, "age",
                                          (json_int_t) (age > 0 ? age : 0)),
                    &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *pause = 1000 * shared_rule_number(answer, "pause", 60, 1, 86400);
    *waits = json_is_true(json_object_get(answer, "waits"));

    return CIVIC_OK;
}


/* An operator is told, each time that it was asked for in vain. */
static void
tell_waiting(civic_request_t *r, const char *what, civic_str_t no)
{
    civic_count(r, PAYMENT_WAITS, 1);
    civic_log(r, CIVIC_LOG_ERROR, "money waits: nobody knows yet what became "
              "of %s \"%.*s\"", what, (int) no.len, no.data);
}


/* When it is due again; 0: it is settled. */
static civic_result_t
chase_trade(civic_request_t *r, const payment_book_t *book, civic_str_t no,
    civic_msec_t *next)
{
    int               finish, waits;
    int64_t           pause;
    civic_result_t    rc;
    payment_order_t  *order;
    payment_trade_t  *trade = payment_trade_of(book, no);

    *next = 0;

    if (trade == NULL || !payment_is(trade->state, "open")) {
        return CIVIC_OK;
    }

    order = payment_order_of(book, trade->order);
    finish = order == NULL || !payment_is(order->state, "unpaid")
             || civic_business_now(r) >= order->until;

    rc = payment_look(r, book->pid, trade, finish);

    if (rc != CIVIC_OK || !payment_is(trade->state, "open")) {
        return rc;
    }

    rc = payment_pause(r, "trade", trade->since, &pause, &waits);

    if (rc == CIVIC_OK) {
        *next = civic_now(r) + pause;

        if (waits) {
            tell_waiting(r, "trade", no);
        }
    }

    return rc;
}


static civic_result_t
chase_refund(civic_request_t *r, const payment_book_t *book, civic_str_t no,
    civic_msec_t *next)
{
    int                waits;
    int64_t            pause;
    civic_str_t        refused;
    civic_result_t     rc;
    payment_refund_t  *refund = payment_refund_of(book, no);

    *next = 0;

    if (refund == NULL || !payment_is(refund->state, "open")) {
        return CIVIC_OK;
    }

    rc = payment_refund_try(r, book->pid, refund, &refused);

    if (rc == CIVIC_OK && !payment_is(refund->state, "open")) {
        return payment_stuck_end(r, book->pid, 'r', no);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = payment_pause(r, "refund", refund->since, &pause, &waits);

    if (rc == CIVIC_OK) {
        *next = civic_now(r) + pause;

        if (waits) {
            tell_waiting(r, "refund", no);
        }
    }

    return rc != CIVIC_OK || (refused.len == 0 && !waits) ? rc
           : payment_stuck(r, book->pid, 'r', no, refund->since,
                           refused.len > 0 ? refused
                                           : CIVIC_STR("no_answer"));
}


/* "<pid> <t or r> <number>" */
static civic_result_t
chase(civic_request_t *r, civic_str_t member, civic_msec_t *next)
{
    civic_str_t     pid, no;
    civic_result_t  rc;
    payment_book_t  book;

    *next = 0;

    if (member.len < SHARED_PID + 4) {
        return CIVIC_OK;
    }

    pid = shared_copy(r, (civic_str_t) { member.data, SHARED_PID });
    no = shared_copy(r, (civic_str_t) { member.data + SHARED_PID + 3,
                                         member.len - SHARED_PID - 3 });

    rc = payment_book_read(r, pid, &book);

    if (rc == CIVIC_OK) {
        rc = member.data[SHARED_PID + 1] == 'r'
             ? chase_refund(r, &book, no, next)
             : chase_trade(r, &book, no, next);
    }

    /* others are not to wait for it */
    return payment_postpone(r, rc, civic_now(r), next);
}


civic_result_t
payment_due_run(civic_request_t *r, const civic_job_t *job)
{
    size_t                i, count;
    civic_str_t           key = civic_print(r, DUE, job->shard);
    civic_msec_t          next, began = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *due;

    rc = payment_due_read(r, key, began, &due, &count);

    for (i = 0; rc == CIVIC_OK && i < count && civic_now(r) < began + BUDGET;
         i += 2)
    {
        rc = chase(r, shared_item(due, i), &next);

        if (rc == CIVIC_OK) {
            rc = payment_index_moved(r, key, shared_item(due, i),
                                     shared_item(due, i + 1), next);
        }
    }

    return rc;
}
