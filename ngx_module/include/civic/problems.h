/*
 * civic/problems.h - what a plugin answers when it cannot do what was asked:
 * problems (RFC 9457) with a stable code, texts for people, and all that
 * helps.
 */

#ifndef CIVIC_CONTRACT_PROBLEMS_H
#define CIVIC_CONTRACT_PROBLEMS_H

#include "civic/fields.h"
#include "civic/host.h"

/*
 * A problem that the plugin may answer (RFC 9457), or, with status 0, an
 * error of one field.  Texts are for citizens; "{name}" is replaced by the
 * member of civic_problem_t.params.  What a program has to know as well is a
 * member of the answer: fields name those of params.  By address.
 */
typedef struct {
    const char           *code;
    int                   status;
    const char           *zh;
    const char           *en;
    const civic_field_t  *members;       /* of params, that the answer has too;
                                            of a problem, not of a field */
    int                   example;       /* of a field, not of a problem: the
                                            error shows the field's example */
} civic_problem_def_t;

/* An error of one field: a code of the tables, and where (RFC 6901). */
typedef struct {
    const char  *pointer;               /* "/password"; "?name" for a query */
    const char  *code;
    json_t      *params;                /* borrowed; NULL: the problem's.  Its
                                           "example" is a right value, where
                                           the field's table has none */
} civic_field_error_t;

/* By address.  A problem with all that helps. */
struct civic_problem_s {
    const char                 *code;
    json_t                     *params;       /* borrowed, may be NULL */
    const civic_field_error_t  *errors;
    size_t                      nerrors;
    int64_t                     retry_after;  /* s; 0: absent */
    civic_msec_t                possible_at;  /* business time; 0: absent */
    int                         with_rule;    /* name the last rule asked */
};

/*
 * Answers with a problem of the plugin's or the host's table:
 * "return civic_problem(r, "captcha_expired");".  Returns CIVIC_OK; an
 * unknown code is a bug: it is logged and answered with 500.
 */
static inline civic_result_t
civic_problem(civic_request_t *r, const char *code)
{
    civic_problem_t  problem = { .code = code };

    return r->host->problem(r, &problem);
}

/* The same with field errors, times and parameters. */
static inline civic_result_t
civic_problem_with(civic_request_t *r, const civic_problem_t *problem)
{
    return r->host->problem(r, problem);
}

/*
 * Answers with the problem that a rule's decision names: its reason is the
 * code; retry_after (s), possible_at (epoch ms) and the other members
 * (parameters of the text) are taken along, and so are the rule's name and
 * revision.
 */
static inline civic_result_t
civic_refuse(civic_request_t *r, json_t *decision)
{
    return r->host->refuse(r, decision);
}

#endif /* CIVIC_CONTRACT_PROBLEMS_H */
