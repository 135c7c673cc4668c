/*
 * misuse_test.c - what a plugin gets that does what the contract forbids:
 * the documented answer, a line in the log that names the cause, and a host
 * that goes on serving.
 */

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"


static int
setup(void **state)
{
    (void) state;
    h = start_fixture("misuse");

    return h != NULL ? 0 : -1;
}


static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);

    return 0;
}


static fake_reply_t *
misuse(const char *what)
{
    char  path[128];

    snprintf(path, sizeof(path), "/misuse/%s", what);

    return fake_request(h, CIVIC_GET, path, NULL);
}


/* 500, and a line of level error that contains the text. */
static void
assert_bug(const char *what, const char *logged)
{
    unsigned       before;
    fake_reply_t  *rep;

    before = fake_log_count(h, logged);
    rep = misuse(what);

    assert_int_equal(rep->status, 500);
    assert_string_equal(rep->code, "internal_error");
    assert_string_equal(rep->content_type, "application/problem+json");
    assert_int_equal(fake_log_count(h, logged), before + 1);
    assert_true(fake_logged(h, "[error] misuse: "));

    assert_int_equal(misuse("unclosed")->status, 200);
}


static void
test_replies(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    assert_bug("no_reply", "without a reply");

    rep = misuse("reply_and_error");
    assert_int_equal(rep->status, 500);
    assert_null(strstr(rep->body, "written"));

    rep = misuse("replies_twice");
    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->body, "{\"which\":\"second\"}");

    rep = misuse("stale_writer");
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "which"), "second");

    assert_bug("bad_header", "header");
}


static void
test_garbage_results(void **state)
{
    size_t         i;
    fake_reply_t  *rep;

    static const struct {
        const char  *value;
        const char  *code;
    } results[] = {
        { "1", "internal_error" },
        { "200", "internal_error" },
        { "-8", "gateway_timeout" },
        { "-9", "internal_error" },
        { "-2147483648", "internal_error" },
        { "-1", "internal_error" },         /* aborted, and it was not */
        { "-2", "internal_error" },
        { "-3", "store_unavailable" },
        { "-4", "outcome_unknown" },
        { "-5", "overloaded" },
        { "-6", "internal_error" },
        { "-7", "internal_error" },
    };

    (void) state;

    for (i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        char  path[64];

        snprintf(path, sizeof(path), "garbage_result?value=%s",
                 results[i].value);
        rep = misuse(path);
        assert_string_equal(rep->code, results[i].code);
    }

    assert_bug("garbage_result?value=42", "42, which is no result");
}


static void
test_writer(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = misuse("unclosed");
    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->body, "{\"a\":{\"b\":[1]}}");

    assert_bug("overclosed", "writer");
    assert_bug("too_deep", "writer");
}


static void
test_undeclared(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    assert_bug("unknown_problem", "\"no_such_problem\"");
    assert_bug("field_error_as_problem", "\"misuse_field\"");
    assert_bug("unknown_rule", "\"no_such_rule\"");
    assert_bug("unknown_script", "\"no_such_script\"");
    assert_bug("unknown_purpose", "\"no_such_purpose\"");

    rep = misuse("unknown_call");
    assert_int_equal(rep->status, 500);
    assert_int_equal(rep->result, CIVIC_NOT_FOUND);

    rep = misuse("undeclared_option");
    assert_true(json_is_true(json_object_get(rep->json, "is_null")));
    assert_true(fake_logged(h, "\"no_such_option\""));

    assert_int_equal(misuse("unknown_metric")->status, 204);
    assert_true(fake_logged(h, "metric 4000000000"));
}


static void
test_redis(void **state)
{
    (void) state;

    fake_redis(h, "SET misuse before");

    assert_bug("write_by_redis", "civic_redis() only reads: \"SET\"");
    assert_bug("write_by_pipeline", "civic_redis() only reads: \"DEL\"");
    assert_string_equal(fake_redis(h, "GET misuse")->str, "before");

    assert_bug("script_error", "failed on purpose");
}


static void
test_bad_rules(void **state)
{
    (void) state;

    assert_bug("bad_rule?what=loops", "rule \"misbehave\" failed");
    assert_bug("bad_rule?what=loops_in_pcall", "rule \"misbehave\" failed");
    assert_bug("bad_rule?what=grows", "rule \"misbehave\" failed");
    assert_bug("bad_rule?what=breaks", "broken on purpose");
    assert_bug("bad_rule?what=answers_text", "rule \"misbehave\" failed");
    assert_bug("bad_rule?what=answers_nothing", "rule \"misbehave\" failed");
    assert_bug("bad_rule?what=answers_function", "rule \"misbehave\" failed");

    assert_int_equal(misuse("bad_rule?what=nothing")->status, 204);
}


static void
test_open_garbage(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = misuse("open_garbage");
    assert_int_equal(rep->status, 500);
    assert_int_equal(rep->result, CIVIC_INVALID);
}


static void
test_memory(void **state)
{
    (void) state;

    assert_bug("too_much_memory", "asks for more than");
    assert_bug("leaks_memory", "asks for more than");
}


static void
test_deep_stack(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = misuse("deep_stack");
    assert_int_equal(rep->status, 204);
    assert_true(rep->stack_used > 90 * 1024);
}


/* The guard page ends the process; nothing is overwritten in silence. */
static void
test_stack_overflow(void **state)
{
    int            status;
    pid_t          pid;
    struct rlimit  none = { 0, 0 };

    (void) state;

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGSEGV, SIG_DFL);
        misuse("stack_overflow");
        _exit(0);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
    assert_int_equal(misuse("unclosed")->status, 200);
}


static void
test_ignores_abort(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = fake_request(h, CIVIC_GET, "/misuse/ignores_abort",
                       &(fake_request_t) { .leave_at = 2 });
    assert_int_equal(rep->status, 0);
    assert_int_equal(rep->redis_calls, 2);
    assert_int_equal(rep->suspensions, 2);

    /* the host has answered, whatever the handler makes of it */

    rep = fake_request(h, CIVIC_GET, "/misuse/ignores_abort",
        &(fake_request_t) { .delay_at = 1, .delay_ms = 60000 });
    assert_int_equal(rep->status, 504);
}


/* A misuse of the fixture "careless": 500, and why. */
static void
assert_careless(fake_host_t *other, const char *what, const char *logged)
{
    char           path[128];
    fake_reply_t  *rep;

    snprintf(path, sizeof(path), "/careless/%s", what);
    rep = fake_request(other, CIVIC_POST, path, NULL);

    assert_int_equal(rep->status, 500);
    assert_string_equal(rep->code, "internal_error");
    assert_int_equal(fake_log_count(other, logged), 1);
    fake_host_reset(other);
}


static void
test_careless(void **state)
{
    fake_host_t   *other;
    fake_reply_t  *rep;

    (void) state;

    other = start_fixture("careless");
    assert_non_null(other);

    assert_careless(other, "script_slots", "needs keys of one slot");
    assert_careless(other, "script_keyless", "needs keys of one slot");
    assert_careless(other, "read_slots", "are in several slots");
    assert_careless(other, "read_keyless", "needs a command and a key");
    assert_careless(other, "refuse", "gave no reason");
    assert_careless(other, "status", "99 is no status");
    assert_careless(other, "close", "the host's to close");
    assert_careless(other, "header_name", "header that HTTP cannot carry");
    assert_careless(other, "session", "civic_session_begin()");
    assert_careless(other, "thread", "called from a thread");
    assert_careless(other, "threads", "no threads 7");

    rep = fake_request(other, CIVIC_POST, "/careless/path", NULL);
    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->body, "{\"len\":0}");
    assert_true(fake_logged(other, "\"{no_such_name}\""));

    fake_host_stop(other);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_replies, reset),
        cmocka_unit_test_setup(test_garbage_results, reset),
        cmocka_unit_test_setup(test_writer, reset),
        cmocka_unit_test_setup(test_undeclared, reset),
        cmocka_unit_test_setup(test_redis, reset),
        cmocka_unit_test_setup(test_bad_rules, reset),
        cmocka_unit_test_setup(test_open_garbage, reset),
        cmocka_unit_test_setup(test_memory, reset),
        cmocka_unit_test_setup(test_deep_stack, reset),
        cmocka_unit_test_setup(test_stack_overflow, reset),
        cmocka_unit_test_setup(test_ignores_abort, reset),
        cmocka_unit_test_setup(test_careless, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
