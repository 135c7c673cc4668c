/*
 * rules.c - what lua/rules/review.lua is asked by several, and how the order
 * of an application stands.
 */

#include "review.h"
#include "values.h"
#include "words.h"


/* ---- windows ----------------------------------------------------------- */

static void
add_window(json_t *in, const char *name, review_window_t window)
{
    if (window.until > 0) {
        json_object_set_new(in, name, json_pack("{s:I, s:I}",
                                "from", (json_int_t) window.from,
                                "until", (json_int_t) window.until));
    }
}


civic_result_t
review_window_rule(civic_request_t *r, const char *what,
    const review_exam_t *exam, civic_msec_t now, json_t **answer)
{
    json_t  *in;

    in = json_pack("{s:s, s:I}", "what", what, "now", (json_int_t) now);
    add_window(in, "registration", exam->registration);
    add_window(in, "review", exam->review);
    add_window(in, "payment", exam->payment);

    return civic_rule(r, "window", in, answer);
}


civic_result_t
review_window_check(civic_request_t *r, const char *what,
    const review_exam_t *exam, civic_msec_t now, int *answered)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = review_window_rule(r, what, exam, now, &answer);

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        *answered = 1;
        return civic_refuse(r, answer);
    }

    return rc;
}


/* ---- the order --------------------------------------------------------- */

static int64_t
number_of(json_t *object, const char *name)
{
    json_t  *value = json_object_get(object, name);

    return json_is_integer(value) ? json_integer_value(value) : 0;
}


static void
take_order(civic_request_t *r, json_t *answer, review_order_t *order)
{
    order->id = shared_copy(r, shared_json_str(answer, "order_id"));
    order->state = shared_copy(r, shared_json_str(answer, "state"));
    order->version = number_of(answer, "version");
    order->since = number_of(answer, "since");
    order->until = number_of(answer, "until");
    order->fen = number_of(answer, "fen");
    order->returned = number_of(answer, "returned");
    order->paying = json_is_true(json_object_get(answer, "paying"));

    if (order->state.len == 0) {
        order->state = CIVIC_STR("none");
    }
}


civic_result_t
review_order(civic_request_t *r, civic_str_t pid, civic_str_t exam,
    review_order_t *order)
{
    json_t          *answer = NULL;
    civic_str_t      item;
    civic_result_t   rc;

    item = civic_print(r, REVIEW_ITEM "%.*s", (int) exam.len, exam.data);

    rc = civic_call(r, "payment.state",
                    json_pack("{s:s%, s:s}", "pid", pid.data, pid.len,
                              "item", item.data), &answer);

    if (rc == CIVIC_OK || rc == CIVIC_NOT_FOUND) {
        take_order(r, rc == CIVIC_OK ? answer : NULL, order);
        return CIVIC_OK;
    }

    return rc;
}


/* Money of which a part goes back has still been paid. */
static int
is_paid(const review_order_t *order)
{
    return civic_str_eq(order->state, CIVIC_STR("paid"))
           || (civic_str_eq(order->state, CIVIC_STR("refunding"))
               && order->returned < order->fen);
}


int
review_is_entitled(const review_application_t *application,
    const review_exam_t *exam, const review_order_t *order)
{
    return review_is(application, "approved") && exam->exists
           && (exam->fen == 0 || is_paid(order));
}
