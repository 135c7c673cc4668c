/*
 * tell.c - the job "tell": whoever offers the call "entitlement" hears who
 * may sit an exam and who may not, as it is at that moment, at least once
 * after each change.
 */

#include "review.h"
#include "values.h"


civic_result_t
review_tell_step(civic_request_t *r, shared_entry_t *entry)
{
    json_t              *out;
    civic_result_t       rc;
    review_order_t       order;
    review_following_t   it;

    rc = review_following(r, entry, &it);

    /* gone, kept long enough: a seat has a time of its own */
    if (rc != CIVIC_OK || it.application.id.len == 0) {
        return rc;
    }

    rc = review_order(r, it.application.pid, it.application.exam, &order);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return civic_call_all(r, "entitlement",
                          json_pack("{s:s, s:s, s:b}",
                                    "pid", it.application.pid.data,
                                    "exam_id", it.application.exam.data,
                                    "entitled",
                                    review_is_entitled(&it.application,
                                                       &it.exam, &order)),
                          &out);
}
