/*
 * name_test.c - names that exist, names that cannot be, masks.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "name.h"


static civic_name_reason_t
check(const char *name)
{
    return civic_name_check(name, strlen(name));
}


static void
valid(void **state)
{
    size_t       i;
    const char  *names[] = {
        "张伟", "欧阳娜娜", "王", "阿依古丽·买买提", "尼玛•次仁", "〇一",
        "𠮷田", "㐂", "John F. Smith", "O'Brien", "Jean-Luc", "José",
        "阿卜杜．热依木", "买买提.艾山",
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(check(names[i]), CIVIC_NAME_OK);
    }
}


static void
invalid(void **state)
{
    (void) state;

    assert_int_equal(check(""), CIVIC_NAME_EMPTY);
    assert_int_equal(check("张*"), CIVIC_NAME_CHARSET);
    assert_int_equal(check("欧**娜"), CIVIC_NAME_CHARSET);
    assert_int_equal(check("张＊"), CIVIC_NAME_CHARSET);
    assert_int_equal(check("张 "), CIVIC_NAME_CHARSET);
    assert_int_equal(check(" 张"), CIVIC_NAME_CHARSET);
    assert_int_equal(check("张  伟"), CIVIC_NAME_CHARSET);
    assert_int_equal(check("张1"), CIVIC_NAME_CHARSET);
    assert_int_equal(check("张<b>"), CIVIC_NAME_CHARSET);
    assert_int_equal(check("张\xe4\xbc"), CIVIC_NAME_CHARSET);
    assert_int_equal(civic_name_check("张\0伟", 7), CIVIC_NAME_CHARSET);
    assert_int_equal(check("·张"), CIVIC_NAME_SEPARATOR);
    assert_int_equal(check("张·"), CIVIC_NAME_SEPARATOR);
    assert_int_equal(check("张··伟"), CIVIC_NAME_SEPARATOR);
    assert_int_equal(check("张·•伟"), CIVIC_NAME_SEPARATOR);
}


/* Fifty characters of four bytes pass, fifty-one do not. */
static void
length(void **state)
{
    char    name[51 * 4 + 1] = "", mask[CIVIC_NAME_BYTES];
    size_t  i;

    (void) state;

    for (i = 0; i < 50; i++) {
        strcat(name, "𠮷");
    }

    assert_int_equal(check(name), CIVIC_NAME_OK);
    assert_int_equal(civic_name_fold(name, 200, mask), 200);
    assert_string_equal(mask, name);
    assert_int_equal(civic_name_mask(name, 200, mask), 4 + 48 + 4);

    strcat(name, "𠮷");
    assert_int_equal(check(name), CIVIC_NAME_LENGTH);
    assert_int_equal(civic_name_mask(name, 204, mask), 1);
}


static int
same(const char *a, const char *b)
{
    return civic_name_same(a, strlen(a), b, strlen(b));
}


static void
folding(void **state)
{
    char         out[CIVIC_NAME_BYTES];
    size_t       i;
    const char  *dots[] = { "•", "．", "‧", "・", "･", "∙", ".", "·" };
    char         name[32];

    (void) state;

    for (i = 0; i < sizeof(dots) / sizeof(dots[0]); i++) {
        strcpy(name, "阿依");
        strcat(name, dots[i]);
        strcat(name, "古丽");
        civic_name_fold(name, strlen(name), out);
        assert_string_equal(out, "阿依·古丽");
        assert_true(same(name, "阿依·古丽"));
    }

    assert_true(same("John Smith", "ＪＯＨＮ SMITH"));
    assert_false(same("阿依古丽", "阿依·古丽"));
    assert_false(same("张*", "张*"));
}


/* As it stands on the card, whatever was typed. */
static void
writing(void **state)
{
    size_t       i;
    char         out[CIVIC_NAME_BYTES];
    const char  *pairs[][2] = {
        { "阿依古丽.买买提", "阿依古丽·买买提" },
        { "阿依古丽．买买提", "阿依古丽·买买提" },
        { "阿依古丽•买买提", "阿依古丽·买买提" },
        { "阿依古丽・买买提", "阿依古丽·买买提" },
        { "阿·依.古丽", "阿·依·古丽" },
        { "大卫.Smith", "大卫·Smith" },
        { "John F. Smith", "John F. Smith" }, { "王小明", "王小明" },
    };

    (void) state;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(civic_name_write(pairs[i][0], strlen(pairs[i][0]),
                                          out), strlen(pairs[i][1]));
        assert_string_equal(out, pairs[i][1]);
    }
}


static void
masks(void **state)
{
    size_t       i;
    char         out[CIVIC_NAME_BYTES];
    const char  *pairs[][2] = {
        { "王", "*" }, { "张伟", "张*" }, { "王小明", "王*明" },
        { "欧阳娜娜", "欧**娜" }, { "𠮷田𠮷", "𠮷*𠮷" }, { "", "*" },
    };

    (void) state;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        civic_name_mask(pairs[i][0], strlen(pairs[i][0]), out);
        assert_string_equal(out, pairs[i][1]);
        assert_int_not_equal(check(out), CIVIC_NAME_OK);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(valid),
        cmocka_unit_test(invalid),
        cmocka_unit_test(length),
        cmocka_unit_test(folding),
        cmocka_unit_test(writing),
        cmocka_unit_test(masks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
