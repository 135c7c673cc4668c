/*
 * exam_facts.h - what plugins do with an exam's facts: the id that names it to
 * the plugin "exam", and texts in two languages, as exam.facts and
 * exam.position tell them.
 */

#ifndef CIVIC_SHARED_EXAM_FACTS_H
#define CIVIC_SHARED_EXAM_FACTS_H

#include "civic_plugin.h"

/* Whether a text may be an exam's id: to be asked of what a path, a call or
   Redis has, before it becomes part of a key or a field. */
int shared_is_exam(civic_str_t text);

/* A field of a query: a place in the list of exams, as exam.list tells it
   (with the kit's exam.h). */
#define SHARED_EXAM_PLACE                                                     \
    { .name = "after", .type = CIVIC_TYPE_STRING, .max = 80,                  \
      .pattern = "(now|past)\\.[0-9]{1,15}\\." CIVIC_EXAM_ID_PATTERN,         \
      .example = "now.1773640800000.demo-2026",                               \
      .zh = "从上一页的 after 之后开始",                                      \
      .en = "goes on where the page before it says" }

/* Of a pair {zh, en?}, in a language; Chinese without it.  A plain string is
   itself. */
civic_str_t shared_text_in(json_t *pair, const char *language);

/* When an exam is over in every respect, ms: the latest end of its windows and
   subjects.  0: the facts have none. */
civic_msec_t shared_exam_over(json_t *facts);

#endif
