/*
 * notice.h - Alipay's asynchronous notifications: made with the change that
 * they tell of (trade.c), sent until the app answers "success", and at
 * somebody's wish late, often, out of order or forged.
 *
 * A notification is one JSON object, under its notify_id:
 *
 *   {"id", "out_trade_no", "url", "state": "waiting", "taken", "given_up" or
 *    "held", "made_at", "due_at", "again", "parameters": {...},
 *    "attempts": [{"at", "as", "status", "answer"}]}
 *
 * Times are real ones here, in ms: retries do not follow the business clock.
 */

#ifndef SANDBOX_NOTICE_H
#define SANDBOX_NOTICE_H

#include "trade.h"

/* ---- notice.c: what they say, and sending one -------------------------- */

/* What sandbox_trade_write.lua notes of a change: id, JSON, when it is due;
   empty texts for none. */
civic_result_t sandbox_notice_make(const sandbox_step_t *step,
    civic_str_t *id, civic_str_t *text, civic_str_t *due);

#endif
