/*
 * staff_accounts_test.c - staff's accounts: made, used for the first time,
 * changed, disabled, reset; administrators; races; bad days.
 */

#define _DEFAULT_SOURCE

#include "staff_world.h"


/* ---- accounts ---------------------------------------------------------- */

/* An initial password, then both secrets, then everything. */
static void
test_first_login(void **state)
{
    char           initial[64], secret[32], body[256], code[8];
    const char    *token, *boss = token_of("boss");
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"Li.Lei\",\"roles\":[\"office\",\"door\"]}");
    assert_int_equal(rep->status, 201);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "name"), "li.lei");
    snprintf(initial, sizeof(initial), "%s",
             fake_text(rep, "initial_password"));

    rep = login_as("li.lei", initial, NULL);
    assert_int_equal(rep->status, 200);
    assert_true(is_true(rep, "must_set_password"));
    assert_true(is_true(rep, "must_set_totp"));
    token = fake_text(rep, "token");

    /* first the password, then the secret; nothing else until then */
    rep = ask(CIVIC_PUT, "/staff/password", token,
              passwords(initial, NEW_ONE));
    assert_int_equal(rep->status, 200);
    assert_true(is_true(rep, "must_set_totp"));
    assert_false(is_true(rep, "log_in_again"));

    snprintf(body, sizeof(body), "{\"password\":\"%s\"}", NEW_ONE);
    take_secret(ask(CIVIC_POST, "/staff/totp", token, body), secret);
    rep = ask(CIVIC_PUT, "/staff/totp", token, confirmation(secret, 0));
    assert_int_equal(rep->status, 200);
    assert_true(is_true(rep, "log_in_again"));
    assert_string_equal(get("/staff/session", token)->code,
                        "session_expired");

    fake_advance(h, 30000);
    assert_int_equal(civic_totp_code(secret, 20, fake_now(h) / 1000, code),
                     0);
    rep = login_as("li.lei", NEW_ONE, code);
    assert_int_equal(rep->status, 200);
    assert_false(is_true(rep, "must_set_password"));
    assert_false(is_true(rep, "must_set_totp"));
}


/* A session that must set something can do nothing else. */
static void
test_before_password(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    fake_redis(h, "HSET %s initial 1", key_of("boss", "staff"));
    rep = login("boss", PASSWORD);
    assert_int_equal(rep->status, 200);
    assert_string_equal(get("/staff/accounts", fake_text(rep, "token"))->code,
                        "password_required");

    /* an initial password does not last */
    fake_advance(h, 259200000);
    rep = login("boss", PASSWORD);
    assert_int_equal(rep->status, 403);
    assert_string_equal(rep->code, "initial_password_expired");
    assert_null(rep->undocumented);
}


static void
test_create(void **state)
{
    const char    *boss = token_of("boss");
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"x\",\"roles\":[\"office\"]}");
    assert_string_equal(fake_field_error(rep, "/name"), "staff_name");

    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"xy\",\"roles\":[]}");
    assert_int_equal(rep->status, 422);
    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"xy\",\"roles\":[\"citizen\"]}");
    assert_int_equal(rep->status, 422);

    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"xy\",\"roles\":[\"sampler\",\"laboratory\"]}");
    assert_string_equal(rep->code, "roles_conflict");
    assert_non_null(strstr(rep->body, "sampler"));
    assert_null(rep->undocumented);

    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"WANG.FANG\",\"roles\":[\"office\"]}");
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "name_taken");
    assert_null(rep->undocumented);

    /* the account that has the name is as it was */
    assert_int_equal(login("wang.fang", PASSWORD)->status, 200);
    assert_int_equal(fake_redis(h, "SCARD civic:{staff}:administrators")
                     ->integer, 1);
}


static void
test_list(void **state)
{
    json_t        *accounts;
    const char    *boss = token_of("boss");
    fake_reply_t  *rep;

    (void) state;

    fake_redis(h, "ZADD civic:{staff}:accounts 1800000000000 %s",
               fake_person_id(h, "staff:never.made"));

    rep = get("/staff/accounts", boss);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    accounts = json_object_get(rep->json, "accounts");
    assert_int_equal(json_array_size(accounts), 2);
    assert_non_null(strstr(rep->body, "\"wang.fang\""));
    assert_null(strstr(rep->body, "argon2"));

    rep = get("/staff/accounts?offset=1&limit=1", boss);
    assert_int_equal(json_array_size(json_object_get(rep->json, "accounts")),
                     1);
    assert_int_equal(json_integer_value(json_object_get(rep->json, "total")),
                     3);
    rep = get("/staff/accounts?offset=3", boss);
    assert_int_equal(json_array_size(json_object_get(rep->json, "accounts")),
                     0);
    assert_int_equal(get("/staff/accounts?limit=101", boss)->status, 422);
}


static void
test_disable(void **state)
{
    const char    *boss = token_of("boss"), *token = token_of("wang.fang");
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_PATCH, "/staff/accounts/Wang.Fang", boss,
              "{\"disabled\":true}");
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_true(is_true(rep, "disabled"));
    assert_string_equal(get("/staff/session", token)->code,
                        "session_expired");

    fake_advance(h, 30000);
    rep = login("wang.fang", PASSWORD);
    assert_int_equal(rep->status, 403);
    assert_string_equal(rep->code, "account_disabled");
    assert_string_equal(login("wang.fang", "wrong one")->code,
                        "staff_login_failed");

    rep = ask(CIVIC_PATCH, "/staff/accounts/wang.fang", boss,
              "{\"disabled\":false,\"roles\":[\"door\"]}");
    assert_int_equal(rep->status, 200);
    fake_advance(h, 30000);
    rep = get("/staff/session", token_of("wang.fang"));
    assert_non_null(strstr(rep->body, "\"roles\":[\"door\"]"));

    assert_string_equal(ask(CIVIC_PATCH, "/staff/accounts/nobody", boss,
                            "{\"disabled\":true}")->code, "not_found");
    assert_string_equal(ask(CIVIC_PATCH, "/staff/accounts/%20", boss,
                            "{\"disabled\":true}")->code, "not_found");
}


static void
test_administrators(void **state)
{
    const char    *boss = token_of("boss"), *second;
    fake_reply_t  *rep;

    (void) state;

    /* not oneself, neither so nor so */
    rep = ask(CIVIC_PATCH, "/staff/accounts/boss", boss,
              "{\"disabled\":true}");
    assert_string_equal(rep->code, "own_account");
    assert_null(rep->undocumented);
    assert_string_equal(ask(CIVIC_PATCH, "/staff/accounts/boss", boss,
                            "{\"roles\":[\"office\"]}")->code,
                        "own_account");
    assert_string_equal(ask(CIVIC_POST, "/staff/accounts/boss/reset", boss,
                            NULL)->code, "own_account");

    add("second", "administrator");
    second = token_of("second");

    /* one of whom nobody knows that the other one was retired */
    fake_redis(h, "SREM civic:{staff}:administrators %s", pid_of("boss"));
    rep = ask(CIVIC_PATCH, "/staff/accounts/second", boss,
              "{\"disabled\":true}");
    assert_string_equal(rep->code, "forbidden");

    /* "second" is the last that counts */
    fake_redis(h, "SADD civic:{staff}:administrators %s", pid_of("boss"));
    rep = ask(CIVIC_PATCH, "/staff/accounts/boss", second,
              "{\"roles\":[\"office\"]}");
    assert_int_equal(rep->status, 200);
    assert_int_equal(fake_redis(h, "SCARD civic:{staff}:administrators")
                     ->integer, 1);
    assert_string_equal(get("/staff/accounts", boss)->code,
                        "session_expired");

    /* and an administrator again */
    rep = ask(CIVIC_PATCH, "/staff/accounts/boss", second,
              "{\"roles\":[\"administrator\"]}");
    assert_int_equal(rep->status, 200);
    assert_int_equal(fake_redis(h, "SCARD civic:{staff}:administrators")
                     ->integer, 2);
}


/* Two administrators retire each other at once: one stays. */
static void
test_they_retire_each_other(void **state)
{
    fake_run_t    *run;
    const char    *boss = token_of("boss"), *second;
    fake_reply_t  *rep;

    (void) state;

    add("second", "administrator");
    second = token_of("second");

    run = fake_begin(h, CIVIC_PATCH, "/staff/accounts/second",
                     &(fake_request_t) { .token = boss,
                                         .body = "{\"disabled\":true}" });
    assert_true(fake_run_to(run, 1));
    rep = ask(CIVIC_PATCH, "/staff/accounts/boss", second,
              "{\"disabled\":true}");
    assert_int_equal(rep->status, 200);
    rep = fake_end(run);
    assert_int_not_equal(rep->status, 200);
    assert_int_equal(fake_redis(h, "SCARD civic:{staff}:administrators")
                     ->integer, 1);
    assert_int_equal(fake_redis(h, "HEXISTS %s disabled",
                                key_of("second", "staff"))->integer, 0);
}


static void
test_reset(void **state)
{
    char           initial[64];
    const char    *boss = token_of("boss"), *token = token_of("wang.fang");
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_POST, "/staff/accounts/wang.fang/reset", boss, NULL);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    snprintf(initial, sizeof(initial), "%s",
             fake_text(rep, "initial_password"));
    assert_string_equal(get("/staff/session", token)->code,
                        "session_expired");

    fake_advance(h, 30000);
    assert_string_equal(login("wang.fang", PASSWORD)->code,
                        "staff_login_failed");
    rep = login_as("wang.fang", initial, NULL);
    assert_int_equal(rep->status, 200);
    assert_true(is_true(rep, "must_set_totp"));
    assert_string_equal(ask(CIVIC_POST, "/staff/accounts/nobody/reset", boss,
                            NULL)->code, "not_found");
}


/* Disabled during a login, at each of its steps: nobody is in who was told a
   token before, and nobody gets one after. */
static void
test_disabled_during_login(void **state)
{
    unsigned       at, steps;
    const char    *boss, *token;
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    steps = login("wang.fang", PASSWORD)->suspensions;
    assert_true(steps > 5);

    for (at = 1; at <= steps; at++) {
        reset(NULL);
        boss = token_of("boss");
        run = fake_begin(h, CIVIC_POST, "/staff/sessions",
            &(fake_request_t) {
                .body = body_of("wang.fang", PASSWORD, code_of(SECRET))
            });
        assert_true(fake_run_to(run, at));
        assert_int_equal(ask(CIVIC_PATCH, "/staff/accounts/wang.fang", boss,
                             "{\"disabled\":true}")->status, 200);
        rep = fake_end(run);
        token = fake_text(rep, "token");

        if (token[0] == '\0') {
            assert_true(rep->status == 401 || rep->status == 403);

        } else {
            assert_string_equal(get("/staff/session", token)->code,
                                "session_expired");
        }
    }
}


/* ---- bad days ---------------------------------------------------------- */

/* A creation that is cut at any place can be done again. */
static void
test_create_on_bad_days(void **state)
{
    unsigned       at, calls;
    const char    *boss, *body = "{\"name\":\"li.lei\",\"roles\":"
                                 "[\"administrator\"]}";
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_POST, "/staff/accounts", token_of("boss"), body);
    assert_int_equal(rep->status, 201);
    calls = rep->redis_calls;

    for (at = 1; at <= calls; at++) {
        reset(NULL);
        boss = token_of("boss");
        rep = fake_request(h, CIVIC_POST, "/staff/accounts",
            &(fake_request_t) {
                .token = boss, .body = body,
                .headers = { "Idempotency-Key: k1" },
                .redis_fault_at = at, .redis_fault = FAKE_REDIS_LOST_BEFORE,
            });
        assert_int_equal(rep->status, 503);
        assert_string_equal(fake_text(rep, "initial_password"), "");
        assert_int_equal(get("/staff/accounts", boss)->status, 200);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_first_login, reset),
        cmocka_unit_test_setup(test_before_password, reset),
        cmocka_unit_test_setup(test_create, reset),
        cmocka_unit_test_setup(test_list, reset),
        cmocka_unit_test_setup(test_disable, reset),
        cmocka_unit_test_setup(test_administrators, reset),
        cmocka_unit_test_setup(test_they_retire_each_other, reset),
        cmocka_unit_test_setup(test_reset, reset),
        cmocka_unit_test_setup(test_disabled_during_login, reset),
        cmocka_unit_test_setup(test_create_on_bad_days, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
