/*
 * waiting.c - GET /review/queue: by exam, how many applications wait, and
 * reversals.
 *
 * An exam is told of until it is over, and then as long as something of it
 * waits, however long ago it was.  So all are looked at, in the order of the
 * list, as many for one answer as its turn allows; it says where the next goes
 * on.
 */

#include "caller.h"
#include "clock.h"
#include "desk.h"
#include "values.h"
#include "words.h"

#define EXAMS  64                       /* of an answer, at most */
#define PAGE   32                       /* of the list, at a time */
#define LOOKS  512                      /* exams that are looked at for it */

typedef struct {
    json_t              *exam;          /* as the list has it */
    staff_queue_look_t   look;
    int64_t              reversals;
} row_t;

typedef struct {
    row_t        *rows;                 /* EXAMS of them */
    size_t        count;
    size_t        looked;
    civic_str_t   after;                /* empty: that was the last */
} found_t;


/* ---- which ------------------------------------------------------------- */

/* Of each exam of a page, whether something waits. */
static civic_result_t
any_waits(civic_request_t *r, json_t *exams, int *any)
{
    int             *waits;
    size_t           i, count = json_array_size(exams);
    json_t          *exam;
    civic_str_t     *queues, id;
    civic_result_t   rc;

    queues = civic_alloc(r, (2 * count + 1) * sizeof(civic_str_t));
    waits = civic_alloc(r, (2 * count + 1) * sizeof(int));

    json_array_foreach(exams, i, exam) {
        id = shared_json_str(exam, "exam_id");
        queues[2 * i] = review_queue(r, id);
        queues[2 * i + 1] = review_reversals(r, id);
    }

    rc = staff_queue_any(r, queues, 2 * count, waits);

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        any[i] = waits[2 * i] || waits[2 * i + 1];
    }

    return rc;
}


static civic_result_t
find_page(civic_request_t *r, found_t *found)
{
    int             *any;
    size_t           i, limit = EXAMS - found->count;
    json_t          *out, *exams, *exam;
    civic_msec_t     now = civic_business_now(r);
    civic_result_t   rc;

    rc = civic_call(r, "exam.list",
                    json_pack("{s:s%, s:I}", "after", found->after.data,
                              found->after.len, "limit",
                              (json_int_t) (limit < PAGE ? limit : PAGE)),
                    &out);

    if (rc == CIVIC_NOT_FOUND) {
        civic_log(r, CIVIC_LOG_ERROR, "the plugin \"exam\" is not loaded");
        return CIVIC_ERROR;
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    exams = json_object_get(out, "exams");
    any = civic_alloc(r, (json_array_size(exams) + 1) * sizeof(int));
    rc = any_waits(r, exams, any);

    if (rc != CIVIC_OK) {
        return rc;
    }

    json_array_foreach(exams, i, exam) {
        if (found->count < EXAMS
            && (any[i] || json_integer_value(json_object_get(exam, "until"))
                          > now))
        {
            found->rows[found->count++].exam = exam;
        }
    }

    found->looked += json_array_size(exams);
    found->after = shared_copy(r, shared_json_str(out, "after"));

    return CIVIC_OK;
}


static civic_result_t
find_exams(civic_request_t *r, found_t *found)
{
    civic_result_t  rc;

    found->rows = civic_alloc(r, EXAMS * sizeof(row_t));

    do {
        rc = find_page(r, found);
    } while (rc == CIVIC_OK && found->after.len > 0 && found->count < EXAMS
             && found->looked < LOOKS);

    return rc;
}


/* ---- how many ---------------------------------------------------------- */

static civic_result_t
look_at(civic_request_t *r, int64_t soon, row_t *row)
{
    civic_str_t          id = shared_json_str(row->exam, "exam_id");
    civic_str_t          staff = shared_copy(r, civic_pid(r));
    civic_msec_t         now = civic_business_now(r);
    civic_result_t       rc;
    staff_queue_look_t   proposed;

    rc = staff_queue_look(r, review_queue(r, id), staff, now,
                          now + soon * 1000, &row->look);

    if (rc == CIVIC_OK) {
        rc = staff_queue_look(r, review_reversals(r, id), staff, now, now,
                              &proposed);
    }

    if (rc == CIVIC_OK) {
        row->reversals = proposed.waiting;
    }

    return rc;
}


static civic_result_t
look_at_all(civic_request_t *r, found_t *found)
{
    size_t              i;
    civic_result_t      rc;
    review_desk_rule_t  rule;

    rc = review_desk_rule(r, &rule);

    for (i = 0; rc == CIVIC_OK && i < found->count; i++) {
        rc = look_at(r, rule.soon, &found->rows[i]);
    }

    return rc;
}


/* ---- the answer -------------------------------------------------------- */

static void
write_counts(civic_request_t *r, civic_writer_t *w, const row_t *row)
{
    json_t                    *exam = row->exam;
    const staff_queue_look_t  *look = &row->look;

    civic_write_object(r, w, NULL);
    civic_write_str(r, w, "exam_id", shared_json_str(exam, "exam_id"));
    civic_write_str(r, w, "title",
                    shared_text_in(json_object_get(exam, "title"),
                                   shared_language(r)));
    civic_write_int(r, w, "waiting", look->waiting);
    civic_write_int(r, w, "due_soon", look->soon);
    civic_write_int(r, w, "overdue", look->overdue);
    civic_write_int(r, w, "undated", look->undated);

    if (look->first > 0) {
        civic_write_instant(r, w, "oldest", look->first);
    }

    if (look->held.len > 0) {
        civic_write_str(r, w, "mine", look->held);
    }

    civic_write_int(r, w, "reversals", row->reversals);
    civic_write_end(r, w);
}


static void
write_hours(civic_request_t *r, civic_writer_t *w, int open,
    civic_msec_t opens)
{
    if (open >= 0) {
        civic_write_bool(r, w, "working", open);
    }

    if (opens > 0) {
        civic_write_instant(r, w, "opens_at", opens);
    }
}


static void
reply(civic_request_t *r, const found_t *found, int open, civic_msec_t opens)
{
    size_t           i;
    civic_writer_t  *w = civic_reply(r, 200);

    write_hours(r, w, open, opens);
    civic_write_array(r, w, "exams");

    for (i = 0; i < found->count; i++) {
        write_counts(r, w, &found->rows[i]);
    }

    civic_write_end(r, w);

    if (found->after.len > 0) {
        civic_write_str(r, w, "after", found->after);
    }
}


/* Answers nothing before all of it is there. */
civic_result_t
review_desk_queue(civic_request_t *r)
{
    int             open;
    found_t         found = { .count = 0 };
    civic_msec_t    opens;
    civic_result_t  rc;

    found.after = shared_copy(r, shared_json_str(civic_query(r), "after"));
    rc = find_exams(r, &found);

    if (rc == CIVIC_OK) {
        rc = look_at_all(r, &found);
    }

    if (rc == CIVIC_OK) {
        rc = review_hours(r, civic_business_now(r), &open, &opens);
    }

    if (rc == CIVIC_OK) {
        reply(r, &found, open, opens);
    }

    return rc;
}
