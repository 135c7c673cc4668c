/*
 * civic/calls.h - what plugins ask each other, by name: nobody sees another
 * one's code.
 */

#ifndef CIVIC_CONTRACT_CALLS_H
#define CIVIC_CONTRACT_CALLS_H

#include "civic/host.h"

/*
 * A call that the plugin offers to others as "<plugin>.<name>".  Runs on the
 * caller's fiber.  in is the host's; *out is a new reference or NULL.
 * By address.
 */
typedef struct {
    const char       *name;
    civic_result_t  (*handler)(civic_request_t *r, json_t *in, json_t **out);
    const char       *en;
} civic_call_def_t;

/*
 * Asks another plugin: "review.application".  Takes over the reference to
 * in.  *out is the host's, or NULL.
 *
 * CIVIC_NOT_FOUND: no plugin of nginx.conf offers it.  That is a decision of
 * the operator, and no failure: go on without, if that makes sense.  A plugin
 * that is there, but did not start or is switched off, is another matter, for
 * it will be back: the host answers 503 plugin_unavailable (read_only, if it
 * is so and the route changes something; outcome_unknown, if something was
 * written before), and the call returns CIVIC_ABORTED.
 */
static inline civic_result_t
civic_call(civic_request_t *r, const char *name, json_t *in, json_t **out)
{
    return r->host->call(r, name, in, out);
}

/*
 * Asks every plugin that offers a call of this name ("erase"), in the order
 * of nginx.conf.  Takes over the reference to in.  *out is the host's: an
 * object, plugin -> answer.  One that fails does not keep the others from
 * being asked; the first result that is not CIVIC_OK is returned.
 */
static inline civic_result_t
civic_call_all(civic_request_t *r, const char *name, json_t *in, json_t **out)
{
    return r->host->call_all(r, name, in, out);
}

#endif /* CIVIC_CONTRACT_CALLS_H */
