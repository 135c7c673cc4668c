/*
 * alipay_parameters_test.c - sorting, encoding and reading of forms, and the
 * base64 below them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alipay.h"


static int
parse(const char *form, alipay_parameters_t *parameters, const char **why)
{
    int                      rc;
    static alipay_failure_t  failure;

    memset(parameters, 0, sizeof(*parameters));
    failure.text[0] = '\0';
    rc = alipay_form_parse(form, strlen(form), parameters, &failure);

    if (why != NULL) {
        *why = failure.text;
    }

    return rc;
}


static void
sorted_is(const char *form, unsigned flags, const char *expected)
{
    alipay_text_t        text = { .data = NULL };
    alipay_parameters_t  parameters;

    assert_int_equal(parse(form, &parameters, NULL), 0);
    assert_int_equal(alipay_parameters_text(&parameters, flags, &text), 0);
    assert_string_equal(text.data, expected);
    alipay_text_free(&text);
    alipay_parameters_free(&parameters);
    alipay_parameters_free(&parameters);
}


static void
sorting(void **state)
{
    (void) state;
    sorted_is("", 0, "");
    sorted_is("sign=x", 0, "");
    sorted_is("b=2&a=1&B=3&a_b=4&aB=5&a.c=6", 0,
              "B=3&a=1&a.c=6&aB=5&a_b=4&b=2");
    sorted_is("e=&sign_type=RSA2&alipay_cert_sn=q&d=1", 0, "d=1");
    sorted_is("e=&sign_type=RSA2&d=1", ALIPAY_SIGNED_EMPTY, "d=1&e=");
    sorted_is("e&d=1", ALIPAY_SIGNED_EMPTY, "d=1&e=");
    sorted_is("sign_type=RSA2&d=1", ALIPAY_SIGNED_SIGN_TYPE,
              "d=1&sign_type=RSA2");
    sorted_is("d=1&alipay_cert_sn=q", ALIPAY_SIGNED_CERT_SN,
              "alipay_cert_sn=q&d=1");
}


static void
decoding(void **state)
{
    const char           *why;
    alipay_parameters_t   parameters;

    (void) state;
    assert_int_equal(parse("a=%2B+%25+%252B&&b=%e4%B8%ad&c==&", &parameters,
                           NULL), 0);
    assert_int_equal(parameters.count, 3);
    assert_string_equal(alipay_parameters_get(&parameters, "a"), "+ % %2B");
    assert_string_equal(alipay_parameters_get(&parameters, "b"), "中");
    assert_string_equal(alipay_parameters_get(&parameters, "c"), "=");
    assert_null(alipay_parameters_get(&parameters, "d"));
    alipay_parameters_free(&parameters);

    assert_int_equal(parse("a=1&b=2&a=1", &parameters, &why), -1);
    assert_non_null(strstr(why, "\"a\" stands twice"));
    alipay_parameters_free(&parameters);
    assert_int_equal(parse("a=%", &parameters, &why), -1);
    assert_non_null(strstr(why, "\"a\" has a broken escape"));
    assert_int_equal(parse("a=%4", &parameters, NULL), -1);
    assert_int_equal(parse("a=%4g", &parameters, NULL), -1);
    assert_int_equal(parse("a=%g4", &parameters, NULL), -1);
    assert_int_equal(alipay_form_parse("a=%41", 4, &parameters, NULL), -1);
    assert_int_equal(alipay_form_parse("a=%4&1", 6, &parameters, NULL), -1);
    assert_int_equal(parse("a=x%00y", &parameters, &why), -1);
    assert_non_null(strstr(why, "\"a\" has a NUL"));
    assert_int_equal(parse("=1", &parameters, &why), -1);
    assert_non_null(strstr(why, "the name of parameter 1 is none"));
    assert_int_equal(parse("a%62=1", &parameters, NULL), -1);
    assert_int_equal(parse("a b=1", &parameters, NULL), -1);
    assert_int_equal(parse("中=1", &parameters, NULL), -1);
    alipay_parameters_free(&parameters);
}


static void
bounds(void **state)
{
    char                  form[4096], *p = form;
    int                   i;
    const char           *why;
    alipay_failure_t      failure;
    alipay_parameters_t   parameters = { .items = NULL };

    (void) state;

    for (i = 0; i < ALIPAY_PARAMETERS; i++) {
        p += sprintf(p, "p%d=x&", i);
    }

    assert_int_equal(parse(form, &parameters, NULL), 0);
    assert_int_equal(parameters.count, ALIPAY_PARAMETERS);
    alipay_parameters_free(&parameters);
    sprintf(p, "q=x");
    assert_int_equal(parse(form, &parameters, &why), -1);
    assert_non_null(strstr(why, "more than 100"));
    alipay_parameters_free(&parameters);

    memset(form, 'n', ALIPAY_NAME + 1);
    form[ALIPAY_NAME + 1] = '\0';
    assert_int_equal(parse(form, &parameters, NULL), -1);
    assert_int_equal(parse(form + 1, &parameters, NULL), 0);
    alipay_parameters_free(&parameters);

    assert_int_equal(alipay_form_parse("a", ALIPAY_REQUEST_MAX + 1,
                                       &parameters, &failure), -1);
    assert_int_equal(alipay_parameters_add(&parameters, "a", "x\0y", 3), -1);
    assert_int_equal(alipay_parameters_add(&parameters, "a", "", 0), 0);
    assert_int_equal(alipay_parameters_add(&parameters, "a", "", 0), -1);
    alipay_parameters_free(&parameters);
}


/* Every byte goes out encoded and comes back as it was. */
static void
round_trip(void **state)
{
    int                  i;
    char                 bytes[256];
    alipay_text_t        form = { .data = NULL };
    alipay_parameters_t  parameters = { .items = NULL }, back;

    (void) state;

    for (i = 1; i < 256; i++) {
        bytes[i - 1] = (char) i;
    }

    assert_int_equal(alipay_parameters_add(&parameters, "v", bytes, 255), 0);
    assert_int_equal(alipay_parameters_form(&parameters, &form), 0);
    assert_non_null(strstr(form.data, "%20%21%22%23%24%25%26%27%28%29%2A%2B"
                           "%2C-.%2F0123456789%3A"));
    assert_int_equal(parse(form.data, &back, NULL), 0);
    assert_int_equal(back.items[0].value_len, 255);
    assert_memory_equal(back.items[0].value, bytes, 255);

    alipay_text_free(&form);
    alipay_parameters_free(&parameters);
    alipay_parameters_free(&back);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(sorting),
        cmocka_unit_test(decoding),
        cmocka_unit_test(bounds),
        cmocka_unit_test(round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
