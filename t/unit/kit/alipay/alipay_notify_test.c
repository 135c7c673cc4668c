/*
 * alipay_notify_test.c - notifications that are Alipay's and all that are
 * not: every byte changed, parameters added, left out, doubled, merged.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alipay_fixture.h"

#define PAID  "app_id=" TEST_APP_ID "&charset=utf-8&out_trade_no=KS1" \
              "&subject=%E5%85%AC+%26+%2B&total_amount=88.50" \
              "&trade_status=TRADE_SUCCESS"


/* Signs what a form holds, read with these flags. */
static const char *
signed_form(alipay_keys_t *gateway, const char *form, unsigned flags)
{
    const char           *body;
    alipay_text_t         text = { .data = NULL }, sign = { .data = NULL };
    alipay_text_t         out = { .data = NULL };
    alipay_parameters_t   parameters = { .items = NULL };

    assert_int_equal(alipay_form_parse(form, strlen(form), &parameters, NULL),
                     0);
    alipay_parameters_add(&parameters, "sign_type", "RSA2", 4);
    assert_int_equal(alipay_parameters_text(&parameters, flags, &text), 0);
    assert_int_equal(alipay_sign(gateway, text.data, text.len, &sign), 0);
    assert_int_equal(alipay_parameters_add(&parameters, "sign", sign.data,
                                           sign.len), 0);
    assert_int_equal(alipay_parameters_form(&parameters, &out), 0);
    body = test_join(out.data, "");
    alipay_text_free(&text);
    alipay_text_free(&sign);
    alipay_text_free(&out);
    alipay_parameters_free(&parameters);

    return body;
}


static const char *
paid(const char *more)
{
    return signed_form(test_gateway_keys(), test_join(PAID, more),
                       ALIPAY_SIGNED_EMPTY);
}


static void
taken(alipay_keys_t *keys, unsigned flags, const char *body, const char *name,
    const char *value)
{
    alipay_notify_t  notify;

    if (alipay_notify_read(keys, flags, body, strlen(body), &notify) != 0) {
        fail_msg("%s", notify.why);
    }

    assert_int_equal(notify.signature, ALIPAY_SIGNATURE_GOOD);
    assert_string_equal(notify.why, "");

    if (value == NULL) {
        assert_null(alipay_parameters_get(&notify.parameters, name));

    } else {
        assert_string_equal(alipay_parameters_get(&notify.parameters, name),
                            value);
    }

    alipay_notify_free(&notify);
    alipay_notify_free(&notify);
    assert_int_not_equal(notify.signature, ALIPAY_SIGNATURE_GOOD);
}


static void
refused(alipay_keys_t *keys, unsigned flags, const char *body,
    alipay_signature_t signature, const char *words)
{
    alipay_notify_t  notify;

    assert_int_equal(alipay_notify_read(keys, flags, body, strlen(body),
                                        &notify), -1);

    if (notify.signature != signature || strstr(notify.why, words) == NULL) {
        fail_msg("%s: \"%s\"", alipay_signature_name(notify.signature),
                 notify.why);
    }

    assert_int_equal(notify.parameters.count, 0);
    assert_null(strstr(notify.why, "88.50"));
    assert_null(strstr(notify.why, "KS1"));
    assert_null(strchr(notify.why, '\n'));
    assert_true(strlen(notify.why) < ALIPAY_WHY);
    alipay_notify_free(&notify);
}


/* ---- taken ------------------------------------------------------------- */

static void
good(void **state)
{
    char                  form[4096];
    alipay_text_t         out = { .data = NULL };
    alipay_parameters_t   parameters = { .items = NULL };

    (void) state;
    taken(test_app_keys(NULL), 0, paid(""), "subject", "公 & +");

    assert_int_equal(alipay_form_parse(PAID, strlen(PAID), &parameters, NULL),
                     0);
    assert_int_equal(alipay_gateway_notify(test_gateway_keys(), &parameters,
                                           &out), 0);
    taken(test_app_keys(NULL), 0, out.data, "out_trade_no", "KS1");

    /* in any order */
    snprintf(form, sizeof(form), "%s&%.*s", strchr(out.data, '&') + 1,
             (int) strcspn(out.data, "&"), out.data);
    taken(test_app_keys(NULL), 0, form, "total_amount", "88.50");

    alipay_text_free(&out);
    alipay_parameters_free(&parameters);
}


/* What the reference leaves open is tried; the dialect can forbid it. */
static void
readings(void **state)
{
    const char       *kept, *dropped, *service;
    alipay_keys_t    *app = test_app_keys(NULL), *strict;
    alipay_keys_t    *gateway = test_gateway_keys();
    alipay_config_t   config = {
        .app_id = TEST_APP_ID, .dialect = { .strict_empty = 1 },
        .own_key = test_bare(test_key(TEST_APP), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_ALIPAY), TEST_SPKI)
    };

    (void) state;
    strict = test_load(&config);
    kept = signed_form(gateway, PAID "&body=", ALIPAY_SIGNED_EMPTY);
    dropped = signed_form(gateway, PAID "&body=", 0);
    taken(app, 0, kept, "body", "");
    taken(app, 0, dropped, "body", NULL);
    taken(strict, 0, kept, "body", "");
    refused(strict, 0, dropped, ALIPAY_SIGNATURE_WRONG,
            "it WOULD verify without sign_type, without empty values");

    service = signed_form(gateway, PAID, ALIPAY_SIGNED_EMPTY
                          | ALIPAY_SIGNED_SIGN_TYPE);
    taken(app, ALIPAY_NOTIFY_SERVICE, service, "app_id", TEST_APP_ID);
    refused(app, 0, service, ALIPAY_SIGNATURE_WRONG,
            "it WOULD verify with sign_type, without empty values");
    refused(app, ALIPAY_NOTIFY_SERVICE, paid(""), ALIPAY_SIGNATURE_WRONG,
            "it WOULD verify without sign_type");
}


static void
certificates(void **state)
{
    unsigned         flags;
    const char      *form;
    alipay_keys_t   *app = test_app_cert_keys();
    alipay_keys_t   *gateway = test_gateway_cert_keys();

    (void) state;
    taken(app, 0, signed_form(gateway, PAID, ALIPAY_SIGNED_EMPTY), "app_id",
          TEST_APP_ID);
    form = test_join(PAID "&body=&alipay_cert_sn=",
                     alipay_keys_own_serial(gateway));

    for (flags = 0; flags < 8; flags++) {
        if (!(flags & ALIPAY_SIGNED_SIGN_TYPE)) {
            taken(app, 0, signed_form(gateway, form, flags), "app_id",
                  TEST_APP_ID);
        }
    }

    refused(app, 0, signed_form(gateway, PAID "&alipay_cert_sn=ab",
                                ALIPAY_SIGNED_EMPTY),
            ALIPAY_SIGNATURE_CERT_UNKNOWN, "it names certificate \"ab\"");
    refused(app, 0, signed_form(test_next_gateway_cert_keys(), PAID,
                                ALIPAY_SIGNED_EMPTY),
            ALIPAY_SIGNATURE_WRONG, "not made by the key");
}


static void
charsets(void **state)
{
    alipay_keys_t  *app = test_app_keys(NULL);
    alipay_keys_t  *gateway = test_gateway_keys();

    (void) state;
    taken(app, 0, signed_form(gateway, "app_id=" TEST_APP_ID
                              "&charset=GBK&subject=%D6%D0a%CE%C4",
                              ALIPAY_SIGNED_EMPTY), "subject", "中a文");
    taken(app, 0, signed_form(gateway, "app_id=" TEST_APP_ID "&subject=x",
                              ALIPAY_SIGNED_EMPTY), "subject", "x");
    refused(app, 0, signed_form(gateway, "app_id=" TEST_APP_ID
                                "&charset=utf-8&subject=%D6%D0",
                                ALIPAY_SIGNED_EMPTY),
            ALIPAY_SIGNATURE_UNREADABLE, "a value is not UTF-8");
    refused(app, 0, signed_form(gateway, "app_id=" TEST_APP_ID
                                "&charset=gbk&subject=%D6",
                                ALIPAY_SIGNED_EMPTY),
            ALIPAY_SIGNATURE_UNREADABLE, "a value is not in its charset");
    refused(app, 0, signed_form(gateway, "app_id=" TEST_APP_ID
                                "&charset=utf-7", ALIPAY_SIGNED_EMPTY),
            ALIPAY_SIGNATURE_UNREADABLE, "neither utf-8 nor gbk");
}


/* ---- refused ----------------------------------------------------------- */

static void
not_notifications(void **state)
{
    char            *big;
    alipay_keys_t   *app = test_app_keys(NULL);
    alipay_notify_t  notify;

    (void) state;
    refused(app, 0, "", ALIPAY_SIGNATURE_MISSING, "signature refused "
            "(missing)");
    refused(app, 0, PAID, ALIPAY_SIGNATURE_MISSING,
            "parameters app_id,charset,out_trade_no");
    refused(app, 0, PAID "&sign=QQ==", ALIPAY_SIGNATURE_TYPE, "(type)");
    refused(app, 0, PAID "&sign=QQ==&sign_type=RSA", ALIPAY_SIGNATURE_TYPE,
            "(type)");
    refused(app, 0, PAID "&sign=QQ==&sign_type=RSA2",
            ALIPAY_SIGNATURE_MALFORMED, "sign has 4 characters");
    refused(app, 0, PAID "&sign=&sign_type=RSA2", ALIPAY_SIGNATURE_MISSING,
            "");
    refused(app, 0, "{\"a\":1}", ALIPAY_SIGNATURE_UNREADABLE,
            "the name of parameter 1 is none");

    big = malloc(ALIPAY_NOTIFY_MAX + 1);
    memset(big, 'a', ALIPAY_NOTIFY_MAX + 1);
    big[1] = '=';
    assert_int_equal(alipay_notify_read(app, 0, big, ALIPAY_NOTIFY_MAX + 1,
                                        &notify), -1);
    assert_int_equal(notify.signature, ALIPAY_SIGNATURE_UNREADABLE);
    assert_non_null(strstr(notify.why, "too long"));
    alipay_notify_free(&notify);
    assert_int_equal(alipay_notify_read(app, 0, big, ALIPAY_NOTIFY_MAX,
                                        &notify), -1);
    assert_int_equal(notify.signature, ALIPAY_SIGNATURE_MISSING);
    alipay_notify_free(&notify);
    free(big);
}


static void
added_and_doubled(void **state)
{
    alipay_keys_t  *app = test_app_keys(NULL);

    (void) state;
    refused(app, 0, test_join(paid(""), "&refund_fee=1.00"),
            ALIPAY_SIGNATURE_WRONG, "over another text");

    /* what is empty may not be signed: then it is not there */
    taken(app, 0, test_join(paid(""), "&gmt_refund="), "gmt_refund", NULL);
    taken(app, 0, paid("&gmt_refund="), "gmt_refund", "");

    refused(app, 0, test_join(paid(""), "&total_amount=0.01"),
            ALIPAY_SIGNATURE_UNREADABLE, "\"total_amount\" stands twice");
    refused(app, 0, test_join("total_amount=0.01&", paid("")),
            ALIPAY_SIGNATURE_UNREADABLE, "\"total_amount\" stands twice");
    refused(app, 0, test_join(paid(""), "&sign_type=RSA2"),
            ALIPAY_SIGNATURE_UNREADABLE, "stands twice");
    refused(app, 0, strchr(paid(""), '&') + 1, ALIPAY_SIGNATURE_WRONG, "");
}


/* The signed text can be cut in other places: not where it matters. */
static void
merged(void **state)
{
    size_t                i;
    alipay_text_t         form = { .data = NULL };
    alipay_parameters_t   good_ones = { .items = NULL };
    alipay_parameters_t   others = { .items = NULL };
    const char           *body = paid(""), *value;

    (void) state;
    alipay_form_parse(body, strlen(body), &good_ones, NULL);

    for (i = 0; i < good_ones.count; i++) {
        value = good_ones.items[i].value;

        if (strcmp(good_ones.items[i].name, "trade_status") == 0) {
            continue;
        }

        if (strcmp(good_ones.items[i].name, "total_amount") == 0) {
            value = "88.50&trade_status=TRADE_SUCCESS";
        }

        alipay_parameters_add(&others, good_ones.items[i].name, value,
                              strlen(value));
    }

    alipay_parameters_form(&others, &form);
    refused(test_app_keys(NULL), 0, form.data, ALIPAY_SIGNATURE_UNREADABLE,
            "the value of \"total_amount\" holds another parameter");

    alipay_parameters_free(&good_ones);
    alipay_parameters_free(&others);
    alipay_text_free(&form);
}


static void
other_app(void **state)
{
    (void) state;
    refused(test_app_keys(NULL), 0,
            signed_form(test_gateway_keys(), "app_id=2021000000000002&a=1",
                        ALIPAY_SIGNED_EMPTY), ALIPAY_SIGNATURE_OTHER_APP,
            "not for app_id " TEST_APP_ID);
    refused(test_app_keys(NULL), 0,
            signed_form(test_gateway_keys(), "a=1", ALIPAY_SIGNED_EMPTY),
            ALIPAY_SIGNATURE_OTHER_APP, "not for app_id");
}


/* Each byte changed, left out and doubled: never another content. */
static void
never_else(alipay_keys_t *app, const char *body, size_t len,
    const alipay_notify_t *truth)
{
    size_t           i;
    alipay_notify_t  notify;

    if (alipay_notify_read(app, 0, body, len, &notify) == 0) {
        for (i = 0; i < truth->parameters.count; i++) {
            if (strcmp(truth->parameters.items[i].name, "sign") != 0) {
                assert_string_equal(
                    alipay_parameters_get(&notify.parameters,
                                          truth->parameters.items[i].name),
                    truth->parameters.items[i].value);
            }
        }
    }

    alipay_notify_free(&notify);
}


static void
every_byte(void **state)
{
    static const char  classes[] = "&=%+0aA \x01\xff;/";

    char             *copy;
    size_t            at, i, len;
    const char       *body = paid("&body=");
    alipay_keys_t    *app = test_app_keys(NULL);
    alipay_notify_t   truth;

    (void) state;
    len = strlen(body);
    copy = malloc(len + 2);
    assert_int_equal(alipay_notify_read(app, 0, body, len, &truth), 0);

    for (at = 0; at < len; at++) {
        memcpy(copy, body, len + 1);

        for (i = 0; i < sizeof(classes); i++) {
            copy[at] = classes[i];
            never_else(app, copy, len, &truth);
        }

        memmove(copy + at, body + at + 1, len - at);
        never_else(app, copy, len - 1, &truth);
        memcpy(copy, body, at + 1);
        memcpy(copy + at + 1, body + at, len - at + 1);
        never_else(app, copy, len + 1, &truth);
        never_else(app, body, at, &truth);
    }

    free(copy);
    alipay_notify_free(&truth);
}


/* ---- why --------------------------------------------------------------- */

/* A body with `from` in it once, and `to` in its place. */
static const char *
altered(const char *body, const char *from, const char *to)
{
    char         out[4096];
    const char  *at = strstr(body, from);

    assert_non_null(at);
    snprintf(out, sizeof(out), "%.*s%s%s", (int) (at - body), body, to,
             at + strlen(from));

    return test_join(out, "");
}


static void
handed_on_wrongly(void **state)
{
    const char     *body;
    alipay_keys_t  *app = test_app_keys(NULL);

    (void) state;
    body = signed_form(test_gateway_keys(), "app_id=" TEST_APP_ID
                       "&t=a%2Bb/c", ALIPAY_SIGNED_EMPTY);
    refused(app, 0, altered(body, "a%2Bb", "a+b"), ALIPAY_SIGNATURE_WRONG,
            "it WOULD verify with   as +");
    refused(app, 0, altered(body, "b%2Fc", "b%252Fc"),
            ALIPAY_SIGNATURE_WRONG, "over another text");

    body = signed_form(test_gateway_keys(), "app_id=" TEST_APP_ID "&t=b/c",
                       ALIPAY_SIGNED_EMPTY);
    refused(app, 0, altered(body, "b%2Fc", "b%252Fc"),
            ALIPAY_SIGNATURE_WRONG, "it WOULD verify with its values decoded "
            "twice");
}


/* However long the names are, it is one line. */
static void
many_names(void **state)
{
    int   i;
    char  form[8192], *p = form;

    (void) state;

    for (i = 0; i < ALIPAY_PARAMETERS - 2; i++) {
        p += sprintf(p, "a_rather_long_name_of_a_parameter_number_%d=x&", i);
    }

    sprintf(p, "app_id=1");
    refused(test_app_keys(NULL), 0, form, ALIPAY_SIGNATURE_MISSING,
            "and ");
}


int
main(void)
{
    int                      failed;
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(good),
        cmocka_unit_test(readings),
        cmocka_unit_test(certificates),
        cmocka_unit_test(charsets),
        cmocka_unit_test(not_notifications),
        cmocka_unit_test(added_and_doubled),
        cmocka_unit_test(merged),
        cmocka_unit_test(other_app),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(handed_on_wrongly),
        cmocka_unit_test(many_names),
    };

    failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_alipay_end();

    return failed;
}
