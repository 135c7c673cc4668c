/*
 * alipay_vectors_test.c - every vector of t/vectors/alipay: requests,
 * serials, notifications and responses that official SDKs made or accepted.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "alipay_fixture.h"

#define REQUEST_FLAGS  (ALIPAY_SIGNED_SIGN_TYPE | ALIPAY_SIGNED_CERT_SN)
#define EXPECTED       14

static size_t  checked;


/* ---- requests ---------------------------------------------------------- */

static void
fill(alipay_parameters_t *parameters, json_t *values)
{
    json_t      *value;
    const char  *name;

    json_object_foreach(values, name, value) {
        assert_int_equal(alipay_parameters_add(parameters, name,
                                               json_string_value(value),
                                               json_string_length(value)), 0);
    }
}


static void
check_request(json_t *vector)
{
    const char           *sign = test_text(vector, "sign_base64");
    alipay_keys_t        *gateway;
    alipay_text_t         text = { .data = NULL }, form = { .data = NULL };
    alipay_failure_t      failure;
    alipay_parameters_t   parameters = { .items = NULL };

    gateway = test_app_keys("app_public.pem");
    fill(&parameters, json_object_get(vector, "params"));

    assert_int_equal(alipay_parameters_text(&parameters, REQUEST_FLAGS,
                                            &text), 0);
    assert_string_equal(text.data, test_text(vector, "string_to_sign"));
    assert_int_equal(alipay_verify(gateway, text.data, text.len, sign,
                                   strlen(sign), NULL), ALIPAY_SIGNATURE_GOOD);

    assert_int_equal(alipay_parameters_add(&parameters, "sign", sign,
                                           strlen(sign)), 0);
    assert_int_equal(alipay_parameters_form(&parameters, &form), 0);
    assert_string_equal(form.data, test_text(vector, "form_encoded"));
    alipay_parameters_free(&parameters);

    assert_int_equal(alipay_gateway_read(gateway, "", 0, form.data, form.len,
                                         &parameters, &failure),
                     ALIPAY_SIGNATURE_GOOD);

    alipay_parameters_free(&parameters);
    alipay_text_free(&text);
    alipay_text_free(&form);
}


static const char *
value_of(json_t *vector, const char *name)
{
    return json_string_value(json_object_get(json_object_get(vector,
                                                             "params"),
                                             name));
}


/* The same request by the builder: all of its text but for the serials. */
static void
check_built(json_t *vector)
{
    int                encrypted = value_of(vector, "encrypt_type") != NULL;
    alipay_sent_t      sent;
    alipay_text_t      text = { .data = NULL };
    alipay_extra_t     extras[] = {
        { "grant_type", value_of(vector, "grant_type") },
        { "code", value_of(vector, "code") },
    };
    alipay_request_t   request = {
        .method = test_text(vector, "method"),
        .notify_url = value_of(vector, "notify_url"),
        .business = encrypted ? test_text(vector, "plaintext_biz_content")
                    : value_of(vector, "biz_content"),
        .extras = extras, .nextras = 2, .encrypt = encrypted != 0,
        .now = 1714527000               /* 2024-05-01 09:30:00 in GMT+8 */
    };
    alipay_failure_t   failure;

    /* the vectors' minutes count up from :30 */
    request.now += 60 * (value_of(vector, "timestamp")[15] - '0');

    if (request.business != NULL) {
        request.business_len = strlen(request.business);
    }

    if (alipay_request_build(test_app_keys(NULL), &request, &sent, &failure)
        != 0)
    {
        fail_msg("%s", failure.text);
    }

    assert_int_equal(alipay_parameters_text(&sent.parameters, REQUEST_FLAGS,
                                            &text), 0);
    assert_string_equal(text.data, test_text(vector, "string_to_sign"));

    alipay_text_free(&text);
    alipay_sent_free(&sent);
}


/* ---- notifications ----------------------------------------------------- */

static void
check_notify(json_t *vector)
{
    int               valid;
    json_t           *value;
    const char       *body = test_text(vector, "body"), *name;
    alipay_keys_t    *keys = test_app_keys("alipay_public.pem");
    alipay_text_t     text = { .data = NULL };
    alipay_notify_t   notify;

    valid = strcmp(test_text(vector, "expect"), "valid") == 0;
    assert_int_equal(alipay_notify_read(keys, 0, body, strlen(body), &notify),
                     valid ? 0 : -1);

    if (!valid) {
        assert_int_equal(notify.signature, ALIPAY_SIGNATURE_WRONG);
        assert_int_equal(notify.parameters.count, 0);
        assert_non_null(strstr(notify.why, "by the counterpart's key"));
        assert_non_null(strstr(notify.why, "over another text"));
        alipay_notify_free(&notify);
        return;
    }

    assert_string_equal(notify.why, "");
    assert_int_equal(notify.parameters.count,
                     json_object_size(json_object_get(vector, "decoded")));

    json_object_foreach(json_object_get(vector, "decoded"), name, value) {
        assert_string_equal(alipay_parameters_get(&notify.parameters, name),
                            json_string_value(value));
    }

    assert_int_equal(alipay_parameters_text(&notify.parameters,
                                            ALIPAY_SIGNED_EMPTY, &text), 0);
    assert_string_equal(text.data, test_text(vector, "string_to_verify"));

    alipay_text_free(&text);
    alipay_notify_free(&notify);
}


static void
check_notify_negative(json_t *vector)
{
    const char     *text = test_text(vector, "string_with_sign_type");
    const char     *sign = test_text(vector, "sign_base64"), *body;
    alipay_keys_t  *keys = test_app_keys("alipay_public.pem");

    alipay_notify_t  notify;

    assert_int_equal(alipay_verify(keys, text, strlen(text), sign,
                                   strlen(sign), NULL),
                     ALIPAY_SIGNATURE_WRONG);

    /* read as a message that signs sign_type, a good one is refused */
    body = test_text(test_alipay_vector("notify_trade_success"), "body");
    assert_int_equal(alipay_notify_read(keys, ALIPAY_NOTIFY_SERVICE, body,
                                        strlen(body), &notify), -1);
    assert_non_null(strstr(notify.why, "it WOULD verify without sign_type"));
    alipay_notify_free(&notify);
}


/* ---- responses --------------------------------------------------------- */

/* The keys, in the mode that a vector is of. */
static alipay_keys_t *
keys_of(json_t *vector)
{
    test_cert_t      own = {
        .key = test_key(TEST_APP), .issuer_key = test_key(TEST_APP),
        .subject = "App", .issuer = "Root", .serial = 7, .ends = 3600
    };
    alipay_config_t  config = {
        .app_id = TEST_APP_ID, .content_key = TEST_CONTENT_KEY,
        .own_key = test_bare(test_key(TEST_APP), TEST_PKCS1)
    };

    if (json_object_get(vector, "cert_sn") == NULL) {
        return test_app_keys("alipay_public.pem");
    }

    config.own_cert = test_cert(&own);
    config.peer_cert = test_alipay_file("alipay_public_cert.crt");
    config.roots = test_alipay_file("alipay_root_bundle.crt");

    return test_load(&config);
}


static void
check_content(json_t *vector, const alipay_response_t *response)
{
    json_t      *expected;
    const char  *text;

    text = response->encrypted ? test_text(vector, "plaintext")
           : test_text(vector, "string_to_verify");
    expected = json_loads(text, 0, NULL);
    assert_non_null(expected);
    assert_true(json_equal(response->node, expected));
    json_decref(expected);
}


static void
check_response(json_t *vector)
{
    const char         *body = test_text(vector, "body"), *code;
    alipay_keys_t      *keys = keys_of(vector);
    alipay_expected_t   expected = {
        .method = test_text(vector, "method"), .http_status = 200
    };
    alipay_response_t   response;

    alipay_response_read(keys, &expected, body, strlen(body), &response);
    assert_int_equal(response.signature, ALIPAY_SIGNATURE_GOOD);
    assert_non_null(response.node);
    check_content(vector, &response);

    code = alipay_response_text(&response, "code");
    assert_string_equal(response.code, code);
    assert_int_equal(response.outcome, strcmp(code, "10000") == 0
                     ? ALIPAY_DONE : ALIPAY_REFUSED);
    assert_int_equal(response.why[0] == '\0',
                     response.outcome == ALIPAY_DONE);
    assert_int_equal(response.error_node,
                     strstr(body, "\"error_response\"") != NULL);

    if (json_object_get(vector, "cert_sn") != NULL) {
        assert_string_equal(response.cert_serial,
                            test_text(vector, "cert_sn"));
    }

    alipay_response_free(&response);
}


/* ---- certificates ------------------------------------------------------ */

static void
check_serial(json_t *cert)
{
    char              serial[ALIPAY_SERIAL_TEXT];
    alipay_failure_t  failure;

    assert_int_equal(alipay_cert_serial(test_alipay_file(test_text(cert,
                                                                   "file")),
                                        serial, &failure), 0);
    assert_string_equal(serial, test_text(cert, "sn"));
}


static void
check_serials(json_t *vector)
{
    json_t            *bundle = json_object_get(vector, "root_bundle");
    alipay_text_t      serial = { .data = NULL };
    alipay_failure_t   failure;

    check_serial(json_object_get(vector, "app_cert"));
    check_serial(json_object_get(vector, "alipay_public_cert"));

    assert_int_equal(alipay_root_serial(test_alipay_file(test_text(bundle,
                                                                   "file")),
                                        &serial, &failure), 0);
    assert_string_equal(serial.data, test_text(bundle,
                                               "alipay_root_cert_sn"));
    alipay_text_free(&serial);
}


/* ---- all of them ------------------------------------------------------- */

static void
check(json_t *vector)
{
    const char  *kind = test_text(vector, "kind");

    if (strcmp(kind, "request") == 0) {
        check_request(vector);

        if (value_of(vector, "app_cert_sn") == NULL) {
            check_built(vector);
        }

    } else if (strcmp(kind, "notify") == 0) {
        check_notify(vector);

    } else if (strcmp(kind, "notify_negative") == 0) {
        check_notify_negative(vector);

    } else if (strcmp(kind, "response") == 0) {
        check_response(vector);

    } else if (strcmp(kind, "cert_sn") == 0) {
        check_serials(vector);

    } else {
        fail_msg("vectors of the kind %s are checked nowhere", kind);
    }
}


static void
every_vector(void **state)
{
    size_t   i;
    json_t  *vector;

    (void) state;

    json_array_foreach(test_alipay_vectors(), i, vector) {
        check(vector);
        checked++;
    }

    assert_int_equal(checked, EXPECTED);
}


/* Serials go through the certificates' mode as well. */
static void
cert_mode_request(void **state)
{
    json_t  *vector = test_alipay_vector("request_cert_mode");

    (void) state;
    assert_string_equal(value_of(vector, "alipay_root_cert_sn"),
                        alipay_keys_root_serial(keys_of(test_alipay_vector(
                            "response_cert_mode"))));
}


int
main(void)
{
    int                      failed;
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_vector),
        cmocka_unit_test(cert_mode_request),
    };

    failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_alipay_end();

    return failed;
}
