/*
 * civic/rules.h - decisions: what policy could change is no code of the
 * plugin, but a function that administrators edit.
 */

#ifndef CIVIC_CONTRACT_RULES_H
#define CIVIC_CONTRACT_RULES_H

#include "civic/fields.h"
#include "civic/host.h"

/*
 * A rule that the plugin asks: a function in lua/rules/<plugin>.lua.
 * By address.
 */
typedef struct {
    const char           *name;
    const civic_field_t  *input;         /* documentation, and checked in
                                            civicctl rules preview */
    const char           *en;
} civic_rule_def_t;

/*
 * Asks a rule of this plugin: the function name in lua/rules/<plugin>.lua.
 * Takes over the reference to in (which may be NULL), also when it fails.
 * *out is the answer, an object, and the host's.  Does not suspend.
 * CIVIC_ERROR: the rule failed or ran out of its budget.
 */
static inline civic_result_t
civic_rule(civic_request_t *r, const char *name, json_t *in, json_t **out)
{
    return r->host->rule(r, name, in, out);
}

#endif /* CIVIC_CONTRACT_RULES_H */
