/*
 * redis_listen_test.c - a queue that listens (see redis_queue.h): messages
 * cut at every byte, too big, garbage; what may be told; and that it answers
 * commands again on the next connection.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "redis_queue.h"

#define LIMIT    (1024 * 1024)
#define MESSAGE  "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n"

static int    told;
static char   last[64];


static void
hear(void *data, const civic_value_t *value)
{
    assert_ptr_equal(data, last);
    told++;
    last[0] = '\0';

    if (value->type == CIVIC_VALUE_ARRAY && value->count == 3) {
        (void) snprintf(last, sizeof(last), "%.*s",
                        (int) value->items[2].str.len,
                        value->items[2].str.data);
    }
}


static void
answer(void *data, civic_result_t result, const civic_value_t *value)
{
    (void) value;
    *(civic_result_t *) data = result;
}


static civic_redis_queue_t *
listener(void)
{
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    assert_non_null(queue);
    assert_int_equal(civic_redis_queue_listen(queue, hear, last), 0);
    told = 0;

    return queue;
}


static int
feed(civic_redis_queue_t *queue, const char *bytes, size_t len)
{
    return civic_redis_queue_feed(queue, bytes, len, 1);
}


static void
test_cut_at_every_byte(void **state)
{
    size_t                cut, len = sizeof(MESSAGE MESSAGE) - 1;
    civic_redis_queue_t  *queue = listener();

    (void) state;

    for (cut = 0; cut <= len; cut++) {
        told = 0;
        assert_int_equal(feed(queue, MESSAGE MESSAGE, cut), 0);
        assert_int_equal(feed(queue, MESSAGE MESSAGE + cut, len - cut), 0);
        assert_int_equal(told, 2);
        assert_string_equal(last, "hello");
    }

    civic_redis_queue_destroy(queue);
}


static void
test_telling(void **state)
{
    civic_str_t           argv[] = { CIVIC_STR("SUBSCRIBE"), CIVIC_STR("c") };
    civic_str_t           output;
    civic_arena_t        *arena = civic_arena_create(256, LIMIT);
    civic_result_t        result = CIVIC_OK;
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    assert_int_equal(civic_redis_queue_tell(queue, argv, 2), -1);

    /* commands first get their answers */
    assert_non_null(civic_redis_queue_push(queue, argv, 2, arena, answer,
                                           &result, 1));
    assert_int_equal(civic_redis_queue_listen(queue, hear, last), -1);
    civic_redis_queue_consumed(queue, civic_redis_queue_output(queue).len);
    assert_int_equal(feed(queue, "+OK\r\n", 5), 0);

    assert_int_equal(civic_redis_queue_listen(queue, hear, last), 0);
    assert_null(civic_redis_queue_push(queue, argv, 2, arena, answer, &result,
                                       1));
    assert_int_equal(civic_redis_queue_tell(queue, argv, 0), -1);
    assert_int_equal(civic_redis_queue_tell(queue, argv, 2), 0);
    assert_int_equal(civic_redis_queue_pending(queue), 0);

    output = civic_redis_queue_output(queue);
    assert_int_equal(output.len, 26);
    assert_memory_equal(output.data,
                        "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n", 26);
    civic_redis_queue_destroy(queue);
    civic_arena_destroy(arena);
}


static void
test_it_listens_until_it_fails(void **state)
{
    civic_str_t           ping = CIVIC_STR("PING");
    civic_arena_t        *arena = civic_arena_create(256, LIMIT);
    civic_result_t        result = CIVIC_BUSY;
    civic_redis_queue_t  *queue = listener();

    (void) state;

    /* lost in the middle of a message */
    assert_int_equal(feed(queue, MESSAGE, 20), 0);
    civic_redis_queue_fail(queue);
    assert_int_equal(civic_redis_queue_tell(queue, &ping, 1), -1);
    assert_int_equal(feed(queue, "+PONG\r\n", 7), -1);
    civic_redis_queue_fail(queue);

    assert_non_null(civic_redis_queue_push(queue, &ping, 1, arena, answer,
                                           &result, 1));
    civic_redis_queue_consumed(queue, civic_redis_queue_output(queue).len);
    assert_int_equal(feed(queue, "+PONG\r\n", 7), 0);
    assert_int_equal(result, CIVIC_OK);
    assert_int_equal(told, 0);

    assert_int_equal(civic_redis_queue_listen(queue, hear, last), 0);
    assert_int_equal(feed(queue, MESSAGE, sizeof(MESSAGE) - 1), 0);
    assert_int_equal(told, 1);
    civic_redis_queue_destroy(queue);
    civic_arena_destroy(arena);
}


static void
test_garbage(void **state)
{
    civic_redis_queue_t  *queue = listener();

    (void) state;
    assert_int_equal(feed(queue, "hello\r\n", 7), -1);
    assert_int_equal(told, 0);
    civic_redis_queue_destroy(queue);
}


/* Whatever is not our message is still a value; one too big is an end. */
static void
test_other_values(void **state)
{
    char                 *big = calloc(1, 100 * 1024);
    civic_redis_queue_t  *queue = listener();

    (void) state;
    assert_int_equal(feed(queue, "-ERR no\r\n:7\r\n$-1\r\n*0\r\n", 22), 0);
    assert_int_equal(told, 4);

    (void) strcpy(big, "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$90000\r\n");
    (void) memset(big + strlen(big), 'x', 90000);
    (void) strcat(big, "\r\n");
    assert_int_equal(feed(queue, big, strlen(big)), -1);
    assert_int_equal(told, 4);
    civic_redis_queue_destroy(queue);
    free(big);
}


/* Memory is given back after each: a hundred thousand take no more. */
static void
test_many(void **state)
{
    int                   i;
    civic_redis_queue_t  *queue = listener();

    (void) state;

    for (i = 0; i < 100000; i++) {
        assert_int_equal(feed(queue, MESSAGE, sizeof(MESSAGE) - 1), 0);
    }

    assert_int_equal(told, 100000);
    civic_redis_queue_destroy(queue);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_telling),
        cmocka_unit_test(test_it_listens_until_it_fails),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_other_values),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
