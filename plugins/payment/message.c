/*
 * message.c - what citizens are told of their money: the words are the
 * rule's, the amount and the deadline are put in here.
 */

#include "china_time.h"
#include "payment.h"
#include "values.h"

#define MINUTES  16                         /* "2026-03-09 12:00" */


civic_result_t
payment_tell(civic_request_t *r, civic_str_t pid, payment_order_t *order,
    const char *what, int64_t fen, civic_str_t once)
{
    char             until[CIVIC_CHINA_TIME_TEXT];
    json_t          *words;
    civic_result_t   rc;

    civic_china_time_format(order->until, until);
    until[MINUTES] = '\0';

    rc = payment_order_open(r, pid, order);

    if (rc == CIVIC_OK) {
        rc = civic_rule(r, "message",
                        json_pack("{s:s, s:s%, s:s, s:s}", "what", what,
                                  "title", order->title.data,
                                  order->title.len, "yuan",
                                  payment_yuan(r, fen).data, "until", until),
                        &words);
    }

    if (rc != CIVIC_OK || !json_is_true(json_object_get(words, "send"))) {
        return rc;
    }

    rc = civic_message(r, &(civic_message_t) {
        .pid = pid,
        .kind = civic_print(r, "payment.%s", what).data,
        .once = once,
        .title_zh = shared_json_str(words, "title_zh"),
        .title_en = shared_json_str(words, "title_en"),
        .text_zh = shared_json_str(words, "text_zh"),
        .text_en = shared_json_str(words, "text_en"),
    });

    /* an installation without inboxes goes on */
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}
