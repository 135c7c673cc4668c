/*
 * channel.c - how a trade is made, by channel: alipay.trade.create for the
 * mini-program (my.tradePay wants its trade_no), alipay.trade.precreate for a
 * QR code, and a signed link for a PC's browser (alipay.trade.page.pay).
 *
 * The same number is asked for again after an answer that never came: Alipay
 * makes no second trade of it.
 */

#include <openssl/evp.h>
#include <stdio.h>

#include "china_time.h"
#include "payment.h"
#include "values.h"

#define LANE      6                         /* bytes of a digest */
#define METHOD    "alipay.trade."
#define TIMEOUT   5000                      /* ms */
#define QR_CODE   512
#define ID_CHARS  "0123456789abcdefghijklmnopqrstuvwxyz"                      \
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-"


civic_result_t
payment_app(civic_request_t *r, payment_app_t *app)
{
    json_t          *out;
    civic_result_t   rc;

    rc = civic_call(r, "alipay.app", json_object(), &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    app->app_id = shared_json_str(out, "app_id");
    app->mini_app_id = shared_json_str(out, "mini_app_id");

    if (app->mini_app_id.len == 0) {
        app->mini_app_id = app->app_id;
    }

    return app->app_id.len > 0 ? CIVIC_OK : CIVIC_ERROR;
}


/* ---- whose phone it is ------------------------------------------------- */

static int
is_id(const char *text)
{
    size_t  len = strlen(text);

    return len > 0 && len <= 128 && strspn(text, ID_CHARS) == len;
}


/* "o:<open_id>" or, of an older app, "u:<user_id>"; empty if neither. */
static civic_str_t
buyer_of(civic_request_t *r, const shared_alipay_answer_t *answer)
{
    const char  *open_id = shared_alipay_text(answer, "open_id");
    const char  *user_id = shared_alipay_text(answer, "user_id");

    if (is_id(open_id)) {
        return civic_print(r, "o:%s", open_id);
    }

    return is_id(user_id) ? civic_print(r, "u:%s", user_id) : CIVIC_STR("");
}


civic_result_t
payment_buyer(civic_request_t *r, civic_str_t code, civic_str_t *buyer,
    int *answered)
{
    civic_result_t          rc;
    shared_alipay_answer_t  answer;

    rc = shared_alipay_redeem(r, code, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *buyer = CIVIC_STR("");

    if (answer.outcome == SHARED_ALIPAY_DONE) {
        *buyer = buyer_of(r, &answer);

        if (buyer->len > 0) {
            return CIVIC_OK;
        }

        civic_log(r, CIVIC_LOG_ERROR, "alipay told no identifier of the payer "
                  "that can be used");
    }

    *answered = 1;

    return answer.outcome == SHARED_ALIPAY_REFUSED
           && strncmp(answer.sub_code, "isv.code-", 9) == 0
           ? civic_problem(r, "payment_code_invalid")
           : shared_alipay_unavailable(r);
}


civic_result_t
payment_lane(civic_request_t *r, payment_trade_t *trade)
{
    unsigned        i, len = 0;
    char            text[2 * LANE + 1];
    unsigned char   bytes[EVP_MAX_MD_SIZE];

    trade->lane = trade->channel;

    if (trade->buyer.len == 0) {
        return CIVIC_OK;
    }

    if (EVP_Digest(trade->buyer.data, trade->buyer.len, bytes, &len,
                   EVP_sha256(), NULL) != 1 || len < LANE)
    {
        civic_log(r, CIVIC_LOG_ERROR, "the library has no SHA-256");
        return CIVIC_ERROR;
    }

    for (i = 0; i < LANE; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }

    trade->lane = civic_print(r, "%s:%s", trade->channel.data, text);

    return CIVIC_OK;
}


/* ---- what all channels say --------------------------------------------- */

/* Alipay wants none of these in a subject. */
static civic_str_t
subject_of(civic_request_t *r, const payment_trade_t *trade)
{
    char         *at;
    civic_str_t   subject = shared_copy(r, trade->title);

    for (at = (char *) subject.data; *at != '\0'; at++) {
        if (strchr("/=&", *at) != NULL) {
            *at = ' ';
        }
    }

    return subject;
}


static json_t *
business_of(civic_request_t *r, const payment_trade_t *trade,
    const char *product)
{
    char          ends[CIVIC_CHINA_TIME_TEXT];
    civic_str_t   subject = subject_of(r, trade);

    civic_china_time_format(trade->ends, ends);

    return json_pack("{s:s%, s:s, s:s%, s:s, s:s}",
                     "out_trade_no", trade->no.data, trade->no.len,
                     "total_amount", payment_yuan(r, trade->fen).data,
                     "subject", subject.data, subject.len,
                     "product_code", product, "time_expire", ends);
}


/* Takes over the reference to business. */
static json_t *
call_of(civic_request_t *r, const char *method, json_t *business)
{
    return json_pack("{s:s, s:o, s:O}", "method", method, "business",
                     business, "notify_url", civic_option(r, "notify_url"));
}


/* ---- making it --------------------------------------------------------- */

static json_t *
create_business(civic_request_t *r, const payment_trade_t *trade,
    const payment_app_t *app)
{
    json_t  *business = business_of(r, trade, "JSAPI_PAY");

    json_object_set_new(business, "op_app_id",
                        json_stringn(app->mini_app_id.data,
                                     app->mini_app_id.len));

    /* the opening of the app that calls, or of the mini-program if that is
       another: login's codes are the mini-program's */
    json_object_set_new(business, trade->buyer.data[0] == 'u' ? "buyer_id"
                        : civic_str_eq(app->app_id, app->mini_app_id)
                          ? "buyer_open_id" : "op_buyer_open_id",
                        json_string(trade->buyer.data + 2));

    return business;
}


static civic_result_t
refused(civic_request_t *r, const payment_trade_t *trade,
    const shared_alipay_answer_t *answer)
{
    if (answer->outcome != SHARED_ALIPAY_REFUSED
        || strcmp(answer->code, "40004") != 0
        || strcmp(answer->sub_code, "ACQ.SYSTEM_ERROR") == 0)
    {
        civic_count(r, PAYMENT_UNAVAILABLE, 1);
        return shared_alipay_unavailable(r);
    }

    civic_log(r, CIVIC_LOG_WARN, "alipay does not make trade \"%.*s\" "
              "(%.*s): \"%s\"", (int) trade->no.len, trade->no.data,
              (int) trade->channel.len, trade->channel.data,
              answer->sub_code);

    return civic_problem(r, strcmp(answer->sub_code, "ACQ.TRADE_HAS_SUCCESS")
                            == 0 ? "payment_check" : "payment_refused");
}


/* A member of a success; empty if it is not as it should be. */
static civic_str_t
told(civic_request_t *r, const shared_alipay_answer_t *answer,
    const char *name, size_t most)
{
    size_t       i;
    civic_str_t  text = civic_cstr(shared_alipay_text(answer, name));

    for (i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return CIVIC_STR("");
        }
    }

    return text.len <= most ? shared_copy(r, text) : CIVIC_STR("");
}


static civic_result_t
make(civic_request_t *r, payment_trade_t *trade, json_t *in,
    const char *member, civic_str_t *to, int *changed, int *answered)
{
    civic_result_t          rc;
    shared_alipay_answer_t  answer;

    json_object_set_new(in, "timeout", json_integer(TIMEOUT));

    rc = shared_alipay_call(r, in, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (answer.outcome == SHARED_ALIPAY_DONE) {
        *to = told(r, &answer, member, QR_CODE);

        if (to->len > 0) {
            *changed = 1;
            return CIVIC_OK;
        }

        civic_log(r, CIVIC_LOG_ERROR, "alipay made a trade without a \"%s\" "
                  "that can be used", member);
        answer.outcome = SHARED_ALIPAY_UNKNOWN;
    }

    *answered = 1;

    return refused(r, trade, &answer);
}


civic_result_t
payment_channel_make(civic_request_t *r, payment_trade_t *trade,
    int *changed, int *answered)
{
    payment_app_t   app;
    civic_result_t  rc;

    *changed = 0;

    if (payment_is(trade->channel, "mini_program")
        && trade->trade_no.len == 0)
    {
        rc = payment_app(r, &app);

        return rc != CIVIC_OK ? rc
               : make(r, trade, call_of(r, METHOD "create",
                                        create_business(r, trade, &app)),
                      "trade_no", &trade->trade_no, changed, answered);
    }

    if (payment_is(trade->channel, "qr") && trade->qr_code.len == 0) {
        return make(r, trade, call_of(r, METHOD "precreate",
                                      business_of(r, trade,
                                                  "FACE_TO_FACE_PAYMENT")),
                    "qr_code", &trade->qr_code, changed, answered);
    }

    return CIVIC_OK;
}


civic_result_t
payment_channel_page(civic_request_t *r, const payment_trade_t *trade,
    civic_str_t *url)
{
    json_t          *in, *out;
    civic_result_t   rc;

    in = call_of(r, METHOD "page.pay",
                 business_of(r, trade, "FAST_INSTANT_TRADE_PAY"));

    if (json_string_length(civic_option(r, "return_url")) > 0) {
        json_object_set(in, "return_url", civic_option(r, "return_url"));
    }

    rc = civic_call(r, "alipay.page", in, &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *url = shared_json_str(out, "url");

    return url->len > 0 ? CIVIC_OK : CIVIC_ERROR;
}
