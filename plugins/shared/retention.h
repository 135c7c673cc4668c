/*
 * retention.h - whether the time is over for which something is kept, by the
 * rule "retention" of the plugin.
 *
 * A rule that says something else than days takes nothing away: what was
 * erased by mistake does not come back.
 */

#ifndef CIVIC_SHARED_RETENTION_H
#define CIVIC_SHARED_RETENTION_H

#include "civic_plugin.h"

#define SHARED_RETENTION_DAYS  36500    /* at most */

/*
 * Asks the rule with in, whose reference it takes, for "days"; *over: as many
 * have passed since the instant, by business time.  An audit entry that is
 * made before another rule is asked names this one (with_rule).  An instant
 * that is to come, or 0 (not known), is not asked about.  CIVIC_ERROR: the
 * rule answers no days from 1 on, logged.
 */
civic_result_t shared_retention_over(civic_request_t *r, json_t *in,
    civic_msec_t since, int *over);

#endif
