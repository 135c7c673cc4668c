/*
 * yuan_test.c - every amount goes to text and back; what is no amount is
 * refused.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "yuan.h"


static void
there_and_back(void **state)
{
    char     text[CIVIC_YUAN_TEXT];
    int64_t  fen, back;

    (void) state;

    for (fen = 0; fen < 100000; fen++) {
        assert_int_equal(civic_yuan_format(fen, text), 0);
        assert_int_equal(civic_yuan_parse(text, strlen(text), &back), 0);
        assert_int_equal(back, fen);
    }

    assert_int_equal(civic_yuan_format(CIVIC_FEN_MAX, text), 0);
    assert_string_equal(text, "100000000.00");
    assert_int_equal(civic_yuan_parse(text, strlen(text), &back), 0);
    assert_int_equal(back, CIVIC_FEN_MAX);
    assert_int_equal(civic_yuan_format(1, text), 0);
    assert_string_equal(text, "0.01");
    assert_int_equal(civic_yuan_format(CIVIC_FEN_MAX + 1, text), -1);
    assert_int_equal(civic_yuan_format(-1, text), -1);
}


static void
short_forms(void **state)
{
    int64_t  fen;

    (void) state;

    assert_int_equal(civic_yuan_parse("88", 2, &fen), 0);
    assert_int_equal(fen, 8800);
    assert_int_equal(civic_yuan_parse("88.8", 4, &fen), 0);
    assert_int_equal(fen, 8880);
    assert_int_equal(civic_yuan_parse("88.88", 4, &fen), 0);
    assert_int_equal(fen, 8880);
}


static void
no_amounts(void **state)
{
    size_t   i;
    int64_t  fen = 7;

    static const char *const  wrong[] = {
        "", ".", ".5", "1.", "1.234", "-1", "+1", " 1", "1 ", "1,00", "1e3",
        "0x1", "100000000.01", "100000001", "99999999999999999999", "1.0.0",
        "1\xef\xbc\x8e" "00", "NaN"
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_yuan_parse(wrong[i], strlen(wrong[i]), &fen),
                         -1);
    }

    assert_int_equal(civic_yuan_parse("1\0" "0", 3, &fen), -1);
    assert_int_equal(fen, 7);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(short_forms),
        cmocka_unit_test(no_amounts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
