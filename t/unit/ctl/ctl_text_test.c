/*
 * ctl_text_test.c - nouns agree with the number before them, and what an
 * argument says is printed as it is.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "ctl_text.h"

__attribute__((format(printf, 3, 4)))
static void
says(civic_language_t language, const char *expected, const char *en, ...)
{
    char     *text = NULL;
    FILE     *out;
    size_t    len = 0;
    va_list   args;

    out = open_memstream(&text, &len);
    assert_non_null(out);
    va_start(args, en);
    ctl_text_print(out, language, "%u 天", en, args);
    va_end(args);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, expected);
    free(text);
}


static void
test_nouns_agree(void **state)
{
    (void) state;

    says(CIVIC_EN, "0 days", "%u {day|days}", 0u);
    says(CIVIC_EN, "1 day", "%u {day|days}", 1u);
    says(CIVIC_EN, "2 days", "%u {day|days}", 2u);
    says(CIVIC_EN, "1 was of 3 files", "%zu {was|were} of %lld {file|files}",
         (size_t) 1, 3LL);
    says(CIVIC_EN, "1 record stays as it is",
         "%d {record|records} {stays as it is|stay as they are}", 1);
    says(CIVIC_EN, "4294967297 days", "%lld {day|days}", 4294967297LL);
    says(CIVIC_ZH, "1 天", "%u {day|days}", 1u);
}


/* All kinds of arguments that stand between a number and its noun. */
static void
test_other_arguments_pass(void **state)
{
    (void) state;

    says(CIVIC_EN, "1 of ab, +0.50%, x, ff: day",
         "%ld of %.*s, %+.2f%%, %c, %x: {day|days}", 1L, 2, "abc", 0.5, 'x',
         255u);
    says(CIVIC_EN, "of 7 a 1 file", "of %d %-2s%u {file|files}", 7, "a", 1u);
}


static void
test_nothing_else_is_touched(void **state)
{
    (void) state;

    says(CIVIC_EN, "1: 2 {a|b} %s {c|d} day", "%u: %s {day|days}", 1u,
         "2 {a|b} %s {c|d}");
    says(CIVIC_EN, "1 {} {a} {b", "%u {} {a} {b", 1u);
    says(CIVIC_EN, "100%", "100%%");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_nouns_agree),
        cmocka_unit_test(test_other_arguments_pass),
        cmocka_unit_test(test_nothing_else_is_touched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
