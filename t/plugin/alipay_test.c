/*
 * alipay_test.c - the plugin "alipay" in key mode, against answers that the
 * test signs, or does not.
 */

#define _GNU_SOURCE                     /* nftw() */

#include "alipay_world.h"

#include <sys/stat.h>

#define CALL    "{\"method\":\"" QUERY "\",\"business\":{\"certify_id\":\"c\"}}"
#define PASSED  "{\"code\":\"10000\",\"msg\":\"Success\",\"passed\":\"T\"}"


static int
begin(void **state)
{
    (void) state;
    make_files();
    h = start_alipay(NULL, 1, NULL);
    gateway = gateway_keys("gateway.pem", NULL, NULL);

    return h == NULL ? -1 : 0;
}


static int
end(void **state)
{
    alipay_keys_free(gateway);

    return teardown(state);
}


/* ---- what nginx -t finds ----------------------------------------------- */

static void
refused_options(void **state)
{
    size_t           i;
    fake_host_t     *other;
    civic_failure_t  failure;

    const struct {
        const char  *option;
        const char  *words;
    } cases[] = {
        { "private_key=/nowhere/key.pem", "No such file" },
        { file_option("private_key", "app.pem"), "public key" },
        { file_option("private_key", "face.jpg"), "private key" },
        { file_option("private_key", "."), "expected a file" },
        { file_option("private_key", "empty"), "expected a file" },
        { file_option("private_key", "large"), "expected a file" },
        { file_option("public_key", "app.pem"), "own private key" },
        { file_option("public_key", "gateway.pem"), "private key" },
        { "public_key=", "neither" },
        { file_option("app_cert", "app.pem"), "three files" },
        { file_option("content_key", "people.json"), "content key" },
        { "gateway=http://openapi.alipay.com/gateway.do", "only https" },
        { "gateway=http://127.0.0.1.example/gateway.do", "only https" },
        { "gateway=http://localhost.example/gateway.do", "only https" },
        { "gateway=https://openapi.alipay.com/gateway.do?a=b",
          "without arguments" },
        { "gateway=https://openapi.alipay.com", "expected" },
        { "gateway=ftp://openapi.alipay.com/gateway.do", "expected" },
        { "gateway=https://a@b/gateway.do", "expected" },
        { "unknown_sub_codes=A,B,C,D,E,F,G,H,I,J,K,L,M,N,O,P,Q",
          "more than 16 sub_codes" },
        { "upstream=Alipay", "upstream" },
        { "app_id=", "app_id" },
    };

    (void) state;
    put_file("empty", "");
    put_file("large", "");
    assert_int_equal(truncate(file("large"), 70000), 0);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&failure, 0, sizeof(failure));
        other = start_alipay((const char *[]) { cases[i].option, NULL }, 1,
                             &failure);

        if (other != NULL || strstr(failure.text, cases[i].words) == NULL) {
            fail_msg("%s: \"%s\"", cases[i].option, failure.text);
        }
    }
}


static int
logged_at_start(const char *option, int sandbox, const char *words)
{
    int           found;
    fake_host_t  *other;

    other = start_alipay((const char *[]) { option, NULL }, sandbox, NULL);
    assert_non_null(other);
    found = fake_logged(other, words);
    fake_host_stop(other);

    return found;
}


static void
said_at_start(void **state)
{
    const char  *local = "gateway=http://127.0.0.1:1/gateway.do";
    const char  *theirs = "gateway=https://openapi-sandbox.dl.alipaydev.com"
                          "/gateway.do";

    (void) state;
    assert_true(logged_at_start(local, 1, "[info] alipay: alipay: key mode"));
    assert_false(logged_at_start(local, 1, "could not be started"));
    assert_true(logged_at_start(local, 0, "only https in production"));
    assert_true(logged_at_start(theirs, 0, "[warn] alipay: alipay: gateway"));
    assert_false(logged_at_start(theirs, 1, "[warn]"));
    assert_false(logged_at_start("upstream=x", 0, "alipay: gateway"));

    assert_int_equal(chmod(file("app_private.pem"), 0640), 0);
    assert_false(logged_at_start("upstream=x", 0, "readable by every"));
    assert_int_equal(chmod(file("app_private.pem"), 0644), 0);
    assert_true(logged_at_start("upstream=x", 0, "readable by every"));
    assert_false(logged_at_start("upstream=x", 1, "readable by every"));
}


/* ---- what is sent ------------------------------------------------------ */

static void
sent_as_signed(void **state)
{
    const char              *query;
    alipay_failure_t         failure = { "" };
    alipay_parameters_t      parameters;
    const fake_http_seen_t  *seen;

    (void) state;
    will_answer(QUERY, PASSED, 0, 0);
    said("{\"method\":\"" QUERY "\",\"business\":{\"name\":\"张伟\"},"
         "\"auth_token\":\"secret\",\"extras\":{\"code\":\"abc\"}}",
         "done none 10000");

    seen = fake_http_seen(h, 0);
    assert_string_equal(seen->upstream, "alipay");
    assert_int_equal(seen->method, CIVIC_POST);
    assert_false(seen->safe);
    assert_string_equal(seen->path,
                        "/gateway.do?method=" QUERY "&charset=utf-8");
    assert_non_null(strstr(seen->head, "Content-Type: " ALIPAY_FORM));

    query = strchr(seen->path, '?') + 1;
    assert_int_equal(alipay_gateway_read(gateway, query, strlen(query),
                                         seen->body, seen->len, &parameters,
                                         &failure), ALIPAY_SIGNATURE_GOOD);
    assert_string_equal(alipay_parameters_get(&parameters, "biz_content"),
                        "{\"name\":\"张伟\"}");
    assert_string_equal(alipay_parameters_get(&parameters, "auth_token"),
                        "secret");
    assert_string_equal(alipay_parameters_get(&parameters, "code"), "abc");
    assert_string_equal(alipay_parameters_get(&parameters, "timestamp"),
                        "2026-03-09 12:00:00");
    alipay_parameters_free(&parameters);

    /* the real clock signs, whatever a sandbox' day it is */
    fake_set_business_clock(h, NOON + 40 * 86400000LL);
    said("{\"method\":\"" QUERY "\",\"safe\":true}", "done none 10000");
    seen = fake_http_seen(h, 1);
    assert_true(seen->safe);
    assert_non_null(strstr(seen->body, "timestamp=2026-03-09%2012%3A00%3A00"));
    assert_int_equal(fake_counter(h, "done"), 2);
}


static void
bugs_of_callers(void **state)
{
    size_t  i;

    static const char *const  bugs[] = {
        "{}", "{\"method\":null}", "{\"method\":\"\"}", "{\"method\":[]}",
        "{\"method\":\"a b\"}", "{\"method\":\"m\",\"business\":[]}",
        "{\"method\":\"m\",\"extras\":{\"a\":1}}",
        "{\"method\":\"m\",\"extras\":{\"method\":\"x\"}}",
        "{\"method\":\"m\",\"timeout\":-1}",
        "{\"method\":\"m\",\"timeout\":\"5\"}",
        "{\"method\":\"m\",\"max_reply\":4194305}",
        "{\"method\":\"m\",\"encrypt\":1}", "{\"method\":\"m\",\"save\":true}",
        "{\"method\":\"m\",\"encrypt\":true}",
        "{\"method\":\"m\",\"file\":\"a\"}", "{\"method\":\"m\",\"file\":{}}",
        "{\"method\":\"m\",\"file\":{\"name\":\"f\",\"filename\":\"f\","
        "\"media_type\":\"image/jpeg\",\"pid\":\"aaaaaaaaaaaaaaaaaaaaaa\","
        "\"purpose\":\"another\",\"blob_id\":\"bbbbbbbbbbbbbbbbbbbbbb\"}}"
    };

    (void) state;

    for (i = 0; i < sizeof(bugs) / sizeof(bugs[0]); i++) {
        if (result_of("alipay.call", bugs[i]) != CIVIC_ERROR) {
            fail_msg("%s: %s", bugs[i], rep->body);
        }

        assert_int_equal(fake_log_count(h, "[error]"), i + 1);
    }

    assert_null(fake_http_seen(h, 0));
    assert_int_equal(result_of("alipay.page", "{}"), CIVIC_ERROR);
    assert_int_equal(result_of("alipay.notification", "{\"form\":7}"),
                     CIVIC_ERROR);
}


/* A file that is not there: no signing, no call. */
static void
file_is_gone(void **state)
{
    (void) state;

    will_answer(QUERY, PASSED, 0, 0);
    said("{\"method\":\"" QUERY "\",\"file\":{\"name\":\"f\",\"filename\":"
         "\"f.jpg\",\"media_type\":\"image/jpeg\",\"purpose\":\"photo\","
         "\"pid\":\"aaaaaaaaaaaaaaaaaaaaaa\","
         "\"blob_id\":\"bbbbbbbbbbbbbbbbbbbbbb\"}}",
         "not_sent repair ");
    assert_null(fake_http_seen(h, 0));
    assert_true(fake_logged(h, "its file cannot be read"));
}


/* ---- what comes of it -------------------------------------------------- */

static void
will_fault(fake_http_fault_t fault, int64_t delay)
{
    fake_answer_http(h, &(fake_http_answer_t) {
                            .upstream = "alipay", .fault = fault,
                            .delay_ms = delay });
}


static void
no_answer(void **state)
{
    (void) state;

    said(CALL, "not_sent repair ");             /* no such upstream */
    will_fault(FAKE_HTTP_NOT_SENT, 0);
    said(CALL, "not_sent none ");
    will_fault(FAKE_HTTP_UNKNOWN, 0);
    said(CALL, "unknown ask ");
    will_answer(QUERY, PASSED, 0, 0);
    will_fault(FAKE_HTTP_WELL, 6000);           /* longer than 5 s */
    said(CALL, "unknown ask ");
    assert_int_equal(fake_counter(h, "not_sent"), 2);
    assert_int_equal(fake_counter(h, "unknown"), 2);
    assert_int_equal(fake_counter(h, "done"), 0);
}


static void
will_say(int status, const char *body)
{
    fake_answer_http(h, &(fake_http_answer_t) {
                            .upstream = "alipay", .status = status,
                            .body = body });
}


static void
answers_of_nobody(void **state)
{
    size_t        i;
    unsigned      errors = 0;
    const json_t  *node;

    static const struct {
        int          status;
        const char  *body;
        const char  *said;
        int          alarm;
    } cases[] = {
        { 200, "", "unknown ask ", 0 },
        { 502, "<html>", "unknown ask ", 0 },
        { 200, "<html>", "not_ours ask ", 1 },
        { 200, "{}", "not_ours ask ", 1 },
        { 200, "{\"alipay_user_certify_open_query_response\":"
               "{\"code\":\"10000\",\"passed\":\"T\"}}",
          "not_ours ask 10000", 1 },
        { 200, "{\"alipay_user_certify_open_query_response\":"
               "{\"code\":\"10000\",\"passed\":\"T\"},\"sign\":\"AAAA\"}",
          "not_ours repair ", 1 },
        { 200, "{\"error_response\":{\"code\":\"40002\","
               "\"sub_code\":\"isv.invalid-app-id\"}}",
          "refused repair 40002", 1 },
        { 200, "{\"error_response\":{\"code\":\"40004\","
               "\"sub_code\":\"ACQ.TRADE_NOT_EXIST\"}}",
          "unknown ask 40004", 0 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        will_say(cases[i].status, cases[i].body);
        node = json_object_get(ask(CALL), "node");
        assert_string_equal(said_in(json_object_get(rep->json, "out")),
                            cases[i].said);
        assert_int_equal(json_object_size(node), 0);
        errors += (unsigned) cases[i].alarm;
        assert_int_equal(fake_log_count(h, "[error]"), errors);
    }

    assert_int_equal(fake_log_count(h, "nobody vouches"), 4);
    assert_int_equal(fake_counter(h, "not_ours"), 4);
    assert_int_equal(fake_counter(h, "answers_unverified"), 4);
}


/* What nothing depends on is told once a minute, and is no error. */
static void
optional_refusals(void **state)
{
    size_t  i;

    static const char *const  input = "{\"method\":\"alipay.user.info.share\","
                                      "\"auth_token\":\"t\",\"safe\":true,"
                                      "\"optional\":true}";

    (void) state;

    for (i = 0; i < 4; i++) {
        will_say(200, "{\"error_response\":{\"code\":\"40006\","
                      "\"sub_code\":\"isv.insufficient-isv-permissions\"}}");
        (void) ask(input);
        assert_string_equal(said_in(json_object_get(rep->json, "out")),
                            "refused repair 40006");
        assert_int_equal(fake_log_count(h, "[warn]"), i < 3 ? 1 : 2);

        if (i == 2) {
            fake_advance(h, 60 * 1000);
        }
    }

    assert_int_equal(fake_log_count(h, "[error]"), 0);
}


static void
large_answers(void **state)
{
    char  *node = malloc(200000);

    (void) state;
    snprintf(node, 200000, "{\"code\":\"10000\",\"face\":\"%0100000d\"}", 7);
    will_answer(QUERY, node, 0, 0);
    said(CALL, "unknown ask ");                 /* over 64 KB */

    ask("{\"method\":\"" QUERY "\",\"max_reply\":200000}");
    assert_string_equal(said_in(json_object_get(rep->json, "out")),
                        "done none 10000");
    assert_int_equal(json_string_length(json_object_get(json_object_get(
                         json_object_get(rep->json, "out"), "node"),
                         "face")), 100000);
    assert_int_equal(rep->offloads, 2);

    /* nobody has time to read it */
    ask_with("alipay.call", "{\"method\":\"" QUERY "\",\"max_reply\":200000}",
             &(fake_request_t) { .busy_at = 2 });
    assert_string_equal(said_in(json_object_get(rep->json, "out")),
                        "unknown ask ");
    assert_true(fake_logged(h, "was not read: the threads are busy"));
    free(node);

    will_answer(QUERY, PASSED, 0, 0);
    ask(CALL);
    assert_int_equal(rep->offloads, 1);
}


static void
nobody_has_time(void **state)
{
    (void) state;
    will_answer(QUERY, PASSED, 0, 0);
    ask_with("alipay.call", CALL, &(fake_request_t) { .busy_at = 1 });
    assert_string_equal(said_in(json_object_get(rep->json, "out")),
                        "not_sent wait ");
    assert_null(fake_http_seen(h, 0));

    ask_with("alipay.page", "{\"method\":\"m\"}",
             &(fake_request_t) { .busy_at = 1 });
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "result")),
                     CIVIC_BUSY);
}


/* The client leaves at any moment: what changes something runs to its end. */
static void
clients_leave(void **state)
{
    unsigned  at;

    (void) state;
    will_answer(QUERY, PASSED, 0, 0);

    for (at = 1; at <= 3; at++) {
        ask_with("alipay.call", CALL, &(fake_request_t) { .leave_at = at });
        ask_with("alipay.call", "{\"method\":\"" QUERY "\",\"safe\":true}",
                 &(fake_request_t) { .leave_at = at });
        ask_with("alipay.page", "{\"method\":\"m\"}",
                 &(fake_request_t) { .leave_at = at });
        ask_with("alipay.notification", "{\"form\":\"a=b\"}",
                 &(fake_request_t) { .leave_at = at });
    }

    said(CALL, "done none 10000");
}


/* ---- the other calls --------------------------------------------------- */

static void
pages(void **state)
{
    const char           *url, *query;
    alipay_failure_t      failure = { "" };
    alipay_parameters_t   parameters;

    (void) state;
    url = text_member(ask_with("alipay.page", "{\"method\":\"a.b\","
                               "\"business\":{\"id\":\"一 二\"},"
                               "\"return_url\":\"https://x.example/?a=b\"}",
                               NULL), "url");
    assert_int_equal(strncmp(url, UPSTREAM "?", strlen(UPSTREAM) + 1), 0);

    query = strchr(url, '?') + 1;
    assert_int_equal(alipay_gateway_read(gateway, query, strlen(query), "", 0,
                                         &parameters, &failure),
                     ALIPAY_SIGNATURE_GOOD);
    assert_string_equal(alipay_parameters_get(&parameters, "return_url"),
                        "https://x.example/?a=b");
    assert_string_equal(alipay_parameters_get(&parameters, "biz_content"),
                        "{\"id\":\"一 二\"}");
    alipay_parameters_free(&parameters);
    assert_null(fake_http_seen(h, 0));
    assert_int_equal(fake_counter(h, "pages"), 1);

    assert_int_equal(result_of("alipay.page", "{\"method\":\"a b\"}"),
                     CIVIC_ERROR);
}


static void
settings(void **state)
{
    json_t       *out;
    fake_host_t  *before = h;

    (void) state;
    out = ask_with("alipay.app", "{}", NULL);
    assert_string_equal(text_member(out, "app_id"), APP);
    assert_string_equal(text_member(out, "mini_app_id"), APP);
    assert_true(json_is_false(json_object_get(out, "face_picture")));

    h = start_alipay((const char *[]) { "mini_app_id=77", "user_info=true",
                                        "face_picture=true", NULL }, 0, NULL);
    out = ask_with("alipay.app", "{}", NULL);
    assert_string_equal(text_member(out, "mini_app_id"), "77");
    assert_true(json_is_true(json_object_get(out, "user_info")));
    assert_true(json_is_true(json_object_get(out, "face_picture")));
    assert_int_equal(rep->suspensions, 0);
    fake_host_stop(h);
    h = before;
}


static json_t *
notify(const char *form)
{
    char    *in;
    json_t  *object = json_pack("{s:s}", "form", form), *out;

    in = json_dumps(object, 0);
    out = ask_with("alipay.notification", in, NULL);
    free(in);
    json_decref(object);

    return out;
}


static void
notifications(void **state)
{
    char                 *at;
    json_t               *out;
    alipay_text_t         form = { .data = NULL };
    alipay_parameters_t   parameters = { .items = NULL };

    (void) state;
    alipay_parameters_add(&parameters, "app_id", APP, strlen(APP));
    alipay_parameters_add(&parameters, "subject", "报名费 +&", 12);
    alipay_parameters_add(&parameters, "total_amount", "90.00", 5);
    assert_int_equal(alipay_gateway_notify(gateway, &parameters, &form), 0);

    out = notify(form.data);
    assert_true(json_is_true(json_object_get(out, "valid")));
    assert_string_equal(text_member(out, "why"), "good");
    out = json_object_get(out, "parameters");
    assert_string_equal(text_member(out, "total_amount"), "90.00");
    assert_string_equal(text_member(out, "subject"), "报名费 +&");

    at = strstr(form.data, "90.00");
    *at = '1';
    out = notify(form.data);
    assert_true(json_is_false(json_object_get(out, "valid")));
    assert_string_equal(text_member(out, "why"), "wrong");
    assert_int_equal(json_object_size(json_object_get(out, "parameters")), 0);
    assert_false(fake_logged(h, "10.00"));

    assert_string_equal(text_member(notify(""), "why"), "missing");
    out = notify("a=b&a=c");
    assert_true(json_is_false(json_object_get(out, "valid")));
    assert_int_equal(fake_counter(h, "notifications"), 1);
    assert_int_equal(fake_counter(h, "notifications_invalid"), 3);
    alipay_parameters_free(&parameters);
    alipay_text_free(&form);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(refused_options),
        cmocka_unit_test(said_at_start),
        cmocka_unit_test_setup(sent_as_signed, reset),
        cmocka_unit_test_setup(bugs_of_callers, reset),
        cmocka_unit_test_setup(file_is_gone, reset),
        cmocka_unit_test_setup(no_answer, reset),
        cmocka_unit_test_setup(answers_of_nobody, reset),
        cmocka_unit_test_setup(optional_refusals, reset),
        cmocka_unit_test_setup(large_answers, reset),
        cmocka_unit_test_setup(nobody_has_time, reset),
        cmocka_unit_test_setup(clients_leave, reset),
        cmocka_unit_test_setup(pages, reset),
        cmocka_unit_test_setup(settings, reset),
        cmocka_unit_test_setup(notifications, reset),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
