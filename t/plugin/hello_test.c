/*
 * hello_test.c - the plugin "hello", as its guide promises it.
 */

#include "world.h"

#define HOUR      3600000LL
#define MIDNIGHT  1772985600000LL       /* 2026-03-09T00:00:00+08:00 */


static fake_host_t *
start(const char *option, civic_failure_t *failure)
{
    return fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/hello.so"),
        .options = { option },
        .rules_dir = "lua/rules",
        .scripts_dir = "lua/redis",
        .sandbox = 1,
        .failure = failure,
    });
}


static int
setup(void **state)
{
    (void) state;
    h = start(NULL, NULL);

    return h != NULL ? 0 : -1;
}


static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_business_clock(h, MIDNIGHT + 8 * HOUR);

    return 0;
}


static fake_reply_t *
greeting(const char *query)
{
    char  path[128];

    snprintf(path, sizeof(path), "/hello/greeting%s", query);

    return fake_request(h, CIVIC_GET, path, NULL);
}


static fake_reply_t *
visit(const fake_request_t *request)
{
    return fake_request(h, CIVIC_POST, "/hello/visits", request);
}


static int64_t
today(const fake_reply_t *rep)
{
    return json_integer_value(json_object_get(rep->json, "today"));
}


static int64_t
stored(void)
{
    return today(fake_request(h, CIVIC_GET, "/hello/visits", NULL));
}


static void
test_greets_by_the_hour(void **state)
{
    size_t         i;
    fake_reply_t  *rep;

    static const struct {
        int64_t      at;
        const char  *en;
    } hours[] = {
        { 0, "Good night" },
        { 5 * HOUR - 1, "Good night" },
        { 5 * HOUR, "Good morning" },
        { 12 * HOUR - 1, "Good morning" },
        { 12 * HOUR, "Good afternoon" },
        { 18 * HOUR, "Good evening" },
        { 24 * HOUR - 1, "Good evening" },
        { 24 * HOUR, "Good night" },
    };

    (void) state;

    for (i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
        fake_set_business_clock(h, MIDNIGHT + hours[i].at);
        rep = greeting("");

        assert_int_equal(rep->status, 200);
        assert_string_equal(fake_text(rep, "greeting_en"), hours[i].en);
        assert_null(rep->undocumented);
    }
}


static void
test_names(void **state)
{
    fake_host_t   *other;
    fake_reply_t  *rep;

    (void) state;

    assert_string_equal(fake_text(greeting("?name=%E5%BC%A0"), "name"),
                        "\345\274\240");
    assert_string_equal(fake_text(greeting(""), "name"),
                        "\344\270\226\347\225\214");

    rep = greeting("?name=");
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "?name"), "too_short");

    rep = greeting("?nome=a");
    assert_string_equal(fake_field_error(rep, "?nome"), "unknown_field");

    other = start("default_name=Xining", NULL);
    assert_non_null(other);
    rep = fake_request(other, CIVIC_GET, "/hello/greeting", NULL);
    assert_string_equal(fake_text(rep, "name"), "Xining");
    fake_host_stop(other);
}


static void
test_options_are_checked(void **state)
{
    civic_failure_t  failure;

    (void) state;

    assert_null(start("default_name=", &failure));
    assert_non_null(strstr(failure.text, "default_name"));
    assert_null(start("defaultname=a", &failure));
    assert_non_null(strstr(failure.text, "defaultname"));
}


static void
test_counts_visits(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    assert_int_equal(stored(), 0);

    rep = visit(NULL);
    assert_int_equal(rep->status, 201);
    assert_int_equal(today(rep), 1);
    assert_null(rep->undocumented);

    assert_int_equal(today(visit(NULL)), 2);
    assert_int_equal(stored(), 2);
    assert_int_equal(fake_counter(h, "visits"), 2);

    /* tomorrow, in China, begins at none */

    fake_set_business_clock(h, MIDNIGHT + 24 * HOUR - 1);
    assert_int_equal(stored(), 2);
    fake_set_business_clock(h, MIDNIGHT + 24 * HOUR);
    assert_int_equal(stored(), 0);
}


static void
test_takes_no_body(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = visit(&(fake_request_t) { .body = "{\"a\":1}" });
    assert_true(rep->status >= 400 && rep->status < 500);
    assert_false(rep->started);
    assert_int_equal(stored(), 0);
}


static void
test_a_full_day(void **state)
{
    char           key[80];
    json_t        *rule;
    fake_reply_t  *rep;

    (void) state;

    snprintf(key, sizeof(key), "civic:hello:visits:%lld",
             (MIDNIGHT + 8 * HOUR) / (24 * HOUR));
    fake_redis(h, "SET %s 999", key);

    assert_int_equal(today(visit(NULL)), 1000);

    rep = visit(&(fake_request_t) {
                    .headers = { "Accept-Language: en" } });
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "hello_full");
    assert_non_null(strstr(fake_text(rep, "detail"), "1000"));
    assert_null(rep->undocumented);

    rule = json_object_get(rep->json, "rule");
    assert_string_equal(json_string_value(json_object_get(rule, "name")),
                        "hello.visits");
    assert_int_equal(stored(), 1000);
    assert_int_equal(fake_counter(h, "visits"), 1);
}


static void
test_two_visits_at_once_both_count(void **state)
{
    fake_run_t  *a;

    (void) state;

    a = fake_begin(h, CIVIC_POST, "/hello/visits", NULL);
    assert_true(fake_run_to(a, 1));
    assert_int_equal(today(visit(NULL)), 2);
    assert_int_equal(today(fake_end(a)), 1);
    assert_int_equal(stored(), 2);
}


static void
test_bad_days(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = visit(&(fake_request_t) { .redis_fault_at = 1,
                                    .redis_fault = FAKE_REDIS_NOT_SENT });
    assert_string_equal(rep->code, "store_unavailable");
    assert_int_equal(stored(), 0);

    rep = visit(&(fake_request_t) { .redis_fault_at = 1,
                                    .redis_fault = FAKE_REDIS_LOST_AFTER });
    assert_string_equal(rep->code, "outcome_unknown");
    assert_int_equal(stored(), 1);

    /* who leaves is counted all the same */

    rep = visit(&(fake_request_t) { .leave_at = 1 });
    assert_int_equal(rep->status, 0);
    assert_int_equal(rep->result, CIVIC_OK);
    assert_int_equal(stored(), 2);
    assert_int_equal(fake_counter(h, "visits"), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_greets_by_the_hour, reset),
        cmocka_unit_test_setup(test_names, reset),
        cmocka_unit_test_setup(test_options_are_checked, reset),
        cmocka_unit_test_setup(test_counts_visits, reset),
        cmocka_unit_test_setup(test_takes_no_body, reset),
        cmocka_unit_test_setup(test_a_full_day, reset),
        cmocka_unit_test_setup(test_two_visits_at_once_both_count, reset),
        cmocka_unit_test_setup(test_bad_days, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
