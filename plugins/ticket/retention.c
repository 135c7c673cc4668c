/*
 * retention.c - who had which seat is erased when it was kept long enough
 * (PIPL 19, 47): so many days after the exam is over in every respect, by the
 * rule "retention".
 *
 * One script for each person erases and writes the audit trail's entry, which
 * is the proof.  What was erased is not found again, so a run that was killed
 * goes on where it was.
 */

#include "retention.h"
#include "ticket.h"
#include "values.h"
#include "words.h"

#define EXAMS   256
#define PAGE    64                      /* people of a look */
#define MOST    1000                    /* people of a run, for its memory */
#define BUDGET  12000                   /* ms of a run */

/* A run. */
typedef struct {
    ticket_order_t  order;              /* of the exam that it is about */
    civic_msec_t    ends;
    size_t          people;             /* erased, of all exams */
} erasing_t;


civic_result_t
ticket_kept_enough(civic_request_t *r, json_t *facts, int *over)
{
    return shared_retention_over(r, NULL, shared_exam_over(facts), over);
}


/* ---- one person -------------------------------------------------------- */

/* The proof says of which exam and by which rule, and nothing of the seat. */
static civic_result_t
prove(civic_request_t *r, civic_str_t exam, civic_str_t pid,
    civic_str_t near, civic_str_t *outbox, civic_str_t *entry)
{
    json_t          *details = json_pack("{s:s%}", "exam", exam.data,
                                         exam.len);
    civic_result_t   rc;

    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "ticket.erased", .subject = pid,
                            .details = details, .with_rule = 1 },
                     near, outbox, entry);
    json_decref(details);

    return rc;
}


/* Whatever stands there, damaged or not. */
static civic_result_t
erase_one(civic_request_t *r, erasing_t *erasing, civic_str_t pid,
    civic_str_t text)
{
    civic_str_t           keys[5], args[4], exam = erasing->order.exam;
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = ticket_key(r, exam, "people");
    keys[1] = ticket_key(r, exam, "seats");
    keys[2] = ticket_key(r, exam, "waiting");
    keys[3] = ticket_key(r, exam, "door");
    args[0] = pid;
    args[1] = text;

    rc = ticket_digest(r, exam, erasing->order.seed, pid, &args[2]);

    if (rc == CIVIC_OK) {
        rc = prove(r, exam, pid, keys[0], &keys[4], &args[3]);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "ticket_erase", .keys = keys,
                                 .nkeys = 5, .args = args, .nargs = 4,
                                 .flags = CIVIC_SCRIPT_BULK
                                          | CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc == CIVIC_OK && value->integer == 1) {
        civic_count(r, TICKET_ERASED, 1);
        erasing->people++;
    }

    return rc;
}


/* ---- an exam ----------------------------------------------------------- */

static int
goes_on(civic_request_t *r, const erasing_t *erasing)
{
    return erasing->people < MOST && civic_now(r) < erasing->ends;
}


/* Some of an exam's people, from *cursor on; "0" after the last. */
static civic_result_t
erase_page(civic_request_t *r, erasing_t *erasing, civic_str_t *cursor)
{
    size_t                i;
    civic_result_t        rc;
    const civic_value_t  *value, *pairs;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HSCAN"),
                                   ticket_key(r, erasing->order.exam,
                                              "people"),
                                   *cursor, CIVIC_STR("COUNT"),
                                   shared_decimal(r, PAGE)), &value);

    if (rc != CIVIC_OK || value->count != 2
        || value->items[1].type != CIVIC_VALUE_ARRAY)
    {
        return rc != CIVIC_OK ? rc : CIVIC_ERROR;
    }

    pairs = &value->items[1];

    for (i = 0; i + 1 < pairs->count && rc == CIVIC_OK && goes_on(r, erasing);
         i += 2)
    {
        rc = erase_one(r, erasing, shared_copy(r, shared_item(pairs, i)),
                       shared_copy(r, shared_item(pairs, i + 1)));
    }

    *cursor = shared_copy(r, shared_item(value, 0));

    return rc;
}


/* *over: its time is over, and it has people still.  Only then are its facts
   asked for: most exams have nobody any more, or are far from it. */
static civic_result_t
look_at(civic_request_t *r, civic_str_t exam, int *over)
{
    json_t               *facts;
    civic_result_t        rc;
    const civic_value_t  *value;

    *over = 0;
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("EXISTS"),
                                   ticket_key(r, exam, "people")), &value);

    if (rc != CIVIC_OK || value->integer == 0) {
        return rc;
    }

    rc = civic_call(r, "exam.facts", json_pack("{s:s%}", "exam_id", exam.data,
                                               exam.len), &facts);

    return rc != CIVIC_OK ? rc : ticket_kept_enough(r, facts, over);
}


static civic_result_t
erase_exam(civic_request_t *r, erasing_t *erasing, civic_str_t exam)
{
    int             over;
    civic_str_t     cursor = CIVIC_STR("0");
    civic_result_t  rc;

    rc = look_at(r, exam, &over);

    if (rc != CIVIC_OK || !over) {
        return rc;
    }

    rc = ticket_order_read(r, exam, &erasing->order);

    if (rc != CIVIC_OK) {
        return rc;
    }

    do {
        rc = erase_page(r, erasing, &cursor);
    } while (rc == CIVIC_OK && goes_on(r, erasing)
             && !ticket_is(cursor, "0"));

    return rc;
}


/* One exam whose facts are damaged is not to keep others waiting. */
civic_result_t
ticket_retention_run(civic_request_t *r, const civic_job_t *job)
{
    size_t          i, count;
    erasing_t       erasing = { .ends = civic_now(r) + BUDGET };
    civic_str_t    *ids;
    civic_result_t  rc, first = CIVIC_OK;

    (void) job;
    ids = civic_alloc(r, EXAMS * sizeof(civic_str_t));
    rc = ticket_exams(r, ids, EXAMS, &count);

    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < count && goes_on(r, &erasing); i++) {
        rc = erase_exam(r, &erasing, ids[i]);

        if (rc == CIVIC_ABORTED) {
            return rc;
        }

        first = first == CIVIC_OK ? rc : first;
    }

    return first;
}
