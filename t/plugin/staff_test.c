/*
 * staff_test.c - staff: logging in, codes that work once, guesses, own
 * secrets, bad days.
 */

#define _DEFAULT_SOURCE

#include "staff_world.h"


/* ---- logging in -------------------------------------------------------- */

static void
test_login(void **state)
{
    const char    *token;
    fake_reply_t  *rep;

    (void) state;

    rep = login("Ｗang.Fang", PASSWORD);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "expires_at"),
                        "2026-03-09T20:00:00+08:00");
    assert_false(is_true(rep, "must_set_password"));
    assert_false(is_true(rep, "must_set_totp"));
    assert_true(rep->stack_used < 64 * 1024);

    token = fake_text(rep, "token");
    rep = get("/staff/session", token);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "name"), "wang.fang");
    assert_non_null(strstr(rep->body, "[\"reviewer\",\"office\"]"));

    rep = ask(CIVIC_DELETE, "/staff/session?scope=all", token, NULL);
    assert_int_equal(rep->status, 204);
    assert_string_equal(get("/staff/session", token)->code,
                        "session_expired");
    assert_int_equal(fake_counter(h, "succeeded"), 1);

    /* nothing of it in the log, and nothing in clear in Redis */
    assert_false(fake_logged(h, "wang"));
    assert_false(fake_logged(h, PASSWORD));
}


static void
test_a_citizen_is_no_staff(void **state)
{
    const char  *token = fake_session(h, "630102199001019990", CIVIC_CITIZEN);

    (void) state;

    assert_string_equal(get("/staff/session", token)->code, "forbidden");
    assert_string_equal(get("/staff/accounts", token)->code, "forbidden");
    assert_string_equal(get("/staff/accounts", NULL)->code, "unauthorized");
    assert_string_equal(get("/staff/accounts", token_of("wang.fang"))->code,
                        "forbidden");
}


static char *
without_id(const fake_reply_t *rep)
{
    json_t  *copy = json_deep_copy(rep->json);
    char    *text;

    json_object_del(copy, "request_id");
    text = json_dumps(copy, JSON_SORT_KEYS);
    json_decref(copy);

    return text;
}


/* Wrong name, password, code, no code: the same answer by the same steps. */
static void
test_failures_look_the_same(void **state)
{
    char          *first, *text;
    size_t         i;
    fake_reply_t  *wrong, *rep;

    (void) state;

    wrong = login("wang.fang", "wrong one");
    assert_int_equal(wrong->status, 401);
    assert_string_equal(wrong->code, "staff_login_failed");
    assert_null(wrong->undocumented);
    first = without_id(wrong);

    for (i = 0; i < 5; i++) {
        fake_redis(h, "DEL %s", key_of("wang.fang", "staff_guesses"));
        rep = i == 0 ? login("nobody", PASSWORD)
              : i == 1 ? login_as("wang.fang", PASSWORD, "000000")
              : i == 2 ? login_as("wang.fang", PASSWORD, NULL)
              : i == 3 ? login_as("wang.fang", PASSWORD, "")
              : login_as("nobody", PASSWORD, NULL);
        text = without_id(rep);
        assert_int_equal(rep->status, 401);
        assert_string_equal(text, first);
        assert_int_equal(rep->redis_calls, wrong->redis_calls);
        assert_int_equal(rep->offloads, wrong->offloads);
        assert_int_equal(rep->suspensions, wrong->suspensions);
        free(text);
    }

    free(first);

    rep = login("no name", PASSWORD);
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/name"), "staff_name");
    assert_int_equal(rep->redis_calls, 0);
}


static void
test_a_code_works_once(void **state)
{
    char  code[8];

    (void) state;

    strcpy(code, code_of(SECRET));
    assert_int_equal(login_as("wang.fang", PASSWORD, code)->status, 200);
    assert_string_equal(login_as("wang.fang", PASSWORD, code)->code,
                        "staff_login_failed");

    /* and leaves no session behind that would push another one out */
    assert_int_equal(fake_redis(h, "HLEN %s",
                                key_of("wang.fang", "sessions"))->integer, 1);

    /* nor an earlier one of the window, once a later was used */
    fake_advance(h, 30000);
    assert_int_equal(login("wang.fang", PASSWORD)->status, 200);
    assert_string_equal(login_as("wang.fang", PASSWORD, code)->code,
                        "staff_login_failed");

    /* another account has its own steps */
    assert_int_equal(login("boss", PASSWORD)->status, 200);
}


static void
test_windows_of_codes(void **state)
{
    int   i;
    char  code[8];

    (void) state;

    strcpy(code, code_of(SECRET));
    fake_advance(h, 59000);
    assert_int_equal(login_as("wang.fang", PASSWORD, code)->status, 200);

    strcpy(code, code_of(SECRET));
    fake_advance(h, 60000);
    assert_string_equal(login_as("wang.fang", PASSWORD, code)->code,
                        "staff_login_failed");

    fake_advance(h, 30000);
    strcpy(code, code_of(SECRET));

    for (i = 0; i < 2; i++) {
        fake_advance(h, -30000);
        assert_int_equal(login_as("wang.fang", PASSWORD, code)->status,
                         i == 0 ? 200 : 401);
    }
}


/* Two logins with one code at once: one enters. */
static void
test_one_code_in_a_race(void **state)
{
    fake_run_t    *run;
    fake_reply_t  *first, *second;
    const char    *body = body_of("wang.fang", PASSWORD, code_of(SECRET));

    (void) state;

    run = fake_begin(h, CIVIC_POST, "/staff/sessions",
                     &(fake_request_t) { .body = body });
    assert_true(fake_run_to(run, 4));       /* up to the hash */
    second = fake_request(h, CIVIC_POST, "/staff/sessions",
                          &(fake_request_t) { .body = body });
    assert_int_equal(second->status, 200);
    first = fake_end(run);
    assert_string_equal(first->code, "staff_login_failed");
}


/* ---- guesses ----------------------------------------------------------- */

static void
test_guesses(void **state)
{
    int            i;
    char           device[256];
    fake_reply_t  *rep = login("wang.fang", PASSWORD);

    (void) state;

    snprintf(device, sizeof(device), "%s", fake_text(rep, "device"));

    for (i = 0; i < 3; i++) {
        assert_string_equal(login("wang.fang", "wrong one")->code,
                            "staff_login_failed");
    }

    fake_advance(h, 30000);
    rep = login("wang.fang", PASSWORD);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "too_many_guesses");
    assert_null(rep->undocumented);

    /* nobody keeps the owner's device out */
    assert_int_equal(login_from("wang.fang", PASSWORD, device)->status, 200);

    /* a right password with wrong codes is a guess, too */
    for (i = 0; i < 3; i++) {
        assert_string_equal(login_as("boss", PASSWORD, "000000")->code,
                            "staff_login_failed");
    }

    assert_string_equal(login("boss", PASSWORD)->code, "too_many_guesses");
    fake_advance(h, 121000);
    assert_int_equal(login("boss", PASSWORD)->status, 200);
}


static void
test_an_address(void **state)
{
    (void) state;

    fake_redis(h, "SET civic:staff:address:192.0.2.1 %s",
               "1773028800 60");
    assert_string_equal(login("wang.fang", PASSWORD)->code,
                        "too_many_from_address");
    assert_string_equal(login("nobody", PASSWORD)->code,
                        "too_many_from_address");
}


/* ---- own secrets ------------------------------------------------------- */

static void
test_change_password(void **state)
{
    int            i;
    const char    *token = token_of("wang.fang"), *other;
    fake_reply_t  *rep;

    (void) state;

    fake_advance(h, 30000);
    other = token_of("wang.fang");

    rep = ask(CIVIC_PUT, "/staff/password", token,
              passwords(PASSWORD, "wang.Fang"));
    assert_string_equal(rep->code, "invalid_fields");
    assert_string_equal(fake_field_error(rep, "/new_password"),
                        "password_too_short");
    assert_non_null(strstr(rep->body, "password_personal"));
    assert_null(rep->undocumented);

    rep = ask(CIVIC_PUT, "/staff/password", token,
              passwords(PASSWORD, "passw0rd-PASSW0RD"));
    assert_string_equal(fake_field_error(rep, "/new_password"),
                        "password_common");

    rep = ask(CIVIC_PUT, "/staff/password", token,
              passwords("wrong one", NEW_ONE));
    assert_string_equal(rep->code, "old_password_wrong");

    rep = ask(CIVIC_PUT, "/staff/password", token,
              passwords(PASSWORD, NEW_ONE));
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_false(is_true(rep, "log_in_again"));

    assert_int_equal(get("/staff/session", token)->status, 200);
    assert_string_equal(get("/staff/session", other)->code,
                        "session_expired");

    fake_advance(h, 30000);
    assert_string_equal(login("wang.fang", PASSWORD)->code,
                        "staff_login_failed");
    assert_int_equal(login("wang.fang", NEW_ONE)->status, 200);

    /* who has a session cannot guess on */
    for (i = 0; i < 3; i++) {
        assert_string_equal(ask(CIVIC_PUT, "/staff/password", token,
                                passwords("wrong one", PASSWORD "XX"))->code,
                            "old_password_wrong");
    }

    assert_string_equal(ask(CIVIC_PUT, "/staff/password", token,
                            passwords(NEW_ONE, PASSWORD "XX"))->code,
                        "too_many_guesses");
    assert_string_equal(ask(CIVIC_POST, "/staff/totp", token,
                            "{\"password\":\"" NEW_ONE "\"}")->code,
                        "too_many_guesses");
}


static void
test_another_authenticator(void **state)
{
    char           secret[32], code[8];
    const char    *token = token_of("wang.fang");
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_PUT, "/staff/totp", token, "{\"totp\":\"123456\"}");
    assert_string_equal(rep->code, "totp_not_begun");

    rep = ask(CIVIC_POST, "/staff/totp", token,
              "{\"password\":\"wrong one\"}");
    assert_string_equal(rep->code, "password_wrong");

    take_secret(ask(CIVIC_POST, "/staff/totp", token,
                    "{\"password\":\"" PASSWORD "\"}"), secret);

    /* until it is confirmed the one of before holds */
    fake_advance(h, 30000);
    assert_int_equal(login("wang.fang", PASSWORD)->status, 200);

    rep = ask(CIVIC_PUT, "/staff/totp", token, confirmation(secret, 120));
    assert_string_equal(rep->code, "totp_wrong");
    assert_null(rep->undocumented);
    rep = ask(CIVIC_PUT, "/staff/totp", token, confirmation(secret, 0));
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);

    /* the code that confirmed it is used up; the old secret is gone */
    assert_int_equal(civic_totp_code(secret, 20, fake_now(h) / 1000, code),
                     0);
    assert_string_equal(login_as("wang.fang", PASSWORD, code)->code,
                        "staff_login_failed");
    fake_advance(h, 30000);
    assert_string_equal(login("wang.fang", PASSWORD)->code,
                        "staff_login_failed");
    assert_int_equal(civic_totp_code(secret, 20, fake_now(h) / 1000, code),
                     0);
    assert_int_equal(login_as("wang.fang", PASSWORD, code)->status, 200);

    /* the confirmation cannot be repeated */
    assert_string_equal(ask(CIVIC_PUT, "/staff/totp", token,
                            confirmation(secret, 0))->code,
                        "totp_not_begun");
}


/* ---- bad days ---------------------------------------------------------- */

static void
test_login_on_bad_days(void **state)
{
    unsigned       at, calls;
    fake_reply_t  *rep;

    (void) state;

    calls = login("wang.fang", PASSWORD)->redis_calls;

    for (at = 1; at <= calls; at++) {
        reset(NULL);
        rep = fake_request(h, CIVIC_POST, "/staff/sessions",
            &(fake_request_t) {
                .body = body_of("wang.fang", PASSWORD, code_of(SECRET)),
                .redis_fault_at = at, .redis_fault = FAKE_REDIS_NOT_SENT,
            });

        /* the last only mends a list */
        assert_int_equal(rep->status, at == calls ? 200 : 503);
        assert_string_equal(fake_text(rep, "token"),
                            at == calls ? fake_text(rep, "token") : "");
    }

    reset(NULL);
    rep = fake_request(h, CIVIC_POST, "/staff/sessions", &(fake_request_t) {
        .body = body_of("wang.fang", PASSWORD, code_of(SECRET)), .busy_at = 1
    });
    assert_string_equal(rep->code, "overloaded");

    /* what was not looked at was not counted */
    assert_int_equal(fake_redis(h, "HLEN %s",
                                key_of("wang.fang", "staff_guesses"))
                     ->integer, 0);
}


static void
test_damaged_records(void **state)
{
    size_t       i;
    const char  *fields[] = { "password", "totp" };

    (void) state;

    for (i = 0; i < 2; i++) {
        reset(NULL);
        fake_redis(h, "HSET %s %s junk", key_of("wang.fang", "staff"),
                   fields[i]);
        assert_string_equal(login("wang.fang", PASSWORD)->code,
                            "internal_error");
        assert_true(fake_logged(h, "cannot be read"));
    }

    reset(NULL);
    fake_redis(h, "HSET %s roles boss", key_of("wang.fang", "staff"));
    assert_string_equal(login("wang.fang", PASSWORD)->code,
                        "account_disabled");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_login, reset),
        cmocka_unit_test_setup(test_a_citizen_is_no_staff, reset),
        cmocka_unit_test_setup(test_failures_look_the_same, reset),
        cmocka_unit_test_setup(test_a_code_works_once, reset),
        cmocka_unit_test_setup(test_windows_of_codes, reset),
        cmocka_unit_test_setup(test_one_code_in_a_race, reset),
        cmocka_unit_test_setup(test_guesses, reset),
        cmocka_unit_test_setup(test_an_address, reset),
        cmocka_unit_test_setup(test_change_password, reset),
        cmocka_unit_test_setup(test_another_authenticator, reset),
        cmocka_unit_test_setup(test_login_on_bad_days, reset),
        cmocka_unit_test_setup(test_damaged_records, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
