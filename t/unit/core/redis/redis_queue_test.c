/*
 * redis_queue_test.c - the pipelined connection against answers of all kinds:
 * cut at every byte, given up in the middle, wrong, too big, not asked for.
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

#define LIMIT  (1024 * 1024)

/* What a call has heard. */
typedef struct {
    int                   calls;
    civic_result_t        result;
    const civic_value_t  *value;
} heard_t;

static civic_arena_t  *arena;


static void
hear(void *data, civic_result_t result, const civic_value_t *value)
{
    heard_t  *heard = data;

    heard->calls++;
    heard->result = result;
    heard->value = value;
}


static int
setup(void **state)
{
    (void) state;
    arena = civic_arena_create(4096, 8 * LIMIT);

    return arena == NULL;
}


static int
teardown(void **state)
{
    (void) state;
    civic_arena_destroy(arena);
    arena = NULL;

    return 0;
}


static civic_redis_entry_t *
ask(civic_redis_queue_t *queue, const char *command, heard_t *heard)
{
    civic_str_t  argv[1] = { civic_cstr(command) };

    memset(heard, 0, sizeof(*heard));

    return civic_redis_queue_push(queue, argv, 1, arena, hear, heard, 1000);
}


static void
write_all(civic_redis_queue_t *queue)
{
    civic_redis_queue_consumed(queue, civic_redis_queue_output(queue).len);
}


static int
feed(civic_redis_queue_t *queue, const char *bytes)
{
    return civic_redis_queue_feed(queue, bytes, strlen(bytes), 2000);
}


/* ---- commands ---------------------------------------------------------- */

static void
test_command_is_written(void **state)
{
    heard_t               heard;
    civic_str_t           output;
    civic_str_t           argv[] = { CIVIC_STR("SET"), CIVIC_STR("k\r\n\0x"),
                                     CIVIC_STR("") };
    const char            want[] = "*3\r\n$3\r\nSET\r\n$5\r\nk\r\n\0x\r\n"
                                   "$0\r\n\r\n";
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    assert_non_null(civic_redis_queue_push(queue, argv, 3, arena, hear, &heard,
                                           1));
    output = civic_redis_queue_output(queue);
    assert_int_equal(output.len, sizeof(want) - 1);
    assert_memory_equal(output.data, want, sizeof(want) - 1);
    civic_redis_queue_destroy(queue);
}


static void
test_output_is_bounded(void **state)
{
    char                 *big = calloc(1, LIMIT);
    heard_t               one, two;
    civic_str_t           argv[1];
    civic_redis_entry_t  *entry;
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    argv[0].data = big;

    argv[0].len = LIMIT;
    assert_null(civic_redis_queue_push(queue, argv, 1, arena, hear, &one, 1));

    argv[0].len = SIZE_MAX - 8;
    assert_null(civic_redis_queue_push(queue, argv, 1, arena, hear, &one, 1));
    assert_null(civic_redis_queue_push(queue, argv, 0, arena, hear, &one, 1));

    argv[0].len = LIMIT - 1024;
    entry = civic_redis_queue_push(queue, argv, 1, arena, hear, &one, 1);
    assert_non_null(entry);
    assert_null(civic_redis_queue_push(queue, argv, 1, arena, hear, &two, 1));
    assert_int_equal(civic_redis_queue_pending(queue), 1);

    /* what was taken back makes room */
    civic_redis_queue_abandon(entry);
    assert_non_null(civic_redis_queue_push(queue, argv, 1, arena, hear, &two,
                                           1));
    write_all(queue);
    assert_non_null(ask(queue, "PING", &one));
    assert_int_equal(civic_redis_queue_output(queue).len, 14);

    civic_redis_queue_fail(queue);
    civic_redis_queue_destroy(queue);
    free(big);
}


/* ---- answers ----------------------------------------------------------- */

static const char  everything[] =
    "*7\r\n"
    "$5\r\nhe\r\nl\r\n"
    ":-9223372036854775808\r\n"
    "+OK\r\n"
    "-ERR no\r\n"
    "$-1\r\n"
    "*2\r\n*1\r\n$1\r\nx\r\n*0\r\n"
    "*-1\r\n"
    "+second\r\n";


static void
check_everything(const civic_value_t *value)
{
    const civic_value_t  *items = value->items;

    assert_int_equal(value->type, CIVIC_VALUE_ARRAY);
    assert_int_equal(value->count, 7);
    assert_int_equal(items[0].type, CIVIC_VALUE_STRING);
    assert_int_equal(items[0].str.len, 5);
    assert_string_equal(items[0].str.data, "he\r\nl");
    assert_int_equal(items[1].type, CIVIC_VALUE_INTEGER);
    assert_true(items[1].integer == INT64_MIN);
    assert_int_equal(items[2].type, CIVIC_VALUE_STATUS);
    assert_string_equal(items[2].str.data, "OK");
    assert_int_equal(items[3].type, CIVIC_VALUE_ERROR);
    assert_string_equal(items[3].str.data, "ERR no");
    assert_int_equal(items[4].type, CIVIC_VALUE_NIL);
    assert_int_equal(items[5].type, CIVIC_VALUE_ARRAY);
    assert_int_equal(items[5].count, 2);
    assert_int_equal(items[5].items[0].count, 1);
    assert_string_equal(items[5].items[0].items[0].str.data, "x");
    assert_int_equal(items[5].items[1].type, CIVIC_VALUE_ARRAY);
    assert_int_equal(items[5].items[1].count, 0);
    assert_int_equal(items[6].type, CIVIC_VALUE_NIL);
}


static void
test_split_at_every_byte(void **state)
{
    size_t                cut;
    heard_t               one, two;
    civic_redis_queue_t  *queue;

    (void) state;

    for (cut = 0; cut < sizeof(everything); cut++) {
        queue = civic_redis_queue_create(LIMIT);
        ask(queue, "A", &one);
        ask(queue, "B", &two);
        write_all(queue);

        assert_int_equal(civic_redis_queue_feed(queue, everything, cut, 1), 0);
        assert_int_equal(civic_redis_queue_feed(queue, everything + cut,
                                    sizeof(everything) - 1 - cut, 2), 0);

        assert_int_equal(one.calls, 1);
        assert_int_equal(one.result, CIVIC_OK);
        check_everything(one.value);
        assert_int_equal(two.calls, 1);
        assert_string_equal(two.value->str.data, "second");
        assert_int_equal(civic_redis_queue_pending(queue), 0);
        civic_redis_queue_destroy(queue);
    }
}


static void
test_byte_by_byte(void **state)
{
    size_t                i;
    heard_t               one, two;
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    ask(queue, "A", &one);
    ask(queue, "B", &two);
    write_all(queue);

    for (i = 0; i < sizeof(everything) - 1; i++) {
        assert_int_equal(civic_redis_queue_feed(queue, everything + i, 1, 1),
                         0);
    }

    check_everything(one.value);
    assert_int_equal(two.calls, 1);
    civic_redis_queue_destroy(queue);
}


static void
test_abandon_at_every_byte(void **state)
{
    size_t                cut;
    heard_t               one, two;
    civic_str_t           argv[1] = { CIVIC_STR("A") };
    civic_arena_t        *own;
    civic_redis_entry_t  *entry;
    civic_redis_queue_t  *queue;

    (void) state;

    /* the first answer is all but "+second\r\n" */
    for (cut = 0; cut < sizeof(everything) - 1 - 9; cut++) {
        queue = civic_redis_queue_create(LIMIT);
        own = civic_arena_create(256, LIMIT);
        memset(&one, 0, sizeof(one));
        entry = civic_redis_queue_push(queue, argv, 1, own, hear, &one, 1);
        ask(queue, "B", &two);
        write_all(queue);

        assert_int_equal(civic_redis_queue_feed(queue, everything, cut, 1), 0);
        civic_redis_queue_abandon(entry);
        civic_redis_queue_abandon(entry);
        civic_arena_destroy(own);
        assert_int_equal(civic_redis_queue_tombstones(queue), 1);

        assert_int_equal(civic_redis_queue_feed(queue, everything + cut,
                                    sizeof(everything) - 1 - cut, 2), 0);
        assert_int_equal(one.calls, 0);
        assert_int_equal(two.calls, 1);
        assert_string_equal(two.value->str.data, "second");
        assert_int_equal(civic_redis_queue_tombstones(queue), 0);
        assert_int_equal(civic_redis_queue_pending(queue), 0);
        civic_redis_queue_destroy(queue);
    }
}


static void
test_swallowed_from_the_start(void **state)
{
    heard_t               heard;
    civic_str_t           argv[1] = { CIVIC_STR("ASKING") };
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    civic_redis_queue_push(queue, argv, 1, NULL, NULL, NULL, 1);
    ask(queue, "B", &heard);
    write_all(queue);
    assert_int_equal(feed(queue, "+OK\r\n:7\r\n"), 0);
    assert_int_equal(heard.calls, 1);
    assert_int_equal(heard.value->integer, 7);
    assert_int_equal(civic_redis_queue_tombstones(queue), 0);
    civic_redis_queue_destroy(queue);
}


static void
test_arena_too_small(void **state)
{
    char                 *answer = malloc(100 * 1024);
    size_t                len;
    heard_t               one, two;
    civic_str_t           argv[1] = { CIVIC_STR("A") };
    civic_arena_t        *own = civic_arena_create(256, 4096);
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    memset(&one, 0, sizeof(one));
    civic_redis_queue_push(queue, argv, 1, own, hear, &one, 1);
    ask(queue, "B", &two);
    write_all(queue);

    len = (size_t) sprintf(answer, "*3\r\n$1\r\na\r\n$50000\r\n");
    memset(answer + len, 'z', 50000);
    len += 50000;
    len += (size_t) sprintf(answer + len, "\r\n*1\r\n:5\r\n+next\r\n");

    assert_int_equal(civic_redis_queue_feed(queue, answer, len, 1), 0);
    assert_int_equal(one.calls, 1);
    assert_int_equal(one.result, CIVIC_ERROR);
    assert_null(one.value);
    assert_int_equal(two.result, CIVIC_OK);
    assert_string_equal(two.value->str.data, "next");

    /* a count that would take gigabytes is no reason to take them */
    ask(queue, "C", &one);
    write_all(queue);
    assert_int_equal(feed(queue, "*2147483647\r\n:1\r\n"), 0);
    assert_int_equal(one.calls, 0);

    civic_redis_queue_fail(queue);
    civic_redis_queue_destroy(queue);
    civic_arena_destroy(own);
    free(answer);
}


/* ---- bad answers ------------------------------------------------------- */

static void
test_garbage(void **state)
{
    size_t                i;
    heard_t               heard;
    civic_redis_queue_t  *queue;
    static const char *const  garbage[] = {
        "HTTP/1.1 400 Bad Request\r\n", "\r\n", "$x\r\n", "$-2\r\n", ":1x\r\n",
        "*-2\r\n", "*99999999999\r\n", ":\r\n", "%1\r\n+a\r\n+b\r\n", "_\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
        "$99999999999999999999999999\r\n"
    };

    (void) state;

    for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        queue = civic_redis_queue_create(LIMIT);
        ask(queue, "A", &heard);
        write_all(queue);

        if (feed(queue, garbage[i]) != -1) {
            fail_msg("taken: %s", garbage[i]);
        }

        assert_int_equal(heard.calls, 0);
        civic_redis_queue_fail(queue);
        assert_int_equal(heard.calls, 1);
        assert_int_equal(heard.result, CIVIC_UNKNOWN);
        civic_redis_queue_destroy(queue);
    }
}


static void
test_not_asked(void **state)
{
    heard_t               heard;
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    assert_int_equal(feed(queue, "+"), -1);
    civic_redis_queue_fail(queue);

    ask(queue, "A", &heard);
    write_all(queue);
    assert_int_equal(feed(queue, "+OK\r\n+"), -1);
    assert_int_equal(heard.calls, 1);
    civic_redis_queue_fail(queue);

    /* asked, but not to the last byte */
    ask(queue, "A", &heard);
    civic_redis_queue_consumed(queue, civic_redis_queue_output(queue).len - 1);
    assert_int_equal(feed(queue, "+OK\r\n"), -1);
    assert_int_equal(heard.calls, 0);
    civic_redis_queue_fail(queue);
    assert_int_equal(heard.result, CIVIC_NOT_SENT);

    /* asked, and taken back */
    civic_redis_queue_abandon(ask(queue, "A", &heard));
    assert_int_equal(feed(queue, "+OK\r\n"), -1);
    civic_redis_queue_fail(queue);
    assert_int_equal(heard.calls, 0);
    civic_redis_queue_destroy(queue);
}


/* Feeds one byte again and again; how many were taken. */
static size_t
flood(civic_redis_queue_t *queue, const char *bytes, size_t most)
{
    size_t  taken, len = strlen(bytes);

    for (taken = 0; taken < most; taken += len) {
        if (civic_redis_queue_feed(queue, bytes, len, 1) != 0) {
            break;
        }
    }

    return taken;
}


static void
test_answer_is_bounded(void **state)
{
    heard_t               heard;
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;

    /* a bulk string that never ends */
    ask(queue, "A", &heard);
    write_all(queue);
    assert_int_equal(feed(queue, "$4000000\r\n"), 0);
    assert_in_range(flood(queue, "0123456789", 2 * LIMIT), LIMIT - 100, LIMIT);
    civic_redis_queue_fail(queue);

    /* an array of small things that never ends, given up */
    civic_redis_queue_abandon(ask(queue, "A", &heard));
    ask(queue, "A", &heard);
    write_all(queue);
    assert_int_equal(feed(queue, "*2000000000\r\n"), 0);
    assert_in_range(flood(queue, ":1\r\n:2\r\n", 2 * LIMIT), LIMIT - 100,
                    LIMIT);
    civic_redis_queue_fail(queue);

    /* a line that never ends */
    ask(queue, "A", &heard);
    write_all(queue);
    assert_int_equal(feed(queue, "+"), 0);
    assert_in_range(flood(queue, "0123456789", 2 * LIMIT), 60000, 70000);
    civic_redis_queue_fail(queue);
    assert_int_equal(heard.result, CIVIC_UNKNOWN);
    civic_redis_queue_destroy(queue);
}


/* ---- given up, lost ---------------------------------------------------- */

static void
test_taken_back(void **state)
{
    heard_t               one, two, three, four;
    civic_str_t           output;
    civic_redis_entry_t  *first, *second, *fourth;
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    first = ask(queue, "ONE", &one);
    second = ask(queue, "TWO", &two);
    ask(queue, "THREE", &three);
    fourth = ask(queue, "FOUR", &four);

    /* five bytes of the first are out */
    (void) civic_redis_queue_output(queue);
    civic_redis_queue_consumed(queue, 5);
    assert_int_equal(civic_redis_queue_sent(first), 1);
    assert_int_equal(civic_redis_queue_sent(second), 0);

    civic_redis_queue_abandon(first);
    civic_redis_queue_abandon(second);
    civic_redis_queue_abandon(fourth);

    output = civic_redis_queue_output(queue);
    assert_int_equal(output.len, 13 - 5 + 15);
    assert_memory_equal(output.data, "3\r\nONE\r\n*1\r\n$5\r\nTHREE\r\n",
                        output.len);
    assert_int_equal(civic_redis_queue_pending(queue), 2);
    assert_int_equal(civic_redis_queue_tombstones(queue), 1);

    write_all(queue);
    assert_int_equal(feed(queue, "+1\r\n+3\r\n"), 0);
    assert_int_equal(one.calls + two.calls + four.calls, 0);
    assert_int_equal(three.calls, 1);
    assert_string_equal(three.value->str.data, "3");
    civic_redis_queue_destroy(queue);
}


static void
test_lost(void **state)
{
    heard_t               one, two, three, gone;
    civic_redis_entry_t  *entry;
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    ask(queue, "ONE", &one);
    entry = ask(queue, "GONE", &gone);
    ask(queue, "TWO", &two);
    ask(queue, "THREE", &three);

    /* all but the last byte of the third */
    (void) civic_redis_queue_output(queue);
    civic_redis_queue_consumed(queue, 13 + 14 + 12);
    civic_redis_queue_abandon(entry);
    assert_int_equal(feed(queue, "$3\r\non"), 0);

    civic_redis_queue_fail(queue);
    assert_int_equal(one.result, CIVIC_UNKNOWN);
    assert_null(one.value);
    assert_int_equal(gone.calls, 0);
    assert_int_equal(two.result, CIVIC_NOT_SENT);
    assert_int_equal(three.result, CIVIC_NOT_SENT);
    assert_int_equal(one.calls + two.calls + three.calls, 3);
    assert_int_equal(civic_redis_queue_pending(queue), 0);
    assert_int_equal(civic_redis_queue_tombstones(queue), 0);
    assert_int_equal(civic_redis_queue_output(queue).len, 0);

    /* the next connection begins anew */
    ask(queue, "ONE", &one);
    write_all(queue);
    assert_int_equal(feed(queue, "+fresh\r\n"), 0);
    assert_string_equal(one.value->str.data, "fresh");
    civic_redis_queue_destroy(queue);
}


typedef struct {
    civic_redis_queue_t  *queue;
    civic_redis_entry_t  *other;
    heard_t               pushed;
    int                   calls;
} meddler_t;


static void
meddle(void *data, civic_result_t result, const civic_value_t *value)
{
    meddler_t  *meddler = data;

    (void) result;
    (void) value;
    meddler->calls++;
    civic_redis_queue_abandon(meddler->other);
    assert_non_null(ask(meddler->queue, "MORE", &meddler->pushed));
}


static void
test_meddling_in_done(void **state)
{
    heard_t      other;
    meddler_t    meddler;
    civic_str_t  argv[1] = { CIVIC_STR("A") };

    (void) state;
    memset(&meddler, 0, sizeof(meddler));
    meddler.queue = civic_redis_queue_create(LIMIT);
    civic_redis_queue_push(meddler.queue, argv, 1, arena, meddle, &meddler, 1);
    meddler.other = ask(meddler.queue, "B", &other);
    write_all(meddler.queue);

    /* the second answer must be swallowed, the third is not asked for yet */
    assert_int_equal(feed(meddler.queue, "+a\r\n+b\r\n"), 0);
    assert_int_equal(meddler.calls, 1);
    assert_int_equal(other.calls, 0);
    assert_int_equal(civic_redis_queue_pending(meddler.queue), 1);
    write_all(meddler.queue);
    assert_int_equal(feed(meddler.queue, "+c\r\n"), 0);
    assert_string_equal(meddler.pushed.value->str.data, "c");

    /* the same while the connection is being failed */
    civic_redis_queue_push(meddler.queue, argv, 1, arena, meddle, &meddler, 1);
    meddler.other = ask(meddler.queue, "B", &other);
    write_all(meddler.queue);
    civic_redis_queue_fail(meddler.queue);
    assert_int_equal(meddler.calls, 2);
    assert_int_equal(other.calls, 0);
    assert_int_equal(civic_redis_queue_pending(meddler.queue), 1);
    assert_int_equal(civic_redis_queue_tombstones(meddler.queue), 0);
    write_all(meddler.queue);
    assert_int_equal(feed(meddler.queue, "+d\r\n"), 0);
    assert_string_equal(meddler.pushed.value->str.data, "d");
    civic_redis_queue_destroy(meddler.queue);
}


static void
test_head_since(void **state)
{
    heard_t               one, two;
    civic_str_t           argv[1] = { CIVIC_STR("A") };
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    assert_int_equal(civic_redis_queue_head_since(queue), 0);
    civic_redis_queue_push(queue, argv, 1, arena, hear, &one, 100);
    civic_redis_queue_push(queue, argv, 1, arena, hear, &two, 250);
    assert_int_equal(civic_redis_queue_head_since(queue), 100);
    write_all(queue);
    assert_int_equal(civic_redis_queue_head_since(queue), 250);
    assert_int_equal(civic_redis_queue_feed(queue, "+", 1, 300), 0);
    assert_int_equal(civic_redis_queue_head_since(queue), 250);
    assert_int_equal(civic_redis_queue_feed(queue, "a\r\n", 3, 400), 0);
    assert_int_equal(civic_redis_queue_head_since(queue), 400);
    assert_int_equal(civic_redis_queue_feed(queue, "+b\r\n", 4, 500), 0);
    assert_int_equal(civic_redis_queue_head_since(queue), 0);
    civic_redis_queue_destroy(queue);
}


/* ---- a long random life against a model -------------------------------- */

#define CALLS  4000

typedef struct {
    civic_redis_entry_t  *entry;
    unsigned              number;
    int                   answered;
    int                   abandoned;
} call_t;

static call_t  calls[CALLS];


static void
check_call(void *data, civic_result_t result, const civic_value_t *value)
{
    call_t  *call = data;

    assert_int_equal(result, CIVIC_OK);
    assert_int_equal(call->abandoned, 0);
    assert_int_equal(call->answered++, 0);
    assert_int_equal(value->items[0].integer, call->number);
}


/* Answers each whole command "*1\r\n$6\r\n%06u\r\n" by its number. */
static size_t
serve(char *wire, size_t *len, char *answers)
{
    size_t    size = 4 + 4 + 6 + 2, at, made = 0;
    unsigned  number;

    for (at = 0; at + size <= *len; at += size) {
        assert_memory_equal(wire + at, "*1\r\n$6\r\n", 8);
        number = (unsigned) strtoul(wire + at + 8, NULL, 10);
        made += (size_t) sprintf(answers + made, "*1\r\n:%u\r\n", number);
    }

    memmove(wire, wire + at, *len - at);
    *len -= at;

    return made;
}


static void
test_random_life(void **state)
{
    char                  text[8], wire[65536], answers[65536];
    size_t                wired = 0, pending = 0, n;
    unsigned              i, next = 0, seed = 20260309, step;
    civic_str_t           output, argv[1] = { { text, 6 } };
    civic_redis_queue_t  *queue = civic_redis_queue_create(LIMIT);

    (void) state;
    memset(calls, 0, sizeof(calls));

    for (step = 0; step < 60000; step++) {
        seed = seed * 1103515245u + 12345u;
        n = (seed >> 16) % 100;

        if (next < CALLS && n < 30) {
            calls[next].number = next;
            snprintf(text, sizeof(text), "%06u", next % 1000000);
            calls[next].entry = civic_redis_queue_push(queue, argv, 1, arena,
                                                       check_call,
                                                       &calls[next], step);
            assert_non_null(calls[next].entry);
            next++;

        } else if (n < 45 && next > 0) {
            i = next - 1 - n % (next < 8 ? next : 8);
            if (!calls[i].answered && !calls[i].abandoned) {
                calls[i].abandoned = 1;
                civic_redis_queue_abandon(calls[i].entry);
            }

        } else if (n < 70) {
            output = civic_redis_queue_output(queue);
            n = output.len > n ? n : output.len;
            assert_true(wired + n < sizeof(wire));
            memcpy(wire + wired, output.data, n);
            wired += n;
            civic_redis_queue_consumed(queue, n);

        } else if (pending == 0) {
            pending = serve(wire, &wired, answers);

        } else {
            n = pending > n ? n : pending;
            assert_int_equal(civic_redis_queue_feed(queue, answers, n, step),
                             0);
            memmove(answers, answers + n, pending - n);
            pending -= n;
        }
    }

    output = civic_redis_queue_output(queue);
    memcpy(wire + wired, output.data, output.len);
    wired += output.len;
    civic_redis_queue_consumed(queue, output.len);
    pending += serve(wire, &wired, answers + pending);
    assert_int_equal(civic_redis_queue_feed(queue, answers, pending, step), 0);

    for (i = 0; i < next; i++) {
        assert_int_equal(calls[i].answered + calls[i].abandoned, 1);
    }

    assert_int_equal(next, CALLS);
    assert_int_equal(civic_redis_queue_pending(queue), 0);
    assert_int_equal(civic_redis_queue_tombstones(queue), 0);
    civic_redis_queue_destroy(queue);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_command_is_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_output_is_bounded, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_split_at_every_byte, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_byte_by_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(test_abandon_at_every_byte, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_swallowed_from_the_start, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_arena_too_small, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_is_bounded, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(test_meddling_in_done, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_head_since, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_life, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
