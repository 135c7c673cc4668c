/*
 * limits.c - how often: rows of counts in the hash of who asks.
 *
 * A row is counted BEFORE what it counts is done, by a script that writes
 * only if the row is as the rule saw it: however many workers begin at once,
 * the rule sees each.  What is counted is who asks, never whose face it is:
 * a stranger who types somebody's number cannot lock that person out.
 *
 * Times are real time.
 */

#include "face_auth.h"
#include "values.h"

#define TURNS  8                        /* others were quicker so often */


/* ---- rows -------------------------------------------------------------- */

/* The n-th number of a row; 0 if there is none. */
static int64_t
number_in(civic_str_t row, size_t n)
{
    return shared_number(shared_word(row, n), 0);
}


static civic_result_t
read_row(civic_request_t *r, civic_str_t pid, const char *field,
    civic_str_t *row)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, pid, FACE_FAMILY),
                                   civic_cstr(field)), &value);

    if (rc == CIVIC_OK) {
        *row = value->type == CIVIC_VALUE_STRING ? value->str : CIVIC_STR("");
    }

    return rc;
}


static civic_result_t
write_row(civic_request_t *r, civic_str_t pid, const char *field,
    civic_str_t before, civic_str_t after, int *done)
{
    civic_str_t           args[4], key;
    face_terms_t          terms;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = face_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    key = civic_person_key(r, pid, FACE_FAMILY);
    args[0] = civic_cstr(field);
    args[1] = before;
    args[2] = after;
    args[3] = shared_decimal(r, terms.kept_for);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "face_auth_reserve",
                             .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 4 }, &value);

    *done = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


/* Seconds since then, for a rule; nothing if there was none. */
static void
set_since(civic_request_t *r, json_t *in, const char *name, int64_t at)
{
    int64_t  since = (civic_now(r) - at) / 1000;

    if (at > 0) {
        json_object_set_new(in, name, json_integer(since > 0 ? since : 0));
    }
}


static int
is_set(json_t *answer, const char *name)
{
    return json_is_true(json_object_get(answer, name));
}


static civic_result_t
refuse(civic_request_t *r, json_t *decision, int *answered)
{
    civic_count(r, FACE_LIMITED, 1);
    *answered = 1;

    return civic_refuse(r, decision);
}


/* ---- attempts ---------------------------------------------------------- */

civic_result_t
face_tries_read(civic_request_t *r, civic_str_t pid, face_tries_t *tries)
{
    civic_result_t  rc;

    rc = read_row(r, pid, "tries", &tries->row);

    if (rc == CIVIC_OK) {
        tries->tries = number_in(tries->row, 0);
        tries->last = number_in(tries->row, 1);
        tries->begun = number_in(tries->row, 2);
        tries->window = number_in(tries->row, 3);
    }

    return rc;
}


static civic_result_t
ask_attempt(civic_request_t *r, civic_str_t purpose,
    const face_tries_t *tries, json_t **decision)
{
    json_t  *in;

    in = json_pack("{s:s%, s:b, s:I, s:I}",
                   "purpose", purpose.data, purpose.len,
                   "visitor",
                   (civic_principal(r)->roles & CIVIC_VISITOR) != 0,
                   "tries", (json_int_t) tries->tries,
                   "begun", (json_int_t) tries->begun);

    set_since(r, in, "since_last", tries->last);
    set_since(r, in, "since_window", tries->window);

    return civic_rule(r, "attempt", in, decision);
}


static civic_str_t
counted(civic_request_t *r, const face_tries_t *tries, json_t *decision)
{
    long long  now = civic_now(r);
    int        fresh = is_set(decision, "fresh");
    int        fresh_window = is_set(decision, "fresh_window");

    return civic_print(r, "%lld %lld %lld %lld",
                       fresh ? 1LL : (long long) tries->tries + 1, now,
                       fresh_window ? 1LL : (long long) tries->begun + 1,
                       fresh_window ? now : (long long) tries->window);
}


civic_result_t
face_attempt_reserve(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, int *counter, int *answered)
{
    int              done, turn;
    json_t          *decision;
    face_tries_t     tries;
    civic_result_t   rc;

    for (turn = 0; turn < TURNS; turn++) {
        rc = face_tries_read(r, pid, &tries);

        if (rc == CIVIC_OK) {
            rc = ask_attempt(r, purpose, &tries, &decision);
        }

        if (rc != CIVIC_OK) {
            return rc;
        }

        *counter = is_set(decision, "counter");

        if (!is_set(decision, "allow")) {
            return refuse(r, decision, answered);
        }

        rc = write_row(r, pid, "tries", tries.row,
                       counted(r, &tries, decision), &done);
        if (rc != CIVIC_OK || done) {
            return rc;
        }
    }

    *answered = 1;

    return civic_problem(r, "conflict");
}


/* ---- codes ------------------------------------------------------------- */

/* Counts one more of a row "<count> <window's begin>", if the rule allows. */
static civic_result_t
reserve_code(civic_request_t *r, civic_str_t pid, const char *field,
    const char *rule, json_t *(*facts)(int64_t, int64_t),
    int64_t tries, json_t **decision, int *answered)
{
    int             done, turn;
    int64_t         count, window;
    json_t         *in;
    civic_str_t     row;
    civic_result_t  rc;

    for (turn = 0; turn < TURNS; turn++) {
        rc = read_row(r, pid, field, &row);
        if (rc != CIVIC_OK) {
            return rc;
        }

        count = number_in(row, 0);
        window = number_in(row, 1);

        in = facts(count, tries);
        set_since(r, in, "since_window", window);

        rc = civic_rule(r, rule, in, decision);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (!is_set(*decision, "allow")) {
            return refuse(r, *decision, answered);
        }

        if (is_set(*decision, "fresh")) {
            count = 0;
            window = civic_now(r);
        }

        rc = write_row(r, pid, field, row,
                       civic_print(r, "%lld %lld", (long long) count + 1,
                                   (long long) window), &done);
        if (rc != CIVIC_OK || done) {
            return rc;
        }
    }

    *answered = 1;

    return civic_problem(r, "conflict");
}


static json_t *
given_facts(int64_t count, int64_t tries)
{
    return json_pack("{s:I, s:I}", "tries", (json_int_t) tries,
                     "given", (json_int_t) count);
}


static json_t *
wrong_facts(int64_t count, int64_t tries)
{
    (void) tries;

    return json_pack("{s:I}", "wrong", (json_int_t) count);
}


civic_result_t
face_code_reserve(civic_request_t *r, civic_str_t pid, int64_t *life,
    int *answered)
{
    json_t          *decision;
    face_tries_t     tries;
    civic_result_t   rc;

    rc = face_tries_read(r, pid, &tries);

    if (rc == CIVIC_OK) {
        rc = reserve_code(r, pid, "counts", "counter", given_facts,
                          tries.tries, &decision, answered);
    }

    if (rc == CIVIC_OK && !*answered) {
        *life = shared_rule_number(decision, "life", FACE_DAY, 300,
                                   30 * FACE_DAY);
    }

    return rc;
}


civic_result_t
face_wrong_reserve(civic_request_t *r, civic_str_t staff, int *answered)
{
    json_t  *decision;

    return reserve_code(r, staff, "wrong", "look_up", wrong_facts, 0,
                        &decision, answered);
}


civic_result_t
face_wrong_forgive(civic_request_t *r, civic_str_t staff)
{
    int             done, turn;
    int64_t         count;
    civic_str_t     row;
    civic_result_t  rc;

    for (turn = 0; turn < TURNS; turn++) {
        rc = read_row(r, staff, "wrong", &row);
        if (rc != CIVIC_OK) {
            return rc;
        }

        count = number_in(row, 0);
        if (count == 0) {
            break;
        }

        rc = write_row(r, staff, "wrong", row,
                       civic_print(r, "%lld %lld", (long long) count - 1,
                                   (long long) number_in(row, 1)), &done);
        if (rc != CIVIC_OK || done) {
            return rc;
        }
    }

    return CIVIC_OK;
}
