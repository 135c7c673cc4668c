/*
 * login_ticket_days_test.c - the login of a PC by QR code: what is drawn, who
 * waits, who comes at once, cookies, and bad days.
 */

#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include <png.h>
#include <zbar.h>

#include "base64.h"
#include "ticket_world.h"


/* ---- what the PC is given ---------------------------------------------- */

static void
read_png(const char *uri, char *out, size_t size)
{
    int64_t              len;
    png_image            image = { .version = PNG_IMAGE_VERSION };
    zbar_image_t        *scan = zbar_image_create();
    unsigned char       *grey, *bytes = malloc(strlen(uri));
    zbar_image_scanner_t  *scanner = zbar_image_scanner_create();
    const zbar_symbol_t *symbol;

    assert_int_equal(strncmp(uri, "data:image/png;base64,", 22), 0);
    len = civic_base64_decode(uri + 22, strlen(uri + 22), bytes,
                              strlen(uri));
    assert_true(len > 0);
    assert_true(png_image_begin_read_from_memory(&image, bytes,
                                                 (size_t) len));
    image.format = PNG_FORMAT_GRAY;
    grey = malloc(PNG_IMAGE_SIZE(image));
    assert_true(png_image_finish_read(&image, NULL, grey, 0, NULL));

    /* QR codes alone: in the modules of some a bar code is found, too */
    zbar_image_scanner_set_config(scanner, 0, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    zbar_image_set_format(scan, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(scan, image.width, image.height);
    zbar_image_set_data(scan, grey, PNG_IMAGE_SIZE(image), NULL);
    assert_int_equal(zbar_scan_image(scanner, scan), 1);
    symbol = zbar_image_first_symbol(scan);
    snprintf(out, size, "%s", zbar_symbol_get_data(symbol));

    zbar_image_destroy(scan);
    zbar_image_scanner_destroy(scanner);
    free(grey);
    free(bytes);
}


static void
test_begin(void **state)
{
    char           read[600];
    const char    *expected;
    fake_reply_t  *rep;

    (void) state;

    rep = say(BEGIN, NULL, "{\"format\":\"both\"}");
    assert_int_equal(rep->status, 201);
    assert_int_equal(strlen(fake_text(rep, "ticket")), 22);
    assert_int_equal(strlen(fake_text(rep, "secret")), 22);
    assert_string_not_equal(fake_text(rep, "ticket"),
                            fake_text(rep, "secret"));
    assert_int_equal(strlen(fake_text(rep, "number")), 2);
    assert_string_equal(fake_text(rep, "expires_at"),
                        "2026-03-09T12:02:00+08:00");
    assert_int_equal(number_in(rep, "refresh_in"), 115);
    assert_int_equal(strncmp(fake_text(rep, "qr_svg"), "<svg ", 5), 0);
    assert_true(rep->stack_used < 64 * 1024);
    assert_int_equal(rep->offloads, 1);     /* too long for the loop */

    /* the phone's camera reads the address, and nothing of the rest */
    expected = text("https://ds.alipay.com/?scheme=alipays%%3A%%2F%%2Fplatform"
                    "api%%2Fstartapp%%3FappId%%3D2021000000000002%%26page%%3D"
                    "pages%%2Flogin%%2Fticket%%26query%%3Dticket%%253D%s",
                    fake_text(rep, "ticket"));
    assert_string_equal(fake_text(rep, "url"), expected);
    read_png(fake_text(rep, "qr_png"), read, sizeof(read));
    assert_string_equal(read, expected);
    assert_null(strstr(read, fake_text(rep, "secret")));

    /* what was not asked for is not drawn */
    rep = say(BEGIN, NULL, "{\"format\":\"svg\"}");
    assert_null(json_object_get(rep->json, "qr_png"));
    assert_non_null(json_object_get(rep->json, "qr_svg"));
    rep = say(BEGIN, NULL, "{}");
    assert_non_null(json_object_get(rep->json, "qr_png"));
    assert_null(json_object_get(rep->json, "qr_svg"));

    is_refused(say(BEGIN, NULL, "{\"format\":\"gif\"}"), 422,
               "invalid_fields");
    assert_int_equal(fake_counter(h, "tickets"), 3);
}


/* The secret is nowhere but with the browser. */
static void
test_record(void **state)
{
    begun_t            begun = begin();
    const redisReply  *reply;
    size_t             i;

    (void) state;

    reply = fake_redis(h, "HGETALL civic:{q:%s}:ticket", begun.ticket);
    assert_true(reply->elements >= 14);

    for (i = 0; i < reply->elements; i++) {
        assert_null(strstr(reply->element[i]->str, begun.secret));
    }

    reply = fake_redis(h, "PTTL civic:{q:%s}:ticket", begun.ticket);
    assert_in_range(reply->integer, 120 * 1000, 120 * 1000 + 600 * 1000);
}


static void
test_nowhere_to_go(void **state)
{
    (void) state;

    fake_host_reset(h);
    fake_set_clock(h, NOON);
    is_refused(say(BEGIN, NULL, "{}"), 404, "login_method_off");
    assert_int_equal(fake_redis(h, "KEYS civic:{q:*")->elements, 0);
}


/* Whoever asks for too many is told when to come again. */
static void
test_too_many(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    assert_int_equal(say(BEGIN, NULL, "{}")->status, 201);
    fake_redis(h, "SET civic:login:tickets:192.0.2.1 %s",
               text("%lld 3000", NOON / 1000 - 100));
    rep = say(BEGIN, NULL, "{}");
    is_refused(rep, 429, "too_many_from_address");
    assert_int_equal(number_in(rep, "retry_after"), 500);

    rep = fake_request(h, CIVIC_POST, BEGIN,
                       &(fake_request_t) { .body = "{}",
                                           .remote_addr = "192.0.2.2" });
    assert_int_equal(rep->status, 201);
    fake_advance(h, 500 * 1000);
    assert_int_equal(say(BEGIN, NULL, "{}")->status, 201);
}


/* ---- waiting ----------------------------------------------------------- */

static fake_run_t *
waiting(const begun_t *begun, const char *state)
{
    fake_run_t           *run;
    static fake_request_t  requests[8];
    static unsigned        turn;
    fake_request_t        *request = &requests[turn++ % 8];

    memset(request, 0, sizeof(*request));
    request->body = knowing(begun, state);
    run = fake_begin(h, CIVIC_POST, WAIT, request);
    assert_true(fake_run_to(run, 2));       /* has read, and waits */

    return run;
}


static void
test_wait_is_woken(void **state)
{
    begun_t        begun = begin();
    fake_run_t    *run = waiting(&begun, "new");
    const char    *mine = phone();
    fake_reply_t  *rep;

    (void) state;

    fake_advance(h, 700);
    assert_int_equal(say(SCAN, mine, only(&begun))->status, 200);
    rep = fake_end(run);
    assert_string_equal(fake_text(rep, "state"), "scanned");
    assert_int_equal(fake_now(h) - NOON, 700);

    run = waiting(&begun, "scanned");
    (void) say(CONFIRM, mine, with_number(&begun, begun.number));
    assert_string_equal(fake_text(fake_end(run), "state"), "confirmed");

    /* another tab of the same browser */
    run = waiting(&begun, "confirmed");
    (void) say(REDEEM, NULL, with_secret(&begun));
    assert_string_equal(fake_text(fake_end(run), "state"), "redeemed");
}


static void
test_wait_runs_out(void **state)
{
    begun_t        begun = begin();
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    rep = fake_end(waiting(&begun, "new"));
    assert_string_equal(fake_text(rep, "state"), "new");
    assert_int_equal(fake_now(h) - NOON, 10000);

    /* a hint for nothing changes nothing */
    fake_set_clock(h, NOON);
    run = waiting(&begun, "new");
    fake_wake_waiters(h);
    rep = fake_end(run);
    assert_string_equal(fake_text(rep, "state"), "new");

    /* it does not wait for longer than the ticket lives */
    fake_set_clock(h, NOON + 117000);
    rep = fake_end(waiting(&begun, "new"));
    assert_string_equal(fake_text(rep, "state"), "expired");
    assert_in_range(fake_now(h) - NOON, 120000, 120100);
}


static void
test_notification_lost(void **state)
{
    begun_t      begun = begin();
    fake_run_t  *run = waiting(&begun, "new");

    (void) state;

    fake_lose_notifications(h, 1);
    assert_int_equal(say(SCAN, phone(), only(&begun))->status, 200);
    assert_string_equal(fake_text(fake_end(run), "state"), "scanned");
    assert_int_equal(fake_now(h) - NOON, 10000);    /* at its next look */
}


static void
test_wait_on_bad_days(void **state)
{
    begun_t        begun = begin();
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    rep = fake_request(h, CIVIC_POST, WAIT,
                       &(fake_request_t) { .body = knowing(&begun, "new"),
                                           .no_place = 1 });
    is_refused(rep, 503, "overloaded");
    rep = fake_request(h, CIVIC_POST, WAIT,
                       &(fake_request_t) { .body = knowing(&begun, "new"),
                                           .redis_fault_at = 1,
                                           .redis_fault =
                                               FAKE_REDIS_NOT_SENT });
    is_refused(rep, 503, "store_unavailable");

    run = waiting(&begun, "new");
    fake_quit(h);
    assert_string_equal(fake_text(fake_end(run), "state"), "new");
}


/* ---- once -------------------------------------------------------------- */

static void
test_redeemed_at_once(void **state)
{
    begun_t        begun = confirmed(phone());
    fake_run_t    *first;
    fake_reply_t  *rep, *other;
    char           token[512];
    const char    *body = with_secret(&begun);

    (void) state;

    first = fake_begin(h, CIVIC_POST, REDEEM,
                       &(fake_request_t) { .body = body });
    assert_true(fake_run_to(first, 2));     /* has read: confirmed */

    other = say(REDEEM, NULL, body);
    assert_int_equal(other->status, 200);
    snprintf(token, sizeof(token), "%s", fake_text(other, "token"));

    rep = fake_end(first);
    is_refused(rep, 409, "ticket_used");
    assert_null(json_object_get(rep->json, "token"));
    assert_null(fake_header(rep, "Set-Cookie"));
    assert_int_equal(get("/login/session", token)->status, 200);
    assert_int_equal(fake_counter(h, "tickets_redeemed"), 1);
}


/* The script's answer is lost: the same request asks again. */
static void
test_redeem_answer_lost(void **state)
{
    int             at;
    begun_t         begun;
    fake_reply_t   *rep;
    const char     *mine = phone();

    (void) state;

    begun = confirmed(mine);
    for (at = 1; at < 9; at++) {
        rep = fake_request(h, CIVIC_POST, REDEEM, &(fake_request_t) {
            .body = with_secret(&begun), .redis_fault_at = (unsigned) at,
            .redis_fault = FAKE_REDIS_LOST_AFTER });

        if (rep->status == 200) {
            begun = confirmed(mine);
            continue;
        }

        /* nobody came in; before the script nothing is used up either */
        assert_int_equal(rep->status, 503);

        if (strcmp(state_of(&begun), "redeemed") == 0) {
            begun = confirmed(mine);

        } else {
            assert_string_equal(state_of(&begun), "confirmed");
        }
    }

    assert_int_equal(say(REDEEM, NULL, with_secret(&begun))->status, 200);
}


/* Redis does not come back: the client is told that nobody knows. */
static void
test_redeem_without_redis(void **state)
{
    unsigned       at;
    begun_t        begun;
    fake_reply_t  *rep;
    const char    *mine = phone();

    (void) state;

    for (at = 1; at < 5; at++) {
        begun = confirmed(mine);
        rep = fake_request(h, CIVIC_POST, REDEEM, &(fake_request_t) {
            .body = with_secret(&begun), .redis_fault_at = at,
            .redis_fault_count = 99, .redis_fault = FAKE_REDIS_NOT_SENT });

        assert_true(rep->status == 503 || at == 4);
        assert_true(rep->status == 200
                    || json_object_get(rep->json, "token") == NULL);
    }
}


/* ---- bad days of the phone --------------------------------------------- */

static void
test_phone_on_bad_days(void **state)
{
    unsigned       fault;
    begun_t        begun;
    const char    *mine = phone();
    fake_reply_t  *rep;

    (void) state;

    /* the answer is lost, and the phone asks again */
    for (fault = 1; fault < 3; fault++) {
        begun = begin();
        rep = fake_request(h, CIVIC_POST, SCAN, &(fake_request_t) {
            .token = mine, .body = only(&begun), .redis_fault_at = fault,
            .redis_fault = FAKE_REDIS_LOST_AFTER });
        assert_true(rep->status == 503 || rep->status == 200);
        assert_int_equal(say(SCAN, mine, only(&begun))->status, 200);

        rep = fake_request(h, CIVIC_POST, CONFIRM, &(fake_request_t) {
            .token = mine, .body = with_number(&begun, begun.number),
            .redis_fault_at = fault, .redis_fault = FAKE_REDIS_LOST_AFTER });
        assert_int_equal(rep->status, 503);
        assert_int_equal(say(CONFIRM, mine, with_number(&begun,
                                                        begun.number))
                         ->status, 200);
    }

    /* it leaves while the script runs: what it said counts */
    begun = scanned(mine);
    (void) fake_request(h, CIVIC_POST, REFUSE, &(fake_request_t) {
        .token = mine, .body = only(&begun), .leave_at = 2 });
    assert_string_equal(state_of(&begun), "refused");
}


static void
test_begin_on_bad_days(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = fake_request(h, CIVIC_POST, BEGIN,
                       &(fake_request_t) { .body = "{}", .busy_at = 1 });
    is_refused(rep, 503, "overloaded");
    assert_int_equal(fake_redis(h, "KEYS civic:{q:*")->elements, 0);

    rep = fake_request(h, CIVIC_POST, BEGIN, &(fake_request_t) {
        .body = "{}", .redis_fault_at = 2,
        .redis_fault = FAKE_REDIS_NOT_SENT });
    is_refused(rep, 503, "store_unavailable");
}


/* ---- cookies ----------------------------------------------------------- */

/* The value of a cookie that the reply sets; NULL if it does not. */
static const char *
cookie_set(const fake_reply_t *rep, const char *name)
{
    size_t  i, len = strlen(name);

    for (i = 0; rep->headers[i] != NULL; i += 2) {
        if (strcmp(rep->headers[i], "Set-Cookie") == 0
            && strncmp(rep->headers[i + 1], name, len) == 0
            && rep->headers[i + 1][len] == '=')
        {
            return rep->headers[i + 1] + len + 1;
        }
    }

    return NULL;
}


static fake_reply_t *
browse(const char *path, const char *cookie, const char *body)
{
    return fake_request(h, CIVIC_POST, path, &(fake_request_t) {
        .body = body, .headers = { COOKIE, ORIGIN, cookie } });
}


static begun_t
begin_by_cookie(const char **cookie)
{
    begun_t        begun;
    const char    *set;
    fake_reply_t  *rep;

    rep = browse(BEGIN, NULL, "{}");
    assert_int_equal(rep->status, 201);
    assert_null(json_object_get(rep->json, "secret"));
    snprintf(begun.ticket, sizeof(begun.ticket), "%s",
             fake_text(rep, "ticket"));
    snprintf(begun.number, sizeof(begun.number), "%s",
             fake_text(rep, "number"));

    set = cookie_set(rep, text("__Host-civic_ticket_%s", begun.ticket));
    assert_non_null(set);
    assert_string_equal(set + 22, "; Path=/; Max-Age=720; Secure; HttpOnly; "
                        "SameSite=Strict");
    *cookie = text("Cookie: __Host-civic_ticket_%s=%.22s", begun.ticket, set);

    return begun;
}


static void
test_cookies(void **state)
{
    begun_t        begun, other;
    const char    *mine = phone(), *cookie, *others, *cleared;
    fake_reply_t  *rep;

    (void) state;

    begun = begin_by_cookie(&cookie);
    other = begin_by_cookie(&others);       /* another tab */
    (void) say(SCAN, mine, only(&begun));
    rep = browse(WAIT, cookie, text("{\"ticket\":\"%s\",\"state\":\"new\"}",
                                    begun.ticket));
    assert_string_equal(fake_text(rep, "state"), "scanned");
    is_refused(browse(WAIT, others,
                      text("{\"ticket\":\"%s\",\"state\":\"new\"}",
                           begun.ticket)), 404, "ticket_unknown");

    (void) say(CONFIRM, mine, with_number(&begun, begun.number));
    is_refused(browse(REDEEM, others, only(&begun)), 404, "ticket_unknown");
    is_refused(browse(REDEEM, NULL, only(&begun)), 404, "ticket_unknown");

    rep = browse(REDEEM, cookie, only(&begun));
    assert_int_equal(rep->status, 200);
    assert_null(json_object_get(rep->json, "token"));
    assert_non_null(cookie_set(rep, "__Host-civic_session"));
    assert_non_null(cookie_set(rep, "__Host-civic_device"));
    cleared = cookie_set(rep, text("__Host-civic_ticket_%s", begun.ticket));
    assert_non_null(cleared);
    assert_int_equal(strncmp(cleared, "; Path=/; Max-Age=0;", 20), 0);

    /* what is over takes its cookie along */
    fake_advance(h, 120000);
    rep = browse(WAIT, others, text("{\"ticket\":\"%s\",\"state\":\"new\"}",
                                    other.ticket));
    assert_string_equal(fake_text(rep, "state"), "expired");
    assert_non_null(cookie_set(rep, text("__Host-civic_ticket_%s",
                                         other.ticket)));

    is_refused(fake_request(h, CIVIC_POST, BEGIN, &(fake_request_t) {
                   .body = "{}", .headers = { COOKIE } }),
               403, "origin_refused");
}


/* The one that comes second gets no cookie either. */
static void
test_second_gets_no_cookie(void **state)
{
    begun_t        begun;
    fake_run_t    *first;
    const char    *cookie;
    fake_reply_t  *rep;
    fake_request_t  request = { .headers = { COOKIE, ORIGIN } };

    (void) state;

    begun = begin_by_cookie(&cookie);
    (void) say(SCAN, phone(), only(&begun));
    (void) say(CONFIRM, phone(), with_number(&begun, begun.number));
    request.body = only(&begun);
    request.headers[2] = cookie;

    first = fake_begin(h, CIVIC_POST, REDEEM, &request);
    assert_true(fake_run_to(first, 2));
    assert_int_equal(browse(REDEEM, cookie, only(&begun))->status, 200);
    rep = fake_end(first);
    is_refused(rep, 409, "ticket_used");
    assert_null(cookie_set(rep, "__Host-civic_session"));
}


/* ---- the option -------------------------------------------------------- */

static void
test_qr_url(void **state)
{
    size_t           i;
    char             read[300];
    fake_host_t     *usual = h;
    fake_reply_t    *rep;
    civic_failure_t  failure;
    const char      *wrong[] = { "qr_url=https://example.org/",
                                 "qr_url=ftp://example.org/{ticket}",
                                 "qr_url={ticket}",
                                 "qr_url=https://example.org/ {ticket}",
                                 "qr_url=https://example.org/二{ticket}" };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_null(start(wrong[i], 1, &failure));
        assert_non_null(strstr(failure.text, "{ticket}"));
    }

    h = start("qr_url=http://127.0.0.1/phone?t={ticket}&x=1", 1, &failure);
    assert_non_null(h);
    rep = say(BEGIN, NULL, "{}");
    assert_int_equal(rep->status, 201);
    assert_int_equal(rep->offloads, 0);     /* short enough for the loop */
    assert_string_equal(fake_text(rep, "url"),
                        text("http://127.0.0.1/phone?t=%s&x=1",
                             fake_text(rep, "ticket")));
    read_png(fake_text(rep, "qr_png"), read, sizeof(read));
    assert_string_equal(read, fake_text(rep, "url"));

    fake_host_stop(h);
    h = usual;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_begin),
        TEST(test_record),
        TEST(test_nowhere_to_go),
        TEST(test_too_many),
        TEST(test_wait_is_woken),
        TEST(test_wait_runs_out),
        TEST(test_notification_lost),
        TEST(test_wait_on_bad_days),
        TEST(test_redeemed_at_once),
        TEST(test_redeem_answer_lost),
        TEST(test_redeem_without_redis),
        TEST(test_phone_on_bad_days),
        TEST(test_begin_on_bad_days),
        TEST(test_cookies),
        TEST(test_second_gets_no_cookie),
        TEST(test_qr_url),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
