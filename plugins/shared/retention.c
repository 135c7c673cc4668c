/*
 * retention.c - see retention.h.
 */

#include "retention.h"

#define DAY  86400000LL                 /* ms */


civic_result_t
shared_retention_over(civic_request_t *r, json_t *in, civic_msec_t since,
    int *over)
{
    json_t          *answer, *days;
    civic_result_t   rc;

    *over = 0;

    if (since == 0 || civic_business_now(r) < since) {
        json_decref(in);
        return CIVIC_OK;
    }

    rc = civic_rule(r, "retention", in, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    days = json_object_get(answer, "days");

    if (!json_is_integer(days) || json_integer_value(days) < 1
        || json_integer_value(days) > SHARED_RETENTION_DAYS)
    {
        civic_log(r, CIVIC_LOG_ERROR, "rule \"retention\" answers no \"days\" "
                  "from 1 to %d: nothing is erased", SHARED_RETENTION_DAYS);
        return CIVIC_ERROR;
    }

    *over = civic_business_now(r) >= since + json_integer_value(days) * DAY;

    return CIVIC_OK;
}
