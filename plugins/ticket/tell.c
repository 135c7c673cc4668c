/*
 * tell.c - people are told: that they have a seat, that it was given back,
 * on the first day of printing that they can print, and when the office moves
 * that time.  The words are the rule's; who was told is not told again.
 */

#include "message.h"
#include "outbox_run.h"
#include "ticket.h"
#include "values.h"
#include "words.h"

#define LATE     (31 * 86400000LL)      /* ms after an exam's last window that
                                           people are told still */
#define BUDGET   12000                  /* ms of a run */
#define PEOPLE   500                    /* of a run, for its memory */


/* ---- one person -------------------------------------------------------- */

/* Once for each giving of a seat; and for each window. */
static civic_str_t
once_of(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_person_t *person, const char *what)
{
    return strcmp(what, "moved") != 0
           ? civic_print(r, "%s:%s", exam->id.data, person->version.data)
           : civic_print(r, "%s:%s:%lld:%lld", exam->id.data,
                         person->version.data, (long long) exam->from,
                         (long long) exam->until);
}


/* "seated", "printable", "moved" or "back". */
static civic_result_t
tell(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_person_t *person, const char *what)
{
    int              sent;
    json_t          *title = json_object_get(exam->facts, "title");
    civic_result_t   rc;

    rc = shared_message(r, "message",
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "what", what,
                  "title_zh", shared_text_in(title, "zh").data,
                  "title_en", shared_text_in(title, "en").data,
                  "number", person->number.data,
                  "from", shared_minute(r, exam->from).data,
                  "until", shared_minute(r, exam->until).data),
        (civic_message_t) {
            .pid = person->pid,
            .kind = civic_print(r, "ticket.%s", what).data,
            .once = once_of(r, exam, person, what),
        }, &sent);

    if (sent) {
        civic_count(r, TICKET_TOLD, 1);
    }

    return rc;
}


static civic_result_t
tell_seated(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_person_t *person)
{
    civic_result_t     rc;
    ticket_printing_t  printing;

    rc = ticket_printing(r, exam, &printing);

    return rc != CIVIC_OK ? rc
           : tell(r, exam, person, printing.allow ? "printable" : "seated");
}


/* ---- the job "tell": what a round has done ----------------------------- */

/* "<exam> <pid> <state> <version>" */
static civic_result_t
tell_entry(civic_request_t *r, shared_entry_t *entry)
{
    civic_str_t      words[4];
    ticket_exam_t    exam;
    civic_result_t   rc;
    ticket_person_t  person;

    if (shared_words(r, entry->value, words, 4) != 0) {
        return CIVIC_INVALID;
    }

    rc = ticket_exam_read(r, words[0], &exam);

    if (rc == CIVIC_OK) {
        rc = ticket_person_read(r, exam.id, words[1], &person);
    }

    if (rc != CIVIC_OK) {
        /* an exam or a person that is gone */
        return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
    }

    /* what came after is told by its own entry */
    if (!civic_str_eq(person.version, words[3])) {
        return CIVIC_OK;
    }

    return ticket_is(person.state, "seated") ? tell_seated(r, &exam, &person)
                                             : tell(r, &exam, &person, "back");
}


static const shared_outbox_t  outboxes[] = {
    { .name = TICKET_TELL, .step = tell_entry },
    { .name = NULL }
};


civic_result_t
ticket_tell_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_outbox_run(r, job, outboxes, TICKET_SET_ASIDE, NULL);
}


/* ---- the job "opened": the first day of printing, and another one -------- */

/* A run. */
typedef struct {
    civic_msec_t    ends;
    civic_msec_t    late;               /* an exam that was over by then tells
                                           nobody any more */
    size_t          people;             /* that were told */
    civic_result_t  failed;             /* the first exam that did */
} opening_t;


static int
goes_on(civic_request_t *r, const opening_t *opening)
{
    return opening->people < PEOPLE && civic_now(r) < opening->ends;
}


/* "all", or a number. */
static civic_result_t
keep(civic_request_t *r, const ticket_order_t *order, const char *field,
    civic_str_t was, civic_str_t comes)
{
    civic_str_t           key, args[3];
    const civic_value_t  *value;

    key = ticket_key(r, order->exam, "order");
    args[0] = was;
    args[1] = comes;
    args[2] = civic_cstr(field);

    return civic_script(r, &(civic_script_t) {
                            .name = "ticket_opened", .keys = &key,
                            .nkeys = 1, .args = args, .nargs = 3 }, &value);
}


/* Some of an exam's people, from a cursor on; *next is where to go on, or
   "all". */
static civic_result_t
tell_page(civic_request_t *r, const ticket_exam_t *exam, civic_str_t cursor,
    const char *what, size_t *people, civic_str_t *next)
{
    size_t                i;
    civic_result_t        rc;
    ticket_person_t       person;
    const civic_value_t  *value, *pairs;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HSCAN"),
                                   ticket_key(r, exam->id, "people"),
                                   cursor.len == 0 ? CIVIC_STR("0") : cursor,
                                   CIVIC_STR("COUNT"), CIVIC_STR("64")),
                     &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->count != 2 || value->items[1].type != CIVIC_VALUE_ARRAY) {
        return CIVIC_ERROR;
    }

    *next = shared_item(value, 0);
    *next = ticket_is(*next, "0") ? CIVIC_STR("all") : *next;
    pairs = &value->items[1];

    for (i = 0; i + 1 < pairs->count && rc == CIVIC_OK; i += 2) {
        if (ticket_person_take(r, shared_item(pairs, i),
                               shared_item(pairs, i + 1), &person) == 0
            && ticket_is(person.state, "seated"))
        {
            rc = tell(r, exam, &person, what);
            (*people)++;
        }
    }

    return rc;
}


static civic_result_t
open_page(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, size_t *people)
{
    civic_str_t     next;
    civic_result_t  rc;

    rc = tell_page(r, exam, order->opened, "printable", people, &next);

    return rc != CIVIC_OK ? rc : keep(r, order, "opened", order->opened, next);
}


/*
 * Whoever has a seat was told from when on and until when to print.  When the
 * office moves that, each of them is told once more.  told is how far of the
 * window as it is: empty if another one was told.
 */
static civic_result_t
move_page(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, civic_str_t window, civic_str_t told,
    size_t *people)
{
    civic_str_t     next;
    civic_result_t  rc;

    rc = tell_page(r, exam, told, "moved", people, &next);

    return rc != CIVIC_OK ? rc
           : keep(r, order, "window", order->window,
                  civic_print(r, "%s %.*s", window.data, (int) next.len,
                              next.data));
}


/* opens: all are told "printable" now, with the window as it is; so are they
   when the first round is done. */
static civic_result_t
follow_window(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, int opens, size_t *people)
{
    civic_str_t  window, told = CIVIC_STR("");

    if (exam->from <= 0 || exam->until <= 0) {
        return CIVIC_OK;
    }

    window = civic_print(r, "%lld %lld", (long long) exam->from,
                         (long long) exam->until);

    if (order->window.len > window.len + 1
        && memcmp(order->window.data, window.data, window.len) == 0
        && order->window.data[window.len] == ' ')
    {
        told.data = order->window.data + window.len + 1;
        told.len = order->window.len - window.len - 1;
    }

    if (ticket_is(told, "all")) {
        return CIVIC_OK;
    }

    if (opens || order->window.len == 0) {
        return keep(r, order, "window", order->window,
                    civic_print(r, "%s all", window.data));
    }

    return move_page(r, exam, order, window, told, people);
}


static civic_result_t
open_exam(civic_request_t *r, civic_str_t id, size_t *people)
{
    int                opens;
    ticket_exam_t      exam;
    civic_result_t     rc;
    ticket_order_t     order;
    ticket_printing_t  printing = { .allow = 0 };

    rc = ticket_order_read(r, id, &order);

    if (rc == CIVIC_OK) {
        rc = ticket_exam_read(r, id, &exam);
    }

    if (rc == CIVIC_OK) {
        rc = ticket_printing(r, &exam, &printing);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    opens = printing.allow && !ticket_is(order.opened, "all");
    rc = follow_window(r, &exam, &order, opens, people);

    return rc == CIVIC_OK && opens ? open_page(r, &exam, &order, people) : rc;
}


/* Whether somebody may have to be told: nobody has a seat before a round is
   done, and most exams' people know all. */
static int
is_owed(civic_request_t *r, const opening_t *opening,
    const ticket_listed_t *exam, const ticket_order_t *order)
{
    civic_str_t  told;

    if (order->done == 0 || exam->until <= opening->late) {
        return 0;
    }

    told = civic_print(r, "%lld %lld all", (long long) exam->print_from,
                       (long long) exam->print_until);

    return !ticket_is(order->opened, "all")
           || !civic_str_eq(order->window, told);
}


/* As far as this run comes. */
static civic_result_t
open_all(civic_request_t *r, opening_t *opening, const ticket_listed_t *exam)
{
    size_t          before;
    civic_result_t  rc;

    do {
        before = opening->people;
        rc = open_exam(r, exam->id, &opening->people);
    } while (rc == CIVIC_OK && opening->people > before
             && goes_on(r, opening));

    /* the exam was taken away: nobody is to be told */
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


static civic_result_t
open_some(civic_request_t *r, opening_t *opening,
    const ticket_listed_t *exams, size_t count)
{
    size_t           i;
    civic_result_t   rc;
    ticket_order_t  *orders;

    orders = civic_alloc(r, (count + 1) * sizeof(ticket_order_t));
    rc = ticket_orders_read(r, exams, count, orders);

    for (i = 0; i < count && rc == CIVIC_OK && goes_on(r, opening); i++) {
        if (is_owed(r, opening, &exams[i], &orders[i])) {
            rc = ticket_go_on(open_all(r, opening, &exams[i]),
                              &opening->failed);
        }
    }

    return rc;
}


/* The list has at first what is not over, then what ended last: from some
   place on all is late. */
civic_result_t
ticket_opened_run(civic_request_t *r, const civic_job_t *job)
{
    size_t            count;
    opening_t         opening = { .ends = civic_now(r) + BUDGET };
    civic_str_t       after = CIVIC_STR("");
    civic_result_t    rc;
    ticket_listed_t  *exams;

    (void) job;
    opening.late = civic_business_now(r) - LATE;

    do {
        rc = ticket_exams(r, &after, &exams, &count);

        if (rc == CIVIC_OK) {
            rc = open_some(r, &opening, exams, count);
        }
    } while (rc == CIVIC_OK && after.len > 0 && goes_on(r, &opening)
             && (count == 0 || exams[count - 1].until > opening.late));

    return rc == CIVIC_OK ? opening.failed : rc;
}
