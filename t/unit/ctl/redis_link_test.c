/*
 * redis_link_test.c - redirects are followed, and losses are told as losses.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>

#include "redis_link.h"
#include "scripted.h"

static scripted_t       one, two;
static ctl_redis_t     *redis;
static civic_failure_t  failure;


static int
set_up(void **state)
{
    (void) state;
    redis = NULL;
    memset(&failure, 0, sizeof(failure));

    return scripted_listen(&one) != 0 || scripted_listen(&two) != 0;
}


static int
tear_down(void **state)
{
    (void) state;
    ctl_redis_close(redis);
    scripted_stop(&one);
    scripted_stop(&two);

    return 0;
}


static ctl_redis_t *
connect_to(const char *address, const char *user, const char *password)
{
    ctl_redis_config_t  config = {
        .addresses = { address }, .count = 1, .user = user,
        .password = password, .timeout = 300
    };

    redis = ctl_redis_connect(&config, &failure);

    return redis;
}


static redisReply *
get(void)
{
    civic_str_t  argv[] = { CIVIC_STR("GET"), CIVIC_STR("key") };

    return ctl_redis_command(redis, 2, argv, &failure);
}


static void
answer_is(const char *text)
{
    redisReply  *reply = get();

    if (reply == NULL) {
        fail_msg("no answer: %s", failure.text);
    }

    assert_int_equal(reply->type, REDIS_REPLY_STRING);
    assert_string_equal(reply->str, text);
    freeReplyObject(reply);
}


static void
test_answers_in_pieces(void **state)
{
    static const char *const  script[] = { "$5\r\nhello\r\n", "$1\r\nx\r\n",
                                           NULL };

    (void) state;

    assert_int_equal(scripted_start(&one, script), 0);
    assert_non_null(connect_to(one.address, NULL, NULL));
    assert_string_equal(ctl_redis_address(redis), one.address);
    answer_is("hello");
    answer_is("x");

    /* The server has closed. */
    assert_null(get());
    assert_non_null(strstr(failure.text, one.address));
}


static void
test_logs_in(void **state)
{
    static const char *const  good[] = { "+OK\r\n", "$1\r\nx\r\n", NULL };
    static const char *const  bad[] = { "-WRONGPASS invalid\r\n", NULL };

    (void) state;

    assert_int_equal(scripted_start(&one, good), 0);
    assert_non_null(connect_to(one.address, "civic", "secret"));
    answer_is("x");
    ctl_redis_close(redis);

    assert_int_equal(scripted_start(&two, bad), 0);
    assert_null(connect_to(two.address, "civic", "secret"));
    assert_non_null(strstr(failure.text, "WRONGPASS"));
    assert_null(strstr(failure.text, "secret"));
}


static void
test_moved(void **state)
{
    char                      moved[64];
    const char               *first[] = { moved, NULL };
    static const char *const  second[] = { "$1\r\nx\r\n", NULL };

    (void) state;

    (void) snprintf(moved, sizeof(moved), "-MOVED 12539 %s\r\n", two.address);
    assert_int_equal(scripted_start(&one, first), 0);
    assert_int_equal(scripted_start(&two, second), 0);
    assert_non_null(connect_to(one.address, NULL, NULL));
    answer_is("x");
}


/* ASKING goes first, to the node that was named. */
static void
test_ask(void **state)
{
    char                      ask[64];
    const char               *first[] = { ask, NULL };
    static const char *const  second[] = { "+OK\r\n", "$1\r\nx\r\n", NULL };

    (void) state;

    (void) snprintf(ask, sizeof(ask), "-ASK 12539 %s\r\n", two.address);
    assert_int_equal(scripted_start(&one, first), 0);
    assert_int_equal(scripted_start(&two, second), 0);
    assert_non_null(connect_to(one.address, NULL, NULL));
    answer_is("x");
}


static void
test_tries_again(void **state)
{
    static const char *const  script[] = {
        "-TRYAGAIN multiple keys\r\n", "-LOADING dataset\r\n",
        "$1\r\nx\r\n", NULL
    };

    (void) state;

    assert_int_equal(scripted_start(&one, script), 0);
    assert_non_null(connect_to(one.address, NULL, NULL));
    answer_is("x");
}


static void
test_a_circle_ends(void **state)
{
    char         moved[64];
    const char  *script[40];
    size_t       i;

    (void) state;

    (void) snprintf(moved, sizeof(moved), "-MOVED 1 %s\r\n", one.address);

    for (i = 0; i < 39; i++) {
        script[i] = moved;
    }

    script[39] = NULL;
    assert_int_equal(scripted_start(&one, script), 0);
    assert_non_null(connect_to(one.address, NULL, NULL));
    assert_null(get());
    assert_non_null(strstr(failure.text, "redirected over 16 times"));
}


static void
test_errors_are_told(void **state)
{
    static const char *const  script[] = { "-ERR no such thing\r\n", NULL };

    (void) state;

    assert_int_equal(scripted_start(&one, script), 0);
    assert_non_null(connect_to(one.address, NULL, NULL));
    assert_null(get());
    assert_non_null(strstr(failure.text, "ERR no such thing"));
}


static void
test_garbage(void **state)
{
    static const char *const  script[] = { "HTTP/1.1 400 Bad\r\n", NULL };

    (void) state;

    assert_int_equal(scripted_start(&one, script), 0);
    assert_non_null(connect_to(one.address, NULL, NULL));
    assert_null(get());
    assert_non_null(strstr(failure.text, "answers garbage"));
}


/* It accepts, and never says a word: the timeout ends it. */
static void
test_silence(void **state)
{
    static const char *const  script[] = { "", "", NULL };

    (void) state;

    assert_int_equal(scripted_start(&one, script), 0);
    assert_non_null(connect_to(one.address, NULL, NULL));
    assert_null(get());
    assert_non_null(strstr(failure.text, "does not answer; the command may"));
}


static void
test_nobody_listens(void **state)
{
    char  long_path[256] = "unix:/";

    (void) state;

    assert_null(connect_to("127.0.0.1:1", NULL, NULL));
    assert_non_null(strstr(failure.text, "127.0.0.1:1: Connection refused"));
    assert_null(connect_to("unix:/nowhere/redis.sock", NULL, NULL));
    assert_non_null(strstr(failure.text, "/nowhere/redis.sock"));

    memset(long_path + 6, 'x', sizeof(long_path) - 7);
    assert_null(connect_to(long_path, NULL, NULL));
    assert_non_null(strstr(failure.text, "the path is too long"));
}


/* The first address that answers is taken. */
static void
test_second_address(void **state)
{
    ctl_redis_config_t        config = {
        .addresses = { "127.0.0.1:1", one.address }, .count = 2,
        .timeout = 300
    };
    static const char *const  script[] = { "$1\r\nx\r\n", NULL };

    (void) state;

    assert_int_equal(scripted_start(&one, script), 0);
    redis = ctl_redis_connect(&config, &failure);
    assert_non_null(redis);
    answer_is("x");
}


#define LINK_TEST(name)                                                       \
    cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        LINK_TEST(test_answers_in_pieces),
        LINK_TEST(test_logs_in),
        LINK_TEST(test_moved),
        LINK_TEST(test_ask),
        LINK_TEST(test_tries_again),
        LINK_TEST(test_a_circle_ends),
        LINK_TEST(test_errors_are_told),
        LINK_TEST(test_garbage),
        LINK_TEST(test_silence),
        LINK_TEST(test_nobody_listens),
        LINK_TEST(test_second_address),
    };

    (void) signal(SIGPIPE, SIG_IGN);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
