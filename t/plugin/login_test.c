/*
 * login_test.c - logging in with a password, guessing, races, bad days.
 */

#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include "login_world.h"

#define MINUTE  60000


/* ---- logging in -------------------------------------------------------- */

static void
test_login(void **state)
{
    char          *token;
    json_t        *person;
    fake_reply_t  *rep;

    (void) state;

    rep = login("６３０１０２１９９００１０１９９９０", PASSWORD);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "expires_at"),
                        "2026-03-10T00:00:00+08:00");
    assert_true(rep->stack_used < 64 * 1024);

    person = json_object_get(rep->json, "person");
    assert_string_equal(json_string_value(json_object_get(person, "name")),
                        "欧**娜");
    assert_string_equal(json_string_value(json_object_get(person,
                                                          "id_number")),
                        "6301**********9990");

    token = (char *) fake_text(rep, "token");
    rep = get("/login/session", token);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "method"), "password");
    assert_string_equal(fake_text(rep, "created_at"),
                        "2026-03-09T12:00:00+08:00");
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(rep->json, "roles"), 0)),
                        "citizen");
    assert_int_equal(fake_counter(h, "succeeded"), 1);

    /* always a new token */
    assert_string_not_equal(fake_text(login(NUMBER, PASSWORD), "token"),
                            token);

    /* no personal data anywhere in the log */
    assert_false(fake_logged(h, NUMBER));
    assert_false(fake_logged(h, PASSWORD));
}


static void
test_fields_are_told_at_once(void **state)
{
    captcha_t      made = captcha();
    fake_reply_t  *rep;

    (void) state;

    rep = post(&(fake_request_t) {
        .body = "{\"id_number\":\"6301\",\"password\":\"x\"}"
    });
    assert_int_equal(rep->status, 422);
    assert_string_equal(rep->code, "invalid_fields");
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "id_number_length");
    assert_string_equal(fake_field_error(rep, "/captcha_id"), "required");
    assert_string_equal(fake_field_error(rep, "/captcha_answer"), "required");
    assert_int_equal(rep->redis_calls, 0);

    rep = post(&(fake_request_t) {
        .body = body_with("630102199001019991", "x", "forged", "1")
    });
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "id_number_checksum");
    assert_string_equal(fake_field_error(rep, "/captcha_answer"),
                        "captcha_expired");
    assert_non_null(strstr(rep->body, "请输入正确的身份证"));

    /* a mistyped number does not use the captcha up, nor tell of it */
    rep = post(&(fake_request_t) {
        .body = body_with("630102199001019991", PASSWORD, made.id, "000")
    });
    assert_string_equal(fake_field_error(rep, "/captcha_answer"), "");
    assert_int_equal(post(&(fake_request_t) {
        .body = body_with(NUMBER, PASSWORD, made.id, made.answer)
    })->status, 200);

    rep = post(&(fake_request_t) { .body = "{}" });
    assert_string_equal(fake_field_error(rep, "/id_number"), "required");
    assert_string_equal(fake_field_error(rep, "/password"), "required");
}


static void
test_numbers_that_are_none(void **state)
{
    size_t       i;
    captcha_t    made = captcha();
    const char  *wrong[][2] = {
        { "", "id_number_length" },
        { "6301**********9990", "id_number_charset" },
        { " 630102199001019990", "id_number_charset" },
        { "630102199\\u000001019990", "json_malformed" },
        { "340524800101001", "id_number_legacy_15" },
        { "CHN110115199001", "id_number_legacy_pr_15" },
        { "660102199001010000", "id_number_region" },
        { "630102202302290009", "id_number_birth_date" },
        { "440524188001010014", "id_number_birth_date" },
        { "630102209912310005", "id_number_birth_future" },
    };
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        rep = post(&(fake_request_t) {
            .body = body_with(wrong[i][0], PASSWORD, made.id, made.answer)
        });

        if (strcmp(wrong[i][1], "json_malformed") == 0) {
            assert_true(rep->status == 400 || rep->status == 422);
            continue;
        }

        assert_int_equal(rep->status, 422);
        assert_string_equal(fake_field_error(rep, "/id_number"), wrong[i][1]);
    }
}


/* The body without what differs in every answer. */
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


/* Nobody, somebody without a password, a wrong password: the same answer by
   the same steps. */
static void
test_unknown_people_look_the_same(void **state)
{
    char          *first, *text;
    size_t         i;
    fake_reply_t  *wrong, *rep;
    const char    *numbers[] = { NOBODY, OTHER };

    (void) state;

    add_person(OTHER, "张伟", NULL);
    wrong = login(NUMBER, "wrong one");
    assert_int_equal(wrong->status, 401);
    assert_string_equal(wrong->code, "login_failed");
    assert_null(wrong->undocumented);
    first = without_id(wrong);

    for (i = 0; i < 2; i++) {
        rep = login(numbers[i], PASSWORD);
        text = without_id(rep);
        assert_int_equal(rep->status, 401);
        assert_string_equal(text, first);
        assert_int_equal(rep->redis_calls, wrong->redis_calls);
        assert_int_equal(rep->offloads, wrong->offloads);
        assert_int_equal(rep->suspensions, wrong->suspensions);
        free(text);
    }

    free(first);

    /* they wait alike, too */
    guess(NOBODY, 4);
    guess(NUMBER, 4);
    rep = login(NOBODY, PASSWORD);
    wrong = login(NUMBER, PASSWORD);
    assert_string_equal(rep->code, "too_many_guesses");
    first = without_id(wrong);
    text = without_id(rep);
    assert_string_equal(first, text);
    free(first);
    free(text);
}


/* ---- guessing ---------------------------------------------------------- */

static void
test_guessing_waits(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    guess(NUMBER, 5);
    rep = login(NUMBER, PASSWORD);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "too_many_guesses");
    assert_int_equal(number_in(rep, "retry_after"), 60);
    assert_int_equal(rep->offloads, 0);
    assert_null(rep->undocumented);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(rep->json, "rule"), "name")),
                        "login.attempt");
    assert_int_equal(fake_counter(h, "refused"), 1);

    /* waiting was not counted; then the wait doubles */
    fake_advance(h, MINUTE);
    guess(NUMBER, 1);
    fake_advance(h, MINUTE);
    assert_int_equal(number_in(login(NUMBER, PASSWORD), "retry_after"), 60);

    /* success forgets */
    fake_advance(h, MINUTE);
    assert_int_equal(login(NUMBER, PASSWORD)->status, 200);
    guess(NUMBER, 5);
}


static void
test_guesses_are_forgotten(void **state)
{
    (void) state;

    guess(NUMBER, 5);
    fake_advance(h, 24 * 60 * MINUTE);
    guess(NUMBER, 5);
    assert_string_equal(login(NUMBER, PASSWORD)->code, "too_many_guesses");
}


static void
test_known_device_is_counted_apart(void **state)
{
    int          i;
    const char  *device = fake_text(login(NUMBER, PASSWORD), "device");

    (void) state;

    guess(NUMBER, 5);
    assert_string_equal(login(NUMBER, PASSWORD)->code, "too_many_guesses");
    assert_int_equal(login_from(NUMBER, PASSWORD, device)->status, 200);

    /* its own row, longer */
    for (i = 0; i < 10; i++) {
        assert_string_equal(login_from(NUMBER, "wrong", device)->code,
                            "login_failed");
    }

    assert_string_equal(login_from(NUMBER, PASSWORD, device)->code,
                        "too_many_guesses");
    fake_advance(h, MINUTE);
    assert_int_equal(login_from(NUMBER, PASSWORD, device)->status, 200);
}


static void
test_unknown_devices(void **state)
{
    char         forged[256];
    const char  *device = fake_text(login(NUMBER, PASSWORD), "device");

    (void) state;

    /* known to one person is unknown to another */
    add_person(OTHER, "张伟", TODAYS_HASH);
    guess(OTHER, 5);
    assert_string_equal(login_from(OTHER, PASSWORD, device)->code,
                        "too_many_guesses");

    /* made up, cut off, of another purpose: no device */
    guess(NUMBER, 5);
    snprintf(forged, sizeof(forged), "%s", device);
    forged[10] = forged[10] == 'A' ? 'B' : 'A';
    assert_string_equal(login_from(NUMBER, PASSWORD, forged)->code,
                        "too_many_guesses");
    assert_string_equal(login_from(NUMBER, PASSWORD, device + 4)->code,
                        "too_many_guesses");
    assert_string_equal(login_from(NUMBER, PASSWORD, captcha().id)->code,
                        "too_many_guesses");

    /* its life is over after 180 days */
    fake_advance(h, 180LL * 24 * 60 * MINUTE - 1);
    guess(NUMBER, 5);
    assert_int_equal(login_from(NUMBER, PASSWORD, device)->status, 200);
    fake_advance(h, 180LL * 24 * 60 * MINUTE);
    guess(NUMBER, 5);
    assert_string_equal(login_from(NUMBER, PASSWORD, device)->code,
                        "too_many_guesses");
}


/* The oldest devices beyond ten are forgotten. */
static void
test_devices_are_bounded(void **state)
{
    int          i;
    const char  *first, *second;

    (void) state;

    first = fake_text(login(NUMBER, PASSWORD), "device");
    fake_advance(h, 1000);
    second = fake_text(login(NUMBER, PASSWORD), "device");

    for (i = 0; i < 9; i++) {
        fake_advance(h, 1000);
        assert_int_equal(login(NUMBER, PASSWORD)->status, 200);
    }

    assert_int_equal(fake_redis(h, "HLEN %s", key_of(NUMBER, "login"))
                     ->integer, 10);
    guess(NUMBER, 5);
    assert_string_equal(login_from(NUMBER, PASSWORD, first)->code,
                        "too_many_guesses");
    assert_int_equal(login_from(NUMBER, PASSWORD, second)->status, 200);
}


static void
test_addresses(void **state)
{
    char           row[64];
    const char    *device = fake_text(login(NUMBER, PASSWORD), "device");
    fake_reply_t  *rep;

    (void) state;

    snprintf(row, sizeof(row), "%lld 300", NOON / 1000 - 100);
    fake_redis(h, "SET civic:login:address:192.0.2.1 %s", row);
    rep = login(NUMBER, PASSWORD);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "too_many_from_address");
    assert_int_equal(number_in(rep, "retry_after"), 500);
    assert_int_equal(rep->offloads, 0);

    /* not for who was here before, nor elsewhere, nor later */
    assert_int_equal(login_from(NUMBER, PASSWORD, device)->status, 200);
    assert_int_equal(post(&(fake_request_t) {
        .body = body_of(NUMBER, PASSWORD), .remote_addr = "192.0.2.2"
    })->status, 200);
    fake_advance(h, 500 * 1000);
    assert_int_equal(login(NUMBER, PASSWORD)->status, 200);

    /* an IPv6 customer is a /64 */
    post(&(fake_request_t) {
        .body = body_of(NUMBER, PASSWORD), .remote_addr = "2001:db8:1:2:3::4"
    });
    post(&(fake_request_t) {
        .body = body_of(NUMBER, PASSWORD), .remote_addr = "2001:db8:1:2::5"
    });
    snprintf(row, sizeof(row), "%lld 2", NOON / 1000 + 500);
    assert_string_equal(fake_redis(h, "GET civic:login:address:2001:db8:1:2")
                        ->str, row);
}


/* ---- races ------------------------------------------------------------- */

/* All have read the same counter before the first one counts. */
static void
test_parallel_guesses_are_each_counted(void **state)
{
    unsigned        i, failed = 0, refused = 0;
    fake_run_t     *runs[12];
    fake_reply_t   *rep;

    (void) state;

    for (i = 0; i < 12; i++) {
        runs[i] = fake_begin(h, CIVIC_POST, "/login/password",
                             &(fake_request_t) {
                                 .body = body_of(NUMBER, "wrong one")
                             });
        /* captcha, address, pipeline */
        assert_true(fake_run_to(runs[i], 3));
    }

    for (i = 0; i < 12; i++) {
        rep = fake_end(runs[i]);
        failed += strcmp(rep->code, "login_failed") == 0;
        refused += strcmp(rep->code, "too_many_guesses") == 0;
    }

    assert_int_equal(failed, 5);
    assert_int_equal(refused, 7);
}


/* The password is changed while the old one is being verified. */
static void
test_password_changed_meanwhile(void **state)
{
    unsigned        n;
    fake_run_t     *run;
    fake_reply_t   *rep;

    (void) state;

    for (n = 4; n <= 6; n++) {
        fake_redis(h, "DEL %s", key_of(NUMBER, "login"));
        set_password_hash(NUMBER, TODAYS_HASH);
        run = fake_begin(h, CIVIC_POST, "/login/password",
                         &(fake_request_t) {
                             .body = body_of(NUMBER, PASSWORD)
                         });
        assert_true(fake_run_to(run, n));
        set_password_hash(NUMBER, FORMER_HASH);
        rep = fake_end(run);
        assert_int_equal(rep->status, 401);
        assert_string_equal(rep->code, "login_failed");
    }

    /* at the seventh it has succeeded */
    set_password_hash(NUMBER, TODAYS_HASH);
    run = fake_begin(h, CIVIC_POST, "/login/password",
                     &(fake_request_t) { .body = body_of(NUMBER, PASSWORD) });
    assert_true(fake_run_to(run, 7));
    set_password_hash(NUMBER, FORMER_HASH);
    assert_int_equal(fake_end(run)->status, 200);
}


/* ---- hashes ------------------------------------------------------------ */

static void
test_rehash(void **state)
{
    char           before[1024];
    fake_reply_t  *rep;
    const char    *key = key_of(NUMBER, "person");

    (void) state;

    set_password_hash(NUMBER, FORMER_HASH);
    snprintf(before, sizeof(before), "%s",
             fake_redis(h, "HGET %s password_set_at", key)->str);

    rep = login(NUMBER, PASSWORD);
    assert_int_equal(rep->status, 200);
    assert_int_equal(rep->offloads, 2);

    rep = login(NUMBER, PASSWORD);
    assert_int_equal(rep->status, 200);
    assert_int_equal(rep->offloads, 1);
    assert_string_equal(fake_redis(h, "HGET %s password_set_at", key)->str,
                        before);
}


static void
test_rehash_can_wait(void **state)
{
    (void) state;

    set_password_hash(NUMBER, FORMER_HASH);
    assert_int_equal(post(&(fake_request_t) {
        .body = body_of(NUMBER, PASSWORD), .busy_at = 2
    })->status, 200);
    assert_int_equal(login(NUMBER, PASSWORD)->offloads, 2);
}


/* A full queue is no guess. */
static void
test_full_queue_gives_the_guess_back(void **state)
{
    int            i;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 8; i++) {
        rep = post(&(fake_request_t) {
            .body = body_of(NUMBER, PASSWORD), .busy_at = 1
        });
        assert_int_equal(rep->status, 503);
        assert_string_equal(rep->code, "overloaded");
    }

    guess(NUMBER, 3);
    post(&(fake_request_t) { .body = body_of(NUMBER, "x"), .busy_at = 1 });
    guess(NUMBER, 2);
    assert_string_equal(login(NUMBER, PASSWORD)->code, "too_many_guesses");
}


/* ---- browsers ---------------------------------------------------------- */

static void
test_cookies(void **state)
{
    char           cookie[512] = "Cookie: a=b; ";
    size_t         i;
    const char    *session = NULL, *device = NULL;
    fake_reply_t  *rep;

    (void) state;

    rep = post(&(fake_request_t) {
        .body = body_of(NUMBER, PASSWORD),
        .headers = { "Civic-Session: cookie", "Origin: https://exam.example" }
    });
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_null(json_object_get(rep->json, "token"));
    assert_null(json_object_get(rep->json, "device"));

    for (i = 0; rep->headers[i] != NULL; i += 2) {
        if (strncmp(rep->headers[i + 1], "__Host-civic_device=", 20) == 0) {
            device = rep->headers[i + 1];

        } else if (strcmp(rep->headers[i], "Set-Cookie") == 0) {
            session = rep->headers[i + 1];
        }
    }

    assert_non_null(session);
    assert_non_null(device);
    assert_non_null(strstr(device, "; Path=/; Max-Age=15552000; Secure; "
                                   "HttpOnly; SameSite=Strict"));

    guess(NUMBER, 5);
    strncat(cookie, device, strcspn(device, ";"));
    strcat(cookie, ";c=d");
    assert_int_equal(post(&(fake_request_t) {
        .body = body_of(NUMBER, PASSWORD), .headers = { cookie }
    })->status, 200);
}


/* ---- bad days ---------------------------------------------------------- */

static void
test_redis_fails(void **state)
{
    unsigned       n;
    fake_reply_t  *rep;

    (void) state;

    for (n = 1; n <= 6; n++) {
        rep = post(&(fake_request_t) {
            .body = body_of(NUMBER, PASSWORD), .redis_fault_at = n,
            .redis_fault = FAKE_REDIS_NOT_SENT
        });
        assert_string_equal(rep->code, "store_unavailable");
        assert_int_equal(rep->status, 503);

        rep = post(&(fake_request_t) {
            .body = body_of(NUMBER, PASSWORD), .redis_fault_at = n,
            .redis_fault = FAKE_REDIS_ANSWERS_ERROR
        });
        assert_int_equal(rep->status, 500);

        rep = post(&(fake_request_t) {
            .body = body_of(NUMBER, PASSWORD), .redis_fault_at = n,
            .redis_fault = FAKE_REDIS_LOST_AFTER
        });
        assert_int_equal(rep->status, 503);
        assert_null(json_object_get(rep->json, "token"));
        fake_redis(h, "DEL %s", key_of(NUMBER, "login"));
    }

    assert_int_equal(login(NUMBER, PASSWORD)->status, 200);
}


static void
test_client_leaves(void **state)
{
    unsigned  n;

    (void) state;

    for (n = 1; n <= 8; n++) {
        post(&(fake_request_t) {
            .body = body_of(NUMBER, PASSWORD), .leave_at = n
        });
        fake_request(h, CIVIC_POST, "/login/captchas",
                     &(fake_request_t) { .body = "{\"audio\":true}",
                                         .leave_at = n });
    }

    assert_int_equal(login(NUMBER, PASSWORD)->status, 200);
}


/* What Redis holds is not believed. */
static void
test_damaged_records(void **state)
{
    const char  *key = key_of(NUMBER, "person");

    (void) state;

    fake_redis(h, "HSET %s password rubbish", key);
    assert_int_equal(login(NUMBER, PASSWORD)->status, 500);
    assert_true(fake_logged(h, "the password of person"));

    set_password_hash(NUMBER, TODAYS_HASH);
    fake_redis(h, "HSET %s guesses rubbish", key_of(NUMBER, "login"));
    assert_int_equal(login(NUMBER, PASSWORD)->status, 200);

    /* moved from another person's record: the context does not fit */
    add_person(OTHER, "张伟", TODAYS_HASH);
    fake_redis(h, "HSET %s identity %b", key,
               fake_redis(h, "HGET %s identity", key_of(OTHER, "person"))->str,
               (size_t) fake_redis(h, "HGET %s identity",
                                   key_of(OTHER, "person"))->len);
    assert_int_equal(login(NUMBER, PASSWORD)->status, 500);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_login, reset),
        cmocka_unit_test_setup(test_fields_are_told_at_once, reset),
        cmocka_unit_test_setup(test_numbers_that_are_none, reset),
        cmocka_unit_test_setup(test_unknown_people_look_the_same, reset),
        cmocka_unit_test_setup(test_guessing_waits, reset),
        cmocka_unit_test_setup(test_guesses_are_forgotten, reset),
        cmocka_unit_test_setup(test_known_device_is_counted_apart, reset),
        cmocka_unit_test_setup(test_unknown_devices, reset),
        cmocka_unit_test_setup(test_devices_are_bounded, reset),
        cmocka_unit_test_setup(test_addresses, reset),
        cmocka_unit_test_setup(test_parallel_guesses_are_each_counted, reset),
        cmocka_unit_test_setup(test_password_changed_meanwhile, reset),
        cmocka_unit_test_setup(test_rehash, reset),
        cmocka_unit_test_setup(test_rehash_can_wait, reset),
        cmocka_unit_test_setup(test_full_queue_gives_the_guess_back, reset),
        cmocka_unit_test_setup(test_cookies, reset),
        cmocka_unit_test_setup(test_redis_fails, reset),
        cmocka_unit_test_setup(test_client_leaves, reset),
        cmocka_unit_test_setup(test_damaged_records, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
