/*
 * provider.c - what Alipay is asked (alipay.user.certify.open.*), and what
 * its answers mean.
 *
 * Only a verified "T" has passed.  Nobody says how an attempt answers that is
 * not finished, so all else means: not passed, or not yet.
 */

#include "face_auth.h"
#include "values.h"

#define METHOD          "alipay.user.certify.open."
#define TIMEOUT         5000            /* ms */
#define PICTURE_REPLY   (3 * 1024 * 1024)
#define REASON          64              /* of fail_reason, at most */


/* ---- beginning --------------------------------------------------------- */

static const char *
cert_type(civic_id_kind_t kind)
{
    switch (kind) {
    case CIVIC_ID_RESIDENT:
        break;
    case CIVIC_ID_HONG_KONG:
    case CIVIC_ID_MACAO:
        return "RESIDENCE_PERMIT_HK_MC";
    case CIVIC_ID_TAIWAN:
        return "RESIDENCE_PERMIT_TAIWAN";
    case CIVIC_ID_FOREIGN:
    case CIVIC_ID_FOREIGN_OLD:
        return "PERMANENT_RESIDENCE_FOREIGNER";
    }

    return "IDENTITY_CARD";
}


civic_result_t
face_app(civic_request_t *r, int *picture)
{
    json_t          *app;
    civic_result_t   rc;

    rc = civic_call(r, "alipay.app", json_object(), &app);

    *picture = rc == CIVIC_OK
               && json_is_true(json_object_get(app, "face_picture"));

    return rc;
}


static json_t *
merchant_config(civic_request_t *r, const face_whose_t *whose, int picture)
{
    json_t  *config;

    config = json_pack("{s:O, s:s}", "return_url",
                       civic_option(r, "return_url"),
                       "face_reserve_strategy", whose->reserve);

    /* nobody consented to keeping a relative's */
    if (picture && whose->self) {
        json_object_set_new(config, "out_put_facial_picture",
                            json_string("true"));
    }

    return config;
}


static json_t *
initialize_call(civic_request_t *r, const face_whose_t *whose,
    const face_attempt_t *attempt, int picture)
{
    json_t  *business;

    business = json_pack("{s:s%, s:s, s:{s:s, s:s, s:s%, s:s%}, s:o}",
                         "outer_order_no", attempt->order.data,
                         attempt->order.len,
                         "biz_code", whose->biz_code,
                         "identity_param",
                         "identity_type", whose->self ? "CERT_INFO"
                                                      : "AGENT_CERT_INFO",
                         "cert_type", cert_type(whose->kind),
                         "cert_name", whose->name.data, whose->name.len,
                         "cert_no", whose->number.data, whose->number.len,
                         "merchant_config",
                         merchant_config(r, whose, picture));

    return json_pack("{s:s, s:o, s:i}", "method", METHOD "initialize",
                     "business", business, "timeout", TIMEOUT);
}


static int
is_certify_id(const char *id)
{
    size_t  len = strlen(id);

    return len > 0 && len <= FACE_CERTIFY
           && strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == len;
}


/* The business says no; all else can be had later. */
static face_verdict_t
verdict_of(const shared_alipay_answer_t *answer)
{
    if (answer->outcome == SHARED_ALIPAY_DONE) {
        return FACE_SAYS_PASSED;
    }

    return answer->outcome == SHARED_ALIPAY_REFUSED
           && strcmp(answer->code, "40004") == 0 ? FACE_SAYS_REFUSED
                                                 : FACE_SAYS_NOTHING;
}


civic_result_t
face_initialize(civic_request_t *r, const face_whose_t *whose,
    face_attempt_t *attempt, face_verdict_t *verdict)
{
    int                     picture;
    const char             *id;
    civic_result_t          rc;
    shared_alipay_answer_t  answer;

    *verdict = FACE_SAYS_NOTHING;

    rc = face_app(r, &picture);

    if (rc == CIVIC_OK) {
        rc = shared_alipay_call(r, initialize_call(r, whose, attempt,
                                                   picture), &answer);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *verdict = verdict_of(&answer);

    if (*verdict != FACE_SAYS_PASSED) {
        return CIVIC_OK;
    }

    id = shared_alipay_text(&answer, "certify_id");

    if (!is_certify_id(id)) {
        civic_log(r, CIVIC_LOG_ERROR, "alipay begins an attempt without a "
                  "certify_id");
        *verdict = FACE_SAYS_NOTHING;

    } else {
        attempt->certify_id = civic_print(r, "%s", id);
    }

    return CIVIC_OK;
}


/* ---- asking ------------------------------------------------------------ */

/* "T"; an older generation of the interface says ["T"]. */
static int
has_passed(json_t *node)
{
    json_t  *passed = json_object_get(node, "passed");

    if (json_is_array(passed) && json_array_size(passed) == 1) {
        passed = json_array_get(passed, 0);
    }

    return json_is_string(passed)
           && strcmp(json_string_value(passed), "T") == 0;
}


/* A code, for a rule's table: nothing else is let in. */
static civic_str_t
reason_in(civic_request_t *r, json_t *node)
{
    civic_str_t  reason = shared_json_str(node, "fail_reason");

    if (reason.len == 0 || reason.len > REASON
        || strspn(reason.data, "0123456789_abcdefghijklmnopqrstuvwxyz"
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-") != reason.len)
    {
        return CIVIC_STR("");
    }

    return shared_copy(r, reason);
}


static void
read_node(civic_request_t *r, json_t *node, face_answer_t *answer)
{
    if (has_passed(node)) {
        answer->verdict = FACE_SAYS_PASSED;
        answer->material = shared_json_str(node, "material_info");
        return;
    }

    answer->reason = reason_in(r, node);
    answer->verdict = answer->reason.len > 0 ? FACE_SAYS_FAILED
                                             : FACE_SAYS_NOT_PASSED;
}


civic_result_t
face_query(civic_request_t *r, const face_attempt_t *attempt,
    unsigned timeout, int picture, face_answer_t *answer)
{
    json_t                  *in;
    civic_result_t           rc;
    shared_alipay_answer_t   said;

    memset(answer, 0, sizeof(face_answer_t));
    answer->verdict = FACE_SAYS_NOTHING;

    in = json_pack("{s:s, s:{s:s%}, s:b, s:i}", "method", METHOD "query",
                   "business", "certify_id", attempt->certify_id.data,
                   attempt->certify_id.len, "safe", 1, "timeout",
                   (int) (timeout == 0 ? TIMEOUT : timeout));

    if (picture) {
        json_object_set_new(in, "max_reply", json_integer(PICTURE_REPLY));
    }

    rc = shared_alipay_call(r, in, &said);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (said.outcome == SHARED_ALIPAY_DONE) {
        read_node(r, said.node, answer);

    } else if (said.outcome == SHARED_ALIPAY_REFUSED
               && strcmp(said.sub_code, "OPEN_CERTIFY_BILL_NOT_EXIST") == 0)
    {
        answer->verdict = FACE_SAYS_GONE;
    }

    if (answer->verdict == FACE_SAYS_NOTHING) {
        civic_count(r, FACE_UNAVAILABLE, 1);
    }

    return CIVIC_OK;
}
