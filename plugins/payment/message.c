/*
 * message.c - what citizens are told of their money: the words are the
 * rule's, the amount and the deadline are put in here.
 */

#include "message.h"
#include "payment.h"


civic_result_t
payment_tell(civic_request_t *r, civic_str_t pid, payment_order_t *order,
    const char *what, int64_t fen, civic_str_t once)
{
    civic_result_t  rc = payment_order_open(r, pid, order);

    if (rc != CIVIC_OK) {
        return rc;
    }

    return shared_message(r, "message",
        json_pack("{s:s, s:s%, s:s, s:s}", "what", what,
                  "title", order->title.data, order->title.len,
                  "yuan", payment_yuan(r, fen).data,
                  "until", shared_minute(r, order->until).data),
        (civic_message_t) {
            .pid = pid,
            .kind = civic_print(r, "payment.%s", what).data,
            .once = once,
        }, NULL);
}
