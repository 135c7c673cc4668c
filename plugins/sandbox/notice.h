/*
 * notice.h - Alipay's asynchronous notifications: made with the change that
 * they tell of (trade.c), sent until the app answers "success", and at
 * somebody's wish late, often, out of order or forged.
 *
 * A notification is one JSON object, under its notify_id:
 *
 *   {"id", "out_trade_no", "url", "state", "plan", "made_at", "due_at",
 *    "again", "failed", "parameters": {...},
 *    "attempts": [{"at", "as", "status", "answer"}]}
 *
 * Times are real ones here, in ms: retries do not follow the business clock.
 * Whatever is over stays, with a score beyond all times.
 */

#ifndef SANDBOX_NOTICE_H
#define SANDBOX_NOTICE_H

#include "trade.h"

#define SANDBOX_NEVER      1000000000000000LL   /* + made_at: not due */

#define SANDBOX_N_WAITING  "waiting"
#define SANDBOX_N_HELD     "held"               /* on demand, until due_at */
#define SANDBOX_N_TAKEN    "taken"              /* the app said "success" */
#define SANDBOX_N_GIVEN_UP "given_up"           /* or lost on demand */
#define SANDBOX_N_NO_WAY   "no_upstream"        /* notify_upstream is empty */


/* ---- notice.c: what they say, and sending one -------------------------- */

/* What sandbox_trade_write.lua notes of a change: id, JSON, when it is due;
   empty texts for none. */
civic_result_t sandbox_notice_make(const sandbox_step_t *step,
    civic_str_t *id, civic_str_t *text, civic_str_t *due);

/* Whether it is one of what a notification may be sent as: "", "forged",
   "wrong_amount", "wrong_seller", "wrong_app", "wrong_trade". */
int sandbox_notice_is_kind(const char *as);

/* Sends it once; *attempt is new: {"at", "as", "status", "answer"}, status 0
   if no answer came. */
civic_result_t sandbox_notice_send(civic_request_t *r, const json_t *notice,
    const char *as, json_t **attempt);

/* Whether the app took it. */
int sandbox_attempt_taken(const json_t *attempt);


/* ---- notice_job.c: what is due ----------------------------------------- */

/* Closes and ends trades whose time has come, then sends what is due. */
civic_result_t sandbox_notices_run(civic_request_t *r, unsigned *sent);

/* The job of the same. */
civic_result_t sandbox_notices_job(civic_request_t *r,
    const civic_job_t *job);

/* Notes an attempt that was not the job's own. */
civic_result_t sandbox_notice_note(civic_request_t *r, const char *id,
    const json_t *attempt);


/* ---- notices.c: the console -------------------------------------------- */

extern const civic_field_t  sandbox_notices_query[];
extern const civic_field_t  sandbox_notices_reply[];
extern const civic_field_t  sandbox_notice_send_body[];
extern const civic_field_t  sandbox_notice_send_reply[];
extern const civic_field_t  sandbox_notices_run_reply[];
extern const civic_field_t  sandbox_notice_plan_body[];

/* GET /alipay/notifications */
civic_result_t sandbox_notices(civic_request_t *r);

/* POST /alipay/notifications/run: what is due, now. */
civic_result_t sandbox_notices_run_now(civic_request_t *r);

/* POST /alipay/notifications/{notify_id}/send: this one, now. */
civic_result_t sandbox_notice_send_now(civic_request_t *r);

/* POST /alipay/notifications/plans: what becomes of those that come. */
civic_result_t sandbox_notice_plan(civic_request_t *r);

#endif
