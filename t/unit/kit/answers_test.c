/*
 * answers_test.c - each kind of field takes what it should and nothing else;
 * what is asked only then; all that is wrong at once.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "answers.h"


static json_t *
load(const char *text)
{
    json_t  *json = json_loads(text, JSON_DECODE_ANY, NULL);

    assert_non_null(json);

    return json;
}


/* The fault of one answer, both as JSON; "" if there is none. */
static const char *
fault(const char *field, const char *answer)
{
    json_t      *f = load(field), *a = load(answer), *params;
    const char  *code = civic_answer_fault(f, a, &params);

    json_decref(params);
    json_decref(f);
    json_decref(a);

    return code == NULL ? "" : code;
}


static void
assert_faults(const char *field, const char *const *answers,
    const char *code)
{
    for ( ; *answers != NULL; answers++) {
        if (strcmp(fault(field, *answers), code) != 0) {
            fail_msg("%s: \"%s\", expected \"%s\"", *answers,
                     fault(field, *answers), code);
        }
    }
}


#define ALL(...)  ((const char *const[]) { __VA_ARGS__, NULL })


static void
kinds(void **state)
{
    (void) state;

    assert_faults("{\"type\":\"date\"}",
                  ALL("\"2026-03-09\"", "\"2024-02-29\""), "");
    assert_faults("{\"type\":\"date\"}",
                  ALL("\"2026-02-29\"", "\"2026-3-9\"", "\"x\""),
                  "bad_format");
    assert_string_equal(fault("{\"type\":\"date\",\"min\":\"2000-01-01\"}",
                              "\"1999-12-31\""), "too_small");
    assert_string_equal(fault("{\"type\":\"date\",\"max\":\"2000-01-01\"}",
                              "\"2000-01-02\""), "too_large");

    assert_faults("{\"type\":\"number\",\"min\":-1,\"max\":200}",
                  ALL("\"0\"", "\"-1\"", "\"200\"", "\"172.5\""), "");
    assert_faults("{\"type\":\"number\"}",
                  ALL("\"1e3\"", "\"0x1\"", "\".5\"", "\"5.\"", "\"--1\"",
                      "\"1 \"", "\"1234567890123456\"", "\"1.1234567\"",
                      "\"-\"", "\"nan\""), "bad_format");
    assert_string_equal(fault("{\"type\":\"number\",\"min\":0}",
                              "\"-0.5\""), "too_small");
    assert_string_equal(fault("{\"type\":\"number\",\"max\":2}",
                              "\"2.000001\""), "too_large");

    assert_faults("{\"type\":\"phone\"}",
                  ALL("\"13897460001\"", "\"0971-6101234\"",
                      "\"010-12345678\"", "\"09716101234\""), "");
    assert_faults("{\"type\":\"phone\"}",
                  ALL("\"1389746000\"", "\"138974600011\"", "\"12897460001\"",
                      "\"0971-610123\"", "\"0971-6101234x\"", "\"6101234\"",
                      "\"1389746000a\""), "bad_format");

    assert_faults("{\"type\":\"email\"}",
                  ALL("\"a@b.cn\"", "\"zhang.san@mail.qhu.edu.cn\""), "");
    assert_faults("{\"type\":\"email\"}",
                  ALL("\"a@b\"", "\"@b.cn\"", "\"a@\"", "\"a@b@c.cn\"",
                      "\"a b@c.cn\"", "\"a@.cn\"", "\"a@b.\"",
                      "\"<a@b.cn>\""), "bad_format");

    assert_faults("{\"type\":\"yes_no\"}", ALL("\"yes\"", "\"no\""), "");
    assert_faults("{\"type\":\"yes_no\"}", ALL("\"Yes\"", "\"true\""),
                  "not_a_choice");
    assert_faults("{\"type\":\"yes_no\"}", ALL("[\"yes\"]", "true"),
                  "invalid");
}


/* As Chinese keyboards type them; a text keeps what it is. */
static void
full_width(void **state)
{
    json_t  *form, *answers, *expected;

    (void) state;

    form = json_loads("[{\"name\":\"n\",\"type\":\"number\"},"
                      "{\"name\":\"p\",\"type\":\"phone\"},"
                      "{\"name\":\"e\",\"type\":\"email\"},"
                      "{\"name\":\"d\",\"type\":\"date\"},"
                      "{\"name\":\"t\",\"type\":\"text\"},"
                      "{\"name\":\"x\",\"type\":\"phone\"}]", 0, NULL);
    answers = json_loads("{\"n\":\"－１７２．５\",\"p\":\"１3８97460001\","
                         "\"e\":\"ａ＠b．cn\",\"d\":\"２０２６－０３－０９\","
                         "\"t\":\"（１）班\",\"x\":[\"１\"]}", 0, NULL);
    expected = json_loads("{\"n\":\"-172.5\",\"p\":\"13897460001\","
                          "\"e\":\"a@b.cn\",\"d\":\"2026-03-09\","
                          "\"t\":\"（１）班\",\"x\":[\"１\"]}", 0, NULL);

    civic_answers_narrow(form, answers);
    assert_true(json_equal(answers, expected));

    json_decref(form);
    json_decref(answers);
    json_decref(expected);
}


static void
texts(void **state)
{
    (void) state;

    assert_faults("{\"type\":\"text\",\"min\":2,\"max\":4}",
                  ALL("\"欧阳\"", "\"𠮷𠮷𠮷𠮷\"", "\"a\\nb\""), "");
    assert_string_equal(fault("{\"type\":\"text\",\"min\":2}", "\"王\""),
                        "too_short");
    assert_string_equal(fault("{\"type\":\"text\",\"max\":2}", "\"一二三\""),
                        "too_long");
    assert_faults("{\"type\":\"text\"}", ALL("\"a\\tb\"", "\"\\u007f\""),
                  "bad_format");
    assert_string_equal(fault("{\"type\":\"text\",\"pattern\":\"[0-9]{6}\"}",
                              "\"810000\""), "");
    assert_string_equal(fault("{\"type\":\"text\",\"pattern\":\"[0-9]{6}\"}",
                              "\"8100001\""), "bad_format");
    assert_string_equal(fault("{\"type\":\"text\",\"pattern\":\"a|b\"}",
                              "\"ab\""), "bad_format");
    assert_string_equal(fault("{\"type\":\"text\",\"pattern\":\"[\"}",
                              "\"a\""), "bad_format");
}


static void
choices(void **state)
{
    const char  *field = "{\"type\":\"choices\",\"min\":1,\"max\":2,"
        "\"options\":[{\"value\":\"a\"},{\"value\":\"b\"},{\"value\":\"c\"}]}";

    (void) state;

    assert_faults(field, ALL("[\"a\"]", "[\"c\",\"b\"]"), "");
    assert_string_equal(fault(field, "[\"a\",\"b\",\"c\"]"), "too_many");
    assert_faults(field, ALL("[\"d\"]", "[1]"), "not_a_choice");
    assert_faults(field, ALL("[\"a\",\"a\"]", "\"a\""), "invalid");
}


/* ---- a form ------------------------------------------------------------ */

static const char  form_text[] = "["
    "{\"name\":\"education\",\"type\":\"choice\",\"options\":["
    "{\"value\":\"bachelor\"},{\"value\":\"master\"},{\"value\":\"none\"}]},"
    "{\"name\":\"school\",\"type\":\"text\",\"max\":10,"
    "\"when\":{\"field\":\"education\",\"in\":[\"bachelor\",\"master\"]}},"
    "{\"name\":\"thesis\",\"type\":\"yes_no\","
    "\"when\":{\"field\":\"school\",\"in\":[\"青海大学\"]}},"
    "{\"name\":\"works\",\"type\":\"yes_no\"},"
    "{\"name\":\"years\",\"type\":\"number\","
    "\"when\":{\"field\":\"works\",\"in\":[true]}},"
    "{\"name\":\"notes\",\"type\":\"text\",\"required\":false}]";


/* "<field> <code>, ..." of all that is wrong. */
static const char *
faults(const char *answers_text, int complete)
{
    static char            out[1024];

    size_t                 i, count, len = 0;
    json_t                *form = load(form_text);
    json_t                *answers = load(answers_text);
    civic_answer_fault_t   all[16];

    count = civic_answers_check(form, answers, complete, all, 16);
    out[0] = '\0';

    for (i = 0; i < count; i++) {
        len += (size_t) snprintf(out + len, sizeof(out) - len, "%s%s %s",
                                 i == 0 ? "" : ", ", all[i].field,
                                 all[i].code);
        json_decref(all[i].params);
    }

    json_decref(form);
    json_decref(answers);

    return out;
}


static void
all_at_once(void **state)
{
    (void) state;

    assert_string_equal(faults("{}", 0), "");
    assert_string_equal(faults("{}", 1),
                        "education required, works required");
    assert_string_equal(faults("{\"education\":\"doctor\",\"works\":\"\","
                               "\"other\":\"1\"}", 0),
                        "education not_a_choice, other unknown_field");

    /* asked because of another answer, and not asked */
    assert_string_equal(faults("{\"education\":\"master\","
                               "\"works\":\"no\"}", 1), "school required");
    assert_string_equal(faults("{\"education\":\"none\",\"works\":\"yes\"}",
                               1), "years required");
    assert_string_equal(faults("{\"education\":\"bachelor\","
                               "\"school\":\"青海大学\",\"works\":\"no\"}",
                               1), "thesis required");

    /* what is not asked any more is neither asked for nor looked at, and so
       is what depends on it */
    assert_string_equal(faults("{\"education\":\"none\","
                               "\"school\":\"一二三四五六七八九十一\","
                               "\"works\":\"no\",\"years\":\"x\"}", 1), "");
    assert_string_equal(faults("{\"education\":\"none\","
                               "\"school\":\"青海大学\",\"works\":\"no\"}",
                               1), "");
}


static void
asked_alone(void **state)
{
    json_t  *form = load(form_text), *asked, *expected;
    json_t  *answers = load("{\"education\":\"none\",\"school\":\"x\","
                            "\"works\":\"yes\",\"years\":\"3\","
                            "\"notes\":\"\"}");

    (void) state;

    asked = civic_answers_asked(form, answers);
    expected = load("{\"education\":\"none\",\"works\":\"yes\","
                    "\"years\":\"3\"}");
    assert_true(json_equal(asked, expected));

    json_decref(asked);
    json_decref(expected);
    json_decref(answers);
    json_decref(form);
}


/* Fields that ask for each other end, and no more than there is room for is
   told. */
static void
odd_forms(void **state)
{
    json_t                *form, *answers;
    civic_answer_fault_t   one[1];

    (void) state;

    form = load("[{\"name\":\"a\",\"when\":{\"field\":\"b\",\"in\":[\"x\"]}},"
                "{\"name\":\"b\",\"when\":{\"field\":\"a\",\"in\":[\"x\"]}},"
                "{\"name\":\"c\"},{\"name\":\"d\"},7]");
    answers = load("{\"a\":\"x\",\"b\":\"x\"}");

    assert_int_equal(civic_answers_check(form, answers, 1, one, 1), 1);
    assert_string_equal(one[0].field, "c");
    assert_int_equal(civic_answers_check(NULL, answers, 1, one, 1), 0);

    json_decref(form);
    json_decref(answers);
}


static void
values(void **state)
{
    size_t   i;
    json_t  *list = load("[\"a\",3,true]"), *answer;

    static const struct {
        const char  *answer;
        int          in;
    } cases[] = {
        { "\"a\"", 1 }, { "\"3.0\"", 1 }, { "\"yes\"", 1 },
        { "\"no\"", 0 }, { "\"\"", 0 }, { "3", 0 },
        { "[\"x\",\"a\"]", 1 }, { "[\"x\"]", 0 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        answer = load(cases[i].answer);
        assert_int_equal(civic_answer_in(answer, list), cases[i].in);
        json_decref(answer);
    }

    assert_false(civic_answer_in(NULL, list));
    json_decref(list);
}


/* Of a field as JSON; "" if there is none. */
static void
assert_example(const char *field, const char *expected)
{
    json_t  *f = load(field), *example = civic_answer_example(f);

    assert_string_equal(example == NULL ? "" : json_string_value(example),
                        expected);
    json_decref(example);
    json_decref(f);
}


/* Its own, or one of its kind that it does not refuse. */
static void
examples(void **state)
{
    (void) state;

    assert_example("{\"type\":\"text\",\"example\":\"C1\"}", "C1");
    assert_example("{\"type\":\"text\",\"pattern\":\"[ABC]1\"}", "");
    assert_example("{\"type\":\"phone\"}", "13897000000");
    assert_example("{\"type\":\"phone\",\"example\":\"0971-6101234\"}",
                   "0971-6101234");
    assert_example("{\"type\":\"email\"}", "zhangwei@example.com");
    assert_example("{\"type\":\"choice\",\"options\":[{\"value\":\"b\"}]}",
                   "");
    assert_example("{\"type\":\"choices\"}", "");
    assert_example("{\"type\":\"yes_no\"}", "");

    assert_example("{\"type\":\"date\"}", "2019-06-30");
    assert_example("{\"type\":\"date\",\"min\":\"2022-01-01\"}",
                   "2022-01-01");
    assert_example("{\"type\":\"date\",\"max\":\"2001-12-31\"}",
                   "2001-12-31");
    assert_example("{\"type\":\"number\"}", "3");
    assert_example("{\"type\":\"number\",\"min\":10,\"max\":20}", "10");
    assert_example("{\"type\":\"number\",\"max\":-5}", "-5");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(full_width),
        cmocka_unit_test(texts),
        cmocka_unit_test(choices),
        cmocka_unit_test(all_at_once),
        cmocka_unit_test(asked_alone),
        cmocka_unit_test(odd_forms),
        cmocka_unit_test(values),
        cmocka_unit_test(examples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
