/*
 * alipay_request_test.c - what goes out, read back as a gateway reads it: in
 * both modes and both placements; what is refused before it is sent; and
 * what is said when the gateway refuses a signature.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alipay_fixture.h"

#define NOON  1714536000                /* 2024-05-01 12:00:00 in GMT+8 */

static const char  business[] =
    "{\"cert_name\":\"张三\",\"cert_no\":\"110101199003074610\"}";


static alipay_request_t
certify(void)
{
    return (alipay_request_t) {
        .method = "alipay.user.certify.open.initialize", .now = NOON,
        .business = business, .business_len = sizeof(business) - 1,
        .auth_token = "secret-token"
    };
}


static void
build(alipay_keys_t *keys, const alipay_request_t *request,
    alipay_sent_t *sent)
{
    alipay_failure_t  failure;

    if (alipay_request_build(keys, request, sent, &failure) != 0) {
        fail_msg("%s", failure.text);
    }
}


static void
refused(const alipay_request_t *request, const char *words)
{
    alipay_sent_t     sent;
    alipay_failure_t  failure;

    assert_int_equal(alipay_request_build(test_app_keys(NULL), request, &sent,
                                          &failure), -1);

    if (strstr(failure.text, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", failure.text, words);
    }

    assert_null(strstr(failure.text, "110101"));
    assert_null(sent.body.data);
    alipay_sent_free(&sent);
}


/* ---- there and back ---------------------------------------------------- */

static void
accepted(alipay_keys_t *app, alipay_keys_t *gateway, size_t query_count)
{
    size_t                i;
    alipay_sent_t         sent;
    alipay_request_t      request = certify();
    alipay_failure_t      failure;
    alipay_parameters_t   parameters = { .items = NULL };

    request.notify_url = "https://gov.example.cn/n";
    build(app, &request, &sent);
    assert_int_equal(alipay_gateway_read(gateway, sent.query.data,
                                         sent.query.len, sent.body.data,
                                         sent.body.len, &parameters,
                                         &failure), ALIPAY_SIGNATURE_GOOD);
    assert_string_equal(alipay_parameters_get(&parameters, "biz_content"),
                        business);
    assert_string_equal(alipay_parameters_get(&parameters, "timestamp"),
                        "2024-05-01 12:00:00");
    assert_int_equal(parameters.count, sent.parameters.count);
    alipay_parameters_free(&parameters);

    /* nothing personal or secret in the URL */
    assert_null(strstr(sent.query.data, "110101"));
    assert_null(strstr(sent.query.data, "secret-token"));
    assert_non_null(strstr(sent.query.data, "charset=utf-8"));
    assert_non_null(strstr(sent.body.data, "secret-token"));
    alipay_form_parse(sent.query.data, sent.query.len, &parameters, &failure);
    assert_int_equal(parameters.count, query_count);
    alipay_parameters_free(&parameters);

    /* every byte of the body counts */
    for (i = 0; i < sent.body.len; i += 7) {
        sent.body.data[i] ^= 1;
        assert_int_not_equal(alipay_gateway_read(gateway, sent.query.data,
                                                 sent.query.len,
                                                 sent.body.data,
                                                 sent.body.len, &parameters,
                                                 &failure),
                             ALIPAY_SIGNATURE_GOOD);
        alipay_parameters_free(&parameters);
        sent.body.data[i] ^= 1;
    }

    alipay_sent_free(&sent);
    alipay_sent_free(&sent);
}


static void
there_and_back(void **state)
{
    alipay_config_t  config = {
        .app_id = TEST_APP_ID, .dialect = { .common_in_query = 1 },
        .own_key = test_bare(test_key(TEST_APP), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_ALIPAY), TEST_SPKI)
    };

    (void) state;
    accepted(test_app_keys(NULL), test_gateway_keys(), 2);
    accepted(test_app_cert_keys(), test_gateway_cert_keys(), 2);
    accepted(test_load(&config), test_gateway_keys(), 9);
}


static void
gateway_refuses(void **state)
{
    size_t                i;
    alipay_keys_t        *other;
    alipay_config_t       config = {
        .app_id = "2021000000000002",
        .own_key = test_bare(test_key(TEST_ALIPAY), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_APP), TEST_SPKI)
    };
    alipay_failure_t      failure;
    alipay_sent_t         sent;
    alipay_request_t      request = certify();
    alipay_parameters_t   parameters;
    const struct {
        const char          *form;
        alipay_signature_t   status;
    } forms[] = {
        { "a=1", ALIPAY_SIGNATURE_MISSING },
        { "a=1&a=2", ALIPAY_SIGNATURE_UNREADABLE },
        { "sign=x", ALIPAY_SIGNATURE_TYPE },
        { "sign=x&sign_type=RSA", ALIPAY_SIGNATURE_TYPE },
        { "sign=x&sign_type=RSA2", ALIPAY_SIGNATURE_MALFORMED },
    };

    (void) state;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        assert_int_equal(alipay_gateway_read(test_gateway_keys(), "", 0,
                                             forms[i].form,
                                             strlen(forms[i].form),
                                             &parameters, &failure),
                         forms[i].status);
        alipay_parameters_free(&parameters);
    }

    other = test_load(&config);
    build(test_app_keys(NULL), &request, &sent);
    assert_int_equal(alipay_gateway_read(other, sent.query.data,
                                         sent.query.len, sent.body.data,
                                         sent.body.len, &parameters,
                                         &failure),
                     ALIPAY_SIGNATURE_OTHER_APP);
    assert_string_equal(failure.text, "the signature is other_app");
    alipay_parameters_free(&parameters);

    /* key mode against a gateway that wants a certificate */
    assert_int_equal(alipay_gateway_read(test_gateway_cert_keys(),
                                         sent.query.data, sent.query.len,
                                         sent.body.data, sent.body.len,
                                         &parameters, &failure),
                     ALIPAY_SIGNATURE_CERT_UNKNOWN);
    alipay_parameters_free(&parameters);
    alipay_sent_free(&sent);
}


static void
encrypted(void **state)
{
    const char           *sealed;
    alipay_keys_t        *gateway = test_gateway_keys();
    alipay_sent_t         sent;
    alipay_text_t         open = { .data = NULL };
    alipay_request_t      request = certify();

    (void) state;
    request.encrypt = 1;
    build(test_app_keys(NULL), &request, &sent);
    sealed = alipay_parameters_get(&sent.parameters, "biz_content");
    assert_null(strstr(sealed, "cert_no"));
    assert_string_equal(alipay_parameters_get(&sent.parameters,
                                              "encrypt_type"), "AES");
    assert_int_equal(alipay_content_decrypt(gateway, sealed, strlen(sealed),
                                            &open), 0);
    assert_string_equal(open.data, business);
    alipay_text_free(&open);
    alipay_sent_free(&sent);
}


static void
page_url(void **state)
{
    const char           *query;
    alipay_text_t         url = { .data = NULL };
    alipay_request_t      request = {
        .method = "alipay.user.certify.open.certify", .now = NOON,
        .business = "{\"certify_id\":\"ab\"}", .business_len = 19,
        .return_url = "https://gov.example.cn/back?x=1"
    };
    alipay_failure_t      failure;
    alipay_parameters_t   parameters;

    (void) state;
    assert_int_equal(alipay_request_url(test_app_keys(NULL),
                                        "https://example.cn/gateway.do",
                                        &request, &url, &failure), 0);
    assert_int_equal(strncmp(url.data, "https://example.cn/gateway.do?", 30),
                     0);
    query = url.data + 30;
    assert_null(strpbrk(query, " \"{}:/"));
    assert_int_equal(alipay_gateway_read(test_gateway_keys(), query,
                                         strlen(query), "", 0, &parameters,
                                         &failure), ALIPAY_SIGNATURE_GOOD);
    assert_string_equal(alipay_parameters_get(&parameters, "return_url"),
                        request.return_url);
    alipay_parameters_free(&parameters);
    alipay_text_free(&url);
}


/* ---- refused before it is sent ----------------------------------------- */

static void
bad_requests(void **state)
{
    char              url[300];
    alipay_config_t   config = {
        .app_id = TEST_APP_ID,
        .own_key = test_bare(test_key(TEST_APP), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_ALIPAY), TEST_SPKI)
    };
    alipay_sent_t     sent;
    alipay_extra_t    extra = { "sign", "x" };
    alipay_failure_t  failure;
    alipay_request_t  request = certify();

    (void) state;
    request.method = NULL;
    refused(&request, "names no method");
    request.method = "alipay trade";
    refused(&request, "names no method");
    request = certify();
    request.now = -1;
    refused(&request, "no time to sign");
    request = certify();
    request.business = "[]";
    refused(&request, "biz_content is no JSON object");
    request.business_len = 0;
    refused(&request, "biz_content is no JSON object");
    request.business = "{\"a\":\"\xff\"}";
    request.business_len = 9;
    refused(&request, "parameter \"biz_content\"");
    request.business_len = ALIPAY_REQUEST_MAX + 1;
    refused(&request, "too long");
    request.business = NULL;
    request.encrypt = 1;
    refused(&request, "nothing to encrypt");

    request = certify();
    request.extras = &extra;
    request.nextras = 1;
    refused(&request, "parameter \"sign\"");
    extra.name = "app_id";
    refused(&request, "parameter \"app_id\"");
    extra.name = "a&b";
    refused(&request, "parameter \"\"");
    memset(url, 'u', sizeof(url));
    url[257] = '\0';
    request = certify();
    request.return_url = url;
    refused(&request, "return_url: over 256 bytes");
    url[256] = '\0';
    build(test_app_keys(NULL), &request, &sent);
    alipay_sent_free(&sent);

    request = certify();
    request.encrypt = 1;
    assert_int_equal(alipay_request_build(test_load(&config), &request, &sent,
                                          &failure), -1);
    assert_non_null(strstr(failure.text, "there is no content key"));
}


static void
times(void **state)
{
    char  text[ALIPAY_TIME_TEXT];

    (void) state;
    assert_int_equal(alipay_time(0, text), 0);
    assert_string_equal(text, "1970-01-01 08:00:00");
    assert_int_equal(alipay_time(1709222399, text), 0);
    assert_string_equal(text, "2024-02-29 23:59:59");
    assert_int_equal(alipay_time(253402271999, text), 0);
    assert_string_equal(text, "9999-12-31 23:59:59");
    assert_int_equal(alipay_time(253402272000, text), -1);
    assert_int_equal(alipay_time(INT64_MAX, text), -1);
    assert_int_equal(alipay_time(-1, text), -1);
}


static void
business_text(void **state)
{
    json_t         *value = json_pack("{s:s,s:{s:s}}", "z", "张/三", "a",
                                      "b", "\"");
    alipay_text_t   text = { .data = NULL };

    (void) state;
    assert_int_equal(alipay_business(value, &text), 0);
    assert_string_equal(text.data, "{\"z\":\"张/三\",\"a\":{\"b\":\"\\\"\"}}");
    alipay_text_free(&text);
    assert_int_equal(alipay_business(NULL, &text), -1);
    alipay_text_free(&text);
    json_decref(value);
}


/* ---- refused by the gateway -------------------------------------------- */

static void
says(const alipay_sent_t *sent, const char *before, const char *text,
    const char *words)
{
    char         why[ALIPAY_WHY];
    size_t       len;
    const char  *sub_msg = text == NULL ? NULL : test_join(before, text);

    len = alipay_request_diagnose(test_app_keys(NULL), sent, sub_msg, why);
    assert_int_equal(len, strlen(why));

    if (strstr(why, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", why, words);
    }

    assert_non_null(strstr(why, "our key sha256:"));
    assert_non_null(strstr(why, "parameters method,app_id,charset"));
    assert_null(strstr(why, "110101"));
    assert_null(strstr(why, "张"));
    assert_null(strstr(why, "secret-token"));
    assert_null(strchr(why, '\n'));
}


static void
diagnosed(void **state)
{
    char              *other;
    const char        *changed;
    alipay_text_t      text = { .data = NULL };
    alipay_sent_t      sent;
    alipay_request_t   request = certify();

    (void) state;
    build(test_app_keys(NULL), &request, &sent);
    alipay_parameters_text(&sent.parameters, ALIPAY_SIGNED_SIGN_TYPE
                           | ALIPAY_SIGNED_CERT_SN, &text);

    says(&sent, "", NULL, "does not say what it signed");
    says(&sent, "验签出错", "", "does not say what it signed");
    says(&sent, "网关生成的验签字符串为：", text.data,
         "signed the same text: the application public key in Alipay's "
         "console is not this one");

    changed = test_join(text.data, "");
    other = strstr(changed, "张");
    memcpy(other, "\xe5\xbc\xa1", 3);
    says(&sent, "为：", changed, "in or after \"biz_content\"");
    changed = test_join(text.data, "");
    memcpy(strstr(changed, "2024-05-01 12"), "2024-05-01+12", 13);
    says(&sent, "为：", changed, "in or after \"timestamp\"");
    says(&sent, "为：", test_join(text.data, "&zz=1"),
         "in or after \"version\"");

    alipay_text_free(&text);
    alipay_sent_free(&sent);
}


/* The gateway's text as it stands in a page. */
static void
diagnosed_in_html(void **state)
{
    alipay_sent_t      sent;
    alipay_request_t   request = {
        .method = "a.b", .now = NOON, .business = "{\"a\":1}",
        .business_len = 7
    };

    (void) state;
    build(test_app_keys(NULL), &request, &sent);
    says(&sent, "", "app_id=" TEST_APP_ID "&biz_content={&quot;a&quot;:1}"
         "&charset=utf-8&format=JSON&method=a.b&sign_type=RSA2&timestamp="
         "2024-05-01 12:00:00&version=1.0】", "signed the same text");
    says(&sent, "", "app_id=" TEST_APP_ID "&amp;biz_content={&quot;a&quot;:1}"
         "&amp;charset=utf-8&amp;format=JSON&amp;method=a.b&amp;sign_type="
         "RSA2&amp;timestamp=2024-05-01 12:00:00&amp;version=1.0】",
         "signed the same text");
    says(&sent, "", "app_id=" TEST_APP_ID "&amp;biz_content={&lt;a&quot;:1}",
         "in or after \"biz_content\"");
    alipay_sent_free(&sent);
}


int
main(void)
{
    int                      failed;
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(gateway_refuses),
        cmocka_unit_test(encrypted),
        cmocka_unit_test(page_url),
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(times),
        cmocka_unit_test(business_text),
        cmocka_unit_test(diagnosed),
        cmocka_unit_test(diagnosed_in_html),
    };

    failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_alipay_end();

    return failed;
}
