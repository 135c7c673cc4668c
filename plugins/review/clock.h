/*
 * clock.h - when an application is due, by the rule "clock", and whether
 * reviewers work now.  kit/work_clock.h says what is meant by it.
 *
 * Instants are business time.  A clock that the rule gives wrongly, or a day
 * that no calendar knows, keeps nobody from submitting: there is no due time
 * then, and a reason why.
 */

#ifndef REVIEW_CLOCK_H
#define REVIEW_CLOCK_H

#include "civic_plugin.h"
#include "work_clock.h"

/*
 * The clock that an application of this instant runs by.  status: what is
 * wrong with it, and then the log has said so.
 */
civic_result_t review_clock(civic_request_t *r, civic_msec_t at,
    civic_work_clock_t *clock, civic_work_status_t *status);

/* *due is 0 if nobody can say; *unknown is then why ("beyond_calendar" or
   another civic_work_status_name()), and empty otherwise. */
civic_result_t review_due(civic_request_t *r, civic_msec_t submitted,
    civic_msec_t *due, civic_str_t *unknown);

/* Whether reviewers work now: 1, 0, or -1: nobody can say.  *opens is, for 0,
   when they do next; 0 if nobody can say. */
civic_result_t review_hours(civic_request_t *r, civic_msec_t now, int *open,
    civic_msec_t *opens);

/* The call "due". */
civic_result_t review_call_due(civic_request_t *r, json_t *in, json_t **out);

#endif
