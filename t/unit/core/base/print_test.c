/*
 * print_test.c - what is printed quickly is what vsnprintf() prints.
 */

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#include "print.h"


__attribute__((format(printf, 3, 4)))
static int
plain(char *out, size_t size, const char *fmt, ...)
{
    int      len;
    va_list  args;

    va_start(args, fmt);
    len = civic_print_plain(out, size, fmt, args);
    va_end(args);

    return len;
}


/* Both ways, and the same. */
#define SAME(...)                                                             \
    do {                                                                      \
        char  ours_[256], theirs_[256];                                       \
        int   len_ = snprintf(theirs_, sizeof(theirs_), __VA_ARGS__);         \
                                                                              \
        assert_int_equal(plain(ours_, sizeof(ours_), __VA_ARGS__), len_);     \
        assert_string_equal(ours_, theirs_);                                  \
    } while (0)


static void
texts(void **state)
{
    (void) state;

    SAME("%s", "");
    SAME("nothing but text");
    SAME("look:%s:%.*s", "code", 3, "abcdef");
    SAME("%.*s|", 0, "abc");
    SAME("%.*s", 10, "short");
    SAME("%.1s%.9s.", "xyz", "xyz");
    SAME("\"%s\" %c%c %%", "quoted", 'a', '\t');
    SAME("civic:{%s}:kin", "码");
}


static void
numbers(void **state)
{
    (void) state;

    SAME("%d %d %d", 0, INT_MAX, INT_MIN);
    SAME("%u %x", UINT_MAX, UINT_MAX);
    SAME("%ld %lu", LONG_MIN, ULONG_MAX);
    SAME("%lld %lld", LLONG_MIN, LLONG_MAX);
    SAME("%llu-%llx", ULLONG_MAX, 0x1234abcdULL);
    SAME("%zu %zx %zd", SIZE_MAX, SIZE_MAX, (ssize_t) -1);
    SAME("%d%s%lld", 7, "=", 1795394497455LL);
}


static void
the_rest_is_not_ours(void **state)
{
    char  out[64];

    (void) state;

    assert_int_equal(plain(out, sizeof(out), "%02d", 7), -1);
    assert_int_equal(plain(out, sizeof(out), "%5s", "a"), -1);
    assert_int_equal(plain(out, sizeof(out), "%-5s", "a"), -1);
    assert_int_equal(plain(out, sizeof(out), "%.3d", 7), -1);
    assert_int_equal(plain(out, sizeof(out), "%.10s", "a"), -1);
    assert_int_equal(plain(out, sizeof(out), "%.2f", 1.5), -1);
    assert_int_equal(plain(out, sizeof(out), "%X", 10u), -1);
    assert_int_equal(plain(out, sizeof(out), "%.*s", -1, "a"), -1);
}


static void
what_does_not_fit_is_refused(void **state)
{
    char  out[8];

    (void) state;

    assert_int_equal(plain(out, sizeof(out), "%s", "1234567"), 7);
    assert_string_equal(out, "1234567");
    assert_int_equal(plain(out, sizeof(out), "%s", "12345678"), -1);
    assert_int_equal(plain(out, sizeof(out), "12345678"), -1);
    assert_int_equal(plain(out, sizeof(out), "%d", 12345678), -1);
    assert_int_equal(plain(out, 1, "%s", ""), 0);
    assert_int_equal(plain(out, 0, "%s", ""), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(numbers),
        cmocka_unit_test(the_rest_is_not_ours),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
