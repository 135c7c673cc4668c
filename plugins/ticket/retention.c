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

#define PARTS  16                       /* of the exams, about 32, of a run */
#define PAGE   64                      /* people of a look */
#define MOST   1000                     /* people of a run, for its memory */
#define BUDGET 12000                    /* ms of a run */

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


/* *over: by its facts, which are asked for only when its windows' ends, as far
   as they are known, were long enough ago: most are far from it. */
static civic_result_t
look_at(civic_request_t *r, const ticket_listed_t *exam, int *over)
{
    json_t          *facts;
    civic_result_t   rc = CIVIC_OK;

    *over = 1;

    if (exam->until != 0) {
        rc = shared_retention_over(r, NULL, exam->until, over);
    }

    if (rc != CIVIC_OK || !*over) {
        return rc;
    }

    rc = civic_call(r, "exam.facts", json_pack("{s:s}", "exam_id",
                                               exam->id.data), &facts);

    return rc != CIVIC_OK ? rc : ticket_kept_enough(r, facts, over);
}


static civic_result_t
erase_exam(civic_request_t *r, erasing_t *erasing,
    const ticket_listed_t *exam)
{
    int             over;
    civic_str_t     cursor = CIVIC_STR("0");
    civic_result_t  rc;

    rc = look_at(r, exam, &over);

    if (rc != CIVIC_OK || !over) {
        return rc;
    }

    rc = ticket_order_read(r, exam->id, &erasing->order);

    if (rc != CIVIC_OK) {
        return rc;
    }

    do {
        rc = erase_page(r, erasing, &cursor);
    } while (rc == CIVIC_OK && goes_on(r, erasing)
             && !ticket_is(cursor, "0"));

    return rc;
}


/* ---- all exams --------------------------------------------------------- */

/* Whether each has people still: most have nobody any more. */
static civic_result_t
ask_for_people(civic_request_t *r, const ticket_listed_t *exams, size_t count,
    civic_command_t *commands)
{
    size_t        i;
    civic_str_t  *argv = civic_alloc(r, 2 * (count + 1)
                                        * sizeof(civic_str_t));

    memset(commands, 0, count * sizeof(civic_command_t));

    for (i = 0; i < count; i++) {
        argv[2 * i] = CIVIC_STR("EXISTS");
        argv[2 * i + 1] = ticket_key(r, exams[i].id, "people");
        commands[i].argv = &argv[2 * i];
        commands[i].argc = 2;
    }

    return civic_pipeline(r, commands, count);
}


/* One exam whose facts are damaged is not to keep others waiting. */
static civic_result_t
erase_part(civic_request_t *r, ticket_walk_t *walk,
    const ticket_listed_t *exams, size_t count, int *left)
{
    size_t            i;
    erasing_t        *erasing = walk->data;
    civic_result_t    rc;
    civic_command_t  *commands;

    commands = civic_alloc(r, count * sizeof(civic_command_t));
    rc = ask_for_people(r, exams, count, commands);

    for (i = 0; i < count && rc == CIVIC_OK && goes_on(r, erasing); i++) {
        if (commands[i].value->integer != 0) {
            rc = ticket_go_on(erase_exam(r, erasing, &exams[i]),
                              &walk->failed);
        }
    }

    *left = !goes_on(r, erasing);

    return rc;
}


civic_result_t
ticket_retention_run(civic_request_t *r, const civic_job_t *job)
{
    erasing_t      erasing = { .ends = civic_now(r) + BUDGET };
    ticket_walk_t  walk = { .key = "civic:{ticket:retention}",
                            .parts = PARTS, .part = erase_part,
                            .data = &erasing };

    (void) job;

    return ticket_walk(r, &walk);
}
