/*
 * alipay_cert_test.c - the plugin "alipay" in certificate mode: certificates
 * that come over the wire, while others call.
 */

#define _GNU_SOURCE                     /* nftw() */

#include "alipay_world.h"

#include <time.h>

#include "base64.h"

#define CALL    "{\"method\":\"" QUERY "\"}"
#define SAFE    "{\"method\":\"" QUERY "\",\"safe\":true}"
#define PASSED  "{\"code\":\"10000\",\"msg\":\"Success\",\"passed\":\"T\"}"
#define MINUTE  60000

static alipay_keys_t  *first, *next;    /* the gateway, with its certificates */
static int64_t         noon;            /* now: certificates are of today */


static int
begin(void **state)
{
    (void) state;
    make_files();
    make_certificate("root", "gateway.pem", "gateway.pem", "root", 1, 400);
    make_certificate("app", "app_private.pem", "gateway.pem", "root", 2, 90);
    make_certificate("first", "gateway.pem", "gateway.pem", "root", 3, 90);
    make_certificate("next", "gateway.pem", "gateway.pem", "root", 4, 90);
    /* an hour less: "in 9 days", in whichever second it is read */
    make_certificate("ending", "gateway.pem", "gateway.pem", "root", 5, 10);

    /* the same issuer's name and number as "next", by a key of its own */
    make_certificate("forged", "app_private.pem", "app_private.pem", "root",
                     4, 90);

    first = gateway_keys("gateway.pem", "first.crt", "app.crt");
    next = gateway_keys("gateway.pem", "next.crt", "app.crt");
    noon = (int64_t) time(NULL) * 1000;

    return 0;
}


static int
end(void **state)
{
    alipay_keys_free(first);
    alipay_keys_free(next);
    h = NULL;

    return teardown_files(state);
}


static int
start(void **state)
{
    (void) state;
    gateway = first;
    h = start_alipay((const char *[]) {
        "public_key=", file_option("app_cert", "app.crt"),
        file_option("alipay_cert", "first.crt"),
        file_option("root_cert", "root.crt"), NULL }, 1, NULL);

    if (h == NULL) {
        return -1;
    }

    fake_set_clock(h, noon);

    return 0;
}


static int
stop(void **state)
{
    (void) state;
    fake_host_stop(h);

    return 0;
}


/* The gateway's answer to a download: the certificate of a file. */
static void
will_give(const char *cert, int once)
{
    static char  bodies[4][8192];
    static int   turn;

    char  *text = text_of(cert), *body = bodies[turn++ % 4];
    char  *content = malloc(CIVIC_BASE64_ROOM(strlen(text)));

    civic_base64_encode(text, strlen(text), content);
    snprintf(body, sizeof(bodies[0]), "{\"alipay_open_app_alipaycert_download_"
             "response\":{\"code\":\"10000\",\"msg\":\"Success\","
             "\"alipay_cert_content\":\"%s\"}}", content);
    free(content);
    free(text);

    fake_answer_http(h, &(fake_http_answer_t) {
                            .upstream = "alipay", .body = body, .once = once,
                            .path = "/gateway.do?method=" DOWNLOAD });
}


static void
will_fail(fake_http_fault_t fault)
{
    fake_answer_http(h, &(fake_http_answer_t) {
                            .upstream = "alipay", .fault = fault,
                            .path = "/gateway.do?method=" DOWNLOAD });
}


/* How often a certificate was asked for. */
static unsigned
downloads(void)
{
    size_t    i;
    unsigned  count = 0;

    for (i = 0; fake_http_seen(h, i) != NULL; i++) {
        count += strstr(fake_http_seen(h, i)->path, DOWNLOAD) != NULL;
    }

    return count;
}


/* ---- good days --------------------------------------------------------- */

static void
known(void **state)
{
    (void) state;
    assert_true(fake_logged(h, "[info] alipay: alipay: certificate mode"));
    will_answer(QUERY, PASSED, 0, 0);
    said(CALL, "done none 10000");
    assert_int_equal(downloads(), 0);
}


static void
unknown_is_fetched(void **state)
{
    (void) state;
    gateway = next;
    will_answer(QUERY, PASSED, 0, 0);
    will_give("next.crt", 0);

    said(CALL, "done none 10000");
    assert_int_equal(downloads(), 1);
    assert_true(fake_http_seen(h, 1)->safe);
    assert_true(fake_logged(h, "was downloaded and chains to the roots"));

    said(CALL, "done none 10000");
    gateway = first;                    /* the old one is still known */
    will_answer(QUERY, PASSED, 0, 1);
    said(CALL, "done none 10000");
    assert_int_equal(downloads(), 1);
    assert_int_equal(fake_counter(h, "certificates"), 1);
    assert_int_equal(fake_counter(h, "not_ours"), 0);
}


/* ---- bad days ---------------------------------------------------------- */

static void
once_a_minute(void **state)
{
    (void) state;
    gateway = next;
    will_answer(QUERY, PASSED, 0, 0);
    will_fail(FAKE_HTTP_UNKNOWN);

    said(CALL, "not_ours certificate ");
    assert_int_equal(downloads(), 2);   /* it may be sent twice */
    assert_true(fake_logged(h, "[error] alipay: alipay signs with"));
    will_give("next.crt", 0);
    said(CALL, "not_ours certificate ");
    fake_advance(h, MINUTE - 1);
    said(CALL, "not_ours certificate ");
    assert_int_equal(downloads(), 2);

    fake_advance(h, 1);
    said(CALL, "done none 10000");
    assert_int_equal(downloads(), 3);
    assert_int_equal(fake_counter(h, "certificates_failed"), 1);
    assert_int_equal(fake_counter(h, "not_ours"), 3);
}


static void
not_to_be_trusted(void **state)
{
    (void) state;
    gateway = next;
    will_answer(QUERY, PASSED, 0, 0);

    will_give("forged.crt", 0);
    said(CALL, "not_ours certificate ");
    assert_true(fake_logged(h, "does not chain"));

    fake_advance(h, MINUTE);
    will_give("first.crt", 0);
    said(CALL, "not_ours certificate ");
    assert_true(fake_logged(h, "another certificate came"));

    fake_advance(h, MINUTE);
    fake_answer_http(h, &(fake_http_answer_t) {
                            .upstream = "alipay", .body = "<html>",
                            .path = "/gateway.do?method=" DOWNLOAD });
    said(CALL, "not_ours certificate ");
    assert_true(fake_logged(h, "holds no certificate"));
    assert_int_equal(fake_counter(h, "certificates_failed"), 3);
}


/* ---- several at once --------------------------------------------------- */

static fake_run_t *
begin_call(const char *in)
{
    static fake_request_t  requests[8];
    static unsigned        turn;

    fake_request_t  *request = &requests[turn++ % 8];

    *request = (fake_request_t) { .body = in };

    return fake_begin(h, CIVIC_POST, "/asker/calls/alipay.call", request);
}


/* What another call's run has come to. */
static const char *
end_call(fake_run_t *run)
{
    rep = fake_end(run);

    return said_in(json_object_get(rep->json, "out"));
}


static void
others_while_it_comes(void **state)
{
    fake_run_t  *a, *b;

    (void) state;
    gateway = next;
    will_answer(QUERY, PASSED, 0, 0);
    will_give("next.crt", 0);

    /* signed, answered, the download signed and on its way */
    a = begin_call(CALL);
    fake_run_to(a, 4);
    assert_int_equal(downloads(), 1);

    said(CALL, "unknown certificate ");
    assert_int_equal(downloads(), 1);

    /* reads with the old keys, and finds that there are new ones */
    b = begin_call(CALL);
    fake_run_to(b, 2);

    assert_string_equal(end_call(a), "done none 10000");
    assert_string_equal(end_call(b), "done none 10000");
    assert_int_equal(downloads(), 1);
    assert_int_equal(fake_counter(h, "not_ours"), 0);
}


/* Whoever fetches it leaves: the next one fetches it again. */
static void
fetcher_leaves(void **state)
{
    unsigned  at;

    (void) state;
    gateway = next;
    will_answer(QUERY, PASSED, 0, 0);
    will_give("next.crt", 0);

    for (at = 1; at <= 3; at++) {
        ask_with("alipay.call", SAFE, &(fake_request_t) { .leave_at = at });
        assert_int_equal(rep->status, 0);
    }

    fake_advance(h, MINUTE);
    said(SAFE, "done none 10000");
}


/* ---- notifications ----------------------------------------------------- */

/* One that names a certificate; the form lives until the next. */
static json_t *
notify(const alipay_keys_t *by, const char *serial)
{
    char                 *in;
    json_t               *object, *out;
    alipay_text_t         form = { .data = NULL };
    alipay_parameters_t   parameters = { .items = NULL };

    alipay_parameters_add(&parameters, "app_id", APP, strlen(APP));
    alipay_parameters_add(&parameters, "alipay_cert_sn", serial,
                          strlen(serial));
    assert_int_equal(alipay_gateway_notify(by, &parameters, &form), 0);

    object = json_pack("{s:s}", "form", form.data);
    in = json_dumps(object, 0);
    out = ask_with("alipay.notification", in, NULL);
    free(in);
    json_decref(object);
    alipay_text_free(&form);
    alipay_parameters_free(&parameters);

    return out;
}


static void
notifications(void **state)
{
    int      i;
    char     serial[ALIPAY_SERIAL_TEXT];
    json_t  *out;

    (void) state;
    will_give("next.crt", 0);
    will_answer("x", PASSED, 0, 1);

    /* anybody can name certificates: eight a minute, and no more */
    will_fail(FAKE_HTTP_NOT_SENT);
    for (i = 0; i < 20; i++) {
        snprintf(serial, sizeof(serial), "%032d", i);
        out = notify(first, serial);
        assert_string_equal(text_member(out, "why"), "cert_unknown");
    }
    assert_int_equal(fake_counter(h, "certificates_failed"), 8);

    out = notify(first, "not-a-serial");
    assert_false(json_is_true(json_object_get(out, "valid")));

    /* which keeps nobody from an answer's */
    gateway = next;
    will_answer(QUERY, PASSED, 0, 0);
    will_give("next.crt", 0);
    said(CALL, "done none 10000");

    out = notify(next, alipay_keys_own_serial(next));
    assert_true(json_is_true(json_object_get(out, "valid")));
}


static void
notification_fetches(void **state)
{
    json_t  *out;

    (void) state;
    will_give("next.crt", 0);
    out = notify(next, alipay_keys_own_serial(next));
    assert_true(json_is_true(json_object_get(out, "valid")));
    assert_int_equal(fake_counter(h, "certificates"), 1);
    assert_int_equal(fake_counter(h, "notifications"), 1);
}


/* ---- the end of one ---------------------------------------------------- */

static void
ends_soon(void **state)
{
    (void) state;
    fake_host_stop(h);
    h = start_alipay((const char *[]) {
        "public_key=", file_option("app_cert", "app.crt"),
        file_option("alipay_cert", "ending.crt"),
        file_option("root_cert", "root.crt"), NULL }, 1, NULL);
    assert_non_null(h);
    assert_int_equal(fake_log_count(h, "[warn] alipay: alipay: a certificate "
                                    "ends on"), 1);
    assert_true(fake_logged(h, "in 9 days"));

    will_answer(QUERY, PASSED, 0, 0);
    fake_set_clock(h, noon);
    (void) ask(CALL);
    assert_int_equal(fake_counter(h, "certificate_ending"), 0);
    fake_advance(h, 25 * 3600 * 1000);
    (void) ask(CALL);
    (void) ask(CALL);
    assert_int_equal(fake_counter(h, "certificate_ending"), 1);
    fake_advance(h, 20 * 86400000LL);
    (void) ask(CALL);
    assert_true(fake_logged(h, "[error] alipay: a certificate has ended"));
}


static void
does_not_end_soon(void **state)
{
    (void) state;
    assert_false(fake_logged(h, "a certificate"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(known, start, stop),
        cmocka_unit_test_setup_teardown(unknown_is_fetched, start, stop),
        cmocka_unit_test_setup_teardown(once_a_minute, start, stop),
        cmocka_unit_test_setup_teardown(not_to_be_trusted, start, stop),
        cmocka_unit_test_setup_teardown(others_while_it_comes, start, stop),
        cmocka_unit_test_setup_teardown(fetcher_leaves, start, stop),
        cmocka_unit_test_setup_teardown(notifications, start, stop),
        cmocka_unit_test_setup_teardown(notification_fetches, start, stop),
        cmocka_unit_test_setup_teardown(ends_soon, start, stop),
        cmocka_unit_test_setup_teardown(does_not_end_soon, start, stop),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
