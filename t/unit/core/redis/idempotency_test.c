/*
 * idempotency_test.c - keys, names, digests and kept replies.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "idempotency.h"


static void
keys(void **state)
{
    char  longest[257];

    (void) state;

    memset(longest, 'x', sizeof(longest));

    assert_true(civic_idempotency_key_valid(CIVIC_STR("a")));
    assert_true(civic_idempotency_key_valid((civic_str_t) { longest, 255 }));
    assert_false(civic_idempotency_key_valid((civic_str_t) { longest, 256 }));
    assert_false(civic_idempotency_key_valid(CIVIC_STR("")));
    assert_false(civic_idempotency_key_valid(CIVIC_STR("a b")));
    assert_false(civic_idempotency_key_valid(CIVIC_STR("a\x7f")));
    assert_false(civic_idempotency_key_valid(CIVIC_STR("\xe5\xbc\xa0")));
}


static void
names(void **state)
{
    char  one[CIVIC_IDEMPOTENCY_NAME + 1], two[CIVIC_IDEMPOTENCY_NAME + 1];

    (void) state;

    assert_int_equal(civic_idempotency_name(CIVIC_STR("a"), one), 0);
    assert_int_equal(civic_idempotency_name(CIVIC_STR("b"), two), 0);
    assert_int_equal(strlen(one), CIVIC_IDEMPOTENCY_NAME);
    assert_string_not_equal(one, two);

    assert_int_equal(civic_idempotency_name(CIVIC_STR("a"), two), 0);
    assert_string_equal(one, two);
}


/* A part never passes for the end of another. */

static void
digests(void **state)
{
    char  one[CIVIC_IDEMPOTENCY_DIGEST + 1], two[CIVIC_IDEMPOTENCY_DIGEST + 1];

    (void) state;

    assert_int_equal(civic_idempotency_digest(CIVIC_STR("POST /a"),
                         CIVIC_STR("b"), CIVIC_STR("c"), one), 0);
    assert_int_equal(strlen(one), CIVIC_IDEMPOTENCY_DIGEST);

    assert_int_equal(civic_idempotency_digest(CIVIC_STR("POST /a"),
                         CIVIC_STR("bc"), CIVIC_STR(""), two), 0);
    assert_string_not_equal(one, two);

    assert_int_equal(civic_idempotency_digest(CIVIC_STR("POST /a"),
                         CIVIC_STR("b"), CIVIC_STR("c"), two), 0);
    assert_string_equal(one, two);
}


static void
replies(void **state)
{
    int             status;
    civic_str_t     text, body;
    const char     *type;
    civic_arena_t  *arena = civic_arena_create(1024, 65536);

    (void) state;

    text = civic_idempotency_encode(arena, 201, "application/json",
                                    CIVIC_STR("{\"a\":\n1}"));
    assert_int_equal(civic_idempotency_decode(arena, text, &status, &type,
                                              &body), 0);
    assert_int_equal(status, 201);
    assert_string_equal(type, "application/json");
    assert_true(civic_str_eq(body, CIVIC_STR("{\"a\":\n1}")));

    text = civic_idempotency_encode(arena, 204, NULL, CIVIC_STR(""));
    assert_int_equal(civic_idempotency_decode(arena, text, &status, &type,
                                              &body), 0);
    assert_int_equal(status, 204);
    assert_null(type);
    assert_int_equal(body.len, 0);

    assert_int_equal(civic_idempotency_decode(arena, CIVIC_STR("201 a"),
                         &status, &type, &body), -1);
    assert_int_equal(civic_idempotency_decode(arena, CIVIC_STR("x a\n"),
                         &status, &type, &body), -1);
    assert_int_equal(civic_idempotency_decode(arena, CIVIC_STR("99 a\n"),
                         &status, &type, &body), -1);

    civic_arena_destroy(arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(names),
        cmocka_unit_test(digests),
        cmocka_unit_test(replies)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
