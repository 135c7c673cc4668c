/*
 * exam_private.h - what the files of this folder share: a walk through the
 * tree that knows where it is, and notes what is wrong there.
 */

#ifndef CIVIC_KIT_EXAM_PRIVATE_H
#define CIVIC_KIT_EXAM_PRIVATE_H

#include "exam.h"

typedef enum {
    EXAM_NOT_JSON = 0,
    EXAM_NO_MEMORY,
    EXAM_TOO_LARGE,
    EXAM_EXPECTED_OBJECT,
    EXAM_EXPECTED_ARRAY,
    EXAM_EXPECTED_STRING,
    EXAM_EXPECTED_INTEGER,
    EXAM_EXPECTED_BOOLEAN,
    EXAM_REQUIRED,
    EXAM_UNKNOWN_MEMBER,
    EXAM_EMPTY,
    EXAM_TOO_LONG,
    EXAM_TOO_MANY,
    EXAM_BAD_TEXT,
    EXAM_OUT_OF_RANGE,
    EXAM_BAD_ID,
    EXAM_BAD_NAME,
    EXAM_BAD_CODE,
    EXAM_BAD_SITE,
    EXAM_BAD_ROOM,
    EXAM_BAD_PREFIX,
    EXAM_BAD_INSTANT,
    EXAM_BAD_DATE,
    EXAM_BAD_TYPE,
    EXAM_BAD_PATTERN,
    EXAM_BAD_EXAMPLE,
    EXAM_BACKWARDS,
    EXAM_OUT_OF_ORDER,
    EXAM_DUPLICATE,
    EXAM_NOT_FOR_TYPE,
    EXAM_UNKNOWN_FIELD,
    EXAM_LATER_FIELD,
    EXAM_UNKNOWN_OPTION,
    EXAM_UNKNOWN_POSITION,
    EXAM_NO_TEST,
    EXAM_BAD_HEADER,
    EXAM_BAD_ROW
} exam_fault_t;

/* Where the walk is. */
typedef struct {
    civic_exam_faults_t  *faults;
    json_t               *form;         /* the exam's, or NULL */
    size_t                len;
    char                  pointer[CIVIC_EXAM_POINTER];
} exam_walk_t;

/* One step down, and back to where it was. */
size_t exam_down(exam_walk_t *w, const char *name);
size_t exam_down_item(exam_walk_t *w, size_t index);
void exam_up(exam_walk_t *w, size_t mark);

/* Notes a fault here, or at a member. */
void exam_fault(exam_walk_t *w, exam_fault_t fault, const char *detail);
void exam_fault_at(exam_walk_t *w, const char *name, exam_fault_t fault,
    const char *detail);

/* A member of a type; NULL if it is absent (a fault if it is required) or of
   another type. */
json_t *exam_array(exam_walk_t *w, json_t *object, const char *name,
    size_t min, size_t max);
json_t *exam_object(exam_walk_t *w, json_t *object, const char *name,
    int required);
const char *exam_string(exam_walk_t *w, json_t *object, const char *name,
    size_t max, int required);

/* Whether this value is an object; and that it has no members but these. */
int exam_is_object(exam_walk_t *w, json_t *value);
void exam_only(exam_walk_t *w, json_t *object, const char *const *names);

/* {zh, en?}, of at most max code points each. */
void exam_pair(exam_walk_t *w, json_t *object, const char *name, size_t max,
    int required);
void exam_pair_here(exam_walk_t *w, json_t *value, size_t max);

/* 1 if it is there, and within. */
int exam_integer(exam_walk_t *w, json_t *object, const char *name,
    int64_t min, int64_t max, int required, int64_t *value);
int exam_boolean(exam_walk_t *w, json_t *object, const char *name);
int exam_date(exam_walk_t *w, json_t *object, const char *name,
    int64_t *days);

/* {from, until} of a window, or of a subject's time. */
void exam_span(exam_walk_t *w, json_t *object, civic_exam_window_t *span);

/* Members of an array's objects that must differ.  Tells the second one. */
void exam_unique(exam_walk_t *w, json_t *array, const char *name);

/* Letters of a set, 1 to max of them. */
int exam_letters(const char *s, size_t len, const char *set, size_t max);

/* The parts of the file. */
void exam_check_form(exam_walk_t *w, json_t *form);
void exam_check_position(exam_walk_t *w, json_t *position);
void exam_check_facts(exam_walk_t *w, json_t *facts, civic_exam_t *exam);
void exam_check_subject_positions(exam_walk_t *w, json_t *facts,
    json_t *positions);

/* A field of the form by its name; NULL: there is none. */
json_t *exam_field(json_t *form, const char *name);

/* That each value of "in" is one that the field can have. */
void exam_check_in(exam_walk_t *w, json_t *object, json_t *field);

/* min and max, by the field's type. */
void exam_check_bounds(exam_walk_t *w, json_t *object, const char *type);

#endif
