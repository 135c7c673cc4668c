/*
 * login_captcha_test.c - captchas, and the files that the plugin reads.
 */

#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include "login_world.h"

#define MINUTE  60000


/* ---- captchas ---------------------------------------------------------- */

static void
test_captcha_is_made(void **state)
{
    fake_reply_t  *rep, *other;

    (void) state;

    rep = fake_request(h, CIVIC_POST, "/login/captchas",
                       &(fake_request_t) { .body = "{\"audio\":true}" });
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_int_equal(rep->redis_calls, 0);
    assert_int_equal(rep->offloads, 1);

    /* the first bytes of a PNG and of a RIFF file */
    assert_memory_equal(fake_text(rep, "image"),
                        "data:image/png;base64,iVBORw0KGgo", 33);
    assert_memory_equal(fake_text(rep, "audio"),
                        "data:audio/wav;base64,UklGR", 27);
    assert_int_equal(strlen(fake_text(rep, "sandbox_answer")), 6);
    assert_int_equal(strspn(fake_text(rep, "sandbox_answer"), "0123456789"),
                     6);
    assert_int_equal(number_in(rep, "length"), 6);
    assert_string_equal(fake_text(rep, "expires_at"),
                        "2026-03-09T12:03:00+08:00");
    assert_int_equal(fake_counter(h, "captchas"), 1);

    other = fake_request(h, CIVIC_POST, "/login/captchas",
                         &(fake_request_t) { .body = "{}" });
    assert_null(json_object_get(other->json, "audio"));
    assert_string_not_equal(fake_text(rep, "captcha_id"),
                            fake_text(other, "captcha_id"));
    assert_string_not_equal(fake_text(rep, "image"),
                            fake_text(other, "image"));
}


static void
test_captcha_in_production(void **state)
{
    fake_host_t   *production;
    fake_reply_t  *rep;

    (void) state;

    production = start(NULL, 0, NULL);
    assert_non_null(production);
    rep = fake_request(production, CIVIC_POST, "/login/captchas",
                       &(fake_request_t) { .body = "{}" });
    assert_int_equal(rep->status, 200);
    assert_null(json_object_get(rep->json, "sandbox_answer"));
    fake_host_stop(production);
}


static void
test_captcha_queue_is_full(void **state)
{
    (void) state;

    assert_string_equal(fake_request(h, CIVIC_POST, "/login/captchas",
                            &(fake_request_t) { .body = "{}", .busy_at = 1 })
                        ->code, "overloaded");
}


static void
check_captcha_error(fake_reply_t *rep, const char *code)
{
    assert_int_equal(rep->status, 422);
    assert_string_equal(rep->code, code);
    assert_string_equal(fake_field_error(rep, "/captcha_answer"), code);
    assert_null(rep->undocumented);
    assert_int_equal(rep->offloads, 0);
}


static void
test_captcha_works_once(void **state)
{
    captcha_t     made = captcha();
    const char   *right;

    (void) state;

    right = body_with(NUMBER, "wrong one", made.id, made.answer);
    assert_string_equal(post(&(fake_request_t) { .body = right })->code,
                        "login_failed");

    right = body_with(NUMBER, PASSWORD, made.id, made.answer);
    check_captcha_error(post(&(fake_request_t) { .body = right }),
                        "captcha_expired");
}


static void
test_captcha_wrong_is_used_up(void **state)
{
    captcha_t    made = captcha();
    const char  *body;

    (void) state;

    body = body_with(NUMBER, PASSWORD, made.id, "12345");
    check_captcha_error(post(&(fake_request_t) { .body = body }),
                        "captcha_wrong");
    body = body_with(NUMBER, PASSWORD, made.id, made.answer);
    check_captcha_error(post(&(fake_request_t) { .body = body }),
                        "captcha_expired");

    made = captcha();
    made.answer[0] = made.answer[0] == '9' ? '0' : (char) (made.answer[0] + 1);
    body = body_with(NUMBER, PASSWORD, made.id, made.answer);
    check_captcha_error(post(&(fake_request_t) { .body = body }),
                        "captcha_wrong");
    assert_int_equal(fake_counter(h, "captchas_wrong"), 3);
}


static void
test_captcha_ends(void **state)
{
    captcha_t    made = captcha(), late = captcha();

    (void) state;

    fake_advance(h, 3 * MINUTE - 1);
    assert_int_equal(post(&(fake_request_t) {
        .body = body_with(NUMBER, PASSWORD, made.id, made.answer)
    })->status, 200);

    fake_advance(h, 1);
    check_captcha_error(post(&(fake_request_t) {
        .body = body_with(NUMBER, PASSWORD, late.id, late.answer)
    }), "captcha_expired");
}


static void
test_captcha_cannot_be_made_up(void **state)
{
    size_t       i;
    captcha_t    made = captcha();
    const char  *wrong[] = { "x", "AAAA", "____", "a b", made.id + 1 };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        check_captcha_error(post(&(fake_request_t) {
            .body = body_with(NUMBER, PASSWORD, wrong[i], "123456")
        }), "captcha_expired");
    }

    made.id[20] = made.id[20] == 'A' ? 'B' : 'A';
    check_captcha_error(post(&(fake_request_t) {
        .body = body_with(NUMBER, PASSWORD, made.id, made.answer)
    }), "captcha_expired");
}


/* Edges and full-width digits are how people type. */
static void
test_captcha_answer_is_folded(void **state)
{
    int        i;
    char       wide[64] = " \xe3\x80\x80";
    char      *end = wide + strlen(wide);
    captcha_t  made = captcha();

    (void) state;

    for (i = 0; i < 6; i++) {
        *end++ = '\xef';
        *end++ = '\xbc';
        *end++ = (char) (0x90 + made.answer[i] - '0');
    }

    strcpy(end, "  ");
    assert_int_equal(post(&(fake_request_t) {
        .body = body_with(NUMBER, PASSWORD, made.id, wide)
    })->status, 200);
}


/* ---- starting ---------------------------------------------------------- */

static void
test_options_are_checked(void **state)
{
    size_t           i;
    civic_failure_t  failure;
    const char      *wrong[] = {
        "captcha_font=/nowhere/font.ttf", "captcha_sounds=/nowhere",
        "password_blocklist=/nowhere/list", "argon2_memory=7",
        "argon2_lanes=2", "unknown=1",
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_null(start(wrong[i], 1, &failure));
        assert_non_null(strstr(failure.text,
                               i < 3 ? "/nowhere" : ""));
        assert_true(failure.text[0] != '\0');
    }
}


static void
check_unavailable(const char *option, const char *reason)
{
    fake_host_t   *other = start(option, 1, NULL);
    fake_reply_t  *rep;

    assert_non_null(other);
    rep = fake_request(other, CIVIC_POST, "/login/captchas",
                       &(fake_request_t) { .body = "{}" });
    assert_string_equal(rep->code, "plugin_unavailable");
    assert_true(fake_logged(other, reason));
    fake_host_stop(other);
}


static void
test_broken_files(void **state)
{
    char  option[128];

    (void) state;

    put_file("empty", "", 0);
    snprintf(option, sizeof(option), "password_blocklist=%s/empty", folder);
    check_unavailable(option, "no password in it");

    put_file("zh/3.wav", "RIFFxxxxWAVE", 12);
    check_unavailable(NULL, "3.wav");
    put_sounds();

    snprintf(option, sizeof(option), "captcha_font=%s/list", folder);
    check_unavailable(option, "cannot be drawn");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_captcha_is_made, reset),
        cmocka_unit_test_setup(test_captcha_in_production, reset),
        cmocka_unit_test_setup(test_captcha_queue_is_full, reset),
        cmocka_unit_test_setup(test_captcha_works_once, reset),
        cmocka_unit_test_setup(test_captcha_wrong_is_used_up, reset),
        cmocka_unit_test_setup(test_captcha_ends, reset),
        cmocka_unit_test_setup(test_captcha_cannot_be_made_up, reset),
        cmocka_unit_test_setup(test_captcha_answer_is_folded, reset),
        cmocka_unit_test_setup(test_options_are_checked, reset),
        cmocka_unit_test_setup(test_broken_files, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
