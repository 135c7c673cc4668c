/*
 * rounds.c - the steps of a round of seating: who has a seat is looked at
 * again, who is entitled is collected, who was collected is seated.
 *
 * Each step is one script that compares the number of the step it was made
 * from: of two runs at once one has looked in vain.  What a step has done
 * stands in the order with it, so a run that was killed has lost nothing and
 * does nothing twice.  Counts are of scripts alone.
 */

#include "ticket.h"
#include "values.h"
#include "words.h"

#define PAGE     64                     /* people of a step */
#define MOST     1024                   /* that an answer may have */
#define WINDOW   256                    /* places of a step */


/* ---- the order --------------------------------------------------------- */

enum {
    SEED, WANTED, ROUND, DONE, STEP, PHASE, CURSOR, OPENED, REVISION,
    TOLD_WINDOW, ORDER_FIELDS
};

static const char *const  fields[ORDER_FIELDS] = {
    "seed", "wanted", "round", "done", "step", "phase", "cursor", "opened",
    "revision", "window"
};


static civic_str_t *
order_command(civic_request_t *r, civic_str_t exam)
{
    size_t        i;
    civic_str_t  *argv = civic_alloc(r, (2 + ORDER_FIELDS)
                                        * sizeof(civic_str_t));

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = ticket_key(r, exam, "order");

    for (i = 0; i < ORDER_FIELDS; i++) {
        argv[2 + i] = civic_cstr(fields[i]);
    }

    return argv;
}


static void
take_order(civic_str_t exam, const civic_value_t *value,
    ticket_order_t *order)
{
    order->exam = exam;
    order->seed = shared_item(value, SEED);
    order->wanted = shared_number(shared_item(value, WANTED), 0);
    order->round = shared_number(shared_item(value, ROUND), 0);
    order->done = shared_number(shared_item(value, DONE), 0);
    order->step = shared_number(shared_item(value, STEP), 0);
    order->phase = shared_item(value, PHASE);
    order->cursor = shared_item(value, CURSOR);
    order->opened = shared_item(value, OPENED);
    order->revision = shared_number(shared_item(value, REVISION), 0);
    order->window = shared_item(value, TOLD_WINDOW);
}


civic_result_t
ticket_order_read(civic_request_t *r, civic_str_t exam,
    ticket_order_t *order)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, order_command(r, exam), 2 + ORDER_FIELDS, &value);

    if (rc == CIVIC_OK) {
        take_order(exam, value, order);
    }

    return rc;
}


civic_result_t
ticket_orders_read(civic_request_t *r, const ticket_listed_t *exams,
    size_t count, ticket_order_t *orders)
{
    size_t            i;
    civic_result_t    rc;
    civic_command_t  *commands;

    commands = civic_alloc(r, count * sizeof(civic_command_t));

    for (i = 0; i < count; i++) {
        commands[i] = (civic_command_t) {
            .argv = order_command(r, exams[i].id), .argc = 2 + ORDER_FIELDS };
    }

    rc = count == 0 ? CIVIC_OK : civic_pipeline(r, commands, count);

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        take_order(exams[i].id, commands[i].value, &orders[i]);
    }

    return rc;
}


int
ticket_order_is_open(const ticket_order_t *order)
{
    return order->wanted > order->done || order->round > order->done;
}


/* "begin", "move" or "end": see lua/redis/ticket_round.lua. */
static civic_result_t
move(civic_request_t *r, const ticket_order_t *order, const char *what,
    const char *phase, civic_str_t cursor, size_t unclear, size_t astray)
{
    civic_str_t           keys[3], args[7];
    const civic_value_t  *value;

    keys[0] = ticket_key(r, order->exam, "order");
    keys[1] = ticket_key(r, order->exam, "seats");
    keys[2] = ticket_key(r, order->exam, "waiting");
    args[0] = shared_decimal(r, order->step);
    args[1] = civic_cstr(what);
    args[2] = civic_cstr(phase);
    args[3] = cursor;
    args[4] = shared_decimal(r, (int64_t) unclear);
    args[5] = shared_decimal(r, (int64_t) astray);
    args[6] = shared_decimal(r, civic_now(r));
    civic_count(r, TICKET_UNCLEAR, unclear);

    return civic_script(r, &(civic_script_t) {
                            .name = "ticket_round", .keys = keys, .nkeys = 3,
                            .args = args, .nargs = 7,
                            .flags = CIVIC_SCRIPT_BULK }, &value);
}


/* One whom review cannot tell of (damaged, logged) is not to keep thousands
   waiting: counted, and reported. */
static int
is_unclear(civic_result_t rc)
{
    return rc == CIVIC_INVALID || rc == CIVIC_ERROR;
}


/* ---- phase check: may who has a seat still sit on it? ------------------- */

typedef struct {
    size_t  unclear;
    size_t  astray;
    size_t  people;
} found_t;


static civic_result_t
check_one(civic_request_t *r, const ticket_exam_t *exam, civic_str_t pid,
    civic_str_t text, found_t *found)
{
    int64_t                back;
    civic_result_t         rc;
    ticket_person_t        person;
    ticket_entitled_t      entitled;
    civic_seating_seat_t   seat;

    if (ticket_person_take(r, pid, text, &person) != 0) {
        found->unclear++;
        return CIVIC_OK;
    }

    if (!ticket_is(person.state, "seated")
        && !ticket_is(person.state, "waiting"))
    {
        return CIVIC_OK;
    }

    found->people++;
    found->astray += person.number.len > 0
                     && civic_seating_find(&exam->plan, person.number.data,
                                           person.number.len, &seat) != 0;

    rc = ticket_entitled(r, exam->id, person.pid, &entitled);

    if (is_unclear(rc)) {
        found->unclear++;
        return CIVIC_OK;
    }

    if (rc != CIVIC_OK || entitled.entitled) {
        return rc;
    }

    return ticket_give_back(r, exam->id, &person, "round", &back);
}


static civic_result_t
check(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, size_t *people)
{
    size_t                i;
    found_t               found = { 0, 0, 0 };
    civic_str_t           next;
    civic_result_t        rc;
    const civic_value_t  *value, *pairs;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HSCAN"),
                                   ticket_key(r, exam->id, "people"),
                                   order->cursor, CIVIC_STR("COUNT"),
                                   CIVIC_STR("64")), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->count != 2 || value->items[1].type != CIVIC_VALUE_ARRAY) {
        return CIVIC_ERROR;
    }

    next = shared_copy(r, shared_item(value, 0));
    pairs = &value->items[1];

    for (i = 0; i + 1 < pairs->count && rc == CIVIC_OK; i += 2) {
        rc = check_one(r, exam, shared_item(pairs, i),
                       shared_item(pairs, i + 1), &found);
    }

    *people += found.people;

    return rc != CIVIC_OK ? rc
           : move(r, order, "move",
                  ticket_is(next, "0") ? "collect" : "check", next,
                  found.unclear, found.astray);
}


/* ---- phase collect: who is entitled, and has none? ---------------------- */

typedef struct {
    civic_str_t  *args;                 /* of the script */
    size_t        nargs;
    size_t        unclear;
} collection_t;


static civic_result_t
collect_one(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, civic_str_t pid, collection_t *collection)
{
    civic_str_t        digest;
    civic_result_t     rc;
    ticket_entitled_t  entitled;

    rc = ticket_entitled(r, exam->id, pid, &entitled);

    if (is_unclear(rc)) {
        collection->unclear++;
        return CIVIC_OK;
    }

    if (rc != CIVIC_OK || !entitled.entitled) {
        return rc;
    }

    rc = ticket_digest(r, exam->id, order->seed, pid, &digest);

    if (rc == CIVIC_OK) {
        collection->args[collection->nargs++] = pid;
        collection->args[collection->nargs++] = entitled.position;
        collection->args[collection->nargs++] = digest;
    }

    return rc;
}


/* Who has a seat was looked at by the phase before. */
static civic_result_t
collect_page(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, json_t *pids, collection_t *collection)
{
    size_t            i;
    json_t           *one;
    civic_str_t       pid;
    civic_result_t    rc = CIVIC_OK;
    ticket_person_t   person;

    json_array_foreach(pids, i, one) {
        pid = shared_copy(r, shared_text_in(one, "zh"));

        if (pid.len != SHARED_PID) {
            continue;
        }

        rc = ticket_person_read(r, exam->id, pid, &person);

        if (rc == CIVIC_OK && !ticket_is(person.state, "seated")) {
            rc = collect_one(r, exam, order, pid, collection);
        }

        if (rc == CIVIC_INVALID) {
            collection->unclear++;
            rc = CIVIC_OK;
        }

        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    return CIVIC_OK;
}


static civic_result_t
keep_collection(civic_request_t *r, const ticket_order_t *order,
    civic_str_t next, collection_t *collection)
{
    civic_str_t           keys[3];
    const civic_value_t  *value;

    keys[0] = ticket_key(r, order->exam, "order");
    keys[1] = ticket_key(r, order->exam, "people");
    keys[2] = ticket_key(r, order->exam, "waiting");
    collection->args[0] = shared_decimal(r, order->step);
    collection->args[1] = ticket_is(next, "0") ? CIVIC_STR("seat")
                                               : CIVIC_STR("collect");
    collection->args[2] = next;
    collection->args[3] = shared_decimal(r, (int64_t) collection->unclear);
    civic_count(r, TICKET_UNCLEAR, collection->unclear);

    return civic_script(r, &(civic_script_t) {
                            .name = "ticket_collect", .keys = keys,
                            .nkeys = 3, .args = collection->args,
                            .nargs = collection->nargs,
                            .flags = CIVIC_SCRIPT_BULK }, &value);
}


static civic_result_t
collect(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, size_t *people)
{
    json_t          *out, *pids;
    civic_str_t      next;
    collection_t     collection = { NULL, 4, 0 };
    civic_result_t   rc;

    rc = civic_call(r, "review.paid",
                    json_pack("{s:s%, s:s%, s:i}", "exam_id", exam->id.data,
                              exam->id.len, "after", order->cursor.data,
                              order->cursor.len, "max", PAGE), &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    pids = json_object_get(out, "pids");
    next = shared_copy(r, shared_json_str(out, "after"));

    if (!json_is_array(pids) || json_array_size(pids) > MOST || next.len == 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "review does not tell who paid for "
                  "exam \"%s\"", exam->id.data);
        return CIVIC_ERROR;
    }

    *people += json_array_size(pids) + 1;
    collection.args = civic_alloc(r, (4 + 3 * json_array_size(pids))
                                     * sizeof(civic_str_t));
    rc = collect_page(r, exam, order, pids, &collection);

    return rc != CIVIC_OK ? rc : keep_collection(r, order, next, &collection);
}


/* ---- phase seat --------------------------------------------------------- */

typedef struct {
    uint32_t                 first;
    uint32_t                 count;
    uint32_t                 vacant;
    unsigned char            taken[WINDOW];
    civic_seating_person_t   people[WINDOW];
    const civic_value_t     *members;       /* of "waiting" */
} window_t;


/* Which places of the window somebody has. */
static civic_result_t
read_taken(civic_request_t *r, const ticket_exam_t *exam, window_t *window)
{
    char                  number[CIVIC_SEATING_NUMBER];
    uint32_t              i;
    civic_str_t          *argv;
    civic_result_t        rc;
    const civic_value_t  *value;

    argv = civic_alloc(r, (WINDOW + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = ticket_key(r, exam->id, "seats");

    for (i = 0; i < window->count; i++) {
        civic_seating_number(&exam->plan, window->first + i, number);
        argv[i + 2] = civic_print(r, "%s", number);
    }

    rc = civic_redis(r, argv, window->count + 2, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->count != window->count) {
        return CIVIC_ERROR;
    }

    for (i = 0; i < window->count; i++) {
        window->taken[i] = value->items[i].type != CIVIC_VALUE_NIL;
        window->vacant += !window->taken[i];
    }

    return CIVIC_OK;
}


/* "<digest>:<pid>"; 0, or -1: it is none. */
static int
take_member(civic_str_t member, civic_str_t *digest, civic_str_t *pid)
{
    static const size_t  len = 2 * CIVIC_SEATING_DIGEST;

    if (member.len != len + 1 + SHARED_PID || member.data[len] != ':') {
        return -1;
    }

    *digest = (civic_str_t) { member.data, len };
    *pid = (civic_str_t) { member.data + len + 1, SHARED_PID };

    return 0;
}


/* Redis has sorted them by their digests, and so does the kit. */
static void
take_people(window_t *window, size_t *npeople)
{
    size_t       i, j;
    unsigned     byte;
    civic_str_t  digest, pid;

    *npeople = 0;

    for (i = 0; i < window->members->count && i < WINDOW; i++) {
        if (take_member(shared_item(window->members, i), &digest, &pid) != 0)
        {
            continue;
        }

        for (j = 0; j < CIVIC_SEATING_DIGEST; j++) {
            byte = 0;
            (void) sscanf(digest.data + 2 * j, "%2x", &byte);
            window->people[*npeople].digest[j] = (unsigned char) byte;
        }

        window->people[*npeople].who = i;
        window->people[*npeople].place = CIVIC_SEATING_NONE;
        (*npeople)++;
    }
}


static civic_result_t
give(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, window_t *window, size_t npeople)
{
    char                  number[CIVIC_SEATING_NUMBER];
    size_t                i, n = 3;
    civic_str_t           keys[5], *args, digest, pid;
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = ticket_key(r, exam->id, "order");
    keys[1] = ticket_key(r, exam->id, "seats");
    keys[2] = ticket_key(r, exam->id, "people");
    keys[3] = ticket_key(r, exam->id, "waiting");
    keys[4] = civic_outbox(r, TICKET_TELL, keys[0]);

    args = civic_alloc(r, (3 + 3 * WINDOW) * sizeof(civic_str_t));
    args[0] = shared_decimal(r, order->step);
    args[1] = shared_decimal(r, window->first + window->count);
    args[2] = exam->id;

    for (i = 0; i < npeople; i++) {
        if (window->people[i].place == CIVIC_SEATING_NONE) {
            continue;
        }

        (void) take_member(shared_item(window->members,
                                       window->people[i].who), &digest, &pid);
        civic_seating_number(&exam->plan, (uint32_t) window->people[i].place,
                             number);
        args[n++] = pid;
        args[n++] = digest;
        args[n++] = civic_print(r, "%s", number);
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "ticket_seat", .keys = keys, .nkeys = 5,
                          .args = args, .nargs = n,
                          .flags = CIVIC_SCRIPT_BULK | CIVIC_SCRIPT_DURABLE },
                      &value);

    if (rc == CIVIC_OK && value->integer > 0) {
        civic_count(r, TICKET_SEATED, (uint64_t) value->integer);
    }

    return rc;
}


/* The next places that are free, for the first who wait. */
static civic_result_t
seat_window(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, window_t *window, size_t *people)
{
    size_t          npeople;
    civic_result_t  rc;

    rc = read_taken(r, exam, window);

    if (rc == CIVIC_OK) {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"),
                                       ticket_key(r, exam->id, "waiting"),
                                       CIVIC_STR("0"),
                                       shared_decimal(r, window->vacant == 0
                                           ? 0 : window->vacant - 1)),
                         &window->members);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (window->members->count == 0) {
        return move(r, order, "end", "", CIVIC_STR("0"), 0, 0);
    }

    take_people(window, &npeople);
    *people += npeople;
    (void) civic_seating_assign(window->people, npeople, window->first,
                                window->taken, window->count);

    return give(r, exam, order, window, npeople);
}


static civic_result_t
seat(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, size_t *people)
{
    int64_t    first = shared_number(order->cursor, 0);
    window_t  *window;

    if (first < 0 || first >= exam->plan.places) {
        return move(r, order, "end", "", CIVIC_STR("0"), 0, 0);
    }

    window = civic_alloc(r, sizeof(window_t));
    memset(window, 0, sizeof(window_t));
    window->first = (uint32_t) first;
    window->count = exam->plan.places - window->first;

    if (window->count > WINDOW) {
        window->count = WINDOW;
    }

    return seat_window(r, exam, order, window, people);
}


/* ---- a step ------------------------------------------------------------ */

civic_result_t
ticket_round_skip(civic_request_t *r, const ticket_order_t *order)
{
    return order->round <= order->done
           ? move(r, order, "begin", "seat", CIVIC_STR("0"), 0, 0)
           : move(r, order, "end", "", CIVIC_STR("0"), 0, 0);
}


civic_result_t
ticket_round_step(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_order_t *order, size_t *people)
{
    if (order->round <= order->done) {
        civic_count(r, TICKET_ROUNDS, 1);
        return move(r, order, "begin", "check", CIVIC_STR("0"), 0, 0);
    }

    if (ticket_is(order->phase, "check")) {
        return check(r, exam, order, people);
    }

    if (ticket_is(order->phase, "collect")) {
        return collect(r, exam, order, people);
    }

    return seat(r, exam, order, people);
}
