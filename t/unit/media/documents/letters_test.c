/*
 * letters_test.c - what of a text is printed, and what is told as missing.
 * With the fonts that Debian has.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fonts.h"
#include "letters.h"

typedef struct {
    const char  *given;
    const char  *printed;
    unsigned     missing;
} case_t;


static int
open_fonts(void **state)
{
    char  why[FONTS_WHY];

    (void) state;

    return fonts_opened() || fonts_open(fonts_usual, why) > 0 ? 0 : -1;
}


static void
printed(void **state)
{
    char                *text;
    size_t               i, len;
    letters_t            letters;
    static const case_t  cases[] = {
        { "", "", 0 },
        { "王 A\n1", "王 A\n1", 0 },
        { "a\tb\r\nc\xc2\x85" "d\xe2\x80\xa8" "e", "a b\nc\nd\ne", 0 },
        { "a\x01\x7f\xc2\x9b" "b", "ab", 0 },
        /* U+202E, U+2066, U+200D, U+FEFF */
        { "\xe2\x80\xae" "a\xe2\x81\xa6\xe2\x80\x8d" "b\xef\xbb\xbf", "ab",
          0 },
        /* U+E123 twice, U+10FFFD */
        { "\xee\x84\xa3\xee\x84\xa3\xf4\x8f\xbf\xbd", "〓〓〓", 2 },
        /* e and U+0301; a mark without a letter stays */
        { "e\xcc\x81", "\xc3\xa9", 0 },
        { "\xcc\x81", "\xcc\x81", 0 },
        { "q\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81z",
          "q\xcc\x81\xcc\x81\xcc\x81\xcc\x81z", 0 },
        /* U+8FBA with U+E0101, and once more */
        { "\xe8\xbe\xba\xf3\xa0\x84\x81\xf3\xa0\x84\x81",
          "\xe8\xbe\xba\xf3\xa0\x84\x81", 0 },
        { "\xf3\xa0\x84\x81", "", 0 },
        /* U+2003, which is a space, and U+3000 */
        { "a\xe3\x80\x80" "b", "a\xe3\x80\x80" "b", 0 },
        /* of extensions B, C, E, F */
        { "\xf0\xa0\x85\xa4\xf0\xaa\x9b\x94\xf0\xac\x95\x8e\xf0\xac\xbb\xbf",
          "\xf0\xa0\x85\xa4\xf0\xaa\x9b\x94\xf0\xac\x95\x8e\xf0\xac\xbb\xbf",
          0 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        letters.count = 0;
        text = letters_print(cases[i].given, &len, &letters);
        assert_non_null(text);
        assert_int_equal(len, strlen(text));

        if (strcmp(text, cases[i].printed) != 0
            || letters.count != cases[i].missing)
        {
            fail_msg("case %zu: \"%s\", %u missing", i, text, letters.count);
        }

        free(text);
    }
}


/* However many there are. */
static void
missing(void **state)
{
    char       many[300 * 3 + 1], *text;
    size_t     i, len;
    letters_t  letters = { .count = 0 };

    (void) state;

    for (i = 0; i < 300; i++) {
        many[3 * i] = (char) 0xee;
        many[3 * i + 1] = (char) (0x80 + i / 64);
        many[3 * i + 2] = (char) (0x80 + i % 64);
    }

    many[900] = '\0';
    text = letters_print(many, &len, &letters);
    assert_non_null(text);
    assert_int_equal(len, 900);
    assert_int_equal(letters.count, LETTERS_MISSING);
    assert_int_equal(letters.missing[0], 0xe000);
    assert_int_equal(letters.missing[LETTERS_MISSING - 1],
                     0xe000 + LETTERS_MISSING - 1);
    free(text);
}


static void
han(void **state)
{
    (void) state;
    assert_true(letters_han(0x738b));
    assert_true(letters_han(0x2a6a5));
    assert_false(letters_han('A'));
    assert_false(letters_han(0xff0c));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(printed),
        cmocka_unit_test(missing),
        cmocka_unit_test(han),
    };

    return cmocka_run_group_tests(tests, open_fonts, NULL);
}
