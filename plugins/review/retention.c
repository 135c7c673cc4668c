/*
 * retention.c - what somebody applied with is erased when it was kept long
 * enough (PIPL 19, 47): so many days after the exam is over in every respect,
 * by the rule "retention".  An exam that is not there any more has no such
 * day: the application's last change counts then.
 *
 * One script erases all of an application in the person's hash, writes the
 * audit trail's entry, which is the proof, and leads the job "work" to what
 * the exam's index and queues have of it.  While money is on its way the
 * application stays.
 */

#include "record.h"
#include "retention.h"
#include "review.h"


/* Whether money is to come or to go, or may be. */
static int
money_moves(const review_application_t *application,
    const review_order_t *order)
{
    if (civic_str_eq(order->state, CIVIC_STR("paid"))) {
        return !review_is(application, "approved");
    }

    return order->paying
           || civic_str_eq(order->state, CIVIC_STR("unpaid"))
           || civic_str_eq(order->state, CIVIC_STR("refunding"));
}


/* The proof says of what kind, of which exam and by which rule, and nothing
   of what stood there. */
static civic_result_t
prove(civic_request_t *r, const review_application_t *application,
    civic_str_t near, civic_str_t *outbox, civic_str_t *entry)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s, s:s}", "exam", application->exam.data,
                        "state", application->state.data);
    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "review.erased",
                            .subject = application->pid, .details = details,
                            .with_rule = 1 }, near, outbox, entry);
    json_decref(details);

    return rc;
}


/* *erased: 0, it is another one by now; the next walk looks at it again. */
static civic_result_t
erase(civic_request_t *r, const review_application_t *application,
    int *erased)
{
    civic_str_t           keys[3], args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, application->pid, REVIEW_FAMILY);
    keys[1] = civic_outbox(r, REVIEW_WORK, keys[0]);
    args[0] = application->exam;
    args[1] = application->text;
    args[2] = civic_print(r, "%s %s erased %s", application->pid.data,
                          application->exam.data, application->id.data);

    *erased = 0;
    rc = prove(r, application, keys[0], &keys[2], &args[3]);

    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                             .name = "review_erase", .keys = keys, .nkeys = 3,
                             .args = args, .nargs = 4,
                             .flags = CIVIC_SCRIPT_DURABLE }, &value);

    *erased = rc == CIVIC_OK && value->integer == 1;
    civic_count(r, REVIEW_ERASED, (uint64_t) *erased);

    return rc;
}


civic_result_t
review_erase_over(civic_request_t *r, const review_application_t *listed,
    const review_exam_t *exam, int *erased)
{
    int             over;
    civic_msec_t    since = exam->exists ? exam->over : listed->since;
    civic_result_t  rc;
    review_order_t  order;

    *erased = 0;

    rc = shared_retention_over(r, json_pack("{s:s}", "state",
                                            listed->state.data), since, &over);

    if (rc == CIVIC_OK && over) {
        rc = review_order(r, listed->pid, listed->exam, &order);
        over = rc == CIVIC_OK && !money_moves(listed, &order);
    }

    return rc == CIVIC_OK && over ? erase(r, listed, erased) : rc;
}


civic_result_t
review_follow_erased(civic_request_t *r, civic_str_t pid, civic_str_t exam,
    civic_str_t id)
{
    civic_result_t  rc = review_unindex(r, pid, exam, id);

    return rc != CIVIC_OK ? rc : review_leave_queues(r, exam, id);
}
