/*
 * problem_test.c - problems on the wire, their texts, and whose language.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "problem.h"


static civic_arena_t            *arena;
static civic_problem_context_t   context;

static const civic_field_t  full_members[] = {
    { .name = "most", .type = CIVIC_TYPE_INTEGER },
    { .name = "free", .type = CIVIC_TYPE_ARRAY },
    CIVIC_END
};

static const civic_problem_def_t  own_problems[] = {
    { "full", 409, "已满，最多{most}个。", "Full, {most} at most.",
      full_members },
    { "captcha_expired", 410, "验证码已过期。请换一张。",
      "The captcha has expired. Ask for a new one." },
    { "attempts", 429, "还可以尝试 {left} 次。请{wait}。", NULL },
    { "not_found", 404, "没有这张照片。请重新上传。",
      "There is no such photo. Upload it again." },
    { "later", 429, "请在{retry_after}秒后再试，共{left}次。", NULL },
    { "bad_check_digit", 0, "请输入正确的身份证。", "Check the number." }
};

static const civic_table_t  own = CIVIC_TABLE(own_problems);


static int
setup(void **state)
{
    (void) state;

    arena = civic_arena_create(4096, 1024 * 1024);
    assert_non_null(arena);
    memset(&context, 0, sizeof(context));

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    civic_arena_destroy(arena);

    return 0;
}


static json_t *
write_problem(const civic_problem_t *problem, int expected_status)
{
    json_t          *json;
    civic_writer_t   w;

    civic_writer_init(&w, arena, 0);
    assert_int_equal(civic_problem_write(&w, problem, &context),
                     expected_status);
    assert_int_equal(civic_writer_finish(&w), 0);

    json = json_loadb(w.data, w.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);

    return json;
}


static void
assert_member(const json_t *json, const char *name, const char *expected)
{
    const char  *text;

    text = json_string_value(json_object_get(json, name));
    if (text == NULL) {
        fail_msg("no member \"%s\"", name);
    }

    assert_string_equal(text, expected);
}


static void
test_the_least(void **state)
{
    json_t           *json;
    civic_problem_t   problem = { .code = "session_expired" };

    (void) state;

    json = write_problem(&problem, 401);
    assert_int_equal(json_object_size(json), 5);
    assert_member(json, "type", "/problems/session_expired");
    assert_member(json, "title", "登录已过期");
    assert_member(json, "detail", "登录已过期。请重新登录后继续办理。");
    assert_member(json, "code", "session_expired");
    assert_int_equal(json_integer_value(json_object_get(json, "status")), 401);
    json_decref(json);

    context.language = CIVIC_EN;
    json = write_problem(&problem, 401);
    assert_member(json, "title", "Your login has ended");
    assert_member(json, "detail",
                  "Your login has ended. Log in again to go on.");
    json_decref(json);
}


/* Of the parameters those are members that the problem's table names. */
static void
test_members(void **state)
{
    json_t           *json, *params;
    civic_problem_t   problem = { .code = "full" };

    (void) state;

    context.plugin = &own;
    params = json_pack("{s:i, s:[s, s], s:s}", "most", 2, "free", "a", "b",
                       "secret", "x");
    problem.params = params;
    json = write_problem(&problem, 409);
    assert_int_equal(json_object_size(json), 7);
    assert_member(json, "detail", "已满，最多2个。");
    assert_int_equal(json_integer_value(json_object_get(json, "most")), 2);
    assert_true(json_equal(json_object_get(json, "free"),
                           json_object_get(params, "free")));
    json_decref(json);

    /* those that are not there are left out, and null is as good as that */
    json_object_del(params, "most");
    json_object_set_new(params, "free", json_null());
    json = write_problem(&problem, 409);
    assert_int_equal(json_object_size(json), 5);
    json_decref(json);

    problem.params = NULL;
    json = write_problem(&problem, 409);
    assert_int_equal(json_object_size(json), 5);
    json_decref(json);
    json_decref(params);
}


/* The host's own has one: which consent is missing. */
static void
test_which_consent(void **state)
{
    json_t           *json, *params = json_pack("{s:s}", "purpose", "health");
    civic_problem_t   problem = { .code = "consent_required",
                                  .params = params };

    (void) state;

    json = write_problem(&problem, 403);
    assert_int_equal(json_object_size(json), 6);
    assert_member(json, "purpose", "health");
    json_decref(json);

    problem.code = "forbidden";
    json = write_problem(&problem, 403);
    assert_null(json_object_get(json, "purpose"));
    json_decref(json);
    json_decref(params);
}


static void
test_everything_that_helps(void **state)
{
    json_t               *json, *params, *errors, *one;
    civic_problem_t       problem;
    civic_field_error_t   items[3];

    (void) state;

    params = json_pack("{s:i}", "min", 8);

    memset(items, 0, sizeof(items));
    items[0].pointer = "/password";
    items[0].code = "too_short";
    items[0].params = params;
    items[1].pointer = "/id_number";
    items[1].code = "bad_check_digit";
    items[2].pointer = "/x";
    items[2].code = "nobody_knows";

    memset(&problem, 0, sizeof(problem));
    problem.code = "invalid_fields";
    problem.errors = items;
    problem.nerrors = 3;
    problem.retry_after = 30;
    problem.possible_at = 1773016200000LL;
    problem.with_rule = 1;

    context.plugin = &own;
    context.rule = CIVIC_STR("login.attempts");
    context.revision = CIVIC_STR("7f3a");
    context.request_id = CIVIC_STR("0123456789abcdef0123456789abcdef");

    json = write_problem(&problem, 422);
    assert_int_equal(json_object_size(json), 10);
    assert_int_equal(json_integer_value(json_object_get(json, "retry_after")),
                     30);
    assert_member(json, "possible_at", "2026-03-09T08:30:00+08:00");
    assert_member(json, "request_id", "0123456789abcdef0123456789abcdef");
    assert_member(json_object_get(json, "rule"), "name", "login.attempts");
    assert_member(json_object_get(json, "rule"), "revision", "7f3a");

    errors = json_object_get(json, "errors");
    assert_int_equal(json_array_size(errors), 3);

    one = json_array_get(errors, 0);
    assert_int_equal(json_object_size(one), 3);
    assert_member(one, "pointer", "/password");
    assert_member(one, "code", "too_short");
    assert_member(one, "detail", "此项太短。请至少填写 8 个字符。");

    one = json_array_get(errors, 1);
    assert_member(one, "code", "bad_check_digit");
    assert_member(one, "detail", "请输入正确的身份证。");

    one = json_array_get(errors, 2);
    assert_member(one, "code", "nobody_knows");
    assert_member(one, "detail", "此项填写有误。请检查后重新填写。");

    json_decref(json);
    json_decref(params);
}


/* A field's text may say what the problem's does. */
static void
test_field_has_the_problems_params(void **state)
{
    json_t               *json, *params;
    civic_problem_t       problem;
    civic_field_error_t   item = { .pointer = "/x", .code = "too_short" };

    (void) state;

    params = json_pack("{s:i}", "min", 9);
    memset(&problem, 0, sizeof(problem));
    problem.code = "invalid_fields";
    problem.params = params;
    problem.errors = &item;
    problem.nerrors = 1;
    context.plugin = &own;

    json = write_problem(&problem, 422);
    assert_member(json_array_get(json_object_get(json, "errors"), 0),
                  "detail", "此项太短。请至少填写 9 个字符。");
    json_decref(json);
    json_decref(params);
}


static void
test_a_rule_is_named_when_asked(void **state)
{
    json_t           *json;
    civic_problem_t   problem = { .code = "forbidden" };

    (void) state;

    context.rule = CIVIC_STR("login.attempts");
    json = write_problem(&problem, 403);
    assert_null(json_object_get(json, "rule"));
    json_decref(json);

    problem.with_rule = 1;
    json = write_problem(&problem, 403);
    assert_int_equal(json_object_size(json_object_get(json, "rule")), 1);
    json_decref(json);

    context.rule = CIVIC_STR("");
    json = write_problem(&problem, 403);
    assert_null(json_object_get(json, "rule"));
    json_decref(json);
}


static void
test_the_plugin_speaks_first(void **state)
{
    json_t           *json;
    civic_problem_t   problem = { .code = "not_found" };

    (void) state;

    json = write_problem(&problem, 404);
    assert_member(json, "title", "没有找到您要的内容");
    json_decref(json);

    context.plugin = &own;
    json = write_problem(&problem, 404);
    assert_member(json, "title", "没有这张照片");
    json_decref(json);
}


/* Whether or not there are other parameters; one of them goes first. */
static void
test_the_wait_is_a_parameter(void **state)
{
    json_t           *json;
    civic_problem_t   problem = { .code = "later", .retry_after = 7 };

    (void) state;

    context.plugin = &own;

    json = write_problem(&problem, 429);
    assert_member(json, "detail", "请在7秒后再试，共{left}次。");
    json_decref(json);

    problem.params = json_pack("{s:i}", "left", 3);
    json = write_problem(&problem, 429);
    assert_member(json, "detail", "请在7秒后再试，共3次。");
    assert_int_equal(json_object_size(problem.params), 1);
    json_decref(json);
    json_decref(problem.params);

    problem.params = json_pack("{s:i,s:i}", "left", 3, "retry_after", 8);
    json = write_problem(&problem, 429);
    assert_member(json, "detail", "请在8秒后再试，共3次。");
    json_decref(json);
    json_decref(problem.params);
}


static void
test_parameters_do_not_end_the_title(void **state)
{
    json_t           *json;
    civic_problem_t   problem = { .code = "attempts" };

    (void) state;

    problem.params = json_pack("{s:s,s:s}", "left", "3。4. ", "wait", "稍候");
    context.plugin = &own;
    context.language = CIVIC_EN;                /* it has Chinese only */

    json = write_problem(&problem, 429);
    assert_member(json, "title", "还可以尝试 3。4.  次");
    assert_member(json, "detail", "还可以尝试 3。4.  次。请稍候。");
    json_decref(json);
    json_decref(problem.params);
}


static void
test_unknown_codes_are_internal_errors(void **state)
{
    json_t               *json;
    size_t                i;
    civic_problem_t       problem;
    civic_field_error_t   error = { "/a", "required", NULL };

    static const char *const  codes[] = {
        "nobody_knows", "", "required", NULL
    };

    (void) state;

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        memset(&problem, 0, sizeof(problem));
        problem.code = codes[i];
        problem.errors = &error;
        problem.nerrors = 1;
        problem.retry_after = 9;

        json = write_problem(&problem, 500);
        assert_int_equal(json_object_size(json), 5);
        assert_member(json, "code", "internal_error");
        json_decref(json);
    }
}


static void
test_short_entries_are_extended(void **state)
{
    civic_problem_def_t  def;

    struct {
        const char  *code;
        int          status;
    } old[] = { { "first", 418 }, { "second", 419 } };

    struct {
        civic_problem_def_t  def;
        const char          *later;
    } newer[] = { { { "first", 418, "一", "one" }, "x" },
                  { { "second", 419, "二", "two" }, "y" } };

    civic_table_t  table = { old, 2, sizeof(old[0]) };

    (void) state;

    assert_int_equal(civic_problem_find(&table, "second", &def), 0);
    assert_int_equal(def.status, 419);
    assert_null(def.zh);
    assert_null(def.en);

    assert_null(def.members);

    table.items = newer;
    table.size = sizeof(newer[0]);
    assert_int_equal(civic_problem_find(&table, "second", &def), 0);
    assert_string_equal(def.en, "two");

    assert_int_equal(civic_problem_find(&table, "third", &def), -1);
    assert_null(def.code);
    assert_int_equal(civic_problem_find(&table, "conflict", &def), 0);
    assert_int_equal(def.status, 409);
}


static void
assert_text(const char *text, const char *params, const char *expected)
{
    json_t       *json;
    civic_str_t   out;

    json = params == NULL ? NULL : json_loads(params, 0, NULL);
    out = civic_problem_text(arena, text, json);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
    json_decref(json);
}


static void
test_texts(void **state)
{
    (void) state;

    assert_text("no parameter", "{\"a\":1}", "no parameter");
    assert_text("", NULL, "");
    assert_text("{a}", NULL, "{a}");
    assert_text("{a}{b}", "{\"a\":1,\"b\":\"{a}\"}", "1{a}");
    assert_text("x{a}y", "{\"a\":-5}", "x-5y");
    assert_text("{a} {b} {c}", "{\"a\":true,\"b\":false,\"c\":2.5}",
                "true false 2.5");
    assert_text("{c}", "{\"c\":[\"red\",\"蓝\",3]}", "red, 蓝, 3");
    assert_text("{c}", "{\"c\":[]}", "");
    assert_text("{a}", "{\"a\":null}", "{a}");
    assert_text("{a}", "{\"a\":{\"b\":1}}", "{a}");
    assert_text("{unknown} {a}", "{\"a\":1}", "{unknown} 1");
    assert_text("For {n|day|days}.", "{\"n\":1}", "For 1 day.");
    assert_text("For {n|day|days}.", "{\"n\":2}", "For 2 days.");
    assert_text("{n|is|are} {n|left|left}", "{\"n\":0}", "0 are 0 left");
    assert_text("{n|day|days}", "{\"n\":\"1\"}", "1 days");
    assert_text("{n|day|days}", "{\"a\":1}", "{n|day|days}");
    assert_text("{n|}{n|a}", "{\"n\":1}", "11 a");
    assert_text("{|day|days}", "{\"\":1}", "{|day|days}");
    assert_text("{", "{\"a\":1}", "{");
    assert_text("{a", "{\"a\":1}", "{a");
    assert_text("{}", "{\"\":1}", "{}");
    assert_text("{{a}}", "{\"a\":1}", "{1}");
    assert_text("a}{a}", "{\"a\":1}", "a}1");
    assert_text("{0123456789012345678901234567890123456789012345678901234567"
                "89012345678901234567890} {a}", "{\"a\":1}",
                "{0123456789012345678901234567890123456789012345678901234567"
                "89012345678901234567890} 1");
}


static void
assert_language(const char *header, civic_language_t expected)
{
    if (civic_language(civic_cstr(header)) != expected) {
        fail_msg("\"%s\"", header);
    }
}


static void
test_languages(void **state)
{
    (void) state;

    assert_language("", CIVIC_ZH);
    assert_language("zh-CN,zh;q=0.9,en;q=0.8", CIVIC_ZH);
    assert_language("en-US,en;q=0.9,zh-CN;q=0.8", CIVIC_EN);
    assert_language("en", CIVIC_EN);
    assert_language("EN-gb", CIVIC_EN);
    assert_language("zh;q=0.5, en;q=0.501", CIVIC_EN);
    assert_language("en;q=0.5, zh;q=0.501", CIVIC_ZH);
    assert_language("en, zh", CIVIC_ZH);
    assert_language("fr", CIVIC_ZH);
    assert_language("fr, en;q=0.1", CIVIC_EN);
    assert_language("*", CIVIC_ZH);
    assert_language("en;q=0", CIVIC_ZH);
    assert_language("*;q=0.5, en;q=0.4", CIVIC_ZH);
    assert_language("*;q=0.4, en;q=0.5", CIVIC_EN);
    assert_language("zh;q=0, *;q=0.1", CIVIC_EN);
    assert_language("en ; Q=1.000 , zh ; q = 0.3", CIVIC_EN);
    assert_language("en;level=1;q=0.9,zh;q=0.1", CIVIC_EN);
    assert_language("enx", CIVIC_ZH);
    assert_language("zha;q=1, en;q=0.1", CIVIC_EN);
    assert_language("e", CIVIC_ZH);
    assert_language(",,;,;q=,en;q=2,=;;", CIVIC_ZH);
    assert_language("en;q=1.001", CIVIC_ZH);
    assert_language("en;q=0.1234", CIVIC_ZH);
    assert_language("en;q=.5", CIVIC_ZH);
    assert_language("en;q=", CIVIC_ZH);
}


static void
test_what_is_unavailable_says_until_when(void **state)
{
    json_t           *json;
    civic_problem_t   problem;

    (void) state;

    memset(&problem, 0, sizeof(problem));
    problem.code = "overloaded";
    context.retry_after = 2;

    json = write_problem(&problem, 503);
    assert_int_equal(json_integer_value(json_object_get(json, "retry_after")),
                     2);
    json_decref(json);

    problem.retry_after = 7;
    json = write_problem(&problem, 503);
    assert_int_equal(json_integer_value(json_object_get(json, "retry_after")),
                     7);
    json_decref(json);

    problem.code = "conflict";
    problem.retry_after = 0;
    json = write_problem(&problem, 409);
    assert_null(json_object_get(json, "retry_after"));
    json_decref(json);
}


static void
test_every_status_has_an_entry(void **state)
{
    int  i;

    static const struct {
        int          status;
        const char  *code;
    } cases[] = {
        { 400, "bad_request" }, { 401, "unauthorized" }, { 403, "forbidden" },
        { 404, "not_found" }, { 405, "method_not_allowed" },
        { 406, "not_acceptable" }, { 408, "request_timeout" },
        { 409, "conflict" }, { 413, "body_too_large" },
        { 414, "uri_too_long" }, { 415, "unsupported_media_type" },
        { 418, "bad_request" }, { 422, "invalid_fields" },
        { 429, "too_many_requests" }, { 431, "headers_too_large" },
        { 494, "headers_too_large" }, { 495, "certificate_refused" },
        { 496, "certificate_required" }, { 497, "https_required" },
        { 499, "bad_request" }, { 500, "internal_error" },
        { 502, "bad_gateway" }, { 503, "overloaded" },
        { 504, "gateway_timeout" }, { 507, "storage_full" },
        { 599, "internal_error" }, { 0, "internal_error" },
        { 200, "internal_error" }, { -1, "internal_error" }
    };

    (void) state;

    for (i = 0; i < (int) (sizeof(cases) / sizeof(cases[0])); i++) {
        assert_string_equal(civic_problem_for_status(cases[i].status)->code,
                            cases[i].code);
    }
}


static void
test_every_promised_code_is_there(void **state)
{
    size_t               i;
    civic_problem_def_t  def;

    static const struct {
        const char  *code;
        int          status;
    } cases[] = {
        { "json_malformed", 400 }, { "json_too_deep", 400 },
        { "json_duplicate_key", 400 }, { "json_too_many_values", 400 },
        { "session_expired", 401 }, { "origin_refused", 403 },
        { "password_required", 403 },
        { "store_unavailable", 503 }, { "outcome_unknown", 503 },
        { "plugin_unavailable", 503 }, { "required", 0 },
        { "unknown_field", 0 }, { "wrong_type", 0 }, { "too_short", 0 },
        { "too_long", 0 }, { "too_small", 0 }, { "too_large", 0 },
        { "bad_format", 0 }, { "not_a_choice", 0 }, { "too_few", 0 },
        { "too_many", 0 }, { "duplicate_argument", 0 }, { "invalid", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(civic_problem_find(NULL, cases[i].code, &def), 0);
        assert_int_equal(def.status, cases[i].status);
    }
}


static int
ends_with(const char *text, const char *end)
{
    size_t  len = strlen(text), end_len = strlen(end);

    return len > end_len && strcmp(text + len - end_len, end) == 0;
}


/* Two sentences at least in Chinese: what happened, and what to do. */
static void
test_every_text_is_whole(void **state)
{
    size_t                      i, j;
    const char                 *stop;
    const civic_problem_def_t  *def;

    (void) state;

    for (i = 0; i < civic_host_problem_count; i++) {
        def = &civic_host_problems[i];

        assert_true(def->status == 0
                    || (def->status >= 400 && def->status < 600));
        assert_true(ends_with(def->zh, "。"));
        assert_true(ends_with(def->en, "."));

        stop = strstr(def->zh, "。");
        assert_true(stop != NULL && stop[3] != '\0');
        assert_non_null(strstr(def->en, ". "));

        for (j = 0; j < i; j++) {
            assert_string_not_equal(def->code, civic_host_problems[j].code);
        }
    }
}


/* With any amount of memory: the whole problem, or a writer that failed. */
static void
test_lack_of_memory(void **state)
{
    int               failed, whole;
    json_t           *json;
    size_t            limit;
    civic_arena_t    *small;
    civic_writer_t    w;
    civic_problem_t   problem = { .code = "attempts" };

    (void) state;

    context.plugin = &own;
    problem.params = json_pack("{s:s,s:s}", "left", "3", "wait", "稍候");
    failed = 0;
    whole = 0;

    for (limit = 64; limit < 6000; limit += 16) {
        small = civic_arena_create(64, limit);
        if (small == NULL) {
            continue;
        }

        civic_writer_init(&w, small, 0);
        (void) civic_problem_write(&w, &problem, &context);

        if (civic_writer_finish(&w) != 0) {
            failed++;

        } else {
            whole++;
            json = json_loadb(w.data, w.len, 0, NULL);
            assert_member(json, "type", "/problems/attempts");
            assert_member(json, "title", "还可以尝试 3 次");
            assert_member(json, "detail", "还可以尝试 3 次。请稍候。");
            json_decref(json);
        }

        civic_arena_destroy(small);
    }

    assert_true(failed > 0);
    assert_true(whole > 0);
    json_decref(problem.params);
}


int
main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest  tests[] = {
        TEST(test_the_least),
        TEST(test_members),
        TEST(test_which_consent),
        TEST(test_everything_that_helps),
        TEST(test_field_has_the_problems_params),
        TEST(test_a_rule_is_named_when_asked),
        TEST(test_the_plugin_speaks_first),
        TEST(test_the_wait_is_a_parameter),
        TEST(test_parameters_do_not_end_the_title),
        TEST(test_unknown_codes_are_internal_errors),
        TEST(test_short_entries_are_extended),
        TEST(test_texts),
        TEST(test_languages),
        TEST(test_what_is_unavailable_says_until_when),
        TEST(test_every_status_has_an_entry),
        TEST(test_every_promised_code_is_there),
        TEST(test_every_text_is_whole),
        TEST(test_lack_of_memory)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
