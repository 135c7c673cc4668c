/*
 * exam_fixture.h - the shipped example of an exam's file, and files made of
 * it.
 */

#ifndef EXAM_FIXTURE_H
#define EXAM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exam_index.h"

#define EXAMPLE  "conf/exams/demo-2026.json"
#define UNUSED   __attribute__((unused))


UNUSED static json_t *
example(void)
{
    json_t        *tree;
    json_error_t   error;

    tree = json_load_file(EXAMPLE, 0, &error);

    if (tree == NULL) {
        fail_msg("%s:%d: %s", EXAMPLE, error.line, error.text);
    }

    return tree;
}


/* Indexed as a worker does it. */
UNUSED static civic_exam_index_t *
indexed(json_t *tree)
{
    civic_exam_t               exam;
    civic_exam_index_t        *index;
    static civic_exam_kept_t   kept;
    static civic_exam_faults_t faults;

    if (civic_exam_take(tree, &exam, &faults) != 0) {
        fail_msg("%s: %s %s", faults.list[0].pointer, faults.list[0].code,
                 faults.list[0].detail);
    }

    assert_int_equal(civic_exam_pack(&exam, &kept, &faults), 0);
    civic_exam_done(&exam);

    index = civic_exam_index_make(&(civic_exam_source_t) {
                                      .facts = kept.facts.bytes,
                                      .facts_len = kept.facts.len,
                                      .chunks = kept.chunk,
                                      .nchunks = kept.chunks }, 7, &faults);
    if (index == NULL) {
        fail_msg("%s: %s", faults.list[0].pointer, faults.list[0].code);
    }

    civic_exam_kept_done(&kept);

    return index;
}

#endif
