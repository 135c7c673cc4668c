/*
 * plugin_check_test.c - every fault of a table is told by name.
 *
 * Each test takes the same valid plugin, breaks one thing, and expects the
 * text that names it.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "plugin_file.h"

static civic_plugin_t      plugin;
static civic_option_t      options[2];
static civic_route_t       routes[2];
static civic_problem_def_t problems[3];
static civic_rule_def_t    rules[2];
static civic_script_def_t  scripts[2];
static civic_call_def_t    calls[2];
static civic_metric_def_t  metrics[2];
static civic_purpose_def_t purposes[2];
static civic_job_def_t     jobs[2];
static civic_outbox_def_t  outboxes[2];
static const char         *uploads[3];
static civic_field_t       body[3];
static const char         *named[3];


static civic_result_t
handler(civic_request_t *r)
{
    (void) r;

    return CIVIC_OK;
}


static civic_result_t
call_handler(civic_request_t *r, json_t *in, json_t **out)
{
    (void) r;
    (void) in;
    *out = NULL;

    return CIVIC_OK;
}


static civic_result_t
job_run(civic_request_t *r, const civic_job_t *job)
{
    (void) r;
    (void) job;

    return CIVIC_OK;
}


static void
make_fields(void)
{
    memset(options, 0, sizeof(options));
    options[0] = (civic_option_t) { .name = "city", .type = CIVIC_TYPE_STRING,
        .zh = "城市", .en = "the city", .fallback = "\"Xining\"" };
    options[1] = (civic_option_t) { .name = "limit",
        .type = CIVIC_TYPE_INTEGER, .min = 1, .max = 9, .zh = "上限",
        .en = "a limit", .flags = CIVIC_REQUIRED };

    memset(body, 0, sizeof(body));
    body[0] = (civic_field_t) { .name = "code", .type = CIVIC_TYPE_STRING,
        .pattern = "[0-9]{4}", .zh = "代码", .en = "a code" };
    body[1] = (civic_field_t) { .name = "count", .type = CIVIC_TYPE_INTEGER,
        .zh = "数", .en = "a count" };
}


static void
make_plugin(void)
{
    make_fields();

    named[0] = "too_late";
    named[1] = "not_found";
    named[2] = NULL;

    routes[0] = (civic_route_t) { .method = CIVIC_POST, .path = "/x/{id}",
        .handler = handler, .roles = CIVIC_CITIZEN, .flags = CIVIC_CHANGES,
        .body = body, .problems = named, .zh = "测试", .en = "a test" };
    routes[1] = (civic_route_t) { .method = CIVIC_GET, .path = "/x/{id}",
        .handler = handler, .roles = CIVIC_ANYONE, .zh = "测试",
        .en = "a test" };

    problems[0] = (civic_problem_def_t) { "too_late", 409, "晚了。", "Late." };
    problems[1] = (civic_problem_def_t) { "bad_code", 0, "错了。", "Wrong." };
    problems[2] = (civic_problem_def_t) { "other", 422, "其他。", "Other." };

    rules[0] = (civic_rule_def_t) { .name = "hours", .input = body };
    rules[1] = (civic_rule_def_t) { .name = "limits" };
    scripts[0] = (civic_script_def_t) { .name = "test_write" };
    scripts[1] = (civic_script_def_t) { .name = "test_erase" };
    calls[0] = (civic_call_def_t) { .name = "one", .handler = call_handler };
    calls[1] = (civic_call_def_t) { .name = "two", .handler = call_handler };
    metrics[0] = (civic_metric_def_t) { "visits", "Visits." };
    metrics[1] = (civic_metric_def_t) { "errors", "Errors." };
    purposes[0] = (civic_purpose_def_t) { .name = "phone" };
    purposes[1] = (civic_purpose_def_t) { .name = "address" };

    jobs[0] = (civic_job_def_t) { .name = "sweep", .interval = 1,
        .run = job_run, .en = "Sweeps." };
    jobs[1] = (civic_job_def_t) { .name = "rebuild", .interval = 86400,
        .shards = 256, .deadline = 600000, .run = job_run, .en = "Rebuilds." };

    outboxes[0] = (civic_outbox_def_t) { .name = "pushes" };
    outboxes[1] = (civic_outbox_def_t) { .name = "letters" };

    uploads[0] = "image/jpeg";
    uploads[1] = "text/plain";
    uploads[2] = NULL;

    plugin = (civic_plugin_t) { .name = "test_plugin", .version = "1",
        .zh = "测试", .en = "a test",
        .options = CIVIC_TABLE(options), .routes = CIVIC_TABLE(routes),
        .problems = CIVIC_TABLE(problems), .rules = CIVIC_TABLE(rules),
        .scripts = CIVIC_TABLE(scripts), .calls = CIVIC_TABLE(calls),
        .metrics = CIVIC_TABLE(metrics), .purposes = CIVIC_TABLE(purposes),
        .jobs = CIVIC_TABLE(jobs), .outboxes = CIVIC_TABLE(outboxes) };
}


static int
set_up(void **state)
{
    (void) state;
    make_plugin();

    return 0;
}


static void
accepted(void)
{
    civic_failure_t  failure = { "" };

    if (civic_plugin_check(&plugin, &failure) != 0) {
        fail_msg("refused: %s", failure.text);
    }

    make_plugin();
}


static void
refused(const char *text)
{
    civic_failure_t  failure = { "" };

    assert_int_equal(civic_plugin_check(&plugin, &failure), -1);

    if (strstr(failure.text, text) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", failure.text, text);
    }

    make_plugin();
}


static void
test_accepted(void **state)
{
    (void) state;

    accepted();

    plugin.routes.count = plugin.options.count = plugin.calls.count = 0;
    accepted();

    /* The same path under another method, and a name of 32 characters. */
    routes[1].method = CIVIC_PUT;
    accepted();
    plugin.name = "a2345678901234567890123456789012";
    accepted();
}


static void
test_plugin_itself(void **state)
{
    (void) state;

    plugin.name = NULL;
    refused("named \"(none)\"");
    plugin.name = "a23456789012345678901234567890123";
    refused("32 characters at most");
    plugin.name = "1x";
    refused("named \"1x\"");
    plugin.name = "x-y";
    refused("named \"x-y\"");
    plugin.name = "x";
    plugin.flags = CIVIC_SANDBOX_ONLY;
    accepted();
    plugin.flags = 0x10;
    refused("unknown flags 0x10");
    plugin.flags = 0;
    plugin.version = "";
    refused("lacks its version");
    plugin.zh = NULL;
    refused("lacks its version, zh or en");
    plugin.en = NULL;
    refused("lacks its version, zh or en");
}


static void
test_broken_tables(void **state)
{
    (void) state;

    plugin.routes.items = NULL;
    refused("routes: a broken table");
    plugin.options.size = 0;
    refused("options: a broken table");
    plugin.metrics.size = 1 << 20;
    refused("metrics: a broken table");
    plugin.calls.count = 1 << 20;
    refused("calls: a broken table");
}


static void
test_names(void **state)
{
    (void) state;

    options[1].name = "city";
    refused("options: \"city\" stands twice");
    options[1].name = NULL;
    refused("options: element 1 is named \"(none)\"");
    problems[2].code = "too_late";
    refused("problems: \"too_late\" stands twice");
    rules[1].name = "hours";
    refused("rules: \"hours\" stands twice");
    rules[1].name = "examples";
    refused("\"examples\" is not a rule's name");
    scripts[1].name = "../../etc/passwd";
    refused("scripts: element 1 is named \"../../etc/passwd\"");
    calls[1].name = "one";
    refused("calls: \"one\" stands twice");
    metrics[1].name = "has space";
    refused("metrics: element 1");
    purposes[1].name = "phone";
    refused("purposes: \"phone\" stands twice");
    purposes[0].name = "session";
    refused("purposes: \"session\" is the host's own");
}


static void
test_options(void **state)
{
    (void) state;

    options[0].fallback = "Xining";
    refused("the fallback Xining of \"city\" is no JSON");
    options[0].fallback = "7";
    refused("the fallback of \"city\" is refused by its own schema: "
            "wrong_type");
    options[1].fallback = "10";
    refused("the fallback of \"limit\" is refused by its own schema: "
            "too_large");
    options[1].fallback = "9";
    accepted();
    options[0].pattern = "(";
    refused("options: ");
}


static void
test_problems(void **state)
{
    (void) state;

    problems[0].status = 200;
    refused("problems: \"too_late\" has status 200");
    problems[0].status = 600;
    refused("has status 600");
    problems[1].zh = "";
    refused("\"bad_code\" lacks its text");
    problems[1].en = NULL;
    refused("\"bad_code\" lacks its text");
    problems[1].example = 1;
    accepted();
    problems[0].example = 1;
    refused("\"too_late\" is no error of a field, which alone has an example");
}


static void
test_examples(void **state)
{
    (void) state;

    body[0].example = "0719";
    accepted();
    body[0].example = "719";
    refused("POST /test-plugin/x/{id}: field \"code\": its example \"719\" is "
            "wrong: bad_format");
}


static void
test_problem_members(void **state)
{
    static civic_field_t  members[2];

    (void) state;

    members[0] = (civic_field_t) { .name = "left",
                                   .type = CIVIC_TYPE_INTEGER };
    problems[0].members = members;
    accepted();

    problems[1].members = members;
    refused("problem \"bad_code\": the error of a field has no members");

    members[0].type = CIVIC_TYPE_NONE;
    problems[0].members = members;
    refused("problem \"too_late\": ");

    members[0] = (civic_field_t) { .name = "retry_after",
                                   .type = CIVIC_TYPE_INTEGER };
    problems[0].members = members;
    refused("problem \"too_late\": the member \"retry_after\" is the host's");
}


static void
test_route_flags(void **state)
{
    (void) state;

    routes[0].roles = 0;
    refused("POST /test-plugin/x/{id}: roles are 0x0");
    routes[0].roles = 0x8000;
    refused("roles are 0x8000");
    routes[0].flags = 0x4000;
    refused("unknown flags 0x4000");
    routes[1].flags = CIVIC_CHANGES;
    refused("GET /test-plugin/x/{id}: a GET cannot have CIVIC_CHANGES");
    routes[0].cost = CIVIC_COST_CLASSES;
    refused("unknown cost class");
    routes[0].cost = (civic_cost_t) -1;
    refused("unknown cost class -1");
}


static void
test_route_shape(void **state)
{
    (void) state;

    routes[0].handler = NULL;
    refused("has no handler");
    routes[0].zh = NULL;
    refused("lacks what it does");
    routes[0].en = "";
    refused("lacks what it does");
    routes[0].status = 404;
    refused("status 404, expected 200 to 299");
    routes[1].body = body;
    refused("a GET has no body");
    routes[0].max_body = (size_t) 1 << 40;
    refused("max_body");
    routes[0].deadline = 3600 * 1000;
    refused("deadline");
    routes[0].method = 0;
    refused("routes: element 0 has the method 0");
    routes[1].method = 99;
    refused("routes: element 1 has the method 99");
}


static void
test_route_paths(void **state)
{
    static char  path[1024];

    (void) state;

    routes[1].path = NULL;
    refused("routes: element 1 has no path");
    routes[1].path = "beside";
    refused("routes: the path \"beside\" does not begin with \"/\"");
    routes[0].path = "/x/{id";
    refused("POST /test-plugin/x/{id: ");
    routes[0].method = CIVIC_GET;
    routes[0].flags = 0;
    routes[0].body = NULL;
    routes[1].path = "/x/{name}";
    refused("GET /test-plugin/x/{name}: ");
    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    routes[0].path = path;
    refused("is too long");
}


static void
test_route_schemas(void **state)
{
    static const civic_field_t  query[] = {
        { .name = "list", .type = CIVIC_TYPE_ARRAY, .fields = body },
        CIVIC_END
    };

    (void) state;

    body[0].pattern = "[0-9";
    refused("POST /test-plugin/x/{id}: ");
    body[1].name = "code";
    refused("POST /test-plugin/x/{id}: ");
    body[1].type = (civic_type_t) 77;
    refused("POST /test-plugin/x/{id}: ");
    routes[1].query = query;
    refused("GET /test-plugin/x/{id}: the argument \"list\"");
    routes[0].body = NULL;
    routes[1].reply = body;
    body[0].pattern = "[0-9";
    refused("GET /test-plugin/x/{id}: ");
    routes[0].body = NULL;
    body[0].pattern = "[0-9";
    refused("rule \"hours\": ");
}


static void
test_route_problems(void **state)
{
    static const char  *endless[200];
    size_t              i;

    (void) state;

    named[1] = "nobody";
    refused("names the problem \"nobody\", which nobody defines");
    named[1] = "bad_code";
    refused("\"bad_code\", which is the error of a field");

    for (i = 0; i < 200; i++) {
        endless[i] = "not_found";
    }

    routes[1].problems = endless;
    refused("is its list ended by NULL?");
}


/* The first route as one that takes files. */
static civic_route_t *
upload(void)
{
    routes[0].body = NULL;
    routes[0].max_body = 3 * 1024 * 1024;
    routes[0].uploads = uploads;

    return &routes[0];
}


static void
test_uploads(void **state)
{
    size_t             i;
    static const char  *many[34];
    static const char  *const bad[] = {
        "", "image", "image/", "/jpeg", "Image/jpeg", "image/jpeg; q=1",
        " image/jpeg", "image/jpeg ", "image/*", "*/*", "image/jpeg,image/png",
        "multipart/mixed",
        "image/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };

    (void) state;

    (void) upload();
    accepted();
    upload()->method = CIVIC_PUT;
    accepted();
    upload()->max_body = 64 * 1024 * 1024;
    accepted();

    upload()->method = CIVIC_PATCH;
    refused("PATCH /test-plugin/x/{id}: uploads are for a POST or PUT");
    upload()->method = CIVIC_DELETE;
    refused("uploads are for a POST or PUT");
    upload()->flags = 0;
    refused("with CIVIC_CHANGES");
    upload()->roles = CIVIC_CITIZEN | CIVIC_ANYONE;
    refused("that only people with a session call");
    upload()->roles = CIVIC_ANYONE;
    refused("that only people with a session call");
    upload()->body = body;
    refused("with uploads it has no body");
    upload()->max_body = 0;
    refused("and says its max_body");
    upload()->max_body = 64 * 1024 * 1024 + 1;
    refused("max_body");

    (void) upload();
    uploads[0] = NULL;
    refused("uploads is an empty list");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void) upload();
        uploads[1] = bad[i];
        refused("expected a media type in lower case");
    }

    for (i = 0; i < 33; i++) {
        many[i] = "image/jpeg";
    }

    upload()->uploads = many;
    refused("over 32 uploads; is its list ended by NULL?");
    upload()->uploads = many + 1;
    accepted();
}


/* The first route as one that takes bytes. */
static civic_route_t *
raw(void)
{
    routes[0].body = NULL;
    routes[0].uploads = NULL;
    routes[0].raw = uploads;

    return &routes[0];
}


static void
test_raw_bodies(void **state)
{
    (void) state;

    (void) raw();
    accepted();
    raw()->max_body = 0;
    accepted();
    raw()->roles = CIVIC_ANYONE;
    accepted();

    raw()->body = body;
    refused("with raw it is no GET, and has no other body");
    (void) upload();
    routes[0].raw = uploads;
    refused("has no other body");
    raw()->method = CIVIC_GET;
    raw()->flags = 0;
    refused("with raw it is no GET");

    (void) raw();
    uploads[1] = "Text/Plain";
    refused("raw \"Text/Plain\", expected a media type in lower case");
    (void) raw();
    uploads[1] = "multipart/form-data";
    accepted();
    (void) raw();
    uploads[1] = "multipart/mixed";
    refused("raw \"multipart/mixed\", expected a media type");
    (void) upload();
    uploads[1] = "multipart/form-data";
    refused("uploads \"multipart/form-data\", expected a media type");
    (void) raw();
    uploads[0] = NULL;
    refused("raw is an empty list");
}


static void
test_outboxes(void **state)
{
    (void) state;

    outboxes[1].name = "Pushes";
    refused("outboxes: element 1 is named \"Pushes\"");
    outboxes[0].name = NULL;
    refused("outboxes: element 0 is named \"(none)\"");
    outboxes[1].name = "pushes";
    refused("outboxes: \"pushes\" stands twice");
    plugin.outboxes.size = 0;
    refused("outboxes: a broken table");
}


static void
test_calls(void **state)
{
    (void) state;

    calls[0].handler = NULL;
    refused("calls: \"one\" has no handler");
}


static void
test_jobs(void **state)
{
    (void) state;

    jobs[0].run = NULL;
    refused("jobs: \"sweep\" has no run");
    jobs[0].interval = 0;
    refused("jobs: \"sweep\" has an interval of 0 s, expected 1 to 86400");
    jobs[1].interval = 86401;
    refused("jobs: \"rebuild\" has an interval of 86401 s");
    jobs[1].shards = 257;
    refused("jobs: \"rebuild\" has 257 shards, expected 256 at most");
    jobs[1].deadline = 600001;
    refused("jobs: \"rebuild\" has a deadline of 600001 ms");
    jobs[1].en = NULL;
    refused("jobs: \"rebuild\" lacks what it does, in en");
    jobs[1].name = "sweep";
    refused("jobs: \"sweep\" stands twice");
    jobs[1].name = "Sweep.all";
    refused("jobs: element 1 is named \"Sweep.all\"");
    plugin.jobs.size = 0;
    refused("jobs: a broken table");

    /* absent members are the defaults */
    jobs[0].shards = 0;
    jobs[0].deadline = 0;
    accepted();
}


static void
test_options_array(void **state)
{
    civic_field_t  *fields;

    (void) state;

    fields = civic_plugin_options(&plugin);
    assert_non_null(fields);
    assert_string_equal(fields[0].name, "city");
    assert_string_equal(fields[1].name, "limit");
    assert_null(fields[2].name);
    free(fields);
}


static void
test_url_name(void **state)
{
    char  out[64];

    (void) state;

    civic_plugin_url_name(&plugin, out);
    assert_string_equal(out, "test-plugin");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_accepted, set_up),
        cmocka_unit_test_setup(test_plugin_itself, set_up),
        cmocka_unit_test_setup(test_broken_tables, set_up),
        cmocka_unit_test_setup(test_names, set_up),
        cmocka_unit_test_setup(test_options, set_up),
        cmocka_unit_test_setup(test_problems, set_up),
        cmocka_unit_test_setup(test_problem_members, set_up),
        cmocka_unit_test_setup(test_examples, set_up),
        cmocka_unit_test_setup(test_route_flags, set_up),
        cmocka_unit_test_setup(test_route_shape, set_up),
        cmocka_unit_test_setup(test_route_paths, set_up),
        cmocka_unit_test_setup(test_route_schemas, set_up),
        cmocka_unit_test_setup(test_route_problems, set_up),
        cmocka_unit_test_setup(test_uploads, set_up),
        cmocka_unit_test_setup(test_raw_bodies, set_up),
        cmocka_unit_test_setup(test_outboxes, set_up),
        cmocka_unit_test_setup(test_calls, set_up),
        cmocka_unit_test_setup(test_jobs, set_up),
        cmocka_unit_test_setup(test_options_array, set_up),
        cmocka_unit_test_setup(test_url_name, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
