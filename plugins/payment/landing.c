/*
 * landing.c - GET /payment/alipay/return: the browser comes back from
 * Alipay's page.
 *
 * What stands in its address proves nothing.  It says which trade to ask
 * Alipay about now; then the browser goes on to the citizen's own page, with
 * nothing of it.
 */

#include "payment.h"
#include "values.h"

/* Seen for a moment, or where a browser follows no "Refresh". */
#define PAGE  "<!DOCTYPE html><html lang=\"zh-CN\"><meta charset=\"utf-8\">"   \
              "<title>支付</title><p><a href=\"%s\">查看个人付款状态</a>"         \
              "</html>\n"


static civic_result_t
ask(civic_request_t *r, civic_str_t no)
{
    int               turn;
    civic_str_t       pid;
    civic_result_t    rc;
    payment_book_t    book;
    payment_trade_t  *trade;

    rc = payment_lead_read(r, no, &pid);

    if (rc == CIVIC_OK) {
        rc = payment_book_read(r, pid, &book);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    trade = payment_trade_of(&book, no);

    if (trade == NULL || !payment_is(trade->state, "open")) {
        return CIVIC_OK;
    }

    rc = payment_turn(r, pid, trade->order, &turn);

    return rc == CIVIC_OK && turn ? payment_look(r, pid, trade, 0) : rc;
}


civic_result_t
payment_landing(civic_request_t *r)
{
    const char     *landing;
    civic_str_t     no = shared_json_str(civic_query(r), "out_trade_no");
    civic_result_t  rc = CIVIC_OK;

    if (shared_is_hex_id(no)) {
        rc = ask(r, no);
    }

    /* whatever came of it, the page asks again, and the job does */
    if (rc == CIVIC_ABORTED) {
        return rc;
    }

    landing = json_string_value(civic_option(r, "landing"));

    rc = civic_reply_bytes(r, 200, "text/html; charset=utf-8",
                           civic_print(r, PAGE, landing));

    return rc != CIVIC_OK ? rc
           : civic_reply_header(r, "Refresh",
                                civic_print(r, "0; url=%s", landing));
}
