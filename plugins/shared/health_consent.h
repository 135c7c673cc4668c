/*
 * health_consent.h - whether data of somebody's health may be kept: one answer
 * for all plugins that keep some.
 *
 * A consent holds while its id stands in the person's consents, which is what
 * scripts compare, too.  That the text has a new version does not end it:
 * nothing new may be agreed to by it, but what came of it goes on, until it is
 * withdrawn or its time is over.  civic_consent() answers none then, and is
 * for whoever begins something.
 */

#ifndef CIVIC_SHARED_HEALTH_CONSENT_H
#define CIVIC_SHARED_HEALTH_CONSENT_H

#include "civic_plugin.h"

#define SHARED_HEALTH_OWN    "health"           /* of everybody from 14 on */
#define SHARED_HEALTH_CHILD  "health_child"     /* by a guardian */

/* Asks for both, for civic_pipeline(). */
void shared_health_consent_command(civic_request_t *r, civic_str_t pid,
    civic_command_t *command);

/* Of its answer: the id that stands under the purpose; empty if none does,
   and for any other purpose. */
civic_str_t shared_health_consent_id(const civic_value_t *consents,
    civic_str_t purpose);

/* The same for who asks nothing else: whether either holds. */
civic_result_t shared_health_consent_holds(civic_request_t *r,
    civic_str_t pid, int *holds);

#endif
