/*
 * answers.h - what somebody filled in, held against the form of an exam.
 *
 * A form is the array "form" of an exam's file (docs/exams.md), of
 * which nothing is taken for granted here.  Answers are an object: the
 * field's name -> its text, or for "choices" an array of texts:
 *
 *   text      its characters, of which no control but the line's end
 *   choice    one of the options' values; choices: some of them, each once
 *   date      "2026-03-09", a day of the calendar; min and max are such texts
 *   number    "-12.5", at most 15 digits and 6 behind the point
 *   phone     11 digits of a mobile number, or a fixed line's with its area
 *             code ("0971-6101234")
 *   email     one "@" with something on both sides
 *   yes_no    "yes" or "no"
 *
 * A field with "when" is asked only if the field that it names is asked, and
 * answered with one of "in".  Pure functions, for any thread; jansson's trees
 * are only read, but by civic_answers_narrow().
 */

#ifndef CIVIC_KIT_ANSWERS_H
#define CIVIC_KIT_ANSWERS_H

#include <stddef.h>

#include <jansson.h>

/* Code points of a text without a "max" of its own. */
#define CIVIC_ANSWER_TEXT  500

typedef struct {
    const char  *field;                 /* of the form, or of the answers */
    const char  *code;                  /* of the host: "required", "too_long",
                                           "not_a_choice" ... */
    json_t      *params;                /* a new reference, or NULL */
} civic_answer_fault_t;

/* The field of a name; NULL if the form has none. */
json_t *civic_form_field(json_t *form, const char *name);

/* Full-width digits and signs of numbers, phones, e-mail addresses and days, as
   Chinese keyboards type them, become the plain ones; other answers stay. */
void civic_answers_narrow(json_t *form, json_t *answers);

/* Absent, "", or an array of nothing. */
int civic_answer_is_empty(const json_t *answer);

/* Whether the field is to be answered at all, by its "when". */
int civic_answer_is_asked(json_t *form, json_t *answers, json_t *field);

/* What is wrong with one that is not empty; NULL: nothing.  *params is a new
   reference or NULL. */
const char *civic_answer_fault(json_t *field, json_t *answer,
    json_t **params);

/*
 * A right answer, made up, for who gave a wrong one: the field's own
 * ("example" in the file), or what its type and bounds allow.  NULL where that
 * helps nobody: a free text without one, and fields with choices, whose values
 * are told.  A new reference.
 */
json_t *civic_answer_example(json_t *field);

/*
 * All that is wrong, in the form's order, then what the form does not know;
 * at most max.  complete: what is required and asked is there.  Without it
 * only what is there is looked at.  The number of faults.
 */
size_t civic_answers_check(json_t *form, json_t *answers, int complete,
    civic_answer_fault_t *faults, size_t max);

/* Those that are asked and not empty: a new object. */
json_t *civic_answers_asked(json_t *form, json_t *answers);

/* Whether an answer is one of a list of values: texts; numbers; true and
   false for yes and no.  Of choices: one of them is. */
int civic_answer_in(json_t *answer, json_t *list);

#endif
