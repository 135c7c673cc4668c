/*
 * problem.h - problems as RFC 9457 has them, in Chinese and English.
 *
 * A catalog joins the host's table and the plugins'.  Each plugin's codes
 * are looked up in its own table first, then in the host's.  The host's
 * table (problem_table.c) also has nginx's own statuses and the field error
 * codes of schema.h.
 */

#ifndef CIVIC_PROBLEM_H
#define CIVIC_PROBLEM_H

#include "writer.h"

typedef enum { CIVIC_ZH = 0, CIVIC_EN } civic_language_t;

/* The host's table, and the entry of a bare status (413: body_too_large). */
extern const civic_problem_def_t  civic_host_problems[];
extern const size_t               civic_host_problem_count;
const civic_problem_def_t *civic_problem_for_status(int status);

/* From Accept-Language, with q-values; Chinese unless English is preferred. */
civic_language_t civic_language(civic_str_t accept_language);

typedef struct {
    const civic_table_t    *plugin;     /* problems of the plugin, or NULL */
    civic_language_t        language;
    civic_str_t             request_id;
    civic_str_t             rule;       /* "login.attempts", or empty */
    civic_str_t             revision;   /* of that rule file */
    const civic_field_t    *query;      /* of the route, or NULL: what has */
    const civic_field_t    *body;       /* the examples of wrong fields */
    int64_t                 retry_after;    /* s, of a 503 that names none */
} civic_problem_context_t;

/* The definition of a code: the plugin's, then the host's; else NULL.  out
   is filled (short entries of older minors are zero-extended). */
int civic_problem_find(const civic_table_t *plugin, const char *code,
    civic_problem_def_t *out);

/*
 * Writes the problem as the outermost object: type ("/problems/<code>"),
 * title, status, detail, code, errors[] {pointer, code, detail, and the field's
 * example where the code's definition says so}, retry_after,
 * possible_at, rule {name, revision}, request_id, and the members that the
 * problem's definition names.  title is the text's first sentence, detail the
 * whole.  Returns the status; an unknown code is written as internal_error
 * and returns 500.
 */
int civic_problem_write(civic_writer_t *w, const civic_problem_t *problem,
    const civic_problem_context_t *context);

/* "{min}" in text replaced by params' members, "{min|day|days}" with the noun
   that fits the number; unknown names stay. */
civic_str_t civic_problem_text(civic_arena_t *arena, const char *text,
    const json_t *params);

#endif
