/*
 * alipay_call.c - see alipay_call.h.
 */

#include "alipay_call.h"

#define RETRY_AFTER  5                      /* s */


static const char *
text_of(json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}


static shared_alipay_outcome_t
outcome_of(const char *name)
{
    if (strcmp(name, "done") == 0) {
        return SHARED_ALIPAY_DONE;
    }

    if (strcmp(name, "refused") == 0) {
        return SHARED_ALIPAY_REFUSED;
    }

    return strcmp(name, "not_sent") == 0 ? SHARED_ALIPAY_NOT_SENT
                                         : SHARED_ALIPAY_UNKNOWN;
}


civic_result_t
shared_alipay_call(civic_request_t *r, json_t *in,
    shared_alipay_answer_t *answer)
{
    json_t          *out;
    civic_result_t   rc;

    rc = civic_call(r, "alipay.call", in, &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    answer->outcome = outcome_of(text_of(out, "outcome"));
    answer->code = text_of(out, "code");
    answer->sub_code = text_of(out, "sub_code");
    answer->node = json_object_get(out, "node");

    /* nobody takes a success without what it says */
    if (answer->outcome == SHARED_ALIPAY_DONE
        && !json_is_object(answer->node))
    {
        answer->outcome = SHARED_ALIPAY_UNKNOWN;
    }

    return CIVIC_OK;
}


civic_result_t
shared_alipay_redeem(civic_request_t *r, civic_str_t code,
    shared_alipay_answer_t *answer)
{
    return shared_alipay_call(r,
        json_pack("{s:s, s:{s:s, s:s%}, s:s}",
                  "method", "alipay.system.oauth.token",
                  "extras", "grant_type", "authorization_code",
                  "code", code.data, code.len,
                  "success_member", "access_token"), answer);
}


const char *
shared_alipay_text(const shared_alipay_answer_t *answer, const char *name)
{
    return text_of(answer->node, name);
}


civic_result_t
shared_alipay_unavailable(civic_request_t *r)
{
    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = "provider_unavailable",
                                  .retry_after = RETRY_AFTER,
                              });
}
