/*
 * arena_test.c - what a request may rely on when it asks for memory.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

static int  order[8];
static int  calls;


static void
note(void *data)
{
    int  *value = data;

    order[calls++] = *value;
}


static void
alignment_and_separation(void **state)
{
    size_t          i, size;
    unsigned char  *p[200];
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(1024, 1024 * 1024);
    assert_non_null(arena);

    for (i = 0; i < 200; i++) {
        size = i * 7 % 133;
        p[i] = civic_arena_alloc(arena, size);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t) p[i] % 16, 0);
        memset(p[i], (int) i, size);
    }

    for (i = 0; i < 200; i++) {
        for (size = 0; size < i * 7 % 133; size++) {
            assert_int_equal(p[i][size], i);
        }
    }

    civic_arena_destroy(arena);
}


static void
zero_bytes_are_a_place_of_their_own(void **state)
{
    void           *a, *b;
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(1024, 4096);
    a = civic_arena_alloc(arena, 0);
    b = civic_arena_alloc(arena, 0);

    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);

    civic_arena_destroy(arena);
}


static void
zalloc_clears_what_was_used_before(void **state)
{
    size_t          i;
    unsigned char  *p;
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(512, 4096);
    memset(civic_arena_alloc(arena, 300), 0xff, 300);
    civic_arena_reset(arena);
    p = civic_arena_zalloc(arena, 300);

    for (i = 0; i < 300; i++) {
        assert_int_equal(p[i], 0);
    }

    assert_null(civic_arena_zalloc(arena, 1024 * 1024));
    civic_arena_destroy(arena);
}


static void
the_limit_holds_and_a_reset_lifts_it(void **state)
{
    int             round;
    size_t          got;
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(1024, 64 * 1024);

    for (round = 0; round < 3; round++) {
        for (got = 0; civic_arena_alloc(arena, 128) != NULL; got += 128) {
            assert_true(got < 64 * 1024);
        }

        /* gaps under the sanitizer cost some */
        assert_true(got >= 64 * 1024 * 7 / 10);
        civic_arena_reset(arena);
    }

    civic_arena_destroy(arena);
}


static void
one_large_piece_up_to_the_limit(void **state)
{
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(1024, 64 * 1024);

    assert_null(civic_arena_alloc(arena, 64 * 1024));
    assert_non_null(civic_arena_alloc(arena, 62 * 1024));
    assert_non_null(civic_arena_alloc(arena, 512));
    assert_null(civic_arena_alloc(arena, 2048));

    civic_arena_destroy(arena);
}


static void
absurd_sizes_are_refused(void **state)
{
    civic_str_t     str = { "x", SIZE_MAX };
    civic_arena_t  *arena;

    (void) state;

    assert_null(civic_arena_create(1024, 0));
    assert_null(civic_arena_create(1024, SIZE_MAX));

    arena = civic_arena_create(1024, 8192);

    assert_null(civic_arena_alloc(arena, SIZE_MAX));
    assert_null(civic_arena_alloc(arena, SIZE_MAX - 15));
    assert_null(civic_arena_zalloc(arena, SIZE_MAX / 2));
    assert_null(civic_arena_copy(arena, str).data);

    civic_arena_destroy(arena);
}


static void
a_block_larger_than_the_limit_shrinks(void **state)
{
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(1024 * 1024, 256);

    assert_non_null(civic_arena_alloc(arena, 128));
    assert_null(civic_arena_alloc(arena, 256));

    civic_arena_destroy(arena);
}


static void
a_large_piece_does_not_waste_the_open_block(void **state)
{
    char           *a, *b;
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(4096, 1024 * 1024);

    a = civic_arena_alloc(arena, 16);
    assert_non_null(civic_arena_alloc(arena, 100 * 1024));
    b = civic_arena_alloc(arena, 16);

    assert_true(b > a && b - a <= 64);

    civic_arena_destroy(arena);
}


static void
the_first_block_serves_again(void **state)
{
    void           *first;
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(1024, 64 * 1024);
    first = civic_arena_alloc(arena, 100);
    assert_non_null(civic_arena_alloc(arena, 10000));
    civic_arena_reset(arena);

    assert_ptr_equal(civic_arena_alloc(arena, 100), first);

    civic_arena_destroy(arena);
}


static void
copies_are_terminated(void **state)
{
    civic_str_t     copy;
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(1024, 4096);

    copy = civic_arena_copy(arena, CIVIC_STR("a\0b"));
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.data, "a\0b", 4);

    copy = civic_arena_copy(arena, civic_cstr(NULL));
    assert_non_null(copy.data);
    assert_int_equal(copy.len, 0);
    assert_int_equal(copy.data[0], '\0');

    civic_arena_destroy(arena);
}


static void
printing_short_exact_and_long(void **state)
{
    char            want[2001];
    size_t          len;
    civic_str_t     str;
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(1024, 1024 * 1024);

    str = civic_arena_print(arena, "%s", "");
    assert_non_null(str.data);
    assert_int_equal(str.len, 0);

    str = civic_arena_print(arena, "%s-%d-%.2f", "a", 7, 1.5);
    assert_string_equal(str.data, "a-7-1.50");
    assert_int_equal(str.len, 8);

    memset(want, 'x', 2000);

    for (len = 250; len <= 2000; len += len < 260 ? 1 : 580) {
        str = civic_arena_print(arena, "%.*s", (int) len, want);
        assert_int_equal(str.len, len);
        assert_int_equal(strlen(str.data), len);
    }

    civic_arena_destroy(arena);
}


static void
printing_without_memory_gives_null(void **state)
{
    char            text[3000];
    civic_arena_t  *arena;

    (void) state;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    arena = civic_arena_create(256, 1024);
    assert_null(civic_arena_print(arena, "%s", text).data);
    assert_int_equal(civic_arena_print(arena, "%s", text).len, 0);
    civic_arena_destroy(arena);
}


static void
deferred_run_newest_first_and_once(void **state)
{
    static int      values[] = { 1, 2, 3 };
    size_t          i;
    civic_arena_t  *arena;

    (void) state;

    calls = 0;
    arena = civic_arena_create(1024, 4096);

    for (i = 0; i < 3; i++) {
        assert_int_equal(civic_arena_defer(arena, note, &values[i]), 0);
    }

    civic_arena_reset(arena);
    assert_int_equal(calls, 3);
    assert_int_equal(order[0], 3);
    assert_int_equal(order[1], 2);
    assert_int_equal(order[2], 1);

    assert_int_equal(civic_arena_defer(arena, note, &values[1]), 0);
    civic_arena_destroy(arena);
    assert_int_equal(calls, 4);
    assert_int_equal(order[3], 2);
}


static civic_arena_t  *busy;


static void
defer_again(void *data)
{
    calls++;

    /* what was given out is still there while deferred functions run */
    assert_string_equal(data, "still here");

    if (calls < 5) {
        assert_int_equal(civic_arena_defer(busy, defer_again, data), 0);
    }
}


static void
a_deferred_function_may_defer(void **state)
{
    civic_str_t  text;

    (void) state;

    calls = 0;
    busy = civic_arena_create(256, 4096);
    text = civic_arena_copy(busy, CIVIC_STR("still here"));
    assert_int_equal(civic_arena_defer(busy, defer_again,
                                       (char *) (uintptr_t) text.data), 0);
    civic_arena_reset(busy);
    assert_int_equal(calls, 5);
    civic_arena_destroy(busy);
}


static void
json_is_taken_over(void **state)
{
    json_t         *json;
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(1024, 4096);

    json = json_object();
    assert_ptr_equal(civic_arena_own_json(arena, json_incref(json)), json);
    assert_int_equal(json->refcount, 2);
    civic_arena_reset(arena);
    assert_int_equal(json->refcount, 1);

    assert_null(civic_arena_own_json(arena, NULL));

    while (civic_arena_alloc(arena, 16) != NULL) {
        /* until it is full */
    }

    assert_null(civic_arena_own_json(arena, json_incref(json)));
    assert_int_equal(json->refcount, 1);

    json_decref(json);
    civic_arena_destroy(arena);
}


static void
destroying_nothing_is_fine(void **state)
{
    (void) state;

    civic_arena_destroy(NULL);
}


#ifdef __SANITIZE_ADDRESS__

static void
overflows_are_seen(void **state)
{
    char           *p;
    civic_arena_t  *arena;

    (void) state;

    arena = civic_arena_create(1024, 4096);
    p = civic_arena_alloc(arena, 20);

    assert_false(__asan_address_is_poisoned(p + 19));
    assert_true(__asan_address_is_poisoned(p + 20));
    assert_true(__asan_address_is_poisoned(p + 40));

    civic_arena_reset(arena);
    assert_true(__asan_address_is_poisoned(p));

    civic_arena_destroy(arena);
}

#endif


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(alignment_and_separation),
        cmocka_unit_test(zero_bytes_are_a_place_of_their_own),
        cmocka_unit_test(zalloc_clears_what_was_used_before),
        cmocka_unit_test(the_limit_holds_and_a_reset_lifts_it),
        cmocka_unit_test(one_large_piece_up_to_the_limit),
        cmocka_unit_test(absurd_sizes_are_refused),
        cmocka_unit_test(a_block_larger_than_the_limit_shrinks),
        cmocka_unit_test(a_large_piece_does_not_waste_the_open_block),
        cmocka_unit_test(the_first_block_serves_again),
        cmocka_unit_test(copies_are_terminated),
        cmocka_unit_test(printing_short_exact_and_long),
        cmocka_unit_test(printing_without_memory_gives_null),
        cmocka_unit_test(deferred_run_newest_first_and_once),
        cmocka_unit_test(a_deferred_function_may_defer),
        cmocka_unit_test(json_is_taken_over),
        cmocka_unit_test(destroying_nothing_is_fine),
#ifdef __SANITIZE_ADDRESS__
        cmocka_unit_test(overflows_are_seen),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
