/*
 * login_alipay_test.c - POST /login/alipay whatever the gateway says, and
 * what a visitor may do.
 */

#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include "login_accounts.h"


/* ---- what the gateway says --------------------------------------------- */

static void
test_first(void **state)
{
    json_t        *asked;
    fake_reply_t  *rep;

    (void) state;

    rep = enter("open-1");
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "state"), "visitor");
    assert_null(json_object_get(rep->json, "person"));
    assert_true(rep->stack_used < 64 * 1024);

    /* a code works once: it is never sent again by itself */
    asked = fake_called(h, "alipay.call", 0);
    assert_string_equal(json_string_value(json_object_get(asked, "method")),
                        "alipay.system.oauth.token");
    assert_null(json_object_get(asked, "safe"));
    assert_false(fake_logged(h, CODE));
    assert_false(fake_logged(h, "open-1"));

    assert_string_equal(fake_text(get("/login/session",
                                      fake_text(rep, "token")), "method"),
                        "alipay");
}


static void
test_refused(void **state)
{
    size_t  i;
    struct {
        const char  *outcome, *sub_code, *code;
        int          status;
    } cases[] = {
        { "refused", "isv.code-invalid", "auth_code_invalid", 422 },
        { "refused", "isv.code-is-invalid", "auth_code_invalid", 422 },
        { "refused", "isv.invalid-signature", "provider_unavailable", 503 },
        { "refused", "", "provider_unavailable", 503 },
        { "unknown", "isp.unknow-error", "provider_unavailable", 503 },
        { "not_ours", "", "provider_unavailable", 503 },
        { "not_sent", "", "provider_unavailable", 503 },
        { "", "", "provider_unavailable", 503 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake_reply_t  *rep;

        fake_answer_call(h, "alipay.call", CIVIC_OK,
            json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "outcome",
                      cases[i].outcome, "code", "", "sub_code",
                      cases[i].sub_code, "node", "open_id", "open-1",
                      "access_token", "t"));
        rep = enter_again();
        assert_int_equal(rep->status, cases[i].status);
        assert_string_equal(rep->code, cases[i].code);
        assert_null(rep->undocumented);
    }

    assert_int_equal(count_keys("civic:*:account"), 0);
    assert_int_equal(count_keys("civic:*:sessions"), 0);
    assert_int_equal(fake_counter(h, "codes_refused"), 2);
}


/* What is signed is untrusted all the same. */
static void
test_identifiers(void **state)
{
    size_t       i;
    const char  *wrong[] = {
        "", "user_id:2088000000000001", "a b", "a\tb", "a\nb", "中",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_string_equal(enter(wrong[i])->code, "provider_unavailable");
    }

    assert_int_equal(count_keys("civic:*:account"), 0);

    /* an app of old is told a user_id */
    answer_token("", "2088000000000001");
    assert_int_equal(enter_again()->status, 200);
    assert_int_equal(count_keys("civic:*:account"), 1);
    assert_int_equal(enter("2088000000000001")->status, 200);
    assert_int_equal(count_keys("civic:*:account"), 2);

    /* once both are told, the new one counts */
    answer_token("2088000000000001", "2088000000000001");
    assert_int_equal(enter_again()->status, 200);
    assert_int_equal(count_keys("civic:*:account"), 2);

    answer_token("", "2088x");
    assert_string_equal(enter_again()->code, "provider_unavailable");
}


static void
test_address(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    fake_redis(h, "SET civic:login:alipay:192.0.2.1 %b", "1773028700 600",
               (size_t) 14);
    rep = enter("open-1");
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "too_many_from_address");
    assert_null(rep->undocumented);
    assert_null(fake_called(h, "alipay.call", 0));

    fake_advance(h, 600000);
    assert_int_equal(enter("open-1")->status, 200);
}


/* Name and number that few apps are told. */
static void
test_told_who(void **state)
{
    size_t  i;
    struct {
        const char  *name, *number, *certified;
        const char  *becomes;
    } cases[] = {
        { NAME, NUMBER, "F", "none" },
        { "张*伟", NUMBER, "T", "none" },
        { NAME, "630102199001019991", "T", "none" },
        { "", "", "T", "none" },
        { NAME, NUMBER, "T", "claimed" },
        { "别人", OTHER, "T", "claimed" },      /* what is there stays */
    };

    (void) state;

    fake_answer_call(h, "alipay.app", CIVIC_OK,
                     json_pack("{s:s, s:b}", "app_id", APP, "user_info", 1));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char           open_id[16];
        fake_reply_t  *rep, *who;

        snprintf(open_id, sizeof(open_id), "open-%zu", i < 5 ? i : 4);
        fake_answer_call(h, "alipay.call", CIVIC_OK,
            json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:s}}", "outcome", "done",
                      "node", "open_id", open_id, "access_token", "at",
                      "user_name", cases[i].name, "cert_no", cases[i].number,
                      "is_certified", cases[i].certified));
        rep = enter_again();
        assert_int_equal(rep->status, 200);
        assert_string_equal(fake_text(rep, "state"), "visitor");
        who = get("/login/identity", fake_text(rep, "token"));
        assert_string_equal(fake_text(who, "state"), cases[i].becomes);
        assert_null(who->undocumented);
    }

    assert_string_equal(fake_text(get("/login/identity", visitor("open-4")),
                                  "name"), "欧**娜");
    assert_false(fake_logged(h, NUMBER));
}


static void
test_not_there(void **state)
{
    fake_host_t  *mine = h;

    (void) state;

    fake_host_reset(mine);
    fake_set_clock(mine, NOON);
    assert_string_equal(enter_again()->code, "login_method_off");
}


/* Whatever is lost, nobody is let in who was not told so, and the next code
   serves. */
static void
test_store_faults(void **state)
{
    unsigned            n, fault;
    fake_reply_t       *rep;
    const unsigned      faults[] = { FAKE_REDIS_NOT_SENT,
                                     FAKE_REDIS_LOST_BEFORE,
                                     FAKE_REDIS_LOST_AFTER };

    (void) state;

    for (n = 1; n < 9; n++) {
        for (fault = 0; fault < 3; fault++) {
            answer_token("open-1", NULL);
            rep = fake_request(h, CIVIC_POST, "/login/alipay",
                &(fake_request_t) { .body = BODY, .redis_fault_at = n,
                                    .redis_fault = faults[fault] });
            assert_null(rep->undocumented);
            assert_true(rep->status == 200 || rep->status == 503);
            assert_int_equal(enter("open-1")->status, 200);
        }
    }

    assert_int_equal(count_keys("civic:*:account"), 1);
}


/* ---- a visitor's password ---------------------------------------------- */

static fake_reply_t *
set_password(const char *token, const char *old, const char *new)
{
    char  body[256];

    snprintf(body, sizeof(body), old == NULL ? "{\"new_password\":\"%s\"}%s"
             : "{\"new_password\":\"%s\",\"old_password\":\"%s\"}",
             new, old == NULL ? "" : old);

    return fake_request(h, CIVIC_PUT, "/login/password",
                        &(fake_request_t) { .token = token, .body = body });
}


static void
test_password(void **state)
{
    const char    *token, *later;
    fake_reply_t  *rep;

    (void) state;

    say_who(visitor("open-1"), OTHER, "张伟");
    token = must_set("open-1");
    assert_string_equal(get("/login/identity", token)->code,
                        "password_required");

    /* what the visitor says to be counts as their own */
    assert_string_equal(fake_field_error(set_password(token, NULL,
                                                      "x-19850615-y"),
                                         "/new_password"),
                        "password_personal");

    rep = set_password(token, NULL, NEW_ONE);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    later = fake_text(rep, "token");
    assert_string_equal(get("/login/session", token)->code,
                        "session_expired");
    rep = get("/login/session", later);
    assert_int_equal(rep->status, 200);
    assert_true(json_is_false(json_object_get(rep->json,
                                              "must_set_password")));
    assert_string_equal(get("/login/profile", later)->code, "forbidden");

    assert_string_equal(set_password(later, "wrong", PASSWORD)->code,
                        "old_password_wrong");
    assert_int_equal(set_password(later, NEW_ONE, PASSWORD)->status, 200);

    /* not before the proof, and not by anybody else's number */
    assert_string_equal(login(OTHER, PASSWORD)->code, "login_failed");

    assert_int_equal(prove("open-1", OTHER, 0, NOON)->status, 200);
    assert_int_equal(login(OTHER, PASSWORD)->status, 200);
    assert_string_equal(set_password(later, PASSWORD, NEW_ONE)->code,
                        "already_proven");
}


/* ---- a lock in the middle ---------------------------------------------- */

/* However far a login is when the person is locked, nobody is in after it. */
static void
test_lock_meanwhile(void **state)
{
    unsigned       n;
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    say_who(visitor("open-1"), OTHER, "张伟");
    prove("open-1", OTHER, 0, NOON);

    for (n = 1; n < 12; n++) {
        answer_token("open-1", NULL);
        run = fake_begin(h, CIVIC_POST, "/login/alipay",
                         &(fake_request_t) { .body = BODY });
        fake_run_to(run, n);
        assert_int_equal(lock("", OTHER)->status, 200);
        rep = fake_end(run);

        if (rep->status == 200) {
            assert_string_equal(get("/login/session",
                                    fake_text(rep, "token"))->code,
                                "session_expired");
        } else {
            assert_string_equal(rep->code, "account_locked");
            assert_null(rep->undocumented);
        }

        assert_int_equal(lock("/lift", OTHER)->status, 200);
    }
}


/* The same while the password is looked at. */
static void
test_lock_while_password(void **state)
{
    unsigned       n;
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    for (n = 1; n < 12; n++) {
        run = fake_begin(h, CIVIC_POST, "/login/password",
                         &(fake_request_t) {
                             .body = body_of(NUMBER, PASSWORD) });
        fake_run_to(run, n);
        assert_int_equal(lock("", NUMBER)->status, 200);
        rep = fake_end(run);

        if (rep->status == 200) {
            assert_string_equal(get("/login/session",
                                    fake_text(rep, "token"))->code,
                                "session_expired");
        }

        assert_int_equal(lock("/lift", NUMBER)->status, 200);
    }
}


static void
test_lock_audited(void **state)
{
    (void) state;

    assert_string_equal(lock("", NOBODY)->code, "not_found");
    assert_int_equal(lock("", NUMBER)->status, 200);
    assert_null(lock("", NUMBER)->undocumented);
    assert_string_equal(login(NUMBER, PASSWORD)->code, "account_locked");
    assert_int_equal(lock("/lift", NUMBER)->status, 200);
    assert_string_equal(lock("/lift", NUMBER)->code, "not_locked");

    assert_string_equal(fake_audit_action(h, 0), "login.person_locked");
    assert_string_equal(fake_audit_action(h, 1), "login.person_locked");
    assert_string_equal(fake_audit_action(h, 2), "login.person_unlocked");
    assert_string_equal(fake_audit_action(h, 3), "");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_first, arrive),
        cmocka_unit_test_setup(test_refused, arrive),
        cmocka_unit_test_setup(test_identifiers, arrive),
        cmocka_unit_test_setup(test_address, arrive),
        cmocka_unit_test_setup(test_told_who, arrive),
        cmocka_unit_test_setup(test_not_there, arrive),
        cmocka_unit_test_setup(test_store_faults, arrive),
        cmocka_unit_test_setup(test_password, arrive),
        cmocka_unit_test_setup(test_lock_meanwhile, arrive),
        cmocka_unit_test_setup(test_lock_while_password, arrive),
        cmocka_unit_test_setup(test_lock_audited, arrive),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
