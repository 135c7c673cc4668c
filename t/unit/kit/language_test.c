/*
 * language_test.c - the reader's language, and that it is the host's answer.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "language.h"
#include "problem.h"


static const struct {
    const char  *header;
    int          english;
} cases[] = {
    { "", 0 }, { "zh-CN", 0 }, { "en", 1 }, { "EN-gb", 1 }, { "eng", 0 },
    { "fr", 0 }, { "zh,en", 0 }, { "en,zh", 0 }, { "en;q=0.9,zh;q=0.8", 1 },
    { "en;q=0.8,zh;q=0.9", 0 }, { "zh;q=0,en;q=0.1", 1 }, { "*", 0 },
    { "en,*;q=0.5", 1 }, { "en;q=0.5,*", 0 }, { "zh;q=0.2,*;q=0.5", 1 },
    { "en; q=1.000 , zh; q=0.999", 1 }, { "en;q=2,zh;q=0.1", 0 },
    { "en;q=x,zh;q=0", 0 }, { "en;q=0.1234,zh;q=0.1", 0 }, { "en;q=", 0 },
    { "en;level=1;q=0.3,zh;q=0.2", 1 }, { "en;Q=1,zh;q=0.5", 1 },
    { "en;q=1.1", 0 }, { "en;q=0.", 0 }, { ",,;;,en", 1 }, { "en;q=1x", 0 },
    { "en-US,en;q=0.9,zh-CN;q=0.8,zh;q=0.7", 1 }, { "\ten\t", 1 },
    { "zh-Hans-CN;q=0.3, en;q =0.4", 1 }, { "en;q=.9", 0 },
};


static void
reader_is_told_from_the_header(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (civic_prefers_english(cases[i].header, strlen(cases[i].header))
            != cases[i].english)
        {
            fail_msg("\"%s\" should be %d", cases[i].header,
                     cases[i].english);
        }
    }
}


/* A page half in English and half in Chinese helps nobody. */
static void
host_answers_the_same(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if ((civic_language(civic_cstr(cases[i].header)) == CIVIC_EN)
            != cases[i].english)
        {
            fail_msg("the host disagrees about \"%s\"", cases[i].header);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reader_is_told_from_the_header),
        cmocka_unit_test(host_answers_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
