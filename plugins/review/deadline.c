/*
 * deadline.c - an exam's instants have moved: whoever has an order of it that
 * is not paid gets the new deadline, in steps, by the exam's index.
 *
 * The index may be behind: everybody in it who has not paid is looked at, in
 * the own record.  And a worker may have had the old facts for a moment when
 * it opened an order: the walk begins when none has them any more.
 */

#include "record.h"
#include "review.h"
#include "values.h"
#include "words.h"

#define MOVING        "civic:{review:moving}"
#define APPLICATIONS  "civic:{review:%s}:applications"
#define BUDGET        15000             /* ms of a run */
#define PAGE          "128"
#define OLD_FACTS     3000              /* ms that a worker may have had them */

typedef struct {
    civic_str_t   exam;
    civic_str_t   text;                 /* as Redis has it */
    civic_str_t   words[3];             /* revision, cursor, not before */
} moving_t;


static civic_result_t
note(civic_request_t *r, civic_str_t exam, civic_str_t was, civic_str_t text,
    int *done)
{
    civic_str_t           key = CIVIC_STR(MOVING), args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    args[0] = exam;
    args[1] = was;
    args[2] = text;

    rc = civic_script(r, &(civic_script_t) {
                             .name = "review_moving", .keys = &key,
                             .nkeys = 1, .args = args, .nargs = 3,
                             .flags = CIVIC_SCRIPT_DURABLE }, &value);
    *done = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


/* {"exam_id", "revision"} */
civic_result_t
review_call_exam_changed(civic_request_t *r, json_t *in, json_t **out)
{
    int          done;
    json_t      *revision = json_object_get(in, "revision");
    civic_str_t  exam = shared_json_str(in, "exam_id");

    *out = NULL;

    return !shared_is_exam(exam) ? CIVIC_OK
           : note(r, exam, CIVIC_STR("*"),
                  civic_print(r, "%lld 0 %lld",
                              (long long) json_integer_value(revision),
                              (long long) civic_now(r) + OLD_FACTS),
                  &done);
}


/* ---- the walk ---------------------------------------------------------- */

static civic_result_t
settle_one(civic_request_t *r, const review_exam_t *exam, civic_str_t pid,
    civic_str_t row)
{
    civic_result_t         rc;
    review_application_t   application;

    if (pid.len != SHARED_PID
        || civic_str_eq(shared_word(row, 3), CIVIC_STR("1")))
    {
        return CIVIC_OK;
    }

    rc = review_read(r, pid, exam->id, &application);

    if (rc == CIVIC_OK && review_is(&application, "approved")) {
        rc = review_settle(r, &application, exam);
    }

    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


/* A page of the index; *cursor is where the next one begins, "0" after the
   last. */
static civic_result_t
walk_page(civic_request_t *r, const review_exam_t *exam, civic_str_t *cursor)
{
    size_t                i;
    civic_result_t        rc;
    const civic_value_t  *value, *rows;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HSCAN"),
                                   civic_print(r, APPLICATIONS,
                                               exam->id.data),
                                   *cursor, CIVIC_STR("COUNT"),
                                   CIVIC_STR(PAGE)), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->count != 2 || shared_item(value, 0).len == 0) {
        return CIVIC_ERROR;
    }

    rows = &value->items[1];

    for (i = 0; rc == CIVIC_OK && i + 1 < rows->count; i += 2) {
        rc = settle_one(r, exam, shared_item(rows, i),
                        shared_item(rows, i + 1));
    }

    *cursor = shared_copy(r, shared_item(value, 0));

    return rc;
}


/* *on: there is more of it to be done at once. */
static civic_result_t
walk(civic_request_t *r, moving_t *moving, int *on)
{
    int              end;
    civic_str_t      next;
    civic_result_t   rc;
    review_exam_t    exam;

    *on = 0;

    if (civic_now(r) < shared_number(moving->words[2], 0)) {
        return CIVIC_OK;
    }

    rc = review_exam(r, moving->exam, &exam);

    /* this worker does not know of the revision yet: the next run does */
    if (rc != CIVIC_OK
        || (exam.exists
            && exam.revision < shared_number(moving->words[0], 0)))
    {
        return rc;
    }

    rc = walk_page(r, &exam, &moving->words[1]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    end = civic_str_eq(moving->words[1], CIVIC_STR("0"));
    next = end ? CIVIC_STR("")
           : civic_print(r, "%s %s %s", moving->words[0].data,
                         moving->words[1].data, moving->words[2].data);

    rc = note(r, moving->exam, moving->text, next, on);
    moving->text = next;
    *on = *on && !end;

    return rc;
}


civic_result_t
review_deadlines_run(civic_request_t *r, const civic_job_t *job)
{
    int                   on;
    size_t                i;
    moving_t              moving;
    civic_msec_t          began = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    (void) job;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"), CIVIC_STR(MOVING)),
                     &value);

    for (i = 0; rc == CIVIC_OK && i + 1 < value->count; i += 2) {
        moving.exam = shared_copy(r, shared_item(value, i));
        moving.text = shared_copy(r, shared_item(value, i + 1));
        on = shared_words(r, moving.text, moving.words, 3) == 0;

        while (rc == CIVIC_OK && on && civic_now(r) < began + BUDGET) {
            rc = walk(r, &moving, &on);
        }
    }

    return rc;
}
