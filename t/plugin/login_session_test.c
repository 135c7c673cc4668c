/*
 * login_session_test.c - changing the password, the session, the profile.
 */

#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include "login_world.h"


static fake_reply_t *
put(const char *token, const char *old, const char *new)
{
    char  body[600];

    if (old == NULL) {
        snprintf(body, sizeof(body), "{\"new_password\":\"%s\"}", new);

    } else {
        snprintf(body, sizeof(body),
                 "{\"old_password\":\"%s\",\"new_password\":\"%s\"}", old,
                 new);
    }

    return fake_request(h, CIVIC_PUT, "/login/password",
                        &(fake_request_t) { .token = token, .body = body });
}


static const char *
session(void)
{
    return fake_session(h, NUMBER, CIVIC_CITIZEN);
}


/* In a session that must set its first password. */
static const char *
first_session(void)
{
    return fake_session_with(h, &(civic_session_spec_t) {
        .pid = civic_cstr(fake_person_id(h, NUMBER)),
        .roles = CIVIC_CITIZEN, .method = "alipay_qr", .lifetime = 3600,
        .refresh = 60, .must_set_password = 1,
    });
}


/* ---- PUT /login/password ----------------------------------------------- */

static void
test_change(void **state)
{
    const char    *mine = session(), *elsewhere = session();
    fake_reply_t  *rep;

    (void) state;

    fake_advance(h, 1000);
    rep = put(mine, PASSWORD, NEW_ONE);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "password_set_at"),
                        "2026-03-09T12:00:01+08:00");
    assert_null(json_object_get(rep->json, "token"));
    assert_true(rep->stack_used < 64 * 1024);

    /* mine goes on, the other is over; only the new one logs in */
    assert_int_equal(get("/login/session", mine)->status, 200);
    assert_string_equal(get("/login/session", elsewhere)->code,
                        "session_expired");
    assert_string_equal(login(NUMBER, PASSWORD)->code, "login_failed");
    assert_int_equal(login(NUMBER, NEW_ONE)->status, 200);
    assert_string_equal(fake_text(get("/login/profile", mine),
                                  "password_set_at"),
                        "2026-03-09T12:00:01+08:00");
    assert_int_equal(fake_counter(h, "passwords_set"), 1);
}


static void
test_old_password_wrong(void **state)
{
    int            i;
    const char    *mine = session();
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 5; i++) {
        rep = put(mine, "wrong one", NEW_ONE);
        assert_int_equal(rep->status, 422);
        assert_string_equal(rep->code, "old_password_wrong");
        assert_string_equal(fake_field_error(rep, "/old_password"),
                            "old_password_wrong");
        assert_null(rep->undocumented);
    }

    rep = put(mine, PASSWORD, NEW_ONE);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "too_many_guesses");
    assert_int_equal(number_in(rep, "retry_after"), 60);

    /* who stole a session does not keep the owner from logging in */
    assert_int_equal(login(NUMBER, PASSWORD)->status, 200);
    fake_advance(h, 60000);
    assert_int_equal(put(mine, PASSWORD, NEW_ONE)->status, 200);
    assert_string_equal(put(mine, PASSWORD, PASSWORD "x")->code,
                        "old_password_wrong");
}


static void
test_old_password_missing(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = put(session(), NULL, NEW_ONE);
    assert_string_equal(rep->code, "invalid_fields");
    assert_string_equal(fake_field_error(rep, "/old_password"), "required");
    assert_int_equal(rep->offloads, 0);
}


static void
test_policy(void **state)
{
    size_t         i;
    const char    *mine = session();
    fake_reply_t  *rep;
    const char    *wrong[][2] = {
        { "kurz-1", "password_too_short" },
        { "一二三四五六七", "password_too_short" },
        { "aaaabbbbaaaa", "password_simple" },
        { "qwertzuiop", "password_common" },
        { "QwertzUiop", "password_common" },
        { "pASSW0RD!", "password_common" },
        { "abc19900101xyz", "password_personal" },
        { "abc900101-xyz", "password_personal" },
        { "abcd019990xyz", "password_personal" },
        { "x630102199001019990", "password_personal" },
        { "ich-欧阳娜娜-1", "password_personal" },
        { PASSWORD, "password_unchanged" },
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        rep = put(mine, PASSWORD, wrong[i][0]);
        assert_int_equal(rep->status, 422);
        assert_string_equal(rep->code, "invalid_fields");
        assert_string_equal(fake_field_error(rep, "/new_password"),
                            wrong[i][1]);
        assert_int_equal(rep->offloads, 0);
        assert_null(rep->undocumented);
    }

    rep = put(mine, PASSWORD, "kurz-1");
    assert_non_null(strstr(rep->body, "密码至少8个字符"));

    /* any script counts, one code point one character */
    assert_int_equal(put(mine, PASSWORD, "春眠不觉晓处处闻")->status, 200);
    assert_int_equal(login(NUMBER, "春眠不觉晓处处闻")->status, 200);
}


static void
test_longest_password(void **state)
{
    int   i;
    char  password[129 * 4 + 1] = "";

    (void) state;

    for (i = 0; i < 128; i++) {
        strcat(password, i % 4 == 0 ? "𠮷" : i % 4 == 1 ? "a"
                         : i % 4 == 2 ? "é" : "中");
    }

    assert_int_equal(put(session(), PASSWORD, password)->status, 200);
    assert_int_equal(login(NUMBER, password)->status, 200);

    /* nothing is cut off */
    password[strlen(password) - 3] = '\0';
    assert_string_equal(login(NUMBER, password)->code, "login_failed");

    strcat(password, "中中");
    assert_string_equal(fake_field_error(put(session(), NEW_ONE, password),
                                         "/new_password"), "too_long");
}


/* Two changes at once: one holds, the other is told. */
static void
test_changes_race(void **state)
{
    const char    *mine = session();
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    run = fake_begin(h, CIVIC_PUT, "/login/password", &(fake_request_t) {
        .token = mine,
        .body = "{\"old_password\":\"" PASSWORD "\","
                "\"new_password\":\"weisse-Maus-3\"}"
    });
    /* read, counted, verified, hashed */
    assert_true(fake_run_to(run, 4));
    assert_int_equal(put(mine, PASSWORD, NEW_ONE)->status, 200);

    rep = fake_end(run);
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "conflict");
    assert_null(rep->undocumented);
    assert_int_equal(login(NUMBER, NEW_ONE)->status, 200);
}


static void
test_first_password(void **state)
{
    const char    *mine, *elsewhere, *fresh;
    fake_reply_t  *rep;

    (void) state;

    fake_redis(h, "HDEL %s password password_set_at",
               key_of(NUMBER, "person"));
    mine = first_session();
    elsewhere = session();
    assert_string_equal(get("/login/profile", mine)->code,
                        "password_required");
    assert_int_equal(get("/login/session", mine)->status, 200);

    rep = put(mine, NULL, NEW_ONE);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    fresh = fake_text(rep, "token");
    assert_true(strlen(fresh) > 0);

    assert_string_equal(get("/login/session", mine)->code, "session_expired");
    assert_string_equal(get("/login/session", elsewhere)->code,
                        "session_expired");
    rep = get("/login/session", fresh);
    assert_string_equal(fake_text(rep, "method"), "alipay_qr");
    assert_true(json_is_false(json_object_get(rep->json,
                                              "must_set_password")));
    assert_int_equal(get("/login/profile", fresh)->status, 200);
    assert_int_equal(login(NUMBER, NEW_ONE)->status, 200);
}


static void
test_change_on_bad_days(void **state)
{
    unsigned        n;
    fake_reply_t   *rep;
    fake_request_t  request = {
        .body = "{\"old_password\":\"" PASSWORD "\","
                "\"new_password\":\"" NEW_ONE "\"}",
        .redis_fault = FAKE_REDIS_NOT_SENT,
    };

    (void) state;

    /* read, count, set: nothing is changed when it cannot be */
    for (n = 1; n <= 3; n++) {
        request.token = session();
        request.redis_fault_at = n;
        rep = fake_request(h, CIVIC_PUT, "/login/password", &request);
        assert_string_equal(rep->code, "store_unavailable");
        fake_redis(h, "DEL %s", key_of(NUMBER, "login"));
    }

    assert_int_equal(login(NUMBER, PASSWORD)->status, 200);

    for (n = 1; n <= 2; n++) {
        rep = fake_request(h, CIVIC_PUT, "/login/password",
                           &(fake_request_t) {
                               .token = session(), .body = request.body,
                               .busy_at = n
                           });
        assert_string_equal(rep->code, "overloaded");
    }

    /* ending the others is asked again */
    request.token = session();
    request.redis_fault_at = 4;
    assert_int_equal(fake_request(h, CIVIC_PUT, "/login/password", &request)
                     ->status, 200);
    assert_int_equal(login(NUMBER, NEW_ONE)->status, 200);
}


static void
test_change_needs_a_citizen(void **state)
{
    (void) state;

    assert_int_equal(put(NULL, PASSWORD, NEW_ONE)->status, 401);
    assert_int_equal(put(fake_session(h, NUMBER, CIVIC_REVIEWER), PASSWORD,
                         NEW_ONE)->status, 403);
}


/* ---- the session ------------------------------------------------------- */

static int
end(const char *token, const char *query)
{
    char           path[64];
    fake_reply_t  *rep;

    snprintf(path, sizeof(path), "/login/session%s", query);
    rep = fake_request(h, CIVIC_DELETE, path,
                       &(fake_request_t) { .token = token });
    assert_null(rep->undocumented);

    return rep->status;
}


static int
alive(const char *token)
{
    return get("/login/session", token)->status == 200;
}


static void
test_session_ends(void **state)
{
    const char  *a = session(), *b = session(), *c = session();

    (void) state;

    assert_int_equal(end(a, ""), 204);
    assert_false(alive(a));
    assert_true(alive(b) && alive(c));

    a = session();
    assert_int_equal(end(a, "?scope=this"), 204);
    assert_false(alive(a));
    assert_true(alive(b) && alive(c));

    a = session();
    assert_int_equal(end(a, "?scope=others"), 204);
    assert_true(alive(a));
    assert_false(alive(b) || alive(c));

    b = session();
    assert_int_equal(end(a, "?scope=all"), 204);
    assert_false(alive(a) || alive(b));

    assert_int_equal(end(session(), "?scope=some"), 422);
    assert_int_equal(end(NULL, ""), 401);
}


static void
test_session_of_staff(void **state)
{
    json_t        *roles;
    fake_reply_t  *rep;

    (void) state;

    rep = get("/login/session", fake_session(h, NUMBER, CIVIC_REVIEWER
                                                        | CIVIC_OFFICE));
    roles = json_object_get(rep->json, "roles");
    assert_int_equal(json_array_size(roles), 2);
    assert_string_equal(json_string_value(json_array_get(roles, 0)),
                        "reviewer");
    assert_string_equal(json_string_value(json_array_get(roles, 1)),
                        "office");
}


/* ---- the profile ------------------------------------------------------- */

static void
test_profile(void **state)
{
    fake_reply_t  *rep = get("/login/profile", session());

    (void) state;

    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_int_equal(rep->redis_calls, 1);
    assert_int_equal(rep->suspensions, 1);
    assert_string_equal(fake_text(rep, "name"), "欧**娜");
    assert_string_equal(fake_text(rep, "id_number"), "6301**********9990");
    assert_string_equal(fake_text(rep, "kind"), "resident");
    assert_string_equal(fake_text(rep, "birth_date"), "1990-01-01");
    assert_string_equal(fake_text(rep, "sex"), "male");
    assert_true(json_is_true(json_object_get(rep->json, "has_password")));
    assert_string_equal(fake_text(rep, "created_at"),
                        "2023-11-15T06:13:20+08:00");
    assert_null(strstr(rep->body, NUMBER));
    assert_null(strstr(rep->body, NAME));
}


static void
test_profile_without_password(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    fake_redis(h, "HDEL %s password password_set_at",
               key_of(NUMBER, "person"));
    rep = get("/login/profile", session());
    assert_null(rep->undocumented);
    assert_true(json_is_false(json_object_get(rep->json, "has_password")));
    assert_true(json_is_null(json_object_get(rep->json, "password_set_at")));
}


static void
test_profile_on_bad_days(void **state)
{
    const char    *mine = session();
    fake_reply_t  *rep;

    (void) state;

    rep = fake_request(h, CIVIC_GET, "/login/profile", &(fake_request_t) {
        .token = mine, .redis_fault_at = 1,
        .redis_fault = FAKE_REDIS_NOT_SENT
    });
    assert_string_equal(rep->code, "store_unavailable");

    assert_int_equal(fake_request(h, CIVIC_GET, "/login/profile",
                         &(fake_request_t) { .token = mine, .leave_at = 1 })
                     ->status, 0);

    fake_redis(h, "HSET %s identity rubbish", key_of(NUMBER, "person"));
    assert_int_equal(get("/login/profile", mine)->status, 500);
    assert_true(fake_logged(h, "the identity of person"));

    fake_redis(h, "DEL %s", key_of(NUMBER, "person"));
    rep = get("/login/profile", mine);
    assert_string_equal(rep->code, "not_found");
    assert_null(rep->undocumented);

    fake_redis(h, "SET %s string", key_of(NUMBER, "person"));
    assert_int_equal(get("/login/profile", mine)->status, 500);

    assert_int_equal(get("/login/profile", "rubbish")->status, 401);
    assert_int_equal(get("/login/profile", NULL)->status, 401);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_change, reset),
        cmocka_unit_test_setup(test_old_password_wrong, reset),
        cmocka_unit_test_setup(test_old_password_missing, reset),
        cmocka_unit_test_setup(test_policy, reset),
        cmocka_unit_test_setup(test_longest_password, reset),
        cmocka_unit_test_setup(test_changes_race, reset),
        cmocka_unit_test_setup(test_first_password, reset),
        cmocka_unit_test_setup(test_change_on_bad_days, reset),
        cmocka_unit_test_setup(test_change_needs_a_citizen, reset),
        cmocka_unit_test_setup(test_session_ends, reset),
        cmocka_unit_test_setup(test_session_of_staff, reset),
        cmocka_unit_test_setup(test_profile, reset),
        cmocka_unit_test_setup(test_profile_without_password, reset),
        cmocka_unit_test_setup(test_profile_on_bad_days, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
