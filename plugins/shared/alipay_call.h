/*
 * alipay_call.h - asking Alipay, through the plugin "alipay", which has the
 * keys: what login, face authentication and payment do in the same way.
 *
 * A plugin that asks has SHARED_ALIPAY_PROBLEMS in its table.
 */

#ifndef CIVIC_SHARED_ALIPAY_CALL_H
#define CIVIC_SHARED_ALIPAY_CALL_H

#include "civic_plugin.h"

typedef enum {
    SHARED_ALIPAY_DONE = 0,
    SHARED_ALIPAY_REFUSED,              /* nothing happened: see code */
    SHARED_ALIPAY_UNKNOWN,              /* it may have happened; so also for
                                           an answer that nobody vouches for */
    SHARED_ALIPAY_NOT_SENT              /* nothing happened */
} shared_alipay_outcome_t;

typedef struct {
    shared_alipay_outcome_t   outcome;
    const char               *code;     /* "10000"; "" if there is none */
    const char               *sub_code;
    json_t                   *node;     /* what was verified: an object */
} shared_alipay_answer_t;

/*
 * Takes over the reference to in: see the call "alipay.call".  CIVIC_OK
 * whenever an outcome is known, also without an answer.  What the answer
 * points to is the host's.
 */
civic_result_t shared_alipay_call(civic_request_t *r, json_t *in,
    shared_alipay_answer_t *answer);

/* The same for an auth_code, which Alipay gave whoever shows it, for the app:
   a success has an access_token. */
civic_result_t shared_alipay_redeem(civic_request_t *r, civic_str_t code,
    shared_alipay_answer_t *answer);

/* A string of the answer; "" if absent. */
const char *shared_alipay_text(const shared_alipay_answer_t *answer,
    const char *name);

/* Answers for a provider that cannot be asked now, or did not say. */
civic_result_t shared_alipay_unavailable(civic_request_t *r);

#define SHARED_ALIPAY_PROBLEMS                                                \
    { "provider_unavailable", 503,                                            \
      "支付宝服务暂时没有回应，您的办理进度已保留。请在{retry_after}秒后再试。", \
      "Alipay does not answer at the moment; nothing that you did is lost. "  \
      "Try again in {retry_after|second|seconds}." }

#endif
