/*
 * call.c - "alipay.call": what came of a call, in one of five words.
 *
 * Nobody but this file decides between them.  The order of doubt: what never
 * left is "not_sent", what may have arrived and was not answered "unknown",
 * what was answered by a text that nobody vouches for "not_ours".
 */

#include "app.h"

#define INVALID_SIGNATURE  "isv.invalid-signature"
#define OPTIONAL_PAUSE     60           /* s between two lines */

typedef struct {
    civic_request_t    *r;
    app_input_t         input;
    app_keys_t         *keys;
    app_exchange_t      x;
    alipay_response_t   response;
    const char         *outcome;
    alipay_advice_t     advice;
} call_t;

static const char *const  advices[] = {
    [ALIPAY_ADVICE_NONE] = "none",
    [ALIPAY_ADVICE_ASK] = "ask",
    [ALIPAY_ADVICE_AUTHORISE] = "authorise",
    [ALIPAY_ADVICE_WAIT] = "wait",
    [ALIPAY_ADVICE_REPAIR] = "repair",
    [ALIPAY_ADVICE_CERTIFICATE] = "certificate"
};


static void
conclude(call_t *call, const char *outcome, alipay_advice_t advice,
    unsigned metric)
{
    call->outcome = outcome;
    call->advice = advice;
    civic_count(call->r, metric, 1);
}


/* ---- an answer came ---------------------------------------------------- */

/* The gateway does not accept what we sign: one line with the cause. */
static void
diagnose(call_t *call)
{
    char  why[ALIPAY_WHY];

    (void) alipay_request_diagnose(call->keys->keys, &call->x.sent,
                                   call->response.sub_msg, why);
    civic_count(call->r, APP_REQUEST_UNVERIFIED, 1);
    civic_log(call->r, CIVIC_LOG_ERROR, "%s", why);
}


/* A step that nothing depends on: others' calls are not drowned by it. */
static void
tell_optional(call_t *call)
{
    int64_t       now = civic_now(call->r) / 1000;
    app_state_t  *state = civic_state(call->r);

    if (now - state->optional_told >= OPTIONAL_PAUSE) {
        state->optional_told = now;
        civic_log(call->r, CIVIC_LOG_WARN, "%s", call->response.why);
    }
}


static void
refused(call_t *call)
{
    alipay_advice_t  advice = call->response.advice;

    conclude(call, "refused", advice, APP_REFUSED);

    if (strcmp(call->response.sub_code, INVALID_SIGNATURE) == 0) {
        diagnose(call);
        return;
    }

    if (call->input.optional && advice == ALIPAY_ADVICE_REPAIR) {
        tell_optional(call);
        return;
    }

    civic_log(call->r, advice == ALIPAY_ADVICE_REPAIR ? CIVIC_LOG_ERROR
                                                      : CIVIC_LOG_INFO,
              "%s", call->response.why);
}


/* By what was read. */
static void
judge(call_t *call)
{
    const alipay_response_t  *response = &call->response;

    switch (response->outcome) {
    case ALIPAY_DONE:
        conclude(call, "done", response->advice, APP_DONE);
        return;

    case ALIPAY_REFUSED:
        refused(call);
        return;

    case ALIPAY_NOT_OURS:
        conclude(call, "not_ours", response->advice, APP_NOT_OURS);
        civic_count(call->r, APP_ANSWER_UNVERIFIED, 1);
        civic_log(call->r, CIVIC_LOG_ERROR, "nobody vouches for %s",
                  response->why);
        return;

    case ALIPAY_UNKNOWN:
        break;
    }

    conclude(call, "unknown", response->advice, APP_UNKNOWN);
    civic_log(call->r, CIVIC_LOG_WARN, "%s", response->why);
}


/* Signed with a certificate that we do not have: get it, and read again. */
static civic_result_t
read_with_certificate(call_t *call, int *again)
{
    char          serial[ALIPAY_SERIAL_TEXT];
    app_cert_t    got;
    app_state_t  *state = civic_state(call->r);

    *again = 0;
    strcpy(serial, call->response.cert_serial);
    got = app_certificate_get(call->r, &state->of_answers, serial,
                              &call->keys);

    switch (got) {
    case APP_CERT_ABORTED:
        return CIVIC_ABORTED;

    case APP_CERT_PENDING:
        /* it may well be genuine: the next one will tell */
        call->response.outcome = ALIPAY_UNKNOWN;
        return CIVIC_OK;

    case APP_CERT_NONE:
        return CIVIC_OK;

    case APP_CERT_NEW:
        break;
    }

    *again = 1;
    alipay_response_free(&call->response);
    call->x.keys = call->keys->keys;

    return app_read(call->r, &call->x, &call->response);
}


static civic_result_t
read_answer(call_t *call)
{
    int             again = 1;
    civic_result_t  rc = app_read(call->r, &call->x, &call->response);

    while (rc == CIVIC_OK && again
           && call->response.advice == ALIPAY_ADVICE_CERTIFICATE)
    {
        rc = read_with_certificate(call, &again);
    }

    if (rc == CIVIC_BUSY) {
        conclude(call, "unknown", ALIPAY_ADVICE_ASK, APP_UNKNOWN);
        civic_log(call->r, CIVIC_LOG_WARN, "an answer of %zu bytes to %s was "
                  "not read: the threads are busy",
                  call->x.reply->body.len, call->input.request.method);
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        judge(call);
    }

    return rc;
}


/* ---- the whole --------------------------------------------------------- */

static civic_result_t
run(call_t *call)
{
    civic_result_t  rc = app_exchange(call->r, &call->x);

    switch (rc) {
    case CIVIC_OK:
        return read_answer(call);

    case CIVIC_NOT_SENT:
        conclude(call, "not_sent", call->x.gone ? ALIPAY_ADVICE_REPAIR
                                                : ALIPAY_ADVICE_NONE,
                 APP_NOT_SENT);
        return CIVIC_OK;

    case CIVIC_BUSY:
        conclude(call, "not_sent", ALIPAY_ADVICE_WAIT, APP_NOT_SENT);
        civic_log(call->r, CIVIC_LOG_WARN, "%s was not signed: the threads "
                  "are busy", call->input.request.method);
        return CIVIC_OK;

    case CIVIC_UNKNOWN:
        conclude(call, "unknown", ALIPAY_ADVICE_ASK, APP_UNKNOWN);
        return CIVIC_OK;

    case CIVIC_ERROR:
        if (!call->x.built) {
            return rc;
        }

        /* the upstream is not configured; the host has logged it */
        conclude(call, "not_sent", ALIPAY_ADVICE_REPAIR, APP_NOT_SENT);
        return CIVIC_OK;

    default:
        return rc;
    }
}


static json_t *
write_down(const call_t *call)
{
    json_t  *node = call->response.node;

    return json_pack("{s:s, s:s, s:s, s:s, s:o}",
                     "outcome", call->outcome,
                     "code", call->response.code,
                     "sub_code", call->response.sub_code,
                     "advice", advices[call->advice],
                     "node", node == NULL ? json_object()
                                          : json_incref(node));
}


civic_result_t
app_call(civic_request_t *r, json_t *in, json_t **out)
{
    call_t           call = { .r = r };
    civic_result_t   rc = app_input_call(r, in, &call.input);

    if (rc != CIVIC_OK) {
        return rc;
    }

    call.keys = app_keys_hold(civic_state(r));
    call.x.keys = call.keys->keys;
    call.x.input = &call.input;
    app_certificate_watch(r, call.keys);

    rc = run(&call);

    if (rc == CIVIC_OK) {
        *out = write_down(&call);
        rc = *out == NULL ? CIVIC_ERROR : CIVIC_OK;
    }

    alipay_response_free(&call.response);
    alipay_sent_free(&call.x.sent);
    app_keys_let_go(call.keys);

    return rc;
}
