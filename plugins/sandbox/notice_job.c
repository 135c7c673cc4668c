/*
 * notice_job.c - sends notifications when they are due, and again until the
 * app takes them; before, closes the trades whose time is over, which makes
 * some.
 *
 * Whoever takes a notification has it for a while; if nothing is noted of it
 * then, others take it.  The app may so get one twice, as Alipay's do.
 */

#include <stdio.h>
#include <stdlib.h>

#include "notice.h"

#define LEASE     20000                 /* ms to send one */
#define BUDGET    20000                 /* ms of one run */
#define TRIES     50                    /* that others may be quicker */
#define ATTEMPTS  50                    /* that are kept */
#define DEADLINES  100                  /* trades of one run */


/* ---- noting ------------------------------------------------------------ */

/* The gap after that many failures, ms; -1: no more. */
static int64_t
gap_after(civic_request_t *r, int64_t failed)
{
    char        *end;
    int64_t      gap = -1;
    const char  *gaps = json_string_value(civic_option(r, "notify_gaps"));

    while (failed-- > 0) {
        if (*gaps == '\0') {
            return -1;
        }

        gap = strtoll(gaps, &end, 10);
        gaps = *end == ',' ? end + 1 : end;
    }

    return gap;
}


static int64_t
end_it(json_t *notice, const char *state)
{
    sandbox_trade_set(notice, "state", state);

    return sandbox_trade_int(notice, "made_at") + SANDBOX_NEVER;
}


/* The attempt of the job itself: what comes next, and when. */
static int64_t
go_on(civic_request_t *r, json_t *notice, const json_t *attempt)
{
    int64_t  gap, again = sandbox_trade_int(notice, "again"), failed;

    sandbox_trade_set(notice, "state", SANDBOX_N_WAITING);

    if (sandbox_attempt_taken(attempt)) {
        if (again == 0) {
            return end_it(notice, SANDBOX_N_TAKEN);
        }

        sandbox_trade_set_int(notice, "again", again - 1);
        return civic_now(r);
    }

    failed = sandbox_trade_int(notice, "failed") + 1;
    sandbox_trade_set_int(notice, "failed", failed);
    gap = gap_after(r, failed);

    return gap < 0 ? end_it(notice, SANDBOX_N_GIVEN_UP) : civic_now(r) + gap;
}


static void
add_attempt(json_t *notice, const json_t *attempt)
{
    json_t  *attempts = json_object_get(notice, "attempts");

    if (json_array_size(attempts) == ATTEMPTS) {
        (void) json_array_remove(attempts, 0);
    }

    (void) json_array_append(attempts, (json_t *) attempt);
}


static civic_result_t
read_notice(civic_request_t *r, const char *id, civic_str_t *text,
    json_t **notice)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    *notice = NULL;
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   sandbox_money_key(r, "notices"),
                                   civic_cstr(id)), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        *text = value->str;
        *notice = json_loadb(value->str.data, value->str.len, 0, NULL);
    }

    return rc;
}


/* A change of a notification; answers when it is due then. */
typedef int64_t (*change_pt)(civic_request_t *r, json_t *notice,
    const void *data);


static civic_result_t
write_notice(civic_request_t *r, civic_str_t before, json_t *notice,
    int64_t due, int64_t *done)
{
    char                 *text;
    civic_str_t           keys[2], args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    if (due < SANDBOX_NEVER) {
        sandbox_trade_set_int(notice, "due_at", due);
    }

    text = json_dumps(notice, JSON_COMPACT | JSON_SORT_KEYS);

    if (text == NULL) {
        return CIVIC_ERROR;
    }

    keys[0] = sandbox_money_key(r, "due");
    keys[1] = sandbox_money_key(r, "notices");
    args[0] = civic_cstr(sandbox_text(notice, "id"));
    args[1] = before;
    args[2] = civic_print(r, "%s", text);
    args[3] = civic_print(r, "%lld", (long long) due);
    free(text);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "sandbox_notice_note",
                             .keys = keys, .nkeys = 2, .args = args,
                             .nargs = 4 }, &value);
    *done = rc == CIVIC_OK ? value->integer : 0;

    return rc;
}


static civic_result_t
change_notice(civic_request_t *r, const char *id, change_pt change,
    const void *data)
{
    json_t          *notice;
    int64_t          due, done;
    unsigned         tries;
    civic_str_t      before;
    civic_result_t   rc;

    for (tries = 0; tries < TRIES; tries++) {
        rc = read_notice(r, id, &before, &notice);

        if (rc != CIVIC_OK || notice == NULL) {
            return rc;
        }

        due = change(r, notice, data);
        rc = write_notice(r, before, notice, due, &done);
        json_decref(notice);

        if (rc != CIVIC_OK || done) {
            return rc;
        }
    }

    return CIVIC_ERROR;
}


static int64_t
change_by_job(civic_request_t *r, json_t *notice, const void *data)
{
    add_attempt(notice, data);

    return go_on(r, notice, data);
}


/* One that the console sent: it ends there only if it was taken. */
static int64_t
change_by_hand(civic_request_t *r, json_t *notice, const void *data)
{
    int64_t        due;
    const char    *state = sandbox_text(notice, "state");
    const json_t  *attempt = data;

    (void) r;
    add_attempt(notice, attempt);

    due = strcmp(state, SANDBOX_N_WAITING) == 0
          || strcmp(state, SANDBOX_N_HELD) == 0
          ? sandbox_trade_int(notice, "due_at")
          : sandbox_trade_int(notice, "made_at") + SANDBOX_NEVER;

    if (*sandbox_text(attempt, "as") == '\0' && sandbox_attempt_taken(attempt))
    {
        due = end_it(notice, SANDBOX_N_TAKEN);
    }

    return due;
}


civic_result_t
sandbox_notice_note(civic_request_t *r, const char *id, const json_t *attempt)
{
    return change_notice(r, id, change_by_hand, attempt);
}


/* ---- what was planned -------------------------------------------------- */

/* "hold 5000 0": a plan, ms, times. */
typedef struct {
    char       name[24];
    long long  delay;
    long long  times;
} plan_t;


static civic_result_t
next_plan(civic_request_t *r, plan_t *plan)
{
    civic_str_t           key = sandbox_key(r, "faults", "notification");
    civic_result_t        rc;
    const civic_value_t  *next;

    memset(plan, 0, sizeof(*plan));
    strcpy(plan->name, "none");

    rc = civic_script(r, &(civic_script_t) {
                             .name = "sandbox_fault_next",
                             .keys = &key, .nkeys = 1 }, &next);

    if (rc == CIVIC_OK && next->type == CIVIC_VALUE_STRING) {
        (void) sscanf(next->str.data, "%23s %lld %lld", plan->name,
                      &plan->delay, &plan->times);
    }

    return rc;
}


static int64_t
change_by_plan(civic_request_t *r, json_t *notice, const void *data)
{
    const plan_t  *plan = data;

    sandbox_trade_set(notice, "plan", plan->name);

    if (strcmp(plan->name, "lost") == 0) {
        return end_it(notice, SANDBOX_N_GIVEN_UP);
    }

    if (strcmp(plan->name, "hold") == 0) {
        sandbox_trade_set(notice, "state", SANDBOX_N_HELD);
        return civic_now(r) + plan->delay;
    }

    if (strcmp(plan->name, "repeat") == 0) {
        sandbox_trade_set_int(notice, "again", plan->times - 1);
    }

    return civic_now(r) + LEASE;
}


/* ---- sending ----------------------------------------------------------- */

/* Somebody else's, in front of the right one. */
static civic_result_t
send_impostor(civic_request_t *r, const json_t *notice, const char *as)
{
    json_t          *attempt;
    civic_result_t   rc = sandbox_notice_send(r, notice, as, &attempt);

    if (rc == CIVIC_OK) {
        rc = sandbox_notice_note(r, sandbox_text(notice, "id"), attempt);
    }

    json_decref(attempt);

    return rc;
}


/* *go: whether it is sent now. */
static civic_result_t
plan_first(civic_request_t *r, const json_t *notice, int *go)
{
    plan_t           plan;
    civic_result_t   rc;

    *go = 1;

    if (*sandbox_text(notice, "plan") != '\0') {
        return CIVIC_OK;
    }

    rc = next_plan(r, &plan);

    if (rc == CIVIC_OK) {
        rc = change_notice(r, sandbox_text(notice, "id"), change_by_plan,
                           &plan);
    }

    if (rc == CIVIC_OK && sandbox_notice_is_kind(plan.name)) {
        rc = send_impostor(r, notice, plan.name);
    }

    *go = strcmp(plan.name, "lost") != 0 && strcmp(plan.name, "hold") != 0;

    return rc;
}


static civic_result_t
send_one(civic_request_t *r, const json_t *notice)
{
    int              go;
    json_t          *attempt = NULL;
    civic_result_t   rc;

    rc = plan_first(r, notice, &go);

    if (rc != CIVIC_OK || !go) {
        return rc;
    }

    rc = sandbox_notice_send(r, notice, "", &attempt);

    if (rc == CIVIC_OK) {
        rc = change_notice(r, sandbox_text(notice, "id"), change_by_job,
                           attempt);
    }

    json_decref(attempt);

    return rc;
}


static civic_result_t
take(civic_request_t *r, json_t **notice)
{
    civic_str_t           keys[2], args[2];
    civic_msec_t          now = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    *notice = NULL;
    keys[0] = sandbox_money_key(r, "due");
    keys[1] = sandbox_money_key(r, "notices");
    args[0] = civic_print(r, "%lld", (long long) now);
    args[1] = civic_print(r, "%lld", (long long) now + LEASE);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "sandbox_notice_take",
                             .keys = keys, .nkeys = 2, .args = args,
                             .nargs = 2 }, &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        *notice = json_loadb(value->str.data, value->str.len, 0, NULL);
    }

    return rc;
}


/* ---- time that is over ------------------------------------------------- */

static civic_result_t
decide_age(sandbox_step_t *step, void *data)
{
    (void) data;

    if (strcmp(sandbox_text(step->trade, "state"),
               sandbox_text(step->before, "state")) != 0)
    {
        step->changed = 1;
        step->notify = 1;
    }

    return CIVIC_OK;
}


static civic_result_t
age_trades(civic_request_t *r)
{
    size_t                i;
    civic_str_t           now;
    civic_result_t        rc;
    sandbox_step_t        step = { .r = r };
    const civic_value_t  *due;

    now = civic_print(r, "%lld", (long long) civic_business_now(r));
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"),
                                   sandbox_money_key(r, "deadlines"),
                                   CIVIC_STR("-inf"), now,
                                   CIVIC_STR("BYSCORE"), CIVIC_STR("LIMIT"),
                                   CIVIC_STR("0"),
                                   civic_print(r, "%d", DEADLINES)), &due);

    for (i = 0; rc == CIVIC_OK && i < due->count; i++) {
        step.out_trade_no = due->items[i].str.data;
        rc = sandbox_trade_step(&step, decide_age, NULL);
        sandbox_step_free(&step);
    }

    return rc;
}


/* ---- the job ----------------------------------------------------------- */

civic_result_t
sandbox_notices_run(civic_request_t *r, unsigned *sent)
{
    json_t          *notice = NULL;
    civic_msec_t     until = civic_now(r) + BUDGET;
    civic_result_t   rc = age_trades(r);

    *sent = 0;

    while (rc == CIVIC_OK && civic_now(r) < until) {
        rc = take(r, &notice);

        if (rc != CIVIC_OK || notice == NULL) {
            break;
        }

        rc = send_one(r, notice);
        json_decref(notice);
        (*sent)++;
    }

    return rc;
}


civic_result_t
sandbox_notices_job(civic_request_t *r, const civic_job_t *job)
{
    unsigned  sent;

    (void) job;

    return sandbox_notices_run(r, &sent);
}
