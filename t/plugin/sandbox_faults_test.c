/*
 * sandbox_faults_test.c - faults of the sandbox' gateway come as often as they
 * were asked for, and do what they say; its own bad days; files that are not
 * what they should be.
 */

#define _GNU_SOURCE                     /* nftw() */

#include "sandbox_world.h"

#define OPEN         "alipay.user.certify.open."
#define FACE                                                                  \
    "{\"outer_order_no\":\"a1\",\"biz_code\":\"FACE\","                       \
    "\"identity_param\":{\"identity_type\":\"CERT_INFO\","                    \
    "\"cert_type\":\"IDENTITY_CARD\",\"cert_name\":\"a\","                    \
    "\"cert_no\":\"1\"},\"merchant_config\":{\"return_url\":\"\"}}"


/* ---- faults ------------------------------------------------------------ */

static const call_t  asks = { .method = OPEN "query",
                              .business = "{\"certify_id\":\"none\"}" };
static const call_t  begins = { .method = OPEN "initialize",
                                .business = FACE };


static unsigned
attempts(void)
{
    return (unsigned) fake_redis(h, "KEYS civic:sandbox:certify:*")->elements;
}


static void
test_faults_are_counted(void **state)
{
    size_t         i;
    fake_reply_t  *rep;

    (void) state;

    plan(asks.method, "\"fault\":\"code_20000\",\"count\":2");
    plan(asks.method, "\"fault\":\"error_40006\"");

    for (i = 0; i < 2; i++) {
        call(&asks);
        assert_int_equal(last.outcome, ALIPAY_UNKNOWN);
        assert_string_equal(last.code, "20000");
    }

    call(&begins);
    assert_int_equal(last.outcome, ALIPAY_DONE);
    refused(&asks, "40006", "isv.insufficient-isv-permissions");
    refused(&asks, "40004", "OPEN_CERTIFY_BILL_NOT_EXIST");

    plan(asks.method, "\"fault\":\"http_500\",\"count\":100");
    rep = post_json("/sandbox/alipay/faults",
                    "{\"method\":\"" OPEN "query\",\"fault\":\"slow\"}");
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "sandbox_too_many_faults");
    plan(asks.method, "\"fault\":\"http_500\",\"count\":0");
    refused(&asks, "40004", "OPEN_CERTIFY_BILL_NOT_EXIST");
}


static void
test_faults_of_signatures(void **state)
{
    (void) state;

    plan(begins.method, "\"fault\":\"wrong_signature\"");
    call(&begins);
    assert_int_equal(last.outcome, ALIPAY_NOT_OURS);
    assert_int_equal(last.signature, ALIPAY_SIGNATURE_WRONG);
    assert_int_equal(attempts(), 1);

    plan(begins.method, "\"fault\":\"unsigned_success\"");
    call(&begins);
    assert_int_equal(last.outcome, ALIPAY_NOT_OURS);
    assert_int_equal(last.signature, ALIPAY_SIGNATURE_MISSING);
    assert_int_equal(attempts(), 2);

    plan(begins.method, "\"fault\":\"malformed\"");
    call(&begins);
    assert_int_not_equal(last.outcome, ALIPAY_DONE);
    assert_int_equal(attempts(), 3);
}


static void
test_faults_of_outcome(void **state)
{
    (void) state;

    plan(begins.method, "\"fault\":\"code_20000\"");
    call(&begins);
    assert_int_equal(last.outcome, ALIPAY_UNKNOWN);
    assert_int_equal(attempts(), 0);

    plan(begins.method, "\"fault\":\"code_20000_done\"");
    call(&begins);
    assert_int_equal(last.outcome, ALIPAY_UNKNOWN);
    assert_int_equal(attempts(), 1);

    plan(begins.method,
         "\"fault\":\"error_40004\",\"sub_code\":\"UNKNOWN_ERROR\"");
    call(&begins);
    assert_string_equal(last.code, "40004");
    assert_string_equal(last.sub_code, "UNKNOWN_ERROR");
    assert_int_equal(attempts(), 1);

    plan(begins.method, "\"fault\":\"http_500\"");
    call(&begins);
    assert_int_equal(last_status, 500);
    assert_int_equal(attempts(), 1);
}


static void
test_faults_of_time(void **state)
{
    (void) state;

    plan(begins.method, "\"fault\":\"slow\"");
    done(&begins);
    assert_int_equal(fake_now(h), NOON + 3000);

    plan(begins.method, "\"fault\":\"timeout\",\"delay_ms\":20000");
    call(&begins);
    assert_int_equal(last_status, 504);
    assert_int_equal(fake_now(h), NOON + 23000);
    assert_int_equal(attempts(), 2);

    plan(begins.method, "\"fault\":\"timeout_before\"");
    call(&begins);
    assert_int_equal(last_status, 504);
    assert_int_equal(fake_now(h), NOON + 38000);
    assert_int_equal(attempts(), 2);
}


/* ---- bad days of its own ----------------------------------------------- */

static void
test_no_redis(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = fake_request(h, CIVIC_POST, "/sandbox/alipay/auth-codes",
                       &(fake_request_t) { .body = "{\"user\":\"zhang\"}",
                                           .redis_fault_at = 1,
                                           .redis_fault
                                               = FAKE_REDIS_NOT_SENT });
    assert_string_equal(rep->code, "store_unavailable");

    rep = fake_request(h, CIVIC_GET, "/sandbox/phone/certify/none",
                       &(fake_request_t) {
                           .redis_fault_at = 1,
                           .redis_fault = FAKE_REDIS_NOT_SENT });
    assert_string_equal(rep->code, "store_unavailable");
}


static void
cannot_start(const char *option, const char *why)
{
    fake_host_t      *other;
    fake_host_t      *usual = h;
    civic_failure_t   failure = { "" };

    other = start_with(option, 1, &failure);

    if (other == NULL) {
        if (strstr(failure.text, why) == NULL) {
            fail_msg("%s: %s", option, failure.text);
        }
        return;
    }

    h = other;
    assert_string_equal(post_form(GATEWAY, "a=b")->code,
                        "plugin_unavailable");

    if (!fake_logged(h, why)) {
        fail_msg("%s: %s", option, fake_log(h)[0]);
    }

    fake_host_stop(h);
    h = usual;
}


static void
test_files(void **state)
{
    (void) state;

    put_file("empty", "");
    put_file("few.json", "[{\"user\":\"a\"}]");
    put_file("object.json", "{}");

    cannot_start(file_option("people", "none"), "No such file");
    cannot_start(file_option("people", "object.json"), "no JSON array");
    cannot_start(file_option("people", "few.json"), "element 0 lacks");
    put_file("nameless.json", "[{\"name\":\"a\",\"id_number\":\"1\"},"
             "{\"name\":\"b\"}]");
    cannot_start(file_option("register", "object.json"), "no JSON array");
    cannot_start(file_option("register", "nameless.json"), "element 1 lacks");
    cannot_start(file_option("app_public_key", "empty"), "expected 1 to");
    cannot_start(file_option("gateway_private_key", "app.pem"), "public");
    cannot_start(file_option("content_key", "people.json"), "");
    cannot_start(file_option("face_picture", "empty"), "face_picture");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_faults_are_counted, reset),
        cmocka_unit_test_setup(test_faults_of_signatures, reset),
        cmocka_unit_test_setup(test_faults_of_outcome, reset),
        cmocka_unit_test_setup(test_faults_of_time, reset),
        cmocka_unit_test_setup(test_no_redis, reset),
        cmocka_unit_test_setup(test_files, reset),
    };

    return cmocka_run_group_tests_name("sandbox: faults", tests, setup,
                                       teardown);
}
