/*
 * redis_info_test.c - what is read of INFO, and what of a damaged one.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "redis_info.h"

#define TEST(f)  cmocka_unit_test(f)
#define MAX_LAG  10

/* As Redis 7.0 answers "INFO memory persistence replication", shortened. */
#define MASTER                                                                \
    "# Memory\r\n"                                                            \
    "used_memory:1048576\r\n"                                                 \
    "used_memory_human:1.00M\r\n"                                             \
    "maxmemory:4194304\r\n"                                                   \
    "maxmemory_human:4.00M\r\n"                                               \
    "maxmemory_policy:noeviction\r\n"                                         \
    "\r\n"                                                                    \
    "# Persistence\r\n"                                                       \
    "loading:0\r\n"                                                           \
    "aof_enabled:1\r\n"                                                       \
    "\r\n"                                                                    \
    "# Replication\r\n"                                                       \
    "role:master\r\n"                                                         \
    "connected_slaves:3\r\n"                                                  \
    "slave0:ip=10.0.0.2,port=6379,state=online,offset=1400,lag=0\r\n"         \
    "slave1:ip=10.0.0.3,port=6379,state=online,offset=9,lag=42\r\n"           \
    "slave2:ip=10.0.0.4,port=6379,state=wait_bgsave,offset=0,lag=0\r\n"       \
    "master_repl_offset:1400\r\n"


static civic_redis_info_t
read_info(const char *text)
{
    civic_redis_info_t  info;

    civic_redis_info_read(civic_cstr(text), MAX_LAG, &info);

    return info;
}


static void
a_masters_answer(void **state)
{
    civic_redis_info_t  info = read_info(MASTER);

    (void) state;

    assert_int_equal(info.used_memory, 1048576);
    assert_int_equal(info.maxmemory, 4194304);
    assert_int_equal(civic_redis_info_memory_percent(&info), 25);
    assert_int_equal(info.append_only, 1);
    assert_int_equal(info.is_replica, 0);
    assert_true(civic_str_eq(info.policy, CIVIC_STR("noeviction")));
    assert_int_equal(info.replicas, 3);
    assert_int_equal(info.good_replicas, 1);
    assert_int_equal(info.worst_lag, 42);
}


static void
a_name_is_a_whole_name(void **state)
{
    civic_str_t  text = CIVIC_STR("used_memory_human:1M\r\n"
                                  "xused_memory:5\r\nused_memory:7\r\n");

    (void) state;

    assert_int_equal(civic_redis_info_number(text, "used_memory"), 7);
    assert_int_equal(civic_redis_info_number(text, "used"), -1);
    assert_int_equal(civic_redis_info_field(text, "used_memory_human").len, 2);
}


static void
what_is_not_told_is_unknown(void **state)
{
    civic_redis_info_t  info = read_info("");

    (void) state;

    assert_int_equal(info.used_memory, -1);
    assert_int_equal(info.maxmemory, -1);
    assert_int_equal(info.append_only, -1);
    assert_int_equal(info.policy.len, 0);
    assert_int_equal(info.worst_lag, -1);
    assert_int_equal(civic_redis_info_memory_percent(&info), 0);
}


static void
no_bound_is_no_percentage(void **state)
{
    civic_redis_info_t  info = read_info("used_memory:10\nmaxmemory:0\n");

    (void) state;

    assert_int_equal(info.maxmemory, 0);
    assert_int_equal(civic_redis_info_memory_percent(&info), 0);
}


static void
large_numbers(void **state)
{
    civic_redis_info_t  info;

    (void) state;

    info = read_info("used_memory:900000000000000000\r\n"
                     "maxmemory:999999999999999999\r\n");
    assert_int_equal(civic_redis_info_memory_percent(&info), 90);

    info = read_info("used_memory:9999999999999999999999\r\nmaxmemory:-1\r\n"
                     "aof_enabled:yes\r\n");
    assert_int_equal(info.used_memory, -1);
    assert_int_equal(info.maxmemory, -1);
    assert_int_equal(info.append_only, -1);
}


static void
a_replica(void **state)
{
    civic_redis_info_t  info = read_info("role:slave\r\naof_enabled:0\r\n");

    (void) state;

    assert_int_equal(info.is_replica, 1);
    assert_int_equal(info.append_only, 0);
    assert_int_equal(info.replicas, 0);
}


static void
many_replicas(void **state)
{
    int                  i;
    char                 text[8192];
    size_t               len = 0;
    civic_redis_info_t   info;

    (void) state;

    for (i = 0; i < 70; i++) {
        len += (size_t) snprintf(text + len, sizeof(text) - len,
            "slave%d:ip=10.0.0.2,port=6379,state=online,offset=1,lag=%d\r\n",
            i, i % 12);
    }

    info = read_info(text);
    assert_int_equal(info.replicas, 64);
    assert_int_equal(info.good_replicas, 59);
    assert_int_equal(info.worst_lag, 11);
}


/* Each cut lies in memory of just its size: reading behind it is noticed by
   the sanitizers. */
static void
cut_off_anywhere(void **state)
{
    char                *copy;
    size_t               n;
    civic_str_t          text;
    civic_redis_info_t   info;

    (void) state;

    for (n = 0; n <= strlen(MASTER); n++) {
        copy = malloc(n == 0 ? 1 : n);
        assert_non_null(copy);
        memcpy(copy, MASTER, n);
        text.data = copy;
        text.len = n;
        civic_redis_info_read(text, MAX_LAG, &info);
        assert_in_range(info.good_replicas, 0, 2);
        assert_in_range(info.replicas, 0, 3);
        free(copy);
    }
}


static void
broken_replicas(void **state)
{
    civic_redis_info_t  info;

    (void) state;

    info = read_info("slave0:\r\nslave1:state=online,lag=0\r\n");
    assert_int_equal(info.replicas, 0);

    info = read_info("slave0:,,=,state=online\r\n"
                     "slave1:xstate=online,lag=0\r\n"
                     "slave2:lag=3,state=online\r\n"
                     "slave3:state=online,lag=\r\n");
    assert_int_equal(info.replicas, 4);
    assert_int_equal(info.good_replicas, 1);
    assert_int_equal(info.worst_lag, 3);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(a_masters_answer),
        TEST(a_name_is_a_whole_name),
        TEST(what_is_not_told_is_unknown),
        TEST(no_bound_is_no_percentage),
        TEST(large_numbers),
        TEST(a_replica),
        TEST(many_replicas),
        TEST(cut_off_anywhere),
        TEST(broken_replicas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
