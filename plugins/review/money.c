/*
 * money.c - the job "money": the order of an application, by what state the
 * application is in.  Approved: there is one, until the payment window's end.
 * Otherwise: none is to be paid, and what was paid goes back.
 *
 * An approval opens one order.  Which, stands beside the application with the
 * instant of the approval: whatever becomes of that order, given back by the
 * office or removed, no other one is opened for the same approval.
 *
 * All of it is asked anew each time, so that it may be done twice and in any
 * order.
 */

#include "review.h"
#include "values.h"
#include "words.h"

#define REASON_WITHDRAWN  "报名已撤回"
#define REASON_REFUSED    "资格审核不通过"


static int
order_is(const review_order_t *order, const char *state)
{
    return civic_str_eq(order->state, civic_cstr(state));
}


static civic_str_t
item_of(civic_request_t *r, civic_str_t exam)
{
    return civic_print(r, REVIEW_ITEM "%s", exam.data);
}


/* ---- not approved ------------------------------------------------------ */

static civic_result_t
close_order(civic_request_t *r, const review_application_t *application,
    const review_order_t *order)
{
    json_t  *answer;

    return civic_call(r, "payment.close",
                      json_pack("{s:s, s:s}", "pid", application->pid.data,
                                "order_id", order->id.data), &answer);
}


static civic_result_t
give_back(civic_request_t *r, const review_application_t *application,
    const review_order_t *order)
{
    json_t          *answer;
    civic_str_t      refused;
    civic_result_t   rc;

    rc = civic_call(r, "payment.refund",
                    json_pack("{s:s, s:s, s:I, s:s}",
                              "pid", application->pid.data,
                              "order_id", order->id.data,
                              "version", (json_int_t) order->version,
                              "reason",
                              review_is(application, "withdrawn")
                              ? REASON_WITHDRAWN : REASON_REFUSED), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    refused = shared_json_str(answer, "refused");

    /* changed: whoever was quicker tells us what came of it */
    if (refused.len > 0 && !civic_str_eq(refused, CIVIC_STR("changed"))) {
        civic_log(r, CIVIC_LOG_ERROR, "order \"%s\" of an application that "
                  "is not approved is paid, and is not given back: %s",
                  order->id.data, refused.data);
        return CIVIC_OK;
    }

    civic_count(r, REVIEW_GIVEN_BACK, refused.len == 0);

    return CIVIC_OK;
}


static civic_result_t
undo(civic_request_t *r, const review_application_t *application,
    const review_order_t *order)
{
    if (order_is(order, "unpaid")) {
        return close_order(r, application, order);
    }

    return order_is(order, "paid") ? give_back(r, application, order)
                                   : CIVIC_OK;
}


/* ---- approved ---------------------------------------------------------- */

/* Whether an order was opened for this approval. */
static civic_result_t
is_opened(civic_request_t *r, const review_application_t *application,
    int *opened)
{
    civic_str_t           words[2];
    civic_result_t        rc;
    const civic_value_t  *value;

    *opened = 0;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, application->pid,
                                                    REVIEW_FAMILY),
                                   civic_print(r, "order:%s",
                                               application->exam.data)),
                     &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING
        && shared_words(r, value->str, words, 2) == 0)
    {
        *opened = shared_number(words[0], -1) == application->since;
    }

    return rc;
}


static civic_result_t
note_opened(civic_request_t *r, const review_application_t *application,
    civic_str_t order)
{
    civic_str_t           key, args[3];
    const civic_value_t  *value;

    key = civic_person_key(r, application->pid, REVIEW_FAMILY);
    args[0] = application->exam;
    args[1] = shared_decimal(r, application->since);
    args[2] = order;

    return civic_script(r, &(civic_script_t) {
                            .name = "review_order", .keys = &key, .nkeys = 1,
                            .args = args, .nargs = 3,
                            .flags = CIVIC_SCRIPT_DURABLE }, &value);
}


/* By the rule "order": the window's end, or later for who was approved at the
   last moment. */
static civic_result_t
deadline_of(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam, civic_msec_t *until)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "order",
                    json_pack("{s:I, s:I}",
                              "until", (json_int_t) exam->payment.until,
                              "approved",
                              (json_int_t) application->decided_at), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *until = shared_rule_number(answer, "until", exam->payment.until, 0,
                                INT64_MAX);

    return CIVIC_OK;
}


static civic_result_t
open_order(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam, civic_msec_t until)
{
    json_t          *answer;
    civic_str_t      title = shared_text_in(exam->fee_title, "zh");
    civic_result_t   rc;

    title = title.len > 0 ? title : shared_text_in(exam->title, "zh");

    if (until <= exam->payment.from || title.len == 0) {
        civic_log(r, CIVIC_LOG_ERROR, "exam \"%s\" has a fee, and no window "
                  "or title for it", exam->id.data);
        return CIVIC_OK;
    }

    rc = civic_call(r, "payment.open",
                    json_pack("{s:s, s:s, s:s%, s:I, s:I, s:I, s:s, s:b}",
                              "pid", application->pid.data,
                              "item", item_of(r, exam->id).data,
                              "title", title.data, title.len,
                              "fen", (json_int_t) exam->fen,
                              "from", (json_int_t) exam->payment.from,
                              "until", (json_int_t) until,
                              "opener", "review", "again", 1), &answer);

    if (rc == CIVIC_NOT_FOUND) {
        civic_log(r, CIVIC_LOG_ERROR, "exam \"%s\" has a fee, and the plugin "
                  "\"payment\" is not loaded", exam->id.data);
        return CIVIC_OK;
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_count(r, REVIEW_ORDERS,
                json_is_true(json_object_get(answer, "created")));

    return note_opened(r, application, shared_json_str(answer, "order_id"));
}


/* The order was removed after its deadline: so is who did not pay. */
static civic_result_t
remove_unpaid(civic_request_t *r, review_application_t *application)
{
    int              moved = 0;
    json_t          *details, *past;
    civic_msec_t     since = application->since;
    civic_result_t   rc = CIVIC_OK;

    details = json_pack("{s:s, s:s}", "exam", application->exam.data,
                        "position",
                        civic_text_or_empty(application->position));
    past = json_pack("{s:s, s:I}", "what", "removed", "at",
                     (json_int_t) civic_business_now(r));

    while (rc == CIVIC_OK && !moved && review_is(application, "approved")
           && application->since == since)
    {
        rc = review_move(r, application, &(review_move_t) {
                             .state = "removed", .past = past,
                             .audit = &(civic_audit_entry_t) {
                                 .action = "review.removed",
                                 .subject = application->pid,
                                 .details = details } }, &moved);
    }

    json_decref(details);
    json_decref(past);

    if (rc == CIVIC_OK) {
        civic_count(r, REVIEW_REMOVED, (uint64_t) moved);
    }

    return rc;
}


static civic_result_t
move_deadline(civic_request_t *r, const review_application_t *application,
    const review_order_t *order, civic_msec_t until)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_call(r, "payment.extend",
                    json_pack("{s:s, s:s, s:I}",
                              "pid", application->pid.data,
                              "order_id", order->id.data,
                              "until", (json_int_t) until), &answer);

    if (rc == CIVIC_OK) {
        civic_count(r, REVIEW_DEADLINES, 1);
    }

    return rc;
}


static civic_result_t
ask_for_money(civic_request_t *r, review_application_t *application,
    const review_exam_t *exam, const review_order_t *order)
{
    int             opened;
    civic_msec_t    until;
    civic_result_t  rc;

    rc = is_opened(r, application, &opened);

    if (rc == CIVIC_OK) {
        rc = deadline_of(r, application, exam, &until);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!opened) {
        /* of an approval before: when it is back, we are told */
        return order_is(order, "refunding") ? CIVIC_OK
               : open_order(r, application, exam, until);
    }

    if (order_is(order, "removed")) {
        return remove_unpaid(r, application);
    }

    return order_is(order, "unpaid") && order->until != until
           ? move_deadline(r, application, order, until) : CIVIC_OK;
}


/* ---- all --------------------------------------------------------------- */

civic_result_t
review_settle(civic_request_t *r, review_application_t *application,
    const review_exam_t *exam)
{
    civic_result_t  rc;
    review_order_t  order;

    rc = review_order(r, application->pid, application->exam, &order);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!review_is(application, "approved")) {
        return undo(r, application, &order);
    }

    if (!exam->exists) {
        return CIVIC_OK;
    }

    if (exam->fen > 0) {
        return ask_for_money(r, application, exam, &order);
    }

    /* it is free by now; what was paid is for the office to give back */
    return order_is(&order, "unpaid") ? close_order(r, application, &order)
                                      : CIVIC_OK;
}


/* An application that is gone was kept long enough: nobody takes its money
   for money that should go back. */
civic_result_t
review_money_step(civic_request_t *r, shared_entry_t *entry)
{
    civic_result_t      rc;
    review_following_t  it;

    rc = review_following(r, entry, &it);

    return rc == CIVIC_OK && it.application.id.len > 0
           ? review_settle(r, &it.application, &it.exam) : rc;
}


/* ---- what the plugin "payment" tells ----------------------------------- */

/* Whose order that is; empty: none of ours. */
static civic_str_t
exam_of(json_t *in)
{
    size_t       len = sizeof(REVIEW_ITEM) - 1;
    civic_str_t  exam, item = shared_json_str(in, "item");

    if (item.len <= len || memcmp(item.data, REVIEW_ITEM, len) != 0) {
        return CIVIC_STR("");
    }

    exam = (civic_str_t) { item.data + len, item.len - len };

    return shared_is_exam(exam) ? exam : CIVIC_STR("");
}


/* {"pid", "order_id", "item", "state", "version", "fen", "returned"}: what is
   to be done stands in outboxes afterwards. */
civic_result_t
review_call_payment(civic_request_t *r, json_t *in, json_t **out)
{
    json_t       *version = json_object_get(in, "version");
    civic_str_t   exam = exam_of(in);

    *out = NULL;

    return exam.len == 0 ? CIVIC_OK
           : review_note(r, shared_json_str(in, "pid"), exam, "payment",
                         json_integer_value(version));
}


/* {"pid", "order_id", "item"} -> {"needed"}: as long as the application is
   there, whatever is in it. */
civic_result_t
review_call_payment_needed(civic_request_t *r, json_t *in, json_t **out)
{
    civic_str_t           exam = exam_of(in);
    civic_result_t        rc;
    const civic_value_t  *value;

    *out = NULL;
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HEXISTS"),
                                   civic_person_key(r, shared_json_str(in,
                                                    "pid"), REVIEW_FAMILY),
                                   civic_print(r, "application:%.*s",
                                               (int) exam.len, exam.data)),
                     &value);

    if (rc == CIVIC_OK) {
        *out = json_pack("{s:b}", "needed", value->integer != 0);
    }

    return rc;
}
